//! What Lambda leaves behind when an asynchronous invocation has failed for good.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use super::HandlerError;
use super::agenda::Invocation;
use crate::template::Function;

/// Returns the record for an on-failure destination ("Capturing records of Lambda asynchronous invocations").
pub(super) fn failure_record(
    now: Timestamp,
    function: &Function,
    invocation: &Invocation,
    condition: &str,
    error: &HandlerError,
) -> String {
    json!({
        "version": "1.0",
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "requestContext": {
            "requestId": invocation.request_id,
            "functionArn": format!("{}:$LATEST", function.named.arn),
            "condition": condition,
            "approximateInvokeCount": invocation.failed + 1,
        },
        "requestPayload": &*invocation.payload,
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": {"errorMessage": error.message, "errorType": error.kind},
    })
    .to_string()
}

/// Returns the attributes of a message in a function's dead-letter queue; its body is the event.
pub(super) fn dead_letter_attributes(
    invocation: &Invocation,
    error: &HandlerError,
) -> BTreeMap<String, String> {
    // The first kibibyte of the message, as Lambda documents it.
    let end = (0..=error.message.len().min(1024)).rev();
    let end = end.into_iter().find(|end| error.message.is_char_boundary(*end)).unwrap_or(0);
    [
        ("RequestID", invocation.request_id.clone()),
        ("ErrorCode", "200".to_owned()),
        ("ErrorMessage", error.message[..end].to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
