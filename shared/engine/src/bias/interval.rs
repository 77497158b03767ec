//! Where a metric lies, beyond the one figure that Clarify gives.
//!
//! Shares have closed forms: Newcombe's (1998, method 10) for a difference,
//! Wilson's for one share, Katz's (1978) for a ratio. All else takes the
//! jackknife, which needs no rows: what leaving a row out does is known from the
//! counts (Efron & Tibshirani 1993, chapter 11). The tests draw samples to see
//! that the intervals hold the truth as often as they say.

use super::{
    BiasMetric,
    counts::{Counts, Outcomes, Sides},
    formulas::{self, common_labels, figure, group_disparity},
    report::{Figure, Interval},
};

/// The 97.5 % quantile of the normal distribution.
const Z95: f64 = 1.959_963_984_540_054;

/// Returns the 95 % interval of a metric; `None` where the counts do not tell.
pub fn interval(metric: BiasMetric, counts: &Counts) -> Option<Interval> {
    let Figure::Value(value) = figure(metric, counts) else { return None };
    if !value.is_finite() {
        return None;
    }
    let Sides { facet: d, rest: a } = &counts.sides;
    let gap = |hits: fn(&Outcomes) -> f64, rows: fn(&Outcomes) -> f64| {
        newcombe((hits(a), rows(a)), (hits(d), rows(d)))
    };
    let right = |it: &Outcomes| it.true_positive + it.true_negative;
    match metric {
        BiasMetric::Ci => {
            let share = wilson(d.rows(), d.rows() + a.rows())?;
            Some(Interval { low: 1.0 - 2.0 * share.high, high: 1.0 - 2.0 * share.low })
        }
        BiasMetric::Dpl => gap(Outcomes::positive, Outcomes::rows),
        BiasMetric::Dppl => gap(Outcomes::predicted_positive, Outcomes::rows),
        BiasMetric::Ad => gap(right, Outcomes::rows),
        BiasMetric::Rd => gap(|it| it.true_positive, Outcomes::positive),
        BiasMetric::Dar => gap(|it| it.true_positive, Outcomes::predicted_positive),
        BiasMetric::Sd => gap(|it| it.true_negative, Outcomes::negative).map(turned),
        BiasMetric::Drr => gap(|it| it.true_negative, Outcomes::predicted_negative).map(turned),
        BiasMetric::Lp | BiasMetric::Tvd | BiasMetric::Ks => {
            let common = common_labels(d, a).len() as f64;
            let gap = folded(gap(Outcomes::positive, Outcomes::rows)?);
            let scale = match metric {
                BiasMetric::Lp => common.sqrt(),
                BiasMetric::Tvd => 0.5 * common,
                _ => 1.0,
            };
            Some(Interval { low: gap.low * scale, high: gap.high * scale })
        }
        BiasMetric::Di => katz(d, a),
        BiasMetric::Cddl => of_groups(counts, value, Outcomes::positive, Outcomes::negative),
        BiasMetric::Cddpl => {
            of_groups(counts, value, Outcomes::predicted_positive, Outcomes::predicted_negative)
        }
        BiasMetric::Ft => None,
        BiasMetric::Js | BiasMetric::Kl if common_labels(d, a).len() == 2 => {
            divergence(metric, &counts.sides)
        }
        _ => {
            let around = jackknife(&counts.sides, value, |it| formulas::of_sides(metric, it).ok())?;
            let low = if metric == BiasMetric::Ge { around.low.max(0.0) } else { around.low };
            Some(Interval { low, ..around })
        }
    }
}

/// The interval of a divergence, by its root with the sign of the gap.
///
/// A divergence is flat where the sides are equal, so its own jackknife would be
/// too narrow there; the signed root is straight.
fn divergence(metric: BiasMetric, sides: &Sides) -> Option<Interval> {
    let root = |it: &Sides| {
        let value = formulas::of_sides(metric, it).ok()?;
        let gap = it.rest.positive() / it.rest.rows() - it.facet.positive() / it.facet.rows();
        Some(value.max(0.0).sqrt().copysign(gap))
    };
    let around = folded(jackknife(sides, root(sides)?, root)?);
    Some(Interval { low: around.low * around.low, high: around.high * around.high })
}

/// The interval of a flip test: `gained` and `lost` of `rows` would flip either way.
pub(super) fn of_flips(gained: u64, lost: u64, rows: u64) -> Option<Interval> {
    let (gained, lost, rows) = (gained as f64, lost as f64, rows as f64);
    if rows < 2.0 {
        return None;
    }
    let value = (gained - lost) / rows;
    let half = Z95 * (((gained + lost) / rows - value * value) / rows).max(0.0).sqrt();
    Some(Interval { low: (value - half).max(-1.0), high: (value + half).min(1.0) })
}

