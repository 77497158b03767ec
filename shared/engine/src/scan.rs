//! Reads sources of any format into a summary, on one thread or several.

use dataset::{Block, Format, Options, Reader, SetAside, Sink, Tally};
use std::io::{self, Cursor, Read};

/// Bytes that tell a format; most captured inferences are shorter.
const HEAD: usize = 16 << 10;
/// Set-aside records whose place and reason are kept; all are counted.
const KEPT: usize = 100;

/// Reads every source and returns one summary of them all.
///
/// `make` makes an empty summary; with several threads each fills its own and
/// they are merged in a fixed order, so the result depends on the number of
/// threads only as far as merging does. Sources are told apart by content and
/// unpacked when they are gzip. Input that cannot be read is set aside.
pub fn scan<S: Summary>(
    sources: impl IntoIterator<Item = Source>,
    options: &ScanOptions,
    make: impl Fn() -> S,
    watch: &mut dyn Watch,
) -> Result<Scanned<S>, ScanError> {
    let mut summary = make();
    let mut scanned =
        Scanned { tally: Tally::default(), set_aside: Vec::new(), bytes: 0, summary: () };
    let mut readers: Vec<(Format, Reader)> = Vec::new();
    for source in sources {
        let mut opened = open(source)?;
        let format = options.format.unwrap_or_else(|| dataset::sniff(&opened.head));
        let found = readers.iter().position(|(it, _)| *it == format);
        let found = found.unwrap_or_else(|| {
            readers.push((format, Reader::csv(&options.reading)));
            readers.len() - 1
        });
        let reader = &mut readers[found].1;
        let mut sink =
            Noting { summary: &mut summary, source: &opened.name, scanned: &mut scanned, watch };
        let head = std::mem::take(&mut opened.head);
        let mut input = Cursor::new(head).chain(opened.rest);
        let failure = loop {
            match input.read(reader.space()) {
                Ok(0) => break None,
                Ok(count) => {
                    reader.filled(count, &mut sink);
                    sink.scanned.bytes += count as u64;
                    sink.watch.progress(count as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Some(error),
            }
        };
        reader.finish(&mut sink);
        if let Some(error) = failure {
            return Err(ScanError::Unreadable { source: opened.name, error });
        }
    }
    for (_, reader) in &readers {
        scanned.tally.merge(&reader.tally());
    }
    Ok(Scanned {
        summary,
        tally: scanned.tally,
        set_aside: scanned.set_aside,
        bytes: scanned.bytes,
    })
}

/// What blocks are gathered in.
pub trait Summary: Sink + Send {
    /// Takes in what another one saw. Sinks see the columns in the order of
    /// their own first appearance, so columns are matched by name.
    fn merge(&mut self, other: Self);
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
}

/// Something to read from and to seek in: a file, a cursor.
pub trait ReadSeek: Read + io::Seek + Send {}

impl<T: Read + io::Seek + Send> ReadSeek for T {}

/// How sources are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanOptions {
    /// `None` tells it by content, source by source.
    pub format: Option<Format>,
    pub reading: Options,
    /// One reads where it is called; more than one work beside the caller.
    pub threads: usize,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self { format: None, reading: Options::default(), threads: 1 }
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

impl std::fmt::Display for ScanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable { source, error } => write!(f, "cannot read {source}: {error}"),
        }
    }
}

impl std::error::Error for ScanError {}

struct Opened {
    name: String,
    head: Vec<u8>,
    rest: Box<dyn Read + Send>,
}

fn open(source: Source) -> Result<Opened, ScanError> {
    let name = source.name;
    let mut rest: Box<dyn Read + Send> = match source.input {
        Input::Stream(it) => it,
        Input::Seekable(it) => Box::new(it),
    };
    match head(&mut rest) {
        Ok(head) => Ok(Opened { name, head, rest }),
        Err(error) => Err(ScanError::Unreadable { source: name, error }),
    }
}

fn head(input: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    input.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Passes blocks on and notes what is set aside.
struct Noting<'a, S> {
    summary: &'a mut S,
    source: &'a str,
    scanned: &'a mut Scanned<()>,
    watch: &'a mut dyn Watch,
}

impl<S: Summary> Sink for Noting<'_, S> {
    fn block(&mut self, block: &Block<'_>) {
        self.summary.block(block);
    }

    fn set_aside(&mut self, why: SetAside, record: &[u8]) {
        let unread =
            Unread { source: self.source.to_owned(), offset: why.offset, reason: why.reason };
        self.watch.set_aside(&unread, record);
        self.summary.set_aside(why, record);
        if self.scanned.set_aside.len() < KEPT {
            self.scanned.set_aside.push(unread);
        }
    }
}
