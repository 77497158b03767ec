use super::{Seen, alert_id};
use crate::fault::unread;
use crate::kind::windows_awaited;
use crate::reconcile_endpoint::trouble;
use crate::standing::{key, of_family, rules};
use crate::{Call, Suite};
use engine::finding::{Family, State};
use engine::incident::{Fact, Incident, Outcome, Record, Rules, Sight, Transition, advance};
use engine::monitor::{Monitor, MonitorType};
use engine::window::Window;
use ports::{
    EndpointRecord, Engine, Execution, Executions, Folded, IncidentBook, IncidentChange,
    MonitorRecord, PendingAlert, Phase, Refusal, Standing, WindowLog,
};

/// Executions whose fingerprints a book keeps.
const KEPT: usize = 30;

fn kept(kind: MonitorType) -> usize {
    KEPT + windows_awaited(kind)
}

/// Takes everything into a book that is not in it, and notes what is to be told.
pub(super) async fn folded<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    endpoint: &str,
    variant: &str,
    record: Option<&EndpointRecord>,
    before: Option<&IncidentBook>,
) -> Result<(IncidentBook, Seen), Refusal>
where
    S: Executions,
{
    let mut book = before.cloned().unwrap_or_else(|| IncidentBook {
        endpoint: endpoint.into(),
        variant: variant.into(),
        created_ms: record.map_or(0, |it| it.created_ms),
        ..IncidentBook::default()
    });
    let mut seen = Seen::default();
    let Some(record) = record.filter(|it| it.phase != Phase::Gone) else {
        close(&mut book, call.now, "the endpoint was deleted");
        return Ok((book, seen));
    };
    if book.created_ms != record.created_ms {
        close(&mut book, call.now, "the endpoint was replaced by another of its name");
        book.created_ms = record.created_ms;
    }
    if record.phase == Phase::OptedOut {
        close(&mut book, call.now, "the settings leave the endpoint alone");
        return Ok((book, seen));
    }
    let rules = rules(&suite.settings.for_endpoint(&record.endpoint, &record.tags));
    if let Phase::Blocked(why) = record.phase {
        // A window of its own, so that no execution takes its place.
        let window = Window { start: record.since, end: record.since + 1 };
        let outcome = Outcome::of_monitor(window, 0, &[Fact::CaptureLost]);
        let told = Told { note: Some(trouble(why).into()), ..Told::default() };
        take(suite, call, &mut book, Family::Monitoring, outcome, &rules, &told);
    }
    for schedule in record.monitors.iter().filter(|it| it.variant == variant) {
        if let Standing::Stuck { why, since } = &schedule.standing {
            let window = Window { start: *since, end: since + 1 };
            let outcome = Outcome::of_monitor(window, 0, &[Fact::Failing { runs: 2 }]);
            let kind = schedule.kind.word();
            let note = format!("SageMaker does not run {kind}: {why}");
            let told = Told { note: Some(note), ..Told::default() };
            take(suite, call, &mut book, Family::Monitoring, outcome, &rules, &told);
        }
        fold_monitor(suite, call, record, schedule, &rules, &mut book, &mut seen).await?;
    }
    Ok((book, seen))
}

