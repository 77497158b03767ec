use dataset::{Block, SetAside, Sink};
use summary::Summary;

/// Rows of a table, at most so many, each as likely as any other.
///
/// A row is kept by a number that the seed draws for its place; parts that are merged draw the same numbers for the same
/// places, so rows at one place of two parts are kept together, and each as likely as before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    most: usize,
    seed: u64,
    names: Vec<String>,
    seen: u64,
    rows: Vec<Kept>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    chance: u64,
    place: u64,
    cells: Vec<Option<String>>,
}

impl Sample {
    /// Makes an empty sample of at most `most` rows.
    pub fn new(most: usize, seed: u64) -> Self {
        Self { most, seed, names: Vec::new(), seen: 0, rows: Vec::new() }
    }

    /// Returns the names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns how many rows were seen.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Returns the kept rows in their order; a row may be shorter than the names.
    ///
    /// Cells that hold nothing are `None`.
    pub fn rows(&self) -> Vec<&[Option<String>]> {
        let mut rows: Vec<&Kept> = self.rows.iter().collect();
        rows.sort_by(|one, two| (one.chance, &one.cells).cmp(&(two.chance, &two.cells)));
        rows.truncate(self.most);
        rows.sort_by(|one, two| (one.place, &one.cells).cmp(&(two.place, &two.cells)));
        rows.into_iter().map(|it| it.cells.as_slice()).collect()
    }

    fn trim(&mut self) {
        // Sorting now and then costs little a row.
        if 2 * self.most + 64 <= self.rows.len() {
            self.rows.sort_unstable();
            self.rows.truncate(self.most);
        }
    }
}

impl Default for Sample {
    /// Keeps every row.
    fn default() -> Self {
        Self::new(usize::MAX / 4, 0)
    }
}

impl Sink for Sample {
    fn block(&mut self, block: &Block<'_>) {
        if self.names.len() < block.names.len() {
            self.names = block.names.to_vec();
        }
        for at in 0..block.rows {
            let place = self.seen;
            self.seen += 1;
            let cells = block.columns.iter().map(|column| {
                let text = block.text(column[at])?;
                Some(String::from_utf8_lossy(text).into_owned())
            });
            let cells = cells.collect();
            self.rows.push(Kept { chance: mix(self.seed, place), place, cells });
            self.trim();
        }
    }

    fn set_aside(&mut self, _: SetAside, _: &[u8]) {}
}

impl Summary for Sample {
    fn merge(&mut self, other: &Self) {
        if other.seen == 0 {
            return;
        }
        if self.seen == 0 {
            self.clone_from(other);
            return;
        }
        if self.names.len() < other.names.len() {
            self.names.clone_from(&other.names);
        }
        self.seen += other.seen;
        self.rows.extend(other.rows.iter().cloned());
        self.trim();
    }
}

/// Draws a number for a place (SplitMix64: Steele, Lea and Flood 2014).
pub(super) fn mix(seed: u64, place: u64) -> u64 {
    let mut word = seed.wrapping_add((place + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataset::{Options, Reader};

    fn sample(most: usize, rows: std::ops::Range<u32>) -> Sample {
        let mut sample = Sample::new(most, 1);
        let mut reader = Reader::csv(&Options::default());
        let lines: Vec<String> = rows.map(|it| format!("{it},x\n")).collect();
        let text = format!("number,word\n{}", lines.concat());
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let space = reader.space();
            let count = space.len().min(rest.len());
            space[..count].copy_from_slice(&rest[..count]);
            rest = &rest[count..];
            reader.filled(count, &mut sample);
        }
        reader.finish(&mut sample);
        sample
    }

    #[test]
    fn small_tables_are_kept_whole() {
        let all = sample(10, 0..4);
        let rows: Vec<_> = all.rows().iter().map(|it| it[0].clone().unwrap()).collect();
        assert_eq!((rows.join(" "), all.seen()), ("0 1 2 3".into(), 4));
        assert_eq!(all.names(), ["number", "word"]);
    }

    #[test]
    fn every_row_is_as_likely() {
        // Means of 2,000 of 20,000 rows: 0.5 within five of their standard deviations, 0.29 / sqrt(2000).
        let part = sample(2_000, 0..20_000);
        let rows = part.rows();
        let mean =
            rows.iter().map(|it| it[0].as_deref().unwrap().parse::<f64>().unwrap()).sum::<f64>();
        assert_eq!(rows.len(), 2_000);
        assert!((mean / 2_000.0 / 20_000.0 - 0.5).abs() < 0.033);
    }

    #[test]
    fn merging_keeps_the_bound_and_the_count() {
        let (one, two) = (sample(100, 0..700), sample(100, 700..1_000));
        let (mut left, mut right) = (one.clone(), two.clone());
        left.merge(&two);
        right.merge(&one);
        assert_eq!((left.rows().len(), left.seen()), (100, 1_000));
        assert_eq!(left.rows(), right.rows());
        left.merge(&Sample::default());
        assert_eq!(left.rows(), right.rows());
    }
}
