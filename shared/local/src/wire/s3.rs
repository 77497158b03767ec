//! S3: REST with XML, addressed by path or by host.

mod bucket;
mod checksum;
mod chunked;
mod listing;
mod object;
mod upload;

use std::borrow::Cow;

use bytes::Bytes;
use http::{Method, Response, header};
use percent_encoding::percent_decode_str;

use super::{Broken, Call, fault::Fault, response, xml::Xml};

/// The namespace of S3's documents.
const SPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// A request to S3, taken apart.
#[derive(Debug)]
struct Asked<'a> {
    call: &'a Call<'a>,
    bucket: String,
    key: String,
    query: Vec<(String, String)>,
}

impl Asked<'_> {
    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn asks(&self, name: &str) -> bool {
        self.query(name).is_some()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.call.header(name)
    }
}

/// Answers a request.
pub(super) fn answer(call: &Call<'_>) -> Result<Response<Bytes>, Broken> {
    let asked = take_apart(call);
    let answered = asked.and_then(|asked| {
        if asked.bucket.is_empty() {
            service_level(&asked)
        } else if asked.key.is_empty() {
            bucket::answer(&asked)
        } else {
            object_level(&asked)
        }
    });
    let fault = match answered {
        Ok(response) => return Ok(response),
        Err(fault) => fault,
    };
    let status = fault.status.ok_or(Broken)?;
    if call.parts.method == Method::HEAD || status == 304 {
        return Ok(response(status, "", ""));
    }
    let mut xml = Xml::document();
    xml.element("Error", |xml| {
        xml.text("Code", &fault.code);
        xml.text("Message", &fault.message);
        xml.text("Resource", call.parts.uri.path());
        xml.text("RequestId", &call.request_id);
    });
    Ok(response(status, "application/xml", xml.finish()))
}

fn take_apart<'a>(call: &'a Call<'a>) -> Result<Asked<'a>, Fault> {
    let uri = &call.parts.uri;
    let host = uri.host().or_else(|| call.header(header::HOST.as_str())).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let path = uri.path().strip_prefix('/').unwrap_or(uri.path());
    let decoded = |text: &str| -> Result<String, Fault> {
        let text = percent_decode_str(text).decode_utf8();
        let wrong = |_| Fault::new(400, "InvalidURI", "the path is not UTF-8");
        text.map(Cow::into_owned).map_err(wrong)
    };
    let (bucket, key) = if let Some(bucket) = host.strip_suffix(".localhost") {
        (bucket.to_owned(), decoded(path)?)
    } else {
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        (decoded(bucket)?, decoded(key)?)
    };
    let query = uri.query().unwrap_or_default().as_bytes();
    let query = form_urlencoded::parse(query).into_owned().collect();
    Ok(Asked { call, bucket, key, query })
}

fn service_level(asked: &Asked<'_>) -> Result<Response<Bytes>, Fault> {
    match *asked.call.parts.method.as_str().as_bytes() {
        [b'G', b'E', b'T'] => Ok(bucket::all(asked)),
        _ => Err(unknown(asked)),
    }
}

fn object_level(asked: &Asked<'_>) -> Result<Response<Bytes>, Fault> {
    if asked.asks("uploads") || asked.asks("uploadId") {
        return upload::answer(asked);
    }
    if ["acl", "tagging", "attributes", "legal-hold", "retention", "torrent", "restore", "select"]
        .iter()
        .any(|name| asked.asks(name))
    {
        return object::aside(asked);
    }
    match asked.call.parts.method {
        Method::GET | Method::HEAD => object::get(asked),
        Method::PUT if asked.header("x-amz-copy-source").is_some() => object::copy(asked),
        Method::PUT => object::put(asked),
        Method::DELETE => object::delete(asked),
        _ => Err(unknown(asked)),
    }
}

/// Refuses an operation by what names it: method and sub-resource.
fn unknown(asked: &Asked<'_>) -> Fault {
    let what = asked.query.first().map_or("", |(key, _)| key.as_str());
    let level = if asked.key.is_empty() { "a bucket" } else { "an object" };
    let method = &asked.call.parts.method;
    let message =
        format!("UnknownOperationException: {method} ?{what} on {level} is not in the stand-in");
    Fault::new(501, "NotImplemented", message)
}

/// Makes a response of a document.
fn document(write: impl FnOnce(&mut Xml)) -> Response<Bytes> {
    let mut xml = Xml::document();
    write(&mut xml);
    response(200, "application/xml", xml.finish())
}

/// Makes a response without content.
fn empty(status: u16) -> Response<Bytes> {
    response(status, "", "")
}

/// Parses the document of a request.
fn parsed(body: &Bytes) -> Result<roxmltree::Document<'_>, Fault> {
    let refuse = || Fault::new(400, "MalformedXML", "the document cannot be read");
    let text = str::from_utf8(body).map_err(|_| refuse())?;
    roxmltree::Document::parse(text).map_err(|_| refuse())
}

/// Returns the text of a child element.
fn child<'a>(node: roxmltree::Node<'a, '_>, name: &str) -> Option<&'a str> {
    let found = node.children().find(|it| it.tag_name().name() == name)?;
    Some(found.text().unwrap_or_default())
}

/// Returns a time as HTTP headers write it.
fn http_time(time: jiff::Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Returns a time as documents write it.
fn document_time(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
