//! `ListObjects` and `ListObjectsV2`.

use std::borrow::Cow;

use bytes::Bytes;
use http::Response;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Asked, SPACE, document, document_time};
use crate::s3::{List, Page};
use crate::wire::{fault::Fault, xml::Xml};

/// What keys spell out when `encoding-type=url` asks for it.
const SPELLED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/').remove(b'*');

pub(super) fn answer(asked: &Asked<'_>) -> Result<Response<Bytes>, Fault> {
    let second = asked.query("list-type") == Some("2");
    let some = |name: &str| asked.query(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let max_keys =
        match asked.query("max-keys") {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| {
                Fault::new(400, "InvalidArgument", "max-keys must be a whole number")
            })?),
        };
    let token = if second {
        some("continuation-token")
    } else {
        some("marker").map(|marker| List::token_after(&marker))
    };
    let list = List {
        prefix: asked.query("prefix").unwrap_or_default().to_owned(),
        delimiter: some("delimiter"),
        start_after: some("start-after"),
        token,
        max_keys,
    };
    let page = asked.call.account.call(|all, now| all.s3.list(now, &asked.bucket, &list))?;
    Ok(document(|xml| {
        xml.element_of("ListBucketResult", SPACE, |xml| write(asked, second, &list, &page, xml));
    }))
}

fn write(asked: &Asked<'_>, second: bool, list: &List, page: &Page, xml: &mut Xml) {
    let spelled = asked.query("encoding-type") == Some("url");
    let key = |text: &str| -> String {
        if spelled {
            Cow::from(utf8_percent_encode(text, SPELLED)).into_owned()
        } else {
            text.to_owned()
        }
    };
    xml.text("Name", &asked.bucket);
    xml.text("Prefix", key(&list.prefix));
    xml.maybe("Delimiter", list.delimiter.as_deref().map(key));
    xml.text("MaxKeys", list.max_keys.unwrap_or(1000).min(1000));
    if spelled {
        xml.text("EncodingType", "url");
    }
    xml.text("IsTruncated", page.next_token.is_some());
    if second {
        xml.text("KeyCount", page.entries.len() + page.common_prefixes.len());
        xml.maybe("ContinuationToken", asked.query("continuation-token"));
        xml.maybe("NextContinuationToken", page.next_token.as_deref());
        xml.maybe("StartAfter", list.start_after.as_deref().map(key));
    } else {
        xml.text("Marker", key(asked.query("marker").unwrap_or_default()));
        let next = page.next_token.as_deref().and_then(List::marker_of);
        xml.maybe("NextMarker", next.as_deref().map(key));
    }
    for entry in &page.entries {
        xml.element("Contents", |xml| {
            xml.text("Key", key(&entry.key));
            xml.text("LastModified", document_time(entry.last_modified));
            xml.text("ETag", format!("\"{}\"", entry.etag));
            xml.text("Size", entry.size);
            xml.text("StorageClass", "STANDARD");
        });
    }
    for prefix in &page.common_prefixes {
        xml.element("CommonPrefixes", |xml| xml.text("Prefix", key(prefix)));
    }
}
