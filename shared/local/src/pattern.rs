//! Event patterns: which events a rule lets through.
//!
//! The language is EventBridge's ("Comparison operators for use in event patterns" of its user guide); where that is
//! silent, AWS's open source library Event Ruler decides, array consistency included. The one known difference
//! between the two, the limit on wildcards, follows the service.

use std::fmt;

use serde_json::Value;

use self::fields::{Fields, Paths};
use self::json::Node;
use self::leaf::Test;

mod address;
mod fields;
mod fold;
mod grammar;
mod json;
mod leaf;
mod number;
mod wildcard;

/// A compiled event pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    paths: Paths,
    /// The pattern without its `$or`: one of these must hold.
    alternatives: Vec<Alternative>,
}

/// Conditions that must hold together, ordered by the name of their field.
#[derive(Debug, Clone)]
struct Alternative {
    conditions: Vec<Condition>,
}

/// What one field must be.
#[derive(Debug, Clone)]
struct Condition {
    path: usize,
    /// Whether `{"exists": false}` is among the choices.
    may_be_absent: bool,
    /// One of these must hold for one value of the field.
    tests: Vec<Test>,
}

/// Why a pattern, or the event it is held against, cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct Invalid {
    /// A field such as `detail.state`, or a line and column.
    pub place: String,
    pub reason: String,
}

/// The answer to one pattern and one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Match,
    No,
    Invalid(Invalid),
}

impl Pattern {
    /// Compiles a pattern from JSON.
    ///
    /// A field named twice keeps its last condition. At most 1,000 combinations may come out of `$or`, and at most
    /// 10 wildcard prefixes of one field may be under way at once, as in EventBridge.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        grammar::compile(&json::read(text)?)
    }

    /// Whether the event matches; anything but an object never does.
    pub fn matches(&self, event: &Value) -> bool {
        event.is_object() && self.holds(&Fields::of(event, &self.paths))
    }

    /// Whether an event in JSON text matches.
    ///
    /// Unlike [`Pattern::matches`], numbers keep all their digits and a name that comes twice counts twice.
    ///
    /// # Errors
    /// The event is not a JSON object.
    pub fn matches_text(&self, event: &str) -> Result<bool, Invalid> {
        self.matches_node(&json::read(event)?)
    }

    fn matches_node(&self, event: &Node<'_>) -> Result<bool, Invalid> {
        if !matches!(event, Node::Object(_)) {
            return Err(Invalid::at("event", "is not a JSON object"));
        }
        Ok(self.holds(&Fields::of(event, &self.paths)))
    }

    fn holds(&self, fields: &Fields<'_>) -> bool {
        self.alternatives.iter().any(|alternative| fields.satisfy(&alternative.conditions))
    }
}

impl Condition {
    fn accepts(&self, leaf: &leaf::Leaf<'_>) -> bool {
        self.tests.iter().any(|test| test.accepts(leaf))
    }
}

impl Invalid {
    fn at(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { place: place.into(), reason: reason.into() }
    }
}

impl From<Result<bool, Invalid>> for Verdict {
    fn from(answer: Result<bool, Invalid>) -> Self {
        match answer {
            Ok(true) => Self::Match,
            Ok(false) => Self::No,
            Err(invalid) => Self::Invalid(invalid),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Match => f.write_str("match"),
            Self::No => f.write_str("no"),
            Self::Invalid(invalid) => write!(f, "invalid: {invalid}"),
        }
    }
}

/// Holds one pattern against one event, both as JSON text.
pub fn verdict(pattern: &str, event: &str) -> Verdict {
    Pattern::parse(pattern).and_then(|pattern| pattern.matches_text(event)).into()
}

/// Reads `{"pattern": …, "event": …}` and holds the one against the other.
///
/// The pattern may also be a text that holds JSON, as `PutRule` takes it; other members are ignored.
pub fn verdict_of_line(line: &str) -> Verdict {
    read_line(line).into()
}

fn read_line(line: &str) -> Result<bool, Invalid> {
    let Node::Object(members) = json::read(line)? else {
        return Err(Invalid::at("line", "is not a JSON object with a pattern and an event"));
    };
    let member = |name: &str| {
        members
            .iter()
            .rev()
            .find_map(|(key, node)| (key == name).then_some(node))
            .ok_or_else(|| Invalid::at("line", format!("has no member \"{name}\"")))
    };
    let pattern = match member("pattern")? {
        Node::Text(text) => Pattern::parse(text)?,
        node => grammar::compile(node)?,
    };
    pattern.matches_node(member("event")?)
}

#[cfg(test)]
mod tests;
