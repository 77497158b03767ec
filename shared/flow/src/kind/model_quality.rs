//! Model quality: predictions against their labels, and what they are probably
//! worth before labels are there.

use super::figures::{self, outcome};
use super::{Gathered, Judged, Learnt, Side};
use crate::Suite;
use crate::analyze_window::Job;
use crate::fault::{unread, unwritten};
use crate::rebuild_baseline::Material;
use crate::scan::summary;
use engine::figure::quality::{estimated, estimated_name, realised, told};
use engine::figure::{FigureRows, judge as judge_figures};
use engine::finding::{Check, Effect, Family, Finding, Hint, Judgement, State};
use engine::incident::{Outcome, Sight};
use engine::monitor::Monitor;
use engine::quality::constraints::{check, suggest};
use engine::quality::estimate::Estimator;
use engine::quality::statistics::QualityStatistics;
use engine::quality::track::{TrackPoint, Trust, error, overlay};
use engine::quality::{Attributes, ProblemType, QualityMetric, QualityScan, QualitySettings};
use engine::scan::{ScanOptions, Sides};
use engine::violation::Violation;
use engine::window::Window;
use engine::words::name_words;
use ports::{
    BaselineContent, ExecutionContent, GroundTruth, HourTruth, LABEL_DELAYS, Listed, Metric,
    QualityBaseline, QualityFound, ReadObjects, Refusal, Tracks, TruthLog, WriteFault,
};
use settings::{Effective, MonitorType, Quality, Verdict};

/// Windows whose estimates are remembered beside what came true.
const TRACKED: usize = 200;
/// Times that the track is written against other writers.
const TRIES: u32 = 8;

/// How predictions and labels are read, or what the settings lack.
struct Reading {
    settings: QualitySettings,
    prediction: Option<String>,
    probability: Option<String>,
    label: Option<String>,
}

impl Reading {
    fn of(wanted: &Quality) -> Self {
        let word = wanted.problem_type.as_deref().and_then(ProblemType::parse);
        let problem = word.unwrap_or(ProblemType::Regression);
        let is_binary = problem == ProblemType::BinaryClassification;
        let prediction = wanted.inference_attribute.clone();
        let mut probability = wanted.probability_attribute.clone();
        // Whoever says nothing has an output of one cell: a probability, or the prediction.
        let first = || Some("0".to_owned());
        let prediction = match (&prediction, &probability) {
            (None, None) if is_binary => {
                probability = first();
                None
            }
            (None, None) => first(),
            _ => prediction,
        };
        let threshold = wanted.probability_threshold_attribute;
        let above_half = || (is_binary && prediction.is_none()).then_some(0.5);
        Self {
            settings: QualitySettings {
                probability_threshold: threshold.or_else(above_half),
                positive_label: wanted.positive_label.clone(),
                ..QualitySettings::new(problem)
            },
            prediction,
            probability,
            label: wanted.ground_truth_attribute.clone(),
        }
    }

    fn of_table(&self) -> Attributes {
        let (prediction, probability) = (self.prediction.clone(), self.probability.clone());
        Attributes { label: self.label.clone(), prediction, probability }
    }

    fn of_captures(&self, with_labels: bool) -> Attributes {
        let label = with_labels.then(|| Attributes::MERGED_LABEL.to_owned());
        Attributes { label, ..self.of_table() }
    }
}

fn setting(wanted: &Effective) -> &Quality {
    &wanted.monitor(MonitorType::ModelQuality).quality
}

