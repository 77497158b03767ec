//! Model explainability: which features move the model's answers, against a baseline.
//!
//! The model is read from its artefact and never asked, so that no endpoint serves what nobody ordered and no capture
//! fills with rows that were made up.

use super::{Gathered, Judged, Learnt};
use crate::Suite;
use crate::analyze_window::{Job, unseen};
use crate::fault::failed;
use crate::rebuild_baseline::Material;
use crate::scan::summary;
use engine::attribution::{
    AggregateMethod, ColumnRef, ExplainConfig, Explained, GlobalShap, LabelDrift, Link, Method,
    Prepared, Readable, Sample, ShapBaseline, ShapSettings, attribution_drift,
};
use engine::figure::{FigureRows, FigureSettings, judge as judge_figures, of_attribution};
use engine::finding::{Family, State};
use engine::incident::{Outcome, Rules};
use engine::scan::{CaptureOptions, ScanOptions, Sides};
use engine::violation::Violation;
use ports::{
    Address, AttributionFound, BaselineContent, ExecutionContent, Listed, Metric, ReadFailed,
    ReadModels, ReadObjects, Refusal,
};
use settings::{Effective, MonitorType, Quality, Verdict};

/// Rows that are explained exactly, of more so many are drawn.
const EXACT_ROWS: usize = 2000;
/// Rows that are explained by KernelSHAP.
const KERNEL_ROWS: usize = 100;
/// The largest model and the largest file of baseline rows, in bytes.
const LARGEST: u64 = 64 << 20;
/// Part of the settings' floor below which a lost order is nobody's matter: scores are near one.
const FLOOR: f64 = 0.25;

fn setting(wanted: &Effective) -> &Quality {
    &wanted.monitor(MonitorType::ModelExplainability).quality
}

/// A model with what is asked of it.
struct Question {
    model: Readable,
    config: ExplainConfig,
    method: Method,
    rows: usize,
}

/// Reads the model and the rows that stand for absent features, or says what the settings lack.
async fn question<W, S>(
    suite: &Suite<'_, W, S>,
    wanted: &Quality,
) -> Result<Result<Question, String>, Refusal>
where
    W: ReadObjects,
    S: ReadModels,
{
    let place = wanted.model_s3_uri.as_deref().and_then(Address::parse);
    let Some(place) = place else {
        return Ok(Err("set model_explainability.model_s3_uri to a model saved as JSON".into()));
    };
    let Some(bytes) = read(suite.world, &place).await? else {
        return Ok(Err(format!("there is no object {}", place.uri())));
    };
    let model = match suite.shelves.model(&bytes) {
        Ok(it) => it,
        Err(why) => return Ok(Err(why)),
    };
    let baseline = match &wanted.shap_baseline {
        None => ShapBaseline::Center,
        Some(text) => {
            let bytes = match Address::parse(text) {
                Some(place) => match read(suite.world, &place).await? {
                    Some(it) => it,
                    None => return Ok(Err(format!("there is no object {}", place.uri()))),
                },
                None => text.as_bytes().to_vec(),
            };
            match suite.shelves.shap_rows(&bytes) {
                Ok(rows) => ShapBaseline::Rows(rows),
                Err(why) => return Ok(Err(why)),
            }
        }
    };
    let link = if wanted.use_logit.unwrap_or(true) { Link::Logit } else { Link::Identity };
    let method = match (&model, &baseline) {
        // Without rows of its own, the reference is what the trees were trained on; the center of each window would
        // move with what is to be seen.
        (Readable::Forest(_), ShapBaseline::Center) => Method::Covers,
        (Readable::Linear(_), ShapBaseline::Center) => {
            return Ok(Err(
                "set model_explainability.shap_baseline: a weighted sum has no other reference"
                    .into(),
            ));
        }
        _ => Method::Auto,
    };
    let is_exact = method.is_exact(model.objective(), link);
    let word = wanted.agg_method.as_deref();
    let config = ExplainConfig {
        shap: ShapSettings {
            num_samples: wanted.num_samples.and_then(|it| u32::try_from(it).ok()),
            aggregate: word.and_then(AggregateMethod::of_word).unwrap_or_default(),
            // Nobody adds log-odds to an answer that is no probability.
            link: if is_exact { Link::Identity } else { link },
            seed: 0,
            keep_local: true,
        },
        baseline,
        label: wanted.label_header.clone().map(ColumnRef::Name),
        ..ExplainConfig::default()
    };
    let method = if is_exact && method == Method::Auto { Method::Exact } else { method };
    let rows = if is_exact { EXACT_ROWS } else { KERNEL_ROWS };
    Ok(Ok(Question { model, config, method, rows }))
}

