mod envelope;
mod inference;
mod own;
mod payload;
mod template;
mod truth;

use crate::{
    block::{Block, SetAside, Sink, Tally},
    instant,
    json::{self, Fault, Text, names::Names},
    lines::{Line, Lines, after_mark},
    options::{CaptureOptions, Limits, Sides},
    rows::Rows,
};
use envelope::{Encoding, Envelope, Side};
pub(crate) use envelope::{plain, text};
pub(crate) use inference::InferenceRecord;
pub use inference::{Inference, write_merged};
use memchr::{memchr, memrchr};
pub use own::{ASKED, PROBED, is_own};
use payload::{Payload, Place, Shape};
use std::sync::Arc;
use template::Templates;
use truth::Labelled;

/// Reads captured inferences, one JSON object a line.
#[derive(Debug, Clone)]
pub(crate) struct CaptureRecords {
    options: Arc<CaptureOptions>,
    limits: Limits,
    pub(crate) lines: Lines,
    begun: bool,
    /// The first columns were laid out.
    laid_out: bool,
    pub(crate) names: Names,
    /// First column and number of the cells without names, side by side.
    unnamed: [Option<(usize, usize)>; 2],
    templates: Templates,
    others: Vec<Text>,
    payloads: [Payload; 2],
    labels: Labelled,
    /// The record as it was, kept before it is changed in place.
    raw: Vec<u8>,
    rows: Rows,
    pub(crate) tally: Tally,
}

/// The column of the labels.
pub(crate) const TRUTH: &str = "groundTruthData";

/// What became of a line.
enum Became {
    Rows,
    Blank,
    Shadow,
    Outside,
    Own,
}

const NO_TIME: Fault = "the record has no readable inferenceTime";
const NO_LABEL: Fault = "the record has no label";
const NO_BODY: Fault = "the record has neither input nor output";
const UNPAIRED: Fault = "input and output have different numbers of rows";
const OTHER_WIDTH: Fault = "a body has another number of cells than the first";
const TOO_LONG: Fault = "the record is longer than the limit";

impl CaptureRecords {
    pub(crate) fn new(options: &CaptureOptions, limits: Limits) -> Self {
        let prefixes = match options.sides {
            Sides::OutputFirst | Sides::OutputOnly => ["output_", "input_"],
            Sides::InputFirst | Sides::InputOnly => ["input_", "output_"],
        };
        let mut names = Names::new(prefixes, limits.columns);
        if options.labels {
            names.add_first(TRUTH);
        }
        Self {
            options: Arc::new(options.clone()),
            limits,
            lines: Lines::default(),
            begun: false,
            laid_out: false,
            names,
            unnamed: [None; 2],
            templates: Templates::default(),
            others: Vec::new(),
            payloads: Default::default(),
            labels: Labelled::default(),
            raw: Vec::new(),
            rows: Rows::default(),
            tally: Tally::default(),
        }
    }

    pub(crate) fn fork(&self) -> Self {
        let mut fork = Self::new(&self.options, self.limits);
        fork.begun = self.begun;
        fork.laid_out = self.laid_out;
        fork.names = self.names.clone();
        fork.unnamed = self.unnamed;
        fork
    }

    pub(crate) fn end_source(&mut self) {
        self.begun = false;
        self.lines = Lines::default();
    }

    pub(crate) fn is_laid_out(&self) -> bool {
        self.laid_out
    }

    /// Lays the columns out; returns where the records start.
    pub(crate) fn begin(&mut self, bytes: &[u8], end: bool) -> usize {
        let begun = std::mem::replace(&mut self.begun, true);
        let pos = if begun { 0 } else { after_mark(bytes) };
        if !self.laid_out {
            self.lay_out(&bytes[pos..], end);
        }
        pos
    }

