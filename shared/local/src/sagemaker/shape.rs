//! The shapes of monitors and processing jobs, as SageMaker's API spells them.
//!
//! Requests are read from the JSON of the API and answers are written to it by the names that botocore's service model
//! gives (`sagemaker` 2017-07-24). Members of a request that are not modelled here are passed over.

mod definition;
mod epoch;
mod job;
mod model;
mod processing;
mod query;
mod schedule;

use serde::Serialize;
use serde_json::Value;

pub use self::{
    definition::{
        AppSpecification, BaselineConfig, BatchTransformInput, CreateJobDefinition, CsvFormat,
        DatasetFormat, EndpointInput, JobDefinition, JobDefinitionSummary, JobInput, JsonFormat,
        MonitoringOutput, MonitoringOutputConfig, MonitoringS3Output, MonitoringType,
        ParquetFormat, S3Resource,
    },
    job::{
        ClusterConfig, Distribution, InputMode, MonitoringResources, NetworkConfig,
        StoppingCondition, Tag, UploadMode, VpcConfig,
    },
    model::{ContainerDefinition, CreateModel, ModelDescription, ModelSummary},
    processing::{
        ContainerSpecification, CreateProcessingJob, JobStatus, ProcessingCluster, ProcessingInput,
        ProcessingJob, ProcessingJobSummary, ProcessingOutput, ProcessingOutputConfig,
        ProcessingResources, ProcessingS3Input, ProcessingS3Output, S3Kind,
    },
    query::{Query, SortBy, SortOrder},
    schedule::{
        CreateMonitoringSchedule, ExecutionStatus, InlineAppSpecification, InlineDefinition,
        MonitoringExecution, MonitoringInput, MonitoringSchedule, MonitoringScheduleConfig,
        MonitoringScheduleSummary, ScheduleConfig, ScheduleStatus,
    },
};

/// Writes a shape as the API does: what is not there is left out.
pub fn to_json(shape: &impl Serialize) -> Value {
    fn without_nulls(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.retain(|_, it| !it.is_null());
                members.values_mut().for_each(without_nulls);
            }
            Value::Array(items) => items.iter_mut().for_each(without_nulls),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(shape).expect("shapes are plain members and lists");
    without_nulls(&mut value);
    value
}
