use crate::{
    block::{SetAside, Sink, Tally},
    capture::{CaptureRecords, InferenceRecord},
    csv::CsvRecords,
    json_lines::JsonRecord,
    label::LabelRecord,
    line_records::LineRecords,
    lines::Lines,
    options::Options,
};
use memchr::memrchr;

/// Spare room grows with wide rows up to this many bytes.
const WIDEST: usize = 4 << 20;
/// Fewer rows than this in a buffer make columns too short to be worth a visit.
const FEW_ROWS: u64 = 64;

/// Reads one format: bytes go in, blocks of rows come out.
///
/// Rows are handed on when the buffer is full and by [`finish`](Self::finish),
/// so what comes out does not depend on how the input was cut. Memory: the
/// buffer, at most twice [`Limits::record`](crate::Limits), and its cells.
#[derive(Debug, Clone)]
pub struct Reader {
    records: Records,
    bytes: Vec<u8>,
    len: usize,
    /// Where `bytes` starts in the source.
    at: u64,
    smallest: usize,
}

impl Reader {
    /// Reads CSV; names and widths come with the input.
    pub fn csv(options: &Options) -> Self {
        let records = CsvRecords::new(&options.csv, options.limits.bounded());
        let records = records.only(options.columns.as_ref());
        Self::new(Records::Csv(Box::new(records)), options)
    }

    /// Reads one JSON object a line; columns come as their keys do.
    ///
    /// `{"a":{"b":[1,2]}}` has the columns `a.b.0` and `a.b.1`. Numbers keep
    /// their text, booleans are `true` and `false`, `null` is a missing cell.
    /// Of a repeated key the last one counts.
    pub fn json_lines(options: &Options) -> Self {
        let limits = options.limits.bounded();
        let records = LineRecords::new(JsonRecord::new(limits), limits);
        Self::new(Records::Json(Box::new(records)), options)
    }

    /// Reads captured inferences, one a line (reference: formats B.2).
    ///
    /// Each row of a body is a row; see [`Sides`](crate::Sides) for the order of
    /// the columns. Cells of CSV and of JSON lists are named `_c0`, `_c1`, … in
    /// the order of the columns, JSON members as by
    /// [`json_lines`](Self::json_lines); where input and output use one name, the
    /// later one gets `input_` or `output_` before it. A side that a record lacks
    /// is missing cells. `{"instances":[…]}` and `{"predictions":[…]}` are their
    /// lists, and a list of single values is a row unless the other side has as
    /// many rows. With [`labels`](crate::CaptureOptions::labels) the records are merged
    /// ones (formats C.2), and [`column_of`](crate::column_of) finds their columns by
    /// AWS's attributes. BASE64 is told apart by its media type, then by content.
    pub fn capture(options: &Options) -> Self {
        let records = CaptureRecords::new(&options.capture, options.limits.bounded());
        Self::new(Records::Capture(Box::new(records)), options)
    }

    /// Reads labels as JSON, one a line: AWS's records or plain objects.
    ///
    /// [`Label::all`](crate::Label::all) finds them in its blocks, as in those of
    /// [`csv`](Self::csv) and of Parquet.
    pub fn labels(options: &Options) -> Self {
        let limits = options.limits.bounded();
        let records = LineRecords::new(LabelRecord::new(&options.labels, limits), limits);
        Self::new(Records::Labels(Box::new(records)), options)
    }

    /// Reads captured inferences as whole lines, which are not looked into.
    ///
    /// [`Inference::all`](crate::Inference::all) finds them in its blocks. Those of
    /// shadow variants and outside of the window are left out; what has no event id
    /// or no time is set aside, and what already has a label.
    pub fn inferences(options: &Options) -> Self {
        let limits = options.limits.bounded();
        let record = InferenceRecord::new(options.capture.window.clone(), limits);
        Self::new(Records::Inferences(Box::new(LineRecords::new(record, limits))), options)
    }

