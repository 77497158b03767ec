use dataset::{Block, Cell};
use summary::{Distinct, Frequent, Kll, Moments, Summary, TypeTally};

use super::cell::{Look, look};
use crate::statistics::{Bucket, Category, InferredType, Numbers, Texts, Values};

/// What is kept of one column.
#[derive(Debug, Clone, Default)]
pub(super) struct Column {
    /// `missing` stays zero: it follows from the rows of the table.
    types: TypeTally,
    moments: Moments,
    sketch: Kll,
    /// All cells as texts, as long as they are few; then `distinct` takes over.
    frequent: Frequent,
    distinct: Distinct,
}

impl Column {
    /// Takes in a block's cells. `numbers` is room to work in.
    pub(super) fn see(&mut self, block: &Block<'_>, cells: &[Cell], numbers: &mut Vec<f64>) {
        numbers.clear();
        for text in cells.iter().filter_map(|cell| block.text(*cell)) {
            let look = look(text);
            match look {
                Look::Integral(number) => {
                    self.types.integral += 1;
                    numbers.push(number);
                }
                Look::Fractional(number) => {
                    self.types.fractional += 1;
                    numbers.push(number);
                }
                Look::Boolean => self.types.boolean += 1,
                Look::Text => self.types.text += 1,
            }
            if self.frequent.has_given_up() {
                self.distinct.see(hash(text, look));
            } else {
                self.see_exactly(text, 1);
            }
        }
        self.moments.extend(numbers);
        self.sketch.extend(numbers);
    }

    /// Returns how the cells look, of so many rows.
    pub(super) fn types(&self, rows: u64) -> TypeTally {
        // Two columns of one name can hold more cells than there are rows.
        TypeTally { missing: rows.saturating_sub(self.types.present()), ..self.types }
    }

    /// Returns the column's type, by Deequ's rules.
    ///
    /// A column of booleans alone is `String`: AWS's files have no word for it.
    pub(super) fn inferred_type(&self) -> InferredType {
        let TypeTally { integral, fractional, boolean, text, .. } = self.types;
        match (text + boolean, fractional, integral) {
            (1.., _, _) => InferredType::String,
            (0, 1.., _) => InferredType::Fractional,
            (0, 0, 1..) => InferredType::Integral,
            (0, 0, 0) => InferredType::Unknown,
        }
    }

    pub(super) fn values(&self, expected: Option<InferredType>) -> Values {
        let numbers = 0 < self.moments.count();
        let numeric = match expected.unwrap_or_default() {
            InferredType::Integral | InferredType::Fractional if numbers => true,
            InferredType::String => false,
            _ => self.inferred_type() != InferredType::String,
        };
        match self.types.present() {
            0 => Values::None,
            _ if numeric => self.numbers().map_or(Values::None, Values::Numbers),
            _ => Values::Texts(self.texts()),
        }
    }

    fn numbers(&self) -> Option<Numbers> {
        let (min, max) = (self.moments.min()?, self.moments.max()?);
        Some(Numbers {
            mean: finite(self.moments.mean()?),
            sum: finite(self.moments.sum()),
            std_dev: finite(self.moments.std_dev()?),
            min,
            max,
            buckets: buckets(min, max, &self.sketch.sorted()),
            sketch: self.sketch.levels(),
        })
    }

    fn texts(&self) -> Texts {
        let Some(ranked) = self.frequent.ranked() else {
            return Texts { distinct: self.distinct.estimate().round(), categories: None };
        };
        let category = |(text, count): &(&[u8], u64)| Category {
            value: String::from_utf8_lossy(text).into_owned(),
            count: *count,
        };
        Texts {
            distinct: ranked.len() as f64,
            categories: Some(ranked.iter().map(category).collect()),
        }
    }

    /// Counts a text, and moves all to `distinct` when they are too many.
    fn see_exactly(&mut self, text: &[u8], times: u64) {
        if !self.frequent.try_see_times(text, times) {
            self.give_up_texts();
            self.distinct.see(hash(text, look(text)));
        }
    }

    fn give_up_texts(&mut self) {
        self.distinct.extend(self.frequent.iter().map(|(text, _)| hash(text, look(text))));
        self.frequent.give_up();
    }
}

impl Summary for Column {
    fn merge(&mut self, other: &Self) {
        self.types.merge(&other.types);
        self.moments.merge(&other.moments);
        self.sketch.merge(&other.sketch);
        if other.frequent.has_given_up() {
            self.give_up_texts();
        }
        for (text, count) in other.frequent.iter() {
            self.see_exactly(text, count);
        }
        self.distinct.merge(&other.distinct);
    }
}

/// Returns the hash of a cell, of numbers the one that costs least.
fn hash(text: &[u8], look: Look) -> u64 {
    match look {
        Look::Integral(number) | Look::Fractional(number) => {
            summary::hash::number(number, text.len())
        }
        Look::Boolean | Look::Text => summary::hash::text(text),
    }
}

/// Counts rows in ten buckets of equal width; the last one holds its upper end.
fn buckets(min: f64, max: f64, items: &[(f64, u64)]) -> Vec<Bucket> {
    let edge = |i: u32| match max - min {
        width if width.is_finite() => min + width * f64::from(i) / 10.0,
        _ => min * (1.0 - f64::from(i) / 10.0) + max * (f64::from(i) / 10.0),
    };
    let below = |x: f64| {
        let end = items.partition_point(|(item, _)| *item < x);
        items[..end].iter().map(|(_, weight)| weight).sum::<u64>()
    };
    let bucket = |i: u32| {
        let (low, high) = (edge(i), if i == 9 { max } else { edge(i + 1) });
        let rows = below(if i == 9 { f64::INFINITY } else { high }) - below(low);
        Bucket { low, high, count: rows as f64 }
    };
    (0..10).map(bucket).collect()
}

/// Cuts what overflowed to the largest number: files know no infinity.
fn finite(number: f64) -> f64 {
    if number.is_nan() { f64::MAX } else { number.clamp(f64::MIN, f64::MAX) }
}
