use crate::analyze_window::hour_prefixes;
use crate::digest::digest;
use crate::fault::{failed, post, unread, unwritten};
use crate::scan::{list_all, profile};
use crate::{Call, Suite};
use engine::constraints::CategoricalDriftMethod;
use engine::event::{BaselineDecided, BaselineWanted, SuiteEvent};
use engine::monitor::{Monitor, MonitorType};
use engine::scan::ScanOptions;
use engine::statistics::Statistics;
use ports::{
    Address, BaselineMeta, BaselinePointer, BaselineSource, Baselines, EndpointRecord,
    EndpointRecords, Etag, ListObjects, Listed, Next, Phase, PostEvents, ReadObjects, Refusal,
    StatusBoard, StatusLine, WriteFault,
};

/// What became of a baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rebuilt {
    Promoted {
        version: String,
    },
    /// The source has not changed.
    Unchanged {
        version: String,
    },
    /// A version is there or could not be made, and a person should look.
    Held {
        why: String,
    },
    /// There are too few captured rows so far.
    Waiting {
        rows: u64,
        wanted: u64,
    },
    /// The endpoint has no such monitor.
    Skipped,
}

/// Changes whenever baselines come out differently from the same source.
const METHOD: &str = "baseline/1";

struct Material {
    kind: &'static str,
    uri: String,
    bucket: String,
    objects: Vec<Listed>,
    options: ScanOptions,
    /// Rows that are needed at least.
    wanted: u64,
}

/// Builds the baseline of a monitor, checks it, and puts it in force.
pub async fn rebuild_baseline<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    monitor: &Monitor,
) -> Result<Rebuilt, Refusal>
where
    W: ListObjects + ReadObjects + PostEvents + Sync,
    S: EndpointRecords + Baselines + StatusBoard,
{
    let name = &monitor.endpoint;
    let record = suite.shelves.endpoint(name).await.map_err(unread("endpoint record not read"))?;
    let Some(record) = record.map(|it| it.value).filter(|it| has(it, monitor)) else {
        return Ok(Rebuilt::Skipped);
    };
    let held = suite.shelves.current(monitor).await.map_err(unread("baseline pointer not read"))?;
    let (pointer, etag) = match held {
        Some(it) => (Some(it.value), Some(it.etag)),
        None => (None, None),
    };
    let current = pointer.as_ref().filter(|it| it.created_ms == record.created_ms);
    let material = match material(suite, call, &record, monitor, current).await? {
        Ok(it) => it,
        Err(Rebuilt::Unchanged { version }) => {
            note(suite, &record, monitor).await?;
            return Ok(Rebuilt::Unchanged { version });
        }
        Err(Rebuilt::Held { why }) => return hold(suite, monitor, None, current, why).await,
        Err(other) => return Ok(other),
    };
    let fingerprint = fingerprint(&material);
    if let Some(current) = current.filter(|it| it.fingerprint == fingerprint) {
        note(suite, &record, monitor).await?;
        return Ok(Rebuilt::Unchanged { version: current.version.clone() });
    }
    let objects = material.objects.len() as u64;
    let found =
        profile(suite.world, &material.bucket, &material.objects, &material.options, suite.limits)
            .await?;
    let mut statistics = found.profile.statistics();
    let wanted = suite.settings.for_endpoint(name, &record.tags);
    statistics.features.retain(|it| !wanted.excludes(&it.name));
    if statistics.rows < material.wanted && material.kind == CAPTURE {
        return Ok(Rebuilt::Waiting { rows: statistics.rows, wanted: material.wanted });
    }
    if statistics.rows == 0 || statistics.features.is_empty() {
        let why = format!("no row could be read from {}", material.uri);
        return hold(suite, monitor, None, current, why).await;
    }
    let constraints = engine::baseline::suggest(&statistics, CategoricalDriftMethod::LInfinity);
    let meta = BaselineMeta {
        rows: statistics.rows,
        set_aside: found.profile.unreadable(),
        source: BaselineSource {
            kind: material.kind,
            uri: material.uri.clone(),
            objects,
            fingerprint: fingerprint.clone(),
        },
        built_at: call.now,
    };
    let version = suite
        .shelves
        .keep_baseline(monitor, &statistics, &constraints, &meta)
        .await
        .map_err(unwritten("baseline not kept"))?;
    // Read it back: only what can be read whole is put in force.
    let whole = suite.shelves.baseline(monitor, &version).await;
    if whole.map_err(unread("baseline does not read back"))?.is_none() {
        return Err(Refusal::new(Next::TryAgain, "baseline not there yet").fact("version", version));
    }
    if let Some(why) = mismatch(suite, &record, monitor, call, &statistics).await? {
        return hold(suite, monitor, Some(version), current, why).await;
    }
    let next = BaselinePointer {
        version: version.clone(),
        fingerprint,
        rows: meta.rows,
        promoted_at: call.now,
        created_ms: record.created_ms,
        of_capture: material.kind == CAPTURE,
        previous: pointer.as_ref().map(|it| it.version.clone()),
    };
    promote(suite, &record, monitor, &next, etag.as_ref()).await?;
    Ok(Rebuilt::Promoted { version })
}

