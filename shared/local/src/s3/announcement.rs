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

pub(super) fn deleted(
    place: &Place,
    random: &mut Random,
    now: Timestamp,
    bucket: &str,
    key: &str,
    sequencer: &str,
) -> Value {
    let detail = json!({
        "version": "0",
        "bucket": { "name": bucket },
        "object": { "key": key, "sequencer": sequencer },
        "request-id": request_id(random),
        "requester": place.account,
        "source-ip-address": "10.0.0.1",
        "reason": "DeleteObject",
        "deletion-type": "Permanently Deleted",
    });
    place.event(random, now, "aws.s3", "Object Deleted", &[arn(bucket)], detail)
}

fn arn(bucket: &str) -> String {
    format!("arn:aws:s3:::{bucket}")
}

fn request_id(random: &mut Random) -> String {
    format!("{:016X}", random.bits())
}