/// Learns what the model is worth from rows with predictions and labels.
pub(crate) async fn learn<W, S>(
    suite: &Suite<'_, W, S>,
    wanted: &Effective,
    material: &Material,
) -> Result<Result<Learnt, String>, Refusal>
where
    W: ReadObjects + Sync,
{
    let reading = Reading::of(setting(wanted));
    let is_table = !material.is_of_capture();
    if is_table && reading.label.is_none() {
        let why = "set model_quality.ground_truth_attribute to the column of the labels";
        return Ok(Err(why.into()));
    }
    let attributes = if is_table { reading.of_table() } else { reading.of_captures(true) };
    let mut options = material.options.clone();
    if !is_table {
        options.reading.capture.sides = Sides::OutputOnly;
        options.reading.capture.labels = true;
    }
    let settings = reading.settings;
    let make = move || QualityScan::new(settings.clone(), attributes.clone());
    let Material { bucket, objects, .. } = material;
    let found = summary(suite.world, bucket, objects, &options, suite.limits, make).await?;
    let scan = found.profile;
    if let Some(lacks) = scan.not_found().first() {
        return Ok(Err(format!("there is no column {} in the data", name_words(lacks))));
    }
    let set_aside = scan.set_aside() + scan.summary().counts().unreadable;
    let summary = scan.into_summary();
    let Some(statistics) = summary.statistics() else {
        return Ok(Err("there are no rows".into()));
    };
    let content = QualityBaseline {
        constraints: suggest(&statistics),
        estimator: Estimator::learn(&summary),
        statistics,
    };
    let rows = content.statistics.counts.rows;
    let content = BaselineContent::ModelQuality(Box::new(content));
    Ok(Ok(Learnt { content, rows, set_aside }))
}

/// Judges the labelled predictions of a window, or estimates them as long as
/// too few have a label.
pub(crate) async fn judge<W, S>(
    suite: &Suite<'_, W, S>,
    job: &Job<'_>,
    gathered: &Gathered,
    baseline: &QualityBaseline,
) -> Result<Judged, Refusal>
where
    W: ReadObjects + Sync,
    S: Tracks + GroundTruth,
{
    let reading = Reading::of(setting(job.wanted));
    let side = |bucket, objects, labelled| Side { bucket, objects, labelled };
    let seen = side(gathered.place.bucket.as_str(), gathered.captures.as_slice(), false);
    let (seen, mut bytes) = read(suite, gathered, &reading, seen).await?;
    let mut statistics = None;
    if let Some((place, objects)) = gathered.merged.as_ref().filter(|(_, it)| !it.is_empty()) {
        let known = side(place.bucket.as_str(), objects.as_slice(), true);
        let (known, more) = read(suite, gathered, &reading, known).await?;
        bytes += more;
        statistics = known.summary().statistics();
    }
    let labelled = statistics.as_ref().map_or(0, |it| it.counts.rows);
    let predictions = (seen.summary().counts().unlabelled).max(labelled);
    let estimator = baseline.estimator.as_ref();
    let estimates = estimator.map(|it| it.estimate(seen.summary())).unwrap_or_default();
    let Stream { duplicates, conflicts, orphans, delays } = stream(suite, job, gathered).await?;
    let mut found = QualityFound {
        realised: None,
        estimates,
        predictions,
        labelled,
        duplicates,
        conflicts,
        orphans,
        delays,
        track: Vec::new(),
    };
    let least = job.wanted.ground_truth.min_coverage;
    if found.coverage().is_some_and(|it| least <= it) {
        found.realised = statistics;
    }
    found.track = follow(suite, job, &found).await?;
    let unreadable = seen.set_aside() + seen.summary().counts().unreadable;
    let verdict = verdict(job, baseline, &found, unreadable);
    let violations = match &found.realised {
        Some(it) => check(&baseline.constraints, it),
        None => Vec::new(),
    };
    let (judgement, outcome) = match job.wanted.verdict {
        Verdict::Calibrated => verdict,
        Verdict::Sagemaker => as_sagemaker(job, verdict, &violations, baseline),
    };
    let is_pending = found.realised.is_none() && 0 < found.predictions;
    let why = is_pending.then(|| pending(&found));
    let metrics = metrics(job, &found);
    // A window that says nothing so far leaves its place to what labels will say.
    let is_mute = is_pending && outcome.sight == Sight::Blind && outcome.signals.is_empty();
    let outcomes = if is_mute { Vec::new() } else { vec![(Family::Quality, outcome)] };
    let content = ExecutionContent::ModelQuality(Box::new(found));
    let detail = None;
    Ok(Judged { judgement, outcomes, violations, why, detail, bytes, metrics, content })
}

