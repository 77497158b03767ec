//! What monitors and processing jobs have in common: machines, network, limits, tags.

use serde::{Deserialize, Serialize};

/// The machines of a monitoring job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MonitoringResources {
    pub cluster_config: ClusterConfig,
}

/// How many machines of which kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ClusterConfig {
    /// From 1 to 100.
    pub instance_count: u32,
    pub instance_type: String,
    /// From 1 to 16,384.
    #[serde(rename = "VolumeSizeInGB")]
    pub volume_size_in_gb: u32,
    pub volume_kms_key_id: Option<String>,
}

/// Where a job's network traffic may go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NetworkConfig {
    pub enable_inter_container_traffic_encryption: Option<bool>,
    pub enable_network_isolation: Option<bool>,
    pub vpc_config: Option<VpcConfig>,
}

/// The private network of a job or a model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct VpcConfig {
    /// From 1 to 5.
    pub security_group_ids: Vec<String>,
    /// From 1 to 16.
    pub subnets: Vec<String>,
}

/// How long a job may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StoppingCondition {
    pub max_runtime_in_seconds: u32,
}

/// A tag of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub key: String,
    pub value: String,
}

/// How objects reach a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum InputMode {
    Pipe,
    File,
}

/// How objects are spread over the machines of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Distribution {
    FullyReplicated,
    ShardedByS3Key,
}

/// When outputs are uploaded; the stand-in uploads both kinds when the job ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UploadMode {
    Continuous,
    EndOfJob,
}

impl Tag {
    /// Makes a tag.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}
