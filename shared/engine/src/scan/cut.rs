use super::{
    ScanError,
    open::{More, Text},
};
use dataset::{Format, Reader};
use memchr::memchr;
use std::sync::Arc;

/// Read by its worker at once, so it may stay in that core's cache.
const PIECE: usize = 1 << 18;
const WIDEST_PIECE: usize = 4 << 20;
/// Bytes of a piece for every column, so that blocks of wide tables have rows.
const PER_COLUMN: usize = 1 << 10;
/// How often a record without an end may cost one line only, as in `dataset`.
const RESCUES: usize = 16;

/// A source of text that is cut into pieces of whole records.
pub(super) struct Cutting {
    pub(super) name: Arc<str>,
    /// Whether the reader has seen the source's first bytes.
    pub(super) has_begun: bool,
    source: Text,
    /// The beginning of the next piece.
    carry: Vec<u8>,
    /// Where the next piece begins in the source.
    at: u64,
    /// Whether the record at the front was given up and is passed over.
    skipping: bool,
    limit: usize,
}

/// What all sources of a scan come to.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// Bytes that were read and not told of yet.
    pub(super) bytes: u64,
    /// Records without an end that cost their first line only.
    rescues: usize,
}

/// What lies in a buffer: a piece from `from` to `upto`, whole but for the rest
/// of a source that ends.
pub(super) struct Filled {
    pub(super) from: usize,
    pub(super) upto: usize,
    /// Where the buffer begins in the source.
    pub(super) at: u64,
    pub(super) end: bool,
    /// Why nothing follows, though the source should go on.
    pub(super) lost: Option<&'static str>,
}

impl Cutting {
    /// Begins a source; `limit` is the most bytes of one record.
    pub(super) fn new(source: Text, limit: usize) -> Self {
        Self {
            name: source.name.as_str().into(),
            has_begun: false,
            source,
            carry: Vec::new(),
            at: 0,
            skipping: false,
            limit,
        }
    }

    pub(super) fn format(&self) -> Format {
        self.source.format
    }

    /// Whether columns end with their source.
    pub(super) fn has_header(&self) -> bool {
        self.source.format == Format::Csv
    }

    /// Returns the bytes after the last piece.
    pub(super) fn rest(self) -> Vec<u8> {
        self.carry
    }

    /// Reads until `bytes` are full and hold a whole record, or the source ends.
    pub(super) fn fill(
        &mut self,
        reader: &Reader,
        bytes: &mut Vec<u8>,
        meter: &mut Meter,
    ) -> Result<Filled, ScanError> {
        let size = (reader.columns() * PER_COLUMN).clamp(PIECE, WIDEST_PIECE);
        let size = if size <= self.carry.len() { 2 * self.carry.len() } else { size };
        if bytes.len() < size {
            bytes.resize(size, 0);
        }
        let len = self.carry.len();
        bytes[..len].copy_from_slice(&self.carry);
        let (from, upto, len, end, lost) = self.read(reader, bytes, len, meter)?;
        self.carry.clear();
        self.carry.extend_from_slice(&bytes[upto..len]);
        let at = self.at;
        self.at += upto as u64;
        Ok(Filled { from, upto, at, end, lost })
    }

    fn read(
        &mut self,
        reader: &Reader,
        bytes: &mut Vec<u8>,
        mut len: usize,
        meter: &mut Meter,
    ) -> Result<(usize, usize, usize, bool, Option<&'static str>), ScanError> {
        let mut from = 0;
        loop {
            if len == bytes.len() {
                self.skip(&bytes[..len], &mut from);
                let whole = reader.whole(&bytes[from..len]);
                if 0 < whole || from == len {
                    return Ok((from, from + whole, len, false, None));
                }
                if self.limit < len - from {
                    let upto = self.give_up(&bytes[from..len], meter).map_or(len, |it| from + it);
                    self.skipping = upto == len;
                    return Ok((from, upto, len, false, None));
                }
                bytes.resize(2 * len, 0);
            }
            match self.source.read(&mut bytes[len..])? {
                More::Bytes(more) => {
                    len += more;
                    meter.bytes += more as u64;
                }
                More::End => {
                    self.skip(&bytes[..len], &mut from);
                    return Ok((from, len, len, true, None));
                }
                More::Lost(reason) => {
                    self.skip(&bytes[..len], &mut from);
                    let upto = from + reader.whole(&bytes[from..len]);
                    return Ok((from, upto, len, false, Some(reason)));
                }
            }
        }
    }

    /// Where the first line of a record without an end ends, a few times.
    fn give_up(&self, record: &[u8], meter: &mut Meter) -> Option<usize> {
        let line = memchr(b'\n', &record[..self.limit])?;
        meter.rescues += 1;
        (meter.rescues <= RESCUES).then_some(line + 1)
    }

    /// Passes over the rest of a record that was given up.
    fn skip(&mut self, bytes: &[u8], from: &mut usize) {
        if self.skipping {
            let line = memchr(b'\n', bytes);
            self.skipping = line.is_none();
            *from = line.map_or(bytes.len(), |it| it + 1);
        }
    }
}
