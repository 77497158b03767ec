//! How probabilities agree with what came true, and what they really mean.

use super::ranking::{Ranking, Run};

/// The reliability curve: ten bands of probability, and what came true in each.
#[derive(Debug, Clone, PartialEq)]
pub struct Reliability {
    /// Only bands with rows, rising.
    pub bands: Vec<Band>,
    pub rows: u64,
    /// Expected calibration error: the mean gap between what was said and what
    /// came true, by rows (Naeini, Cooper, Hauskrecht 2015).
    pub expected_calibration_error: f64,
}

/// Probabilities in `(low, high]`; zero is in the first band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    pub low: f64,
    pub high: f64,
    pub rows: u64,
    /// Mean probability.
    pub said: f64,
    /// Share of positive rows.
    pub came_true: f64,
}

impl Reliability {
    pub const BANDS: usize = 10;

    /// Returns the curve; `None` without rows, or where scores are no probabilities.
    pub(super) fn of(ranking: &Ranking) -> Option<Self> {
        let mut sums = [(0u64, 0u64, 0.0); Self::BANDS];
        let mut are_probabilities = true;
        ranking.falling(|Run { score, positives, negatives }| {
            are_probabilities &= (0.0..=1.0).contains(&score);
            let at = (1..Self::BANDS).filter(|it| edge(*it) < score).count();
            let (rows, hits, said) = &mut sums[at];
            *rows += positives + negatives;
            *hits += positives;
            *said += score * (positives + negatives) as f64;
        });
        let rows = ranking.rows();
        if rows == 0 || !are_probabilities {
            return None;
        }
        let bands: Vec<Band> = (0..Self::BANDS)
            .filter(|at| 0 < sums[*at].0)
            .map(|at| {
                let (rows, hits, said) = sums[at];
                let count = rows as f64;
                let (said, came_true) = (said / count, hits as f64 / count);
                Band { low: edge(at), high: edge(at + 1), rows, said, came_true }
            })
            .collect();
        let gap = |it: &Band| it.rows as f64 / rows as f64 * (it.said - it.came_true).abs();
        let expected_calibration_error = bands.iter().map(gap).sum();
        Some(Self { bands, rows, expected_calibration_error })
    }
}

fn edge(at: usize) -> f64 {
    at as f64 / Reliability::BANDS as f64
}

/// What a probability really means, learnt by isotonic regression.
///
/// Pool-adjacent-violators on the labelled rows; between blocks the share is
/// interpolated, beyond the ends it stays, as scikit-learn's does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Calibrator {
    /// Rising, both in score and in share.
    pub blocks: Vec<Block>,
}

/// Scores that mean the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Block {
    pub low: f64,
    pub high: f64,
    /// Share of rows that came true.
    pub share: f64,
    pub rows: u64,
}

impl Calibrator {
    /// Blocks above this many are joined with their neighbours.
    pub const MOST: usize = 512;

    /// Learns from rows with a label; `None` of one kind of rows only.
    pub(super) fn learn(ranking: &Ranking) -> Option<Self> {
        if ranking.positives == 0 || ranking.negatives == 0 {
            return None;
        }
        let mut stack: Vec<(Block, u64)> = Vec::new();
        // From the highest score down: shares must fall.
        ranking.falling(|Run { score, positives, negatives }| {
            let rows = positives + negatives;
            let share = positives as f64 / rows as f64;
            stack.push((Block { low: score, high: score, share, rows }, positives));
            while let [.., (above, _), (below, _)] = stack.as_slice()
                && above.share <= below.share
            {
                join_last(&mut stack);
            }
        });
        stack.reverse();
        let mut blocks: Vec<Block> = stack.into_iter().map(|it| it.0).collect();
        if Self::MOST < blocks.len() {
            blocks = joined(&blocks, ranking.rows().div_ceil(Self::MOST as u64 / 2 - 1));
        }
        Some(Self { blocks })
    }

    /// Returns the probability that a score really stands for; `None` if nothing was learnt.
    pub fn share(&self, score: f64) -> Option<f64> {
        let after = self.blocks.partition_point(|it| it.high < score);
        let Some(here) = self.blocks.get(after) else { return Some(self.blocks.last()?.share) };
        if here.low <= score || after == 0 {
            return Some(here.share);
        }
        let before = self.blocks[after - 1];
        let part = (score - before.high) / (here.low - before.high);
        Some(before.share + part * (here.share - before.share))
    }

    /// Returns the blocks that a score's share comes from, each with its weight.
    pub(super) fn sources(&self, score: f64) -> [(usize, f64); 2] {
        let after = self.blocks.partition_point(|it| it.high < score);
        let Some(here) = self.blocks.get(after) else {
            return [(self.blocks.len().saturating_sub(1), 1.0), (0, 0.0)];
        };
        if here.low <= score || after == 0 {
            return [(after, 1.0), (0, 0.0)];
        }
        let before = self.blocks[after - 1];
        let part = (score - before.high) / (here.low - before.high);
        [(after - 1, 1.0 - part), (after, part)]
    }
}

fn join_last(stack: &mut Vec<(Block, u64)>) {
    if let (Some((below, some)), Some((above, more))) = (stack.pop(), stack.pop()) {
        let (rows, positives) = (below.rows + above.rows, some + more);
        let share = positives as f64 / rows as f64;
        stack.push((Block { low: below.low, high: above.high, share, rows }, positives));
    }
}

/// Joins neighbours until each block holds so many rows.
fn joined(blocks: &[Block], rows: u64) -> Vec<Block> {
    let mut joined: Vec<Block> = Vec::new();
    for it in blocks {
        match joined.last_mut() {
            Some(last) if last.rows + it.rows <= rows => {
                let whole = last.rows + it.rows;
                last.share =
                    (last.share * last.rows as f64 + it.share * it.rows as f64) / whole as f64;
                (last.rows, last.high) = (whole, it.high);
            }
            _ => joined.push(*it),
        }
    }
    joined
}
