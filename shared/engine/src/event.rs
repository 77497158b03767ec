//! What the suite's functions tell one another, source `vigil` on the event bus.
//!
//! An event only names what to look at; whoever gets it reads the truth again.

use crate::{
    finding::{Family, State},
    monitor::{Monitor, MonitorType},
    window::Window,
};

/// One event of the suite.
#[derive(Debug, Clone, PartialEq)]
pub enum SuiteEvent {
    /// The sweep found an endpoint that is not as the settings want it.
    EndpointDue(EndpointDue),
    /// Labels met their captures: the window can be analysed.
    WindowReady(WindowDue),
    /// A window that was analysed has got more records.
    WindowDirty(WindowDue),
    /// The sweep found a window whose time has come.
    WindowDue(WindowDue),
    /// Labels of an endpoint may have left something to do.
    LabelsDue(EndpointDue),
    /// An object was found that may hold captures or labels nobody told of.
    ObjectDue(ObjectDue),
    /// The sweep found a window whose execution SageMaker should have ended.
    ExecutionDue(WindowDue),
    BaselineWanted(BaselineWanted),
    BaselinePromoted(BaselineDecided),
    /// A new baseline was built and not taken: a person should look.
    BaselineHeld(BaselineDecided),
    MonitorReady(MonitorReady),
    MonitoringBlocked(MonitoringBlocked),
    ExecutionCompleted(ExecutionCompleted),
    ProbeFailed(ProbeFailed),
    IncidentOpened(IncidentChanged),
    IncidentUpdated(IncidentChanged),
    IncidentResolved(IncidentChanged),
}

impl SuiteEvent {
    /// Returns the `detail-type` of the event on the bus.
    pub fn detail_type(&self) -> &'static str {
        match self {
            Self::EndpointDue(_) => "Vigil Endpoint Due",
            Self::WindowReady(_) => "Vigil Window Ready",
            Self::WindowDirty(_) => "Vigil Window Dirty",
            Self::WindowDue(_) => "Vigil Window Due",
            Self::LabelsDue(_) => "Vigil Labels Due",
            Self::ObjectDue(_) => "Vigil Object Due",
            Self::ExecutionDue(_) => "Vigil Execution Due",
            Self::BaselineWanted(_) => "Vigil Baseline Wanted",
            Self::BaselinePromoted(_) => "Vigil Baseline Promoted",
            Self::BaselineHeld(_) => "Vigil Baseline Held",
            Self::MonitorReady(_) => "Vigil Monitor Ready",
            Self::MonitoringBlocked(_) => "Vigil Monitoring Blocked",
            Self::ExecutionCompleted(_) => "Vigil Execution Completed",
            Self::ProbeFailed(_) => "Vigil Probe Failed",
            Self::IncidentOpened(_) => "Vigil Incident Opened",
            Self::IncidentUpdated(_) => "Vigil Incident Updated",
            Self::IncidentResolved(_) => "Vigil Incident Resolved",
        }
    }

    pub fn endpoint(&self) -> &str {
        match self {
            Self::EndpointDue(it) | Self::LabelsDue(it) => &it.endpoint,
            Self::ObjectDue(it) => &it.endpoint,
            Self::WindowReady(it)
            | Self::WindowDirty(it)
            | Self::WindowDue(it)
            | Self::ExecutionDue(it) => &it.monitor.endpoint,
            Self::BaselineWanted(it) => &it.monitor.endpoint,
            Self::BaselinePromoted(it) | Self::BaselineHeld(it) => &it.monitor.endpoint,
            Self::MonitorReady(it) => &it.monitor.endpoint,
            Self::MonitoringBlocked(it) => &it.endpoint,
            Self::ExecutionCompleted(it) => &it.monitor.endpoint,
            Self::ProbeFailed(it) => &it.endpoint,
            Self::IncidentOpened(it) | Self::IncidentUpdated(it) | Self::IncidentResolved(it) => {
                &it.endpoint
            }
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointDue {
    pub endpoint: String,
    /// Why, in a few words for the log.
    pub reason: Option<String>,
}

/// One content of an object, as a listing shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectDue {
    /// The endpoint it was found for.
    pub endpoint: String,
    pub bucket: String,
    pub key: String,
    /// Without quotes.
    pub etag: String,
    /// Seconds since 1970.
    pub written_at: i64,
}

/// A window of a monitor, whatever became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowDue {
    pub monitor: Monitor,
    pub window: Window,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BaselineWanted {
    pub monitor: Monitor,
    /// Why, in a few words for the log.
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BaselineDecided {
    pub monitor: Monitor,
    pub version: String,
    /// The version that was in force before.
    pub previous: Option<String>,
    /// Why it was held, or what changed.
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MonitorReady {
    pub monitor: Monitor,
    /// Version of the baseline it compares with.
    pub baseline: Option<String>,
}

/// The suite cannot monitor, and a person has to do something about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MonitoringBlocked {
    pub endpoint: String,
    /// `None` where the whole endpoint is blocked.
    pub variant: Option<String>,
    pub kind: Option<MonitorType>,
    /// One word that does not change from run to run, such as `capture_off`.
    pub reason: String,
    /// What to do, for people.
    pub advice: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ExecutionCompleted {
    pub monitor: Monitor,
    pub window: Window,
    pub state: State,
    /// Key prefix of the report's files, without a slash at its end.
    pub report: String,
    /// Version of the baseline that was compared with.
    pub baseline: Option<String>,
    /// Violations by AWS's rules.
    pub violations: u64,
    /// Hash of what was found: the same findings, the same hash.
    pub hash: String,
}

/// Sample requests were not answered as they ought to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProbeFailed {
    pub endpoint: String,
    pub variant: String,
    pub sent: u64,
    /// Requests that were answered with an error, or not at all.
    pub failed: u64,
    /// What is wrong, for people.
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentChanged {
    pub incident: String,
    /// The alert that told of it; `None` where none was sent.
    pub alert: Option<String>,
    pub endpoint: String,
    pub variant: String,
    pub family: Family,
    /// The window that changed it.
    pub window: Window,
    pub report: Option<String>,
}
