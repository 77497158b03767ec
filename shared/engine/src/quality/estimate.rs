//! What a model's figures probably are while its labels are awaited.
//!
//! Classification: confidence-based performance estimation (CBPE). The baseline
//! teaches what a probability really means; a window's probabilities then add up
//! to the confusion matrix to expect. Regression: direct loss estimation by
//! prediction: the baseline teaches how large the error is where predictions are
//! such. Both see a change of the inputs only: a concept that changes shows in
//! the realised figures, see [`track`](super::track).

use super::binary::Counts;
use super::calibration::Calibrator;
use super::classification::GroupOf;
use super::ranking::{Ranking, Run};
use super::regression::Errors;
use super::{ProblemType, QualityMetric as M, QualitySummary};

/// A figure that was not measured but estimated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub metric: M,
    pub value: f64,
    /// 99 % interval: chance in the window, and what the baseline leaves open.
    pub low: f64,
    pub high: f64,
}

/// What a baseline teaches about a model.
#[derive(Debug, Clone, PartialEq)]
pub enum Estimator {
    /// Of the positive label.
    Binary(Calibrator),
    /// Of the predicted label's probability: whether the prediction is right.
    Multiclass(Calibrator),
    Regression(LossCurve),
}

/// How large errors are, by prediction.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LossCurve {
    /// Rising.
    pub bins: Vec<LossBin>,
}

/// Errors of the rows whose predictions lie near each other.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LossBin {
    /// The largest prediction in it.
    pub high: f64,
    pub rows: u64,
    /// Means of the error's size, of its square and of its fourth power.
    pub absolute: f64,
    pub squared: f64,
    pub fourth: f64,
}

impl LossCurve {
    pub const BINS: u64 = 64;
}

/// Labelled rows below which a baseline teaches nothing.
pub const LEAST_ROWS: u64 = 100;

/// Of a 99 % interval of the normal distribution.
const Z: f64 = 2.575_829_303_548_901;

impl Estimator {
    /// Learns from a baseline with labels.
    ///
    /// `None` of fewer rows than [`LEAST_ROWS`], of a classification without
    /// probabilities, and where all rows came out the same.
    pub fn learn(baseline: &QualitySummary) -> Option<Self> {
        let problem = baseline.settings()?.problem;
        if problem == ProblemType::Regression {
            return loss_curve(&baseline.errors()).map(Self::Regression);
        }
        let ranking = baseline.ranking(&baseline.named());
        if ranking.rows() < LEAST_ROWS {
            return None;
        }
        let calibrator = Calibrator::learn(&ranking)?;
        Some(match problem {
            ProblemType::BinaryClassification => Self::Binary(calibrator),
            _ => Self::Multiclass(calibrator),
        })
    }

    /// Estimates the figures of a window from all of its predictions, labelled or not.
    ///
    /// Empty where the window has none, or is of another problem.
    pub fn estimate(&self, window: &QualitySummary) -> Vec<Estimate> {
        let Some(settings) = window.settings() else { return Vec::new() };
        match (self, settings.problem) {
            (Self::Binary(it), ProblemType::BinaryClassification) => binary(it, window),
            (Self::Multiclass(it), ProblemType::MulticlassClassification) => multiclass(it, window),
            (Self::Regression(it), ProblemType::Regression) => regression(it, &window.errors()),
            _ => Vec::new(),
        }
    }
}

/// Expected rows, with the variance of what is not certain about them.
#[derive(Debug, Clone, Copy, Default)]
struct Expected {
    true_positives: f64,
    false_negatives: f64,
    said_yes: f64,
    said_no: f64,
    /// Variances of true positives and of false negatives, and their covariance.
    of_hits: f64,
    of_misses: f64,
    of_both: f64,
}

