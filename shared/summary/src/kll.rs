mod condense;
mod runs;

use crate::{Levels, Summary};

/// A quantile sketch: sorted items that each stand for a power of two of rows.
///
/// Newest rows lie in a batch. A full batch is sorted, every second item of it
/// moves one level up and is merged with what is there, and so on. The levels
/// are as wide as the batch, so that any rank is right within about 0.05 % of
/// the rows. From [`SAMPLED`] rows on only one row of each block enters the
/// batch, picked by chance; it stands for the block. Blocks grow with the rows
/// slowly enough that this costs a standard error of at most 0.04 %.
///
/// Karnin, Lang, Liberty, "Optimal Quantile Approximation in Streams" (2016),
/// but for the capacities, which there shrink towards the bottom. Chance has a
/// fixed seed: the same rows in the same order give the same sketch. Up to
/// [`Kll::EXACT`] rows nothing is lost. Numbers are finite.
#[derive(Debug, Clone)]
pub struct Kll {
    count: u64,
    /// Unsorted; each item stands for `2^rate` rows.
    batch: Vec<f64>,
    rate: u32,
    block: Block,
    /// `runs[h]` is sorted, shorter than a batch, and of weight `2^h`.
    runs: Vec<Vec<f64>>,
    chance: Chance,
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

/// Rows from which on blocks are sampled.
const SAMPLED: u64 = 1 << 19;

impl Default for Kll {
    fn default() -> Self {
        Self {
            count: 0,
            batch: Vec::new(),
            rate: 0,
            block: Block::default(),
            runs: Vec::new(),
            chance: Chance(0x9E37_79B9_7F4A_7C15),
        }
    }
}

impl Kll {
    /// Rows up to which every one is kept.
    pub const EXACT: usize = BATCH;

    pub fn extend(&mut self, mut numbers: &[f64]) {
        self.count += numbers.len() as u64;
        while !numbers.is_empty() {
            if self.batch.len() == BATCH {
                self.flush();
            }
            let taken = if self.rate == 0 { self.copy(numbers) } else { self.sample(numbers) };
            numbers = &numbers[taken..];
        }
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns distinct items in rising order with the rows they stand for.
    ///
    /// The weights add up to [`Kll::count`].
    pub fn sorted(&self) -> Vec<(f64, u64)> {
        let batch = self.batch.iter().map(|item| (*item, 1 << self.rate));
        let runs = self.runs.iter().enumerate();
        let runs = runs.flat_map(|(level, run)| run.iter().map(move |item| (*item, 1 << level)));
        let mut items: Vec<(f64, u64)> = batch.chain(runs).collect();
        if 0 < self.block.rows {
            items.push((self.block.held, self.block.rows));
        }
        items.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        items.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        items
    }

    /// Returns the sketch as files keep it, of at most about 5,700 items.
    ///
    /// Exact up to [`Kll::EXACT`] rows. Past that the rows are cut, in sorted
    /// order, into blocks of `2^h` rows, one item for each: fine ones at both
    /// ends, which keeps least and greatest item and the tails, and coarse ones
    /// in the middle. Capacities are KLL's, `k` for the coarsest level and `c`
    /// of that for each finer one. Any rank moves by less than 0.02 % of the
    /// rows. The weights add up to the rows.
    pub fn levels(&self) -> Levels {
        let data = if self.count <= BATCH as u64 && self.runs.is_empty() {
            let mut items = self.batch.clone();
            items.sort_unstable_by(f64::total_cmp);
            if items.is_empty() { Vec::new() } else { vec![items] }
        } else {
            condense::condense(&self.sorted(), self.count)
        };
        Levels { k: Levels::K, c: Levels::C, data }
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
        for block in numbers[..blocks * size].chunks_exact(size) {
            self.batch.push(block[self.chance.next() as usize & (size - 1)]);
        }
        blocks * size
    }

    fn fill_block(&mut self, numbers: &[f64]) -> usize {
        let size = 1u64 << self.rate;
        let block = &mut self.block;
        if block.rows == 0 {
            block.pick = self.chance.next() & (size - 1);
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

    /// Moves the batch into the levels.
    fn flush(&mut self) {
        let mut batch = std::mem::take(&mut self.batch);
        runs::sort(&mut batch);
        self.lift(&batch, self.rate as usize);
        batch.clear();
        self.batch = batch;
        if self.block.rows == 0 {
            self.rate = self.rate.max(rate(self.count));
        }
    }

    /// Merges a sorted run into a level, and lifts half of what is too much.
    fn lift(&mut self, run: &[f64], mut level: usize) {
        let mut carry: Option<Vec<f64>> = None;
        loop {
            if self.runs.len() <= level {
                self.runs.resize_with(level + 1, Vec::new);
            }
            let here = &mut self.runs[level];
            let run = carry.as_deref().unwrap_or(run);
            if here.is_empty() && run.len() < BATCH {
                here.extend_from_slice(run);
                return;
            }
            let merged = if here.is_empty() { None } else { Some(runs::merge(here, run)) };
            let merged = merged.as_deref().unwrap_or(run);
            here.clear();
            if merged.len() < BATCH {
                here.extend_from_slice(merged);
                return;
            }
            let odd = merged.len() % 2;
            let chance = self.chance.next();
            // Of an odd number one item stays: the first or the last.
            let (left, paired) = if chance & 2 == 0 {
                merged.split_at(odd)
            } else {
                let (paired, left) = merged.split_at(merged.len() - odd);
                (left, paired)
            };
            here.extend_from_slice(left);
            carry = Some(paired.iter().skip(chance as usize & 1).step_by(2).copied().collect());
            level += 1;
        }
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
                    self.flush_at_rate();
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

impl Kll {
    /// Flushes amid a merge, where the rest of the items has the same weight.
    fn flush_at_rate(&mut self) {
        let rate = self.rate;
        self.flush();
        self.rate = rate;
    }
}

/// Returns the blocks' size, as a power of two, that many rows bear.
///
/// One of `2^h` rows, picked by chance, adds at most `(2^h - 1) / 4` to the
/// variance of a rank for each row.
fn rate(count: u64) -> u32 {
    match count / SAMPLED {
        0 => 0,
        1..4 => 1,
        times => times.ilog2(),
    }
}

/// Marsaglia's xorshift: cheap, and good enough to pick rows.
#[derive(Debug, Clone, Copy)]
struct Chance(u64);

impl Chance {
    #[inline]
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The low bits of the state itself are its weakest.
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32
    }
}

#[cfg(test)]
mod tests;
