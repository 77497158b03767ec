//! SNS: topics, what was published to them, and who in this process listens.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde_json::Value;

use crate::faults::{Faults, Happened};
use crate::pattern::Pattern;
use crate::random::Random;
use crate::refused::{Code, Refused, with_fate};
use crate::template::Stack;

/// All topics.
#[derive(Debug)]
pub struct Sns {
    random: Random,
    faults: Faults,
    by_arn: BTreeMap<String, Topic>,
}

#[derive(Debug, Default)]
struct Topic {
    published: VecDeque<Published>,
    subscriptions: Vec<Subscription>,
    forgotten: u64,
}

#[derive(Debug)]
struct Subscription {
    name: String,
    filter: Option<Pattern>,
    inbox: VecDeque<Published>,
}

/// A call of `Publish`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Publish {
    pub topic: String,
    pub subject: Option<String>,
    pub message: String,
    pub attributes: BTreeMap<String, Attribute>,
}

/// A message attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// `String`, `Number`, `Binary` or `String.Array`.
    pub kind: String,
    pub value: String,
}

/// A message that a topic took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub id: String,
    pub at: Timestamp,
    pub subject: Option<String>,
    pub message: String,
    pub attributes: BTreeMap<String, Attribute>,
}

/// A message and its attributes may have so many bytes.
pub const MOST_BYTES: usize = 262_144;
/// A subject must have fewer characters.
pub const SUBJECT_BELOW: usize = 100;
/// A topic remembers so many messages, and so does a subscription; older ones give way.
pub const MOST_MESSAGES: usize = 100_000;

impl Sns {
    /// Opens the topics of a template.
    pub fn open(seed: u64, faults: Faults, stack: &Stack) -> Self {
        let topics = stack.topics.iter();
        let by_arn = topics.map(|topic| (topic.arn.clone(), Topic::default())).collect();
        Self { random: Random::named(seed, "sns"), faults, by_arn }
    }

    /// Makes a topic of this ARN, where there is none yet.
    pub fn create(&mut self, arn: &str) {
        self.by_arn.entry(arn.to_owned()).or_default();
    }

    /// Returns the ARNs of all topics, in order.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        self.by_arn.keys().map(String::as_str)
    }

    /// Takes a message and returns its id.
    pub fn publish(&mut self, now: Timestamp, call: &Publish) -> Result<String, Refused> {
        let fate = self.faults.topic_call(now);
        with_fate(fate, "Throttled", "InternalError", || {
            check(call)?;
            let topic = self.by_arn.get_mut(&call.topic).ok_or_else(|| {
                let message = format!("topic {} does not exist: create it first", call.topic);
                Refused::new(Code::NotFound, "NotFound", message)
            })?;
            let published = Published {
                id: self.random.uuid(),
                at: now,
                subject: call.subject.clone(),
                message: call.message.clone(),
                attributes: call.attributes.clone(),
            };
            let id = published.id.clone();
            topic.take(published);
            Ok(id)
        })
    }

    /// Lets someone in this process listen, from now on.
    ///
    /// A filter is a filter policy over message attributes, such as `{"severity": ["critical"]}`.
    ///
    /// # Errors
    /// The topic does not exist, or the filter cannot be read.
    pub fn subscribe(
        &mut self,
        topic: &str,
        name: &str,
        filter: Option<&str>,
    ) -> Result<(), Refused> {
        let filter = filter.map(Pattern::parse).transpose().map_err(|invalid| {
            let message = format!("filter policy: {invalid}");
            Refused::new(Code::Invalid, "InvalidParameter", message)
        })?;
        let topic = self.by_arn.get_mut(topic).ok_or_else(|| {
            let message = format!("topic {topic} does not exist: create it first");
            Refused::new(Code::NotFound, "NotFound", message)
        })?;
        let name = name.to_owned();
        topic.subscriptions.push(Subscription { name, filter, inbox: VecDeque::new() });
        Ok(())
    }

    /// Takes what a subscriber has got since the last time, oldest first.
    pub fn take(&mut self, topic: &str, name: &str) -> Vec<Published> {
        let subscriptions = self.by_arn.get_mut(topic).map(|topic| &mut topic.subscriptions);
        let mut subscriptions = subscriptions.into_iter().flatten();
        let found = subscriptions.find(|subscription| subscription.name == name);
        found.map(|it| std::mem::take(&mut it.inbox).into()).unwrap_or_default()
    }

    /// Returns what was published to a topic, oldest first.
    pub fn published(&self, topic: &str) -> impl Iterator<Item = &Published> {
        self.by_arn.get(topic).into_iter().flat_map(|topic| &topic.published)
    }

    /// Returns how many messages all topics have forgotten to stay small.
    pub fn forgotten(&self) -> u64 {
        self.by_arn.values().map(|topic| topic.forgotten).sum()
    }

    /// Returns how many faults this part of the plan has caused.
    pub fn faults(&self) -> Happened {
        self.faults.happened()
    }
}

