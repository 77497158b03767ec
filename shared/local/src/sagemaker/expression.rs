//! When monitoring schedules run (SageMaker developer guide, "Cron expressions for monitoring schedule").

use jiff::{SignedDuration, Timestamp};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// When a schedule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rhythm {
    /// Once, as soon as it is scheduled.
    Now,
    /// Every so many hours, counted from an hour of each day in UTC.
    Every { hours: u8, from: u8 },
}

impl Rhythm {
    /// Reads `NOW`, `cron(0 * ? * * *)`, `cron(0 HH ? * * *)` or `cron(0 HH/N ? * * *)`.
    ///
    /// The days may also be spelled `* * ?`, as the tests of AWS's own Python library do.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "NOW" {
            return Some(Self::Now);
        }
        let fields: Vec<&str> =
            text.strip_prefix("cron(")?.strip_suffix(')')?.split_whitespace().collect();
        let ["0", hours, days, "*", weekdays, "*"] = fields[..] else {
            let ["0", hours, "*", "*", "*", "?"] = fields[..] else { return None };
            return Self::hours(hours);
        };
        matches!((days, weekdays), ("?", "*") | ("*", "?")).then(|| Self::hours(hours))?
    }

    fn hours(text: &str) -> Option<Self> {
        let number = |text: &str| {
            let digits = matches!(text.len(), 1 | 2) && text.bytes().all(|it| it.is_ascii_digit());
            digits.then(|| text.parse::<u8>().ok()).flatten()
        };
        if text == "*" {
            return Some(Self::Every { hours: 1, from: 0 });
        }
        let (from, hours) = match text.split_once('/') {
            Some((from, hours)) => (number(from)?, number(hours)?),
            None => (number(text)?, 24),
        };
        (from <= 23 && (1..=24).contains(&hours)).then_some(Self::Every { hours, from })
    }

    /// Returns the first scheduled time after another; `None` for a schedule that runs once.
    pub(super) fn next_after(self, time: Timestamp) -> Option<Timestamp> {
        let Self::Every { hours, from } = self else { return None };
        let mut second = (time.as_second().div_euclid(HOUR) + 1) * HOUR;
        // At the latest the same hour of the next day.
        while (second - i64::from(from) * HOUR).rem_euclid(DAY) % (i64::from(hours) * HOUR) != 0 {
            second += HOUR;
        }
        Timestamp::from_second(second).ok()
    }

    /// Returns the scheduled time before this one.
    pub(super) fn before(self, time: Timestamp) -> Option<Timestamp> {
        let Self::Every { hours, from } = self else { return None };
        let mut second = (time.as_second() - 1).div_euclid(HOUR) * HOUR;
        while (second - i64::from(from) * HOUR).rem_euclid(DAY) % (i64::from(hours) * HOUR) != 0 {
            second -= HOUR;
        }
        Timestamp::from_second(second).ok()
    }
}

/// Reads an offset such as `-PT1H` or `-P3D`; `None` where it is not one of days, hours, minutes and seconds.
pub(super) fn offset(text: &str) -> Option<SignedDuration> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let rest = rest.strip_prefix('P')?;
    let (days, clock) = rest.split_once('T').unwrap_or((rest, ""));
    let mut seconds = 0_i64;
    for (part, units) in [(days, &[('D', DAY)][..]), (clock, &[('H', HOUR), ('M', 60), ('S', 1)])] {
        let mut digits = String::new();
        for letter in part.chars() {
            if letter.is_ascii_digit() {
                digits.push(letter);
                continue;
            }
            let unit = units.iter().find(|unit| unit.0 == letter)?.1;
            let count: i64 = digits.parse().ok()?;
            seconds = seconds.checked_add(count.checked_mul(unit)?)?;
            digits.clear();
        }
        if !digits.is_empty() {
            return None;
        }
    }
    (!rest.is_empty() && seconds <= 366 * DAY).then(|| SignedDuration::from_secs(sign * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_follow_the_documented_table() {
        fn check(text: &str, expect: Option<Rhythm>) {
            assert_eq!(Rhythm::parse(text), expect, "{text}");
        }
        let every = |hours, from| Some(Rhythm::Every { hours, from });
        check("cron(0 * ? * * *)", every(1, 0));
        check("cron(0 * * * ? *)", every(1, 0));
        check("cron(0 12 ? * * *)", every(24, 12));
        check("cron(0 00 ? * * *)", every(24, 0));
        check("cron(0 17/12 ? * * *)", every(12, 17));
        check("cron(0 0/2 ? * * *)", every(2, 0));
        check("NOW", Some(Rhythm::Now));
        for text in [
            "cron(15 * ? * * *)",
            "cron(0 24 ? * * *)",
            "cron(0 0/25 ? * * *)",
            "cron(0 0/0 ? * * *)",
            "cron(0 9 ? * MON *)",
            "cron(0 9 1 * ? *)",
            "rate(1 hour)",
            "cron(0 * ? * *)",
            "now",
            "Hourly: cron(0 * ? * * *)",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn hours_count_from_the_first() {
        fn at(text: &str) -> Timestamp {
            text.parse().unwrap()
        }
        fn hours(text: &str) -> Vec<i8> {
            let rhythm = Rhythm::parse(text).unwrap();
            let (mut time, end) = (at("2026-03-04T00:00:00Z"), at("2026-03-05T00:00:00Z"));
            let mut hours = Vec::new();
            while let Some(next) = rhythm.next_after(time).filter(|it| *it <= end) {
                assert_eq!(rhythm.before(next).and_then(|it| rhythm.next_after(it)), Some(next));
                hours.push(next.to_zoned(jiff::tz::TimeZone::UTC).hour());
                time = next;
            }
            hours
        }
        // From the day's midnight on to the next.
        assert_eq!(hours("cron(0 17/12 ? * * *)"), [5, 17]);
        assert_eq!(hours("cron(0 0/6 ? * * *)"), [6, 12, 18, 0]);
        assert_eq!(hours("cron(0 9 ? * * *)"), [9]);
        let hourly = Rhythm::parse("cron(0 * ? * * *)").unwrap();
        assert_eq!(hourly.next_after(at("2026-03-04T10:59:59Z")), Some(at("2026-03-04T11:00:00Z")));
        assert_eq!(hourly.next_after(at("2026-03-04T11:00:00Z")), Some(at("2026-03-04T12:00:00Z")));
        assert_eq!(hourly.before(at("2026-03-04T11:00:00Z")), Some(at("2026-03-04T10:00:00Z")));
    }

    #[test]
    fn offsets_are_iso_durations() {
        fn check(text: &str, expect: Option<i64>) {
            assert_eq!(offset(text).map(|it| it.as_secs()), expect, "{text}");
        }
        check("-PT1H", Some(-3600));
        check("-P3D", Some(-259_200));
        check("-P1DT2H30M", Some(-95_400));
        check("PT0S", Some(0));
        check("-PT0H", Some(0));
        check("P", None);
        check("-1H", None);
        check("-PT1", None);
        check("-P1M", None);
    }
}
