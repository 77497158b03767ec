//! Holds what happened against the known answers.

use std::collections::BTreeSet;

use super::history::{History, Notice};
use super::plan::{Answer, Trial};
use engine::finding::State;

const HOUR: i64 = 3600;
/// Windows after the end of a fault in which it still shows: those that take two of three, and those that settle.
const ECHO: i64 = 3 * HOUR;
/// Windows that it takes to settle an incident, with some to spare.
const SETTLED: i64 = 6 * HOUR;

/// What came of one trial.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub trial: Trial,
    pub met: bool,
    /// What was found, in words.
    pub words: String,
    /// Windows from the start of the fault to the verdict.
    pub windows: Option<i64>,
    pub alert: Option<String>,
    pub report: Option<String>,
}

/// What the account says at the end.
#[derive(Debug, Clone, Default)]
pub(super) struct Ending {
    /// Endpoints that still have a record.
    pub watched: BTreeSet<String>,
    /// Endpoints with open incidents.
    pub open: BTreeSet<String>,
    /// Endpoints with a report in the bucket.
    pub reported: BTreeSet<String>,
    /// Copies of events that arrived a second time or later.
    pub copies: u64,
    /// Events that ended in a queue for failed events, or nowhere.
    pub lost: u64,
    /// The first second after the demo.
    pub end: i64,
}

/// The whole score.
#[derive(Debug, Clone)]
pub(super) struct Score {
    pub findings: Vec<Finding>,
    /// Alerts that no fault explains.
    pub false_alerts: Vec<String>,
    pub lost: u64,
    pub copies: u64,
}

impl Score {
    pub(super) fn of(trials: &[Trial], history: &History, ending: &Ending) -> Self {
        let findings = trials.iter().map(|it| judge(it, history, ending)).collect();
        let explained = |notice: &Notice| trials.iter().any(|trial| explains(trial, notice));
        let opened = history.alerts.iter().filter(|it| it.change == "opened");
        let false_alerts =
            opened.filter(|it| !explained(it)).map(|it| it.sent.subject.clone()).collect();
        Self { findings, false_alerts, lost: ending.lost, copies: ending.copies }
    }

    pub(super) fn found(&self) -> usize {
        self.findings.iter().filter(|it| it.met).count()
    }

    pub(super) fn is_met(&self) -> bool {
        self.found() == self.findings.len() && self.false_alerts.is_empty() && self.lost == 0
    }
}

/// Whether an alert is a consequence of a fault.
fn explains(trial: &Trial, notice: &Notice) -> bool {
    let alerts = matches!(trial.answer(), Answer::Incident { .. });
    alerts
        && trial.endpoint == notice.endpoint
        && trial.from < notice.opened_at
        && notice.opened_at <= trial.until + ECHO
}

fn judge(trial: &Trial, history: &History, ending: &Ending) -> Finding {
    match trial.answer() {
        Answer::Incident { family, feature, within } => {
            incident(trial, history, ending, family.word(), feature.as_deref(), within)
        }
        Answer::NoData => no_data(trial, history),
        Answer::NothingTwice => nothing_twice(trial, history, ending),
        Answer::Gone => gone(trial, history, ending),
    }
}

fn incident(
    trial: &Trial,
    history: &History,
    ending: &Ending,
    family: &str,
    feature: Option<&str>,
    within: i64,
) -> Finding {
    let mut opened = history
        .alerts
        .iter()
        .filter(|it| it.change == "opened" && it.family == family && explains(trial, it));
    let Some(notice) = opened.next() else {
        return Finding {
            trial: trial.clone(),
            met: false,
            words: "not found".to_string(),
            windows: None,
            alert: None,
            report: None,
        };
    };
    let windows = (notice.opened_at - trial.from).div_euclid(HOUR);
    let first = notice.features.first().map(String::as_str);
    let named = feature.is_none() || first == feature;
    let recovered = history.alerts.iter().any(|it| {
        it.change == "resolved"
            && it.endpoint == notice.endpoint
            && it.family == family
            && notice.sent.at <= it.sent.at
    });
    let must_recover = trial.until + SETTLED < ending.end;
    let mut words = match first {
        Some(first) => format!("{}, {first} first", family_words(family)),
        None => family_words(family).to_string(),
    };
    words += match (recovered, must_recover) {
        (true, _) => ", recovered",
        (false, true) => ", never resolved",
        (false, false) => ", still open",
    };
    Finding {
        trial: trial.clone(),
        met: named && windows <= within && (recovered || !must_recover),
        words,
        windows: Some(windows),
        alert: Some(notice.alert_id.clone()),
        report: notice.report.clone(),
    }
}

fn family_words(family: &str) -> &str {
    match family {
        "data-contract" => "contract break",
        "monitoring" => "monitoring blind",
        other => other,
    }
}

fn no_data(trial: &Trial, history: &History) -> Finding {
    let silent = |notice: &Notice| {
        notice.endpoint == trial.endpoint
            && trial.from < notice.opened_at
            && notice.opened_at <= trial.until + ECHO
            && notice.change == "opened"
    };
    let alerts = history.alerts.iter().filter(|it| silent(it)).count();
    let mut runs = history.runs.iter().filter(|((endpoint, _), _)| *endpoint == trial.endpoint);
    let run = runs.find_map(|(_, runs)| runs.get(&trial.from));
    let state = run.map(|it| it.state);
    Finding {
        trial: trial.clone(),
        met: state == Some(State::NoData) && alerts == 0,
        words: match (state, alerts) {
            (Some(state), 0) => format!("{}, no alert", state.word()),
            (Some(state), many) => format!("{}, {many} alerts", state.word()),
            (None, _) => "no execution".to_string(),
        },
        windows: state.map(|_| 1),
        alert: None,
        report: None,
    }
}

fn nothing_twice(trial: &Trial, history: &History, ending: &Ending) -> Finding {
    let mut seen = BTreeSet::new();
    let twice = history.alerts.iter().filter(|it| !seen.insert(&it.alert_id)).count();
    Finding {
        trial: trial.clone(),
        met: twice == 0 && 0 < ending.copies,
        words: format!("{} copies absorbed, {twice} alerts twice", ending.copies),
        windows: None,
        alert: None,
        report: None,
    }
}

fn gone(trial: &Trial, history: &History, ending: &Ending) -> Finding {
    let name = &trial.endpoint;
    let runs = history.runs.iter().filter(|((endpoint, _), _)| endpoint == name);
    let later = runs.flat_map(|(_, runs)| runs.keys()).any(|start| trial.until + HOUR <= *start);
    let faults = [
        (ending.watched.contains(name), "still watched"),
        (ending.open.contains(name), "incident left open"),
        (later, "judged after its end"),
        (!ending.reported.contains(name), "reports gone"),
    ];
    let wrong: Vec<&str> = faults.iter().filter(|(is, _)| *is).map(|(_, words)| *words).collect();
    Finding {
        trial: trial.clone(),
        met: wrong.is_empty(),
        words: if wrong.is_empty() {
            "monitors gone, reports kept".to_string()
        } else {
            wrong.join(", ")
        },
        windows: None,
        alert: None,
        report: None,
    }
}
