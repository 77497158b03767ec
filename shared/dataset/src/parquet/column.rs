use super::render::Look;
use crate::block::Cell;
use parquet::{
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::{ByteArray, DataType},
    errors::Result,
    schema::types::ColumnDescriptor,
};

/// One column of a row group.
pub(super) struct Column {
    reader: ColumnReader,
    look: Look,
    /// The level of a cell that holds something.
    present: i16,
    levels: Vec<i16>,
}

/// Decoded cells of a column.
pub(super) enum Values {
    Texts { text: Vec<u8>, cells: Vec<Cell> },
    Bytes(Vec<Option<ByteArray>>),
}

impl Column {
    pub(super) fn new(reader: ColumnReader, described: &ColumnDescriptor) -> Self {
        let present = described.max_def_level();
        Self { reader, look: Look::of(described), present, levels: Vec::new() }
    }

    /// Decodes the next `rows` cells; fewer at the end of the row group.
    pub(super) fn read(&mut self, rows: usize) -> Result<Values> {
        let Self { reader, look, present, levels } = self;
        let (look, present) = (*look, *present);
        levels.clear();
        let mut text = Vec::new();
        macro_rules! texts {
            ($reader:expr, $write:expr) => {{
                let (count, values) = pull($reader, rows, levels)?;
                let write = $write;
                let mut values = values.iter();
                let cells = (0..count).map(|i| {
                    let value = if is_present(levels, i, present) { values.next() } else { None };
                    let start = text.len();
                    match value {
                        Some(value) if write(value, &mut text) => {
                            Cell { start: start as u32, end: text.len() as u32 }
                        }
                        _ => Cell::MISSING,
                    }
                });
                let cells = cells.collect();
                Values::Texts { text, cells }
            }};
        }
        Ok(match reader {
            ColumnReader::BoolColumnReader(it) => {
                texts!(it, |value: &bool, text: &mut Vec<u8>| Look::boolean(*value, text))
            }
            ColumnReader::Int32ColumnReader(it) => {
                texts!(it, |value: &i32, text: &mut Vec<u8>| look.integer(
                    i64::from(*value),
                    32,
                    text
                ))
            }
            ColumnReader::Int64ColumnReader(it) => {
                texts!(it, |value: &i64, text: &mut Vec<u8>| look.integer(*value, 64, text))
            }
            ColumnReader::Int96ColumnReader(it) => {
                texts!(it, |value: &parquet::data_type::Int96, text: &mut Vec<u8>| {
                    Look::NANOSECONDS.integer(value.to_nanos(), 64, text)
                })
            }
            ColumnReader::FloatColumnReader(it) => {
                texts!(it, |value: &f32, text: &mut Vec<u8>| Look::fraction(value, text))
            }
            ColumnReader::DoubleColumnReader(it) => {
                texts!(it, |value: &f64, text: &mut Vec<u8>| Look::fraction(value, text))
            }
            ColumnReader::ByteArrayColumnReader(it) if look.is_plain() => {
                let (count, values) = pull(it, rows, levels)?;
                let mut values = values.into_iter();
                let cells = (0..count)
                    .map(|i| if is_present(levels, i, present) { values.next() } else { None });
                Values::Bytes(cells.collect())
            }
            ColumnReader::ByteArrayColumnReader(it) => {
                texts!(it, |value: &ByteArray, text: &mut Vec<u8>| look.bytes(value.data(), text))
            }
            ColumnReader::FixedLenByteArrayColumnReader(it) => {
                texts!(it, |value: &parquet::data_type::FixedLenByteArray, text: &mut Vec<u8>| {
                    look.bytes(value.data(), text)
                })
            }
        })
    }
}

fn is_present(levels: &[i16], cell: usize, present: i16) -> bool {
    present == 0 || levels.get(cell) == Some(&present)
}

/// Decodes values and levels until there are enough; returns the number of cells.
fn pull<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    levels: &mut Vec<i16>,
) -> Result<(usize, Vec<T::T>)> {
    let mut values = Vec::new();
    let mut count = 0;
    while count < rows {
        let (records, _, _) = reader.read_records(rows - count, Some(levels), None, &mut values)?;
        if records == 0 {
            break;
        }
        count += records;
    }
    Ok((count, values))
}

impl Values {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Texts { cells, .. } => cells.len(),
            Self::Bytes(values) => values.len(),
        }
    }

    /// Length of the text of a cell.
    pub(super) fn length(&self, row: usize) -> usize {
        match self {
            Self::Texts { cells, .. } => (cells[row].end - cells[row].start) as usize,
            Self::Bytes(values) => values[row].as_ref().map_or(0, ByteArray::len),
        }
    }

    /// Appends the text of a cell and returns where it went.
    pub(super) fn append(&self, row: usize, to: &mut Vec<u8>) -> Cell {
        let start = to.len() as u32;
        match self {
            Self::Texts { cells, .. } if cells[row].is_missing() => return Cell::MISSING,
            Self::Texts { text, cells } => {
                to.extend_from_slice(&text[cells[row].start as usize..cells[row].end as usize]);
            }
            Self::Bytes(values) => match &values[row] {
                Some(value) => to.extend_from_slice(value.data()),
                None => return Cell::MISSING,
            },
        }
        Cell { start, end: to.len() as u32 }
    }
}
