use crate::Trouble;
use std::future::Future;
use std::sync::Arc;

/// Where an object lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    pub bucket: String,
    pub key: String,
}

impl Address {
    pub fn new(bucket: impl Into<String>, key: impl Into<String>) -> Self {
        Self { bucket: bucket.into(), key: key.into() }
    }

    /// Reads `s3://bucket/key`; `None` where it is not that.
    pub fn parse(uri: &str) -> Option<Self> {
        let (bucket, key) = uri.strip_prefix("s3://")?.split_once('/').or_else(|| {
            let bucket = uri.strip_prefix("s3://")?;
            Some((bucket, ""))
        })?;
        let fits = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b".-".contains(&it);
        let good = (3..=63).contains(&bucket.len()) && bucket.bytes().all(fits);
        good.then(|| Self::new(bucket, key))
    }

    pub fn uri(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }
}

/// A tag of one content of one object; opaque.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Etag(pub String);

/// One line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub key: String,
    pub size: u64,
    pub etag: Etag,
    /// When it was written, in seconds since 1970; of an upload in parts, when that began.
    pub modified: i64,
}

/// A page of a listing, in key order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectPage {
    pub objects: Vec<Listed>,
    /// Whether objects follow after the last one.
    pub more: bool,
}

/// Lists objects; sees every write that was answered before.
pub trait ListObjects {
    /// Lists up to a page of objects under `prefix`, after the key `after`.
    fn list(
        &self,
        prefix: &Address,
        after: Option<&str>,
    ) -> impl Future<Output = Result<ObjectPage, Trouble>> + Send;
}

/// Some bytes of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub bytes: Vec<u8>,
    pub etag: Etag,
    /// Length of the whole object.
    pub size: u64,
}

/// Why [`ReadObjects::read`] failed.
#[derive(Debug)]
pub enum ReadFailed {
    Missing,
    Other(Trouble),
}

/// Reads objects.
pub trait ReadObjects {
    /// Reads at most `len` bytes from `from` on; fewer only at the end.
    fn read(
        &self,
        at: &Address,
        from: u64,
        len: u64,
    ) -> impl Future<Output = Result<Piece, ReadFailed>> + Send;
}

/// On which condition an object is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutWhen {
    Always,
    Absent,
    Matches(Etag),
}

/// Why [`WriteObjects::put`] failed.
#[derive(Debug)]
pub enum PutFailed {
    /// The condition does not hold: somebody was there before, maybe this
    /// caller's own lost call.
    Lost,
    Other(Trouble),
}

/// Writes whole objects.
pub trait WriteObjects {
    /// Writes an object if the condition holds; returns the new tag.
    fn put(
        &self,
        at: &Address,
        bytes: &[u8],
        when: PutWhen,
    ) -> impl Future<Output = Result<Etag, PutFailed>> + Send;
}

/// Removes objects.
pub trait RemoveObjects {
    /// Removes an object; one that is not there is removed already.
    fn remove(&self, at: &Address) -> impl Future<Output = Result<(), Trouble>> + Send;
}

/// All that a shelf needs of an object store.
pub trait Objects: ListObjects + ReadObjects + WriteObjects + RemoveObjects + Sync {}

impl<T: ListObjects + ReadObjects + WriteObjects + RemoveObjects + Sync> Objects for T {}

impl<T: ListObjects + Send + Sync> ListObjects for Arc<T> {
    async fn list(&self, prefix: &Address, after: Option<&str>) -> Result<ObjectPage, Trouble> {
        T::list(self, prefix, after).await
    }
}

impl<T: ReadObjects + Send + Sync> ReadObjects for Arc<T> {
    async fn read(&self, at: &Address, from: u64, len: u64) -> Result<Piece, ReadFailed> {
        T::read(self, at, from, len).await
    }
}

impl<T: WriteObjects + Send + Sync> WriteObjects for Arc<T> {
    async fn put(&self, at: &Address, bytes: &[u8], when: PutWhen) -> Result<Etag, PutFailed> {
        T::put(self, at, bytes, when).await
    }
}

impl<T: RemoveObjects + Send + Sync> RemoveObjects for Arc<T> {
    async fn remove(&self, at: &Address) -> Result<(), Trouble> {
        T::remove(self, at).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_addresses_parse_strictly() {
        fn check(uri: &str, expect: Option<(&str, &str)>) {
            let found = Address::parse(uri);
            let found = found.as_ref().map(|it| (it.bucket.as_str(), it.key.as_str()));
            assert_eq!(found, expect, "{uri}");
        }
        check("s3://ml-capture/a/b", Some(("ml-capture", "a/b")));
        check("s3://ml-capture", Some(("ml-capture", "")));
        check("s3://ml-capture/", Some(("ml-capture", "")));
        check("https://ml-capture/a", None);
        check("s3:///a", None);
        check("s3://ML/a", None);
        check("s3://a b c/x", None);
    }
}
