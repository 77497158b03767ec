use super::parts::{
    job_network, map, millis, monitoring_cluster, monitoring_network, monitoring_output,
    monitoring_resources, number, output_of, sdk_map, sdk_tags, seconds, text,
};
use crate::{Aws, failed::Failed};
use aws_sdk_sagemaker::types::{
    DataQualityAppSpecification, DataQualityBaselineConfig, DataQualityJobInput, EndpointInput,
    ModelBiasAppSpecification, ModelBiasBaselineConfig, ModelBiasJobInput,
    ModelExplainabilityAppSpecification, ModelExplainabilityBaselineConfig,
    ModelExplainabilityJobInput, ModelQualityAppSpecification, ModelQualityBaselineConfig,
    ModelQualityJobInput, MonitoringConstraintsResource, MonitoringGroundTruthS3Input,
    MonitoringJobDefinitionSummary, MonitoringProblemType, MonitoringStatisticsResource,
    MonitoringStoppingCondition,
};
use engine::monitor::MonitorType;
use ports::{
    Analysis, CallFailed, ChangeDefinitions, DefinitionPage, JobDefinition, ListedDefinition,
    MonitorInput, ProblemType, ReadDefinitions, Scripts, Trouble,
};

/// Lines of one page, the most that AWS gives.
const PAGE: i32 = 100;

fn endpoint_input(it: &MonitorInput) -> EndpointInput {
    EndpointInput::builder()
        .endpoint_name(&it.endpoint)
        .local_path(&it.local_path)
        .set_features_attribute(it.features_attribute.clone())
        .set_inference_attribute(it.inference_attribute.clone())
        .set_probability_attribute(it.probability_attribute.clone())
        .set_probability_threshold_attribute(it.probability_threshold)
        .set_start_time_offset(it.start_offset.clone())
        .set_end_time_offset(it.end_offset.clone())
        .set_exclude_features_attribute(it.exclude_features.clone())
        .build()
}

fn input_of(it: Option<&EndpointInput>) -> MonitorInput {
    it.map_or_else(MonitorInput::default, |it| MonitorInput {
        endpoint: text(it.endpoint_name()),
        local_path: text(it.local_path()),
        features_attribute: it.features_attribute.clone(),
        inference_attribute: it.inference_attribute.clone(),
        probability_attribute: it.probability_attribute.clone(),
        probability_threshold: it.probability_threshold_attribute,
        exclude_features: it.exclude_features_attribute.clone(),
        start_offset: it.start_time_offset.clone(),
        end_offset: it.end_time_offset.clone(),
    })
}

fn constraints(uri: Option<&String>) -> Option<MonitoringConstraintsResource> {
    uri.map(|it| MonitoringConstraintsResource::builder().s3_uri(it).build())
}

fn labels(uri: &str) -> MonitoringGroundTruthS3Input {
    MonitoringGroundTruthS3Input::builder().s3_uri(uri).build()
}

fn uri(it: Option<&MonitoringConstraintsResource>) -> Option<String> {
    it.and_then(|it| it.s3_uri.clone())
}

fn stop(it: &JobDefinition) -> Option<MonitoringStoppingCondition> {
    it.max_runtime_seconds
        .map(|it| MonitoringStoppingCondition::builder().max_runtime_in_seconds(number(it)).build())
}

/// Fills what the four kinds of definitions share, and sends the call.
macro_rules! create {
    ($call:expr, $name:literal, $it:ident, $set_output:ident) => {
        $call
            .job_definition_name(&$it.name)
            .$set_output(monitoring_output(&$it.output, $it.output_key.as_ref()))
            .job_resources(monitoring_resources(&$it.cluster))
            .network_config(monitoring_network(&$it.network))
            .role_arn(&$it.role)
            .set_stopping_condition(stop($it))
            .set_tags(Some(sdk_tags(&$it.tags)))
            .send()
            .await
            .map(drop)
            .map_err(|why| Failed::of($name, &why).call())
    };
}

/// Reads what the four kinds share.
macro_rules! described {
    ($found:ident, $analysis:expr, $application:ident, $input:ident, $output:ident) => {{
        let analysis = $analysis;
        let application = $found.$application();
        let output = $found.$output();
        let stop = $found.stopping_condition().and_then(|it| it.max_runtime_in_seconds());
        let it = JobDefinition {
            name: text($found.job_definition_name()),
            image: text(application.and_then(|it| it.image_uri())),
            environment: map(application.and_then(|it| it.environment())),
            analysis,
            input: input_of($found.$input().and_then(|it| it.endpoint_input())),
            output: output_of(output),
            output_key: output.and_then(|it| it.kms_key_id.clone()),
            cluster: monitoring_cluster($found.job_resources()),
            network: job_network($found.network_config()),
            role: text($found.role_arn()),
            max_runtime_seconds: seconds(stop),
            tags: std::collections::BTreeMap::new(),
        };
        (it, text($found.job_definition_arn()))
    }};
}

