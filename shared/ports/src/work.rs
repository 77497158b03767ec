use crate::{Address, WrittenObject};
use engine::event::SuiteEvent;
use engine::monitor::Monitor;
use engine::request::BaselineRequest;
use engine::window::Window;

/// What an event asks for: only what to look at, never what is true.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    ReconcileEndpoint {
        endpoint: String,
    },
    /// The endpoints that use a config.
    ReconcileConfig {
        config: String,
    },
    /// Every endpoint: the settings changed.
    ReconcileAll,
    RebuildBaseline {
        monitor: Monitor,
    },
    /// Every baseline: the schedule rang.
    RebuildAll,
    /// A baseline of data that the request names.
    RequestBaseline {
        request: Box<BaselineRequest>,
    },
    /// What became of a baseline job.
    CheckBaseline {
        job: String,
    },
    AnalyzeWindow {
        monitor: Monitor,
        window: Window,
    },
    /// What became of the job that analyses a large window.
    FinishWindow {
        job: String,
    },
    /// The incidents of one variant, after an execution.
    AlertVariant {
        endpoint: String,
        variant: String,
    },
    /// The incidents of an endpoint that cannot be monitored.
    AlertEndpoint {
        endpoint: String,
    },
    /// A processing job that is over: an execution of a schedule, maybe.
    AlertJob {
        job: String,
    },
    ProbeEndpoint {
        endpoint: String,
    },
    /// Every endpoint that is to be probed: the schedule rang.
    ProbeAll,
    /// An object was written that may hold captures or labels.
    MergeObject {
        object: WrittenObject,
    },
    /// What labels left to do for an endpoint: windows to judge, orphans, numbers.
    SettleLabels {
        endpoint: String,
    },
    SweepEndpoints,
}

impl Work {
    /// Returns what an event of the suite asks for; `None` where it only tells.
    pub fn of(event: &SuiteEvent) -> Option<Self> {
        Some(match event {
            SuiteEvent::EndpointDue(it) => {
                Self::ReconcileEndpoint { endpoint: it.endpoint.clone() }
            }
            SuiteEvent::LabelsDue(it) => Self::SettleLabels { endpoint: it.endpoint.clone() },
            SuiteEvent::ObjectDue(it) => Self::MergeObject {
                object: WrittenObject {
                    at: Address::new(it.bucket.as_str(), it.key.as_str()),
                    etag: Some(it.etag.clone()),
                    sequencer: None,
                    written_at: Some(it.written_at),
                },
            },
            SuiteEvent::WindowReady(it)
            | SuiteEvent::WindowDirty(it)
            | SuiteEvent::WindowDue(it) => {
                Self::AnalyzeWindow { monitor: it.monitor.clone(), window: it.window }
            }
            SuiteEvent::BaselineWanted(it) => Self::RebuildBaseline { monitor: it.monitor.clone() },
            SuiteEvent::ExecutionCompleted(it) => Self::AlertVariant {
                endpoint: it.monitor.endpoint.clone(),
                variant: it.monitor.variant.clone(),
            },
            SuiteEvent::ExecutionDue(it) => Self::AlertVariant {
                endpoint: it.monitor.endpoint.clone(),
                variant: it.monitor.variant.clone(),
            },
            SuiteEvent::MonitoringBlocked(it) => {
                Self::AlertEndpoint { endpoint: it.endpoint.clone() }
            }
            _ => return None,
        })
    }
}
