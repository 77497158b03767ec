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
    /// The counts of all tables, one table after the other.
    counts: Vec<u32>,
    /// Places in `counts` of the newest numbers, not counted yet: counting many
    /// at once finds the counts in the second cache.
    newest: Vec<u16>,
    /// Rows that were counted.
    rows: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Table {
    asked: bool,
    /// Mantissa of the first count.
    origin: i32,
    start: u32,
    end: u32,
    /// Counts that take more rows.
    open: u32,
}

/// Up to three decimals: cents, per mille, seconds.
const TABLES: usize = 4;

/// Counts of all tables: 256 KiB.
const SLOTS: usize = 1 << 16;

const NEWEST: usize = 1 << 14;

impl Decimals {
    /// Counts numbers that lie between `low` and `high`, and some around them.
    pub(super) fn between(low: f64, high: f64) -> Self {
        let margin = (high - low) / 16.0;
        Self {
            low: low - margin,
            high: high + margin,
            tables: <[Table; TABLES]>::default(),
            counts: Vec::new(),
            newest: Vec::new(),
            rows: 0,
        }
    }

    /// Counts a number, or returns `false` when it has no place here.
    #[inline]
    pub(super) fn count(&mut self, short: Short) -> bool {
        let Some(slot) = self.slot(short) else { return false };
        if self.newest.len() == NEWEST {
            self.settle();
        }
        self.newest.push(slot);
        true
    }

    /// Counts a number that stands on so many rows, or returns `false`.
    pub(super) fn count_times(&mut self, short: Short, rows: u64) -> bool {
        if u64::from(u32::MAX) <= self.rows + rows + NEWEST as u64 {
            return false;
        }
        let Some(slot) = self.slot(short) else { return false };
        self.counts[usize::from(slot)] += rows as u32;
        self.rows += rows;
        true
    }

    /// Counts the newest numbers; nothing may be asked before.
    pub(super) fn settle(&mut self) {
        self.rows += self.newest.len() as u64;
        for slot in self.newest.drain(..) {
            self.counts[usize::from(slot)] += 1;
        }
        if u64::from(u32::MAX) <= self.rows + NEWEST as u64 {
            // The next rows could overflow a count.
            self.tables.iter_mut().for_each(|table| table.open = 0);
        }
    }

    /// Returns every number with its rows, in rising order for each number of decimals.
    pub(super) fn tables(&self) -> impl Iterator<Item = impl Iterator<Item = (Short, u64)>> {
        (0..).zip(&self.tables).map(|(decimals, table)| {
            let counts = (table.origin..).zip(self.counts(table)).filter(|(_, count)| 0 < **count);
            counts.map(move |(mantissa, count)| (Short { mantissa, decimals }, u64::from(*count)))
        })
    }

    /// Returns the rows that are counted: whole numbers, and others.
    pub(super) fn rows(&self) -> (u64, u64) {
        let whole = self.counts(&self.tables[0]).iter().map(|count| u64::from(*count)).sum();
        (whole, self.rows - whole)
    }

    /// Returns the moments of what is counted, table by table.
    pub(super) fn moments(&self) -> impl Iterator<Item = Moments> {
        let tables = (0..).zip(&self.tables);
        tables.map(|(decimals, table)| moments(decimals, table.origin, self.counts(table)))
    }

    #[inline]
    fn slot(&mut self, short: Short) -> Option<u16> {
        let table = self.tables.get(short.decimals as usize)?;
        let place = short.mantissa.wrapping_sub(table.origin) as u32;
        if place < table.open {
            return Some((table.start + place) as u16);
        }
        if table.asked { None } else { self.first_slot(short) }
    }

    /// Makes the table of a number if there is room for it.
    #[cold]
    fn first_slot(&mut self, short: Short) -> Option<u16> {
        let power = Short::POWERS[short.decimals as usize];
        let (low, high) = ((self.low * power).floor(), (self.high * power).ceil());
        let table = &mut self.tables[short.decimals as usize];
        table.asked = true;
        let fits = high - low < (SLOTS - self.counts.len()) as f64;
        if !fits || low < f64::from(i32::MIN) || f64::from(i32::MAX) < high {
            return None;
        }
        table.origin = low as i32;
        table.open = (high - low) as u32 + 1;
        table.start = self.counts.len() as u32;
        table.end = table.start + table.open;
        self.counts.resize(table.end as usize, 0);
        self.slot(short)
    }

    fn counts(&self, table: &Table) -> &[u32] {
        &self.counts[table.start as usize..table.end as usize]
    }
}

/// Sums integers, so that nothing is rounded before the end.
fn moments(decimals: u32, origin: i32, counts: &[u32]) -> Moments {
    let (mut rows, mut sum, mut squares) = (0u64, 0u64, 0u128);
    for (slot, count) in (0u64..).zip(counts).filter(|(_, count)| 0 < **count) {
        let count = u64::from(*count);
        rows += count;
        sum += count * slot;
        squares += u128::from(count * slot * slot);
    }
    let first = counts.iter().position(|count| 0 < *count);
    let last = counts.iter().rposition(|count| 0 < *count);
    let (Some(first), Some(last)) = (first, last) else { return Moments::default() };
    let number = |slot: usize| Short { mantissa: origin + slot as i32, decimals }.number();
    let power = Short::POWERS[decimals as usize];
    // The origin shifts the sum, not the spread.
    let shifted = i128::from(sum) + i128::from(origin) * i128::from(rows);
    let spread = u128::from(rows) * squares - u128::from(sum) * u128::from(sum);
    let m2 = spread as f64 / rows as f64 / (power * power);
    Moments::of(rows, shifted as f64 / power, m2, (number(first), number(last)))
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
        decimals.settle();
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
    fn full_counts_take_no_more() {
        let mut decimals = Decimals::between(0.0, 1.0);
        let much = u64::from(u32::MAX) - 3 * NEWEST as u64;
        assert!(decimals.count_times(short(1, 0), much));
        assert!(!decimals.count_times(short(0, 0), 1 << 40));
        let mut taken = 0;
        while decimals.count(short(1, 0)) {
            taken += 1;
        }
        decimals.settle();
        assert!(NEWEST < taken && taken <= 3 * NEWEST);
        assert_eq!(decimals.rows(), (much + taken as u64, 0));
        assert_eq!(
            decimals.tables().flatten().collect::<Vec<_>>(),
            [(short(1, 0), much + taken as u64)]
        );
    }

    proptest! {
        #[test]
        fn moments_agree_with_rows_written_out(
            rows in prop::collection::vec((-3000..3000i32, 0..3u32, 1..50u64), 1..60),
        ) {
            let mut decimals = Decimals::between(-3000.0, 3000.0);
            decimals.high = 40.0;
            decimals.low = -40.0;
            let mut want = Moments::default();
            for (mantissa, places, times) in rows {
                let number = short(mantissa, places);
                if decimals.count_times(number, times) {
                    want.see_times(number.number(), times);
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
