//! What a baseline is made of.

use super::{CAPTURE, TRAINING};
use crate::analyze_window::hour_prefixes;
use crate::digest::digest;
use crate::kind::needs_labels;
use crate::sagemaker::definition::settings_type;
use crate::scan::{list_all, profile};
use crate::{Call, Rebuilt, Suite};
use engine::monitor::Monitor;
use engine::scan::ScanOptions;
use engine::statistics::Statistics;
use ports::{
    Address, BaselinePointer, DatasetForm, EndpointRecord, GroundTruth, ListObjects, Listed,
    ReadObjects, Refusal,
};

/// Changes whenever baselines come out differently from the same source.
const METHOD: &str = "baseline/1";

/// The rows of a baseline.
pub(crate) struct Material {
    pub(super) kind: &'static str,
    pub(super) uri: String,
    pub(crate) bucket: String,
    pub(crate) objects: Vec<Listed>,
    pub(crate) options: ScanOptions,
    /// Rows that are needed at least.
    pub(super) wanted: u64,
}

impl Material {
    /// Whether its rows are captured traffic, with labels where the type reads some.
    pub(crate) fn is_of_capture(&self) -> bool {
        self.kind == CAPTURE
    }

    /// Rows below which the baseline waits for more.
    pub(crate) fn wanted(&self) -> u64 {
        if self.is_of_capture() { self.wanted } else { 1 }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.objects.iter().map(|it| it.size).sum()
    }

    /// Tells how the objects are written down, by the names that they have.
    pub(super) fn form(&self) -> DatasetForm {
        if self.kind == CAPTURE {
            return DatasetForm::Capture;
        }
        let name = self.objects.first().map_or("", |it| it.key.as_str()).to_ascii_lowercase();
        let name = name.trim_end_matches(".gz");
        match name.rsplit('.').next() {
            Some("parquet" | "pq") => DatasetForm::Parquet,
            Some("json" | "jsonl" | "ndjson") => DatasetForm::JsonLines,
            _ => DatasetForm::CsvWithHeader,
        }
    }
}

/// Lists training data; `Err` says why there is none.
pub(super) async fn training<W, S>(
    suite: &Suite<'_, W, S>,
    s3_uri: &str,
) -> Result<Result<Material, String>, Refusal>
where
    W: ListObjects,
{
    let Some(place) = Address::parse(s3_uri) else {
        return Ok(Err(format!("{s3_uri} is not an S3 address")));
    };
    let mut objects = list_all(suite.world, &place).await?;
    // `data.csv` is one object; `data` is a folder and not `data-old` beside it.
    objects.retain(|it| within(&it.key, &place.key) && 0 < it.size);
    if objects.is_empty() {
        return Ok(Err(format!("there are no objects under {s3_uri}")));
    }
    let (uri, bucket) = (s3_uri.to_owned(), place.bucket);
    let options = ScanOptions::default();
    Ok(Ok(Material { kind: TRAINING, uri, bucket, objects, options, wanted: 1 }))
}

/// Finds what the baseline is to be made of.
pub(super) async fn material<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    record: &EndpointRecord,
    monitor: &Monitor,
    current: Option<&BaselinePointer>,
) -> Result<Result<Material, Rebuilt>, Refusal>
where
    W: ListObjects,
    S: GroundTruth,
{
    let wanted = suite.settings.for_endpoint(&record.endpoint, &record.tags);
    let held = |why: String| Ok(Err(Rebuilt::Held { why }));
    let of = settings_type(monitor.kind);
    if let Some(own) = &wanted.monitor(of).training_data {
        return Ok(training(suite, own).await?.map_err(|why| Rebuilt::Held { why }));
    }
    match &wanted.baseline.source {
        settings::BaselineSource::TrainingDataUnknown => {
            held("no setting or tag says where the training data is".into())
        }
        settings::BaselineSource::TrainingData { s3_uri } => {
            Ok(training(suite, s3_uri).await?.map_err(|why| Rebuilt::Held { why }))
        }
        settings::BaselineSource::CapturedTraffic { .. }
            if needs_labels(monitor.kind) && wanted.labels_from().is_none() =>
        {
            held(format!(
                "captures hold no labels: set {}.training_data_s3_uri",
                monitor.kind.word()
            ))
        }
        settings::BaselineSource::CapturedTraffic { min_rows } => {
            // Traffic that became the reference stays it: rebuilding from newer
            // traffic would take drift for normal.
            if let Some(current) = current.filter(|it| it.of_capture) {
                return Ok(Err(Rebuilt::Unchanged { version: current.version.clone() }));
            }
            let place = if needs_labels(monitor.kind) {
                Some(suite.shelves.merged_at())
            } else {
                record.capture.as_deref().and_then(Address::parse)
            };
            let Some(place) = place else { return held("captures go nowhere".into()) };
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
pub(super) async fn captured<W, S>(
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

/// Hashes what a baseline is made of, and what is done with it.
pub(super) fn fingerprint(material: &Material, by: &str) -> String {
    let mut parts = vec![METHOD, by, material.kind, material.uri.as_str()];
    for it in &material.objects {
        parts.extend([it.key.as_str(), it.etag.0.as_str()]);
    }
    digest(parts)
}

/// Captured objects that are looked at to see whether a baseline fits.
const SAMPLE: usize = 3;

/// Tells why a baseline does not fit what is captured; `None` where it does, or
/// where nothing is captured so far.
pub(super) async fn mismatch<W, S>(
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
