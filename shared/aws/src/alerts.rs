use crate::{Aws, Class, failed::Failed};
use aws_sdk_sns::types::MessageAttributeValue;
use ports::{Alert, PublishAlerts, PublishFailed, Trouble};

/// Tries of a publication that AWS turned away as one too many.
const TRIES: u64 = 3;

impl PublishAlerts for Aws {
    /// The message has one form a protocol (`MessageStructure: json`): people's
    /// for mail, the document for all others.
    async fn publish(&self, alert: &Alert, attempt: u32) -> Result<String, PublishFailed> {
        let text = |value: &str| attribute("String", value);
        let mut call = self
            .sns()
            .publish()
            .topic_arn(&self.place().topic)
            .subject(&alert.subject)
            .message_structure("json")
            .message(formats::publication::by_protocol(&alert.json, &alert.text))
            .message_attributes("attempt", attribute("Number", &attempt.to_string())?);
        for (name, value) in &alert.attributes {
            call = call.message_attributes(*name, text(value)?);
        }
        let mut tried = 0;
        loop {
            let why = match call.clone().send().await {
                Ok(it) => return it.message_id.ok_or_else(unnamed),
                Err(why) => Failed::of("Publish", &why),
            };
            tried += 1;
            if why.class == Class::Throttled && tried < TRIES {
                tokio::time::sleep(std::time::Duration::from_millis(200 << tried)).await;
                continue;
            }
            return Err(if why.unsent {
                PublishFailed::Refused(why.trouble())
            } else {
                PublishFailed::Unknown(why.trouble())
            });
        }
    }
}

fn attribute(kind: &str, value: &str) -> Result<MessageAttributeValue, PublishFailed> {
    let it = MessageAttributeValue::builder().data_type(kind).string_value(value).build();
    it.map_err(|why| PublishFailed::Refused(Trouble::lasting(why)))
}

/// Somebody was told, but nobody can say under which id.
fn unnamed() -> PublishFailed {
    PublishFailed::Unknown(Trouble::passing("Publish answered no message id"))
}
