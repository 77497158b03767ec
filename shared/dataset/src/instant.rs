use std::iter;

/// Returns the seconds since 1970 of an ISO 8601 time, as captured inferences
/// carry it: `2026-03-04T10:20:48Z`, with or without a fraction, `Z` or an offset.
pub(crate) fn seconds(text: &[u8]) -> Option<i64> {
    Some(micros(text)?.div_euclid(1_000_000))
}

/// Returns the same in microseconds; finer digits are dropped.
pub(crate) fn micros(text: &[u8]) -> Option<i64> {
    let (stamp, mut rest) = text.split_first_chunk::<19>()?;
    let marks = (stamp[4], stamp[7], stamp[10], stamp[13], stamp[16]);
    if !matches!(marks, (b'-', b'-', b'T' | b't' | b' ', b':', b':')) {
        return None;
    }
    let (year, month, day) = (number(&stamp[..4])?, number(&stamp[5..7])?, number(&stamp[8..10])?);
    let clock = (number(&stamp[11..13])?, number(&stamp[14..16])?, number(&stamp[17..])?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of_month = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    // A leap second is 60 and counts as the next minute's first.
    let fits = (1..=days_of_month).contains(&day) && clock.0 < 24 && clock.1 < 60 && clock.2 < 61;
    if !fits {
        return None;
    }
    let mut parts = 0;
    if let [b'.' | b',', fraction @ ..] = rest {
        let digits = fraction.iter().take_while(|it| it.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        let places = fraction[..digits].iter().chain(iter::repeat(&b'0')).take(6);
        parts = places.fold(0, |sum, it| 10 * sum + i64::from(it - b'0'));
        rest = &fraction[digits..];
    }
    let seconds = clock.0 * 3600 + clock.1 * 60 + clock.2;
    let seconds = days(year, month, day) * 86_400 + seconds - offset(rest)?;
    Some(seconds * 1_000_000 + parts)
}

/// Seconds east of Greenwich: of `Z`, `+01:00`, `-0530`.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, hours, minutes) = match text {
        b"Z" | b"z" => return Some(0),
        [sign, hours @ .., b':', a, b] => (sign, hours, [*a, *b]),
        [sign, h, i, a, b] => (sign, &[*h, *i][..], [*a, *b]),
        _ => return None,
    };
    let (hours, minutes) = (number(hours)?, number(&minutes)?);
    let seconds = hours * 3600 + minutes * 60;
    match sign {
        b'+' if hours < 24 && minutes < 60 => Some(seconds),
        b'-' if hours < 24 && minutes < 60 => Some(-seconds),
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || 4 < digits.len() {
        return None;
    }
    digits
        .iter()
        .try_fold(0, |sum, it| it.is_ascii_digit().then(|| 10 * sum + i64::from(it - b'0')))
}

/// Days since 1970 of a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years start in March, so that the leap day is the last one.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    365 * year + leap_days + day_of_year - 719_468
}

/// The date (year, month, day) that is so many days after 1970-01-01.
#[cfg(any(test, feature = "parquet"))]
pub(crate) fn date(days: i64) -> (i64, i64, i64) {
    // Eras of 400 years that start in March have the same days each.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (400 * era + year + i64::from(month < 3), month, day)
}

#[cfg(test)]
mod tests {
    use super::{date, days, seconds};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn times_are_those_of_jiff(second in -62_000_000_000..253_000_000_000i64) {
            let time = jiff::Timestamp::from_second(second).unwrap();
            prop_assert_eq!(seconds(time.to_string().as_bytes()), (0 <= time.as_second() || second < 0).then_some(second));
        }
    }

    proptest! {
        #[test]
        fn dates_are_the_days_they_come_from(day in -1_000_000_000..1_000_000_000i64) {
            let (year, month, of_month) = date(day);
            prop_assert!((1..=12).contains(&month) && (1..=31).contains(&of_month));
            prop_assert_eq!(days(year, month, of_month), day);
        }
    }

    #[track_caller]
    fn check(text: &str, expect: Option<&str>) {
        let expect = expect.map(|it| it.parse::<jiff::Timestamp>().unwrap().as_second());
        assert_eq!(seconds(text.as_bytes()), expect, "{text}");
    }

    #[test]
    fn fractions_and_offsets_are_understood() {
        check("2026-03-04T10:20:48.999Z", Some("2026-03-04T10:20:48Z"));
        check("2026-03-04 10:20:48+05:30", Some("2026-03-04T04:50:48Z"));
        check("2026-03-04T10:20:48-0100", Some("2026-03-04T11:20:48Z"));
        check("2024-02-29T00:00:00Z", Some("2024-02-29T00:00:00Z"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026-03-04",
            "2026-03-04T10:20:48",
            "2026-13-04T10:20:48Z",
            "2026-02-29T10:20:48Z",
            "2026-03-04T24:20:48Z",
            "2026-03-04T10:20:48.Z",
            "2026-03-04T10:20:48+0x:00",
            "2026-03-04T10:20:48+99:00",
            "2026-03-0aT10:20:48Z",
        ] {
            check(text, None);
        }
    }
}
