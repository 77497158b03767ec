use crate::digest::digest;
use crate::fault::{failed, post, unread, unwritten};
use crate::scan::{Found, list_all, profile};
use crate::standing::standing;
use crate::{Call, Suite};
use engine::check::{CheckSettings, distances, violations};
use engine::drift::Ranks;
use engine::event::{BaselineWanted, ExecutionCompleted, SuiteEvent};
use engine::finding::{Check, Effect, Family, Finding, Judgement, State};
use engine::incident::{Fact, Outcome, Rules};
use engine::monitor::Monitor;
use engine::scan::ScanOptions;
use engine::statistics::{InferredType, Statistics};
use engine::verdict::VerdictSettings;
use engine::violation::{Violation, ViolationCheck};
use engine::window::Window;
use ports::{
    Address, Baseline, BaselinePointer, Baselines, CountTraffic, EndpointRecord, EndpointRecords,
    Execution, ExecutionFiles, Executions, Incidents, ListObjects, Listed, Metric, MonitorRecord,
    Next, Phase, PostEvents, PutMetrics, ReadObjects, Refusal, RenderReport, ReportPage,
    StatusBoard, StatusLine, WindowLog, WindowLogEntry, WriteFault,
};
use settings::{DriftRanks, Effective, Schedule, Verdict};
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
    /// There is no baseline to judge by so far.
    Waiting,
    /// The window is none of this monitor's.
    Skipped,
}

/// Changes whenever executions come out differently from the same input.
const METHOD: &str = "execution/1";
/// Windows that the log keeps: two days of hours, for what is usual at an hour.
const LOGGED: usize = 50;
/// Times that the log is written against other writers.
const TRIES: u32 = 16;
/// CloudWatch takes names of so many characters.
const LONGEST_METRIC: usize = 255;
/// Metrics of features that one execution puts.
const MOST_METRICS: usize = 1000;
/// Records that ought to have been captured before none means that capture is lost.
const EXPECTED: f64 = 20.0;

/// Everything that one execution starts from.
struct Job<'a> {
    record: &'a EndpointRecord,
    monitor: &'a Monitor,
    schedule: &'a MonitorRecord,
    wanted: &'a Effective,
    window: Window,
    baseline: &'a Arc<Baseline>,
}

/// Judges one window of one monitor, and leaves its files and its record.
///
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
    W: ListObjects + ReadObjects + CountTraffic + PutMetrics + PostEvents + Sync,
    S: EndpointRecords + Baselines + Executions + Incidents + StatusBoard,
{
    let name = &monitor.endpoint;
    let held = suite.shelves.endpoint(name).await.map_err(unread("endpoint record not read"))?;
    let Some(record) = held.map(|it| it.value).filter(|it| it.phase == Phase::Monitored) else {
        return Ok(Analyzed::Skipped);
    };
    let schedule = record.monitors.iter().find(|it| it.monitor(name) == *monitor);
    let Some(schedule) = schedule.filter(|it| it.since < window.end && window.end <= call.now)
    else {
        return Ok(Analyzed::Skipped);
    };
    let Some((pointer, baseline)) = in_force(suite, &record, monitor).await? else {
        let reason = Some("a window is due and there is no baseline".into());
        let wanted = BaselineWanted { monitor: monitor.clone(), reason };
        post(suite.world, &[SuiteEvent::BaselineWanted(wanted)]).await?;
        return Ok(Analyzed::Waiting);
    };
    if pointer.of_capture && window.end <= pointer.promoted_at {
        pass(suite, call, &record, schedule, &pointer, None).await?;
        return Ok(Analyzed::Skipped);
    }
    let wanted = suite.settings.for_endpoint(name, &record.tags);
    let job =
        Job { record: &record, monitor, schedule, wanted: &wanted, window, baseline: &baseline };
    let (place, objects) = captured(suite, &job).await?;
    let fingerprint = fingerprint(&job, &objects);
    let known = suite.shelves.execution(monitor, &schedule.schedule, window).await;
    let known = known.map_err(unread("execution not read"))?;
    if let Some(known) = known.filter(|it| it.fingerprint == fingerprint && !objects.is_empty()) {
        let state = known.judgement.state;
        pass(suite, call, &record, schedule, &pointer, Some(&known)).await?;
        if !is_settled(suite, monitor, window).await? {
            post(suite.world, &[completed(&known)]).await?;
        }
        return Ok(Analyzed::Unchanged { state });
    }
    let (execution, mut told) = if objects.is_empty() {
        (without_objects(suite, call, &job, fingerprint).await?, Vec::new())
    } else {
        judge(suite, call, renders, &job, &place, &objects, fingerprint).await?
    };
    pass(suite, call, &record, schedule, &pointer, Some(&execution)).await?;
    // Metrics may be lost: nothing is decided by them.
    told.extend(metrics(&execution));
    let _ = suite.world.put_metrics(&told).await;
    post(suite.world, &[completed(&execution)]).await?;
    let (state, violations) = (execution.judgement.state, execution.violations);
    Ok(Analyzed::Judged { state, violations })
}

