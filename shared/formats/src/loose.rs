//! Values that AWS and its users write in several ways.

use serde::{Deserialize, Deserializer, Serializer, de};
use std::{collections::BTreeMap, fmt};

/// Returns the word without separators, in lower case.
pub(crate) fn letters(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect()
}

/// Reads `true`, `"true"`, `"True"`, `1`, `"Enabled"` and their opposites.
pub(crate) fn boolean_of(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "enabled" | "yes" | "1" => Some(true),
        "false" | "disabled" | "no" | "0" => Some(false),
        _ => None,
    }
}

pub(crate) fn switch<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    from.deserialize_any(Switch)
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub(crate) fn enabled<S: Serializer>(on: &Option<bool>, to: S) -> Result<S::Ok, S::Error> {
    match on {
        Some(true) => to.serialize_str("Enabled"),
        Some(false) => to.serialize_str("Disabled"),
        None => to.serialize_none(),
    }
}

struct Switch;

impl<'de> de::Visitor<'de> for Switch {
    type Value = Option<bool>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enabled or Disabled")
    }

    fn visit_bool<E>(self, on: bool) -> Result<Self::Value, E> {
        Ok(Some(on))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        boolean_of(text).map(Some).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

/// Reads a count: AWS writes some as whole doubles.
pub(crate) fn count<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    from.deserialize_any(Count)
}

struct Count;

impl de::Visitor<'_> for Count {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number from 0")
    }

    fn visit_u64<E>(self, count: u64) -> Result<u64, E> {
        Ok(count)
    }

    fn visit_i64<E: de::Error>(self, count: i64) -> Result<u64, E> {
        u64::try_from(count).map_err(|_| E::invalid_value(de::Unexpected::Signed(count), &self))
    }

    fn visit_f64<E: de::Error>(self, count: f64) -> Result<u64, E> {
        if (0.0..9e15).contains(&count) && count.fract() == 0.0 {
            return Ok(count as u64);
        }
        Err(E::invalid_value(de::Unexpected::Float(count), &self))
    }
}

/// Reads a share, from 0 to 1.
pub(crate) fn share<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    bounded(from, 1.0, &"a share from 0 to 1")
}

/// Reads a threshold of a distance; above 1 it is never exceeded.
pub(crate) fn distance<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    bounded(from, f64::MAX, &"a distance from 0 to 1")
}

fn bounded<'de, D: Deserializer<'de>>(
    from: D,
    most: f64,
    wanted: &dyn de::Expected,
) -> Result<Option<f64>, D::Error> {
    match Option::<f64>::deserialize(from)? {
        Some(it) if !(0.0..=most).contains(&it) => {
            Err(de::Error::invalid_value(de::Unexpected::Float(it), wanted))
        }
        read => Ok(read),
    }
}

/// Reads tags as a map, as a list of `Key` and `Value`, or as `null`.
pub(crate) fn tags<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    from.deserialize_any(Tags)
}

struct Tags;

#[derive(Deserialize)]
struct Tag {
    #[serde(rename = "Key", alias = "key")]
    key: String,
    #[serde(rename = "Value", alias = "value")]
    value: Option<String>,
}

impl<'de> de::Visitor<'de> for Tags {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tags as an object or a list of Key and Value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut tags = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, Option<String>>()? {
            tags.insert(key, value.unwrap_or_default());
        }
        Ok(tags)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut tags = BTreeMap::new();
        while let Some(tag) = list.next_element::<Tag>()? {
            tags.insert(tag.key, tag.value.unwrap_or_default());
        }
        Ok(tags)
    }
}
