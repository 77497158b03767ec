/// The Mersenne Twister with the draws of `numpy.random.RandomState`, so that a seed means the same coalitions as in the
/// `shap` package (Matsumoto and Nishimura 1998, MT19937; numpy's "legacy" generator, whose stream is frozen).
#[derive(Debug, Clone)]
pub(super) struct Chance {
    state: Vec<u32>,
    at: usize,
}

const LENGTH: usize = 624;
const SHIFT: usize = 397;

impl Chance {
    pub(super) fn new(seed: u32) -> Self {
        let mut state = vec![seed; LENGTH];
        for at in 1..LENGTH {
            let before = state[at - 1];
            state[at] =
                (before ^ (before >> 30)).wrapping_mul(1_812_433_253).wrapping_add(at as u32);
        }
        Self { state, at: LENGTH }
    }

    fn twist(&mut self) {
        for at in 0..LENGTH {
            let high = self.state[at] & 0x8000_0000;
            let low = self.state[(at + 1) % LENGTH] & 0x7fff_ffff;
            let joined = high | low;
            let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[at] = self.state[(at + SHIFT) % LENGTH] ^ (joined >> 1) ^ odd;
        }
        self.at = 0;
    }

    fn word(&mut self) -> u32 {
        if self.at == LENGTH {
            self.twist();
        }
        let mut word = self.state[self.at];
        self.at += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// Returns a number of [0, 1) with 53 bits.
    fn share(&mut self) -> f64 {
        let (high, low) = (self.word() >> 5, self.word() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// Returns a whole number of [0, `most`].
    fn upto(&mut self, most: u32) -> u32 {
        if most == 0 {
            return 0;
        }
        let mask = u32::MAX >> most.leading_zeros();
        loop {
            let drawn = self.word() & mask;
            if drawn <= most {
                return drawn;
            }
        }
    }

    /// Draws `count` places of a list of probabilities, as `numpy.random.choice` with `p`.
    pub(super) fn choices(&mut self, probabilities: &[f64], count: usize) -> Vec<usize> {
        let mut sums: Vec<f64> = probabilities
            .iter()
            .scan(0.0, |sum, it| {
                *sum += it;
                Some(*sum)
            })
            .collect();
        let whole = sums.last().copied().unwrap_or(1.0);
        for sum in &mut sums {
            *sum /= whole;
        }
        let last = sums.len().saturating_sub(1);
        (0..count)
            .map(|_| {
                let share = self.share();
                sums.partition_point(|sum| *sum <= share).min(last)
            })
            .collect()
    }

    /// Fills `order` with 0, 1, … in an order of chance, as `numpy.random.permutation`.
    pub(super) fn permutation(&mut self, order: &mut [usize]) {
        for (at, place) in order.iter_mut().enumerate() {
            *place = at;
        }
        for at in (1..order.len()).rev() {
            order.swap(at, self.upto(at as u32) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_those_of_numpy() {
        // numpy 2.4.6: np.random.seed(7); choice(3, 8, p=[.5, .3, .2]); permutation(7); random_sample(2).
        let mut chance = Chance::new(7);
        assert_eq!(chance.choices(&[0.5, 0.3, 0.2], 8), [0, 1, 0, 1, 2, 1, 1, 0]);
        let mut order = [0; 7];
        chance.permutation(&mut order);
        assert_eq!(order, [1, 6, 3, 5, 4, 0, 2]);
        assert!((chance.share() - 0.065_936_35).abs() < 1e-8);
    }
}