/// Returns the baseline in force for this very endpoint.
async fn in_force<W, S>(
    suite: &Suite<'_, W, S>,
    record: &EndpointRecord,
    monitor: &Monitor,
) -> Result<Option<(BaselinePointer, Arc<Baseline>)>, Refusal>
where
    S: Baselines,
{
    let pointer = suite.shelves.current(monitor).await;
    let pointer = pointer.map_err(unread("baseline pointer not read"))?;
    let Some(pointer) = pointer.map(|it| it.value).filter(|it| it.created_ms == record.created_ms)
    else {
        return Ok(None);
    };
    let baseline = suite.shelves.baseline(monitor, &pointer.version).await;
    let baseline = baseline.map_err(unread("baseline not read"))?;
    let Some(baseline) = baseline else {
        return Err(Refusal::new(Next::CallOperator, "baseline in force is not there")
            .fact("endpoint", &monitor.endpoint)
            .fact("version", &pointer.version));
    };
    Ok(Some((pointer, baseline)))
}

/// Returns the folders of one hour of captures; the hour is that of the invocation.
///
/// A destination that ends with a slash may stand in the keys with it or
/// without (formats B.1, J): both are looked at.
pub(crate) fn hour_prefixes(place: &Address, monitor: &Monitor, second: i64) -> Vec<Address> {
    let stamp = jiff::Timestamp::from_second(second).unwrap_or_default();
    let hour = stamp.strftime("%Y/%m/%d/%H").to_string();
    let Monitor { endpoint, variant, .. } = monitor;
    let plain = place.key.trim_end_matches('/');
    let mut bases = vec![if plain.is_empty() { String::new() } else { format!("{plain}/") }];
    if plain != place.key && !plain.is_empty() {
        bases.push(format!("{plain}//"));
    }
    let prefix = |base: String| {
        Address::new(place.bucket.as_str(), format!("{base}{endpoint}/{variant}/{hour}/"))
    };
    bases.into_iter().map(prefix).collect()
}

async fn captured<W, S>(
    suite: &Suite<'_, W, S>,
    job: &Job<'_>,
) -> Result<(Address, Vec<Listed>), Refusal>
where
    W: ListObjects,
{
    let place = job.record.capture.as_deref().and_then(Address::parse);
    let Some(place) = place else {
        return Err(Refusal::new(Next::CallOperator, "endpoint record names no capture")
            .fact("endpoint", &job.record.endpoint));
    };
    let mut objects = Vec::new();
    let mut hour = job.window.start - job.window.start.rem_euclid(3600);
    while hour < job.window.end {
        for prefix in hour_prefixes(&place, job.monitor, hour) {
            objects.extend(list_all(suite.world, &prefix).await?);
        }
        hour += 3600;
    }
    objects.retain(|it| 0 < it.size);
    Ok((place, objects))
}

