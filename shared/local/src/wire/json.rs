//! AWS JSON 1.0 and 1.1: the operation in a header, a JSON object each way.

use bytes::Bytes;
use http::{HeaderValue, Response};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Broken, Call, fault::Fault, response};

/// The members of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Members<'a> {
    map: &'a Map<String, Value>,
    /// Where the members are, such as `dataCaptureConfig.`, for messages.
    path: &'a str,
    /// Whether text stands for numbers and truth values too, as in a form.
    loose: bool,
}

/// Answers a call by an operation that takes its name and its members.
pub(crate) fn answer(
    call: &Call<'_>,
    operate: impl Fn(&Call<'_>, &str, Members<'_>) -> Result<Value, Fault>,
) -> Result<Response<Bytes>, Broken> {
    let kind = match call.header("content-type") {
        Some(text) if text.starts_with("application/x-amz-json-1.0") => {
            "application/x-amz-json-1.0"
        }
        _ => "application/x-amz-json-1.1",
    };
    let answer = input(&call.body).and_then(|input| {
        let target = call.header("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        operate(call, operation, Members::of(&input))
    });
    match answer {
        Ok(Value::Null) => Ok(response(200, kind, "")),
        Ok(value) => Ok(response(200, kind, value.to_string())),
        Err(fault) => refusal(&fault, kind),
    }
}

/// Renders a refusal.
pub(crate) fn refusal(fault: &Fault, kind: &'static str) -> Result<Response<Bytes>, Broken> {
    let status = fault.status.ok_or(Broken)?;
    let body = json!({"__type": fault.code, "message": fault.message});
    let mut response = response(status, kind, body.to_string());
    if let Ok(code) = HeaderValue::from_str(&fault.code) {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    Ok(response)
}

fn input(body: &[u8]) -> Result<Map<String, Value>, Fault> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    let refuse = || Fault::new(400, "SerializationException", "the body is not a JSON object");
    serde_json::from_slice(body).map_err(|_| refuse())
}

/// Returns a time as the protocol writes it: seconds since 1970.
pub(crate) fn seconds(time: Timestamp) -> Value {
    json!(time.as_millisecond() as f64 / 1000.0)
}

impl<'a> Members<'a> {
    pub(crate) fn of(map: &'a Map<String, Value>) -> Self {
        Self { map, path: "", loose: false }
    }

    /// Reads numbers and truth values from text too.
    pub(crate) fn loose(self) -> Self {
        Self { loose: true, ..self }
    }

    /// Returns the whole request.
    pub(crate) fn all(self) -> &'a Map<String, Value> {
        self.map
    }

    /// Returns a member; null is absent.
    pub(crate) fn get(self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(self, name: &str) -> Result<Option<&'a str>, Fault> {
        let read = |value: &'a Value| value.as_str().ok_or_else(|| self.wrong(name, "a string"));
        self.get(name).map(read).transpose()
    }

    pub(crate) fn required_text(self, name: &str) -> Result<&'a str, Fault> {
        self.text(name)?.ok_or_else(|| self.absent(name))
    }

    pub(crate) fn count(self, name: &str) -> Result<Option<u64>, Fault> {
        let number = self.number(name)?;
        let whole = |number: f64| (number.fract() == 0.0 && number >= 0.0).then_some(number as u64);
        let read = |number| whole(number).ok_or_else(|| self.wrong(name, "a whole number"));
        number.map(read).transpose()
    }

    pub(crate) fn number(self, name: &str) -> Result<Option<f64>, Fault> {
        let read = |value| self.as_number(value).ok_or_else(|| self.wrong(name, "a number"));
        self.get(name).map(read).transpose()
    }

    pub(crate) fn numbers(self, name: &str) -> Result<Vec<f64>, Fault> {
        let read =
            |value| self.as_number(value).ok_or_else(|| self.wrong(name, "a list of numbers"));
        self.list(name)?.iter().map(read).collect()
    }

    fn as_number(self, value: &Value) -> Option<f64> {
        let text = value.as_str().filter(|_| self.loose);
        value.as_f64().or_else(|| text?.parse().ok())
    }

    pub(crate) fn flag(self, name: &str) -> Result<Option<bool>, Fault> {
        let read = |value: &Value| {
            let text = value.as_str().filter(|_| self.loose);
            let flag = value.as_bool().or_else(|| text?.parse().ok());
            flag.ok_or_else(|| self.wrong(name, "a boolean"))
        };
        self.get(name).map(read).transpose()
    }

    /// Returns a time: seconds since 1970, or text of ISO 8601.
    pub(crate) fn time(self, name: &str) -> Result<Option<Timestamp>, Fault> {
        let read = |value: &Value| {
            let seconds = value
                .as_f64()
                .and_then(|it| Timestamp::from_millisecond((it * 1000.0) as i64).ok());
            let text = || value.as_str().and_then(|it| it.parse().ok());
            seconds.or_else(text).ok_or_else(|| self.wrong(name, "a time"))
        };
        self.get(name).map(read).transpose()
    }

    pub(crate) fn object(self, name: &str) -> Result<Option<Members<'a>>, Fault> {
        let read = |value: &'a Value| match value {
            Value::Object(map) => Ok(Members { map, ..self }),
            _ => Err(self.wrong(name, "an object")),
        };
        self.get(name).map(read).transpose()
    }

    pub(crate) fn required_object(self, name: &str) -> Result<Members<'a>, Fault> {
        self.object(name)?.ok_or_else(|| self.absent(name))
    }

    pub(crate) fn list(self, name: &str) -> Result<&'a [Value], Fault> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(self.wrong(name, "a list")),
        }
    }

    pub(crate) fn objects(self, name: &str) -> Result<Vec<Members<'a>>, Fault> {
        let read = |value: &'a Value| match value {
            Value::Object(map) => Ok(Members { map, ..self }),
            _ => Err(self.wrong(name, "a list of objects")),
        };
        self.list(name)?.iter().map(read).collect()
    }

    pub(crate) fn texts(self, name: &str) -> Result<Vec<&'a str>, Fault> {
        let read =
            |value: &'a Value| value.as_str().ok_or_else(|| self.wrong(name, "a list of strings"));
        self.list(name)?.iter().map(read).collect()
    }

    pub(crate) fn absent(self, name: &str) -> Fault {
        Fault::invalid(format!(
            "1 validation error detected: Value null at '{}{}' failed to satisfy constraint: Member must not be null",
            self.path,
            lower_first(name)
        ))
    }

    fn wrong(self, name: &str, want: &str) -> Fault {
        Fault::new(400, "SerializationException", format!("{}{name} must be {want}", self.path))
    }
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}
