//! The caller cuts sources into pieces of whole records; workers take turns.
//!
//! Piece `i` goes to worker `i mod n`, and what comes back is taken in the same
//! order: nothing depends on which thread is faster.

use super::{
    Notes, Readers, ScanError, ScanOptions, Scanned, Source, Unread, Watch, columns,
    open::{More, Opened, Text},
};
use dataset::{Block, Format, Reader, SetAside, Sink, Tally};
use memchr::memchr;
use std::{
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, ScopedJoinHandle},
};
use summary::Summary;

/// Pieces that wait for one worker or are with it.
const LENT: usize = 12;
/// Larger than a block, so that threads wake each other less often.
const PIECE: usize = 1 << 19;
const WIDEST_PIECE: usize = 4 << 20;
/// Bytes of a piece for every column, so that blocks of wide tables have rows.
const PER_COLUMN: usize = 1 << 10;
/// How often a record without an end may cost one line only, as in `dataset`.
const RESCUES: usize = 16;

pub(super) fn scan<S: Summary + Sink + Send>(
    sources: &mut dyn Iterator<Item = Source>,
    options: &ScanOptions,
    make: &dyn Fn() -> S,
    watch: &mut dyn Watch,
) -> Result<Scanned<S>, ScanError> {
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for _ in 0..options.threads {
            let (pieces, incoming) = sync_channel(LENT);
            let (outgoing, done) = sync_channel(LENT);
            let summary = make();
            let thread = scope.spawn(move || work(summary, &incoming, &outgoing));
            workers.push(Worker { pieces, done, thread });
        }
        let limit = options.reading.limits.record;
        let (notes, first) = (Notes::new(watch), make());
        let mut deal = Deal {
            workers,
            sent: 0,
            taken: 0,
            notes,
            first,
            own: Tally::default(),
            limit,
            rescues: 0,
        };
        let mut readers = Readers::new(options);
        let mut models: Vec<Option<Arc<Reader>>> = Vec::new();
        for source in sources {
            let mut source = match Opened::new(source, options)? {
                Opened::Text(it) => it,
                Opened::Parquet { name, input } => {
                    deal.settle();
                    let Deal { first, notes, .. } = &mut deal;
                    let counts = columns::scan(input, &name, options, first, notes);
                    deal.own.merge(&counts);
                    continue;
                }
            };
            let place = readers.of(source.format);
            models.resize(readers.readers.len(), None);
            let reader = &mut readers.readers[place].1;
            deal.cut(&mut source, reader, &mut models[place])?;
        }
        let own = readers.readers.iter().map(|it| it.1.tally());
        Ok(deal.finish(own))
    })
}

/// Some records, and the reader that knows their columns.
struct Piece {
    bytes: Vec<u8>,
    from: usize,
    upto: usize,
    /// Where `from` is in the source.
    offset: u64,
    source: Arc<str>,
    model: Arc<Reader>,
}

/// A piece that was read, for its buffer to be used again.
struct Done {
    bytes: Vec<u8>,
    source: Arc<str>,
    set_aside: Vec<(SetAside, Vec<u8>)>,
}

struct Worker<'scope, S> {
    pieces: SyncSender<Piece>,
    done: Receiver<Done>,
    thread: ScopedJoinHandle<'scope, (S, Tally)>,
}

fn work<S: Sink>(mut summary: S, pieces: &Receiver<Piece>, done: &SyncSender<Done>) -> (S, Tally) {
    let mut tally = Tally::default();
    let mut current: Option<(Arc<Reader>, Reader)> = None;
    for mut piece in pieces {
        let stale = current.as_ref().is_none_or(|it| !Arc::ptr_eq(&it.0, &piece.model));
        if stale {
            if let Some((_, reader)) = &current {
                tally.merge(&reader.tally());
            }
            current = Some((Arc::clone(&piece.model), piece.model.fork()));
        }
        let mut sink = Keeping { summary: &mut summary, set_aside: Vec::new() };
        if let Some((_, reader)) = &mut current {
            reader.read_piece(&mut piece.bytes[piece.from..piece.upto], piece.offset, &mut sink);
        }
        let set_aside = sink.set_aside;
        if done.send(Done { bytes: piece.bytes, source: piece.source, set_aside }).is_err() {
            break;
        }
    }
    if let Some((_, reader)) = &current {
        tally.merge(&reader.tally());
    }
    (summary, tally)
}

