//! Incidents: what many windows say together, opened once and resolved once.
//!
//! A pure state machine over the set of judged windows. What it holds depends on
//! the windows alone: not on their order of arrival, nor on how often each
//! arrives, as long as none is later than [`Rules::keep`] others. Every due
//! window is to be recorded, one without rows too; a window that was never
//! recorded counts as one that might have been clean. Reference: features 4.1 to 4.3.

mod fold;
mod key;
mod outcome;
mod severity;
#[cfg(test)]
mod tests;

pub use key::Key;
pub use outcome::{Fact, Outcome, Sight};
pub use severity::{Severity, severity};

use crate::finding::{Check, Family, Finding, Judgement, State};
use crate::window::Window;

/// How many windows it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// Drift opens when one check of one feature is bad in `bad` of the last
    /// `of` windows with data. A broken contract opens at once.
    pub bad: usize,
    pub of: usize,
    /// Windows in a row below the closing floor that settle a line.
    pub clean: usize,
    /// The closing floor, as a part of the opening one.
    pub closing: f64,
    /// Windows that are remembered, so that late ones find their place.
    pub keep: usize,
    /// From so many openings within a day an incident is flapping …
    pub flaps: usize,
    /// … and takes so many clean windows to settle.
    pub flap_clean: usize,
    /// The endpoint is tagged critical: one level more for what costs traffic.
    pub critical: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            bad: 2,
            of: 3,
            clean: 3,
            closing: 0.7,
            keep: 24,
            flaps: 3,
            flap_clean: 12,
            critical: false,
        }
    }
}

/// All that is remembered of one endpoint, variant and family.
///
/// One object of the state, changed by compare and swap.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// The last windows, in order of time, each once.
    pub outcomes: Vec<Outcome>,
    /// What the windows before those led to.
    pub settled: Progress,
    /// The open incident, or the last one that was resolved.
    pub incident: Option<Incident>,
}

/// Where the state machine stands after some window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    pub incident: Option<Incident>,
    /// Lines of the open incident, and lines that may become some.
    pub lines: Vec<Line>,
    pub last: Option<Window>,
    /// Starts of the windows that opened an incident, within a day of `last`.
    pub openings: Vec<i64>,
}

/// What is followed of one check of one feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub feature: Option<String>,
    pub check: Check,
    /// Part of the open incident.
    pub active: bool,
    /// The first bad window of those that count.
    pub since: Window,
    /// Verdicts on the last windows with data, the newest last; `true` is bad.
    pub recent: Vec<bool>,
    /// Clean windows in a row.
    pub clean: usize,
}

/// One piece of trouble that somebody should know of.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// Sixteen hexadecimal digits, from the key and the window that opened it.
    pub id: String,
    pub key: Key,
    /// The window whose verdict opened it.
    pub opened: Window,
    /// The first window that was bad.
    pub since: Window,
    /// The last window that was bad.
    pub last_bad: Window,
    /// The window whose verdict settled it; `None` while it is open.
    pub resolved: Option<Window>,
    /// Windows that were bad, and those with data since `since`.
    pub bad_windows: u32,
    pub windows: u32,
    /// The worst so far.
    pub severity: Severity,
    /// From 0 to 100, the worst so far.
    pub score: f64,
    /// Its lines, each as the last bad window showed it, the most telling first;
    /// at most [`Outcome::MOST`].
    pub findings: Vec<Finding>,
    /// It opens and resolves over and over.
    pub flapping: bool,
}

impl Incident {
    pub fn is_open(&self) -> bool {
        self.resolved.is_none()
    }

    /// Whether it says that a monitor does not see, rather than what it saw.
    pub fn is_blind(&self) -> bool {
        let failed = || self.findings.iter().all(|it| it.check == Check::RunFailed);
        self.key.family == Family::Monitoring || (!self.findings.is_empty() && failed())
    }
}

/// What a window changed, for whoever publishes notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transition {
    None,
    Opened,
    /// A new line, a graver level or a start of flapping; not each bad window.
    Updated,
    Resolved,
}

/// Records one judged window and says what that changed.
///
/// The same outcome twice changes nothing. Another outcome for a known window
/// takes its place, as after a new baseline. A window from before all that is
/// remembered is left out once `rules.keep` are.
pub fn advance(
    key: &Key,
    record: &Record,
    outcome: Outcome,
    rules: &Rules,
) -> (Record, Transition) {
    let mut next = record.clone();
    match next.outcomes.binary_search_by(|it| it.window.cmp(&outcome.window)) {
        Ok(idx) if next.outcomes[idx] == outcome => return (next, Transition::None),
        Ok(idx) => next.outcomes[idx] = outcome,
        Err(_) if next.settled.last.is_some_and(|last| outcome.window <= last) => {
            return (next, Transition::None);
        }
        Err(idx) => next.outcomes.insert(idx, outcome),
    }
    while rules.keep.max(rules.of) < next.outcomes.len() {
        let oldest = next.outcomes.remove(0);
        next.settled.take(key, &oldest, rules);
    }
    let mut progress = next.settled.clone();
    for outcome in &next.outcomes {
        progress.take(key, outcome, rules);
    }
    next.incident = progress.incident.map(|it| same_name(it, record.incident.as_ref()));
    let transition = transition(record.incident.as_ref(), next.incident.as_ref());
    (next, transition)
}

/// Keeps the id that people know when a late window moves the opening.
fn same_name(mut now: Incident, known: Option<&Incident>) -> Incident {
    if let Some(known) = known
        && known.resolved.is_none_or(|it| now.opened <= it)
        && now.since <= known.last_bad
        && known.since <= now.last_bad
    {
        now.id.clone_from(&known.id);
    }
    now
}

/// Returns the state to show for a window, once its drift record is advanced.
///
/// Drift that stands in one window only is worth a watch, no more.
pub fn shown_state(judgement: &Judgement, drift: &Record) -> State {
    let contract = |it: &Finding| it.significant && it.family == Family::Contract;
    let open = drift.incident.as_ref().is_some_and(Incident::is_open);
    if judgement.state == State::Drift && !open && !judgement.findings.iter().any(contract) {
        return State::Watch;
    }
    judgement.state
}

fn transition(before: Option<&Incident>, now: Option<&Incident>) -> Transition {
    let Some(now) = now else { return Transition::None };
    let Some(before) = before.filter(|it| it.id == now.id) else {
        return if now.is_open() { Transition::Opened } else { Transition::None };
    };
    match (before.is_open(), now.is_open()) {
        (true, false) => Transition::Resolved,
        (false, true) => Transition::Opened,
        (false, false) => Transition::None,
        (true, true) => {
            let has = |it: &Finding| {
                before.findings.iter().any(|old| old.feature == it.feature && old.check == it.check)
            };
            let graver = before.severity < now.severity;
            if graver || (now.flapping && !before.flapping) || !now.findings.iter().all(has) {
                Transition::Updated
            } else {
                Transition::None
            }
        }
    }
}
