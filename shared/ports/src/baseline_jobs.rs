use crate::{
    Address, BaselineContent, BaselineMeta, BaselineSource, Etag, ReadFault, Trouble, Versioned,
    WriteFault,
};
use engine::monitor::{Monitor, MonitorType};
use std::future::Future;

/// A job that makes a baseline; kept before the job is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaselineJob {
    pub job: String,
    pub monitor: Monitor,
    /// Hash over the source, how it is read, and the try.
    pub fingerprint: String,
    pub source: BaselineSource,
    /// Creation time of the endpoint it is made for.
    pub created_ms: i64,
    /// S3 URI of a prefix that gets a copy of what is promoted.
    pub copy_to: Option<String>,
    /// Seconds since 1970.
    pub asked_at: i64,
    /// `None` as long as nobody has looked at its end.
    pub outcome: Option<JobOutcome>,
}

/// What became of a baseline job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobOutcome {
    Promoted {
        version: String,
    },
    Held {
        version: String,
    },
    /// `at` in seconds since 1970.
    Failed {
        why: String,
        at: i64,
    },
}

/// What a job wrote, whole and readable.
#[derive(Debug, Clone, PartialEq)]
pub struct StagedBaseline {
    /// Name and bytes of each file that schedules read.
    pub files: Vec<(String, Vec<u8>)>,
    /// Where the native engine can judge by it.
    pub content: Option<BaselineContent>,
}

/// A version that was built and not put in force.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldBaseline {
    pub monitor: Monitor,
    pub version: String,
    pub fingerprint: String,
    pub rows: u64,
    pub of_capture: bool,
    /// Creation time of the endpoint it was made for.
    pub created_ms: i64,
    /// The version in force that it was held against.
    pub against: Option<String>,
    /// A sentence for people.
    pub why: String,
    pub changes: Vec<BaselineChange>,
    /// Seconds since 1970.
    pub held_at: i64,
}

/// How one column of a held version differs; holds no captured value.
#[derive(Debug, Clone, PartialEq)]
pub struct BaselineChange {
    pub feature: Option<String>,
    /// The check's word, such as `distribution`.
    pub check: String,
    /// From 0 to 1.
    pub effect: f64,
    /// In words, with its numbers.
    pub words: String,
}

/// How a dataset is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatasetForm {
    CsvWithHeader,
    JsonLines,
    Parquet,
    /// Captured records, inputs and outputs.
    Capture,
}

/// Keeps baseline jobs, what they wrote, and what was held.
pub trait BaselineJobs {
    fn baseline_job(
        &self,
        job: &str,
    ) -> impl Future<Output = Result<Option<Versioned<BaselineJob>>, ReadFault>> + Send;

    /// Writes over `expected`, or creates where that is `None`.
    fn keep_baseline_job(
        &self,
        job: &BaselineJob,
        expected: Option<&Etag>,
    ) -> impl Future<Output = Result<Etag, WriteFault>> + Send;

    /// Names the prefix that a job writes to: its own, and no other job's.
    fn staging_uri(&self, job: &str) -> String;

    /// Reads what a job wrote; `None` where a file is missing, a corrupt one is a fault.
    fn staged(
        &self,
        job: &BaselineJob,
    ) -> impl Future<Output = Result<Option<StagedBaseline>, ReadFault>> + Send;

    /// Reads a baseline that somebody else made, below a prefix; as [`Self::staged`] does.
    fn made_elsewhere(
        &self,
        kind: MonitorType,
        at: &Address,
    ) -> impl Future<Output = Result<Option<StagedBaseline>, ReadFault>> + Send;

    /// Keeps what a job wrote as a version, byte by byte, and returns its name.
    fn adopt(
        &self,
        monitor: &Monitor,
        staged: &StagedBaseline,
        meta: &BaselineMeta,
    ) -> impl Future<Output = Result<String, WriteFault>> + Send;

    /// Copies the files of a version under another prefix.
    fn copy_baseline(
        &self,
        monitor: &Monitor,
        version: &str,
        to: &Address,
    ) -> impl Future<Output = Result<(), Trouble>> + Send;

    fn held(
        &self,
        monitor: &Monitor,
    ) -> impl Future<Output = Result<Option<Versioned<HeldBaseline>>, ReadFault>> + Send;

    /// Writes over `expected`, or creates where that is `None`.
    fn keep_held(
        &self,
        held: &HeldBaseline,
        expected: Option<&Etag>,
    ) -> impl Future<Output = Result<Etag, WriteFault>> + Send;

    /// Words a form as the analyzer's environment does.
    fn dataset_format(&self, form: DatasetForm) -> String;
}