/// Passes blocks on and keeps what is set aside for the caller.
struct Keeping<'a, S> {
    summary: &'a mut S,
    set_aside: Vec<(SetAside, Vec<u8>)>,
}

impl<S: Sink> Sink for Keeping<'_, S> {
    fn block(&mut self, block: &Block<'_>) {
        self.summary.block(block);
    }

    fn set_aside(&mut self, why: SetAside, record: &[u8]) {
        self.set_aside.push((why.clone(), record.to_vec()));
        self.summary.set_aside(why, record);
    }
}

/// Deals pieces to the workers.
struct Deal<'scope, 'a, S> {
    workers: Vec<Worker<'scope, S>>,
    sent: usize,
    taken: usize,
    notes: Notes<'a>,
    /// Takes what the caller itself sets aside.
    first: S,
    /// What the caller itself read or set aside, but for its readers.
    own: Tally,
    limit: usize,
    rescues: usize,
}

impl<S: Summary + Sink> Deal<'_, '_, S> {
    fn cut(
        &mut self,
        source: &mut Text,
        reader: &mut Reader,
        model: &mut Option<Arc<Reader>>,
    ) -> Result<(), ScanError> {
        let name: Arc<str> = source.name.as_str().into();
        let mut carry: Vec<u8> = Vec::new();
        let mut at = 0;
        let mut begun = false;
        let mut skipping = false;
        loop {
            let mut bytes = self.buffer((reader.columns() * PER_COLUMN).clamp(PIECE, WIDEST_PIECE));
            if bytes.len() <= carry.len() {
                bytes.resize(2 * carry.len(), 0);
            }
            bytes[..carry.len()].copy_from_slice(&carry);
            let filled = self.fill(source, reader, &mut bytes, carry.len(), &mut skipping)?;
            let Filled { from, upto, len, end, lost } = filled;
            let mut start = from;
            if !begun || !reader.knows_columns() {
                // A header ends with its source; other columns go on.
                let same = begun || source.format != Format::Csv;
                if !(same && reader.knows_columns()) {
                    *model = None;
                }
                let mut sink = Keeping { summary: &mut self.first, set_aside: Vec::new() };
                start += reader.begin(&bytes[from..upto], at + from as u64, end, &mut sink);
                let own = sink.set_aside;
                self.note_own(&name, own);
                begun = true;
            }
            let model = model.get_or_insert_with(|| Arc::new(reader.fork()));
            carry.clear();
            carry.extend_from_slice(&bytes[upto..len]);
            let offset = at + start as u64;
            let (source, model) = (Arc::clone(&name), Arc::clone(model));
            self.send(Piece { bytes, from: start, upto, offset, source, model });
            at += upto as u64;
            if let Some(reason) = lost {
                self.own.set_aside += 1;
                let why = SetAside { offset: at, reason };
                self.first.set_aside(why.clone(), &carry);
                self.note_own(&name, vec![(why, std::mem::take(&mut carry))]);
            }
            if end || lost.is_some() {
                reader.finish(&mut self.first);
                return Ok(());
            }
        }
    }

