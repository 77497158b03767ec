use super::grid::{Grid, mirrored};
use summary::Summary;

/// The probabilities of rows that are alike, each of them or in bins.
#[derive(Debug, Clone, Default)]
pub(super) struct Scores {
    pub(super) exact: Vec<f64>,
    pub(super) binned: Grid<Bin>,
}

/// Probabilities that lie close together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Bin {
    pub(super) rows: u64,
    pub(super) sum: f64,
}

impl Summary for Bin {
    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.sum += other.sum;
    }
}

impl Scores {
    #[inline]
    pub(super) fn push(&mut self, score: f64, is_exact: bool) {
        if is_exact {
            self.exact.push(score);
        } else {
            let bin = self.binned.bin(mirrored(score));
            bin.rows += 1;
            bin.sum += score;
        }
    }

    /// Gives up single scores for bins.
    pub(super) fn blur(&mut self) {
        for score in std::mem::take(&mut self.exact) {
            self.push(score, false);
        }
    }
}

impl Summary for Scores {
    fn merge(&mut self, other: &Self) {
        self.exact.extend_from_slice(&other.exact);
        self.binned.merge(&other.binned);
    }
}
