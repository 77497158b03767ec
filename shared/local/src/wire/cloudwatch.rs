//! CloudWatch: metrics, in the three protocols its clients speak: CBOR, JSON and query.

mod metrics;

use std::io::Read;

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderValue, Response};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    Broken, Call, cbor,
    fault::Fault,
    json::{self, Members},
    query::{self, Form},
    response,
    xml::Xml,
};

/// A part of an answer; each protocol writes times in its own way.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Number(f64),
    Time(Timestamp),
    List(Vec<Piece>),
    Map(Vec<(&'static str, Piece)>),
}

/// The largest body after decompression, in bytes; `PutMetricData` takes 1 MB.
const LARGEST: u64 = 4 << 20;

pub(super) fn answer(call: &Call<'_>) -> Result<Response<Bytes>, Broken> {
    let path = call.parts.uri.path();
    if let Some((_, operation)) = path.split_once("/operation/") {
        return answer_cbor(call, operation);
    }
    if call.header("x-amz-target").is_some() {
        return answer_json(call);
    }
    query::answer(call, |call, operation, form| {
        let input = members(form);
        let answer = metrics::operate(call, operation, Members::of(&input).loose())?;
        Ok(Box::new(move |xml| answer.write_members(xml)))
    })
}

fn answer_cbor(call: &Call<'_>, operation: &str) -> Result<Response<Bytes>, Broken> {
    let unreadable = || Fault::new(400, "SerializationException", "the body is not a CBOR map");
    let answer = plain(call)
        .and_then(|body| cbor::read(&body).ok_or_else(unreadable))
        .and_then(|input| metrics::operate(call, operation, Members::of(&input)));
    let (status, body, fault) = match answer {
        Ok(piece) => (200, cbor::write(&piece), None),
        Err(fault) => {
            let status = fault.status.ok_or(Broken)?;
            let told = [("__type", fault.code.clone()), ("message", fault.message.clone())];
            let told = Piece::Map(
                told.into_iter().map(|(name, text)| (name, Piece::Text(text))).collect(),
            );
            (status, cbor::write(&told), Some(fault))
        }
    };
    let mut response = response(status, "application/cbor", body);
    let headers = response.headers_mut();
    headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
    let blame = fault.map(|fault| {
        format!("{};{}", fault.code, if status < 500 { "Sender" } else { "Receiver" })
    });
    if let Some(blame) = blame.and_then(|it| HeaderValue::try_from(it).ok()) {
        headers.insert("x-amzn-query-error", blame);
    }
    Ok(response)
}

fn answer_json(call: &Call<'_>) -> Result<Response<Bytes>, Broken> {
    json::answer(call, |call, operation, input| {
        metrics::operate(call, operation, input).map(|piece| piece.json())
    })
}

/// Returns the body as it was before compression.
fn plain(call: &Call<'_>) -> Result<Bytes, Fault> {
    if call.header("content-encoding") != Some("gzip") {
        return Ok(call.body.clone());
    }
    let mut body = Vec::new();
    let read = GzDecoder::new(&call.body[..]).take(LARGEST + 1).read_to_end(&mut body);
    if read.is_err() || LARGEST < body.len() as u64 {
        return Err(Fault::new(
            413,
            "RequestEntityTooLargeException",
            "the body is no gzip, or too large",
        ));
    }
    Ok(body.into())
}

/// Turns the form of a query request into the members of the same request in JSON; all leaves are text.
fn members(form: &Form) -> Map<String, Value> {
    let mut found = Map::new();
    for name in form.names() {
        let direct = form.get(name);
        let value = match direct {
            Some(text) => json!(text),
            None => Value::Array(form.list(name).iter().map(item).collect()),
        };
        found.insert(name.to_owned(), value);
    }
    found
}

fn item(form: &Form) -> Value {
    match form.get("") {
        Some(text) => json!(text),
        None => Value::Object(members(form)),
    }
}

impl Piece {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
            Self::Time(time) => json::seconds(*time),
            Self::List(items) => items.iter().map(Self::json).collect(),
            Self::Map(members) => {
                members.iter().map(|(name, it)| ((*name).to_owned(), it.json())).collect()
            }
        }
    }

    fn write_members(&self, xml: &mut Xml) {
        match self {
            Self::Map(members) => {
                for (name, it) in members {
                    xml.element(name, |xml| it.write_members(xml));
                }
            }
            Self::List(items) => {
                for it in items {
                    xml.element("member", |xml| it.write_members(xml));
                }
            }
            Self::Text(text) => xml.raw_text(text),
            Self::Number(number) => xml.raw_text(&number.to_string()),
            Self::Time(time) => xml.raw_text(&time.strftime("%Y-%m-%dT%H:%M:%S%.fZ").to_string()),
        }
    }
}
