//! What an execution runs: its jobs with AWS's inputs and environment (sagemaker-formats C.2, H.2, H.3, H.5).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    SageMaker,
    limits::s3_parts,
    schedules::Resolved,
    shape::{
        ContainerSpecification, CreateProcessingJob, EndpointInput, MonitoringType,
        ProcessingCluster, ProcessingInput, ProcessingOutput, ProcessingOutputConfig,
        ProcessingResources, ProcessingS3Input, ProcessingS3Output, S3Kind, StoppingCondition,
        UploadMode,
    },
};
use crate::{
    place::{Place, seconds_text},
    s3::Store,
};

/// The repository of the image that joins labels to captures.
pub(super) const MERGER: &str = "sagemaker-model-monitor-groundtruth-merger";
pub(super) const MERGE_CAPTURES: &str = "/opt/ml/processing/input_data";
pub(super) const MERGE_LABELS: &str = "/opt/ml/processing/groundtruth";
pub(super) const MERGE_OUTPUT: &str = "/opt/ml/processing/output";
const CONSTRAINTS: &str = "/opt/ml/processing/baseline/constraints";
const STATISTICS: &str = "/opt/ml/processing/baseline/stats";
/// A job has at most so many inputs.
const MOST_INPUTS: usize = 10;

/// The two jobs an execution may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Joins labels to captures; model quality and bias only.
    Merge,
    Analysis,
}

/// The time an execution looks at, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

/// What an execution found when its time came.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) place: Place,
    pub(super) schedule: String,
    pub(super) scheduled: Timestamp,
    /// Whether it runs outside of any rhythm.
    pub(super) once: bool,
    pub(super) window: Window,
    pub(super) endpoint: String,
    /// Where captures lie, without a slash at the end.
    pub(super) captures: String,
    /// `endpoint/variant/yyyy/mm/dd/hh` of the hours that have captures.
    pub(super) tails: Vec<String>,
    /// Shared by the names of its jobs.
    pub(super) digits: String,
    pub(super) resolved: Resolved,
}

impl Window {
    /// Returns `yyyy/mm/dd/hh` of the hours that the window touches.
    pub(super) fn hours(self) -> Vec<String> {
        let hour = SignedDuration::from_hours(1);
        let first = Timestamp::from_second(self.start.as_second().div_euclid(3600) * 3600);
        let first = first.unwrap_or(self.start);
        let hours = std::iter::successors(Some(first), |it| it.checked_add(hour).ok());
        // A window has at most a year by the checks of its offsets.
        hours
            .take_while(|it| *it < self.end)
            .map(|it| it.strftime("%Y/%m/%d/%H").to_string())
            .collect()
    }
}

impl Plan {
    /// Returns the request of one of its jobs.
    pub(super) fn job(&self, part: Part, inputs: Vec<ProcessingInput>) -> CreateProcessingJob {
        let definition = &self.resolved.definition;
        let cluster = &definition.job_resources.cluster_config;
        let app = &definition.app_specification;
        let merge = part == Part::Merge;
        CreateProcessingJob {
            processing_job_name: self.name(part),
            processing_inputs: inputs,
            processing_output_config: Some(ProcessingOutputConfig {
                outputs: vec![self.output(part)],
                kms_key_id: definition.job_output_config.kms_key_id.clone(),
            }),
            processing_resources: ProcessingResources {
                cluster_config: ProcessingCluster {
                    instance_count: Some(cluster.instance_count),
                    instance_type: Some(cluster.instance_type.clone()),
                    volume_size_in_gb: cluster.volume_size_in_gb,
                    volume_kms_key_id: cluster.volume_kms_key_id.clone(),
                },
            },
            stopping_condition: Some(definition.stopping_condition.unwrap_or(StoppingCondition {
                max_runtime_in_seconds: if self.resolved.family.has_ground_truth() {
                    1800
                } else {
                    3600
                },
            })),
            app_specification: ContainerSpecification {
                image_uri: if merge { merger_image(&app.image_uri) } else { app.image_uri.clone() },
                container_entrypoint: app.container_entrypoint.clone().filter(|_| !merge),
                container_arguments: app.container_arguments.clone().filter(|_| !merge),
            },
            environment: Some(if merge { merge_environment() } else { self.environment() }),
            network_config: definition.network_config.clone(),
            role_arn: definition.role_arn.clone(),
            experiment_config: None,
            tags: Vec::new(),
        }
    }

