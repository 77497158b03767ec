//! Labels and the records they are merged into (reference: formats C).

use crate::moment::Moment;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A label as AWS spells it: text, and `CSV` or `JSON`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroundTruthData {
    pub data: String,
    pub encoding: String,
}

/// One ground-truth record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroundTruthRecord {
    /// The inference id where the capture has one, else its event id.
    pub id: String,
    pub label: GroundTruthData,
    /// Seconds since 1970; ours, AWS's record has none.
    pub at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    ground_truth_data: GroundTruthData,
    event_metadata: Metadata,
    #[serde(default)]
    event_version: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    event_id: String,
}

/// Writes one ground-truth record as a line (C.1).
pub fn write(id: &str, label: &GroundTruthData) -> String {
    let wire = Wire {
        ground_truth_data: label.clone(),
        event_metadata: Metadata { event_id: id.to_owned() },
        event_version: "0".to_owned(),
    };
    serde_json::to_string(&wire).expect("a struct of texts is JSON")
}

/// What a JSON label file calls its members.
#[derive(Debug, Clone, Copy, Default)]
pub struct Members<'a> {
    pub id: Option<&'a str>,
    pub label: Option<&'a str>,
    pub time: Option<&'a str>,
}

const IDS: [&str; 6] = ["inferenceId", "inference_id", "eventId", "event_id", "id", "ID"];
const LABELS: [&str; 6] = ["label", "ground_truth", "groundTruth", "target", "y", "value"];

/// Reads one line of a label file: AWS's record, or a flat object.
pub fn read(line: &[u8], members: Members<'_>) -> Option<GroundTruthRecord> {
    let value: Value = serde_json::from_slice(line).ok()?;
    let object = value.as_object()?;
    let at = members.time.and_then(|it| moment(object.get(it)?));
    if let Ok(wire) = serde_json::from_value::<Wire>(value.clone()) {
        let id = wire.event_metadata.event_id;
        return (!id.is_empty()).then_some(GroundTruthRecord {
            id,
            label: wire.ground_truth_data,
            at,
        });
    }
    let member = |named: Option<&str>, usual: &[&str]| match named {
        Some(name) => object.get(name),
        None => usual.iter().find_map(|it| object.get(*it)),
    };
    let id = match member(members.id, &IDS)? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let label = label(member(members.label, &LABELS)?)?;
    (!id.is_empty()).then_some(GroundTruthRecord { id, label, at })
}

fn moment(value: &Value) -> Option<i64> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Moment::of_text(&text).map(Moment::seconds)
}

fn label(value: &Value) -> Option<GroundTruthData> {
    let (data, encoding) = match value {
        Value::Null => return None,
        Value::String(text) => (csv_cell(text), "CSV"),
        Value::Number(_) | Value::Bool(_) => (value.to_string(), "CSV"),
        Value::Array(_) | Value::Object(_) => (value.to_string(), "JSON"),
    };
    Some(GroundTruthData { data, encoding: encoding.to_owned() })
}

