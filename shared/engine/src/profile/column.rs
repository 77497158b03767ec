use dataset::{Block, Cell};
use summary::{Distinct, Frequent, Kll, Levels, Moments, Summary, TypeTally, merge_weighted};

use super::{
    cell::{Look, look},
    decimals::Decimals,
    short::Short,
};
use crate::statistics::{Bucket, Category, InferredType, Numbers, Texts, Values};

/// What is kept of one column.
///
/// Every cell is in one of two places: short numbers that lie where most
/// numbers of the column do are counted one by one in `decimals`, everything
/// else is in the other members. An answer takes both.
#[derive(Debug, Clone, Default)]
pub(super) struct Column {
    /// `missing` stays zero: it follows from the rows of the table.
    types: TypeTally,
    moments: Moments,
    sketch: Kll,
    /// All cells as texts, as long as they are few; then `distinct` takes over.
    frequent: Frequent,
    distinct: Distinct,
    /// Made once there are numbers enough to know where they lie.
    decimals: Option<Box<Decimals>>,
}

/// Room to work in: a block's numbers, and the hashes of its distinct cells.
#[derive(Debug, Clone, Default)]
pub(super) struct Room {
    numbers: Vec<f64>,
    hashes: Vec<u64>,
}

impl Column {
    pub(super) fn of_shards(shards: usize) -> Self {
        Self { sketch: Kll::of_shards(shards), ..Self::default() }
    }

    /// Takes in a block's cells.
    pub(super) fn see(&mut self, block: &Block<'_>, cells: &[Cell], room: &mut Room) {
        room.numbers.clear();
        room.hashes.clear();
        for cell in cells {
            let short = Short::read(block.bytes, *cell);
            if let (Some(short), Some(decimals)) = (short, &mut self.decimals)
                && decimals.count(short)
            {
                continue;
            }
            let Some(text) = block.text(*cell) else { continue };
            let look = short.map_or_else(|| look(text), Short::look);
            if let Some(number) = self.tally(look, 1) {
                room.numbers.push(number);
            }
            if self.frequent.has_given_up() {
                room.hashes.push(hash(text, look));
            } else {
                self.see_text(text, look, 1);
            }
        }
        self.distinct.extend(room.hashes.iter().copied());
        self.moments.extend(&room.numbers);
        self.sketch.extend(&room.numbers);
        if self.decimals.is_none() && Kll::EXACT as u64 <= self.sketch.count() {
            let items = self.sketch.sorted();
            let edge = |share: u64| quantile(&items, self.sketch.count() * share / 1000);
            self.decimals = Some(Box::new(Decimals::between(edge(1), edge(999))));
        }
    }

    /// Makes ready to answer.
    pub(super) fn settle(&mut self) {
        if let Some(decimals) = &mut self.decimals {
            decimals.settle();
        }
    }

    /// Returns how the cells look, of so many rows.
    pub(super) fn types(&self, rows: u64) -> TypeTally {
        let (whole, broken) = self.decimals.as_ref().map_or((0, 0), |it| it.rows());
        let mut types = self.types;
        types.merge(&TypeTally { integral: whole, fractional: broken, ..TypeTally::default() });
        // Two columns of one name can hold more cells than there are rows.
        TypeTally { missing: rows.saturating_sub(types.present()), ..types }
    }

    pub(super) fn values(&self, expected: Option<InferredType>) -> Values {
        let types = self.types(0);
        let numeric = match expected.unwrap_or_default() {
            InferredType::Integral | InferredType::Fractional => true,
            InferredType::String => false,
            InferredType::Unknown => inferred_type(&types) != InferredType::String,
        };
        match (numeric, 0 < types.integral + types.fractional) {
            _ if types.present() == 0 => Values::None,
            (true, true) => self.numbers().map_or(Values::None, Values::Numbers),
            _ => Values::Texts(self.texts()),
        }
    }

    fn numbers(&self) -> Option<Numbers> {
        let (moments, mut items) = (self.moments(), self.items());
        let (min, max) = (moments.min()?, moments.max()?);
        pin(&mut items, min, max);
        Some(Numbers {
            mean: finite(moments.mean()?),
            sum: finite(moments.sum()),
            std_dev: finite(moments.std_dev()?),
            min,
            max,
            buckets: buckets(min, max, &items),
            sketch: Levels::condensed(&items),
        })
    }

    fn moments(&self) -> Moments {
        let mut moments = self.moments;
        for table in self.decimals.iter().flat_map(|it| it.moments()) {
            moments.merge(&table);
        }
        moments
    }

    /// Returns the numbers in rising order, each with the rows it stands for.
    fn items(&self) -> Vec<(f64, u64)> {
        let mut items = self.sketch.sorted();
        for table in self.decimals.iter().flat_map(|it| it.tables()) {
            let table: Vec<_> = table.map(|(short, rows)| (short.number(), rows)).collect();
            if !table.is_empty() {
                items = merge_weighted(&items, &table);
            }
        }
        items
    }

