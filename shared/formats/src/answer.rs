//! What a function answers: one word, and what it is about.

use serde::Serialize;

/// The answer of a function to whoever invoked it, such as the state machine of baselines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many, where the status counts something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

impl Answer {
    pub fn of(status: &'static str) -> Self {
        Self { status, job_name: None, version: None, reason: None, count: None }
    }

    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    #[must_use]
    pub fn version(self, version: impl Into<String>) -> Self {
        Self { version: Some(version.into()), ..self }
    }

    #[must_use]
    pub fn job(self, name: impl Into<String>) -> Self {
        Self { job_name: Some(name.into()), ..self }
    }

    #[must_use]
    pub fn counting(self, count: usize) -> Self {
        Self { count: Some(count as u64), ..self }
    }

    /// Writes the answer as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("words and numbers are JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_holds_only_what_is_known() {
        let it = Answer::of("promoted").version("3f").to_json();
        assert_eq!(it, r#"{"status":"promoted","version":"3f"}"#);
        let it = Answer::of("asked").counting(2).because("all").to_json();
        assert_eq!(it, r#"{"status":"asked","reason":"all","count":2}"#);
    }
}
