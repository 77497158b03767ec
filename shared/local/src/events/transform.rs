//! What a target gets of an event.

use serde_json::Value;

use super::path;
use super::rule::{Input, Rule, Transformer};

/// Makes the payload of a target; `None` where it is the event itself.
pub(super) fn payload(input: &Input, event: &Value, rule: &Rule, ingested: &str) -> Option<Value> {
    match input {
        Input::Event => None,
        Input::Constant(value) => Some(value.clone()),
        Input::Path(path) => Some(path::find(event, path).unwrap_or_default()),
        Input::Transformer(transformer) => {
            let text =
                fill(transformer, &|name| variable(name, transformer, event, rule, ingested));
            // A template of bare words is a text.
            Some(serde_json::from_str(&text).unwrap_or(Value::String(text)))
        }
    }
}

/// Returns the value of a variable, its own or EventBridge's; `None` where it is no variable at all.
fn variable(
    name: &str,
    transformer: &Transformer,
    event: &Value,
    rule: &Rule,
    ingested: &str,
) -> Option<Value> {
    if let Some(path) = transformer.paths.get(name) {
        // A path that leads nowhere leaves an empty text.
        return Some(path::find(event, path).unwrap_or_else(|| Value::String(String::new())));
    }
    Some(match name {
        "aws.events.rule-arn" => rule.arn.clone().into(),
        "aws.events.rule-name" => rule.name.clone().into(),
        "aws.events.event.ingestion-time" => ingested.into(),
        "aws.events.event.json" => event.clone(),
        "aws.events.event" => {
            let mut bare = event.clone();
            if let Some(members) = bare.as_object_mut() {
                members.remove("detail");
            }
            bare
        }
        _ => return None,
    })
}

/// Fills the variables in; inside of quotes they are parts of a text, outside they are JSON.
fn fill(transformer: &Transformer, variable: &dyn Fn(&str) -> Option<Value>) -> String {
    let mut filled = String::new();
    let mut quoted = false;
    let mut rest = transformer.template.as_str();
    while let Some(letter) = rest.chars().next() {
        let mut length = letter.len_utf8();
        let named = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        if let Some((name, _)) = named
            && let Some(value) = variable(name)
        {
            filled.push_str(&if quoted { within_text(&value) } else { value.to_string() });
            rest = &rest[name.len() + 2..];
            continue;
        }
        match letter {
            // The letter behind a backslash ends nothing.
            '\\' if quoted => length += rest[1..].chars().next().map_or(0, char::len_utf8),
            '"' => quoted = !quoted,
            _ => {}
        }
        filled.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    filled
}

fn within_text(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let quoted = Value::String(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(template: &str, expect: Value) {
        // The event and most templates are of "Amazon EventBridge input transformation" (user guide).
        let event = json!({
            "id": "7bf73129", "detail-type": "EC2 Instance State-change Notification",
            "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
            "detail": {"instance-id": "i-0123456789", "state": "RUNNING", "count": 3, "quote": "a\"b"}
        });
        let paths = [
            ("instance", "$.detail.instance-id"),
            ("state", "$.detail.state"),
            ("count", "$.detail.count"),
            ("quote", "$.detail.quote"),
            ("detail", "$.detail"),
            ("missing", "$.detail.missing"),
        ];
        let paths = paths.map(|(name, path)| (name.to_owned(), path.to_owned())).into();
        let rule = Rule {
            id: "R".to_owned(),
            name: "example".to_owned(),
            arn: "arn:aws:events:us-east-1:123456789012:rule/example".to_owned(),
            enabled: true,
            pattern: None,
            schedule: None,
            targets: Vec::new(),
        };
        let input = Input::Transformer(Transformer { paths, template: template.to_owned() });
        let got = payload(&input, &event, &rule, "2026-03-04T10:00:00Z");
        assert_eq!(got, Some(expect), "{template}");
    }

    #[test]
    fn variables_fill_templates() {
        check(
            "\"instance <instance> is in <state>\"",
            json!("instance i-0123456789 is in RUNNING"),
        );
        check("<instance> is in <state>", json!("\"i-0123456789\" is in \"RUNNING\""));
        check(
            "{\"instance\": <instance>, \"n\": <count>}",
            json!({"instance": "i-0123456789", "n": 3}),
        );
        check(
            "{\"s\": \"<state>/<count>\", \"q\": <quote>}",
            json!({"s": "RUNNING/3", "q": "a\"b"}),
        );
        check(
            "{\"q\": \"<quote>\", \"e\": \"\\\"<state>\"}",
            json!({"q": "a\"b", "e": "\"RUNNING"}),
        );
        check("{\"d\": <missing>, \"t\": \"<missing>\"}", json!({"d": "", "t": ""}));
        check("{\"d\": \"<unknown>\", \"lt\": \"1<2\"}", json!({"d": "<unknown>", "lt": "1<2"}));
    }

    #[test]
    fn reserved_variables_are_known() {
        check(
            "{\"name\": <aws.events.rule-name>, \"at\": <aws.events.event.ingestion-time>}",
            json!({"name": "example", "at": "2026-03-04T10:00:00Z"}),
        );
        check(
            "[\"<aws.events.rule-arn>\"]",
            json!(["arn:aws:events:us-east-1:123456789012:rule/example"]),
        );
        check(
            "{\"bare\": <aws.events.event>}",
            json!({"bare": {
                "id": "7bf73129", "detail-type": "EC2 Instance State-change Notification",
                "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
            }}),
        );
    }
}
