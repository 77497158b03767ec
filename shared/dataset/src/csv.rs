mod header;
pub(crate) mod plain;
pub(crate) mod record;

use crate::{
    block::{Block, Cell, SetAside, Sink, Tally},
    lines::after_mark,
    options::{CsvOptions, Limits},
};
use memchr::memchr;
use record::{Field, Found};
use std::sync::Arc;

/// Rows of a block may exceed this by those of one stretch of input.
const ROWS_PER_BLOCK: usize = 1536;
/// Bytes that are split at once: their separators stay in the first cache.
const STRETCH: usize = 64 << 10;
/// How often a quote that never closes may cost one line only; more often the
/// whole record is given up, so that no input is read over and over.
const RESCUES: u32 = 16;

/// Reads CSV records.
///
/// An empty cell without quotes is missing; with quotes it is an empty text.
/// Quotes inside a cell without quotes are text, and so is what follows a
/// closing quote. Empty lines are no rows. A line ends with LF or CR LF.
#[derive(Debug, Clone)]
pub(crate) struct CsvRecords {
    options: Arc<CsvOptions>,
    limits: Limits,
    pub(crate) names: Arc<Vec<String>>,
    /// The source's first bytes were seen.
    begun: bool,
    /// The names are those of this source.
    named: bool,
    /// The rest of a record that was given up is still to be dropped.
    skipping: bool,
    rescues: u32,
    columns: Vec<Vec<Cell>>,
    /// The columns whose cells are wanted; `None` wants all.
    wanted: Option<Arc<Vec<String>>>,
    /// Whether a column's cells are wanted, by place.
    is_wanted: Vec<bool>,
    rows: usize,
    /// Where the bytes at hand start in the source.
    at: u64,
    ends: Vec<u32>,
    fields: Vec<Field>,
    pub(crate) tally: Tally,
}

