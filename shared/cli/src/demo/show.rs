//! What a person sees of a demo: a line for what happens, a table at the end, a page.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use engine::finding::State;
use engine::window::Window;
use report::{EndpointLine, FaultLine, Fleet, RunLine, index};
use serde_json::{Value, json};

use super::history::{History, Notice, Run};
use super::plan::{Plan, clock};
use super::score::{Ending, Finding, Score};
use crate::screen::{Screen, bad, faint, good, grouped, printable};

/// Says what is about to be done to the endpoints.
pub(super) fn injected(second: i64, words: &str, screen: &mut Screen) {
    screen.line(format!("{}  {}  {words}", faint(&clock(second)), faint("inject")));
}

/// Says that an alert went out, or that an incident closed.
pub(super) fn alert(notice: &Notice, screen: &mut Screen) {
    let when = clock(notice.sent.at.as_second());
    let word = match notice.change.as_str() {
        "resolved" => good("solved"),
        "opened" => bad("ALERT "),
        _ => bad("update"),
    };
    screen.line(format!("{}  {word}  {}", faint(&when), printable(&notice.sent.subject, 110)));
}

/// Says how a day went.
pub(super) fn day(second: i64, runs: &BTreeMap<State, u64>, screen: &mut Screen) {
    let counts: Vec<String> =
        runs.iter().map(|(state, count)| format!("{count} {}", state.word())).collect();
    screen.line(faint(&format!("{}  windows {}", clock(second), counts.join(", "))));
}

/// Shows the table of known answers and where to look.
pub(super) fn table(
    score: &Score,
    history: &History,
    out: &Path,
    took: Duration,
    screen: &mut Screen,
) {
    let row = |it: &Finding| {
        let after = match it.windows {
            Some(many) => windows(many),
            None => "–".to_string(),
        };
        let alert =
            it.alert.as_deref().map_or("–".to_string(), |id| id.chars().take(8).collect());
        let mark = if it.met { good("✓") } else { bad("✗") };
        vec![mark, it.trial.words(), it.words.clone(), after, alert]
    };
    let rows: Vec<Vec<String>> = score.findings.iter().map(row).collect();
    screen.line("");
    screen.table(&["", "injected", "found", "after", "alert"], &[], &rows);
    for subject in &score.false_alerts {
        screen.line(format!("{} {}", bad("false alert:"), printable(subject, 110)));
    }
    let summary = headline(score);
    screen.line(format!(
        "\n{} · {} duplicate events absorbed · {} windows, {} requests in {:.1} s",
        if score.is_met() { good(&summary) } else { bad(&summary) },
        grouped(score.copies),
        grouped(history.windows() as u64),
        grouped(history.served),
        took.as_secs_f64()
    ));
    screen.line(format!("look: {}", out.join("index.html").display()));
}

pub(super) fn headline(score: &Score) -> String {
    format!(
        "{} of {} found · {} false alerts · {} lost",
        score.found(),
        score.findings.len(),
        score.false_alerts.len(),
        score.lost
    )
}

fn windows(many: i64) -> String {
    match many {
        0 => "at once".to_string(),
        1 => "1 window".to_string(),
        many => format!("{many} windows"),
    }
}

/// The same for machines; nothing in it depends on the clock of this machine.
pub(super) fn json(plan: &Plan, seed: u64, score: &Score, history: &History) -> Value {
    let answers: Vec<Value> = score
        .findings
        .iter()
        .map(|it| {
            json!({
                "kind": it.trial.kind(), "endpoint": it.trial.endpoint, "feature": it.trial.feature(),
                "from": clock_iso(it.trial.from), "until": clock_iso(it.trial.until),
                "met": it.met, "found": it.words, "after_windows": it.windows, "alert": it.alert, "report": it.report,
            })
        })
        .collect();
    let by_change = |change: &str| history.alerts.iter().filter(|it| it.change == change).count();
    json!({
        "seed": seed,
        "days": (plan.end - plan.start) / 86_400,
        "endpoints": plan.endpoints.len(),
        "injected": score.findings.len(),
        "found": score.found(),
        "false_alerts": score.false_alerts.len(),
        "lost": score.lost,
        "duplicates_absorbed": score.copies,
        "windows": history.windows(),
        "executions": history.executions,
        "requests": history.served,
        "alerts": { "opened": by_change("opened"), "updated": by_change("updated"), "resolved": by_change("resolved") },
        "answers": answers,
        "look": "index.html",
    })
}

fn clock_iso(second: i64) -> String {
    jiff::Timestamp::from_second(second).map(|it| it.to_string()).unwrap_or_default()
}

/// The page of all endpoints, with links into the bucket beside it.
pub(super) fn page(score: &Score, history: &History, ending: &Ending, seed: u64) -> String {
    let lines: Vec<Drawn<'_>> = history
        .runs
        .iter()
        .map(|((endpoint, variant), runs)| Drawn::of(endpoint, variant, runs, history, ending))
        .collect();
    let runs: Vec<Vec<RunLine<'_>>> = lines.iter().map(Drawn::runs).collect();
    let endpoints: Vec<EndpointLine<'_>> = lines
        .iter()
        .zip(&runs)
        .map(|(it, runs)| EndpointLine {
            endpoint: it.endpoint,
            variant: it.variant,
            state: it.state,
            words: &it.words,
            runs,
            open_incidents: it.open,
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

struct Drawn<'a> {
    endpoint: &'a str,
    variant: &'a str,
    state: State,
    words: String,
    open: usize,
    cells: Vec<(Window, State, Option<String>)>,
}

impl<'a> Drawn<'a> {
    fn of(
        endpoint: &'a str,
        variant: &'a str,
        runs: &'a BTreeMap<i64, Run>,
        history: &History,
        ending: &Ending,
    ) -> Self {
        let last = runs.values().next_back();
        let watched = ending.watched.contains(endpoint);
        let words = match last {
            Some(run) if watched => {
                format!("{} windows, the last until {}.", runs.len(), clock(run.window.end))
            }
            Some(run) => format!(
                "The endpoint is gone since about {}; its reports are kept.",
                clock(run.window.end)
            ),
            None => String::new(),
        };
        Self {
            endpoint,
            variant,
            state: last.map_or(State::NoData, |it| it.state),
            words,
            open: usize::from(ending.open.contains(endpoint)),
            cells: cells(endpoint, runs, history),
        }
    }

    fn runs(&self) -> Vec<RunLine<'_>> {
        let mut lines = Vec::with_capacity(self.cells.len());
        for (window, state, report) in &self.cells {
            lines.push(RunLine { window: *window, state: *state, report: report.as_deref() });
        }
        lines
    }
}

/// One cell for each hour: drift that opened nothing is a watch, an hour that nobody judged is blind.
fn cells(
    endpoint: &str,
    runs: &BTreeMap<i64, Run>,
    history: &History,
) -> Vec<(Window, State, Option<String>)> {
    let open = |second: i64| {
        let of_it = history.alerts.iter().filter(|it| it.endpoint == endpoint);
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