/// Hashes all that the result depends on.
fn fingerprint(job: &Job<'_>, objects: &[Listed]) -> String {
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
    for it in objects {
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
    let Monitor { endpoint, variant, .. } = job.monitor;
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
    let judgement = Judgement {
        state,
        enough: false,
        findings: Vec::new(),
        measured: Vec::new(),
        not_compared: Vec::new(),
        rows: 0,
        baseline_rows: job.baseline.meta.rows,
        visible_effect: None,
        unreadable: 0,
    };
    let outcomes = outcomes(job.window, &judgement, &facts);
    // Whether there was traffic is no object, but the result depends on it.
    let fingerprint = digest([fingerprint.as_str(), state.word()]);
    let execution = execution(suite, call, job, fingerprint, judgement, outcomes);
    let execution = Execution { invocations, why: Some(why.into()), ..execution };
    let kept = suite.shelves.keep_execution(&execution, None).await;
    kept.map_err(failed("execution not kept"))?;
    Ok(execution)
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

async fn judge<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    renders: &impl RenderReport,
    job: &Job<'_>,
    place: &Address,
    objects: &[Listed],
    fingerprint: String,
) -> Result<(Execution, Vec<Metric>), Refusal>
where
    W: ReadObjects + Sync,
    S: Executions + Incidents,
{
    let mut options = ScanOptions::default();
    let whole_hours = job.window.start % 3600 == 0 && job.window.end % 3600 == 0;
    if !whole_hours {
        options.reading.capture.window = Some(job.window.start..job.window.end);
    }
    let found = profile(suite.world, &place.bucket, objects, &options, suite.limits).await?;
    let Baseline { statistics: before, constraints, .. } = &**job.baseline;
    let mut current = like(&found, before);
    current.features.retain(|it| !job.wanted.excludes(&it.name));
    let ranks = match job.wanted.drift_ranks {
        DriftRanks::Multiset => Ranks::Multiset,
        DriftRanks::DistinctValues => Ranks::DistinctValues,
    };
    let settings = CheckSettings { ranks };
    let violations = if current.rows == 0 {
        Vec::new()
    } else {
        violations(Some(before), constraints, &current, settings)
    };
    let verdict = VerdictSettings {
        q: job.wanted.thresholds.q,
        floor: job.wanted.thresholds.floor,
        min_rows: job.wanted.min_rows,
        ..VerdictSettings::default()
    };
    let unreadable = found.profile.unreadable();
    let mut judgement = suite.prepared.of(job.baseline).judge(&current, unreadable, &verdict);
    let mut why = None;
    let share = unreadable as f64 / (current.rows + unreadable).max(1) as f64;
    let told = match job.wanted.verdict {
        Verdict::Calibrated => outcomes(job.window, &judgement, &[]),
        Verdict::Sagemaker => {
            let as_aws = as_sagemaker(&judgement, &violations);
            judgement.state = as_aws.state;
            outcomes(job.window, &as_aws, &[])
        }
    };
    if job.wanted.max_set_aside_share < share {
        judgement.state = State::Error;
        why = Some(format!(
            "{unreadable} of {} records could not be read",
            current.rows + unreadable
        ));
    }
    let mut execution = execution(suite, call, job, fingerprint, judgement, told);
    execution.objects = objects.len() as u64;
    execution.bytes = found.bytes;
    execution.violations = violations.len() as u64;
    execution.why = why;
    let standing = standing(suite, job.record, job.wanted, &execution).await?;
    let page = ReportPage {
        execution: &execution,
        state: standing.state,
        incidents: &standing.incidents,
        baseline: job.baseline,
        statistics: &current,
        violations: &violations,
    };
    let report = renders.render(&page);
    let files = ExecutionFiles {
        statistics: &current,
        constraints,
        violations: &violations,
        report: &report,
    };
    let kept = suite.shelves.keep_execution(&execution, Some(files)).await;
    kept.map_err(failed("execution not kept"))?;
    let told = feature_metrics(job, &current, settings);
    Ok((execution, told))
}

/// Summarises the window by the types of the baseline.
///
/// Columns that have no names in the captures get the baseline's by position, as
/// AWS does, where there are as many.
fn like(found: &Found, before: &Statistics) -> Statistics {
    let by_position = |name: &str| {
        let at: usize = name.strip_prefix("_c")?.parse().ok()?;
        before.features.get(at)
    };
    let plain = found.profile.statistics();
    let unnamed = plain.features.len() == before.features.len()
        && plain
            .features
            .iter()
            .all(|it| by_position(&it.name).is_some() && before.feature(&it.name).is_none());
    let known = |it: InferredType| (it != InferredType::Unknown).then_some(it);
    if !unnamed {
        return found.profile.statistics_as(|name| known(before.feature(name)?.inferred_type));
    }
    let mut res = found.profile.statistics_as(|name| known(by_position(name)?.inferred_type));
    for feature in &mut res.features {
        if let Some(named) = by_position(&feature.name) {
            feature.name.clone_from(&named.name);
        }
    }
    res
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
        executed_at: call.now,
        report: suite.shelves.report_uri(job.monitor, schedule, job.window),
    }
}

fn outcomes(window: Window, judgement: &Judgement, facts: &[Fact]) -> Vec<(Family, Outcome)> {
    let closing = Rules::default().closing;
    let of = |family| (family, Outcome::of(window, judgement, family, closing));
    let seen = Outcome::of_monitor(window, judgement.rows, facts);
    let cause =
        |it: &Finding| it.significant && it.family == Family::Contract && CAUSE <= it.effect.value;
    let drift = if judgement.findings.iter().any(cause) {
        (Family::Drift, Outcome::unknown(window))
    } else {
        of(Family::Drift)
    };
    vec![of(Family::Contract), drift, (Family::Monitoring, seen)]
}