    pub(crate) fn read(
        &mut self,
        bytes: &mut [u8],
        at: u64,
        end: bool,
        sink: &mut dyn Sink,
    ) -> usize {
        let mut pos = self.begin(bytes, end);
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
                    self.line(bytes, start, end, ascii, at, sink);
                    pos = next;
                }
            }
        }
        self.rows.emit(&self.names.list, bytes, at, &mut self.tally, sink);
        pos
    }

    /// Lays the columns out by the first record that has both sides: a record
    /// that lacks one must not decide what comes first. Where no record has, the
    /// first one decides.
    fn lay_out(&mut self, bytes: &[u8], end: bool) {
        let upto = if end { bytes.len() } else { memrchr(b'\n', bytes).unwrap_or(0) };
        for both in [true, false] {
            for line in bytes[..upto].split(|it| *it == b'\n') {
                let envelope = Envelope::read(line, 0, self.limits.depth, &mut self.others);
                let fits = |it: Envelope| !both || (it.input.is_some() && it.output.is_some());
                if !envelope.is_ok_and(fits) {
                    continue;
                }
                let tally = self.tally;
                let became = self.record(&mut line.to_vec(), 0, false, 0, &mut Nowhere);
                self.tally = tally;
                self.raw.clear();
                self.rows.clear();
                if matches!(became, Ok(Became::Rows)) {
                    self.laid_out = true;
                    return;
                }
            }
        }
    }

    fn line(
        &mut self,
        bytes: &mut [u8],
        start: usize,
        end: usize,
        ascii: bool,
        at: u64,
        sink: &mut dyn Sink,
    ) {
        self.raw.clear();
        let became = self.record(&mut bytes[..end], start, ascii, at, sink);
        match became {
            Ok(Became::Rows | Became::Blank) => {}
            Ok(Became::Shadow) => self.tally.shadow += 1,
            Ok(Became::Outside) => self.tally.outside += 1,
            Ok(Became::Own) => self.tally.own += 1,
            Err(reason) => {
                let raw = std::mem::take(&mut self.raw);
                let record = if raw.is_empty() { &bytes[start..end] } else { &raw };
                self.set_aside(record, at + start as u64, reason, sink);
                self.raw = raw;
            }
        }
    }

    /// Reads the record at `start`, which runs to the end of `bytes`.
    fn record(
        &mut self,
        bytes: &mut [u8],
        start: usize,
        ascii: bool,
        at: u64,
        sink: &mut dyn Sink,
    ) -> Result<Became, Fault> {
        let record = &bytes[start..];
        if !ascii && std::str::from_utf8(record).is_err() {
            return Err(json::NOT_UTF8);
        }
        if record.iter().all(|it| matches!(it, b' ' | b'\t' | b'\r')) {
            return Ok(Became::Blank);
        }
        let envelope = if let Some(it) = self.templates.read(bytes, start) {
            it
        } else {
            let it = Envelope::read(bytes, start, self.limits.depth, &mut self.others)?;
            self.templates.learn(bytes, start, &it, &self.others);
            it
        };
        if envelope.shadow {
            return Ok(Became::Shadow);
        }
        if envelope.is_own(bytes) {
            return Ok(Became::Own);
        }
        if let Some(window) = &self.options.window {
            let time = envelope.time.and_then(|it| instant::seconds(&bytes[it.start..it.end]));
            if !window.contains(&time.ok_or(NO_TIME)?) {
                return Ok(Became::Outside);
            }
        }
        if self.options.labels && envelope.truth.is_none() {
            return Err(NO_LABEL);
        }
        let (names, unnamed) = (self.names.mark(), self.unnamed);
        let read = self.bodies(bytes, start, &envelope);
        if let Ok((shapes, rows)) = read {
            self.add_rows(bytes, shapes, rows, at, sink);
        } else {
            self.names.forget(names);
            self.unnamed = unnamed;
        }
        read.map(|_| Became::Rows)
    }

    /// Reads the wanted bodies; they agree about the number of rows.
    fn bodies(
        &mut self,
        bytes: &mut [u8],
        start: usize,
        envelope: &Envelope,
    ) -> Result<([Shape; 2], usize), Fault> {
        let sides = match self.options.sides {
            Sides::OutputFirst => [envelope.output, envelope.input],
            Sides::InputFirst => [envelope.input, envelope.output],
            Sides::InputOnly => [envelope.input, None],
            Sides::OutputOnly => [envelope.output, None],
        };
        let truth = envelope.truth.filter(|_| self.options.labels);
        if sides.iter().flatten().chain(&truth).any(|it| changes(bytes, it)) {
            self.raw.extend_from_slice(&bytes[start..]);
        }
        let mut shapes = [Shape::Nothing; 2];
        let mut rows = None;
        for i in 0..2 {
            let Some(side) = &sides[i] else {
                continue;
            };
            let place = Place { names: &mut self.names, side: i, depth: self.limits.depth };
            shapes[i] = self.payloads[i].read(bytes, side, place)?;
            if let Shape::List { count } = shapes[i] {
                // The columns of the first side come first, but how many there
                // are is told by the other side.
                let other = match sides[1] {
                    Some(other) if i == 0 && self.unnamed[0].is_none() && 1 < count => {
                        self.rows_ahead(&bytes[start..], other.moved(start))
                    }
                    _ => rows,
                };
                shapes[i] = self.settle_list(i, count, other);
            }
            self.place_unnamed(i, shapes[i])?;
            let mine = match shapes[i] {
                Shape::Cells { rows, .. } | Shape::Named { rows } => rows,
                Shape::List { .. } | Shape::Nothing => continue,
            };
            if rows.is_some_and(|it| it != mine) {
                return Err(UNPAIRED);
            }
            rows = Some(mine);
        }
        let rows = rows.ok_or(NO_BODY)?;
        if let Some(truth) = &truth {
            self.labels.read(bytes, truth, rows, self.limits.depth)?;
        }
        Ok((shapes, rows))
    }

    /// The rows of a body that is not yet read.
    fn rows_ahead(&self, record: &[u8], side: Side) -> Option<usize> {
        let mut names = self.names.clone();
        let place = Place { names: &mut names, side: 1, depth: self.limits.depth };
        match Payload::default().read(&mut record.to_vec(), &side, place) {
            Ok(Shape::Cells { rows, .. } | Shape::Named { rows }) => Some(rows),
            _ => None,
        }
    }

    /// What a list of single values is: a row, or as many rows as there are on
    /// the other side; later lists are what the first one was.
    fn settle_list(&self, side: usize, count: usize, other: Option<usize>) -> Shape {
        let many = match self.unnamed[side] {
            Some((_, width)) => width == 1,
            None => other == Some(count),
        };
        let (rows, width) = if many { (count, 1) } else { (1, count) };
        Shape::Cells { rows, width }
    }

    /// Finds or adds the columns of cells without names.
    fn place_unnamed(&mut self, side: usize, shape: Shape) -> Result<(), Fault> {
        let Shape::Cells { width, .. } = shape else {
            return Ok(());
        };
        match self.unnamed[side] {
            Some((_, same)) if same == width => {}
            Some(_) => return Err(OTHER_WIDTH),
            None => {
                let input = usize::from(matches!(self.options.sides, Sides::OutputFirst));
                let features = side == input && !self.options.features.is_empty();
                let given = if features { &self.options.features } else { &self.options.names };
                let first = self.names.add_unnamed(width, given, features)?;
                self.unnamed[side] = Some((first, width));
            }
        }
        Ok(())
    }

    fn add_rows(
        &mut self,
        bytes: &mut [u8],
        shapes: [Shape; 2],
        rows: usize,
        at: u64,
        sink: &mut dyn Sink,
    ) {
        let mut entered = [0; 2];
        for i in 0..rows {
            let row = self.rows.add(self.names.list.len());
            if self.options.labels {
                row[0] = self.labels.cells[i];
            }
            for (side, shape) in shapes.iter().enumerate() {
                let payload = &self.payloads[side];
                if let (Shape::Cells { width, .. }, Some((first, _))) = (shape, self.unnamed[side])
                {
                    row[first..first + width]
                        .copy_from_slice(&payload.cells[i * width..][..*width]);
                }
                if !matches!(shape, Shape::Named { .. }) {
                    continue;
                }
                let entries = &payload.entries[entered[side]..];
                for entry in entries.iter().take_while(|it| it.row as usize == i) {
                    row[entry.column as usize] = entry.settle(bytes);
                    entered[side] += 1;
                }
            }
            if self.rows.is_full() {
                self.rows.emit(&self.names.list, bytes, at, &mut self.tally, sink);
            }
        }
    }

    fn set_aside(&mut self, record: &[u8], offset: u64, reason: &'static str, sink: &mut dyn Sink) {
        self.tally.set_aside += 1;
        sink.set_aside(SetAside { offset, reason }, record);
    }
}

/// Whether reading a body in place destroys the record.
fn changes(bytes: &[u8], side: &Side) -> bool {
    side.body.escaped
        || side.encoding != Encoding::Csv
        || memchr(b'"', &bytes[side.body.start..side.body.end]).is_some()
}

/// Takes what is read only to see how it is laid out.
struct Nowhere;

impl Sink for Nowhere {
    fn block(&mut self, _: &Block<'_>) {}

    fn set_aside(&mut self, _: SetAside, _: &[u8]) {}
}
