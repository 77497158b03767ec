mod change;
mod job;
mod material;

pub(crate) use material::Material;

use crate::fault::{failed, post, unread, unwritten};
use crate::in_force::{pointer, record_of};
use crate::kind::{Asks, Learnt, data_quality, model_bias, model_explainability, model_quality};
use crate::reconcile_endpoint::due;
use crate::sagemaker::definition::settings_type;
use crate::{Call, Suite};
use engine::event::{BaselineDecided, BaselineWanted, SuiteEvent};
use engine::monitor::{Monitor, MonitorType};
use engine::request::{BaselineRequest, JobMachine};
use job::Order;
use material::{fingerprint, material, mismatch};
use ports::{
    Address, BaselineContent, BaselineJobs, BaselineMeta, BaselinePointer, BaselineSource,
    Baselines, ClarifyConfigs, DescribeJobs, EndpointRecord, EndpointRecords, Engine, Etag,
    Executions, GroundTruth, HeldBaseline, InvokeEndpoints, ListObjects, Next, Phase, PostEvents,
    ReadFault, ReadModels, ReadObjects, Refusal, StartJobs, StatusBoard, StatusLine, WriteFault,
};
use settings::{Changes, Effective};

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
    /// A job makes it; its end is an event.
    Started {
        job: String,
    },
    /// A job failed, or cannot be started.
    Failed {
        job: Option<String>,
        why: String,
    },
    /// Nothing is to be done.
    Skipped {
        why: String,
    },
}

impl Rebuilt {
    /// Returns the word that the state machine goes by.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Promoted { .. } => "promoted",
            Self::Unchanged { .. } => "unchanged",
            Self::Held { .. } => "held",
            Self::Waiting { .. } => "waiting",
            Self::Started { .. } => "started",
            Self::Failed { .. } => "failed",
            Self::Skipped { .. } => "skipped",
        }
    }

    pub fn version(&self) -> Option<&str> {
        match self {
            Self::Promoted { version } | Self::Unchanged { version } => Some(version),
            _ => None,
        }
    }

    pub fn job(&self) -> Option<&str> {
        match self {
            Self::Started { job } => Some(job),
            Self::Failed { job, .. } => job.as_deref(),
            _ => None,
        }
    }

    /// Returns why there is no new baseline, in a sentence for people.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Held { why } | Self::Failed { why, .. } | Self::Skipped { why } => {
                Some(why.clone())
            }
            Self::Waiting { rows, wanted } => {
                Some(format!("{rows} of {wanted} captured rows are there"))
            }
            _ => None,
        }
    }
}

const TRAINING: &str = "training";
const CAPTURE: &str = "capture";

/// Builds the baseline of a monitor, checks it, and puts it in force.
///
/// The native engine builds in this very call, unless the source is large;
/// SageMaker's monitors get theirs from a job with AWS's image.
pub async fn rebuild_baseline<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    monitor: &Monitor,
) -> Result<Rebuilt, Refusal>
where
    W: ListObjects + ReadObjects + PostEvents + StartJobs + DescribeJobs + InvokeEndpoints + Sync,
    S: EndpointRecords
        + ReadModels
        + Baselines
        + BaselineJobs
        + ClarifyConfigs
        + Executions
        + GroundTruth
        + StatusBoard,
{
    let name = &monitor.endpoint;
    let Some(record) = record_of(suite, name).await? else {
        return Ok(skipped("it is not known"));
    };
    let Some(engine) = engine_of(&record, monitor) else {
        return Ok(skipped("the endpoint has no such monitor"));
    };
    let wanted = suite.settings.for_endpoint(name, &record.tags);
    if wanted.changes == Changes::Paused {
        return Ok(skipped(PAUSED));
    }
    let (current, _) = pointer(suite, &record, monitor).await?;
    let held = suite.shelves.held(monitor).await.map_err(unread("held baseline not read"))?;
    let held = held.map(|it| it.value).filter(|it| it.created_ms == record.created_ms);
    if let Some(held) = held.as_ref().filter(|it| accepts(&wanted, &it.version, current.as_ref())) {
        return accept(suite, call, &record, held).await;
    }
    let of = settings_type(monitor.kind);
    if let Some(uri) = wanted.monitor(of).baseline_s3_uri.as_deref() {
        if engine == Engine::Sagemaker {
            return Ok(skipped("the settings name a baseline that schedules read"));
        }
        return imported(suite, call, &record, monitor, uri).await;
    }
    let current = current.as_ref();
    let material = match material(suite, call, &record, monitor, current).await? {
        Ok(it) => it,
        Err(Rebuilt::Unchanged { version }) => {
            note(suite, &record, monitor).await?;
            return Ok(Rebuilt::Unchanged { version });
        }
        Err(Rebuilt::Held { why }) => {
            hold_event(suite, monitor, current, &why).await?;
            return Ok(Rebuilt::Held { why });
        }
        Err(other) => return Ok(other),
    };
    let large = wanted.job_window_bytes < material.bytes();
    // Of the other types the function streams what it has to: their jobs would need a model to ask.
    let by_job = large && monitor.kind == MonitorType::DataQuality && suite.jobs.role.is_some();
    let image = suite.jobs.image.clone().filter(|_| by_job);
    if engine == Engine::Native && image.is_none() {
        return in_task(suite, call, &record, monitor, &wanted, &material, None, held).await;
    }
    let setting = &wanted.baseline;
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let machine = JobMachine {
        instance_count: small(setting.instance_count),
        instance_type: setting.instance_type.clone(),
        volume_gb: small(setting.volume_size_gb),
        max_runtime_seconds: small(setting.max_runtime_seconds),
    };
    let image = image.filter(|_| engine == Engine::Native);
    let model = record.model_of(&monitor.variant);
    let copy_to = None;
    let order = Order {
        record: &record,
        monitor,
        material: &material,
        wanted: &wanted,
        machine,
        model,
        copy_to,
        image,
    };
    job::start(suite, call, &order).await
}

