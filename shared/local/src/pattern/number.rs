//! Numbers as Event Ruler compares them.

use std::borrow::Cow;

/// A JSON number.
///
/// A number that a double cannot hold to its last decimal digit, such as a 20-digit id, is compared by its text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Number<'t> {
    /// Finite, and never negative zero.
    Double(f64),
    Literal(Cow<'t, str>),
}

/// The greatest whole number below which every whole number is a double.
const EXACT: i64 = 1 << 53;

impl<'t> Number<'t> {
    /// Reads a number as JSON writes it.
    pub(super) fn read(text: &'t str) -> Self {
        let rounded = text.parse::<f64>().ok().filter(|double| double.is_finite());
        match rounded {
            Some(double) if (text.len() <= 15 && is_whole(text)) || is_shortest(text, double) => {
                Self::of_double(double)
            }
            _ => Self::Literal(Cow::Borrowed(text)),
        }
    }

    /// Takes a number over from a tree of values.
    pub(super) fn of(number: &serde_json::Number) -> Self {
        match number.as_i64() {
            Some(whole) if (-EXACT..=EXACT).contains(&whole) => Self::Double(whole as f64),
            None if number.is_f64() => {
                number.as_f64().map_or_else(|| Self::text_of(number), Self::of_double)
            }
            _ => Self::text_of(number),
        }
    }

    fn text_of(number: &serde_json::Number) -> Self {
        let text = number.to_string();
        Number::read(&text).into_owned()
    }

    pub(super) fn into_owned<'o>(self) -> Number<'o> {
        match self {
            Self::Double(double) => Number::Double(double),
            Self::Literal(text) => Number::Literal(Cow::Owned(text.into_owned())),
        }
    }

    fn of_double(double: f64) -> Self {
        // Adding zero turns negative zero into zero.
        Self::Double(double + 0.0)
    }
}

fn is_whole(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// Whether the shortest text of the double is the same decimal number.
fn is_shortest(text: &str, double: f64) -> bool {
    Decimal::of(text) == Decimal::of(&format!("{double:e}"))
}

/// A decimal number, normalised: no zeros at either end of its digits.
#[derive(PartialEq)]
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    /// The power of ten of the first digit.
    exponent: i64,
}

impl Decimal {
    fn of(text: &str) -> Self {
        let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let unsigned = mantissa.trim_start_matches('-');
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        let mut digits = digits[zeros..].to_vec();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        if digits.is_empty() {
            return Self { negative: false, digits, exponent: 0 };
        }
        let beyond = if power.starts_with('-') { i64::MIN } else { i64::MAX };
        let power: i64 = power.trim_start_matches('+').parse().unwrap_or(beyond);
        let exponent = power.saturating_add(whole.len() as i64 - zeros as i64);
        Self { negative: mantissa.starts_with('-'), digits, exponent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<f64>) {
        let expect = expect.map_or(Number::Literal(text.into()), Number::Double);
        assert_eq!(Number::read(text), expect, "{text}");
    }

    #[test]
    fn doubles_are_exact_decimals() {
        // The rule of Event Ruler: a number is comparable if BigDecimal(text) equals BigDecimal(double of text).
        check("0", Some(0.0));
        check("-0", Some(0.0));
        check("-0.0", Some(0.0));
        check("300.0", Some(300.0));
        check("3.018e2", Some(301.8));
        check("0.1", Some(0.1));
        check("1E-2", Some(0.01));
        check("9007199254740992", Some(9_007_199_254_740_992.0));
        check("9007199254740993", None);
        check("12345678901234567890", None);
        check("0.10000000000000000001", None);
        check("1e400", None);
        check("1e-400", None);
        check("1e99999999999999999999", None);
        check("0e99999999999999999999", Some(0.0));
        check("1e22", Some(1e22));
    }

    #[test]
    fn both_doors_read_alike() {
        for text in [
            "0",
            "-7",
            "9007199254740992",
            "9007199254740993",
            "18446744073709551615",
            "2.5",
            "-0.0",
            "1e300",
        ] {
            let value: serde_json::Number = serde_json::from_str(text).unwrap();
            assert_eq!(Number::of(&value), Number::read(text), "{text}");
        }
    }
}
