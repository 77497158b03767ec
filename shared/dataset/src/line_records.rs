use crate::{
    block::{SetAside, Sink, Tally},
    json::{self, Fault},
    lines::{Line, Lines, after_mark},
    options::Limits,
    rows::Rows,
};

/// Turns a line into rows of columns that are known beforehand.
pub(crate) trait LineRecord: Clone {
    fn names(&self) -> &[String];

    /// Reads the record at `start`, which runs to the end of `bytes`.
    ///
    /// The record must stay as it is when it is refused.
    fn record(&mut self, bytes: &mut [u8], start: usize, rows: &mut Rows) -> Result<Kept, Fault>;
}

/// What became of a line.
pub(crate) enum Kept {
    Rows,
    Shadow,
    Outside,
    Own,
}

/// Reads one record a line.
#[derive(Debug, Clone)]
pub(crate) struct LineRecords<R> {
    record: R,
    limits: Limits,
    pub(crate) lines: Lines,
    begun: bool,
    rows: Rows,
    pub(crate) tally: Tally,
}

const TOO_LONG: Fault = "the record is longer than the limit";

impl<R: LineRecord> LineRecords<R> {
    pub(crate) fn new(record: R, limits: Limits) -> Self {
        let (lines, rows, tally) = Default::default();
        Self { record, limits, lines, begun: false, rows, tally }
    }

    pub(crate) fn fork(&self) -> Self {
        let fork = Self::new(self.record.clone(), self.limits);
        Self { begun: self.begun, ..fork }
    }

    pub(crate) fn end_source(&mut self) {
        self.begun = false;
        self.lines = Lines::default();
    }

    pub(crate) fn columns(&self) -> usize {
        self.record.names().len()
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
                    if let Err(reason) = self.line(&mut bytes[..end], start, ascii) {
                        self.set_aside(&bytes[start..end], at + start as u64, reason, sink);
                    }
                    pos = next;
                }
            }
            if self.rows.is_full() {
                self.rows.emit(self.record.names(), bytes, at, &mut self.tally, sink);
            }
        }
        self.rows.emit(self.record.names(), bytes, at, &mut self.tally, sink);
        pos
    }

    fn line(&mut self, bytes: &mut [u8], start: usize, ascii: bool) -> Result<(), Fault> {
        let record = &bytes[start..];
        if !ascii && std::str::from_utf8(record).is_err() {
            return Err(json::NOT_UTF8);
        }
        if record.iter().all(|it| matches!(it, b' ' | b'\t' | b'\r')) {
            return Ok(());
        }
        match self.record.record(bytes, start, &mut self.rows)? {
            Kept::Rows => {}
            Kept::Shadow => self.tally.shadow += 1,
            Kept::Outside => self.tally.outside += 1,
            Kept::Own => self.tally.own += 1,
        }
        Ok(())
    }

    fn set_aside(&mut self, record: &[u8], offset: u64, reason: &'static str, sink: &mut dyn Sink) {
        self.tally.set_aside += 1;
        sink.set_aside(SetAside { offset, reason }, record);
    }
}
