//! Job definitions, monitoring schedules, executions and processing jobs: the core knows their shapes.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::sagemaker::NamePage;
use crate::sagemaker::shape::{
    CreateJobDefinition, CreateMonitoringSchedule, CreateProcessingJob, MonitoringScheduleConfig,
    MonitoringType, Query, to_json,
};
use crate::wire::{Call, fault::Fault, json::Members};

/// Answers an operation of this family, or `None` where it is none.
pub(super) fn operate(
    call: &Call<'_>,
    operation: &str,
    input: Members<'_>,
) -> Option<Result<Value, Fault>> {
    Some(match operation {
        "CreateMonitoringSchedule" => create_schedule(call, input),
        "UpdateMonitoringSchedule" => update_schedule(call, input),
        "DescribeMonitoringSchedule" => describe_schedule(call, input),
        "ListMonitoringSchedules" => list_schedules(call, input),
        "StartMonitoringSchedule" => on_schedule(call, input, Change::Start),
        "StopMonitoringSchedule" => on_schedule(call, input, Change::Stop),
        "DeleteMonitoringSchedule" => on_schedule(call, input, Change::Delete),
        "ListMonitoringExecutions" => list_executions(call, input),
        "CreateProcessingJob" => create_job(call, input),
        "DescribeProcessingJob" => describe_job(call, input),
        "ListProcessingJobs" => list_jobs(call, input),
        "StopProcessingJob" => stop_job(call, input),
        _ => return definition(call, operation, input),
    })
}

/// Reads the members of a request into a shape of the core.
pub(super) fn shape<T: DeserializeOwned>(input: Members<'_>) -> Result<T, Fault> {
    serde_json::from_value(Value::Object(input.all().clone())).map_err(|why| unreadable(&why))
}

fn unreadable(why: &serde_json::Error) -> Fault {
    Fault::invalid(format!("1 validation error detected: {why}"))
}

/// Writes a page of shapes under the name of its member.
pub(super) fn page<T: Serialize>(name: &str, found: &NamePage<T>) -> Value {
    super::page(name, found, to_json)
}

/// Answers the operations on definitions, whose names hold their family: `CreateModelBiasJobDefinition`.
fn definition(
    call: &Call<'_>,
    operation: &str,
    input: Members<'_>,
) -> Option<Result<Value, Fault>> {
    let verbs = ["Create", "Describe", "Delete", "List"];
    let (verb, rest) =
        verbs.iter().find_map(|verb| Some((*verb, operation.strip_prefix(verb)?)))?;
    let name =
        rest.strip_suffix("JobDefinitions").or_else(|| rest.strip_suffix("JobDefinition"))?;
    let family = MonitoringType::ALL.into_iter().find(|family| family.name() == name)?;
    Some(match verb {
        "Create" => create_definition(call, family, input),
        "Describe" => describe_definition(call, family, input),
        "Delete" => delete_definition(call, family, input),
        _ => list_definitions(call, family, input),
    })
}

/// Has everything brought here that a request names to be read.
fn bring_all(call: &Call<'_>, members: &Map<String, Value>, again: bool) {
    for (name, value) in members {
        match value {
            Value::String(uri) if name.ends_with("Uri") && uri.starts_with("s3://") => {
                call.bring(uri, again);
            }
            Value::Object(inside) if name.contains("Output") => {
                know_all(call, &Value::Object(inside.clone()));
            }
            Value::Object(inside) => bring_all(call, inside, again),
            Value::Array(items) => {
                items.iter().filter_map(Value::as_object).for_each(|it| bring_all(call, it, again));
            }
            _ => {}
        }
    }
}

/// Has the buckets known that a request names to be written to.
fn know_all(call: &Call<'_>, value: &Value) {
    match value {
        Value::String(uri) => call.know(uri),
        Value::Array(items) => items.iter().for_each(|it| know_all(call, it)),
        Value::Object(members) => members.values().for_each(|it| know_all(call, it)),
        _ => {}
    }
}

fn create_definition(
    call: &Call<'_>,
    family: MonitoringType,
    input: Members<'_>,
) -> Result<Value, Fault> {
    bring_all(call, input.all(), true);
    let request = CreateJobDefinition::from_json(family, Value::Object(input.all().clone()));
    let request = request.map_err(|why| unreadable(&why))?;
    let arn =
        call.account.call(|all, now| all.sagemaker.create_job_definition(now, family, request))?;
    Ok(json!({ "JobDefinitionArn": arn }))
}