async fn fold_monitor<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    record: &EndpointRecord,
    schedule: &MonitorRecord,
    rules: &Rules,
    book: &mut IncidentBook,
    seen: &mut Seen,
) -> Result<(), Refusal>
where
    S: Executions,
{
    let monitor = schedule.monitor(&record.endpoint);
    let log = suite.shelves.window_log(&monitor).await;
    let Some(log) = log.map_err(unread("window log not read"))?.map(|it| it.value) else {
        return Ok(());
    };
    let mut through = log.done_through;
    let oldest = oldest(book, &monitor);
    let current = log.windows.iter().filter(|it| schedule.since < it.window.end);
    for entry in current.filter(|it| oldest.is_none_or(|oldest| oldest < it.window)) {
        let known = book.folded.iter().any(|it| {
            it.kind == monitor.kind
                && it.window == entry.window
                && it.fingerprint == entry.fingerprint
        });
        if known {
            continue;
        }
        let execution = suite.shelves.execution(&monitor, &schedule.schedule, entry.window).await;
        let execution = execution.map_err(unread("execution not read"))?;
        let Some(execution) = execution.filter(|it| it.fingerprint == entry.fingerprint) else {
            // Written over, or not there: the sweep asks for it again.
            through = through.min(entry.window.start);
            continue;
        };
        seen.folded += 1;
        let told = Told::of(&execution);
        let blind = Told { note: why_failed(&execution, schedule.engine), ..Told::of(&execution) };
        for (family, outcome) in &execution.outcomes {
            let mut outcome = with_failures(*family, outcome, &execution, &log);
            if *family == Family::Monitoring {
                outcome = beside_others(outcome, schedule, record, book);
            }
            let is_run = *family == Family::Monitoring || outcome.is_failed();
            take(suite, call, book, *family, outcome, rules, if is_run { &blind } else { &told });
        }
        note(book, &execution);
        if log.windows.last().is_some_and(|it| it.window == entry.window) {
            seen.newest.insert(monitor.kind, execution);
        }
    }
    seen.through.push((monitor.kind, through));
    Ok(())
}

/// Returns the oldest window whose neighbours are still remembered; what is
/// older is in, or too late.
fn oldest(book: &IncidentBook, monitor: &Monitor) -> Option<Window> {
    let mut known = book.folded.iter().filter(|it| it.kind == monitor.kind);
    let first = known.next()?;
    (kept(monitor.kind) <= known.count() + 1).then_some(first.window)
}

fn note(book: &mut IncidentBook, execution: &Execution) {
    let entry = Folded {
        kind: execution.monitor.kind,
        window: execution.window,
        fingerprint: execution.fingerprint.clone(),
    };
    let place = (entry.kind, entry.window);
    match book.folded.binary_search_by(|it| (it.kind, it.window).cmp(&place)) {
        Ok(at) => book.folded[at] = entry,
        Err(at) => book.folded.insert(at, entry),
    }
    let many = book.folded.iter().filter(|it| it.kind == execution.monitor.kind).count();
    if kept(execution.monitor.kind) < many {
        let first = book.folded.iter().position(|it| it.kind == execution.monitor.kind);
        book.folded.remove(first.unwrap_or(0));
    }
}

/// Puts what a run of SageMaker's says of one monitor beside what the others' say of the same window.
///
/// Signals carry the word of their monitor, and a window tells nothing of monitors whose runs are still to come: that
/// one sees does not make another see.
fn beside_others(
    mut own: Outcome,
    schedule: &MonitorRecord,
    record: &EndpointRecord,
    book: &IncidentBook,
) -> Outcome {
    if schedule.engine != Engine::Sagemaker {
        return own;
    }
    let word = schedule.kind.word();
    for it in &mut own.signals {
        it.feature = Some(word.to_owned());
    }
    let is_unseen = own.sight == Sight::Blind && own.signals.is_empty();
    let known = book.records.iter().find(|(family, _)| *family == Family::Monitoring);
    let known = known.and_then(|(_, it)| it.outcomes.iter().find(|it| it.window == own.window));
    if let Some(known) = known {
        let others = known.signals.iter().filter(|it| it.feature.as_deref() != Some(word));
        own.signals.extend(others.cloned());
        own.signals.sort_by(|a, b| (&a.feature, a.check).cmp(&(&b.feature, b.check)));
        own.sight = own.sight.min(known.sight);
        own.hidden.clone_from(&known.hidden);
    } else {
        let all = record.monitors.iter();
        let all = all.filter(|it| it.variant == schedule.variant && it.engine == schedule.engine);
        own.hidden = all.map(|it| it.kind.word().to_owned()).collect();
    }
    own.hidden.retain(|it| it != word);
    if is_unseen {
        own.hidden.push(word.to_owned());
    }
    own.hidden.sort();
    own
}

