//! The events SageMaker sends (SageMaker developer guide, "Automating SageMaker with EventBridge").
//!
//! Members that an API call would leave out are present as null, and times are milliseconds since 1970 that may carry a
//! fraction: both as real events show.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    DataCaptureConfig, Endpoint, EndpointConfig, Model,
    shape::{
        ContainerDefinition, Distribution, InputMode, ProcessingInput, ProcessingJob,
        ProcessingOutput, S3Kind, UploadMode, to_json,
    },
};
use crate::{place::Place, random::Random};

pub(super) fn endpoint(
    place: &Place,
    ids: &mut Random,
    at: Timestamp,
    endpoint: &Endpoint,
    tags: Option<&BTreeMap<String, String>>,
) -> Value {
    let variants: Vec<Value> = endpoint
        .fleet
        .config
        .variants
        .iter()
        .map(|it| json!({ "DesiredWeight": it.weight, "DesiredInstanceCount": f64::from(it.instance_count) }))
        .collect();
    let detail = json!({
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.fleet.config.name,
        "ProductionVariants": variants,
        "EndpointStatus": endpoint.status.event_name(),
        "FailureReason": endpoint.failure,
        "CreationTime": endpoint.created.as_millisecond() as f64,
        "LastModifiedTime": endpoint.modified.as_millisecond() as f64,
        "Tags": tags.cloned().unwrap_or_default(),
    });
    send(place, ids, at, "SageMaker Endpoint State Change", &endpoint.arn, detail)
}

pub(super) fn config(
    place: &Place,
    ids: &mut Random,
    at: Timestamp,
    config: &EndpointConfig,
    tags: Option<&BTreeMap<String, String>>,
) -> Value {
    let variants: Vec<Value> = config
        .variants
        .iter()
        .map(|it| {
            json!({
                "VariantName": it.name, "ModelName": it.model, "InitialInstanceCount": it.instance_count,
                "InstanceType": it.instance_type, "InitialVariantWeight": it.weight, "AcceleratorType": null,
                "CoreDumpConfig": null, "ServerlessConfig": null, "VolumeSizeInGB": null,
                "ModelDataDownloadTimeoutInSeconds": null, "ContainerStartupHealthCheckTimeoutInSeconds": null,
                "EnableSSMAccess": null,
            })
        })
        .collect();
    let detail = json!({
        "EndpointConfigName": config.name,
        "EndpointConfigArn": config.arn,
        "ProductionVariants": variants,
        "DataCaptureConfig": config.capture.as_ref().map(capture),
        "KmsKeyId": null,
        "AsyncInferenceConfig": null,
        "ExplainerConfig": null,
        "ShadowProductionVariants": null,
        "CreationTime": config.created.as_millisecond(),
        "Tags": tags.cloned().unwrap_or_default(),
    });
    send(place, ids, at, "SageMaker Endpoint Config State Change", &config.arn, detail)
}

pub(super) fn model(
    place: &Place,
    ids: &mut Random,
    at: Timestamp,
    model: &Model,
    tags: Option<&BTreeMap<String, String>>,
) -> Value {
    let container = |it: &ContainerDefinition| json!({ "ContainerHostname": it.container_hostname, "Image": it.image, "ModelDataUrl": it.artifact });
    let containers = model.request.containers.as_deref().unwrap_or_default();
    let detail = json!({
        "ModelName": model.request.model_name,
        "ModelArn": model.arn,
        "PrimaryContainer": model.request.primary_container.as_ref().map(container),
        "Containers": containers.iter().map(container).collect::<Vec<_>>(),
        "ExecutionRoleArn": model.request.execution_role_arn,
        "CreationTime": model.created.as_millisecond(),
        "Tags": tags.cloned().unwrap_or_default(),
    });
    send(place, ids, at, "SageMaker Model State Change", &model.arn, detail)
}

