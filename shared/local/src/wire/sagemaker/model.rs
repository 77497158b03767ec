//! Models.

use std::sync::Arc;

use serde_json::{Value, json};

use super::monitor::{page, shape};
use crate::model::{Scorer, artifact};
use crate::sagemaker::shape::{CreateModel, Query, to_json};
use crate::wire::{Call, fault::Fault, json::Members};

pub(super) fn create(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let request: CreateModel = shape(input)?;
    let mut containers = input.objects("Containers")?;
    containers.extend(input.object("PrimaryContainer")?);
    let [container] = containers[..] else {
        return Err(Fault::invalid(
            "a model here has one container: PrimaryContainer, or one of Containers",
        ));
    };
    let runs = load(call, artifact_of(container)?.as_deref());
    let arn = call.account.call(|all, now| all.sagemaker.register_model(now, request, runs))?;
    let mut said = input.all().clone();
    said.remove("Tags");
    call.said.keep(&arn, said);
    Ok(json!({ "ModelArn": arn }))
}

/// Reads where the model lies, old spelling or new.
fn artifact_of(container: Members<'_>) -> Result<Option<String>, Fault> {
    if let Some(url) = container.text("ModelDataUrl")? {
        return Ok(Some(url.to_owned()));
    }
    let source = container.object("ModelDataSource")?;
    let source = source.map(|it| it.required_object("S3DataSource")).transpose()?;
    source.map(|it| it.required_text("S3Uri").map(str::to_owned)).transpose()
}

/// Loads what a container will serve: XGBoost's or a linear model of an artefact, or the churn model without one.
///
/// Whatever is wrong with it, the model is made; its endpoint fails, as on AWS.
fn load(call: &Call<'_>, url: Option<&str>) -> Result<Arc<Scorer>, String> {
    let Some(url) = url else { return Ok(Arc::new(Scorer::churn())) };
    call.bring(url, false);
    let place = url.strip_prefix("s3://").and_then(|path| path.split_once('/'));
    let Some((bucket, key)) = place else { return Err(format!("{url} is not an S3 URI")) };
    let object = call.account.call(|all, now| all.s3.head(now, bucket, key, None));
    let object = object.map_err(|why| format!("model data {url} cannot be read: {why}"))?;
    let scorer = artifact::read(&object.body).map_err(|why| format!("model data {url}: {why}"))?;
    Ok(Arc::new(scorer))
}

pub(super) fn describe(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let name = input.required_text("ModelName")?;
    let found = call.account.call(|all, now| all.sagemaker.describe_model(now, name))?;
    let mut told = to_json(&found);
    if let Some(members) = told.as_object_mut() {
        members.remove("Tags");
        members.extend(call.said.about(&found.model_arn));
    }
    Ok(told)
}

pub(super) fn list(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let query: Query = shape(input)?;
    let found = call.account.call(|all, now| all.sagemaker.list_models(now, &query))?;
    Ok(page("Models", &found))
}

pub(super) fn delete(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let name = input.required_text("ModelName")?;
    call.account.call(|all, now| all.sagemaker.delete_model(now, name))?;
    call.said.forget(&call.account.place().sagemaker_arn("model", name));
    Ok(Value::Null)
}
