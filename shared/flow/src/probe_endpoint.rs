use crate::analyze_window::hour_prefixes;
use crate::fault::{failed, post, unread};
use crate::in_force::{pointer, record_of};
use crate::{Call, Suite};
use engine::event::{ProbeFailed, SuiteEvent};
use engine::monitor::{Monitor, MonitorType};
use engine::scan::PROBED;
use engine::statistics::{Feature, Statistics, Values};
use ports::{
    Address, Baselines, EndpointRecord, EndpointRecords, InvokeEndpoints, InvokeFailed,
    InvokeRequest, ListObjects, Metric, Phase, PostEvents, PutMetrics, ReadFailed, ReadObjects,
    ReadRequests, Refusal, SampleRequest,
};
use settings::{Changes, Effective};

/// What a probe saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probed {
    pub sent: u64,
    /// Requests that were answered with an error, or not at all.
    pub failed: u64,
    /// Nineteen of twenty answers took no longer; `None` of no answers.
    pub millis: Option<u64>,
    /// What is wrong, in sentences for people; holds no answer.
    pub findings: Vec<String>,
    /// Why nothing was sent.
    pub why: Option<&'static str>,
}

/// Bytes of a file of sample requests that are read.
const MOST_BYTES: u64 = 1 << 20;
/// Hours that are searched for captured requests, the latest first.
const HOURS: i64 = 24;
/// Answers may lie so far outside of what the baseline saw, as a part of its range.
const MARGIN: f64 = 0.5;
/// Seconds of an invocation that are left for telling.
const SPARE: i64 = 10;

/// Sends sample requests to an endpoint and checks the answers.
///
/// Answers are held against the baseline: as many cells, of the same kind, in
/// its range. Each request carries an inference id that starts with
/// [`PROBED`], so that no window counts it as traffic.
pub async fn probe_endpoint<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    endpoint: &str,
) -> Result<Probed, Refusal>
where
    W: InvokeEndpoints + ListObjects + ReadObjects + PostEvents + PutMetrics,
    S: EndpointRecords + Baselines + ReadRequests,
{
    let record = record_of(suite, endpoint).await?;
    let Some(record) = record.filter(|it| it.phase != Phase::Gone) else {
        return Ok(Probed { why: Some("the endpoint is not known"), ..Probed::default() });
    };
    let wanted = suite.settings.for_endpoint(endpoint, &record.tags);
    if !wanted.probe.enabled || !wanted.enabled {
        return Ok(Probed { why: Some("the settings ask for no probe"), ..Probed::default() });
    }
    if wanted.changes == Changes::Paused {
        return Ok(Probed { why: Some("changes are paused"), ..Probed::default() });
    }
    let Some(variant) = record.variants.first() else {
        return Ok(Probed { why: Some("the endpoint has no variant"), ..Probed::default() });
    };
    let kind = MonitorType::DataQuality;
    let monitor = Monitor { endpoint: endpoint.into(), variant: variant.clone(), kind };
    let samples = samples(suite, call, &record, &monitor, &wanted).await?;
    if samples.is_empty() {
        return Ok(Probed { why: Some("there is no sample request"), ..Probed::default() });
    }
    let baseline = reference(suite, &record, &monitor).await?;
    let probed = send(suite, call, &monitor, samples, baseline.as_ref(), &wanted).await?;
    tell(suite, call, &monitor, &probed).await?;
    Ok(probed)
}

/// Probes every endpoint that is to be probed, as long as there is time.
pub async fn probe_all<W, S>(suite: &Suite<'_, W, S>, call: &Call<'_>) -> Result<usize, Refusal>
where
    W: InvokeEndpoints + ListObjects + ReadObjects + PostEvents + PutMetrics,
    S: EndpointRecords + Baselines + ReadRequests,
{
    let mut probed = 0;
    let mut after: Option<String> = None;
    loop {
        let names = suite.shelves.endpoint_names(after.as_deref()).await;
        let names = names.map_err(failed("endpoint records not listed"))?;
        for name in &names {
            probed += usize::from(0 < probe_endpoint(suite, call, name).await?.sent);
        }
        after = names.last().cloned();
        if after.is_none() {
            return Ok(probed);
        }
    }
}

