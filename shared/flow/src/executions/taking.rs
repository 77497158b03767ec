//! Takes what SageMaker's executions found into the suite's records.

use super::failure::{Failure, classified};
use crate::analyze_window::{completed, copied, metrics, outcomes, pass};
use crate::digest::digest;
use crate::fault::{failed, post, unread};
use crate::kind::data_quality::as_sagemaker;
use crate::{Call, Suite};
use engine::finding::{Check, Effect, Family, Finding, Hint, Judgement, State};
use engine::incident::{Fact, Outcome, Rules};
use engine::monitor::{Monitor, MonitorType};
use engine::verdict::VerdictSettings;
use engine::violation::{Violation, ViolationCheck};
use engine::window::Window;
use ports::{
    AnalyzerFiles, AnalyzerResults, AnalyzerViolation, BaselineContent, Baselines, CountTraffic,
    EndpointRecord, Engine, Execution, ExecutionQuery, ExecutionStatus, Executions, JobStatus,
    ListExecutions, MonitorRecord, MonitoringExecution, Phase, PostEvents, PutMetrics, ReadFault,
    Refusal, StatusBoard,
};
use settings::{Effective, Schedule, Verdict};

/// Pages of executions that one call reads.
const PAGES: usize = 5;
/// An execution starts up to 20 minutes late and runs up to its limit; what is
/// not there after this many seconds more never was (reliability 8, row 8).
const LATEST: i64 = 80 * 60;
/// Requests that ought to have been captured before none means that none arrive.
const EXPECTED: f64 = 20.0;

/// Takes every execution of an endpoint's variant that is over and not taken so far.
///
/// Looks at what SageMaker lists, so a lost event costs only time; an execution
/// that never was is noted, too.
pub(crate) async fn take<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    record: &EndpointRecord,
    variant: &str,
) -> Result<usize, Refusal>
where
    W: ListExecutions + CountTraffic + PutMetrics + PostEvents,
    S: Baselines + Executions + AnalyzerResults + StatusBoard,
{
    let mut taken = 0;
    if record.phase != Phase::Monitored {
        return Ok(taken);
    }
    let ours = |it: &&MonitorRecord| it.engine == Engine::Sagemaker && it.variant == variant;
    for schedule in record.monitors.iter().filter(ours) {
        taken += take_schedule(suite, call, record, schedule).await?;
    }
    Ok(taken)
}

async fn take_schedule<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    record: &EndpointRecord,
    schedule: &MonitorRecord,
) -> Result<usize, Refusal>
where
    W: ListExecutions + CountTraffic + PutMetrics + PostEvents,
    S: Baselines + Executions + AnalyzerResults + StatusBoard,
{
    let monitor = schedule.monitor(&record.endpoint);
    let log = suite.shelves.window_log(&monitor).await.map_err(unread("window log not read"))?;
    let done = log.map_or(schedule.since, |it| it.value.done_through.max(schedule.since));
    let from = done.max(call.now - suite.limits.give_up);
    let Ok(times) = Schedule::parse(&schedule.expression) else { return Ok(0) };
    let ran = list(suite, schedule, from + 1, call.now).await?;
    let mut taken = 0;
    for (start, end) in times.windows(from, call.now, suite.limits.catch_up) {
        let window = Window { start, end };
        let at =
            |it: &&MonitoringExecution| it.scheduled_at.div_euclid(3600) == end.div_euclid(3600);
        let found = ran.iter().find(at);
        match found {
            Some(it) if !it.status.is_over() => break,
            None if call.now < end + LATEST => break,
            _ => {}
        }
        let wanted = suite.settings.for_endpoint(&record.endpoint, &record.tags);
        let job = Job { record, schedule, monitor: &monitor, wanted: &wanted, window };
        let execution = read(suite, call, &job, found).await?;
        keep(suite, call, &job, &execution).await?;
        taken += 1;
    }
    Ok(taken)
}

