use crate::{error, error::FormatError, loose};
use serde::{Deserialize, Deserializer, Serialize};

const DOCUMENT: &str = "dataset_format";
const FIX: &str =
    r#"set it to JSON such as {"csv":{"header":true}} or {"sagemakerCaptureJson":{}}"#;

/// What the files of a dataset hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatasetFormat {
    /// Captured records, with the parts of each that make its row.
    Capture(Vec<CaptureIndex>),
    /// Captured records merged with labels, likewise.
    Merged(Vec<CaptureIndex>),
    Csv {
        header: bool,
        output_columns: OutputColumns,
    },
    /// One JSON object a line; without `lines`, one document.
    Json {
        lines: bool,
    },
    Parquet,
}

/// A part of a captured record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CaptureIndex {
    #[serde(rename = "endpointInput")]
    EndpointInput,
    #[serde(rename = "endpointOutput")]
    EndpointOutput,
    #[serde(rename = "batchTransformInput")]
    BatchTransformInput,
    #[serde(rename = "batchTransformOutput")]
    BatchTransformOutput,
}

/// Where a row has the columns of the model's output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OutputColumns {
    #[default]
    Start,
    End,
}

impl DatasetFormat {
    /// Writes the JSON text of the environment variable, as the Python SDK does.
    pub fn write(&self) -> String {
        let names = |all: &[CaptureIndex]| serde_json::json!({"captureIndexNames": all});
        let value = match self {
            Self::Capture(all) => serde_json::json!({"sagemakerCaptureJson": names(all)}),
            Self::Merged(all) => serde_json::json!({"sagemakerMergeJson": names(all)}),
            Self::Csv { header, output_columns } => {
                let place = match output_columns {
                    OutputColumns::Start => "START",
                    OutputColumns::End => "END",
                };
                serde_json::json!({"csv": {"header": header, "output_columns_position": place}})
            }
            Self::Json { lines } => serde_json::json!({"json": {"lines": lines}}),
            Self::Parquet => serde_json::json!({"parquet": {}}),
        };
        value.to_string()
    }

    /// Reads the JSON text of the environment variable.
    pub fn read(text: &str) -> Result<Self, FormatError> {
        let wire: Wire = error::read(DOCUMENT, FIX, text.as_bytes())?;
        let both = || vec![CaptureIndex::EndpointInput, CaptureIndex::EndpointOutput];
        if let Some(capture) = wire.capture {
            return Ok(Self::Capture(capture.capture_index_names.unwrap_or_else(both)));
        }
        if let Some(merged) = wire.merged {
            return Ok(Self::Merged(merged.capture_index_names.unwrap_or_else(both)));
        }
        if let Some(csv) = wire.csv {
            let output_columns = csv.output_columns_position.unwrap_or_default();
            return Ok(Self::Csv { header: csv.header.unwrap_or(false), output_columns });
        }
        if let Some(json) = wire.json {
            // Batch schedules say `line`, the Python SDK says `lines`.
            return Ok(Self::Json { lines: json.lines.or(json.line).unwrap_or(true) });
        }
        if wire.parquet.is_some() {
            return Ok(Self::Parquet);
        }
        Err(FormatError::at(DOCUMENT, FIX, "", "names no format known here"))
    }
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "sagemakerCaptureJson")]
    capture: Option<CaptureWire>,
    #[serde(rename = "sagemakerMergeJson")]
    merged: Option<CaptureWire>,
    csv: Option<CsvWire>,
    json: Option<JsonWire>,
    parquet: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct CaptureWire {
    #[serde(rename = "captureIndexNames")]
    capture_index_names: Option<Vec<CaptureIndex>>,
}

#[derive(Deserialize)]
struct CsvWire {
    #[serde(default, deserialize_with = "loose::switch")]
    header: Option<bool>,
    output_columns_position: Option<OutputColumns>,
}

#[derive(Deserialize)]
struct JsonWire {
    #[serde(default, deserialize_with = "loose::switch")]
    line: Option<bool>,
    #[serde(default, deserialize_with = "loose::switch")]
    lines: Option<bool>,
}

impl<'de> Deserialize<'de> for OutputColumns {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = String::deserialize(from)?;
        match word.to_ascii_uppercase().as_str() {
            "START" => Ok(Self::Start),
            "END" => Ok(Self::End),
            _ => Err(serde::de::Error::invalid_value(
                serde::de::Unexpected::Str(&word),
                &"START or END",
            )),
        }
    }
}
