//! What one cell looks like, by Deequ's rules, and the number in it.

use super::short::{eight_letters, last_letters};

/// How a cell looks (reference: formats D.3).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Look {
    Integral(f64),
    Fractional(f64),
    Boolean,
    Text,
}

/// Tells what a cell looks like.
///
/// Deequ's expressions, matched as a whole: fractional
/// `(-|\+)? ?\d+((\.\d+)|((?:\.\d+)?[Ee][-+]?\d+))`, integral `(-|\+)? ?\d+`,
/// boolean `true|false`; the rest is text, so `.5`, `5.`, `NaN` and `inf` are.
/// Numbers are the doubles nearest to the text, but never `-0.0`; what is past
/// the largest double is cut to it, as no file could hold infinity.
#[inline]
pub(super) fn look(text: &[u8]) -> Look {
    match text {
        [b'0'..=b'9' | b'-' | b'+' | b' ', ..] => number(text).unwrap_or(Look::Text),
        b"true" | b"false" => Look::Boolean,
        _ => Look::Text,
    }
}

fn number(text: &[u8]) -> Option<Look> {
    let (negative, digits) = match text {
        [sign @ (b'-' | b'+'), rest @ ..] => (*sign == b'-', rest),
        _ => (false, text),
    };
    let digits = digits.strip_prefix(b" ").unwrap_or(digits);
    let shape = match Shape::of_long(digits) {
        Some(shape) => shape,
        None => Shape::of(digits)?,
    };
    let size = match shape.exactly().or_else(|| shape.divided()) {
        Some(size) => size,
        None => fast_float2::parse::<f64, _>(digits).ok()?.min(f64::MAX),
    };
    // Adding zero makes a positive zero of a negative one.
    let number = if negative { -size + 0.0 } else { size };
    Some(if shape.fractional { Look::Fractional(number) } else { Look::Integral(number) })
}

/// An unsigned number, taken apart: `mantissa * 10^exponent`.
struct Shape {
    /// Not to be trusted past 19 digits.
    mantissa: u64,
    digits: usize,
    exponent: i32,
    fractional: bool,
}

impl Shape {
    /// Takes apart what programs write most: a few digits, a point, and 8 to 17
    /// more. Where they stand follows from the length, so they are read at once.
    #[inline]
    fn of_long(text: &[u8]) -> Option<Self> {
        let whole = text.get(1..4)?.iter().position(|it| *it == b'.')? + 1;
        let (before, after) = (&text[..whole], &text[whole + 1..]);
        let rest = after.len().checked_sub(8)?;
        let mut mantissa = 0;
        for byte in before {
            let digit = byte.wrapping_sub(b'0');
            mantissa = 10 * mantissa + u64::from(digit);
            if 9 < digit {
                return None;
            }
        }
        mantissa = mantissa * 100_000_000 + eight_letters(after, 0)?;
        let rest = match rest.checked_sub(8) {
            Some(rest) => {
                mantissa = mantissa.wrapping_mul(100_000_000) + eight_letters(after, 8)?;
                rest
            }
            None => rest,
        };
        if 19 < whole + after.len() || 8 <= rest {
            return None;
        }
        mantissa = mantissa * (WHOLE_POWERS[rest] as u64) + last_letters(after, rest)?;
        Some(Self {
            mantissa,
            digits: whole + after.len(),
            exponent: -(after.len() as i32),
            fractional: true,
        })
    }

    #[inline]
    fn of(text: &[u8]) -> Option<Self> {
        let (mantissa, whole) = digits(0, text);
        let mut shape = Self { mantissa, digits: whole, exponent: 0, fractional: false };
        if whole == 0 {
            return None;
        }
        let mut rest = &text[whole..];
        if let [b'.', part @ ..] = rest {
            let (mantissa, decimals) = digits(mantissa, part);
            if decimals == 0 {
                return None;
            }
            shape = Self {
                mantissa,
                digits: whole + decimals,
                exponent: -(decimals as i32),
                fractional: true,
            };
            rest = &part[decimals..];
        }
        if let [b'e' | b'E', part @ ..] = rest {
            let (negative, part) = match part {
                [sign @ (b'-' | b'+'), part @ ..] => (*sign == b'-', part),
                _ => (false, part),
            };
            let (exponent, length) = digits(0, part);
            if length == 0 || length < part.len() {
                return None;
            }
            // Past four digits the exact way is closed anyway.
            let exponent = if length <= 4 { exponent as i32 } else { 9999 };
            shape.exponent += if negative { -exponent } else { exponent };
            shape.fractional = true;
            rest = &[];
        }
        rest.is_empty().then_some(shape)
    }

    /// Returns the number where one rounding gives the nearest double.
    ///
    /// Clinger, "How to Read Floating Point Numbers Accurately" (1990): both
    /// the mantissa and the power of ten are doubles without error.
    #[inline]
    fn exactly(&self) -> Option<f64> {
        if 19 < self.digits || 1 << 53 < self.mantissa {
            return None;
        }
        let mantissa = self.mantissa as f64;
        let power = POWERS.get(self.exponent.unsigned_abs() as usize)?;
        Some(if self.exponent < 0 { mantissa / power } else { mantissa * power })
    }

