//! Monitoring schedules and their executions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    AppSpecification, BaselineConfig, BatchTransformInput, EndpointInput, MonitoringOutputConfig,
    MonitoringResources, MonitoringType, NetworkConfig, StoppingCondition, Tag,
};

/// A request of `CreateMonitoringSchedule`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateMonitoringSchedule {
    pub monitoring_schedule_name: String,
    pub monitoring_schedule_config: MonitoringScheduleConfig,
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// What runs, and when; the definition is named or written out, one of the two.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MonitoringScheduleConfig {
    /// Without it, once a day at an hour that SageMaker picks.
    pub schedule_config: Option<ScheduleConfig>,
    #[serde(rename = "MonitoringJobDefinition")]
    pub inline: Option<InlineDefinition>,
    pub monitoring_job_definition_name: Option<String>,
    /// Required with the name of a definition.
    pub monitoring_type: Option<MonitoringType>,
}

/// When a schedule runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ScheduleConfig {
    /// Such as `cron(0 * ? * * *)`, or `NOW`.
    pub schedule_expression: String,
    /// ISO 8601 from the scheduled time, such as `-PT1H`; required by `NOW`.
    pub data_analysis_start_time: Option<String>,
    pub data_analysis_end_time: Option<String>,
}

/// A definition written out in a schedule; its form is that of data quality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InlineDefinition {
    pub baseline_config: Option<BaselineConfig>,
    /// Exactly one.
    pub monitoring_inputs: Vec<MonitoringInput>,
    pub monitoring_output_config: MonitoringOutputConfig,
    pub monitoring_resources: MonitoringResources,
    pub monitoring_app_specification: InlineAppSpecification,
    pub stopping_condition: Option<StoppingCondition>,
    pub environment: Option<BTreeMap<String, String>>,
    pub network_config: Option<NetworkConfig>,
    pub role_arn: String,
}

/// The input of a definition that is written out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MonitoringInput {
    pub endpoint_input: Option<EndpointInput>,
    pub batch_transform_input: Option<BatchTransformInput>,
}

/// The container of a definition that is written out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InlineAppSpecification {
    pub image_uri: String,
    pub container_entrypoint: Option<Vec<String>>,
    pub container_arguments: Option<Vec<String>>,
    pub record_preprocessor_source_uri: Option<String>,
    pub post_analytics_processor_source_uri: Option<String>,
}

/// The state of a schedule.
///
/// `Pending` while a change is applied, and while a deleted schedule goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ScheduleStatus {
    Pending,
    Failed,
    Scheduled,
    Stopped,
}

/// The answer of `DescribeMonitoringSchedule`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MonitoringSchedule {
    pub monitoring_schedule_arn: String,
    pub monitoring_schedule_name: String,
    pub monitoring_schedule_status: ScheduleStatus,
    pub monitoring_type: Option<MonitoringType>,
    pub failure_reason: Option<String>,
    #[serde(with = "super::epoch")]
    pub creation_time: Timestamp,
    #[serde(with = "super::epoch")]
    pub last_modified_time: Timestamp,
    pub monitoring_schedule_config: MonitoringScheduleConfig,
    pub endpoint_name: Option<String>,
    pub last_monitoring_execution_summary: Option<MonitoringExecution>,
}

/// One schedule of a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MonitoringScheduleSummary {
    pub monitoring_schedule_name: String,
    pub monitoring_schedule_arn: String,
    #[serde(with = "super::epoch")]
    pub creation_time: Timestamp,
    #[serde(with = "super::epoch")]
    pub last_modified_time: Timestamp,
    pub monitoring_schedule_status: ScheduleStatus,
    pub endpoint_name: Option<String>,
    pub monitoring_job_definition_name: Option<String>,
    pub monitoring_type: Option<MonitoringType>,
}

/// The state of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ExecutionStatus {
    Pending,
    Completed,
    CompletedWithViolations,
    InProgress,
    Failed,
    Stopping,
    Stopped,
}

/// One execution (`MonitoringExecutionSummary`).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MonitoringExecution {
    pub monitoring_schedule_name: String,
    /// The full hour, though executions begin up to 20 minutes later.
    #[serde(with = "super::epoch")]
    pub scheduled_time: Timestamp,
    #[serde(with = "super::epoch")]
    pub creation_time: Timestamp,
    #[serde(with = "super::epoch")]
    pub last_modified_time: Timestamp,
    pub monitoring_execution_status: ExecutionStatus,
    /// Absent where no job was made, as for a window without captures.
    pub processing_job_arn: Option<String>,
    pub endpoint_name: Option<String>,
    pub failure_reason: Option<String>,
    pub monitoring_job_definition_name: Option<String>,
    pub monitoring_type: Option<MonitoringType>,
}

impl ScheduleStatus {
    /// Returns the spelling of the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Failed => "Failed",
            Self::Scheduled => "Scheduled",
            Self::Stopped => "Stopped",
        }
    }
}

impl ExecutionStatus {
    /// Returns the spelling of the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Completed => "Completed",
            Self::CompletedWithViolations => "CompletedWithViolations",
            Self::InProgress => "InProgress",
            Self::Failed => "Failed",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
        }
    }
}

impl InlineDefinition {
    /// Returns its container in the form of the definitions that have names.
    pub(in crate::sagemaker) fn app(&self) -> AppSpecification {
        let app = self.monitoring_app_specification.clone();
        AppSpecification {
            image_uri: app.image_uri,
            config_uri: None,
            container_entrypoint: app.container_entrypoint,
            container_arguments: app.container_arguments,
            record_preprocessor_source_uri: app.record_preprocessor_source_uri,
            post_analytics_processor_source_uri: app.post_analytics_processor_source_uri,
            problem_type: None,
            environment: self.environment.clone(),
        }
    }
}
