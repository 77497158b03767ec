//! Workers take turns at cutting pieces of whole records off the sources.
//!
//! Piece `i` is cut and read by worker `i mod n`, and what is set aside is noted
//! in the order of the pieces: nothing depends on which thread is faster. What
//! a worker reads it has just cut, so the bytes are still in its cache.

use super::{
    Notes, ReadSeek, Readers, ScanError, ScanOptions, Scanned, Source, Unread, Watch, columns,
    cut::{Cutting, Filled, Meter},
    open::Opened,
};
use dataset::{Block, Piece, Reader, SetAside, Sink, Tally};
use std::{
    collections::BTreeMap,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

/// Returns what each of the sinks came to, the caller's first.
pub(super) fn scan<S: Sink + Send>(
    sources: &mut (dyn Iterator<Item = Source> + Send),
    options: &ScanOptions,
    make: &dyn Fn() -> S,
    watch: &mut dyn Watch,
) -> Result<Scanned<Vec<S>>, ScanError> {
    let desk = Desk {
        deal: Mutex::new(Deal {
            sources,
            options,
            open: None,
            begun: 0,
            readers: Readers::new(options),
            models: Vec::new(),
            first: make(),
            own: Tally::default(),
            next: 0,
            is_over: false,
            failure: None,
            reached: (0..options.threads).collect(),
            noted: BTreeMap::new(),
            meter: Meter::default(),
        }),
        turn: Condvar::new(),
    };
    let mut notes = Notes::new(watch);
    let parts = thread::scope(|scope| {
        let desk = &desk;
        let mut beside = Vec::new();
        for place in 1..options.threads {
            let summary = make();
            beside.push(scope.spawn(move || work(desk, place, summary, None)));
        }
        let mut parts = vec![work(desk, 0, make(), Some(&mut notes))];
        for thread in beside {
            match thread.join() {
                Ok(part) => parts.push(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        parts
    });
    let mut deal = desk.deal.into_inner().unwrap_or_else(PoisonError::into_inner);
    deal.reached.fill(usize::MAX);
    deal.tell(&mut notes);
    if let Some(failure) = deal.failure {
        return Err(failure);
    }
    let mut tally = deal.own;
    deal.readers.readers.iter().for_each(|it| tally.merge(&it.1.tally()));
    let mut sinks = vec![deal.first];
    for (sink, counts) in parts {
        sinks.push(sink);
        tally.merge(&counts);
    }
    Ok(notes.scanned(sinks, tally))
}

/// Where workers take their turns.
struct Desk<'a, S> {
    deal: Mutex<Deal<'a, S>>,
    turn: Condvar,
}

impl<'a, S> Desk<'a, S> {
    fn lock(&self) -> MutexGuard<'_, Deal<'a, S>> {
        self.deal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the others that no more turns come, when a worker breaks down.
struct Leaving<'a, 'b, S>(&'a Desk<'b, S>);

impl<S> Drop for Leaving<'_, '_, S> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().is_over = true;
            self.0.turn.notify_all();
        }
    }
}

/// Cuts and reads every piece of one worker; the caller's own also tells `notes`.
fn work<S: Sink + Send>(
    desk: &Desk<'_, S>,
    place: usize,
    mut summary: S,
    mut notes: Option<&mut Notes<'_>>,
) -> (S, Tally) {
    let _leaving = Leaving(desk);
    let mut tally = Tally::default();
    // Rows that the readers count and the sink cannot use.
    let mut refused = 0;
    let mut current: Option<(Arc<Reader>, Reader)> = None;
    let mut bytes = Vec::new();
    let mut found = Vec::new();
    let mut number = place;
    loop {
        let piece = {
            let mut deal = desk.lock();
            let workers = deal.reached.len();
            if !found.is_empty() {
                deal.note((number - workers, IN_PIECE), std::mem::take(&mut found));
            }
            deal.reached[place] = number;
            while !deal.is_over && deal.next != number {
                deal = desk.turn.wait(deal).unwrap_or_else(PoisonError::into_inner);
            }
            if let Some(notes) = &mut notes {
                deal.tell(notes);
            }
            let piece = if deal.is_over { None } else { deal.cut(&mut bytes) };
            deal.next += 1;
            desk.turn.notify_all();
            number += workers;
            piece.map(|it| (it, Piece { number: number - workers, source: deal.begun - 1 }))
        };
        if let Some((_, place)) = &piece {
            summary.begin_piece(*place);
        }
        match piece.map(|it| it.0) {
            None => break,
            Some(Part::Columns { name, input }) => {
                let mut heard = Heard::default();
                let mut own = Notes::new(&mut heard);
                let options = desk.lock().options;
                let counts = columns::scan(input, &name, options, &mut summary, &mut own);
                refused += own.refused;
                tally.merge(&counts);
                desk.lock().meter.bytes += own.bytes;
                found = heard.0;
            }
            Some(Part::Text { from, upto, offset, source, model }) => {
                if current.as_ref().is_none_or(|it| !Arc::ptr_eq(&it.0, &model)) {
                    if let Some((_, reader)) = &current {
                        tally.merge(&reader.tally());
                    }
                    let reader = model.fork();
                    current = Some((model, reader));
                }
                let mut sink =
                    Keeping { summary: &mut summary, source, found: Vec::new(), refused: 0 };
                if let Some((_, reader)) = &mut current {
                    reader.read_piece(&mut bytes[from..upto], offset, &mut sink);
                }
                refused += sink.refused;
                found = sink.found;
            }
        }
        summary.end_piece();
    }
    if let Some((_, reader)) = &current {
        tally.merge(&reader.tally());
    }
    tally.rows -= refused;
    tally.set_aside += refused;
    (summary, tally)
}

/// What a worker reads in one go.
enum Part {
    /// Whole records, from `from` to `upto` of its buffer, and the reader that knows
    /// their columns.
    Text {
        from: usize,
        upto: usize,
        /// Where `from` is in the source.
        offset: u64,
        source: Arc<str>,
        model: Arc<Reader>,
    },
    Columns {
        name: String,
        input: Box<dyn ReadSeek>,
    },
}

/// A record that was set aside.
type Note = (Unread, Vec<u8>);

/// Gathers what is set aside of Parquet, where it is little.
#[derive(Default)]
struct Heard(Vec<Note>);

impl Watch for Heard {
    fn set_aside(&mut self, unread: &Unread, record: &[u8]) {
        self.0.push((unread.clone(), record.to_vec()));
    }
}

/// Passes blocks on and keeps what is set aside for the caller.
struct Keeping<'a, S> {
    summary: &'a mut S,
    source: Arc<str>,
    found: Vec<Note>,
    refused: u64,
}

impl<S: Sink> Sink for Keeping<'_, S> {
    fn block(&mut self, block: &Block<'_>) {
        self.summary.block(block);
        for it in self.summary.refused() {
            self.refused += 1;
            self.set_aside(it.why, &it.record);
        }
    }

    fn set_aside(&mut self, why: SetAside, record: &[u8]) {
        self.found.push((unread(&self.source, &why), record.to_vec()));
        self.summary.set_aside(why, record);
    }
}

