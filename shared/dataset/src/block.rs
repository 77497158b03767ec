/// Where one cell lies in [`Block::bytes`].
///
/// A missing cell (JSON `null`, an absent key, an empty unquoted CSV field) is
/// [`Cell::MISSING`]; an empty text is a cell of length zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    pub start: u32,
    pub end: u32,
}

impl Cell {
    /// The cell that holds nothing.
    pub const MISSING: Self = Self { start: u32::MAX, end: u32::MAX };

    /// The cell at `[start, end)`, missing where that is empty.
    #[inline]
    pub(crate) fn between(start: u32, end: u32) -> Self {
        let missing = 0u32.wrapping_sub(u32::from(start == end));
        Self { start: start | missing, end: end | missing }
    }

    pub fn is_missing(self) -> bool {
        self.start == u32::MAX
    }
}

/// Some rows of a table, column by column.
///
/// Cells are already unescaped. Every column of `columns` has `rows` cells, or none
/// where [`Options::columns`](crate::Options::columns) does not want it, and
/// `names` has one name per column. Within one reader the names only grow: a
/// column keeps its index from block to block.
#[derive(Debug, Default)]
pub struct Block<'a> {
    pub rows: usize,
    pub names: &'a [String],
    pub bytes: &'a [u8],
    pub columns: &'a [Vec<Cell>],
    /// Where `bytes` starts in the (unpacked) source; 0 for Parquet.
    pub at: u64,
}

impl<'a> Block<'a> {
    /// Returns the text of a cell, or `None` when it is missing.
    pub fn text(&self, cell: Cell) -> Option<&'a [u8]> {
        if cell.is_missing() {
            return None;
        }
        Some(&self.bytes[cell.start as usize..cell.end as usize])
    }
}

/// A record that could not be read: where it stands and why.
///
/// `reason` never quotes the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Byte offset of the record in its (decompressed) source.
    pub offset: u64,
    pub reason: &'static str,
}

/// Takes what a reader finds.
pub trait Sink {
    fn block(&mut self, block: &Block<'_>);
    /// `record` is the raw record, so that it can be kept.
    fn set_aside(&mut self, why: SetAside, record: &[u8]);

    /// Gives up the rows of the last block that cannot be used; they are set aside.
    fn refused(&mut self) -> Vec<Refused> {
        Vec::new()
    }

    /// A piece of the input begins: blocks up to [`end_piece`](Self::end_piece)
    /// are of it. For sinks that must know the order of what several threads read.
    fn begin_piece(&mut self, _piece: Piece) {}

    /// The piece is read; a sink may wait here for those before it.
    fn end_piece(&mut self) {}
}

/// A row that a sink cannot use, though it could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub why: SetAside,
    /// Its cells, so that they can be kept.
    pub record: Vec<u8>,
}

/// A stretch of whole records of one source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Piece {
    /// Counts the pieces of all sources, in the order of the input.
    pub number: usize,
    /// Counts the sources.
    pub source: usize,
}

/// What became of the records of a reader.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that went on in blocks.
    pub rows: u64,
    /// Records that could not be read.
    pub set_aside: u64,
    /// Captured inferences of a shadow variant, left out.
    pub shadow: u64,
    /// Captured inferences outside of the window, left out.
    pub outside: u64,
    /// Captured inferences that the suite asked for itself, left out.
    pub own: u64,
}

impl Tally {
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.set_aside += other.set_aside;
        self.shadow += other.shadow;
        self.outside += other.outside;
        self.own += other.own;
    }
}