    /// Returns the captures as inputs of an analysis, by hour where these are few.
    pub(super) fn capture_inputs(&self) -> Vec<ProcessingInput> {
        self.inputs(&self.captures, &self.local_path(), &self.tails)
    }

    /// Returns what the merge has written as inputs of an analysis.
    pub(super) fn merged_inputs(&self, tails: &[String]) -> Vec<ProcessingInput> {
        let merged = format!("{}/merge", self.results());
        if tails.is_empty() {
            return self.inputs(&merged, &self.local_path(), &self.tails[..1]);
        }
        self.inputs(&merged, &self.local_path(), tails)
    }

    /// Returns captures and labels as inputs of the merge.
    pub(super) fn merge_inputs(&self, store: &Store) -> Vec<ProcessingInput> {
        let labels = self.resolved.definition.job_input.ground_truth.as_ref();
        let labels = labels.and_then(|it| it.s3_uri.as_deref()).unwrap_or_default();
        let labels = labels.trim_end_matches('/');
        let hours = self.window.hours();
        let held: Vec<String> = hours
            .iter()
            .filter(|hour| holds(store, &format!("{labels}/{hour}/")))
            .cloned()
            .collect();
        // The merge of a window without labels fails, as AWS's does.
        let held = if held.is_empty() { hours.into_iter().take(1).collect() } else { held };
        let room = MOST_INPUTS / 2;
        let mut inputs = spread("groundtruth_input", labels, MERGE_LABELS, &held, room);
        inputs.extend(spread("endpoint_input", &self.captures, MERGE_CAPTURES, &self.tails, room));
        inputs
    }

    /// Tells that an input is empty, in AWS's words.
    pub(super) fn nothing_under(&self, uri: &str) -> String {
        nothing_under(uri, &self.place.region, &self.resolved.definition.role_arn)
    }

    fn inputs(&self, root: &str, local: &str, tails: &[String]) -> Vec<ProcessingInput> {
        let mut others = self.scripts();
        // Two are kept free for the baseline.
        let room = MOST_INPUTS - 2 - others.len();
        let mut inputs = spread("endpoint_input", root, local, tails, room);
        inputs.append(&mut others);
        inputs
    }

    fn scripts(&self) -> Vec<ProcessingInput> {
        let app = &self.resolved.definition.app_specification;
        let code = [
            ("pre_processor_script", &app.record_preprocessor_source_uri, "code/preprocessing"),
            (
                "post_processor_script",
                &app.post_analytics_processor_source_uri,
                "code/postprocessing",
            ),
            ("analysis_config", &app.config_uri, "input/config"),
        ];
        let code = code.into_iter().filter_map(|(name, uri, folder)| {
            Some(input(name, uri.as_ref()?, &format!("/opt/ml/processing/{folder}")))
        });
        code.collect()
    }

    /// Returns the name of a job, such as `model-quality-monitoring-202603041100-` and the digits.
    fn name(&self, part: Part) -> String {
        let kind = match (part, self.resolved.family, &self.resolved.named) {
            (Part::Merge, _, _) => "groundtruth-merge",
            // Only the two of model quality are known from real jobs (sagemaker-formats A.4).
            (_, MonitoringType::DataQuality, None) => "model-monitoring",
            (_, MonitoringType::DataQuality, Some(_)) => "data-quality-monitoring",
            (_, MonitoringType::ModelQuality, _) => "model-quality-monitoring",
            (_, MonitoringType::ModelBias, _) => "model-bias-monitoring",
            (_, MonitoringType::ModelExplainability, _) => "model-explainability-monitoring",
        };
        format!("{kind}-{}-{}", self.scheduled.strftime("%Y%m%d%H%M"), self.digits)
    }

    fn local_path(&self) -> String {
        let path = self.endpoint_input().map_or("", |it| it.local_path.as_str());
        path.trim_end_matches('/').to_owned()
    }

    fn endpoint_input(&self) -> Option<&EndpointInput> {
        self.resolved.definition.job_input.endpoint_input.as_ref()
    }

    /// Returns where results go, without a slash at the end.
    fn results(&self) -> &str {
        let outputs = &self.resolved.definition.job_output_config.monitoring_outputs;
        outputs.first().map_or("", |it| it.s3_output.s3_uri.trim_end_matches('/'))
    }

