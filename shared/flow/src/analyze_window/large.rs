//! Windows that a processing job analyses, as they are too large for a function.

use super::{Analyzed, Job, hour_prefixes};
use crate::executions::{Ended, finish};
use crate::fault::failed;
use crate::in_force::record_of;
use crate::kind::Gathered;
use crate::sagemaker::definition::{job_network, settings_type};
use crate::sagemaker::names::{MANAGED, hashed};
use crate::{Call, Suite};
use engine::monitor::{Monitor, MonitorType};
use engine::window::Window;
use ports::{
    Address, AnalyzerResults, BaselineJobs, Baselines, CallFailed, Cluster, CountTraffic,
    DatasetForm, DescribeJobs, EndpointRecords, Executions, JobInput, JobOutput, JobSpec,
    JobStatus, Phase, PostEvents, ProcessingJob, PutMetrics, Refusal, StartJobs, StatusBoard,
    Upload, WINDOW_JOBS,
};
use settings::Changes;
use std::collections::BTreeMap;

const CAPTURES: &str = "/opt/ml/processing/input/endpoint";
const BASELINE: &str = "/opt/ml/processing/baseline";
const OUTPUT: &str = "/opt/ml/processing/output";
/// A job takes ten inputs; two are the baseline's.
const MOST_HOURS: usize = 8;

/// Whether a job is to analyse the window: it is large, and one may be started.
pub(super) fn is_for_a_job<W, S>(
    suite: &Suite<'_, W, S>,
    job: &Job<'_>,
    gathered: &Gathered,
) -> bool {
    let bytes: u64 = gathered.objects().map(|it| it.size).sum();
    job.monitor.kind == MonitorType::DataQuality
        && job.wanted.job_window_bytes < bytes
        && job.wanted.changes == Changes::Enabled
        && suite.jobs.role.is_some()
        && suite.jobs.image.is_some()
}

/// Starts the job of a window, or takes what it found.
///
/// Its name is made of the window and of all that the result depends on: a
/// second event finds the job that runs.
pub(super) async fn start<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    job: &Job<'_>,
    place: &Address,
    fingerprint: &str,
) -> Result<Analyzed, Refusal>
where
    W: StartJobs + DescribeJobs + CountTraffic + PutMetrics + PostEvents,
    S: EndpointRecords + Baselines + BaselineJobs + Executions + AnalyzerResults + StatusBoard,
{
    let spec = spec(suite, job, place, fingerprint);
    match suite.world.start_job(&spec).await {
        Ok(()) => Ok(Analyzed::Started { job: spec.name }),
        Err(CallFailed::Exists) => finish_window(suite, call, &spec.name).await,
        Err(other) => {
            Err(failed("job of the window not started")(other.trouble()).fact("job", spec.name))
        }
    }
}

/// Looks at the job of a window, and judges what it found.
pub async fn finish_window<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    name: &str,
) -> Result<Analyzed, Refusal>
where
    W: DescribeJobs + CountTraffic + PutMetrics + PostEvents,
    S: EndpointRecords + Baselines + Executions + AnalyzerResults + StatusBoard,
{
    let found = match suite.world.describe_job(name).await {
        Ok(it) => it,
        Err(CallFailed::Missing) => return Ok(Analyzed::Skipped),
        Err(other) => return Err(failed("job not described")(other.trouble()).fact("job", name)),
    };
    if !found.status.is_over() {
        return Ok(Analyzed::Started { job: name.into() });
    }
    let Some((monitor, window, fingerprint)) = read(&found) else { return Ok(Analyzed::Skipped) };
    let record = record_of(suite, &monitor.endpoint).await?;
    let Some(record) = record.filter(|it| it.phase == Phase::Monitored) else {
        return Ok(Analyzed::Skipped);
    };
    let schedule = record.monitors.iter().find(|it| it.monitor(&record.endpoint) == monitor);
    let Some(schedule) = schedule else { return Ok(Analyzed::Skipped) };
    let failure = found.failure.as_deref();
    let completed = found.status == JobStatus::Completed;
    let ended = Ended { window, completed, failure, fingerprint: &fingerprint };
    let execution = finish(suite, call, &record, schedule, &ended).await?;
    let (state, violations) = (execution.judgement.state, execution.violations);
    Ok(Analyzed::Judged { state, violations })
}

/// Reads which window a job analysed; `None` of a job that says it not.
fn read(job: &ProcessingJob) -> Option<(Monitor, Window, String)> {
    let word = |name: &str| job.environment.get(name).cloned();
    let monitor = Monitor {
        endpoint: word("sagemaker_endpoint_name")?,
        variant: word("vigil_variant")?,
        kind: MonitorType::of_word(&word("vigil_monitor_type")?)?,
    };
    let second = |name: &str| {
        let stamp: jiff::Timestamp = word(name)?.parse().ok()?;
        Some(stamp.as_second())
    };
    let window = Window { start: second("start_time")?, end: second("end_time")? };
    Some((monitor, window, word("vigil_fingerprint")?))
}

