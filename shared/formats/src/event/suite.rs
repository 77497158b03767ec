//! The details of the suite's own events: flat, few members, stable names.

use super::detail;
use crate::{error::FormatError, words};
use engine::{
    event::{
        BaselineDecided, BaselineWanted, EndpointDue, ExecutionCompleted, IncidentChanged,
        MonitorReady, MonitoringBlocked, ObjectDue, ProbeFailed, SuiteEvent, WindowDue,
    },
    finding::{Family, State},
    monitor::{Monitor, MonitorType},
    window::Window,
};
use serde::{Deserialize, Serialize};

/// Reads the event of the type `kind`, or `None` of a type not known here.
pub(super) fn read(kind: &str, text: &[u8]) -> Result<Option<SuiteEvent>, FormatError> {
    use SuiteEvent as E;
    Ok(Some(match kind {
        "Vigil Endpoint Due" => E::EndpointDue(detail::<Due>(text)?.0),
        "Vigil Labels Due" => E::LabelsDue(detail::<Due>(text)?.0),
        "Vigil Object Due" => E::ObjectDue(detail::<Object>(text)?.0),
        "Vigil Window Ready" => E::WindowReady(detail::<Windowed>(text)?.0),
        "Vigil Window Dirty" => E::WindowDirty(detail::<Windowed>(text)?.0),
        "Vigil Window Due" => E::WindowDue(detail::<Windowed>(text)?.0),
        "Vigil Execution Due" => E::ExecutionDue(detail::<Windowed>(text)?.0),
        "Vigil Baseline Wanted" => E::BaselineWanted(detail::<Wanted>(text)?.0),
        "Vigil Baseline Promoted" => E::BaselinePromoted(detail::<Decided>(text)?.0),
        "Vigil Baseline Held" => E::BaselineHeld(detail::<Decided>(text)?.0),
        "Vigil Monitor Ready" => E::MonitorReady(detail::<Ready>(text)?.0),
        "Vigil Monitoring Blocked" => E::MonitoringBlocked(detail::<Blocked>(text)?.0),
        "Vigil Execution Completed" => E::ExecutionCompleted(detail::<Execution>(text)?.0),
        "Vigil Probe Failed" => E::ProbeFailed(detail::<Probe>(text)?.0),
        "Vigil Incident Opened" => E::IncidentOpened(detail::<Incident>(text)?.0),
        "Vigil Incident Updated" => E::IncidentUpdated(detail::<Incident>(text)?.0),
        "Vigil Incident Resolved" => E::IncidentResolved(detail::<Incident>(text)?.0),
        _ => return Ok(None),
    }))
}

/// Writes the detail as JSON text.
pub(super) fn write(event: &SuiteEvent) -> String {
    use SuiteEvent as E;
    match event.clone() {
        E::EndpointDue(it) | E::LabelsDue(it) => json(&Due(it)),
        E::ObjectDue(it) => json(&Object(it)),
        E::WindowReady(it) | E::WindowDirty(it) | E::WindowDue(it) | E::ExecutionDue(it) => {
            json(&Windowed(it))
        }
        E::BaselineWanted(it) => json(&Wanted(it)),
        E::BaselinePromoted(it) | E::BaselineHeld(it) => json(&Decided(it)),
        E::MonitorReady(it) => json(&Ready(it)),
        E::MonitoringBlocked(it) => json(&Blocked(it)),
        E::ExecutionCompleted(it) => json(&Execution(it)),
        E::ProbeFailed(it) => json(&Probe(it)),
        E::IncidentOpened(it) | E::IncidentUpdated(it) | E::IncidentResolved(it) => {
            json(&Incident(it))
        }
    }
}

fn json(detail: &impl Serialize) -> String {
    serde_json::to_string(detail).expect("structs of text and numbers are JSON")
}

#[derive(Serialize, Deserialize)]
struct Due(#[serde(with = "EndpointDueWire")] EndpointDue);
#[derive(Serialize, Deserialize)]
struct Object(#[serde(with = "ObjectDueWire")] ObjectDue);
#[derive(Serialize, Deserialize)]
struct Windowed(#[serde(with = "WindowDueWire")] WindowDue);
#[derive(Serialize, Deserialize)]
struct Wanted(#[serde(with = "BaselineWantedWire")] BaselineWanted);
#[derive(Serialize, Deserialize)]
struct Decided(#[serde(with = "BaselineDecidedWire")] BaselineDecided);
#[derive(Serialize, Deserialize)]
struct Ready(#[serde(with = "MonitorReadyWire")] MonitorReady);
#[derive(Serialize, Deserialize)]
struct Blocked(#[serde(with = "MonitoringBlockedWire")] MonitoringBlocked);
#[derive(Serialize, Deserialize)]
struct Execution(#[serde(with = "ExecutionCompletedWire")] ExecutionCompleted);
#[derive(Serialize, Deserialize)]
struct Probe(#[serde(with = "ProbeFailedWire")] ProbeFailed);
#[derive(Serialize, Deserialize)]
struct Incident(#[serde(with = "IncidentChangedWire")] IncidentChanged);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Monitor")]
struct MonitorWire {
    endpoint: String,
    variant: String,
    #[serde(rename = "monitor_type", with = "words::monitor_type")]
    kind: MonitorType,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Window")]
struct WindowWire {
    #[serde(rename = "window_start", with = "words::seconds")]
    start: i64,
    #[serde(rename = "window_end", with = "words::seconds")]
    end: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ProbeFailed")]
struct ProbeFailedWire {
    endpoint: String,
    variant: String,
    sent: u64,
    failed: u64,
    reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "EndpointDue")]
struct EndpointDueWire {
    endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ObjectDue")]
struct ObjectDueWire {
    endpoint: String,
    bucket: String,
    key: String,
    etag: String,
    #[serde(with = "words::seconds")]
    written_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "WindowDue")]
struct WindowDueWire {
    #[serde(flatten, with = "MonitorWire")]
    monitor: Monitor,
    #[serde(flatten, with = "WindowWire")]
    window: Window,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "BaselineWanted")]
struct BaselineWantedWire {
    #[serde(flatten, with = "MonitorWire")]
    monitor: Monitor,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "BaselineDecided")]
struct BaselineDecidedWire {
    #[serde(flatten, with = "MonitorWire")]
    monitor: Monitor,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "MonitorReady")]
struct MonitorReadyWire {
    #[serde(flatten, with = "MonitorWire")]
    monitor: Monitor,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "MonitoringBlocked")]
struct MonitoringBlockedWire {
    endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<String>,
    #[serde(
        rename = "monitor_type",
        default,
        skip_serializing_if = "Option::is_none",
        with = "words::monitor_type_or_none"
    )]
    kind: Option<MonitorType>,
    reason: String,
    advice: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ExecutionCompleted")]
struct ExecutionCompletedWire {
    #[serde(flatten, with = "MonitorWire")]
    monitor: Monitor,
    #[serde(flatten, with = "WindowWire")]
    window: Window,
    #[serde(with = "words::state")]
    state: State,
    report: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<String>,
    violations: u64,
    hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "IncidentChanged")]
struct IncidentChangedWire {
    incident: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    alert: Option<String>,
    endpoint: String,
    variant: String,
    #[serde(with = "words::family")]
    family: Family,
    #[serde(flatten, with = "WindowWire")]
    window: Window,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<String>,
}