impl Topic {
    fn take(&mut self, published: Published) {
        for subscription in &mut self.subscriptions {
            if subscription.wants(&published) {
                if subscription.inbox.len() >= MOST_MESSAGES {
                    subscription.inbox.pop_front();
                    self.forgotten += 1;
                }
                subscription.inbox.push_back(published.clone());
            }
        }
        if self.published.len() >= MOST_MESSAGES {
            self.published.pop_front();
            self.forgotten += 1;
        }
        self.published.push_back(published);
    }
}

impl Subscription {
    fn wants(&self, published: &Published) -> bool {
        let Some(filter) = &self.filter else { return true };
        let attributes = published.attributes.iter();
        let attributes: Value =
            attributes.map(|(name, attribute)| (name.clone(), attribute.as_json())).collect();
        filter.matches(&attributes)
    }
}

impl Attribute {
    /// Makes an attribute of type `String`.
    pub fn text(value: impl Into<String>) -> Self {
        Self { kind: "String".to_owned(), value: value.into() }
    }

    fn as_json(&self) -> Value {
        let parsed = || serde_json::from_str(&self.value).ok();
        let typed = if self.kind == "String" { None } else { parsed() };
        typed.unwrap_or_else(|| self.value.clone().into())
    }
}

fn check(call: &Publish) -> Result<(), Refused> {
    let refuse = |message: String| Err(Refused::new(Code::Invalid, "InvalidParameter", message));
    if let Some(subject) = &call.subject {
        let printable = subject.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if subject.is_empty() || subject.len() >= SUBJECT_BELOW || !printable {
            return refuse(format!(
                "Subject has {} characters: give it 1 to {}, printable ASCII on one line",
                subject.chars().count(),
                SUBJECT_BELOW - 1
            ));
        }
    }
    if call.message.is_empty() {
        return refuse("Message is empty".to_owned());
    }
    let mut bytes = call.message.len();
    for (name, attribute) in &call.attributes {
        check_attribute(name, attribute)?;
        bytes += name.len() + attribute.kind.len() + attribute.value.len();
    }
    if bytes > MOST_BYTES {
        return refuse(format!("Message has {bytes} bytes: shorten it to {MOST_BYTES}"));
    }
    Ok(())
}

