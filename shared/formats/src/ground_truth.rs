//! Labels and the records they are merged into (reference: formats C).

use serde::{Deserialize, Deserializer, Serialize};
/// A label as AWS spells it: text, and `CSV` or `JSON`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroundTruthData {
    #[serde(deserialize_with = "text")]
    pub data: String,
    #[serde(default = "csv")]
    pub encoding: String,
}

fn csv() -> String {
    "CSV".to_owned()
}

/// AWS writes text; users write numbers and booleans too.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    match value {
        serde_json::Value::String(text) => Ok(text),
        serde_json::Value::Null => Err(serde::de::Error::custom("a label says nothing")),
        other => Ok(other.to_string()),
    }
}

impl GroundTruthData {
    /// Reads the member `groundTruthData` of a record; `None` of what says nothing.
    pub fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// Writes the member `groundTruthData` of a record.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("a struct of texts is JSON")
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    ground_truth_data: &'a GroundTruthData,
    event_metadata: Metadata<'a>,
    event_version: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    event_id: &'a str,
}

/// Writes one ground-truth record as a line (C.1).
pub fn write(id: &str, label: &GroundTruthData) -> String {
    let wire = Wire {
        ground_truth_data: label,
        event_metadata: Metadata { event_id: id },
        event_version: "0",
    };
    serde_json::to_string(&wire).expect("a struct of texts is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_is_that_of_aws() {
        // The record of formats C.1.
        let expect = r#"{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"order-000181"},"eventVersion":"0"}"#;
        let label = GroundTruthData { data: "1".into(), encoding: "CSV".into() };
        assert_eq!(write("order-000181", &label), expect);
        assert_eq!(GroundTruthData::read(label.json().as_bytes()), Some(label));
    }

    #[test]
    fn labels_need_not_be_text() {
        #[track_caller]
        fn check(json: &str, expect: Option<(&str, &str)>) {
            let read = GroundTruthData::read(json.as_bytes());
            let read = read.as_ref().map(|it| (it.data.as_str(), it.encoding.as_str()));
            assert_eq!(read, expect, "{json}");
        }
        check(r#"{"data":1,"encoding":"CSV"}"#, Some(("1", "CSV")));
        check(r#"{"encoding":"JSON","data":"[1]"}"#, Some(("[1]", "JSON")));
        check(r#"{"data":true}"#, Some(("true", "CSV")));
        check(r#"{"data":null,"encoding":"CSV"}"#, None);
        check(r#"{"encoding":"CSV"}"#, None);
    }
}
