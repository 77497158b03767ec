//! Rules and their targets.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::Value;

use crate::cron::Schedule;
use crate::pattern::Pattern;

/// Which events go where.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its logical id in the template.
    pub id: String,
    pub name: String,
    pub arn: String,
    pub enabled: bool,
    /// The events it wants; a rule may have both a pattern and a schedule.
    pub pattern: Option<Pattern>,
    pub schedule: Option<Schedule>,
    pub targets: Vec<Target>,
}

/// One receiver of a rule's events.
#[derive(Debug, Clone)]
pub struct Target {
    pub id: String,
    pub arn: String,
    /// The logical id of the function behind the ARN; `None` for any other receiver.
    pub function: Option<String>,
    /// The ARN of the role with which EventBridge calls the target, where it needs one.
    pub role: Option<String>,
    /// Whether the transform saw to it that EventBridge may call the target.
    pub permitted: bool,
    pub input: Input,
    pub retry: Retry,
    /// The ARN of the queue for events that could not be delivered.
    pub dead_letters: Option<String>,
}

/// What a target gets of an event.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Input {
    #[default]
    Event,
    /// The same value for every event.
    Constant(Value),
    /// A part of the event, such as `$.detail`.
    Path(String),
    Transformer(Transformer),
}

/// A text made from parts of the event.
#[derive(Debug, Clone, PartialEq)]
pub struct Transformer {
    /// Paths into the event by the name that the template uses.
    pub paths: BTreeMap<String, String>,
    pub template: String,
}

/// How long delivery is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Attempts after the first one, at most 185.
    pub attempts: u32,
    pub max_age: SignedDuration,
}

impl Default for Retry {
    /// EventBridge's own: 24 hours and up to 185 times.
    fn default() -> Self {
        Self { attempts: 185, max_age: SignedDuration::from_hours(24) }
    }
}