/// Lists what a schedule has run, the latest of each window first.
async fn list<W, S>(
    suite: &Suite<'_, W, S>,
    schedule: &MonitorRecord,
    from: i64,
    to: i64,
) -> Result<Vec<MonitoringExecution>, Refusal>
where
    W: ListExecutions,
{
    let query = ExecutionQuery {
        schedule: Some(schedule.schedule.clone()),
        endpoint: None,
        scheduled_from: Some(from - from.rem_euclid(3600)),
        scheduled_to: Some(to),
    };
    let mut found = Vec::new();
    let mut next = None;
    for _ in 0..PAGES {
        let page = suite.world.list_executions(&query, next.as_deref()).await;
        let page = page.map_err(|it| failed("executions not listed")(it.trouble()))?;
        found.extend(page.executions);
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    Ok(found)
}

/// How a job of the suite's ended that analysed one window.
pub(crate) struct Ended<'a> {
    pub(crate) window: Window,
    pub(crate) completed: bool,
    /// As SageMaker says it.
    pub(crate) failure: Option<&'a str>,
    /// Hash of all that the result depends on.
    pub(crate) fingerprint: &'a str,
}

/// Takes what a job of the suite's found in one window.
pub(crate) async fn finish<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    record: &EndpointRecord,
    schedule: &MonitorRecord,
    ended: &Ended<'_>,
) -> Result<Execution, Refusal>
where
    W: CountTraffic + PutMetrics + PostEvents,
    S: Baselines + Executions + AnalyzerResults + StatusBoard,
{
    let monitor = schedule.monitor(&record.endpoint);
    let wanted = suite.settings.for_endpoint(&record.endpoint, &record.tags);
    let job = Job { record, schedule, monitor: &monitor, wanted: &wanted, window: ended.window };
    let status = if ended.completed { ExecutionStatus::Completed } else { ExecutionStatus::Failed };
    let found = MonitoringExecution {
        schedule: schedule.schedule.clone(),
        endpoint: Some(record.endpoint.clone()),
        kind: Some(schedule.kind),
        definition: None,
        scheduled_at: ended.window.end,
        created_at: call.now,
        modified_at: call.now,
        status,
        job: None,
        failure: ended.failure.map(str::to_owned),
    };
    let execution = read(suite, call, &job, Some(&found)).await?;
    let execution = Execution { fingerprint: ended.fingerprint.into(), ..execution };
    keep(suite, call, &job, &execution).await?;
    Ok(execution)
}

/// Keeps an execution and tells of it.
async fn keep<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    job: &Job<'_>,
    execution: &Execution,
) -> Result<(), Refusal>
where
    W: PutMetrics + PostEvents,
    S: Executions + StatusBoard,
{
    let kept = suite.shelves.keep_execution(execution, None).await;
    kept.map_err(failed("execution not kept"))?;
    pass(suite, call, job.record, job.schedule, 0, Some(execution)).await?;
    // Metrics may be lost: nothing is decided by them.
    let mut told = metrics(execution);
    told.extend(copied(suite, execution, job.wanted).await);
    let _ = suite.world.put_metrics(&told).await;
    post(suite.world, &[completed(execution)]).await
}

struct Job<'a> {
    record: &'a EndpointRecord,
    schedule: &'a MonitorRecord,
    monitor: &'a Monitor,
    wanted: &'a Effective,
    window: Window,
}

/// What is known of a window beside its judgement.
struct Read {
    judgement: Judgement,
    outcomes: Vec<(Family, Outcome)>,
    violations: u64,
    why: Option<String>,
    invocations: Option<u64>,
}