const TRAINING: &str = "training";
const CAPTURE: &str = "capture";

fn has(record: &EndpointRecord, monitor: &Monitor) -> bool {
    record.phase == Phase::Monitored
        && monitor.kind == MonitorType::DataQuality
        && record.monitors.iter().any(|it| it.monitor(&record.endpoint) == *monitor)
}

/// Finds what the baseline is to be made of.
async fn material<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    record: &EndpointRecord,
    monitor: &Monitor,
    current: Option<&BaselinePointer>,
) -> Result<Result<Material, Rebuilt>, Refusal>
where
    W: ListObjects,
{
    let wanted = suite.settings.for_endpoint(&record.endpoint, &record.tags);
    let held = |why: String| Ok(Err(Rebuilt::Held { why }));
    match &wanted.baseline.source {
        settings::BaselineSource::TrainingDataUnknown => {
            held("no setting or tag says where the training data is".into())
        }
        settings::BaselineSource::TrainingData { s3_uri } => {
            let Some(place) = Address::parse(s3_uri) else {
                return held(format!("{s3_uri} is not an S3 address"));
            };
            let mut objects = list_all(suite.world, &place).await?;
            // `data.csv` is one object; `data` is a folder and not `data-old` beside it.
            objects.retain(|it| within(&it.key, &place.key) && 0 < it.size);
            if objects.is_empty() {
                return held(format!("there are no objects under {s3_uri}"));
            }
            let (kind, uri, bucket) = (TRAINING, s3_uri.clone(), place.bucket);
            let options = ScanOptions::default();
            Ok(Ok(Material { kind, uri, bucket, objects, options, wanted: 1 }))
        }
        settings::BaselineSource::CapturedTraffic { min_rows } => {
            // Traffic that became the reference stays it: rebuilding from newer
            // traffic would take drift for normal.
            if let Some(current) = current.filter(|it| it.of_capture) {
                return Ok(Err(Rebuilt::Unchanged { version: current.version.clone() }));
            }
            let Some(place) = record.capture.as_deref().and_then(Address::parse) else {
                return held("captures go nowhere".into());
            };
            let since = record.monitors.iter().map(|it| it.since).min().unwrap_or(record.since);
            let objects = captured(suite, &place, monitor, since, call.now).await?;
            if objects.is_empty() {
                return Ok(Err(Rebuilt::Waiting { rows: 0, wanted: *min_rows }));
            }
            let (kind, uri, bucket) = (CAPTURE, place.uri(), place.bucket);
            let options = ScanOptions::default();
            Ok(Ok(Material { kind, uri, bucket, objects, options, wanted: *min_rows }))
        }
    }
}

fn within(key: &str, place: &str) -> bool {
    let Some(rest) = key.strip_prefix(place) else { return false };
    place.is_empty() || rest.is_empty() || place.ends_with('/') || rest.starts_with('/')
}

/// Most hours of captures that a baseline looks through.
const HOURS: i64 = 7 * 24;

/// Lists what a variant captured from `since` until now.
async fn captured<W, S>(
    suite: &Suite<'_, W, S>,
    place: &Address,
    monitor: &Monitor,
    since: i64,
    now: i64,
) -> Result<Vec<Listed>, Refusal>
where
    W: ListObjects,
{
    let first = since.max(now - HOURS * 3600).div_euclid(3600);
    let mut found = Vec::new();
    for hour in first..=now.div_euclid(3600) {
        for prefix in hour_prefixes(place, monitor, hour * 3600) {
            found.extend(list_all(suite.world, &prefix).await?);
        }
    }
    Ok(found)
}

fn fingerprint(material: &Material) -> String {
    let mut parts = vec![METHOD, material.kind, material.uri.as_str()];
    for it in &material.objects {
        parts.extend([it.key.as_str(), it.etag.0.as_str()]);
    }
    digest(parts)
}

/// Captured objects that are looked at to see whether a baseline fits.
const SAMPLE: usize = 3;