/// A contract broken on this share of the rows is the cause of what moves beside it, the predictions first: one alert
/// tells of both, and drift is judged again once the contract holds (reference: features 4.1, gate 5).
const CAUSE: f64 = 0.2;

/// Takes AWS's verdict for ours: every violation counts, however small its effect.
fn as_sagemaker(judgement: &Judgement, violations: &[Violation]) -> Judgement {
    let finding = |it: &Violation| {
        let (family, check) = match it.check {
            ViolationCheck::BaselineDrift => (Family::Drift, Check::Distribution),
            ViolationCheck::DataType => (Family::Contract, Check::DataType),
            ViolationCheck::Completeness => (Family::Contract, Check::Completeness),
            ViolationCheck::MissingColumn => (Family::Contract, Check::MissingColumn),
            ViolationCheck::ExtraColumn => (Family::Contract, Check::ExtraColumn),
            ViolationCheck::CategoricalValues => (Family::Contract, Check::UnseenValues),
        };
        // Of shares AWS tells what is right, of distances what is wrong.
        let (value, floor) = match it.check {
            ViolationCheck::BaselineDrift => (it.observed, it.threshold),
            ViolationCheck::MissingColumn | ViolationCheck::ExtraColumn => (1.0, 0.0),
            _ => (1.0 - it.observed, 1.0 - it.threshold),
        };
        let value = value.clamp(0.0, 1.0);
        let effect = Effect { value, low: value, high: value, floor, p_value: 0.0 };
        let known = judgement
            .findings
            .iter()
            .find(|known| known.feature.as_ref() == Some(&it.feature) && known.check == check);
        let hint = known.and_then(|it| it.hint);
        Finding {
            feature: Some(it.feature.clone()),
            family,
            check,
            effect,
            significant: true,
            hint,
        }
    };
    let state = match judgement.state {
        _ if !violations.is_empty() => State::Drift,
        State::Watch | State::Drift => State::Ok,
        other => other,
    };
    let findings = violations.iter().map(finding).collect();
    Judgement { state, findings, measured: Vec::new(), ..judgement.clone() }
}

/// Notes a window as done: in the log, then on the status page.
///
/// Without an execution only what was passed over is noted.
async fn pass<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    record: &EndpointRecord,
    schedule: &MonitorRecord,
    pointer: &BaselinePointer,
    execution: Option<&Execution>,
) -> Result<(), Refusal>
where
    S: Executions + StatusBoard,
{
    let monitor = schedule.monitor(&record.endpoint);
    let from = if pointer.of_capture { pointer.promoted_at } else { 0 };
    let from = schedule.since.max(from).max(call.now - suite.limits.give_up);
    let mut log = None;
    for _ in 0..TRIES {
        let held = suite.shelves.window_log(&monitor).await;
        let held = held.map_err(unread("window log not read"))?;
        let (before, etag) = held.map_or((None, None), |it| (Some(it.value), Some(it.etag)));
        let next = log_with(before.as_ref(), &monitor, &schedule.expression, from, execution);
        if before.as_ref() == Some(&next) {
            log = Some(next);
            break;
        }
        match suite.shelves.keep_window_log(&next, etag.as_ref()).await {
            Ok(_) => {
                log = Some(next);
                break;
            }
            Err(WriteFault::Lost) => {}
            Err(other) => return Err(unwritten("window log not kept")(other)),
        }
    }
    let Some(log) = log else {
        return Err(Refusal::new(Next::TryAgain, "window log contended"));
    };
    let change = |line: Option<&StatusLine>| {
        let mut line = line?.clone();
        let here = line.monitors.iter_mut().find(|it| {
            it.variant == monitor.variant && it.kind == monitor.kind && it.since == schedule.since
        });
        let here = here.filter(|_| line.created_ms == record.created_ms)?;
        here.has_baseline = true;
        here.done_through = here.done_through.max(log.done_through);
        here.windows = log.windows.len() as u64;
        Some(line)
    };
    let keep = |line: Option<&StatusLine>| change(line).or_else(|| line.cloned());
    let changed = suite.shelves.change_status(&record.endpoint, keep).await;
    changed.map_err(unread("status not written"))
}

