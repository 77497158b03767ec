mod condense;

/// The levels of a KLL sketch: an item of level `h` stands for `2^h` rows.
///
/// This is what AWS's `statistics.json` keeps of a sketch, and all that drift
/// needs of one. Reference: Karnin, Lang, Liberty, "Optimal Quantile
/// Approximation in Streams" (2016), and Deequ's `QuantileNonSample`.
///
/// Items are never NaN. Questions are answered over the multiset: equal items
/// add their weights up. Weights past `u64` saturate, as only a forged file has
/// them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Levels {
    /// Capacity of the widest level.
    pub k: f64,
    /// Factor by which capacities shrink from level to level.
    pub c: f64,
    pub data: Vec<Vec<f64>>,
}

impl Levels {
    /// `k` and `c` of the sketches that AWS's analyzer and this one write.
    pub const K: f64 = 2048.0;
    pub const C: f64 = 0.64;

    /// Rows that [`Levels::condensed`] keeps one by one.
    pub const EXACT: u64 = 4096;

    /// Holds `values` exactly, one row each, however many they are.
    pub fn from_values(values: &[f64]) -> Self {
        let data = if values.is_empty() { Vec::new() } else { vec![values.to_vec()] };
        Self { k: Self::K, c: Self::C, data }
    }

    /// Holds the rows that rising items stand for, in at most about 5,700 items.
    ///
    /// Exact up to [`Levels::EXACT`] rows. Past that the rows are cut, in
    /// order, into blocks of `2^h` rows, one item for each: fine ones at both
    /// ends, which keeps least and greatest item and the tails, and coarse ones
    /// in the middle. Capacities are KLL's, `k` for the coarsest level and `c`
    /// of that for each finer one. Any rank moves by less than 0.035 % of the
    /// rows. The weights add up to the rows.
    pub fn condensed(items: &[(f64, u64)]) -> Self {
        let count = items.iter().map(|(_, weight)| weight).sum();
        let data = match count {
            0 => Vec::new(),
            1..=Self::EXACT => {
                let rows =
                    |(item, weight): &(f64, u64)| std::iter::repeat_n(*item, *weight as usize);
                vec![items.iter().flat_map(rows).collect()]
            }
            _ => condense::condense(items, count),
        };
        Self { k: Self::K, c: Self::C, data }
    }

    /// Returns the rows that the items stand for.
    pub fn count(&self) -> u64 {
        self.weigh(|_| true)
    }

    /// Returns the rows that lie below `x`.
    pub fn rank_exclusive(&self, x: f64) -> u64 {
        self.weigh(|item| item < x)
    }

    /// Returns the rows that lie at or below `x`.
    pub fn rank_inclusive(&self, x: f64) -> u64 {
        self.weigh(|item| item <= x)
    }

    /// Returns the share of rows at or below `x`, or `None` of no rows.
    pub fn cdf(&self, x: f64) -> Option<f64> {
        let count = self.count();
        (0 < count).then(|| self.rank_inclusive(x) as f64 / count as f64)
    }

    /// Returns the least item with at least `q` of the rows at or below it.
    ///
    /// `q` is cut to `[0, 1]`; `None` of no rows. Sort once with
    /// [`Levels::sorted`] where many quantiles are asked for.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let goal = q.clamp(0.0, 1.0) * self.count() as f64;
        let sorted = self.sorted();
        let mut rank = 0u64;
        for (item, weight) in &sorted {
            rank = rank.saturating_add(*weight);
            if goal <= rank as f64 {
                return Some(*item);
            }
        }
        sorted.last().map(|(item, _)| *item)
    }

    /// Returns every distinct item with its whole weight, in rising order.
    pub fn sorted(&self) -> Vec<(f64, u64)> {
        let mut pairs: Vec<(f64, u64)> = self
            .data
            .iter()
            .enumerate()
            .flat_map(|(level, items)| items.iter().map(move |item| (*item, weight(level))))
            .collect();
        // Both zeros are one value, and keep one place. A stable sort, as it finds the levels, which mostly are runs.
        pairs.sort_by(|a, b| (a.0 + 0.0).total_cmp(&(b.0 + 0.0)));
        pairs.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            same
        });
        pairs
    }

    fn weigh(&self, counts: impl Fn(f64) -> bool) -> u64 {
        self.data.iter().enumerate().fold(0, |sum: u64, (level, items)| {
            let items = items.iter().filter(|item| counts(**item)).count() as u64;
            sum.saturating_add(items.saturating_mul(weight(level)))
        })
    }
}

fn weight(level: usize) -> u64 {
    u32::try_from(level).ok().and_then(|level| 1u64.checked_shl(level)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The multiset written out, one entry a row.
    fn rows(levels: &Levels) -> Vec<f64> {
        let mut rows: Vec<f64> = Vec::new();
        for (level, items) in levels.data.iter().enumerate() {
            for item in items {
                rows.extend(std::iter::repeat_n(*item, 1 << level));
            }
        }
        rows.sort_by(f64::total_cmp);
        rows
    }

    #[test]
    fn nothing_has_no_quantile() {
        let none = Levels::default();
        assert_eq!((none.count(), none.quantile(0.5), none.cdf(1.0)), (0, None, None));
        assert_eq!(none.sorted(), vec![]);
        assert_eq!(Levels::from_values(&[]).data, Vec::<Vec<f64>>::new());
    }

    #[test]
    fn zeros_of_both_signs_are_one() {
        let levels = Levels::from_values(&[0.0, -0.0, 1.0]);
        assert_eq!(levels.sorted().iter().map(|(_, w)| *w).collect::<Vec<_>>(), [2, 1]);
        assert_eq!((levels.rank_exclusive(0.0), levels.rank_inclusive(-0.0)), (0, 2));
    }

    #[test]
    fn forged_levels_saturate() {
        let levels = Levels { k: 8.0, c: 0.5, data: vec![vec![1.0, 2.0]; 200] };
        assert_eq!(levels.count(), u64::MAX);
        assert!(levels.quantile(1.0).is_some());
    }

    proptest! {
        #[test]
        fn ranks_agree_with_rows_written_out(
            data in prop::collection::vec(prop::collection::vec(-8..8i32, 0..9), 0..5),
            x in -9..9i32,
            q in 0.0..=1.0f64,
        ) {
            let data = data.iter().map(|l| l.iter().map(|v| f64::from(*v)).collect()).collect();
            let levels = Levels { k: 2048.0, c: 0.64, data };
            let (rows, x) = (rows(&levels), f64::from(x));
            prop_assert_eq!(levels.count(), rows.len() as u64);
            prop_assert_eq!(levels.rank_exclusive(x), rows.iter().filter(|r| **r < x).count() as u64);
            prop_assert_eq!(levels.rank_inclusive(x), rows.iter().filter(|r| **r <= x).count() as u64);
            let place = ((q * rows.len() as f64).ceil() as usize).max(1);
            prop_assert_eq!(levels.quantile(q), rows.get(place - 1).copied());
        }
    }
}
