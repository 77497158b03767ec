//! Rows counted by the classes of facet, group, label and prediction.

use super::column::MISSING;

/// How many rows have which classes.
///
/// Dense, since the classes are few; each dimension is a power of two wide and
/// grows. What does not fit into [`Table::MOST`] cells is counted as lost.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// Bits of facet, group, label and prediction.
    bits: [u32; 4],
    counts: Vec<u64>,
    lost: u64,
}

impl Default for Table {
    fn default() -> Self {
        Self { bits: [0; 4], counts: vec![0], lost: 0 }
    }
}

/// The codes of the rows of a block, column by column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Codes<'a> {
    pub(super) facet: &'a [u16],
    /// Empty where there is no such column.
    pub(super) group: &'a [u16],
    pub(super) label: &'a [u16],
    pub(super) predicted: &'a [u16],
}

impl Table {
    /// Cells at most: 32 MB.
    const MOST: u32 = 22;

    /// Counts rows whose classes are below `classes`.
    pub(super) fn add(&mut self, codes: Codes<'_>, classes: [usize; 4]) {
        if !self.reserve(classes) {
            self.lost += codes.facet.len() as u64;
            return;
        }
        let [_, group, label, predicted] = self.bits;
        let outcome = |row: usize| {
            let label = usize::from(codes.label[row]) << predicted;
            label | codes.predicted.get(row).map_or(0, |it| usize::from(*it))
        };
        let counts = &mut self.counts[..];
        if codes.group.is_empty() {
            for (row, facet) in codes.facet.iter().enumerate() {
                counts[usize::from(*facet) << (group + label + predicted) | outcome(row)] += 1;
            }
            return;
        }
        for (row, (facet, of)) in codes.facet.iter().zip(codes.group).enumerate() {
            let place = usize::from(*facet) << group | usize::from(*of);
            counts[place << (label + predicted) | outcome(row)] += 1;
        }
    }

    /// Calls with the classes of facet, group, label and prediction, and the rows of them.
    pub(super) fn each(&self, mut row: impl FnMut([u16; 4], u64)) {
        for (place, count) in self.counts.iter().enumerate().filter(|it| 0 < *it.1) {
            row(self.classes_of(place), *count);
        }
    }

    /// Returns the rows of each class of one dimension.
    pub(super) fn rows_of(&self, dimension: usize, classes: usize) -> Vec<u64> {
        let mut rows = vec![0; classes];
        self.each(|codes, count| rows[usize::from(codes[dimension])] += count);
        rows
    }

    /// Rows that did not fit.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// Adds another table, whose classes are renamed by `maps`.
    pub(super) fn merge(&mut self, other: &Self, maps: [&[u16]; 4], classes: [usize; 4]) {
        self.lost += other.lost;
        if !self.reserve(classes) {
            other.each(|_, count| self.lost += count);
            return;
        }
        other.each(|codes, count| {
            let mut renamed = codes;
            for (code, map) in renamed.iter_mut().zip(maps) {
                *code = map.get(usize::from(*code)).copied().unwrap_or(MISSING);
            }
            let place = self.place_of(renamed);
            self.counts[place] += count;
        });
    }

    fn place_of(&self, codes: [u16; 4]) -> usize {
        codes
            .iter()
            .zip(self.bits)
            .fold(0, |place, (code, bits)| place << bits | usize::from(*code))
    }

    fn classes_of(&self, mut place: usize) -> [u16; 4] {
        let mut codes = [0; 4];
        for (code, bits) in codes.iter_mut().zip(self.bits).rev() {
            *code = (place & ((1 << bits) - 1)) as u16;
            place >>= bits;
        }
        codes
    }

    fn reserve(&mut self, classes: [usize; 4]) -> bool {
        let mut bits = self.bits;
        for (bits, classes) in bits.iter_mut().zip(classes) {
            *bits = (*bits).max(classes.next_power_of_two().trailing_zeros());
        }
        if bits == self.bits {
            return true;
        }
        if Self::MOST < bits.iter().sum() {
            return false;
        }
        let old = std::mem::replace(self, Self { bits, counts: Vec::new(), lost: self.lost });
        self.counts = vec![0; 1 << bits.iter().sum::<u32>()];
        old.each(|codes, count| {
            let place = self.place_of(codes);
            self.counts[place] = count;
        });
        true
    }
}