macro_rules! page {
    ($call:expr, $name:literal, $endpoint:ident, $from:ident) => {{
        let page = $call
            .endpoint_name($endpoint)
            .set_next_token($from.map(str::to_owned))
            .max_results(PAGE)
            .send()
            .await
            .map_err(|why| Failed::of($name, &why).call())?;
        (page.job_definition_summaries.unwrap_or_default(), page.next_token)
    }};
}

fn listed(it: MonitoringJobDefinitionSummary) -> ListedDefinition {
    ListedDefinition {
        created_ms: millis(it.creation_time()).unwrap_or_default(),
        name: it.monitoring_job_definition_name.unwrap_or_default(),
    }
}

impl ReadDefinitions for Aws {
    async fn describe_definition(
        &self,
        kind: MonitorType,
        name: &str,
    ) -> Result<JobDefinition, CallFailed> {
        let (it, arn) = match kind {
            MonitorType::DataQuality => self.data_quality(name).await?,
            MonitorType::ModelQuality => self.model_quality(name).await?,
            MonitorType::ModelBias => self.model_bias(name).await?,
            MonitorType::ModelExplainability => self.model_explainability(name).await?,
        };
        let tags = self.tags_of(&arn).await.map_err(Failed::call)?;
        Ok(JobDefinition { tags, ..it })
    }

    async fn list_definitions(
        &self,
        kind: MonitorType,
        endpoint: &str,
        from: Option<&str>,
    ) -> Result<DefinitionPage, CallFailed> {
        let sdk = self.sagemaker();
        let (all, next) = match kind {
            MonitorType::DataQuality => page!(
                sdk.list_data_quality_job_definitions(),
                "ListDataQualityJobDefinitions",
                endpoint,
                from
            ),
            MonitorType::ModelQuality => page!(
                sdk.list_model_quality_job_definitions(),
                "ListModelQualityJobDefinitions",
                endpoint,
                from
            ),
            MonitorType::ModelBias => page!(
                sdk.list_model_bias_job_definitions(),
                "ListModelBiasJobDefinitions",
                endpoint,
                from
            ),
            MonitorType::ModelExplainability => page!(
                sdk.list_model_explainability_job_definitions(),
                "ListModelExplainabilityJobDefinitions",
                endpoint,
                from
            ),
        };
        Ok(DefinitionPage { definitions: all.into_iter().map(listed).collect(), next })
    }
}

impl Aws {
    async fn data_quality(&self, name: &str) -> Result<(JobDefinition, String), CallFailed> {
        let call = self.sagemaker().describe_data_quality_job_definition();
        let it = call.job_definition_name(name).send().await;
        let it = it.map_err(|why| Failed::of("DescribeDataQualityJobDefinition", &why).call())?;
        let application = it.data_quality_app_specification();
        let baseline = it.data_quality_baseline_config();
        let statistics = baseline.and_then(|it| it.statistics_resource());
        let analysis = Analysis::DataQuality {
            scripts: Scripts {
                record_preprocessor: application
                    .and_then(|it| it.record_preprocessor_source_uri.clone()),
                post_analytics: application
                    .and_then(|it| it.post_analytics_processor_source_uri.clone()),
            },
            constraints: uri(baseline.and_then(|it| it.constraints_resource())),
            statistics: statistics.and_then(|it| it.s3_uri.clone()),
        };
        Ok(described!(
            it,
            analysis,
            data_quality_app_specification,
            data_quality_job_input,
            data_quality_job_output_config
        ))
    }

