//! From the sketch's own form to the levels that files keep.

use crate::Levels;

/// Cuts sorted rows into blocks of powers of two, the fine ones at both ends.
pub(super) fn condense(items: &[(f64, u64)], count: u64) -> Vec<Vec<f64>> {
    let sizes = sizes(count);
    let left = sizes.iter().enumerate().map(|(level, size)| (level, size.div_ceil(2)));
    let right = sizes.iter().enumerate().rev().map(|(level, size)| (level, size / 2));
    let mut data: Vec<Vec<f64>> = sizes.iter().map(|it| Vec::with_capacity(*it as usize)).collect();
    let mut items = items.iter();
    let (mut item, mut reached, mut start) = (f64::NAN, 0, 0);
    for (level, blocks) in left.chain(right) {
        let rows = 1u64 << level;
        for _ in 0..blocks {
            while reached <= start + rows / 2 {
                let (next, weight) = items.next().expect("the weights add up to the rows");
                (item, reached) = (*next, reached + weight);
            }
            data[level].push(item);
            start += rows;
        }
    }
    data
}

/// Returns how many blocks of `2^h` rows there are, for each `h`.
///
/// Every level below the top is as full as its capacity and the rest allow.
fn sizes(count: u64) -> Vec<u64> {
    for top in 0..u64::BITS {
        let mut rest = count;
        let mut sizes = Vec::new();
        for level in 0..top {
            let capacity = capacity(top - level);
            let size = if rest <= capacity { rest } else { capacity - (capacity ^ rest) % 2 };
            sizes.push(size);
            rest = (rest - size) / 2;
        }
        if rest <= capacity(0) {
            sizes.push(rest);
            return sizes;
        }
    }
    unreachable!("no count needs more levels than it has bits")
}

/// Returns the capacity of the level that lies `depth` below the top.
fn capacity(depth: u32) -> u64 {
    ((Levels::K * Levels::C.powi(depth as i32)).ceil() as u64).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_add_up_within_capacities() {
        let counts =
            (1..3000).chain([4096, 4097, 65_535, 999_983, 10_000_000, 1 << 40, u64::MAX >> 8]);
        for count in counts {
            let sizes = sizes(count);
            let rows: u64 = sizes.iter().enumerate().map(|(level, size)| size << level).sum();
            assert_eq!(rows, count);
            let top = sizes.len() as u32 - 1;
            for (level, size) in (0..).zip(&sizes) {
                assert!(*size <= capacity(top - level), "{count}: level {level} holds {size}");
            }
            assert!(sizes.iter().sum::<u64>() < 5_750);
        }
    }
}
