//! What one cell says about the values that are looked for.
//!
//! Clarify compares as Python does: `1` is `1.0` and `True`, `"1"` is neither,
//! and only where nothing at all matches are the values converted to the type of
//! the column. That type is known at the end of the table, so a cell is marked
//! under every type that its column may turn out to have.

use super::{Nature, Value};
use crate::bias::words::python;

/// How a cell matches, one bit for each reading of its column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Marks(pub(super) u8);

impl Marks {
    /// The number is above the threshold.
    pub(super) const ABOVE: u8 = 1;
    /// The number is one of the values.
    pub(super) const NUMBER: u8 = 1 << 1;
    /// The number is one of the values, which were converted to whole numbers.
    pub(super) const AS_WHOLE: u8 = 1 << 2;
    /// The number is one of the values, which were converted to numbers.
    pub(super) const AS_NUMBER: u8 = 1 << 3;
    pub(super) const SWITCH: u8 = 1 << 4;
    pub(super) const AS_SWITCH: u8 = 1 << 5;
    pub(super) const TEXT: u8 = 1 << 6;
    pub(super) const AS_TEXT: u8 = 1 << 7;

    pub(super) fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}

/// What a cell looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    Whole(f64),
    Fraction(f64),
    Switch(bool),
    Text,
}

impl Shape {
    /// Tells the shape of a cell as pandas reads CSV; `None` of a cell that says
    /// it is no number.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        match text {
            b"True" | b"true" | b"TRUE" => return Some(Self::Switch(true)),
            b"False" | b"false" | b"FALSE" => return Some(Self::Switch(false)),
            _ => {}
        }
        let text = text.trim_ascii();
        if !text.first().is_some_and(|it| it.is_ascii_digit() || b"+-.iInN".contains(it)) {
            return Some(Self::Text);
        }
        let Ok(number) = fast_float2::parse::<f64, _>(text) else {
            return Some(Self::Text);
        };
        if number.is_nan() {
            return None;
        }
        let digits = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text);
        if digits.iter().all(u8::is_ascii_digit) {
            return Some(Self::Whole(number));
        }
        Some(Self::Fraction(number))
    }

    pub(super) fn number(self) -> Option<f64> {
        match self {
            Self::Whole(it) | Self::Fraction(it) => Some(it),
            Self::Switch(_) | Self::Text => None,
        }
    }
}

/// Which shapes of cells came up in a column, one bit each.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shapes(u8);

impl Shapes {
    pub(super) const MISSING: u8 = 1;
    pub(super) const WHOLE: u8 = 2;
    pub(super) const FRACTION: u8 = 4;
    pub(super) const SWITCH: u8 = 8;
    pub(super) const TEXT: u8 = 16;

    pub(super) fn see(&mut self, shape: Shape) {
        self.0 |= match shape {
            Shape::Whole(_) => Self::WHOLE,
            Shape::Fraction(_) => Self::FRACTION,
            Shape::Switch(_) => Self::SWITCH,
            Shape::Text => Self::TEXT,
        };
    }

    pub(super) fn see_missing(&mut self, is: bool) {
        self.0 |= if is { Self::MISSING } else { 0 };
    }

    pub(super) fn has(self, bits: u8) -> bool {
        self.0 & bits != 0
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether pandas would read the column as numbers or booleans.
    pub(super) fn is_numeric(self) -> bool {
        let mixed = self.has(Self::WHOLE | Self::FRACTION | Self::MISSING);
        !(self.has(Self::TEXT) || self.has(Self::SWITCH) && mixed)
    }
}

/// What is looked for, under every reading.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Wanted {
    pub(super) values: Vec<Value>,
    pub(super) nature: Option<Nature>,
    threshold: Option<f64>,
    numbers: Vec<f64>,
    whole: Option<Vec<f64>>,
    converted: Option<Vec<f64>>,
    switches: Vec<bool>,
    texts: Vec<Vec<u8>>,
    as_texts: Vec<Vec<u8>>,
}

impl Wanted {
    pub(super) fn new(values: &[Value], nature: Option<Nature>) -> Self {
        let text = |it: &Value| match it {
            Value::Text(it) => Some(it.as_bytes().to_vec()),
            _ => None,
        };
        let whole: Option<Vec<f64>> = values.iter().map(to_whole).collect();
        let converted: Option<Vec<f64>> = values.iter().map(to_number).collect();
        let is_text = matches!(values.first(), Some(Value::Text(_)));
        let as_texts = if is_text {
            values.iter().filter_map(text).collect()
        } else {
            values.iter().map(|it| python(it).into_bytes()).collect()
        };
        Self {
            values: values.to_vec(),
            nature,
            threshold: values.first().and_then(to_number),
            numbers: values.iter().filter_map(plain_number).collect(),
            // Where one text is no whole number, all of them are read as numbers.
            whole: whole.or_else(|| converted.clone()),
            converted,
            switches: values.iter().map(is_true).collect(),
            texts: values.iter().filter_map(text).collect(),
            as_texts,
        }
    }

    pub(super) fn threshold(&self) -> Option<f64> {
        self.threshold
    }

    /// Whether the values can be converted to the type of a column of numbers.
    pub(super) fn is_numeric(&self) -> bool {
        self.converted.is_some()
    }

    pub(super) fn marks(&self, text: &[u8], shape: Shape) -> Marks {
        let mut marks = 0;
        let mut mark = |bit: u8, is: bool| marks |= if is { bit } else { 0 };
        match shape {
            Shape::Whole(number) | Shape::Fraction(number) => {
                let among = |list: Option<&Vec<f64>>| list.is_some_and(|it| it.contains(&number));
                mark(Marks::ABOVE, self.threshold.is_some_and(|it| it < number));
                mark(Marks::NUMBER, self.numbers.contains(&number));
                mark(Marks::AS_WHOLE, among(self.whole.as_ref()));
                mark(Marks::AS_NUMBER, among(self.converted.as_ref()));
            }
            Shape::Switch(on) => {
                mark(Marks::SWITCH, self.numbers.contains(&f64::from(u8::from(on))));
                mark(Marks::AS_SWITCH, self.switches.contains(&on));
            }
            Shape::Text => {}
        }
        mark(Marks::TEXT, self.texts.iter().any(|it| it == text));
        mark(Marks::AS_TEXT, self.as_texts.iter().any(|it| it == text));
        Marks(marks)
    }
}

/// The number that Python holds a value to be, without converting it.
fn plain_number(value: &Value) -> Option<f64> {
    match value {
        Value::Whole(it) => Some(*it as f64),
        Value::Number(it) => Some(*it),
        Value::Switch(it) => Some(f64::from(u8::from(*it))),
        Value::Text(_) => None,
    }
}

/// Python's `float(value)`.
fn to_number(value: &Value) -> Option<f64> {
    match value {
        Value::Text(it) => it.trim().parse().ok(),
        other => plain_number(other),
    }
}

/// Python's `int(value)`, which cuts a fraction off.
fn to_whole(value: &Value) -> Option<f64> {
    match value {
        Value::Text(it) => it.trim().parse::<i64>().ok().map(|it| it as f64),
        other => plain_number(other).map(f64::trunc),
    }
}

/// Python's `bool(value)`: every text but the empty one is true.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Text(it) => !it.is_empty(),
        other => plain_number(other).is_some_and(|it| it != 0.0),
    }
}
