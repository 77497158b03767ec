//! Baselines that processing jobs make.

use super::material::{Material, fingerprint};
use super::{Ready, Rebuilt, take};
use crate::executions::failure::classified;
use crate::fault::{failed, unread, unwritten};
use crate::sagemaker::definition::{Plan, is_clarify, job_network, settings_type};
use crate::sagemaker::names::hashed;
use crate::{Call, Suite};
use engine::monitor::{Monitor, MonitorType};
use engine::request::{AnalysisParams, JobMachine};
use ports::{
    Address, BASELINE_JOBS, BaselineContent, BaselineJob, BaselineJobs, BaselineMeta,
    BaselineSource, Baselines, CallFailed, ClarifyConfigs, Cluster, DescribeJobs, EndpointRecord,
    Executions, JobInput, JobOutcome, JobOutput, JobSpec, JobStatus, ListObjects, PostEvents,
    ReadFault, ReadObjects, Refusal, StartJobs, StatusBoard, Upload, WriteFault,
};
use settings::{Effective, Quality};
use std::collections::BTreeMap;

/// What a job is asked for, beside its data.
pub(super) struct Order<'a> {
    pub(super) record: &'a EndpointRecord,
    pub(super) monitor: &'a Monitor,
    pub(super) material: &'a Material,
    /// The settings, with what a request says above them.
    pub(super) wanted: &'a Effective,
    pub(super) machine: JobMachine,
    /// Name of the model behind the variant.
    pub(super) model: Option<String>,
    pub(super) copy_to: Option<String>,
    /// Image of the native analyzer; `None` takes AWS's.
    pub(super) image: Option<String>,
}

/// Tries of a job whose fault may pass.
const TRIES: u32 = 50;

/// Starts the job of an order, or tells what became of it.
///
/// Its name is made of what it does: a second event, or a reply that was lost,
/// finds the job that runs. A job that failed is tried again after
/// [`crate::Limits::retry_job`], under the name of the next try.
pub(super) async fn start<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    order: &Order<'_>,
) -> Result<Rebuilt, Refusal>
where
    W: ListObjects + ReadObjects + PostEvents + StartJobs + DescribeJobs + Sync,
    S: Baselines + BaselineJobs + ClarifyConfigs + Executions + StatusBoard,
{
    let mut spec = match spec(suite, order).await? {
        Ok(it) => it,
        Err(why) => return Ok(Rebuilt::Failed { job: None, why }),
    };
    let by = format!("{spec:?}");
    let source = fingerprint(order.material, &by);
    let created = order.record.created_ms.to_string();
    let Monitor { endpoint, variant, kind } = order.monitor;
    let kind = kind.word().replace('_', "-");
    let stem = format!("{BASELINE_JOBS}{endpoint}-{variant}-{kind}");
    for attempt in 0..TRIES {
        let attempt = attempt.to_string();
        let name = hashed(&stem, [source.as_str(), created.as_str(), attempt.as_str()]);
        let held = suite.shelves.baseline_job(&name).await;
        let held = held.map_err(unread("baseline job not read"))?.map(|it| it.value);
        match held.as_ref().map(|it| &it.outcome) {
            Some(Some(JobOutcome::Failed { why, at })) => {
                if call.now < at + suite.limits.retry_job {
                    return Ok(Rebuilt::Failed { job: Some(name), why: why.clone() });
                }
                continue;
            }
            Some(Some(JobOutcome::Promoted { .. } | JobOutcome::Held { .. })) => {
                return check(suite, call, order.record, &name).await;
            }
            Some(None) | None => {}
        }
        if held.is_none() {
            let job = BaselineJob {
                job: name.clone(),
                monitor: order.monitor.clone(),
                fingerprint: source.clone(),
                source: BaselineSource {
                    kind: order.material.kind,
                    uri: order.material.uri.clone(),
                    objects: order.material.objects.len() as u64,
                    fingerprint: source.clone(),
                },
                created_ms: order.record.created_ms,
                copy_to: order.copy_to.clone(),
                asked_at: call.now,
                outcome: None,
            };
            match suite.shelves.keep_baseline_job(&job, None).await {
                Ok(_) | Err(WriteFault::Lost) => {}
                Err(other) => return Err(unwritten("baseline job not kept")(other)),
            }
        }
        spec.name.clone_from(&name);
        for output in &mut spec.outputs {
            output.s3_uri = suite.shelves.staging_uri(&name);
        }
        return match suite.world.start_job(&spec).await {
            Ok(()) => Ok(Rebuilt::Started { job: name }),
            // It was started before: its end may have gone unheard.
            Err(CallFailed::Exists) => check(suite, call, order.record, &name).await,
            Err(CallFailed::Other(trouble)) if trouble.retryable => {
                Err(Refusal::of("baseline job not started", trouble).fact("job", name))
            }
            Err(other) => Ok(Rebuilt::Failed { job: Some(name), why: other.reason() }),
        };
    }
    let why = format!("{TRIES} jobs of this baseline have failed");
    Ok(Rebuilt::Failed { job: None, why })
}