/// Builds a baseline of data that a request names.
///
/// What the request says stands above the settings; its output prefix gets a
/// copy of what is promoted, while schedules read Vigil's own versions.
pub async fn request_baseline<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    request: &BaselineRequest,
) -> Result<Rebuilt, Refusal>
where
    W: ListObjects + ReadObjects + PostEvents + StartJobs + DescribeJobs + InvokeEndpoints + Sync,
    S: EndpointRecords
        + Baselines
        + BaselineJobs
        + ClarifyConfigs
        + Executions
        + ReadModels
        + StatusBoard,
{
    let name = &request.endpoint;
    let fails = |why: String| Ok(Rebuilt::Failed { job: None, why });
    let Some(record) = record_of(suite, name).await?.filter(|it| it.phase != Phase::Gone) else {
        return fails(format!("the endpoint {name} is not known to Vigil"));
    };
    let wanted = suite.settings.for_endpoint(name, &record.tags);
    if wanted.changes == Changes::Paused {
        return Ok(skipped(PAUSED));
    }
    let known = record.monitors.iter().find(|it| it.kind == request.kind);
    let variant = known.map(|it| &it.variant).or(record.variants.first());
    let Some(variant) = variant else { return fails(format!("{name} has no variant")) };
    let monitor = Monitor { endpoint: name.clone(), variant: variant.clone(), kind: request.kind };
    let material = match material::training(suite, &request.training_data).await? {
        Ok(it) => it,
        Err(why) => return fails(why),
    };
    let wanted = job::overlaid(&wanted, request.kind, &request.params);
    let is_native = record.engine.runs == Engine::Native;
    let copy_to = Some(request.output.clone());
    if is_native {
        return in_task(suite, call, &record, &monitor, &wanted, &material, copy_to, None).await;
    }
    let order = Order {
        record: &record,
        monitor: &monitor,
        material: &material,
        wanted: &wanted,
        machine: request.machine.clone(),
        model: record.model_of(variant),
        copy_to,
        image: None,
    };
    job::start(suite, call, &order).await
}

/// Looks at a baseline job: what it made is checked and put in force.
pub async fn check_baseline<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    name: &str,
) -> Result<Rebuilt, Refusal>
where
    W: ListObjects + ReadObjects + PostEvents + DescribeJobs + Sync,
    S: EndpointRecords + Baselines + BaselineJobs + StatusBoard,
{
    let held = suite.shelves.baseline_job(name).await;
    let Some(held) = held.map_err(unread("baseline job not read"))? else {
        return Ok(skipped("no baseline job of Vigil's has this name"));
    };
    let endpoint = &held.value.monitor.endpoint;
    let Some(record) = record_of(suite, endpoint).await?.filter(|it| it.phase != Phase::Gone)
    else {
        return Ok(skipped("the endpoint is gone"));
    };
    let wanted = suite.settings.for_endpoint(endpoint, &record.tags);
    if wanted.changes == Changes::Paused {
        return Ok(skipped(PAUSED));
    }
    job::check(suite, call, &record, name).await
}

