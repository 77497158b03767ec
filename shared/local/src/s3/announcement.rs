//! The events S3 sends (S3 user guide, "EventBridge event message structure").

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Object;
use crate::{place::Place, random::Random};

#[expect(clippy::too_many_arguments, reason = "the members of one event, each of another type")]
pub(super) fn created(
    place: &Place,
    random: &mut Random,
    now: Timestamp,
    bucket: &str,
    key: &str,
    object: &Object,
    sequencer: &str,
    reason: &str,
) -> Value {
    let detail = json!({
        "version": "0",
        "bucket": { "name": bucket },
        "object": { "key": key, "size": object.body.len(), "etag": object.etag, "sequencer": sequencer },
        "request-id": request_id(random),
        "requester": place.account,
        "source-ip-address": "10.0.0.1",
        "reason": reason,
    });
    place.event(random, now, "aws.s3", "Object Created", &[arn(bucket)], detail)
}

/// What removed an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Removal {
    Called,
    Expired,
}

pub(super) fn deleted(
    place: &Place,
    random: &mut Random,
    now: Timestamp,
    bucket: &str,
    key: &str,
    sequencer: &str,
    why: Removal,
) -> Value {
    let mut detail = json!({
        "version": "0",
        "bucket": { "name": bucket },
        "object": { "key": key, "sequencer": sequencer },
        "request-id": request_id(random),
        "requester": "s3.amazonaws.com",
        "reason": "Lifecycle Expiration",
        "deletion-type": "Permanently Deleted",
    });
    if why == Removal::Called {
        detail["requester"] = place.account.as_str().into();
        detail["source-ip-address"] = "10.0.0.1".into();
        detail["reason"] = "DeleteObject".into();
    }
    place.event(random, now, "aws.s3", "Object Deleted", &[arn(bucket)], detail)
}

fn arn(bucket: &str) -> String {
    format!("arn:aws:s3:::{bucket}")
}

fn request_id(random: &mut Random) -> String {
    format!("{:016X}", random.bits())
}
