//! The events SageMaker sends (SageMaker developer guide, "Automating SageMaker with EventBridge").
//!
//! Members that an API call would leave out are present as null, and times are milliseconds since 1970 that may carry a
//! fraction: both as real events show.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{DataCaptureConfig, Endpoint, EndpointConfig, Model};
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
    name: &str,
    model: &Model,
) -> Value {
    let detail = json!({
        "ModelName": name,
        "ModelArn": model.arn,
        "PrimaryContainer": { "ContainerHostname": null, "Image": null, "ModelDataUrl": model.artifact },
        "Containers": [],
        "ExecutionRoleArn": format!("arn:aws:iam::{}:role/endpoint", place.account),
        "CreationTime": model.created.as_millisecond(),
        "Tags": {},
    });
    send(place, ids, at, "SageMaker Model State Change", &model.arn, detail)
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
