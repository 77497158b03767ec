use super::{Input, ReadSeek, ScanError, ScanOptions, Source};
use dataset::{Format, gunzip, is_gzip};
use std::io::{self, Cursor, ErrorKind, Read};

/// Bytes that tell a format; most captured inferences are shorter.
const HEAD: u64 = 16 << 10;

pub(super) const CUT_OFF: &str = "the gzip stream is cut off";
pub(super) const DAMAGED: &str = "the gzip stream is damaged";

/// Parquet from a stream is held in memory, up to this many bytes.
const HELD: u64 = 1 << 30;

/// A source, unpacked, whose format is known.
pub(super) enum Opened {
    Text(Text),
    Parquet { name: String, input: Box<dyn ReadSeek> },
}

/// A source that is read from front to back.
pub(super) struct Text {
    pub(super) name: String,
    pub(super) format: Format,
    packed: bool,
    input: Box<dyn Read + Send>,
}

/// What reading on came to.
pub(super) enum More {
    Bytes(usize),
    End,
    /// The rest is lost, and why.
    Lost(&'static str),
}

impl Opened {
    pub(super) fn new(source: Source, options: &ScanOptions) -> Result<Self, ScanError> {
        let name = source.name;
        let (mut stream, mut seekable) = match source.input {
            Input::Stream(it) => (Some(it), None),
            Input::Seekable(it) => (None, Some(it)),
            Input::Later(open) => match open() {
                Ok(it) => (None, Some(it)),
                Err(error) => return Err(ScanError::Unreadable { source: name, error }),
            },
        };
        let (mut head, mut failure) = match (&mut stream, &mut seekable) {
            (Some(it), _) => head(it),
            (_, Some(it)) => head(it),
            (None, None) => (Vec::new(), None),
        };
        let packed = is_gzip(&head);
        let mut format = options.format_of(&head);
        if format == Format::Parquet
            && !packed
            && failure.is_none()
            && let Some(mut input) = seekable.take()
        {
            return match input.rewind() {
                Ok(()) => Ok(Self::Parquet { name, input }),
                Err(error) => Err(ScanError::Unreadable { source: name, error }),
            };
        }
        let rest: Box<dyn Read + Send> = match (stream, seekable) {
            (Some(it), _) => it,
            (None, Some(it)) => Box::new(it),
            (None, None) => Box::new(io::empty()),
        };
        let mut input = rest;
        if packed && failure.is_none() {
            input = Box::new(gunzip(Cursor::new(head).chain(input)));
            (head, failure) = self::head(&mut input);
            format = options.format_of(&head);
        }
        input = Box::new(Cursor::new(head).chain(input));
        if let Some(error) = failure {
            // What came before the failure is read first.
            input = Box::new(input.chain(Failing(Some(error))));
        }
        let mut text = Text { name, format, packed, input };
        if format != Format::Parquet {
            return Ok(Self::Text(text));
        }
        let bytes = text.hold()?;
        Ok(Self::Parquet { name: text.name, input: Box::new(Cursor::new(bytes)) })
    }
}

impl Text {
    /// Reads everything; what is lost of a packed source shows in what is held.
    fn hold(&mut self) -> Result<Vec<u8>, ScanError> {
        let mut bytes = Vec::new();
        let mut space = vec![0; 64 << 10];
        while let More::Bytes(count) = self.read(&mut space)? {
            bytes.extend_from_slice(&space[..count]);
            if HELD < bytes.len() as u64 {
                let error = io::Error::other("Parquet above a gibibyte needs a file");
                return Err(ScanError::Unreadable { source: self.name.clone(), error });
            }
        }
        Ok(bytes)
    }

    pub(super) fn read(&mut self, space: &mut [u8]) -> Result<More, ScanError> {
        loop {
            return match self.input.read(space) {
                Ok(0) => Ok(More::End),
                Ok(count) => Ok(More::Bytes(count)),
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => continue,
                    ErrorKind::UnexpectedEof if self.packed => Ok(More::Lost(CUT_OFF)),
                    ErrorKind::InvalidData | ErrorKind::InvalidInput if self.packed => {
                        Ok(More::Lost(DAMAGED))
                    }
                    _ => Err(ScanError::Unreadable { source: self.name.clone(), error }),
                },
            };
        }
    }
}

fn head(input: &mut dyn Read) -> (Vec<u8>, Option<io::Error>) {
    let mut head = Vec::with_capacity(HEAD as usize);
    let failure = input.take(HEAD).read_to_end(&mut head).err();
    (head, failure)
}

/// Fails once, then ends.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
