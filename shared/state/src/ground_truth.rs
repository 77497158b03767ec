use crate::keys::hour_of;
use crate::record::{Versioned1, encode_densely};
use crate::shelves::{corrupt, trouble_of};
use crate::truth_cache::Held;
use crate::{Shelves, truth_log};
use engine::merge::write_merged;
use formats::ground_truth::{GroundTruthData, write};
use ports::{
    Address, Backfill, CapturedRecord, Etag, GroundTruth, HourIndex, IndexEntry, Label,
    LabelEncoding, LabelRank, LabelValue, Objects, Orphans, Pair, PutWhen, ReadFault, Side,
    Trouble, TruthHour, TruthLog, Versioned, WriteFault,
};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::sync::Arc;

#[derive(Serialize, Deserialize)]
struct IndexForm {
    entries: Vec<EntryForm>,
}

#[derive(Serialize, Deserialize)]
struct EntryForm {
    name: String,
    bucket: String,
    key: String,
    etag: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    variant: String,
    #[serde(default)]
    written_at: i64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    sequencer: String,
    /// Sixteen digits each.
    ids: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    events: String,
    #[serde(default)]
    set_aside: u64,
}

impl From<&IndexEntry> for EntryForm {
    fn from(it: &IndexEntry) -> Self {
        Self {
            name: it.name.clone(),
            bucket: it.bucket.clone(),
            key: it.key.clone(),
            etag: it.etag.clone(),
            variant: it.variant.clone(),
            written_at: it.written_at,
            sequencer: it.sequencer.clone(),
            ids: digits(&it.ids),
            events: digits(&it.events),
            set_aside: it.set_aside,
        }
    }
}

impl EntryForm {
    fn entry(self) -> Option<IndexEntry> {
        Some(IndexEntry {
            name: self.name,
            bucket: self.bucket,
            key: self.key,
            etag: self.etag,
            variant: self.variant,
            written_at: self.written_at,
            sequencer: self.sequencer,
            ids: numbers(&self.ids)?,
            events: numbers(&self.events)?,
            set_aside: self.set_aside,
        })
    }
}

fn digits(numbers: &[u64]) -> String {
    let mut text = String::with_capacity(16 * numbers.len());
    for it in numbers {
        let _ = write!(text, "{it:016x}");
    }
    text
}

fn numbers(digits: &str) -> Option<Vec<u64>> {
    let chunks = digits.as_bytes().chunks(16);
    chunks
        .map(|it| u64::from_str_radix(std::str::from_utf8(it).ok()?, 16).ok())
        .collect::<Option<Vec<u64>>>()
}

#[derive(Serialize, Deserialize)]
struct LabelsForm {
    labels: Vec<LabelForm>,
}

#[derive(Serialize, Deserialize)]
struct LabelForm {
    id: String,
    #[serde(flatten)]
    value: GroundTruthData,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct PartForm {
    pairs: Vec<PairForm>,
}

#[derive(Serialize, Deserialize)]
struct PairForm {
    event: String,
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<i64>,
    line: String,
    #[serde(flatten)]
    value: GroundTruthData,
    label_at: i64,
    written_at: i64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    sequencer: String,
    upload: String,
    place: u64,
    #[serde(default, skip_serializing_if = "is_none")]
    others: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    conflict: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

fn spelled(it: &LabelValue) -> GroundTruthData {
    let encoding = match it.encoding {
        LabelEncoding::Csv => "CSV",
        LabelEncoding::Json => "JSON",
    };
    GroundTruthData { data: it.text.clone(), encoding: encoding.to_owned() }
}

pub(crate) fn label_value(it: GroundTruthData) -> LabelValue {
    let json = it.encoding.eq_ignore_ascii_case("JSON");
    let encoding = if json { LabelEncoding::Json } else { LabelEncoding::Csv };
    LabelValue { encoding, text: it.data }
}

impl From<&Pair> for PairForm {
    fn from(it: &Pair) -> Self {
        let (captured, rank) = (&it.captured, &it.rank);
        Self {
            event: captured.event.clone(),
            id: captured.id.clone(),
            at: captured.at,
            line: captured.line.clone(),
            value: spelled(&it.value),
            label_at: rank.at,
            written_at: rank.written_at,
            sequencer: rank.sequencer.clone(),
            upload: rank.upload.clone(),
            place: rank.place,
            others: it.others,
            conflict: it.conflict,
        }
    }
}

impl PairForm {
    fn pair(self) -> Pair {
        let (event, id, at, line) = (self.event, self.id, self.at, self.line);
        let rank = LabelRank {
            at: self.label_at,
            written_at: self.written_at,
            sequencer: self.sequencer,
            upload: self.upload,
            place: self.place,
        };
        let captured = CapturedRecord { event, id, at, line };
        let (others, conflict) = (self.others, self.conflict);
        Pair { captured, value: label_value(self.value), rank, others, conflict }
    }
}

/// Makes a text one of its own for each number of parts, in blanks that JSON passes over.
///
/// A label may go from 1 to 0 and back; the tag of the same text is the same, and
/// a late writer that read the first text would exchange the third.
fn mark(text: &mut Vec<u8>, parts: u64) {
    if text.first() == Some(&b'{') {
        let digits = format!("{parts:b}").into_bytes();
        let blanks = digits.iter().map(|it| if *it == b'1' { b'\t' } else { b' ' });
        text.splice(1..1, blanks);
    }
}

impl<O: Objects> Shelves<O> {
    /// Creates a record whose name stands for its content: who comes second finds it there.
    async fn create_once(&self, key: &str, record: impl Serialize) -> Result<(), Trouble> {
        match self.put(key, &encode_densely(&Versioned1::of(record)), PutWhen::Absent).await {
            Ok(_) | Err(WriteFault::Lost) => Ok(()),
            Err(WriteFault::Other(trouble)) => Err(trouble),
        }
    }

