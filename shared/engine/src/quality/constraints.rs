//! What a model must keep to: the content of AWS's `constraints.json` of model quality.

use super::estimate::Estimate;
use super::{ProblemType, QualityMetric, statistics::QualityStatistics};
use crate::violation::{Scope, Violation, ViolationCheck};

/// The constraints of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct QualityConstraints {
    pub problem: ProblemType,
    pub metrics: Vec<MetricConstraint>,
}

/// What one figure must keep to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricConstraint {
    pub metric: QualityMetric,
    pub threshold: f64,
    pub operator: Comparison,
}

impl MetricConstraint {
    pub fn is_broken_by(&self, value: f64) -> bool {
        match self.operator {
            Comparison::LessThanThreshold => value < self.threshold,
            Comparison::GreaterThanThreshold => self.threshold < value,
        }
    }
}

/// When a figure breaks its constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// When the figure is less.
    LessThanThreshold,
    /// When it is greater.
    GreaterThanThreshold,
}

impl Comparison {
    /// Returns AWS's word.
    pub fn word(self) -> &'static str {
        ViolationCheck::from(self).word()
    }

    /// Returns the comparison that AWS's `word` names.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::LessThanThreshold, Self::GreaterThanThreshold]
            .into_iter()
            .find(|it| it.word() == word)
    }
}

impl From<Comparison> for ViolationCheck {
    fn from(it: Comparison) -> Self {
        match it {
            Comparison::LessThanThreshold => Self::LessThanThreshold,
            Comparison::GreaterThanThreshold => Self::GreaterThanThreshold,
        }
    }
}

/// Suggests that no figure may get worse than it was (reference: formats E.2).
///
/// Figures of the best constant classifier are of the data, not of the model:
/// they get no constraint. What has no value gets none either.
pub fn suggest(learnt: &QualityStatistics) -> QualityConstraints {
    let constraint = |metric: &QualityMetric| {
        let threshold = learnt.value(*metric)?;
        let operator = if metric.is_error() {
            Comparison::GreaterThanThreshold
        } else {
            Comparison::LessThanThreshold
        };
        Some(MetricConstraint { metric: *metric, threshold, operator })
    };
    let metrics = QualityMetric::of(learnt.problem)
        .iter()
        .filter(|it| !it.is_of_best_constant())
        .filter_map(constraint)
        .collect();
    QualityConstraints { problem: learnt.problem, metrics }
}

/// Returns every broken constraint, in the order of the constraints.
///
/// A figure that says nothing breaks nothing; see [`not_evaluated`].
pub fn check(constraints: &QualityConstraints, current: &QualityStatistics) -> Vec<Violation> {
    let broken = |it: &MetricConstraint| {
        let observed = current.value(it.metric)?;
        let (metric, word) = (it.metric.word(), it.operator.word());
        it.is_broken_by(observed).then(|| Violation {
            feature: metric.to_owned(),
            check: it.operator.into(),
            scope: Scope::Whole,
            observed,
            threshold: it.threshold,
            description: format!("Metric {metric} with {observed} was {word} {}", it.threshold),
        })
    };
    constraints.metrics.iter().filter_map(broken).collect()
}

/// Returns the constraints that an estimate breaks for sure, each with it.
///
/// For sure: its whole interval lies beyond the threshold.
pub fn check_estimates(
    constraints: &QualityConstraints,
    estimates: &[Estimate],
) -> Vec<(MetricConstraint, Estimate)> {
    let broken = |it: &MetricConstraint| {
        let estimate = estimates.iter().find(|estimate| estimate.metric == it.metric)?;
        let nearest = match it.operator {
            Comparison::LessThanThreshold => estimate.high,
            Comparison::GreaterThanThreshold => estimate.low,
        };
        it.is_broken_by(nearest).then_some((*it, *estimate))
    };
    constraints.metrics.iter().filter_map(broken).collect()
}

/// Returns the figures that have a constraint and no value to hold against it.
pub fn not_evaluated(
    constraints: &QualityConstraints,
    current: &QualityStatistics,
) -> Vec<QualityMetric> {
    let metrics = constraints.metrics.iter().map(|it| it.metric);
    metrics.filter(|it| current.value(*it).is_none()).collect()
}
