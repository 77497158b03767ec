use super::parts::{cluster_config, family, network, network_config, tags, upload, upload_mode};
use super::{PAGE, call_failed};
use crate::Aws;
use crate::rights::{job_facts, tagged};
use engine::monitor::MonitorType;
use local::iam::Context;
use local::sagemaker::shape::{
    self, AppSpecification, BaselineConfig, CreateJobDefinition, EndpointInput, JobInput,
    MonitoringOutput, MonitoringOutputConfig, MonitoringResources, MonitoringS3Output,
    MonitoringType, Query, S3Resource, StoppingCondition,
};
use ports::{
    Analysis, CallFailed, ChangeDefinitions, Cluster, DefinitionPage, JobDefinition, JobOutput,
    ListedDefinition, MonitorInput, ProblemType, ReadDefinitions, Scripts, Trouble,
};
use std::collections::BTreeMap;

fn resource(uri: Option<&String>) -> Option<S3Resource> {
    uri.map(|it| S3Resource { s3_uri: Some(it.clone()) })
}

fn app(it: &JobDefinition) -> AppSpecification {
    let app = AppSpecification {
        image_uri: it.image.clone(),
        environment: (!it.environment.is_empty()).then(|| it.environment.clone()),
        ..AppSpecification::default()
    };
    let scripted = |scripts: &Scripts| AppSpecification {
        record_preprocessor_source_uri: scripts.record_preprocessor.clone(),
        post_analytics_processor_source_uri: scripts.post_analytics.clone(),
        ..app.clone()
    };
    match &it.analysis {
        Analysis::DataQuality { scripts, .. } => scripted(scripts),
        Analysis::ModelQuality { scripts, problem, .. } => {
            AppSpecification { problem_type: Some(problem.word().into()), ..scripted(scripts) }
        }
        Analysis::ModelBias { config, .. } | Analysis::ModelExplainability { config, .. } => {
            AppSpecification { config_uri: Some(config.clone()), ..app }
        }
    }
}

fn baseline(it: &Analysis) -> Option<BaselineConfig> {
    let statistics = match it {
        Analysis::DataQuality { statistics, .. } => statistics.as_ref(),
        _ => None,
    };
    let constraints = it.constraints().map(str::to_owned);
    (constraints.is_some() || statistics.is_some()).then(|| BaselineConfig {
        baselining_job_name: None,
        constraints_resource: resource(constraints.as_ref()),
        statistics_resource: resource(statistics),
    })
}

fn request(it: &JobDefinition) -> CreateJobDefinition {
    let ground_truth = match &it.analysis {
        Analysis::ModelQuality { ground_truth, .. } | Analysis::ModelBias { ground_truth, .. } => {
            Some(ground_truth)
        }
        Analysis::DataQuality { .. } | Analysis::ModelExplainability { .. } => None,
    };
    let input = EndpointInput {
        endpoint_name: it.input.endpoint.clone(),
        local_path: it.input.local_path.clone(),
        features_attribute: it.input.features_attribute.clone(),
        inference_attribute: it.input.inference_attribute.clone(),
        probability_attribute: it.input.probability_attribute.clone(),
        probability_threshold_attribute: it.input.probability_threshold,
        exclude_features_attribute: it.input.exclude_features.clone(),
        start_time_offset: it.input.start_offset.clone(),
        end_time_offset: it.input.end_offset.clone(),
        ..EndpointInput::default()
    };
    let output = MonitoringS3Output {
        s3_uri: it.output.s3_uri.clone(),
        local_path: it.output.local_path.clone(),
        s3_upload_mode: Some(upload_mode(it.output.upload)),
    };
    let stop = |it| StoppingCondition { max_runtime_in_seconds: it };
    CreateJobDefinition {
        job_definition_name: it.name.clone(),
        baseline_config: baseline(&it.analysis),
        app_specification: app(it),
        job_input: JobInput {
            endpoint_input: Some(input),
            batch_transform_input: None,
            ground_truth: resource(ground_truth),
        },
        job_output_config: MonitoringOutputConfig {
            monitoring_outputs: vec![MonitoringOutput { s3_output: output }],
            kms_key_id: it.output_key.clone(),
        },
        job_resources: MonitoringResources { cluster_config: cluster_config(&it.cluster) },
        network_config: Some(network_config(&it.network)),
        role_arn: it.role.clone(),
        stopping_condition: it.max_runtime_seconds.map(stop),
        tags: tags(&it.tags),
    }
}

fn analysis(it: &shape::JobDefinition) -> Result<Analysis, CallFailed> {
    let request = &it.request;
    let app = &request.app_specification;
    let uri = |it: Option<&S3Resource>| it.and_then(|it| it.s3_uri.clone());
    let baseline = request.baseline_config.as_ref();
    let constraints = uri(baseline.and_then(|it| it.constraints_resource.as_ref()));
    let ground_truth = uri(request.job_input.ground_truth.as_ref()).unwrap_or_default();
    let config = app.config_uri.clone().unwrap_or_default();
    let scripts = Scripts {
        record_preprocessor: app.record_preprocessor_source_uri.clone(),
        post_analytics: app.post_analytics_processor_source_uri.clone(),
    };
    Ok(match it.family {
        MonitoringType::DataQuality => Analysis::DataQuality {
            scripts,
            constraints,
            statistics: uri(baseline.and_then(|it| it.statistics_resource.as_ref())),
        },
        MonitoringType::ModelQuality => {
            let problem = app.problem_type.as_deref().and_then(ProblemType::parse);
            let unknown = || {
                let why = format!("definition {} names no problem type", it.name());
                CallFailed::Other(Trouble::lasting(why))
            };
            let problem = problem.ok_or_else(unknown)?;
            Analysis::ModelQuality { scripts, problem, ground_truth, constraints }
        }
        MonitoringType::ModelBias => Analysis::ModelBias { config, ground_truth, constraints },
        MonitoringType::ModelExplainability => {
            Analysis::ModelExplainability { config, constraints }
        }
    })
}

