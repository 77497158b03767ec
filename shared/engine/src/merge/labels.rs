use dataset::{Block, Label, LabelOptions, Refused, SetAside, Sink, Truth};

/// Labels in the order of their input, packed.
///
/// An id that is a UUID takes 16 bytes, and of a label that AWS's sample looks like
/// only its characters are kept: 19 bytes for `{"data":"1","encoding":"CSV"}`.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    /// None is longer than [`CHUNK`], but for its last entry.
    pub(super) chunks: Vec<Vec<u8>>,
    count: usize,
}

/// Entries start below 16 MiB, so that a place takes 24 bits.
const CHUNK: usize = 8 << 20;

/// How an entry is packed.
const UUID: u8 = 1;
const TIMED: u8 = 2;
/// The label is the characters in the envelope of this encoding.
const CSV: u8 = 4;
const JSON: u8 = 8;
/// The entry says its place in the whole input.
const NUMBERED: u8 = 16;

const FRONT: &[u8] = b"{\"data\":\"";
const CSV_BACK: &[u8] = b"\",\"encoding\":\"CSV\"}";
const JSON_BACK: &[u8] = b"\",\"encoding\":\"JSON\"}";

impl Labels {
    pub fn add(&mut self, label: &Label<'_>) {
        match label.truth {
            Truth::Record(record) => self.add_record(label.id, record, label.time),
            truth => {
                let mut record = Vec::new();
                truth.write(&mut record);
                self.add_record(label.id, &record, label.time);
            }
        }
    }

    /// Adds a label as AWS writes it.
    fn add_record(&mut self, id: &[u8], record: &[u8], time: Option<i64>) {
        let key = Key::of(id);
        let (form, truth) = packed(record);
        let timed = if time.is_some() { TIMED } else { 0 };
        let out = self.room(0);
        out.push(form | timed | if key.is_uuid { UUID } else { 0 });
        if !key.is_uuid {
            push_length(id.len(), out);
        }
        out.extend_from_slice(key.bytes(id));
        push_length(truth.len(), out);
        out.extend_from_slice(truth);
        if let Some(time) = time {
            out.extend_from_slice(&time.to_le_bytes());
        }
        self.count += 1;
    }

    /// Appends labels that come later in the input.
    pub fn append(&mut self, later: &Self) {
        for chunk in &later.chunks {
            self.room(chunk.len()).extend_from_slice(chunk);
        }
        self.count += later.count;
    }

    /// Hands on every label as it is packed, with its place in this input, in order;
    /// `part` of so many `parts` is the same for all labels of an id.
    pub fn spill(&self, parts: usize, first: u64, each: &mut dyn FnMut(usize, &[u8])) {
        let mut number = first;
        let mut numbered = Vec::new();
        for chunk in &self.chunks {
            let mut offset = 0;
            while offset < chunk.len() {
                let entry = Entry::read(&chunk[offset..]);
                let packed = &chunk[offset..offset + entry.size];
                offset += entry.size;
                numbered.clear();
                numbered.extend_from_slice(packed);
                numbered[0] |= NUMBERED;
                numbered.extend_from_slice(&number.to_le_bytes());
                number += 1;
                each(part_of(entry.hash(), parts), &numbered);
            }
        }
    }

    /// Adds a label that was handed on by [`spill`](Self::spill).
    pub fn add_packed(&mut self, packed: &[u8]) {
        self.room(0).extend_from_slice(packed);
        self.count += 1;
    }

    /// Returns the part that an id's labels are in; see [`spill`](Self::spill).
    pub fn part(id: &[u8], parts: usize) -> usize {
        part_of(Key::of(id).hash(id), parts)
    }

    /// Returns how many labels there are, repeated ones too.
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the bytes that the labels take.
    pub fn bytes(&self) -> usize {
        self.chunks.iter().map(Vec::len).sum()
    }

    /// Forgets all labels and keeps the room of one chunk.
    pub fn clear(&mut self) {
        self.chunks.truncate(1);
        self.chunks.iter_mut().for_each(Vec::clear);
        self.count = 0;
    }

    pub(super) fn first_byte(&self, (chunk, offset): (usize, usize)) -> u64 {
        u64::from(self.chunks[chunk][offset])
    }

    pub(super) fn entry(&self, chunk: usize, offset: usize) -> Entry<'_> {
        Entry::read(&self.chunks[chunk][offset..])
    }

    /// Returns a chunk with room for one more entry, or for `more` bytes of them.
    fn room(&mut self, more: usize) -> &mut Vec<u8> {
        let full = self.chunks.last().is_none_or(|it| CHUNK < it.len() + more && !it.is_empty());
        if full {
            self.chunks.push(Vec::new());
        }
        let last = self.chunks.len() - 1;
        &mut self.chunks[last]
    }
}

/// An id as it is packed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    is_uuid: bool,
    packed: [u8; 16],
}

impl Key {
    #[inline]
    pub(super) fn of(id: &[u8]) -> Self {
        let packed = uuid(id);
        Self { is_uuid: packed.is_some(), packed: packed.unwrap_or_default() }
    }

    #[inline]
    pub(super) fn bytes<'a>(&'a self, id: &'a [u8]) -> &'a [u8] {
        if self.is_uuid { &self.packed } else { id }
    }

    #[inline]
    pub(super) fn hash(&self, id: &[u8]) -> u64 {
        summary::hash::text(self.bytes(id))
    }

    #[inline]
    pub(super) fn is_of(&self, id: &[u8], entry: &Entry<'_>) -> bool {
        self.is_uuid == entry.is_uuid && self.bytes(id) == entry.id
    }
}

