//! Labels that met no capture in time.

use super::place::Home;
use super::upload::union;
use crate::digest::fingerprint;
use crate::fault::{failed, unread};
use crate::{Call, Suite};
use ports::{GroundTruth, HourIndex, Orphans, Refusal, Side};

/// Ids that a report names.
const MOST_IDS: usize = 10_000;
const DAY: i64 = 86_400;

/// Reports the labels whose time to meet a capture ended within the last day; returns how many.
///
/// A report is written anew each time and says the same: nothing changes behind it.
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
    let found = suite.shelves.index_hours(endpoint, Side::Labels, until - DAY, until).await;
    let mut all = 0;
    for (hour, etag) in found.map_err(failed("indexes not listed"))? {
        let index = suite.shelves.index(endpoint, Side::Labels, hour, Some(&etag)).await;
        let Some(index) = index.map_err(unread("index not read"))? else { continue };
        let orphans = of_hour(suite, home, &index.value).await?;
        if 0 < orphans.labels {
            let kept = suite.shelves.keep_orphans(&orphans).await;
            kept.map_err(failed("report of orphans not written"))?;
        }
        all += orphans.labels;
    }
    Ok(all)
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
    let captured = captured(suite, home, uploads.hour).await?;
    for upload in &uploads.entries {
        let is_open = |it: &u64| captured.binary_search(it).is_err();
        if !upload.ids.iter().any(is_open) {
            continue;
        }
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

/// Returns the fingerprints of all ids that were captured around an hour.
async fn captured<W, S>(
    suite: &Suite<'_, W, S>,
    home: &Home,
    hour: i64,
) -> Result<Vec<u64>, Refusal>
where
    S: GroundTruth,
{
    let endpoint = &home.record.endpoint;
    let (from, until) = home.span(hour);
    let found = suite.shelves.index_hours(endpoint, Side::Captures, from, until + 3600).await;
    let mut ids = Vec::new();
    for (at, etag) in found.map_err(failed("indexes not listed"))? {
        let index = suite.shelves.index(endpoint, Side::Captures, at, Some(&etag)).await;
        let Some(index) = index.map_err(unread("index not read"))? else { continue };
        for entry in &index.value.entries {
            ids.extend_from_slice(&entry.ids);
        }
    }
    Ok(union(std::iter::once(ids.as_slice())))
}
