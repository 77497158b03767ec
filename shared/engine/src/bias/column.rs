//! One column, coded: every cell becomes a small class.

use super::{
    Nature,
    cell::{Marks, Shape, Shapes, Wanted},
    words,
};
use dataset::{Block, Cell};
use std::collections::HashMap;
use summary::{Distinct, Summary, hash};

/// The class of missing cells.
pub(super) const MISSING: u16 = 0;

/// From this share of distinct values on, whole numbers count as continuous.
const CONTINUOUS_SHARE: f64 = 0.05;

/// A column that is looked at: the classes of its cells and what tells its type.
#[derive(Debug, Clone)]
pub(super) struct Column {
    classes: Classes,
    memo: Memo,
    shapes: Shapes,
    greatest: Option<f64>,
    distinct: Distinct,
    present: u64,
}

/// What the classes of a column stand for.
#[derive(Debug, Clone)]
pub(super) enum Classes {
    /// How cells match the values that are looked for.
    Marks { wanted: Wanted, marks: Vec<Marks> },
    /// The values themselves, as far as there is room.
    Kinds { most: usize, kinds: Vec<Box<[u8]>>, places: HashMap<Box<[u8]>, u16>, full: bool },
}

/// The type of a whole column, as pandas tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnType {
    Whole,
    Fraction,
    Switch,
    Text,
}

impl Column {
    pub(super) fn of_values(wanted: Wanted) -> Self {
        Self::new(Classes::Marks { wanted, marks: Vec::new() })
    }

    /// A column of which the values themselves are told apart, `most` at most.
    pub(super) fn of_kinds(most: usize) -> Self {
        Self::new(Classes::Kinds { most, kinds: Vec::new(), places: HashMap::new(), full: false })
    }

    fn new(classes: Classes) -> Self {
        Self {
            classes,
            memo: Memo::default(),
            shapes: Shapes::default(),
            greatest: None,
            distinct: Distinct::default(),
            present: 0,
        }
    }

    /// Appends the class of every cell.
    pub(super) fn code(&mut self, block: &Block<'_>, cells: &[Cell], codes: &mut Vec<u16>) {
        codes.clear();
        codes.reserve(cells.len());
        let mut missing = 0;
        for cell in cells {
            let Some(text) = block.text(*cell) else {
                codes.push(MISSING);
                missing += 1;
                continue;
            };
            let code = self.code_of(Memo::key(block, *cell, text), text);
            missing += u64::from(code == MISSING);
            codes.push(code);
        }
        self.shapes.see_missing(0 < missing);
        self.present += cells.len() as u64 - missing;
    }

    #[inline]
    fn code_of(&mut self, key: Option<Key>, text: &[u8]) -> u16 {
        let known = key.and_then(|it| self.memo.get(it));
        known.unwrap_or_else(|| {
            let code = self.class(text);
            if let Some(key) = key {
                self.memo.put(key, code);
            }
            code
        })
    }

    /// Notes rows that lack the column.
    pub(super) fn skip(&mut self, rows: usize, codes: &mut Vec<u16>) {
        codes.clear();
        codes.resize(rows, MISSING);
        self.shapes.see_missing(0 < rows);
    }

    /// One more than the greatest class.
    pub(super) fn classes(&self) -> usize {
        1 + match &self.classes {
            Classes::Marks { marks, .. } => marks.len(),
            Classes::Kinds { kinds, .. } => kinds.len(),
        }
    }

    #[cold]
    fn class(&mut self, text: &[u8]) -> u16 {
        let Some(shape) = Shape::of(text) else {
            return MISSING;
        };
        self.shapes.see(shape);
        if let Some(number) = shape.number() {
            self.greatest = Some(self.greatest.map_or(number, |it| it.max(number)));
            self.distinct.see(hash::number(number, 0));
        }
        match &mut self.classes {
            Classes::Marks { wanted, marks } => {
                let found = wanted.marks(text, shape);
                place_of(marks, found)
            }
            Classes::Kinds { most, kinds, places, full } => {
                if let Some(place) = places.get(text) {
                    return *place;
                }
                if *most <= kinds.len() {
                    *full = true;
                    return MISSING;
                }
                kinds.push(text.into());
                let place = kinds.len() as u16;
                places.insert(text.into(), place);
                place
            }
        }
    }

