//! Holds what happened against the known answers.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{History, Notice};
use super::host::Truth;
use super::plan::{Answer, Trial};
use engine::finding::{Family, State};
use engine::quality::QualityMetric;
use ports::StatusLine;

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
    /// The suite's own status index.
    pub status: Vec<StatusLine>,
    /// Endpoints with a report in the bucket.
    pub reported: BTreeSet<String>,
    /// Copies of events that arrived a second time or later.
    pub copies: u64,
    /// Events that ended in a queue for failed events, or nowhere.
    pub lost: u64,
    /// The first second after the demo.
    pub end: i64,
    pub truths: Vec<Truth>,
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

/// What the model says; a fault in the rows may move it.
const PREDICTION: &str = "prediction";

/// Whether an alert is a consequence of a fault: of its endpoint, in its time, and of what it is in.
fn explains(trial: &Trial, notice: &Notice) -> bool {
    let in_time = trial.from < notice.opened_at && notice.opened_at <= trial.until + ECHO;
    let of_it = match (&trial.answer(), trial.feature()) {
        // Broken rows cost the model's answers, too.
        (Answer::Incident { .. }, Some(_))
            if ["quality", "fairness"].contains(&notice.family.as_str()) =>
        {
            true
        }
        (Answer::Incident { .. }, Some(feature)) => {
            notice.features.first().is_some_and(|it| it == feature || it == PREDICTION)
        }
        // What turns against one group costs answers, and the other way round.
        (Answer::Incident { family: Family::Fairness | Family::Quality, .. }, None) => {
            ["quality", "fairness"].contains(&notice.family.as_str())
        }
        (Answer::Incident { family, .. }, None) => notice.family == family.word(),
        _ => false,
    };
    of_it && in_time && trial.endpoint == notice.endpoint
}

fn judge(trial: &Trial, history: &History, ending: &Ending) -> Finding {
    match trial.answer() {
        Answer::Incident { family, feature, within } => {
            incident(trial, history, ending, family.word(), feature.as_deref(), within)
        }
        Answer::NoData => no_data(trial, history),
        Answer::NothingTwice => nothing_twice(trial, history, ending),
        Answer::Gone => gone(trial, history, ending),
        Answer::Labelled => labelled(trial, ending),
        Answer::Estimated => estimated(trial, history, ending),
    }
}

fn told(trial: &Trial, met: bool, words: String) -> Finding {
    Finding { trial: trial.clone(), met, words, windows: None, alert: None, report: None }
}

/// Every capture that has a label has it once, and about as many have none as were left out.
fn labelled(trial: &Trial, ending: &Ending) -> Finding {
    let truth = ending.truths.iter().find(|it| it.endpoint == trial.endpoint);
    let hours = truth.map(|it| it.hours.as_slice()).unwrap_or_default();
    // The stragglers of the last hours are still to come.
    let done = || hours.iter().filter(|it| it.hour + 10 * HOUR < trial.until);
    let captured: u64 = done().map(|it| it.captured).sum();
    let matched: u64 = done().map(|it| it.matched).sum();
    let twice: u64 = done().map(|it| it.duplicates).sum();
    let share = matched as f64 / captured.max(1) as f64;
    let met = (0.90..=0.94).contains(&share) && 0 < twice;
    told(trial, met, format!("{:.0} % matched once, {twice} came twice", share * 100.0))
}

/// The least share of windows whose estimate must hold what came true.
const HELD: f64 = 0.9;

