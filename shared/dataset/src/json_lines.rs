use crate::{
    block::{SetAside, Sink, Tally},
    json::{
        self, Fault, Walk,
        flatten::{Entry, Flatten},
        names::Names,
    },
    lines::{Line, Lines, after_mark},
    options::Limits,
    rows::Rows,
};

/// Reads one JSON object a line; see [`Flatten`] for the columns.
#[derive(Debug, Clone)]
pub(crate) struct JsonRecords {
    limits: Limits,
    pub(crate) names: Names,
    pub(crate) lines: Lines,
    begun: bool,
    entries: Vec<Entry>,
    path: Vec<u8>,
    rows: Rows,
    pub(crate) tally: Tally,
}

impl JsonRecords {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            names: Names::new(["", ""], limits.columns),
            lines: Lines::default(),
            begun: false,
            entries: Vec::new(),
            path: Vec::new(),
            rows: Rows::default(),
            tally: Tally::default(),
        }
    }

    pub(crate) fn fork(&self) -> Self {
        let mut fork = Self::new(self.limits);
        fork.names = self.names.clone();
        fork.begun = self.begun;
        fork
    }

    pub(crate) fn end_source(&mut self) {
        self.begun = false;
        self.lines = Lines::default();
    }

    pub(crate) fn begin(&mut self, bytes: &[u8]) -> usize {
        let begun = std::mem::replace(&mut self.begun, true);
        if begun { 0 } else { after_mark(bytes) }
    }

    pub(crate) fn read(
        &mut self,
        bytes: &mut [u8],
        at: u64,
        end: bool,
        sink: &mut dyn Sink,
    ) -> usize {
        let mut pos = self.begin(bytes);
        let ascii = bytes.is_ascii();
        loop {
            let (start, line) = self.lines.find(bytes, pos, end, self.limits.record);
            pos = start;
            match line {
                Line::Partial => break,
                Line::TooLong { upto } => {
                    self.set_aside(&bytes[start..upto], at + start as u64, TOO_LONG, sink);
                    pos = upto;
                }
                Line::Whole { end, next } => {
                    if let Err(reason) = self.record(bytes, start, end, ascii) {
                        self.set_aside(&bytes[start..end], at + start as u64, reason, sink);
                    }
                    pos = next;
                }
            }
            if self.rows.is_full() {
                self.rows.emit(&self.names.list, bytes, at, &mut self.tally, sink);
            }
        }
        self.rows.emit(&self.names.list, bytes, at, &mut self.tally, sink);
        pos
    }

    fn record(
        &mut self,
        bytes: &mut [u8],
        start: usize,
        end: usize,
        ascii: bool,
    ) -> Result<(), Fault> {
        let known = self.names.mark();
        let found = self.cells(&bytes[..end], start, ascii);
        match found {
            Ok(true) => {
                let row = self.rows.add(self.names.list.len());
                for entry in &self.entries {
                    row[entry.column as usize] = entry.settle(bytes);
                }
            }
            Ok(false) => {}
            Err(_) => self.names.forget(known),
        }
        found.map(drop)
    }

    /// Notes the cells of a record; `false` when the line is blank.
    fn cells(&mut self, bytes: &[u8], start: usize, ascii: bool) -> Result<bool, Fault> {
        if !ascii && std::str::from_utf8(&bytes[start..]).is_err() {
            return Err(json::NOT_UTF8);
        }
        let mut walk = Walk::new(bytes, start, self.limits.depth);
        if walk.is_done() {
            return Ok(false);
        }
        if walk.peek() != Some(b'{') {
            return Err(NOT_OBJECT);
        }
        self.entries.clear();
        self.path.clear();
        let mut flatten = Flatten {
            names: &mut self.names,
            side: 0,
            path: &mut self.path,
            row: 0,
            next: 0,
            entries: &mut self.entries,
        };
        flatten.object(&mut walk)?;
        walk.done()?;
        Ok(true)
    }

    fn set_aside(&mut self, record: &[u8], offset: u64, reason: &'static str, sink: &mut dyn Sink) {
        self.tally.set_aside += 1;
        sink.set_aside(SetAside { offset, reason }, record);
    }
}

const NOT_OBJECT: Fault = "the line is not a JSON object";
const TOO_LONG: &str = "the record is longer than the limit";