const PAUSED: &str = "changes are paused";

fn skipped(why: &str) -> Rebuilt {
    Rebuilt::Skipped { why: why.into() }
}

/// Returns who runs a monitor that the endpoint has.
fn engine_of(record: &EndpointRecord, monitor: &Monitor) -> Option<Engine> {
    let mut all = record.monitors.iter().filter(|_| record.phase == Phase::Monitored);
    all.find(|it| it.monitor(&record.endpoint) == *monitor).map(|it| it.engine)
}

/// Learns what a monitor of a type judges by.
async fn learn<W, S>(
    suite: &Suite<'_, W, S>,
    asks: Asks<'_>,
    wanted: &Effective,
    material: &Material,
) -> Result<Result<Learnt, String>, Refusal>
where
    W: ReadObjects + InvokeEndpoints + Sync,
    S: ReadModels,
{
    match asks.monitor.kind {
        MonitorType::DataQuality => data_quality::learn(suite, wanted, material).await.map(Ok),
        MonitorType::ModelQuality => model_quality::learn(suite, wanted, material).await,
        MonitorType::ModelBias => model_bias::learn(suite, asks, wanted, material).await,
        MonitorType::ModelExplainability => {
            model_explainability::learn(suite, asks, wanted, material).await
        }
    }
}

/// Builds a baseline in this very call.
#[expect(clippy::too_many_arguments, reason = "each is another thing")]
async fn in_task<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    record: &EndpointRecord,
    monitor: &Monitor,
    wanted: &Effective,
    material: &Material,
    copy_to: Option<String>,
    held: Option<HeldBaseline>,
) -> Result<Rebuilt, Refusal>
where
    W: ListObjects + ReadObjects + PostEvents + InvokeEndpoints + Sync,
    S: Baselines + BaselineJobs + ReadModels + StatusBoard,
{
    let (current, _) = pointer(suite, record, monitor).await?;
    let fingerprint = fingerprint(material, &by(monitor.kind, wanted));
    if let Some(current) = current.as_ref().filter(|it| it.fingerprint == fingerprint) {
        note(suite, record, monitor).await?;
        return Ok(Rebuilt::Unchanged { version: current.version.clone() });
    }
    if let Some(held) = held.filter(|it| it.fingerprint == fingerprint) {
        return Ok(Rebuilt::Held { why: held.why });
    }
    let Learnt { content, rows, set_aside } =
        match learn(suite, Asks { call, monitor }, wanted, material).await? {
            Ok(it) => it,
            Err(why) => {
                hold_event(suite, monitor, current.as_ref(), &why).await?;
                return Ok(Rebuilt::Held { why });
            }
        };
    if rows < material.wanted && material.kind == CAPTURE {
        return Ok(Rebuilt::Waiting { rows, wanted: material.wanted });
    }
    if content.is_empty() {
        let why = format!("no row could be read from {}", material.uri);
        hold_event(suite, monitor, current.as_ref(), &why).await?;
        return Ok(Rebuilt::Held { why });
    }
    let source = BaselineSource {
        kind: material.kind,
        uri: material.uri.clone(),
        objects: material.objects.len() as u64,
        fingerprint: fingerprint.clone(),
    };
    let meta = BaselineMeta { rows, set_aside, source, built_at: call.now };
    let version = suite.shelves.keep_baseline(monitor, &content, &meta).await;
    let version = version.map_err(unwritten("baseline not kept"))?;
    if let Some(statistics) = content.statistics()
        && let Some(why) = mismatch(suite, record, monitor, call, statistics).await?
    {
        hold_event(suite, monitor, current.as_ref(), &why).await?;
        return Ok(Rebuilt::Held { why });
    }
    let of_capture = material.kind == CAPTURE;
    let content = Some(content);
    let ready = Ready { version, fingerprint, rows, of_capture, content, copy_to };
    take(suite, call, record, monitor, ready).await
}

/// Words what is done with the rows, as far as the settings or a request say it.
fn by(kind: MonitorType, wanted: &Effective) -> String {
    match kind {
        MonitorType::DataQuality => "native".into(),
        _ => format!("native {:?}", wanted.monitor(settings_type(kind)).quality),
    }
}

