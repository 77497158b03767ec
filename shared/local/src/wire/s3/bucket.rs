//! Buckets: make, list, remove, and what is asked about them.

use bytes::Bytes;
use http::{Method, Response};

use super::{
    Asked, SPACE, checksum, child, chunked, document, document_time, empty, listing, object,
    parsed, unknown, upload,
};
use crate::s3::{Code, Refused};
use crate::wire::fault::Fault;

/// What a bucket without such a thing answers, by sub-resource (S3 API reference, "Error responses").
const NOTHING: [(&str, &str); 7] = [
    ("policy", "NoSuchBucketPolicy"),
    ("lifecycle", "NoSuchLifecycleConfiguration"),
    ("cors", "NoSuchCORSConfiguration"),
    ("tagging", "NoSuchTagSet"),
    ("encryption", "ServerSideEncryptionConfigurationNotFoundError"),
    ("publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
    ("website", "NoSuchWebsiteConfiguration"),
];

pub(super) fn answer(asked: &Asked<'_>) -> Result<Response<Bytes>, Fault> {
    let nothing = NOTHING.iter().find(|(name, _)| asked.asks(name));
    match asked.call.parts.method {
        Method::PUT if asked.asks("notification") => switch_events(asked),
        Method::PUT if asked.query.is_empty() => make(asked),
        Method::HEAD => {
            known(asked)?;
            let mut response = empty(200);
            object::set(&mut response, "x-amz-bucket-region", &asked.call.account.place().region);
            Ok(response)
        }
        Method::POST if asked.asks("delete") => delete_objects(asked),
        Method::DELETE if asked.query.is_empty() => {
            asked.call.account.call(|all, _| all.s3.delete_bucket(&asked.bucket))?;
            Ok(empty(204))
        }
        Method::GET => match nothing {
            Some((_, code)) => {
                known(asked)?;
                Err(Fault::new(404, code, "the bucket has none"))
            }
            None => about(asked),
        },
        _ => Err(unknown(asked)),
    }
}

/// Lists all buckets.
pub(super) fn all(asked: &Asked<'_>) -> Response<Bytes> {
    let place = asked.call.account.place();
    let buckets = asked.call.account.call(|all, _| {
        let names: Vec<String> = all.s3.buckets().map(str::to_owned).collect();
        names.into_iter().map(|name| (all.s3.created(&name), name)).collect::<Vec<_>>()
    });
    document(|xml| {
        xml.element_of("ListAllMyBucketsResult", SPACE, |xml| {
            xml.element("Owner", |xml| xml.text("ID", &place.account));
            xml.element("Buckets", |xml| {
                for (created, name) in &buckets {
                    xml.element("Bucket", |xml| {
                        xml.text("Name", name);
                        xml.maybe("CreationDate", created.map(document_time));
                    });
                }
            });
        });
    })
}

fn about(asked: &Asked<'_>) -> Result<Response<Bytes>, Fault> {
    let place = asked.call.account.place();
    if asked.asks("location") {
        known(asked)?;
        // The oldest region has no name here.
        let region = if place.region == "us-east-1" { "" } else { &place.region };
        return Ok(document(|xml| {
            xml.element_of("LocationConstraint", SPACE, |xml| xml.raw_text(region));
        }));
    }
    if asked.asks("notification") {
        let announces = known(asked)?;
        return Ok(document(|xml| {
            xml.element_of("NotificationConfiguration", SPACE, |xml| {
                if announces {
                    xml.element("EventBridgeConfiguration", |_| {});
                }
            });
        }));
    }
    if asked.asks("versioning") {
        known(asked)?;
        return Ok(document(|xml| xml.element_of("VersioningConfiguration", SPACE, |_| {})));
    }
    if asked.asks("uploads") {
        return upload::all(asked);
    }
    let lists = ["list-type", "prefix", "delimiter", "marker", "max-keys", "encoding-type"];
    if asked.query.iter().all(|(name, _)| {
        lists.contains(&name.as_str())
            || ["start-after", "continuation-token", "fetch-owner"].contains(&name.as_str())
            || name.starts_with("X-Amz-")
            || name == "x-id"
    }) {
        return listing::answer(asked);
    }
    Err(unknown(asked))
}

/// Whether a bucket sends events; an unknown one is refused.
fn known(asked: &Asked<'_>) -> Result<bool, Fault> {
    let announces = asked.call.account.call(|all, _| all.s3.announces(&asked.bucket));
    let bucket = asked.bucket.clone();
    let missing = || Refused { code: Code::NoSuchBucket, bucket, key: String::new() };
    Ok(announces.ok_or_else(missing)?)
}

fn make(asked: &Asked<'_>) -> Result<Response<Bytes>, Fault> {
    let name = &asked.bucket;
    let letters =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let ends = |byte: &u8| byte.is_ascii_alphanumeric();
    let fine = (3..=63).contains(&name.len())
        && name.bytes().all(letters)
        && name.as_bytes().first().is_some_and(ends)
        && name.as_bytes().last().is_some_and(ends);
    if !fine {
        return Err(Fault::new(400, "InvalidBucketName", "The specified bucket is not valid."));
    }
    asked.call.account.call(|all, now| all.s3.make_bucket(now, name, false))?;
    let mut response = empty(200);
    object::set(&mut response, "location", &format!("/{name}"));
    Ok(response)
}

fn switch_events(asked: &Asked<'_>) -> Result<Response<Bytes>, Fault> {
    let whole = chunked::whole(asked.call.parts, &asked.call.body)?;
    let written = parsed(&whole.body)?;
    let mut announces = false;
    for node in written.root_element().children().filter(roxmltree::Node::is_element) {
        match node.tag_name().name() {
            "EventBridgeConfiguration" => announces = true,
            other => {
                let message =
                    format!("{other} is not in the stand-in; EventBridgeConfiguration is");
                return Err(Fault::new(501, "NotImplemented", message));
            }
        }
    }
    asked.call.account.call(|all, _| all.s3.announce(&asked.bucket, announces))?;
    Ok(empty(200))
}

fn delete_objects(asked: &Asked<'_>) -> Result<Response<Bytes>, Fault> {
    let whole = chunked::whole(asked.call.parts, &asked.call.body)?;
    checksum::verified(asked.call.parts, &whole)?;
    let written = parsed(&whole.body)?;
    let root = written.root_element();
    let quiet = child(root, "Quiet").is_some_and(|text| text.trim() == "true");
    let objects = root.children().filter(|node| node.tag_name().name() == "Object");
    let keys: Vec<(&str, Option<&str>)> =
        objects.filter_map(|node| Some((child(node, "Key")?, child(node, "ETag")))).collect();
    if keys.is_empty() || keys.len() > 1000 {
        return Err(Fault::new(400, "MalformedXML", "from 1 to 1000 objects"));
    }
    let bucket = &asked.bucket;
    known(asked)?;
    let done: Vec<(&str, Result<(), Refused>)> = asked.call.account.call(|all, now| {
        let delete = |(key, etag): &(&str, Option<&str>)| all.s3.delete(now, bucket, key, *etag);
        let mut delete = delete;
        keys.iter().map(|it| (it.0, delete(it))).collect()
    });
    if done.iter().any(|(_, it)| it.as_ref().is_err_and(|it| it.code == Code::ReplyLost)) {
        return Err(Fault { status: None, code: String::new(), message: String::new() });
    }
    Ok(document(|xml| {
        xml.element_of("DeleteResult", SPACE, |xml| {
            for (key, result) in &done {
                match result {
                    Ok(()) if quiet => {}
                    Ok(()) => xml.element("Deleted", |xml| xml.text("Key", key)),
                    Err(refused) => xml.element("Error", |xml| {
                        xml.text("Key", key);
                        xml.text("Code", refused.code.name());
                        xml.text("Message", refused.code.name());
                    }),
                }
            }
        });
    }))
}