    /// Merges another part of the column; returns this side's class of each of
    /// the other's.
    pub(super) fn merge(&mut self, other: &Self) -> Vec<u16> {
        self.shapes.merge(other.shapes);
        self.greatest = match (self.greatest, other.greatest) {
            (Some(one), Some(two)) => Some(one.max(two)),
            (one, two) => one.or(two),
        };
        self.distinct.merge(&other.distinct);
        self.present += other.present;
        let mut map = vec![MISSING];
        match (&mut self.classes, &other.classes) {
            (Classes::Marks { marks, .. }, Classes::Marks { marks: others, .. }) => {
                map.extend(others.iter().map(|it| place_of(marks, *it)));
            }
            (
                Classes::Kinds { most, kinds, places, full },
                Classes::Kinds { kinds: others, full: other_full, .. },
            ) => {
                *full |= other_full;
                for text in others {
                    let known = places.get(text).copied();
                    let place = known.unwrap_or_else(|| {
                        if *most <= kinds.len() {
                            *full = true;
                            return MISSING;
                        }
                        kinds.push(text.clone());
                        places.insert(text.clone(), kinds.len() as u16);
                        kinds.len() as u16
                    });
                    map.push(place);
                }
            }
            _ => {}
        }
        // The memo may name classes that a merge never changes, so it stays.
        map
    }

    /// Returns the type of the column, as pandas reads a CSV of these cells.
    pub(super) fn kind(&self) -> ColumnType {
        let it = self.shapes;
        let has_numbers = it.has(Shapes::WHOLE | Shapes::FRACTION);
        if it.has(Shapes::TEXT) || it.has(Shapes::SWITCH) && has_numbers {
            ColumnType::Text
        } else if it.has(Shapes::SWITCH) {
            ColumnType::Switch
        } else if has_numbers && !it.has(Shapes::FRACTION | Shapes::MISSING) {
            ColumnType::Whole
        } else {
            ColumnType::Fraction
        }
    }

    /// Returns how values are told apart; more than one value means by equality.
    fn nature(&self, wanted: Option<&Wanted>) -> Nature {
        if let Some(nature) = wanted.and_then(|it| it.nature) {
            return nature;
        }
        if wanted.is_some_and(|it| 1 < it.values.len()) {
            return Nature::Categorical;
        }
        match self.kind() {
            ColumnType::Text | ColumnType::Switch => Nature::Categorical,
            ColumnType::Fraction => Nature::Continuous,
            ColumnType::Whole => {
                let share = self.distinct.estimate() / self.present.max(1) as f64;
                if CONTINUOUS_SHARE <= share { Nature::Continuous } else { Nature::Categorical }
            }
        }
    }

    /// Settles which classes match.
    ///
    /// `rows` counts the rows of each class. Errors are Clarify's where it has one.
    pub(super) fn matched(&self, rows: &[u64]) -> Result<Matched, String> {
        let Classes::Marks { wanted, marks } = &self.classes else {
            return Err(NO_THRESHOLD.to_owned());
        };
        let nature = self.nature(Some(wanted));
        if nature == Nature::Continuous {
            let mut is_in = self.above(marks, wanted)?;
            is_in.insert(0, false);
            let value = self.interval(wanted.threshold().unwrap_or_default(), wanted)?;
            return Ok(Matched { nature, value, is_in });
        }
        let (same, converted) = match self.kind() {
            ColumnType::Whole => (Marks::NUMBER, Marks::AS_WHOLE),
            ColumnType::Fraction => (Marks::NUMBER, Marks::AS_NUMBER),
            ColumnType::Switch => (Marks::SWITCH, Marks::AS_SWITCH),
            ColumnType::Text => (Marks::TEXT, Marks::AS_TEXT),
        };
        let any = |bit: u8| marks.iter().zip(&rows[1..]).any(|(it, rows)| it.has(bit) && 0 < *rows);
        let is_number = matches!(self.kind(), ColumnType::Whole | ColumnType::Fraction);
        let bit = if any(same) {
            same
        } else if is_number && !wanted.is_numeric() {
            return Err(NOT_NUMERIC.to_owned());
        } else {
            converted
        };
        let is_in = std::iter::once(false).chain(marks.iter().map(|it| it.has(bit))).collect();
        let values: Vec<String> = wanted.values.iter().map(words::python).collect();
        Ok(Matched { nature, value: values.join(","), is_in })
    }

    fn above(&self, marks: &[Marks], wanted: &Wanted) -> Result<Vec<bool>, String> {
        if wanted.values.is_empty() {
            return Err(NO_THRESHOLD.to_owned());
        }
        if wanted.threshold().is_none() {
            return Err(NO_NUMBER.to_owned());
        }
        if self.greatest.is_none() {
            return Err(NO_NUMBERS.to_owned());
        }
        Ok(marks.iter().map(|it| it.has(Marks::ABOVE)).collect())
    }

    /// The interval from a threshold to the greatest number, as Clarify words it.
    fn interval(&self, threshold: f64, wanted: &Wanted) -> Result<String, String> {
        let greatest = self.greatest.ok_or(NO_NUMBERS)?;
        // Clarify compares the absolute value, whatever it means by that.
        if greatest.abs() == threshold {
            return Ok(String::new());
        }
        let is_whole = self.kind() == ColumnType::Whole
            && matches!(wanted.values.first(), Some(super::Value::Whole(_)));
        Ok(words::interval(threshold.min(greatest), threshold.max(greatest), is_whole))
    }