fn wilson(hits: f64, rows: f64) -> Option<Interval> {
    if rows == 0.0 {
        return None;
    }
    let (p, z) = (hits / rows, Z95);
    let scale = 1.0 + z * z / rows;
    let centre = (p + z * z / (2.0 * rows)) / scale;
    let half = z / scale * (p * (1.0 - p) / rows + z * z / (4.0 * rows * rows)).sqrt();
    Some(Interval { low: (centre - half).max(0.0), high: (centre + half).min(1.0) })
}

/// The interval of the first share less the second.
fn newcombe(one: (f64, f64), two: (f64, f64)) -> Option<Interval> {
    let (p, q) = (one.0 / one.1, two.0 / two.1);
    let (of_p, of_q) = (wilson(one.0, one.1)?, wilson(two.0, two.1)?);
    let low = p - q - (p - of_p.low).hypot(of_q.high - q);
    let high = p - q + (of_p.high - p).hypot(q - of_q.low);
    Some(Interval { low: low.max(-1.0), high: high.min(1.0) })
}

fn turned(it: Interval) -> Interval {
    Interval { low: -it.high, high: -it.low }
}

/// The interval of the absolute value.
fn folded(it: Interval) -> Interval {
    let high = it.low.abs().max(it.high.abs());
    let low = if it.low < 0.0 && 0.0 < it.high { 0.0 } else { it.low.abs().min(it.high.abs()) };
    Interval { low, high }
}

fn katz(d: &Outcomes, a: &Outcomes) -> Option<Interval> {
    let (of_d, of_a) = (d.predicted_positive(), a.predicted_positive());
    if of_d == 0.0 || of_a == 0.0 {
        return None;
    }
    let ratio = (of_d / d.rows()) / (of_a / a.rows());
    let error = (1.0 / of_d - 1.0 / d.rows() + 1.0 / of_a - 1.0 / a.rows()).max(0.0).sqrt();
    Some(Interval { low: ratio * (-Z95 * error).exp(), high: ratio * (Z95 * error).exp() })
}

fn jackknife(
    sides: &Sides,
    value: f64,
    metric: impl Fn(&Sides) -> Option<f64>,
) -> Option<Interval> {
    let mut left_out = Vec::with_capacity(8);
    for (rows, less) in sides.one_less() {
        left_out.push((rows, metric(&less)?));
    }
    around(value, &left_out)
}

/// The same for a mean over groups: leaving a row out changes one term of it.
fn of_groups(
    counts: &Counts,
    value: f64,
    accepted: fn(&Outcomes) -> f64,
    rejected: fn(&Outcomes) -> f64,
) -> Option<Interval> {
    let groups = counts.groups.as_ref()?;
    let weighted = |it: &Sides| it.rows() * group_disparity(it, accepted, rejected);
    let rows: f64 = groups.iter().map(Sides::rows).sum();
    let sum = value * rows;
    let mut left_out = Vec::new();
    for group in groups {
        let rest = sum - weighted(group);
        for (count, less) in group.one_less() {
            left_out.push((count, (rest + weighted(&less)) / (rows - 1.0)));
        }
    }
    let around = around(value, &left_out)?;
    Some(Interval { low: around.low.max(-1.0), high: around.high.min(1.0) })
}

fn around(value: f64, left_out: &[(f64, f64)]) -> Option<Interval> {
    let rows: f64 = left_out.iter().map(|it| it.0).sum();
    if rows < 2.0 || left_out.iter().any(|it| !it.1.is_finite()) {
        return None;
    }
    let mean = left_out.iter().map(|(count, it)| count * it).sum::<f64>() / rows;
    let spread: f64 = left_out.iter().map(|(count, it)| count * (it - mean).powi(2)).sum();
    let half = Z95 * (spread * (rows - 1.0) / rows).sqrt();
    Some(Interval { low: value - half, high: value + half })
}

/// The rows that the smaller side of a metric rests on.
pub fn support(metric: BiasMetric, counts: &Counts) -> u64 {
    let Sides { facet: d, rest: a } = &counts.sides;
    let least = |of: fn(&Outcomes) -> f64| of(d).min(of(a)) as u64;
    match metric {
        BiasMetric::Rd => least(Outcomes::positive),
        BiasMetric::Sd => least(Outcomes::negative),
        BiasMetric::Dar | BiasMetric::Dca => least(Outcomes::predicted_positive),
        BiasMetric::Drr | BiasMetric::Dcr => least(Outcomes::predicted_negative),
        BiasMetric::Te => least(|it| it.false_positive + it.false_negative),
        BiasMetric::Ge => (d.rows() + a.rows()) as u64,
        _ => least(Outcomes::rows),
    }
}
