//! What a person sees of a demo: a line for what happens, a table at the end.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use engine::finding::State;
use serde_json::{Value, json};

use super::history::{History, Notice};
use super::plan::{Plan, clock};
use super::score::{Finding, Score};
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

pub(super) fn windows(many: i64) -> String {
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