fn describe_definition(
    call: &Call<'_>,
    family: MonitoringType,
    input: Members<'_>,
) -> Result<Value, Fault> {
    let name = input.required_text("JobDefinitionName")?;
    let found =
        call.account.call(|all, now| all.sagemaker.describe_job_definition(now, family, name))?;
    Ok(found.to_json())
}

fn delete_definition(
    call: &Call<'_>,
    family: MonitoringType,
    input: Members<'_>,
) -> Result<Value, Fault> {
    let name = input.required_text("JobDefinitionName")?;
    call.account.call(|all, now| all.sagemaker.delete_job_definition(now, family, name))?;
    Ok(Value::Null)
}

fn list_definitions(
    call: &Call<'_>,
    family: MonitoringType,
    input: Members<'_>,
) -> Result<Value, Fault> {
    let query: Query = shape(input)?;
    let found =
        call.account.call(|all, now| all.sagemaker.list_job_definitions(now, family, &query))?;
    Ok(page("JobDefinitionSummaries", &found))
}

fn create_schedule(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    bring_all(call, input.all(), true);
    let request: CreateMonitoringSchedule = shape(input)?;
    let arn =
        call.account.call(|all, now| all.sagemaker.create_monitoring_schedule(now, request))?;
    Ok(json!({ "MonitoringScheduleArn": arn }))
}

fn update_schedule(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let name = input.required_text("MonitoringScheduleName")?;
    let config: MonitoringScheduleConfig =
        shape(input.required_object("MonitoringScheduleConfig")?)?;
    let arn = call
        .account
        .call(|all, now| all.sagemaker.update_monitoring_schedule(now, name, config))?;
    Ok(json!({ "MonitoringScheduleArn": arn }))
}

fn describe_schedule(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let name = input.required_text("MonitoringScheduleName")?;
    let found =
        call.account.call(|all, now| all.sagemaker.describe_monitoring_schedule(now, name))?;
    Ok(to_json(&found))
}

fn list_schedules(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let query: Query = shape(input)?;
    let found =
        call.account.call(|all, now| all.sagemaker.list_monitoring_schedules(now, &query))?;
    Ok(page("MonitoringScheduleSummaries", &found))
}

enum Change {
    Start,
    Stop,
    Delete,
}

fn on_schedule(call: &Call<'_>, input: Members<'_>, change: Change) -> Result<Value, Fault> {
    let name = input.required_text("MonitoringScheduleName")?;
    call.account.call(|all, now| match change {
        Change::Start => all.sagemaker.start_monitoring_schedule(now, name),
        Change::Stop => all.sagemaker.stop_monitoring_schedule(now, name),
        Change::Delete => all.sagemaker.delete_monitoring_schedule(now, name),
    })?;
    Ok(Value::Null)
}

fn list_executions(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let query: Query = shape(input)?;
    let found =
        call.account.call(|all, now| all.sagemaker.list_monitoring_executions(now, &query))?;
    Ok(page("MonitoringExecutionSummaries", &found))
}

fn create_job(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    bring_all(call, input.all(), false);
    let request: CreateProcessingJob = shape(input)?;
    let arn = call.account.call(|all, now| all.sagemaker.create_processing_job(now, request))?;
    Ok(json!({ "ProcessingJobArn": arn }))
}

fn describe_job(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let name = input.required_text("ProcessingJobName")?;
    let found = call.account.call(|all, now| all.sagemaker.describe_processing_job(now, name))?;
    let mut told = to_json(&found);
    if let Some(members) = told.as_object_mut() {
        members.remove("Tags");
    }
    Ok(told)
}

fn list_jobs(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let query: Query = shape(input)?;
    let found = call.account.call(|all, now| all.sagemaker.list_processing_jobs(now, &query))?;
    Ok(page("ProcessingJobSummaries", &found))
}

fn stop_job(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let name = input.required_text("ProcessingJobName")?;
    call.account.call(|all, now| all.sagemaker.stop_processing_job(now, name))?;
    Ok(Value::Null)
}
