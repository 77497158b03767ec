use crate::field::{Field, blocks, fields};
use crate::kind::Kind;
use crate::limit::BIAS_METRICS;
use serde_json::{Map, Value, json};

/// Returns the JSON Schema (2020-12) of a settings file, for editors and checks.
///
/// It takes every file that [`crate::Settings::parse`] takes. What two settings
/// say together (a run longer than its schedule, no type enabled, `3 of 2`) is
/// beyond it, and so is the day of a cron expression.
pub fn schema() -> String {
    let whole = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Vigil settings",
        "description": "What Vigil does for which SageMaker endpoint. Layers, the later over the earlier: \
                        built-in defaults, `defaults`, the matching patterns under `endpoints` (the more \
                        specific wins), `vigil:` tags of the endpoint.",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": {
            "version": { "const": 1, "description": "Version of this format." },
            "changes": {
                "enum": ["enabled", "paused"],
                "default": "enabled",
                "description": "Kill switch over everything: paused looks and reports, and changes nothing."
            },
            "defaults": { "$ref": "#/$defs/endpoint" },
            "endpoints": {
                "type": ["object", "null"],
                "description": "Settings by endpoint name; `*` stands for any characters and `?` for one.",
                "propertyNames": { "pattern": "^(?=.{1,128}$)(?!-)[a-zA-Z0-9*?-]+(?<!-)$" },
                "additionalProperties": { "$ref": "#/$defs/endpoint" }
            }
        },
        "$defs": { "endpoint": endpoint() }
    });
    format!("{whole:#}\n")
}

fn endpoint() -> Value {
    let mut members = Map::new();
    for it in fields().iter().filter(|it| !it.path.contains('.')) {
        members.insert(it.path.clone(), member(it));
    }
    for block in blocks() {
        let mut inner = Map::new();
        for it in fields() {
            if let Some((of, name)) = it.path.split_once('.')
                && of == block
            {
                inner.insert(name.to_owned(), member(it));
            }
        }
        members.insert(block.to_owned(), closed(inner));
    }
    closed(members)
}

fn closed(members: Map<String, Value>) -> Value {
    json!({ "type": ["object", "null"], "additionalProperties": false, "properties": members })
}

fn member(field: &Field) -> Value {
    let mut res = shape(field.kind);
    res.insert("description".into(), field.meaning.into());
    if let Some(text) = field.default {
        let value = if field.kind.is_plain() {
            serde_json::from_str(text).unwrap_or_else(|_| text.into())
        } else {
            text.into()
        };
        res.insert("default".into(), value);
    }
    res.into()
}

const HOUR: &str = "(0?[0-9]|1[0-9]|2[0-3])";
const HOURS: &str = "(0?[1-9]|1[0-9]|2[0-4])";
const NUMBER: &str = "[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]{1,2})?";
const RATE: &str = "rate\\((1 hour|([2-9]|1[0-9]|2[0-4]) hours|1 day|([5-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]) minutes)\\)";

fn shape(kind: Kind) -> Map<String, Value> {
    let matching = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    let texts = json!({ "type": "string", "maxLength": 1024 });
    let res = match kind {
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Whole { low, high } => json!({ "type": "integer", "minimum": low, "maximum": high }),
        Kind::Number { low, high } => json!({ "type": "number", "minimum": low, "maximum": high }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Text => texts,
        Kind::S3Uri { most } => json!({
            "type": "string",
            "maxLength": most,
            "pattern": "^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/]+)*/?$"
        }),
        Kind::TopicArn => matching("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[^:\\s]+$"),
        Kind::Arn => matching("^arn:aws[^:\\s]*:[^:\\s]+:[^:\\s]*:([0-9]{12})?:\\S+$"),
        Kind::Link => matching("^https://[^/\\s\"'<>\\\\][^\\s\"'<>\\\\]*$"),
        Kind::InstanceType => matching("^ml\\.[a-z0-9-]+\\.[a-z0-9-]+$"),
        Kind::ScheduleName => matching("^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$"),
        Kind::Schedule => matching(&format!(
            "^\\s*(hourly|daily(\\s+{HOUR}:00)?|every\\s+{HOURS}\\s+hours(\\s+from\\s+{HOUR})?|{RATE}|\
             cron\\(\\s*0\\s+(\\*|{HOUR}|(\\*|{HOUR})/{HOURS})\\s+(\\?\\s+\\*\\s+\\*|\\*\\s+\\*\\s+\\?)\\s+\\*\\s*\\))\\s*$"
        )),
        Kind::Rule => matching(&format!(
            "^({RATE}|cron\\(\\s*\\S+\\s+\\S+\\s+(\\?\\s+\\S+\\s+[^?\\s]\\S*|[^?\\s]\\S*\\s+\\S+\\s+\\?)\\s+\\S+\\s*\\))$"
        )),
        Kind::Span => matching("^[0-9]+[smhd]$"),
        Kind::Windows => matching("^([1-9]|1[0-9]|2[0-4]) of ([1-9]|1[0-9]|2[0-4])$"),
        Kind::Limits => json!({
            "type": "array",
            "maxItems": BIAS_METRICS.len(),
            "items": matching(&format!("^\\s*({})\\s+{NUMBER}\\s+{NUMBER}\\s*$", BIAS_METRICS.join("|"))),
        }),
        Kind::Texts { most } => json!({ "type": "array", "maxItems": most, "items": texts }),
        Kind::Pairs => {
            json!({ "type": "object", "maxProperties": 50, "additionalProperties": texts })
        }
    };
    match res {
        Value::Object(it) => it,
        _ => Map::new(),
    }
}
