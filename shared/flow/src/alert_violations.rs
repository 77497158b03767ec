mod book;
mod ledger;

use crate::executions::{endpoint_of_job, take};
use crate::fault::{failed, post, unread, unwritten};
use crate::message::message;
use crate::standing::shown;
use crate::{Call, Suite};
use engine::event::{IncidentChanged, SuiteEvent};
use engine::finding::{Family, State};
use engine::incident::Incident;
use engine::monitor::MonitorType;
use engine::words::{headline, incident_headline};
use ports::{
    Alert, AnalyzerResults, Baselines, CountTraffic, DescribeJobs, EndpointRecord, EndpointRecords,
    Execution, Executions, FormAlerts, IncidentBook, IncidentChange, Incidents, LastRun, Ledger,
    ListExecutions, Metric, MonitorStatus, Next, PendingAlert, Phase, PostEvents, PublishAlerts,
    PutMetrics, Refusal, StatusBoard, StatusLine, WriteFault,
};
use std::collections::BTreeMap;

/// What became of the incidents of one or more variants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Alerted {
    /// Executions that were taken in.
    pub folded: usize,
    /// Alerts that are now known to be published, by this call or another.
    pub told: Vec<String>,
}

/// Times that a book is written against other writers.
const TRIES: u32 = 8;

/// Takes in what executions of a variant found, and tells of what changed.
///
/// Takes every execution that is not yet in, so a lost event costs only time.
pub async fn alert_variant<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    endpoint: &str,
    variant: &str,
) -> Result<Alerted, Refusal>
where
    W: PublishAlerts + PostEvents + PutMetrics + CountTraffic + ListExecutions,
    S: EndpointRecords
        + Baselines
        + Executions
        + AnalyzerResults
        + Incidents
        + Ledger
        + StatusBoard
        + FormAlerts,
{
    let held = suite.shelves.endpoint(endpoint).await;
    let held = held.map_err(unread("endpoint record not read"))?.map(|it| it.value);
    if let Some(record) = &held {
        take(suite, call, record, variant).await?;
    }
    alert(suite, call, endpoint, variant, held.as_ref()).await
}

/// Takes in what SageMaker's execution of a schedule found, and tells of what changed.
///
/// The job only names the schedule: every execution that is over is taken. A job
/// that no schedule of the suite's ran is none of its matter.
pub async fn alert_job<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    job: &str,
) -> Result<Alerted, Refusal>
where
    W: PublishAlerts + PostEvents + PutMetrics + CountTraffic + DescribeJobs + ListExecutions,
    S: EndpointRecords
        + Baselines
        + Executions
        + AnalyzerResults
        + Incidents
        + Ledger
        + StatusBoard
        + FormAlerts,
{
    let Some((endpoint, schedule)) = endpoint_of_job(suite, job).await? else {
        return Ok(Alerted::default());
    };
    let held = suite.shelves.endpoint(&endpoint).await;
    let held = held.map_err(unread("endpoint record not read"))?.map(|it| it.value);
    let monitor =
        held.as_ref().and_then(|it| it.monitors.iter().find(|it| it.schedule == schedule));
    let Some(variant) = monitor.map(|it| it.variant.clone()) else {
        return Ok(Alerted::default());
    };
    alert_variant(suite, call, &endpoint, &variant).await
}

/// Tells of what keeps an endpoint from being monitored, in all its variants.
pub async fn alert_endpoint<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    endpoint: &str,
) -> Result<Alerted, Refusal>
where
    W: PublishAlerts + PostEvents + PutMetrics,
    S: EndpointRecords + Executions + Incidents + Ledger + StatusBoard + FormAlerts,
{
    let held = suite.shelves.endpoint(endpoint).await;
    let held = held.map_err(unread("endpoint record not read"))?.map(|it| it.value);
    let variants = suite.shelves.variants(endpoint).await;
    let mut variants = variants.map_err(failed("incidents not listed"))?;
    if let Some(record) = held.as_ref().filter(|it| it.phase != Phase::Gone) {
        variants.extend(record.variants.iter().cloned());
        variants.sort();
        variants.dedup();
    }
    let mut all = Alerted::default();
    for variant in &variants {
        let one = alert(suite, call, endpoint, variant, held.as_ref()).await?;
        all.folded += one.folded;
        all.told.extend(one.told);
    }
    let Some(record) = held else { return Ok(all) };
    let settle = |line: Option<&StatusLine>| {
        let mut line = line?.clone();
        if line.created_ms == record.created_ms && line.since == record.since {
            line.settled_since = Some(record.since);
        }
        Some(line)
    };
    let settled = suite.shelves.change_status(endpoint, settle).await;
    settled.map_err(unread("status not written"))?;
    Ok(all)
}

