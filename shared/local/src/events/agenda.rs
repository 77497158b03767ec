//! What falls due, and when.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::journal::Label;
use super::rule::{Rule, Target};

/// Tasks in the order of their time, then of their making.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    tasks: BinaryHeap<Reverse<Task>>,
    made: u64,
}

#[derive(Debug)]
struct Task {
    due: Timestamp,
    number: u64,
    work: Work,
}

/// One thing to do.
#[derive(Debug)]
pub(super) enum Work {
    /// An event reaches the bus.
    Arrive(Arrival),
    /// A rule's schedule fires.
    Fire(Arc<Rule>),
    /// A rule's event goes to a target.
    Deliver(Delivery),
    /// Lambda runs a function.
    Invoke(Invocation),
    /// An execution of Step Functions, by its ARN, goes on.
    Wake(Arc<str>),
}

#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub(super) event: Arc<Value>,
    pub(super) label: Arc<Label>,
    pub(super) copy: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) rule: Arc<Rule>,
    /// Which of the rule's targets.
    pub(super) target: usize,
    pub(super) payload: Arc<Value>,
    pub(super) label: Arc<Label>,
    pub(super) copy: bool,
    pub(super) first: Timestamp,
    /// Attempts that failed before this one.
    pub(super) failed: u32,
}

/// One run of a function.
#[derive(Debug, Clone)]
pub(super) struct Invocation {
    /// Its logical id.
    pub(super) function: Arc<str>,
    pub(super) payload: Arc<Value>,
    pub(super) request_id: String,
    pub(super) rule: Option<Arc<str>>,
    pub(super) label: Arc<Label>,
    pub(super) copy: bool,
    pub(super) accepted: Timestamp,
    /// Attempts that failed before this one.
    pub(super) failed: u32,
    /// The ARN of the execution that waits for the answer; `None` where nobody does.
    pub(super) execution: Option<Arc<str>>,
}

/// More tasks than this at once are turned away.
pub(super) const MOST_TASKS: usize = 1_000_000;

impl Agenda {
    pub(super) fn add(&mut self, due: Timestamp, work: Work) {
        self.tasks.push(Reverse(Task { due, number: self.made, work }));
        self.made += 1;
    }

    /// Takes the first task that is due by `end`.
    pub(super) fn take(&mut self, end: Timestamp) -> Option<(Timestamp, Work)> {
        if self.next_due()? > end {
            return None;
        }
        self.tasks.pop().map(|Reverse(task)| (task.due, task.work))
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.tasks.peek().map(|Reverse(task)| task.due)
    }

    pub(super) fn is_full(&self) -> bool {
        self.tasks.len() >= MOST_TASKS
    }
}

impl Delivery {
    pub(super) fn target(&self) -> &Target {
        &self.rule.targets[self.target]
    }
}

impl Task {
    fn key(&self) -> (Timestamp, u64) {
        (self.due, self.number)
    }
}

impl PartialEq for Task {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Task {}

impl PartialOrd for Task {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Task {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}
