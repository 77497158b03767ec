//! Model explainability: which features move the model's answers, against a baseline.
//!
//! A model that can be read from its artefact is never asked. Where there is none, and the settings allow it, the
//! endpoint itself is asked within bounds.

use super::figures::{self, outcome};
use super::{Asks, Gathered, Judged, Learnt};
use crate::analyze_window::Job;
use crate::asking::Asker;
use crate::rebuild_baseline::Material;
use crate::scan::{read_whole, summary};
use crate::{Call, Suite};
use engine::attribution::{
    AggregateMethod, ColumnRef, ExplainConfig, Explained, GlobalShap, LabelDrift, Link, Method,
    Prepared, Readable, Sample, ShapBaseline, ShapSettings, attribution_drift,
};
use engine::figure::{FigureRows, judge as judge_figures, of_attribution};
use engine::finding::{Family, State};
use engine::scan::{CaptureOptions, ScanOptions, Sides};
use engine::violation::Violation;
use engine::words::{name_words, rank_words};
use ports::{
    Address, AttributionFound, BaselineContent, ExecutionContent, InvokeEndpoints, Listed, Metric,
    ReadModels, ReadObjects, Refusal,
};
use settings::{Asking, Effective, MonitorType, Quality, Verdict};

/// Outputs whose features an alert names.
const OUTPUTS_TOLD: usize = 3;
/// Rows that are explained exactly, of more so many are drawn.
const EXACT_ROWS: usize = 2000;
/// Rows that are explained by KernelSHAP.
const KERNEL_ROWS: usize = 100;
/// Part of the settings' floor below which a lost order is nobody's matter: scores are near one.
const FLOOR: f64 = 0.25;

fn setting(wanted: &Effective) -> &Quality {
    &wanted.monitor(MonitorType::ModelExplainability).quality
}

/// A model with what is asked of it.
struct Question {
    model: Model,
    config: ExplainConfig,
    rows: usize,
    /// Fewer rows are not worth a request.
    wanted: u64,
}

enum Model {
    Read(Readable, Method),
    /// The endpoint itself, and where its answers hold the score.
    Asked(Asking, Option<String>),
}

/// Reads the model and the rows that stand for absent features, or says what the settings lack.
async fn question<W, S>(
    suite: &Suite<'_, W, S>,
    all: &Effective,
) -> Result<Result<Question, String>, Refusal>
where
    W: ReadObjects,
    S: ReadModels,
{
    let wanted = setting(all);
    let baseline = match baseline(suite, wanted).await? {
        Ok(it) => it,
        Err(why) => return Ok(Err(why)),
    };
    let link = if wanted.use_logit.unwrap_or(true) { Link::Logit } else { Link::Identity };
    let place = wanted.model_s3_uri.as_deref().and_then(Address::parse);
    let (model, is_exact) = match place {
        Some(place) => match readable(suite, &place, &baseline, link).await? {
            Ok(it) => it,
            Err(why) => return Ok(Err(why)),
        },
        None => match asked(all, &baseline) {
            Ok(it) => (it, false),
            Err(why) => return Ok(Err(why)),
        },
    };
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
    let rows = if is_exact { EXACT_ROWS } else { KERNEL_ROWS };
    Ok(Ok(Question { model, config, rows, wanted: all.min_rows }))
}

/// Reads the rows that stand for absent features.
async fn baseline<W, S>(
    suite: &Suite<'_, W, S>,
    wanted: &Quality,
) -> Result<Result<ShapBaseline, String>, Refusal>
where
    W: ReadObjects,
    S: ReadModels,
{
    let Some(text) = &wanted.shap_baseline else { return Ok(Ok(ShapBaseline::Center)) };
    let bytes = match Address::parse(text) {
        Some(place) => match read_whole(suite.world, &place).await? {
            Some(it) => it,
            None => return Ok(Err(format!("there is no object {}", place.uri()))),
        },
        None => text.as_bytes().to_vec(),
    };
    Ok(suite.shelves.shap_rows(&bytes).map(ShapBaseline::Rows))
}

