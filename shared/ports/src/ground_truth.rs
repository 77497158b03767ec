use crate::{Address, Etag, ReadFault, Trouble, Versioned, WriteFault};
use std::future::Future;
use std::sync::Arc;

/// A write of an object that S3 told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenObject {
    pub at: Address,
    /// Without quotes.
    pub etag: Option<String>,
    /// Orders the writes of one key; none where a listing shows it.
    pub sequencer: Option<String>,
    /// Seconds since 1970.
    pub written_at: Option<i64>,
}

/// How label files are written, as the user says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelForm {
    pub format: LabelFormat,
    /// Columns or members; unset looks for usual names.
    pub id: Option<String>,
    pub label: Option<String>,
    pub time: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LabelFormat {
    /// By what the file holds.
    #[default]
    Auto,
    /// AWS's ground-truth records (formats C.1).
    Sagemaker,
    JsonLines,
    Csv,
    Parquet,
}

/// One label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The inference's id: the caller's, or the event's where the caller gave none.
    pub id: String,
    pub value: LabelValue,
    /// When it was found, where the file tells; seconds since 1970.
    pub at: Option<i64>,
}

/// A label as the merged record spells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelValue {
    pub encoding: LabelEncoding,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelEncoding {
    Csv,
    Json,
}

/// The labels of one file, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelFile {
    pub labels: Vec<Label>,
    /// Records that could not be read.
    pub set_aside: u64,
}

/// One captured inference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapturedRecord {
    /// Names the inference, once and for all.
    pub event: String,
    /// What its label goes by: the caller's id, else the event's.
    pub id: String,
    /// Seconds since 1970, where the record tells.
    pub at: Option<i64>,
    /// The record as it was captured, without its end of line.
    pub line: String,
}

/// The inferences of one capture file, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaptureFile {
    pub records: Vec<CapturedRecord>,
    pub set_aside: u64,
}

/// Reads label files and capture files.
pub trait ReadTruth {
    /// Reads a label file of at most so many labels; the error says why nothing of it can be read.
    fn label_file(
        &self,
        bytes: Vec<u8>,
        form: &LabelForm,
        most: usize,
    ) -> Result<LabelFile, String>;

    /// Reads a capture file; what cannot be read is counted.
    ///
    /// An error where it unpacks to records of more than `most` bytes.
    fn capture_file(&self, bytes: Vec<u8>, most: u64) -> Result<CaptureFile, String>;
}

/// What an index is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Capture files, by the hour of their inferences.
    Captures,
    /// Uploads of labels, by the hour of their writing.
    Labels,
}

/// All that was seen of one side in one hour.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HourIndex {
    /// Start of the hour, in seconds since 1970.
    pub hour: i64,
    /// In order of their names; one that is in stays in.
    pub entries: Vec<IndexEntry>,
}

/// One content of one object, or a part of a large one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexEntry {
    /// Hash of bucket, key, tag and sequencer.
    pub name: String,
    pub bucket: String,
    pub key: String,
    pub etag: String,
    /// Of captures.
    pub variant: String,
    /// Of labels: seconds since 1970.
    pub written_at: i64,
    /// Of labels.
    pub sequencer: String,
    /// Fingerprints of the ids that labels go by, sorted, each once.
    pub ids: Vec<u64>,
    /// Fingerprints of captured events, where they differ from `ids`.
    pub events: Vec<u64>,
    pub set_aside: u64,
}

/// One hour of one variant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TruthHour {
    pub endpoint: String,
    pub variant: String,
    /// Start of the hour, in seconds since 1970.
    pub hour: i64,
}

/// A captured inference with a label of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub captured: CapturedRecord,
    pub value: LabelValue,
    pub rank: LabelRank,
    /// Labels of the same upload that this one won over.
    pub others: u64,
    /// Whether one of those says something else.
    pub conflict: bool,
}

/// Which of two labels of one inference holds: the greater one.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelRank {
    /// When the label was found, else when it was uploaded; seconds since 1970.
    pub at: i64,
    /// When it was uploaded.
    pub written_at: i64,
    /// Without zeros at its end, so that texts compare as S3 says (formats A.8).
    pub sequencer: String,
    /// Name of the upload.
    pub upload: String,
    /// Place in the upload.
    pub place: u64,
}

/// What is told of the labels of one variant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TruthLog {
    pub endpoint: String,
    pub variant: String,
    /// In order; as far back as labels are waited for.
    pub hours: Vec<HourTruth>,
    /// Labels of the endpoint that met no capture in time, in the last day.
    pub orphans: u64,
}

/// Bounds of the delays that are told apart, in seconds: a minute, ten, an
/// hour, six, a day, three, a week.
pub const LABEL_DELAYS: [i64; 7] = [60, 600, 3600, 21_600, 86_400, 259_200, 604_800];

/// How the labels of one hour of inferences stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HourTruth {
    pub hour: i64,
    pub captured: u64,
    /// Captures with a label.
    pub matched: u64,
    /// Labels beyond the first of an inference.
    pub duplicates: u64,
    /// Inferences whose labels contradict each other.
    pub conflicts: u64,
    /// Inferences by how long their label took; the last is beyond all of [`LABEL_DELAYS`].
    pub delays: [u64; 8],
    /// Pair parts that are taken in; only grows.
    pub parts: u64,
    /// Pair parts that were in when a judgement was last asked for.
    pub told_parts: u64,
    /// When the view last changed.
    pub changed_at: i64,
    /// When a judgement was last asked for.
    pub told_at: Option<i64>,
    /// How often one was asked for.
    pub told: u32,
}