fn log_with(
    before: Option<&WindowLog>,
    monitor: &Monitor,
    expression: &str,
    from: i64,
    execution: Option<&Execution>,
) -> WindowLog {
    let mut log = before.cloned().unwrap_or(WindowLog {
        monitor: monitor.clone(),
        done_through: from,
        windows: Vec::new(),
    });
    if let Some(it) = execution {
        let entry = WindowLogEntry {
            window: it.window,
            state: it.judgement.state,
            rows: it.judgement.rows,
            violations: it.violations,
            fingerprint: it.fingerprint.clone(),
            executed_at: it.executed_at,
        };
        match log.windows.binary_search_by(|known| known.window.cmp(&it.window)) {
            // The same result again is the same entry.
            Ok(at) if log.windows[at].fingerprint == entry.fingerprint => {}
            Ok(at) => log.windows[at] = entry,
            Err(at) => log.windows.insert(at, entry),
        }
        let surplus = log.windows.len().saturating_sub(LOGGED);
        log.windows.drain(..surplus);
    }
    log.done_through = log.done_through.max(from);
    // Windows that follow one another without a gap are done.
    let Ok(schedule) = Schedule::parse(expression) else { return log };
    let last = log.windows.last().map_or(log.done_through, |it| it.window.end);
    for (_, end) in schedule.windows(log.done_through, last, LOGGED) {
        if !log.windows.iter().any(|it| it.window.end == end) {
            break;
        }
        log.done_through = end;
    }
    log
}

/// Whether the window has been told of, where it had to be.
async fn is_settled<W, S>(
    suite: &Suite<'_, W, S>,
    monitor: &Monitor,
    window: Window,
) -> Result<bool, Refusal>
where
    S: StatusBoard,
{
    let lines = suite.shelves.status().await.map_err(unread("status not read"))?;
    let line = lines.iter().find(|it| it.endpoint == monitor.endpoint);
    Ok(line.is_some_and(|line| {
        let here = line
            .monitors
            .iter()
            .find(|it| it.variant == monitor.variant && it.kind == monitor.kind);
        here.is_some_and(|it| window.end <= it.settled_through)
    }))
}

fn completed(it: &Execution) -> SuiteEvent {
    SuiteEvent::ExecutionCompleted(ExecutionCompleted {
        monitor: it.monitor.clone(),
        window: it.window,
        state: it.judgement.state,
        report: it.report.clone(),
        baseline: it.baseline.clone(),
        violations: it.violations,
        hash: it.fingerprint.clone(),
    })
}

/// Tells what AWS's monitor tells of each feature (formats H.6): how far it is
/// from the baseline, and the share of cells that hold something.
fn feature_metrics(job: &Job<'_>, current: &Statistics, settings: CheckSettings) -> Vec<Metric> {
    let Baseline { statistics: before, constraints, .. } = &**job.baseline;
    if !constraints.config.emit_metrics {
        return Vec::new();
    }
    let dimensions = vec![
        ("Endpoint", job.monitor.endpoint.clone()),
        ("MonitoringSchedule", job.schedule.schedule.clone()),
    ];
    let metric = |kind: &str, feature: &str, value: f64| Metric {
        namespace: "aws/sagemaker/Endpoints/data-metrics",
        name: format!("{kind}_{feature}").chars().take(LONGEST_METRIC).collect(),
        dimensions: dimensions.clone(),
        at: job.window.end,
        value,
        unit: "None",
    };
    let moved = distances(before, constraints, current, settings);
    let moved = moved.iter().map(|it| metric("feature_baseline_drift", &it.feature, it.distance));
    let present = current
        .features
        .iter()
        .filter_map(|it| Some(metric("feature_non_null", &it.name, it.completeness()?)));
    moved.chain(present).take(MOST_METRICS).collect()
}

fn metrics(it: &Execution) -> Vec<Metric> {
    let dimensions = vec![
        ("Endpoint", it.monitor.endpoint.clone()),
        ("MonitoringSchedule", it.schedule.clone()),
    ];
    let metric = |name: &str, value: f64| Metric {
        namespace: "Vigil",
        name: name.into(),
        dimensions: dimensions.clone(),
        at: it.window.end,
        value,
        unit: "Count",
    };
    let completed = match it.judgement.state {
        State::NoData => "WindowsIdle",
        State::Error => "WindowsFailed",
        _ => "WindowsCompleted",
    };
    vec![
        metric(completed, 1.0),
        metric("Rows", it.judgement.rows as f64),
        metric("RecordsSetAside", it.judgement.unreadable as f64),
        metric("Violations", it.violations as f64),
    ]
}