fn spec<W, S>(suite: &Suite<'_, W, S>, job: &Job<'_>, place: &Address, fingerprint: &str) -> JobSpec
where
    S: Baselines + BaselineJobs + Executions,
{
    let Monitor { endpoint, variant, kind } = job.monitor;
    let version = &job.baseline.version;
    let input = |name: &str, s3_uri: String, path: String| JobInput {
        name: name.into(),
        s3_uri,
        local_path: path,
    };
    let mut inputs = vec![
        input(
            "baseline_constraints",
            suite.shelves.baseline_uri(job.monitor, version, "constraints.json"),
            format!("{BASELINE}/constraints"),
        ),
        input(
            "baseline_statistics",
            suite.shelves.baseline_uri(job.monitor, version, "statistics.json"),
            format!("{BASELINE}/stats"),
        ),
    ];
    inputs.extend(captures(job, place).into_iter().enumerate().map(|(at, (from, tail))| {
        input(&format!("endpoint_input_{}", at + 1), from, format!("{CAPTURES}/{tail}"))
    }));
    let stamp = |second: i64| jiff::Timestamp::from_second(second).unwrap_or_default().to_string();
    let setting = job.wanted.monitor(settings_type(*kind));
    let environment: BTreeMap<String, String> = [
        ("dataset_format", suite.shelves.dataset_format(DatasetForm::Capture)),
        ("dataset_source", CAPTURES.to_owned()),
        ("output_path", OUTPUT.to_owned()),
        ("start_time", stamp(job.window.start)),
        ("end_time", stamp(job.window.end)),
        ("publish_cloudwatch_metrics", "Disabled".to_owned()),
        ("sagemaker_endpoint_name", endpoint.clone()),
        ("sagemaker_monitoring_schedule_name", job.schedule.schedule.clone()),
        ("baseline_constraints", format!("{BASELINE}/constraints/constraints.json")),
        ("baseline_statistics", format!("{BASELINE}/stats/statistics.json")),
        ("vigil_variant", variant.clone()),
        ("vigil_monitor_type", kind.word().to_owned()),
        ("vigil_fingerprint", fingerprint.to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    let network = &job.wanted.network;
    let report = suite.shelves.report_uri(job.monitor, &job.schedule.schedule, job.window);
    let folder = report.rsplit_once('/').map_or(report.as_str(), |(folder, _)| folder);
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let mut tags = network.tags.clone();
    tags.insert(MANAGED.into(), "true".into());
    tags.insert("vigil:endpoint".into(), endpoint.clone());
    let stem = format!("{WINDOW_JOBS}{endpoint}-{variant}");
    JobSpec {
        name: hashed(&stem, [fingerprint, kind.word(), &stamp(job.window.end)]),
        image: suite.jobs.image.clone().unwrap_or_default(),
        entrypoint: Vec::new(),
        arguments: Vec::new(),
        environment,
        inputs,
        outputs: vec![JobOutput {
            name: "result".into(),
            s3_uri: folder.to_owned(),
            local_path: OUTPUT.into(),
            upload: Upload::EndOfJob,
        }],
        output_key: network.kms_key_id.clone(),
        cluster: Cluster {
            instance_count: 1,
            instance_type: setting.instance_type.clone(),
            volume_gb: small(setting.volume_size_gb),
            volume_key: network.kms_key_id.clone(),
        },
        network: job_network(network),
        role: suite.jobs.role.clone().unwrap_or_default(),
        max_runtime_seconds: Some(small(setting.max_runtime_seconds)),
        tags,
    }
}

/// Names the folders of captures, and where they are to be found: an hour each,
/// or the whole variant where there are more hours than a job takes inputs.
fn captures(job: &Job<'_>, place: &Address) -> Vec<(String, String)> {
    let Monitor { endpoint, variant, .. } = job.monitor;
    let mut hours = Vec::new();
    let mut hour = job.window.start - job.window.start.rem_euclid(3600);
    while hour < job.window.end {
        let prefixes = hour_prefixes(place, job.monitor, hour);
        let stamp = jiff::Timestamp::from_second(hour).unwrap_or_default();
        let tail = format!("{endpoint}/{variant}/{}", stamp.strftime("%Y/%m/%d/%H"));
        hours.extend(prefixes.first().map(|it| (it.uri(), tail)));
        hour += 3600;
    }
    if hours.len() <= MOST_HOURS {
        return hours;
    }
    let tail = format!("{endpoint}/{variant}");
    let plain = place.uri();
    vec![(format!("{}/{tail}", plain.trim_end_matches('/')), tail)]
}
