//! Customers of a phone company, drawn as `shared/local/model/train.py` draws them.

use local::random::Random;

use super::{Cell, Column, Kind, Rows};

pub(super) const WIDTH: usize = NAMES.len();

const NAMES: [&str; 16] = [
    "account_length",
    "state",
    "plan_tier",
    "intl_plan",
    "payment",
    "vmail_messages",
    "day_mins",
    "day_calls",
    "eve_mins",
    "eve_calls",
    "night_mins",
    "night_calls",
    "intl_mins",
    "intl_calls",
    "custserv_calls",
    "monthly_charge",
];

/// States and their weights out of 196.
const STATES: [(&str, u64); 12] = [
    ("CA", 39),
    ("TX", 30),
    ("FL", 22),
    ("NY", 20),
    ("PA", 13),
    ("IL", 13),
    ("OH", 12),
    ("GA", 11),
    ("NC", 11),
    ("MI", 10),
    ("WA", 8),
    ("AZ", 7),
];

const TIERS: [(&str, u64); 3] = [("basic", 55), ("plus", 30), ("premium", 15)];
const PAYMENTS: [(&str, u64); 3] = [("card", 50), ("debit", 35), ("invoice", 15)];
const INTL_PLAN: [(&str, u64); 2] = [("no", 90), ("yes", 10)];

/// Draws one customer into 16 cells.
pub(super) fn draw(random: &mut Random, cells: &mut [Cell<'_>]) {
    let tier = choose(random, &TIERS);
    let (day, eve) = (minutes(random, 180.0, 54.0), minutes(random, 200.0, 50.0));
    let (night, intl) = (minutes(random, 200.0, 50.0), minutes(random, 10.2, 2.8));
    let usage = 0.11 * day + 0.05 * eve + 0.03 * night + 0.27 * intl;
    let charge = 12.0 + 8.0 * tier as f64 + usage + 2.5 * random.normal();
    let voicemail = if random.chance(0.28) {
        (29.0 + 7.0 * random.normal()).round().clamp(4.0, 55.0)
    } else {
        0.0
    };
    let drawn = [
        decimal((101.0 + 40.0 * random.normal()).round().clamp(1.0, 250.0), 0),
        Cell::Text(STATES[choose(random, &STATES)].0),
        Cell::Text(TIERS[tier].0),
        Cell::Text(INTL_PLAN[choose(random, &INTL_PLAN)].0),
        Cell::Text(PAYMENTS[choose(random, &PAYMENTS)].0),
        decimal(voicemail, 0),
        decimal(day, 1),
        decimal(calls(random), 0),
        decimal(eve, 1),
        decimal(calls(random), 0),
        decimal(night, 1),
        decimal(calls(random), 0),
        decimal(intl, 1),
        decimal(1.0 + random.count(3.5) as f64, 0),
        decimal(random.count(1.56) as f64, 0),
        decimal(charge, 2),
    ];
    cells.copy_from_slice(&drawn);
}

/// Describes the columns by drawn rows.
pub(super) fn columns(rows: &Rows<'_>) -> Vec<Column> {
    let describe = |(at, name): (usize, &&str)| {
        let mut numbers = Vec::new();
        let mut texts = Vec::new();
        for row in rows.iter() {
            let mut text = String::new();
            if let Cell::Decimal { mantissa, places } = row.cells[at] {
                numbers.push(mantissa as f64 / 10_f64.powi(i32::from(places)));
            }
            super::Row { at_ms: 0, cells: &row.cells[at..=at] }.write_csv(&mut text);
            texts.push(text);
        }
        texts.sort_unstable();
        texts.dedup();
        let kind = deviation(&numbers).map_or(Kind::Word, |deviation| Kind::Number { deviation });
        Column { name: (*name).to_owned(), kind, distinct: texts.len() }
    };
    NAMES.iter().enumerate().map(describe).collect()
}

/// Returns the standard deviation of a population; `None` of nothing.
fn deviation(numbers: &[f64]) -> Option<f64> {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let square = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / count;
    (!numbers.is_empty()).then(|| square.sqrt())
}

fn minutes(random: &mut Random, mean: f64, deviation: f64) -> f64 {
    (mean + deviation * random.normal()).max(0.0)
}

fn calls(random: &mut Random) -> f64 {
    (100.0 + 20.0 * random.normal()).round().max(0.0)
}

fn decimal(number: f64, places: u8) -> Cell<'static> {
    Cell::Decimal { mantissa: (number * 10_f64.powi(i32::from(places))).round() as i64, places }
}

fn choose(random: &mut Random, weights: &[(&str, u64)]) -> usize {
    let mut rest = random.below(weights.iter().map(|weight| weight.1).sum());
    let chosen = weights.iter().position(|(_, weight)| {
        let here = rest < *weight;
        rest = rest.saturating_sub(*weight);
        here
    });
    chosen.unwrap_or(0)
}
