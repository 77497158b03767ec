//! What is noted of an object before anything is looked up for it.

use super::place::{Home, decoded};
use crate::digest::{digest, fingerprint};
use crate::fault::{failed, unread};
use crate::{Call, Suite};
use ports::{
    Address, CaptureFile, GroundTruth, HourIndex, IndexEntry, Label, LabelRank, Next, ReadFailed,
    ReadObjects, ReadTruth, Refusal, Side, WriteFault, WrittenObject,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Labels of an upload that are kept and joined together.
const TOGETHER: usize = 20_000;
/// Times that an index is written against others.
const TRIES: u32 = 32;
/// Stands for the sequencer of what a listing shows; after those of events that came before.
const LISTED: &str = "~";
/// What a listing shows is taken for lost after so long; until then its event may come.
pub(super) const GRACE: i64 = 900;

/// The labels of one upload, or a part of a large one.
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) written_at: i64,
    pub(super) sequencer: String,
    pub(super) ids: Vec<u64>,
    pub(super) labels: Arc<Vec<Label>>,
}

impl Upload {
    pub(super) fn of(entry: &IndexEntry, labels: Arc<Vec<Label>>) -> Self {
        Self {
            name: entry.name.clone(),
            written_at: entry.written_at,
            sequencer: entry.sequencer.clone(),
            ids: entry.ids.clone(),
            labels,
        }
    }

    pub(super) fn rank(&self, place: usize) -> LabelRank {
        LabelRank {
            at: self.labels[place].at.unwrap_or(self.written_at),
            written_at: self.written_at,
            sequencer: self.sequencer.clone(),
            upload: self.name.clone(),
            place: place as u64,
        }
    }
}

/// A label object that was taken in.
pub(super) struct Taken {
    pub(super) written_at: i64,
    pub(super) uploads: Vec<Upload>,
    pub(super) set_aside: u64,
}

/// What of an object a merge can hold, and what to do with a larger one.
#[derive(Clone, Copy)]
pub(super) struct Most {
    bytes: u64,
    advice: &'static str,
}

impl Most {
    fn labels<W, S>(suite: &Suite<'_, W, S>) -> Self {
        let advice = "label file is larger than a merge reads: upload it in parts";
        Self { bytes: suite.limits.most_truth_bytes, advice }
    }

    pub(super) fn captures<W, S>(suite: &Suite<'_, W, S>) -> Self {
        Self { bytes: suite.limits.most_capture_bytes, advice: LARGE_CAPTURES }
    }
}

const LARGE_CAPTURES: &str =
    "capture file is larger than a merge reads: join it by hand, with vigil merge";

/// Reads the records of a capture file.
pub(super) fn captures_of<W, S>(
    suite: &Suite<'_, W, S>,
    bytes: Vec<u8>,
    uri: &str,
) -> Result<CaptureFile, Refusal>
where
    S: ReadTruth,
{
    let file = suite.shelves.capture_file(bytes, suite.limits.most_capture_bytes);
    file.map_err(|why| {
        Refusal::new(Next::FixInput, LARGE_CAPTURES).fact("object", uri).because(why)
    })
}

pub(super) enum Fetched {
    Whole {
        bytes: Vec<u8>,
        etag: String,
    },
    /// It is gone, or another by now.
    Superseded,
}

/// Reads the object that an event names, if it is still that one.
pub(super) async fn fetch<W, S>(
    suite: &Suite<'_, W, S>,
    object: &WrittenObject,
    most: Most,
) -> Result<Fetched, Refusal>
where
    W: ReadObjects,
{
    let mut found = whole(suite, &object.at, most).await?;
    if found.is_none()
        && let Some(key) = decoded(&object.at.key)
    {
        found = whole(suite, &Address::new(object.at.bucket.as_str(), key), most).await?;
    }
    let Some((bytes, etag)) = found else { return Ok(Fetched::Superseded) };
    let etag = etag.trim_matches('"').to_owned();
    if object.etag.as_ref().is_some_and(|it| *it != etag) {
        return Ok(Fetched::Superseded);
    }
    Ok(Fetched::Whole { bytes, etag })
}

