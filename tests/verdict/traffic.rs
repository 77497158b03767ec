//! Tables that do not change, and the same with one known fault.

use engine::Levels;
use engine::statistics::{Category, Feature, InferredType, Numbers, Statistics, Texts, Values};
use statrs::distribution::{ContinuousCDF, Normal};
use summary::Kll;

use crate::chance::Chance;

/// From this many rows on a sketch is drawn in place of its rows.
const DRAWN_ROWS: u64 = 5001;

/// How the values of one column are spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    Normal,
    Lognormal,
    /// Two in five are zero, the rest exponential.
    ZeroInflated,
    /// Small whole numbers, Poisson of mean 3.
    Counts,
    /// Normal, with a mean that follows the hour by a tenth of a deviation.
    Daily,
    Heavy,
    /// So many categories, each a third rarer than the one before.
    Categories(usize),
}

/// What is wrong with a column of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    None,
    /// In standard deviations of the column.
    Shift(f64),
    Scale(f64),
    Missing(f64),
    NewValue(f64),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) shape: Shape,
    /// Share of cells that hold nothing.
    pub(crate) missing: f64,
}

/// Thirty columns of one kind, or of many.
pub(crate) fn table(name: &str) -> Vec<Column> {
    let of = |shape, missing| Column { shape, missing };
    let shapes = [
        Shape::Normal,
        Shape::Lognormal,
        Shape::ZeroInflated,
        Shape::Counts,
        Shape::Daily,
        Shape::Heavy,
    ];
    match name {
        "normal" => vec![of(Shape::Normal, 0.0); 30],
        "shapes" => (0..30).map(|idx| of(shapes[idx % 6], 0.0)).collect(),
        "mixed" => (0..30)
            .map(|idx| match idx % 3 {
                0 => {
                    of(Shape::Categories([2, 5, 12, 40, 100][idx / 3 % 5]), 0.01 * (idx / 3) as f64)
                }
                _ => of(shapes[idx % 6], 0.005 * (idx % 7) as f64),
            })
            .collect(),
        other => panic!("no table {other}"),
    }
}

/// Draws `rows` rows at an hour of the day; `None` is the mean of all hours.
pub(crate) fn draw(
    columns: &[Column],
    rows: u64,
    hour: Option<i64>,
    fault: (usize, Fault),
    chance: &mut Chance,
) -> Statistics {
    let features = columns
        .iter()
        .enumerate()
        .map(|(idx, column)| {
            let fault = if idx == fault.0 { fault.1 } else { Fault::None };
            let share = match fault {
                Fault::Missing(more) => column.missing + more,
                _ => column.missing,
            };
            let missing = chance.binomial(rows, share);
            let present = rows - missing;
            let values = match column.shape {
                Shape::Categories(kinds) => texts(kinds, present, fault, chance),
                shape => numbers(shape, present, hour, fault, chance),
            };
            let inferred_type = match column.shape {
                Shape::Categories(_) => InferredType::String,
                Shape::Counts => InferredType::Integral,
                _ => InferredType::Fractional,
            };
            Feature {
                name: format!("f{idx}"),
                inferred_type,
                present,
                missing,
                values,
                types: None,
            }
        })
        .collect();
    Statistics { rows, features }
}

fn numbers(
    shape: Shape,
    rows: u64,
    hour: Option<i64>,
    fault: Fault,
    chance: &mut Chance,
) -> Values {
    let wave = |hour: f64| 0.1 * (hour / 24.0 * std::f64::consts::TAU).sin();
    let changed = |value: f64| match fault {
        // What is counted moves by whole counts, and nothing stays nothing.
        Fault::Shift(deviations) if shape == Shape::Counts => {
            value + (deviations * deviation(shape)).round()
        }
        Fault::Shift(_) if shape == Shape::ZeroInflated && value == 0.0 => value,
        Fault::Shift(deviations) => value + deviations * deviation(shape),
        Fault::Scale(factor) => value * factor,
        _ => value,
    };
    let sketch = if rows < DRAWN_ROWS {
        let mut values = Vec::with_capacity(rows as usize);
        for _ in 0..rows {
            let mut value = sample(shape, chance);
            if shape == Shape::Daily {
                value += wave(hour.map_or_else(|| 24.0 * chance.uniform(), |it| it as f64));
            }
            values.push(changed(value));
        }
        let mut sketch = Kll::default();
        sketch.extend(&values);
        sketch.levels()
    } else {
        let offset =
            hour.map_or(0.0, |it| if shape == Shape::Daily { wave(it as f64) } else { 0.0 });
        drawn_sketch(rows, chance, |share| changed(quantile(shape, share) + offset))
    };
    let all = || sketch.data.iter().flatten().copied();
    let (min, max) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    Values::Numbers(Numbers { min, max, sketch, ..Numbers::default() })
}