    /// Returns the number where long decimals are divided by a power of ten.
    ///
    /// Two roundings leave the quotient at most two doubles from the nearest
    /// one; the exact remainder tells which way to go.
    #[inline]
    fn divided(&self) -> Option<f64> {
        let exponent = usize::try_from(-self.exponent).ok()?;
        let divisor = *WHOLE_POWERS.get(exponent)?;
        if 19 < self.digits || self.mantissa == 0 {
            return None;
        }
        let bits = (self.mantissa as f64 / POWERS[exponent]).to_bits();
        // quotient = fraction / 2^shift
        let fraction = bits & FRACTION | 1 << 52;
        let shift = 1075u32.checked_sub((bits >> 52) as u32)?;
        // At a power of two doubles below lie closer than those above.
        if fraction == 1 << 52 {
            return None;
        }
        // The remainder is less than twice the divisor, so its low word is all of it.
        let product = fraction.wrapping_mul(divisor as u64);
        let rest = self.mantissa.checked_shl(shift).unwrap_or(0).wrapping_sub(product) as i64;
        let steps = i64::from(2 * rest > divisor) - i64::from(2 * rest < -divisor);
        let rest = rest - steps * divisor;
        // A tie, or two doubles away: rare, and left to the library.
        (2 * rest.abs() < divisor).then(|| f64::from_bits(bits.wrapping_add_signed(steps)))
    }
}

const FRACTION: u64 = (1 << 52) - 1;

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// As far as twice a remainder fits 64 bits.
const WHOLE_POWERS: [i64; 19] = {
    let mut powers = [1; 19];
    let mut i = 1;
    while i < powers.len() {
        powers[i] = 10 * powers[i - 1];
        i += 1;
    }
    powers
};

/// Appends the leading digits of a text to a mantissa, and returns their number.
#[inline]
fn digits(mut mantissa: u64, text: &[u8]) -> (u64, usize) {
    let mut length = 0;
    while let Some(eight) = eight_letters(text, length) {
        mantissa = mantissa.wrapping_mul(100_000_000).wrapping_add(eight);
        length += 8;
    }
    for byte in &text[length..] {
        let digit = byte.wrapping_sub(b'0');
        if 9 < digit {
            break;
        }
        mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
        length += 1;
    }
    (mantissa, length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::bytes::Regex;

    use super::*;

    /// Deequ's expressions as they stand; Java's `\d` is ASCII only.
    fn expected(text: &[u8]) -> &'static str {
        let is = |pattern: &str| Regex::new(pattern).unwrap().is_match(text);
        if is(r"\A(?-u)(-|\+)? ?\d+((\.\d+)|((?:\.\d+)?[Ee][-+]?\d+))\z") {
            "fractional"
        } else if is(r"\A(?-u)(-|\+)? ?\d+\z") {
            "integral"
        } else if is(r"\A(true|false)\z") {
            "boolean"
        } else {
            "text"
        }
    }

    #[track_caller]
    fn check(text: &str) {
        let (name, number) = match look(text.as_bytes()) {
            Look::Integral(number) => ("integral", Some(number)),
            Look::Fractional(number) => ("fractional", Some(number)),
            Look::Boolean => ("boolean", None),
            Look::Text => ("text", None),
        };
        assert_eq!(name, expected(text.as_bytes()), "{text:?}");
        if let Some(number) = number {
            let want: f64 = text.replace(' ', "").parse().unwrap();
            let want = want.clamp(f64::MIN, f64::MAX) + 0.0;
            assert_eq!(number.to_bits(), want.to_bits(), "{text:?}");
        }
    }

    #[test]
    fn cells_look_as_deequs_rules_say() {
        let signs = "| |-|+|- |0|7|007|-7|+7| 7|- 7|+ 7|--7|  7|-  7|7 |7\n|\n7|1.5|- 5|+ 1.5|-0|-0.0|0.000|−5";
        let points =
            ".5|5.|-.5|1..2|1.2.3|1,5|1e-05|1E5|1e+5|1.5e3|1e|1e+|1e5.0|1e 5|e5|0e0|1.e5|1f|1d";
        let words = "NaN|nan|inf|-inf|Infinity|true|false|True|FALSE|truee|t|0x10|1_000|١٢٣|１２|½|\u{0}1|12:30|2026-11-22";
        let large = "9007199254740993|18446744073709551616|123456789012345678901234567890|1e308|1.7976931348623159e308|1e999|-1e999";
        let small =
            "1e-999|5e-324|2e-324|1e99999999999999999999|1e-99999999999999999999|0e99999999999";
        let exact = "0.1|0.30000000000000004|257.65|0.47882810777579987|20.00834404934673|1e22|1e23|9007199254740992e22|123.456e-22";
        for text in [signs, points, words, large, small, exact].iter().flat_map(|it| it.split('|'))
        {
            check(text);
        }
    }

    proptest! {
        #[test]
        fn any_text_looks_as_deequs_rules_say(text in "[-+ ]{0,2}[0-9]{0,3}[.]?[0-9]{0,3}([eE][-+]?)?[0-9]{0,2}[x ]?") {
            check(&text);
        }

        #[test]
        fn numbers_are_read_to_the_nearest_double(x in any::<f64>().prop_filter("finite", |x| x.is_finite())) {
            check(&x.to_string());
            check(&format!("{x:e}"));
            // The range of long decimals as programs write them.
            let part = (x.to_bits() >> 11) as f64 / (1u64 << 53) as f64;
            for part in [part, part * 40.0, part * 1e4, part * 1e-3] {
                check(&part.to_string());
            }
        }

        #[test]
        fn decimals_are_read_to_the_nearest_double(
            whole in "[1-9][0-9]{0,20}", decimals in "[0-9]{1,20}", exponent in -40..40i32,
        ) {
            check(&whole);
            check(&format!("{whole}.{decimals}"));
            check(&format!("-0.{decimals}"));
            check(&format!("{whole}.{decimals}e{exponent}"));
        }
    }
}