fn check_attribute(name: &str, attribute: &Attribute) -> Result<(), Refused> {
    let refuse = |reason: &str| {
        let message = format!("attribute \"{name}\" {reason}");
        Err(Refused::new(Code::Invalid, "InvalidParameter", message))
    };
    let letters =
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    let dots = name.starts_with('.') || name.ends_with('.') || name.contains("..");
    if name.is_empty() || name.len() > 256 || !letters || dots {
        return refuse("has a name of other than letters, digits, '_', '-' and single inner '.'");
    }
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("aws.") || lower.starts_with("amazon.") {
        return refuse("has a name kept for AWS");
    }
    if attribute.value.is_empty() {
        return refuse("has no value");
    }
    match attribute.kind.as_str() {
        "String" | "Binary" => Ok(()),
        "Number" if attribute.value.parse::<f64>().is_ok_and(f64::is_finite) => Ok(()),
        "Number" => refuse("is no number"),
        "String.Array" if matches!(attribute.as_json(), Value::Array(_)) => Ok(()),
        "String.Array" => refuse("is no JSON array"),
        _ => refuse("is of a type other than String, Number, Binary and String.Array"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::{CallRates, Rates};

    fn open(rates: CallRates) -> (Sns, String) {
        let faults = Faults::seeded(1, Rates { topics: rates, ..Rates::default() });
        let template = "Resources: {Alerts: {Type: AWS::SNS::Topic}}";
        let stack = Stack::parse(template, &[]).unwrap();
        (Sns::open(1, faults, &stack), stack.topics[0].arn.clone())
    }

    fn call(topic: &str, subject: &str, message: &str) -> Publish {
        let (topic, message) = (topic.to_owned(), message.to_owned());
        Publish { topic, subject: Some(subject.to_owned()), message, ..Publish::default() }
    }

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn messages_are_kept_in_order() {
        let (mut topics, arn) = open(CallRates::default());
        let ids: Vec<String> =
            ["a", "b"].map(|text| topics.publish(NOW, &call(&arn, text, text)).unwrap()).into();
        let kept: Vec<&Published> = topics.published(&arn).collect();
        assert_eq!(kept.iter().map(|it| it.id.clone()).collect::<Vec<_>>(), ids);
        assert_eq!(kept[1].subject.as_deref(), Some("b"));
        topics.create("arn:aws:sns:eu-west-1:111122223333:other");
        topics.create(&arn);
        assert_eq!(topics.published(&arn).count(), 2);
        let (mut again, arn) = open(CallRates::default());
        assert_eq!(
            again.publish(NOW, &call(&arn, "a", "a")).unwrap(),
            ids[0],
            "same seed, same ids"
        );
    }

    #[test]
    fn subscribers_get_what_they_filter_for() {
        let (mut topics, arn) = open(CallRates::default());
        topics.subscribe(&arn, "all", None).unwrap();
        let policy = r#"{"severity":["critical"],"count":[{"numeric":[">",2]}],"tags":["a"]}"#;
        topics.subscribe(&arn, "some", Some(policy)).unwrap();
        for (severity, count, tags) in [
            ("critical", "3", "[\"b\",\"a\"]"),
            ("critical", "2", "[\"a\"]"),
            ("info", "3", "[\"a\"]"),
        ] {
            let mut call = call(&arn, "s", severity);
            let number = Attribute { kind: "Number".to_owned(), value: count.to_owned() };
            let array = Attribute { kind: "String.Array".to_owned(), value: tags.to_owned() };
            call.attributes = [
                ("severity".to_owned(), Attribute::text(severity)),
                ("count".to_owned(), number),
                ("tags".to_owned(), array),
            ]
            .into();
            topics.publish(NOW, &call).unwrap();
        }
        assert_eq!(topics.take(&arn, "all").len(), 3);
        assert_eq!(topics.take(&arn, "some").len(), 1);
        assert_eq!(topics.take(&arn, "some").len(), 0);
        assert_eq!(topics.subscribe(&arn, "x", Some("{}")).unwrap_err().code, Code::Invalid);
        assert_eq!(topics.subscribe("nowhere", "x", None).unwrap_err().code, Code::NotFound);
    }

    #[test]
    fn calls_beyond_the_limits_are_refused() {
        let (mut topics, arn) = open(CallRates::default());
        let with = |name: &str, kind: &str, value: &str| {
            let attribute = Attribute { kind: kind.to_owned(), value: value.to_owned() };
            let attributes = [(name.to_owned(), attribute)].into();
            Publish { attributes, ..call(&arn, "s", "m") }
        };
        for (call, expect) in [
            (call(&arn, &"x".repeat(99), "m"), None),
            (call(&arn, &"x".repeat(100), "m"), Some(Code::Invalid)),
            (call(&arn, "", "m"), Some(Code::Invalid)),
            (call(&arn, "two\nlines", "m"), Some(Code::Invalid)),
            (call(&arn, "é", "m"), Some(Code::Invalid)),
            (call(&arn, "s", ""), Some(Code::Invalid)),
            (call(&arn, "s", &"m".repeat(MOST_BYTES)), None),
            (call(&arn, "s", &"m".repeat(MOST_BYTES + 1)), Some(Code::Invalid)),
            (call("arn:aws:sns:eu-west-1:111122223333:other", "s", "m"), Some(Code::NotFound)),
            (with("a.b-c_1", "String", "v"), None),
            (with("a..b", "String", "v"), Some(Code::Invalid)),
            (with("AWS.b", "String", "v"), Some(Code::Invalid)),
            (with("a", "String", ""), Some(Code::Invalid)),
            (with("a", "Number", "x"), Some(Code::Invalid)),
            (with("a", "String.Array", "x"), Some(Code::Invalid)),
            (with("a", "Map", "x"), Some(Code::Invalid)),
        ] {
            let code = topics.publish(NOW, &call).err().map(|refused| refused.code);
            assert_eq!(code, expect, "{:?} {:?}", call.subject, call.attributes);
        }
    }

    #[test]
    fn lost_replies_leave_the_message() {
        let (mut topics, arn) = open(CallRates { reply_lost: 1.0, ..CallRates::default() });
        let refused = topics.publish(NOW, &call(&arn, "s", "m")).unwrap_err();
        assert_eq!((refused.code, topics.published(&arn).count()), (Code::ReplyLost, 1));
        let (mut topics, arn) = open(CallRates { throttled: 1.0, ..CallRates::default() });
        let refused = topics.publish(NOW, &call(&arn, "s", "m")).unwrap_err();
        assert_eq!((refused.code, topics.published(&arn).count()), (Code::Throttled, 0));
        assert_eq!(topics.faults().calls_throttled, 1);
    }
}