/// Draws every `2^h`-th of the sorted rows, without drawing the rows.
///
/// Gaps between order statistics of uniform numbers are gamma distributed, so
/// this is exactly the joint law of those ranks, as a sketch without error keeps them.
fn drawn_sketch(rows: u64, chance: &mut Chance, quantile: impl Fn(f64) -> f64) -> Levels {
    let level = (rows / 1000).ilog2() as usize;
    let block = 1u64 << level;
    let items = rows / block;
    let mut at = chance.gamma(block as f64 / 2.0);
    let mut places = Vec::with_capacity(items as usize);
    for _ in 0..items {
        places.push(at);
        at += chance.gamma(block as f64);
    }
    let whole = places[places.len() - 1] + chance.gamma(block as f64 / 2.0);
    let mut data = vec![Vec::new(); level + 1];
    data[level] = places.iter().map(|place| quantile(place / whole)).collect();
    Levels { k: Levels::K, c: Levels::C, data }
}

fn texts(kinds: usize, rows: u64, fault: Fault, chance: &mut Chance) -> Values {
    let weights: Vec<f64> = (0..kinds).map(|idx| 0.67f64.powi(idx.min(12) as i32)).collect();
    let (mut left, mut mass) = (rows, weights.iter().sum::<f64>());
    let mut categories = Vec::new();
    if let Fault::NewValue(share) = fault {
        let count = chance.binomial(rows, share);
        left -= count;
        categories.push(Category { value: "new".to_string(), count });
    }
    for (idx, weight) in weights.iter().enumerate() {
        let count =
            if idx + 1 == kinds { left } else { chance.binomial(left, (weight / mass).min(1.0)) };
        (left, mass) = (left - count, mass - weight);
        if 0 < count {
            categories.push(Category { value: format!("v{idx}"), count });
        }
    }
    Values::Texts(Texts { distinct: categories.len() as f64, categories: Some(categories) })
}

fn sample(shape: Shape, chance: &mut Chance) -> f64 {
    match shape {
        Shape::Normal | Shape::Daily => chance.normal(),
        Shape::Lognormal => chance.normal().exp(),
        _ => quantile(shape, chance.uniform()),
    }
}

/// The value below which `share` of the rows lie.
fn quantile(shape: Shape, share: f64) -> f64 {
    let normal = || Normal::standard().inverse_cdf(share.clamp(1e-12, 1.0 - 1e-12));
    match shape {
        Shape::Normal | Shape::Daily | Shape::Categories(_) => normal(),
        Shape::Lognormal => normal().exp(),
        Shape::ZeroInflated if share < 0.4 => 0.0,
        Shape::ZeroInflated => -((1.0 - share).max(1e-12) / 0.6).ln(),
        // Student's t with two degrees of freedom.
        Shape::Heavy => {
            let centred = 2.0 * share.clamp(1e-9, 1.0 - 1e-9) - 1.0;
            centred * (2.0 / (1.0 - centred * centred)).sqrt()
        }
        Shape::Counts => {
            let (mut count, mut term) = (0.0, (-3.0f64).exp());
            let mut upto = term;
            while upto < share && count < 40.0 {
                count += 1.0;
                term *= 3.0 / count;
                upto += term;
            }
            count
        }
    }
}

/// Standard deviation, or half the width of the middle 68 % where there is none.
fn deviation(shape: Shape) -> f64 {
    match shape {
        Shape::Normal | Shape::Daily | Shape::Categories(_) => 1.0,
        Shape::Lognormal => ((1f64.exp() - 1.0) * 1f64.exp()).sqrt(),
        // Mean 0.6, mean square 1.2.
        Shape::ZeroInflated => (1.2f64 - 0.36).sqrt(),
        Shape::Counts => 3f64.sqrt(),
        Shape::Heavy => 1.32,
    }
}
