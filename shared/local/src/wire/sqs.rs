//! SQS: the queues of failed events, to be read, emptied and sent back.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::{Call, fault::Fault, json::Members};
use crate::queue::{HIDDEN, MOST_RECEIVED, Queue, Received};
use crate::random::Random;

pub(super) fn operate(
    call: &Call<'_>,
    operation: &str,
    input: Members<'_>,
) -> Result<Value, Fault> {
    match operation {
        "ListQueues" => {
            let prefix = input.text("QueueNamePrefix")?.unwrap_or_default();
            let queues = call.account.events().queues().into_iter();
            let named = queues.filter(|it| it.name.starts_with(prefix));
            Ok(json!({"QueueUrls": named.map(|it| url(call, &it.name)).collect::<Vec<_>>()}))
        }
        "GetQueueUrl" => {
            let name = input.required_text("QueueName")?;
            on(call, name, |queue, _, _| Ok(json!({"QueueUrl": url(call, &queue.named.name)})))
        }
        "GetQueueAttributes" => attributes(call, input),
        "SendMessage" => send(call, input),
        "ReceiveMessage" => receive(call, input),
        "DeleteMessage" => {
            let handle = input.required_text("ReceiptHandle")?;
            on(call, queue(input)?, |queue, _, _| {
                // A void handle is no error at AWS either.
                queue.delete(handle);
                Ok(Value::Null)
            })
        }
        "ChangeMessageVisibility" => {
            let handle = input.required_text("ReceiptHandle")?;
            let hidden = seconds(input, "VisibilityTimeout", 43_200)?;
            let hidden = hidden.ok_or_else(|| input.absent("VisibilityTimeout"))?;
            on(call, queue(input)?, |queue, _, now| {
                if queue.hide(now, handle, hidden) {
                    return Ok(Value::Null);
                }
                let message = "The input receipt handle is invalid.";
                Err(Fault::new(400, "ReceiptHandleIsInvalid", message))
            })
        }
        "PurgeQueue" => on(call, queue(input)?, |queue, _, _| {
            queue.purge();
            Ok(Value::Null)
        }),
        other => Err(Fault::unknown(other)),
    }
}

fn attributes(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let wanted = input.texts("AttributeNames")?;
    on(call, queue(input)?, |queue, _, now| {
        let counts = queue.counts(now);
        let all = [
            ("QueueArn", queue.named.arn.clone()),
            ("ApproximateNumberOfMessages", counts.visible.to_string()),
            ("ApproximateNumberOfMessagesNotVisible", counts.in_flight.to_string()),
            ("ApproximateNumberOfMessagesDelayed", "0".to_owned()),
            ("MessageRetentionPeriod", queue.retention().as_secs().to_string()),
            ("VisibilityTimeout", HIDDEN.as_secs().to_string()),
        ];
        let asked = |name: &str| wanted.contains(&"All") || wanted.contains(&name);
        let told = all.into_iter().filter(|(name, _)| asked(name));
        let told: Map<_, _> = told.map(|(name, text)| (name.to_owned(), text.into())).collect();
        // Without any, AWS leaves the member out.
        Ok(if told.is_empty() { json!({}) } else { json!({"Attributes": told}) })
    })
}

fn send(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let body = input.required_text("MessageBody")?;
    let mut attributes = BTreeMap::new();
    if let Some(given) = input.object("MessageAttributes")? {
        for name in given.all().keys() {
            let attribute = given.required_object(name)?;
            let text = attribute.text("StringValue")?.unwrap_or_default();
            attributes.insert(name.clone(), text.to_owned());
        }
    }
    on(call, queue(input)?, |queue, random, now| {
        let id = queue.send(now, random, body.to_owned(), attributes);
        let id = id.ok_or_else(|| Fault::new(403, "OverLimit", "the stand-in's queue is full"))?;
        Ok(json!({"MessageId": id, "MD5OfMessageBody": md5(body)}))
    })
}

fn receive(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let most = input.count("MaxNumberOfMessages")?.unwrap_or(1);
    if !(1..=MOST_RECEIVED as u64).contains(&most) {
        let message = format!(
            "Value {most} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 \
             and {MOST_RECEIVED}, if provided."
        );
        return Err(Fault::new(400, "InvalidParameterValue", message));
    }
    let hidden = seconds(input, "VisibilityTimeout", 43_200)?.unwrap_or(HIDDEN);
    let names = input.texts("MessageAttributeNames")?;
    on(call, queue(input)?, |queue, random, now| {
        let received = queue.receive(now, random, most as usize, hidden);
        let told: Vec<Value> = received.iter().map(|it| message(it, &names)).collect();
        // Without any, AWS leaves the member out.
        Ok(if told.is_empty() { json!({}) } else { json!({"Messages": told}) })
    })
}

fn message(received: &Received, names: &[&str]) -> Value {
    let Received { message, handle, times, first } = received;
    let mut told = json!({
        "MessageId": message.id,
        "ReceiptHandle": handle,
        "MD5OfBody": md5(&message.body),
        "Body": message.body,
        "Attributes": {
            "SentTimestamp": message.sent.as_millisecond().to_string(),
            "ApproximateReceiveCount": times.to_string(),
            "ApproximateFirstReceiveTimestamp": first.as_millisecond().to_string(),
        },
    });
    let asked = |name: &str| names.iter().any(|it| ["All", ".*", name].contains(it));
    let attributes = message.attributes.iter().filter(|(name, _)| asked(name));
    let attributes: Map<_, _> = attributes
        .map(|(name, text)| (name.clone(), json!({"DataType": "String", "StringValue": text})))
        .collect();
    if !attributes.is_empty() {
        told["MessageAttributes"] = attributes.into();
    }
    told
}

fn seconds(input: Members<'_>, name: &str, most: u64) -> Result<Option<SignedDuration>, Fault> {
    match input.count(name)? {
        Some(seconds) if seconds > most => {
            let message = format!("Value {seconds} for parameter {name} is invalid.");
            Err(Fault::new(400, "InvalidParameterValue", message))
        }
        seconds => Ok(seconds.map(|it| SignedDuration::from_secs(it as i64))),
    }
}

fn md5(text: &str) -> String {
    use md5::{Digest as _, Md5};
    use std::fmt::Write as _;
    let digest = Md5::digest(text.as_bytes());
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
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

fn on(
    call: &Call<'_>,
    queue: &str,
    act: impl FnOnce(&mut Queue, &mut Random, jiff::Timestamp) -> Result<Value, Fault>,
) -> Result<Value, Fault> {
    call.account.events().queue(queue, act).unwrap_or_else(|| {
        let message = "The specified queue does not exist.";
        Err(Fault::new(400, "AWS.SimpleQueueService.NonExistentQueue", message))
    })
}