async fn read<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    job: &Job<'_>,
    found: Option<&MonitoringExecution>,
) -> Result<Execution, Refusal>
where
    W: CountTraffic,
    S: Baselines + Executions + AnalyzerResults,
{
    let schedule = &job.schedule.schedule;
    let held = suite.shelves.current(job.monitor).await;
    let held = held.map_err(unread("baseline pointer not read"))?.map(|it| it.value);
    let baseline = held.filter(|it| it.created_ms == job.record.created_ms).map(|it| it.version);
    let result = match found.map(|it| it.status) {
        None => blind(job, "SageMaker ran no execution for this window"),
        Some(ExecutionStatus::Completed | ExecutionStatus::CompletedWithViolations) => {
            match suite.shelves.analyzer_files(job.monitor, schedule, job.window).await {
                Ok(files) => judged(suite, job, baseline.as_deref(), &files).await?,
                Err(ReadFault::Corrupt { .. }) => {
                    blind(job, "the results of SageMaker's execution cannot be read")
                }
                Err(other) => return Err(unread("results not read")(other)),
            }
        }
        Some(status) => {
            let said = found.and_then(|it| it.failure.as_deref());
            let status = match status {
                ExecutionStatus::Stopped => JobStatus::Stopped,
                _ => JobStatus::Failed,
            };
            failure(suite, job, classified(status, said).failure).await?
        }
    };
    let result_hash =
        format!("{:?} {:?} {}", result.judgement.state, result.why, result.violations);
    let status = found.map_or("none".to_owned(), |it| format!("{:?} {:?}", it.status, it.job));
    let parts = [schedule.as_str(), status.as_str(), result_hash.as_str()];
    Ok(Execution {
        monitor: job.monitor.clone(),
        schedule: schedule.clone(),
        window: job.window,
        baseline,
        fingerprint: digest(parts),
        objects: 0,
        bytes: 0,
        invocations: result.invocations,
        violations: result.violations,
        judgement: result.judgement,
        outcomes: result.outcomes,
        why: result.why,
        detail: None,
        executed_at: call.now,
        report: suite.shelves.report_uri(job.monitor, schedule, job.window),
    })
}

fn judgement(state: State, findings: Vec<Finding>, enough: bool) -> Judgement {
    Judgement {
        state,
        enough,
        findings,
        measured: Vec::new(),
        not_compared: Vec::new(),
        rows: 0,
        baseline_rows: 0,
        visible_effect: None,
        unreadable: 0,
    }
}

/// What a window says of which nothing was seen.
fn unseen(kind: MonitorType, window: Window, facts: &[Fact]) -> Vec<(Family, Outcome)> {
    let of_kind = |it: &Family| it.monitor() == Some(kind);
    let mut outcomes: Vec<(Family, Outcome)> =
        Family::ALL.into_iter().filter(of_kind).map(|it| (it, Outcome::unknown(window))).collect();
    outcomes.push((Family::Monitoring, Outcome::of_monitor(window, 0, facts)));
    outcomes
}

/// A window of which nothing is known: the monitor is blind, the data may be fine.
fn blind(job: &Job<'_>, why: &str) -> Read {
    let why = match job.monitor.kind {
        MonitorType::DataQuality => why.to_owned(),
        kind => format!("{} is not monitored: {why}", kind.word().replace('_', " ")),
    };
    Read {
        judgement: judgement(State::Error, Vec::new(), false),
        outcomes: unseen(job.monitor.kind, job.window, &[Fact::Failing { runs: 1 }]),
        violations: 0,
        why: Some(why),
        invocations: None,
    }
}

/// Tells a window without traffic from one that failed.
async fn failure<W, S>(
    suite: &Suite<'_, W, S>,
    job: &Job<'_>,
    failure: Failure,
) -> Result<Read, Refusal>
where
    W: CountTraffic,
{
    let said = blind(job, &format!("SageMaker's execution failed: {}", failure.advice()));
    if failure != Failure::NoObjects {
        return Ok(said);
    }
    let Monitor { endpoint, variant, kind } = job.monitor;
    let count = suite.world.invocations(endpoint, variant, job.window).await;
    let invocations = count.map_err(failed("traffic not counted"))?;
    let share = f64::from(job.record.sampling_percent) / 100.0;
    let is_busy = invocations.is_some_and(|it| EXPECTED <= it as f64 * share);
    let needs_labels = matches!(kind, MonitorType::ModelQuality | MonitorType::ModelBias);
    let (state, facts, why) = match (is_busy, needs_labels) {
        (false, _) => (State::NoData, Vec::new(), "no traffic".to_owned()),
        // Labels come when they come; data quality tells whether captures arrive.
        (true, true) => {
            (State::NoData, Vec::new(), "no labels for this window have arrived".to_owned())
        }
        (true, false) => (
            State::Error,
            vec![Fact::CaptureLost],
            "the endpoint is invoked and nothing is captured".to_owned(),
        ),
    };
    Ok(Read {
        judgement: judgement(state, Vec::new(), false),
        outcomes: unseen(*kind, job.window, &facts),
        violations: 0,
        why: Some(why),
        invocations,
    })
}

