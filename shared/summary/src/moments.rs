use crate::Summary;

/// Count, mean, spread, sum and range of numbers.
///
/// Chunks of numbers are summed on their own, about their own mean, and merged
/// by the formulas of Chan, Golub and LeVeque, "Updating Formulae and a
/// Pairwise Algorithm for Computing Sample Variances" (1979); sums are
/// compensated (Neumaier 1974). So an offset many times the spread costs no
/// digits, and the sum stays within a few units in the last place of
/// `sum(|x|)`. Numbers are finite; what overflows comes out as infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    count: u64,
    sum: f64,
    /// What rounding took from `sum`.
    lost: f64,
    /// Sum of squared distances from the mean.
    m2: f64,
    min: f64,
    max: f64,
}

impl Default for Moments {
    fn default() -> Self {
        Self { count: 0, sum: 0.0, lost: 0.0, m2: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

/// Few enough that a plain sum of them is as good as a pairwise one.
const CHUNK: usize = 256;
const LANES: usize = 8;

impl Moments {
    pub fn extend(&mut self, numbers: &[f64]) {
        for chunk in numbers.chunks(CHUNK) {
            self.merge(&Self::of_chunk(chunk));
        }
    }

    /// Holds what is known of some rows: how many, their sum, the sum of their
    /// squared distances from the mean, and their range.
    pub fn of(count: u64, sum: f64, m2: f64, range: (f64, f64)) -> Self {
        match count {
            0 => Self::default(),
            _ => Self { count, sum, lost: 0.0, m2, min: range.0, max: range.1 },
        }
    }

    /// Takes in `number` as `times` rows.
    pub fn see_times(&mut self, number: f64, times: u64) {
        if 0 < times {
            let (sum, lost) = product(number, times as f64);
            self.merge(&Self { count: times, sum, lost, m2: 0.0, min: number, max: number });
        }
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the sum; zero of no numbers.
    pub fn sum(&self) -> f64 {
        let sum = self.sum + self.lost;
        if sum.is_nan() { self.sum } else { sum }
    }

    pub fn mean(&self) -> Option<f64> {
        (0 < self.count).then(|| self.sum() / self.count as f64)
    }

    /// Returns the sum of squared distances from the mean.
    pub fn m2(&self) -> f64 {
        self.m2
    }

    /// Returns the population's standard deviation, `sqrt(m2 / n)`, as Deequ's.
    pub fn std_dev(&self) -> Option<f64> {
        (0 < self.count).then(|| (self.m2 / self.count as f64).sqrt())
    }

    pub fn min(&self) -> Option<f64> {
        (0 < self.count).then_some(self.min)
    }

    pub fn max(&self) -> Option<f64> {
        (0 < self.count).then_some(self.max)
    }

    fn of_chunk(chunk: &[f64]) -> Self {
        let (mut sums, mut lows, mut highs) =
            ([0.0; LANES], [f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
        let (lanes, rest) = chunk.as_chunks::<LANES>();
        for lane in lanes {
            for i in 0..LANES {
                sums[i] += lane[i];
                lows[i] = if lane[i] < lows[i] { lane[i] } else { lows[i] };
                highs[i] = if lane[i] > highs[i] { lane[i] } else { highs[i] };
            }
        }
        for (i, x) in rest.iter().enumerate() {
            sums[i] += x;
            lows[i] = lows[i].min(*x);
            highs[i] = highs[i].max(*x);
        }
        let sum = fold(sums, |a, b| a + b);
        let mean = sum / chunk.len() as f64;
        let mut squares = [0.0; LANES];
        for lane in lanes {
            for i in 0..LANES {
                let distance = lane[i] - mean;
                squares[i] += distance * distance;
            }
        }
        for (i, x) in rest.iter().enumerate() {
            squares[i] += (x - mean) * (x - mean);
        }
        Self {
            count: chunk.len() as u64,
            sum,
            lost: 0.0,
            m2: fold(squares, |a, b| a + b),
            min: fold(lows, f64::min),
            max: fold(highs, f64::max),
        }
    }
}

impl Summary for Moments {
    fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        let (n, m) = (self.count as f64, other.count as f64);
        // Means apart, then their rests: the difference keeps its digits.
        let delta = (other.sum / m - self.sum / n) + (other.lost / m - self.lost / n);
        self.m2 += other.m2 + delta * delta * (n * (m / (n + m)));
        self.count += other.count;
        let (sum, lost) = add(self.sum, other.sum);
        self.sum = sum;
        self.lost += lost + other.lost;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

fn fold(lanes: [f64; LANES], f: impl Fn(f64, f64) -> f64) -> f64 {
    let pairs: [f64; LANES / 2] = std::array::from_fn(|i| f(lanes[i], lanes[i + LANES / 2]));
    f(f(pairs[0], pairs[2]), f(pairs[1], pairs[3]))
}

/// Returns `a + b` rounded, and what the rounding took.
fn add(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let lost = if a.abs() >= b.abs() { (a - sum) + b } else { (b - sum) + a };
    (sum, lost)
}

/// Returns `a * b` rounded, and what the rounding took.
fn product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::laws;

    fn of(numbers: &[f64]) -> Moments {
        let mut moments = Moments::default();
        moments.extend(numbers);
        moments
    }

    fn close(a: f64, b: f64, scale: f64) -> bool {
        (a - b).abs() <= 1e-12 * scale.abs()
    }

    /// Sums of doubles without rounding, in units of 2^-1074: exact by definition.
    fn exact_sum(numbers: &[f64]) -> f64 {
        // Shewchuk's partials, as Python's `math.fsum` keeps them.
        let mut partials: Vec<f64> = Vec::new();
        for x in numbers {
            let (mut x, mut kept) = (*x, Vec::new());
            for y in partials {
                let (sum, lost) = add(x, y);
                if lost != 0.0 {
                    kept.push(lost);
                }
                x = sum;
            }
            kept.push(x);
            partials = kept;
        }
        partials.iter().rev().sum()
    }

    fn check(numbers: &[f64]) {
        let got = of(numbers);
        let n = numbers.len() as f64;
        let sum = exact_sum(numbers);
        let mean = sum / n;
        let squares: Vec<f64> = numbers.iter().map(|x| (x - mean) * (x - mean)).collect();
        let rough = exact_sum(&numbers.iter().map(|x| x - mean).collect::<Vec<_>>());
        let m2 = exact_sum(&squares) - rough * rough / n;
        let size: f64 = numbers.iter().map(|x| x.abs()).sum();
        assert!(close(got.sum(), sum, 1e-3 * size), "sum {} for {sum}", got.sum());
        assert!(close(got.mean().unwrap(), mean, 1e-3 * size / n), "mean");
        assert!(
            (got.m2() - m2).abs() <= 1e-9 * m2 + 1e-25 * size * size,
            "m2 {} for {m2}",
            got.m2()
        );
        assert_eq!(got.min(), numbers.iter().copied().reduce(f64::min));
        assert_eq!(got.max(), numbers.iter().copied().reduce(f64::max));
    }

    #[test]
    fn nothing_has_no_mean() {
        let none = Moments::default();
        assert_eq!((none.count(), none.sum()), (0, 0.0));
        assert_eq!((none.mean(), none.std_dev(), none.min(), none.max()), (None, None, None, None));
    }

    #[test]
    fn moments_agree_with_two_passes() {
        let wave = |n: usize, size: f64, offset: f64| -> Vec<f64> {
            (0..n).map(|i| offset + size * ((i * 7919 % 10_007) as f64 / 10_007.0 - 0.5)).collect()
        };
        for n in [1, 2, 7, 8, 9, 255, 256, 257, 1000, 100_000] {
            check(&wave(n, 1.0, 0.0));
            check(&wave(n, 1e-3, 1e6));
            check(&wave(n, 1e12, -3.0));
        }
        check(&[1e16, 1.0, -1e16, 1.0, 1.0]);
    }

    #[test]
    fn offset_of_a_billion_costs_no_spread() {
        // 1e9 rows: one block of a thousand, doubled and summed up by merging.
        let block: Vec<f64> = (0..1000).map(|i| 1e9 + f64::from(i % 2)).collect();
        let mut whole = Moments::default();
        let mut part = of(&block);
        for bit in 0..20 {
            if 1_000_000 >> bit & 1 == 1 {
                whole.merge(&part);
            }
            let twin = part;
            part.merge(&twin);
        }
        assert_eq!(whole.count(), 1_000_000_000);
        assert!(close(whole.std_dev().unwrap(), 0.5, 1.0), "{:?}", whole.std_dev());
        assert_eq!(whole.mean(), Some(1e9 + 0.5));
    }

    #[test]
    fn many_small_merges_keep_the_spread() {
        let mut whole = Moments::default();
        for i in 0..1_000_000u32 {
            whole.extend(&[1e9 + f64::from(i % 2)]);
        }
        assert!((whole.std_dev().unwrap() - 0.5).abs() < 1e-8, "{:?}", whole.std_dev());
    }

    #[test]
    fn numbers_seen_often_weigh_as_rows() {
        let mut often = Moments::default();
        often.see_times(0.1, 1000);
        often.see_times(7.3, 3);
        often.see_times(5.0, 0);
        let rows: Vec<f64> = [vec![0.1; 1000], vec![7.3; 3]].concat();
        let rows = of(&rows);
        assert!(close(often.sum(), rows.sum(), 1.0) && close(often.m2(), rows.m2(), 10.0));
        assert_eq!((often.count(), often.min(), often.max()), (1003, Some(0.1), Some(7.3)));
    }

    #[test]
    fn overflow_is_infinite_and_never_nan() {
        let huge = of(&[f64::MAX, f64::MAX, -1.0]);
        assert_eq!((huge.sum(), huge.max()), (f64::INFINITY, Some(f64::MAX)));
    }

    proptest! {
        #[test]
        fn moments_obey_the_laws(rows in prop::collection::vec(-1e6..1e6f64, 0..12)) {
            laws::hold(&rows, of, |a, b| {
                a.count() == b.count()
                    && (a.min(), a.max()) == (b.min(), b.max())
                    && close(a.sum(), b.sum(), 1e7)
                    && close(a.m2(), b.m2(), 1e13)
            });
        }
    }
}