/// Takes a baseline that somebody else made.
async fn imported<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    record: &EndpointRecord,
    monitor: &Monitor,
    uri: &str,
) -> Result<Rebuilt, Refusal>
where
    W: PostEvents,
    S: Baselines + BaselineJobs + StatusBoard,
{
    let fails = |why: String| Ok(Rebuilt::Failed { job: None, why });
    let Some(at) = Address::parse(uri) else { return fails(format!("{uri} is no S3 address")) };
    let found = match suite.shelves.made_elsewhere(monitor.kind, &at).await {
        Ok(Some(it)) => it,
        Ok(None) => return fails(format!("there is no baseline under {uri}")),
        Err(ReadFault::Corrupt { key, why }) => return fails(format!("{key} {why}")),
        Err(other) => return Err(unread("baseline made elsewhere not read")(other)),
    };
    if found.content.is_none() {
        return fails(format!("the baseline under {uri} cannot be judged by"));
    }
    let rows = found.content.as_ref().map_or(0, BaselineContent::rows);
    let fingerprint = crate::digest::digest(["elsewhere", uri]);
    let source = BaselineSource {
        kind: TRAINING,
        uri: uri.into(),
        objects: found.files.len() as u64,
        fingerprint: fingerprint.clone(),
    };
    let meta = BaselineMeta { rows, set_aside: 0, source, built_at: call.now };
    let version = suite.shelves.adopt(monitor, &found, &meta).await;
    let version = version.map_err(unwritten("baseline not kept"))?;
    let content = found.content;
    let ready = Ready { version, fingerprint, rows, of_capture: false, content, copy_to: None };
    take(suite, call, record, monitor, ready).await
}

/// A whole version that is to be put in force.
struct Ready {
    version: String,
    fingerprint: String,
    rows: u64,
    of_capture: bool,
    /// Where the native engine can judge by it.
    content: Option<BaselineContent>,
    copy_to: Option<String>,
}

/// Puts a version in force, unless it differs too much from the one that is.
async fn take<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    record: &EndpointRecord,
    monitor: &Monitor,
    ready: Ready,
) -> Result<Rebuilt, Refusal>
where
    W: PostEvents,
    S: Baselines + BaselineJobs + StatusBoard,
{
    let (current, pointer) = pointer(suite, record, monitor).await?;
    let wanted = suite.settings.for_endpoint(&record.endpoint, &record.tags);
    let version = ready.version.clone();
    if let Some(content) = &ready.content {
        // Read it back: only what can be read whole is put in force.
        let whole = suite.shelves.baseline(monitor, &version).await;
        if whole.map_err(unread("baseline does not read back"))?.is_none() {
            return Err(
                Refusal::new(Next::TryAgain, "baseline not there yet").fact("version", version)
            );
        }
        if let Some(current) = current.as_ref().filter(|it| it.version != version)
            && wanted.baseline.accept_version.as_ref() != Some(&version)
        {
            let most = change::Most {
                change: wanted.baseline.max_change,
                metric_change: wanted.baseline.max_metric_change,
            };
            let before = suite.shelves.baseline(monitor, &current.version).await;
            let before = before.map_err(unread("baseline in force not read"))?;
            let changes =
                before.map_or(Vec::new(), |it| change::changes(&it.content, content, most));
            if !changes.is_empty() {
                let held = HeldBaseline {
                    monitor: monitor.clone(),
                    version,
                    fingerprint: ready.fingerprint,
                    rows: ready.rows,
                    of_capture: ready.of_capture,
                    created_ms: record.created_ms,
                    against: Some(current.version.clone()),
                    why: change::sentence(&changes),
                    changes,
                    held_at: call.now,
                };
                return hold(suite, held, current).await;
            }
        }
    }
    let next = BaselinePointer {
        version: version.clone(),
        fingerprint: ready.fingerprint,
        rows: ready.rows,
        promoted_at: call.now,
        created_ms: record.created_ms,
        of_capture: ready.of_capture,
        previous: pointer.as_ref().map(|it| it.value.version.clone()),
    };
    if let Some(current) = current.filter(|it| it.version == version) {
        if current.fingerprint == next.fingerprint {
            note(suite, record, monitor).await?;
            return Ok(Rebuilt::Unchanged { version });
        }
        // The same baseline of another source: only the pointer's note changes.
        let next = BaselinePointer { previous: current.previous, ..next };
        let etag = pointer.map(|it| it.etag);
        let kept = suite.shelves.promote(monitor, &next, etag.as_ref()).await;
        kept.map_err(unwritten("baseline pointer not kept"))?;
        note(suite, record, monitor).await?;
        return Ok(Rebuilt::Unchanged { version });
    }
    promote(suite, record, monitor, &next, pointer.as_ref().map(|it| &it.etag)).await?;
    copy(suite, &wanted, monitor, &version, ready.copy_to.as_deref()).await?;
    Ok(Rebuilt::Promoted { version })
}

