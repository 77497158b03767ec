use super::QualityMetric as M;
use super::grid::{Grid, ordered};
use super::statistics::MetricValue;
use super::subsample::{Draw, deviation};
use summary::Summary;

/// Sums over the rows of a regression, about the mean of their labels.
#[derive(Debug, Clone, Default)]
pub(super) struct Errors {
    sums: Sums,
    /// Label and prediction of each row, up to [`Errors::EXACT`].
    pairs: Vec<(f64, f64)>,
    /// Errors by prediction, for estimates.
    pub(super) losses: Grid<Loss>,
    /// Predictions without a label.
    pub(super) unlabelled: Grid<Waiting>,
}

/// Errors of rows with like predictions.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Loss {
    pub(super) rows: u64,
    pub(super) predictions: f64,
    pub(super) absolute: f64,
    pub(super) squared: f64,
    pub(super) fourth: f64,
}

impl Summary for Loss {
    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.predictions += other.predictions;
        self.absolute += other.absolute;
        self.squared += other.squared;
        self.fourth += other.fourth;
    }
}

/// Rows without a label with like predictions.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Waiting {
    pub(super) rows: u64,
    pub(super) predictions: f64,
}

impl Summary for Waiting {
    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.predictions += other.predictions;
    }
}

/// Powers of errors `e` and of labels about their mean `c`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sums {
    rows: f64,
    mean: f64,
    absolute: f64,
    /// Sums of `c^2`, `c^3` and `c^4`.
    labels: [f64; 3],
    /// Sums of `e^2`, `e^2 c` and `e^2 c^2`.
    squared: [f64; 3],
    /// Sum of `e^4`.
    fourth: f64,
}

impl Sums {
    fn one(label: f64, prediction: f64) -> Self {
        let error = prediction - label;
        let squared = error * error;
        Self {
            rows: 1.0,
            mean: label,
            absolute: error.abs(),
            labels: [0.0; 3],
            squared: [squared, 0.0, 0.0],
            fourth: squared * squared,
        }
    }

    /// Sums of many rows at once, first about the first label.
    fn of(rows: &[(f64, f64)]) -> Self {
        let Some((origin, _)) = rows.first().copied() else { return Self::default() };
        let (mut drift, mut it) = (0.0, Self { rows: rows.len() as f64, ..Self::default() });
        for (label, prediction) in rows {
            let (error, c) = (prediction - label, label - origin);
            let (squared, c2) = (error * error, c * c);
            drift += c;
            it.absolute += error.abs();
            it.labels[0] += c2;
            it.labels[1] += c2 * c;
            it.labels[2] += c2 * c2;
            it.squared[0] += squared;
            it.squared[1] += squared * c;
            it.squared[2] += squared * c2;
            it.fourth += squared * squared;
        }
        it.centre(origin, drift / it.rows);
        it
    }

    /// Moves sums about `origin`, whose rows lie `off` it on average, to their mean.
    fn centre(&mut self, origin: f64, off: f64) {
        let (rows, [two, three, four]) = (self.rows, self.labels);
        self.labels = [
            two - rows * off * off,
            three - 3.0 * off * two + 2.0 * rows * off.powi(3),
            four - 4.0 * off * three + 6.0 * off * off * two - 3.0 * rows * off.powi(4),
        ];
        self.turn(-off);
        self.mean = origin + off;
    }

    /// Moves the mixed sums by `d`.
    fn turn(&mut self, d: f64) {
        let [zero, one, two] = self.squared;
        self.squared = [zero, one + d * zero, two + 2.0 * d * one + d * d * zero];
    }

    /// Moves sums about their mean by `d`.
    fn shift(&mut self, d: f64) {
        let (rows, [two, three, four]) = (self.rows, self.labels);
        self.labels = [
            two + rows * d * d,
            three + 3.0 * d * two + rows * d.powi(3),
            four + 4.0 * d * three + 6.0 * d * d * two + rows * d.powi(4),
        ];
        self.turn(d);
    }

    fn merge(&mut self, mut other: Self) {
        if other.rows == 0.0 {
            return;
        }
        if self.rows == 0.0 {
            *self = other;
            return;
        }
        let rows = self.rows + other.rows;
        let apart = other.mean - self.mean;
        let mean = self.mean + apart * (other.rows / rows);
        self.shift(self.mean - mean);
        other.shift(other.mean - mean);
        self.rows = rows;
        self.mean = mean;
        self.absolute += other.absolute;
        self.fourth += other.fourth;
        for at in 0..3 {
            self.labels[at] += other.labels[at];
            self.squared[at] += other.squared[at];
        }
    }

