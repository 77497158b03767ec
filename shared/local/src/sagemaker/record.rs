//! The capture record: one JSON object a line, written by hand because millions are.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::DataCaptureConfig;

/// How a payload is written into a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Csv,
    Json,
    Base64,
}

impl Encoding {
    /// Decides by the media type; parameters such as `; charset=utf-8` do not count.
    pub(super) fn of(content_type: &str, config: &DataCaptureConfig) -> Self {
        let media = media_type(content_type);
        let listed = |types: &[String]| types.iter().any(|it| it.eq_ignore_ascii_case(media));
        if listed(&config.csv_types) {
            Self::Csv
        } else if listed(&config.json_types) {
            Self::Json
        } else {
            Self::Base64
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Base64 => "BASE64",
        }
    }
}

/// One side of an invocation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Payload<'a> {
    pub(super) content_type: &'a str,
    pub(super) encoding: Encoding,
    pub(super) text: &'a [u8],
}

/// What a record says beside its payloads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metadata<'a> {
    pub(super) event_id: &'a str,
    pub(super) inference_id: Option<&'a str>,
    pub(super) custom_attributes: Option<&'a str>,
    /// ISO 8601 in whole seconds.
    pub(super) inference_time: &'a str,
}

/// Appends one record and its line end.
pub(super) fn write(
    input: Option<Payload<'_>>,
    output: Option<Payload<'_>>,
    metadata: Metadata<'_>,
    line: &mut Vec<u8>,
) {
    line.extend_from_slice(b"{\"captureData\":{");
    if let Some(input) = input {
        line.extend_from_slice(b"\"endpointInput\":");
        write_payload(input, "INPUT", line);
    }
    if let Some(output) = output {
        if input.is_some() {
            line.push(b',');
        }
        line.extend_from_slice(b"\"endpointOutput\":");
        write_payload(output, "OUTPUT", line);
    }
    line.extend_from_slice(b"},\"eventMetadata\":{\"eventId\":\"");
    line.extend_from_slice(metadata.event_id.as_bytes());
    if let Some(id) = metadata.inference_id {
        line.extend_from_slice(b"\",\"inferenceId\":\"");
        write_text(id.as_bytes(), line);
    }
    if let Some(attributes) = metadata.custom_attributes {
        line.extend_from_slice(b"\",\"customAttributes\":[\"");
        write_text(attributes.as_bytes(), line);
        line.extend_from_slice(b"\"],\"inferenceTime\":\"");
    } else {
        line.extend_from_slice(b"\",\"inferenceTime\":\"");
    }
    line.extend_from_slice(metadata.inference_time.as_bytes());
    line.extend_from_slice(b"\"},\"eventVersion\":\"0\"}\n");
}

/// Returns the media type of a content type, without parameters.
pub(super) fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

fn write_payload(payload: Payload<'_>, mode: &str, line: &mut Vec<u8>) {
    line.extend_from_slice(b"{\"observedContentType\":\"");
    write_text(payload.content_type.as_bytes(), line);
    line.extend_from_slice(b"\",\"mode\":\"");
    line.extend_from_slice(mode.as_bytes());
    line.extend_from_slice(b"\",\"data\":\"");
    // Bytes that are no text cannot stand in a JSON string.
    let encoding =
        if std::str::from_utf8(payload.text).is_ok() { payload.encoding } else { Encoding::Base64 };
    if encoding == Encoding::Base64 {
        line.extend_from_slice(BASE64_STANDARD.encode(payload.text).as_bytes());
    } else {
        write_text(payload.text, line);
    }
    line.extend_from_slice(b"\",\"encoding\":\"");
    line.extend_from_slice(encoding.name().as_bytes());
    line.extend_from_slice(b"\"}");
}

