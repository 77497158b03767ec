//! Seeded chance: same seed, same numbers, on every machine.

/// A stream of random numbers.
///
/// xoshiro256++ 1.0 (Blackman and Vigna), its state filled by SplitMix64 as its authors advise. Not for secrets.
#[derive(Debug, Clone)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// Starts the stream of `seed`.
    pub fn seeded(seed: u64) -> Self {
        let mut source = SplitMix(seed);
        Self { state: std::array::from_fn(|_| source.next()) }
    }

    /// Starts the stream of `seed` for one purpose, independent of every other purpose.
    ///
    /// A draw for one purpose then never moves what another purpose sees.
    pub fn named(seed: u64, purpose: &str) -> Self {
        // FNV-1a, 64 bits.
        let hash = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self::seeded(SplitMix(seed ^ hash).next())
    }

    /// Returns 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        let state = &mut self.state;
        let result = state[0].wrapping_add(state[3]).rotate_left(23).wrapping_add(state[0]);
        let shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(45);
        result
    }

    /// Returns a number in `[0, 1)`, with 53 random bits.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Whether an event of this probability happens; draws nothing where the answer is certain.
    #[inline]
    pub fn chance(&mut self, probability: f64) -> bool {
        probability > 0.0 && (probability >= 1.0 || self.unit() < probability)
    }

    /// Returns a number in `0..bound`, or 0 for a bound of 0.
    ///
    /// Lemire's multiplication; its bias is below `bound / 2^64`.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// Draws from the normal distribution of mean 0 and deviation 1 (Marsaglia's polar method).
    pub fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                return x * (-2.0 * square.ln() / square).sqrt();
            }
        }
    }

    /// Draws a count with this mean: Poisson below 64, its rounded normal limit from there on.
    pub fn count(&mut self, mean: f64) -> u64 {
        if mean >= 64.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as u64;
        }
        let (floor, mut product, mut count) = ((-mean).exp(), self.unit(), 0);
        while product > floor {
            product *= self.unit();
            count += 1;
        }
        count
    }

    /// Puts items in random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    /// Returns a version 4 UUID in its usual text form.
    pub fn uuid(&mut self) -> String {
        let mut text = String::with_capacity(36);
        self.uuid_into(&mut text);
        text
    }

    /// Appends a version 4 UUID (RFC 9562) to a text.
    #[inline]
    pub fn uuid_into(&mut self, text: &mut String) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        const STARTS: [(usize, usize); 5] = [(0, 8), (9, 13), (14, 18), (19, 23), (24, 36)];
        let high = (self.bits() & !0xf000) | 0x4000;
        let low = (self.bits() & !(0b11 << 62)) | (0b10 << 62);
        let mut rest = (u128::from(high) << 64) | u128::from(low);
        let mut letters = [b'-'; 36];
        for (start, end) in STARTS {
            for letter in &mut letters[start..end] {
                rest = rest.rotate_left(4);
                *letter = HEX[(rest & 0xf) as usize];
            }
        }
        text.push_str(std::str::from_utf8(&letters).expect("hex digits and dashes are ASCII"));
    }
}

struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_mix_follows_its_published_vector() {
        // Rosetta Code, "Pseudo-random numbers/Splitmix64", seed 1234567.
        let mut source = SplitMix(1_234_567);
        let first: [u64; 3] = std::array::from_fn(|_| source.next());
        assert_eq!(
            first,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn xoshiro_follows_its_published_vector() {
        // The reference vector of rand_xoshiro for the state 1, 2, 3, 4.
        let mut random = Random { state: [1, 2, 3, 4] };
        let first: [u64; 4] = std::array::from_fn(|_| random.bits());
        assert_eq!(first, [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386]);
    }

    #[test]
    fn purposes_of_one_seed_differ() {
        assert_ne!(Random::named(7, "store").bits(), Random::named(7, "events").bits());
        assert_eq!(Random::named(7, "store").bits(), Random::named(7, "store").bits());
    }

    #[test]
    fn normal_and_count_keep_their_moments() {
        let mut random = Random::seeded(3);
        let draws = 200_000;
        let normals: Vec<f64> = (0..draws).map(|_| random.normal()).collect();
        let mean = normals.iter().sum::<f64>() / f64::from(draws);
        let square = normals.iter().map(|x| x * x).sum::<f64>() / f64::from(draws);
        assert!(mean.abs() < 0.01 && (square - 1.0).abs() < 0.02, "{mean} {square}");
        for expect in [0.0, 0.4, 20.0, 900.0] {
            let mean = (0..20_000).map(|_| random.count(expect) as f64).sum::<f64>() / 20_000.0;
            assert!((mean - expect).abs() <= 0.03 * expect, "{mean} is not near {expect}");
        }
    }

    #[test]
    fn uuids_have_version_and_variant() {
        let mut random = Random::seeded(1);
        for _ in 0..100 {
            let uuid = random.uuid();
            let parts: Vec<usize> = uuid.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12]);
            assert_eq!(&uuid[14..15], "4");
            assert!("89ab".contains(&uuid[19..20]), "{uuid}");
        }
    }

    #[test]
    fn below_stays_below_its_bound() {
        let mut random = Random::seeded(5);
        assert!((0..1000).all(|_| random.below(7) < 7));
        assert_eq!(random.below(0), 0);
    }
}