    fn new(records: Records, options: &Options) -> Self {
        let smallest = options.limits.bounded().buffer;
        Self { records, bytes: Vec::new(), len: 0, at: 0, smallest }
    }

    /// Returns room for more input; never empty.
    ///
    /// Call [`filled`](Self::filled) with the number of bytes that were put there.
    pub fn space(&mut self) -> &mut [u8] {
        if self.bytes.is_empty() {
            self.bytes = vec![0; self.smallest];
        }
        &mut self.bytes[self.len..]
    }

    /// Takes in the first `count` bytes of [`space`](Self::space).
    pub fn filled(&mut self, count: usize, sink: &mut dyn Sink) {
        self.len = self.bytes.len().min(self.len + count);
        if self.len == self.bytes.len() {
            self.hand_on(false, sink);
        }
    }

    /// Takes in a copy of `bytes`.
    pub fn push(&mut self, mut bytes: &[u8], sink: &mut dyn Sink) {
        while !bytes.is_empty() {
            let space = self.space();
            let count = space.len().min(bytes.len());
            space[..count].copy_from_slice(&bytes[..count]);
            bytes = &bytes[count..];
            self.filled(count, sink);
        }
    }

    /// Ends the source: hands on what is left and makes ready for the next one.
    ///
    /// Names and widths of a CSV header end with their source; those of JSON
    /// and captured inferences go on.
    pub fn finish(&mut self, sink: &mut dyn Sink) {
        self.hand_on(true, sink);
        self.len = 0;
        self.at = 0;
        self.records.end_source();
    }

    /// Ends a source whose rest cannot be had: hands on what is whole and sets
    /// the beginning of the lost record aside.
    pub fn break_off(&mut self, reason: &'static str, sink: &mut dyn Sink) {
        self.hand_on(false, sink);
        let lost = std::mem::take(&mut self.len);
        let why = SetAside { offset: self.at, reason };
        self.records.tally_mut().set_aside += 1;
        sink.set_aside(why, &self.bytes[..lost]);
        self.at = 0;
        self.records.end_source();
    }

    /// Learns the columns from the first bytes of a source, and returns how many
    /// of these are done with: mark and header.
    ///
    /// For reading by pieces, with [`fork`](Self::fork) and
    /// [`read_piece`](Self::read_piece); `piece` ends with a whole record. Call
    /// it with every piece until [`knows_columns`](Self::knows_columns).
    pub fn begin(&mut self, piece: &[u8], offset: u64, end: bool, sink: &mut dyn Sink) -> usize {
        match &mut self.records {
            Records::Csv(it) => it.begin(piece, offset, end, sink),
            Records::Json(it) => it.begin(piece),
            Records::Labels(it) => it.begin(piece),
            Records::Inferences(it) => it.begin(piece),
            Records::Capture(it) => it.begin(piece, end),
        }
    }

    /// Whether forks of this reader lay out their columns alike.
    pub fn knows_columns(&self) -> bool {
        match &self.records {
            Records::Csv(it) => it.is_named(),
            Records::Json(_) | Records::Labels(_) | Records::Inferences(_) => true,
            Records::Capture(it) => it.is_laid_out(),
        }
    }

    /// Returns how many of `bytes`, which start with a record, are whole records.
    pub fn whole(&self, bytes: &[u8]) -> usize {
        match &self.records {
            Records::Csv(it) => it.whole(bytes),
            _ => memrchr(b'\n', bytes).map_or(0, |it| it + 1),
        }
    }

    /// Reads a piece of whole records that starts at `offset` of its source, in place.
    ///
    /// The text is destroyed. Nothing may be left over from `push` or `filled`.
    pub fn read_piece(&mut self, piece: &mut [u8], offset: u64, sink: &mut dyn Sink) {
        self.records.read(piece, offset, true, sink);
        self.records.end_piece();
    }

