//! What callers may put on the bus.

use jiff::Timestamp;
use serde_json::Value;

use crate::refused::{Code, Refused};

/// One entry of `PutEvents`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    pub source: String,
    pub detail_type: String,
    /// The detail as JSON text; it must be an object.
    pub detail: String,
    pub resources: Vec<String>,
    /// When it happened, where that is not now.
    pub time: Option<Timestamp>,
}

/// Why one entry of a call was not accepted; the others are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Rejected {
    /// EventBridge's error code, such as `MalformedDetail`.
    pub code: &'static str,
    pub message: String,
}

/// A call must stay below this, in bytes.
pub const MOST_BYTES: usize = 262_144;
/// A call may have so many entries.
pub const MOST_ENTRIES: usize = 10;

/// Checks a call as a whole.
pub(super) fn admit(entries: &[Entry]) -> Result<(), Refused> {
    let refuse = |message| Err(Refused::new(Code::Invalid, "ValidationException", message));
    if entries.is_empty() || entries.len() > MOST_ENTRIES {
        let count = entries.len();
        return refuse(format!("a call takes 1 to {MOST_ENTRIES} entries, not {count}: split it"));
    }
    let bytes: usize = entries.iter().map(size).sum();
    if bytes >= MOST_BYTES {
        return refuse(format!(
            "total size of the entries is {bytes} bytes and must be below {MOST_BYTES}: \
             put the detail in S3 and send its key"
        ));
    }
    Ok(())
}

/// Checks one entry and returns its detail.
pub(super) fn detail(entry: &Entry) -> Result<Value, Rejected> {
    let missing = [
        ("Source", entry.source.is_empty()),
        ("DetailType", entry.detail_type.is_empty()),
        ("Detail", entry.detail.is_empty()),
    ];
    if let Some((name, _)) = missing.iter().find(|(_, empty)| *empty) {
        let message =
            format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
        return Err(Rejected { code: "InvalidArgument", message });
    }
    if entry.source.starts_with("aws.") {
        let message = "Not authorized for the source.".to_owned();
        return Err(Rejected { code: "NotAuthorizedForSourceException", message });
    }
    match serde_json::from_str(&entry.detail) {
        Ok(detail @ Value::Object(_)) => Ok(detail),
        _ => Err(Rejected { code: "MalformedDetail", message: "Detail is malformed.".to_owned() }),
    }
}

/// Returns the size of an entry as EventBridge counts it ("Calculating PutEvents event entry sizes").
fn size(entry: &Entry) -> usize {
    let time = if entry.time.is_some() { 14 } else { 0 };
    let resources: usize = entry.resources.iter().map(String::len).sum();
    time + entry.source.len() + entry.detail_type.len() + entry.detail.len() + resources
}
