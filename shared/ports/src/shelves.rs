use crate::{
    Address, Baseline, BaselineContent, BaselineMeta, BaselinePointer, EndpointRecord, Etag,
    Execution, ExecutionContent, IncidentBook, IncidentNotice, LedgerEntry, StatusLine, Trouble,
    Versioned, WindowLog,
};
use engine::monitor::Monitor;
use engine::quality::track::TrackPoint;
use engine::request::ClarifyConfig;
use engine::statistics::Statistics;
use engine::violation::{Violation, ViolationCheck};
use engine::window::Window;
use std::future::Future;
use std::sync::Arc;

/// Why a record could not be read. A record that is not there is `Ok(None)`.
#[derive(Debug)]
pub enum ReadFault {
    /// The record is there and makes no sense; nothing overwrites it.
    Corrupt {
        key: String,
        why: String,
    },
    Other(Trouble),
}

/// Why a record could not be written.
#[derive(Debug)]
pub enum WriteFault {
    /// Somebody else wrote since the record was read; read again.
    Lost,
    Other(Trouble),
}

type Read<T> = Result<Option<T>, ReadFault>;

/// Keeps what was decided for endpoints.
pub trait EndpointRecords {
    fn endpoint(&self, name: &str) -> impl Future<Output = Read<Versioned<EndpointRecord>>> + Send;

    /// Writes over `expected`, or creates where that is `None`.
    fn keep_endpoint(
        &self,
        record: &EndpointRecord,
        expected: Option<&Etag>,
    ) -> impl Future<Output = Result<Etag, WriteFault>> + Send;

    fn forget_endpoint(&self, name: &str) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Returns up to a page of names after `after`, in order; empty at the end.
    fn endpoint_names(
        &self,
        after: Option<&str>,
    ) -> impl Future<Output = Result<Vec<String>, Trouble>> + Send;
}

/// Keeps baselines: versions that never change and a pointer.
pub trait Baselines {
    fn current(
        &self,
        monitor: &Monitor,
    ) -> impl Future<Output = Read<Versioned<BaselinePointer>>> + Send;

    /// Fetches a whole version; its parts match their hashes.
    fn baseline(
        &self,
        monitor: &Monitor,
        version: &str,
    ) -> impl Future<Output = Read<Arc<Baseline>>> + Send;

    /// Keeps a version and returns its name: a hash of its content.
    fn keep_baseline(
        &self,
        monitor: &Monitor,
        content: &BaselineContent,
        meta: &BaselineMeta,
    ) -> impl Future<Output = Result<String, WriteFault>> + Send;

    /// Names a file of a version, as an S3 URI.
    fn baseline_uri(&self, monitor: &Monitor, version: &str, file: &str) -> String;

    /// Points to a version, over `expected`, or first where that is `None`.
    fn promote(
        &self,
        monitor: &Monitor,
        pointer: &BaselinePointer,
        expected: Option<&Etag>,
    ) -> impl Future<Output = Result<Etag, WriteFault>> + Send;
}

/// The files of one execution.
#[derive(Debug, Clone, Copy)]
pub struct ExecutionFiles<'a> {
    pub content: &'a ExecutionContent,
    /// What was judged by; its constraints are among the files.
    pub baseline: &'a BaselineContent,
    pub violations: &'a [Violation],
    /// The HTML text.
    pub report: &'a str,
}

/// Keeps what executions found.
pub trait Executions {
    fn execution(
        &self,
        monitor: &Monitor,
        schedule: &str,
        window: Window,
    ) -> impl Future<Output = Read<Execution>> + Send;

    /// Writes the files of an execution where there are any, its record last.
    fn keep_execution(
        &self,
        execution: &Execution,
        files: Option<ExecutionFiles<'_>>,
    ) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Copies the files of an execution below another prefix, in the same layout.
    fn copy_report(
        &self,
        execution: &Execution,
        to: &Address,
    ) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Names the prefix of all reports, as an S3 URI without a slash at its end.
    fn reports_uri(&self) -> String;

    /// Names the report of a window before it exists.
    fn report_uri(&self, monitor: &Monitor, schedule: &str, window: Window) -> String;

