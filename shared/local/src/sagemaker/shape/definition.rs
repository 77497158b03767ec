//! Job definitions: the four families in one shape.
//!
//! The families differ in the names of four members (`DataQualityJobInput`, `ModelBiasJobInput` …) and in which of their
//! members they have. In here the names are without the family; [`CreateJobDefinition::from_json`] and
//! [`JobDefinition::to_json`] put it on and off.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Distribution, InputMode, MonitoringResources, NetworkConfig, StoppingCondition, Tag, UploadMode,
};

/// The four kinds of monitors, and the families of their definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MonitoringType {
    DataQuality,
    ModelQuality,
    ModelBias,
    ModelExplainability,
}

/// A request of `Create…JobDefinition`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateJobDefinition {
    pub job_definition_name: String,
    pub baseline_config: Option<BaselineConfig>,
    pub app_specification: AppSpecification,
    pub job_input: JobInput,
    pub job_output_config: MonitoringOutputConfig,
    pub job_resources: MonitoringResources,
    pub network_config: Option<NetworkConfig>,
    pub role_arn: String,
    pub stopping_condition: Option<StoppingCondition>,
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// A job definition as it was made; it never changes.
#[derive(Debug, Clone, PartialEq)]
pub struct JobDefinition {
    pub family: MonitoringType,
    pub arn: String,
    pub created: Timestamp,
    /// Without its tags, which only `ListTags` tells.
    pub request: Arc<CreateJobDefinition>,
}

/// One job definition of a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct JobDefinitionSummary {
    pub monitoring_job_definition_name: String,
    pub monitoring_job_definition_arn: String,
    #[serde(with = "super::epoch")]
    pub creation_time: Timestamp,
    /// Empty for a definition over batch transforms.
    pub endpoint_name: String,
}

/// What a monitor compares with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BaselineConfig {
    /// The processing job whose outputs are meant where no resources are named.
    pub baselining_job_name: Option<String>,
    pub constraints_resource: Option<S3Resource>,
    /// Data quality only.
    pub statistics_resource: Option<S3Resource>,
}

/// An object in S3.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct S3Resource {
    pub s3_uri: Option<String>,
}

/// The container of a monitor, with the members of all families.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AppSpecification {
    pub image_uri: String,
    /// The analysis configuration of Clarify; required by, and only for, bias and explainability.
    pub config_uri: Option<String>,
    pub container_entrypoint: Option<Vec<String>>,
    pub container_arguments: Option<Vec<String>>,
    pub record_preprocessor_source_uri: Option<String>,
    pub post_analytics_processor_source_uri: Option<String>,
    /// `Regression`, `BinaryClassification` or `MulticlassClassification`; model quality only.
    pub problem_type: Option<String>,
    pub environment: Option<BTreeMap<String, String>>,
}

/// What a monitor looks at: an endpoint or the captures of batch transforms.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct JobInput {
    pub endpoint_input: Option<EndpointInput>,
    pub batch_transform_input: Option<BatchTransformInput>,
    /// Required by model quality and bias.
    #[serde(rename = "GroundTruthS3Input")]
    pub ground_truth: Option<S3Resource>,
}

/// An endpoint's captures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EndpointInput {
    pub endpoint_name: String,
    pub local_path: String,
    pub s3_input_mode: Option<InputMode>,
    pub s3_data_distribution_type: Option<Distribution>,
    pub features_attribute: Option<String>,
    pub inference_attribute: Option<String>,
    pub probability_attribute: Option<String>,
    pub probability_threshold_attribute: Option<f64>,
    /// ISO 8601, such as `-PT1H`; from the scheduled time.
    pub start_time_offset: Option<String>,
    pub end_time_offset: Option<String>,
    pub exclude_features_attribute: Option<String>,
}