fn definition(
    it: &shape::JobDefinition,
    tags: BTreeMap<String, String>,
) -> Result<JobDefinition, CallFailed> {
    let request = &it.request;
    let input = request.job_input.endpoint_input.clone().unwrap_or_default();
    let outputs = request.job_output_config.monitoring_outputs.first();
    let output = outputs.map(|it| &it.s3_output);
    let cluster = &request.job_resources.cluster_config;
    Ok(JobDefinition {
        name: it.name().to_owned(),
        image: request.app_specification.image_uri.clone(),
        environment: request.app_specification.environment.clone().unwrap_or_default(),
        analysis: analysis(it)?,
        input: MonitorInput {
            endpoint: input.endpoint_name,
            local_path: input.local_path,
            features_attribute: input.features_attribute,
            inference_attribute: input.inference_attribute,
            probability_attribute: input.probability_attribute,
            probability_threshold: input.probability_threshold_attribute,
            exclude_features: input.exclude_features_attribute,
            start_offset: input.start_time_offset,
            end_offset: input.end_time_offset,
        },
        output: JobOutput {
            name: String::new(),
            s3_uri: output.map_or_else(String::new, |it| it.s3_uri.clone()),
            local_path: output.map_or_else(String::new, |it| it.local_path.clone()),
            upload: upload(output.and_then(|it| it.s3_upload_mode)),
        },
        output_key: request.job_output_config.kms_key_id.clone(),
        cluster: Cluster {
            instance_count: cluster.instance_count,
            instance_type: cluster.instance_type.clone(),
            volume_gb: cluster.volume_size_in_gb,
            volume_key: cluster.volume_kms_key_id.clone(),
        },
        network: network(request.network_config.as_ref()),
        role: request.role_arn.clone(),
        max_runtime_seconds: request.stopping_condition.map(|it| it.max_runtime_in_seconds),
        tags,
    })
}

/// Returns the part of an ARN that says what a definition is of.
fn resource_kind(kind: MonitorType) -> &'static str {
    match kind {
        MonitorType::DataQuality => "data-quality-job-definition",
        MonitorType::ModelQuality => "model-quality-job-definition",
        MonitorType::ModelBias => "model-bias-job-definition",
        MonitorType::ModelExplainability => "model-explainability-job-definition",
    }
}

/// Returns an action such as `DescribeDataQualityJobDefinition`.
fn verb(verb: &str, kind: MonitorType, ending: &str) -> String {
    let family = match kind {
        MonitorType::DataQuality => "DataQuality",
        MonitorType::ModelQuality => "ModelQuality",
        MonitorType::ModelBias => "ModelBias",
        MonitorType::ModelExplainability => "ModelExplainability",
    };
    format!("{verb}{family}JobDefinition{ending}")
}

impl ReadDefinitions for Aws {
    async fn describe_definition(
        &self,
        kind: MonitorType,
        name: &str,
    ) -> Result<JobDefinition, CallFailed> {
        let resource = resource_kind(kind);
        let none = Context::none();
        self.may_sagemaker(&verb("Describe", kind, ""), resource, name, &none)?;
        self.may_sagemaker("ListTags", resource, name, &none)?;
        let found =
            self.call(|aws, now| aws.sagemaker.describe_job_definition(now, family(kind), name));
        let found = found.map_err(call_failed)?;
        let tags = self.call(|aws, now| aws.sagemaker.list_tags(now, &found.arn));
        definition(&found, tags.map_err(call_failed)?)
    }

    async fn list_definitions(
        &self,
        kind: MonitorType,
        endpoint: &str,
        from: Option<&str>,
    ) -> Result<DefinitionPage, CallFailed> {
        self.may_sagemaker(&verb("List", kind, "s"), "*", "*", &Context::none())?;
        let query = Query {
            endpoint_name: Some(endpoint.to_owned()),
            max_results: Some(PAGE),
            next_token: from.map(str::to_owned),
            ..Query::default()
        };
        let page =
            self.call(|aws, now| aws.sagemaker.list_job_definitions(now, family(kind), &query));
        let page = page.map_err(call_failed)?;
        let listed = page.entries.into_iter().map(|it| ListedDefinition {
            name: it.monitoring_job_definition_name,
            created_ms: it.creation_time.as_millisecond(),
        });
        Ok(DefinitionPage { definitions: listed.collect(), next: page.next_token })
    }
}

impl ChangeDefinitions for Aws {
    async fn create_definition(&self, it: &JobDefinition) -> Result<(), CallFailed> {
        let kind = it.analysis.kind();
        let facts =
            job_facts(&it.cluster, &it.network, it.max_runtime_seconds, it.output_key.as_ref());
        let facts = tagged(facts, &it.tags);
        self.may_sagemaker(&verb("Create", kind, ""), resource_kind(kind), &it.name, &facts)?;
        self.may_tag(resource_kind(kind), &it.name, &it.tags)?;
        self.may_pass(&it.role)?;
        let family = family(kind);
        let request = request(it);
        let made = self.call(|aws, now| aws.sagemaker.create_job_definition(now, family, request));
        made.map(drop).map_err(call_failed)
    }

    async fn delete_definition(&self, kind: MonitorType, name: &str) -> Result<(), CallFailed> {
        let (verb, none) = (verb("Delete", kind, ""), Context::none());
        self.may_sagemaker(&verb, resource_kind(kind), name, &none)?;
        let done =
            self.call(|aws, now| aws.sagemaker.delete_job_definition(now, family(kind), name));
        done.map_err(call_failed)
    }
}
