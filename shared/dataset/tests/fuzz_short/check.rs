//! What must hold of every input, for the short fuzz test and the libFuzzer targets.

use dataset::{
    Block, CaptureOptions, CsvOptions, Header, Limits, Options, Reader, SetAside, Sides, Sink,
    Tally, gunzip, sniff,
};
use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    io::Read,
};

/// Reads `input` as CSV in several ways, which must agree.
pub(crate) fn csv(input: &[u8]) {
    let pick = pick(input);
    let header = [Header::Present, Header::Absent, Header::Guessed][pick as usize % 3];
    let separator = if pick & 8 == 0 { b',' } else { b'\t' };
    let csv = CsvOptions { header, separator, ..CsvOptions::default() };
    text(input, &Reader::csv(&options(pick, Options { csv, ..Options::default() })), true);
}

pub(crate) fn json_lines(input: &[u8]) {
    text(input, &Reader::json_lines(&options(pick(input), Options::default())), true);
}

pub(crate) fn capture(input: &[u8]) {
    let pick = pick(input);
    let sides = [Sides::OutputFirst, Sides::InputFirst, Sides::InputOnly, Sides::OutputOnly];
    let window = (pick & 16 != 0).then_some(0..2_000_000_000);
    let names = if pick & 32 == 0 { Vec::new() } else { vec!["y".into(), "x".into()] };
    let capture = CaptureOptions {
        sides: sides[pick as usize % 4],
        names,
        features: Vec::new(),
        labels: pick & 4 != 0,
        window,
    };
    // Columns are laid out by what the buffer holds, so pieces may differ.
    text(input, &Reader::capture(&options(pick, Options { capture, ..Options::default() })), false);
}

pub(crate) fn labels(input: &[u8]) {
    text(input, &Reader::labels(&options(pick(input), Options::default())), true);
}

pub(crate) fn inferences(input: &[u8]) {
    text(input, &Reader::inferences(&options(pick(input), Options::default())), true);
}

/// Unpacks at most a megabyte, in bounded memory.
pub(crate) fn gzip(input: &[u8]) {
    let mut unpacked = Vec::new();
    let _lost = gunzip(input).take(1 << 20).read_to_end(&mut unpacked).is_err();
    let format = sniff(&unpacked);
    assert_eq!(sniff(&unpacked), format);
}

#[cfg(feature = "parquet")]
pub(crate) fn parquet(input: &[u8]) {
    let limits = options(pick(input), Options::default()).limits;
    let mut seen = Seen::new(input);
    let whole = std::io::Cursor::new(input.to_vec());
    let tally = dataset::read_parquet(whole, limits, &mut seen);
    seen.check(tally);
}

/// Reads whole, in small cuts and by pieces.
fn text(input: &[u8], reader: &Reader, by_pieces: bool) {
    let whole = pushed(input, reader.fork(), input.len());
    let cut = 1 + pick(input) as usize % 61;
    let again = pushed(input, reader.fork(), cut);
    assert_eq!((whole.rows, &whole.hash), (again.rows, &again.hash), "cuts change the rows");
    assert_eq!(whole.set_aside, again.set_aside);
    let lossless = whole.reasons.is_disjoint(&ENDLESS.into_iter().collect());
    if by_pieces && lossless {
        let pieces = in_pieces(input, reader.fork(), cut);
        assert_eq!((whole.rows, &whole.hash), (pieces.rows, &pieces.hash), "pieces change rows");
        assert_eq!(whole.set_aside.len(), pieces.set_aside.len());
    }
}

/// Where the record ends is a guess then, which depends on the piece.
const ENDLESS: [&str; 2] = ["a quote is never closed", "the record is longer than the limit"];

fn pushed(input: &[u8], mut reader: Reader, cut: usize) -> Seen<'_> {
    let mut seen = Seen::new(input);
    for piece in input.chunks(cut.max(1)) {
        reader.push(piece, &mut seen);
    }
    reader.finish(&mut seen);
    seen.check(reader.tally());
    seen
}

fn in_pieces(input: &[u8], mut reader: Reader, size: usize) -> Seen<'_> {
    let mut seen = Seen::new(input);
    let (mut at, mut size) = (0, size);
    let mut begun = false;
    while at < input.len() {
        let upto = input.len().min(at + size);
        let end = upto == input.len();
        let whole = if end { upto } else { at + reader.whole(&input[at..upto]) };
        if whole == at {
            size *= 2;
            continue;
        }
        let mut start = at;
        if !begun || !reader.knows_columns() {
            start += reader.begin(&input[at..whole], at as u64, end, &mut seen);
            begun = true;
        }
        let mut piece = input[start..whole].to_vec();
        reader.read_piece(&mut piece, start as u64, &mut seen);
        at = whole;
    }
    seen.check(reader.tally());
    seen
}

/// Small limits now and then, so that they are met.
fn options(pick: u8, options: Options) -> Options {
    let few = pick & 64 != 0;
    let tight = Limits { record: 200, columns: 6, depth: 4, ..Limits::default() };
    let limits = if few { tight } else { Limits::default() };
    let buffer = if pick & 128 == 0 { limits.buffer } else { 64 };
    Options { limits: Limits { buffer, ..limits }, ..options }
}

/// Settings follow from the input, so that every finding can be repeated.
fn pick(input: &[u8]) -> u8 {
    input.iter().fold(input.len() as u8, |sum, it| sum.rotate_left(3) ^ it)
}

/// Checks what a reader hands on.
struct Seen<'a> {
    input: &'a [u8],
    names: Vec<String>,
    rows: u64,
    hash: u64,
    set_aside: Vec<(u64, usize)>,
    reasons: HashSet<&'static str>,
}

impl<'a> Seen<'a> {
    fn new(input: &'a [u8]) -> Self {
        let (names, set_aside, reasons) = (Vec::new(), Vec::new(), HashSet::new());
        Self { input, names, rows: 0, hash: 0, set_aside, reasons }
    }

    fn check(&self, tally: Tally) {
        assert_eq!(tally.rows, self.rows);
        assert_eq!(tally.set_aside, self.set_aside.len() as u64);
    }
}

impl Sink for Seen<'_> {
    fn block(&mut self, block: &Block<'_>) {
        assert!(0 < block.rows);
        assert_eq!(block.columns.len(), block.names.len());
        assert!(block.names.starts_with(&self.names));
        if self.names.len() < block.names.len() {
            let distinct: HashSet<&String> = block.names.iter().collect();
            assert_eq!(distinct.len(), block.names.len());
            self.names = block.names.to_vec();
        }
        for column in block.columns {
            assert_eq!(column.len(), block.rows);
        }
        for row in 0..block.rows {
            let mut hasher = DefaultHasher::new();
            for (i, column) in block.columns.iter().enumerate() {
                if let Some(text) = block.text(column[row]) {
                    (i, text).hash(&mut hasher);
                }
            }
            self.hash = self.hash.wrapping_mul(31).wrapping_add(hasher.finish());
        }
        self.rows += block.rows as u64;
    }

    fn set_aside(&mut self, why: SetAside, record: &[u8]) {
        let start = why.offset as usize;
        let is_record = self.input.get(start..start + record.len()) == Some(record);
        let is_column = why.reason == "the column is nested in a list or a map";
        assert!(is_record || is_column, "set aside as it was: {}", why.reason);
        self.set_aside.push((why.offset, record.len()));
        self.reasons.insert(why.reason);
    }
}
