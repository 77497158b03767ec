mod captures;
mod done;
mod judging;
mod large;
mod metrics;

pub(crate) use captures::{folders, hour_path, hour_prefixes};
pub(crate) use done::{completed, copied, pass};
pub use large::finish_window;

pub(crate) use judging::outcomes;
pub(crate) use metrics::metrics;

use crate::digest::digest;
use crate::fault::{failed, post, unread};
use crate::in_force::{in_force, record_of};
use crate::kind::Gathered;
use crate::sagemaker::definition::settings_type;
use crate::{Call, Suite};
use captures::gather;
use done::is_settled;
use engine::event::{BaselineWanted, SuiteEvent};
use engine::finding::{Family, Judgement, State};
use engine::incident::{Fact, Outcome};
use engine::monitor::{Monitor, MonitorType};
use engine::window::Window;
use judging::judge;
use ports::{
    AnalyzerResults, Baseline, BaselineJobs, Baselines, CountTraffic, DescribeJobs, EndpointRecord,
    EndpointRecords, Engine, Execution, Executions, GroundTruth, Incidents, InvokeEndpoints,
    ListObjects, MonitorRecord, Phase, PostEvents, PutMetrics, ReadModels, ReadObjects, Refusal,
    RenderReport, StartJobs, StatusBoard, Tracks,
};
use settings::Effective;
use std::sync::Arc;

/// What became of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Analyzed {
    Judged {
        state: State,
        violations: u64,
    },
    /// Nothing the result depends on has changed.
    Unchanged {
        state: State,
    },
    /// A job analyses the window; its end is an event.
    Started {
        job: String,
    },
    /// There is no baseline to judge by so far.
    Waiting,
    /// The window is none of this monitor's.
    Skipped,
}

/// Changes whenever executions come out differently from the same input.
const METHOD: &str = "execution/1";
/// Times that the log is written against other writers.
const TRIES: u32 = 16;
/// Records that ought to have been captured before none means that capture is lost.
const EXPECTED: f64 = 20.0;

/// Everything that one execution starts from.
pub(crate) struct Job<'a> {
    pub(crate) record: &'a EndpointRecord,
    pub(crate) monitor: &'a Monitor,
    pub(crate) schedule: &'a MonitorRecord,
    pub(crate) wanted: &'a Effective,
    pub(crate) window: Window,
    pub(crate) baseline: &'a Arc<Baseline>,
}

