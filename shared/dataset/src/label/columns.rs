use super::{Label, LabelOptions, Truth, record::NAMES};
use crate::{block::Cell, instant};

/// A row without a label that could be used: where it stands and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unlabelled {
    /// Byte offset of the first cell that holds something, in the (unpacked) source.
    pub offset: u64,
    /// Never quotes the row.
    pub reason: &'static str,
}

/// Which columns of a table hold labels.
#[derive(Debug, Clone, Copy)]
pub(super) enum Columns {
    /// The columns of [`LabelRecord`](super::LabelRecord).
    Own,
    Table {
        id: usize,
        label: usize,
        time: Option<usize>,
    },
    Missing(&'static str),
}

const NO_ID_COLUMN: &str = "no column holds the ids";
const NO_LABEL_COLUMN: &str = "no column holds the labels";
const NO_ID: &str = "the row has no id";
const NO_LABEL: &str = "the row has no label";
const NO_TIME: &str = "the time of the label is not readable";
const NOT_UTF8: &str = "the row is not valid UTF-8";

impl Columns {
    pub(super) fn find(names: &[String], options: &LabelOptions) -> Self {
        if names == NAMES {
            return Self::Own;
        }
        let find = |wanted: &[String]| {
            wanted.iter().find_map(|it| names.iter().position(|name| name == it))
        };
        match (find(&options.id), find(&options.label)) {
            (None, _) => Self::Missing(NO_ID_COLUMN),
            (_, None) => Self::Missing(NO_LABEL_COLUMN),
            (Some(id), Some(label)) => Self::Table { id, label, time: find(&options.time) },
        }
    }

    /// Returns the label of a row.
    #[inline]
    pub(super) fn label<'a>(
        &self,
        row: usize,
        bytes: &'a [u8],
        cells: &[Vec<Cell>],
        at: u64,
    ) -> Result<Label<'a>, Unlabelled> {
        let text = |column: usize| {
            let cell = cells[column][row];
            (!cell.is_missing()).then(|| &bytes[cell.start as usize..cell.end as usize])
        };
        let found = match *self {
            Self::Own => own(text),
            Self::Table { id, label, time } => table(text(id), text(label), time.and_then(text)),
            Self::Missing(reason) => Err(reason),
        };
        found.map_err(|reason| {
            let first = cells.iter().map(|it| it[row]).filter(|it| !it.is_missing());
            let first = first.map(|it| it.start).min().unwrap_or(0);
            Unlabelled { offset: at + u64::from(first), reason }
        })
    }
}

/// The reader of label records has checked them.
#[inline]
fn own<'a>(text: impl Fn(usize) -> Option<&'a [u8]>) -> Result<Label<'a>, &'static str> {
    let truth = match (text(1), text(2), text(3)) {
        (Some(it), _, _) => Truth::Record(it),
        (_, Some(it), _) => Truth::Text(it),
        (_, _, Some(it)) => Truth::Json(it),
        _ => return Err(NO_LABEL),
    };
    let time = text(4).map(|it| moment(it).ok_or(NO_TIME)).transpose()?;
    Ok(Label { id: text(0).ok_or(NO_ID)?, truth, time })
}

fn table<'a>(
    id: Option<&'a [u8]>,
    label: Option<&'a [u8]>,
    time: Option<&'a [u8]>,
) -> Result<Label<'a>, &'static str> {
    let id = id.filter(|it| !it.is_empty()).ok_or(NO_ID)?;
    let label = label.ok_or(NO_LABEL)?;
    if std::str::from_utf8(id).is_err() || std::str::from_utf8(label).is_err() {
        return Err(NOT_UTF8);
    }
    let time = time.map(|it| moment(it).ok_or(NO_TIME)).transpose()?;
    Ok(Label { id, truth: Truth::Text(label), time })
}

/// Reads a time: ISO 8601, or seconds or milliseconds since 1970.
pub(super) fn moment(text: &[u8]) -> Option<i64> {
    if let Some(it) = instant::micros(text) {
        return Some(it);
    }
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    // Seconds reach this number in the year 5138, milliseconds in 1973.
    let micros = number * if number.abs() < 1e11 { 1e6 } else { 1e3 };
    (micros.abs() < 9e18).then_some(micros as i64)
}
