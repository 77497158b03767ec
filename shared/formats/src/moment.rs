//! Points in time as AWS writes them: epoch milliseconds, or ISO 8601 text.

use serde::{Deserialize, Deserializer, de};
use std::fmt;

/// A point in time, in milliseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    pub millis: i64,
}

impl Moment {
    pub fn of_seconds(seconds: i64) -> Self {
        Self { millis: seconds.saturating_mul(1000) }
    }

    /// Returns whole seconds since 1970, rounded down.
    pub fn seconds(self) -> i64 {
        self.millis.div_euclid(1000)
    }

    /// Reads ISO 8601, or epoch seconds or milliseconds written as text.
    ///
    /// Blanks anywhere are passed over: AWS's own samples have them.
    pub fn of_text(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|it| !it.is_whitespace()).collect();
        if let Ok(number) = text.parse::<f64>() {
            return Self::of_number(number);
        }
        let stamp: jiff::Timestamp = text.parse().ok()?;
        Some(Self { millis: stamp.as_millisecond() })
    }

    /// Reads epoch milliseconds; what is too small for those is seconds.
    fn of_number(number: f64) -> Option<Self> {
        // 1e11 ms is March 1973, 1e11 s is the year 5138.
        let millis = if number.abs() < 1e11 { number * 1000.0 } else { number };
        (millis.abs() < 9e15).then_some(Self { millis: millis as i64 })
    }
}

/// Writes `2026-03-04T10:00:00Z`, with milliseconds only where there are some.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.millis) {
            Ok(stamp) => write!(f, "{stamp}"),
            Err(_) => write!(f, "{}", self.millis),
        }
    }
}

impl serde::Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(MomentVisitor)
    }
}

struct MomentVisitor;

impl de::Visitor<'_> for MomentVisitor {
    type Value = Moment;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time in epoch milliseconds or ISO 8601")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Moment, E> {
        self.visit_f64(number as f64)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Moment, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Moment, E> {
        Moment::of_number(number)
            .ok_or_else(|| E::invalid_value(de::Unexpected::Float(number), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Moment, E> {
        Moment::of_text(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expect: &str) {
        let moment: Moment = serde_json::from_str(json).unwrap();
        assert_eq!(moment.to_string(), expect);
        let again = serde_json::to_string(&moment).unwrap();
        assert_eq!(serde_json::from_str::<Moment>(&again).unwrap(), moment);
    }

    #[test]
    fn every_rendering_of_aws_is_read() {
        check("1592411992203.0", "2020-06-17T16:39:52.203Z");
        check("1592411992203", "2020-06-17T16:39:52.203Z");
        check("1592411992", "2020-06-17T16:39:52Z");
        check(r#""1592411992""#, "2020-06-17T16:39:52Z");
        check(r#""2019-12-01T16: 20: 00Z""#, "2019-12-01T16:20:00Z");
        check(r#"" 2026-03-04T10:21:07Z ""#, "2026-03-04T10:21:07Z");
        check(r#""2026-03-04T12:21:07+02:00""#, "2026-03-04T10:21:07Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for json in [r#""soon""#, "1e300", "true", r#""NaN""#, r#""inf""#] {
            assert!(serde_json::from_str::<Moment>(json).is_err(), "{json}");
        }
    }
}
