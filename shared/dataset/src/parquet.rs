mod chunks;
mod column;
mod pages;
mod render;

use crate::{
    block::{Block, Cell, SetAside, Sink, Tally},
    options::Limits,
    unique::unique_names,
};
use chunks::Chunks;
use column::{Column, Values};
use pages::Checked;
use parquet::{
    column::reader::get_column_reader,
    errors::ParquetError,
    file::reader::{FileReader, RowGroupReader, SerializedFileReader},
};
use std::{
    io::{Read, Seek},
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Rows that are decoded at once.
const ROWS: usize = 1024;
/// Texts of a block, in bytes; one row may exceed it.
const BLOCK: usize = 4 << 20;

/// Reads a Parquet file, row group by row group, and hands its rows on as text.
///
/// Integers, decimals, dates, times (`2026-03-04T10:20:48.5Z`) and booleans are
/// written as people write them, fractions with their shortest exact digits.
/// `NaN` is a missing cell, for most writers mean that. Members of structs are
/// columns `a.b`; a column inside of lists or maps is set aside with its name as
/// the record. Where the file is damaged or holds delta-encoded prefixes, the
/// rest of it is set aside. Memory: the pages at hand, each as large as it claims
/// to be (2 GiB at most), and some megabytes.
pub fn read_parquet<R: Read + Seek + Send + 'static>(
    input: R,
    limits: Limits,
    sink: &mut dyn Sink,
) -> Tally {
    let mut tally = Tally::default();
    if let Err(reason) = read(input, limits.bounded(), sink, &mut tally) {
        set_aside(reason, &[], sink, &mut tally);
    }
    tally
}

type Fault = &'static str;

const DAMAGED: Fault = "the Parquet file is damaged or cut off";
const UNKNOWN_CODEC: Fault = "the Parquet file uses a compression or a type that is not supported";
const NESTED: Fault = "the column is nested in a list or a map";
const TOO_MANY: Fault = "the file has more columns than the limit";
const TOO_LONG: Fault = "the record is longer than the limit";

fn read<R: Read + Seek + Send + 'static>(
    input: R,
    limits: Limits,
    sink: &mut dyn Sink,
    tally: &mut Tally,
) -> Result<(), Fault> {
    let chunks = Chunks::new(input).map_err(|_| DAMAGED)?;
    let file = guarded(|| SerializedFileReader::new(chunks))?;
    let schema = file.metadata().file_metadata().schema_descr();
    if limits.columns < schema.num_columns() {
        return Err(TOO_MANY);
    }
    let (flat, nested): (Vec<usize>, Vec<usize>) =
        (0..schema.num_columns()).partition(|it| schema.column(*it).max_rep_level() == 0);
    let name = |it: &usize| schema.column(*it).path().parts().join(".");
    for column in &nested {
        set_aside(NESTED, name(column).as_bytes(), sink, tally);
    }
    let names = unique_names(flat.iter().map(name));
    let mut rows = Rows { names: &names, limits, text: Vec::new(), columns: Vec::new() };
    rows.columns.resize_with(flat.len(), Vec::new);
    for i in 0..file.num_row_groups() {
        let group = guarded(|| file.get_row_group(i))?;
        rows.read_group(&*group, &flat, sink, tally)?;
    }
    Ok(())
}

/// Calls into the parquet crate, which panics on some damaged files.
fn guarded<T>(call: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(it)) => Ok(it),
        Ok(Err(ParquetError::NYI(_))) => Err(UNKNOWN_CODEC),
        Ok(Err(ParquetError::General(why))) if why.contains("Disabled feature") => {
            Err(UNKNOWN_CODEC)
        }
        Ok(Err(_)) | Err(_) => Err(DAMAGED),
    }
}

fn set_aside(reason: Fault, record: &[u8], sink: &mut dyn Sink, tally: &mut Tally) {
    tally.set_aside += 1;
    sink.set_aside(SetAside { offset: 0, reason }, record);
}

/// Turns decoded columns into blocks.
struct Rows<'a> {
    names: &'a [String],
    limits: Limits,
    text: Vec<u8>,
    columns: Vec<Vec<Cell>>,
}

impl Rows<'_> {
    fn read_group(
        &mut self,
        group: &dyn RowGroupReader,
        flat: &[usize],
        sink: &mut dyn Sink,
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        let mut columns = Vec::with_capacity(flat.len());
        for place in flat {
            let described = group.metadata().column(*place).column_descr_ptr();
            let pages = guarded(|| group.get_column_page_reader(*place))?;
            let pages = Checked::new(pages, 0 < described.max_def_level());
            let reader = guarded(|| Ok(get_column_reader(described.clone(), Box::new(pages))))?;
            columns.push(Column::new(reader, &described));
        }
        // A damaged page may go on for billions of rows; the group says how many.
        let mut left = usize::try_from(group.metadata().num_rows()).map_err(|_| DAMAGED)?;
        while 0 < left && !columns.is_empty() {
            let mut batch = Vec::with_capacity(columns.len());
            for column in &mut columns {
                batch.push(guarded(|| column.read(ROWS.min(left)))?);
            }
            let rows = batch.first().map_or(0, Values::len);
            if rows == 0 || batch.iter().any(|it| it.len() != rows) {
                return Err(DAMAGED);
            }
            self.hand_on(&batch, rows, sink, tally);
            left -= rows;
        }
        Ok(())
    }

    /// Hands decoded rows on in blocks whose texts are not too long.
    fn hand_on(&mut self, batch: &[Values], rows: usize, sink: &mut dyn Sink, tally: &mut Tally) {
        let mut start = 0;
        let mut size = 0;
        for row in 0..rows {
            let length = batch.iter().map(|it| it.length(row)).sum::<usize>();
            if self.limits.record < length {
                self.emit(batch, start..row, sink, tally);
                set_aside(TOO_LONG, &[], sink, tally);
                (start, size) = (row + 1, 0);
                continue;
            }
            size += length;
            if BLOCK < size {
                self.emit(batch, start..row + 1, sink, tally);
                (start, size) = (row + 1, 0);
            }
        }
        self.emit(batch, start..rows, sink, tally);
    }

    fn emit(
        &mut self,
        batch: &[Values],
        rows: std::ops::Range<usize>,
        sink: &mut dyn Sink,
        tally: &mut Tally,
    ) {
        if rows.is_empty() {
            return;
        }
        self.text.clear();
        for (column, values) in self.columns.iter_mut().zip(batch) {
            column.clear();
            for row in rows.clone() {
                column.push(values.append(row, &mut self.text));
            }
        }
        tally.rows += rows.len() as u64;
        let (names, bytes, columns) = (self.names, &self.text[..], &self.columns[..]);
        sink.block(&Block { rows: rows.len(), names, bytes, columns, at: 0 });
    }
}
