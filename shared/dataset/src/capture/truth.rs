//! The label of a merged record, as one cell a row.

use super::{
    UNPAIRED,
    envelope::{Encoding, Side},
};
use crate::{
    block::Cell,
    csv::record::{self, Field, Found},
    json::{Fault, Text, Walk, unescape},
};

/// The labels of one record; kept to be used again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Labelled {
    pub(crate) cells: Vec<Cell>,
    fields: Vec<Field>,
    texts: Vec<Option<Text>>,
}

const NO_LABEL: Fault = "the record has no label";

impl Labelled {
    /// Reads the label of a record with so many rows, in place: a value, or a list
    /// with a value for each row. What is neither is its own text.
    pub(crate) fn read(
        &mut self,
        bytes: &mut [u8],
        side: &Side,
        rows: usize,
        depth: usize,
    ) -> Result<(), Fault> {
        self.cells.clear();
        let start = side.body.start;
        let end = unescape(bytes, side.body);
        let body = bytes[start..end].trim_ascii_start();
        let start = end - body.len();
        let end = start + body.trim_ascii_end().len();
        let nested = matches!(bytes[start..end].first(), Some(b'{' | b'['));
        let found = match side.encoding {
            Encoding::Json => self.json(&mut bytes[..end], start, rows, depth)?,
            Encoding::Unknown if nested => self.json(&mut bytes[..end], start, rows, depth)?,
            _ => self.csv(&mut bytes[..end], start, rows),
        };
        if !found {
            if 1 < rows {
                return Err(UNPAIRED);
            }
            self.cells.push(Cell::between(start as u32, end as u32));
        }
        if self.cells.iter().any(|it| it.is_missing()) { Err(NO_LABEL) } else { Ok(()) }
    }

    /// Takes a list with as many values as rows.
    fn json(
        &mut self,
        bytes: &mut [u8],
        start: usize,
        rows: usize,
        depth: usize,
    ) -> Result<bool, Fault> {
        self.texts.clear();
        let texts = &mut self.texts;
        let mut flat = true;
        let mut value = |walk: &mut Walk<'_>| {
            match walk.peek() {
                Some(b'{' | b'[') => {
                    flat = false;
                    walk.skip()?;
                }
                Some(b'"') => texts.push(Some(walk.text()?)),
                _ => texts.push(walk.scalar()?),
            }
            Ok(())
        };
        let mut walk = Walk::new(bytes, start, depth);
        match walk.next_token()? {
            b'[' => walk.array(|walk, _| value(walk))?,
            b'{' => walk.object(|walk, _| value(walk))?,
            _ => value(&mut walk)?,
        }
        walk.done()?;
        if !flat || self.texts.len() != rows {
            return Ok(false);
        }
        for text in &self.texts {
            self.cells.push(text.map_or(Cell::MISSING, |it| Cell {
                start: it.start as u32,
                end: unescape(bytes, it) as u32,
            }));
        }
        Ok(true)
    }

    /// Takes one cell a line for as many lines as rows.
    fn csv(&mut self, bytes: &mut [u8], start: usize, rows: usize) -> bool {
        self.texts.clear();
        let mut pos = start;
        let mut count = 0;
        while pos < bytes.len() {
            match record::find(bytes, pos, true, b',', usize::MAX, &mut self.fields) {
                Found::Record { next } if self.fields.len() == 1 => {
                    count += 1;
                    pos = next;
                }
                Found::Blank { next } => pos = next,
                _ => return false,
            }
        }
        if count != rows {
            return false;
        }
        pos = start;
        while pos < bytes.len() {
            match record::find(bytes, pos, true, b',', usize::MAX, &mut self.fields) {
                Found::Record { next } => {
                    self.cells.extend(self.fields.first().map(|it| it.settle(bytes)));
                    pos = next;
                }
                Found::Blank { next } => pos = next,
                _ => break,
            }
        }
        true
    }
}
