//! Labels meet the captures they are of (reference: reliability 3.3, merge).
//!
//! Each side is noted before the other is looked up, so that the later of the
//! two always finds the earlier. A pair of inputs becomes a part whose name
//! stands for both; the view of an hour is made of all its parts. Whatever is
//! done twice, late or beside a copy ends in the same view.

mod backfill;
mod numbers;
mod orphans;
mod pairing;
mod place;
mod settle;
mod telling;
mod upload;
mod view;

pub use numbers::Coverage;
pub use settle::{Settled, settle_labels};

use crate::fault::{failed, unread};
use crate::{Call, Suite};
use pairing::{Joined, pairs};
use place::{Home, Kind, homes};
use ports::{
    Address, EndpointRecords, Executions, GroundTruth, HourTruth, IndexEntry, Next, PostEvents,
    PutMetrics, ReadObjects, ReadTruth, Refusal, Side, StatusBoard, TruthHour, WrittenObject,
};
use std::collections::{BTreeMap, BTreeSet};
use upload::{Fetched, Most, Upload, fetch};

/// What became of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Merged {
    Merged {
        /// Records or labels that were read.
        records: u64,
        set_aside: u64,
        /// Hours whose view changed.
        changed: usize,
        /// Windows whose judgement was asked for.
        told: usize,
    },
    /// It was overwritten or removed since; what was written then has its own event.
    Superseded,
    /// It is neither a capture nor a label of an endpoint that awaits labels.
    #[default]
    Skipped,
}

/// Merges an object that was written with all that came before.
pub async fn merge_object<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    object: &WrittenObject,
) -> Result<Merged, Refusal>
where
    W: ReadObjects + PostEvents + PutMetrics + Sync,
    S: EndpointRecords + StatusBoard + GroundTruth + ReadTruth + Executions,
{
    let homes = homes(suite, &object.at).await?;
    let mut ended = Merged::Skipped;
    for home in &homes {
        let became = match &home.kind {
            Kind::Captures { variant, hour } => {
                captures(suite, call, home, variant, *hour, object).await
            }
            Kind::Labels => labels(suite, call, home, object).await,
        };
        if became.as_ref().is_err_and(|it| it.next == Next::FixInput) {
            // The event goes on to the queue of what failed; this tells how often.
            let _ = suite.world.put_metrics(&[numbers::refused(home, call.now)]).await;
        }
        ended = sum(ended, became?);
    }
    Ok(ended)
}

fn sum(one: Merged, other: Merged) -> Merged {
    match (one, other) {
        (
            Merged::Merged { records, set_aside, changed, told },
            Merged::Merged { changed: also, told: too, .. },
        ) => Merged::Merged { records, set_aside, changed: changed + also, told: told + too },
        (Merged::Skipped, it) | (it, _) => it,
    }
}

/// Takes in a capture file of one hour: it meets every upload in its time.
async fn captures<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    home: &Home,
    variant: &str,
    hour: i64,
    object: &WrittenObject,
) -> Result<Merged, Refusal>
where
    W: ReadObjects + PostEvents + Sync,
    S: GroundTruth + ReadTruth + Executions,
{
    let most = Most::captures(suite);
    let Fetched::Whole { bytes, etag } = fetch(suite, object, most).await? else {
        return Ok(Merged::Superseded);
    };
    let file = upload::captures_of(suite, bytes, &object.at.uri())?;
    let entry = upload::capture_entry(object, &etag, variant, &file);
    let endpoint = &home.record.endpoint;
    upload::note(suite, endpoint, Side::Captures, hour, vec![entry.clone()]).await?;
    let of = TruthHour { endpoint: endpoint.clone(), variant: variant.into(), hour };
    let known = part_names(suite, &of).await?;
    for upload in uploads(suite, home, hour).await? {
        let name = format!("{}x{}", entry.name, upload.name);
        if known.contains(&name) || !meet(&entry.ids, &upload.ids) {
            continue;
        }
        let kept = suite.shelves.kept_labels(endpoint, &upload.name).await;
        let kept = kept.map_err(unread("labels not read"))?;
        let Some(kept) = kept else { continue };
        let upload = Upload::of(&upload, kept);
        keep(suite, &of, &name, pairs(&file.records, &upload)).await?;
    }
    let counts = (file.records.len() as u64, file.set_aside);
    finish(suite, call, home, BTreeSet::from([of]), counts).await
}