impl Expected {
    fn of(calibrator: &Calibrator, ranking: &Ranking) -> Self {
        let mut sum = Self::default();
        let mut weights = vec![(0.0, 0.0); calibrator.blocks.len()];
        ranking.falling(|Run { score, positives: yes, negatives: no }| {
            let Some(share) = calibrator.share(score) else { return };
            let (yes, no) = (yes as f64, no as f64);
            sum.said_yes += yes;
            sum.said_no += no;
            sum.true_positives += yes * share;
            sum.false_negatives += no * share;
            sum.of_hits += yes * share * (1.0 - share);
            sum.of_misses += no * share * (1.0 - share);
            for (block, weight) in calibrator.sources(score) {
                weights[block].0 += yes * weight;
                weights[block].1 += no * weight;
            }
        });
        for ((yes, no), block) in weights.into_iter().zip(&calibrator.blocks) {
            // Laplace's rule: a block that came true every time is not certain to.
            let rows = block.rows as f64 + 2.0;
            let share = (block.share * block.rows as f64 + 1.0) / rows;
            let variance = share * (1.0 - share) / rows;
            sum.of_hits += yes * yes * variance;
            sum.of_misses += no * no * variance;
            sum.of_both += yes * no * variance;
        }
        sum
    }

    fn counts(&self, hits: f64, misses: f64) -> Counts {
        let (false_positives, true_negatives) = (self.said_yes - hits, self.said_no - misses);
        Counts {
            true_positives: hits,
            false_positives,
            false_negatives: misses,
            true_negatives,
            right: hits + true_negatives,
        }
    }

    /// Estimates a figure of the confusion matrix, its interval by linear approximation.
    fn figure(&self, metric: M) -> Option<Estimate> {
        let at = |hits: f64, misses: f64| self.counts(hits, misses).value(metric);
        let (hits, misses) = (self.true_positives, self.false_negatives);
        let value = at(hits, misses)?;
        let slope = |one: Option<f64>, other: Option<f64>, width: f64| {
            one.zip(other).map_or(0.0, |(one, other)| (one - other) / width)
        };
        let step = |it: f64| (it * 1e-4).max(1e-9);
        let (h, m) = (step(hits), step(misses));
        let by_hits = slope(at(hits + h, misses), at(hits - h, misses), 2.0 * h);
        let by_misses = slope(at(hits, misses + m), at(hits, misses - m), 2.0 * m);
        let variance = by_hits * by_hits * self.of_hits
            + by_misses * by_misses * self.of_misses
            + 2.0 * by_hits * by_misses * self.of_both;
        Some(share_estimate(metric, value, variance))
    }
}

fn share_estimate(metric: M, value: f64, variance: f64) -> Estimate {
    let margin = Z * variance.max(0.0).sqrt();
    let (low, high) = ((value - margin).max(0.0), (value + margin).min(1.0));
    Estimate { metric, value, low, high }
}

fn binary(calibrator: &Calibrator, window: &QualitySummary) -> Vec<Estimate> {
    let named = window.named();
    let ranking = window.outcomes().ranking(|group| match group {
        GroupOf::Pair { predicted, .. } => Some(named.is_positive(predicted)),
        GroupOf::Rightness(_) => None,
    });
    if ranking.rows() == 0 {
        return Vec::new();
    }
    let expected = Expected::of(calibrator, &ranking);
    let figures = M::of(ProblemType::BinaryClassification).iter();
    figures
        .filter(|it| !it.is_of_best_constant())
        .filter_map(|metric| match metric {
            M::Auc => area(calibrator, &ranking),
            _ => expected.figure(*metric),
        })
        .collect()
}

/// Estimates the AUC: the area under the curve to expect.
fn area(calibrator: &Calibrator, ranking: &Ranking) -> Option<Estimate> {
    let (mut above, mut below, mut pairs) = (0.0, 0.0, 0.0);
    ranking.falling(|run| {
        let rows = (run.positives + run.negatives) as f64;
        let Some(share) = calibrator.share(run.score) else { return };
        let (positives, negatives) = (rows * share, rows * (1.0 - share));
        pairs += negatives * (above + 0.5 * positives);
        above += positives;
        below += negatives;
    });
    if above <= 0.0 || below <= 0.0 {
        return None;
    }
    let value = pairs / (above * below);
    let known = |of: fn(f64) -> f64| -> f64 {
        calibrator.blocks.iter().map(|it| of(it.share) * it.rows as f64).sum()
    };
    let variance =
        of_area(value, above, below) + of_area(value, known(|it| it), known(|it| 1.0 - it));
    Some(share_estimate(M::Auc, value, variance))
}