/// One packed label.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    is_uuid: bool,
    pub(super) id: &'a [u8],
    form: u8,
    truth: &'a [u8],
    pub(super) time: Option<i64>,
    pub(super) number: Option<u64>,
    /// Bytes that it takes.
    pub(super) size: usize,
}

impl<'a> Entry<'a> {
    #[inline]
    fn read(bytes: &'a [u8]) -> Self {
        let flags = bytes[0];
        let is_uuid = flags & UUID != 0;
        let mut at = 1;
        let length = if is_uuid { 16 } else { pop_length(bytes, &mut at) };
        let id = &bytes[at..at + length];
        at += length;
        let length = pop_length(bytes, &mut at);
        let truth = &bytes[at..at + length];
        at += length;
        let mut time = None;
        if flags & TIMED != 0 {
            time = bytes[at..].first_chunk().map(|it| i64::from_le_bytes(*it));
            at += 8;
        }
        let mut number = None;
        if flags & NUMBERED != 0 {
            number = bytes[at..].first_chunk().map(|it| u64::from_le_bytes(*it));
            at += 8;
        }
        Self { is_uuid, id, form: flags & (CSV | JSON), truth, time, number, size: at }
    }

    pub(super) fn hash(&self) -> u64 {
        summary::hash::text(self.id)
    }

    pub(super) fn has_same_id(&self, other: &Self) -> bool {
        self.is_uuid == other.is_uuid && self.id == other.id
    }

    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.form == other.form && self.truth == other.truth
    }

    /// Appends the label as AWS writes it.
    #[inline]
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let (front, back): (&[u8], &[u8]) = match self.form {
            CSV => (FRONT, CSV_BACK),
            JSON => (FRONT, JSON_BACK),
            _ => (&[], &[]),
        };
        out.extend_from_slice(front);
        out.extend_from_slice(self.truth);
        out.extend_from_slice(back);
    }

    /// Appends the id as it was written.
    pub(super) fn write_id(&self, out: &mut Vec<u8>) {
        if !self.is_uuid {
            out.extend_from_slice(self.id);
            return;
        }
        for (i, byte) in self.id.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                out.push(b'-');
            }
            out.extend_from_slice(&[
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 15)],
            ]);
        }
    }
}

/// The low bits decide: the high ones do so inside of an index.
fn part_of(hash: u64, parts: usize) -> usize {
    (hash & 0xFFFF) as usize % parts
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The bytes of a UUID as AWS writes it: five groups of small hexadecimal digits.
#[inline]
fn uuid(text: &[u8]) -> Option<[u8; 16]> {
    let text: &[u8; 36] = text.try_into().ok()?;
    let dashes = [text[8], text[13], text[18], text[23]];
    if dashes != [b'-'; 4] {
        return None;
    }
    let mut packed = [0; 16];
    let mut wrong = 0;
    for (i, at) in PAIRS.iter().enumerate() {
        let (high, low) = (VALUES[usize::from(text[*at])], VALUES[usize::from(text[*at + 1])]);
        wrong |= high | low;
        packed[i] = high << 4 | low & 15;
    }
    (wrong < 16).then_some(packed)
}

/// Where the pairs of digits stand in a UUID.
const PAIRS: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/// What a digit is worth; 255 where it is none.
const VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut i = 0;
    while i < 16 {
        values[DIGITS[i] as usize] = i as u8;
        i += 1;
    }
    values
};

/// Takes the envelope off a label, if it can be put back byte by byte.
fn packed(record: &[u8]) -> (u8, &[u8]) {
    if let Some(inside) = record.strip_prefix(FRONT) {
        for (form, back) in [(CSV, CSV_BACK), (JSON, JSON_BACK)] {
            if let Some(truth) = inside.strip_suffix(back) {
                return (form, truth);
            }
        }
    }
    (0, record)
}

fn push_length(mut length: usize, out: &mut Vec<u8>) {
    while 127 < length {
        out.push(length as u8 | 128);
        length >>= 7;
    }
    out.push(length as u8);
}

#[inline]
fn pop_length(bytes: &[u8], at: &mut usize) -> usize {
    let mut length = 0;
    for shift in (0..).step_by(7) {
        let byte = bytes[*at];
        *at += 1;
        length |= usize::from(byte & 127) << shift;
        if byte < 128 {
            break;
        }
    }
    length
}

/// Gathers labels from blocks of any reader, in the order in which they come.
#[derive(Debug, Clone, Default)]
pub struct LabelSink {
    options: LabelOptions,
    labels: Labels,
    refused: Vec<Refused>,
}

impl LabelSink {
    pub fn new(options: &LabelOptions) -> Self {
        Self { options: options.clone(), ..Self::default() }
    }

    /// Takes out the labels so far.
    pub fn take(&mut self) -> Labels {
        std::mem::take(&mut self.labels)
    }

    /// Returns the labels so far.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Forgets the labels so far and keeps their room.
    pub fn clear(&mut self) {
        self.labels.clear();
    }
}

impl Sink for LabelSink {
    fn block(&mut self, block: &Block<'_>) {
        for (row, label) in Label::all(block, &self.options).enumerate() {
            match label {
                Ok(label) => self.labels.add(&label),
                Err(it) => {
                    let why = SetAside { offset: it.offset, reason: it.reason };
                    self.refused.push(Refused { why, record: joined(block, row) });
                }
            }
        }
    }

    fn set_aside(&mut self, _: SetAside, _: &[u8]) {}

    fn refused(&mut self) -> Vec<Refused> {
        std::mem::take(&mut self.refused)
    }
}

/// The cells of a row.
fn joined(block: &Block<'_>, row: usize) -> Vec<u8> {
    let cells = block.columns.iter().map(|it| block.text(it[row]).unwrap_or_default());
    cells.collect::<Vec<_>>().join(&b","[..])
}