    fn window_log(
        &self,
        monitor: &Monitor,
    ) -> impl Future<Output = Read<Versioned<WindowLog>>> + Send;

    fn keep_window_log(
        &self,
        log: &WindowLog,
        expected: Option<&Etag>,
    ) -> impl Future<Output = Result<Etag, WriteFault>> + Send;
}

/// Keeps what was estimated of a model beside what came true.
pub trait Tracks {
    /// Returns the last windows, oldest first.
    fn track(
        &self,
        monitor: &Monitor,
    ) -> impl Future<Output = Read<Versioned<Vec<TrackPoint>>>> + Send;

    fn keep_track(
        &self,
        monitor: &Monitor,
        points: &[TrackPoint],
        expected: Option<&Etag>,
    ) -> impl Future<Output = Result<Etag, WriteFault>> + Send;
}

/// What AWS's analyzer left of one execution.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnalyzerFiles {
    /// Of data quality only, where they can be read.
    pub statistics: Option<Statistics>,
    /// Empty where the file is absent or empty: AWS writes none for none.
    pub violations: Vec<AnalyzerViolation>,
}

/// One entry of AWS's violations, of any monitor type.
#[derive(Debug, Clone, PartialEq)]
pub struct AnalyzerViolation {
    /// The column, or the metric and what it is of.
    pub subject: String,
    /// `None` of a metric.
    pub check: Option<ViolationCheck>,
    /// The distance and its threshold, where the words tell.
    pub distance: Option<(f64, f64)>,
    /// The figure and its threshold, of a metric whose words tell.
    pub figure: Option<(f64, f64)>,
}

/// Reads what AWS's analyzer left.
pub trait AnalyzerResults {
    /// Reads the files of an execution under either name; what is absent is empty.
    fn analyzer_files(
        &self,
        monitor: &Monitor,
        schedule: &str,
        window: Window,
    ) -> impl Future<Output = Result<AnalyzerFiles, ReadFault>> + Send;
}

/// Keeps what Clarify is told.
pub trait ClarifyConfigs {
    /// Keeps a config under the hash of its content and returns its S3 URI.
    fn keep_clarify_config(
        &self,
        monitor: &Monitor,
        config: &ClarifyConfig,
    ) -> impl Future<Output = Result<String, Trouble>> + Send;
}

/// Keeps the ledger of alerts.
pub trait Ledger {
    fn entry(&self, alert_id: &str) -> impl Future<Output = Read<Versioned<LedgerEntry>>> + Send;

    fn keep_entry(
        &self,
        entry: &LedgerEntry,
        expected: Option<&Etag>,
    ) -> impl Future<Output = Result<Etag, WriteFault>> + Send;
}

/// Keeps one line per endpoint for the status page.
pub trait StatusBoard {
    /// Returns every line, in order of the endpoints.
    fn status(&self) -> impl Future<Output = Result<Vec<StatusLine>, ReadFault>> + Send;

    /// Changes the line of an endpoint, again and again until no other write
    /// comes between; `None` takes it off.
    fn change_status(
        &self,
        endpoint: &str,
        change: impl Fn(Option<&StatusLine>) -> Option<StatusLine> + Send + Sync,
    ) -> impl Future<Output = Result<(), ReadFault>> + Send;
}

/// Keeps the incidents of variants.
pub trait Incidents {
    fn book(
        &self,
        endpoint: &str,
        variant: &str,
    ) -> impl Future<Output = Read<Versioned<IncidentBook>>> + Send;

    fn keep_book(
        &self,
        book: &IncidentBook,
        expected: Option<&Etag>,
    ) -> impl Future<Output = Result<Etag, WriteFault>> + Send;

    /// Returns the variants of an endpoint that have a book.
    fn variants(&self, endpoint: &str)
    -> impl Future<Output = Result<Vec<String>, Trouble>> + Send;
}

/// Gives an incident its machine form, a `monitor.incident/1` document.
pub trait FormAlerts {
    fn form(&self, notice: &IncidentNotice) -> String;
}
