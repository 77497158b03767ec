//! Multipart uploads: an object that comes in parts.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use md5::{Digest, Md5};

use super::{Code, Condition, Draft, Object, Refused, Store, etag, hex, refused};

/// The smallest part but the last, in bytes (S3 user guide, "Amazon S3 multipart upload limits").
pub(super) const SMALLEST_PART: usize = 5 << 20;
/// The highest number of a part.
pub(super) const MOST_PARTS: u16 = 10_000;

/// The uploads under way, by their ids.
#[derive(Debug, Default)]
pub(super) struct Uploads(BTreeMap<String, Upload>);

#[derive(Debug)]
struct Upload {
    bucket: String,
    key: String,
    draft: Draft,
    begun: Timestamp,
    parts: BTreeMap<u16, Part>,
}

#[derive(Debug)]
struct Part {
    etag: String,
    body: Vec<u8>,
    at: Timestamp,
}

/// An upload under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadSummary {
    pub id: String,
    pub key: String,
    pub begun: Timestamp,
}

/// A part that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartSummary {
    pub number: u16,
    pub etag: String,
    pub size: u64,
    pub at: Timestamp,
}

impl Store {
    /// Begins an upload and returns its id.
    pub fn begin_upload(
        &mut self,
        now: Timestamp,
        bucket: &str,
        key: &str,
        draft: Draft,
    ) -> Result<String, Refused> {
        if key.is_empty() || key.len() > super::LONGEST_KEY {
            return Err(refused(Code::KeyTooLongError, bucket, ""));
        }
        self.bucket(bucket, key)?;
        let id = format!("{:016x}{:016x}", self.random.bits(), self.random.bits());
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let upload = Upload { bucket, key, draft, begun: now, parts: BTreeMap::new() };
        self.uploads.0.insert(id.clone(), upload);
        Ok(id)
    }

    /// Takes a part, in place of an earlier one of its number, and returns its etag.
    pub fn put_part(
        &mut self,
        now: Timestamp,
        (bucket, key): (&str, &str),
        id: &str,
        number: u16,
        body: Vec<u8>,
    ) -> Result<String, Refused> {
        if !(1..=MOST_PARTS).contains(&number) {
            return Err(refused(Code::InvalidArgument, bucket, key));
        }
        let upload = self.uploads.find(bucket, key, id)?;
        let etag = etag(&body);
        upload.parts.insert(number, Part { etag: etag.clone(), body, at: now });
        Ok(etag)
    }

    /// Puts the parts together into an object where the condition holds, and returns its etag.
    ///
    /// Parts are named by number and etag, in ascending order; those not named are dropped.
    pub fn finish_upload(
        &mut self,
        now: Timestamp,
        (bucket, key): (&str, &str),
        id: &str,
        named: &[(u16, String)],
        condition: &Condition,
    ) -> Result<String, Refused> {
        let upload = self.uploads.find(bucket, key, id)?;
        if named.is_empty() {
            return Err(refused(Code::InvalidPart, bucket, key));
        }
        if !named.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(refused(Code::InvalidPartOrder, bucket, key));
        }
        let mut digests = Md5::new();
        let mut body = Vec::new();
        for (at, (number, tag)) in named.iter().enumerate() {
            let part = upload.parts.get(number).filter(|part| part.etag == tag.trim_matches('"'));
            let part = part.ok_or_else(|| refused(Code::InvalidPart, bucket, key))?;
            if part.body.len() < SMALLEST_PART && at + 1 < named.len() {
                return Err(refused(Code::EntityTooSmall, bucket, key));
            }
            digests.update(Md5::digest(&part.body));
            body.extend_from_slice(&part.body);
        }
        let object = Object {
            body: Arc::new(body),
            etag: format!("{}-{}", hex(&digests.finalize()), named.len()),
            last_modified: now,
            content_type: upload.draft.content_type.clone(),
            headers: upload.draft.headers.clone(),
        };
        let written = self.write(now, bucket, key, object, condition, "CompleteMultipartUpload");
        if written.is_ok() {
            self.uploads.0.remove(id);
        }
        written
    }

    /// Drops an upload and its parts.
    pub fn abort_upload(&mut self, bucket: &str, key: &str, id: &str) -> Result<(), Refused> {
        self.uploads.find(bucket, key, id)?;
        self.uploads.0.remove(id);
        Ok(())
    }

    /// Returns the uploads of a bucket, by key, then by id.
    pub fn uploads(&self, bucket: &str) -> Result<Vec<UploadSummary>, Refused> {
        self.bucket(bucket, "")?;
        let uploads = self.uploads.0.iter().filter(|(_, upload)| upload.bucket == bucket);
        let mut found: Vec<UploadSummary> = uploads
            .map(|(id, it)| UploadSummary { id: id.clone(), key: it.key.clone(), begun: it.begun })
            .collect();
        found.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(found)
    }

    /// Returns the parts of an upload in order.
    pub fn parts(
        &mut self,
        bucket: &str,
        key: &str,
        id: &str,
    ) -> Result<Vec<PartSummary>, Refused> {
        let parts = &self.uploads.find(bucket, key, id)?.parts;
        let summary = |(number, part): (&u16, &Part)| PartSummary {
            number: *number,
            etag: part.etag.clone(),
            size: part.body.len() as u64,
            at: part.at,
        };
        Ok(parts.iter().map(summary).collect())
    }
}

impl Uploads {
    fn find(&mut self, bucket: &str, key: &str, id: &str) -> Result<&mut Upload, Refused> {
        let upload = self.0.get_mut(id).filter(|it| it.bucket == bucket && it.key == key);
        upload.ok_or_else(|| refused(Code::NoSuchUpload, bucket, key))
    }
}
