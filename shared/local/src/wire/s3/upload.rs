//! Multipart uploads.

use bytes::Bytes;
use http::{Method, Response};

use super::object::{check_source, condition, draft, range, set, source};
use super::{
    Asked, SPACE, checksum, child, chunked, document, document_time, empty, parsed, unknown,
};
use crate::wire::fault::Fault;

pub(super) fn answer(asked: &Asked<'_>) -> Result<Response<Bytes>, Fault> {
    let id = asked.query("uploadId").unwrap_or_default();
    match asked.call.parts.method {
        Method::POST if asked.asks("uploads") => begin(asked),
        Method::PUT if asked.header("x-amz-copy-source").is_some() => copy_part(asked, id),
        Method::PUT => put_part(asked, id),
        Method::POST => finish(asked, id),
        Method::DELETE => {
            let (bucket, key) = (&asked.bucket, &asked.key);
            asked.call.account.call(|all, _| all.s3.abort_upload(bucket, key, id))?;
            Ok(empty(204))
        }
        Method::GET if !id.is_empty() => parts(asked, id),
        _ => Err(unknown(asked)),
    }
}

/// Lists the uploads of a bucket.
pub(super) fn all(asked: &Asked<'_>) -> Result<Response<Bytes>, Fault> {
    let uploads = asked.call.account.call(|all, _| all.s3.uploads(&asked.bucket))?;
    let prefix = asked.query("prefix").unwrap_or_default();
    Ok(document(|xml| {
        xml.element_of("ListMultipartUploadsResult", SPACE, |xml| {
            xml.text("Bucket", &asked.bucket);
            xml.text("IsTruncated", false);
            for upload in uploads.iter().filter(|it| it.key.starts_with(prefix)) {
                xml.element("Upload", |xml| {
                    xml.text("Key", &upload.key);
                    xml.text("UploadId", &upload.id);
                    xml.text("Initiated", document_time(upload.begun));
                });
            }
        });
    }))
}

fn begin(asked: &Asked<'_>) -> Result<Response<Bytes>, Fault> {
    let (bucket, key) = (&asked.bucket, &asked.key);
    let id =
        asked.call.account.call(|all, now| all.s3.begin_upload(now, bucket, key, draft(asked)))?;
    Ok(document(|xml| {
        xml.element_of("InitiateMultipartUploadResult", SPACE, |xml| {
            xml.text("Bucket", bucket);
            xml.text("Key", key);
            xml.text("UploadId", &id);
        });
    }))
}

fn number(asked: &Asked<'_>) -> Result<u16, Fault> {
    let number = asked.query("partNumber").and_then(|it| it.parse().ok());
    number.ok_or_else(|| Fault::new(400, "InvalidArgument", "partNumber must be from 1 to 10000"))
}

fn put_part(asked: &Asked<'_>, id: &str) -> Result<Response<Bytes>, Fault> {
    let number = number(asked)?;
    let whole = chunked::whole(asked.call.parts, &asked.call.body)?;
    let checksum = checksum::verified(asked.call.parts, &whole)?;
    let place = (asked.bucket.as_str(), asked.key.as_str());
    let body = Vec::from(whole.body);
    let etag = asked.call.account.call(|all, now| all.s3.put_part(now, place, id, number, body))?;
    let mut response = empty(200);
    set(&mut response, "etag", &format!("\"{etag}\""));
    if let Some((name, value)) = checksum {
        set(&mut response, &name, &value);
    }
    Ok(response)
}

fn copy_part(asked: &Asked<'_>, id: &str) -> Result<Response<Bytes>, Fault> {
    let number = number(asked)?;
    let (from_bucket, from_key) = source(asked)?;
    let object = check_source(asked, &from_bucket, &from_key)?;
    let size = object.body.len() as u64;
    let span = match asked.header("x-amz-copy-source-range").and_then(range) {
        None => Some((0, object.body.len())),
        Some(range) => range.span(size),
    };
    let (start, end) =
        span.ok_or_else(|| Fault::new(416, "InvalidRange", "the source has no such range"))?;
    let body = object.body[start..end].to_vec();
    let place = (asked.bucket.as_str(), asked.key.as_str());
    let (etag, now) = asked
        .call
        .account
        .call(|all, now| all.s3.put_part(now, place, id, number, body).map(|etag| (etag, now)))?;
    Ok(document(|xml| {
        xml.element_of("CopyPartResult", SPACE, |xml| {
            xml.text("LastModified", document_time(now));
            xml.text("ETag", format!("\"{etag}\""));
        });
    }))
}

fn finish(asked: &Asked<'_>, id: &str) -> Result<Response<Bytes>, Fault> {
    let written = parsed(&asked.call.body)?;
    let malformed = || Fault::new(400, "MalformedXML", "a part needs PartNumber and ETag");
    let named = written
        .root_element()
        .children()
        .filter(|node| node.tag_name().name() == "Part")
        .map(|node| {
            let number = child(node, "PartNumber")?.trim().parse().ok()?;
            Some((number, child(node, "ETag")?.trim().to_owned()))
        })
        .collect::<Option<Vec<(u16, String)>>>()
        .ok_or_else(malformed)?;
    let condition = condition(asked)?;
    let place = (asked.bucket.as_str(), asked.key.as_str());
    let etag = asked
        .call
        .account
        .call(|all, now| all.s3.finish_upload(now, place, id, &named, &condition))?;
    Ok(document(|xml| {
        xml.element_of("CompleteMultipartUploadResult", SPACE, |xml| {
            xml.text("Location", format!("/{}/{}", asked.bucket, asked.key));
            xml.text("Bucket", &asked.bucket);
            xml.text("Key", &asked.key);
            xml.text("ETag", format!("\"{etag}\""));
        });
    }))
}

fn parts(asked: &Asked<'_>, id: &str) -> Result<Response<Bytes>, Fault> {
    let (bucket, key) = (&asked.bucket, &asked.key);
    let parts = asked.call.account.call(|all, _| all.s3.parts(bucket, key, id))?;
    Ok(document(|xml| {
        xml.element_of("ListPartsResult", SPACE, |xml| {
            xml.text("Bucket", bucket);
            xml.text("Key", key);
            xml.text("UploadId", id);
            xml.text("IsTruncated", false);
            for part in &parts {
                xml.element("Part", |xml| {
                    xml.text("PartNumber", part.number);
                    xml.text("LastModified", document_time(part.at));
                    xml.text("ETag", format!("\"{}\"", part.etag));
                    xml.text("Size", part.size);
                });
            }
        });
    }))
}
