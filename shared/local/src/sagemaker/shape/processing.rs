//! Processing jobs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Distribution, InputMode, NetworkConfig, StoppingCondition, Tag, UploadMode};

/// A request of `CreateProcessingJob`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateProcessingJob {
    pub processing_job_name: String,
    /// At most 10.
    #[serde(default)]
    pub processing_inputs: Vec<ProcessingInput>,
    pub processing_output_config: Option<ProcessingOutputConfig>,
    pub processing_resources: ProcessingResources,
    pub stopping_condition: Option<StoppingCondition>,
    pub app_specification: ContainerSpecification,
    /// At most 100.
    pub environment: Option<BTreeMap<String, String>>,
    pub network_config: Option<NetworkConfig>,
    pub role_arn: String,
    pub experiment_config: Option<Value>,
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// One input of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessingInput {
    pub input_name: String,
    pub app_managed: Option<bool>,
    /// Without it the job is refused: inputs of Athena and Redshift are not played.
    #[serde(rename = "S3Input")]
    pub s3: Option<ProcessingS3Input>,
}

/// Objects of S3 and where the container finds them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessingS3Input {
    pub s3_uri: String,
    pub local_path: Option<String>,
    pub s3_data_type: S3Kind,
    pub s3_input_mode: Option<InputMode>,
    pub s3_data_distribution_type: Option<Distribution>,
    pub s3_compression_type: Option<String>,
}

/// What an input's URI names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum S3Kind {
    ManifestFile,
    S3Prefix,
}

/// Where a job's outputs go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessingOutputConfig {
    /// At most 10.
    pub outputs: Vec<ProcessingOutput>,
    pub kms_key_id: Option<String>,
}

/// One output of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessingOutput {
    pub output_name: String,
    #[serde(rename = "S3Output")]
    pub s3: Option<ProcessingS3Output>,
    pub app_managed: Option<bool>,
}

/// A folder of the container and where it is uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessingS3Output {
    pub s3_uri: String,
    pub local_path: Option<String>,
    pub s3_upload_mode: UploadMode,
}

/// The machines of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessingResources {
    pub cluster_config: ProcessingCluster,
}

/// How many machines of which kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessingCluster {
    pub instance_count: Option<u32>,
    pub instance_type: Option<String>,
    #[serde(rename = "VolumeSizeInGB")]
    pub volume_size_in_gb: u32,
    pub volume_kms_key_id: Option<String>,
}

/// What runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContainerSpecification {
    pub image_uri: String,
    pub container_entrypoint: Option<Vec<String>>,
    pub container_arguments: Option<Vec<String>>,
}

/// The state of a processing job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum JobStatus {
    InProgress,
    Completed,
    Failed,
    Stopping,
    Stopped,
}

/// The answer of `DescribeProcessingJob`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessingJob {
    /// Without its tags, which only `ListTags` tells.
    #[serde(flatten)]
    pub request: CreateProcessingJob,
    pub processing_job_arn: String,
    pub processing_job_status: JobStatus,
    /// What the container left in `/opt/ml/output/message`, at most 1,024 characters.
    pub exit_message: Option<String>,
    pub failure_reason: Option<String>,
    #[serde(with = "super::epoch::option")]
    pub processing_start_time: Option<Timestamp>,
    #[serde(with = "super::epoch::option")]
    pub processing_end_time: Option<Timestamp>,
    #[serde(with = "super::epoch")]
    pub last_modified_time: Timestamp,
    #[serde(with = "super::epoch")]
    pub creation_time: Timestamp,
    /// Tells a monitoring execution from any other job.
    pub monitoring_schedule_arn: Option<String>,
}

/// One job of a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessingJobSummary {
    pub processing_job_name: String,
    pub processing_job_arn: String,
    #[serde(with = "super::epoch")]
    pub creation_time: Timestamp,
    #[serde(with = "super::epoch::option")]
    pub processing_end_time: Option<Timestamp>,
    #[serde(with = "super::epoch")]
    pub last_modified_time: Timestamp,
    pub processing_job_status: JobStatus,
    pub failure_reason: Option<String>,
    pub exit_message: Option<String>,
}

impl JobStatus {
    /// Returns the spelling of the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
        }
    }

    /// Whether the job is over.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Stopped)
    }
}

impl ProcessingJob {
    pub fn name(&self) -> &str {
        &self.request.processing_job_name
    }
}
