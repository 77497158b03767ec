/// A value of a feature, as the model takes it: a number, or text for an endpoint.
pub trait Cell: Clone {
    /// Returns whether a model cannot tell the two apart; missing is missing.
    fn same(&self, other: &Self) -> bool;
}

impl Cell for f64 {
    fn same(&self, other: &Self) -> bool {
        self == other || (self.is_nan() && other.is_nan())
    }
}

impl Cell for f32 {
    fn same(&self, other: &Self) -> bool {
        self == other || (self.is_nan() && other.is_nan())
    }
}

impl Cell for String {
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl Cell for &str {
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// Rows of equal width, one after the other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table<T> {
    width: usize,
    cells: Vec<T>,
}

impl<T> Table<T> {
    /// Makes an empty table; `width` is at least 1.
    pub fn new(width: usize) -> Self {
        Self { width: width.max(1), cells: Vec::new() }
    }

    /// Makes a table of whole rows, or returns `None` where the cells do not fill the last.
    pub fn of(width: usize, cells: Vec<T>) -> Option<Self> {
        (0 < width && cells.len().is_multiple_of(width)).then_some(Self { width, cells })
    }

    /// Appends a row, or returns `false` where it has another width.
    #[must_use]
    pub fn push(&mut self, row: impl IntoIterator<Item = T>) -> bool {
        let before = self.cells.len();
        self.cells.extend(row);
        if self.cells.len() == before + self.width {
            return true;
        }
        self.cells.truncate(before);
        false
    }

    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.cells.len() / self.width.max(1)
    }

    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    pub fn row(&self, at: usize) -> &[T] {
        &self.cells[at * self.width..(at + 1) * self.width]
    }

    pub fn rows(&self) -> impl Iterator<Item = &[T]> {
        self.cells.chunks_exact(self.width.max(1))
    }

    /// Returns all cells, row after row.
    pub fn cells(&self) -> &[T] {
        &self.cells
    }

    /// Forgets the rows and keeps their memory.
    pub fn clear(&mut self) {
        self.cells.clear();
    }
}

impl<T: Clone> Table<T> {
    /// Appends a copy of a row of the same width and returns its place to write in.
    pub(super) fn copy(&mut self, row: &[T]) -> &mut [T] {
        let before = self.cells.len();
        self.cells.extend_from_slice(row);
        &mut self.cells[before..]
    }

    /// Appends copies of all rows of a table of the same width.
    pub(super) fn append(&mut self, other: &Self) {
        self.cells.extend_from_slice(&other.cells);
    }
}
