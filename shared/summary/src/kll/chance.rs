/// Marsaglia's xorshift from a fixed seed: cheap, and good enough to pick rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chance(u64);

impl Default for Chance {
    fn default() -> Self {
        Self::new(0x9E37_79B9_7F4A_7C15)
    }
}

impl Chance {
    /// `seed` is not zero.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns 32 random bits.
    #[inline]
    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The low bits of the state itself are its weakest.
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32
    }

    /// Returns a place below `size`, a power of two up to 2^32.
    #[inline]
    pub(super) fn below(&mut self, size: usize) -> usize {
        self.next() as usize & (size - 1)
    }
}
