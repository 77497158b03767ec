use crate::{CallFailed, Cluster, JobNetwork, JobOutput};
use std::collections::BTreeMap;
use std::future::Future;

/// Names of the suite's baseline jobs start with this.
pub const BASELINE_JOBS: &str = "vigil-baseline-";
/// Names of the suite's jobs that analyse a large window start with this.
pub const WINDOW_JOBS: &str = "vigil-window-";

/// A processing job that is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSpec {
    pub name: String,
    pub image: String,
    /// Empty: the image's own.
    pub entrypoint: Vec<String>,
    pub arguments: Vec<String>,
    pub environment: BTreeMap<String, String>,
    /// At most 10.
    pub inputs: Vec<JobInput>,
    /// At most 10.
    pub outputs: Vec<JobOutput>,
    /// Key of the results; never empty.
    pub output_key: Option<String>,
    pub cluster: Cluster,
    pub network: JobNetwork,
    /// ARN of the role that the job runs as.
    pub role: String,
    pub max_runtime_seconds: Option<u32>,
    pub tags: BTreeMap<String, String>,
}

/// What a job finds under a path: an object, or all objects under a prefix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobInput {
    pub name: String,
    pub s3_uri: String,
    pub local_path: String,
}

/// A processing job as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessingJob {
    pub name: String,
    pub arn: String,
    pub status: JobStatus,
    /// What the container said at its end, at most 1 KiB.
    pub exit_message: Option<String>,
    pub failure: Option<String>,
    /// ARN of the schedule whose execution this is.
    pub schedule: Option<String>,
    pub image: String,
    pub environment: BTreeMap<String, String>,
    pub inputs: Vec<JobInput>,
    pub outputs: Vec<JobOutput>,
    pub cluster: Cluster,
    pub created_ms: i64,
    pub started_ms: Option<i64>,
    pub ended_ms: Option<i64>,
}

impl ProcessingJob {
    /// Returns the name of the schedule whose execution this is.
    pub fn schedule_name(&self) -> Option<&str> {
        self.schedule.as_deref()?.rsplit('/').next()
    }
}

/// The life of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStatus {
    InProgress,
    Completed,
    Failed,
    Stopping,
    Stopped,
}

impl JobStatus {
    pub fn is_over(self) -> bool {
        !matches!(self, Self::InProgress | Self::Stopping)
    }
}

/// Starts processing jobs.
pub trait StartJobs {
    /// Starts a job; one of the same name, whatever became of it, is [`CallFailed::Exists`].
    fn start_job(&self, spec: &JobSpec) -> impl Future<Output = Result<(), CallFailed>> + Send;
}

/// Describes processing jobs.
pub trait DescribeJobs {
    fn describe_job(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<ProcessingJob, CallFailed>> + Send;
}

/// Stops processing jobs.
pub trait StopJobs {
    /// Stops a job; one that is over is stopped already.
    fn stop_job(&self, name: &str) -> impl Future<Output = Result<(), CallFailed>> + Send;
}