    /// Returns a reader with the same names and widths and nothing read.
    #[must_use]
    pub fn fork(&self) -> Self {
        let records = self.records.fork();
        Self { records, bytes: Vec::new(), len: 0, at: 0, smallest: self.smallest }
    }

    /// Returns how many columns are known.
    pub fn columns(&self) -> usize {
        match &self.records {
            Records::Csv(it) => it.names.len(),
            Records::Json(it) => it.columns(),
            Records::Labels(it) => it.columns(),
            Records::Inferences(it) => it.columns(),
            Records::Capture(it) => it.names.list.len(),
        }
    }

    /// Returns what became of the records so far.
    pub fn tally(&self) -> Tally {
        match &self.records {
            Records::Csv(it) => it.tally,
            Records::Capture(it) => it.tally,
            Records::Json(it) => it.tally,
            Records::Labels(it) => it.tally,
            Records::Inferences(it) => it.tally,
        }
    }

    fn hand_on(&mut self, end: bool, sink: &mut dyn Sink) {
        let before = self.tally().rows;
        let used = self.records.read(&mut self.bytes[..self.len], self.at, end, sink);
        self.bytes.copy_within(used..self.len, 0);
        self.len -= used;
        self.at += used as u64;
        let rows = self.tally().rows - before;
        let size = self.bytes.len();
        if self.len == size || (!end && rows < FEW_ROWS && size < WIDEST) {
            self.bytes.resize(2 * size, 0);
        }
    }
}

/// The formats, each reading whole records from the front of a buffer.
#[derive(Debug, Clone)]
enum Records {
    Csv(Box<CsvRecords>),
    Capture(Box<CaptureRecords>),
    Json(Box<LineRecords<JsonRecord>>),
    Labels(Box<LineRecords<LabelRecord>>),
    Inferences(Box<LineRecords<InferenceRecord>>),
}

impl Records {
    /// Hands on every whole record at the front of `bytes`, which start at `at`
    /// of their source; returns how many bytes are done with.
    ///
    /// At the `end` that is all of them.
    fn read(&mut self, bytes: &mut [u8], at: u64, end: bool, sink: &mut dyn Sink) -> usize {
        match self {
            Self::Csv(it) => it.read(bytes, at, end, sink),
            Self::Capture(it) => it.read(bytes, at, end, sink),
            Self::Json(it) => it.read(bytes, at, end, sink),
            Self::Labels(it) => it.read(bytes, at, end, sink),
            Self::Inferences(it) => it.read(bytes, at, end, sink),
        }
    }

    fn end_source(&mut self) {
        match self {
            Self::Csv(it) => it.end_source(),
            Self::Capture(it) => it.end_source(),
            Self::Json(it) => it.end_source(),
            Self::Labels(it) => it.end_source(),
            Self::Inferences(it) => it.end_source(),
        }
    }

    /// Forgets what a piece left behind; the next one starts with a record.
    fn end_piece(&mut self) {
        match self {
            Self::Csv(it) => it.end_piece(),
            Self::Json(it) => it.lines = Lines::default(),
            Self::Labels(it) => it.lines = Lines::default(),
            Self::Inferences(it) => it.lines = Lines::default(),
            Self::Capture(it) => it.lines = Lines::default(),
        }
    }

    fn tally_mut(&mut self) -> &mut Tally {
        match self {
            Self::Csv(it) => &mut it.tally,
            Self::Json(it) => &mut it.tally,
            Self::Labels(it) => &mut it.tally,
            Self::Inferences(it) => &mut it.tally,
            Self::Capture(it) => &mut it.tally,
        }
    }

    fn fork(&self) -> Self {
        match self {
            Self::Csv(it) => Self::Csv(Box::new(it.fork())),
            Self::Capture(it) => Self::Capture(Box::new(it.fork())),
            Self::Json(it) => Self::Json(Box::new(it.fork())),
            Self::Labels(it) => Self::Labels(Box::new(it.fork())),
            Self::Inferences(it) => Self::Inferences(Box::new(it.fork())),
        }
    }
}