    /// Reads until `bytes` are full and hold a whole record, or the source ends.
    fn fill(
        &mut self,
        source: &mut Text,
        reader: &Reader,
        bytes: &mut Vec<u8>,
        mut len: usize,
        skipping: &mut bool,
    ) -> Result<Filled, ScanError> {
        let mut from = 0;
        loop {
            if len == bytes.len() {
                skip(&bytes[..len], skipping, &mut from);
                let whole = reader.whole(&bytes[from..len]);
                if 0 < whole || from == len {
                    return Ok(Filled { from, upto: from + whole, len, end: false, lost: None });
                }
                if self.limit < len - from {
                    let upto = self.give_up(&bytes[from..len]).map_or(len, |it| from + it);
                    *skipping = upto == len;
                    return Ok(Filled { from, upto, len, end: false, lost: None });
                }
                bytes.resize(2 * len, 0);
            }
            match source.read(&mut bytes[len..])? {
                More::Bytes(count) => {
                    len += count;
                    self.notes.read(count);
                }
                More::End => {
                    skip(&bytes[..len], skipping, &mut from);
                    return Ok(Filled { from, upto: len, len, end: true, lost: None });
                }
                More::Lost(reason) => {
                    skip(&bytes[..len], skipping, &mut from);
                    let upto = from + reader.whole(&bytes[from..len]);
                    return Ok(Filled { from, upto, len, end: false, lost: Some(reason) });
                }
            }
        }
    }

    /// Where the first line of a record without an end ends, a few times.
    fn give_up(&mut self, record: &[u8]) -> Option<usize> {
        let line = memchr(b'\n', &record[..self.limit])?;
        self.rescues += 1;
        (self.rescues <= RESCUES).then_some(line + 1)
    }

    fn buffer(&mut self, size: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.sent - self.taken == LENT * self.workers.len() {
            bytes = self.take();
        }
        if bytes.len() < size {
            bytes.resize(size, 0);
        }
        bytes
    }

    fn send(&mut self, piece: Piece) {
        // A worker that is gone has panicked, which `finish` passes on.
        let worker = self.sent % self.workers.len();
        let _gone = self.workers[worker].pieces.send(piece).is_err();
        self.sent += 1;
    }

    /// Waits for the oldest piece and returns its buffer.
    fn take(&mut self) -> Vec<u8> {
        let worker = self.taken % self.workers.len();
        self.taken += 1;
        let Ok(done) = self.workers[worker].done.recv() else {
            return Vec::new();
        };
        self.note(&done.source, done.set_aside);
        done.bytes
    }

    /// Notes what the caller set aside, after all that came before it.
    fn note_own(&mut self, source: &str, set_aside: Vec<(SetAside, Vec<u8>)>) {
        if !set_aside.is_empty() {
            self.settle();
        }
        self.note(source, set_aside);
    }

    /// Waits for everything that was sent.
    fn settle(&mut self) {
        while self.taken < self.sent {
            self.take();
        }
    }

    fn note(&mut self, source: &str, set_aside: Vec<(SetAside, Vec<u8>)>) {
        for (SetAside { offset, reason }, record) in set_aside {
            let unread = Unread { source: source.to_owned(), offset, reason };
            self.notes.set_aside(unread, &record);
        }
    }

    fn finish(mut self, readers: impl Iterator<Item = Tally>) -> Scanned<S> {
        self.settle();
        let mut tally = self.own;
        readers.for_each(|it| tally.merge(&it));
        let mut summary = self.first;
        for Worker { pieces, done, thread } in self.workers {
            drop((pieces, done));
            match thread.join() {
                Ok((theirs, counts)) => {
                    summary.merge(&theirs);
                    tally.merge(&counts);
                }
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        self.notes.scanned(summary, tally)
    }
}

/// Drops the rest of a record that was given up.
fn skip(bytes: &[u8], skipping: &mut bool, from: &mut usize) {
    if *skipping {
        let line = memchr(b'\n', bytes);
        *skipping = line.is_none();
        *from = line.map_or(bytes.len(), |it| it + 1);
    }
}

/// What lies in a buffer: a piece from `from` to `upto`, then the next one's start.
struct Filled {
    from: usize,
    upto: usize,
    len: usize,
    end: bool,
    lost: Option<&'static str>,
}