/// Writes a text as one cell of CSV.
pub fn csv_cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// What a merge needs to know of a captured record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapturedIds {
    pub event: String,
    pub id: String,
    /// Seconds since 1970.
    pub at: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Captured {
    #[serde(default)]
    ground_truth_data: Option<serde::de::IgnoredAny>,
    #[serde(rename = "captureData")]
    _data: serde::de::IgnoredAny,
    event_metadata: CapturedMetadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CapturedMetadata {
    event_id: Option<String>,
    inference_id: Option<String>,
    inference_time: Option<String>,
    invocation_source: Option<String>,
}

/// Reads the ids of a captured record; `None` of what is none, or is of a shadow.
pub fn captured_ids(line: &[u8]) -> Option<CapturedIds> {
    let read: Captured = serde_json::from_slice(line).ok()?;
    let it = read.event_metadata;
    let filled = |it: Option<String>| it.filter(|it| !it.is_empty());
    let id = filled(it.inference_id);
    let event = filled(it.event_id).or_else(|| id.clone())?;
    if read.ground_truth_data.is_some() || it.invocation_source.is_some() {
        return None;
    }
    let at = it.inference_time.as_deref().and_then(Moment::of_text).map(Moment::seconds);
    Some(CapturedIds { id: id.unwrap_or_else(|| event.clone()), event, at })
}

/// Puts a label into a captured record: AWS's merged record (C.2).
///
/// The record stays as it was captured, to the byte.
pub fn merged(captured: &str, label: &GroundTruthData) -> Option<String> {
    let open = captured.trim_end().strip_suffix('}')?.trim_end();
    let data = serde_json::to_string(label).expect("a struct of texts is JSON");
    Some(format!("{open},\"groundTruthData\":{data}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The record of formats C.1.
    const LABEL: &str = r#"{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"order-000181"},"eventVersion":"0"}"#;
    /// The record of formats B.2, shortened.
    const CAPTURED: &str = r#"{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":"41,0,129.5,3","encoding":"CSV"}},"eventMetadata":{"eventId":"2b1c6f4e","inferenceId":"order-000181","inferenceTime":"2026-03-04T10:20:48Z"},"eventVersion":"0"}"#;

    #[test]
    fn labels_read_in_every_spelling() {
        #[track_caller]
        fn check(line: &str, expect: Option<(&str, &str, &str)>) {
            let read = read(line.as_bytes(), Members::default());
            let read = read
                .as_ref()
                .map(|it| (it.id.as_str(), it.label.data.as_str(), it.label.encoding.as_str()));
            assert_eq!(read, expect, "{line}");
        }
        check(LABEL, Some(("order-000181", "1", "CSV")));
        check(r#"{"id":"a","label":0.5}"#, Some(("a", "0.5", "CSV")));
        check(r#"{"event_id":7,"ground_truth":true}"#, Some(("7", "true", "CSV")));
        check(r#"{"id":"a","label":"yes, so"}"#, Some(("a", "\"yes, so\"", "CSV")));
        check(r#"{"id":"a","label":[1,0]}"#, Some(("a", "[1,0]", "JSON")));
        check(r#"{"id":"a","label":null}"#, None);
        check(r#"{"id":"a"}"#, None);
        check(r#"{"id":"","label":1}"#, None);
        check("{\"id\":\"a\",\"la", None);
    }

    #[test]
    fn named_members_go_before_usual_ones() {
        let members = Members { id: Some("order"), label: Some("churned"), time: Some("on") };
        let line = r#"{"id":"x","label":9,"order":"a","churned":1,"on":"2026-03-04T10:00:00Z"}"#;
        let read = read(line.as_bytes(), members).expect("a label");
        assert_eq!((read.id.as_str(), read.label.data.as_str()), ("a", "1"));
        assert_eq!(read.at, Some(1_772_618_400));
    }

    #[test]
    fn ground_truth_reads_back_as_written() {
        let label = GroundTruthData { data: "1".into(), encoding: "CSV".into() };
        assert_eq!(write("order-000181", &label), LABEL);
    }

    #[test]
    fn inference_id_goes_before_event_id() {
        let ids = captured_ids(CAPTURED.as_bytes()).expect("a record");
        assert_eq!((ids.event.as_str(), ids.id.as_str()), ("2b1c6f4e", "order-000181"));
        assert_eq!(ids.at, Some(1_772_619_648));
        let plain = CAPTURED.replace(r#""inferenceId":"order-000181","#, "");
        assert_eq!(captured_ids(plain.as_bytes()).map(|it| it.id).as_deref(), Some("2b1c6f4e"));
        assert_eq!(captured_ids(&CAPTURED.as_bytes()[..60]), None);
    }

    #[test]
    fn merged_record_is_the_captured_one_with_a_label() {
        let label = GroundTruthData { data: "1".into(), encoding: "CSV".into() };
        let line = merged(CAPTURED, &label).expect("an object");
        let merged: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(merged["groundTruthData"], serde_json::json!({"data": "1", "encoding": "CSV"}));
        let mut captured: Value = serde_json::from_str(CAPTURED).expect("JSON");
        captured["groundTruthData"] = merged["groundTruthData"].clone();
        assert_eq!(merged, captured);
    }
}
