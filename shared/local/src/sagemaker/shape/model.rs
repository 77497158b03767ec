//! Models.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Tag, VpcConfig};

/// A request of `CreateModel`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateModel {
    pub model_name: String,
    pub primary_container: Option<ContainerDefinition>,
    pub containers: Option<Vec<ContainerDefinition>>,
    pub inference_execution_config: Option<Value>,
    pub execution_role_arn: Option<String>,
    pub vpc_config: Option<VpcConfig>,
    pub enable_network_isolation: Option<bool>,
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// One container of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContainerDefinition {
    pub container_hostname: Option<String>,
    pub image: Option<String>,
    /// `SingleModel` or `MultiModel`.
    pub mode: Option<String>,
    #[serde(rename = "ModelDataUrl")]
    pub artifact: Option<String>,
    pub environment: Option<BTreeMap<String, String>>,
    pub model_package_name: Option<String>,
}

/// The answer of `DescribeModel`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModelDescription {
    /// Without its tags, which only `ListTags` tells.
    #[serde(flatten)]
    pub request: CreateModel,
    #[serde(with = "super::epoch")]
    pub creation_time: Timestamp,
    pub model_arn: String,
}

/// One model of a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModelSummary {
    pub model_name: String,
    pub model_arn: String,
    #[serde(with = "super::epoch")]
    pub creation_time: Timestamp,
}