    fn texts(&self) -> Texts {
        let mut all = Self {
            frequent: self.frequent.clone(),
            distinct: self.distinct.clone(),
            ..Self::default()
        };
        for (short, rows) in self.decimals.iter().flat_map(|it| it.tables()).flatten() {
            all.see_text(short.text().as_bytes(), short.look(), rows);
        }
        let Some(ranked) = all.frequent.ranked() else {
            return Texts { distinct: all.distinct.estimate().round(), categories: None };
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

    /// Counts a cell by type, and returns the number in it.
    #[inline]
    fn tally(&mut self, look: Look, rows: u64) -> Option<f64> {
        let (tally, number) = match look {
            Look::Integral(number) => (&mut self.types.integral, Some(number)),
            Look::Fractional(number) => (&mut self.types.fractional, Some(number)),
            Look::Boolean => (&mut self.types.boolean, None),
            Look::Text => (&mut self.types.text, None),
        };
        *tally += rows;
        number
    }

    /// Counts a cell by text.
    #[inline]
    fn see_text(&mut self, text: &[u8], look: Look, rows: u64) {
        if !self.frequent.try_see_times(text, rows) {
            self.give_up_texts();
            self.distinct.see(hash(text, look));
        }
    }

    fn give_up_texts(&mut self) {
        self.distinct.extend(self.frequent.iter().map(|(text, _)| hash(text, look(text))));
        self.frequent.give_up();
    }

    fn merge_texts(&mut self, other: &Self) {
        if other.frequent.has_given_up() {
            self.give_up_texts();
        }
        for (text, count) in other.frequent.iter() {
            self.see_text(text, look(text), count);
        }
        self.distinct.merge(&other.distinct);
    }

    fn merge_decimals(&mut self, theirs: &Decimals) {
        let Some(mut ours) = self.decimals.take() else {
            self.decimals = Some(Box::new(theirs.clone()));
            return;
        };
        for table in theirs.tables() {
            let mut left = Vec::new();
            for (short, rows) in table {
                if !ours.count_times(short, rows) {
                    self.see_text(short.text().as_bytes(), short.look(), rows);
                    self.tally(short.look(), rows);
                    self.moments.see_times(short.number(), rows);
                    left.push((short.number(), rows));
                }
            }
            self.sketch.extend_weighted(&left);
        }
        self.decimals = Some(ours);
    }
}

impl Summary for Column {
    fn merge(&mut self, other: &Self) {
        if self.types.present() == 0 && self.decimals.is_none() {
            self.clone_from(other);
            return;
        }
        self.types.merge(&other.types);
        self.moments.merge(&other.moments);
        self.sketch.merge(&other.sketch);
        self.merge_texts(other);
        if let Some(theirs) = &other.decimals {
            let mut theirs = theirs.clone();
            theirs.settle();
            self.merge_decimals(&theirs);
        }
    }
}

/// Returns the type of a column with such cells, by Deequ's rules.
///
/// A column of booleans alone is `String`: AWS's files have no word for it.
pub(super) fn inferred_type(types: &TypeTally) -> InferredType {
    match (types.text + types.boolean, types.fractional, types.integral) {
        (1.., _, _) => InferredType::String,
        (0, 1.., _) => InferredType::Fractional,
        (0, 0, 1..) => InferredType::Integral,
        (0, 0, 0) => InferredType::Unknown,
    }
}

/// Returns the hash of a cell, of numbers the one that costs least.
#[inline]
fn hash(text: &[u8], look: Look) -> u64 {
    match look {
        Look::Integral(number) | Look::Fractional(number) => {
            summary::hash::number(number, text.len())
        }
        Look::Boolean | Look::Text => summary::hash::text(text),
    }
}

/// Returns the least item with more than `rank` rows at or below it.
fn quantile(items: &[(f64, u64)], rank: u64) -> f64 {
    let mut reached = 0;
    let found = items.iter().find(|(_, rows)| {
        reached += rows;
        rank < reached
    });
    found.or(items.last()).map_or(0.0, |(item, _)| *item)
}

/// Gives one row to each end of the range where the sketch has lost it.
///
/// The row is that of the outermost item that stands for more than one.
fn pin(items: &mut Vec<(f64, u64)>, min: f64, max: f64) {
    if items.first().is_some_and(|it| it.0 != min)
        && let Some(first) = items.iter_mut().find(|it| 1 < it.1)
    {
        first.1 -= 1;
        items.insert(0, (min, 1));
    }
    if items.last().is_some_and(|it| it.0 != max)
        && let Some(last) = items.iter_mut().rfind(|it| 1 < it.1)
    {
        last.1 -= 1;
        items.push((max, 1));
    }
}

/// Counts rows in ten buckets of equal width; the last one holds its upper end.
fn buckets(min: f64, max: f64, items: &[(f64, u64)]) -> Vec<Bucket> {
    let edge = |i: u32| match max - min {
        width if width.is_finite() => min + width * f64::from(i) / 10.0,
        _ => min * (1.0 - f64::from(i) / 10.0) + max * (f64::from(i) / 10.0),
    };
    let bucket = |i: u32| {
        let (low, high) = (edge(i), if i == 9 { max } else { edge(i + 1) });
        let start = items.partition_point(|(item, _)| *item < low);
        let end = match i {
            9 => items.len(),
            _ => items.partition_point(|(item, _)| *item < high),
        };
        // Where the range is narrower than doubles are apart, edges repeat.
        let rows: u64 = items[start.min(end)..end].iter().map(|(_, rows)| rows).sum();
        Bucket { low, high, count: rows as f64 }
    };
    (0..10).map(bucket).collect()
}

/// Cuts what overflowed to the largest number: files know no infinity.
fn finite(number: f64) -> f64 {
    if number.is_nan() { f64::MAX } else { number.clamp(f64::MIN, f64::MAX) }
}
