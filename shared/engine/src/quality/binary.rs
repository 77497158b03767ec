use super::QualityMetric as M;
use super::statistics::{ConfusionMatrix, MetricValue};
use super::subsample::{Draw, TIMES, deviation};

/// Rows of a classification into yes and no.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) true_positives: f64,
    pub(super) false_positives: f64,
    pub(super) false_negatives: f64,
    pub(super) true_negatives: f64,
    /// Rows of which the label was predicted as it is.
    pub(super) right: f64,
}

/// The figures that come from the counts alone.
pub(super) const COUNTED: [M; 16] = [
    M::Recall,
    M::Precision,
    M::Accuracy,
    M::RecallBestConstant,
    M::PrecisionBestConstant,
    M::AccuracyBestConstant,
    M::TruePositiveRate,
    M::TrueNegativeRate,
    M::FalsePositiveRate,
    M::FalseNegativeRate,
    M::F05,
    M::F1,
    M::F2,
    M::F05BestConstant,
    M::F1BestConstant,
    M::F2BestConstant,
];

impl Counts {
    pub(super) fn of(matrix: &[Vec<u64>], positive: usize) -> Self {
        let mut counts = Self::default();
        for (actual, row) in matrix.iter().enumerate() {
            for (predicted, rows) in row.iter().enumerate() {
                let rows = *rows as f64;
                match (actual == positive, predicted == positive) {
                    (true, true) => counts.true_positives += rows,
                    (true, false) => counts.false_negatives += rows,
                    (false, true) => counts.false_positives += rows,
                    (false, false) => counts.true_negatives += rows,
                }
                if actual == predicted {
                    counts.right += rows;
                }
            }
        }
        counts
    }

    fn rows(&self) -> f64 {
        self.positives() + self.negatives()
    }

    fn positives(&self) -> f64 {
        self.true_positives + self.false_negatives
    }

    fn negatives(&self) -> f64 {
        self.false_positives + self.true_negatives
    }

    /// Returns a figure; `None` where it would divide by nothing.
    ///
    /// The best constant classifier always says the positive label: so do both
    /// of AWS's published examples (reference: formats E.1).
    pub(super) fn value(&self, metric: M) -> Option<f64> {
        let said = self.true_positives + self.false_positives;
        let constant = Self {
            true_positives: self.positives(),
            false_positives: self.negatives(),
            right: self.positives(),
            ..Self::default()
        };
        match metric {
            M::Recall | M::TruePositiveRate => share(self.true_positives, self.positives()),
            M::Precision => share(self.true_positives, said),
            M::Accuracy => share(self.right, self.rows()),
            M::TrueNegativeRate => share(self.true_negatives, self.negatives()),
            M::FalsePositiveRate => share(self.false_positives, self.negatives()),
            M::FalseNegativeRate => share(self.false_negatives, self.positives()),
            M::F05 => self.f(0.5),
            M::F1 => self.f(1.0),
            M::F2 => self.f(2.0),
            M::RecallBestConstant => constant.value(M::Recall),
            M::PrecisionBestConstant => constant.value(M::Precision),
            M::AccuracyBestConstant => constant.value(M::Accuracy),
            M::F05BestConstant => constant.f(0.5),
            M::F1BestConstant => constant.f(1.0),
            M::F2BestConstant => constant.f(2.0),
            _ => None,
        }
    }

    /// F-beta, written so that it needs neither precision nor recall to exist.
    fn f(&self, beta: f64) -> Option<f64> {
        let squared = beta * beta;
        let hits = (1.0 + squared) * self.true_positives;
        share(hits, hits + squared * self.false_negatives + self.false_positives)
    }
}

fn share(part: f64, whole: f64) -> Option<f64> {
    (0.0 < whole).then(|| part / whole)
}

/// Returns the figures of a matrix with their deviations.
pub(super) fn figures(matrix: &ConfusionMatrix, positive: usize, seed: u64) -> Vec<MetricValue> {
    let whole = Counts::of(&matrix.rows, positive);
    let parts = drawn(matrix, seed).map(|all| all.map(|it| Counts::of(&it, positive)));
    let figure = |metric: &M| MetricValue {
        metric: *metric,
        value: whole.value(*metric),
        standard_deviation: parts.and_then(|it| deviation(it.map(|it| it.value(*metric)))),
    };
    COUNTED.iter().map(figure).collect()
}

/// Draws the five subsamples of a matrix.
pub(super) fn drawn(matrix: &ConfusionMatrix, seed: u64) -> Option<[Vec<Vec<u64>>; TIMES]> {
    let draws = Draw::all(matrix.total(), seed)?;
    Some(draws.map(|mut draw| {
        let mut row = |row: &Vec<u64>| row.iter().map(|rows| draw.take(*rows)).collect();
        matrix.rows.iter().map(&mut row).collect()
    }))
}