/// Reads a capture file that was noted; `None` where it is gone or another.
pub(super) async fn fetch_noted<W, S>(
    suite: &Suite<'_, W, S>,
    entry: &IndexEntry,
) -> Result<Option<Vec<u8>>, Refusal>
where
    W: ReadObjects,
{
    let at = Address::new(entry.bucket.as_str(), entry.key.as_str());
    let most = Most::captures(suite);
    let found = match whole(suite, &at, most).await? {
        None => match decoded(&entry.key) {
            Some(key) => whole(suite, &Address::new(entry.bucket.as_str(), key), most).await?,
            None => None,
        },
        found => found,
    };
    Ok(found.filter(|(_, etag)| etag.trim_matches('"') == entry.etag).map(|(bytes, _)| bytes))
}

async fn whole<W, S>(
    suite: &Suite<'_, W, S>,
    at: &Address,
    most: Most,
) -> Result<Option<(Vec<u8>, String)>, Refusal>
where
    W: ReadObjects,
{
    match suite.world.read(at, 0, most.bytes).await {
        Ok(piece) if (piece.bytes.len() as u64) < piece.size => {
            Err(Refusal::new(Next::FixInput, most.advice)
                .fact("object", at.uri())
                .fact("bytes", piece.size)
                .fact("most", most.bytes))
        }
        Ok(piece) => Ok(Some((piece.bytes, piece.etag.0))),
        Err(ReadFailed::Missing) => Ok(None),
        Err(ReadFailed::Other(trouble)) => {
            Err(Refusal::of("object not read", trouble).fact("object", at.uri()))
        }
    }
}

/// One write of a label object: the same write has the same name, whoever tells of it and how often.
struct Write {
    name: String,
    written_at: i64,
    sequencer: String,
}

impl Write {
    fn of(object: &WrittenObject, etag: &str, now: i64) -> Self {
        let written_at = object.written_at.unwrap_or(now);
        let place = (object.at.bucket.as_str(), object.at.key.as_str());
        let Some(sequencer) = object.sequencer.as_deref() else {
            let name = digest([place.0, place.1, etag, LISTED, &written_at.to_string()]);
            return Self { name, written_at, sequencer: LISTED.to_owned() };
        };
        let name = digest([place.0, place.1, etag, sequencer]);
        let plain = sequencer.to_ascii_uppercase();
        let sequencer = plain.trim_end_matches('0').to_owned();
        Self { name, written_at, sequencer }
    }

    /// Whether an index holds this write as another told of it: an event, or a listing.
    ///
    /// What a listing shows was the object's content for a while ([`GRACE`]): an event of
    /// that time is of the same write. And an event since then is, as nothing came after.
    fn is_that_of(&self, entry: &IndexEntry, skew: i64) -> bool {
        let after = entry.written_at - self.written_at;
        match (self.sequencer == LISTED, entry.sequencer == LISTED) {
            (true, false) => -skew <= after,
            (false, true) => (-GRACE..=skew).contains(&after),
            _ => false,
        }
    }
}

impl From<&IndexEntry> for Write {
    fn from(it: &IndexEntry) -> Self {
        let (name, _part) = it.name.rsplit_once('-').unwrap_or((&it.name, ""));
        let (name, sequencer) = (name.to_owned(), it.sequencer.clone());
        Self { name, written_at: it.written_at, sequencer }
    }
}

pub(super) fn capture_entry(
    object: &WrittenObject,
    etag: &str,
    variant: &str,
    file: &CaptureFile,
) -> IndexEntry {
    let ids = sorted(file.records.iter().map(|it| fingerprint(&it.id)));
    let events = sorted(file.records.iter().map(|it| fingerprint(&it.event)));
    IndexEntry {
        // The same content of the same key holds the same captures, whenever it was written.
        name: digest([object.at.bucket.as_str(), object.at.key.as_str(), etag]),
        bucket: object.at.bucket.clone(),
        key: object.at.key.clone(),
        etag: etag.to_owned(),
        variant: variant.to_owned(),
        events: if events == ids { Vec::new() } else { events },
        ids,
        set_aside: file.set_aside,
        ..IndexEntry::default()
    }
}