/// Estimates hold what came true, but for windows with a changed concept: those
/// only labels can tell.
fn estimated(trial: &Trial, history: &History, ending: &Ending) -> Finding {
    let truth = ending.truths.iter().find(|it| it.endpoint == trial.endpoint);
    let track = truth.map(|it| it.track.as_slice()).unwrap_or_default();
    let is_changed = |start: i64| {
        history
            .concepts
            .iter()
            .any(|(name, hours)| *name == trial.endpoint && hours.contains(&start))
    };
    let known = track.iter().filter(|it| it.metric == QualityMetric::Auc).filter_map(|it| {
        let estimate = it.estimate?;
        Some((it.window.start, estimate, it.realised?))
    });
    let (mut held, mut quiet, mut missed, mut changed) = (0, 0, 0, 0);
    for (start, estimate, realised) in known {
        let within = (estimate.low..=estimate.high).contains(&realised);
        if is_changed(start) {
            changed += 1;
            missed += u32::from(realised < estimate.low);
        } else {
            quiet += 1;
            held += u32::from(within);
        }
    }
    let met = 0 < quiet && HELD <= f64::from(held) / f64::from(quiet) && 2 * missed > changed;
    told(trial, met, format!("AUC held in {held} of {quiet} windows, concept seen by labels only"))
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
        "quality" => "quality fell",
        "fairness" => "bias rose",
        "attribution" => "reasons moved",
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
    let mut runs = history.of_data().filter(|(endpoint, _)| *endpoint == trial.endpoint);
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
    let mut starts = runs.flat_map(|(_, of)| of.values().flat_map(BTreeMap::keys));
    let later = starts.any(|start| trial.until + HOUR <= *start);
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use embedded::Sent;
    use engine::quality::estimate::Estimate;
    use engine::quality::track::TrackPoint;
    use engine::window::Window;
    use jiff::Timestamp;
    use ports::HourTruth;

    use super::*;
    use crate::demo::plan::What;
    use crate::demo::traffic::Fault;

    const FROM: i64 = 1_772_445_600;

    fn trial(what: What) -> Trial {
        Trial { endpoint: "churn-prod".into(), what, from: FROM, until: FROM + 6 * HOUR }
    }

    fn scale() -> Trial {
        trial(What::Rows(Fault::Scale { feature: "day_mins".into(), factor: 100.0 }))
    }

    /// `hours` after the start of the fault.
    fn notice(change: &str, family: &str, feature: &str, hours: i64) -> Notice {
        let at = Timestamp::from_second(FROM + hours * HOUR + 600).expect("a time");
        let sent = Sent {
            message_id: String::new(),
            at,
            subject: format!("{change} {feature}"),
            text: String::new(),
            document: serde_json::Value::Null,
            attributes: BTreeMap::new(),
        };
        Notice {
            sent,
            alert_id: format!("{change}-{family}-{feature}"),
            change: change.into(),
            endpoint: "churn-prod".into(),
            family: family.into(),
            opened_at: FROM + hours * HOUR,
            since: FROM,
            features: vec![feature.into()],
            report: None,
        }
    }

    /// Says whether the answer was met, and how many alerts were false.
    fn check(trial: &Trial, alerts: &[Notice], expect: (bool, usize)) {
        let history = History { alerts: alerts.to_vec(), ..History::default() };
        let ending = Ending { copies: 5, end: FROM + 100 * HOUR, ..Ending::default() };
        let score = Score::of(std::slice::from_ref(trial), &history, &ending);
        assert_eq!((score.found() == 1, score.false_alerts.len()), expect, "{:?}", score.findings);
    }

    #[test]
    fn incident_in_time_that_recovers_is_met() {
        let opened = notice("opened", "data-contract", "day_mins", 1);
        let resolved = notice("resolved", "data-contract", "day_mins", 10);
        check(&scale(), &[opened, resolved], (true, 0));
    }

    #[test]
    fn silence_is_no_answer_to_a_fault() {
        check(&scale(), &[], (false, 0));
    }

    #[test]
    fn late_or_lasting_incident_is_not_met() {
        let late = notice("opened", "data-contract", "day_mins", 3);
        let resolved = notice("resolved", "data-contract", "day_mins", 10);
        check(&scale(), &[late, resolved], (false, 0));
        check(&scale(), &[notice("opened", "data-contract", "day_mins", 1)], (false, 0));
    }

    #[test]
    fn alert_on_another_feature_is_false() {
        let other = notice("opened", "drift", "eve_mins", 2);
        check(&scale(), &[other], (false, 1));
        check(&scale(), &[notice("opened", "drift", "prediction", 2)], (false, 0));
        check(&scale(), &[notice("opened", "data-contract", "day_mins", 40)], (false, 1));
    }

    #[test]
    fn alert_twice_fails_the_storm() {
        let opened = notice("opened", "monitoring", "x", 1);
        check(&trial(What::Storm), &[], (true, 0));
        check(&trial(What::Storm), &[opened.clone(), opened], (false, 2));
    }

    #[test]
    fn hour_without_an_execution_is_not_met() {
        check(&trial(What::NoTraffic), &[], (false, 0));
    }

    #[test]
    fn deleted_endpoint_must_be_forgotten_and_its_reports_kept() {
        let history = History::default();
        let name = "churn-prod".to_string();
        let mut ending = Ending { reported: [name.clone()].into(), ..Ending::default() };
        let deleted = trial(What::Deleted);
        assert!(judge(&deleted, &history, &ending).met);
        ending.watched.insert(name);
        assert!(!judge(&deleted, &history, &ending).met);
        assert!(!judge(&deleted, &history, &Ending::default()).met);
    }

    fn truth(hours: Vec<HourTruth>, track: Vec<TrackPoint>) -> Ending {
        let truths = vec![Truth { endpoint: "churn-prod".into(), hours, track }];
        Ending { truths, end: FROM + 100 * HOUR, ..Ending::default() }
    }

    #[test]
    fn labels_must_meet_once_and_not_all() {
        #[track_caller]
        fn check(matched: u64, duplicates: u64, expect: bool) {
            let hour = HourTruth {
                hour: FROM,
                captured: 100,
                matched,
                duplicates,
                ..HourTruth::default()
            };
            let trial = Trial { until: FROM + 50 * HOUR, ..trial(What::Labels) };
            assert_eq!(judge(&trial, &History::default(), &truth(vec![hour], vec![])).met, expect);
        }
        check(92, 3, true);
        check(92, 0, false);
        check(100, 3, false);
        check(50, 3, false);
    }

    #[test]
    fn estimates_must_hold_but_for_a_changed_concept() {
        #[track_caller]
        fn check(quiet: f64, changed: f64, expect: bool) {
            let metric = QualityMetric::Auc;
            let point = |at: i64, realised| TrackPoint {
                window: Window { start: FROM + at * HOUR, end: FROM + (at + 1) * HOUR },
                metric,
                estimate: Some(Estimate { metric, value: 0.85, low: 0.8, high: 0.9 }),
                realised: Some(realised),
            };
            let concepts = vec![("churn-prod".to_owned(), FROM + HOUR..FROM + 2 * HOUR)];
            let history = History { concepts, ..History::default() };
            let ending = truth(vec![], vec![point(0, quiet), point(1, changed)]);
            assert_eq!(judge(&trial(What::Estimates), &history, &ending).met, expect);
        }
        check(0.85, 0.5, true);
        check(0.7, 0.5, false);
        // An estimate that sees what nobody could know is none.
        check(0.85, 0.85, false);
    }
}
