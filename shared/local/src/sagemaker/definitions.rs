//! Job definitions: create, describe, list, delete, for four families.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    NamePage, SageMaker,
    limits::Check,
    listing::{self, Entry},
    refusal::{Code, Refused, invalid, refused},
    shape::{
        AppSpecification, BaselineConfig, CreateJobDefinition, JobDefinition, JobDefinitionSummary,
        JobInput, MonitoringOutputConfig, MonitoringType, Query, SortOrder,
    },
};

/// Runs of a monitoring job may take no longer than a day.
pub(super) const LONGEST_RUN: u64 = 86_400;

impl SageMaker {
    /// Creates a job definition and returns its ARN.
    ///
    /// # Errors
    /// `ValidationException` where a member is missing or out of its limits, `ResourceInUse` where the family has a
    /// definition of this name.
    pub fn create_job_definition(
        &mut self,
        now: Timestamp,
        family: MonitoringType,
        request: CreateJobDefinition,
    ) -> Result<String, Refused> {
        self.change(now, move |this, now| {
            this.open_for_monitors()?;
            let mut check = Check::default();
            check_definition(&mut check, family, &request);
            check.done()?;
            let arn = this.place.sagemaker_arn(family.arn_kind(), &request.job_definition_name);
            let key = (family, request.job_definition_name.clone());
            if this.definitions.contains_key(&key) {
                let message = format!("Cannot create already existing job definition \"{arn}\".");
                return Err(refused(Code::ResourceInUse, message));
            }
            if let Some(endpoint) = request.job_input.endpoint() {
                this.endpoint(endpoint)?;
            }
            this.put_tags(&arn, &request.tags);
            let request = Arc::new(CreateJobDefinition { tags: Vec::new(), ..of(family, request) });
            let definition = JobDefinition { family, arn: arn.clone(), created: now, request };
            this.definitions.insert(key, Arc::new(definition));
            Ok(arn)
        })
    }

    /// Describes a job definition.
    pub fn describe_job_definition(
        &mut self,
        now: Timestamp,
        family: MonitoringType,
        name: &str,
    ) -> Result<Arc<JobDefinition>, Refused> {
        self.call(now, |this| this.definition(family, name))
    }

    /// Lists the job definitions of a family, the newest first.
    pub fn list_job_definitions(
        &mut self,
        now: Timestamp,
        family: MonitoringType,
        query: &Query,
    ) -> Result<NamePage<JobDefinitionSummary>, Refused> {
        self.call(now, |this| {
            let of_family = this.definitions.values().filter(|it| it.family == family);
            let wanted = of_family.filter(|it| {
                let endpoint = it.request.job_input.endpoint();
                query.endpoint_name.is_none() || query.endpoint_name.as_deref() == endpoint
            });
            listing::page(
                wanted,
                query,
                SortOrder::Descending,
                |it| Entry::new(it.name(), it.created),
                |it| JobDefinitionSummary {
                    monitoring_job_definition_name: it.name().to_owned(),
                    monitoring_job_definition_arn: it.arn.clone(),
                    creation_time: it.created,
                    endpoint_name: it.request.job_input.endpoint().unwrap_or_default().to_owned(),
                },
            )
        })
    }

    /// Deletes a job definition that no schedule uses.
    ///
    /// # Errors
    /// `ValidationException` while a schedule, even one that is being deleted, names it.
    pub fn delete_job_definition(
        &mut self,
        now: Timestamp,
        family: MonitoringType,
        name: &str,
    ) -> Result<(), Refused> {
        let name = name.to_owned();
        self.change(now, move |this, _| {
            let definition = this.definition(family, &name)?;
            if let Some(schedule) = this.schedule_with(family, &name) {
                return Err(invalid(format!(
                    "Cannot delete job definition \"{}\": it is in use by monitoring schedule \"{schedule}\".",
                    definition.arn
                )));
            }
            this.tags.remove(&definition.arn);
            this.definitions.remove(&(family, name));
            Ok(())
        })
    }

    pub(super) fn definition(
        &self,
        family: MonitoringType,
        name: &str,
    ) -> Result<Arc<JobDefinition>, Refused> {
        self.definitions.get(&(family, name.to_owned())).cloned().ok_or_else(|| {
            let arn = self.place.sagemaker_arn(family.arn_kind(), name);
            refused(Code::ResourceNotFound, format!("Could not find job definition \"{arn}\"."))
        })
    }
}

/// Leaves out the members that only other families have, as the API passes them over.
fn of(family: MonitoringType, mut request: CreateJobDefinition) -> CreateJobDefinition {
    let app = &mut request.app_specification;
    if is_clarify(family) {
        (app.container_entrypoint, app.container_arguments) = (None, None);
        (app.record_preprocessor_source_uri, app.post_analytics_processor_source_uri) =
            (None, None);
    } else {
        app.config_uri = None;
    }
    if family != MonitoringType::ModelQuality {
        app.problem_type = None;
    }
    if !family.has_ground_truth() {
        request.job_input.ground_truth = None;
    }
    if family != MonitoringType::DataQuality
        && let Some(baseline) = &mut request.baseline_config
    {
        baseline.statistics_resource = None;
    }
    request
}

