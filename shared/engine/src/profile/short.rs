//! Numbers of few digits, read eight bytes at a time.

use dataset::Cell;

use super::cell::Look;

/// A number of at most eight bytes, written as one would write it by hand:
/// `12`, `-0.5`, `7.50`, but not `+1`, `007`, `.5`, `1e3` or `-0`.
///
/// So mantissa and decimals give the text back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Short {
    pub(super) mantissa: i32,
    pub(super) decimals: u32,
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGHS: u64 = ONES << 7;
const ZEROS: u64 = ONES * b'0' as u64;

impl Short {
    /// Reads a cell of `bytes`, or returns `None` when it is anything else.
    ///
    /// Eight bytes are loaded whatever the cell's length, so near the start of
    /// `bytes` there may be `None` for a short number too.
    #[inline]
    pub(super) fn read(bytes: &[u8], cell: Cell) -> Option<Self> {
        let length = cell.end.wrapping_sub(cell.start) as usize;
        if length.wrapping_sub(1) >= 8 {
            return None;
        }
        // The text ends in the highest byte; what stands before it becomes zeros.
        let word = bytes.get(..cell.end as usize)?.last_chunk::<8>()?;
        let negative = word[8 - length] == b'-';
        let length = length - usize::from(negative);
        let digits = (u64::from_le_bytes(*word) ^ ZEROS) & LAST_BYTES[length];
        let first = digits & LAST_BYTES[length] & !LAST_BYTES[length.saturating_sub(1)];
        let marks = strangers(digits);
        let (digits, decimals, whole) = if marks == 0 {
            (digits, 0, length)
        } else {
            let (digits, decimals) = without_point(digits, marks)?;
            (digits, decimals, length.wrapping_sub(1 + decimals as usize))
        };
        let size = eight_digits(digits);
        // Some digit stands before the point, and no idle zero.
        let stands = whole.wrapping_sub(1) < 8 && (whole == 1 || first != 0);
        if !stands || negative && size == 0 {
            return None;
        }
        let mantissa = if negative { -(size as i32) } else { size as i32 };
        Some(Self { mantissa, decimals })
    }

    #[inline]
    pub(super) fn number(self) -> f64 {
        // Both are doubles without error, so there is one rounding.
        f64::from(self.mantissa) / Self::POWERS[self.decimals as usize & 7]
    }

    #[inline]
    pub(super) fn look(self) -> Look {
        match self.decimals {
            0 => Look::Integral(f64::from(self.mantissa)),
            _ => Look::Fractional(self.number()),
        }
    }

    /// Returns the text that was read.
    pub(super) fn text(self) -> String {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let (size, decimals) = (self.mantissa.unsigned_abs(), self.decimals);
        let power = 10u32.pow(decimals);
        match decimals {
            0 => format!("{sign}{size}"),
            _ => format!(
                "{sign}{}.{:0width$}",
                size / power,
                size % power,
                width = decimals as usize
            ),
        }
    }

    pub(super) const POWERS: [f64; 8] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
}

/// Takes the point out of digits, where it is the one byte that is marked.
#[inline]
fn without_point(digits: u64, marks: u64) -> Option<(u64, u32)> {
    let unit = marks >> 7;
    let (before, point) = (digits & (unit - 1), unit * u64::from(b'.' ^ b'0'));
    let one = marks.is_power_of_two() && digits & (unit << 8).wrapping_sub(unit) == point;
    let decimals = marks.leading_zeros() / 8;
    let after = digits.wrapping_sub(before + point);
    (one && 0 < decimals).then_some((after | before << 8, decimals))
}

/// Masks of the last bytes of a text that ends in the highest byte.
const LAST_BYTES: [u64; 9] = {
    let mut masks = [0; 9];
    let mut i = 1;
    while i < masks.len() {
        masks[i] = masks[i - 1] >> 8 | 0xFF << 56;
        i += 1;
    }
    masks
};

/// Marks digits (`0` to `9`, not their letters) that are none; zero if all are.
///
/// The high bit of the first such byte is set. Later bytes may be marked wrongly,
/// as a carry reaches them.
#[inline]
fn strangers(digits: u64) -> u64 {
    (digits.wrapping_add(ONES * 0x76) | digits) & HIGHS
}