/// What was read for one variant, beside its book.
#[derive(Default)]
struct Seen {
    folded: usize,
    /// The newest window of each monitor, where it was not in the book.
    newest: BTreeMap<MonitorType, Execution>,
    /// By monitor: everything that ended before is in the book.
    through: Vec<(MonitorType, i64)>,
}

async fn alert<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    endpoint: &str,
    variant: &str,
    record: Option<&EndpointRecord>,
) -> Result<Alerted, Refusal>
where
    W: PublishAlerts + PostEvents + PutMetrics,
    S: Executions + Incidents + Ledger + StatusBoard + FormAlerts,
{
    for _ in 0..TRIES {
        let held = suite.shelves.book(endpoint, variant).await;
        let held = held.map_err(unread("incidents not read"))?;
        let (before, mut etag) = held.map_or((None, None), |it| (Some(it.value), Some(it.etag)));
        if before.is_none() && record.is_none() {
            return Ok(Alerted::default());
        }
        let (mut book, seen) =
            book::folded(suite, call, endpoint, variant, record, before.as_ref()).await?;
        if before.as_ref() != Some(&book) {
            match suite.shelves.keep_book(&book, etag.as_ref()).await {
                Ok(now) => etag = Some(now),
                Err(WriteFault::Lost) => continue,
                Err(other) => return Err(unwritten("incidents not kept")(other)),
            }
        }
        let told = tell(suite, call, record, &book.pending).await?;
        if !book.pending.is_empty() {
            book.pending.clear();
            match suite.shelves.keep_book(&book, etag.as_ref()).await {
                Ok(_) => {}
                Err(WriteFault::Lost) => continue,
                Err(other) => return Err(unwritten("incidents not kept")(other)),
            }
        }
        show(suite, record, &book, &seen).await?;
        return Ok(Alerted { folded: seen.folded, told });
    }
    Err(Refusal::new(Next::TryAgain, "incidents contended").fact("endpoint", endpoint))
}

/// Publishes what is pending, one message a transition.
async fn tell<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    record: Option<&EndpointRecord>,
    pending: &[PendingAlert],
) -> Result<Vec<String>, Refusal>
where
    W: PublishAlerts + PostEvents + PutMetrics,
    S: Ledger + FormAlerts,
{
    let mut told = Vec::new();
    let mut events = Vec::new();
    let mut metrics = Vec::new();
    let mut refusal = None;
    for it in pending {
        let link = it.report.as_deref().map(|uri| link_of(suite, record, uri));
        let (alert, notice) = message(it, record, link.as_deref());
        let alert = Alert { json: suite.shelves.form(&notice), ..alert };
        match ledger::deliver(suite, call, &alert).await {
            Ok(()) => {
                told.push(it.alert_id.clone());
                events.push(changed(it));
                metrics.push(metric(it, call.now));
            }
            // One that cannot be told does not keep the others back.
            Err(other) => refusal = refusal.or(Some(other)),
        }
    }
    post(suite.world, &events).await?;
    if !metrics.is_empty() {
        // Metrics may be lost: nothing is decided by them.
        let _ = suite.world.put_metrics(&metrics).await;
    }
    refusal.map_or(Ok(told), Err)
}

/// Returns where a person finds the report.
fn link_of<W, S>(suite: &Suite<'_, W, S>, record: Option<&EndpointRecord>, uri: &str) -> String {
    let Some(record) = record else { return uri.into() };
    let wanted = suite.settings.for_endpoint(&record.endpoint, &record.tags);
    let key = ports::Address::parse(uri).map(|it| it.key);
    match (wanted.alerts.report_link, key) {
        (Some(link), Some(key)) => format!("{link}/{key}"),
        _ => uri.into(),
    }
}

fn changed(it: &PendingAlert) -> SuiteEvent {
    let incident = &it.incident;
    let change = IncidentChanged {
        incident: incident.id.clone(),
        alert: Some(it.alert_id.clone()),
        endpoint: incident.key.endpoint.clone(),
        variant: incident.key.variant.clone(),
        family: incident.key.family,
        window: incident.resolved.unwrap_or(incident.last_bad),
        report: it.report.clone(),
    };
    match it.change {
        IncidentChange::Opened => SuiteEvent::IncidentOpened(change),
        IncidentChange::Updated => SuiteEvent::IncidentUpdated(change),
        IncidentChange::Resolved => SuiteEvent::IncidentResolved(change),
    }
}