/// A processing job, as describing it does but for its exit message, environment and schedule
/// (sagemaker-formats A.4: whether real events carry these is not known).
pub(super) fn job(place: &Place, ids: &mut Random, at: Timestamp, job: &ProcessingJob) -> Value {
    let time = |time: Option<Timestamp>| time.map(Timestamp::as_millisecond);
    let request = &job.request;
    let inputs: Vec<Value> = request.processing_inputs.iter().map(input).collect();
    let outputs = request.processing_output_config.as_ref().map(|config| {
        let outputs: Vec<Value> = config.outputs.iter().map(output).collect();
        json!({ "Outputs": outputs, "KmsKeyId": config.kms_key_id })
    });
    let detail = json!({
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": outputs,
        "ProcessingJobName": request.processing_job_name,
        "ProcessingResources": to_json(&request.processing_resources),
        "StoppingCondition": request.stopping_condition.as_ref().map(to_json),
        "AppSpecification": to_json(&request.app_specification),
        "NetworkConfig": request.network_config.as_ref().map(to_json),
        "RoleArn": request.role_arn,
        "ExperimentConfig": request.experiment_config.clone().unwrap_or_else(|| json!({})),
        "ProcessingJobArn": job.processing_job_arn,
        "ProcessingJobStatus": job.processing_job_status.name(),
        "FailureReason": job.failure_reason,
        "ProcessingStartTime": time(job.processing_start_time),
        "ProcessingEndTime": time(job.processing_end_time),
        "LastModifiedTime": job.last_modified_time.as_millisecond(),
        "CreationTime": job.creation_time.as_millisecond(),
    });
    send(place, ids, at, "SageMaker Processing Job State Change", &job.processing_job_arn, detail)
}

/// Events spell the enumerations of inputs in capitals.
fn input(input: &ProcessingInput) -> Value {
    let s3 = input.s3.as_ref().map(|it| {
        json!({
            "S3Uri": it.s3_uri,
            "LocalPath": it.local_path,
            "S3DataType": match it.s3_data_type {
                S3Kind::ManifestFile => "MANIFEST_FILE",
                S3Kind::S3Prefix => "S3PREFIX",
            },
            "S3InputMode": match it.s3_input_mode {
                Some(InputMode::Pipe) => "PIPE",
                _ => "FILE",
            },
            "S3DataDistributionType": match it.s3_data_distribution_type {
                Some(Distribution::ShardedByS3Key) => "SHARDEDBYS3KEY",
                _ => "FULLYREPLICATED",
            },
        })
    });
    json!({ "InputName": input.input_name, "S3Input": s3 })
}

fn output(output: &ProcessingOutput) -> Value {
    let s3 = output.s3.as_ref().map(|it| {
        json!({
            "S3Uri": it.s3_uri,
            "LocalPath": it.local_path,
            "S3UploadMode": match it.s3_upload_mode {
                UploadMode::Continuous => "CONTINUOUS",
                UploadMode::EndOfJob => "END_OF_JOB",
            },
        })
    });
    json!({ "OutputName": output.output_name, "S3Output": s3 })
}

fn capture(config: &DataCaptureConfig) -> Value {
    let modes: Vec<Value> =
        config.modes.iter().map(|mode| json!({ "CaptureMode": mode.name() })).collect();
    json!({
        "EnableCapture": config.enable,
        "InitialSamplingPercentage": config.sampling_percent,
        "DestinationS3Uri": config.destination,
        "KmsKeyId": config.kms_key,
        "CaptureOptions": modes,
        "CaptureContentTypeHeader": { "CsvContentTypes": config.csv_types, "JsonContentTypes": config.json_types },
    })
}

fn send(
    place: &Place,
    ids: &mut Random,
    at: Timestamp,
    kind: &str,
    arn: &str,
    detail: Value,
) -> Value {
    place.event(ids, at, "aws.sagemaker", kind, &[arn.to_owned()], detail)
}
