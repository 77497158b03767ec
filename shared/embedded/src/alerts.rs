use crate::Aws;
use crate::account::trouble;
use engine::event::SuiteEvent;
use jiff::Timestamp;
use local::cloudwatch::Datum;
use local::events::{Entry, MOST_ENTRIES};
use local::iam::Context;
use local::refused::Code;
use local::sns::{Attribute, Publish, Published};
use ports::{Alert, Metric, PostEvents, Posted, PublishAlerts, PublishFailed, PutMetrics, Trouble};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An alert as the topic took it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    pub message_id: String,
    pub at: Timestamp,
    pub subject: String,
    /// What a mail shows.
    pub text: String,
    /// The `monitor.incident/1` document.
    pub document: Value,
    pub attributes: BTreeMap<String, String>,
}

impl Aws {
    /// Returns the alerts that were published, oldest first.
    pub fn alerts(&self) -> Vec<Sent> {
        self.call(|aws, _| aws.sns.published(self.topic()).filter_map(sent).collect())
    }
}

/// Reads a message of the alert topic; `None` of any other.
fn sent(it: &Published) -> Option<Sent> {
    let forms: BTreeMap<String, String> = serde_json::from_str(&it.message).ok()?;
    let attributes = it.attributes.iter().map(|(name, it)| (name.clone(), it.value.clone()));
    Some(Sent {
        message_id: it.id.clone(),
        at: it.at,
        subject: it.subject.clone().unwrap_or_default(),
        text: forms.get("email")?.clone(),
        document: serde_json::from_str(forms.get("default")?).ok()?,
        attributes: attributes.collect(),
    })
}

impl PublishAlerts for Aws {
    /// The message has one form a protocol (`MessageStructure: json`): people's
    /// for mail, the document for all others.
    async fn publish(&self, alert: &Alert, attempt: u32) -> Result<String, PublishFailed> {
        let mut attributes: BTreeMap<String, Attribute> = alert
            .attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Attribute::text(value.as_str())))
            .collect();
        let number = Attribute { kind: "Number".to_owned(), value: attempt.to_string() };
        attributes.insert("attempt".to_owned(), number);
        let call = Publish {
            topic: self.topic().to_owned(),
            subject: Some(alert.subject.clone()),
            message: json!({"default": alert.json, "email": alert.text}).to_string(),
            attributes,
        };
        self.may("sns:Publish", self.topic(), &Context::none()).map_err(PublishFailed::Refused)?;
        self.call(|aws, now| aws.sns.publish(now, &call)).map_err(|refused| match refused.code {
            Code::ReplyLost => PublishFailed::Unknown(trouble(refused)),
            _ => PublishFailed::Refused(trouble(refused)),
        })
    }
}

impl PostEvents for Aws {
    async fn post(&self, events: &[SuiteEvent]) -> Result<Posted, Trouble> {
        let mut posted = Posted::default();
        for (at, batch) in events.chunks(MOST_ENTRIES).enumerate() {
            let entries: Vec<Entry> = batch.iter().map(entry).collect();
            for it in &entries {
                let context = Context::none()
                    .with("events:source", it.source.as_str())
                    .with("events:detail-type", it.detail_type.as_str());
                let bus = self.account().place().arn("events", "event-bus/default");
                self.may("events:PutEvents", &bus, &context)?;
            }
            let answers = self.account().events().put_events(&entries).map_err(Trouble::passing)?;
            for (place, answer) in answers.into_iter().enumerate() {
                match answer {
                    Ok(_) => posted.accepted += 1,
                    Err(why) => posted.refused.push((at * MOST_ENTRIES + place, why.to_string())),
                }
            }
        }
        Ok(posted)
    }
}

fn entry(event: &SuiteEvent) -> Entry {
    let it = formats::event::entry(event, None);
    Entry {
        source: it.source.to_owned(),
        detail_type: it.detail_type.to_owned(),
        detail: it.detail,
        resources: it.resources,
        time: None,
    }
}

impl PutMetrics for Aws {
    async fn put_metrics(&self, metrics: &[Metric]) -> Result<(), Trouble> {
        let mut spaces: BTreeMap<&str, Vec<Datum>> = BTreeMap::new();
        for it in metrics {
            let dimensions = it.dimensions.iter();
            let datum = Datum {
                name: it.name.clone(),
                dimensions: dimensions.map(|(name, it)| ((*name).to_owned(), it.clone())).collect(),
                time: Timestamp::from_second(it.at).ok(),
                value: it.value,
                unit: Some(it.unit.to_owned()),
            };
            spaces.entry(it.namespace).or_default().push(datum);
        }
        for (space, data) in spaces {
            for some in data.chunks(local::cloudwatch::MOST_DATA) {
                self.call(|aws, now| aws.cloudwatch.put(now, space, some)).map_err(trouble)?;
            }
        }
        Ok(())
    }
}
