use crate::Keys;
use crate::record::{Versioned1, decode, encode, encode_densely};
use crate::truth_cache::TruthCache;
use ports::{
    Address, Baseline, Etag, Objects, PutFailed, PutWhen, ReadFailed, ReadFault, Trouble,
    Versioned, WriteFault,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Every typed record of the suite, in one bucket of an object store.
#[derive(Debug)]
pub struct Shelves<O> {
    pub(crate) objects: O,
    bucket: String,
    pub keys: Keys,
    /// Versions never change, so the last few are kept parsed.
    baselines: Mutex<VecDeque<(String, Arc<Baseline>)>>,
    pub(crate) truths: TruthCache,
}

/// Parsed baselines that are kept, at up to some megabytes each.
const BASELINES_KEPT: usize = 32;
/// The longest record that is read.
const MOST_BYTES: u64 = 256 << 20;

impl<O: Objects> Shelves<O> {
    /// Keeps records in `bucket` under `prefix`.
    pub fn new(objects: O, bucket: impl Into<String>, prefix: &str) -> Self {
        let baselines = Mutex::default();
        let truths = TruthCache::default();
        Self { objects, bucket: bucket.into(), keys: Keys::new(prefix), baselines, truths }
    }

    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    pub(crate) fn at(&self, key: &str) -> Address {
        Address::new(self.bucket.as_str(), key)
    }

    pub(crate) async fn bytes(&self, key: &str) -> Result<Option<(Vec<u8>, Etag)>, ReadFault> {
        self.bytes_at(&self.at(key)).await
    }

    /// Reads a whole object, wherever it lies.
    pub(crate) async fn bytes_at(
        &self,
        at: &Address,
    ) -> Result<Option<(Vec<u8>, Etag)>, ReadFault> {
        match self.objects.read(at, 0, MOST_BYTES).await {
            Ok(piece) if (piece.bytes.len() as u64) < piece.size => {
                Err(corrupt(&at.key, format!("has {} bytes", piece.size)))
            }
            Ok(piece) => Ok(Some((piece.bytes, piece.etag))),
            Err(ReadFailed::Missing) => Ok(None),
            Err(ReadFailed::Other(trouble)) => Err(ReadFault::Other(trouble)),
        }
    }

    pub(crate) async fn record<R: DeserializeOwned>(
        &self,
        key: &str,
    ) -> Result<Option<Versioned<R>>, ReadFault> {
        let Some((bytes, etag)) = self.bytes(key).await? else { return Ok(None) };
        let value = decode::<R>(&bytes).map_err(|why| corrupt(key, why))?;
        Ok(Some(Versioned { value, etag }))
    }

    pub(crate) async fn put(
        &self,
        key: &str,
        bytes: &[u8],
        when: PutWhen,
    ) -> Result<Etag, WriteFault> {
        match self.objects.put(&self.at(key), bytes, when).await {
            Ok(etag) => Ok(etag),
            Err(PutFailed::Lost) => Err(WriteFault::Lost),
            Err(PutFailed::Other(trouble)) => Err(WriteFault::Other(trouble)),
        }
    }

    /// Writes a record over `expected`, or creates it.
    pub(crate) async fn swap<R: Serialize>(
        &self,
        key: &str,
        record: R,
        expected: Option<&Etag>,
    ) -> Result<Etag, WriteFault> {
        let when = expected.map_or(PutWhen::Absent, |it| PutWhen::Matches(it.clone()));
        self.put(key, &encode(&Versioned1::of(record)), when).await
    }

    /// Writes a long record over `expected`, or creates it.
    pub(crate) async fn swap_densely<R: Serialize>(
        &self,
        key: &str,
        record: R,
        expected: Option<&Etag>,
    ) -> Result<Etag, WriteFault> {
        let when = expected.map_or(PutWhen::Absent, |it| PutWhen::Matches(it.clone()));
        self.put(key, &encode_densely(&Versioned1::of(record)), when).await
    }

    pub(crate) fn kept_baseline(&self, key: &str) -> Option<Arc<Baseline>> {
        let kept = self.baselines.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(it, _)| it == key).map(|(_, it)| Arc::clone(it))
    }

    pub(crate) fn keep_parsed(&self, key: String, baseline: Arc<Baseline>) {
        let mut kept = self.baselines.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == BASELINES_KEPT {
            kept.pop_front();
        }
        kept.push_back((key, baseline));
    }
}

pub(crate) fn corrupt(key: &str, why: impl Into<String>) -> ReadFault {
    ReadFault::Corrupt { key: key.into(), why: why.into() }
}

/// Takes the trouble out of a write whose condition cannot be lost.
pub(crate) fn trouble_of(fault: WriteFault) -> Trouble {
    match fault {
        WriteFault::Other(trouble) => trouble,
        WriteFault::Lost => Trouble::passing("written by somebody else at the same time"),
    }
}
