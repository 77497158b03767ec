//! S3, as far as this suite asks of it: one version per key, strong consistency, conditional requests.
//!
//! Every call is atomic: it is checked and applied in one step, so of two conditional writes only one can win.

mod announcement;
mod listing;
mod upload;

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
    sync::Arc,
};

use jiff::Timestamp;
use md5::{Digest, Md5};
use serde_json::Value;

pub use self::listing::{Entry as ListEntry, List, Page};
use self::upload::Uploads;
pub use self::upload::{PartSummary, UploadSummary};
use crate::{
    faults::{CallFate, Faults},
    place::Place,
    random::Random,
};

/// The longest key, in UTF-8 bytes (S3 user guide, "Naming Amazon S3 objects").
pub const LONGEST_KEY: usize = 1024;

/// The buckets of one account.
pub struct Store {
    place: Place,
    buckets: BTreeMap<String, Bucket>,
    faults: Faults,
    random: Random,
    writes: u64,
    events: Vec<Value>,
    observer: Option<Observer>,
    uploads: Uploads,
}

/// Sees every change after it is made.
pub type Observer = Box<dyn FnMut(Change<'_>) + Send>;

/// A change of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'a> {
    /// A bucket was made, or switched its events.
    Bucket {
        bucket: &'a str,
        announces: bool,
        created: Timestamp,
    },
    BucketGone {
        bucket: &'a str,
    },
    Written {
        bucket: &'a str,
        key: &'a str,
        object: &'a Object,
    },
    Removed {
        bucket: &'a str,
        key: &'a str,
    },
}

#[derive(Debug, Default)]
struct Bucket {
    objects: BTreeMap<String, Object>,
    announces: bool,
    created: Timestamp,
}

/// An object as a read answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub body: Arc<Vec<u8>>,
    /// The MD5 of the body in hex, without the quotes of the HTTP header.
    pub etag: String,
    pub last_modified: Timestamp,
    pub content_type: Option<String>,
    /// Headers that a read repeats, in lower case: `x-amz-meta-…`, `content-encoding` and their like.
    pub headers: BTreeMap<String, String>,
}

/// What a write brings besides its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    pub content_type: Option<String>,
    pub headers: BTreeMap<String, String>,
}

/// What must hold for a write to happen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Condition {
    #[default]
    Always,
    /// `If-None-Match: *`: the key is free.
    Absent,
    /// `If-Match`: the object carries this etag, with or without quotes.
    Matches(String),
}

/// The part of an object that a read asks for, as the HTTP `Range` header names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// `bytes=a-`
    From(u64),
    /// `bytes=a-b`, both inclusive
    Span(u64, u64),
    /// `bytes=-n`
    Last(u64),
}

impl Range {
    /// Returns the half-open byte span of a range, or `None` where no byte of an object of this size is in it.
    pub fn span(self, size: u64) -> Option<(usize, usize)> {
        let (start, end) = match self {
            Self::From(start) => (start, size),
            Self::Span(start, last) if last >= start => (start, last.saturating_add(1).min(size)),
            Self::Span(..) => return None,
            Self::Last(count) => (size.saturating_sub(count), size),
        };
        (start < end).then_some((start as usize, end as usize))
    }
}

/// A refused call, by the name AWS gives the refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} ({bucket}/{key})", code.name())]
pub struct Refused {
    pub code: Code,
    pub bucket: String,
    pub key: String,
}

/// The names of refusals, from the S3 API reference, "Error responses".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    NoSuchBucket,
    NoSuchKey,
    BucketAlreadyOwnedByYou,
    PreconditionFailed,
    /// Another conditional request on the key was in flight; only a fault plan causes it here.
    ConditionalRequestConflict,
    InvalidRange,
    InvalidArgument,
    BucketNotEmpty,
    NoSuchUpload,
    InvalidPart,
    InvalidPartOrder,
    EntityTooSmall,
    KeyTooLongError,
    SlowDown,
    InternalError,
    /// Not an answer of S3: the connection broke after the call was applied.
    ReplyLost,
}