/// What came of the labels of a window.
struct Stream {
    duplicates: u64,
    conflicts: u64,
    /// Of the endpoint, in the last day.
    orphans: u64,
    /// The share that was there after so many seconds.
    delays: Vec<(i64, f64)>,
}

async fn stream<W, S>(
    suite: &Suite<'_, W, S>,
    job: &Job<'_>,
    gathered: &Gathered,
) -> Result<Stream, Refusal>
where
    S: GroundTruth,
{
    let Monitor { endpoint, variant, .. } = job.monitor;
    let log = suite.shelves.truth_log(endpoint, variant).await;
    let log = log.map_err(unread("log of labels not read"))?;
    let TruthLog { hours, orphans, .. } = log.map(|it| it.value).unwrap_or_default();
    let Window { start, end } = gathered.span;
    let inside = || hours.iter().filter(|it| start < it.hour + 3600 && it.hour < end);
    let matched = inside().map(|it| it.matched).sum::<u64>().max(1) as f64;
    let mut so_far = 0;
    let delays = LABEL_DELAYS.iter().enumerate().map(|(at, seconds)| {
        so_far += inside().map(|it| it.delays[at]).sum::<u64>();
        (*seconds, so_far as f64 / matched)
    });
    let delays = delays.collect();
    let sum = |of: fn(&HourTruth) -> u64| inside().map(of).sum();
    let (duplicates, conflicts) = (sum(|it| it.duplicates), sum(|it| it.conflicts));
    Ok(Stream { duplicates, conflicts, orphans, delays })
}

/// Says that labels are pending, and how many.
fn pending(found: &QualityFound) -> String {
    format!("labels pending: {} of {} predictions have one", found.labelled, found.predictions)
}

async fn read<W, S>(
    suite: &Suite<'_, W, S>,
    gathered: &Gathered,
    reading: &Reading,
    side: Side<'_>,
) -> Result<(QualityScan, u64), Refusal>
where
    W: ReadObjects + Sync,
{
    let mut options = ScanOptions::default();
    options.reading.capture.sides = Sides::OutputOnly;
    options.reading.capture.labels = side.labelled;
    options.reading.capture.window = gathered.bounds();
    let attributes = reading.of_captures(side.labelled);
    let settings = reading.settings.clone();
    let make = move || QualityScan::new(settings.clone(), attributes.clone());
    let objects: &[Listed] = side.objects;
    let found = summary(suite.world, side.bucket, objects, &options, suite.limits, make).await?;
    Ok((found.profile, found.bytes))
}

/// Notes what was estimated and what came true, and returns the windows so far.
async fn follow<W, S>(
    suite: &Suite<'_, W, S>,
    job: &Job<'_>,
    found: &QualityFound,
) -> Result<Vec<TrackPoint>, Refusal>
where
    S: Tracks,
{
    let told = told(problem_of(job));
    let now = overlay(job.window, &found.estimates, found.realised.as_ref());
    let now: Vec<TrackPoint> = now.into_iter().filter(|it| told.contains(&it.metric)).collect();
    let mut points = Vec::new();
    for _ in 0..TRIES {
        let held = suite.shelves.track(job.monitor).await;
        let held = held.map_err(unread("track of estimates not read"))?;
        let (known, etag) = held.map_or((Vec::new(), None), |it| (it.value, Some(it.etag)));
        points.clone_from(&known);
        points.retain(|it: &TrackPoint| it.window != job.window);
        points.extend(now.iter().copied());
        points.sort_by_key(|it| (it.window, it.metric));
        let surplus = points.len().saturating_sub(TRACKED * told.len());
        points.drain(..surplus);
        if points == known {
            return Ok(points);
        }
        match suite.shelves.keep_track(job.monitor, &points, etag.as_ref()).await {
            Ok(_) => return Ok(points),
            Err(WriteFault::Lost) => {}
            Err(other) => return Err(unwritten("track of estimates not kept")(other)),
        }
    }
    // Somebody else is at it all the time: this window says what it says all the same.
    Ok(points)
}

fn problem_of(job: &Job<'_>) -> ProblemType {
    match &job.baseline.content {
        BaselineContent::ModelQuality(it) => it.statistics.problem,
        _ => ProblemType::Regression,
    }
}

