//! SQS: reading the queues of failed events.

use serde_json::{Value, json};

use super::{Call, fault::Fault, json::Members};

pub(super) fn operate(
    call: &Call<'_>,
    operation: &str,
    input: Members<'_>,
) -> Result<Value, Fault> {
    match operation {
        "GetQueueUrl" => {
            let name = input.required_text("QueueName")?;
            messages(call, name)?;
            Ok(json!({"QueueUrl": url(call, name)}))
        }
        "GetQueueAttributes" => {
            let count = messages(call, queue(input)?)?.len();
            Ok(json!({"Attributes": {"ApproximateNumberOfMessages": count.to_string()}}))
        }
        other => Err(Fault::unknown(other)),
    }
}

fn url(call: &Call<'_>, name: &str) -> String {
    let host = call.header("host").unwrap_or("127.0.0.1");
    format!("http://{host}/{}/{name}", call.account.place().account)
}

/// Reads the name of a queue off its URL.
fn queue(input: Members<'_>) -> Result<&str, Fault> {
    let url = input.required_text("QueueUrl")?;
    Ok(url.rsplit('/').next().unwrap_or(url))
}

fn messages(call: &Call<'_>, queue: &str) -> Result<Vec<crate::queue::Message>, Fault> {
    call.account.events().messages(queue).ok_or_else(|| {
        let message = "The specified queue does not exist.";
        Fault::new(400, "AWS.SimpleQueueService.NonExistentQueue", message)
    })
}
