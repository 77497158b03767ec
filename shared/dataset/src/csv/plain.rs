//! Rows without quotes, split many at a time.

use super::{CsvRecords, RAGGED, ROWS_PER_BLOCK, STRETCH, TOO_LONG};
use crate::{
    block::{Cell, Sink},
    masks,
};

impl CsvRecords {
    /// Reads the whole rows of `bytes[pos..stop]`, which holds no quote, and
    /// returns where they end.
    pub(super) fn plain_rows(
        &mut self,
        bytes: &[u8],
        mut pos: usize,
        stop: usize,
        at: u64,
        sink: &mut dyn Sink,
    ) -> usize {
        let mut stretch = STRETCH;
        while pos < stop {
            let upto = stop.min(pos + stretch);
            let count = split(bytes, pos, upto, self.options.separator, &mut self.ends);
            let whole = self.ends[..count].iter().rposition(|it| bytes[*it as usize] == b'\n');
            let Some(last) = whole else {
                if upto == stop {
                    break;
                }
                stretch *= 2;
                continue;
            };
            stretch = STRETCH;
            let next = self.ends[last] as usize + 1;
            if self.limits.record < next - pos || !self.even_rows(bytes, pos, last + 1) {
                self.uneven_rows(bytes, pos, last + 1, at, sink);
            }
            pos = next;
            if ROWS_PER_BLOCK <= self.rows {
                self.emit(bytes, sink);
            }
        }
        pos
    }

    /// Lays rows out in columns if all of them have the same width.
    fn even_rows(&mut self, bytes: &[u8], pos: usize, count: usize) -> bool {
        let width = self.columns.len();
        let ends = &self.ends[..count];
        let rows = count / width;
        let breaks = ends.iter().filter(|it| bytes[**it as usize] == b'\n').count();
        let even = 1 < width
            && rows * width == count
            && breaks == rows
            && ends.chunks_exact(width).all(|row| bytes[row[width - 1] as usize] == b'\n');
        if !even {
            return false;
        }
        let columns = self.columns.iter_mut().zip(&self.is_wanted).enumerate();
        for (i, (column, _)) in columns.filter(|it| *it.1.1) {
            if i == 0 {
                let starts = std::iter::once(pos as u32)
                    .chain(ends.chunks_exact(width).map(|row| row[width - 1] + 1));
                column.extend(
                    starts
                        .zip(ends.chunks_exact(width))
                        .map(|(start, row)| Cell::between(start, row[0])),
                );
            } else if i == width - 1 {
                column.extend(ends.chunks_exact(width).map(|row| {
                    let start = row[width - 2] + 1;
                    Cell::between(start, before_cr(bytes, start, row[width - 1]))
                }));
            } else {
                column.extend(
                    ends.chunks_exact(width).map(|row| Cell::between(row[i - 1] + 1, row[i])),
                );
            }
        }
        self.rows += rows;
        true
    }

    /// Reads rows one by one and sets aside those of another width.
    fn uneven_rows(
        &mut self,
        bytes: &[u8],
        mut pos: usize,
        count: usize,
        at: u64,
        sink: &mut dyn Sink,
    ) {
        let width = self.columns.len();
        let ends = std::mem::take(&mut self.ends);
        for row in ends[..count].split_inclusive(|it| bytes[*it as usize] == b'\n') {
            let stop = row[row.len() - 1];
            let next = stop as usize + 1;
            let record = &bytes[pos..next];
            let start = if row.len() == 1 { pos as u32 } else { row[row.len() - 2] + 1 };
            let last = before_cr(bytes, start, stop);
            let blank = row.len() == 1 && start == last;
            if self.limits.record < record.len() {
                self.set_aside(&record[..self.limits.record], at + pos as u64, TOO_LONG, sink);
            } else if row.len() == width && !blank {
                let mut start = pos as u32;
                let columns = self.columns.iter_mut().zip(&self.is_wanted);
                for (i, ((column, is_wanted), end)) in columns.zip(row).enumerate() {
                    if *is_wanted {
                        let end = if i == width - 1 { last } else { *end };
                        column.push(Cell::between(start, end));
                    }
                    start = *end + 1;
                }
                self.rows += 1;
            } else if !blank {
                self.set_aside(record, at + pos as u64, RAGGED, sink);
            }
            pos = next;
        }
        self.ends = ends;
    }
}

/// Notes where the separators and line ends of `bytes[pos..upto]` are.
#[inline]
pub(crate) fn split(
    bytes: &[u8],
    mut pos: usize,
    upto: usize,
    separator: u8,
    ends: &mut Vec<u32>,
) -> usize {
    let mut count = 0;
    if ends.len() < 128 {
        ends.resize(STRETCH / 8, 0);
    }
    while pos < upto {
        // Bytes after the last stretch are looked at rather than copied away.
        let mask = match bytes[pos..].first_chunk::<64>() {
            Some(stretch) => masks::either(stretch, separator, b'\n'),
            None => masks::either(&masks::padded(&bytes[pos..upto]), separator, b'\n'),
        };
        count = note(mask & masks::first(upto - pos), pos, count, ends);
        pos += 64;
    }
    count
}

/// Appends the places of the set bits of `mask`.
#[inline]
fn note(mut mask: u64, pos: usize, count: usize, ends: &mut Vec<u32>) -> usize {
    if ends.len() < count + 64 {
        ends.resize(2 * ends.len(), 0);
    }
    let bits = mask.count_ones() as usize;
    let out = &mut ends[count..count + 64];
    // Eight at a time whether they are there or not: a loop over the bits
    // would be mispredicted at every stretch.
    for eight in out.chunks_exact_mut(8).take(bits.div_ceil(8)) {
        for slot in eight {
            *slot = pos as u32 + mask.trailing_zeros();
            mask &= mask.wrapping_sub(1);
        }
    }
    count + bits
}

#[inline]
fn before_cr(bytes: &[u8], start: u32, end: u32) -> u32 {
    end - u32::from(start < end && bytes[end as usize - 1] == b'\r')
}
