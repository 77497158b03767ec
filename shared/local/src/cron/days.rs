//! The days of a cron expression: by the month or by the week, never both.

use jiff::civil::Date;

use super::field::{Field, Values, whole};
use super::{Fault, Weekday};

/// The days of a month on which an expression fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Days {
    OfMonth { days: Values, special: Vec<OfMonth> },
    OfWeek { days: Values, special: Vec<OfWeek> },
}

/// A day that depends on the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfMonth {
    /// `L`, or `L-3`: so many days before the last.
    Last { before: i8 },
    /// `15W`: the weekday nearest to it, within the month.
    NearestWeekday(i8),
    /// `LW`: the last weekday.
    LastWeekday,
}

/// A day of the week that comes once a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfWeek {
    /// `6L`: the last of its kind.
    Last(u16),
    /// `3#2`: the second of its kind.
    Nth(u16, i8),
}

impl Days {
    pub(super) fn read(of_month: &str, of_week: &str) -> Result<Self, Fault> {
        match (of_month, of_week) {
            ("?", "?") => Err(Field::DAY_OF_WEEK
                .fault("and day-of-month are both \"?\": give one of them a value or \"*\"")),
            (_, "?") => Self::read_of_month(of_month),
            ("?", _) => Self::read_of_week(of_week),
            _ => Err(Field::DAY_OF_WEEK
                .fault("and day-of-month are both given: one of them must be \"?\"")),
        }
    }

    fn read_of_month(text: &str) -> Result<Self, Fault> {
        let field = Field::DAY_OF_MONTH;
        let (mut days, mut special) = (Values::none(field.least), Vec::new());
        for item in text.split(',') {
            let upper = item.to_ascii_uppercase();
            if upper == "L" {
                special.push(OfMonth::Last { before: 0 });
            } else if upper == "LW" {
                special.push(OfMonth::LastWeekday);
            } else if let Some(before) = upper.strip_prefix("L-") {
                let before = whole(before).filter(|before| (1..=30).contains(before));
                let before =
                    before.ok_or_else(|| field.fault(format!("\"{item}\" is not L-1 to L-30")))?;
                special.push(OfMonth::Last { before: before as i8 });
            } else if let Some(day) = upper.strip_suffix('W') {
                special.push(OfMonth::NearestWeekday(field.value(day)? as i8));
            } else {
                field.read_item(item, &mut days)?;
            }
        }
        Ok(Self::OfMonth { days, special })
    }

    fn read_of_week(text: &str) -> Result<Self, Fault> {
        let field = Field::DAY_OF_WEEK;
        let (mut days, mut special) = (Values::none(field.least), Vec::new());
        let alone = !text.contains(',');
        for item in text.split(',') {
            let upper = item.to_ascii_uppercase();
            if upper == "L" {
                field.read_item("SAT", &mut days)?;
            } else if let Some(day) = upper.strip_suffix('L') {
                special.push(OfWeek::Last(field.value(day)?));
            } else if let Some((day, nth)) = upper.split_once('#') {
                if !alone {
                    return Err(field.fault("with \"#\" takes one expression, not a list"));
                }
                let nth = whole(nth).filter(|nth| (1..=5).contains(nth));
                let nth = nth.ok_or_else(|| field.fault(format!("\"{item}\" is not #1 to #5")))?;
                special.push(OfWeek::Nth(field.value(day)?, nth as i8));
            } else {
                field.read_item(item, &mut days)?;
            }
        }
        Ok(Self::OfWeek { days, special })
    }

    /// Returns the days of the month that starts at `start`, ascending.
    pub(super) fn of_month(&self, start: Date) -> impl Iterator<Item = i8> {
        // Bit `n` stands for day `n`.
        let last = start.days_in_month();
        let mut bits = 0_u32;
        match self {
            Self::OfMonth { days, special } => {
                for day in (1..=last).filter(|day| days.contains(*day as u16)) {
                    bits |= 1 << day;
                }
                for day in special.iter().filter_map(|special| special.day(start)) {
                    bits |= 1 << day;
                }
            }
            Self::OfWeek { days, special } => {
                let weekday = |day: i8| (start_number(start) + day as u16 - 2) % 7 + 1;
                for day in (1..=last).filter(|day| days.contains(weekday(*day))) {
                    bits |= 1 << day;
                }
                for day in special.iter().filter_map(|special| special.day(start)) {
                    bits |= 1 << day;
                }
            }
        }
        (1..=last).filter(move |day| bits >> day & 1 == 1)
    }
}

impl OfMonth {
    fn day(self, start: Date) -> Option<i8> {
        let last = start.days_in_month();
        match self {
            Self::Last { before } => (last > before).then_some(last - before),
            Self::LastWeekday => Some(last - days_past_friday(start, last)),
            Self::NearestWeekday(day) if day > last => None,
            Self::NearestWeekday(day) => Some(match days_past_friday(start, day) {
                0 => day,
                1 if day == 1 => 3,
                1 => day - 1,
                _ if day == last => day - 2,
                _ => day + 1,
            }),
        }
    }
}

impl OfWeek {
    fn day(self, start: Date) -> Option<i8> {
        let first = |weekday: u16| ((weekday + 7 - start_number(start)) % 7) as i8 + 1;
        let last = start.days_in_month();
        match self {
            Self::Last(weekday) => Some(first(weekday) + (last - first(weekday)) / 7 * 7),
            Self::Nth(weekday, nth) => {
                Some(first(weekday) + (nth - 1) * 7).filter(|day| *day <= last)
            }
        }
    }
}

/// Returns the weekday of the first of the month; Sunday is 1.
fn start_number(start: Date) -> u16 {
    start.weekday().to_sunday_one_offset() as u16
}

/// Returns 1 for a Saturday, 2 for a Sunday, 0 for a weekday.
fn days_past_friday(start: Date, day: i8) -> i8 {
    match start.weekday().wrapping_add(day - 1) {
        Weekday::Saturday => 1,
        Weekday::Sunday => 2,
        _ => 0,
    }
}
