use crate::block::{Block, Cell, Sink, Tally};

const MOST_ROWS: usize = 1536;
/// Bounds a block of very wide rows: four megabytes of cells.
const MOST_CELLS: usize = 512 << 10;

/// Rows that are found one by one and handed on column by column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    cells: Vec<Cell>,
    /// How many rows have which width; widths only grow.
    widths: Vec<(usize, usize)>,
    count: usize,
    columns: Vec<Vec<Cell>>,
}

impl Rows {
    /// Appends a row of missing cells and returns it.
    #[inline]
    pub(crate) fn add(&mut self, width: usize) -> &mut [Cell] {
        let start = self.cells.len();
        self.cells.resize(start + width, Cell::MISSING);
        self.count += 1;
        match self.widths.last_mut() {
            Some((rows, same)) if *same == width => *rows += 1,
            _ => self.widths.push((1, width)),
        }
        &mut self.cells[start..]
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        MOST_ROWS <= self.count || MOST_CELLS <= self.cells.len()
    }

    /// Hands the rows on and forgets them.
    pub(crate) fn emit(
        &mut self,
        names: &[String],
        bytes: &[u8],
        at: u64,
        tally: &mut Tally,
        sink: &mut dyn Sink,
    ) {
        if self.count == 0 {
            return;
        }
        self.columns.resize_with(names.len(), Vec::new);
        for (i, column) in self.columns.iter_mut().enumerate() {
            column.clear();
            let mut rest = &self.cells[..];
            for (rows, width) in &self.widths {
                let (cells, after) = rest.split_at(rows * width);
                rest = after;
                if i < *width {
                    column.extend(cells.chunks_exact(*width).map(|row| row[i]));
                } else {
                    column.resize(column.len() + rows, Cell::MISSING);
                }
            }
        }
        let rows = self.count;
        tally.rows += rows as u64;
        sink.block(&Block { rows, names, bytes, columns: &self.columns, at });
        self.clear();
    }

    /// Forgets the rows.
    pub(crate) fn clear(&mut self) {
        self.cells.clear();
        self.widths.clear();
        self.count = 0;
    }
}
