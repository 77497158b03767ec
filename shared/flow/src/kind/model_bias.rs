//! Model bias: what groups of people get, against a baseline and against limits.

use super::figures::{self, outcome};
use super::predicted::{self, are_lacking, with_predictions};
use super::{Asks, Gathered, Judged, Learnt, scan_merged};
use crate::Suite;
use crate::analyze_window::Job;
use crate::rebuild_baseline::Material;
use crate::scan::{Found, summary, summary_of};
use engine::bias::{
    BiasConfig, BiasMetric, BiasReport, BiasSummary, ColumnRef, FlipOutcomes, Judging, Predicted,
    Range, Value, Watched, judge as judge_bias, violations,
};
use engine::figure::{FigureRows, judge as judge_figures, of_bias};
use engine::finding::{Check, Effect, Family, Finding, Hint, Judgement, State};
use engine::incident::Outcome;
use engine::quality::Attributes;
use engine::scan::{Header, ScanOptions, Sides, Sink, Summary};
use engine::violation::{Scope, Violation};
use ports::{
    BaselineContent, BiasFound, ExecutionContent, InvokeEndpoints, Listed, Metric, ReadModels,
    ReadObjects, Refusal,
};
use settings::{Effective, MonitorType, Quality, Verdict};
use std::sync::Arc;

fn setting(wanted: &Effective) -> &Quality {
    &wanted.monitor(MonitorType::ModelBias).quality
}

/// Words what is looked at, or what the settings lack.
///
/// Merged records hold the label apart, then the output, then the features by
/// `headers`; a table names its columns itself.
fn config(wanted: &Quality, merged: bool) -> Result<BiasConfig, String> {
    let lacks = |name: &str| Err(format!("set model_bias.{name}"));
    let Some(facet) = &wanted.facet_name else { return lacks("facet_name") };
    let Some(label) = &wanted.label_header else { return lacks("label_header") };
    if wanted.label_values.is_empty() {
        return lacks("label_values");
    }
    let named = |name: &str| ColumnRef::Name(name.to_owned());
    let column = if merged { named(Attributes::MERGED_LABEL) } else { named(label) };
    let values = |texts: &[String]| texts.iter().map(|it| value(it)).collect();
    // A baseline has a threshold of its own; whoever names one only means both.
    let (of_table, of_captures) =
        (wanted.probability_threshold, wanted.probability_threshold_attribute);
    let threshold = if merged { of_captures.or(of_table) } else { of_table.or(of_captures) };
    let output = |attribute: &str| match attribute.parse::<usize>() {
        // An index counts the cells of the output (reference: formats E.4).
        Ok(at) if merged => named(&format!("_c{at}")),
        Ok(at) => ColumnRef::Place(at),
        Err(_) => named(attribute),
    };
    let probability = |attribute: &str| Predicted::Probability {
        column: output(attribute),
        threshold: threshold.unwrap_or(0.5),
    };
    let predicted = match (&wanted.inference_attribute, &wanted.probability_attribute) {
        (_, Some(it)) => Some(probability(it)),
        (Some(it), None) => Some(Predicted::Label(output(it))),
        (None, None) => merged.then(|| probability("0")),
    };
    Ok(BiasConfig {
        headers: Vec::new(),
        label: Watched {
            column,
            name: Some(label.clone()),
            values: values(&wanted.label_values),
            nature: None,
        },
        predicted,
        facets: vec![Watched {
            column: named(facet),
            name: None,
            values: values(&wanted.facet_values),
            nature: None,
        }],
        group: None,
        excluded: Vec::new(),
        pre_training: None,
        post_training: None,
        judging: Judging { limits: limits(&wanted.limits), ..Judging::default() },
    })
}

/// Reads a value as Clarify's config would spell it.
fn value(text: &str) -> Value {
    if let Ok(whole) = text.parse() {
        return Value::Whole(whole);
    }
    match text.parse() {
        Ok(number) => Value::Number(number),
        Err(_) => Value::Text(text.to_owned()),
    }
}

/// Reads limits such as `DI 0.8 1.25`.
fn limits(texts: &[String]) -> std::collections::BTreeMap<BiasMetric, Range> {
    let limit = |text: &String| {
        let mut parts = text.split_whitespace();
        let metric = BiasMetric::of_name(parts.next()?)?;
        let (low, high) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some((metric, Range { low, high }))
    };
    texts.iter().filter_map(limit).collect()
}