/// Adds how many executions failed in a row, where this one did.
fn with_failures(
    family: Family,
    outcome: &Outcome,
    execution: &Execution,
    log: &WindowLog,
) -> Outcome {
    let failed = execution.judgement.state == State::Error && execution.judgement.rows == 0;
    let says_so = outcome.is_failed() || (family == Family::Monitoring && 0 < execution.objects);
    if !failed || !says_so {
        return outcome.clone();
    }
    let before = log.windows.iter().filter(|it| it.window <= execution.window).rev();
    let runs = before.take_while(|it| it.state == State::Error).count() as u32;
    Outcome::failed(outcome.window, runs)
}

/// Why a run failed, where only its record tells: of SageMaker's, and of monitors whose settings or models may lack.
fn why_failed(execution: &Execution, engine: Engine) -> Option<String> {
    if execution.judgement.state != State::Error {
        return None;
    }
    let why = execution.why.as_deref()?;
    match (engine, execution.monitor.kind) {
        (Engine::Sagemaker, _) => Some(why.to_owned()),
        (_, MonitorType::DataQuality) => None,
        (_, kind) => Some(format!("{} is not monitored: {why}", kind.word().replace('_', " "))),
    }
}

/// What an alert says beside its incident.
#[derive(Default)]
struct Told {
    note: Option<String>,
    detail: Option<String>,
    baseline: Option<String>,
    baseline_rows: Option<u64>,
    rows: Option<u64>,
    visible_effect: Option<f64>,
    report: Option<String>,
}

impl Told {
    fn of(it: &Execution) -> Self {
        Self {
            note: None,
            detail: it.detail.clone(),
            baseline: it.baseline.clone(),
            baseline_rows: Some(it.judgement.baseline_rows),
            rows: Some(it.judgement.rows),
            visible_effect: it.judgement.visible_effect,
            report: (0 < it.judgement.rows).then(|| it.report.clone()),
        }
    }
}

fn take<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    book: &mut IncidentBook,
    family: Family,
    outcome: Outcome,
    rules: &Rules,
    told: &Told,
) {
    let key = key(suite, &book.endpoint, &book.variant, family);
    let window = outcome.window;
    let at = book.records.iter().position(|(it, _)| *it == family).unwrap_or_else(|| {
        book.records.push((family, Record::default()));
        book.records.sort_by_key(|(family, _)| *family);
        book.records.iter().position(|(it, _)| *it == family).unwrap_or(0)
    });
    let (next, transition) = advance(&key, &book.records[at].1, outcome, &of_family(rules, family));
    let change = match transition {
        Transition::None => None,
        Transition::Opened => Some(IncidentChange::Opened),
        Transition::Updated => Some(IncidentChange::Updated),
        Transition::Resolved => Some(IncidentChange::Resolved),
    };
    let pending = change
        .zip(next.incident.as_ref())
        .map(|(change, incident)| pending(incident, change, window.end, call.now, told));
    book.records[at].1 = next;
    if let Some(it) =
        pending.filter(|it| book.pending.iter().all(|old| old.alert_id != it.alert_id))
    {
        book.pending.push(it);
    }
}

fn pending(
    incident: &Incident,
    change: IncidentChange,
    at: i64,
    now: i64,
    told: &Told,
) -> PendingAlert {
    PendingAlert {
        alert_id: alert_id(incident, change, at),
        change,
        incident: incident.clone(),
        noted_at: now,
        note: told.note.clone(),
        detail: told.detail.clone(),
        baseline: told.baseline.clone(),
        baseline_rows: told.baseline_rows,
        rows: told.rows,
        visible_effect: told.visible_effect,
        report: told.report.clone(),
        resolved_at: incident.resolved.map(|it| it.end),
    }
}

/// Closes what is open because nobody looks any more, and starts afresh.
fn close(book: &mut IncidentBook, now: i64, why: &str) {
    for (_, record) in std::mem::take(&mut book.records) {
        let Some(mut incident) = record.incident.filter(Incident::is_open) else { continue };
        let end = incident.last_bad.end;
        incident.resolved = Some(Window { start: incident.last_bad.start, end });
        let told = Told { note: Some(why.into()), ..Told::default() };
        let mut it = pending(&incident, IncidentChange::Resolved, end, now, &told);
        it.resolved_at = Some(now);
        if book.pending.iter().all(|old| old.alert_id != it.alert_id) {
            book.pending.push(it);
        }
    }
    book.folded.clear();
}
