use crate::{loose, moment::Moment};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// An endpoint changed its state (reference: formats A.2).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EndpointState {
    #[serde(rename = "EndpointName")]
    pub name: String,
    #[serde(rename = "EndpointArn")]
    pub arn: Option<String>,
    #[serde(rename = "EndpointConfigName")]
    pub config: Option<String>,
    #[serde(rename = "EndpointStatus")]
    pub status: EndpointStatus,
    pub failure_reason: Option<String>,
    /// Tells an endpoint from a later one of the same name.
    #[serde(rename = "CreationTime")]
    pub created: Option<Moment>,
    #[serde(rename = "LastModifiedTime")]
    pub modified: Option<Moment>,
    #[serde(default, deserialize_with = "loose::tags")]
    pub tags: BTreeMap<String, String>,
}

/// An endpoint config was created or deleted; the event does not say which.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EndpointConfigState {
    #[serde(rename = "EndpointConfigName")]
    pub name: String,
    #[serde(rename = "EndpointConfigArn")]
    pub arn: Option<String>,
    #[serde(rename = "CreationTime")]
    pub created: Option<Moment>,
    #[serde(default, deserialize_with = "loose::tags")]
    pub tags: BTreeMap<String, String>,
}

/// The state of an endpoint, by the API's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointStatus {
    Creating,
    Updating,
    SystemUpdating,
    RollingBack,
    InService,
    OutOfService,
    Deleting,
    /// Not of the API; some events say it.
    Deleted,
    Failed,
    UpdateRollbackFailed,
    /// A state that AWS added after this was written.
    Unknown,
}

impl EndpointStatus {
    /// Reads `InService`, `IN_SERVICE`, `in_service`: events and API differ.
    pub fn of_word(word: &str) -> Self {
        match loose::letters(word).as_str() {
            "creating" => Self::Creating,
            "updating" => Self::Updating,
            "systemupdating" => Self::SystemUpdating,
            "rollingback" => Self::RollingBack,
            "inservice" => Self::InService,
            "outofservice" => Self::OutOfService,
            "deleting" => Self::Deleting,
            "deleted" => Self::Deleted,
            "failed" => Self::Failed,
            "updaterollbackfailed" => Self::UpdateRollbackFailed,
            _ => Self::Unknown,
        }
    }
}

impl<'de> Deserialize<'de> for EndpointStatus {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|it| Self::of_word(&it))
    }
}

/// A processing job changed its state (reference: formats A.4).
///
/// Whether the event holds `exit_message` and `schedule_arn` is not documented:
/// where they are `None`, describe the job.
#[derive(Debug, Clone, PartialEq)]
pub struct ProcessingJobState {
    pub name: String,
    pub arn: Option<String>,
    pub status: ProcessingJobStatus,
    pub failure_reason: Option<String>,
    pub exit_message: Option<String>,
    pub schedule_arn: Option<String>,
    pub outputs: Vec<ProcessingOutput>,
    pub environment: BTreeMap<String, String>,
    pub created: Option<Moment>,
    pub ended: Option<Moment>,
}

/// Where a job puts what it writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessingOutput {
    pub name: String,
    /// `s3://bucket/prefix`, or `None` of a feature store output.
    pub uri: Option<String>,
}

/// The state of a processing job, by the API's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessingJobStatus {
    InProgress,
    Completed,
    Failed,
    Stopping,
    Stopped,
    /// A state that AWS added after this was written.
    Unknown,
}

impl ProcessingJobStatus {
    /// Reads the API's word in any case, with or without underscores.
    pub fn of_word(word: &str) -> Self {
        match loose::letters(word).as_str() {
            "inprogress" => Self::InProgress,
            "completed" => Self::Completed,
            "failed" => Self::Failed,
            "stopping" => Self::Stopping,
            "stopped" => Self::Stopped,
            _ => Self::Unknown,
        }
    }

    /// Whether the job will not change any more.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Stopped)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ProcessingJob {
    #[serde(rename = "ProcessingJobName")]
    name: String,
    #[serde(rename = "ProcessingJobArn")]
    arn: Option<String>,
    #[serde(rename = "ProcessingJobStatus")]
    status: String,
    failure_reason: Option<String>,
    exit_message: Option<String>,
    monitoring_schedule_arn: Option<String>,
    processing_output_config: Option<OutputConfig>,
    environment: Option<BTreeMap<String, Option<String>>>,
    creation_time: Option<Moment>,
    processing_end_time: Option<Moment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OutputConfig {
    outputs: Option<Vec<Output>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    output_name: Option<String>,
    s3_output: Option<S3Output>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct S3Output {
    s3_uri: Option<String>,
}

impl From<ProcessingJob> for ProcessingJobState {
    fn from(job: ProcessingJob) -> Self {
        let outputs = job.processing_output_config.and_then(|it| it.outputs).unwrap_or_default();
        Self {
            name: job.name,
            arn: job.arn,
            status: ProcessingJobStatus::of_word(&job.status),
            failure_reason: job.failure_reason,
            exit_message: job.exit_message,
            schedule_arn: job.monitoring_schedule_arn,
            outputs: outputs.into_iter().map(ProcessingOutput::from).collect(),
            environment: job
                .environment
                .unwrap_or_default()
                .into_iter()
                .filter_map(|(name, text)| Some((name, text?)))
                .collect(),
            created: job.creation_time,
            ended: job.processing_end_time,
        }
    }
}

impl From<Output> for ProcessingOutput {
    fn from(output: Output) -> Self {
        Self {
            name: output.output_name.unwrap_or_default(),
            uri: output.s3_output.and_then(|it| it.s3_uri),
        }
    }
}
