use crate::{BaselineContent, BlockedWhy, Etag, IncidentChange};
use engine::finding::{Family, Judgement, State};
use engine::incident::{Incident, Outcome, Record};
use engine::monitor::{Monitor, MonitorType};
use engine::window::Window;

/// A record, and the tag it is written over with.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned<T> {
    pub value: T,
    pub etag: Etag,
}

/// What was last decided for an endpoint, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointRecord {
    pub endpoint: String,
    pub arn: String,
    pub config: String,
    /// Tells the endpoint from a later one of its name.
    pub created_ms: i64,
    /// When the endpoint was last changed, as SageMaker says.
    pub modified_ms: i64,
    pub phase: Phase,
    /// A sentence for people.
    pub why: String,
    /// When the phase began; seconds since 1970.
    pub since: i64,
    /// Whether capture was ever seen running on this endpoint.
    pub captured_once: bool,
    /// Where captures lie, as `s3://bucket/prefix`, as the config spells it.
    pub capture: Option<String>,
    pub sampling_percent: u32,
    /// Production variants, monitored or not.
    pub variants: Vec<String>,
    /// Variants and the names of the models behind them, where known.
    pub models: Vec<(String, String)>,
    pub monitors: Vec<MonitorRecord>,
    pub engine: EngineRecord,
    /// The endpoint's `vigil:` tags, in order.
    pub tags: Vec<(String, String)>,
}

impl EndpointRecord {
    /// Returns the name of the model behind a variant.
    pub fn model_of(&self, variant: &str) -> Option<String> {
        self.models.iter().find(|(it, _)| it == variant).map(|(_, model)| model.clone())
    }
}

/// Who runs an analysis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// Vigil's own analyzer.
    #[default]
    Native,
    /// SageMaker's schedules, with AWS's images.
    Sagemaker,
}

impl Engine {
    pub fn word(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Sagemaker => "sagemaker",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Native, Self::Sagemaker].into_iter().find(|it| it.word() == word)
    }
}

/// Who runs the monitors of an endpoint, and how that was settled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineRecord {
    pub runs: Engine,
    /// Why, where the account or the endpoint decided it and not the settings.
    pub why: Option<String>,
    /// When the account was last asked; seconds since 1970.
    pub asked_at: Option<i64>,
    /// Whether SageMaker may hold resources of the suite's for this endpoint.
    pub holds_resources: bool,
}

/// How far SageMaker has come with a monitor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Standing {
    /// As the settings want it; a native monitor always is.
    #[default]
    Settled,
    /// A step was taken, or SageMaker takes its time; says which.
    Underway(String),
    /// It cannot go on until somebody does something.
    Stuck {
        /// As SageMaker said it.
        why: String,
        /// Seconds since 1970.
        since: i64,
    },
}

/// Where an endpoint stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Monitored,
    /// In no state to be judged: being created, or failed.
    Waiting,
    Blocked(BlockedWhy),
    OptedOut,
    /// No longer there; the record goes once its incidents are closed.
    Gone,
}

impl Phase {
    pub fn word(self) -> &'static str {
        match self {
            Self::Monitored => "monitored",
            Self::Waiting => "waiting",
            Self::Blocked(_) => "blocked",
            Self::OptedOut => "opted_out",
            Self::Gone => "gone",
        }
    }
}

/// One monitor of an endpoint, with its schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct MonitorRecord {
    pub variant: String,
    pub kind: MonitorType,
    /// The schedule's name: the folder of its reports.
    pub schedule: String,
    /// AWS's expression, such as `cron(0 * ? * * *)`.
    pub expression: String,
    /// The monitor answers for windows that end after this; seconds since 1970.
    pub since: i64,
    pub engine: Engine,
    pub standing: Standing,
}

impl MonitorRecord {
    pub fn monitor(&self, endpoint: &str) -> Monitor {
        Monitor { endpoint: endpoint.into(), variant: self.variant.clone(), kind: self.kind }
    }
}

/// A whole baseline, ready to be judged by.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    pub version: String,
    pub content: BaselineContent,
    pub meta: BaselineMeta,
}

/// What a baseline was made of.
#[derive(Debug, Clone, PartialEq)]
pub struct BaselineMeta {
    pub rows: u64,
    pub set_aside: u64,
    pub source: BaselineSource,
    /// Seconds since 1970.
    pub built_at: i64,
}

/// Where the rows of a baseline came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaselineSource {
    /// `training` or `capture`.
    pub kind: &'static str,
    pub uri: String,
    pub objects: u64,
    /// Hash over the objects' keys and tags, and how they were read.
    pub fingerprint: String,
}

/// Which version of a baseline holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaselinePointer {
    pub version: String,
    pub fingerprint: String,
    pub rows: u64,
    /// Seconds since 1970.
    pub promoted_at: i64,
    /// Creation time of the endpoint it was made for.
    pub created_ms: i64,
    /// Made of captured traffic: windows that ended before are not judged by it.
    pub of_capture: bool,
    /// The version before, to go back to.
    pub previous: Option<String>,
}

