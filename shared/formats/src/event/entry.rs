use super::suite;
use engine::event::SuiteEvent;
use serde::Serialize;

/// The source of the suite's own events.
pub const SOURCE: &str = "vigil";

/// One entry of a `PutEvents` call.
///
/// `detail` is JSON text, as the API wants it. A call takes at most ten entries
/// and 256 KB; an entry of the suite is below 4 KB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    pub source: &'static str,
    pub detail_type: &'static str,
    pub detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
}

/// Writes an event of the suite as `PutEvents` takes it.
pub fn entry(event: &SuiteEvent, bus: Option<&str>) -> Entry {
    Entry {
        event_bus_name: bus.map(str::to_owned),
        source: SOURCE,
        detail_type: event.detail_type(),
        detail: suite::write(event),
        resources: Vec::new(),
    }
}