    /// Returns each value of the column with its classes, sorted.
    ///
    /// Numbers that are spelled in several ways are one value. Missing cells are
    /// not among them.
    pub(super) fn values(&self) -> Result<Vec<(String, Vec<u16>)>, String> {
        let Classes::Kinds { kinds, full, most, .. } = &self.classes else {
            return Ok(Vec::new());
        };
        if *full {
            return Err(format!("the column has more than {most} values; name those to look at"));
        }
        let kind = self.kind();
        let mut values: Vec<(f64, String, Vec<u16>)> = Vec::new();
        for (place, text) in kinds.iter().enumerate() {
            let class = place as u16 + 1;
            let (order, value) = match (kind, Shape::of(text)) {
                (ColumnType::Whole, Some(Shape::Whole(it))) => (it, format!("{it:.0}")),
                (ColumnType::Fraction, Some(Shape::Whole(it) | Shape::Fraction(it))) => {
                    (it, words::python_number(it))
                }
                (ColumnType::Switch, Some(Shape::Switch(it))) => {
                    (f64::from(u8::from(it)), if it { "True" } else { "False" }.to_owned())
                }
                _ => (0.0, String::from_utf8_lossy(text).into_owned()),
            };
            match values.iter_mut().find(|it| it.1 == value) {
                Some(known) => known.2.push(class),
                None => values.push((order, value, vec![class])),
            }
        }
        values.sort_by(|one, two| one.0.total_cmp(&two.0).then_with(|| one.1.cmp(&two.1)));
        Ok(values.into_iter().map(|(_, value, classes)| (value, classes)).collect())
    }

    /// Whether every value of the column may be a group of its own.
    pub(super) fn is_categorical(&self, nature: Option<Nature>) -> bool {
        nature.unwrap_or_else(|| self.nature(None)) == Nature::Categorical
    }

    pub(super) fn has_missing(&self) -> bool {
        self.shapes.has(Shapes::MISSING)
    }
}

pub(super) const NO_THRESHOLD: &str = "Threshold values must be provided for continuous features";
const NO_NUMBER: &str =
    "Facet/label value provided must be a single numeric threshold for continuous data";
const NO_NUMBERS: &str = "the column holds no numbers";
const NOT_NUMERIC: &str = "the column holds numbers and the values looked for are none";

/// Which classes of a column match what is looked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Matched {
    pub(super) nature: Nature,
    /// The values or the interval, as Clarify's file has them.
    pub(super) value: String,
    pub(super) is_in: Vec<bool>,
}

fn place_of(marks: &mut Vec<Marks>, found: Marks) -> u16 {
    let place = marks.iter().position(|it| *it == found).unwrap_or_else(|| {
        marks.push(found);
        marks.len() - 1
    });
    place as u16 + 1
}

/// Remembers the classes of short cells, so that most cells cost one comparison.
#[derive(Debug, Clone)]
struct Memo(Box<[(Key, u16); Memo::SLOTS]>);

/// A short cell: its first bytes, its last ones, and how many there are plus one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Key {
    first: u64,
    last: u64,
    length: u64,
}

impl Default for Memo {
    fn default() -> Self {
        Self(Box::new([(Key::default(), MISSING); Self::SLOTS]))
    }
}

impl Memo {
    const SLOTS: usize = 1 << Self::BITS;
    const BITS: u32 = 9;
    /// Longer cells are looked at anew.
    const LONGEST: usize = 16;

    #[inline]
    fn key(block: &Block<'_>, cell: Cell, text: &[u8]) -> Option<Key> {
        let length = text.len() as u64 + 1;
        if text.len() < 8 {
            let first = match block.bytes[cell.start as usize..].first_chunk::<8>() {
                // What follows the cell is masked.
                Some(bytes) => u64::from_le_bytes(*bytes) & ((1 << (8 * text.len())) - 1),
                None => text.iter().rev().fold(0, |key, byte| key << 8 | u64::from(*byte)),
            };
            return Some(Key { first, last: 0, length });
        }
        let (first, last) = (text.first_chunk::<8>()?, text.last_chunk::<8>()?);
        (text.len() <= Self::LONGEST).then(|| Key {
            first: u64::from_le_bytes(*first),
            last: u64::from_le_bytes(*last),
            length,
        })
    }

    #[inline]
    fn slot(key: Key) -> usize {
        let mixed = (key.first ^ key.last.rotate_left(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> (64 - Self::BITS)) as usize
    }

    #[inline]
    fn get(&self, key: Key) -> Option<u16> {
        let (known, class) = self.0[Self::slot(key)];
        (known == key).then_some(class)
    }

    fn put(&mut self, key: Key, class: u16) {
        self.0[Self::slot(key)] = (key, class);
    }
}