    fn value(&self, metric: M) -> Option<f64> {
        if self.rows == 0.0 {
            return None;
        }
        let mse = self.squared[0] / self.rows;
        let value = match metric {
            M::Mae => self.absolute / self.rows,
            M::Mse => mse,
            M::Rmse => mse.sqrt(),
            // Labels that are all the same leave nothing to explain.
            M::R2 if 0.0 < self.labels[0] => 1.0 - self.squared[0] / self.labels[0],
            _ => return None,
        };
        value.is_finite().then_some(value)
    }

    /// Returns the standard deviation over subsamples of so many rows, by linear approximation.
    fn deviation(&self, metric: M, share: f64) -> Option<f64> {
        let n = self.rows;
        let (absolute, mse) = (self.absolute / n, self.squared[0] / n);
        let variance = self.labels[0] / n;
        let of_squares = (self.fourth / n - mse * mse).max(0.0);
        let one = match metric {
            M::Mae => (mse - absolute * absolute).max(0.0),
            M::Mse => of_squares,
            M::Rmse if 0.0 < mse => of_squares / (4.0 * mse),
            M::R2 if 0.0 < variance => {
                let of_labels = (self.labels[2] / n - variance * variance).max(0.0);
                let both = self.squared[2] / n - mse * variance;
                let slope = mse / variance;
                let spread = of_squares - 2.0 * slope * both + slope * slope * of_labels;
                spread.max(0.0) / (variance * variance)
            }
            _ => return None,
        };
        let drawn = (one * (1.0 - share) / (share * n)).sqrt();
        drawn.is_finite().then_some(drawn)
    }
}

const METRICS: [M; 4] = [M::Mae, M::Mse, M::Rmse, M::R2];

impl Errors {
    /// Rows up to which subsamples are drawn row by row; beyond, from their normal distribution.
    pub(super) const EXACT: usize = 8192;

    /// Takes rows with a label: label and prediction.
    pub(super) fn see(&mut self, rows: &[(f64, f64)]) {
        match rows {
            [(label, prediction)] => self.sums.merge(Sums::one(*label, *prediction)),
            _ => self.sums.merge(Sums::of(rows)),
        }
        self.keep(rows);
        for (label, prediction) in rows {
            let error = prediction - label;
            let squared = error * error;
            let loss = self.losses.bin(ordered(*prediction));
            loss.rows += 1;
            loss.predictions += prediction;
            loss.absolute += error.abs();
            loss.squared += squared;
            loss.fourth += squared * squared;
        }
    }

    pub(super) fn see_unlabelled(&mut self, prediction: f64) {
        let waiting = self.unlabelled.bin(ordered(prediction));
        waiting.rows += 1;
        waiting.predictions += prediction;
    }

    fn keep(&mut self, rows: &[(f64, f64)]) {
        if self.sums.rows <= Self::EXACT as f64 {
            self.pairs.extend_from_slice(rows);
        } else {
            self.pairs = Vec::new();
        }
    }

    pub(super) fn figures(&self, seed: u64) -> Vec<MetricValue> {
        let parts = Draw::all(self.sums.rows as u64, seed);
        let exact = parts.clone().filter(|_| !self.pairs.is_empty()).map(|draws| {
            // In an order of their own, so that the order of rows does not matter.
            let mut pairs = self.pairs.clone();
            pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
            draws.map(|mut draw| {
                let drawn: Vec<(f64, f64)> =
                    pairs.iter().filter(|_| draw.take(1) == 1).copied().collect();
                Sums::of(&drawn)
            })
        });
        let figure = |metric: M| {
            let value = self.sums.value(metric);
            let standard_deviation = match (&exact, parts.clone()) {
                (Some(parts), _) => deviation(parts.map(|it| it.value(metric))),
                (None, Some(draws)) => self.sums.deviation(metric, 0.8).and_then(|one| {
                    let value = value?;
                    deviation(draws.map(|mut it| Some(value + one * it.normal())))
                }),
                (None, None) => None,
            };
            MetricValue { metric, value, standard_deviation }
        };
        METRICS.into_iter().map(figure).collect()
    }
}

impl Summary for Errors {
    fn merge(&mut self, other: &Self) {
        self.sums.merge(other.sums);
        self.keep(&other.pairs);
        self.losses.merge(&other.losses);
        self.unlabelled.merge(&other.unlabelled);
    }
}
