//! Values that AWS and its users write in several ways.

use serde::{Deserialize, Deserializer, de};
use std::{collections::BTreeMap, fmt};

/// Returns the word without separators, in lower case.
pub(crate) fn letters(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect()
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
