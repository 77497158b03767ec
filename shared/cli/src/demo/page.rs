//! The page of all endpoints at the end of a demo.

use std::collections::BTreeMap;

use engine::finding::{Family, State};
use engine::monitor::MonitorType;
use engine::window::Window;
use ports::{LabelStatus, MonitorStatus};
use report::{EndpointLine, FaultLine, Fleet, MonitorLine, RunLine, index};

use super::HOUR;
use super::history::{History, Run};
use super::plan::clock;
use super::score::{Ending, Finding, Score};
use super::show::{headline, windows};
use crate::screen::grouped;

/// The page of all endpoints, with links into the bucket beside it.
pub(super) fn page(score: &Score, history: &History, ending: &Ending, seed: u64) -> String {
    let lines: Vec<Drawn<'_>> = history
        .runs
        .iter()
        .map(|((endpoint, variant), runs)| Drawn::of(endpoint, variant, runs, history, ending))
        .collect();
    let runs: Vec<Vec<Vec<RunLine<'_>>>> = lines.iter().map(Drawn::runs).collect();
    let monitors: Vec<Vec<MonitorLine<'_>>> =
        lines.iter().zip(&runs).map(|(it, runs)| it.lines(runs)).collect();
    let endpoints: Vec<EndpointLine<'_>> = lines
        .iter()
        .zip(&monitors)
        .map(|(it, monitors)| EndpointLine {
            endpoint: it.endpoint,
            variant: it.variant,
            words: &it.words,
            labels: it.labels.as_deref(),
            monitors,
            open_incidents: it.open,
            is_blind: it.is_blind,
            is_gone: it.is_gone,
        })
        .collect();
    let told: Vec<Told> = score.findings.iter().map(Told::of).collect();
    let faults: Vec<FaultLine<'_>> = told.iter().map(Told::line).collect();
    let (seed, windows, requests) =
        (seed.to_string(), grouped(history.windows() as u64), grouped(history.served));
    let copies = grouped(score.copies);
    let facts = [
        ("seed", seed.as_str()),
        ("windows", &windows),
        ("requests", &requests),
        ("duplicate events absorbed", &copies),
    ];
    index(&Fleet {
        headline: &headline(score),
        facts: &facts,
        endpoints: &endpoints,
        faults: &faults,
    })
}

/// `s3://bucket/key` → `bucket/bucket/key`, relative to the page.
fn link(uri: &str) -> Option<String> {
    Some(format!("bucket/{}", uri.strip_prefix("s3://")?))
}

/// An endpoint and variant on the page.
struct Drawn<'a> {
    endpoint: &'a str,
    variant: &'a str,
    words: String,
    labels: Option<String>,
    open: usize,
    is_blind: bool,
    is_gone: bool,
    monitors: Vec<DrawnMonitor>,
}

struct DrawnMonitor {
    kind: MonitorType,
    state: State,
    words: String,
    open: usize,
    cells: Vec<(Window, State, Option<String>)>,
}

impl<'a> Drawn<'a> {
    fn of(
        endpoint: &'a str,
        variant: &'a str,
        runs: &'a BTreeMap<MonitorType, BTreeMap<i64, Run>>,
        history: &History,
        ending: &Ending,
    ) -> Self {
        let line = ending.status.iter().find(|it| it.endpoint == endpoint);
        let line = line.filter(|_| ending.watched.contains(endpoint));
        let status = |kind| {
            let mut all = line?.monitors.iter().filter(|it| it.variant == variant);
            all.find(|it| it.kind == kind)
        };
        let last = runs.values().filter_map(|it| it.values().next_back()).map(|it| it.window.end);
        let last = last.max().map(clock).unwrap_or_default();
        let words = match line {
            Some(_) => format!("The last window ends {last}."),
            None => format!("The endpoint is gone since about {last}; its reports are kept."),
        };
        let labels = line.and_then(|it| it.labels.iter().find(|it| it.variant == variant));
        let monitors = runs
            .iter()
            .map(|(kind, runs)| DrawnMonitor::of(endpoint, *kind, runs, history, status(*kind)));
        Self {
            endpoint,
            variant,
            is_gone: line.is_none(),
            words,
            labels: labels.filter(|it| 0 < it.captured).map(label_words),
            open: line.map_or(0, |it| it.open_incidents as usize),
            is_blind: status(MonitorType::DataQuality).is_some_and(|it| it.is_blind),
            monitors: monitors.collect(),
        }
    }

