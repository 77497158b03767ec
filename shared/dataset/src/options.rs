use crate::label::LabelOptions;
use std::ops::Range;

/// How input is to be read, for every format.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    pub csv: CsvOptions,
    pub capture: CaptureOptions,
    pub labels: LabelOptions,
    /// The only columns whose cells are wanted, by name or as [`column_of`](crate::column_of)
    /// finds them; `None` wants all. CSV leaves the others empty, the rest hand on all.
    pub columns: Option<Vec<String>>,
    pub limits: Limits,
}

/// What no input may exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one record; a longer one is set aside. A gibibyte at most.
    pub record: usize,
    /// Columns of one table; a JSON record that brings more is set aside.
    pub columns: usize,
    /// Objects and arrays inside one another; serde_json stops there too.
    pub depth: usize,
    /// Bytes that are read before rows are handed on; grows with wide rows.
    pub buffer: usize,
}

impl Limits {
    /// Places in a block are 32 bits wide.
    pub(crate) fn bounded(self) -> Self {
        Self { record: self.record.min(1 << 30), buffer: self.buffer.clamp(64, 1 << 30), ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { record: 16 << 20, columns: 10_000, depth: 127, buffer: 256 << 10 }
    }
}

/// How CSV is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvOptions {
    pub header: Header,
    pub separator: u8,
    /// Names for columns without a header, in place of `_c0`, `_c1`, … .
    pub names: Vec<String>,
    /// Where a header is guessed, a first row with one of these cells is one, and
    /// no other; empty looks for numbers instead.
    pub known: Vec<String>,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { header: Header::Guessed, separator: b',', names: Vec::new(), known: Vec::new() }
    }
}

/// Whether the first row names the columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Header {
    Present,
    Absent,
    /// The first row is a header when none of its cells is a number.
    #[default]
    Guessed,
}

/// How captured inferences become rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaptureOptions {
    pub sides: Sides,
    /// Names for columns without a name of their own, in place of `_c0`, `_c1`, … .
    pub names: Vec<String>,
    /// Names for the input's columns without a name of their own, from its first on;
    /// empty leaves them to `names`.
    pub features: Vec<String>,
    /// The records are merged ones: a first column `groundTruthData` holds the label,
    /// and a record without one is set aside.
    pub labels: bool,
    /// Only inferences at `[start, end)`, in seconds since 1970, are rows.
    pub window: Option<Range<i64>>,
}

/// Which sides of an inference make the row, and in which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sides {
    /// AWS's `START`.
    #[default]
    OutputFirst,
    /// AWS's `END`.
    InputFirst,
    InputOnly,
    OutputOnly,
}