    async fn versioned_bytes(&self, key: &str) -> Result<Option<Versioned<Vec<u8>>>, ReadFault> {
        let found = self.bytes(key).await?;
        Ok(found.map(|(value, etag)| Versioned { value, etag }))
    }

    async fn exchange(
        &self,
        key: &str,
        bytes: &[u8],
        held: Option<&Versioned<Vec<u8>>>,
    ) -> Result<bool, WriteFault> {
        if held.is_some_and(|it| it.value == bytes) || held.is_none() && bytes.is_empty() {
            return Ok(false);
        }
        let when = held.map_or(PutWhen::Absent, |it| PutWhen::Matches(it.etag.clone()));
        self.put(key, bytes, when).await.map(|_| true)
    }
}

impl<O: Objects> GroundTruth for Shelves<O> {
    async fn index_hours(
        &self,
        endpoint: &str,
        side: Side,
        from: i64,
        until: i64,
    ) -> Result<Vec<(i64, Etag)>, Trouble> {
        let folder = self.keys.truth_indexes(endpoint, side);
        let first = self.keys.truth_index(endpoint, side, from.div_euclid(3600) * 3600);
        // The key before the first: a listing starts after it.
        let mut after = first.strip_suffix(".json").unwrap_or(&first).to_owned();
        let mut hours = Vec::new();
        loop {
            let page = self.objects.list(&self.at(&folder), Some(&after)).await?;
            let more = page.more;
            let Some(last) = page.objects.last().map(|it| it.key.clone()) else { return Ok(hours) };
            for it in page.objects {
                let path = it.key.strip_prefix(&folder).and_then(|it| it.strip_suffix(".json"));
                let Some(hour) = path.and_then(hour_of) else { continue };
                if until < hour {
                    return Ok(hours);
                }
                hours.push((hour, it.etag));
            }
            if !more {
                return Ok(hours);
            }
            after = last;
        }
    }

    async fn index(
        &self,
        endpoint: &str,
        side: Side,
        hour: i64,
        listed: Option<&Etag>,
    ) -> Result<Option<Versioned<Arc<HourIndex>>>, ReadFault> {
        let key = self.keys.truth_index(endpoint, side, hour);
        if let Some(listed) = listed
            && let Some((etag, Held::Index(value))) = self.truths.held(&key, Some(listed))
        {
            return Ok(Some(Versioned { value, etag }));
        }
        let Some(found) = self.record::<IndexForm>(&key).await? else { return Ok(None) };
        let entries = found.value.entries.into_iter().map(EntryForm::entry);
        let entries = entries.collect::<Option<Vec<IndexEntry>>>();
        let entries = entries.ok_or_else(|| corrupt(&key, "has a fingerprint that is none"))?;
        let bytes = entries.iter().map(|it| 8 * (it.ids.len() + it.events.len()) + 400).sum();
        let value = Arc::new(HourIndex { hour, entries });
        let etag = found.etag;
        self.truths.keep(&key, etag.clone(), Held::Index(Arc::clone(&value)), bytes);
        Ok(Some(Versioned { value, etag }))
    }