/// The variance of an AUC of so many rows (Hanley and McNeil 1982).
pub(crate) fn of_area(area: f64, positives: f64, negatives: f64) -> f64 {
    let (one, other) = (area / (2.0 - area), 2.0 * area * area / (1.0 + area));
    let spread = area * (1.0 - area)
        + (positives - 1.0).max(0.0) * (one - area * area)
        + (negatives - 1.0).max(0.0) * (other - area * area);
    spread.max(0.0) / (positives * negatives)
}

fn multiclass(calibrator: &Calibrator, window: &QualitySummary) -> Vec<Estimate> {
    let ranking = window.outcomes().ranking(|_| Some(true));
    if ranking.rows() == 0 {
        return Vec::new();
    }
    let expected = Expected::of(calibrator, &ranking);
    let Some(accuracy) = expected.figure(M::Accuracy) else { return Vec::new() };
    // Recall weighted by the labels' shares is the accuracy.
    vec![accuracy, Estimate { metric: M::WeightedRecall, ..accuracy }]
}

fn loss_curve(errors: &Errors) -> Option<LossCurve> {
    let rows: u64 = errors.losses.bins().map(|it| it.rows).sum();
    if rows < LEAST_ROWS {
        return None;
    }
    let each = rows.div_ceil(LossCurve::BINS);
    let mut bins: Vec<LossBin> = Vec::new();
    for it in errors.losses.bins().filter(|it| 0 < it.rows) {
        let high = it.predictions / it.rows as f64;
        if bins.last().is_none_or(|last| each <= last.rows) {
            bins.push(LossBin::default());
        }
        if let Some(last) = bins.last_mut() {
            last.high = high;
            last.rows += it.rows;
            last.absolute += it.absolute;
            last.squared += it.squared;
            last.fourth += it.fourth;
        }
    }
    for it in &mut bins {
        let rows = it.rows as f64;
        it.absolute /= rows;
        it.squared /= rows;
        it.fourth /= rows;
    }
    Some(LossCurve { bins })
}

fn regression(curve: &LossCurve, window: &Errors) -> Vec<Estimate> {
    let mut rows = vec![0.0; curve.bins.len()];
    let labelled = window.losses.bins().map(|it| (it.rows, it.predictions));
    let waiting = window.unlabelled.bins().map(|it| (it.rows, it.predictions));
    for (count, predictions) in labelled.chain(waiting).filter(|it| 0 < it.0) {
        let mean = predictions / count as f64;
        let at = curve.bins.partition_point(|it| it.high < mean).min(curve.bins.len() - 1);
        rows[at] += count as f64;
    }
    let all: f64 = rows.iter().sum();
    if all == 0.0 {
        return Vec::new();
    }
    let estimate = |metric: M, mean: fn(&LossBin) -> f64, square: fn(&LossBin) -> f64| {
        let (mut value, mut variance) = (0.0, 0.0);
        for (rows, bin) in rows.iter().zip(&curve.bins) {
            let spread = (square(bin) - mean(bin).powi(2)).max(0.0);
            value += rows / all * mean(bin);
            variance += rows * (1.0 + rows / bin.rows as f64) * spread / (all * all);
        }
        let margin = Z * variance.sqrt();
        Estimate { metric, value, low: (value - margin).max(0.0), high: value + margin }
    };
    let mse = estimate(M::Mse, |it| it.squared, |it| it.fourth);
    let root = |it: f64| it.max(0.0).sqrt();
    let rmse = Estimate {
        metric: M::Rmse,
        value: root(mse.value),
        low: root(mse.low),
        high: root(mse.high),
    };
    vec![estimate(M::Mae, |it| it.absolute, |it| it.squared), mse, rmse]
}
