//! Captured inferences as lines with a key, to be joined with labels.

use super::{
    NO_TIME,
    envelope::{Envelope, plain},
    template::Templates,
};
use crate::{
    block::{Block, Cell},
    instant,
    json::{Fault, Text},
    line_records::{Kept, LineRecord},
    options::Limits,
    rows::Rows,
};
use std::{borrow::Cow, ops::Range, sync::Arc};

/// One captured inference: its line as it stands, and what it is joined by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inference<'a> {
    /// The record from brace to brace, byte by byte.
    pub line: &'a [u8],
    event: &'a [u8],
    named: Option<&'a [u8]>,
    /// When it was made, in seconds since 1970.
    pub time: i64,
}

impl<'a> Inference<'a> {
    /// Returns the inferences of a block that [`Reader::inferences`](crate::Reader::inferences) made.
    pub fn all(block: &Block<'a>) -> impl Iterator<Item = Self> {
        let (bytes, columns) = (block.bytes, block.columns);
        let text = move |cell: Cell| &bytes[cell.start as usize..cell.end as usize];
        // Neighbours are mostly of the same second.
        let mut before: (&[u8], i64) = (&[], 0);
        (0..block.rows).map(move |row| {
            let named = Some(columns[2][row]).filter(|it| !it.is_missing()).map(text);
            let time = text(columns[3][row]);
            if time != before.0 {
                before = (time, instant::seconds(time).unwrap_or_default());
            }
            let (line, event) = (text(columns[0][row]), text(columns[1][row]));
            Self { line, event, named, time: before.1 }
        })
    }

    /// Returns what a label names: the inference's id where the caller gave one,
    /// else the event's (reference: formats C.2).
    pub fn key(&self) -> Cow<'a, [u8]> {
        characters(self.named.unwrap_or(self.event))
    }

    /// Returns the id that the service gave the event.
    pub fn event_id(&self) -> Cow<'a, [u8]> {
        characters(self.event)
    }

    /// Appends the merged record as one line; see [`write_merged`].
    pub fn write_merged(&self, truth: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
        write_merged(self.line, truth, out);
    }

    /// Whether the caller named the inference.
    pub fn is_named(&self) -> bool {
        self.named.is_some()
    }
}

/// Appends the merged record (reference: formats C.2) of a captured line, as one line:
/// the label in front, the rest as it was captured. `truth` writes the label.
pub fn write_merged(line: &[u8], truth: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"groundTruthData\":");
    truth(out);
    out.push(b',');
    out.extend_from_slice(line.strip_prefix(b"{").unwrap_or(line));
    out.push(b'\n');
}

/// Resolves the escapes of a JSON text that stands as it is written.
fn characters(written: &[u8]) -> Cow<'_, [u8]> {
    let escaped = memchr::memchr(b'\\', written).is_some();
    plain(written, Text { start: 0, end: written.len(), escaped })
}

/// Reads captured inferences as lines.
#[derive(Debug, Clone)]
pub(crate) struct InferenceRecord {
    window: Option<Range<i64>>,
    depth: usize,
    names: Arc<[String; 4]>,
    templates: Templates,
    others: Vec<Text>,
}

const NO_EVENT: Fault = "the record has no eventId";
const LABELLED: Fault = "the record already has a label";

impl InferenceRecord {
    pub(crate) fn new(window: Option<Range<i64>>, limits: Limits) -> Self {
        let names = ["line", "eventId", "inferenceId", "inferenceTime"].map(str::to_owned);
        Self {
            window,
            depth: limits.depth,
            names: Arc::new(names),
            templates: Templates::default(),
            others: Vec::new(),
        }
    }
}

impl LineRecord for InferenceRecord {
    fn names(&self) -> &[String] {
        &self.names[..]
    }

    fn record(&mut self, bytes: &mut [u8], start: usize, rows: &mut Rows) -> Result<Kept, Fault> {
        let envelope = if let Some(it) = self.templates.read(bytes, start) {
            it
        } else {
            let it = Envelope::read(bytes, start, self.depth, &mut self.others)?;
            self.templates.learn(bytes, start, &it, &self.others);
            it
        };
        if envelope.shadow {
            return Ok(Kept::Shadow);
        }
        if envelope.is_own(bytes) {
            return Ok(Kept::Own);
        }
        let said = |it: &Text| it.start < it.end;
        let event = envelope.event.filter(said).ok_or(NO_EVENT)?;
        let written = envelope.time.ok_or(NO_TIME)?;
        let time = instant::seconds(&bytes[written.start..written.end]).ok_or(NO_TIME)?;
        if envelope.truth.is_some() {
            return Err(LABELLED);
        }
        if self.window.as_ref().is_some_and(|it| !it.contains(&time)) {
            return Ok(Kept::Outside);
        }
        let record = &bytes[start..];
        let line = start + record.len() - record.trim_ascii_start().len();
        let row = rows.add(4);
        row[0] = cell(line, start + record.trim_ascii_end().len());
        row[1] = cell(event.start, event.end);
        if let Some(it) = envelope.inference.filter(said) {
            row[2] = cell(it.start, it.end);
        }
        row[3] = cell(written.start, written.end);
        Ok(Kept::Rows)
    }
}

fn cell(start: usize, end: usize) -> Cell {
    Cell { start: start as u32, end: end as u32 }
}
