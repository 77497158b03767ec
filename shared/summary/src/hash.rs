//! Hashes of cells: 64 well-mixed bits, the same on every run.

use std::hash::{BuildHasher, Hasher};

use foldhash::quality::FixedState;

/// Returns the hash of a text.
#[inline]
pub fn text(text: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    hasher.write(text);
    hasher.finish()
}

/// Returns the hash of a number that was written in `length` bytes.
///
/// The length tells `7` from `007` and `1` from `1.0`, which are distinct
/// as texts.
#[inline]
pub fn number(number: f64, length: usize) -> u64 {
    // The mixer of Stafford, variant 13 (as in SplitMix64).
    let mut x = number.to_bits() ^ (length as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
