use crate::{Slot, Trouble};
use engine::finding::{Family, State};
use engine::window::Window;
use std::future::Future;

/// An event of the suite: names what to look at.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    EndpointDue {
        endpoint: String,
    },
    WindowDue {
        slot: Slot,
        window: Window,
    },
    BaselineWanted {
        slot: Slot,
    },
    BaselinePromoted {
        slot: Slot,
        version: String,
    },
    BaselineHeld {
        slot: Slot,
        version: Option<String>,
        why: String,
    },
    MonitorReady {
        slot: Slot,
        schedule: String,
    },
    MonitoringBlocked {
        endpoint: String,
        why: BlockedWhy,
    },
    ExecutionCompleted {
        slot: Slot,
        schedule: String,
        window: Window,
        state: State,
        violations: u64,
        /// Where the report lies, as an S3 URI.
        report: String,
    },
    Incident {
        change: IncidentChange,
        endpoint: String,
        variant: String,
        family: Family,
        alert_id: String,
        /// The `monitor.incident/1` document.
        json: String,
    },
}

/// Why an endpoint cannot be monitored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockedWhy {
    /// The config has no capture, or one that is off.
    CaptureOff,
    /// Capture ran before the endpoint's last update and does not run now.
    CaptureLost,
    /// SageMaker says that capture stopped.
    CaptureStopped,
    /// Capture keeps no inputs.
    InputNotCaptured,
    /// The destination is not an S3 address.
    BadDestination,
    /// The endpoint is no longer there; what is open is closed.
    EndpointGone,
}

impl BlockedWhy {
    pub fn word(self) -> &'static str {
        match self {
            Self::CaptureOff => "capture_off",
            Self::CaptureLost => "capture_lost",
            Self::CaptureStopped => "capture_stopped",
            Self::InputNotCaptured => "input_not_captured",
            Self::BadDestination => "bad_destination",
            Self::EndpointGone => "endpoint_gone",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        let all = [
            Self::CaptureOff,
            Self::CaptureLost,
            Self::CaptureStopped,
            Self::InputNotCaptured,
            Self::BadDestination,
            Self::EndpointGone,
        ];
        all.into_iter().find(|it| it.word() == word)
    }
}

/// What became of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IncidentChange {
    Opened,
    Updated,
    Resolved,
}

impl IncidentChange {
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Updated => "updated",
            Self::Resolved => "resolved",
        }
    }
}

/// What became of a batch of notices.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Posted {
    pub accepted: usize,
    /// Index into the batch, and why.
    pub refused: Vec<(usize, String)>,
}

/// Posts notices on the event bus.
pub trait PostNotices {
    /// Posts every notice and says what became of each.
    ///
    /// `Err` means that nothing is known; a refused notice is a normal answer.
    fn post(&self, notices: &[Notice]) -> impl Future<Output = Result<Posted, Trouble>> + Send;
}