    async fn model_quality(&self, name: &str) -> Result<(JobDefinition, String), CallFailed> {
        let call = self.sagemaker().describe_model_quality_job_definition();
        let it = call.job_definition_name(name).send().await;
        let it = it.map_err(|why| Failed::of("DescribeModelQualityJobDefinition", &why).call())?;
        let application = it.model_quality_app_specification();
        let baseline = it.model_quality_baseline_config();
        let truth = it.model_quality_job_input().and_then(|it| it.ground_truth_s3_input());
        let problem = application.and_then(|it| it.problem_type()).map_or("", |it| it.as_str());
        let problem = ProblemType::parse(problem).ok_or_else(|| {
            let why = format!("definition {name} has the unknown problem type {problem:?}");
            CallFailed::Other(Trouble::lasting(why))
        })?;
        let analysis = Analysis::ModelQuality {
            scripts: Scripts {
                record_preprocessor: application
                    .and_then(|it| it.record_preprocessor_source_uri.clone()),
                post_analytics: application
                    .and_then(|it| it.post_analytics_processor_source_uri.clone()),
            },
            problem,
            ground_truth: text(truth.and_then(|it| it.s3_uri())),
            constraints: uri(baseline.and_then(|it| it.constraints_resource())),
        };
        Ok(described!(
            it,
            analysis,
            model_quality_app_specification,
            model_quality_job_input,
            model_quality_job_output_config
        ))
    }

    async fn model_bias(&self, name: &str) -> Result<(JobDefinition, String), CallFailed> {
        let call = self.sagemaker().describe_model_bias_job_definition();
        let it = call.job_definition_name(name).send().await;
        let it = it.map_err(|why| Failed::of("DescribeModelBiasJobDefinition", &why).call())?;
        let baseline = it.model_bias_baseline_config();
        let truth = it.model_bias_job_input().and_then(|it| it.ground_truth_s3_input());
        let analysis = Analysis::ModelBias {
            config: text(it.model_bias_app_specification().and_then(|it| it.config_uri())),
            ground_truth: text(truth.and_then(|it| it.s3_uri())),
            constraints: uri(baseline.and_then(|it| it.constraints_resource())),
        };
        Ok(described!(
            it,
            analysis,
            model_bias_app_specification,
            model_bias_job_input,
            model_bias_job_output_config
        ))
    }

    async fn model_explainability(
        &self,
        name: &str,
    ) -> Result<(JobDefinition, String), CallFailed> {
        let call = self.sagemaker().describe_model_explainability_job_definition();
        let it = call.job_definition_name(name).send().await;
        let it =
            it.map_err(|why| Failed::of("DescribeModelExplainabilityJobDefinition", &why).call())?;
        let application = it.model_explainability_app_specification();
        let baseline = it.model_explainability_baseline_config();
        let analysis = Analysis::ModelExplainability {
            config: text(application.and_then(|it| it.config_uri())),
            constraints: uri(baseline.and_then(|it| it.constraints_resource())),
        };
        Ok(described!(
            it,
            analysis,
            model_explainability_app_specification,
            model_explainability_job_input,
            model_explainability_job_output_config
        ))
    }

    async fn create_data_quality(
        &self,
        it: &JobDefinition,
        scripts: &Scripts,
        files: (Option<&String>, Option<&String>),
    ) -> Result<(), CallFailed> {
        let application = DataQualityAppSpecification::builder()
            .image_uri(&it.image)
            .set_environment(sdk_map(&it.environment))
            .set_record_preprocessor_source_uri(scripts.record_preprocessor.clone())
            .set_post_analytics_processor_source_uri(scripts.post_analytics.clone());
        let statistics =
            files.1.map(|it| MonitoringStatisticsResource::builder().s3_uri(it).build());
        let baseline = DataQualityBaselineConfig::builder()
            .set_constraints_resource(constraints(files.0))
            .set_statistics_resource(statistics);
        let known = files.0.is_some() || files.1.is_some();
        let input = DataQualityJobInput::builder().endpoint_input(endpoint_input(&it.input));
        let call = self
            .sagemaker()
            .create_data_quality_job_definition()
            .data_quality_app_specification(application.build())
            .data_quality_job_input(input.build())
            .set_data_quality_baseline_config(known.then(|| baseline.build()));
        create!(call, "CreateDataQualityJobDefinition", it, data_quality_job_output_config)
    }

    async fn create_model_quality(
        &self,
        it: &JobDefinition,
        scripts: &Scripts,
        problem: ProblemType,
        truth: &str,
        file: Option<&String>,
    ) -> Result<(), CallFailed> {
        let application = ModelQualityAppSpecification::builder()
            .image_uri(&it.image)
            .set_environment(sdk_map(&it.environment))
            .problem_type(MonitoringProblemType::from(problem.word()))
            .set_record_preprocessor_source_uri(scripts.record_preprocessor.clone())
            .set_post_analytics_processor_source_uri(scripts.post_analytics.clone());
        let baseline = file.map(|it| {
            let baseline = ModelQualityBaselineConfig::builder();
            baseline.set_constraints_resource(constraints(Some(it))).build()
        });
        let input = ModelQualityJobInput::builder()
            .endpoint_input(endpoint_input(&it.input))
            .ground_truth_s3_input(labels(truth));
        let call = self
            .sagemaker()
            .create_model_quality_job_definition()
            .model_quality_app_specification(application.build())
            .model_quality_job_input(input.build())
            .set_model_quality_baseline_config(baseline);
        create!(call, "CreateModelQualityJobDefinition", it, model_quality_job_output_config)
    }

