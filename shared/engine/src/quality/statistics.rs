//! What is known of predictions and their labels: the content of AWS's `statistics.json`.

use std::cmp::Ordering;

use super::{ProblemType, QualityMetric, RowCounts, calibration::Reliability, class};

/// The figures of one window, or of a baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct QualityStatistics {
    pub problem: ProblemType,
    pub counts: RowCounts,
    /// In the order of [`QualityMetric::of`]; those that need a probability are left out without one.
    pub metrics: Vec<MetricValue>,
    /// `None` of a regression.
    pub confusion: Option<ConfusionMatrix>,
    pub roc: Option<RocCurve>,
    pub precision_recall: Option<PrecisionRecallCurve>,
    /// How far the AUC may be off at most: zero up to [`QualitySummary::EXACT`] rows.
    ///
    /// [`QualitySummary::EXACT`]: super::QualitySummary::EXACT
    pub auc_error: Option<f64>,
    /// How probabilities agree with what came true; `None` without probabilities.
    pub reliability: Option<Reliability>,
}

impl QualityStatistics {
    /// Returns the value of a figure; `None` where it says nothing.
    pub fn value(&self, metric: QualityMetric) -> Option<f64> {
        self.metrics.iter().find(|it| it.metric == metric)?.value
    }
}

/// One figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricValue {
    pub metric: QualityMetric,
    /// `None` where it is not defined, as the precision of a model that never says yes.
    pub value: Option<f64>,
    /// Of five random subsamples of 80 %; `None` below 200 rows.
    pub standard_deviation: Option<f64>,
}

/// Rows by what was and what was predicted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfusionMatrix {
    /// Numbers first and by size, then by text.
    pub labels: Vec<String>,
    /// `rows[actual][predicted]`, in the order of `labels`.
    pub rows: Vec<Vec<u64>>,
}

impl ConfusionMatrix {
    /// Orders labels: numbers first and by size, then texts.
    pub fn order(one: &str, other: &str) -> Ordering {
        class::order(one, other)
    }

    pub fn total(&self) -> u64 {
        self.rows.iter().flatten().sum()
    }
}

/// True against false positives, from `(0, 0)` to `(1, 1)`; at most [`RocCurve::MOST`] points.
///
/// Points on a line between their neighbours are left out. Areas come from all
/// rows, not from the points.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RocCurve {
    pub false_positive_rates: Vec<f64>,
    pub true_positive_rates: Vec<f64>,
}

impl RocCurve {
    pub const MOST: usize = 202;
}

/// Precision against recall, from recall 0 (precision 1) to the first threshold of full recall.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrecisionRecallCurve {
    pub precisions: Vec<f64>,
    pub recalls: Vec<f64>,
}
