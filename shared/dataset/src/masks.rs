//! Which bytes of a 64-byte stretch are of interest, as bit masks.

use wide::u8x16;

/// One stretch of input.
pub(crate) type Stretch = [u8; 64];

/// Bytes that follow a stretch's end are zero and their bits must be ignored.
pub(crate) fn padded(bytes: &[u8]) -> Stretch {
    let mut stretch = [0; 64];
    stretch[..bytes.len()].copy_from_slice(bytes);
    stretch
}

/// The mask of the first `count` bytes, at most 64.
pub(crate) fn first(count: usize) -> u64 {
    if count < 64 { (1 << count) - 1 } else { u64::MAX }
}

/// Where one of two bytes is.
#[inline]
pub(crate) fn either(stretch: &Stretch, one: u8, other: u8) -> u64 {
    let (one, other) = (u8x16::splat(one), u8x16::splat(other));
    gather(stretch, |bytes| bytes.simd_eq(one) | bytes.simd_eq(other))
}

/// Where a quote, a backslash or a control character ends a plain JSON text.
#[inline]
pub(crate) fn text_stops(stretch: &Stretch) -> u64 {
    gather(stretch, ends_text)
}

/// The same for sixteen bytes: most texts are short.
#[inline]
pub(crate) fn near_text_stops(near: &[u8; 16]) -> u32 {
    ends_text(u8x16::new(*near)).to_bitmask()
}

#[inline]
fn ends_text(bytes: u8x16) -> u8x16 {
    let control = bytes.simd_lt(u8x16::splat(b' '));
    bytes.simd_eq(u8x16::splat(b'"')) | bytes.simd_eq(u8x16::splat(b'\\')) | control
}

#[inline]
fn gather(stretch: &Stretch, marks: impl Fn(u8x16) -> u8x16) -> u64 {
    let (quarters, _) = stretch.as_chunks::<16>();
    let bits = |i: usize| u64::from(marks(u8x16::new(quarters[i])).to_bitmask());
    bits(0) | bits(1) << 16 | bits(2) << 32 | bits(3) << 48
}

#[cfg(test)]
mod tests {
    use super::{Stretch, either, first, padded, text_stops};
    use proptest::prelude::*;

    fn brute(stretch: &Stretch, wanted: impl Fn(u8) -> bool) -> u64 {
        stretch.iter().enumerate().map(|(i, byte)| u64::from(wanted(*byte)) << i).sum()
    }

    proptest! {
        #[test]
        fn masks_agree_with_byte_loops(bytes in prop::collection::vec(any::<u8>(), 64), one: u8, other: u8) {
            let stretch = padded(&bytes);
            let (one, other) = (bytes[usize::from(one) % 64], bytes[usize::from(other) % 64]);
            let expect = brute(&stretch, |it| it == one || it == other);
            prop_assert_eq!(either(&stretch, one, other), expect);
            let expect = brute(&stretch, |it| it == b'"' || it == b'\\' || it < 32);
            prop_assert_eq!(text_stops(&stretch), expect);
        }
    }

    #[test]
    fn first_bits_cover_every_count() {
        for count in 0..=64 {
            assert_eq!(first(count).count_ones() as usize, count);
        }
    }
}
