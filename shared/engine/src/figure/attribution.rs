//! Figures of attribution: how far each output's order is below its threshold.

use super::Figure;
use crate::attribution::{
    Aggregate, AggregateMethod, GlobalShap, LabelDrift, THRESHOLD, Table, attribution_drift,
};
use crate::finding::Check;

/// Parts that are left out in turn to learn what chance does.
const PARTS: usize = 20;

/// Holds the order of features against its threshold, with the error that the choice of rows makes.
///
/// The error is the delete-a-group jackknife's (Efron and Stein 1981) over the rows of now; the baseline's own is not
/// known, since its file tells only the sums. Without the values of rows there is no error to tell.
pub fn of_attribution(
    drifts: &[LabelDrift],
    baseline: &GlobalShap,
    current: &GlobalShap,
    local: Option<&Table<f64>>,
    method: AggregateMethod,
) -> Vec<Figure> {
    let parts = local.map(|it| without_parts(it, baseline, current, method)).unwrap_or_default();
    let figure = |(at, drift): (usize, &LabelDrift)| {
        let now = drift.score.ok()?;
        let scores: Vec<f64> = parts.iter().filter_map(|it| it.get(at)?.score.ok()).collect();
        Some(Figure {
            name: format!("nDCG of {}", drift.label),
            check: Check::Metric,
            before: 1.0,
            now,
            limit: THRESHOLD,
            beyond: THRESHOLD - now,
            error: jackknife(&scores),
        })
    };
    drifts.iter().enumerate().filter_map(figure).collect()
}

fn without_parts(
    local: &Table<f64>,
    baseline: &GlobalShap,
    current: &GlobalShap,
    method: AggregateMethod,
) -> Vec<Vec<LabelDrift>> {
    let Some(first) = current.labels.first() else { return Vec::new() };
    let names: Vec<String> = first.features.iter().map(|it| it.0.clone()).collect();
    let labels: Vec<String> = current.labels.iter().map(|it| it.label.clone()).collect();
    let part = |out: usize| {
        let mut sums = Aggregate::new(method, labels.len(), names.len());
        for (_, row) in local.rows().enumerate().filter(|it| it.0 % PARTS != out) {
            sums.add(row);
        }
        attribution_drift(baseline, &sums.global(&labels, &names, &[]))
    };
    (0..PARTS.min(local.len())).map(part).collect()
}

fn jackknife(scores: &[f64]) -> f64 {
    let count = scores.len() as f64;
    if scores.len() < 2 {
        return 0.0;
    }
    let mean = scores.iter().sum::<f64>() / count;
    let squares: f64 = scores.iter().map(|it| (it - mean) * (it - mean)).sum();
    ((count - 1.0) / count * squares).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::LabelShap;

    #[test]
    fn error_is_that_of_a_mean_where_the_score_is_one() {
        // Of a mean, the jackknife over single rows is the standard error itself.
        let rows = [3.0, 5.0, 4.0, 8.0];
        let without: Vec<f64> = (0..4).map(|out| (20.0 - rows[out]) / 3.0).collect();
        // sd(ddof=1) / sqrt(4) of numpy: 1.0801234497346435.
        assert!((jackknife(&without) - 1.080_123_449_734_643_5).abs() < 1e-12);
    }

    #[test]
    fn order_that_only_chance_keeps_has_an_error() {
        let features = |values: [f64; 2]| -> Vec<(String, f64)> {
            ["a".to_owned(), "b".to_owned()].into_iter().zip(values).collect()
        };
        let global = |values| GlobalShap {
            labels: vec![LabelShap {
                label: "label0".into(),
                expected: None,
                features: features(values),
            }],
            rows: 0,
        };
        let baseline = global([1.0, 0.1]);
        // Forty rows of which every other turns the order round: the two parts' means are as good as equal.
        let cells = (0..40).flat_map(|it| {
            if it % 2 == 0 { [1.0, 0.0] } else { [0.0, 1.0 + 0.001 * f64::from(it)] }
        });
        let local = Table::of(2, cells.collect()).unwrap();
        let mut sums = Aggregate::new(AggregateMethod::MeanAbs, 1, 2);
        local.rows().for_each(|it| sums.add(it));
        let names = ["a".to_owned(), "b".to_owned()];
        let current = sums.global(&["label0".into()], &names, &[]);
        let drifts = attribution_drift(&baseline, &current);
        let figures =
            of_attribution(&drifts, &baseline, &current, Some(&local), AggregateMethod::MeanAbs);
        assert!(0.1 < figures[0].beyond && 0.1 < figures[0].error, "{figures:?}");
        let blind = of_attribution(&drifts, &baseline, &current, None, AggregateMethod::MeanAbs);
        assert_eq!(blind[0].error, 0.0);
    }
}