/// Takes in an upload of labels: it meets every capture file in its time.
async fn labels<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    home: &Home,
    object: &WrittenObject,
) -> Result<Merged, Refusal>
where
    W: ReadObjects + PostEvents + Sync,
    S: GroundTruth + ReadTruth + Executions,
{
    let Some(taken) = upload::take(suite, call, home, object).await? else {
        return Ok(Merged::Superseded);
    };
    let endpoint = &home.record.endpoint;
    let mut hours = BTreeSet::new();
    let mut known: BTreeMap<TruthHour, BTreeSet<String>> = BTreeMap::new();
    let wanted: Vec<u64> = upload::union(taken.uploads.iter().map(|it| it.ids.as_slice()));
    let (from, until) = home.span(taken.written_at);
    let found = suite.shelves.index_hours(endpoint, Side::Captures, from, until).await;
    for (hour, etag) in found.map_err(failed("indexes not listed"))? {
        if !home.awaits(hour, taken.written_at) {
            continue;
        }
        let index = suite.shelves.index(endpoint, Side::Captures, hour, Some(&etag)).await;
        let Some(index) = index.map_err(unread("index not read"))? else { continue };
        for entry in index.value.entries.iter().filter(|it| meet(&it.ids, &wanted)) {
            let of = TruthHour { endpoint: endpoint.clone(), variant: entry.variant.clone(), hour };
            if !known.contains_key(&of) {
                known.insert(of.clone(), part_names(suite, &of).await?);
            }
            pair_captures(suite, &of, entry, &taken.uploads, &known[&of]).await?;
            hours.insert(of);
        }
    }
    let labels = taken.uploads.iter().map(|it| it.labels.len() as u64).sum();
    finish(suite, call, home, hours, (labels, taken.set_aside)).await
}

/// Pairs a capture file that was noted with the uploads of one object.
async fn pair_captures<W, S>(
    suite: &Suite<'_, W, S>,
    of: &TruthHour,
    entry: &IndexEntry,
    uploads: &[Upload],
    known: &BTreeSet<String>,
) -> Result<(), Refusal>
where
    W: ReadObjects,
    S: GroundTruth + ReadTruth,
{
    let name = |it: &Upload| format!("{}x{}", entry.name, it.name);
    let open: Vec<&Upload> = uploads
        .iter()
        .filter(|it| !known.contains(&name(it)) && meet(&entry.ids, &it.ids))
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    // A file that is gone or another by now has lost its labels with it: the next one has its own event.
    let Some(bytes) = upload::fetch_noted(suite, entry).await? else { return Ok(()) };
    let uri = Address::new(entry.bucket.as_str(), entry.key.as_str()).uri();
    let file = upload::captures_of(suite, bytes, &uri)?;
    for it in open {
        keep(suite, of, &name(it), pairs(&file.records, it)).await?;
    }
    Ok(())
}

/// Whether two sorted lists have a member in common.
fn meet(one: &[u64], other: &[u64]) -> bool {
    let (few, many) = if one.len() < other.len() { (one, other) } else { (other, one) };
    if 16 * few.len() < many.len() {
        return few.iter().any(|it| many.binary_search(it).is_ok());
    }
    let (mut at, mut to) = (0, 0);
    while let (Some(left), Some(right)) = (few.get(at), many.get(to)) {
        match left.cmp(right) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => at += 1,
            std::cmp::Ordering::Greater => to += 1,
        }
    }
    false
}

async fn part_names<W, S>(
    suite: &Suite<'_, W, S>,
    of: &TruthHour,
) -> Result<BTreeSet<String>, Refusal>
where
    S: GroundTruth,
{
    let names = suite.shelves.part_names(of).await.map_err(failed("parts not listed"))?;
    Ok(names.into_iter().collect())
}

async fn keep<W, S>(
    suite: &Suite<'_, W, S>,
    of: &TruthHour,
    name: &str,
    joined: Joined,
) -> Result<(), Refusal>
where
    S: GroundTruth,
{
    if joined.is_empty() {
        return Ok(());
    }
    suite.shelves.keep_part(of, name, &joined).await.map_err(failed("part not kept"))
}

/// Returns the uploads that captures of an hour may meet.
async fn uploads<W, S>(
    suite: &Suite<'_, W, S>,
    home: &Home,
    hour: i64,
) -> Result<Vec<IndexEntry>, Refusal>
where
    S: GroundTruth,
{
    let endpoint = &home.record.endpoint;
    let (from, until) = home.span(hour);
    let mut uploads = Vec::new();
    let found = suite.shelves.index_hours(endpoint, Side::Labels, from, until).await;
    for (at, etag) in found.map_err(failed("indexes not listed"))? {
        let index = suite.shelves.index(endpoint, Side::Labels, at, Some(&etag)).await;
        let Some(index) = index.map_err(unread("index not read"))? else { continue };
        let entries = index.value.entries.iter();
        uploads.extend(entries.filter(|it| home.awaits(hour, it.written_at)).cloned());
    }
    Ok(uploads)
}

/// Brings the views of hours to what their parts say, and tells of it.
async fn finish<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    home: &Home,
    hours: BTreeSet<TruthHour>,
    (records, set_aside): (u64, u64),
) -> Result<Merged, Refusal>
where
    W: PostEvents,
    S: GroundTruth + Executions,
{
    let mut changed = 0;
    let mut by_variant: BTreeMap<String, Vec<HourTruth>> = BTreeMap::new();
    for of in hours {
        let (truth, is_new) = view::bring(suite, call, home, &of).await?;
        changed += usize::from(is_new);
        by_variant.entry(of.variant).or_default().push(truth);
    }
    let mut told = 0;
    for (variant, truths) in by_variant {
        let log = telling::note(suite, call, home, &variant, &truths).await?;
        told += telling::tell(suite, call, home, &log).await?;
    }
    Ok(Merged::Merged { records, set_aside, changed, told })
}