    async fn keep_index(
        &self,
        endpoint: &str,
        side: Side,
        index: &HourIndex,
        expected: Option<&Etag>,
    ) -> Result<Etag, WriteFault> {
        let form = IndexForm { entries: index.entries.iter().map(EntryForm::from).collect() };
        let key = self.keys.truth_index(endpoint, side, index.hour);
        self.swap_densely(&key, form, expected).await
    }

    async fn keep_labels(
        &self,
        endpoint: &str,
        upload: &str,
        labels: &[Label],
    ) -> Result<(), Trouble> {
        let label =
            |it: &Label| LabelForm { id: it.id.clone(), value: spelled(&it.value), at: it.at };
        let form = LabelsForm { labels: labels.iter().map(label).collect() };
        self.create_once(&self.keys.truth_labels(endpoint, upload), form).await
    }

    async fn kept_labels(
        &self,
        endpoint: &str,
        upload: &str,
    ) -> Result<Option<Arc<Vec<Label>>>, ReadFault> {
        let key = self.keys.truth_labels(endpoint, upload);
        if let Some((_, Held::Labels(kept))) = self.truths.held(&key, None) {
            return Ok(Some(kept));
        }
        let Some(found) = self.record::<LabelsForm>(&key).await? else { return Ok(None) };
        let label = |it: LabelForm| Label { id: it.id, value: label_value(it.value), at: it.at };
        let labels: Vec<Label> = found.value.labels.into_iter().map(label).collect();
        let bytes = labels.iter().map(|it| it.id.len() + it.value.text.len() + 80).sum();
        let labels = Arc::new(labels);
        self.truths.keep(&key, found.etag, Held::Labels(Arc::clone(&labels)), bytes);
        Ok(Some(labels))
    }

    async fn keep_part(&self, of: &TruthHour, name: &str, pairs: &[Pair]) -> Result<(), Trouble> {
        let key = format!("{}{name}.json", self.keys.truth_parts(of));
        let form = PartForm { pairs: pairs.iter().map(PairForm::from).collect() };
        self.create_once(&key, form).await
    }

    async fn part_names(&self, of: &TruthHour) -> Result<Vec<String>, Trouble> {
        let folder = self.keys.truth_parts(of);
        let mut names = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.objects.list(&self.at(&folder), after.as_deref()).await?;
            let last = page.objects.last().map(|it| it.key.clone());
            let name =
                |key: &str| Some(key.strip_prefix(&folder)?.strip_suffix(".json")?.to_owned());
            names.extend(page.objects.iter().filter_map(|it| name(&it.key)));
            if !page.more || last.is_none() {
                return Ok(names);
            }
            after = last;
        }
    }

    async fn part(&self, of: &TruthHour, name: &str) -> Result<Option<Arc<Vec<Pair>>>, ReadFault> {
        let key = format!("{}{name}.json", self.keys.truth_parts(of));
        if let Some((_, Held::Part(kept))) = self.truths.held(&key, None) {
            return Ok(Some(kept));
        }
        let Some(found) = self.record::<PartForm>(&key).await? else { return Ok(None) };
        let pairs: Vec<Pair> = found.value.pairs.into_iter().map(PairForm::pair).collect();
        let bytes = pairs.iter().map(|it| it.captured.line.len() + 300).sum();
        let pairs = Arc::new(pairs);
        self.truths.keep(&key, found.etag, Held::Part(Arc::clone(&pairs)), bytes);
        Ok(Some(pairs))
    }

    async fn view(&self, of: &TruthHour) -> Result<Option<Versioned<Vec<u8>>>, ReadFault> {
        self.versioned_bytes(&self.keys.merged_view(of)).await
    }

    async fn show(
        &self,
        of: &TruthHour,
        pairs: &[&Pair],
        parts: u64,
        held: Option<&Versioned<Vec<u8>>>,
    ) -> Result<bool, WriteFault> {
        let mut text = Vec::new();
        for it in pairs {
            let label = spelled(&it.value).json();
            let truth = |out: &mut Vec<u8>| out.extend_from_slice(label.as_bytes());
            write_merged(it.captured.line.as_bytes(), truth, &mut text);
        }
        mark(&mut text, parts);
        self.exchange(&self.keys.merged_view(of), &text, held).await
    }