/// Reads an object whole; `None` where there is none.
async fn read(world: &impl ReadObjects, at: &Address) -> Result<Option<Vec<u8>>, Refusal> {
    match world.read(at, 0, LARGEST).await {
        Ok(piece) => Ok(Some(piece.bytes)),
        Err(ReadFailed::Missing) => Ok(None),
        Err(ReadFailed::Other(trouble)) => {
            Err(failed("model not read")(trouble).fact("object", at.uri()))
        }
    }
}

/// Explains a sample of rows; `Err` says why they cannot be explained.
async fn explain<W, S>(
    suite: &Suite<'_, W, S>,
    question: &Question,
    bucket: &str,
    objects: &[Listed],
    options: &ScanOptions,
) -> Result<(Result<Explaining, String>, u64), Refusal>
where
    W: ReadObjects + Sync,
{
    let most = question.rows;
    let make = move || Sample::new(most, 0);
    let found = summary(suite.world, bucket, objects, options, suite.limits, make).await?;
    let (sample, bytes) = (found.profile, found.bytes);
    let explained = Prepared::of(question.config.clone(), &sample)
        .map_err(|why| why.to_string())
        .and_then(|prepared| {
            let made = prepared.explain_readable(&question.model, question.method);
            let (explained, exact) = made.map_err(|why| why.to_string())?;
            let global = explained.global(&[], prepared.features());
            Ok(Explaining { explained, global, rows: sample.seen(), exact })
        });
    Ok((explained, bytes))
}

/// Rows that were explained.
struct Explaining {
    explained: Explained,
    global: GlobalShap,
    /// Rows that there are.
    rows: u64,
    exact: bool,
}

/// Reads the input's cells; they are named by the headers but for the label.
fn captured(wanted: &Quality, gathered: Option<&Gathered>) -> CaptureOptions {
    let is_label = |it: &&String| wanted.label_header.as_ref() != Some(*it);
    CaptureOptions {
        sides: Sides::InputOnly,
        features: wanted.headers.iter().filter(is_label).cloned().collect(),
        window: gathered.and_then(Gathered::bounds),
        ..CaptureOptions::default()
    }
}

/// Learns what moves the model's answers to the rows of a table, or to captured traffic.
pub(crate) async fn learn<W, S>(
    suite: &Suite<'_, W, S>,
    wanted: &Effective,
    material: &Material,
) -> Result<Result<Learnt, String>, Refusal>
where
    W: ReadObjects + Sync,
    S: ReadModels,
{
    let wanted = setting(wanted);
    let question = match question(suite, wanted).await? {
        Ok(it) => it,
        Err(why) => return Ok(Err(why)),
    };
    let mut options = material.options.clone();
    if material.is_of_capture() {
        options.reading.capture = captured(wanted, None);
    } else if !wanted.headers.is_empty() {
        options.reading.csv.names.clone_from(&wanted.headers);
    }
    let Material { bucket, objects, .. } = material;
    Ok(match explain(suite, &question, bucket, objects, &options).await?.0 {
        Ok(Explaining { global, rows, .. }) => {
            let content = BaselineContent::ModelExplainability(Box::new(global));
            Ok(Learnt { content, rows, set_aside: 0 })
        }
        Err(why) => Err(why),
    })
}

