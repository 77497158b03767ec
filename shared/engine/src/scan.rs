//! Reads sources of any format into a summary, on one thread or several.

mod alone;
mod columns;
mod cut;
mod open;
#[cfg(test)]
mod tests;
mod together;
mod turn;

pub use dataset::{ASKED, CaptureOptions, Header, PROBED, Sides, Sink, is_own};
pub use summary::Summary;
pub use turn::InTurn;

use dataset::{Format, Options, Reader, Tally, sniff, sniff_labels};
use std::{
    fmt,
    io::{self, Read},
};

/// Reads every source and returns one summary of them all.
///
/// `make` makes an empty summary; with several threads each fills its own and
/// they are merged in a fixed order, so the result depends on the number of
/// threads only as far as merging does. Sources are told apart by content and
/// unpacked when they are gzip. What cannot be read is set aside, and so is the
/// rest of a source that is damaged or cut off.
pub fn scan<S: Summary + Sink + Send>(
    sources: impl IntoIterator<Item = Source, IntoIter: Send>,
    options: &ScanOptions,
    make: impl Fn() -> S,
    watch: &mut dyn Watch,
) -> Result<Scanned<S>, ScanError> {
    let sources = &mut sources.into_iter();
    if options.threads < 2 {
        alone::scan(sources, options, make(), watch)
    } else {
        let of_each = together::scan(sources, options, &make, watch)?;
        Ok(of_each.map(|sinks| {
            let mut sinks = sinks.into_iter();
            let mut summary = sinks.next().unwrap_or_default();
            sinks.for_each(|it| summary.merge(&it));
            summary
        }))
    }
}

/// Reads every source into sinks, one a thread, and returns these.
///
/// Sinks that must keep the order of the input share an [`InTurn`].
pub fn scan_each<S: Sink + Send>(
    sources: impl IntoIterator<Item = Source, IntoIter: Send>,
    options: &ScanOptions,
    make: impl Fn() -> S,
    watch: &mut dyn Watch,
) -> Result<Scanned<Vec<S>>, ScanError> {
    let sources = &mut sources.into_iter();
    if options.threads < 2 {
        Ok(alone::scan(sources, options, make(), watch)?.map(|it| vec![it]))
    } else {
        together::scan(sources, options, &make, watch)
    }
}

/// Reads every source into a sink, in order, where it is called.
pub fn read<S: Sink>(
    sources: impl IntoIterator<Item = Source>,
    options: &ScanOptions,
    sink: S,
    watch: &mut dyn Watch,
) -> Result<Scanned<S>, ScanError> {
    alone::scan(&mut sources.into_iter(), options, sink, watch)
}

/// One file or object.
pub struct Source {
    /// What set-aside records are filed under.
    pub name: String,
    pub input: Input,
}

/// How the bytes of a source are reached.
pub enum Input {
    Stream(Box<dyn Read + Send>),
    /// Parquet needs this; from a stream it is first read whole.
    Seekable(Box<dyn ReadSeek>),
    /// Opened when its turn comes: a window may have more files than a process
    /// may hold open.
    Later(Box<dyn FnOnce() -> io::Result<Box<dyn ReadSeek>> + Send>),
}

/// Something to read from and to seek in: a file, a cursor.
pub trait ReadSeek: Read + io::Seek + Send {}

impl<T: Read + io::Seek + Send> ReadSeek for T {}

/// How sources are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanOptions {
    /// `None` tells it by content, source by source.
    pub format: Option<Format>,
    /// What is told by content are labels, not tables.
    pub labels: bool,
    pub reading: Options,
    /// One reads where it is called; more than one work beside the caller.
    pub threads: usize,
}

impl ScanOptions {
    /// Returns the format of a source that begins so.
    fn format_of(&self, head: &[u8]) -> Format {
        let tell = if self.labels { sniff_labels } else { sniff };
        self.format.unwrap_or_else(|| tell(head))
    }
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self { format: None, labels: false, reading: Options::default(), threads: 1 }
    }
}

/// Is told what happens while sources are read; `()` does not listen.
pub trait Watch {
    /// So many more (unpacked) bytes were read.
    fn progress(&mut self, _bytes: u64) {}

    /// A record could not be read; `record` holds captured values, so it may go
    /// to a file of the user's but never to a log.
    fn set_aside(&mut self, _unread: &Unread, _record: &[u8]) {}
}

impl Watch for () {}

/// What became of the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned<S> {
    pub summary: S,
    pub tally: Tally,
    /// The first records that were set aside, in order; at most a hundred.
    pub set_aside: Vec<Unread>,
    /// Bytes that were read, unpacked.
    pub bytes: u64,
}

impl<S> Scanned<S> {
    /// Changes what it comes to.
    pub fn map<T>(self, change: impl FnOnce(S) -> T) -> Scanned<T> {
        let Self { summary, tally, set_aside, bytes } = self;
        Scanned { summary: change(summary), tally, set_aside, bytes }
    }
}

/// A record that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    pub source: String,
    /// Bytes from the start of the (unpacked) source.
    pub offset: u64,
    pub reason: &'static str,
}

/// Why sources could not be scanned.
#[derive(Debug)]
pub enum ScanError {
    /// The source itself failed: try again, or mend what lies below it.
    Unreadable { source: String, error: io::Error },
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { source, error } => write!(f, "cannot read {source}: {error}"),
        }
    }
}

impl std::error::Error for ScanError {}

/// Notes what is set aside, for the caller and for the watch.
struct Notes<'a> {
    set_aside: Vec<Unread>,
    bytes: u64,
    /// Rows that the readers counted and the sink could not use.
    refused: u64,
    watch: &'a mut dyn Watch,
}

impl<'a> Notes<'a> {
    /// Set-aside records whose place and reason are kept; all are counted.
    const KEPT: usize = 100;

    fn new(watch: &'a mut dyn Watch) -> Self {
        Self { set_aside: Vec::new(), bytes: 0, refused: 0, watch }
    }

    fn read(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        self.watch.progress(bytes as u64);
    }

    fn set_aside(&mut self, unread: Unread, record: &[u8]) {
        self.watch.set_aside(&unread, record);
        if self.set_aside.len() < Self::KEPT {
            self.set_aside.push(unread);
        }
    }

    fn scanned<S>(self, summary: S, mut tally: Tally) -> Scanned<S> {
        tally.rows -= self.refused;
        tally.set_aside += self.refused;
        Scanned { summary, tally, set_aside: self.set_aside, bytes: self.bytes }
    }
}

/// The readers of a scan, one for each format that came up.
struct Readers<'a> {
    options: &'a ScanOptions,
    readers: Vec<(Format, Reader)>,
}

impl<'a> Readers<'a> {
    fn new(options: &'a ScanOptions) -> Self {
        Self { options, readers: Vec::new() }
    }

    /// Returns the place of the format's reader.
    fn of(&mut self, format: Format) -> usize {
        if let Some(place) = self.readers.iter().position(|it| it.0 == format) {
            return place;
        }
        let options = &self.options.reading;
        let reader = match format {
            Format::JsonLines => Reader::json_lines(options),
            Format::Capture => Reader::capture(options),
            Format::Labels => Reader::labels(options),
            Format::Inferences => Reader::inferences(options),
            // Parquet has no reader of this kind and does not ask for one.
            Format::Csv | Format::Parquet => Reader::csv(options),
        };
        self.readers.push((format, reader));
        self.readers.len() - 1
    }
}