    fn output(&self, part: Part) -> ProcessingOutput {
        let outputs = &self.resolved.definition.job_output_config.monitoring_outputs;
        let said = outputs.first().map(|it| &it.s3_output);
        let local = said.map_or(MERGE_OUTPUT, |it| it.local_path.as_str());
        let results = self.results();
        let hour = self.scheduled.strftime("%Y/%m/%d/%H");
        let (uri, local, mode) = match part {
            Part::Merge => (format!("{results}/merge"), MERGE_OUTPUT, UploadMode::EndOfJob),
            Part::Analysis => {
                let uri = if self.once {
                    results.to_owned()
                } else {
                    format!("{results}/{}/{}/{hour}", self.endpoint, self.schedule)
                };
                let mode = said.and_then(|it| it.s3_upload_mode).unwrap_or(UploadMode::EndOfJob);
                (uri, local, mode)
            }
        };
        ProcessingOutput {
            output_name: "result".to_owned(),
            s3: Some(ProcessingS3Output {
                s3_uri: uri,
                local_path: Some(local.to_owned()),
                s3_upload_mode: mode,
            }),
            app_managed: Some(false),
        }
    }

    fn environment(&self) -> BTreeMap<String, String> {
        let app = &self.resolved.definition.app_specification;
        let mut all = app.environment.clone().unwrap_or_default();
        all.entry("publish_cloudwatch_metrics".to_owned()).or_insert_with(|| "Enabled".to_owned());
        let mut set = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                all.insert(name.to_owned(), value);
            }
        };
        let start = seconds_text(self.window.start);
        set("dataset_format", Some(self.dataset_format()));
        set("dataset_source", Some(self.local_path()));
        let output = self.output(Part::Analysis).s3.and_then(|it| it.local_path);
        set("output_path", output);
        set("metric_time", Some(start.clone()));
        set("start_time", Some(start));
        set("end_time", Some(seconds_text(self.window.end)));
        set("sagemaker_endpoint_name", Some(self.endpoint.clone()));
        set("sagemaker_monitoring_schedule_name", Some(self.schedule.clone()));
        set("sagemaker_endpoint_datacapture_prefix", Some(self.captures.clone()));
        let script = |uri: Option<&String>, folder: &str| {
            Some(format!("/opt/ml/processing/code/{folder}/{}", last_part(uri?)))
        };
        let (before, after) =
            (&app.record_preprocessor_source_uri, &app.post_analytics_processor_source_uri);
        set("record_preprocessor_script", script(before.as_ref(), "preprocessing"));
        set("post_analytics_processor_script", script(after.as_ref(), "postprocessing"));
        let kind = match self.resolved.family {
            MonitoringType::DataQuality => None,
            MonitoringType::ModelQuality => Some("MODEL_QUALITY".to_owned()),
            MonitoringType::ModelBias => Some("MODEL_BIAS".to_owned()),
            MonitoringType::ModelExplainability => Some("MODEL_EXPLAINABILITY".to_owned()),
        };
        set("analysis_type", kind);
        set("problem_type", app.problem_type.clone());
        if let Some(input) = self.endpoint_input() {
            set("inference_attribute", input.inference_attribute.clone());
            set("probability_attribute", input.probability_attribute.clone());
            let threshold = input.probability_threshold_attribute;
            set("probability_threshold_attribute", threshold.map(|it| it.to_string()));
            set("exclude_features_attribute", input.exclude_features_attribute.clone());
        }
        all
    }

    fn dataset_format(&self) -> String {
        let both = ["endpointInput", "endpointOutput"];
        let format = match self.resolved.family {
            MonitoringType::DataQuality | MonitoringType::ModelExplainability => {
                json!({ "sagemakerCaptureJson": { "captureIndexNames": both } })
            }
            MonitoringType::ModelQuality => {
                json!({ "sagemakerMergeJson": { "captureIndexNames": ["endpointOutput"] } })
            }
            MonitoringType::ModelBias => {
                json!({ "sagemakerMergeJson": { "captureIndexNames": both } })
            }
        };
        format.to_string()
    }
}

