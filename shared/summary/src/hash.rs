//! Hashes of cells: 64 well-mixed bits, the same on every run.

use std::hash::{BuildHasher, Hasher};

use foldhash::quality::FixedState;

/// Returns the hash of a text.
#[inline]
pub fn text(text: &[u8]) -> u64 {
    if text.len() <= ENDS_ARE_ALL { ends_of(ends(text), text.len()) } else { long(text) }
}

/// Returns the hash of a number that was written in `length` bytes.
///
/// The length tells `7` from `007` and `1` from `1.0`, which are distinct
/// as texts.
#[inline]
pub fn number(number: f64, length: usize) -> u64 {
    mix(number.to_bits() ^ (length as u64).wrapping_mul(PARTS[0]))
}

/// A text up to this length is known by its length and [`ends`].
pub(crate) const ENDS_ARE_ALL: usize = 16;

/// Returns the first and the last bytes of a text, eight or fewer of each.
#[inline]
pub(crate) fn ends(text: &[u8]) -> [u64; 2] {
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        return [u64::from_le_bytes(*first), u64::from_le_bytes(*last)];
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        return [u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into()];
    }
    match text {
        [first, .., last] => [u64::from(*first) | u64::from(text[1]) << 8, u64::from(*last)],
        [only] => [u64::from(*only), 0],
        [] => [0, 0],
    }
}

/// Returns the hash of a text that is known by its ends.
#[inline]
pub(crate) fn ends_of(ends: [u64; 2], length: usize) -> u64 {
    let sized = PARTS[1] ^ (length as u64).wrapping_mul(PARTS[2]);
    let product = u128::from(ends[0] ^ PARTS[0]) * u128::from(ends[1] ^ sized);
    mix(product as u64 ^ (product >> 64) as u64)
}

#[inline(never)]
fn long(text: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    hasher.write(text);
    hasher.finish()
}

/// The mixer of Stafford, variant 13 (as in SplitMix64).
#[inline]
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// Parts of the golden ratio and of the square roots of 2 and 3.
const PARTS: [u64; 3] = [0x9E37_79B9_7F4A_7C15, 0x6A09_E667_F3BC_C909, 0xBB67_AE85_84CA_A73B];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn short_texts_have_hashes_of_their_own() {
        let mut texts: HashSet<Vec<u8>> = HashSet::new();
        for length in 0..=20usize {
            for place in 0..length {
                for byte in 0..=255u8 {
                    let mut text = vec![0; length];
                    text[place] = byte;
                    texts.insert(text);
                }
            }
        }
        let hashes: HashSet<u64> = texts.iter().map(|it| text(it)).collect();
        assert_eq!(hashes.len(), texts.len());
        let known: HashSet<_> = texts.iter().filter(|it| it.len() <= ENDS_ARE_ALL).collect();
        let ends: HashSet<_> = known.iter().map(|it| (ends(it), it.len())).collect();
        assert_eq!(ends.len(), known.len());
    }

    #[test]
    fn every_bit_of_a_text_moves_half_the_hash() {
        for length in [1, 3, 4, 7, 8, 9, 15, 16, 17, 40] {
            let flips = (0..8 * length).flat_map(|bit| {
                (0..64u8).map(move |seed| {
                    let mut bytes: Vec<u8> =
                        (0..length as u8).map(|i| i.wrapping_mul(37) ^ seed).collect();
                    let before = text(&bytes);
                    bytes[bit / 8] ^= 1 << (bit % 8);
                    (before ^ text(&bytes)).count_ones()
                })
            });
            let flips: Vec<u32> = flips.collect();
            let mean = f64::from(flips.iter().sum::<u32>()) / flips.len() as f64;
            assert!((mean - 32.0).abs() < 1.0, "{length} bytes: {mean} bits");
        }
    }
}