/// What one execution found in one window.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    pub monitor: Monitor,
    pub schedule: String,
    pub window: Window,
    /// `None` where there was no baseline to judge by.
    pub baseline: Option<String>,
    /// Hash of all that the result depends on.
    pub fingerprint: String,
    pub objects: u64,
    pub bytes: u64,
    /// Invocations that CloudWatch counted; `None` where it was not asked or did not know.
    pub invocations: Option<u64>,
    pub violations: u64,
    pub judgement: Judgement,
    /// What it says to each family of incidents.
    pub outcomes: Vec<(Family, Outcome)>,
    /// A sentence for people where there is no verdict.
    pub why: Option<String>,
    /// What stands behind its findings, in words; holds no captured value.
    pub detail: Option<String>,
    /// Seconds since 1970.
    pub executed_at: i64,
    /// Where the report lies, as an S3 URI.
    pub report: String,
}

/// The latest windows of one monitor.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowLog {
    pub monitor: Monitor,
    /// Every window that ended at or before this is done, or was given up.
    pub done_through: i64,
    /// In order of their windows, the last ones only.
    pub windows: Vec<WindowLogEntry>,
}

/// One executed window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowLogEntry {
    pub window: Window,
    pub state: State,
    pub rows: u64,
    pub violations: u64,
    pub fingerprint: String,
    /// Seconds since 1970.
    pub executed_at: i64,
}

/// The ledger's record of one alert (reference: reliability 3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    pub alert_id: String,
    pub attempts: u32,
    pub state: LedgerState,
}

/// Who publishes an alert, or that it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerState {
    /// `until` in seconds since 1970.
    Claimed {
        owner: String,
        until: i64,
    },
    Sent {
        message_id: String,
        at: i64,
    },
}

/// What the status page says of one endpoint.
///
/// It only follows the records: it may lag behind them, and never runs ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusLine {
    pub endpoint: String,
    pub phase: Phase,
    /// When the phase began; seconds since 1970.
    pub since: i64,
    /// The phase whose incidents are settled, by when it began.
    pub settled_since: Option<i64>,
    pub created_ms: i64,
    pub modified_ms: i64,
    pub state: State,
    pub why: String,
    pub open_incidents: u32,
    pub report: Option<String>,
    pub monitors: Vec<MonitorStatus>,
    /// How labels stand, by variant; empty where none are awaited.
    pub labels: Vec<LabelStatus>,
}

/// How the labels of one variant stand, over the last full day whose labels are due.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelStatus {
    pub variant: String,
    pub captured: u64,
    /// Captures with a label.
    pub matched: u64,
    /// Labels beyond the first of an inference.
    pub duplicates: u64,
    /// Inferences whose labels contradict each other.
    pub conflicts: u64,
    /// Labels of the endpoint that met no capture in time, in the last day.
    pub orphans: u64,
    /// Seconds within which half of the labels came, as a bound; `None` beyond a week or without labels.
    pub half_within: Option<i64>,
    /// Hours that changed and are still to be judged again.
    pub untold: u64,
}

/// How far one monitor has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorStatus {
    pub variant: String,
    pub kind: MonitorType,
    pub expression: String,
    pub since: i64,
    pub engine: Engine,
    /// Whether SageMaker holds it as the settings want it; a native one always is.
    pub settled: bool,
    pub has_baseline: bool,
    /// Every window that ends at or before this is judged or given up.
    pub done_through: i64,
    /// Every window that ends at or before this is told of, where it had to be.
    pub settled_through: i64,
    pub windows: u64,
    /// Open incidents of what this type of monitor looks at.
    pub open_incidents: u32,
    /// Whether an open incident says that monitors of the variant cannot see.
    pub is_blind: bool,
    /// What its newest window says; `None` before the first.
    pub last: Option<LastRun>,
}

/// What the newest window of a monitor says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    pub window: Window,
    pub state: State,
    /// A sentence for people, without a period.
    pub words: String,
    /// An S3 URI; `None` where there was nothing to report.
    pub report: Option<String>,
}

/// The incidents of one variant, and what is still to be told of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IncidentBook {
    pub endpoint: String,
    pub variant: String,
    /// Tells the endpoint from a later one of its name.
    pub created_ms: i64,
    /// The executions that the records hold, the last ones only.
    pub folded: Vec<Folded>,
    pub records: Vec<(Family, Record)>,
    pub pending: Vec<PendingAlert>,
}

/// An execution that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    pub kind: MonitorType,
    pub window: Window,
    pub fingerprint: String,
}

/// A transition of an incident that is not yet known to be published.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingAlert {
    pub alert_id: String,
    pub change: IncidentChange,
    /// As it was at the transition.
    pub incident: Incident,
    /// When it was noted; seconds since 1970.
    pub noted_at: i64,
    /// Why, where no window tells.
    pub note: Option<String>,
    /// What stands behind the findings, in words.
    pub detail: Option<String>,
    pub baseline: Option<String>,
    pub baseline_rows: Option<u64>,
    pub rows: Option<u64>,
    pub visible_effect: Option<f64>,
    pub report: Option<String>,
    /// When the trouble ended, for a resolved one; seconds since 1970.
    pub resolved_at: Option<i64>,
}
