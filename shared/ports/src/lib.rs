//! What the suite asks of the world, with memory fakes, faults and contracts.
//!
//! A port is as narrow as an IAM policy: one trait per ability. Shelves are
//! ports too: typed records by name, whose keys and bytes are the business of
//! room `state`.

mod alerts;
mod asking;
mod baseline_jobs;
mod call_failed;
mod capture_switch;
mod content;
pub mod contract;
mod definitions;
mod endpoints;
mod events;
mod flaky;
mod ground_truth;
mod invoke;
mod job_parts;
mod jobs;
pub mod memory;
mod metrics;
mod models;
mod objects;
mod records;
mod refusal;
mod report;
mod resource_tags;
mod schedules;
mod shelves;
mod work;

pub use alerts::{
    Alert, IncidentChange, IncidentNotice, NoticeFinding, PublishAlerts, PublishFailed,
};
pub use asking::AskingLimits;
pub use baseline_jobs::{
    BaselineChange, BaselineJob, BaselineJobs, DatasetForm, HeldBaseline, JobOutcome,
    StagedBaseline,
};
pub use call_failed::CallFailed;
pub use capture_switch::{CaptureWanted, SwitchCapture};
pub use content::{
    AttributionFound, BaselineContent, BiasFound, ExecutionContent, QualityBaseline, QualityFound,
};
pub use definitions::{
    Analysis, ChangeDefinitions, DefinitionPage, JobDefinition, ListedDefinition, MonitorInput,
    ProblemType, ReadDefinitions, Scripts,
};
pub use endpoints::{
    Capture, DescribeEndpoints, DescribeFailed, Endpoint, EndpointPage, EndpointStatus,
    ListEndpoints, ListedEndpoint, Variant,
};
pub use events::{BlockedWhy, PostEvents, Posted};
pub use flaky::{Fault, Flaky};
pub use ground_truth::{
    Backfill, CaptureFile, CapturedRecord, GroundTruth, HourIndex, HourTruth, IndexEntry,
    LABEL_DELAYS, Label, LabelEncoding, LabelFile, LabelForm, LabelFormat, LabelRank, LabelValue,
    Orphans, Pair, ReadTruth, Side, TruthHour, TruthLog, WrittenObject,
};
pub use invoke::{
    InvokeAnswer, InvokeEndpoints, InvokeFailed, InvokeRequest, ReadRequests, SampleRequest,
};
pub use job_parts::{Cluster, JobNetwork, JobOutput, Upload};
pub use jobs::{
    BASELINE_JOBS, DescribeJobs, JobInput, JobSpec, JobStatus, ProcessingJob, StartJobs, StopJobs,
    WINDOW_JOBS,
};
pub use metrics::{CountTraffic, Metric, PutMetrics};
pub use models::{ReadModels, ScoreRows};
pub use objects::{
    Address, Etag, ListObjects, Listed, ObjectPage, Objects, Piece, PutFailed, PutWhen, ReadFailed,
    ReadObjects, RemoveObjects, WriteObjects,
};
pub use records::{
    Baseline, BaselineMeta, BaselinePointer, BaselineSource, EndpointRecord, Engine, EngineRecord,
    Execution, Folded, IncidentBook, LabelStatus, LastRun, LedgerEntry, LedgerState, MonitorRecord,
    MonitorStatus, PendingAlert, Phase, Standing, StatusLine, Versioned, WindowLog, WindowLogEntry,
};
pub use refusal::{BoxError, Next, Refusal, Trouble};
pub use report::{RenderReport, ReportPage};
pub use resource_tags::{ReadTags, WriteTags};
pub use schedules::{
    ChangeSchedules, ExecutionPage, ExecutionQuery, ExecutionStatus, ListExecutions,
    ListedSchedule, MonitoringExecution, MonitoringSchedule, ReadSchedules, SchedulePage,
    ScheduleSpec, ScheduleStatus,
};
pub use shelves::{
    AnalyzerFiles, AnalyzerResults, AnalyzerViolation, Baselines, ClarifyConfigs, EndpointRecords,
    ExecutionFiles, Executions, FormAlerts, Incidents, Ledger, ReadFault, StatusBoard, Tracks,
    WriteFault,
};
pub use work::Work;
