//! What probably happened to a column, told from its numbers.

use crate::effect::Ranks;
use crate::finding::Hint;

/// Factors between units that people mix up: powers of ten are added to these.
const UNITS: [f64; 6] = [24.0, 60.0, 1024.0, 3600.0, 86_400.0, 1_048_576.0];
/// How far a measured factor may be from a unit's: so much, and twice the
/// relative error of a quantile of `n` rows, about `1 / sqrt(n)`.
const UNIT_SLACK: f64 = 0.05;
/// Share of one value that makes a column constant.
const CONSTANT: f64 = 0.99;
/// A cause is named when undoing it leaves at most this part of the distance.
const EXPLAINS: f64 = 0.35;

/// Names the simplest change of numbers that explains the distance, if one does.
///
/// Each cause is undone, and what is left is measured: `floor` or a third of
/// the distance at most.
pub fn of_numbers(reference: &Ranks, current: &Ranks, floor: f64) -> Option<Hint> {
    let (constant, share) = current.mode();
    if CONSTANT <= share
        && reference.upto(constant) - reference.below(constant) < 0.9 * reference.rows()
    {
        return Some(Hint::Constant);
    }
    let whole = current.widest_gap(reference).distance();
    let noise = noise(reference, current);
    let left = |moved: Ranks| (moved.widest_gap(reference).distance() - noise).max(0.0);
    let enough = floor.max(EXPLAINS * whole);

    let median = reference.quantile(0.5);
    let (spread_before, spread_now) = (spread(reference), spread(current));
    let mut causes: Vec<(f64, Hint)> = Vec::new();
    if let Some(factor) = ratio(reference, current) {
        let factor = to_unit(factor, UNIT_SLACK + 2.0 / current.rows().sqrt()).unwrap_or(factor);
        if !(0.5..=2.0).contains(&factor) {
            causes.push((left(current.moved(0.0, 1.0 / factor, 0.0)), Hint::Scale { factor }));
        }
    }
    if 0.0 < spread_before {
        let by = current.quantile(0.5) - median;
        let deviations = by / spread_before;
        causes.push((left(current.moved(by, 1.0, 0.0)), Hint::Shift { deviations }));
        if 0.0 < spread_now {
            let factor = spread_now / spread_before;
            let centre = current.quantile(0.5);
            let moved = current.moved(centre, 1.0 / factor, centre);
            causes.push((left(moved), Hint::Spread { factor }));
        }
    }
    // The first of equals wins: scale before shift before spread.
    let mut best: Option<(f64, Hint)> = None;
    for (remains, hint) in causes {
        if remains <= enough && best.is_none_or(|(least, _)| remains + 0.5 * noise < least) {
            best = Some((remains, hint));
        }
    }
    best.map(|(_, hint)| hint)
}

/// Whether a factor is one of a wrong unit, rather than of a changing world.
pub fn is_unit(factor: f64) -> bool {
    to_unit(factor, 0.0).is_some_and(|unit| unit == factor)
}

/// Returns the unit factor that `factor` is near to, or `None`.
fn to_unit(factor: f64, slack: f64) -> Option<f64> {
    if !factor.is_finite() || factor <= 0.0 {
        return None;
    }
    let power = factor.log10().round();
    let mut units = vec![10f64.powf(power)];
    units.extend(UNITS.iter().flat_map(|it| [*it, 1.0 / it]));
    units
        .into_iter()
        .filter(|unit| !(0.2..5.0).contains(unit))
        .map(|unit| (unit, (factor / unit).ln().abs()))
        .filter(|(_, off)| *off <= slack)
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(unit, _)| unit)
}

/// Median of the ratios of quantiles, where both have the same sign.
fn ratio(reference: &Ranks, current: &Ranks) -> Option<f64> {
    let mut ratios: Vec<f64> = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
        .iter()
        .map(|share| (reference.quantile(*share), current.quantile(*share)))
        .filter(|(before, now)| 0.0 < before * now)
        .map(|(before, now)| now / before)
        .filter(|ratio| ratio.is_finite())
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied()
}

