//! Numbers, shares and times as people read them; the same bytes everywhere.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fmt::Write;

/// Writes a count with thousands apart: `1,180`.
pub(crate) fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// Writes a number with about four digits: `179.4`, `17,938`, `1.2e-7`.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "beyond number".into();
    }
    let size = value.abs();
    if size == 0.0 {
        return "0".into();
    }
    if !(1e-4..1e9).contains(&size) {
        let text = format!("{value:.2e}");
        return text.replace(".00e", "e").replacen("0e", "e", usize::from(!text.contains(".00e")));
    }
    let places = match size {
        it if 1000.0 <= it => 0,
        it if 100.0 <= it => 1,
        it if 10.0 <= it => 2,
        it if 1.0 <= it => 3,
        _ => 4,
    };
    let text = format!("{size:.places$}");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let part = part.trim_end_matches('0');
    let sign = if value < 0.0 { "\u{2212}" } else { "" };
    let point = if part.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{part}", grouped(whole))
}

/// Writes a number with about two digits: `1.02`, `14.5`, `100`.
pub(crate) fn rough(value: f64) -> String {
    let size = value.abs();
    if !(0.01..1000.0).contains(&size) {
        return number(value);
    }
    let unit = if size < 10.0 { 100.0 } else { 10.0 };
    number((value * unit).round() / unit)
}

/// Writes a share of 0 to 1 in percent: `31 %`, `0.4 %`, `under 0.1 %`.
pub(crate) fn share(value: f64) -> String {
    let percent = value * 100.0;
    if percent <= 0.0 || !percent.is_finite() {
        "0 %".into()
    } else if percent < 0.1 {
        "under 0.1 %".into()
    } else if percent < 9.95 {
        format!("{percent:.1} %").replace(".0 %", " %")
    } else if (99.5..100.0).contains(&percent) {
        format!("{percent:.1} %").replace("100.0 %", "over 99.9 %")
    } else {
        format!("{percent:.0} %")
    }
}

/// Writes an effect of 0 to 1: `0.31`.
pub(crate) fn effect(value: f64) -> String {
    if value.is_finite() { format!("{value:.2}") } else { "\u{2013}".into() }
}

/// Writes a point of a picture, to a tenth; pictures are most of a page.
pub(crate) fn point(out: &mut String, value: f64) {
    let tenths = (value * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, part) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    // Writing into a string cannot fail.
    let _ = match part {
        0 => write!(out, "{sign}{whole}"),
        it => write!(out, "{sign}{whole}.{it}"),
    };
}

/// Writes a window: `4 March 2026, 11:00–12:00 UTC`.
pub(crate) fn window(start: i64, end: i64) -> String {
    let (from, to) = (day(start), day(end));
    if from == to || (end - start <= 86_400 && clock(end) == "00:00") {
        let until = if clock(end) == "00:00" { "24:00".into() } else { clock(end) };
        return format!("{from}, {}\u{2013}{until} UTC", clock(start));
    }
    format!("{from}, {} \u{2013} {to}, {} UTC", clock(start), clock(end))
}

/// Writes the day: `4 March 2026`.
pub(crate) fn day(second: i64) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let at = civil(second);
    let month = MONTHS[usize::from(at.month().unsigned_abs()) - 1];
    format!("{} {month} {}", at.day(), at.year())
}

/// Writes the time of day: `11:00`.
pub(crate) fn clock(second: i64) -> String {
    let at = civil(second);
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// Writes how long something has lasted: `3 h`, `2 d`.
pub(crate) fn lasted(seconds: i64) -> String {
    match seconds.max(0) {
        it if it < 3600 => format!("{} min", it / 60),
        it if it < 172_800 => format!("{} h", it / 3600),
        it => format!("{} d", it / 86_400),
    }
}

fn civil(second: i64) -> jiff::civil::DateTime {
    let at = Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
    TimeZone::UTC.to_datetime(at)
}

fn grouped(digits: &str) -> String {
    let mut res = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if 0 < at && (digits.len() - at).is_multiple_of(3) {
            res.push(',');
        }
        res.push(digit);
    }
    res
}

#[cfg(test)]
mod tests {
    #[track_caller]
    fn check(seen: &str, expect: &str) {
        assert_eq!(seen, expect);
    }

    #[test]
    fn numbers_keep_about_four_digits() {
        check(&super::number(179.42), "179.4");
        check(&super::number(17_938.4), "17,938");
        check(&super::number(-0.5), "\u{2212}0.5");
        check(&super::number(1.2e-7), "1.2e-7");
        check(&super::number(3.0e12), "3e12");
        check(&super::number(1.25e12), "1.25e12");
        check(&super::number(1000.0), "1,000");
        check(&super::number(0.0), "0");
        check(&super::rough(0.9898), "0.99");
        check(&super::rough(14.449), "14.4");
        check(&super::rough(100.03), "100");
        check(&super::number(f64::NAN), "beyond number");
        check(&super::count(1_234_567), "1,234,567");
    }

    #[test]
    fn points_are_tenths_without_zeros() {
        for (value, expect) in [
            (0.04, "0"),
            (-0.04, "0"),
            (1.25, "1.3"),
            (-2.31, "-2.3"),
            (126.0, "126"),
            (f64::NAN, "0"),
        ] {
            let mut out = String::new();
            super::point(&mut out, value);
            check(&out, expect);
        }
    }

    #[test]
    fn shares_never_round_to_nothing() {
        check(&super::share(0.0), "0 %");
        check(&super::share(0.0004), "under 0.1 %");
        check(&super::share(0.04), "4 %");
        check(&super::share(0.314), "31 %");
        check(&super::share(0.9999), "over 99.9 %");
        check(&super::share(1.0), "100 %");
    }

    #[test]
    fn windows_read_as_people_say_them() {
        check(&super::window(1_772_622_000, 1_772_625_600), "4 March 2026, 11:00\u{2013}12:00 UTC");
        check(&super::window(1_772_665_200, 1_772_668_800), "4 March 2026, 23:00\u{2013}24:00 UTC");
        check(
            &super::window(1_772_622_000, 1_772_708_400),
            "4 March 2026, 11:00 \u{2013} 5 March 2026, 11:00 UTC",
        );
    }
}
