use crate::fault::{failed, post, unread, unwritten};
use crate::{Call, Suite};
use engine::event::{BaselineWanted, EndpointDue, MonitorReady, MonitoringBlocked, SuiteEvent};
use engine::finding::State;
use engine::monitor::MonitorType;
use ports::{
    Address, Baselines, BlockedWhy, DescribeEndpoints, DescribeFailed, Endpoint, EndpointRecord,
    EndpointRecords, EndpointStatus, ListEndpoints, MonitorRecord, MonitorStatus, Phase,
    PostEvents, Refusal, StatusBoard, StatusLine, Versioned, WriteFault,
};
use settings::{Changes, Effective, Settings};

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

/// Brings the record of an endpoint to what the endpoint and the settings say.
///
/// Announces what follows: baselines that are wanted, monitors that are ready,
/// and what keeps an endpoint from being monitored.
pub async fn reconcile_endpoint<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    name: &str,
) -> Result<Reconciled, Refusal>
where
    W: DescribeEndpoints + PostEvents,
    S: EndpointRecords + Baselines + StatusBoard,
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
        let record = decide(&endpoint, suite.settings, before, call.now);
        let changed = before != Some(&record);
        if changed {
            let expected = held.as_ref().map(|it| &it.etag);
            match suite.shelves.keep_endpoint(&record, expected).await {
                Ok(_) => {}
                Err(WriteFault::Lost) => continue,
                Err(other) => return Err(unwritten("endpoint record not kept")(other)),
            }
        }
        announce(suite, &record, changed).await?;
        let phase = record.phase;
        return Ok(if changed { Reconciled::Decided(phase) } else { Reconciled::Settled(phase) });
    }
    Err(Refusal::new(ports::Next::TryAgain, "endpoint record contended").fact("endpoint", name))
}