fn sorted(of: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut all: Vec<u64> = of.collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Puts sorted lists together.
pub(super) fn union<'a>(of: impl Iterator<Item = &'a [u64]>) -> Vec<u64> {
    sorted(of.flatten().copied())
}

/// Reads a label object, keeps its labels and notes them; `None` where it is superseded.
///
/// From then on nothing depends on the object any more: it may be overwritten
/// or removed.
pub(super) async fn take<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    home: &Home,
    object: &WrittenObject,
) -> Result<Option<Taken>, Refusal>
where
    W: ReadObjects,
    S: GroundTruth + ReadTruth,
{
    let endpoint = &home.record.endpoint;
    let (etag, whole) = match fetch(suite, object, Most::labels(suite)).await? {
        Fetched::Whole { bytes, etag } => {
            let most = suite.limits.most_labels;
            let file = suite.shelves.label_file(bytes, &home.form(), most).map_err(|why| {
                Refusal::new(Next::FixInput, "labels not understood")
                    .fact("object", object.at.uri())
                    .because(why)
            })?;
            (etag, Some((chunks(file.labels), file.set_aside)))
        }
        // A try before this one may have kept the labels before the object went.
        Fetched::Superseded => match &object.etag {
            Some(etag) => (etag.clone(), None),
            None => return Ok(None),
        },
    };
    let mut write = Write::of(object, &etag, call.now);
    let same = known(suite, endpoint, object, (&write, &etag)).await?;
    let mut is_known = same.is_some();
    write = same.unwrap_or(write);
    let (parts, set_aside) = match whole {
        Some(it) => it,
        None => (kept_before(suite, endpoint, &write).await?, 0),
    };
    if parts.is_empty() && set_aside == 0 {
        return Ok(None);
    }
    for _ in 0..TRIES {
        let mut uploads = Vec::new();
        for (at, labels) in parts.iter().enumerate() {
            let ids = sorted(labels.iter().map(|it| fingerprint(&it.id)));
            let Write { name, written_at, sequencer } = &write;
            let (name, written_at, sequencer) =
                (format!("{name}-{at}"), *written_at, sequencer.clone());
            let kept = suite.shelves.keep_labels(endpoint, &name, labels).await;
            kept.map_err(failed("labels not kept"))?;
            uploads.push(Upload { name, written_at, sequencer, ids, labels: Arc::clone(labels) });
        }
        let entries = uploads.iter().map(|it| IndexEntry {
            name: it.name.clone(),
            bucket: object.at.bucket.clone(),
            key: object.at.key.clone(),
            etag: etag.clone(),
            written_at: it.written_at,
            sequencer: it.sequencer.clone(),
            ids: it.ids.clone(),
            set_aside,
            ..IndexEntry::default()
        });
        let entries = entries.collect();
        match note_unless(suite, endpoint, Side::Labels, hour_of(write.written_at), entries, |it| {
            !is_known && is_of(it, object, &etag) && write.is_that_of(it, suite.limits.skew)
        })
        .await?
        {
            None => return Ok(Some(Taken { written_at: write.written_at, uploads, set_aside })),
            Some(it) => (write, is_known) = (it, true),
        }
    }
    Err(Refusal::new(Next::TryAgain, "labels are told of in two ways at once")
        .fact("object", object.at.uri()))
}

fn hour_of(at: i64) -> i64 {
    at.div_euclid(3600) * 3600
}

fn is_of(entry: &IndexEntry, object: &WrittenObject, etag: &str) -> bool {
    entry.bucket == object.at.bucket && entry.key == object.at.key && entry.etag == etag
}