/// Learns the bias of a table with labels; predictions that it lacks are computed or asked for.
pub(crate) async fn learn<W, S>(
    suite: &Suite<'_, W, S>,
    asks: Asks<'_>,
    all: &Effective,
    material: &Material,
) -> Result<Result<Learnt, String>, Refusal>
where
    W: ReadObjects + InvokeEndpoints + Sync,
    S: ReadModels,
{
    let wanted = setting(all);
    let merged = material.is_of_capture();
    let mut config = match config(wanted, merged) {
        Ok(it) => Arc::new(it),
        Err(why) => return Ok(Err(why)),
    };
    let mut options = material.options.clone();
    if merged {
        options.reading.capture = scan_merged(Sides::OutputFirst, features(wanted), None);
    } else if !wanted.headers.is_empty() {
        options.reading.csv.names.clone_from(&wanted.headers);
    }
    let Material { bucket, objects, .. } = material;
    let mut source = Source::Objects(bucket, objects);
    let mut counted = count(suite, &config, &source, &options).await?;
    if !merged && are_lacking(all, counted.profile.columns()) {
        let label = config.label.column.to_string();
        let table = with_predictions(suite, asks, all, &label, material, &options).await?;
        source = match table {
            Ok(text) => Source::Text(text),
            Err(why) => return Ok(Err(why)),
        };
        options = ScanOptions::default();
        options.reading.csv.header = Header::Present;
        config = Arc::new(BiasConfig { predicted: Some(by_model(wanted)), ..(*config).clone() });
        counted = count(suite, &config, &source, &options).await?;
    }
    let (counted, report) = match finish(suite, wanted, counted, &source, &options).await? {
        Ok((counted, report, _)) => (counted, report),
        Err(why) => return Ok(Err(why)),
    };
    let (rows, set_aside) = (counted.rows(), counted.unreadable());
    let content = BaselineContent::ModelBias(Box::new(report));
    Ok(Ok(Learnt { content, rows, set_aside }))
}

/// Names of the input's cells: the headers but for the label.
fn features(wanted: &Quality) -> Vec<String> {
    let is_label = |it: &&String| wanted.label_header.as_ref() != Some(*it);
    wanted.headers.iter().filter(|it| is_label(it)).cloned().collect()
}

/// What the model's own answer is held against.
fn by_model(wanted: &Quality) -> Predicted {
    let threshold = wanted.probability_threshold.or(wanted.probability_threshold_attribute);
    let column = ColumnRef::Name(predicted::COLUMN.to_owned());
    Predicted::Probability { column, threshold: threshold.unwrap_or(0.5) }
}

/// Where rows are.
enum Source<'a> {
    Objects(&'a str, &'a [Listed]),
    Text(Vec<u8>),
}

impl Source<'_> {
    async fn read<W, S, T>(
        &self,
        suite: &Suite<'_, W, S>,
        options: &ScanOptions,
        make: impl Fn() -> T + Send + 'static,
    ) -> Result<Found<T>, Refusal>
    where
        W: ReadObjects + Sync,
        T: Summary + Sink + Send + 'static,
    {
        match self {
            Self::Objects(bucket, objects) => {
                summary(suite.world, bucket, objects, options, suite.limits, make).await
            }
            Self::Text(text) => summary_of(text.clone(), options, make),
        }
    }
}

/// Counts the rows.
async fn count<W, S>(
    suite: &Suite<'_, W, S>,
    config: &Arc<BiasConfig>,
    source: &Source<'_>,
    options: &ScanOptions,
) -> Result<Found<BiasSummary>, Refusal>
where
    W: ReadObjects + Sync,
{
    let config = Arc::clone(config);
    source.read(suite, options, move || BiasSummary::new(Arc::clone(&config))).await
}

