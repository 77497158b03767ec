mod capture;
mod decision;
mod remedy;
mod status_line;

pub(crate) use remedy::{advice, trouble};

use crate::fault::{failed, post, unread, unwritten};
use crate::sagemaker::converge::{Converged, Seen, converge};
use crate::sagemaker::engine::{Chosen, choose};
use crate::{Call, Suite};
use decision::{blocked_by, decide, with_monitors};
use engine::event::{BaselineWanted, EndpointDue, MonitorReady, MonitoringBlocked, SuiteEvent};
use engine::monitor::MonitorType;
use ports::{
    Baselines, BlockedWhy, ChangeDefinitions, ChangeSchedules, ClarifyConfigs, CountTraffic,
    DescribeEndpoints, DescribeFailed, Endpoint, EndpointRecord, EndpointRecords, EndpointStatus,
    Engine, EngineRecord, Executions, GroundTruth, ListEndpoints, ListObjects, Phase, PostEvents,
    ReadDefinitions, ReadSchedules, Refusal, Standing, StatusBoard, StatusLine, SwitchCapture,
    Versioned, WriteFault, WriteTags,
};
use settings::{Changes, Effective};
use status_line::follow;

/// What became of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reconciled {
    /// It stands as the settings want it.
    Settled(Phase),
    /// It has been decided anew.
    Decided(Phase),
    /// It is gone, and so is its record.
    Forgotten,
    /// There is no such endpoint, and there was none.
    Unknown,
}

/// Times that a record is decided against other writers.
const TRIES: u32 = 4;

/// Brings the record of an endpoint to what the endpoint and the settings say,
/// and SageMaker's schedules a step towards the record.
///
/// Announces what follows: baselines that are wanted, monitors that are ready,
/// and what keeps an endpoint from being monitored. While changes are paused it
/// looks and announces, and changes nothing on AWS.
pub async fn reconcile_endpoint<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    name: &str,
) -> Result<Reconciled, Refusal>
where
    W: DescribeEndpoints
        + PostEvents
        + ListObjects
        + CountTraffic
        + ReadDefinitions
        + ChangeDefinitions
        + ReadSchedules
        + ChangeSchedules
        + WriteTags
        + SwitchCapture,
    S: EndpointRecords + Baselines + StatusBoard + Executions + ClarifyConfigs + GroundTruth,
{
    for _ in 0..TRIES {
        let held =
            suite.shelves.endpoint(name).await.map_err(unread("endpoint record not read"))?;
        let endpoint = match suite.world.describe(name).await {
            Ok(it) if it.status != EndpointStatus::Deleting => it,
            Ok(_) | Err(DescribeFailed::Missing) => match remove(suite, call, name, held).await? {
                Some(done) => return Ok(done),
                None => continue,
            },
            Err(DescribeFailed::Other(trouble)) => {
                return Err(Refusal::of("endpoint not described", trouble).fact("endpoint", name));
            }
        };
        let before = held.as_ref().map(|it| &it.value);
        let (record, stepped) = settle(suite, call, &endpoint, before).await?;
        let changed = before != Some(&record);
        if changed {
            let expected = held.as_ref().map(|it| &it.etag);
            match suite.shelves.keep_endpoint(&record, expected).await {
                Ok(_) => {}
                Err(WriteFault::Lost) => continue,
                Err(other) => return Err(unwritten("endpoint record not kept")(other)),
            }
        }
        announce(suite, &record, before, stepped).await?;
        let phase = record.phase;
        return Ok(if changed { Reconciled::Decided(phase) } else { Reconciled::Settled(phase) });
    }
    Err(Refusal::new(ports::Next::TryAgain, "endpoint record contended").fact("endpoint", name))
}

/// Decides where an endpoint stands and takes the steps that follow; tells
/// whether another look is worth it at once.
async fn settle<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    endpoint: &Endpoint,
    before: Option<&EndpointRecord>,
) -> Result<(EndpointRecord, bool), Refusal>
where
    W: ListObjects
        + CountTraffic
        + ReadDefinitions
        + ChangeDefinitions
        + ReadSchedules
        + ChangeSchedules
        + WriteTags
        + SwitchCapture,
    S: Baselines + Executions + ClarifyConfigs + GroundTruth,
{
    let mut record = decide(endpoint, suite.settings, before, call.now);
    let wanted = suite.settings.for_endpoint(&endpoint.name, &record.tags);
    let paused = wanted.changes == Changes::Paused;
    let mut stepped = false;
    if record.phase == Phase::Monitored {
        if capture::is_missing(suite, call, endpoint, &record, before).await? {
            let why = BlockedWhy::CaptureNotDelivering;
            record = blocked_by(record, why, None, before, call.now);
        } else {
            let reports = suite.shelves.reports_uri();
            let known = record.engine.clone();
            match choose(suite, call, endpoint, &wanted, &known, &reports).await? {
                Chosen::Engine(engine) => {
                    stepped = engine.runs != known.runs;
                    record.engine = engine;
                }
                Chosen::Refused(engine, said) => {
                    record.engine = engine;
                    let why = BlockedWhy::EngineRefused;
                    record = blocked_by(record, why, Some(&said), before, call.now);
                }
            }
        }
    }
    record = with_monitors(record, &wanted, before);
    if paused {
        return Ok((record, false));
    }
    stepped |= capture::switch_on(suite, endpoint, &wanted, record.phase).await?;
    // Only what the record already says may be changed: a crash leaves no orphan.
    if before.is_some_and(|it| it.engine.holds_resources) {
        let found = converge(suite, &record, &wanted).await?;
        stepped |= found.stepped;
        record = with_findings(record, &wanted, found, call.now);
    }
    Ok((record, stepped))
}

