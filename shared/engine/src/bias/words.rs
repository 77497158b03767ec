//! Values as Python prints them, since Clarify's files hold them so.

use super::Value;

/// Returns `str(value)`.
pub(super) fn python(value: &Value) -> String {
    match value {
        Value::Whole(it) => it.to_string(),
        Value::Number(it) => python_number(*it),
        Value::Switch(true) => "True".to_owned(),
        Value::Switch(false) => "False".to_owned(),
        Value::Text(it) => it.clone(),
    }
}

/// Returns `str(number)` of a float: the shortest digits that read back as it,
/// with an exponent below 1e-4 and from 1e16 on.
pub(super) fn python_number(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number < 0.0 { "-inf" } else { "inf" }.to_owned();
    }
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(it) => ('-', it),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = number.to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

/// Returns an interval without its lower and with its upper end.
pub(super) fn interval(low: f64, high: f64, whole: bool) -> String {
    let number = |it: f64| if whole { format!("{it:.0}") } else { python_number(it) };
    format!("({}, {}]", number(low), number(high))
}

/// Returns the lower end of an interval as [`interval`] writes it.
pub(super) fn lower_end(interval: &str) -> Option<f64> {
    let (low, _) = interval.strip_prefix('(')?.strip_suffix(']')?.split_once(',')?;
    low.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(number: f64, expect: &str) {
        assert_eq!(python_number(number), expect);
    }

    /// Expected: what CPython 3.11 prints.
    #[test]
    fn numbers_are_printed_as_python_does() {
        check(1.0, "1.0");
        check(-0.0, "-0.0");
        check(0.1, "0.1");
        check(1e-4, "0.0001");
        check(1e-5, "1e-05");
        check(1.25e-7, "1.25e-07");
        check(1e15, "1000000000000000.0");
        check(1e16, "1e+16");
        check(1.5e300, "1.5e+300");
        check(f64::NEG_INFINITY, "-inf");
    }

    #[test]
    fn intervals_tell_their_lower_end() {
        assert_eq!(interval(40.0, 90.0, true), "(40, 90]");
        assert_eq!(interval(0.5, 0.99, false), "(0.5, 0.99]");
        assert_eq!(lower_end("(0.5, 0.99]"), Some(0.5));
        assert_eq!(lower_end("0,1"), None);
    }
}