    fn runs(&self) -> Vec<Vec<RunLine<'_>>> {
        self.monitors.iter().map(DrawnMonitor::runs).collect()
    }

    fn lines<'b>(&'b self, runs: &'b [Vec<RunLine<'b>>]) -> Vec<MonitorLine<'b>> {
        let line = |(it, runs): (&'b DrawnMonitor, &'b Vec<RunLine<'b>>)| MonitorLine {
            monitor: it.kind,
            state: it.state,
            words: &it.words,
            runs,
            open_incidents: it.open,
        };
        self.monitors.iter().zip(runs).map(line).collect()
    }
}

impl DrawnMonitor {
    /// Takes the state now from the suite's status, of an endpoint that is gone from its last window.
    fn of(
        endpoint: &str,
        kind: MonitorType,
        runs: &BTreeMap<i64, Run>,
        history: &History,
        status: Option<&MonitorStatus>,
    ) -> Self {
        let last = status.and_then(|it| it.last.as_ref());
        let before = runs.values().next_back().map_or(State::NoData, |it| it.state);
        Self {
            kind,
            state: last.map_or(before, |it| it.state),
            words: last.map_or_else(String::new, |it| it.words.clone()),
            open: status.map_or(0, |it| it.open_incidents as usize),
            cells: cells(endpoint, kind, runs, history),
        }
    }

    fn runs(&self) -> Vec<RunLine<'_>> {
        let cells = self.cells.iter();
        cells
            .map(|(window, state, report)| RunLine {
                window: *window,
                state: *state,
                report: report.as_deref(),
            })
            .collect()
    }
}

/// Says how labels stand.
fn label_words(it: &LabelStatus) -> String {
    let share = 100.0 * it.matched as f64 / it.captured.max(1) as f64;
    let half = it
        .half_within
        .map_or(String::new(), |it| format!(", half of them within {} h", (it + HOUR - 1) / HOUR));
    format!(
        "{share:.0} % of {} predictions whose labels are due have one{half}",
        grouped(it.captured)
    )
}

/// One cell for each hour: drift that opened nothing is a watch, an hour that nobody judged is blind.
fn cells(
    endpoint: &str,
    kind: MonitorType,
    runs: &BTreeMap<i64, Run>,
    history: &History,
) -> Vec<(Window, State, Option<String>)> {
    let families = Family::ALL.iter().filter(|it| it.monitor() == Some(kind));
    let families: Vec<&str> = families.map(|it| it.word()).collect();
    let open = |second: i64| {
        let of_it = history.alerts.iter().filter(|it| it.endpoint == endpoint);
        let of_it = of_it.filter(|it| families.contains(&it.family.as_str()));
        let started = of_it.clone().filter(|it| it.change == "opened" && it.since < second).count();
        let closed =
            of_it.filter(|it| it.change == "resolved" && it.sent.at.as_second() <= second).count();
        closed < started
    };
    let mut cells: Vec<(Window, State, Option<String>)> = Vec::with_capacity(runs.len());
    for run in runs.values() {
        while let Some((last, ..)) = cells.last()
            && last.end < run.window.start
        {
            let blind =
                Window { start: last.end, end: last.end + (run.window.end - run.window.start) };
            cells.push((blind, State::Error, None));
        }
        let state = if run.state == State::Drift && !open(run.window.end) {
            State::Watch
        } else {
            run.state
        };
        cells.push((run.window, state, page_of(run)));
    }
    cells
}

/// A window without data has no report.
fn page_of(run: &Run) -> Option<String> {
    if matches!(run.state, State::NoData | State::Error) { None } else { link(&run.report) }
}

struct Told {
    injected: String,
    found: String,
    after: String,
    alert: Option<String>,
    report: Option<String>,
    met: bool,
}

impl Told {
    fn of(it: &Finding) -> Self {
        Self {
            injected: format!("{}, {}", it.trial.words(), clock(it.trial.from)),
            found: it.words.clone(),
            after: it.windows.map_or("–".to_string(), windows),
            alert: it.alert.as_ref().map(|id| id.chars().take(8).collect()),
            report: it.report.as_deref().and_then(link),
            met: it.met,
        }
    }

    fn line(&self) -> FaultLine<'_> {
        FaultLine {
            injected: &self.injected,
            found: Some(&self.found),
            after: &self.after,
            alert: self.alert.as_deref(),
            report: self.report.as_deref(),
            is_met: self.met,
        }
    }
}