/// Notes how far SageMaker has come, and an account that it closed.
fn with_findings(
    mut record: EndpointRecord,
    wanted: &Effective,
    found: Converged,
    now: i64,
) -> EndpointRecord {
    let mut left = found.leftovers;
    let ours = record.monitors.iter_mut().filter(|it| it.engine == Engine::Sagemaker);
    for (monitor, Seen { standing, created }) in ours.zip(found.seen) {
        left = true;
        // No execution is missed of a schedule that was not there yet.
        monitor.since = created.map_or(monitor.since, |it| monitor.since.max(it));
        let same = match (&monitor.standing, &standing) {
            (Standing::Stuck { why: known, .. }, Standing::Stuck { why, .. }) => known == why,
            _ => false,
        };
        if !same {
            monitor.standing = match standing {
                Standing::Stuck { why, .. } => Standing::Stuck { why, since: now },
                other => other,
            };
        }
    }
    record.engine.holds_resources = left;
    if let Some(why) = found.closed
        && wanted.engine == settings::Engine::Auto
    {
        // The next look gives the endpoint native monitors.
        let asked_at = Some(now);
        record.engine =
            EngineRecord { runs: Engine::Native, why: Some(why), asked_at, holds_resources: true };
    }
    record
}

/// Tells of what the record says; what was told before is told again where it
/// may have been lost.
async fn announce<W, S>(
    suite: &Suite<'_, W, S>,
    record: &EndpointRecord,
    before: Option<&EndpointRecord>,
    stepped: bool,
) -> Result<(), Refusal>
where
    W: PostEvents,
    S: Baselines + StatusBoard,
{
    let changed = before != Some(record);
    let wanted = suite.settings.for_endpoint(&record.endpoint, &record.tags);
    let awaits = wanted.labels_from().is_some() && record.phase != Phase::OptedOut;
    let mut events = Vec::new();
    let mut ready = Vec::new();
    for it in &record.monitors {
        let monitor = it.monitor(&record.endpoint);
        let current =
            suite.shelves.current(&monitor).await.map_err(unread("baseline pointer not read"))?;
        let current = current.filter(|it| it.value.created_ms == record.created_ms);
        let is_elsewhere = it.engine == Engine::Sagemaker && made_elsewhere(&wanted, it.kind);
        ready.push(current.is_some() || is_elsewhere);
        if current.is_none() && !is_elsewhere {
            let reason = Some("the monitor has no baseline".into());
            events.push(SuiteEvent::BaselineWanted(BaselineWanted {
                monitor: monitor.clone(),
                reason,
            }));
        }
        if changed {
            let baseline = current.map(|it| it.value.version);
            events.push(SuiteEvent::MonitorReady(MonitorReady { monitor, baseline }));
        }
        if let Standing::Stuck { why, .. } = &it.standing {
            events.push(stuck(&record.endpoint, &it.variant, it.kind, why));
        }
    }
    if let Phase::Blocked(why) = record.phase {
        events.push(blocked(&record.endpoint, why, &record.config));
    }
    if stepped {
        events.push(due(&record.endpoint, "a step was taken"));
    }
    let change = |line: Option<&StatusLine>| Some(follow(line, record, &ready, awaits));
    suite
        .shelves
        .change_status(&record.endpoint, change)
        .await
        .map_err(unread("status not written"))?;
    post(suite.world, &events).await
}

/// Whether the settings name a baseline that somebody else made.
fn made_elsewhere(wanted: &Effective, kind: MonitorType) -> bool {
    let of = crate::sagemaker::definition::settings_type(kind);
    wanted.monitor(of).baseline_s3_uri.is_some()
}

fn blocked(endpoint: &str, why: BlockedWhy, config: &str) -> SuiteEvent {
    SuiteEvent::MonitoringBlocked(MonitoringBlocked {
        endpoint: endpoint.into(),
        variant: None,
        kind: None,
        reason: why.word().into(),
        advice: advice(why, config),
    })
}

