//! The job definitions and schedules that the settings ask for.

use super::images;
use super::names::{MANAGED, hashed};
use crate::JobSetup;
use engine::monitor::MonitorType;
use engine::request::{ClarifyConfig, Predictor, ShapConfig};
use ports::{
    Analysis, Cluster, JobDefinition, JobNetwork, JobOutput, MonitorInput, ProblemType, Scripts,
    Upload,
};
use settings::{Effective, Network};
use std::collections::BTreeMap;

/// What a definition is made from.
#[derive(Clone, Copy)]
pub(crate) struct Plan<'a> {
    pub(crate) kind: MonitorType,
    pub(crate) wanted: &'a Effective,
    pub(crate) jobs: &'a JobSetup,
    pub(crate) region: &'a str,
    /// Name of the model behind the monitored variant.
    pub(crate) model: Option<&'a str>,
    /// Prefix of the reports, as an S3 URI.
    pub(crate) reports: &'a str,
    /// Where labels of any layout are laid out for SageMaker, as an S3 URI.
    pub(crate) relaid: Option<&'a str>,
}

/// The files that executions compare with, as S3 URIs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BaselineUris {
    pub(crate) constraints: Option<String>,
    pub(crate) statistics: Option<String>,
}

pub(crate) fn settings_type(kind: MonitorType) -> settings::MonitorType {
    match kind {
        MonitorType::DataQuality => settings::MonitorType::DataQuality,
        MonitorType::ModelQuality => settings::MonitorType::ModelQuality,
        MonitorType::ModelBias => settings::MonitorType::ModelBias,
        MonitorType::ModelExplainability => settings::MonitorType::ModelExplainability,
    }
}

/// Whether Clarify runs the monitors of this type.
pub(crate) fn is_clarify(kind: MonitorType) -> bool {
    matches!(kind, MonitorType::ModelBias | MonitorType::ModelExplainability)
}

