use super::{Input, ScanError, ScanOptions, Source};
use dataset::{Format, gunzip, is_gzip, sniff};
use std::io::{self, Cursor, ErrorKind, Read};

/// Bytes that tell a format; most captured inferences are shorter.
const HEAD: u64 = 16 << 10;

pub(super) const CUT_OFF: &str = "the gzip stream is cut off";
pub(super) const DAMAGED: &str = "the gzip stream is damaged";

/// A source, unpacked, whose format is known.
pub(super) struct Opened {
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
    pub(super) fn new(source: Source, options: &ScanOptions) -> Self {
        let name = source.name;
        let mut input: Box<dyn Read + Send> = match source.input {
            Input::Stream(it) => it,
            Input::Seekable(it) => Box::new(it),
        };
        let (mut head, mut failure) = head(&mut input);
        let packed = is_gzip(&head);
        if packed && failure.is_none() {
            input = Box::new(gunzip(Cursor::new(head).chain(input)));
            (head, failure) = self::head(&mut input);
        }
        let format = options.format.unwrap_or_else(|| sniff(&head));
        input = Box::new(Cursor::new(head).chain(input));
        if let Some(error) = failure {
            // What came before the failure is read first.
            input = Box::new(input.chain(Failing(Some(error))));
        }
        Self { name, format, packed, input }
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