fn stuck(endpoint: &str, variant: &str, kind: MonitorType, why: &str) -> SuiteEvent {
    SuiteEvent::MonitoringBlocked(MonitoringBlocked {
        endpoint: endpoint.into(),
        variant: Some(variant.into()),
        kind: Some(kind),
        reason: "monitor_stuck".into(),
        advice: why.into(),
    })
}

/// Takes an endpoint out that is no longer there; `None` where another writer
/// came between.
///
/// The record stays until the incidents are closed and SageMaker holds nothing
/// of the suite's any more; reports stay for good.
async fn remove<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    name: &str,
    held: Option<Versioned<EndpointRecord>>,
) -> Result<Option<Reconciled>, Refusal>
where
    W: PostEvents
        + ReadDefinitions
        + ChangeDefinitions
        + ReadSchedules
        + ChangeSchedules
        + WriteTags,
    S: EndpointRecords + StatusBoard + Baselines + Executions + ClarifyConfigs + GroundTruth,
{
    let Some(held) = held else {
        suite.shelves.change_status(name, |_| None).await.map_err(unread("status not written"))?;
        return Ok(Some(Reconciled::Unknown));
    };
    let mut record = held.value.clone();
    if record.phase != Phase::Gone {
        record.phase = Phase::Gone;
        record.why = "the endpoint was deleted".into();
        record.since = call.now;
        record.monitors.clear();
    }
    let wanted = suite.settings.for_endpoint(name, &record.tags);
    let mut stepped = false;
    if record.engine.holds_resources && wanted.changes == Changes::Enabled {
        let found = converge(suite, &record, &wanted).await?;
        stepped = found.stepped;
        record.engine.holds_resources = found.leftovers;
    }
    let changed = held.value != record;
    if changed {
        match suite.shelves.keep_endpoint(&record, Some(&held.etag)).await {
            Ok(_) => {}
            Err(WriteFault::Lost) => return Ok(None),
            Err(other) => return Err(unwritten("endpoint record not kept")(other)),
        }
    }
    let lines = suite.shelves.status().await.map_err(unread("status not read"))?;
    let line = lines.iter().find(|it| it.endpoint == name);
    let settled =
        line.is_some_and(|it| it.phase == Phase::Gone && it.settled_since == Some(record.since));
    if !changed && settled && !record.engine.holds_resources {
        suite.shelves.forget_endpoint(name).await.map_err(failed("endpoint record not removed"))?;
        suite.shelves.change_status(name, |_| None).await.map_err(unread("status not written"))?;
        return Ok(Some(Reconciled::Forgotten));
    }
    let change = |line: Option<&StatusLine>| Some(follow(line, &record, &[], false));
    suite.shelves.change_status(name, change).await.map_err(unread("status not written"))?;
    let mut events = vec![blocked(name, BlockedWhy::EndpointGone, &record.config)];
    events.extend(stepped.then(|| due(name, "a step was taken")));
    post(suite.world, &events).await?;
    Ok(Some(Reconciled::Decided(Phase::Gone)))
}

/// Asks for a look at every endpoint, as after new settings.
pub async fn reconcile_all<W, S>(suite: &Suite<'_, W, S>) -> Result<usize, Refusal>
where
    W: ListEndpoints + PostEvents,
    S: EndpointRecords,
{
    let mut events = Vec::new();
    let mut from = None;
    loop {
        let page = suite
            .world
            .list_endpoints(from.as_deref())
            .await
            .map_err(failed("endpoints not listed"))?;
        events.extend(page.endpoints.iter().map(|it| due(&it.name, "the settings changed")));
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    post(suite.world, &events).await?;
    Ok(events.len())
}

/// Asks for a look at the endpoints that use a config.
pub async fn reconcile_config<W, S>(suite: &Suite<'_, W, S>, config: &str) -> Result<usize, Refusal>
where
    W: PostEvents,
    S: EndpointRecords,
{
    let mut events = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let names = suite
            .shelves
            .endpoint_names(after.as_deref())
            .await
            .map_err(failed("endpoint records not listed"))?;
        for name in &names {
            let record =
                suite.shelves.endpoint(name).await.map_err(unread("endpoint record not read"))?;
            if record.is_some_and(|it| it.value.config == config) {
                events.push(due(name, "its config changed"));
            }
        }
        after = names.last().cloned();
        if after.is_none() {
            break;
        }
    }
    post(suite.world, &events).await?;
    Ok(events.len())
}

pub(crate) fn due(endpoint: &str, reason: &str) -> SuiteEvent {
    SuiteEvent::EndpointDue(EndpointDue { endpoint: endpoint.into(), reason: Some(reason.into()) })
}