impl SageMaker {
    /// Adds the baseline of a definition to the job of its analysis.
    ///
    /// Where only the job that made the baseline is named, its first output is where the files lie.
    pub(super) fn find_baseline(&self, request: &mut CreateProcessingJob, plan: &Plan) {
        let merges = request.app_specification.image_uri.contains(MERGER);
        let Some(baseline) = plan.resolved.definition.baseline_config.as_ref().filter(|_| !merges)
        else {
            return;
        };
        let job = baseline.baselining_job_name.as_ref().and_then(|name| self.jobs.get(name));
        let outputs = job.and_then(|job| job.shown.request.processing_output_config.as_ref());
        let made = outputs.and_then(|it| it.outputs.first()?.s3.as_ref());
        let made =
            |file: &str| made.map(|it| format!("{}/{file}", it.s3_uri.trim_end_matches('/')));
        let constraints = baseline.constraints_resource.as_ref().and_then(|it| it.s3_uri.clone());
        let statistics = baseline.statistics_resource.as_ref().and_then(|it| it.s3_uri.clone());
        let found = [
            ("constraints", constraints.or_else(|| made("constraints.json")), CONSTRAINTS),
            ("baseline", statistics.or_else(|| made("statistics.json")), STATISTICS),
        ];
        let environment = request.environment.get_or_insert_default();
        for (name, uri, folder) in found {
            let Some(uri) = uri else { continue };
            if name == "baseline" && plan.resolved.family != MonitoringType::DataQuality {
                continue;
            }
            let variable =
                if name == "baseline" { "baseline_statistics" } else { "baseline_constraints" };
            environment.insert(variable.to_owned(), format!("{folder}/{}", last_part(&uri)));
            request.processing_inputs.push(input(name, &uri, folder));
        }
    }
}

/// Tells that an input is empty, in AWS's words.
pub(super) fn nothing_under(uri: &str, region: &str, role: &str) -> String {
    let bucket = s3_parts(uri).map_or("", |it| it.0);
    format!(
        "ClientError: No S3 objects found under S3 URL \"{uri}\" given in input data source. Please ensure that the bucket exists in the selected region ({region}), that objects exist under that S3 prefix, and that the role \"{role}\" has \"s3:ListBucket\" permissions on bucket \"{bucket}\"."
    )
}

/// Returns folders as inputs: by hour, or coarser where there are more hours than room.
///
/// "We sometimes download more than start/end": containers look at the times of records themselves.
fn spread(
    name: &str,
    root: &str,
    local: &str,
    tails: &[String],
    room: usize,
) -> Vec<ProcessingInput> {
    let mut folders: Vec<&str> = tails.iter().map(String::as_str).collect();
    while folders.len() > room.max(1) && folders.iter().any(|it| it.contains('/')) {
        for folder in &mut folders {
            *folder = folder.rsplit_once('/').map_or(*folder, |it| it.0);
        }
        folders.sort_unstable();
        folders.dedup();
    }
    let numbered = folders.iter().zip(1..);
    numbered
        .map(|(folder, number)| {
            input(
                &format!("{name}_{number}"),
                &format!("{root}/{folder}"),
                &format!("{local}/{folder}"),
            )
        })
        .collect()
}

fn input(name: &str, uri: &str, local: &str) -> ProcessingInput {
    ProcessingInput {
        input_name: name.to_owned(),
        app_managed: Some(false),
        s3: Some(ProcessingS3Input {
            s3_uri: uri.to_owned(),
            local_path: Some(local.to_owned()),
            s3_data_type: S3Kind::S3Prefix,
            s3_input_mode: Some(super::shape::InputMode::File),
            s3_data_distribution_type: Some(super::shape::Distribution::FullyReplicated),
            s3_compression_type: Some("None".to_owned()),
        }),
    }
}

fn merge_environment() -> BTreeMap<String, String> {
    [
        ("dataset_source", MERGE_CAPTURES),
        ("ground_truth_source", MERGE_LABELS),
        ("output_path", MERGE_OUTPUT),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// The merger's image lies beside the analyzer's.
fn merger_image(analyzer: &str) -> String {
    let (registry, _) = analyzer.rsplit_once('/').unwrap_or(("", analyzer));
    if registry.is_empty() { MERGER.to_owned() } else { format!("{registry}/{MERGER}") }
}

fn holds(store: &Store, uri: &str) -> bool {
    s3_parts(uri).is_some_and(|(bucket, key)| store.under(bucket, key).next().is_some())
}

fn last_part(uri: &str) -> &str {
    uri.rsplit('/').next().unwrap_or(uri)
}
