//! Schedule expressions: `cron(0 2 * * ? *)` and `rate(5 minutes)`, in UTC.
//!
//! The language is EventBridge's ("Cron expressions reference", "Rate expressions reference" of its user guide), whose
//! cron is Quartz's without seconds: names and numbers, lists, ranges (also across the end, `22-2`), steps, `?`, `L`,
//! `L-3`, `W`, `LW` and `#`.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use self::days::Days;
use self::field::{Field, Values};

mod days;
mod field;

/// When a rule fires by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    Cron(Box<Cron>),
    Rate(Rate),
}

/// Minutes of the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    minutes: Values,
    hours: Values,
    days: Days,
    months: Values,
    years: Values,
}

/// A fixed time between one firing and the next, counted from the making of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    every: SignedDuration,
}

/// Why an expression is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("schedule \"{expression}\": {field} {reason}")]
pub struct Refused {
    pub expression: String,
    /// The field at fault, such as `day-of-week`; `expression` where it is the whole.
    pub field: &'static str,
    pub reason: String,
}

impl Schedule {
    /// Reads `cron(…)` or `rate(…)`.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let fault = |fault: Fault| Refused {
            expression: text.to_owned(),
            field: fault.field,
            reason: fault.reason,
        };
        let inside =
            |name: &str| text.trim().strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
        match (inside("cron"), inside("rate")) {
            (Some(fields), _) => {
                Cron::read(fields).map(|cron| Self::Cron(Box::new(cron))).map_err(fault)
            }
            (_, Some(rate)) => Rate::read(rate).map(Self::Rate).map_err(fault),
            _ => Err(fault(Fault::new("expression", "is neither cron(…) nor rate(…)"))),
        }
    }

    /// Returns the first firing later than `time`, for a rule made at `made`; `None` where there is none by 2199.
    pub fn next_after(&self, made: Timestamp, time: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron(cron) => cron.next_after(time),
            Self::Rate(rate) => rate.next_after(made, time),
        }
    }

    /// Returns the firings from `start` to before `end`, in order.
    pub fn fires_in(
        &self,
        made: Timestamp,
        start: Timestamp,
        end: Timestamp,
    ) -> impl Iterator<Item = Timestamp> {
        let before = start.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(Timestamp::MIN);
        std::iter::successors(self.next_after(made, before), move |last| {
            self.next_after(made, *last)
        })
        .take_while(move |time| *time < end)
    }
}

impl Cron {
    fn read(text: &str) -> Result<Self, Fault> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days_of_month, months, days_of_week, years] = fields[..] else {
            let reason = format!(
                "has {} fields, not the six minutes, hours, day-of-month, month, day-of-week and year",
                fields.len()
            );
            return Err(Fault::new("expression", reason));
        };
        Ok(Self {
            minutes: Field::MINUTES.read(minutes)?,
            hours: Field::HOURS.read(hours)?,
            days: Days::read(days_of_month, days_of_week)?,
            months: Field::MONTH.read(months)?,
            years: Field::YEAR.read(years)?,
        })
    }

    /// Returns the first firing later than `time`.
    pub fn next_after(&self, time: Timestamp) -> Option<Timestamp> {
        let first = Timestamp::UNIX_EPOCH;
        let from = if time < first {
            first
        } else {
            Timestamp::from_second((time.as_second().div_euclid(60) + 1) * 60).ok()?
        };
        let from = from.to_zoned(TimeZone::UTC);
        let (year, month, day) = (from.year(), from.month(), from.day());
        let (hour, minute) = (u16::from(from.hour() as u8), u16::from(from.minute() as u8));
        for y in self.years.from(year as u16) {
            let first_month = if y == year as u16 { month as u16 } else { 1 };
            for m in self.months.from(first_month) {
                let this_month = y == year as u16 && m == month as u16;
                let start = Date::new(y as i16, m as i8, 1).ok()?;
                for d in self.days.of_month(start) {
                    if this_month && d < day {
                        continue;
                    }
                    let from_clock = if this_month && d == day { (hour, minute) } else { (0, 0) };
                    if let Some((h, min)) = self.clock_from(from_clock) {
                        let at = Date::new(y as i16, m as i8, d).ok()?.at(h as i8, min as i8, 0, 0);
                        return at.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp());
                    }
                }
            }
        }
        None
    }

    /// Returns the first hour and minute of a day at or after this one.
    fn clock_from(&self, (hour, minute): (u16, u16)) -> Option<(u16, u16)> {
        self.hours.from(hour).find_map(|h| {
            let first_minute = if h == hour { minute } else { 0 };
            self.minutes.from(first_minute).next().map(|m| (h, m))
        })
    }
}

impl Rate {
    /// Returns the time between two firings, at least a minute.
    pub fn every(&self) -> SignedDuration {
        self.every
    }

    fn read(text: &str) -> Result<Self, Fault> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let [value, unit] = parts[..] else {
            return Err(Fault::new("rate", "needs a value and a unit, as in rate(5 minutes)"));
        };
        let count: u32 =
            value.parse().ok().filter(|count| *count > 0 && !value.starts_with('+')).ok_or_else(
                || Fault::new("value", format!("\"{value}\" is not a whole number above 0")),
            )?;
        let one = count == 1;
        let minutes = match (unit, one) {
            ("minute", true) | ("minutes", false) => 1,
            ("hour", true) | ("hours", false) => 60,
            ("day", true) | ("days", false) => 24 * 60,
            ("minute" | "hour" | "day", false) => {
                return Err(Fault::new("unit", format!("of {count} must be plural: {unit}s")));
            }
            ("minutes" | "hours" | "days", true) => {
                let singular = unit.trim_end_matches('s');
                return Err(Fault::new("unit", format!("of 1 must be singular: {singular}")));
            }
            _ => {
                let reason = format!("\"{unit}\" is not minute, minutes, hour, hours, day or days");
                return Err(Fault::new("unit", reason));
            }
        };
        Ok(Self { every: SignedDuration::from_mins(i64::from(count) * minutes) })
    }

    fn next_after(&self, made: Timestamp, time: Timestamp) -> Option<Timestamp> {
        let every = self.every.as_secs();
        let passed = time.duration_since(made).as_secs();
        let next = if time < made { 1 } else { passed / every + 1 };
        made.checked_add(SignedDuration::from_secs(next.checked_mul(every)?)).ok()
    }
}

impl std::str::FromStr for Schedule {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        Self::parse(text)
    }
}

/// A refusal that does not know its expression yet.
#[derive(Debug)]
struct Fault {
    field: &'static str,
    reason: String,
}

impl Fault {
    fn new(field: &'static str, reason: impl Into<String>) -> Self {
        Self { field, reason: reason.into() }
    }
}

#[cfg(test)]
mod tests;
