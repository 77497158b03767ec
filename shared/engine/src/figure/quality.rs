//! Figures of model quality, with the chance in each.

use super::{Figure, Z99};
use crate::finding::Check;
use crate::quality::constraints::{Comparison, MetricConstraint, QualityConstraints};
use crate::quality::estimate::{Estimate, of_area};
use crate::quality::statistics::{ConfusionMatrix, QualityStatistics};
use crate::quality::{ProblemType, QualityMetric};

/// The figures of a problem that people are told of, the first most of all.
///
/// The rest of AWS's figures say the same once more: the recall is the rate of
/// true positives, and one less the rate of false negatives.
pub fn told(problem: ProblemType) -> &'static [QualityMetric] {
    use QualityMetric as M;
    match problem {
        ProblemType::Regression => &[M::Rmse, M::Mae, M::R2],
        ProblemType::BinaryClassification => {
            &[M::Accuracy, M::Auc, M::F1, M::Precision, M::Recall, M::TrueNegativeRate]
        }
        ProblemType::MulticlassClassification => {
            &[M::Accuracy, M::WeightedF1, M::WeightedPrecision]
        }
    }
}

/// Names an estimated figure.
pub fn estimated_name(metric: QualityMetric) -> String {
    format!("estimated {}", metric.word())
}

/// Holds what labels say against the constraints.
pub fn realised(
    constraints: &QualityConstraints,
    baseline: &QualityStatistics,
    current: &QualityStatistics,
) -> Vec<Figure> {
    let figure = |metric: &QualityMetric| {
        let now = current.value(*metric)?;
        let error = chance(current, *metric)?;
        figure(constraints, baseline, *metric, Check::Metric, (now, error))
    };
    told(constraints.problem).iter().filter_map(figure).collect()
}

/// Holds estimates against the constraints, but for figures that may not alert.
pub fn estimated(
    constraints: &QualityConstraints,
    baseline: &QualityStatistics,
    (estimates, predictions): (&[Estimate], u64),
    is_trusted: impl Fn(QualityMetric) -> bool,
) -> Vec<Figure> {
    // An estimate is of the very rows of its window; which rows those are is chance, too.
    let fewer = (baseline.counts.rows as f64 / (predictions as f64).max(1.0)).max(1.0).sqrt();
    let figure = |metric: &QualityMetric| {
        let it = estimates.iter().find(|it| it.metric == *metric)?;
        let error = (it.high - it.low) / (2.0 * Z99);
        let error = error.hypot(chance(baseline, *metric).unwrap_or(0.0) * fewer);
        let found = (it.value, error);
        let it = figure(constraints, baseline, *metric, Check::EstimatedMetric, found)?;
        Some(Figure { name: estimated_name(*metric), ..it })
    };
    told(constraints.problem).iter().filter(|it| is_trusted(**it)).filter_map(figure).collect()
}

fn figure(
    constraints: &QualityConstraints,
    baseline: &QualityStatistics,
    metric: QualityMetric,
    check: Check,
    (now, error): (f64, f64),
) -> Option<Figure> {
    let MetricConstraint { threshold, operator, .. } =
        *constraints.metrics.iter().find(|it| it.metric == metric)?;
    let before = baseline.value(metric)?;
    let over = match operator {
        Comparison::LessThanThreshold => threshold - now,
        Comparison::GreaterThanThreshold => now - threshold,
    };
    // A limit that a person has set has no chance in it.
    let learnt = (threshold - before).abs() <= 1e-9 * before.abs().max(1.0);
    let of_limit = if learnt { chance(baseline, metric).unwrap_or(0.0) } else { 0.0 };
    // Errors have no end: they count as a part of what they may be.
    let scale = if is_unbounded(metric) { threshold.abs().max(f64::MIN_POSITIVE) } else { 1.0 };
    Some(Figure {
        name: metric.word().to_owned(),
        check,
        before,
        now,
        limit: threshold,
        beyond: over / scale,
        error: error.hypot(of_limit) / scale,
    })
}

fn is_unbounded(metric: QualityMetric) -> bool {
    matches!(metric, QualityMetric::Rmse | QualityMetric::Mae | QualityMetric::Mse)
}

/// Returns the standard error of a figure; `None` where the rows do not tell.
///
/// Shares by the binomial law after Agresti and Coull, AUC after Hanley and
/// McNeil; errors of a regression by the spread of their subsamples, which at
/// four fifths of the rows is half of the standard error.
fn chance(of: &QualityStatistics, metric: QualityMetric) -> Option<f64> {
    use QualityMetric as M;
    let value = of.value(metric)?;
    if of.problem == ProblemType::Regression {
        let known = of.metrics.iter().find(|it| it.metric == metric)?.standard_deviation;
        let rows = of.counts.rows as f64;
        return Some(known.map_or_else(|| value.abs() / rows.sqrt(), |it| 2.0 * it));
    }
    let matrix = of.confusion.as_ref()?;
    let rows = matrix.total() as f64;
    if of.problem == ProblemType::MulticlassClassification {
        return Some(of_share(value, rows));
    }
    let (positives, said) = sides(of, matrix)?;
    Some(match metric {
        M::Auc => of_area(value, positives.max(1.0), (rows - positives).max(1.0)).sqrt(),
        M::Precision => of_share(value, said),
        M::Recall => of_share(value, positives),
        M::TrueNegativeRate => of_share(value, rows - positives),
        M::F1 => of_share(value, f64::midpoint(positives, said)),
        _ => of_share(value, rows),
    })
}