/// Judges one window of one monitor, and leaves its files and its record.
///
/// A window above the size of the settings goes to a processing job.
/// Running it again changes nothing, unless captures, the baseline or the
/// settings have changed.
pub async fn analyze_window<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    renders: &impl RenderReport,
    monitor: &Monitor,
    window: Window,
) -> Result<Analyzed, Refusal>
where
    W: ListObjects
        + ReadObjects
        + CountTraffic
        + PutMetrics
        + PostEvents
        + StartJobs
        + DescribeJobs
        + InvokeEndpoints
        + Sync,
    S: EndpointRecords
        + Baselines
        + BaselineJobs
        + Executions
        + AnalyzerResults
        + GroundTruth
        + ReadModels
        + Tracks
        + Incidents
        + StatusBoard,
{
    let name = &monitor.endpoint;
    let record = record_of(suite, name).await?;
    let Some(record) = record.filter(|it| it.phase == Phase::Monitored) else {
        return Ok(Analyzed::Skipped);
    };
    let schedule = record.monitors.iter().find(|it| it.monitor(name) == *monitor);
    let Some(schedule) = schedule.filter(|it| {
        it.engine == Engine::Native && it.since < window.end && window.end <= call.now
    }) else {
        return Ok(Analyzed::Skipped);
    };
    let Some((pointer, baseline)) = in_force(suite, &record, monitor).await? else {
        let reason = Some("a window is due and there is no baseline".into());
        let wanted = BaselineWanted { monitor: monitor.clone(), reason };
        post(suite.world, &[SuiteEvent::BaselineWanted(wanted)]).await?;
        return Ok(Analyzed::Waiting);
    };
    let from = if pointer.of_capture { pointer.promoted_at } else { 0 };
    if window.end <= from {
        pass(suite, call, &record, schedule, from, None).await?;
        return Ok(Analyzed::Skipped);
    }
    let wanted = suite.settings.for_endpoint(name, &record.tags);
    let job =
        Job { record: &record, monitor, schedule, wanted: &wanted, window, baseline: &baseline };
    let gathered = gather(suite, &job).await?;
    let is_empty = gathered.objects().next().is_none();
    let fingerprint = fingerprint(&job, &gathered);
    let known = suite.shelves.execution(monitor, &schedule.schedule, window).await;
    let known = known.map_err(unread("execution not read"))?;
    if let Some(known) = known.filter(|it| it.fingerprint == fingerprint && !is_empty) {
        let state = known.judgement.state;
        pass(suite, call, &record, schedule, from, Some(&known)).await?;
        if !is_settled(suite, monitor, window).await? {
            post(suite.world, &[completed(&known)]).await?;
        }
        return Ok(Analyzed::Unchanged { state });
    }
    if large::is_for_a_job(suite, &job, &gathered) {
        return large::start(suite, call, &job, &gathered.place, &fingerprint).await;
    }
    let bytes = gathered.objects().map(|it| it.size).sum();
    let (execution, mut told) = if is_empty {
        (without_objects(suite, call, &job, fingerprint).await?, Vec::new())
    } else if suite.limits.most_bytes < bytes {
        (too_large(suite, call, &job, fingerprint, bytes).await?, Vec::new())
    } else {
        judge(suite, call, renders, &job, &gathered, fingerprint).await?
    };
    pass(suite, call, &record, schedule, from, Some(&execution)).await?;
    // Metrics may be lost: nothing is decided by them.
    told.extend(metrics(&execution));
    told.extend(copied(suite, &execution, &wanted).await);
    let _ = suite.world.put_metrics(&told).await;
    post(suite.world, &[completed(&execution)]).await?;
    let (state, violations) = (execution.judgement.state, execution.violations);
    Ok(Analyzed::Judged { state, violations })
}

/// Hashes all that the result depends on.
fn fingerprint(job: &Job<'_>, gathered: &Gathered) -> String {
    let wanted = job.wanted;
    let settings = format!(
        "{:?} {:?} {:?} {} {} {:?} {}",
        wanted.verdict,
        wanted.thresholds,
        wanted.drift_ranks,
        wanted.min_rows,
        wanted.max_set_aside_share,
        wanted.exclude_features,
        job.record.sampling_percent,
    );
    let mut parts = vec![METHOD, settings.as_str(), job.baseline.version.as_str()];
    let kind = job.monitor.kind;
    let own =
        format!("{:?} {:?}", wanted.monitor(settings_type(kind)).quality, wanted.ground_truth);
    if kind != MonitorType::DataQuality {
        parts.push(own.as_str());
    }
    let asking = format!("{:?}", wanted.asking);
    if kind == MonitorType::ModelExplainability && wanted.asking.enabled {
        parts.push(asking.as_str());
    }
    for it in gathered.objects() {
        parts.extend([it.key.as_str(), it.etag.0.as_str()]);
    }
    digest(parts)
}

/// Tells an hour without traffic from one without capture.
async fn without_objects<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    job: &Job<'_>,
    fingerprint: String,
) -> Result<Execution, Refusal>
where
    W: CountTraffic,
    S: Executions,
{
    let Monitor { endpoint, variant, kind } = job.monitor;
    if *kind != MonitorType::DataQuality {
        return nothing_to_judge(suite, call, job, fingerprint).await;
    }
    let invocations = suite.world.invocations(endpoint, variant, job.window).await;
    let invocations = invocations.map_err(failed("traffic not counted"))?;
    let share = f64::from(job.record.sampling_percent) / 100.0;
    let lost = invocations.is_some_and(|it| EXPECTED <= it as f64 * share);
    let mut facts = Vec::new();
    let (state, why) = if lost {
        facts.push(Fact::CaptureLost);
        (State::Error, "the endpoint is invoked and nothing is captured")
    } else {
        if is_usual(suite, job).await? {
            facts.push(Fact::NoDataUnusual);
        }
        (State::NoData, "no traffic")
    };
    let judgement = unseen(state, job);
    let outcomes = outcomes(job.window, &judgement, &facts);
    // Whether there was traffic is no object, but the result depends on it.
    let fingerprint = digest([fingerprint.as_str(), state.word()]);
    let execution = execution(suite, call, job, fingerprint, judgement, outcomes);
    kept(suite, Execution { invocations, why: Some(why.into()), ..execution }).await
}

