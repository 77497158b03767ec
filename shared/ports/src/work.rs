use engine::monitor::Monitor;
use engine::window::Window;

/// What an event asks for: only what to look at, never what is true.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    AnalyzeWindow {
        monitor: Monitor,
        window: Window,
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
    SweepEndpoints,
}
