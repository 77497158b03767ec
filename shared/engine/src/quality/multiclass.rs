use super::QualityMetric as M;
use super::binary::drawn;
use super::statistics::{ConfusionMatrix, MetricValue};
use super::subsample::deviation;

/// Rows of each label: how many there are, how often it was said, how often rightly.
#[derive(Debug, Clone, Default)]
struct Tally {
    actual: Vec<f64>,
    said: Vec<f64>,
    right: Vec<f64>,
}

impl Tally {
    fn of(matrix: &[Vec<u64>]) -> Self {
        let count = matrix.len();
        let sum = |it: &mut dyn Iterator<Item = u64>| it.sum::<u64>() as f64;
        Self {
            actual: matrix.iter().map(|row| sum(&mut row.iter().copied())).collect(),
            said: (0..count).map(|at| sum(&mut matrix.iter().map(|row| row[at]))).collect(),
            right: (0..count).map(|at| matrix[at][at] as f64).collect(),
        }
    }

    /// The same rows under a classifier that always says one label.
    fn constant(&self, label: usize) -> Self {
        let only = |value: f64| {
            (0..self.actual.len()).map(|at| if at == label { value } else { 0.0 }).collect()
        };
        Self {
            actual: self.actual.clone(),
            said: only(self.rows()),
            right: only(self.actual.get(label).copied().unwrap_or_default()),
        }
    }

    fn rows(&self) -> f64 {
        self.actual.iter().sum()
    }

    /// The mean over labels, each by its share of the rows; what does not exist counts 0.
    fn weighted(&self, of: impl Fn(f64, f64, f64) -> f64) -> Option<f64> {
        let rows = self.rows();
        if rows <= 0.0 {
            return None;
        }
        let labels = self.actual.iter().zip(&self.said).zip(&self.right);
        Some(labels.map(|((actual, said), right)| actual / rows * of(*actual, *said, *right)).sum())
    }

    fn value(&self, metric: M) -> Option<f64> {
        let share = |part: f64, whole: f64| if 0.0 < whole { part / whole } else { 0.0 };
        let f = |squared: f64| {
            self.weighted(|actual, said, right| {
                share((1.0 + squared) * right, squared * actual + said)
            })
        };
        match metric {
            M::Accuracy => {
                let rows = self.rows();
                (0.0 < rows).then(|| self.right.iter().sum::<f64>() / rows)
            }
            M::WeightedRecall => self.weighted(|actual, _, right| share(right, actual)),
            M::WeightedPrecision => self.weighted(|_, said, right| share(right, said)),
            M::WeightedF05 => f(0.25),
            M::WeightedF1 => f(1.0),
            M::WeightedF2 => f(4.0),
            _ => None,
        }
    }
}

/// The figures, each beside that of the best constant classifier.
const FIGURES: [(M, M); 6] = [
    (M::Accuracy, M::AccuracyBestConstant),
    (M::WeightedRecall, M::WeightedRecallBestConstant),
    (M::WeightedPrecision, M::WeightedPrecisionBestConstant),
    (M::WeightedF05, M::WeightedF05BestConstant),
    (M::WeightedF1, M::WeightedF1BestConstant),
    (M::WeightedF2, M::WeightedF2BestConstant),
];

/// Returns the figures of a matrix with their deviations.
///
/// The constant classifier says `constant`, a place among the labels.
pub(super) fn figures(matrix: &ConfusionMatrix, constant: usize, seed: u64) -> Vec<MetricValue> {
    let whole = Tally::of(&matrix.rows);
    let parts = drawn(matrix, seed).map(|all| all.map(|it| Tally::of(&it)));
    let of = |metric: M, value: &dyn Fn(&Tally) -> Option<f64>| MetricValue {
        metric,
        value: value(&whole),
        standard_deviation: parts.as_ref().and_then(|it| deviation(it.each_ref().map(value))),
    };
    let own = FIGURES.iter().map(|(metric, _)| of(*metric, &|it| it.value(*metric)));
    let constants =
        FIGURES.iter().map(|(metric, name)| of(*name, &|it| it.constant(constant).value(*metric)));
    own.chain(constants).collect()
}
