//! Everything on the caller's thread, read straight into the readers.

use super::{
    Notes, Readers, ScanError, ScanOptions, Scanned, Source, Unread, Watch, columns,
    open::{More, Opened},
};
use dataset::{Block, Piece, SetAside, Sink, Tally};

pub(super) fn scan<S: Sink>(
    sources: &mut dyn Iterator<Item = Source>,
    options: &ScanOptions,
    mut summary: S,
    watch: &mut dyn Watch,
) -> Result<Scanned<S>, ScanError> {
    let mut notes = Notes::new(watch);
    let mut readers = Readers::new(options);
    let mut tally = Tally::default();
    for (number, source) in sources.enumerate() {
        summary.begin_piece(Piece { number, source: number });
        let mut source = match Opened::new(source, options)? {
            Opened::Text(it) => it,
            Opened::Parquet { name, input } => {
                let counts = columns::scan(input, &name, options, &mut summary, &mut notes);
                tally.merge(&counts);
                summary.end_piece();
                continue;
            }
        };
        let place = readers.of(source.format);
        let reader = &mut readers.readers[place].1;
        let name = source.name.clone();
        loop {
            let more = source.read(reader.space())?;
            let mut sink = Noting { summary: &mut summary, source: &name, notes: &mut notes };
            match more {
                More::Bytes(count) => {
                    reader.filled(count, &mut sink);
                    notes.read(count);
                    continue;
                }
                More::End => reader.finish(&mut sink),
                More::Lost(reason) => reader.break_off(reason, &mut sink),
            }
            break;
        }
        summary.end_piece();
    }
    for (_, reader) in &readers.readers {
        tally.merge(&reader.tally());
    }
    Ok(notes.scanned(summary, tally))
}

/// Passes blocks on and notes what is set aside.
pub(super) struct Noting<'a, 'n, S> {
    pub(super) summary: &'a mut S,
    pub(super) source: &'a str,
    pub(super) notes: &'a mut Notes<'n>,
}

impl<S: Sink> Sink for Noting<'_, '_, S> {
    fn block(&mut self, block: &Block<'_>) {
        self.summary.block(block);
        for it in self.summary.refused() {
            self.notes.refused += 1;
            self.set_aside(it.why, &it.record);
        }
    }

    fn set_aside(&mut self, why: SetAside, record: &[u8]) {
        let (offset, reason) = (why.offset, why.reason);
        let unread = Unread { source: self.source.to_owned(), offset, reason };
        self.notes.set_aside(unread, record);
        self.summary.set_aside(why, record);
    }
}