fn is_clarify(family: MonitoringType) -> bool {
    matches!(family, MonitoringType::ModelBias | MonitoringType::ModelExplainability)
}

/// Checks a definition of a family against the API's limits.
fn check_definition(check: &mut Check, family: MonitoringType, request: &CreateJobDefinition) {
    check.name("jobDefinitionName", &request.job_definition_name);
    check_app(check, family, &request.app_specification);
    check_input(check, family, &request.job_input);
    check_rest(check, request);
    check.tags(&request.tags);
}

/// Checks what a definition that is written out in a schedule has in common with one that has a name.
pub(super) fn check_rest(check: &mut Check, request: &CreateJobDefinition) {
    check_baseline(check, request.baseline_config.as_ref());
    check_outputs(check, &request.job_output_config);
    check.resources("jobResources", &request.job_resources);
    check.network(request.network_config.as_ref());
    check.role("roleArn", &request.role_arn);
    check.stopping(request.stopping_condition, LONGEST_RUN);
}

pub(super) fn check_app(check: &mut Check, family: MonitoringType, app: &AppSpecification) {
    check.image("appSpecification.imageUri", &app.image_uri);
    check.words("appSpecification.containerEntrypoint", app.container_entrypoint.as_ref(), 100);
    check.words("appSpecification.containerArguments", app.container_arguments.as_ref(), 50);
    check.environment("appSpecification.environment", app.environment.as_ref(), 50);
    let scripts = [
        ("recordPreprocessorSourceUri", &app.record_preprocessor_source_uri),
        ("postAnalyticsProcessorSourceUri", &app.post_analytics_processor_source_uri),
        ("configUri", &app.config_uri),
    ];
    for (member, uri) in scripts {
        check.optional_s3_uri(&format!("appSpecification.{member}"), uri.as_ref(), 1024);
    }
    if is_clarify(family) && app.config_uri.is_none() {
        check.fault("null", "appSpecification.configUri", "Member must not be null");
    }
    if let Some(problem) = &app.problem_type {
        let known = ["BinaryClassification", "MulticlassClassification", "Regression"];
        if !known.contains(&problem.as_str()) {
            let why = "Member must satisfy enum value set: [Regression, MulticlassClassification, BinaryClassification]";
            check.fault(problem, "appSpecification.problemType", why);
        }
    }
}

pub(super) fn check_input(check: &mut Check, family: MonitoringType, input: &JobInput) {
    if input.endpoint_input.is_some() == input.batch_transform_input.is_some() {
        let why = "exactly one of EndpointInput and BatchTransformInput is required";
        check.fault("null", "jobInput", why);
    }
    if let Some(endpoint) = &input.endpoint_input {
        check.name("jobInput.endpointInput.endpointName", &endpoint.endpoint_name);
        check.length("jobInput.endpointInput.localPath", &endpoint.local_path, 0, 256);
        check_offsets(check, [&endpoint.start_time_offset, &endpoint.end_time_offset]);
        let excluded = endpoint.exclude_features_attribute.as_deref().unwrap_or_default();
        check.length("jobInput.endpointInput.excludeFeaturesAttribute", excluded, 0, 100);
    }
    if let Some(batch) = &input.batch_transform_input {
        let uri = &batch.captured_destination;
        check.s3_uri("jobInput.batchTransformInput.dataCapturedDestinationS3Uri", uri, 512);
        check.length("jobInput.batchTransformInput.localPath", &batch.local_path, 0, 256);
        check_offsets(check, [&batch.start_time_offset, &batch.end_time_offset]);
    }
    match &input.ground_truth {
        Some(labels) => {
            check.optional_s3_uri("jobInput.groundTruthS3Input.s3Uri", labels.s3_uri.as_ref(), 512);
        }
        None if family.has_ground_truth() => {
            check.fault("null", "jobInput.groundTruthS3Input", "Member must not be null");
        }
        None => {}
    }
}

fn check_offsets(check: &mut Check, offsets: [&Option<String>; 2]) {
    for offset in offsets.into_iter().flatten() {
        check.length("jobInput.timeOffset", offset, 1, 15);
        if super::expression::offset(offset).is_none() {
            let why = "Member must satisfy regular expression pattern: ^.?P.*";
            check.fault(offset, "jobInput.timeOffset", why);
        }
    }
}

fn check_baseline(check: &mut Check, baseline: Option<&BaselineConfig>) {
    let Some(baseline) = baseline else { return };
    if let Some(job) = &baseline.baselining_job_name {
        check.name("baselineConfig.baseliningJobName", job);
    }
    for resource in [&baseline.constraints_resource, &baseline.statistics_resource] {
        let uri = resource.as_ref().and_then(|it| it.s3_uri.as_ref());
        check.optional_s3_uri("baselineConfig.s3Uri", uri, 1024);
    }
}

fn check_outputs(check: &mut Check, config: &MonitoringOutputConfig) {
    let member = "jobOutputConfig.monitoringOutputs";
    check.count(member, config.monitoring_outputs.len(), 1, 1);
    for output in &config.monitoring_outputs {
        check.s3_uri(&format!("{member}.s3Output.s3Uri"), &output.s3_output.s3_uri, 512);
        check.length(&format!("{member}.s3Output.localPath"), &output.s3_output.local_path, 0, 256);
    }
}
