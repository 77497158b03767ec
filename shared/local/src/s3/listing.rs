//! `ListObjectsV2`.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Included, Unbounded},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;

use super::Object;

/// The most keys and prefixes of one page, and the number when nothing is asked for.
const LARGEST_PAGE: usize = 1000;

/// What to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    pub prefix: String,
    /// Keys that share their text up to this delimiter after the prefix are rolled into one common prefix.
    pub delimiter: Option<String>,
    /// Only keys after this one; not looked at when there is a token.
    pub start_after: Option<String>,
    /// The token of the page before.
    pub token: Option<String>,
    /// At most 1,000, which is also the default.
    pub max_keys: Option<usize>,
}

impl List {
    /// Lists everything under a prefix.
    pub fn under(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..Self::default() }
    }

    /// Returns a token that goes on after a key or a common prefix, as the marker of the older `ListObjects` does.
    pub fn token_after(marker: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(marker)
    }

    /// Returns the key or common prefix that a token goes on after.
    pub fn marker_of(token: &str) -> Option<String> {
        opened(token)
    }
}

/// One page of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub entries: Vec<Entry>,
    pub common_prefixes: Vec<String>,
    /// Asks for the next page; `None` on the last.
    pub next_token: Option<String>,
}

/// One object of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    pub size: u64,
    pub etag: String,
    pub last_modified: Timestamp,
}

/// Returns a page, or `None` where the token is not one of ours.
pub(super) fn page(objects: &BTreeMap<String, Object>, list: &List) -> Option<Page> {
    let largest = list.max_keys.unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE);
    let delimiter = list.delimiter.as_deref().filter(|text| !text.is_empty());
    let mut page = Page::default();
    if largest == 0 {
        return Some(page);
    }
    let mut seen = match (&list.token, &list.start_after) {
        (Some(token), _) => Seen::within(opened(token)?, list, delimiter),
        (None, Some(start)) => Seen::Upto(start.clone()),
        (None, None) => Seen::Nothing,
    };
    while let Some((key, object)) = seen.next(objects, &list.prefix) {
        if page.entries.len() + page.common_prefixes.len() == largest {
            page.next_token = seen.token();
            break;
        }
        if let Some(group) = group(key, list, delimiter) {
            page.common_prefixes.push(group.to_owned());
            seen = Seen::Group(group.to_owned());
        } else {
            let (size, etag) = (object.body.len() as u64, object.etag.clone());
            page.entries.push(Entry {
                key: key.clone(),
                size,
                etag,
                last_modified: object.last_modified,
            });
            seen = Seen::Upto(key.clone());
        }
    }
    Some(page)
}

/// How far a listing has come.
enum Seen {
    Nothing,
    /// All keys up to and with this one.
    Upto(String),
    /// All keys up to this common prefix, and all that begin with it.
    Group(String),
}

impl Seen {
    /// Reads a token's text: no key is listed alone that is its own group.
    fn within(text: String, list: &List, delimiter: Option<&str>) -> Self {
        if group(&text, list, delimiter) == Some(&text) {
            Self::Group(text)
        } else {
            Self::Upto(text)
        }
    }

    fn token(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Upto(text) | Self::Group(text) => Some(BASE64_URL_SAFE_NO_PAD.encode(text)),
        }
    }

    fn next<'a>(
        &self,
        objects: &'a BTreeMap<String, Object>,
        prefix: &str,
    ) -> Option<(&'a String, &'a Object)> {
        let start = match self {
            Self::Upto(text) if text.as_str() >= prefix => Excluded(text.clone()),
            Self::Group(text) if text.as_str() >= prefix => Included(past(text)?),
            _ => Included(prefix.to_owned()),
        };
        objects.range((start, Unbounded)).next().filter(|(key, _)| key.starts_with(prefix))
    }
}

fn opened(token: &str) -> Option<String> {
    String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}

/// Returns the common prefix that a key is rolled into.
fn group<'a>(key: &'a str, list: &List, delimiter: Option<&str>) -> Option<&'a str> {
    let (delimiter, rest) = (delimiter?, key.strip_prefix(list.prefix.as_str())?);
    rest.find(delimiter).map(|at| &key[..list.prefix.len() + at + delimiter.len()])
}

/// Returns the least text after all texts that begin with this one; `None` where there is none.
fn past(prefix: &str) -> Option<String> {
    let mut kept = prefix;
    while let Some(last) = kept.chars().next_back() {
        kept = &kept[..kept.len() - last.len_utf8()];
        // The surrogate gap is the only hole in the code points.
        let next =
            if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(last as u32 + 1) };
        if let Some(next) = next {
            return Some(format!("{kept}{next}"));
        }
    }
    None
}