impl HourTruth {
    /// Whether parts came in since a judgement was asked for.
    pub fn is_untold(&self) -> bool {
        self.told_parts < self.parts
    }
}

/// Labels of one upload that met no capture in time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Orphans {
    pub endpoint: String,
    /// Hour of the upload.
    pub hour: i64,
    pub labels: u64,
    /// Ids and the uploads that brought them, up to a bound.
    pub ids: Vec<(String, String)>,
}

/// How far an endpoint's captures and labels were looked through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backfill {
    /// Hash of where they lie and how labels are read: another one starts anew.
    pub of: String,
    /// When the look under way began; none between two.
    pub began_at: Option<i64>,
    /// The folder that it is in, and the last key that it has seen there.
    pub folder: usize,
    pub after: Option<String>,
    /// When the last look that came to its end began, and the last one over all hours.
    pub passed_at: Option<i64>,
    pub whole_at: Option<i64>,
    /// Fingerprints of what was handed over, and when.
    pub handed: Vec<(u64, i64)>,
    /// Upload hours whose time ended within the last day, and the labels of each that met no capture.
    pub expired: Vec<(i64, u64)>,
}

type Read<T> = Result<Option<T>, ReadFault>;

/// Keeps what labels and captures have met (reference: reliability 3.3, merge).
pub trait GroundTruth {
    /// Returns the hours from `from` to `until` that have an index, in order.
    fn index_hours(
        &self,
        endpoint: &str,
        side: Side,
        from: i64,
        until: i64,
    ) -> impl Future<Output = Result<Vec<(i64, Etag)>, Trouble>> + Send;

    /// Reads an index; with the tag of a listing, maybe from memory.
    fn index(
        &self,
        endpoint: &str,
        side: Side,
        hour: i64,
        listed: Option<&Etag>,
    ) -> impl Future<Output = Read<Versioned<Arc<HourIndex>>>> + Send;

    fn keep_index(
        &self,
        endpoint: &str,
        side: Side,
        index: &HourIndex,
        expected: Option<&Etag>,
    ) -> impl Future<Output = Result<Etag, WriteFault>> + Send;

    /// Keeps the labels of an upload; the first to keep them wins.
    fn keep_labels(
        &self,
        endpoint: &str,
        upload: &str,
        labels: &[Label],
    ) -> impl Future<Output = Result<(), Trouble>> + Send;

    fn kept_labels(
        &self,
        endpoint: &str,
        upload: &str,
    ) -> impl Future<Output = Read<Arc<Vec<Label>>>> + Send;

    /// Keeps a pair part under a name that stands for its inputs; the first wins.
    fn keep_part(
        &self,
        of: &TruthHour,
        name: &str,
        pairs: &[Pair],
    ) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Returns the names of all parts of an hour, in order.
    fn part_names(
        &self,
        of: &TruthHour,
    ) -> impl Future<Output = Result<Vec<String>, Trouble>> + Send;

    fn part(&self, of: &TruthHour, name: &str)
    -> impl Future<Output = Read<Arc<Vec<Pair>>>> + Send;

    /// Reads the merged view of an hour: AWS's merged records (formats C.2), one a line.
    fn view(&self, of: &TruthHour) -> impl Future<Output = Read<Versioned<Vec<u8>>>> + Send;

    /// Exchanges the view for these pairs of so many parts; `false` where it holds them already.
    ///
    /// Views of other parts differ, even where they say the same: else a writer
    /// that comes late would take a view for the one that it has read.
    fn show(
        &self,
        of: &TruthHour,
        pairs: &[&Pair],
        parts: u64,
        held: Option<&Versioned<Vec<u8>>>,
    ) -> impl Future<Output = Result<bool, WriteFault>> + Send;

    /// Reads what was laid out for SageMaker's merge job.
    fn relaid(&self, of: &TruthHour) -> impl Future<Output = Read<Versioned<Vec<u8>>>> + Send;

    /// Lays the labels of an hour out as SageMaker's merge job reads them (formats C.1).
    fn relay(
        &self,
        of: &TruthHour,
        pairs: &[&Pair],
        parts: u64,
        held: Option<&Versioned<Vec<u8>>>,
    ) -> impl Future<Output = Result<bool, WriteFault>> + Send;

    /// Names the prefix above the hours that labels are laid out in, as an S3 URI.
    fn relaid_uri(&self, endpoint: &str) -> String;

    /// Names where merged views lie, above endpoint and variant, as an S3 address.
    fn merged_at(&self) -> Address;

    /// Whether the suite writes there: what lies there is no label of a user's.
    fn is_own(&self, at: &Address) -> bool;

    fn truth_log(
        &self,
        endpoint: &str,
        variant: &str,
    ) -> impl Future<Output = Read<Versioned<TruthLog>>> + Send;

    fn keep_truth_log(
        &self,
        log: &TruthLog,
        expected: Option<&Etag>,
    ) -> impl Future<Output = Result<Etag, WriteFault>> + Send;

    fn backfill(&self, endpoint: &str) -> impl Future<Output = Read<Versioned<Backfill>>> + Send;

    fn keep_backfill(
        &self,
        endpoint: &str,
        it: &Backfill,
        expected: Option<&Etag>,
    ) -> impl Future<Output = Result<Etag, WriteFault>> + Send;

    /// Writes the report of labels that expired.
    fn keep_orphans(&self, orphans: &Orphans) -> impl Future<Output = Result<(), Trouble>> + Send;
}