fn unread(source: &str, why: &SetAside) -> Unread {
    Unread { source: source.to_owned(), offset: why.offset, reason: why.reason }
}

/// What workers share: the sources, and what was noted.
struct Deal<'a, S> {
    sources: &'a mut (dyn Iterator<Item = Source> + Send),
    options: &'a ScanOptions,
    open: Option<Cutting>,
    /// How many sources were opened.
    begun: usize,
    readers: Readers<'a>,
    /// For each reader, the one that workers fork.
    models: Vec<Option<Arc<Reader>>>,
    /// Takes what is set aside while pieces are cut.
    first: S,
    /// What was set aside while pieces were cut, but for the readers' own.
    own: Tally,
    /// The number of the next piece.
    next: usize,
    is_over: bool,
    failure: Option<ScanError>,
    /// For each worker, the piece before which all of its are noted.
    reached: Vec<usize>,
    /// By piece, and by when in the piece.
    noted: BTreeMap<(usize, u8), Vec<Note>>,
    meter: Meter,
}

/// Notes of one piece come in this order.
const BEFORE_PIECE: u8 = 0;
const IN_PIECE: u8 = 1;
const AFTER_PIECE: u8 = 2;

impl<S: Sink> Deal<'_, S> {
    /// Cuts the next piece into `bytes`; `None` when there is no more.
    fn cut(&mut self, bytes: &mut Vec<u8>) -> Option<Part> {
        let piece = self.try_cut(bytes);
        self.is_over |= !matches!(piece, Ok(Some(_)));
        piece.unwrap_or_else(|failure| {
            self.failure = Some(failure);
            None
        })
    }

    fn try_cut(&mut self, bytes: &mut Vec<u8>) -> Result<Option<Part>, ScanError> {
        let mut cutting = match self.open.take() {
            Some(it) => it,
            None => match self.sources.next() {
                None => return Ok(None),
                Some(source) => match self.opened(source)? {
                    Opened::Text(it) => Cutting::new(it, self.options.reading.limits.record),
                    Opened::Parquet { name, input } => {
                        return Ok(Some(Part::Columns { name, input }));
                    }
                },
            },
        };
        let place = self.readers.of(cutting.format());
        self.models.resize(self.readers.readers.len(), None);
        let reader = &mut self.readers.readers[place].1;
        let Filled { from, upto, at, end, lost } = cutting.fill(reader, bytes, &mut self.meter)?;
        let source = Arc::clone(&cutting.name);
        let mut start = from;
        if !cutting.has_begun || !reader.knows_columns() {
            // A header ends with its source; other columns go on.
            let same = cutting.has_begun || !cutting.has_header();
            if !(same && reader.knows_columns()) {
                self.models[place] = None;
            }
            let (summary, source) = (&mut self.first, Arc::clone(&source));
            let mut sink = Keeping { summary, source, found: Vec::new(), refused: 0 };
            start += reader.begin(&bytes[from..upto], at + from as u64, end, &mut sink);
            let found = sink.found;
            self.noted.entry((self.next, BEFORE_PIECE)).or_default().extend(found);
            cutting.has_begun = true;
        }
        let model = self.models[place].get_or_insert_with(|| Arc::new(reader.fork()));
        let model = Arc::clone(model);
        if end || lost.is_some() {
            reader.finish(&mut self.first);
        }
        if let Some(reason) = lost {
            self.own.set_aside += 1;
            let (why, record) = (SetAside { offset: at + upto as u64, reason }, cutting.rest());
            self.noted
                .insert((self.next, AFTER_PIECE), vec![(unread(&source, &why), record.clone())]);
            self.first.set_aside(why, &record);
        } else if !end {
            self.open = Some(cutting);
        }
        Ok(Some(Part::Text { from: start, upto, offset: at + start as u64, source, model }))
    }

    fn opened(&mut self, source: Source) -> Result<Opened, ScanError> {
        self.begun += 1;
        Opened::new(source, self.options)
    }

    fn note(&mut self, when: (usize, u8), found: Vec<Note>) {
        self.noted.insert(when, found);
    }

    /// Tells what was noted of pieces that are done with.
    fn tell(&mut self, notes: &mut Notes<'_>) {
        if 0 < self.meter.bytes {
            notes.read(std::mem::take(&mut self.meter.bytes) as usize);
        }
        let through = self.reached.iter().min().copied().unwrap_or(0);
        while let Some(first) = self.noted.first_entry()
            && first.key().0 < through
        {
            for (unread, record) in first.remove() {
                notes.set_aside(unread, &record);
            }
        }
    }
}
