//! What happened to events, for people to look at.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;

/// One thing that happened to one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub at: Timestamp,
    pub event: Arc<Label>,
    /// Whether this is a further copy of an event that was duplicated.
    pub copy: bool,
    pub rule: Option<Arc<str>>,
    /// The logical id of the function, or the ARN of another target.
    pub target: Option<Arc<str>>,
    pub outcome: Outcome,
}

/// How an event is told apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    pub id: String,
    pub source: String,
    pub detail_type: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The source never sent it.
    Lost,
    /// No rule wants it.
    Unmatched,
    /// EventBridge could not deliver and tries again.
    Refused { attempt: u32, again: Timestamp },
    /// The function did its work.
    Done { attempt: u32 },
    /// The function failed; Lambda tries again, or not.
    Failed { attempt: u32, kind: String, retryable: bool, again: Option<Timestamp> },
    /// It went to a queue for failed events.
    DeadLettered { queue: String, code: String },
    /// It could be delivered nowhere, and there is no queue for it.
    Dropped { code: String },
    /// It went to a queue that is a target.
    Queued,
    /// It started an execution of a state machine.
    Started,
}

/// How often things happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Events that services and callers sent.
    pub sent: u64,
    pub lost: u64,
    /// Further copies that arrived.
    pub copies: u64,
    pub scheduled: u64,
    pub unmatched: u64,
    /// Invocations that ended well.
    pub done: u64,
    /// Invocations that failed.
    pub failed: u64,
    /// Deliveries that were refused and tried again.
    pub refused: u64,
    pub dead_lettered: u64,
    pub dropped: u64,
    /// Events turned away because too many were under way.
    pub turned_away: u64,
}

/// Keeps the latest lines.
#[derive(Debug, Default)]
pub(super) struct Journal {
    lines: VecDeque<Line>,
    pub(super) totals: Totals,
}

/// Older lines give way; the totals still count them.
const MOST_LINES: usize = 100_000;

impl Journal {
    pub(super) fn write(&mut self, line: Line) {
        let totals = &mut self.totals;
        let count = match &line.outcome {
            Outcome::Lost => Some(&mut totals.lost),
            Outcome::Unmatched => Some(&mut totals.unmatched),
            Outcome::Refused { .. } => Some(&mut totals.refused),
            Outcome::Done { .. } => Some(&mut totals.done),
            Outcome::Failed { .. } => Some(&mut totals.failed),
            Outcome::DeadLettered { .. } => Some(&mut totals.dead_lettered),
            Outcome::Dropped { .. } => Some(&mut totals.dropped),
            Outcome::Queued | Outcome::Started => None,
        };
        if let Some(count) = count {
            *count += 1;
        }
        if self.lines.len() >= MOST_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    pub(super) fn take(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.lines).into()
    }
}