/// Notes a window that no function can read in its time, and what to do.
async fn too_large<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    job: &Job<'_>,
    fingerprint: String,
    bytes: u64,
) -> Result<Execution, Refusal>
where
    S: Executions,
{
    let kind = job.monitor.kind;
    let judgement = unseen(State::Error, job);
    let outcomes = match kind {
        MonitorType::DataQuality => outcomes(job.window, &judgement, &[Fact::Failing { runs: 1 }]),
        _ => vec![(Family::of_figures(kind), Outcome::failed(job.window, 1))],
    };
    let (holds, most) = (bytes.div_ceil(1 << 30), suite.limits.most_bytes >> 30);
    let why = format!(
        "the window holds {holds} GiB, a function reads {most}: judge shorter windows by {}.schedule_expression, or capture a smaller part of the traffic",
        kind.word()
    );
    let execution = execution(suite, call, job, fingerprint, judgement, outcomes);
    kept(suite, Execution { why: Some(why), ..execution }).await
}

/// Notes a window without anything to judge; whether there ought to be something,
/// data quality tells.
async fn nothing_to_judge<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    job: &Job<'_>,
    fingerprint: String,
) -> Result<Execution, Refusal>
where
    S: Executions,
{
    let family = Family::of_figures(job.monitor.kind);
    let outcomes = vec![(family, Outcome::unknown(job.window))];
    let judgement = unseen(State::NoData, job);
    let execution = execution(suite, call, job, fingerprint, judgement, outcomes);
    kept(suite, Execution { why: Some("no traffic".into()), ..execution }).await
}

/// Keeps an execution that has no files.
async fn kept<W, S>(suite: &Suite<'_, W, S>, it: Execution) -> Result<Execution, Refusal>
where
    S: Executions,
{
    let kept = suite.shelves.keep_execution(&it, None).await;
    kept.map(|()| it).map_err(failed("execution not kept"))
}

/// The judgement on a window of which nothing was seen.
pub(crate) fn unseen(state: State, job: &Job<'_>) -> Judgement {
    Judgement {
        state,
        enough: false,
        findings: Vec::new(),
        measured: Vec::new(),
        not_compared: Vec::new(),
        rows: 0,
        baseline_rows: job.baseline.meta.rows,
        visible_effect: None,
        unreadable: 0,
    }
}

/// Whether there were rows at this hour on the two days before.
async fn is_usual<W, S>(suite: &Suite<'_, W, S>, job: &Job<'_>) -> Result<bool, Refusal>
where
    S: Executions,
{
    let log = suite.shelves.window_log(job.monitor).await;
    let log = log.map_err(unread("window log not read"))?;
    let Some(log) = log else { return Ok(false) };
    let had_rows = |days: i64| {
        let end = job.window.end - days * 86_400;
        log.value.windows.iter().any(|it| it.window.end == end && job.wanted.min_rows <= it.rows)
    };
    Ok(had_rows(1) && had_rows(2))
}

fn execution<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    job: &Job<'_>,
    fingerprint: String,
    judgement: Judgement,
    outcomes: Vec<(Family, Outcome)>,
) -> Execution
where
    S: Executions,
{
    let schedule = &job.schedule.schedule;
    Execution {
        monitor: job.monitor.clone(),
        schedule: schedule.clone(),
        window: job.window,
        baseline: Some(job.baseline.version.clone()),
        fingerprint,
        objects: 0,
        bytes: 0,
        invocations: None,
        violations: 0,
        judgement,
        outcomes,
        why: None,
        detail: None,
        executed_at: call.now,
        report: suite.shelves.report_uri(job.monitor, schedule, job.window),
    }
}