/// Finds what to send: the settings' file, or what was captured last.
async fn samples<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    record: &EndpointRecord,
    monitor: &Monitor,
    wanted: &Effective,
) -> Result<Vec<SampleRequest>, Refusal>
where
    W: ListObjects + ReadObjects,
    S: ReadRequests,
{
    let most = usize::try_from(wanted.probe.rows).unwrap_or(1);
    if let Some(place) = wanted.probe.requests_s3_uri.as_deref().and_then(Address::parse) {
        let bytes = read(suite, &place).await?;
        let lines = bytes.split(|it| *it == b'\n').map(<[u8]>::trim_ascii);
        let request = |line: &[u8]| SampleRequest {
            content_type: wanted.probe.content_type.clone(),
            body: line.to_vec(),
        };
        return Ok(lines.filter(|it| !it.is_empty()).take(most).map(request).collect());
    }
    let Some(place) = record.capture.as_deref().and_then(Address::parse) else {
        return Ok(Vec::new());
    };
    for hour in 0..HOURS {
        for prefix in hour_prefixes(&place, monitor, call.now - hour * 3600) {
            let page = suite.world.list(&prefix, None).await;
            let page = page.map_err(failed("captures not listed"))?;
            let Some(listed) = page.objects.last() else { continue };
            let at = Address::new(place.bucket.as_str(), listed.key.as_str());
            let bytes = read(suite, &at).await?;
            let found = suite.shelves.captured_requests(&bytes, most);
            if !found.is_empty() {
                return Ok(found);
            }
        }
    }
    Ok(Vec::new())
}

async fn read<W, S>(suite: &Suite<'_, W, S>, at: &Address) -> Result<Vec<u8>, Refusal>
where
    W: ReadObjects,
{
    match suite.world.read(at, 0, MOST_BYTES).await {
        Ok(piece) => Ok(piece.bytes),
        Err(ReadFailed::Missing) => Ok(Vec::new()),
        Err(ReadFailed::Other(trouble)) => {
            Err(failed("sample requests not read")(trouble).fact("object", at.uri()))
        }
    }
}

async fn reference<W, S>(
    suite: &Suite<'_, W, S>,
    record: &EndpointRecord,
    monitor: &Monitor,
) -> Result<Option<Statistics>, Refusal>
where
    S: Baselines,
{
    let (Some(held), _) = pointer(suite, record, monitor).await? else { return Ok(None) };
    let baseline = suite.shelves.baseline(monitor, &held.version).await;
    let baseline = baseline.map_err(unread("baseline not read"))?;
    Ok(baseline.and_then(|it| it.content.statistics().cloned()))
}

async fn send<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    monitor: &Monitor,
    samples: Vec<SampleRequest>,
    baseline: Option<&Statistics>,
    wanted: &Effective,
) -> Result<Probed, Refusal>
where
    W: InvokeEndpoints,
{
    let mut probed = Probed::default();
    let mut times = Vec::new();
    let mut checked = Checked::default();
    let mut left = (call.remaining - SPARE).max(0).saturating_mul(1000).unsigned_abs();
    for (at, sample) in samples.into_iter().enumerate() {
        if left == 0 {
            break;
        }
        let request = InvokeRequest {
            endpoint: monitor.endpoint.clone(),
            variant: None,
            content_type: sample.content_type,
            accept: None,
            inference_id: Some(format!("{PROBED}{}-{at}", call.now)),
            body: sample.body,
        };
        probed.sent += 1;
        let millis = match suite.world.invoke(&request).await {
            Ok(answer) => {
                checked.take(&answer.body, baseline);
                times.push(answer.millis);
                answer.millis
            }
            Err(InvokeFailed::Model { millis, .. }) => {
                probed.failed += 1;
                millis
            }
            Err(InvokeFailed::NotServing) => {
                probed.failed += 1;
                probed.findings.push("the endpoint does not answer".into());
                break;
            }
            Err(InvokeFailed::Other(trouble)) => {
                return Err(Refusal::of("endpoint not invoked", trouble)
                    .fact("endpoint", &monitor.endpoint));
            }
        };
        left = left.saturating_sub(millis);
    }
    times.sort_unstable();
    probed.millis = times.get((times.len() * 19).div_ceil(20).saturating_sub(1)).copied();
    let share = probed.failed as f64 / probed.sent.max(1) as f64;
    if wanted.probe.most_errors < share {
        let (failed, sent) = (probed.failed, probed.sent);
        probed.findings.push(format!("{failed} of {sent} sample requests failed"));
    }
    if let Some(millis) = probed.millis.filter(|it| wanted.probe.most_millis < *it) {
        let most = wanted.probe.most_millis;
        probed.findings.push(format!("answers take {millis} ms, most {most} ms"));
    }
    probed.findings.extend(checked.findings());
    Ok(probed)
}