/// Decides what is to become of an endpoint that exists.
pub(crate) fn decide(
    endpoint: &Endpoint,
    settings: &Settings,
    before: Option<&EndpointRecord>,
    now: i64,
) -> EndpointRecord {
    let before =
        before.filter(|it| it.created_ms == endpoint.created_ms && it.phase != Phase::Gone);
    let tags: Vec<(String, String)> = endpoint
        .tags
        .iter()
        .filter(|(key, _)| key.starts_with("vigil:"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let wanted = settings.for_endpoint(&endpoint.name, &tags);
    if wanted.changes == Changes::Paused
        && let Some(before) = before
    {
        return before.clone();
    }
    let captured_once = before.is_some_and(|it| it.captured_once);
    let (phase, why) = phase_of(endpoint, &wanted, captured_once, before);
    let since = match before {
        Some(it) if it.phase == phase => it.since,
        _ => began(phase, endpoint, before, now),
    };
    let capture = endpoint.capture.as_ref();
    let place = capture.and_then(|it| destination(&it.destination)).map(|it| it.uri());
    EndpointRecord {
        endpoint: endpoint.name.clone(),
        arn: endpoint.arn.clone(),
        config: endpoint.config.clone(),
        created_ms: endpoint.created_ms,
        modified_ms: endpoint.modified_ms,
        phase,
        why,
        since,
        captured_once: captured_once || phase == Phase::Monitored,
        capture: place,
        sampling_percent: capture.map_or(0, |it| it.sampling_percent),
        variants: endpoint.variants.iter().map(|it| it.name.clone()).collect(),
        monitors: if phase == Phase::Monitored {
            monitors(endpoint, &wanted, before, since)
        } else {
            Vec::new()
        },
        tags,
    }
}

/// Tells when a phase began: what an update did, it did when it was made.
fn began(phase: Phase, endpoint: &Endpoint, before: Option<&EndpointRecord>, now: i64) -> i64 {
    let updated = matches!(phase, Phase::Blocked(it) if it != BlockedWhy::CaptureStopped);
    let least = before.map_or(i64::MIN, |it| it.since + 1);
    if updated { (endpoint.modified_ms / 1000).max(least).min(now) } else { now }
}

/// Reads where captures go.
fn destination(uri: &str) -> Option<Address> {
    let at = Address::parse(uri)?;
    (!at.key.split('/').any(|part| part == ".." || part == ".")).then_some(at)
}

fn phase_of(
    endpoint: &Endpoint,
    wanted: &Effective,
    captured_once: bool,
    before: Option<&EndpointRecord>,
) -> (Phase, String) {
    let told = |phase, why: &str| (phase, why.to_string());
    if !wanted.enabled {
        return told(Phase::OptedOut, "the settings or a tag leave this endpoint alone");
    }
    match endpoint.status {
        EndpointStatus::InService => {}
        // What is served and captured while an update runs is still the old config's.
        EndpointStatus::Updating => {
            let waiting = told(Phase::Waiting, "an update is running");
            return before.map_or(waiting, |it| (it.phase, it.why.clone()));
        }
        EndpointStatus::Creating => return told(Phase::Waiting, "the endpoint is being created"),
        EndpointStatus::OutOfService => {
            return told(Phase::Waiting, "the endpoint is out of service");
        }
        EndpointStatus::Failed | EndpointStatus::Deleting => {
            return told(Phase::Waiting, "the endpoint has failed");
        }
    }
    let blocked = |why: BlockedWhy| {
        let advice = advice(why, &endpoint.config);
        (Phase::Blocked(why), format!("{}: {advice}", trouble(why)))
    };
    let Some(capture) = endpoint.capture.as_ref().filter(|it| it.enabled) else {
        let lost = if captured_once { BlockedWhy::CaptureLost } else { BlockedWhy::CaptureOff };
        return blocked(lost);
    };
    if destination(&capture.destination).is_none() {
        return blocked(BlockedWhy::BadDestination);
    }
    if !capture.input {
        return blocked(BlockedWhy::InputNotCaptured);
    }
    if !capture.started {
        return blocked(BlockedWhy::CaptureStopped);
    }
    told(Phase::Monitored, "in service and captured")
}

/// Says what keeps an endpoint from being monitored.
pub(crate) fn trouble(why: BlockedWhy) -> &'static str {
    match why {
        BlockedWhy::CaptureOff => "data capture is off",
        BlockedWhy::CaptureLost => "data capture is gone since an update",
        BlockedWhy::CaptureStopped => "SageMaker has stopped the data capture",
        BlockedWhy::InputNotCaptured => "inputs are not captured",
        BlockedWhy::BadDestination => "captures do not go to an S3 address",
        BlockedWhy::EndpointGone => "the endpoint is gone",
    }
}

/// Says what to do about a blocked endpoint.
pub(crate) fn advice(why: BlockedWhy, config: &str) -> String {
    match why {
        BlockedWhy::CaptureOff | BlockedWhy::CaptureLost => format!(
            "copy endpoint config {config}, add a DataCaptureConfig with EnableCapture true, and update the endpoint to it"
        ),
        BlockedWhy::CaptureStopped => {
            "SageMaker stopped the capture: free disk on the instances (below 75 %), check that the role may write to the destination, then update the endpoint".into()
        }
        BlockedWhy::InputNotCaptured => format!(
            "copy endpoint config {config}, add the CaptureMode Input, and update the endpoint to it"
        ),
        BlockedWhy::BadDestination => format!(
            "copy endpoint config {config}, set a DestinationS3Uri such as s3://bucket/prefix, and update the endpoint to it"
        ),
        BlockedWhy::EndpointGone => "nothing: the endpoint was deleted".into(),
    }
}

fn monitors(
    endpoint: &Endpoint,
    wanted: &Effective,
    before: Option<&EndpointRecord>,
    since: i64,
) -> Vec<MonitorRecord> {
    let of = settings::MonitorType::DataQuality;
    let setting = wanted.monitor(of);
    if !setting.enabled {
        return Vec::new();
    }
    let alone = endpoint.variants.len() == 1;
    let monitor = |variant: &str| {
        let name = wanted.schedule_name(of);
        let known = before.and_then(|it| it.monitors.iter().find(|it| it.variant == variant));
        let long = format!("{name}-{variant}");
        // Variants come and go beside this one: its reports stay in one folder.
        let schedule = match known {
            Some(it) if it.schedule == name || it.schedule == long => it.schedule.clone(),
            _ if alone => name,
            _ => long,
        };
        MonitorRecord {
            variant: variant.into(),
            kind: MonitorType::DataQuality,
            schedule,
            expression: setting.schedule.expression().into(),
            since: known.map_or(since, |it| it.since),
        }
    };
    endpoint.variants.iter().map(|it| monitor(&it.name)).collect()
}

/// Tells of what the record says; what was told before is told again where it
/// may have been lost.
async fn announce<W, S>(
    suite: &Suite<'_, W, S>,
    record: &EndpointRecord,
    changed: bool,
) -> Result<(), Refusal>
where
    W: PostEvents,
    S: Baselines + StatusBoard,
{
    let mut events = Vec::new();
    let mut ready = Vec::new();
    for it in &record.monitors {
        let monitor = it.monitor(&record.endpoint);
        let current =
            suite.shelves.current(&monitor).await.map_err(unread("baseline pointer not read"))?;
        let current = current.filter(|it| it.value.created_ms == record.created_ms);
        ready.push(current.is_some());
        if current.is_none() {
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
    }
    if let Phase::Blocked(why) = record.phase {
        events.push(blocked(&record.endpoint, why, &record.config));
    }
    let change = |line: Option<&StatusLine>| Some(follow(line, record, &ready));
    suite
        .shelves
        .change_status(&record.endpoint, change)
        .await
        .map_err(unread("status not written"))?;
    post(suite.world, &events).await
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

/// Brings the line of the status page to what the record says.
fn follow(line: Option<&StatusLine>, record: &EndpointRecord, ready: &[bool]) -> StatusLine {
    let line = line.filter(|it| it.created_ms == record.created_ms);
    let monitors = record.monitors.iter().zip(ready).map(|(it, ready)| {
        let known = line
            .and_then(|line| {
                line.monitors.iter().find(|at| at.variant == it.variant && at.kind == it.kind)
            })
            .filter(|known| known.since == it.since);
        MonitorStatus {
            variant: it.variant.clone(),
            kind: it.kind,
            expression: it.expression.clone(),
            since: it.since,
            has_baseline: *ready,
            done_through: known.map_or(it.since, |it| it.done_through),
            settled_through: known.map_or(it.since, |it| it.settled_through),
            windows: known.map_or(0, |it| it.windows),
        }
    });
    let state = match record.phase {
        Phase::Blocked(_) => State::Error,
        Phase::Monitored => {
            line.filter(|it| it.phase == Phase::Monitored).map_or(State::NoData, |it| it.state)
        }
        _ => State::NoData,
    };
    let keep_why = line.filter(|it| it.phase == record.phase && it.since == record.since);
    StatusLine {
        endpoint: record.endpoint.clone(),
        phase: record.phase,
        since: record.since,
        settled_since: line.and_then(|it| it.settled_since),
        created_ms: record.created_ms,
        modified_ms: record.modified_ms,
        state,
        why: keep_why.map_or_else(|| record.why.clone(), |it| it.why.clone()),
        open_incidents: line.map_or(0, |it| it.open_incidents),
        report: line.and_then(|it| it.report.clone()),
        monitors: monitors.collect(),
    }
}

/// Takes an endpoint out that is no longer there; `None` where another writer
/// came between.
///
/// The record stays until the incidents are closed; reports stay for good.
async fn remove<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    name: &str,
    held: Option<Versioned<EndpointRecord>>,
) -> Result<Option<Reconciled>, Refusal>
where
    W: PostEvents,
    S: EndpointRecords + StatusBoard,
{
    let Some(held) = held else {
        suite.shelves.change_status(name, |_| None).await.map_err(unread("status not written"))?;
        return Ok(Some(Reconciled::Unknown));
    };
    let changed = held.value.phase != Phase::Gone;
    let mut record = held.value;
    if changed {
        record.phase = Phase::Gone;
        record.why = "the endpoint was deleted".into();
        record.since = call.now;
        record.monitors.clear();
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
    if !changed && settled {
        suite.shelves.forget_endpoint(name).await.map_err(failed("endpoint record not removed"))?;
        suite.shelves.change_status(name, |_| None).await.map_err(unread("status not written"))?;
        return Ok(Some(Reconciled::Forgotten));
    }
    let change = |line: Option<&StatusLine>| Some(follow(line, &record, &[]));
    suite.shelves.change_status(name, change).await.map_err(unread("status not written"))?;
    post(suite.world, &[blocked(name, BlockedWhy::EndpointGone, &record.config)]).await?;
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