/// Looks at a baseline job and takes what it made.
pub(super) async fn check<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    record: &EndpointRecord,
    name: &str,
) -> Result<Rebuilt, Refusal>
where
    W: ListObjects + ReadObjects + PostEvents + DescribeJobs + Sync,
    S: Baselines + BaselineJobs + StatusBoard,
{
    let held = suite.shelves.baseline_job(name).await;
    let Some(held) = held.map_err(unread("baseline job not read"))? else {
        return Ok(Rebuilt::Skipped { why: "no baseline job of Vigil's has this name".into() });
    };
    let job = &held.value;
    if let Some(JobOutcome::Failed { why, .. }) = &job.outcome {
        return Ok(Rebuilt::Failed { job: Some(name.into()), why: why.clone() });
    }
    if job.created_ms != record.created_ms {
        return Ok(Rebuilt::Skipped { why: "the endpoint is another one now".into() });
    }
    let found = match suite.world.describe_job(name).await {
        Ok(it) => it,
        Err(CallFailed::Missing) => {
            return Ok(Rebuilt::Skipped { why: "the job was never started".into() });
        }
        Err(other) => return Err(failed("job not described")(other.trouble()).fact("job", name)),
    };
    // A job that stops is not over: what it is, its last event tells.
    if !found.status.is_over() {
        return Ok(Rebuilt::Started { job: name.into() });
    }
    let result = if found.status == JobStatus::Completed {
        adopted(suite, call, record, job).await?
    } else {
        let said = found.failure.as_deref().or(found.exit_message.as_deref());
        Err(classified(found.status, said).sentence())
    };
    let (outcome, rebuilt) = match result {
        Ok(Rebuilt::Promoted { version }) => {
            (JobOutcome::Promoted { version: version.clone() }, Rebuilt::Promoted { version })
        }
        Ok(Rebuilt::Unchanged { version }) => {
            (JobOutcome::Promoted { version: version.clone() }, Rebuilt::Unchanged { version })
        }
        Ok(Rebuilt::Held { why }) => {
            (JobOutcome::Held { version: String::new() }, Rebuilt::Held { why })
        }
        Ok(other) => return Ok(other),
        Err(why) => {
            super::hold_event(suite, &job.monitor, None, &why).await?;
            let outcome = JobOutcome::Failed { why: why.clone(), at: call.now };
            (outcome, Rebuilt::Failed { job: Some(name.into()), why })
        }
    };
    if job.outcome.as_ref() != Some(&outcome) {
        let done = BaselineJob { outcome: Some(outcome), ..job.clone() };
        match suite.shelves.keep_baseline_job(&done, Some(&held.etag)).await {
            Ok(_) | Err(WriteFault::Lost) => {}
            Err(other) => return Err(unwritten("baseline job not kept")(other)),
        }
    }
    Ok(rebuilt)
}