impl Code {
    /// Returns the spelling in AWS's error document.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoSuchBucket => "NoSuchBucket",
            Self::NoSuchKey => "NoSuchKey",
            Self::BucketAlreadyOwnedByYou => "BucketAlreadyOwnedByYou",
            Self::PreconditionFailed => "PreconditionFailed",
            Self::ConditionalRequestConflict => "ConditionalRequestConflict",
            Self::InvalidRange => "InvalidRange",
            Self::InvalidArgument => "InvalidArgument",
            Self::BucketNotEmpty => "BucketNotEmpty",
            Self::NoSuchUpload => "NoSuchUpload",
            Self::InvalidPart => "InvalidPart",
            Self::InvalidPartOrder => "InvalidPartOrder",
            Self::EntityTooSmall => "EntityTooSmall",
            Self::KeyTooLongError => "KeyTooLongError",
            Self::SlowDown => "SlowDown",
            Self::InternalError => "InternalError",
            Self::ReplyLost => "ReplyLost",
        }
    }

    /// Returns the HTTP status, or `None` where no answer came.
    pub fn status(self) -> Option<u16> {
        Some(match self {
            Self::NoSuchBucket | Self::NoSuchKey | Self::NoSuchUpload => 404,
            Self::BucketAlreadyOwnedByYou
            | Self::BucketNotEmpty
            | Self::ConditionalRequestConflict => 409,
            Self::PreconditionFailed => 412,
            Self::InvalidRange => 416,
            Self::InvalidArgument
            | Self::InvalidPart
            | Self::InvalidPartOrder
            | Self::EntityTooSmall
            | Self::KeyTooLongError => 400,
            Self::SlowDown => 503,
            Self::InternalError => 500,
            Self::ReplyLost => return None,
        })
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("buckets", &self.buckets)
            .field("writes", &self.writes)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens a store without buckets; the seed decides event and request ids.
    pub fn new(place: Place, seed: u64, faults: Faults) -> Self {
        let random = Random::named(seed, "s3");
        Self {
            place,
            buckets: BTreeMap::new(),
            faults,
            random,
            writes: 0,
            events: Vec::new(),
            observer: None,
            uploads: Uploads::default(),
        }
    }

    /// Shows every later change to an observer.
    pub fn observe(&mut self, observer: Observer) {
        self.observer = Some(observer);
    }

    /// Returns the plan of faults, with what happened so far.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Takes the events that calls have caused since the last time, in order.
    pub fn take_events(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.events)
    }

    /// Creates a bucket; `announces` is its `EventBridgeConfiguration`.
    pub fn create_bucket(&mut self, name: &str, announces: bool) -> Result<(), Refused> {
        self.make_bucket(Timestamp::UNIX_EPOCH, name, announces)
    }

    /// Creates a bucket that tells when it was made.
    pub fn make_bucket(
        &mut self,
        now: Timestamp,
        name: &str,
        announces: bool,
    ) -> Result<(), Refused> {
        match self.buckets.entry(name.to_owned()) {
            Entry::Occupied(_) => Err(refused(Code::BucketAlreadyOwnedByYou, name, "")),
            Entry::Vacant(place) => {
                place.insert(Bucket { objects: BTreeMap::new(), announces, created: now });
                self.show(Change::Bucket { bucket: name, announces, created: now });
                Ok(())
            }
        }
    }

    /// Returns the names of all buckets in order.
    pub fn buckets(&self) -> impl Iterator<Item = &str> {
        self.buckets.keys().map(String::as_str)
    }

    /// Returns when a bucket was made.
    pub fn created(&self, bucket: &str) -> Option<Timestamp> {
        self.buckets.get(bucket).map(|held| held.created)
    }

    /// Whether a bucket sends events, where it exists.
    pub fn announces(&self, bucket: &str) -> Option<bool> {
        self.buckets.get(bucket).map(|held| held.announces)
    }

    /// Switches the events of a bucket on or off.
    pub fn announce(&mut self, bucket: &str, announces: bool) -> Result<(), Refused> {
        let held = self.bucket_mut(bucket, "")?;
        held.announces = announces;
        let created = held.created;
        self.show(Change::Bucket { bucket, announces, created });
        Ok(())
    }

    /// Removes a bucket that holds nothing.
    pub fn delete_bucket(&mut self, name: &str) -> Result<(), Refused> {
        if !self.bucket(name, "")?.objects.is_empty() {
            return Err(refused(Code::BucketNotEmpty, name, ""));
        }
        self.buckets.remove(name);
        self.show(Change::BucketGone { bucket: name });
        Ok(())
    }

    /// Writes an object where the condition holds, and returns its etag.
    pub fn put(
        &mut self,
        now: Timestamp,
        bucket: &str,
        key: &str,
        body: Vec<u8>,
        content_type: Option<&str>,
        condition: &Condition,
    ) -> Result<String, Refused> {
        let content_type = content_type.map(str::to_owned);
        let draft = Draft { content_type, headers: BTreeMap::new() };
        self.put_draft(now, (bucket, key), body, draft, condition)
    }

    /// Writes an object with its headers where the condition holds, and returns its etag.
    pub fn put_draft(
        &mut self,
        now: Timestamp,
        to: (&str, &str),
        body: Vec<u8>,
        draft: Draft,
        condition: &Condition,
    ) -> Result<String, Refused> {
        let object = Object {
            etag: etag(&body),
            body: Arc::new(body),
            last_modified: now,
            content_type: draft.content_type,
            headers: draft.headers,
        };
        self.write(now, to.0, to.1, object, condition, "PutObject")
    }

    /// Returns everything held as the changes that would make it: buckets first.
    pub fn contents(&self) -> impl Iterator<Item = Change<'_>> {
        let buckets = self.buckets.iter().map(|(bucket, held)| Change::Bucket {
            bucket,
            announces: held.announces,
            created: held.created,
        });
        let objects = self.buckets.iter().flat_map(|(bucket, held)| {
            held.objects.iter().map(move |(key, object)| Change::Written { bucket, key, object })
        });
        buckets.chain(objects)
    }

    /// Brings back an object that was kept elsewhere; nothing is announced and no observer sees it.
    pub fn restore(&mut self, bucket: &str, key: &str, object: Object) -> Result<(), Refused> {
        self.bucket_mut(bucket, key)?.objects.insert(key.to_owned(), object);
        Ok(())
    }

    /// Copies an object onto another key, where the condition holds for that key, and returns its etag.
    pub fn copy(
        &mut self,
        now: Timestamp,
        from: (&str, &str),
        to: (&str, &str),
        condition: &Condition,
    ) -> Result<String, Refused> {
        self.copy_draft(now, from, to, None, condition)
    }

    /// Copies an object as [`Store::copy`] does; a draft replaces the headers of the copy.
    pub fn copy_draft(
        &mut self,
        now: Timestamp,
        from: (&str, &str),
        to: (&str, &str),
        draft: Option<Draft>,
        condition: &Condition,
    ) -> Result<String, Refused> {
        let mut object = Object { last_modified: now, ..self.find(from.0, from.1)?.clone() };
        if let Some(draft) = draft {
            (object.content_type, object.headers) = (draft.content_type, draft.headers);
        }
        self.write(now, to.0, to.1, object, condition, "CopyObject")
    }

    /// Reads an object or a part of it; with `if_match`, only the version of that etag.
    pub fn get(
        &mut self,
        now: Timestamp,
        bucket: &str,
        key: &str,
        range: Option<Range>,
        if_match: Option<&str>,
    ) -> Result<Object, Refused> {
        let mut object = self.head(now, bucket, key, if_match)?;
        if let Some(range) = range {
            let (start, end) = range
                .span(object.body.len() as u64)
                .ok_or_else(|| refused(Code::InvalidRange, bucket, key))?;
            object.body = Arc::new(object.body[start..end].to_vec());
        }
        Ok(object)
    }

    /// Reads an object as [`Store::get`] does; its body is shared, so that this costs no copy.
    pub fn head(
        &mut self,
        now: Timestamp,
        bucket: &str,
        key: &str,
        if_match: Option<&str>,
    ) -> Result<Object, Refused> {
        self.read_fate(now, bucket, key)?;
        let object = self.find(bucket, key)?;
        match if_match {
            Some(wanted) if !tag_matches(wanted, &object.etag) => {
                Err(refused(Code::PreconditionFailed, bucket, key))
            }
            _ => Ok(object.clone()),
        }
    }

    /// Lists keys in UTF-8 byte order, as `ListObjectsV2` does.
    pub fn list(&mut self, now: Timestamp, bucket: &str, list: &List) -> Result<Page, Refused> {
        self.read_fate(now, bucket, &list.prefix)?;
        let objects = &self.bucket(bucket, &list.prefix)?.objects;
        listing::page(objects, list)
            .ok_or_else(|| refused(Code::InvalidArgument, bucket, &list.prefix))
    }

    /// Returns the objects whose keys begin with a prefix, as other services of AWS see them: no call, no fault.
    pub(crate) fn under<'a>(
        &'a self,
        bucket: &str,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Object)> {
        let objects = self.buckets.get(bucket).map(|it| &it.objects);
        let from = objects.into_iter().flat_map(move |it| it.range(prefix.to_owned()..));
        from.map(|(key, object)| (key.as_str(), object))
            .take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// Removes an object; a key that is not there is no error, unless `if_match` asks for a version.
    pub fn delete(
        &mut self,
        now: Timestamp,
        bucket: &str,
        key: &str,
        if_match: Option<&str>,
    ) -> Result<(), Refused> {
        let fate = self.write_fate(now, bucket, key, if_match.is_some())?;
        let held = self.bucket(bucket, key)?.objects.get(key);
        match (held, if_match) {
            (None, None) => return after(fate, bucket, key, ()),
            (None, Some(_)) => return Err(refused(Code::NoSuchKey, bucket, key)),
            (Some(object), Some(wanted)) if !tag_matches(wanted, &object.etag) => {
                return Err(refused(Code::PreconditionFailed, bucket, key));
            }
            (Some(_), _) => {}
        }
        let sequencer = self.sequencer(now);
        let held = self.bucket_mut(bucket, key)?;
        let announces = held.announces;
        held.objects.remove(key);
        if announces {
            let event = announcement::deleted(
                &self.place,
                &mut self.random,
                now,
                bucket,
                key,
                &sequencer,
                announcement::Removal::Called,
            );
            self.events.push(event);
        }
        self.show(Change::Removed { bucket, key });
        after(fate, bucket, key, ())
    }

    /// Removes the objects under a prefix that were last written before a time, as a lifecycle rule does.
    ///
    /// Returns how many. An observer does not see it: a mirror keeps what has expired here.
    pub fn expire(
        &mut self,
        now: Timestamp,
        bucket: &str,
        prefix: &str,
        before: Timestamp,
    ) -> Result<usize, Refused> {
        let held = self.bucket_mut(bucket, prefix)?;
        let announces = held.announces;
        let keys: Vec<String> = held
            .objects
            .range(prefix.to_owned()..)
            .take_while(|(key, _)| key.starts_with(prefix))
            .filter(|(_, object)| object.last_modified < before)
            .map(|(key, _)| key.clone())
            .collect();
        for key in &keys {
            held.objects.remove(key);
        }
        if announces {
            for key in &keys {
                let sequencer = self.sequencer(now);
                let why = announcement::Removal::Expired;
                let event = announcement::deleted(
                    &self.place,
                    &mut self.random,
                    now,
                    bucket,
                    key,
                    &sequencer,
                    why,
                );
                self.events.push(event);
            }
        }
        Ok(keys.len())
    }

    fn write(
        &mut self,
        now: Timestamp,
        bucket: &str,
        key: &str,
        object: Object,
        condition: &Condition,
        reason: &str,
    ) -> Result<String, Refused> {
        if key.is_empty() {
            return Err(refused(Code::InvalidArgument, bucket, key));
        }
        if key.len() > LONGEST_KEY {
            return Err(refused(Code::KeyTooLongError, bucket, ""));
        }
        let fate = self.write_fate(now, bucket, key, *condition != Condition::Always)?;
        let held = self.bucket(bucket, key)?.objects.get(key);
        match (condition, held) {
            (Condition::Absent, Some(_)) => {
                return Err(refused(Code::PreconditionFailed, bucket, key));
            }
            (Condition::Matches(_), None) => return Err(refused(Code::NoSuchKey, bucket, key)),
            (Condition::Matches(wanted), Some(held)) if !tag_matches(wanted, &held.etag) => {
                return Err(refused(Code::PreconditionFailed, bucket, key));
            }
            _ => {}
        }
        let sequencer = self.sequencer(now);
        if self.bucket(bucket, key)?.announces {
            let event = announcement::created(
                &self.place,
                &mut self.random,
                now,
                bucket,
                key,
                &object,
                &sequencer,
                reason,
            );
            self.events.push(event);
        }
        self.show(Change::Written { bucket, key, object: &object });
        let etag = object.etag.clone();
        self.bucket_mut(bucket, key)?.objects.insert(key.to_owned(), object);
        after(fate, bucket, key, etag)
    }

    fn show(&mut self, change: Change<'_>) {
        if let Some(observer) = &mut self.observer {
            observer(change);
        }
    }

    /// Counts writes in hex, so that later writes of a key compare greater.
    fn sequencer(&mut self, now: Timestamp) -> String {
        self.writes += 1;
        format!("00{:08X}{:08X}", now.as_second().max(0), self.writes)
    }

    fn bucket(&self, bucket: &str, key: &str) -> Result<&Bucket, Refused> {
        self.buckets.get(bucket).ok_or_else(|| refused(Code::NoSuchBucket, bucket, key))
    }

    fn bucket_mut(&mut self, bucket: &str, key: &str) -> Result<&mut Bucket, Refused> {
        self.buckets.get_mut(bucket).ok_or_else(|| refused(Code::NoSuchBucket, bucket, key))
    }

    fn find(&self, bucket: &str, key: &str) -> Result<&Object, Refused> {
        self.bucket(bucket, key)?
            .objects
            .get(key)
            .ok_or_else(|| refused(Code::NoSuchKey, bucket, key))
    }

    fn read_fate(&mut self, now: Timestamp, bucket: &str, key: &str) -> Result<(), Refused> {
        match self.faults.store_call(now) {
            CallFate::Fine | CallFate::Conflict => Ok(()),
            CallFate::ErrorBefore => Err(refused(Code::InternalError, bucket, key)),
            CallFate::ReplyLost => Err(refused(Code::ReplyLost, bucket, key)),
            CallFate::Throttled => Err(refused(Code::SlowDown, bucket, key)),
        }
    }

    /// Lets a write through with the fate of its reply.
    fn write_fate(
        &mut self,
        now: Timestamp,
        bucket: &str,
        key: &str,
        conditional: bool,
    ) -> Result<CallFate, Refused> {
        match self.faults.store_call(now) {
            fate @ (CallFate::Fine | CallFate::ReplyLost) => Ok(fate),
            CallFate::ErrorBefore => Err(refused(Code::InternalError, bucket, key)),
            CallFate::Throttled => Err(refused(Code::SlowDown, bucket, key)),
            CallFate::Conflict if conditional => {
                Err(refused(Code::ConditionalRequestConflict, bucket, key))
            }
            CallFate::Conflict => Ok(CallFate::Fine),
        }
    }
}

/// Returns the etag of an object written in one piece: the MD5 of its body in hex.
pub fn etag(body: &[u8]) -> String {
    hex(&Md5::digest(body))
}

fn hex(bytes: &[u8]) -> String {
    let digits =
        |byte: &u8| [byte >> 4, byte & 0xf].map(|digit| char::from_digit(digit.into(), 16));
    bytes.iter().flat_map(digits).flatten().collect()
}

fn refused(code: Code, bucket: &str, key: &str) -> Refused {
    Refused { code, bucket: bucket.to_owned(), key: key.to_owned() }
}

fn after<T>(fate: CallFate, bucket: &str, key: &str, answer: T) -> Result<T, Refused> {
    if fate == CallFate::ReplyLost {
        Err(refused(Code::ReplyLost, bucket, key))
    } else {
        Ok(answer)
    }
}

fn tag_matches(wanted: &str, etag: &str) -> bool {
    wanted == "*" || wanted.trim_matches('"') == etag
}