    async fn create_model_bias(
        &self,
        it: &JobDefinition,
        config: &str,
        truth: &str,
        file: Option<&String>,
    ) -> Result<(), CallFailed> {
        let application = ModelBiasAppSpecification::builder()
            .image_uri(&it.image)
            .config_uri(config)
            .set_environment(sdk_map(&it.environment));
        let baseline = file.map(|it| {
            let baseline = ModelBiasBaselineConfig::builder();
            baseline.set_constraints_resource(constraints(Some(it))).build()
        });
        let input = ModelBiasJobInput::builder()
            .endpoint_input(endpoint_input(&it.input))
            .ground_truth_s3_input(labels(truth));
        let call = self
            .sagemaker()
            .create_model_bias_job_definition()
            .model_bias_app_specification(application.build())
            .model_bias_job_input(input.build())
            .set_model_bias_baseline_config(baseline);
        create!(call, "CreateModelBiasJobDefinition", it, model_bias_job_output_config)
    }

    async fn create_model_explainability(
        &self,
        it: &JobDefinition,
        config: &str,
        file: Option<&String>,
    ) -> Result<(), CallFailed> {
        let application = ModelExplainabilityAppSpecification::builder()
            .image_uri(&it.image)
            .config_uri(config)
            .set_environment(sdk_map(&it.environment));
        let baseline = file.map(|it| {
            let baseline = ModelExplainabilityBaselineConfig::builder();
            baseline.set_constraints_resource(constraints(Some(it))).build()
        });
        let input = ModelExplainabilityJobInput::builder();
        let call = self
            .sagemaker()
            .create_model_explainability_job_definition()
            .model_explainability_app_specification(application.build())
            .model_explainability_job_input(input.endpoint_input(endpoint_input(&it.input)).build())
            .set_model_explainability_baseline_config(baseline);
        create!(
            call,
            "CreateModelExplainabilityJobDefinition",
            it,
            model_explainability_job_output_config
        )
    }
}

impl ChangeDefinitions for Aws {
    async fn create_definition(&self, it: &JobDefinition) -> Result<(), CallFailed> {
        match &it.analysis {
            Analysis::DataQuality { scripts, constraints, statistics } => {
                let files = (constraints.as_ref(), statistics.as_ref());
                self.create_data_quality(it, scripts, files).await
            }
            Analysis::ModelQuality { scripts, problem, ground_truth, constraints } => {
                let file = constraints.as_ref();
                self.create_model_quality(it, scripts, *problem, ground_truth, file).await
            }
            Analysis::ModelBias { config, ground_truth, constraints } => {
                self.create_model_bias(it, config, ground_truth, constraints.as_ref()).await
            }
            Analysis::ModelExplainability { config, constraints } => {
                self.create_model_explainability(it, config, constraints.as_ref()).await
            }
        }
    }

    async fn delete_definition(&self, kind: MonitorType, name: &str) -> Result<(), CallFailed> {
        let sdk = self.sagemaker();
        match kind {
            MonitorType::DataQuality => {
                let call = sdk.delete_data_quality_job_definition().job_definition_name(name);
                let done = call.send().await;
                done.map(drop)
                    .map_err(|why| Failed::of("DeleteDataQualityJobDefinition", &why).held())
            }
            MonitorType::ModelQuality => {
                let call = sdk.delete_model_quality_job_definition().job_definition_name(name);
                let done = call.send().await;
                done.map(drop)
                    .map_err(|why| Failed::of("DeleteModelQualityJobDefinition", &why).held())
            }
            MonitorType::ModelBias => {
                let call = sdk.delete_model_bias_job_definition().job_definition_name(name);
                let done = call.send().await;
                done.map(drop)
                    .map_err(|why| Failed::of("DeleteModelBiasJobDefinition", &why).held())
            }
            MonitorType::ModelExplainability => {
                let call =
                    sdk.delete_model_explainability_job_definition().job_definition_name(name);
                let done = call.send().await;
                done.map(drop).map_err(|why| {
                    Failed::of("DeleteModelExplainabilityJobDefinition", &why).held()
                })
            }
        }
    }
}
