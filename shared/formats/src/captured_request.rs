//! Requests in capture files (reference: formats B.2), to send them again.

use engine::scan::is_own;
use serde::Deserialize;

/// One captured request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapturedRequest {
    pub content_type: String,
    pub body: Vec<u8>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "captureData")]
    data: Sides,
    #[serde(rename = "eventMetadata", default)]
    event: Event,
}

#[derive(Default, Deserialize)]
struct Event {
    #[serde(rename = "inferenceId")]
    inference: Option<String>,
}

#[derive(Deserialize)]
struct Sides {
    #[serde(rename = "endpointInput")]
    input: Option<Side>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Side {
    observed_content_type: Option<String>,
    data: String,
    encoding: String,
}

/// Reads up to `most` requests of a capture file; lines that are none, or whose
/// body is kept as base64, are passed over, and so is what the suite itself sent.
pub fn read(lines: &[u8], most: usize) -> Vec<CapturedRequest> {
    let request = |line: &[u8]| {
        let record: Record = serde_json::from_slice(line).ok()?;
        if record.event.inference.is_some_and(|it| is_own(it.as_bytes())) {
            return None;
        }
        let side = record.data.input?;
        let content_type = match side.encoding.as_str() {
            "CSV" => "text/csv",
            "JSON" => "application/json",
            _ => return None,
        };
        let content_type = side.observed_content_type.unwrap_or_else(|| content_type.to_owned());
        Some(CapturedRequest { content_type, body: side.data.into_bytes() })
    };
    lines.split(|it| *it == b'\n').filter_map(request).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_as_they_were_sent() {
        // The record of formats B.2.
        let line = r#"{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":"41,0,129.5,3","encoding":"CSV"},"endpointOutput":{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT","data":"0.8231","encoding":"CSV"}},"eventMetadata":{"eventId":"2b1c6f4e","inferenceTime":"2026-03-04T10:20:48Z"},"eventVersion":"0"}"#;
        let base64 = line.replace("\"encoding\":\"CSV\"", "\"encoding\":\"BASE64\"");
        let text = format!("{line}\nnonsense\n{base64}\n{{}}\n{line}\n{line}\n");
        let found = read(text.as_bytes(), 2);
        let expect =
            CapturedRequest { content_type: "text/csv".into(), body: b"41,0,129.5,3".to_vec() };
        assert_eq!(found, [expect.clone(), expect.clone()]);
        let own = line.replace("\"eventId\"", "\"inferenceId\":\"vigil-ask-1\",\"eventId\"");
        assert_eq!(read(format!("{own}\n{line}").as_bytes(), 5), [expect]);
        assert_eq!(read(&[0xff, b'\n'], 5), []);
    }
}
