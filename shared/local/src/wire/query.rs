//! The query protocol: a form in, XML out.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Response, request::Parts};

use super::{Broken, Call, fault::Fault, response, xml::Xml};

/// The parameters of a form, such as `Attributes.entry.1.key`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(BTreeMap<String, String>);

/// The result of an operation: what goes into its result element.
pub(crate) type Written = Box<dyn FnOnce(&mut Xml)>;

impl Form {
    pub(crate) fn of(parts: &Parts, body: &[u8]) -> Self {
        let bytes = if parts.method == Method::POST {
            body
        } else {
            parts.uri.query().unwrap_or_default().as_bytes()
        };
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns the first parts of all names, each once.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.0.keys().map(|key| key.split('.').next().unwrap_or(key)).collect();
        names.dedup();
        names
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, Fault> {
        let missing =
            || Fault::new(400, "InvalidParameter", format!("Invalid parameter: {name}: required"));
        self.get(name).ok_or_else(missing)
    }

    /// Returns the members of a list: `name.member.1`, `name.entry.1` or `name.1`, each a form of its own.
    pub(crate) fn list(&self, name: &str) -> Vec<Self> {
        let mut found: BTreeMap<u32, Self> = BTreeMap::new();
        for (key, value) in &self.0 {
            let Some(rest) = key.strip_prefix(name).and_then(|it| it.strip_prefix('.')) else {
                continue;
            };
            let words = ["member.", "entry."];
            let rest = words.iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest);
            let (number, below) = rest.split_once('.').unwrap_or((rest, ""));
            if let Ok(number) = number.parse() {
                found.entry(number).or_default().0.insert(below.to_owned(), value.clone());
            }
        }
        found.into_values().collect()
    }
}

/// Whether the body of a request is a form.
pub(super) fn is_form(parts: &Parts) -> bool {
    let kind = parts.headers.get("content-type").and_then(|it| it.to_str().ok());
    kind.is_some_and(|it| it.starts_with("application/x-www-form-urlencoded"))
}

/// Returns the API version a form names, where the request is a form.
pub(super) fn version(parts: &Parts, body: &[u8]) -> Option<String> {
    if parts.uri.path() != "/" || (parts.method == Method::POST && !is_form(parts)) {
        return None;
    }
    let form = Form::of(parts, body);
    form.get("Action")?;
    form.get("Version").map(str::to_owned)
}

/// Answers a call by an operation that takes its name and its form, and writes the result.
pub(crate) fn answer(
    call: &Call<'_>,
    operate: impl Fn(&Call<'_>, &str, &Form) -> Result<Written, Fault>,
) -> Result<Response<Bytes>, Broken> {
    let form = Form::of(call.parts, &call.body);
    let operation = form.get("Action").unwrap_or_default();
    let space = match form.get("Version") {
        Some("2011-06-15") => "https://sts.amazonaws.com/doc/2011-06-15/",
        Some("2010-08-01") => "http://monitoring.amazonaws.com/doc/2010-08-01/",
        _ => "http://sns.amazonaws.com/doc/2010-03-31/",
    };
    let mut xml = Xml::document();
    match operate(call, operation, &form) {
        Ok(write) => {
            xml.element_of(&format!("{operation}Response"), space, |xml| {
                xml.element(&format!("{operation}Result"), write);
                xml.element("ResponseMetadata", |xml| xml.text("RequestId", &call.request_id));
            });
            Ok(response(200, "text/xml", xml.finish()))
        }
        Err(fault) => {
            let status = fault.status.ok_or(Broken)?;
            xml.element_of("ErrorResponse", space, |xml| {
                xml.element("Error", |xml| {
                    xml.text("Type", if status < 500 { "Sender" } else { "Receiver" });
                    xml.text("Code", &fault.code);
                    xml.text("Message", &fault.message);
                });
                xml.text("RequestId", &call.request_id);
            });
            Ok(response(status, "text/xml", xml.finish()))
        }
    }
}
