//! What people and tests ask the stand-in itself, below `/_vigil/`.

use http::Method;
use serde_json::{Value, json};

use crate::account::Account;

/// Answers a request, or `None` where there is nothing at the path.
pub(crate) fn answer(account: &Account, method: &Method, path: &str, query: &str) -> Option<Value> {
    let asked = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    match (method.as_str(), path) {
        ("GET", "time") => Some(json!({"now": account.now().to_string()})),
        ("GET", "messages") => Some(messages(account, &asked("topic")?)),
        ("GET", "denied") => {
            let denied = account.guard().denied();
            let denied: Vec<String> = denied.iter().map(|(it, _)| it.to_string()).collect();
            Some(json!({ "denied": denied }))
        }
        ("GET", "journal") => {
            let lines = account.events().take_journal();
            let lines: Vec<String> = lines.iter().map(|line| format!("{line:?}")).collect();
            Some(json!({ "lines": lines }))
        }
        _ => None,
    }
}

/// Tells what was published to a topic, by its ARN or name.
fn messages(account: &Account, topic: &str) -> Value {
    let place = account.place();
    let arn = if topic.starts_with("arn:") {
        topic.to_owned()
    } else {
        format!("arn:aws:sns:{}:{}:{topic}", place.region, place.account)
    };
    let told = account.call(|all, _| {
        let told = all.sns.published(&arn).map(|message| {
            let attributes = message.attributes.iter();
            let attributes: Value = attributes
                .map(|(name, it)| (name.clone(), Value::from(it.value.clone())))
                .collect();
            json!({
                "id": message.id,
                "at": message.at.to_string(),
                "subject": message.subject,
                "message": message.message,
                "attributes": attributes,
            })
        });
        told.collect::<Vec<_>>()
    });
    json!({ "messages": told })
}
