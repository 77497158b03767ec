//! What people and programs see of a bias analysis.

use engine::bias::{BiasJudged, Figure, Standing};
use engine::finding::State;
use engine::violation::{Scope, Violation};
use serde_json::{Value, json};

use super::{Answer, state};
use crate::folder::Folder;
use crate::screen::{Screen, bad, good, grouped, printable};

/// Violations on the screen; the file holds all of them.
const SHOWN: usize = 20;

pub(super) fn json(
    answer: &Answer,
    judged: &[BiasJudged<'_>],
    broken: &[Violation],
    output: &Folder,
) -> Value {
    let metrics: Vec<Value> = judged.iter().map(metric_json).collect();
    let broken: Vec<Value> = broken
        .iter()
        .map(|it| {
            let (facet, value) = match &it.scope {
                Scope::Facet { name, value } => (name.as_str(), value.as_str()),
                _ => ("", ""),
            };
            json!({"metric": it.feature, "facet": facet, "value": value, "check": it.check.word(),
                "observed": number(it.observed), "threshold": number(it.threshold)})
        })
        .collect();
    json!({
        "state": state_word(judged),
        "rows": answer.scanned.summary.rows(),
        "set_aside": answer.scanned.tally.set_aside,
        "bytes": answer.scanned.bytes,
        "metrics": metrics,
        "violations": broken,
        "report": output.path("report.html").display().to_string(),
        "analysis": output.path("analysis.json").display().to_string(),
    })
}

fn metric_json(it: &BiasJudged<'_>) -> Value {
    let (value, error) = match &it.metric.figure {
        Figure::Value(value) => (number(*value), Value::Null),
        Figure::Nothing(why) => (Value::Null, json!(why)),
    };
    json!({
        "facet": it.facet, "facet_value": it.value, "metric": it.metric.metric.name(),
        "value": value, "error": error,
        "ci": it.metric.interval.map(|it| [it.low, it.high]),
        "support": it.metric.support,
        "baseline": it.before.map(number),
        "limit": it.limit.map(|it| [it.low, it.high]),
        "standing": it.standing.word(),
    })
}

/// A number, or Clarify's word where JSON has none.
fn number(value: f64) -> Value {
    if value.is_finite() {
        return json!(value);
    }
    json!(if value < 0.0 { "-Infinity" } else { "Infinity" })
}

/// The state in a word; what drifts is bias.
fn state_word(judged: &[BiasJudged<'_>]) -> &'static str {
    match state(judged) {
        State::Drift => "bias",
        other => other.word(),
    }
}

pub(super) fn table(
    answer: &Answer,
    judged: &[BiasJudged<'_>],
    output: &Folder,
    screen: &mut Screen,
) {
    let word = state_word(judged);
    screen.line(if word == "ok" { good(word) } else { bad(word) });
    let mut rest = judged;
    while let Some(first) = rest.first() {
        let same = |it: &BiasJudged<'_>| it.facet == first.facet && it.value == first.value;
        let count = rest.iter().take_while(|it| same(it)).count();
        let (group, after) = rest.split_at(count);
        rest = after;
        let rows = first.rows.unwrap_or_default();
        screen.line(format!(
            "\n{} = {}: {} rows against {} others",
            printable(first.facet, 40),
            printable(first.value, 40),
            grouped(rows.facet),
            grouped(rows.rest)
        ));
        let lines: Vec<Vec<String>> = group.iter().map(line).collect();
        screen.table(
            &["metric", "value", "95 %", "baseline", "limits", "", "what it is"],
            &[1, 2, 3, 4],
            &lines,
        );
    }
    screen.line(format!(
        "\n{} rows → {}",
        grouped(answer.scanned.summary.rows()),
        output.path("analysis.json").display()
    ));
}

fn line(it: &BiasJudged<'_>) -> Vec<String> {
    let (value, words) = match &it.metric.figure {
        Figure::Value(value) => (short(*value), it.metric.metric.words().to_owned()),
        Figure::Nothing(why) => ("–".to_owned(), printable(why, 80)),
    };
    let range = it
        .metric
        .interval
        .map(|it| format!("{} – {}", short(it.low), short(it.high)))
        .unwrap_or_default();
    let limits =
        it.limit.map(|it| format!("{} – {}", short(it.low), short(it.high))).unwrap_or_default();
    let standing = match it.standing {
        Standing::Fine | Standing::Unknown => String::new(),
        Standing::TooFewRows => "too few rows".to_owned(),
        Standing::Watch(_) => "watch".to_owned(),
        Standing::Bad(_) => bad("bad"),
    };
    let before = it.before.map(short).unwrap_or_default();
    vec![it.metric.metric.name().to_owned(), value, range, before, limits, standing, words]
}

fn short(value: f64) -> String {
    if value.is_infinite() {
        return if value < 0.0 { "-∞" } else { "∞" }.to_owned();
    }
    format!("{value:.4}")
}

pub(super) fn violations(broken: &[Violation], screen: &mut Screen) {
    if broken.is_empty() {
        return;
    }
    screen.line(format!("\n{} violations", broken.len()));
    let rows: Vec<Vec<String>> = broken
        .iter()
        .take(SHOWN)
        .map(|it| {
            let facet = match &it.scope {
                Scope::Facet { name, value } => format!("{name} = {value}"),
                _ => String::new(),
            };
            vec![
                it.feature.clone(),
                printable(&facet, 40),
                it.check.word().to_owned(),
                printable(&it.description, 120),
            ]
        })
        .collect();
    screen.table(&["metric", "facet", "check", "description"], &[], &rows);
    if SHOWN < broken.len() {
        screen.line(format!("… and {} more in the file", broken.len() - SHOWN));
    }
}
