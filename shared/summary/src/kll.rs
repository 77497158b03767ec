mod chance;
mod runs;

use self::chance::Chance;
use crate::{Levels, Summary};

/// A quantile sketch: sorted items that each stand for a power of two of rows.
///
/// Newest rows lie in a batch. A full batch is sorted, every second item of it
/// moves one level up and is merged with what is there, and so on, but for the
/// outermost items of each level, which stay: tails are finer than the middle.
/// The levels are as wide as the batch, so that any rank is right within about
/// 0.05 % of the rows. From 2^21 rows on only one row of each block enters the
/// batch, picked by chance; it stands for the block. Blocks grow with the rows
/// slowly enough that this costs a standard error of at most 0.035 %.
///
/// Karnin, Lang, Liberty, "Optimal Quantile Approximation in Streams" (2016),
/// but for the capacities, which there shrink towards the bottom; the protected
/// ends are those of Cormode, Karnin, Liberty, Thaler, Veselý, "Relative Error
/// Streaming Quantiles" (2021). Chance has a fixed seed: the same rows in the
/// same order give the same sketch. Up to [`Kll::EXACT`] rows nothing is lost.
/// Numbers are finite.
#[derive(Debug, Clone, Default)]
pub struct Kll {
    count: u64,
    /// Unsorted; each item stands for `2^rate` rows.
    batch: Vec<f64>,
    rate: u32,
    block: Block,
    /// `runs[h]` is sorted, shorter than a batch, and of weight `2^h`.
    runs: Vec<Vec<f64>>,
    chance: Chance,
    /// Sketches that share the rows with this one, less one.
    others: u64,
}

/// A block of `2^rate` rows that is not full yet.
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    /// Rows that came so far.
    rows: u64,
    /// The row that is to stand for the block.
    pick: u64,
    /// That row, or one before it.
    held: f64,
}

const BATCH: usize = 4096;

/// Items at each end of a level that do not move up.
const ENDS: usize = 64;

impl Kll {
    /// Rows up to which every one is kept.
    pub const EXACT: usize = BATCH;

    /// Makes one of several sketches that share the rows evenly and are merged at the end.
    ///
    /// Together they keep as many rows as one sketch of all would, and are as exact.
    pub fn of_shards(shards: usize) -> Self {
        Self { others: shards.saturating_sub(1) as u64, ..Self::default() }
    }

    pub fn extend(&mut self, mut numbers: &[f64]) {
        self.count += numbers.len() as u64;
        while !numbers.is_empty() {
            if self.batch.len() == BATCH {
                self.flush();
                self.slow_down();
            }
            let taken = if self.rate == 0 { self.copy(numbers) } else { self.sample(numbers) };
            numbers = &numbers[taken..];
        }
    }