/// What was seen of the answers; counts, no answers.
#[derive(Default)]
struct Checked {
    cells: Option<usize>,
    empty: u64,
    uneven: u64,
    of_other_kind: u64,
    out_of_range: u64,
}

impl Checked {
    fn take(&mut self, body: &[u8], baseline: Option<&Statistics>) {
        let Ok(text) = std::str::from_utf8(body) else { return };
        let text = text.trim();
        if text.is_empty() {
            self.empty += 1;
            return;
        }
        // Documents have a shape of their own, which only the analysis reads.
        if text.starts_with(['{', '[']) {
            return;
        }
        let line = text.lines().next().unwrap_or_default();
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        if *self.cells.get_or_insert(cells.len()) != cells.len() {
            self.uneven += 1;
        }
        // A row of a baseline starts with the prediction (formats J.6).
        let Some(baseline) = baseline.filter(|it| cells.len() < it.features.len()) else { return };
        for (cell, feature) in cells.iter().zip(&baseline.features) {
            match fits(cell, feature) {
                Fit::Fits => {}
                Fit::OtherKind => self.of_other_kind += 1,
                Fit::OutOfRange => self.out_of_range += 1,
            }
        }
    }

    fn findings(&self) -> Vec<String> {
        let told = [
            (self.empty, "answers are empty"),
            (self.uneven, "answers have more or fewer cells than the first"),
            (self.of_other_kind, "answers are no numbers, as the baseline's predictions are"),
            (self.out_of_range, "answers lie far outside the baseline's range"),
        ];
        let some = told.into_iter().filter(|(count, _)| 0 < *count);
        some.map(|(count, what)| format!("{count} {what}")).collect()
    }
}

enum Fit {
    Fits,
    OtherKind,
    OutOfRange,
}

fn fits(cell: &str, feature: &Feature) -> Fit {
    let Values::Numbers(numbers) = &feature.values else { return Fit::Fits };
    let Ok(number) = cell.parse::<f64>() else { return Fit::OtherKind };
    let margin = MARGIN * (numbers.max - numbers.min).max(f64::MIN_POSITIVE);
    let range = numbers.min - margin..=numbers.max + margin;
    if range.contains(&number) { Fit::Fits } else { Fit::OutOfRange }
}

async fn tell<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    monitor: &Monitor,
    probed: &Probed,
) -> Result<(), Refusal>
where
    W: PostEvents + PutMetrics,
{
    let metric = |name: &str, value: u64, unit| Metric {
        namespace: "Vigil",
        name: name.into(),
        dimensions: vec![("Endpoint", monitor.endpoint.clone())],
        at: call.now,
        value: value as f64,
        unit,
    };
    let mut metrics = vec![
        metric("ProbesSent", probed.sent, "Count"),
        metric("ProbesFailed", probed.failed, "Count"),
    ];
    metrics.extend(probed.millis.map(|it| metric("ProbeMillis", it, "Milliseconds")));
    // Metrics may be lost: nothing is decided by them.
    let _ = suite.world.put_metrics(&metrics).await;
    if probed.findings.is_empty() {
        return Ok(());
    }
    let event = SuiteEvent::ProbeFailed(ProbeFailed {
        endpoint: monitor.endpoint.clone(),
        variant: monitor.variant.clone(),
        sent: probed.sent,
        failed: probed.failed,
        reason: probed.findings.join("; "),
    });
    post(suite.world, &[event]).await
}