/// The captures of batch transforms.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BatchTransformInput {
    #[serde(rename = "DataCapturedDestinationS3Uri")]
    pub captured_destination: String,
    pub dataset_format: DatasetFormat,
    pub local_path: String,
    pub s3_input_mode: Option<InputMode>,
    pub s3_data_distribution_type: Option<Distribution>,
    pub features_attribute: Option<String>,
    pub inference_attribute: Option<String>,
    pub probability_attribute: Option<String>,
    pub probability_threshold_attribute: Option<f64>,
    pub start_time_offset: Option<String>,
    pub end_time_offset: Option<String>,
    pub exclude_features_attribute: Option<String>,
}

/// The format of a batch dataset; one of the three.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DatasetFormat {
    pub csv: Option<CsvFormat>,
    pub json: Option<JsonFormat>,
    pub parquet: Option<ParquetFormat>,
}

/// CSV, with a header line or without.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CsvFormat {
    pub header: Option<bool>,
}

/// JSON, with an object a line or without.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct JsonFormat {
    pub line: Option<bool>,
}

/// Parquet, which has nothing to say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParquetFormat {}

/// Where results go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MonitoringOutputConfig {
    /// Exactly one.
    pub monitoring_outputs: Vec<MonitoringOutput>,
    pub kms_key_id: Option<String>,
}

/// One result folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MonitoringOutput {
    pub s3_output: MonitoringS3Output,
}

/// A folder of the container and where it is uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MonitoringS3Output {
    pub s3_uri: String,
    pub local_path: String,
    pub s3_upload_mode: Option<UploadMode>,
}

/// The members that carry the family in their name.
const NAMED_BY_FAMILY: [&str; 4] =
    ["BaselineConfig", "AppSpecification", "JobInput", "JobOutputConfig"];

impl MonitoringType {
    pub const ALL: [Self; 4] =
        [Self::DataQuality, Self::ModelQuality, Self::ModelBias, Self::ModelExplainability];

    /// Returns the spelling of the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::DataQuality => "DataQuality",
            Self::ModelQuality => "ModelQuality",
            Self::ModelBias => "ModelBias",
            Self::ModelExplainability => "ModelExplainability",
        }
    }

    /// Returns the kind of the ARN of a definition, such as `data-quality-job-definition`.
    pub fn arn_kind(self) -> &'static str {
        match self {
            Self::DataQuality => "data-quality-job-definition",
            Self::ModelQuality => "model-quality-job-definition",
            Self::ModelBias => "model-bias-job-definition",
            Self::ModelExplainability => "model-explainability-job-definition",
        }
    }

    /// Whether executions join labels to captures first.
    pub fn has_ground_truth(self) -> bool {
        matches!(self, Self::ModelQuality | Self::ModelBias)
    }
}

impl CreateJobDefinition {
    /// Reads the request of a family.
    pub fn from_json(family: MonitoringType, mut body: Value) -> serde_json::Result<Self> {
        if let Some(members) = body.as_object_mut() {
            for name in NAMED_BY_FAMILY {
                if let Some(member) = members.remove(&format!("{}{name}", family.name())) {
                    members.insert(name.to_owned(), member);
                }
            }
        }
        serde_json::from_value(body)
    }
}

impl JobDefinition {
    pub fn name(&self) -> &str {
        &self.request.job_definition_name
    }

    /// Writes the answer of `Describe…JobDefinition`.
    pub fn to_json(&self) -> Value {
        let mut answer = super::to_json(&*self.request);
        if let Some(members) = answer.as_object_mut() {
            members.remove("Tags");
            for name in NAMED_BY_FAMILY {
                if let Some(member) = members.remove(name) {
                    members.insert(format!("{}{name}", self.family.name()), member);
                }
            }
            members.insert("JobDefinitionArn".to_owned(), Value::from(self.arn.clone()));
            let created = self.created.as_millisecond() as f64 / 1000.0;
            members.insert("CreationTime".to_owned(), Value::from(created));
        }
        answer
    }
}

impl JobInput {
    /// Returns the endpoint that is looked at; `None` for batch transforms.
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint_input.as_ref().map(|it| it.endpoint_name.as_str())
    }
}