    /// Takes in items in rising order, each with the rows it stands for.
    pub fn extend_weighted(&mut self, items: &[(f64, u64)]) {
        self.count += items.iter().map(|(_, rows)| rows).sum::<u64>();
        let whole = items.iter().fold(0, |bits, (_, rows)| bits | rows);
        for bit in (0..u64::BITS).filter(|bit| whole >> bit & 1 == 1) {
            let holds = |(_, rows): &&(f64, u64)| rows >> bit & 1 == 1;
            let run: Vec<f64> = items.iter().filter(holds).map(|(item, _)| *item).collect();
            for run in run.chunks(BATCH / 2) {
                self.lift(run, bit as usize);
            }
        }
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns distinct items in rising order with the rows they stand for.
    ///
    /// The weights add up to [`Kll::count`].
    pub fn sorted(&self) -> Vec<(f64, u64)> {
        let mut items: Vec<(f64, u64)> =
            self.batch.iter().map(|item| (*item, 1 << self.rate)).collect();
        for (level, run) in self.runs.iter().enumerate() {
            items.extend(run.iter().map(|item| (*item, 1 << level)));
        }
        items.extend((0 < self.block.rows).then_some((self.block.held, self.block.rows)));
        // The stable sort takes runs as they are.
        items.sort_by(|one, other| one.0.total_cmp(&other.0));
        items.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
        items
    }

    /// Returns the sketch as files keep it.
    pub fn levels(&self) -> Levels {
        Levels::condensed(&self.sorted())
    }

    fn copy(&mut self, numbers: &[f64]) -> usize {
        let taken = numbers.len().min(BATCH - self.batch.len());
        self.batch.extend_from_slice(&numbers[..taken]);
        taken
    }

    fn sample(&mut self, numbers: &[f64]) -> usize {
        let size = 1usize << self.rate;
        let open = self.block.rows as usize;
        if 0 < open || numbers.len() < size {
            return self.fill_block(&numbers[..numbers.len().min(size - open)]);
        }
        let blocks = (numbers.len() / size).min(BATCH - self.batch.len());
        let Self { batch, chance, .. } = self;
        let blocks = numbers[..blocks * size].chunks_exact(size);
        batch.extend(blocks.clone().map(|block| block[chance.below(size)]));
        blocks.len() * size
    }

    fn fill_block(&mut self, numbers: &[f64]) -> usize {
        let size = 1u64 << self.rate;
        let block = &mut self.block;
        if block.rows == 0 {
            block.pick = self.chance.below(size as usize) as u64;
        }
        if block.rows <= block.pick {
            let ahead = (block.pick - block.rows) as usize;
            block.held = numbers[ahead.min(numbers.len() - 1)];
        }
        block.rows += numbers.len() as u64;
        if block.rows == size {
            self.batch.push(block.held);
            block.rows = 0;
        }
        numbers.len()
    }

    /// Moves the batch into the levels, but for its ends.
    fn flush(&mut self) {
        let mut batch = std::mem::take(&mut self.batch);
        runs::sort(&mut batch);
        let middle = ENDS..batch.len() - ENDS;
        let half = self.halve(&batch[middle.clone()]);
        self.lift(&half, self.rate as usize + 1);
        batch.drain(middle);
        self.batch = batch;
    }

    /// Samples larger blocks when there are rows enough.
    fn slow_down(&mut self) {
        let rate = rate(self.count.saturating_mul(1 + self.others));
        if self.rate < rate && self.block.rows == 0 {
            let mut ends = std::mem::take(&mut self.batch);
            runs::sort(&mut ends);
            self.lift(&ends, self.rate as usize);
            self.rate = rate;
        }
    }

    /// Merges a sorted run into a level, and lifts half of what is too much.
    fn lift(&mut self, run: &[f64], mut level: usize) {
        let mut carry: Option<Vec<f64>> = None;
        loop {
            if self.runs.len() <= level {
                self.runs.resize_with(level + 1, Vec::new);
            }
            let run = carry.as_deref().unwrap_or(run);
            let here = &mut self.runs[level];
            if here.is_empty() {
                here.extend_from_slice(run);
                return;
            }
            let merged = runs::merge(here, run);
            here.clear();
            if merged.len() < BATCH {
                here.extend_from_slice(&merged);
                return;
            }
            // Of an odd number in the middle one more stays.
            let low = ENDS + (merged.len() % 2) * self.chance.below(2);
            let high = low + (merged.len() - 2 * ENDS) / 2 * 2;
            let here = &mut self.runs[level];
            here.extend_from_slice(&merged[..low]);
            here.extend_from_slice(&merged[high..]);
            carry = Some(self.halve(&merged[low..high]));
            level += 1;
        }
    }

    /// Returns every second item of an even number of them.
    fn halve(&mut self, run: &[f64]) -> Vec<f64> {
        let which = self.chance.below(2);
        run.as_chunks::<2>().0.iter().map(|pair| pair[which]).collect()
    }
}

impl Summary for Kll {
    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        for (level, run) in other.runs.iter().enumerate().filter(|(_, run)| !run.is_empty()) {
            self.lift(run, level);
        }
        if other.rate == self.rate {
            let mut items = other.batch.as_slice();
            while !items.is_empty() {
                if self.batch.len() == BATCH {
                    self.flush();
                }
                items = &items[self.copy(items)..];
            }
        } else if !other.batch.is_empty() {
            let mut batch = other.batch.clone();
            runs::sort(&mut batch);
            self.lift(&batch, other.rate as usize);
        }
        for bit in (0..u64::BITS).filter(|bit| other.block.rows >> bit & 1 == 1) {
            self.lift(&[other.block.held], bit as usize);
        }
    }
}

/// Merges two lists of weighted items in rising order; equal items become one.
pub fn merge_weighted(ours: &[(f64, u64)], theirs: &[(f64, u64)]) -> Vec<(f64, u64)> {
    let mut merged: Vec<(f64, u64)> = Vec::with_capacity(ours.len() + theirs.len());
    let mut push = |(item, weight): (f64, u64)| match merged.last_mut() {
        Some(last) if last.0 == item => last.1 += weight,
        _ => merged.push((item, weight)),
    };
    let mut theirs = theirs.iter().peekable();
    for our in ours {
        while let Some(their) = theirs.next_if(|it| it.0 <= our.0) {
            push(*their);
        }
        push(*our);
    }
    theirs.for_each(|it| push(*it));
    merged
}

/// Returns the size of blocks, as a power of two, that so many rows bear.
///
/// One row of `2^h`, picked by chance, adds at most `(2^h - 1) / 4` to the
/// variance of a rank for each row.
fn rate(count: u64) -> u32 {
    match count >> 21 {
        0 => 0,
        1..4 => 1,
        times => times.ilog2(),
    }
}

#[cfg(test)]
mod tests;
