use summary::Moments;

use super::short::Short;

/// Exact counts of the short numbers of one column that lie in a window.
///
/// One table for each number of decimals, so that `7.5` and `7.50` stay two
/// texts; a table is made when its first number comes, if there is room.
#[derive(Debug, Clone)]
pub(super) struct Decimals {
    low: f64,
    high: f64,
    tables: [Table; TABLES],
}

#[derive(Debug, Clone, Default)]
struct Table {
    asked: bool,
    /// Mantissa of the first count.
    origin: i32,
    counts: Vec<u32>,
}

/// Up to three decimals: cents, per mille, seconds.
const TABLES: usize = 4;

/// Counts of all tables of a column: 256 KiB, which stay in the second cache.
const SLOTS: usize = 1 << 16;

impl Decimals {
    /// Counts numbers that lie between `low` and `high`, and some around them.
    pub(super) fn between(low: f64, high: f64) -> Self {
        let margin = (high - low) / 16.0;
        Self { low: low - margin, high: high + margin, tables: Default::default() }
    }

    /// Counts a number, or returns `false` when it has no place here.
    #[inline]
    pub(super) fn count(&mut self, short: Short) -> bool {
        self.count_times(short, 1)
    }

    /// Counts a number that stands on `times` rows, or returns `false`.
    #[inline]
    pub(super) fn count_times(&mut self, short: Short, times: u32) -> bool {
        let Some(table) = self.tables.get_mut(short.decimals as usize) else { return false };
        let slot = short.mantissa.wrapping_sub(table.origin) as u32 as usize;
        let Some(count) = table.counts.get_mut(slot) else {
            return !table.asked && self.open(short.decimals) && self.count_times(short, times);
        };
        let sum = count.checked_add(times);
        *count = sum.unwrap_or(*count);
        sum.is_some()
    }

    /// Returns every number with its rows, in rising order for each number of decimals.
    pub(super) fn tables(&self) -> impl Iterator<Item = impl Iterator<Item = (Short, u64)>> {
        (0..).zip(&self.tables).map(|(decimals, table)| {
            let counts = (table.origin..).zip(&table.counts).filter(|(_, count)| 0 < **count);
            counts.map(move |(mantissa, count)| (Short { mantissa, decimals }, u64::from(*count)))
        })
    }

    /// Returns the rows that are counted: whole numbers, and others.
    pub(super) fn rows(&self) -> (u64, u64) {
        let rows = |table: &Table| table.counts.iter().map(|count| u64::from(*count)).sum::<u64>();
        (rows(&self.tables[0]), self.tables[1..].iter().map(rows).sum())
    }

    /// Returns the moments of what is counted, table by table.
    pub(super) fn moments(&self) -> impl Iterator<Item = Moments> {
        (0..).zip(&self.tables).map(|(decimals, table)| table.moments(decimals))
    }

    /// Makes the table of so many decimals, if there is room for it.
    #[cold]
    fn open(&mut self, decimals: u32) -> bool {
        let used: usize = self.tables.iter().map(|it| it.counts.len()).sum();
        let power = Short::POWERS[decimals as usize];
        let (low, high) = ((self.low * power).floor(), (self.high * power).ceil());
        let table = &mut self.tables[decimals as usize];
        table.asked = true;
        let fits = high - low < (SLOTS - used) as f64;
        if !fits || low < f64::from(i32::MIN) || f64::from(i32::MAX) < high {
            return false;
        }
        table.origin = low as i32;
        table.counts = vec![0; (high - low) as usize + 1];
        true
    }
}

impl Table {
    /// Sums integers, so that nothing is rounded before the end.
    fn moments(&self, decimals: u32) -> Moments {
        let (mut rows, mut sum, mut squares) = (0u128, 0u128, 0u128);
        for (slot, count) in (0u128..).zip(&self.counts).filter(|(_, count)| 0 < **count) {
            let count = u128::from(*count);
            rows += count;
            sum += count * slot;
            squares += count * slot * slot;
        }
        let first = self.counts.iter().position(|count| 0 < *count);
        let last = self.counts.iter().rposition(|count| 0 < *count);
        let (Some(first), Some(last)) = (first, last) else { return Moments::default() };
        let number = |slot: usize| Short { mantissa: self.origin + slot as i32, decimals }.number();
        let power = Short::POWERS[decimals as usize];
        // The origin shifts the sum, not the spread.
        let shifted = sum as i128 + i128::from(self.origin) * rows as i128;
        let spread = (rows * squares - sum * sum) as f64 / rows as f64;
        let m2 = spread / (power * power);
        Moments::of(rows as u64, shifted as f64 / power, m2, (number(first), number(last)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn short(mantissa: i32, decimals: u32) -> Short {
        Short { mantissa, decimals }
    }

    #[test]
    fn numbers_outside_the_window_have_no_place() {
        let mut decimals = Decimals::between(0.0, 16.0);
        for (number, place) in [
            (short(5, 0), true),
            (short(17, 0), true),
            (short(18, 0), false),
            (short(-1, 0), true),
            (short(-2, 0), false),
            (short(1650, 2), true),
            (short(17_999, 3), false),
            (short(5, 4), false),
        ] {
            assert_eq!(decimals.count(number), place, "{number:?}");
        }
        assert_eq!(decimals.rows(), (3, 1));
    }

    #[test]
    fn wide_windows_get_no_table() {
        let mut decimals = Decimals::between(0.0, 50e6);
        assert!(!decimals.count(short(7, 0)));
        let mut decimals = Decimals::between(0.0, 500.0);
        assert!(decimals.count(short(123, 2)));
        assert!(!decimals.count(short(1230, 3)), "no room for a second table of that size");
        assert!(decimals.count(short(123, 1)));
        assert!(!Decimals::between(-1e300, 1e300).count(short(1, 0)));
    }

    #[test]
    fn full_counters_take_no_more() {
        let mut decimals = Decimals::between(0.0, 1.0);
        assert!(decimals.count_times(short(1, 0), u32::MAX - 1));
        assert!(decimals.count(short(1, 0)));
        assert!(!decimals.count(short(1, 0)));
        assert!(decimals.count_times(short(0, 0), 3));
        assert!(!decimals.count_times(short(0, 0), u32::MAX - 1));
        assert_eq!(decimals.rows(), (u64::from(u32::MAX) + 3, 0));
    }

    proptest! {
        #[test]
        fn moments_agree_with_rows_written_out(
            rows in prop::collection::vec((-3000..3000i32, 0..3u32, 1..50u32), 1..60),
        ) {
            let mut decimals = Decimals::between(-3000.0, 3000.0);
            decimals.high = 40.0;
            decimals.low = -40.0;
            let mut want = Moments::default();
            for (mantissa, places, times) in rows {
                let number = short(mantissa, places);
                if decimals.count_times(number, times) {
                    want.see_times(number.number(), u64::from(times));
                }
            }
            let mut got = Moments::default();
            for table in decimals.moments() {
                summary::Summary::merge(&mut got, &table);
            }
            prop_assert_eq!((got.count(), got.min(), got.max()), (want.count(), want.min(), want.max()));
            prop_assert!((got.sum() - want.sum()).abs() < 1e-9);
            prop_assert!((got.m2() - want.m2()).abs() <= 1e-9 * (1.0 + want.m2()));
        }
    }
}