impl CsvRecords {
    pub(crate) fn new(options: &CsvOptions, limits: Limits) -> Self {
        Self {
            options: Arc::new(options.clone()),
            limits,
            names: Arc::default(),
            begun: false,
            named: false,
            skipping: false,
            rescues: 0,
            columns: Vec::new(),
            wanted: None,
            is_wanted: Vec::new(),
            rows: 0,
            at: 0,
            ends: Vec::new(),
            fields: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Hands on only the cells of some columns.
    pub(crate) fn only(mut self, wanted: Option<&Vec<String>>) -> Self {
        self.wanted = wanted.map(|it| Arc::new(it.clone()));
        self
    }

    pub(crate) fn fork(&self) -> Self {
        let mut fork = Self::new(&self.options, self.limits);
        fork.options = Arc::clone(&self.options);
        fork.names = Arc::clone(&self.names);
        fork.columns = vec![Vec::new(); self.columns.len()];
        fork.wanted.clone_from(&self.wanted);
        fork.is_wanted.clone_from(&self.is_wanted);
        fork.begun = self.begun;
        fork.named = self.named;
        fork
    }

    pub(crate) fn end_source(&mut self) {
        self.begun = false;
        self.named = false;
        self.skipping = false;
    }

    pub(crate) fn end_piece(&mut self) {
        self.skipping = false;
    }

    pub(crate) fn is_named(&self) -> bool {
        self.named
    }

    /// Names the columns; returns where the rows start.
    pub(crate) fn begin(&mut self, bytes: &[u8], at: u64, end: bool, sink: &mut dyn Sink) -> usize {
        let mut pos = 0;
        if !self.begun {
            self.begun = true;
            pos = after_mark(bytes);
        }
        if self.named { pos } else { self.name_columns(bytes, pos, at, end, sink) }
    }

    /// How many bytes at the front are whole records.
    pub(crate) fn whole(&self, bytes: &[u8]) -> usize {
        let start = if self.begun { 0 } else { after_mark(bytes).min(bytes.len()) };
        let whole = record::whole(&bytes[start..], self.options.separator);
        if whole == 0 { 0 } else { start + whole }
    }

    pub(crate) fn read(
        &mut self,
        bytes: &mut [u8],
        at: u64,
        end: bool,
        sink: &mut dyn Sink,
    ) -> usize {
        self.at = at;
        let mut pos = self.begin(bytes, at, end, sink);
        if !self.named {
            return pos;
        }
        let mut quote = 0;
        while pos < bytes.len() {
            if self.skipping {
                pos = self.skip(bytes, pos);
                continue;
            }
            if quote < pos || quote == 0 {
                quote = memchr(b'"', &bytes[pos..]).map_or(bytes.len(), |it| pos + it);
            }
            pos = self.plain_rows(bytes, pos, quote, at, sink);
            if pos == bytes.len() {
                break;
            }
            let Some(next) = self.one_record(bytes, pos, at, end, sink) else {
                break;
            };
            pos = next;
        }
        self.emit(bytes, sink);
        pos
    }

    /// Reads the record at `pos`, whatever it holds; `None` when it is not all there.
    fn one_record(
        &mut self,
        bytes: &mut [u8],
        pos: usize,
        at: u64,
        end: bool,
        sink: &mut dyn Sink,
    ) -> Option<usize> {
        let separator = self.options.separator;
        let found = record::find(bytes, pos, end, separator, self.limits.record, &mut self.fields);
        let (next, reason) = match found {
            Found::Partial => return None,
            Found::Blank { next } => return Some(next),
            Found::Record { next } if self.fields.len() == self.columns.len() => {
                let columns = self.columns.iter_mut().zip(&self.is_wanted);
                for ((column, is_wanted), field) in columns.zip(&self.fields) {
                    if *is_wanted {
                        column.push(field.settle(bytes));
                    }
                }
                self.rows += 1;
                if ROWS_PER_BLOCK <= self.rows {
                    self.emit(bytes, sink);
                }
                return Some(next);
            }
            Found::Record { next } => (next, RAGGED),
            Found::Unclosed { upto } => (self.give_up(bytes, pos, upto), UNCLOSED),
            Found::TooLong { upto } => (self.give_up(bytes, pos, upto), TOO_LONG),
        };
        self.set_aside(&bytes[pos..next], at + pos as u64, reason, sink);
        Some(next)
    }

    /// Where to go on after a record without an end: its next line, if possible.
    fn give_up(&mut self, bytes: &[u8], pos: usize, upto: usize) -> usize {
        let line = memchr(b'\n', &bytes[pos..upto]);
        if let Some(line) = line
            && self.rescues < RESCUES
        {
            self.rescues += 1;
            return pos + line + 1;
        }
        self.skipping = true;
        upto
    }

    fn skip(&mut self, bytes: &[u8], pos: usize) -> usize {
        let Some(line) = memchr(b'\n', &bytes[pos..]) else {
            return bytes.len();
        };
        self.skipping = false;
        pos + line + 1
    }

    fn set_aside(&mut self, record: &[u8], offset: u64, reason: &'static str, sink: &mut dyn Sink) {
        self.tally.set_aside += 1;
        sink.set_aside(SetAside { offset, reason }, record);
    }

    fn emit(&mut self, bytes: &[u8], sink: &mut dyn Sink) {
        if self.rows == 0 {
            return;
        }
        self.tally.rows += self.rows as u64;
        let (names, columns) = (&self.names[..], &self.columns[..]);
        let block = Block { rows: self.rows, names, bytes, columns, at: self.at };
        sink.block(&block);
        for column in &mut self.columns {
            column.clear();
        }
        self.rows = 0;
    }
}

const RAGGED: &str = "the row has another number of cells than the first";
const TOO_WIDE: &str = "the row has more cells than the limit";
const UNCLOSED: &str = "a quote is never closed";
const TOO_LONG: &str = "the record is longer than the limit";