/// Returns the number that eight letters from `place` on make, if they are digits.
#[inline]
pub(super) fn eight_letters(text: &[u8], place: usize) -> Option<u64> {
    let word = text.get(place..)?.first_chunk::<8>()?;
    let digits = u64::from_le_bytes(*word) ^ ZEROS;
    (strangers(digits) == 0).then(|| eight_digits(digits))
}

/// Returns the number that the last letters make, fewer than eight of a longer text.
#[inline]
pub(super) fn last_letters(text: &[u8], length: usize) -> Option<u64> {
    let word = text.last_chunk::<8>()?;
    let digits = (u64::from_le_bytes(*word) ^ ZEROS) & LAST_BYTES.get(length)?;
    (strangers(digits) == 0).then(|| eight_digits(digits))
}

/// Returns the number that eight digits make, the first in the lowest byte.
///
/// Digits become pairs, pairs fours, fours the number (Lemire 2018).
#[inline]
fn eight_digits(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let low = (pairs & 0xFF_0000_00FF).wrapping_mul(100 + (1_000_000 << 32));
    let high = (pairs >> 16 & 0xFF_0000_00FF).wrapping_mul(1 + (10_000 << 32));
    low.wrapping_add(high) >> 32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::cell::look, *};

    fn read(text: &str) -> Option<Short> {
        // Neighbours on both sides, as in a block.
        let bytes = format!("12345.78,{text},1.2345678");
        Short::read(bytes.as_bytes(), Cell { start: 9, end: 9 + text.len() as u32 })
    }

    /// What is to be read, by way of the text that would be written.
    fn expected(text: &str) -> Option<Short> {
        let number: f64 = text.parse().ok().filter(|it: &f64| it.is_finite())?;
        let decimals = text.split_once('.').map_or(0, |(_, part)| part.len());
        let same = format!("{number:.decimals$}") == text && text.len() <= 8;
        let zero = number == 0.0 && text.starts_with('-');
        let mantissa = (number * 10f64.powi(decimals as i32)).round() as i32;
        (same && !zero).then_some(Short { mantissa, decimals: decimals as u32 })
    }

    fn check(text: &str) {
        let got = read(text);
        assert_eq!(got, expected(text), "{text:?}");
        if let Some(short) = got {
            assert_eq!(short.text(), text);
            assert_eq!(short.look(), look(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn short_numbers_are_read_as_written() {
        let good = "0|7|12|12345678|-1|-1234567|0.5|-0.5|7.50|257.65|-257.65|0.000000|1.234567|123456.7|0.0";
        let bad = "|-|.|-.|+1|007|00|-0|-0.0|.5|5.|-.5|1..2|1.2.3|1e3|1,5|12a|a12|--1|-00.1|00.1|1234567a|NaN|1.5e|:|/|1:|é1|123456789";
        for text in good.split('|').chain(bad.split('|')) {
            check(text);
        }
        assert!(good.split('|').all(|it| read(it).is_some()));
        assert_eq!(read("-12.50"), Some(Short { mantissa: -1250, decimals: 2 }));
    }

    #[test]
    fn missing_cells_and_first_bytes_are_left_alone() {
        assert_eq!(Short::read(b"12345678", Cell::MISSING), None);
        assert_eq!(Short::read(b"1234567", Cell { start: 0, end: 1 }), None);
        assert_eq!(Short::read(b"", Cell { start: 0, end: 0 }), None);
    }

    proptest! {
        #[test]
        fn any_short_number_is_read_as_written(text in "-?[0-9]{0,5}[.]?[0-9]{0,4}") {
            check(&text);
        }

        #[test]
        fn any_short_text_is_told_from_numbers(text in "[-+.0-9ex/:]{0,9}") {
            check(&text);
        }

        #[test]
        fn any_bytes_are_told_from_numbers(bytes in prop::collection::vec(any::<u8>(), 0..9)) {
            let padded = [b"12345678", &bytes[..]].concat();
            let got = Short::read(&padded, Cell { start: 8, end: 8 + bytes.len() as u32 });
            let text = std::str::from_utf8(&bytes).ok();
            prop_assert_eq!(got, text.and_then(expected));
        }
    }
}