fn metric(it: &PendingAlert, now: i64) -> Metric {
    let key = &it.incident.key;
    Metric {
        namespace: "Vigil",
        name: "AlertsSent".into(),
        dimensions: vec![
            ("Endpoint", key.endpoint.clone()),
            ("Family", key.family.word().into()),
            ("Change", it.change.word().into()),
        ],
        at: now,
        value: 1.0,
        unit: "Count",
    }
}

/// What is wrong with the model is so for as long as its incident is open, whatever
/// the inputs look like.
const FIGURES: [Family; 3] = [Family::Quality, Family::Fairness, Family::Attribution];

/// Brings the line of the status page to what the book says.
async fn show<W, S>(
    suite: &Suite<'_, W, S>,
    record: Option<&EndpointRecord>,
    book: &IncidentBook,
    seen: &Seen,
) -> Result<(), Refusal>
where
    S: StatusBoard,
{
    let Some(record) = record else { return Ok(()) };
    let open = book.records.iter().filter_map(|(_, it)| it.incident.as_ref());
    let open = open.filter(|it| it.is_open()).count() as u32;
    let drift = book.records.iter().find(|(family, _)| *family == Family::Drift);
    let figure = book.records.iter().find_map(|(family, it)| {
        let incident = it.incident.as_ref().filter(|it| it.is_open())?;
        FIGURES.contains(family).then_some(incident)
    });
    let change = |line: Option<&StatusLine>| {
        let mut line = line?.clone();
        if line.created_ms != record.created_ms {
            return Some(line);
        }
        line.open_incidents = open + of_others(&line, &book.variant);
        for here in line.monitors.iter_mut().filter(|it| it.variant == book.variant) {
            show_monitor(here, book, seen);
        }
        // What arrives is told first; what the model makes of it, its incidents tell.
        let first = seen.newest.values().next();
        if let Some(it) = first.filter(|_| line.phase == Phase::Monitored) {
            let judgement = &it.judgement;
            line.state = shown(judgement, drift.map(|(_, it)| it));
            line.why = it.why.clone().unwrap_or_else(|| headline(judgement));
            if let Some(incident) = figure.filter(|_| line.state != State::Error) {
                line.state = State::Drift;
                line.why = incident_headline(incident);
            }
            line.report =
                (judgement.state != State::NoData).then(|| it.report.clone()).or(line.report);
        }
        Some(line)
    };
    let shown = suite.shelves.change_status(&record.endpoint, change).await;
    shown.map_err(unread("status not written"))
}

/// Counts what is open for the other variants of an endpoint.
fn of_others(line: &StatusLine, variant: &str) -> u32 {
    let others = || line.monitors.iter().filter(|it| it.variant != variant);
    let mut blind: Vec<&str> =
        others().filter(|it| it.is_blind).map(|it| it.variant.as_str()).collect();
    blind.dedup();
    others().map(|it| it.open_incidents).sum::<u32>() + blind.len() as u32
}

/// Brings the line of one monitor to what the book says.
fn show_monitor(here: &mut MonitorStatus, book: &IncidentBook, seen: &Seen) {
    let open = |of: &dyn Fn(Family) -> bool| {
        let mine = book.records.iter().filter(|(family, _)| of(*family));
        mine.filter(|(_, it)| it.incident.as_ref().is_some_and(Incident::is_open)).count()
    };
    here.open_incidents = open(&|it| it.monitor() == Some(here.kind)) as u32;
    here.is_blind = 0 < open(&|it| it == Family::Monitoring);
    if let Some((_, through)) = seen.through.iter().find(|(kind, _)| *kind == here.kind) {
        here.settled_through = here.settled_through.max(*through);
    }
    let Some(it) = seen.newest.get(&here.kind) else { return };
    let own = Family::of_figures(here.kind);
    let own = book.records.iter().find(|(family, _)| *family == own).map(|(_, it)| it);
    let words = it.why.clone().unwrap_or_else(|| headline(&it.judgement));
    here.last = Some(LastRun {
        window: it.window,
        state: shown(&it.judgement, own),
        words,
        report: (it.judgement.state != State::NoData).then(|| it.report.clone()),
    });
}

/// Names a transition: the same for everyone who comes to it.
fn alert_id(incident: &Incident, change: IncidentChange, at: i64) -> String {
    let key = &incident.key;
    let at = at.to_string();
    crate::digest::digest([
        key.endpoint.as_str(),
        key.variant.as_str(),
        key.family.word(),
        incident.id.as_str(),
        change.word(),
        at.as_str(),
    ])
}
