//! SageMaker's control plane.
//!
//! What requests say beyond what the services keep, such as instance settings or KMS keys, is [`Said`]: it is repeated
//! when asked and means nothing here.

mod config;
mod endpoint;
mod model;
mod monitor;
mod tags;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::{Call, fault::Fault, json::Members};
use crate::sagemaker::{EndpointStatus, Listing, NamePage};

/// Requests by the ARN of what they made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said(Arc<Mutex<BTreeMap<String, Map<String, Value>>>>);

impl Said {
    fn keep(&self, arn: &str, members: Map<String, Value>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(arn.to_owned(), members);
    }

    fn about(&self, arn: &str) -> Map<String, Value> {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.get(arn).cloned().unwrap_or_default()
    }

    fn forget(&self, arn: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(arn);
    }
}

pub(super) fn operate(
    call: &Call<'_>,
    operation: &str,
    input: Members<'_>,
) -> Result<Value, Fault> {
    match operation {
        "CreateModel" => model::create(call, input),
        "DescribeModel" => model::describe(call, input),
        "ListModels" => model::list(call, input),
        "DeleteModel" => model::delete(call, input),
        "CreateEndpointConfig" => config::create(call, input),
        "DescribeEndpointConfig" => config::describe(call, input),
        "ListEndpointConfigs" => config::list(call, input),
        "DeleteEndpointConfig" => config::delete(call, input),
        "CreateEndpoint" => endpoint::create(call, input),
        "UpdateEndpoint" => endpoint::update(call, input),
        "DescribeEndpoint" => endpoint::describe(call, input),
        "ListEndpoints" => endpoint::list(call, input),
        "DeleteEndpoint" => endpoint::delete(call, input),
        "AddTags" => tags::add(call, input),
        "ListTags" => tags::list(call, input),
        "DeleteTags" => tags::delete(call, input),
        other => monitor::operate(call, other, input).unwrap_or_else(|| Err(Fault::unknown(other))),
    }
}

/// Reads what a list of endpoints or configs asks for.
fn listing(input: Members<'_>) -> Result<Listing, Fault> {
    for name in input.all().keys() {
        let played = match name.as_str() {
            "NameContains" | "StatusEquals" | "MaxResults" | "NextToken" => true,
            // What the core does anyway.
            "SortBy" => input.text(name)?.is_none_or(|it| it == "CreationTime"),
            "SortOrder" => input.text(name)?.is_none_or(|it| it == "Descending"),
            _ => input.get(name).is_none(),
        };
        if !played {
            return Err(Fault::invalid(format!("{name} of this list is not in the stand-in")));
        }
    }
    let status = input.text("StatusEquals")?.map(|text| {
        let known = [
            EndpointStatus::Creating,
            EndpointStatus::InService,
            EndpointStatus::Updating,
            EndpointStatus::Deleting,
            EndpointStatus::Failed,
        ];
        let found = known.into_iter().find(|it| it.name() == text);
        found.ok_or_else(|| Fault::invalid(format!("StatusEquals {text} is not in the stand-in")))
    });
    Ok(Listing {
        name_contains: input.text("NameContains")?.map(str::to_owned),
        status: status.transpose()?,
        max_results: input.count("MaxResults")?.map(|it| it as usize),
        next_token: input.text("NextToken")?.map(str::to_owned),
    })
}

/// Writes a page of a list under the name of its member.
fn page<T>(name: &str, page: &NamePage<T>, entry: impl Fn(&T) -> Value) -> Value {
    let mut answer = json!({ name: page.entries.iter().map(entry).collect::<Vec<_>>() });
    if let Some(token) = &page.next_token {
        answer["NextToken"] = token.as_str().into();
    }
    answer
}
