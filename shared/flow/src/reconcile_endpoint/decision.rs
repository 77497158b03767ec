//! Where an endpoint stands, and what is to look at it.

use super::remedy::{advice, trouble};
use crate::sagemaker::definition::settings_type;
use engine::monitor::MonitorType;
use ports::{
    Address, BlockedWhy, Endpoint, EndpointRecord, EndpointStatus, Engine, EngineRecord,
    MonitorRecord, Phase, Standing,
};
use settings::{Effective, Settings};

/// Decides where an endpoint that exists stands; its monitors come with its engine.
pub(super) fn decide(
    endpoint: &Endpoint,
    settings: &Settings,
    before: Option<&EndpointRecord>,
    now: i64,
) -> EndpointRecord {
    let known = before;
    let before =
        before.filter(|it| it.created_ms == endpoint.created_ms && it.phase != Phase::Gone);
    let tags: Vec<(String, String)> = endpoint
        .tags
        .iter()
        .filter(|(key, _)| key.starts_with("vigil:"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let wanted = settings.for_endpoint(&endpoint.name, &tags);
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
        models: endpoint
            .variants
            .iter()
            .filter_map(|it| Some((it.name.clone(), it.model.clone()?)))
            .collect(),
        monitors: before.map_or(Vec::new(), |it| it.monitors.clone()),
        // What the account answered holds for a later endpoint of the name, too.
        engine: known.map_or_else(EngineRecord::default, |it| it.engine.clone()),
        tags,
    }
}

/// Gives the record the monitors that its phase, its engine and the settings make.
pub(super) fn with_monitors(
    record: EndpointRecord,
    wanted: &Effective,
    before: Option<&EndpointRecord>,
) -> EndpointRecord {
    let before = before.filter(|it| it.created_ms == record.created_ms && it.phase != Phase::Gone);
    let monitors = match record.phase {
        Phase::Monitored => monitors(&record, wanted, before),
        // It sees nothing for now, and goes on where it was.
        Phase::Blocked(BlockedWhy::CaptureNotDelivering) => record.monitors,
        _ => Vec::new(),
    };
    EndpointRecord { monitors, ..record }
}

/// Blocks an endpoint, from now on or as long as it is blocked for the same reason.
pub(super) fn blocked_by(
    record: EndpointRecord,
    why: BlockedWhy,
    said: Option<&str>,
    before: Option<&EndpointRecord>,
    now: i64,
) -> EndpointRecord {
    let phase = Phase::Blocked(why);
    let since = before.filter(|it| it.phase == phase && it.created_ms == record.created_ms);
    let since = since.map_or(now, |it| it.since);
    let told = said.map_or_else(|| trouble(why).to_owned(), |it| format!("{}: {it}", trouble(why)));
    let why = format!("{told}: {}", advice(why, &record.config));
    EndpointRecord { phase, why, since, ..record }
}

/// Tells when a phase began: what an update did, it did when it was made.
fn began(phase: Phase, endpoint: &Endpoint, before: Option<&EndpointRecord>, now: i64) -> i64 {
    let updated = matches!(phase, Phase::Blocked(it) if it != BlockedWhy::CaptureStopped);
    let least = before.map_or(i64::MIN, |it| it.since + 1);
    if updated { (endpoint.modified_ms / 1000).max(least).min(now) } else { now }
}

/// Reads where captures go.
pub(super) fn destination(uri: &str) -> Option<Address> {
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

/// Lists the monitors of an endpoint that is monitored.
///
/// The native engine looks at each variant and at what it knows; SageMaker's
/// schedules know all types and look at the endpoint, under its first variant.
fn monitors(
    record: &EndpointRecord,
    wanted: &Effective,
    before: Option<&EndpointRecord>,
) -> Vec<MonitorRecord> {
    let engine = record.engine.runs;
    let on = |kind: &MonitorType| wanted.monitor(settings_type(*kind)).enabled;
    let known = |variant: &str, kind: MonitorType| {
        let known = before
            .and_then(|it| it.monitors.iter().find(|it| it.variant == variant && it.kind == kind));
        known.filter(|it| it.engine == engine)
    };
    let monitor = |variant: &str, kind: MonitorType, schedule: String| {
        let setting = wanted.monitor(settings_type(kind));
        let known = known(variant, kind);
        let standing = match engine {
            Engine::Native => Standing::Settled,
            Engine::Sagemaker => Standing::Underway("nothing was done so far".into()),
        };
        MonitorRecord {
            variant: variant.into(),
            kind,
            schedule,
            expression: setting.schedule.expression().into(),
            since: known.map_or(record.since, |it| it.since),
            engine,
            standing: known.map_or(standing, |it| it.standing.clone()),
        }
    };
    let native = |variant: &str, kind: MonitorType| {
        let name = wanted.schedule_name(settings_type(kind));
        let alone = record.variants.len() == 1;
        let long = format!("{name}-{variant}");
        // Variants come and go beside this one: its reports stay in one folder.
        let schedule = match known(variant, kind) {
            Some(it) if it.schedule == name || it.schedule == long => it.schedule.clone(),
            _ if alone => name,
            _ => long,
        };
        monitor(variant, kind, schedule)
    };
    let kinds = || MonitorType::ALL.into_iter().filter(on);
    match engine {
        Engine::Native => {
            let of = |variant| kinds().map(move |it| native(variant, it));
            record.variants.iter().flat_map(|it| of(it.as_str())).collect()
        }
        Engine::Sagemaker => {
            let Some(variant) = record.variants.first() else { return Vec::new() };
            kinds()
                .map(|kind| {
                    let schedule = wanted.sagemaker_schedule_name(settings_type(kind));
                    monitor(variant, kind, schedule)
                })
                .collect()
        }
    }
}