/// Holds what is known of a window against the constraints.
///
/// As long as labels are pending, the estimates speak, where they came true in
/// the windows before; what only labels can tell stays open.
fn verdict(
    job: &Job<'_>,
    baseline: &QualityBaseline,
    found: &QualityFound,
    unreadable: u64,
) -> (Judgement, Outcome) {
    let QualityBaseline { constraints, statistics, .. } = baseline;
    let settings = figures::settings(job);
    let rows = |window| FigureRows { window, baseline: statistics.counts.rows, unreadable };
    if let Some(current) = &found.realised {
        let figures = realised(constraints, statistics, current);
        let judgement = judge_figures(Family::Quality, &figures, rows(found.labelled), &settings);
        let outcome = outcome(job, &judgement);
        return (judgement, outcome);
    }
    let before: Vec<TrackPoint> =
        found.track.iter().filter(|it| it.window < job.window).copied().collect();
    let is_trusted =
        |it: QualityMetric| error(&before, it).is_some_and(|it| it.trust == Trust::Trusted);
    let known = (found.estimates.as_slice(), found.predictions);
    let figures = estimated(constraints, statistics, known, is_trusted);
    let mut judgement =
        judge_figures(Family::Quality, &figures, rows(found.predictions), &settings);
    let mut outcome = outcome(job, &judgement);
    outcome.hidden = told(constraints.problem).iter().map(|it| it.word().to_owned()).collect();
    outcome.hidden.sort();
    if figures.is_empty() {
        outcome.sight = Sight::Blind;
    }
    if judgement.state == State::Ok {
        // Green is for what labels say.
        judgement.state = State::TooLittleData;
    }
    (judgement, outcome)
}

/// Takes AWS's verdict for ours: every violation counts, however small.
fn as_sagemaker(
    job: &Job<'_>,
    (judgement, outcome): (Judgement, Outcome),
    violations: &[Violation],
    baseline: &QualityBaseline,
) -> (Judgement, Outcome) {
    let finding = |it: &Violation| {
        let metric = QualityMetric::of_word(&it.feature);
        let before = metric.and_then(|it| baseline.statistics.value(it));
        let (now, limit) = (it.observed, it.threshold);
        let value = (now - limit).abs().min(1.0);
        Finding {
            feature: Some(it.feature.clone()),
            family: Family::Quality,
            check: Check::Metric,
            effect: Effect { value, low: value, high: value, floor: 0.0, p_value: 0.0 },
            significant: true,
            hint: before.map(|before| Hint::Figure { before, now, limit }),
        }
    };
    let state = match judgement.state {
        _ if !violations.is_empty() => State::Drift,
        State::Watch | State::Drift => State::Ok,
        other => other,
    };
    let findings = violations.iter().map(finding).collect();
    let judgement = Judgement { state, findings, measured: Vec::new(), ..judgement };
    let mut told = figures::outcome(job, &judgement);
    told.sight = outcome.sight;
    told.hidden = outcome.hidden;
    (judgement, told)
}

/// Tells what AWS's monitor tells (formats H.6), and how labels stand.
fn metrics(job: &Job<'_>, found: &QualityFound) -> Vec<Metric> {
    let metric =
        |namespace, name: String, value: f64| figures::metric(job, namespace, name, value, &[]);
    let of = |it: &QualityStatistics| -> Vec<Metric> {
        let known = it.metrics.iter().filter_map(|it| Some((it.metric, it.value?)));
        let namespace = "aws/sagemaker/Endpoints/model-metrics";
        known.map(|(name, value)| metric(namespace, name.word().to_owned(), value)).collect()
    };
    let mut all = found.realised.as_ref().map(of).unwrap_or_default();
    let estimates = found.estimates.iter().map(|it| (estimated_name(it.metric), it.value));
    let estimates = estimates.map(|(name, value)| metric("Vigil", name.replace(' ', "_"), value));
    all.extend(estimates);
    all.extend(found.coverage().map(|it| metric("Vigil", "LabelCoverage".into(), it)));
    all
}
