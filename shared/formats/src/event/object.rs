use serde::Deserialize;

/// An object was written: `Object Created` of source `aws.s3`.
///
/// Delivered at least once and in any order. The key is as it is in the bucket,
/// not URL-encoded. Reference: formats A.8.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectCreated {
    pub bucket: String,
    pub key: String,
    pub size: Option<u64>,
    pub etag: Option<String>,
    /// Only of versioned buckets.
    pub version: Option<String>,
    /// Orders events of one key; see [`ObjectCreated::is_later_than`].
    pub sequencer: Option<String>,
}

impl ObjectCreated {
    /// Whether this event is of a later write of the same key than `other`.
    ///
    /// `None` where the two do not compare: other keys, or no sequencer. AWS
    /// says to pad the shorter sequencer with zeros at its right.
    pub fn is_later_than(&self, other: &Self) -> Option<bool> {
        if self.bucket != other.bucket || self.key != other.key {
            return None;
        }
        let (one, two) = (self.sequencer.as_ref()?, other.sequencer.as_ref()?);
        let width = one.len().max(two.len());
        let pad = |text: &str| format!("{text:0<width$}").to_ascii_uppercase();
        Some(pad(two) < pad(one))
    }
}

#[derive(Deserialize)]
pub(super) struct Detail {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
    size: Option<u64>,
    etag: Option<String>,
    #[serde(rename = "version-id")]
    version: Option<String>,
    sequencer: Option<String>,
}

impl From<Detail> for ObjectCreated {
    fn from(detail: Detail) -> Self {
        let Object { key, size, etag, version, sequencer } = detail.object;
        Self { bucket: detail.bucket.name, key, size, etag, version, sequencer }
    }
}
