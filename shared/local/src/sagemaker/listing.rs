//! Lists of monitors, jobs and models: filters, order, pages.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;

use super::{
    NamePage,
    refusal::{Refused, invalid},
    shape::{Query, SortBy, SortOrder},
};

/// What a list can be filtered and sorted by; a resource has some of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) scheduled: Option<Timestamp>,
    pub(super) status: &'a str,
    /// Tells entries of one name apart.
    pub(super) number: usize,
}

impl<'a> Entry<'a> {
    pub(super) fn new(name: &'a str, created: Timestamp) -> Self {
        Self { name, created, modified: created, scheduled: None, status: "", number: 0 }
    }

    fn wanted(&self, query: &Query) -> bool {
        fn within(time: Timestamp, after: Option<Timestamp>, before: Option<Timestamp>) -> bool {
            after.is_none_or(|after| time > after) && before.is_none_or(|before| time < before)
        }
        query.name_contains.as_ref().is_none_or(|part| self.name.contains(part.as_str()))
            && query.status_equals.as_ref().is_none_or(|status| self.status == status)
            && within(self.created, query.creation_time_after, query.creation_time_before)
            && within(
                self.modified,
                query.last_modified_time_after,
                query.last_modified_time_before,
            )
            && self.scheduled.is_none_or(|scheduled| {
                within(scheduled, query.scheduled_time_after, query.scheduled_time_before)
            })
    }

    /// Returns a text that sorts as the entry does.
    fn key(&self, by: SortBy) -> String {
        let time = |time: Timestamp| format!("{:020}", time.as_nanosecond().max(0));
        let first = match by {
            SortBy::Name => String::new(),
            SortBy::CreationTime => time(self.created),
            SortBy::ScheduledTime => time(self.scheduled.unwrap_or(self.created)),
            SortBy::Status => self.status.to_owned(),
        };
        format!("{first} {} {:012}", self.name, self.number)
    }
}

/// Cuts the page that a query asks for out of all there is.
///
/// The token names the last entry of the page before, so that a page follows on even where that entry is gone.
pub(super) fn page<'a, T: 'a, S>(
    all: impl Iterator<Item = &'a T>,
    query: &Query,
    order: SortOrder,
    entry: impl Fn(&'a T) -> Entry<'a>,
    summary: impl Fn(&'a T) -> S,
) -> Result<NamePage<S>, Refused> {
    let size = query.max_results.unwrap_or(10);
    if !(1..=100).contains(&size) {
        return Err(invalid("MaxResults must be from 1 to 100".to_owned()));
    }
    let by = query.sort_by.unwrap_or(SortBy::CreationTime);
    let mut found: Vec<(String, &T)> = all
        .map(|it| (entry(it), it))
        .filter(|(entry, _)| entry.wanted(query))
        .map(|(entry, it)| (entry.key(by), it))
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    if query.sort_order.unwrap_or(order) == SortOrder::Descending {
        found.reverse();
    }
    let start = match &query.next_token {
        None => 0,
        Some(token) => {
            let last =
                read_token(token).ok_or_else(|| invalid("Invalid pagination token.".to_owned()))?;
            match query.sort_order.unwrap_or(order) {
                SortOrder::Ascending => found.partition_point(|(key, _)| *key <= last),
                SortOrder::Descending => found.partition_point(|(key, _)| *key >= last),
            }
        }
    };
    let end = (start + size).min(found.len());
    let more = start < end && end < found.len();
    let next_token = more.then(|| BASE64_URL_SAFE_NO_PAD.encode(&found[end - 1].0));
    let entries = found[start..end].iter().map(|(_, it)| summary(it)).collect();
    Ok(NamePage { entries, next_token })
}

fn read_token(token: &str) -> Option<String> {
    String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}