/// Keeps what a job wrote as a version and takes it, or says what is wrong with it.
async fn adopted<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    record: &EndpointRecord,
    job: &BaselineJob,
) -> Result<Result<Rebuilt, String>, Refusal>
where
    W: ListObjects + ReadObjects + PostEvents + Sync,
    S: Baselines + BaselineJobs + StatusBoard,
{
    let staged = match suite.shelves.staged(job).await {
        Ok(Some(it)) => it,
        Ok(None) => return Ok(Err("the job completed and left no baseline".into())),
        Err(ReadFault::Corrupt { key, why }) => {
            return Ok(Err(format!("the job's {key} {why}")));
        }
        Err(other) => return Err(unread("output of the job not read")(other)),
    };
    let rows = staged.content.as_ref().map_or(0, BaselineContent::rows);
    if staged.content.as_ref().is_some_and(BaselineContent::is_empty) {
        return Ok(Err(format!("the job read no row of {}", job.source.uri)));
    }
    let meta = BaselineMeta { rows, set_aside: 0, source: job.source.clone(), built_at: call.now };
    let version = suite.shelves.adopt(&job.monitor, &staged, &meta).await;
    let version = version.map_err(unwritten("baseline not kept"))?;
    let ready = Ready {
        version,
        fingerprint: job.fingerprint.clone(),
        rows,
        of_capture: job.source.kind == super::CAPTURE,
        content: staged.content,
        copy_to: job.copy_to.clone(),
    };
    take(suite, call, record, &job.monitor, ready).await.map(Ok)
}

const OUTPUT: &str = "/opt/ml/processing/output";
const DATASET: &str = "/opt/ml/processing/input/baseline_dataset_input";
const CLARIFY_DATA: &str = "/opt/ml/processing/input/data";
const CLARIFY_CONFIG: &str = "/opt/ml/processing/input/config";

/// Words the job of an order, but for its name and where it writes.
async fn spec<W, S>(
    suite: &Suite<'_, W, S>,
    order: &Order<'_>,
) -> Result<Result<JobSpec, String>, Refusal>
where
    S: BaselineJobs + ClarifyConfigs + Executions,
{
    let reports = suite.shelves.reports_uri();
    let kind = order.monitor.kind;
    let plan = Plan {
        kind,
        wanted: order.wanted,
        jobs: suite.jobs,
        region: suite.region,
        model: order.model.as_deref(),
        reports: &reports,
        relaid: None,
    };
    let image = order.image.clone().map_or_else(|| plan.image(), Ok);
    let (image, role) = match (image, plan.role()) {
        (Ok(image), Ok(role)) => (image, role),
        (Err(why), _) | (_, Err(why)) => return Ok(Err(why)),
    };
    let mut inputs = Vec::new();
    let mut environment = BTreeMap::new();
    let input = |name: &str, s3_uri: String, path: &str| JobInput {
        name: name.into(),
        s3_uri,
        local_path: path.into(),
    };
    if is_clarify(kind) {
        let config = match clarify(&plan) {
            Ok(it) => it,
            Err(why) => return Ok(Err(why)),
        };
        let kept = suite.shelves.keep_clarify_config(order.monitor, &config).await;
        let uri = kept.map_err(failed("config of Clarify not kept"))?;
        inputs.push(input("analysis_config", uri, CLARIFY_CONFIG));
        inputs.push(input("dataset", order.material.uri.clone(), CLARIFY_DATA));
    } else {
        let uri = data_uri(order);
        inputs.push(input("baseline_dataset_input", uri, DATASET));
        let mut put = |name: &str, text: String| environment.insert(name.to_owned(), text);
        put("dataset_format", suite.shelves.dataset_format(order.material.form()));
        put("dataset_source", DATASET.into());
        put("output_path", OUTPUT.into());
        put("publish_cloudwatch_metrics", "Disabled".into());
        if kind == MonitorType::ModelQuality {
            environment.extend(model_quality(&order.wanted.monitor(settings_type(kind)).quality));
        }
    }
    let network = &order.wanted.network;
    let output = if is_clarify(kind) { "analysis_result" } else { "monitoring_output" };
    Ok(Ok(JobSpec {
        name: String::new(),
        image,
        entrypoint: Vec::new(),
        arguments: Vec::new(),
        environment,
        inputs,
        outputs: vec![JobOutput {
            name: output.into(),
            s3_uri: String::new(),
            local_path: OUTPUT.into(),
            upload: Upload::EndOfJob,
        }],
        output_key: network.kms_key_id.clone(),
        cluster: Cluster {
            instance_count: order.machine.instance_count,
            instance_type: order.machine.instance_type.clone(),
            volume_gb: order.machine.volume_gb,
            volume_key: network.kms_key_id.clone(),
        },
        network: job_network(network),
        role,
        max_runtime_seconds: Some(order.machine.max_runtime_seconds),
        tags: plan.tags(),
    }))
}

