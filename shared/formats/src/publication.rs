//! One message in a form for each protocol (SNS `Publish`, `MessageStructure: json`).

use serde::Serialize;

#[derive(Serialize)]
struct Forms<'a> {
    default: &'a str,
    email: &'a str,
}

/// Writes the document for machines with `text` for those who read mail.
pub fn by_protocol(document: &str, text: &str) -> String {
    let forms = Forms { default: document, email: text };
    serde_json::to_string(&forms).expect("two texts are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_finds_its_form() {
        let it: serde_json::Value =
            serde_json::from_str(&by_protocol("{\"a\":1}", "one\ntwo")).expect("JSON");
        assert_eq!(it, serde_json::json!({"default": "{\"a\":1}", "email": "one\ntwo"}));
    }
}
