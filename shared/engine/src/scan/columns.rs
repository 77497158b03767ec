//! Parquet: columns from a seekable source, on the caller's thread.

use super::{Notes, ReadSeek, ScanOptions, alone::Noting};
use dataset::{Sink, Tally};

#[cfg(feature = "parquet")]
pub(super) fn scan<S: Sink>(
    mut input: Box<dyn ReadSeek>,
    source: &str,
    options: &ScanOptions,
    summary: &mut S,
    notes: &mut Notes<'_>,
) -> Tally {
    use std::io::{Seek, SeekFrom};
    let length = input.seek(SeekFrom::End(0)).unwrap_or_default();
    let mut sink = Noting { summary, source, notes };
    let tally = dataset::read_parquet(input, options.reading.limits, &mut sink);
    sink.notes.read(length as usize);
    tally
}

#[cfg(not(feature = "parquet"))]
pub(super) fn scan<S: Sink>(
    _: Box<dyn ReadSeek>,
    source: &str,
    _: &ScanOptions,
    summary: &mut S,
    notes: &mut Notes<'_>,
) -> Tally {
    let reason = "this build does not read Parquet";
    Noting { summary, source, notes }.set_aside(dataset::SetAside { offset: 0, reason }, &[]);
    Tally { set_aside: 1, ..Tally::default() }
}
