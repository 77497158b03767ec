//! Names and number of columns.

use super::{
    CsvRecords,
    record::{self, Found},
};
use crate::{attribute::column_of, block::Sink, options::Header, unique::unique_names};
use std::sync::Arc;

impl CsvRecords {
    /// Names the columns by the first record; returns where the rows start, or
    /// the record itself does when it is not all there.
    pub(super) fn name_columns(
        &mut self,
        bytes: &[u8],
        mut pos: usize,
        at: u64,
        end: bool,
        sink: &mut dyn Sink,
    ) -> usize {
        loop {
            if pos == bytes.len() {
                return pos;
            }
            if self.skipping {
                pos = self.skip(bytes, pos);
                continue;
            }
            let mut fields = std::mem::take(&mut self.fields);
            let (separator, limit) = (self.options.separator, self.limits.record);
            let found = record::find(bytes, pos, end, separator, limit, &mut fields);
            self.fields = fields;
            let (next, reason) = match found {
                Found::Partial => return pos,
                Found::Blank { next } => {
                    pos = next;
                    continue;
                }
                Found::Record { next } if self.limits.columns < self.fields.len() => {
                    (next, super::TOO_WIDE)
                }
                Found::Record { next } => {
                    let header = self.has_header(bytes);
                    self.set_names(bytes, header);
                    return if header { next } else { pos };
                }
                Found::Unclosed { upto } => (self.give_up(bytes, pos, upto), super::UNCLOSED),
                Found::TooLong { upto } => (self.give_up(bytes, pos, upto), super::TOO_LONG),
            };
            self.set_aside(&bytes[pos..next], at + pos as u64, reason, sink);
            pos = next;
        }
    }

    fn has_header(&self, bytes: &[u8]) -> bool {
        match self.options.header {
            Header::Present => true,
            Header::Absent => false,
            Header::Guessed if !self.options.known.is_empty() => {
                let known = |it: &[u8]| self.options.known.iter().any(|name| name.as_bytes() == it);
                self.fields.iter().any(|it| known(&it.text(bytes)))
            }
            Header::Guessed => !self.fields.iter().any(|it| is_number(&it.text(bytes))),
        }
    }

    fn set_names(&mut self, bytes: &[u8], header: bool) {
        let width = self.fields.len();
        let names = if header {
            let texts = self.fields.iter().map(|it| it.text(bytes));
            unique_names(texts.map(|it| String::from_utf8_lossy(&it).into_owned()))
        } else {
            let given = self.options.names.iter().cloned();
            given
                .chain((self.options.names.len()..width).map(|i| format!("_c{i}")))
                .take(width)
                .collect()
        };
        self.is_wanted = match &self.wanted {
            None => vec![true; width],
            Some(wanted) => {
                let mut is_wanted = vec![false; width];
                for column in wanted.iter().filter_map(|it| column_of(&names, it)) {
                    is_wanted[column] = true;
                }
                is_wanted
            }
        };
        self.names = Arc::new(names);
        self.columns.resize_with(width, Vec::new);
        self.named = true;
    }
}

/// Whether a cell reads as a number: `-1`, ` 2.5`, `.5`, `1e-3`.
fn is_number(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii();
    let digits = cell.iter().any(u8::is_ascii_digit);
    digits && std::str::from_utf8(cell).is_ok_and(|it| it.parse::<f64>().is_ok())
}
