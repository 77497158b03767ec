//! Two halves of a table that look alike.

use local::random::Random;

/// The rows of a column in ascending order of their values.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) rows: Vec<u32>,
    /// Where each group of rows with the same value ends.
    pub(super) ends: Vec<usize>,
}

/// Splits rows into a reference and the rest, of the same size.
///
/// A single random split of a small table differs from itself: of 70 columns one is off by chance, and would be off in
/// every window. So the most even of several splits is taken, by the largest Kolmogorov–Smirnov distance of a column.
pub(super) fn balanced(
    rows: usize,
    columns: &[&Order],
    random: &mut Random,
) -> (Vec<u32>, Vec<u32>) {
    let tries = (10_000_000 / (rows * columns.len()).max(1)).clamp(1, 60);
    let mut order: Vec<u32> = (0..rows as u32).collect();
    let mut best = (f64::INFINITY, Vec::new());
    for _ in 0..tries {
        random.shuffle(&mut order);
        let mut referenced = vec![false; rows];
        for row in &order[..rows / 2] {
            referenced[*row as usize] = true;
        }
        let distance = columns.iter().map(|order| distance(order, &referenced)).fold(0.0, f64::max);
        if distance < best.0 {
            best = (distance, order.clone());
        }
    }
    let rest = best.1.split_off(rows / 2);
    (best.1, rest)
}

fn distance(order: &Order, referenced: &[bool]) -> f64 {
    let half = referenced.len() / 2;
    let (first, second) = (half.max(1) as f64, (referenced.len() - half).max(1) as f64);
    let (mut here, mut there, mut largest, mut start) = (0_u32, 0_u32, 0.0_f64, 0);
    for end in &order.ends {
        for row in &order.rows[start..*end] {
            let inside = u32::from(referenced[*row as usize]);
            here += inside;
            there += 1 - inside;
        }
        start = *end;
        largest = largest.max((f64::from(here) / first - f64::from(there) / second).abs());
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_disjoint_whole_and_even() {
        let rows = 400_u32;
        let columns: Vec<Order> = (1..40)
            .map(|step| {
                let mut order: Vec<u32> = (0..rows).collect();
                order.sort_by_key(|row| (row * step * 7919) % 401);
                Order { rows: order, ends: (1..=rows as usize).collect() }
            })
            .collect();
        let columns: Vec<&Order> = columns.iter().collect();
        let (reference, pool) = balanced(rows as usize, &columns, &mut Random::seeded(1));
        assert_eq!((reference.len(), pool.len()), (200, 200));
        let mut all: Vec<u32> = reference.iter().chain(&pool).copied().collect();
        all.sort_unstable();
        assert_eq!(all, (0..rows).collect::<Vec<_>>());
        let mut referenced = vec![false; rows as usize];
        for row in reference {
            referenced[row as usize] = true;
        }
        // One split of 39 columns has its largest distance near 0.16.
        let largest = columns.iter().map(|order| distance(order, &referenced)).fold(0.0, f64::max);
        assert!(largest < 0.14, "{largest}");
    }
}
