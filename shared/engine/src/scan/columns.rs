//! Parquet: columns from a seekable source, on the caller's thread.

use super::{Notes, ReadSeek, ScanOptions, alone::Noting};
use dataset::{Sink, Tally};
use std::io::{Seek, SeekFrom};

pub(super) fn scan<S: Sink>(
    mut input: Box<dyn ReadSeek>,
    source: &str,
    options: &ScanOptions,
    summary: &mut S,
    notes: &mut Notes<'_>,
) -> Tally {
    let length = input.seek(SeekFrom::End(0)).unwrap_or_default();
    let mut sink = Noting { summary, source, notes };
    let tally = dataset::read_parquet(input, options.reading.limits, &mut sink);
    sink.notes.read(length as usize);
    tally
}