/// Judges by the statistics where the verdict asks for it, else by AWS's violations.
async fn judged<W, S>(
    suite: &Suite<'_, W, S>,
    job: &Job<'_>,
    version: Option<&str>,
    files: &AnalyzerFiles,
) -> Result<Read, Refusal>
where
    S: Baselines,
{
    let violations = files.violations.len() as u64;
    let rows = files.statistics.as_ref().map_or(0, |it| it.rows);
    let mut verdict = by_statistics(suite, job, version, files).await?;
    if verdict.is_none() || job.wanted.verdict == Verdict::Sagemaker {
        let plain = Judgement { rows, ..judgement(State::Ok, Vec::new(), true) };
        let known = verdict.take().unwrap_or(plain);
        let quality: Vec<Violation> = files.violations.iter().filter_map(of_column).collect();
        let mut all = as_sagemaker(&known, &quality);
        let of_metric = |it| of_metric(it, job.monitor.kind);
        all.findings.extend(files.violations.iter().filter_map(of_metric));
        if !all.findings.is_empty() {
            all.state = State::Drift;
        }
        verdict = Some(Judgement { enough: true, ..all });
    }
    let judgement = verdict.unwrap_or_else(|| judgement(State::Ok, Vec::new(), true));
    let mut outcomes = match job.monitor.kind {
        MonitorType::DataQuality => outcomes(job.window, &judgement, &[]),
        kind => {
            let (family, closing) = (Family::of_figures(kind), Rules::default().closing);
            vec![(family, Outcome::of(job.window, &judgement, family, closing))]
        }
    };
    outcomes.retain(|(family, _)| *family != Family::Monitoring);
    // An execution that completed has seen: its rows are not always told.
    let seen = Outcome::of_monitor(job.window, rows.max(1), &[]);
    outcomes.push((Family::Monitoring, seen));
    Ok(Read { judgement, outcomes, violations, why: None, invocations: None })
}

async fn by_statistics<W, S>(
    suite: &Suite<'_, W, S>,
    job: &Job<'_>,
    version: Option<&str>,
    files: &AnalyzerFiles,
) -> Result<Option<Judgement>, Refusal>
where
    S: Baselines,
{
    let (Some(statistics), Some(version)) = (&files.statistics, version) else { return Ok(None) };
    let baseline = match suite.shelves.baseline(job.monitor, version).await {
        Ok(Some(it)) => it,
        Ok(None) | Err(ReadFault::Corrupt { .. }) => return Ok(None),
        Err(other) => return Err(unread("baseline not read")(other)),
    };
    let mut current = statistics.clone();
    current.features.retain(|it| !job.wanted.excludes(&it.name));
    let settings = VerdictSettings {
        q: job.wanted.thresholds.q,
        floor: job.wanted.thresholds.floor,
        min_rows: job.wanted.min_rows,
        ..VerdictSettings::default()
    };
    let BaselineContent::DataQuality { statistics, constraints } = &baseline.content else {
        return Ok(None);
    };
    let prepared = suite.prepared.of(version, statistics, constraints);
    Ok(Some(prepared.judge(&current, 0, &settings)))
}

/// Reads an entry about a column as a violation of data quality.
fn of_column(it: &AnalyzerViolation) -> Option<Violation> {
    let check = it.check?;
    let (observed, threshold) = match check {
        ViolationCheck::BaselineDrift => it.distance.unwrap_or((1.0, 0.0)),
        _ => (0.0, 1.0),
    };
    let feature = it.subject.clone();
    Some(Violation { feature, check, observed, threshold, ..Violation::default() })
}

/// Reads an entry about a figure of the model, of bias or of attribution.
fn of_metric(it: &AnalyzerViolation, kind: MonitorType) -> Option<Finding> {
    if it.check.is_some() {
        return None;
    }
    let value = it.figure.map_or(1.0, |(now, limit)| (now.abs() - limit.abs()).abs().min(1.0));
    // The threshold is what the baseline had, but for the order of features: that was whole.
    let before = |limit| if kind == MonitorType::ModelExplainability { 1.0 } else { limit };
    let hint = it.figure.map(|(now, limit)| Hint::Figure { before: before(limit), now, limit });
    Some(Finding {
        feature: Some(it.subject.clone()),
        family: Family::of_figures(kind),
        check: Check::Metric,
        effect: Effect { value, low: value, high: value, floor: 0.0, p_value: 0.0 },
        significant: true,
        hint,
    })
}
