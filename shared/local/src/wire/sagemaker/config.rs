//! Endpoint configs.

use serde_json::{Map, Value, json};

use super::{listing, page};
use crate::sagemaker::{CaptureMode, DataCaptureConfig, EndpointConfig, ProductionVariant};
use crate::wire::{
    Call,
    fault::Fault,
    json::{Members, seconds},
};

/// Members of a request that change what an endpoint does and are not played here.
const REFUSED: [&str; 3] = ["AsyncInferenceConfig", "ExplainerConfig", "ShadowProductionVariants"];

pub(super) fn create(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let name = input.required_text("EndpointConfigName")?;
    if let Some(member) = REFUSED.iter().find(|member| input.get(member).is_some()) {
        return Err(Fault::invalid(format!("{member} is not in the stand-in")));
    }
    let variants = input.objects("ProductionVariants")?;
    let variants = variants.into_iter().map(variant).collect::<Result<Vec<_>, _>>()?;
    let capture = input.object("DataCaptureConfig")?.map(capture).transpose()?;
    if let Some(capture) = &capture {
        call.know(&capture.destination);
    }
    let tags = super::tags::of(input)?;
    let arn = call.account.call(|all, now| {
        all.sagemaker.create_endpoint_config(now, name, variants, capture, &tags)
    })?;
    call.said.keep(&arn, input.all().clone());
    Ok(json!({ "EndpointConfigArn": arn }))
}

fn variant(input: Members<'_>) -> Result<ProductionVariant, Fault> {
    let count = input.count("InitialInstanceCount")?.unwrap_or(1);
    Ok(ProductionVariant {
        name: input.required_text("VariantName")?.to_owned(),
        model: input.required_text("ModelName")?.to_owned(),
        weight: input.number("InitialVariantWeight")?.unwrap_or(1.0),
        instance_count: u32::try_from(count).unwrap_or(u32::MAX),
        instance_type: input.text("InstanceType")?.unwrap_or("ml.m5.large").to_owned(),
    })
}

fn capture(input: Members<'_>) -> Result<DataCaptureConfig, Fault> {
    let percent = input.count("InitialSamplingPercentage")?;
    let percent = percent.ok_or_else(|| input.absent("InitialSamplingPercentage"))?;
    let mode = |option: Members<'_>| match option.required_text("CaptureMode")? {
        "Input" => Ok(CaptureMode::Input),
        "Output" => Ok(CaptureMode::Output),
        "InputAndOutput" => Ok(CaptureMode::InputAndOutput),
        other => Err(Fault::invalid(format!(
            "Value '{other}' at 'captureMode' failed to satisfy constraint: \
             Member must satisfy enum value set: [Input, Output, InputAndOutput]"
        ))),
    };
    let header = input.object("CaptureContentTypeHeader")?;
    let types = |name: &str| -> Result<Vec<String>, Fault> {
        let found = header.map(|it| it.texts(name)).transpose()?.unwrap_or_default();
        Ok(found.into_iter().map(str::to_owned).collect())
    };
    Ok(DataCaptureConfig {
        enable: input.flag("EnableCapture")?.unwrap_or(false),
        sampling_percent: u32::try_from(percent).unwrap_or(u32::MAX),
        destination: input.required_text("DestinationS3Uri")?.to_owned(),
        modes: input.objects("CaptureOptions")?.into_iter().map(mode).collect::<Result<_, _>>()?,
        csv_types: types("CsvContentTypes")?,
        json_types: types("JsonContentTypes")?,
        kms_key: input.text("KmsKeyId")?.map(str::to_owned),
    })
}

pub(super) fn describe(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let name = input.required_text("EndpointConfigName")?;
    let config = call.account.call(|all, now| all.sagemaker.describe_endpoint_config(now, name))?;
    let mut told = call.said.about(&config.arn);
    told.remove("Tags");
    if told.is_empty() {
        told = whole(&config);
    }
    told.insert("EndpointConfigArn".to_owned(), config.arn.as_str().into());
    told.insert("CreationTime".to_owned(), seconds(config.created));
    Ok(Value::Object(told))
}

/// Writes a config that no request of the wire made.
fn whole(config: &EndpointConfig) -> Map<String, Value> {
    let variants = config.variants.iter().map(|it| {
        json!({
            "VariantName": it.name,
            "ModelName": it.model,
            "InitialInstanceCount": it.instance_count,
            "InstanceType": it.instance_type,
            "InitialVariantWeight": it.weight,
        })
    });
    let mut told = Map::new();
    told.insert("EndpointConfigName".to_owned(), config.name.as_str().into());
    told.insert("ProductionVariants".to_owned(), variants.collect());
    if let Some(it) = &config.capture {
        let modes = it.modes.iter().map(|mode| json!({"CaptureMode": mode.name()}));
        let mut capture = json!({
            "EnableCapture": it.enable,
            "InitialSamplingPercentage": it.sampling_percent,
            "DestinationS3Uri": it.destination,
            "CaptureOptions": modes.collect::<Vec<_>>(),
        });
        let mut header = Map::new();
        for (name, types) in
            [("CsvContentTypes", &it.csv_types), ("JsonContentTypes", &it.json_types)]
        {
            if !types.is_empty() {
                header.insert(name.to_owned(), json!(types));
            }
        }
        if !header.is_empty() {
            capture["CaptureContentTypeHeader"] = Value::Object(header);
        }
        if let Some(key) = &it.kms_key {
            capture["KmsKeyId"] = key.as_str().into();
        }
        told.insert("DataCaptureConfig".to_owned(), capture);
    }
    told
}

pub(super) fn list(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let listing = listing(input)?;
    let found = call.account.call(|all, now| all.sagemaker.list_endpoint_configs(now, &listing))?;
    Ok(page("EndpointConfigs", &found, |it| {
        json!({
            "EndpointConfigName": it.name,
            "EndpointConfigArn": it.arn,
            "CreationTime": seconds(it.created),
        })
    }))
}

pub(super) fn delete(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let name = input.required_text("EndpointConfigName")?;
    call.account.call(|all, now| all.sagemaker.delete_endpoint_config(now, name))?;
    call.said.forget(&call.account.place().sagemaker_arn("endpoint-config", name));
    Ok(Value::Null)
}