impl Plan<'_> {
    fn setting(&self) -> &settings::Monitor {
        self.wanted.monitor(settings_type(self.kind))
    }

    /// Says that a setting is missing, by its path.
    fn lacks(&self, name: &str) -> String {
        format!("the setting {}.{name} is not set", self.kind.word())
    }

    pub(crate) fn image(&self) -> Result<String, String> {
        let (image, name) = if is_clarify(self.kind) {
            (images::clarify(self.region), "Clarify")
        } else {
            (images::analyzer(self.region), "the Model Monitor analyzer")
        };
        image.ok_or_else(|| format!("AWS has no image of {name} in {}", self.region))
    }

    pub(crate) fn role(&self) -> Result<String, String> {
        let role = self.jobs.role.clone();
        role.ok_or_else(|| "the deployment names no role for SageMaker's jobs".into())
    }

    /// Returns what Clarify is told; `None` of a type that is not its own.
    pub(crate) fn clarify_config(&self) -> Result<Option<ClarifyConfig>, String> {
        if !is_clarify(self.kind) {
            return Ok(None);
        }
        let quality = &self.setting().quality;
        let mut config = ClarifyConfig {
            dataset_type: quality.dataset_type.clone().unwrap_or_else(|| "text/csv".into()),
            headers: quality.headers.clone(),
            label: quality.label_header.clone(),
            ..ClarifyConfig::default()
        };
        if self.kind == MonitorType::ModelBias {
            if config.label.is_none() {
                return Err(self.lacks("label_header"));
            }
            if quality.label_values.is_empty() {
                return Err(self.lacks("label_values"));
            }
            let facet = quality.facet_name.clone().ok_or_else(|| self.lacks("facet_name"))?;
            config.label_values.clone_from(&quality.label_values);
            config.facet = Some((facet, quality.facet_values.clone()));
        } else {
            config.shap = Some(ShapConfig {
                baseline: quality.shap_baseline.clone(),
                num_samples: quality.num_samples,
                agg_method: quality.agg_method.clone(),
                save_local_values: quality.save_local_shap_values.unwrap_or(false),
            });
            config.predictor = Some(self.predictor()?);
        }
        Ok(Some(config))
    }

    /// Returns the model that Clarify asks: a model's name, never an endpoint's.
    pub(crate) fn predictor(&self) -> Result<Predictor, String> {
        let setting = self.setting();
        let model = setting.quality.model_name.as_deref().or(self.model);
        let media = setting.quality.dataset_type.clone().unwrap_or_else(|| "text/csv".into());
        Ok(Predictor {
            model: model.ok_or_else(|| self.lacks("model_name"))?.into(),
            instance_type: setting.instance_type.clone(),
            instance_count: 1,
            content_type: media.clone(),
            accept_type: media,
        })
    }

    /// Returns the definition that is wanted; `config` is where Clarify's config lies.
    ///
    /// Its name holds a hash over all it says: what is changed gets another name.
    pub(crate) fn definition(
        &self,
        baseline: &BaselineUris,
        config: Option<String>,
    ) -> Result<JobDefinition, String> {
        let setting = self.setting();
        let analysis = self.analysis(baseline, config)?;
        let mut environment = BTreeMap::new();
        if !is_clarify(self.kind) {
            environment.insert("publish_cloudwatch_metrics".to_owned(), "Enabled".to_owned());
        }
        let mut definition = JobDefinition {
            name: String::new(),
            image: self.image()?,
            environment,
            analysis,
            input: self.input(),
            output: JobOutput {
                name: String::new(),
                s3_uri: self.reports.trim_end_matches('/').into(),
                local_path: "/opt/ml/processing/output".into(),
                upload: Upload::EndOfJob,
            },
            output_key: self.wanted.network.kms_key_id.clone(),
            cluster: Cluster {
                instance_count: small(setting.instance_count),
                instance_type: setting.instance_type.clone(),
                volume_gb: small(setting.volume_size_gb),
                volume_key: self.wanted.network.kms_key_id.clone(),
            },
            network: job_network(&self.wanted.network),
            role: self.role()?,
            max_runtime_seconds: Some(small(setting.max_runtime_seconds)),
            tags: self.tags(),
        };
        let all = format!("{definition:?}");
        definition.name = hashed(&self.schedule_name(), [all.as_str()]);
        Ok(definition)
    }

    /// Names the schedule of the monitor.
    pub(crate) fn schedule_name(&self) -> String {
        self.wanted.sagemaker_schedule_name(settings_type(self.kind))
    }

    fn analysis(
        &self,
        baseline: &BaselineUris,
        config: Option<String>,
    ) -> Result<Analysis, String> {
        let setting = self.setting();
        let quality = &setting.quality;
        let scripts = Scripts {
            record_preprocessor: setting.record_preprocessor.clone(),
            post_analytics: setting.post_analytics.clone(),
        };
        let constraints = baseline.constraints.clone();
        let labels = || {
            // Labels in any layout are laid out anew by hours (formats C.1).
            if let (Some(_), Some(relaid)) = (&self.wanted.ground_truth.s3_uri, self.relaid) {
                return Ok(relaid.to_owned());
            }
            let uri = quality.ground_truth_s3_uri.as_deref().map(|it| it.trim_end_matches('/'));
            uri.map(str::to_owned).ok_or_else(|| self.lacks("ground_truth_s3_uri"))
        };
        let config = || config.ok_or_else(|| "Clarify's config was not written".to_owned());
        Ok(match self.kind {
            MonitorType::DataQuality => {
                let statistics = baseline.statistics.clone();
                Analysis::DataQuality { scripts, constraints, statistics }
            }
            MonitorType::ModelQuality => {
                let problem = quality.problem_type.as_deref().and_then(ProblemType::parse);
                let problem = problem.ok_or_else(|| self.lacks("problem_type"))?;
                let ground_truth = labels()?;
                Analysis::ModelQuality { scripts, problem, ground_truth, constraints }
            }
            MonitorType::ModelBias => {
                let ground_truth = labels()?;
                Analysis::ModelBias { config: config()?, ground_truth, constraints }
            }
            MonitorType::ModelExplainability => {
                Analysis::ModelExplainability { config: config()?, constraints }
            }
        })
    }

    fn input(&self) -> MonitorInput {
        let setting = self.setting();
        let quality = &setting.quality;
        MonitorInput {
            endpoint: self.wanted.endpoint.clone(),
            local_path: "/opt/ml/processing/input/endpoint".into(),
            features_attribute: quality.features_attribute.clone(),
            inference_attribute: quality.inference_attribute.clone(),
            probability_attribute: quality.probability_attribute.clone(),
            probability_threshold: quality.probability_threshold_attribute,
            exclude_features: excluded(&self.wanted.exclude_features),
            start_offset: setting.start_offset.clone(),
            end_offset: setting.end_offset.clone(),
        }
    }

    /// Returns the tags of everything that is created for the monitor.
    pub(crate) fn tags(&self) -> BTreeMap<String, String> {
        let network = &self.wanted.network;
        let mut tags = network.tags.clone();
        let mut put = |key: &str, value: &str| tags.insert(key.to_owned(), value.to_owned());
        for (key, value) in [
            ("sagemaker:project-id", &network.sagemaker_project_id),
            ("sagemaker:project-name", &network.sagemaker_project_name),
        ] {
            if let Some(value) = value.as_deref().filter(|it| !it.is_empty()) {
                put(key, value);
            }
        }
        put(MANAGED, "true");
        put("vigil:endpoint", &self.wanted.endpoint);
        put("vigil:monitor-type", self.kind.word());
        tags
    }
}

pub(crate) fn job_network(wanted: &Network) -> JobNetwork {
    // Machines in a VPC need both; one without the other is refused by SageMaker.
    let is_whole = !wanted.security_groups.is_empty() && !wanted.subnet_ids.is_empty();
    JobNetwork {
        encrypt_traffic: wanted.encrypt_traffic,
        isolate: wanted.isolate,
        security_groups: if is_whole { wanted.security_groups.clone() } else { Vec::new() },
        subnets: if is_whole { wanted.subnet_ids.clone() } else { Vec::new() },
    }
}

/// SageMaker's list of excluded features holds so many characters.
const LONGEST_EXCLUDED: usize = 100;

/// Lists the features that SageMaker is to leave out; it knows no patterns, and
/// what does not fit stays in and is left out of alerts.
fn excluded(names: &[String]) -> Option<String> {
    let plain = names.iter().filter(|it| !it.contains(['*', '?', ',']));
    let mut list = String::new();
    for name in plain {
        let comma = usize::from(!list.is_empty());
        if list.len() + comma + name.len() <= LONGEST_EXCLUDED {
            if comma == 1 {
                list.push(',');
            }
            list.push_str(name);
        }
    }
    (!list.is_empty()).then_some(list)
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
