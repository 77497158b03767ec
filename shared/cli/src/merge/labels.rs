//! Reads labels: into memory while they fit, else into files by parts of their ids.

use dataset::{Block, LabelOptions, Piece, Refused, SetAside, Sink};
use engine::merge::{LabelSink, Labels};
use engine::scan::{InTurn, Scanned, scan_each};

use super::spill::Parts;
use crate::Failure;
use crate::input::{Dataset, Watching};

/// Bytes of labels that a worker gathers before it hands them on.
const HANDFUL: usize = 1 << 20;
/// What the index and the claims take of memory for each label.
const BESIDE: usize = 24;

/// All labels, wherever they are.
pub(super) enum Known {
    InMemory(Labels),
    Spilled(Parts),
}

/// Reads every label; beyond `memory` bytes they go to files below `spill`.
pub(super) fn read(
    data: &Dataset,
    options: &LabelOptions,
    memory: usize,
    parts: impl Fn() -> Result<Parts, Failure> + Send,
    watching: &mut Watching<'_>,
) -> Result<(Known, Scanned<()>), Failure> {
    let store =
        Store { labels: Labels::default(), spilled: None, count: 0, memory, parts, failure: None };
    let store = InTurn::new(store);
    let make =
        || StoreSink { found: LabelSink::new(options), store: &store, piece: Piece::default() };
    let scanned = scan_each(data.sources(), data.options(), make, watching)?;
    let scanned = scanned.map(drop);
    let store = store.into_inner();
    if let Some(failure) = store.failure {
        return Err(failure);
    }
    let known = match store.spilled {
        None => Known::InMemory(store.labels),
        Some(parts) => Known::Spilled(parts),
    };
    Ok((known, scanned))
}

struct Store<F> {
    labels: Labels,
    spilled: Option<Parts>,
    /// Labels in files.
    count: u64,
    memory: usize,
    parts: F,
    failure: Option<Failure>,
}

impl<F: Fn() -> Result<Parts, Failure>> Store<F> {
    fn take(&mut self, labels: &Labels) {
        if self.failure.is_none() {
            self.failure = self.add(labels).err();
        }
    }

    fn add(&mut self, labels: &Labels) -> Result<(), Failure> {
        if self.spilled.is_none() {
            self.labels.append(labels);
            if self.labels.bytes() + BESIDE * self.labels.len() <= self.memory {
                return Ok(());
            }
            self.spilled = Some((self.parts)()?);
            let labels = std::mem::take(&mut self.labels);
            return self.spill(&labels);
        }
        self.spill(labels)
    }

    fn spill(&mut self, labels: &Labels) -> Result<(), Failure> {
        let Some(parts) = &mut self.spilled else { return Ok(()) };
        parts.write_labels(labels, self.count)?;
        self.count += labels.len() as u64;
        Ok(())
    }
}

struct StoreSink<'a, F> {
    found: LabelSink,
    store: &'a InTurn<Store<F>>,
    piece: Piece,
}

impl<F: Fn() -> Result<Parts, Failure>> StoreSink<'_, F> {
    fn hand_on(&mut self) {
        self.store.visit(self.piece, |store| store.take(self.found.labels()));
        self.found.clear();
    }
}

impl<F: Fn() -> Result<Parts, Failure>> Sink for StoreSink<'_, F> {
    fn block(&mut self, block: &Block<'_>) {
        self.found.block(block);
        if HANDFUL < self.found.labels().bytes() && self.store.is_turn(self.piece) {
            self.hand_on();
        }
    }

    fn set_aside(&mut self, _: SetAside, _: &[u8]) {}

    fn refused(&mut self) -> Vec<Refused> {
        self.found.refused()
    }

    fn begin_piece(&mut self, piece: Piece) {
        self.piece = piece;
    }

    fn end_piece(&mut self) {
        self.hand_on();
        self.store.done(self.piece);
    }
}

impl<F> Drop for StoreSink<'_, F> {
    fn drop(&mut self) {
        self.store.leave();
    }
}