/// Returns the write as an index holds it already, told of by another.
async fn known<W, S>(
    suite: &Suite<'_, W, S>,
    endpoint: &str,
    object: &WrittenObject,
    (write, etag): (&Write, &str),
) -> Result<Option<Write>, Refusal>
where
    S: GroundTruth,
{
    // An event comes after the time that a listing shows.
    let beside =
        if write.sequencer == LISTED { write.written_at + GRACE } else { write.written_at - GRACE };
    for hour in BTreeSet::from([hour_of(write.written_at), hour_of(beside)]) {
        let index = suite.shelves.index(endpoint, Side::Labels, hour, None).await;
        let Some(index) = index.map_err(unread("index not read"))? else { continue };
        let mut entries = index.value.entries.iter().filter(|it| is_of(it, object, etag));
        if let Some(it) = entries.find(|it| write.is_that_of(it, suite.limits.skew)) {
            return Ok(Some(it.into()));
        }
    }
    Ok(None)
}

fn chunks(labels: Vec<Label>) -> Vec<Arc<Vec<Label>>> {
    if labels.len() <= TOGETHER {
        return if labels.is_empty() { Vec::new() } else { vec![Arc::new(labels)] };
    }
    labels.chunks(TOGETHER).map(|it| Arc::new(it.to_vec())).collect()
}

/// Returns the labels that an earlier try kept, up to the first part that is not there.
async fn kept_before<W, S>(
    suite: &Suite<'_, W, S>,
    endpoint: &str,
    write: &Write,
) -> Result<Vec<Arc<Vec<Label>>>, Refusal>
where
    S: GroundTruth,
{
    let name = &write.name;
    let mut parts = Vec::new();
    loop {
        let kept = suite.shelves.kept_labels(endpoint, &format!("{name}-{}", parts.len())).await;
        match kept.map_err(unread("labels not read"))? {
            Some(labels) => parts.push(labels),
            None => return Ok(parts),
        }
    }
}

/// Puts entries into the index of an hour; those that are in stay as they are.
pub(super) async fn note<W, S>(
    suite: &Suite<'_, W, S>,
    endpoint: &str,
    side: Side,
    hour: i64,
    entries: Vec<IndexEntry>,
) -> Result<(), Refusal>
where
    S: GroundTruth,
{
    note_unless(suite, endpoint, side, hour, entries, |_| false).await.map(|_| ())
}

/// Puts entries into the index of an hour, unless one is there that is the same; returns that write.
async fn note_unless<W, S>(
    suite: &Suite<'_, W, S>,
    endpoint: &str,
    side: Side,
    hour: i64,
    entries: Vec<IndexEntry>,
    is_same: impl Fn(&IndexEntry) -> bool,
) -> Result<Option<Write>, Refusal>
where
    S: GroundTruth,
{
    for _ in 0..TRIES {
        let held = suite.shelves.index(endpoint, side, hour, None).await;
        let held = held.map_err(unread("index not read"))?;
        let mut index = match &held {
            Some(held) => HourIndex::clone(&held.value),
            None => HourIndex { hour, entries: Vec::new() },
        };
        if let Some(same) = index.entries.iter().find(|it| is_same(it)) {
            return Ok(Some(same.into()));
        }
        let before = index.entries.len();
        for entry in &entries {
            let place = index.entries.binary_search_by(|it| it.name.cmp(&entry.name));
            if let Err(at) = place {
                index.entries.insert(at, entry.clone());
            }
        }
        if index.entries.len() == before {
            return Ok(None);
        }
        let expected = held.as_ref().map(|it| &it.etag);
        match suite.shelves.keep_index(endpoint, side, &index, expected).await {
            Ok(_) => return Ok(None),
            Err(WriteFault::Lost) => {}
            Err(WriteFault::Other(trouble)) => {
                return Err(Refusal::of("index not written", trouble));
            }
        }
    }
    Err(Refusal::new(Next::TryAgain, "index changes faster than it can be written")
        .fact("endpoint", endpoint))
}
