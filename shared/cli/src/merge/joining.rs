//! Captured inferences meet labels that are all in memory.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use dataset::{Block, Inference, Piece, SetAside, Sink};
use engine::merge::{Became, Claims, EventHash, LabelIndex, MatchStatistics, Place, hour_of};
use engine::scan::InTurn;

use super::hours::HourFiles;

/// Bytes that a worker gathers before it waits for its turn to write.
const HANDFUL: usize = 256 << 10;

/// What the workers share, in the order of the input.
pub(super) struct Desk {
    pub(super) claims: Claims,
    pub(super) statistics: MatchStatistics,
    pub(super) hours: HourFiles,
    pub(super) unlabelled: Option<BufWriter<File>>,
    pub(super) failure: Option<io::Error>,
}

/// Finds labels for inferences, and writes both in the order of the input.
pub(super) struct JoiningSink<'a> {
    index: &'a LabelIndex,
    desk: &'a InTurn<Desk>,
    piece: Piece,
    /// Keeps inferences without a label.
    keeps: bool,
    rows: Vec<Row>,
    /// The rows' lines, one after the other.
    text: Vec<u8>,
    places: Vec<Option<Place>>,
}

struct Row {
    place: Option<Place>,
    event: EventHash,
    hour: i64,
    /// From the inference to its label, in microseconds.
    delay: Option<i64>,
    /// Where its line ends.
    end: usize,
}

impl<'a> JoiningSink<'a> {
    pub(super) fn new(index: &'a LabelIndex, desk: &'a InTurn<Desk>, keeps: bool) -> Self {
        let (piece, rows, text, places) = Default::default();
        Self { index, desk, piece, keeps, rows, text, places }
    }

    fn hand_on(&mut self) {
        self.desk.visit(self.piece, |desk| {
            if desk.failure.is_none() {
                desk.failure = desk.settle(&self.rows, &self.text).err();
            }
        });
        self.rows.clear();
        self.text.clear();
    }
}

impl Sink for JoiningSink<'_> {
    fn block(&mut self, block: &Block<'_>) {
        self.places.clear();
        self.index.find_all(Inference::all(block).map(|it| it.key()), &mut self.places);
        for (inference, place) in Inference::all(block).zip(&self.places) {
            let mut delay = None;
            match place {
                Some(place) => {
                    let known = self.index.time(*place);
                    delay =
                        known.map(|it| it.saturating_sub(inference.time.saturating_mul(1_000_000)));
                    inference.write_merged(|out| self.index.write(*place, out), &mut self.text);
                }
                None if self.keeps => {
                    self.text.extend_from_slice(inference.line);
                    self.text.push(b'\n');
                }
                None => {}
            }
            let (event, hour) = (EventHash::of(&inference), hour_of(inference.time));
            self.rows.push(Row { place: *place, event, hour, delay, end: self.text.len() });
        }
        if HANDFUL < self.text.len() && self.desk.is_turn(self.piece) {
            self.hand_on();
        }
    }

    fn set_aside(&mut self, _: SetAside, _: &[u8]) {}

    fn begin_piece(&mut self, piece: Piece) {
        self.piece = piece;
    }

    fn end_piece(&mut self) {
        self.hand_on();
        self.desk.done(self.piece);
    }
}

impl Drop for JoiningSink<'_> {
    fn drop(&mut self) {
        self.desk.leave();
    }
}

impl Desk {
    /// Writes rows, but for those that came before.
    fn settle(&mut self, rows: &[Row], text: &[u8]) -> io::Result<()> {
        // Neighbours of one hour are written at once.
        let (mut hour, mut run) = (0, 0..0);
        let mut start = 0;
        self.claims.expect(rows.iter().filter_map(|it| it.place));
        for row in rows {
            let line = start..row.end;
            start = row.end;
            match self.claims.settle(row.place, row.event) {
                Became::Merged => {
                    self.statistics.merged(row.hour, row.delay);
                    if row.hour == hour && run.end == line.start {
                        run.end = line.end;
                        continue;
                    }
                    if !run.is_empty() {
                        self.hours.write(hour, &text[run])?;
                    }
                    (hour, run) = (row.hour, line);
                }
                Became::Unlabelled => {
                    self.statistics.unlabelled(row.hour);
                    if let Some(file) = &mut self.unlabelled {
                        file.write_all(&text[line])?;
                    }
                }
                Became::Repeated => self.statistics.repeated += 1,
            }
        }
        if !run.is_empty() {
            self.hours.write(hour, &text[run])?;
        }
        Ok(())
    }
}
