//! Labels in any layout: who they are for and what they say, as it is written.

mod columns;
mod record;
mod template;

pub use columns::Unlabelled;
pub(crate) use record::LabelRecord;

use crate::block::Block;
use columns::Columns;

/// What an outcome was, for one inference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label<'a> {
    /// The inference's id where the caller gave one, else the event's.
    pub id: &'a [u8],
    pub truth: Truth<'a>,
    /// When the label became known, in microseconds since 1970.
    pub time: Option<i64>,
}

/// What a label says, in the layout that it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth<'a> {
    /// AWS's `groundTruthData`: a JSON object, byte by byte.
    Record(&'a [u8]),
    /// One value: the characters of a text, the digits of a number, a boolean.
    Text(&'a [u8]),
    /// A JSON list or object, byte by byte.
    Json(&'a [u8]),
}

/// Where labels stand in files that are not AWS's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelOptions {
    /// Names of the column or member with the id; the first one that there is.
    ///
    /// `_c0` is the first column of a CSV without header.
    pub id: Vec<String>,
    pub label: Vec<String>,
    pub time: Vec<String>,
}

impl Default for LabelOptions {
    fn default() -> Self {
        let names = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect();
        Self {
            id: names(&["inferenceId", "inference_id", "eventId", "event_id", "id", "_c0"]),
            label: names(&["label", "groundTruth", "ground_truth", "_c1"]),
            time: names(&["eventTime", "event_time", "labelTime", "label_time", "_c2"]),
        }
    }
}

impl<'a> Label<'a> {
    /// Returns the labels in a block of any reader, or why a row has none.
    pub fn all(
        block: &Block<'a>,
        options: &LabelOptions,
    ) -> impl Iterator<Item = Result<Self, Unlabelled>> {
        let columns = Columns::find(block.names, options);
        let (bytes, cells, at) = (block.bytes, block.columns, block.at);
        (0..block.rows).map(move |row| columns.label(row, bytes, cells, at))
    }
}

/// Appends AWS's label record (reference: formats C.1) as one line; `truth` writes
/// its `groundTruthData`.
pub fn write_label(id: &[u8], truth: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"groundTruthData\":");
    truth(out);
    out.extend_from_slice(b",\"eventMetadata\":{\"eventId\":\"");
    escape(id, false, out);
    out.extend_from_slice(b"\"},\"eventVersion\":\"0\"}\n");
}

impl Truth<'_> {
    /// Appends the label as AWS writes it: `{"data":"1","encoding":"CSV"}`.
    ///
    /// AWS's own is copied; a value becomes one CSV cell, a list JSON.
    pub fn write(&self, out: &mut Vec<u8>) {
        let (text, encoding) = match self {
            Self::Record(it) => return out.extend_from_slice(it),
            Self::Text(it) => (it, "CSV"),
            Self::Json(it) => (it, "JSON"),
        };
        out.extend_from_slice(b"{\"data\":\"");
        let quoted =
            encoding == "CSV" && text.iter().any(|it| matches!(it, b',' | b'"' | b'\n' | b'\r'));
        if quoted {
            out.extend_from_slice(b"\\\"");
        }
        escape(text, quoted, out);
        if quoted {
            out.extend_from_slice(b"\\\"");
        }
        out.extend_from_slice(format!("\",\"encoding\":\"{encoding}\"}}").as_bytes());
    }
}

/// Writes characters into a JSON text; `doubled` quotes are a CSV cell's.
fn escape(text: &[u8], doubled: bool, out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b'"' if doubled => out.extend_from_slice(b"\\\"\\\""),
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..=31 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(*byte),
        }
    }
}
