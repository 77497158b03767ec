//! Tags.

use serde_json::{Value, json};

use crate::wire::{Call, fault::Fault, json::Members};

/// Reads the tags of a request.
pub(super) fn of(input: Members<'_>) -> Result<Vec<(&str, &str)>, Fault> {
    let tags = input.objects("Tags")?;
    if tags.len() > 50 {
        return Err(Fault::invalid("Tags must have at most 50 members"));
    }
    tags.into_iter()
        .map(|tag| Ok((tag.required_text("Key")?, tag.required_text("Value")?)))
        .collect()
}

pub(super) fn add(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let (arn, tags) = (input.required_text("ResourceArn")?, of(input)?);
    let all = call.account.call(|all, now| {
        all.sagemaker.add_tags(now, arn, &tags)?;
        all.sagemaker.list_tags(now, arn)
    })?;
    Ok(json!({ "Tags": told(all) }))
}

pub(super) fn list(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let arn = input.required_text("ResourceArn")?;
    let all = call.account.call(|all, now| all.sagemaker.list_tags(now, arn))?;
    Ok(json!({ "Tags": told(all) }))
}

pub(super) fn delete(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let (arn, keys) = (input.required_text("ResourceArn")?, input.texts("TagKeys")?);
    call.account.call(|all, now| all.sagemaker.delete_tags(now, arn, &keys))?;
    Ok(json!({}))
}

fn told(tags: impl IntoIterator<Item = (String, String)>) -> Vec<Value> {
    tags.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}