fn of_share(share: f64, rows: f64) -> f64 {
    let all = rows + 4.0;
    let near = (share * rows + 2.0) / all;
    (near * (1.0 - near) / all).sqrt()
}

/// Returns how many rows are positive, and how many are said to be, as recall and
/// precision tell; `None` of other than two labels.
fn sides(of: &QualityStatistics, matrix: &ConfusionMatrix) -> Option<(f64, f64)> {
    let recall = of.value(QualityMetric::Recall);
    let [first, second] = matrix.rows.as_slice() else { return Some((0.0, 0.0)) };
    let side = |at: usize| {
        let positives = if at == 0 { first } else { second };
        let hits = *positives.get(at)? as f64;
        let all = positives.iter().sum::<u64>() as f64;
        let said = (first.get(at)? + second.get(at)?) as f64;
        Some((all, said, hits))
    };
    let ours = |(all, _, hits): (f64, f64, f64)| {
        recall.is_some_and(|it| 0.0 < all && (it - hits / all).abs() < 1e-9)
    };
    let (last, other) = (side(1)?, side(0)?);
    let (all, said, _) = if ours(last) || !ours(other) { last } else { other };
    Some((all, said))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::{QualitySettings, QualitySummary, Row, constraints::suggest};

    /// Rows `(label, probability)`, each so many times.
    fn statistics(rows: &[(&str, &str, usize)]) -> QualityStatistics {
        let problem = ProblemType::BinaryClassification;
        let settings =
            QualitySettings { probability_threshold: Some(0.5), ..QualitySettings::new(problem) };
        let mut summary = QualitySummary::new(settings);
        for (label, probability, times) in rows {
            for _ in 0..*times {
                let (label, probability) = (Some(label.as_bytes()), Some(probability.as_bytes()));
                summary.see(Row { label, prediction: None, probability });
            }
        }
        summary.statistics().expect("a problem")
    }

    fn good(times: usize) -> QualityStatistics {
        statistics(&[
            ("1", "0.9", 18 * times),
            ("1", "0.2", 2 * times),
            ("0", "0.1", 72 * times),
            ("0", "0.8", 8 * times),
        ])
    }

    #[test]
    fn figures_are_told_with_binomial_chance() {
        let baseline = good(20);
        let constraints = suggest(&baseline);
        let now = statistics(&[("1", "0.9", 10), ("1", "0.2", 10), ("0", "0.1", 80)]);
        let found = realised(&constraints, &baseline, &now);
        let recall = found.iter().find(|it| it.name == "recall").expect("told");
        assert_eq!((recall.before, recall.now, recall.limit), (0.9, 0.5, 0.9));
        assert!((recall.beyond - 0.4).abs() < 1e-12);
        // Agresti and Coull: 12 of 24 now, 362 of 404 in the baseline.
        let of_now = (0.25f64 / 24.0).sqrt();
        let near = 362.0 / 404.0;
        let of_limit = (near * (1.0 - near) / 404.0f64).sqrt();
        assert!((recall.error - of_now.hypot(of_limit)).abs() < 1e-12, "{recall:?}");
        // 26 rows were right, so precision got better.
        let precision = found.iter().find(|it| it.name == "precision").expect("told");
        assert!(precision.beyond < 0.0 && precision.now == 1.0);
    }

    #[test]
    fn limits_of_people_have_no_chance() {
        let baseline = good(20);
        let mut constraints = suggest(&baseline);
        let error =
            |constraints: &QualityConstraints| realised(constraints, &baseline, &good(1))[0].error;
        let learnt = error(&constraints);
        for it in &mut constraints.metrics {
            it.threshold = 0.6;
        }
        assert!(error(&constraints) < learnt);
    }

    #[test]
    fn estimates_are_named_so_and_kept_back() {
        let baseline = good(20);
        let constraints = suggest(&baseline);
        let metric = QualityMetric::Accuracy;
        let estimates = [Estimate { metric, value: 0.7, low: 0.65, high: 0.75 }];
        let found = estimated(&constraints, &baseline, (&estimates, 500), |_| true);
        assert_eq!(found.len(), 1);
        let few = estimated(&constraints, &baseline, (&estimates, 20), |_| true);
        assert!(2.0 * found[0].error < few[0].error, "{few:?}");
        assert_eq!(
            (found[0].name.as_str(), found[0].check),
            ("estimated accuracy", Check::EstimatedMetric)
        );
        assert_eq!(estimated(&constraints, &baseline, (&estimates, 500), |_| false), []);
    }
}