/// Reads a model, and says whether its values are exact.
async fn readable<W, S>(
    suite: &Suite<'_, W, S>,
    place: &Address,
    baseline: &ShapBaseline,
    link: Link,
) -> Result<Result<(Model, bool), String>, Refusal>
where
    W: ReadObjects,
    S: ReadModels,
{
    let Some(bytes) = read_whole(suite.world, place).await? else {
        return Ok(Err(format!("there is no object {}", place.uri())));
    };
    let model = match suite.shelves.model(&bytes) {
        Ok(it) => it,
        Err(why) => return Ok(Err(why)),
    };
    let method = match (&model, baseline) {
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
    let method = if is_exact && method == Method::Auto { Method::Exact } else { method };
    Ok(Ok((Model::Read(model, method), is_exact)))
}

/// Takes the endpoint itself for the model, where that is allowed.
fn asked(all: &Effective, baseline: &ShapBaseline) -> Result<Model, String> {
    let wanted = setting(all);
    if !all.asking.enabled {
        return Err("set model_explainability.model_s3_uri to a model saved as JSON, or asking.enabled to true so that the endpoint itself is asked".into());
    }
    if *baseline == ShapBaseline::Center {
        return Err("set model_explainability.shap_baseline: an endpoint that is asked has no other reference".into());
    }
    let score = wanted.probability_attribute.as_ref().or(wanted.inference_attribute.as_ref());
    Ok(Model::Asked(all.asking.clone(), score.cloned()))
}

/// What became of the rows.
enum Became {
    Explained(Box<Explaining>),
    /// Nobody was asked: there are only so many rows.
    TooFew(u64),
    Unexplained(String),
}

/// Explains a sample of rows.
async fn explain<W, S>(
    suite: &Suite<'_, W, S>,
    asks: Asks<'_>,
    question: &Question,
    bucket: &str,
    objects: &[Listed],
    options: &ScanOptions,
) -> Result<(Became, u64), Refusal>
where
    W: ReadObjects + InvokeEndpoints + Sync,
    S: ReadModels,
{
    let most = question.rows;
    let make = move || Sample::new(most, 0);
    let found = summary(suite.world, bucket, objects, options, suite.limits, make).await?;
    let (sample, bytes) = (found.profile, found.bytes);
    let rows = sample.seen();
    let is_asked = matches!(question.model, Model::Asked(..));
    if rows == 0 || (is_asked && rows < question.wanted) {
        return Ok((Became::TooFew(rows), bytes));
    }
    let prepared = match Prepared::of(question.config.clone(), &sample) {
        Ok(it) => it,
        Err(why) => return Ok((Became::Unexplained(why.to_string()), bytes)),
    };
    let made = match &question.model {
        Model::Read(model, method) => prepared
            .explain_readable(model, *method)
            .map(|(explained, exact)| {
                let how = if exact { "exact" } else { "KernelSHAP" };
                (explained, format!("{how}, no call of the model"))
            })
            .map_err(|why| why.to_string()),
        Model::Asked(wanted, score) => {
            let Asks { call, monitor } = asks;
            let columns = (prepared.columns(), prepared.numeric());
            match Asker::new(suite, call, monitor, wanted, score.as_deref(), columns) {
                Ok(mut asker) => {
                    let explained = asker.explain(&prepared).await?;
                    let how = format!("KernelSHAP, the endpoint was asked in {}", asker.told());
                    explained.map(|it| (it, how))
                }
                Err(why) => Err(why),
            }
        }
    };
    let became = match made {
        Ok((explained, how)) => {
            let global = explained.global(&[], prepared.features());
            let how = format!("{} of {rows} rows, {how}", explained.aggregate.rows());
            Became::Explained(Box::new(Explaining { explained, global, rows, how }))
        }
        Err(why) => Became::Unexplained(why),
    };
    Ok((became, bytes))
}

/// Rows that were explained.
struct Explaining {
    explained: Explained,
    global: GlobalShap,
    /// Rows that there are.
    rows: u64,
    /// For people: how many rows were explained, and how.
    how: String,
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
    asks: Asks<'_>,
    wanted: &Effective,
    material: &Material,
) -> Result<Result<Learnt, String>, Refusal>
where
    W: ReadObjects + InvokeEndpoints + Sync,
    S: ReadModels,
{
    let mut question = match question(suite, wanted).await? {
        Ok(it) => it,
        Err(why) => return Ok(Err(why)),
    };
    // An endpoint is not asked for a baseline that would wait for more rows.
    question.wanted = material.wanted();
    let wanted = setting(wanted);
    let mut options = material.options.clone();
    if material.is_of_capture() {
        options.reading.capture = captured(wanted, None);
    } else if !wanted.headers.is_empty() {
        options.reading.csv.names.clone_from(&wanted.headers);
    }
    let Material { bucket, objects, .. } = material;
    let learnt = |global, rows| {
        let content = BaselineContent::ModelExplainability(Box::new(global));
        Ok(Learnt { content, rows, set_aside: 0 })
    };
    Ok(match explain(suite, asks, &question, bucket, objects, &options).await?.0 {
        Became::Explained(it) => learnt(it.global, it.rows),
        Became::TooFew(rows) => learnt(GlobalShap::default(), rows),
        Became::Unexplained(why) => Err(why),
    })
}

/// Judges the order of the features that moved a window's answers.
pub(crate) async fn judge<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    job: &Job<'_>,
    gathered: &Gathered,
    baseline: &GlobalShap,
) -> Result<Judged, Refusal>
where
    W: ReadObjects + InvokeEndpoints + Sync,
    S: ReadModels,
{
    let question = match question(suite, job.wanted).await? {
        Ok(it) => it,
        Err(why) => return Ok(unjudged(job, State::Error, why)),
    };
    let mut options = ScanOptions::default();
    options.reading.capture = captured(setting(job.wanted), Some(gathered));
    let Gathered { place, captures, .. } = gathered;
    let asks = Asks { call, monitor: job.monitor };
    let (became, bytes) =
        explain(suite, asks, &question, &place.bucket, captures, &options).await?;
    let Explaining { explained, global, rows, how } = match became {
        Became::Explained(it) => *it,
        Became::TooFew(0) => return Ok(unjudged(job, State::NoData, "no traffic".into())),
        Became::TooFew(rows) => {
            let why = format!("{rows} of {} rows are there: nobody was asked", question.wanted);
            return Ok(unjudged(job, State::TooLittleData, why));
        }
        Became::Unexplained(why) => return Ok(unjudged(job, State::Error, why)),
    };
    let drifts = attribution_drift(baseline, &global);
    let violations: Vec<Violation> = drifts.iter().filter_map(LabelDrift::violation).collect();
    let aws = job.wanted.verdict == Verdict::Sagemaker;
    // AWS's verdict knows neither chance nor a floor.
    let local = explained.local.as_ref().filter(|_| !aws);
    let method = question.config.shap.aggregate;
    let found = of_attribution(&drifts, baseline, &global, local, method);
    let mut settings = figures::settings(job);
    settings.floor *= FLOOR;
    if aws {
        (settings.floor, settings.min_rows) = (0.0, 0);
    }
    let counted = FigureRows { window: rows, baseline: job.baseline.meta.rows, unreadable: 0 };
    let judgement = judge_figures(Family::Attribution, &found, counted, &settings);
    let outcome = outcome(job, &judgement);
    Ok(Judged {
        outcomes: vec![(Family::Attribution, outcome)],
        judgement,
        violations,
        why: None,
        detail: moved(&drifts),
        bytes,
        metrics: metrics(job, &global),
        content: ExecutionContent::ModelExplainability(Box::new(AttributionFound {
            current: global,
            drifts,
            how,
        })),
    })
}

/// Says which features changed rank, of outputs whose order is lost.
fn moved(drifts: &[LabelDrift]) -> Option<String> {
    let lost = drifts.iter().filter(|it| it.is_violation());
    let words = lost.map(|it| format!("{}: {}", name_words(&it.label), rank_words(it)));
    let words: Vec<String> = words.take(OUTPUTS_TOLD).collect();
    (!words.is_empty()).then(|| words.join("; "))
}

fn unjudged(job: &Job<'_>, state: State, why: String) -> Judged {
    figures::unjudged(job, state, why, ExecutionContent::ModelExplainability(Box::default()))
}

/// Tells what AWS's monitor tells (formats H.6).
fn metrics(job: &Job<'_>, global: &GlobalShap) -> Vec<Metric> {
    let metric = |name: String, label: &str, of: &str, value: f64| {
        let namespace = "aws/sagemaker/Endpoints/explainability-metrics";
        let further = [("ExplainabilityMethod", "KernelShap"), ("Label", label), ("ValueType", of)];
        figures::metric(job, namespace, name, value, &further)
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
