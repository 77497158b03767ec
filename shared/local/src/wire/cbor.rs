//! Smithy RPC v2 over CBOR, as CloudWatch's newer clients speak it.

use ciborium::Value as Cbor;
use serde_json::{Map, Value};

use super::cloudwatch::Piece;

/// Tag 1 of RFC 8949: seconds since 1970.
const EPOCH_TAG: u64 = 1;

/// Reads a body into the JSON that the same request would be; a time becomes its seconds.
pub(super) fn read(body: &[u8]) -> Option<Map<String, Value>> {
    if body.is_empty() {
        return Some(Map::new());
    }
    let read: Cbor = ciborium::from_reader(body).ok()?;
    match to_json(read)? {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

fn to_json(cbor: Cbor) -> Option<Value> {
    Some(match cbor {
        Cbor::Null => Value::Null,
        Cbor::Bool(flag) => flag.into(),
        Cbor::Integer(whole) => i64::try_from(whole).ok()?.into(),
        Cbor::Float(number) => number.into(),
        Cbor::Text(text) => text.into(),
        Cbor::Tag(_, inside) => to_json(*inside)?,
        Cbor::Array(items) => items.into_iter().map(to_json).collect::<Option<_>>()?,
        Cbor::Map(members) => {
            let member =
                |(key, value): (Cbor, Cbor)| Some((key.into_text().ok()?, to_json(value)?));
            Value::Object(members.into_iter().map(member).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// Writes an answer.
pub(super) fn write(piece: &Piece) -> Vec<u8> {
    let mut body = Vec::new();
    ciborium::into_writer(&to_cbor(piece), &mut body).expect("a vector takes all bytes");
    body
}

fn to_cbor(piece: &Piece) -> Cbor {
    match piece {
        Piece::Text(text) => Cbor::Text(text.clone()),
        Piece::Number(number) => Cbor::Float(*number),
        Piece::Time(time) => {
            let seconds = Cbor::Float(time.as_millisecond() as f64 / 1000.0);
            Cbor::Tag(EPOCH_TAG, Box::new(seconds))
        }
        Piece::List(items) => Cbor::Array(items.iter().map(to_cbor).collect()),
        Piece::Map(members) => {
            let member = |(name, piece): &(&str, Piece)| (Cbor::from(*name), to_cbor(piece));
            Cbor::Map(members.iter().map(member).collect())
        }
    }
}
