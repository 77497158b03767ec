//! Standard deviations as AWS tells them: of five random subsamples of 80 % of the rows.
//!
//! Subsamples are drawn from the finished summary, whose counts say all there is
//! to say about the rows: so they depend neither on the order of the rows nor on
//! how the rows were shared among threads.

/// Rows below which AWS gives no deviation (reference: formats E.1).
pub(super) const LEAST: u64 = 200;
pub(super) const TIMES: usize = 5;
const SHARE: f64 = 0.8;

/// Rows of one kind up to which each of them is drawn for itself.
const EACH: u64 = 4096;

/// A random subsample without replacement, drawn kind by kind.
#[derive(Debug, Clone)]
pub(super) struct Draw {
    state: u64,
    wanted: u64,
    left: u64,
}

impl Draw {
    /// Starts the five subsamples of so many rows; `None` where there are too few.
    pub(super) fn all(rows: u64, seed: u64) -> Option<[Self; TIMES]> {
        (LEAST <= rows).then(|| {
            let wanted = (rows as f64 * SHARE).round() as u64;
            std::array::from_fn(|at| {
                // Mixed, or the five would be one sequence, begun a step later each.
                let mut own = Self { state: seed ^ ((at as u64 + 1) << 32), wanted, left: rows };
                own.state = own.next();
                own
            })
        })
    }

    /// Returns how many of the next rows, which are alike, are in the subsample.
    #[inline]
    pub(super) fn take(&mut self, rows: u64) -> u64 {
        let taken = match rows {
            0 => return 0,
            1..=EACH => self.take_each(rows),
            _ => self.take_many(rows),
        };
        self.wanted -= taken;
        self.left -= rows;
        taken
    }

    #[inline]
    fn take_each(&mut self, rows: u64) -> u64 {
        let (mut wanted, mut left) = (self.wanted, self.left);
        for _ in 0..rows {
            let at = (u128::from(self.next()) * u128::from(left)) >> 64;
            wanted -= u64::from((at as u64) < wanted);
            left -= 1;
        }
        self.wanted - wanted
    }

    /// The hypergeometric distribution, which for so many rows is normal.
    fn take_many(&mut self, rows: u64) -> u64 {
        let (count, left) = (rows as f64, self.left as f64);
        let share = self.wanted as f64 / left;
        let rest = (left - count) / (left - 1.0).max(1.0);
        let deviation = (count * share * (1.0 - share) * rest).max(0.0).sqrt();
        let drawn = (count * share + deviation * self.normal()).round().max(0.0) as u64;
        let least = (rows + self.wanted).saturating_sub(self.left);
        drawn.clamp(least, rows.min(self.wanted).max(least))
    }

    /// A number of the standard normal distribution (Box and Muller).
    pub(super) fn normal(&mut self) -> f64 {
        let mut even = || (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        let (radius, angle) = (1.0 - even(), even());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }

    /// SplitMix64.
    #[inline]
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }
}

/// Returns the sample standard deviation of five results; `None` where one says nothing.
pub(super) fn deviation(results: [Option<f64>; TIMES]) -> Option<f64> {
    let mut values = [0.0; TIMES];
    for (value, result) in values.iter_mut().zip(results) {
        *value = result?;
    }
    let mean = values.iter().sum::<f64>() / TIMES as f64;
    let squares: f64 = values.iter().map(|it| (it - mean).powi(2)).sum();
    Some((squares / (TIMES - 1) as f64).sqrt())
}