/// Appends the inside of a JSON string (RFC 8259, section 7).
fn write_text(text: &[u8], line: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut from = 0;
    for (at, byte) in text.iter().enumerate() {
        if *byte >= 0x20 && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        line.extend_from_slice(&text[from..at]);
        from = at + 1;
        line.push(b'\\');
        match byte {
            b'\n' => line.push(b'n'),
            b'\r' => line.push(b'r'),
            b'\t' => line.push(b't'),
            b'"' | b'\\' => line.push(*byte),
            _ => {
                line.extend_from_slice(b"u00");
                line.extend([byte >> 4, byte & 0xf].map(|digit| HEX[usize::from(digit)]));
            }
        }
    }
    line.extend_from_slice(&text[from..]);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const METADATA: Metadata<'static> = Metadata {
        event_id: "2b1c6f4e-6d37-4c0a-9a0f-2a7c5a6b9d10",
        inference_id: Some("order-000181"),
        custom_attributes: Some("trace=abc"),
        inference_time: "2026-03-04T10:20:48Z",
    };

    fn line(
        input: Option<Payload<'_>>,
        output: Option<Payload<'_>>,
        metadata: Metadata<'_>,
    ) -> String {
        let mut line = Vec::new();
        write(input, output, metadata, &mut line);
        String::from_utf8(line).unwrap()
    }

    fn csv(content_type: &'static str, text: &'static str) -> Payload<'static> {
        Payload { content_type, encoding: Encoding::Csv, text: text.as_bytes() }
    }

    #[test]
    fn record_is_the_one_aws_documents() {
        // sagemaker-formats B.2.
        let expect = concat!(
            r#"{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","#,
            r#""data":"41,0,129.5,3\n","encoding":"CSV"},"#,
            r#""endpointOutput":{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT","data":"0.8231","#,
            r#""encoding":"CSV"}},"eventMetadata":{"eventId":"2b1c6f4e-6d37-4c0a-9a0f-2a7c5a6b9d10","#,
            r#""inferenceId":"order-000181","customAttributes":["trace=abc"],"inferenceTime":"2026-03-04T10:20:48Z"},"#,
            r#""eventVersion":"0"}"#,
            "\n"
        );
        let input = csv("text/csv", "41,0,129.5,3\n");
        let output = csv("text/csv; charset=utf-8", "0.8231");
        assert_eq!(line(Some(input), Some(output), METADATA), expect);
    }

    #[test]
    fn absent_members_are_left_out() {
        let metadata = Metadata { inference_id: None, custom_attributes: None, ..METADATA };
        let record: Value =
            serde_json::from_str(&line(None, Some(csv("text/csv", "1")), metadata)).unwrap();
        let expect = json!({
            "captureData": { "endpointOutput": {
                "observedContentType": "text/csv", "mode": "OUTPUT", "data": "1", "encoding": "CSV" } },
            "eventMetadata": { "eventId": METADATA.event_id, "inferenceTime": METADATA.inference_time },
            "eventVersion": "0",
        });
        assert_eq!(record, expect);
    }

    #[test]
    fn any_text_survives_the_escape() {
        let every: String =
            (0..0x250).filter_map(char::from_u32).chain("\u{2028}\u{1f600}".chars()).collect();
        for text in ["", "\"", "\\\"\n\r\t", "{\"a\":\"b\\n\"}", every.as_str()] {
            let metadata =
                Metadata { inference_id: Some(text), custom_attributes: Some(text), ..METADATA };
            let input =
                Payload { content_type: text, encoding: Encoding::Json, text: text.as_bytes() };
            let record: Value = serde_json::from_str(&line(Some(input), None, metadata)).unwrap();
            let payload = &record["captureData"]["endpointInput"];
            assert_eq!(
                (&payload["data"], &payload["observedContentType"]),
                (&text.into(), &text.into())
            );
            assert_eq!(record["eventMetadata"]["inferenceId"], text);
            assert_eq!(record["eventMetadata"]["customAttributes"][0], text);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_base64() {
        let input =
            Payload { content_type: "text/csv", encoding: Encoding::Csv, text: b"\xff\x00" };
        let record: Value = serde_json::from_str(&line(Some(input), None, METADATA)).unwrap();
        let payload = &record["captureData"]["endpointInput"];
        assert_eq!((&payload["data"], &payload["encoding"]), (&"/wA=".into(), &"BASE64".into()));
    }

    #[test]
    fn encoding_follows_the_listed_media_types() {
        let config = DataCaptureConfig::to("s3://b");
        let check = |content_type: &str, expect: Encoding| {
            assert_eq!(Encoding::of(content_type, &config), expect, "{content_type}");
        };
        check("text/csv", Encoding::Csv);
        check("text/csv; charset=utf-8", Encoding::Csv);
        check("Text/CSV;header=absent", Encoding::Csv);
        check("application/json", Encoding::Json);
        check("application/jsonlines", Encoding::Base64);
        check("text/html; charset=utf-8", Encoding::Base64);
        check("", Encoding::Base64);
    }
}