/// Reports on rows that were counted; the flip test reads them a second time.
async fn finish<W, S>(
    suite: &Suite<'_, W, S>,
    wanted: &Quality,
    counted: Found<BiasSummary>,
    source: &Source<'_>,
    options: &ScanOptions,
) -> Result<Result<(BiasSummary, BiasReport, u64), String>, Refusal>
where
    W: ReadObjects + Sync,
{
    let Found { profile: counted, mut bytes } = counted;
    let test = match counted.flip_test() {
        Ok(it) => it,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let flips = match test.map(|it| (too_much(wanted, it.needs()), it)) {
        None => FlipOutcomes::default(),
        Some((Some(why), _)) => FlipOutcomes::left_out(why),
        Some((None, test)) => {
            let found = source.read(suite, options, move || test.clone()).await?;
            bytes += found.bytes;
            found.profile.outcomes(1)
        }
    };
    let report = counted.report(&flips);
    Ok(report.map(|it| (counted, it, bytes)).map_err(|why| why.to_string()))
}

/// Says why a flip test is not made that needs so many steps and bytes.
fn too_much(wanted: &Quality, (steps, bytes): (f64, u64)) -> Option<String> {
    let most = wanted.flip_test_limit.unwrap_or(0);
    if FLIP_BYTES < bytes {
        let (needs, has) = (bytes >> 20, FLIP_BYTES >> 20);
        return Some(format!("the flip test was not made: it needs {needs} MB, of {has} MB"));
    }
    (most as f64 <= steps).then(|| {
        format!(
            "the flip test was not made: it takes about {steps:.1e} steps, and model_bias.flip_test_limit is {most}"
        )
    })
}

/// What the rows of a flip test may take in a function, in bytes.
const FLIP_BYTES: u64 = 256 << 20;

/// Judges the labelled predictions of a window.
pub(crate) async fn judge<W, S>(
    suite: &Suite<'_, W, S>,
    job: &Job<'_>,
    gathered: &Gathered,
    baseline: &BiasReport,
) -> Result<Judged, Refusal>
where
    W: ReadObjects + Sync,
{
    let wanted = setting(job.wanted);
    let unfit = |why: String| unjudged(job, State::Error, why);
    let mut config = match config(wanted, true) {
        Ok(it) => it,
        Err(why) => return Ok(unfit(why)),
    };
    config.keep_natures(baseline);
    let Some((place, objects)) = gathered.merged.as_ref().filter(|(_, it)| !it.is_empty()) else {
        let why = "labels pending: no prediction of this window has one".to_owned();
        return Ok(unjudged(job, State::TooLittleData, why));
    };
    let judging = config.judging.clone();
    let config = Arc::new(config);
    let mut options = ScanOptions::default();
    options.reading.capture = scan_merged(Sides::OutputFirst, features(wanted), gathered.bounds());
    let source = Source::Objects(&place.bucket, objects);
    let counted = count(suite, &config, &source, &options).await?;
    let (counted, current, bytes) = match finish(suite, wanted, counted, &source, &options).await? {
        Ok(it) => it,
        Err(why) => return Ok(unfit(why)),
    };
    let violations = violations(Some(baseline), &current, &judging);
    let found = of_bias(&judge_bias(Some(baseline), &current, &judging));
    let rows = FigureRows {
        window: counted.rows(),
        baseline: job.baseline.meta.rows,
        unreadable: counted.unreadable(),
    };
    let mut judgement = judge_figures(Family::Fairness, &found, rows, &figures::settings(job));
    if job.wanted.verdict == Verdict::Sagemaker {
        judgement = as_sagemaker(judgement, &violations);
    }
    let mut outcome = outcome(job, &judgement);
    let mut why = None;
    if found.is_empty() && 0 < rows.window && judgement.state != State::Drift {
        judgement.state = State::TooLittleData;
        outcome = Outcome::unknown(job.window);
        why = Some("too few rows of one of the groups to compare them".to_owned());
    }
    Ok(Judged {
        outcomes: vec![(Family::Fairness, outcome)],
        judgement,
        violations,
        why,
        detail: None,
        bytes,
        metrics: metrics(job, &current),
        content: ExecutionContent::ModelBias(Box::new(BiasFound { report: current, judging })),
    })
}

fn unjudged(job: &Job<'_>, state: State, why: String) -> Judged {
    figures::unjudged(job, state, why, ExecutionContent::ModelBias(Box::default()))
}

/// Takes AWS's verdict for ours: every violation counts, however small.
fn as_sagemaker(judgement: Judgement, violations: &[Violation]) -> Judgement {
    let finding = |it: &Violation| {
        let name = match &it.scope {
            Scope::Facet { name, .. } => format!("{} of {name}", it.feature),
            _ => it.feature.clone(),
        };
        let (now, limit) = (it.observed, it.threshold);
        let value = (now.abs() - limit.abs()).clamp(0.0, 1.0);
        Finding {
            feature: Some(name),
            family: Family::Fairness,
            check: Check::Metric,
            effect: Effect { value, low: value, high: value, floor: 0.0, p_value: 0.0 },
            significant: true,
            hint: Some(Hint::Figure { before: limit, now, limit }),
        }
    };
    let state = match judgement.state {
        _ if !violations.is_empty() => State::Drift,
        State::Watch | State::Drift => State::Ok,
        other => other,
    };
    let mut findings: Vec<Finding> = Vec::new();
    for it in violations.iter().map(finding) {
        if !findings.iter().any(|known| known.feature == it.feature) {
            findings.push(it);
        }
    }
    Judgement { state, findings, measured: Vec::new(), ..judgement }
}

/// Tells what AWS's monitor tells (formats H.6), without values of facets: those
/// may be captured ones.
fn metrics(job: &Job<'_>, report: &BiasReport) -> Vec<Metric> {
    let metric = |name: &str, facet: &str, value: f64| {
        let (namespace, name) =
            ("aws/sagemaker/Endpoints/bias-metrics", format!("bias_metric_{name}"));
        figures::metric(job, namespace, name, value, &[("Facet", facet)])
    };
    let finite = report.metrics().filter_map(|(facet, it)| {
        let value = it.figure.value().filter(|it| it.is_finite())?;
        Some(metric(it.metric.name(), &facet.facet, value))
    });
    finite.take(100).collect()
}
