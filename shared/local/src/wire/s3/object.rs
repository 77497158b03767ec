//! Objects: put, get, head, copy, delete.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use super::{Asked, checksum, chunked, document, document_time, empty, http_time, unknown};
use crate::s3::{Condition, Draft, Object, Range};
use crate::wire::fault::Fault;

/// Headers of a write that a read repeats.
const KEPT: [&str; 9] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
    "x-amz-storage-class",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-website-redirect-location",
];

/// Header of the kept tags, which no read shows.
const TAGS: &str = "x-amz-tagging";

/// An object's bytes, shared with the store.
struct Shared(Object);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0.body
    }
}

pub(super) fn put(asked: &Asked<'_>) -> Result<Response<Bytes>, Fault> {
    let whole = chunked::whole(asked.call.parts, &asked.call.body)?;
    let checksum = checksum::verified(asked.call.parts, &whole)?;
    let mut draft = draft(asked);
    draft.headers.extend(checksum.clone());
    let condition = condition(asked)?;
    let body = Vec::from(whole.body);
    let etag = asked.call.account.call(|all, now| {
        all.s3.put_draft(now, (&asked.bucket, &asked.key), body, draft, &condition)
    })?;
    let mut response = empty(200);
    set(&mut response, "etag", &format!("\"{etag}\""));
    if let Some((name, value)) = checksum {
        set(&mut response, &name, &value);
    }
    Ok(response)
}

pub(super) fn get(asked: &Asked<'_>) -> Result<Response<Bytes>, Fault> {
    let (bucket, key) = (&asked.bucket, &asked.key);
    let if_match = asked.header("if-match");
    let object = asked.call.account.call(|all, now| all.s3.head(now, bucket, key, if_match))?;
    if let Some(status) = unmodified(asked, &object) {
        let mut response = empty(status);
        describe(&mut response, &object, false);
        return Ok(response);
    }
    let size = object.body.len() as u64;
    let range = asked.header("range").and_then(range);
    let span = match range {
        None => None,
        Some(range) => Some(range.span(size).ok_or_else(|| {
            Fault::new(416, "InvalidRange", "The requested range is not satisfiable")
        })?),
    };
    let wants_checksum = asked.header("x-amz-checksum-mode").is_some() && span.is_none();
    let mut response = empty(200);
    describe(&mut response, &object, wants_checksum);
    for (name, value) in &asked.query {
        if let Some(header) = name.strip_prefix("response-") {
            set(&mut response, header, value);
        }
    }
    let length = span.map_or(size, |(start, end)| (end - start) as u64);
    if let Some((start, end)) = span {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        set(&mut response, "content-range", &format!("bytes {start}-{}/{size}", end - 1));
    }
    if asked.call.parts.method == Method::HEAD {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    } else {
        let whole = Bytes::from_owner(Shared(object));
        *response.body_mut() = span.map_or(whole.clone(), |(start, end)| whole.slice(start..end));
    }
    Ok(response)
}

pub(super) fn copy(asked: &Asked<'_>) -> Result<Response<Bytes>, Fault> {
    let (from_bucket, from_key) = source(asked)?;
    check_source(asked, &from_bucket, &from_key)?;
    let replaces = asked.header("x-amz-metadata-directive") == Some("REPLACE");
    if !replaces && from_bucket == asked.bucket && from_key == asked.key {
        let message =
            "a copy onto itself must change something: say x-amz-metadata-directive: REPLACE";
        return Err(Fault::new(400, "InvalidRequest", message));
    }
    let draft = replaces.then(|| draft(asked));
    let condition = condition(asked)?;
    let (etag, now) = asked.call.account.call(|all, now| {
        let from = (from_bucket.as_str(), from_key.as_str());
        let to = (asked.bucket.as_str(), asked.key.as_str());
        all.s3.copy_draft(now, from, to, draft, &condition).map(|etag| (etag, now))
    })?;
    Ok(document(|xml| {
        xml.element_of("CopyObjectResult", super::SPACE, |xml| {
            xml.text("LastModified", document_time(now));
            xml.text("ETag", format!("\"{etag}\""));
        });
    }))
}

pub(super) fn delete(asked: &Asked<'_>) -> Result<Response<Bytes>, Fault> {
    let if_match = asked.header("if-match");
    asked.call.account.call(|all, now| all.s3.delete(now, &asked.bucket, &asked.key, if_match))?;
    Ok(empty(204))
}

/// Answers what is asked beside an object's bytes: tags, as far as they were written with it.
pub(super) fn aside(asked: &Asked<'_>) -> Result<Response<Bytes>, Fault> {
    if !asked.asks("tagging") || asked.call.parts.method != Method::GET {
        return Err(unknown(asked));
    }
    let (bucket, key) = (&asked.bucket, &asked.key);
    let object = asked.call.account.call(|all, now| all.s3.head(now, bucket, key, None))?;
    let tags = object.headers.get(TAGS).map(String::as_str).unwrap_or_default();
    Ok(document(|xml| {
        xml.element_of("Tagging", super::SPACE, |xml| {
            xml.element("TagSet", |xml| {
                for (key, value) in form_urlencoded::parse(tags.as_bytes()) {
                    xml.element("Tag", |xml| {
                        xml.text("Key", key);
                        xml.text("Value", value);
                    });
                }
            });
        });
    }))
}