/// Tells why a baseline does not fit what is captured; `None` where it does, or
/// where nothing is captured so far.
async fn mismatch<W, S>(
    suite: &Suite<'_, W, S>,
    record: &EndpointRecord,
    monitor: &Monitor,
    call: &Call<'_>,
    statistics: &Statistics,
) -> Result<Option<String>, Refusal>
where
    W: ListObjects + ReadObjects + Sync,
{
    let Some(place) = record.capture.as_deref().and_then(Address::parse) else { return Ok(None) };
    let mut sample = captured(suite, &place, monitor, call.now - 2 * 3600, call.now).await?;
    sample.truncate(SAMPLE);
    if sample.is_empty() {
        return Ok(None);
    }
    let options = ScanOptions::default();
    let found = profile(suite.world, &place.bucket, &sample, &options, suite.limits).await?;
    let seen = found.profile.statistics();
    if seen.rows == 0 || seen.features.len() == statistics.features.len() {
        return Ok(None);
    }
    let shared = seen.features.iter().filter(|it| statistics.feature(&it.name).is_some()).count();
    // A column more or less is for the monitor to tell; nothing in common is a wrong file.
    if 0 < shared || seen.features.len().abs_diff(statistics.features.len()) <= 2 {
        return Ok(None);
    }
    Ok(Some(format!(
        "the source has {} columns, captures have {}: the prediction comes first, then the features",
        statistics.features.len(),
        seen.features.len()
    )))
}

async fn hold<W, S>(
    suite: &Suite<'_, W, S>,
    monitor: &Monitor,
    version: Option<String>,
    current: Option<&BaselinePointer>,
    why: String,
) -> Result<Rebuilt, Refusal>
where
    W: PostEvents,
{
    let event = SuiteEvent::BaselineHeld(BaselineDecided {
        monitor: monitor.clone(),
        version: version.unwrap_or_default(),
        previous: current.map(|it| it.version.clone()),
        reason: Some(why.clone()),
    });
    post(suite.world, &[event]).await?;
    Ok(Rebuilt::Held { why })
}

async fn promote<W, S>(
    suite: &Suite<'_, W, S>,
    record: &EndpointRecord,
    monitor: &Monitor,
    next: &BaselinePointer,
    expected: Option<&Etag>,
) -> Result<(), Refusal>
where
    W: PostEvents,
    S: Baselines + StatusBoard,
{
    match suite.shelves.promote(monitor, next, expected).await {
        Ok(_) => {}
        Err(WriteFault::Lost) => {
            let now = suite.shelves.current(monitor).await;
            let now = now.map_err(unread("baseline pointer not read"))?;
            if now.is_none_or(|it| it.value.version != next.version) {
                return Err(Refusal::new(Next::TryAgain, "another baseline was put in force"));
            }
        }
        Err(other) => return Err(unwritten("baseline not put in force")(other)),
    }
    note(suite, record, monitor).await?;
    let event = SuiteEvent::BaselinePromoted(BaselineDecided {
        monitor: monitor.clone(),
        version: next.version.clone(),
        previous: next.previous.clone(),
        reason: None,
    });
    post(suite.world, &[event]).await
}

/// Notes on the status page that the monitor has a baseline.
async fn note<W, S>(
    suite: &Suite<'_, W, S>,
    record: &EndpointRecord,
    monitor: &Monitor,
) -> Result<(), Refusal>
where
    S: StatusBoard,
{
    let change = |line: Option<&StatusLine>| {
        let mut line = line?.clone();
        let same = line.created_ms == record.created_ms;
        for it in line.monitors.iter_mut().filter(|_| same) {
            it.has_baseline |= it.variant == monitor.variant && it.kind == monitor.kind;
        }
        Some(line)
    };
    let noted = suite.shelves.change_status(&record.endpoint, change).await;
    noted.map_err(unread("status not written"))
}

/// Asks for every baseline anew, as the schedule rings.
pub async fn rebuild_all<W, S>(suite: &Suite<'_, W, S>) -> Result<usize, Refusal>
where
    W: PostEvents,
    S: EndpointRecords,
{
    let mut events = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let names = suite.shelves.endpoint_names(after.as_deref()).await;
        let names = names.map_err(failed("endpoint records not listed"))?;
        for name in &names {
            let held = suite.shelves.endpoint(name).await;
            let Some(held) = held.map_err(unread("endpoint record not read"))? else { continue };
            events.extend(held.value.monitors.iter().map(|it| {
                let reason = Some("the schedule".into());
                let monitor = it.monitor(&held.value.endpoint);
                SuiteEvent::BaselineWanted(BaselineWanted { monitor, reason })
            }));
        }
        after = names.last().cloned();
        if after.is_none() {
            break;
        }
    }
    post(suite.world, &events).await?;
    Ok(events.len())
}
