//! CloudWatch Logs: as far as clients look for the logs of jobs, of which there are none.

use serde_json::{Value, json};

use super::{Call, fault::Fault, json::Members};

pub(super) fn operate(_: &Call<'_>, operation: &str, input: Members<'_>) -> Result<Value, Fault> {
    match operation {
        "DescribeLogGroups" => Ok(json!({"logGroups": []})),
        "DescribeLogStreams" => Ok(json!({"logStreams": []})),
        "FilterLogEvents" => Ok(json!({"events": [], "searchedLogStreams": []})),
        "GetLogEvents" => {
            let stream = input.text("logStreamName")?.unwrap_or_default();
            let message = format!("The specified log stream {stream} does not exist.");
            Err(Fault::new(400, "ResourceNotFoundException", message))
        }
        other => Err(Fault::unknown(other)),
    }
}
