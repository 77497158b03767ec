//! Endpoints.

use serde_json::{Value, json};

use super::{listing, page};
use crate::sagemaker::{CaptureStatus, CaptureSummary, VariantSummary};
use crate::wire::{
    Call,
    fault::Fault,
    json::{Members, seconds},
};

pub(super) fn create(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let name = input.required_text("EndpointName")?;
    let config = input.required_text("EndpointConfigName")?;
    let tags = super::tags::of(input)?;
    let arn =
        call.account.call(|all, now| all.sagemaker.create_endpoint(now, name, config, &tags))?;
    Ok(json!({ "EndpointArn": arn }))
}

pub(super) fn update(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let name = input.required_text("EndpointName")?;
    let config = input.required_text("EndpointConfigName")?;
    if input.flag("RetainAllVariantProperties")? == Some(true)
        || input.get("DeploymentConfig").is_some()
    {
        return Err(Fault::invalid(
            "RetainAllVariantProperties and DeploymentConfig are not in the stand-in",
        ));
    }
    let arn = call.account.call(|all, now| all.sagemaker.update_endpoint(now, name, config))?;
    Ok(json!({ "EndpointArn": arn }))
}

pub(super) fn describe(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let name = input.required_text("EndpointName")?;
    let it = call.account.call(|all, now| all.sagemaker.describe_endpoint(now, name))?;
    let mut told = json!({
        "EndpointName": it.name,
        "EndpointArn": it.arn,
        "EndpointConfigName": it.config,
        "EndpointStatus": it.status.name(),
        "ProductionVariants": it.variants.iter().map(variant).collect::<Vec<_>>(),
        "CreationTime": seconds(it.created),
        "LastModifiedTime": seconds(it.modified),
    });
    if let Some(reason) = &it.failure {
        told["FailureReason"] = reason.as_str().into();
    }
    if let Some(summary) = &it.capture {
        told["DataCaptureConfig"] = capture(summary);
    }
    Ok(told)
}

fn variant(it: &VariantSummary) -> Value {
    json!({
        "VariantName": it.name,
        "CurrentWeight": it.weight,
        "DesiredWeight": it.weight,
        "CurrentInstanceCount": it.instance_count,
        "DesiredInstanceCount": it.instance_count,
    })
}

fn capture(it: &CaptureSummary) -> Value {
    let status = match it.status {
        CaptureStatus::Started => "Started",
        CaptureStatus::Stopped => "Stopped",
    };
    json!({
        "EnableCapture": it.enable,
        "CaptureStatus": status,
        "CurrentSamplingPercentage": it.sampling_percent,
        "DestinationS3Uri": it.destination,
        // A required member of the model; AWS leaves it empty where no key is set.
        "KmsKeyId": it.kms_key.as_deref().unwrap_or_default(),
    })
}

pub(super) fn list(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let listing = listing(input)?;
    let found = call.account.call(|all, now| all.sagemaker.list_endpoints(now, &listing))?;
    Ok(page("Endpoints", &found, |it| {
        json!({
            "EndpointName": it.name,
            "EndpointArn": it.arn,
            "EndpointStatus": it.status.name(),
            "CreationTime": seconds(it.created),
            "LastModifiedTime": seconds(it.modified),
        })
    }))
}

pub(super) fn delete(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let name = input.required_text("EndpointName")?;
    call.account.call(|all, now| all.sagemaker.delete_endpoint(now, name))?;
    Ok(Value::Null)
}
