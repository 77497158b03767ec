use crate::{CallFailed, Cluster, JobNetwork, JobOutput};
use engine::monitor::MonitorType;
pub use engine::quality::ProblemType;
use std::collections::BTreeMap;
use std::future::Future;

/// A job definition: what each execution of a schedule runs (formats I.3).
///
/// Definitions never change: another one gets another name.
#[derive(Debug, Clone, PartialEq)]
pub struct JobDefinition {
    pub name: String,
    pub image: String,
    pub environment: BTreeMap<String, String>,
    pub analysis: Analysis,
    pub input: MonitorInput,
    pub output: JobOutput,
    /// Key of the results; never empty.
    pub output_key: Option<String>,
    pub cluster: Cluster,
    pub network: JobNetwork,
    /// ARN of the role that the job runs as.
    pub role: String,
    pub max_runtime_seconds: Option<u32>,
    pub tags: BTreeMap<String, String>,
}

/// What is analysed, one shape per type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Analysis {
    DataQuality {
        scripts: Scripts,
        /// S3 URIs of the baseline's files.
        constraints: Option<String>,
        statistics: Option<String>,
    },
    ModelQuality {
        scripts: Scripts,
        problem: ProblemType,
        ground_truth: String,
        constraints: Option<String>,
    },
    ModelBias {
        /// S3 URI of `analysis_config.json`.
        config: String,
        ground_truth: String,
        constraints: Option<String>,
    },
    ModelExplainability {
        /// S3 URI of `analysis_config.json`.
        config: String,
        constraints: Option<String>,
    },
}

impl Analysis {
    pub fn kind(&self) -> MonitorType {
        match self {
            Self::DataQuality { .. } => MonitorType::DataQuality,
            Self::ModelQuality { .. } => MonitorType::ModelQuality,
            Self::ModelBias { .. } => MonitorType::ModelBias,
            Self::ModelExplainability { .. } => MonitorType::ModelExplainability,
        }
    }

    /// Returns the S3 URI of the constraints that executions check.
    pub fn constraints(&self) -> Option<&str> {
        match self {
            Self::DataQuality { constraints, .. }
            | Self::ModelQuality { constraints, .. }
            | Self::ModelBias { constraints, .. }
            | Self::ModelExplainability { constraints, .. } => constraints.as_deref(),
        }
    }
}

/// S3 URIs of scripts that AWS's analyzer runs around its analysis.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scripts {
    pub record_preprocessor: Option<String>,
    pub post_analytics: Option<String>,
}

/// What an execution reads: captures of an endpoint (`EndpointInput`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MonitorInput {
    pub endpoint: String,
    pub local_path: String,
    pub features_attribute: Option<String>,
    pub inference_attribute: Option<String>,
    pub probability_attribute: Option<String>,
    /// Zero is a threshold, too.
    pub probability_threshold: Option<f64>,
    /// Names, separated by commas; at most 100 characters.
    pub exclude_features: Option<String>,
    /// Such as `-P3D`: the window is the scheduled time and these.
    pub start_offset: Option<String>,
    pub end_offset: Option<String>,
}

/// One line of a listing of definitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDefinition {
    pub name: String,
    pub created_ms: i64,
}

/// A page of definitions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DefinitionPage {
    pub definitions: Vec<ListedDefinition>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<String>,
}

/// Reads job definitions.
pub trait ReadDefinitions {
    /// Describes a definition with its tags.
    fn describe_definition(
        &self,
        kind: MonitorType,
        name: &str,
    ) -> impl Future<Output = Result<JobDefinition, CallFailed>> + Send;

    /// Lists the definitions of one type for one endpoint, whoever made them.
    fn list_definitions(
        &self,
        kind: MonitorType,
        endpoint: &str,
        from: Option<&str>,
    ) -> impl Future<Output = Result<DefinitionPage, CallFailed>> + Send;
}

/// Creates and deletes job definitions.
pub trait ChangeDefinitions {
    fn create_definition(
        &self,
        definition: &JobDefinition,
    ) -> impl Future<Output = Result<(), CallFailed>> + Send;

    /// Deletes a definition; [`CallFailed::Busy`] while a schedule holds on to it.
    fn delete_definition(
        &self,
        kind: MonitorType,
        name: &str,
    ) -> impl Future<Output = Result<(), CallFailed>> + Send;
}
