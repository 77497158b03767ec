use super::ranking::Ranking;
use super::statistics::{PrecisionRecallCurve, RocCurve};

/// Rows at and above a threshold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Point {
    positives: u64,
    negatives: u64,
}

/// Draws the ROC curve; `None` of one kind of rows only.
pub(super) fn roc(ranking: &Ranking) -> Option<RocCurve> {
    if ranking.positives == 0 || ranking.negatives == 0 {
        return None;
    }
    let mut count = 0usize;
    corners(ranking, |_| count += 1);
    let share = |it: Point| {
        let of = |rows: u64, all: u64| rows as f64 / all as f64;
        (of(it.negatives, ranking.negatives), of(it.positives, ranking.positives))
    };
    let most = RocCurve::MOST - 2;
    let step = if count <= RocCurve::MOST { 0.0 } else { 2.0 / most as f64 };
    let (mut curve, mut last) = (RocCurve::default(), -1.0);
    let end = Point { positives: ranking.positives, negatives: ranking.negatives };
    corners(ranking, |point| {
        let (x, y) = share(point);
        if last + step <= x + y || point == end {
            last = x + y;
            curve.false_positive_rates.push(x);
            curve.true_positive_rates.push(y);
        }
    });
    Some(curve)
}

/// Goes through the points that are not on a line between their neighbours.
fn corners(ranking: &Ranking, mut keep: impl FnMut(Point)) {
    let (mut before, mut here) = (Point::default(), None::<Point>);
    keep(before);
    ranking.falling(|run| {
        let from = here.unwrap_or(before);
        let next = Point {
            positives: from.positives + run.positives,
            negatives: from.negatives + run.negatives,
        };
        if let Some(corner) = here.replace(next) {
            let rise = |from: Point, to: Point| {
                let up = i128::from(to.positives) - i128::from(from.positives);
                (up, i128::from(to.negatives) - i128::from(from.negatives))
            };
            let (one, other) = (rise(before, corner), rise(corner, next));
            if one.0 * other.1 != one.1 * other.0 {
                keep(corner);
                before = corner;
            }
        }
    });
    if let Some(end) = here {
        keep(end);
    }
}

/// Draws precision against recall; `None` without positives.
pub(super) fn precision_recall(ranking: &Ranking) -> Option<PrecisionRecallCurve> {
    if ranking.positives == 0 {
        return None;
    }
    let points = |keep: &mut dyn FnMut(Point)| {
        let mut here = Point::default();
        ranking.falling(|run| {
            if here.positives < ranking.positives {
                here.positives += run.positives;
                here.negatives += run.negatives;
                keep(here);
            }
        });
    };
    let mut count = 0usize;
    points(&mut |_| count += 1);
    let step = if count < RocCurve::MOST { 0.0 } else { 1.0 / (RocCurve::MOST - 2) as f64 };
    let mut curve = PrecisionRecallCurve { precisions: vec![1.0], recalls: vec![0.0] };
    let mut last = 0.0;
    points(&mut |point| {
        let recall = point.positives as f64 / ranking.positives as f64;
        if last + step <= recall || point.positives == ranking.positives {
            last = recall;
            let rows = point.positives + point.negatives;
            curve.precisions.push(point.positives as f64 / rows as f64);
            curve.recalls.push(recall);
        }
    });
    Some(curve)
}