/// Copies a version to where the request or the settings ask for one.
///
/// Below the settings' prefix each type has a folder of its own.
async fn copy<W, S>(
    suite: &Suite<'_, W, S>,
    wanted: &Effective,
    monitor: &Monitor,
    version: &str,
    asked: Option<&str>,
) -> Result<(), Refusal>
where
    S: BaselineJobs,
{
    let Monitor { endpoint, variant, kind } = monitor;
    let by_settings = wanted
        .baseline
        .output_data_s3_uri
        .as_deref()
        .map(|it| format!("{}/{endpoint}/{variant}/{}", it.trim_end_matches('/'), kind.word()));
    for uri in asked.map(str::to_owned).into_iter().chain(by_settings) {
        let Some(to) = Address::parse(&uri) else {
            return Err(Refusal::new(Next::FixInput, "no S3 address to copy to").fact("uri", uri));
        };
        let copied = suite.shelves.copy_baseline(monitor, version, &to).await;
        copied.map_err(|it| failed("baseline not copied")(it).fact("to", uri))?;
    }
    Ok(())
}

/// Whether the settings accept a held version that is not in force yet.
fn accepts(wanted: &Effective, version: &str, current: Option<&BaselinePointer>) -> bool {
    wanted.baseline.accept_version.as_deref() == Some(version)
        && current.is_none_or(|it| it.version != version)
}

/// Puts a held version in force, as the settings ask for.
async fn accept<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    record: &EndpointRecord,
    held: &HeldBaseline,
) -> Result<Rebuilt, Refusal>
where
    W: PostEvents,
    S: Baselines + BaselineJobs + StatusBoard,
{
    let ready = Ready {
        version: held.version.clone(),
        fingerprint: held.fingerprint.clone(),
        rows: held.rows,
        of_capture: held.of_capture,
        content: None,
        copy_to: None,
    };
    take(suite, call, record, &held.monitor, ready).await
}

/// Keeps what was held and why; tells of it once.
async fn hold<W, S>(
    suite: &Suite<'_, W, S>,
    held: HeldBaseline,
    current: &BaselinePointer,
) -> Result<Rebuilt, Refusal>
where
    W: PostEvents,
    S: BaselineJobs,
{
    let known = suite.shelves.held(&held.monitor).await;
    let known = known.map_err(unread("held baseline not read"))?;
    let is_known = known.as_ref().is_some_and(|it| {
        it.value.version == held.version && it.value.created_ms == held.created_ms
    });
    if !is_known {
        let expected = known.map(|it| it.etag);
        let kept = suite.shelves.keep_held(&held, expected.as_ref()).await;
        kept.map_err(unwritten("held baseline not kept"))?;
    }
    let event = SuiteEvent::BaselineHeld(BaselineDecided {
        monitor: held.monitor.clone(),
        version: held.version.clone(),
        previous: Some(current.version.clone()),
        reason: Some(held.why.clone()),
    });
    post(suite.world, &[event]).await?;
    Ok(Rebuilt::Held { why: held.why })
}

/// Tells that a baseline could not be made.
async fn hold_event<W, S>(
    suite: &Suite<'_, W, S>,
    monitor: &Monitor,
    current: Option<&BaselinePointer>,
    why: &str,
) -> Result<(), Refusal>
where
    W: PostEvents,
{
    let event = SuiteEvent::BaselineHeld(BaselineDecided {
        monitor: monitor.clone(),
        version: String::new(),
        previous: current.map(|it| it.version.clone()),
        reason: Some(why.into()),
    });
    post(suite.world, &[event]).await
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
    let mut events = vec![SuiteEvent::BaselinePromoted(BaselineDecided {
        monitor: monitor.clone(),
        version: next.version.clone(),
        previous: next.previous.clone(),
        reason: None,
    })];
    if engine_of(record, monitor) == Some(Engine::Sagemaker) {
        // The schedule is to read the new version.
        events.push(due(&record.endpoint, "a baseline was put in force"));
    }
    post(suite.world, &events).await
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
