//! SNS: topics and what is published to them.

use std::collections::BTreeMap;

use super::{
    Call,
    fault::Fault,
    query::{Form, Written},
};
use crate::sns::{Attribute, Publish};

pub(super) fn operate(call: &Call<'_>, operation: &str, form: &Form) -> Result<Written, Fault> {
    match operation {
        "Publish" => publish(call, form),
        "PublishBatch" => publish_batch(call, form),
        "CreateTopic" => {
            let place = call.account.place();
            let name = form.required("Name")?;
            let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            if !(1..=256).contains(&name.len()) || !name.bytes().all(letters) {
                return Err(Fault::new(400, "InvalidParameter", "Invalid parameter: Topic Name"));
            }
            let arn = format!("arn:aws:sns:{}:{}:{name}", place.region, place.account);
            call.account.call(|all, _| all.sns.create(&arn));
            Ok(Box::new(move |xml| xml.text("TopicArn", arn)))
        }
        "ListTopics" => {
            let topics: Vec<String> =
                call.account.call(|all, _| all.sns.topics().map(str::to_owned).collect());
            Ok(Box::new(move |xml| {
                xml.element("Topics", |xml| {
                    for arn in topics {
                        xml.element("member", |xml| xml.text("TopicArn", arn));
                    }
                });
            }))
        }
        "GetTopicAttributes" => {
            let arn = form.required("TopicArn")?.to_owned();
            known(call, &arn)?;
            let owner = call.account.place().account.clone();
            let attributes = [("TopicArn", arn), ("Owner", owner)];
            Ok(Box::new(move |xml| {
                xml.element("Attributes", |xml| {
                    for (key, value) in attributes {
                        xml.element("entry", |xml| {
                            xml.text("key", key);
                            xml.text("value", value);
                        });
                    }
                });
            }))
        }
        "ListSubscriptions" | "ListSubscriptionsByTopic" => {
            Ok(Box::new(|xml| xml.element("Subscriptions", |_| {})))
        }
        "ListTagsForResource" => Ok(Box::new(|xml| xml.element("Tags", |_| {}))),
        "Subscribe" => {
            let message = "subscriptions over the wire are not in the stand-in: \
                           read what was published at /_vigil/messages?topic=NAME";
            Err(Fault::new(400, "UnknownOperationException", message))
        }
        other => Err(Fault::unknown(other)),
    }
}

fn known(call: &Call<'_>, arn: &str) -> Result<(), Fault> {
    let known = call.account.call(|all, _| all.sns.topics().any(|it| it == arn));
    if known { Ok(()) } else { Err(Fault::new(404, "NotFound", "Topic does not exist")) }
}

/// Reads a message; a batch entry names no topic of its own.
fn message(form: &Form, topic: &str) -> Result<Publish, Fault> {
    let mut attributes = BTreeMap::new();
    for entry in form.list("MessageAttributes") {
        let attribute = Attribute {
            kind: entry.required("Value.DataType")?.to_owned(),
            value: entry
                .get("Value.StringValue")
                .or_else(|| entry.get("Value.BinaryValue"))
                .unwrap_or_default()
                .to_owned(),
        };
        attributes.insert(entry.required("Name")?.to_owned(), attribute);
    }
    Ok(Publish {
        topic: topic.to_owned(),
        subject: form.get("Subject").map(str::to_owned),
        message: form.required("Message")?.to_owned(),
        attributes,
    })
}

fn publish(call: &Call<'_>, form: &Form) -> Result<Written, Fault> {
    let topic = form.get("TopicArn").or_else(|| form.get("TargetArn"));
    let topic = topic.ok_or_else(|| {
        Fault::new(400, "InvalidParameter", "Invalid parameter: TopicArn or TargetArn")
    })?;
    let message = message(form, topic)?;
    let id = call.account.call(|all, now| all.sns.publish(now, &message))?;
    Ok(Box::new(move |xml| xml.text("MessageId", id)))
}

fn publish_batch(call: &Call<'_>, form: &Form) -> Result<Written, Fault> {
    let topic = form.required("TopicArn")?;
    let entries = form.list("PublishBatchRequestEntries");
    if entries.is_empty() || 10 < entries.len() {
        return Err(Fault::new(400, "TooManyEntriesInBatchRequest", "from 1 to 10 entries"));
    }
    let mut done = Vec::new();
    for entry in &entries {
        let id = entry.required("Id")?.to_owned();
        let message = message(entry, topic)?;
        let sent = call.account.call(|all, now| all.sns.publish(now, &message));
        let sent = sent.map_err(Fault::from);
        if let Err(fault @ Fault { status: None | Some(404), .. }) = sent {
            return Err(fault);
        }
        done.push((id, sent));
    }
    Ok(Box::new(move |xml| {
        xml.element("Successful", |xml| {
            for (id, sent) in &done {
                if let Ok(message) = sent {
                    xml.element("member", |xml| {
                        xml.text("Id", id);
                        xml.text("MessageId", message);
                    });
                }
            }
        });
        xml.element("Failed", |xml| {
            for (id, sent) in &done {
                if let Err(fault) = sent {
                    xml.element("member", |xml| {
                        xml.text("Id", id);
                        xml.text("Code", &fault.code);
                        xml.text("Message", &fault.message);
                        xml.text("SenderFault", fault.status.is_some_and(|it| it < 500));
                    });
                }
            }
        });
    }))
}