/// Judges the order of the features that moved a window's answers.
pub(crate) async fn judge<W, S>(
    suite: &Suite<'_, W, S>,
    job: &Job<'_>,
    gathered: &Gathered,
    baseline: &GlobalShap,
) -> Result<Judged, Refusal>
where
    W: ReadObjects + Sync,
    S: ReadModels,
{
    let wanted = setting(job.wanted);
    let question = match question(suite, wanted).await? {
        Ok(it) => it,
        Err(why) => return Ok(unjudged(job, State::Error, why)),
    };
    let mut options = ScanOptions::default();
    options.reading.capture = captured(wanted, Some(gathered));
    let Gathered { place, captures, .. } = gathered;
    let (explaining, bytes) = explain(suite, &question, &place.bucket, captures, &options).await?;
    let Explaining { explained, global, rows, exact } = match explaining {
        Ok(it) => it,
        Err(why) => return Ok(unjudged(job, State::Error, why)),
    };
    let drifts = attribution_drift(baseline, &global);
    let violations: Vec<Violation> = drifts.iter().filter_map(LabelDrift::violation).collect();
    let aws = job.wanted.verdict == Verdict::Sagemaker;
    // AWS's verdict knows neither chance nor a floor.
    let local = explained.local.as_ref().filter(|_| !aws);
    let method = question.config.shap.aggregate;
    let figures = of_attribution(&drifts, baseline, &global, local, method);
    let settings = FigureSettings {
        q: job.wanted.thresholds.q,
        floor: if aws { 0.0 } else { FLOOR * job.wanted.thresholds.floor },
        min_rows: if aws { 0 } else { job.wanted.min_rows },
        ..FigureSettings::default()
    };
    let counted = FigureRows { window: rows, baseline: job.baseline.meta.rows, unreadable: 0 };
    let judgement = judge_figures(Family::Attribution, &figures, counted, &settings);
    let closing = Rules::default().closing;
    let outcome = Outcome::of(job.window, &judgement, Family::Attribution, closing);
    let how =
        if exact { "exact, no call of the model" } else { "KernelSHAP, no call of the model" };
    let how = format!("{} of {rows} rows, {how}", explained.aggregate.rows());
    Ok(Judged {
        outcomes: vec![(Family::Attribution, outcome)],
        judgement,
        violations,
        why: None,
        bytes,
        metrics: metrics(job, &global),
        content: ExecutionContent::ModelExplainability(Box::new(AttributionFound {
            current: global,
            drifts,
            how,
        })),
    })
}

fn unjudged(job: &Job<'_>, state: State, why: String) -> Judged {
    Judged {
        judgement: unseen(state, job),
        outcomes: vec![(Family::Attribution, Outcome::unknown(job.window))],
        violations: Vec::new(),
        why: Some(why),
        bytes: 0,
        metrics: Vec::new(),
        content: ExecutionContent::ModelExplainability(Box::default()),
    }
}

/// Tells what AWS's monitor tells (formats H.6).
fn metrics(job: &Job<'_>, global: &GlobalShap) -> Vec<Metric> {
    let metric = |name: String, label: &str, of: &str, value: f64| Metric {
        namespace: "aws/sagemaker/Endpoints/explainability-metrics",
        name,
        dimensions: vec![
            ("Endpoint", job.monitor.endpoint.clone()),
            ("MonitoringSchedule", job.schedule.schedule.clone()),
            ("ExplainabilityMethod", "KernelShap".to_owned()),
            ("Label", label.to_owned()),
            ("ValueType", of.to_owned()),
        ],
        at: job.window.end,
        value,
        unit: "None",
    };
    let told = global.labels.iter().flat_map(|it| {
        let expected = it
            .expected
            .map(|value| metric("ExpectedValue".into(), &it.label, "ExpectedValue", value));
        let features = it.features.iter().map(|(name, value)| {
            metric(format!("feature_{name}"), &it.label, "GlobalShapValues", *value)
        });
        expected.into_iter().chain(features)
    });
    told.take(100).collect()
}
