//! Labels that met no capture in time.

use super::place::Home;
use super::upload::union;
use crate::digest::fingerprint;
use crate::fault::{failed, unread};
use crate::{Call, Suite};
use ports::{GroundTruth, HourIndex, Orphans, Refusal, Side, WriteFault};
use std::collections::BTreeMap;

/// Ids that a report names.
const MOST_IDS: usize = 10_000;
const DAY: i64 = 86_400;
/// Upload hours that one look counts; an hour without orphans takes few indexes.
const MOST_HOURS: usize = 6;

/// Reports the labels whose time to meet a capture ended within the last day; returns how many.
///
/// Nothing changes behind an hour of uploads that is over: it is counted once.
pub(super) async fn report<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    home: &Home,
) -> Result<u64, Refusal>
where
    S: GroundTruth,
{
    let endpoint = &home.record.endpoint;
    let expiry = home.wanted.ground_truth.expiry;
    // An upload's hour is over for good once its last minute is.
    let until = call.now - expiry - 2 * 3600;
    let held = suite.shelves.backfill(endpoint).await.map_err(unread("backfill not read"))?;
    let mut at = held.as_ref().map(|it| it.value.clone()).unwrap_or_default();
    let mut counts: BTreeMap<i64, u64> = at.expired.iter().copied().collect();
    let found = suite.shelves.index_hours(endpoint, Side::Labels, until - DAY, until).await;
    let mut found = found.map_err(failed("indexes not listed"))?;
    found.retain(|(hour, _)| !counts.contains_key(hour));
    for (hour, etag) in found.into_iter().take(MOST_HOURS) {
        let index = suite.shelves.index(endpoint, Side::Labels, hour, Some(&etag)).await;
        let Some(index) = index.map_err(unread("index not read"))? else { continue };
        let orphans = of_hour(suite, home, &index.value).await?;
        if 0 < orphans.labels {
            let kept = suite.shelves.keep_orphans(&orphans).await;
            kept.map_err(failed("report of orphans not written"))?;
        }
        counts.insert(hour, orphans.labels);
    }
    counts.retain(|hour, _| until - DAY - 3600 < *hour);
    let all = counts.values().sum();
    let before = std::mem::replace(&mut at.expired, counts.into_iter().collect());
    if before == at.expired {
        return Ok(all);
    }
    match suite.shelves.keep_backfill(endpoint, &at, held.as_ref().map(|it| &it.etag)).await {
        // Another look counts the same.
        Ok(_) | Err(WriteFault::Lost) => Ok(all),
        Err(WriteFault::Other(trouble)) => Err(Refusal::of("backfill not written", trouble)),
    }
}

async fn of_hour<W, S>(
    suite: &Suite<'_, W, S>,
    home: &Home,
    uploads: &HourIndex,
) -> Result<Orphans, Refusal>
where
    S: GroundTruth,
{
    let endpoint = &home.record.endpoint;
    let mut orphans =
        Orphans { endpoint: endpoint.clone(), hour: uploads.hour, ..Orphans::default() };
    let open = open(suite, home, uploads).await?;
    let is_open = |it: &u64| open.binary_search(it).is_ok();
    for upload in uploads.entries.iter().filter(|it| it.ids.iter().any(is_open)) {
        let kept = suite.shelves.kept_labels(endpoint, &upload.name).await;
        let Some(labels) = kept.map_err(unread("labels not read"))? else { continue };
        for label in labels.iter().filter(|it| is_open(&fingerprint(&it.id))) {
            orphans.labels += 1;
            if orphans.ids.len() < MOST_IDS {
                orphans.ids.push((label.id.clone(), upload.key.clone()));
            }
        }
    }
    Ok(orphans)
}

/// Returns the fingerprints of labels that no capture around their hour has, sorted.
///
/// The nearest captures are looked at first, and no more once every label has met one.
async fn open<W, S>(
    suite: &Suite<'_, W, S>,
    home: &Home,
    uploads: &HourIndex,
) -> Result<Vec<u64>, Refusal>
where
    S: GroundTruth,
{
    let endpoint = &home.record.endpoint;
    let mut open = union(uploads.entries.iter().map(|it| it.ids.as_slice()));
    if open.is_empty() {
        return Ok(open);
    }
    let (from, until) = home.span(uploads.hour);
    let found = suite.shelves.index_hours(endpoint, Side::Captures, from, until + 3600).await;
    let mut found = found.map_err(failed("indexes not listed"))?;
    found.sort_by_key(|(at, _)| ((at - uploads.hour).abs(), *at));
    for (at, etag) in found {
        let index = suite.shelves.index(endpoint, Side::Captures, at, Some(&etag)).await;
        let Some(index) = index.map_err(unread("index not read"))? else { continue };
        for entry in &index.value.entries {
            open.retain(|it| entry.ids.binary_search(it).is_err());
        }
        if open.is_empty() {
            break;
        }
    }
    Ok(open)
}