    async fn relaid(&self, of: &TruthHour) -> Result<Option<Versioned<Vec<u8>>>, ReadFault> {
        self.versioned_bytes(&self.keys.relaid_labels(of)).await
    }

    async fn relay(
        &self,
        of: &TruthHour,
        pairs: &[&Pair],
        parts: u64,
        held: Option<&Versioned<Vec<u8>>>,
    ) -> Result<bool, WriteFault> {
        let mut text = Vec::new();
        for it in pairs {
            text.extend_from_slice(write(&it.captured.id, &spelled(&it.value)).as_bytes());
            text.push(b'\n');
        }
        mark(&mut text, parts);
        self.exchange(&self.keys.relaid_labels(of), &text, held).await
    }

    fn relaid_uri(&self, endpoint: &str) -> String {
        self.at(&self.keys.relaid(endpoint)).uri()
    }

    fn merged_at(&self) -> Address {
        self.at(&self.keys.merged())
    }

    fn is_own(&self, at: &Address) -> bool {
        at.bucket == self.bucket() && self.keys.is_own(&at.key)
    }

    async fn truth_log(
        &self,
        endpoint: &str,
        variant: &str,
    ) -> Result<Option<Versioned<TruthLog>>, ReadFault> {
        let key = self.keys.truth_log(endpoint, variant);
        let Some(found) = self.record::<truth_log::LogForm>(&key).await? else { return Ok(None) };
        let value = found.value.log(endpoint, variant);
        Ok(Some(Versioned { value, etag: found.etag }))
    }

    async fn keep_truth_log(
        &self,
        log: &TruthLog,
        expected: Option<&Etag>,
    ) -> Result<Etag, WriteFault> {
        let key = self.keys.truth_log(&log.endpoint, &log.variant);
        self.swap(&key, truth_log::LogForm::from(log), expected).await
    }

    async fn backfill(&self, endpoint: &str) -> Result<Option<Versioned<Backfill>>, ReadFault> {
        let key = self.keys.truth_backfill(endpoint);
        let found = self.record::<truth_log::BackfillForm>(&key).await?;
        Ok(found.map(|it| Versioned { value: it.value.into(), etag: it.etag }))
    }

    async fn keep_backfill(
        &self,
        endpoint: &str,
        it: &Backfill,
        expected: Option<&Etag>,
    ) -> Result<Etag, WriteFault> {
        let form = truth_log::BackfillForm::from(it);
        self.swap_densely(&self.keys.truth_backfill(endpoint), form, expected).await
    }

    async fn keep_orphans(&self, orphans: &Orphans) -> Result<(), Trouble> {
        let key = self.keys.orphans(&orphans.endpoint, orphans.hour);
        let bytes = crate::record::encode(&Versioned1::of(truth_log::OrphansForm::from(orphans)));
        self.put(&key, &bytes, PutWhen::Always).await.map(|_| ()).map_err(trouble_of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::contract;
    use ports::memory::MemoryWorld;

    #[test]
    fn records_of_labels_keep_the_contract() {
        for page in [0, 1, 2] {
            let world = Arc::new(MemoryWorld::paged(page));
            let shelves = Shelves::new(Arc::clone(&world), "bucket", "vigil");
            pollster::block_on(contract::ground_truth(&shelves, "churn-prod"));
            let merged = "vigil/merged/churn-prod/A/2026/03/04/10/merged.jsonl";
            assert!(world.object(&Address::new("bucket", merged)).is_some());
            assert!(shelves.is_own(&Address::new("bucket", merged)));
            assert!(!shelves.is_own(&Address::new("bucket", "vigil/capture/x")));
            assert!(!shelves.is_own(&Address::new("other", merged)));
        }
    }

    #[test]
    fn nonsense_is_told_and_never_written_over() {
        let world = Arc::new(MemoryWorld::default());
        let shelves = Shelves::new(Arc::clone(&world), "bucket", "vigil");
        let key = shelves.keys.truth_index("e", Side::Labels, 0);
        world.set_object(&Address::new("bucket", key.as_str()), r#"{"version":1,"entries":[{"name":"n","bucket":"b","key":"k","etag":"e","ids":"zz"}]}"#);
        let read = pollster::block_on(shelves.index("e", Side::Labels, 0, None));
        let Err(ReadFault::Corrupt { key: told, .. }) = read else { panic!("{read:?}") };
        assert_eq!(told, key);
    }
}