/// Reads what a write brings besides its bytes.
pub(super) fn draft(asked: &Asked<'_>) -> Draft {
    let mut headers = BTreeMap::new();
    for (name, value) in &asked.call.parts.headers {
        let name = name.as_str();
        let kept = name.starts_with("x-amz-meta-") || name == TAGS || KEPT.contains(&name);
        if let (true, Ok(value)) = (kept, value.to_str()) {
            headers.insert(name.to_owned(), value.to_owned());
        }
    }
    // The encoding of the transfer is none of the object.
    if let Some(encoding) = headers.remove("content-encoding") {
        let rest: Vec<&str> = encoding
            .split(',')
            .map(str::trim)
            .filter(|it| *it != "aws-chunked" && !it.is_empty())
            .collect();
        if !rest.is_empty() {
            headers.insert("content-encoding".to_owned(), rest.join(","));
        }
    }
    let content_type = asked.header("content-type").map(str::to_owned);
    Draft { content_type, headers }
}

/// Reads the condition of a write.
pub(super) fn condition(asked: &Asked<'_>) -> Result<Condition, Fault> {
    match (asked.header("if-none-match"), asked.header("if-match")) {
        (None, None) => Ok(Condition::Always),
        (Some("*"), None) => Ok(Condition::Absent),
        (None, Some(etag)) => Ok(Condition::Matches(etag.to_owned())),
        _ => Err(Fault::new(
            501,
            "NotImplemented",
            "A header you provided implies functionality that is not implemented",
        )),
    }
}

/// Reads where a copy comes from.
pub(super) fn source(asked: &Asked<'_>) -> Result<(String, String), Fault> {
    let header = asked.header("x-amz-copy-source").unwrap_or_default();
    let path = header.split('?').next().unwrap_or_default();
    let path = percent_decode_str(path.trim_start_matches('/')).decode_utf8();
    let path =
        path.map_err(|_| Fault::new(400, "InvalidArgument", "x-amz-copy-source is not UTF-8"))?;
    let found = path.split_once('/').filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty());
    let (bucket, key) = found.ok_or_else(|| {
        Fault::new(400, "InvalidArgument", "x-amz-copy-source must be bucket/key")
    })?;
    Ok((bucket.to_owned(), key.to_owned()))
}

/// Checks what a copy asks of its source.
pub(super) fn check_source(asked: &Asked<'_>, bucket: &str, key: &str) -> Result<Object, Fault> {
    let wanted = asked.header("x-amz-copy-source-if-match");
    let unwanted = asked.header("x-amz-copy-source-if-none-match");
    let object = asked.call.account.call(|all, now| all.s3.head(now, bucket, key, wanted))?;
    if unwanted.is_some_and(|tag| names(tag, &object.etag)) {
        return Err(Fault::new(412, "PreconditionFailed", "the source has this etag"));
    }
    Ok(object)
}

/// Returns the status of a read whose conditions say that there is nothing to send.
fn unmodified(asked: &Asked<'_>, object: &Object) -> Option<u16> {
    let time = |name: &str| asked.header(name).and_then(read_time);
    let written = object.last_modified.as_second();
    if let Some(tags) = asked.header("if-none-match") {
        return names(tags, &object.etag).then_some(304);
    }
    if time("if-modified-since").is_some_and(|since| written <= since) {
        return Some(304);
    }
    let guarded = asked.header("if-match").is_none();
    (guarded && time("if-unmodified-since").is_some_and(|since| since < written)).then_some(412)
}

fn names(tags: &str, etag: &str) -> bool {
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_matches('"') == etag)
}

fn read_time(text: &str) -> Option<i64> {
    let parsed = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp::as_second(parsed.timestamp()))
}

fn describe(response: &mut Response<Bytes>, object: &Object, checksums: bool) {
    set(response, "etag", &format!("\"{}\"", object.etag));
    set(response, "last-modified", &http_time(object.last_modified));
    set(response, "accept-ranges", "bytes");
    set(response, "content-type", object.content_type.as_deref().unwrap_or("binary/octet-stream"));
    for (name, value) in &object.headers {
        if name != TAGS && (checksums || !checksum::is_checksum(name)) {
            set(response, name, value);
        }
    }
}

/// Sets a header; a value that no header can hold is left out.
pub(super) fn set(response: &mut Response<Bytes>, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        response.headers_mut().insert(name, value);
    }
}

/// Reads a range; of several, or of one that cannot be read, nothing: the whole object is the answer then.
pub(super) fn range(text: &str) -> Option<Range> {
    let (start, end) = text.strip_prefix("bytes=")?.split_once('-')?;
    match (start, end) {
        ("", count) => Some(Range::Last(count.parse().ok()?)),
        (start, "") => Some(Range::From(start.parse().ok()?)),
        (start, end) => Some(Range::Span(start.parse().ok()?, end.parse().ok()?)),
    }
}
