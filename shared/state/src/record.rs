use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The version of every record's form.
const VERSION: u32 = 1;

/// A record with its version in front.
#[derive(Serialize, Deserialize)]
pub(crate) struct Versioned1<R> {
    version: u32,
    #[serde(flatten)]
    record: R,
}

impl<R> Versioned1<R> {
    pub(crate) fn of(record: R) -> Self {
        Self { version: VERSION, record }
    }
}

#[derive(Deserialize)]
struct Head {
    version: u32,
}

pub(crate) fn encode(record: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec_pretty(record).expect("records are plain structs with text keys")
}

/// Writes a record that is long and read by programs only.
pub(crate) fn encode_densely(record: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(record).expect("records are plain structs with text keys")
}

/// Reads a record; the reason names a place, never what stands there.
pub(crate) fn decode<R: DeserializeOwned>(bytes: &[u8]) -> Result<R, String> {
    let tell = |error: serde_json::Error| {
        let kind = match error.classify() {
            serde_json::error::Category::Eof => "ends too early",
            serde_json::error::Category::Data => "has a member of another kind",
            _ => "is not JSON",
        };
        format!("{kind} (line {}, column {})", error.line(), error.column())
    };
    let head: Head = serde_json::from_slice(bytes).map_err(tell)?;
    if head.version != VERSION {
        return Err(format!("has version {}, this program reads {VERSION}", head.version));
    }
    serde_json::from_slice(bytes).map_err(tell)
}

/// A time: seconds inside, `2026-03-04T10:00:00Z` outside.
pub(crate) mod time {
    use super::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub(crate) fn serialize<S: Serializer>(seconds: &i64, to: S) -> Result<S::Ok, S::Error> {
        match jiff::Timestamp::from_second(*seconds) {
            Ok(it) => to.collect_str(&it),
            Err(_) => Err(serde::ser::Error::custom("time out of range")),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        let stamp: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(stamp.as_second())
    }
}

/// A time that may not be there.
pub(crate) mod maybe_time {
    use super::{Deserialize, Deserializer, Serialize, Serializer, time};

    #[derive(Serialize, Deserialize)]
    struct Time(#[serde(with = "time")] i64);

    #[expect(clippy::ref_option, reason = "serde asks for it")]
    pub(crate) fn serialize<S: Serializer>(it: &Option<i64>, to: S) -> Result<S::Ok, S::Error> {
        it.map(Time).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
        Ok(Option::<Time>::deserialize(from)?.map(|it| it.0))
    }
}

/// Makes a number one that JSON can hold.
pub(crate) fn finite(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(f64::MIN, f64::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Note {
        #[serde(with = "time")]
        at: i64,
        #[serde(with = "maybe_time")]
        until: Option<i64>,
        name: String,
    }

    #[test]
    fn records_come_back_as_they_went() {
        for until in [None, Some(1_772_622_060)] {
            let note = || Note { at: 1_772_622_000, until, name: "é\n\"".into() };
            let bytes = encode(&Versioned1::of(note()));
            assert!(bytes.starts_with(b"{\n  \"version\": 1,\n  \"at\": \"2026-03-04T11:00:00Z\""));
            assert_eq!(decode::<Note>(&bytes), Ok(note()));
        }
    }

    #[test]
    fn nonsense_is_told_without_quoting_it() {
        #[track_caller]
        fn check(text: &str, expect: &str) {
            assert_eq!(decode::<Note>(text.as_bytes()), Err(expect.to_string()));
        }
        check("", "ends too early (line 1, column 0)");
        check("{", "ends too early (line 1, column 1)");
        check("secret", "is not JSON (line 1, column 1)");
        check(r#"{"version":2,"at":1}"#, "has version 2, this program reads 1");
        let text = r#"{"version":1,"at":"secret","until":null,"name":""}"#;
        assert!(!decode::<Note>(text.as_bytes()).unwrap_err().contains("secret"));
    }

    #[test]
    fn endless_numbers_get_an_end() {
        assert_eq!(finite(f64::NAN), 0.0);
        assert_eq!(finite(f64::INFINITY), f64::MAX);
        assert_eq!(finite(-1.5), -1.5);
    }
}
