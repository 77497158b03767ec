//! Reads captures twice: once for their keys, once for their lines.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use dataset::{Block, Inference, Piece, SetAside, Sink};
use engine::merge::{EventHash, hour_of};
use engine::scan::InTurn;

use super::hours::HourFiles;
use super::spill::{Answers, Key, Parts};

const HANDFUL: usize = 256 << 10;

/// What happens to the rows of a pass, in the order of the input.
pub(super) trait Pass: Send {
    /// Whether the lines of rows are wanted, or their ids.
    const LINES: bool;

    fn row(&mut self, row: &Row, text: &[u8]) -> io::Result<()>;

    /// Remembers why the pass cannot go on.
    fn failure(&mut self) -> &mut Option<io::Error>;
}

/// A row, and where its text ends among those of its piece.
pub(super) struct Row {
    event: EventHash,
    time: i64,
    end: usize,
}

/// Notes the key of every row.
pub(super) struct Keys {
    pub(super) parts: Parts,
    pub(super) rows: u64,
    pub(super) failure: Option<io::Error>,
}

impl Pass for Keys {
    const LINES: bool = false;

    fn row(&mut self, row: &Row, id: &[u8]) -> io::Result<()> {
        let key = Key { row: self.rows, event: row.event, time: row.time, id };
        self.rows += 1;
        self.parts.write_key(&key)
    }

    fn failure(&mut self) -> &mut Option<io::Error> {
        &mut self.failure
    }
}

/// Writes the lines of answered rows.
pub(super) struct Lines {
    pub(super) answers: Answers,
    pub(super) rows: u64,
    pub(super) hours: HourFiles,
    pub(super) unlabelled: Option<BufWriter<File>>,
    pub(super) truth: Vec<u8>,
    pub(super) record: Vec<u8>,
    pub(super) failure: Option<io::Error>,
}

impl Pass for Lines {
    const LINES: bool = true;

    fn row(&mut self, row: &Row, line: &[u8]) -> io::Result<()> {
        let answered = self.answers.peek() == Some(self.rows);
        self.rows += 1;
        if !answered {
            return Ok(());
        }
        self.answers.take(&mut self.truth)?;
        if self.truth.is_empty() {
            return match &mut self.unlabelled {
                Some(file) => file.write_all(line).and_then(|()| file.write_all(b"\n")),
                None => Ok(()),
            };
        }
        self.record.clear();
        dataset::write_merged(line, |out| out.extend_from_slice(&self.truth), &mut self.record);
        self.hours.write(hour_of(row.time), &self.record)
    }

    fn failure(&mut self) -> &mut Option<io::Error> {
        &mut self.failure
    }
}

/// Brings rows to a pass.
pub(super) struct PassSink<'a, P: Pass> {
    pass: &'a InTurn<P>,
    piece: Piece,
    rows: Vec<Row>,
    text: Vec<u8>,
}

impl<'a, P: Pass> PassSink<'a, P> {
    pub(super) fn new(pass: &'a InTurn<P>) -> Self {
        Self { pass, piece: Piece::default(), rows: Vec::new(), text: Vec::new() }
    }

    fn hand_on(&mut self) {
        self.pass.visit(self.piece, |pass| {
            let mut start = 0;
            for row in &self.rows {
                if pass.failure().is_none() {
                    *pass.failure() = pass.row(row, &self.text[start..row.end]).err();
                }
                start = row.end;
            }
        });
        self.rows.clear();
        self.text.clear();
    }
}

impl<P: Pass> Sink for PassSink<'_, P> {
    fn block(&mut self, block: &Block<'_>) {
        for inference in Inference::all(block) {
            if P::LINES {
                self.text.extend_from_slice(inference.line);
            } else {
                self.text.extend_from_slice(&inference.key());
            }
            let event = EventHash::of(&inference);
            self.rows.push(Row { event, time: inference.time, end: self.text.len() });
        }
        if HANDFUL < self.text.len() && self.pass.is_turn(self.piece) {
            self.hand_on();
        }
    }

    fn set_aside(&mut self, _: SetAside, _: &[u8]) {}

    fn begin_piece(&mut self, piece: Piece) {
        self.piece = piece;
    }

    fn end_piece(&mut self) {
        self.hand_on();
        self.pass.done(self.piece);
    }
}

impl<P: Pass> Drop for PassSink<'_, P> {
    fn drop(&mut self) {
        self.pass.leave();
    }
}
