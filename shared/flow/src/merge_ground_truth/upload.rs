//! What is noted of an object before anything is looked up for it.

use super::place::{Home, decoded};
use crate::digest::{digest, fingerprint};
use crate::fault::{failed, unread};
use crate::{Call, Suite};
use ports::{
    Address, CaptureFile, GroundTruth, HourIndex, IndexEntry, Label, LabelRank, Next, ReadFailed,
    ReadObjects, ReadTruth, Refusal, Side, WriteFault, WrittenObject,
};
use std::sync::Arc;

/// Labels of an upload that are kept and joined together.
const TOGETHER: usize = 20_000;
/// Times that an index is written against others.
const TRIES: u32 = 32;

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
) -> Result<Fetched, Refusal>
where
    W: ReadObjects,
{
    let mut found = whole(suite, &object.at).await?;
    if found.is_none()
        && let Some(key) = decoded(&object.at.key)
    {
        found = whole(suite, &Address::new(object.at.bucket.as_str(), key)).await?;
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
    let found = match whole(suite, &at).await? {
        None => match decoded(&entry.key) {
            Some(key) => whole(suite, &Address::new(entry.bucket.as_str(), key)).await?,
            None => None,
        },
        found => found,
    };
    Ok(found.filter(|(_, etag)| etag.trim_matches('"') == entry.etag).map(|(bytes, _)| bytes))
}

async fn whole<W, S>(
    suite: &Suite<'_, W, S>,
    at: &Address,
) -> Result<Option<(Vec<u8>, String)>, Refusal>
where
    W: ReadObjects,
{
    let most = suite.limits.most_truth_bytes;
    match suite.world.read(at, 0, most).await {
        Ok(piece) if (piece.bytes.len() as u64) < piece.size => {
            Err(Refusal::new(Next::FixInput, "object is larger than a merge reads; split it")
                .fact("object", at.uri())
                .fact("bytes", piece.size)
                .fact("most", most))
        }
        Ok(piece) => Ok(Some((piece.bytes, piece.etag.0))),
        Err(ReadFailed::Missing) => Ok(None),
        Err(ReadFailed::Other(trouble)) => {
            Err(Refusal::of("object not read", trouble).fact("object", at.uri()))
        }
    }
}

/// Names a content: the same write has the same name, whoever tells of it and how often.
fn name_of(object: &WrittenObject, etag: &str) -> String {
    let sequencer = object.sequencer.as_deref().unwrap_or_default();
    digest([object.at.bucket.as_str(), object.at.key.as_str(), etag, sequencer])
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
        name: name_of(object, etag),
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
    let written_at = object.written_at.unwrap_or(call.now);
    let sequencer = object.sequencer.as_deref().unwrap_or_default().to_ascii_uppercase();
    let sequencer = sequencer.trim_end_matches('0').to_owned();
    let (etag, parts, set_aside) = match fetch(suite, object).await? {
        Fetched::Whole { bytes, etag } => {
            let file = suite.shelves.label_file(bytes, &home.form()).map_err(|why| {
                Refusal::new(Next::FixInput, "labels not understood")
                    .fact("object", object.at.uri())
                    .because(why)
            })?;
            (etag, chunks(file.labels), file.set_aside)
        }
        // A try before this one may have kept the labels before the object went.
        Fetched::Superseded => match &object.etag {
            Some(etag) => (etag.clone(), kept_before(suite, endpoint, object, etag).await?, 0),
            None => return Ok(None),
        },
    };
    if parts.is_empty() && set_aside == 0 {
        return Ok(None);
    }
    let name = name_of(object, &etag);
    let mut uploads = Vec::new();
    for (at, labels) in parts.into_iter().enumerate() {
        let ids = sorted(labels.iter().map(|it| fingerprint(&it.id)));
        let (name, sequencer) = (format!("{name}-{at}"), sequencer.clone());
        let kept = suite.shelves.keep_labels(endpoint, &name, &labels).await;
        kept.map_err(failed("labels not kept"))?;
        uploads.push(Upload { name, written_at, sequencer, ids, labels });
    }
    let entries = uploads.iter().map(|it| IndexEntry {
        name: it.name.clone(),
        bucket: object.at.bucket.clone(),
        key: object.at.key.clone(),
        etag: etag.clone(),
        written_at,
        sequencer: sequencer.clone(),
        ids: it.ids.clone(),
        set_aside,
        ..IndexEntry::default()
    });
    let hour = written_at.div_euclid(3600) * 3600;
    note(suite, endpoint, Side::Labels, hour, entries.collect()).await?;
    Ok(Some(Taken { written_at, uploads, set_aside }))
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
    object: &WrittenObject,
    etag: &str,
) -> Result<Vec<Arc<Vec<Label>>>, Refusal>
where
    S: GroundTruth,
{
    let name = name_of(object, etag);
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
    for _ in 0..TRIES {
        let held = suite.shelves.index(endpoint, side, hour, None).await;
        let held = held.map_err(unread("index not read"))?;
        let mut index = match &held {
            Some(held) => HourIndex::clone(&held.value),
            None => HourIndex { hour, entries: Vec::new() },
        };
        let before = index.entries.len();
        for entry in &entries {
            let place = index.entries.binary_search_by(|it| it.name.cmp(&entry.name));
            if let Err(at) = place {
                index.entries.insert(at, entry.clone());
            }
        }
        if index.entries.len() == before {
            return Ok(());
        }
        let expected = held.as_ref().map(|it| &it.etag);
        match suite.shelves.keep_index(endpoint, side, &index, expected).await {
            Ok(_) => return Ok(()),
            Err(WriteFault::Lost) => {}
            Err(WriteFault::Other(trouble)) => {
                return Err(Refusal::of("index not written", trouble));
            }
        }
    }
    Err(Refusal::new(Next::TryAgain, "index changes faster than it can be written")
        .fact("endpoint", endpoint))
}