/// A robust deviation: of a normal sample, its standard deviation.
fn spread(ranks: &Ranks) -> f64 {
    (ranks.quantile(0.841) - ranks.quantile(0.159)) / 2.0
}

/// Distance that two samples of one distribution have on average.
fn noise(reference: &Ranks, current: &Ranks) -> f64 {
    0.87 * (1.0 / reference.rows() + 1.0 / current.rows()).sqrt()
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, Normal};

    use super::*;
    use crate::Levels;

    /// `rows` numbers that are as normal as so many can be.
    fn normal(rows: u32) -> Vec<f64> {
        let place = |idx: u32| (f64::from(idx) + 0.5) / f64::from(rows);
        (0..rows).map(|idx| Normal::standard().inverse_cdf(place(idx))).collect()
    }

    #[track_caller]
    fn check(before: fn(f64) -> f64, after: fn(f64) -> f64, expect: Option<Hint>) {
        for rows in [60, 400, 3000] {
            let ranks = |rows, shape: fn(f64) -> f64| {
                let values: Vec<f64> = normal(rows).into_iter().map(shape).collect();
                Ranks::of(&Levels::from_values(&values)).unwrap()
            };
            let hint = of_numbers(&ranks(5000, before), &ranks(rows, after), 0.08);
            let near = |a: f64, b: f64| (a / b - 1.0).abs() < 0.05;
            let same = match (hint, expect) {
                (Some(Hint::Scale { factor: a }), Some(Hint::Scale { factor: b }))
                | (Some(Hint::Spread { factor: a }), Some(Hint::Spread { factor: b }))
                | (Some(Hint::Shift { deviations: a }), Some(Hint::Shift { deviations: b })) => {
                    near(a, b)
                }
                (a, b) => a == b,
            };
            assert!(same, "{hint:?} at {rows}, not {expect:?}");
        }
    }

    #[test]
    fn wrong_units_are_named_exactly() {
        check(
            |z| 180.0 + 54.0 * z,
            |z| 18_000.0 + 5_400.0 * z,
            Some(Hint::Scale { factor: 100.0 }),
        );
        check(f64::exp, |z| z.exp() / 1000.0, Some(Hint::Scale { factor: 0.001 }));
        check(f64::exp, |z| z.exp() * 60.0, Some(Hint::Scale { factor: 60.0 }));
        assert!(is_unit(100.0) && is_unit(1.0 / 60.0) && is_unit(1e-6));
        assert!(!is_unit(1.0) && !is_unit(3.0) && !is_unit(90.0) && !is_unit(-10.0));
    }

    #[test]
    fn zeros_do_not_hide_a_scale() {
        let inflated = |z: f64| if z < 0.3 { 0.0 } else { z };
        check(
            inflated,
            |z| if z < 0.3 { 0.0 } else { 100.0 * z },
            Some(Hint::Scale { factor: 100.0 }),
        );
    }

    #[test]
    fn moves_are_told_from_spreads() {
        check(|z| 10.0 + z, |z| 8.0 + z, Some(Hint::Shift { deviations: -2.0 }));
        check(|z| 10.0 + z, |z| 10.0 + 3.0 * z, Some(Hint::Spread { factor: 3.0 }));
        check(|z| 10.0 + z, |z| 10.0 + z / 4.0, Some(Hint::Spread { factor: 0.25 }));
    }

    #[test]
    fn one_value_is_constant() {
        check(|z| 10.0 + z, |_| 10.0, Some(Hint::Constant));
        check(|z| 10.0 + z, |_| 1e300, Some(Hint::Constant));
    }

    #[test]
    fn what_nothing_explains_has_no_hint() {
        // Half of the rows stay, and half go elsewhere.
        check(|z| z, |z| if (z * 1e6) as i64 % 2 == 0 { z } else { z + 40.0 }, None);
    }
}