/// Words what the analyzer has to know of predictions and labels (formats H.2).
fn model_quality(quality: &Quality) -> BTreeMap<String, String> {
    let threshold = quality.probability_threshold_attribute.map(|it| it.to_string());
    let all = [
        ("analysis_type", Some("MODEL_QUALITY".to_owned())),
        ("problem_type", quality.problem_type.clone()),
        ("inference_attribute", quality.inference_attribute.clone()),
        ("probability_attribute", quality.probability_attribute.clone()),
        ("probability_threshold_attribute", threshold),
        ("ground_truth_attribute", quality.ground_truth_attribute.clone()),
        ("positive_label", quality.positive_label.clone()),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// Returns the S3 URI of the data: of captures, the variant's own folder.
fn data_uri(order: &Order<'_>) -> String {
    let uri = &order.material.uri;
    if order.material.kind != super::CAPTURE {
        return uri.clone();
    }
    let Monitor { endpoint, variant, .. } = order.monitor;
    let plain = Address::parse(uri).map_or_else(|| uri.clone(), |it| it.uri());
    format!("{}/{endpoint}/{variant}", plain.trim_end_matches('/'))
}

/// Completes Clarify's config for a baseline: the methods, and the model to ask.
fn clarify(plan: &Plan<'_>) -> Result<engine::request::ClarifyConfig, String> {
    let mut config = plan.clarify_config()?.unwrap_or_default();
    config.for_baseline = true;
    if plan.kind == MonitorType::ModelBias {
        config.predictor = Some(plan.predictor()?);
        let setting = plan.wanted.monitor(settings_type(plan.kind));
        config.probability_threshold = setting.quality.probability_threshold;
    }
    Ok(config)
}

/// Puts what a request says above the settings.
pub(super) fn overlaid(
    wanted: &Effective,
    kind: MonitorType,
    params: &AnalysisParams,
) -> Effective {
    let mut wanted = wanted.clone();
    let it = &mut wanted.monitors[settings_type(kind) as usize].quality;
    let text = |place: &mut Option<String>, given: &Option<String>| {
        if let Some(given) = given {
            *place = Some(given.clone());
        }
    };
    text(&mut it.problem_type, &params.problem_type);
    text(&mut it.inference_attribute, &params.inference_attribute);
    text(&mut it.probability_attribute, &params.probability_attribute);
    text(&mut it.ground_truth_attribute, &params.ground_truth_attribute);
    text(&mut it.label_header, &params.label_header);
    text(&mut it.dataset_type, &params.dataset_type);
    text(&mut it.facet_name, &params.facet_name);
    text(&mut it.model_name, &params.model_name);
    text(&mut it.agg_method, &params.agg_method);
    text(&mut it.shap_baseline, &params.shap_baseline);
    for (place, given) in [
        (&mut it.headers, &params.headers),
        (&mut it.label_values, &params.label_values),
        (&mut it.facet_values, &params.facet_values),
    ] {
        if !given.is_empty() {
            place.clone_from(given);
        }
    }
    it.probability_threshold = params.probability_threshold.or(it.probability_threshold);
    it.num_samples = params.num_samples.or(it.num_samples);
    it.save_local_shap_values = params.save_local_shap_values.or(it.save_local_shap_values);
    wanted
}
