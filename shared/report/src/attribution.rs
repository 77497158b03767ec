//! The report of attributions: who moves the model's answers, before and now.

use crate::html::Html;
use crate::{Action, Provenance, chart, closing, number, page, say};
use engine::attribution::{GlobalShap, LabelDrift, LabelShap, RankChange, THRESHOLD};
use engine::finding::State;
use engine::window::Window;

/// Features that get a line for each label; the rest is counted.
const LINES: usize = 40;
/// What a feature takes from the score to be pointed at.
const COSTLY: f64 = 0.01;
/// Labels that get a section.
const LABELS: usize = 20;

/// All that the report of an explainability run shows.
#[derive(Debug, Clone, Copy)]
pub struct AttributionInput<'a> {
    pub endpoint: &'a str,
    pub variant: &'a str,
    /// Of no length where there is none.
    pub window: Window,
    /// The state to show; `None` takes it from the scores.
    pub state: Option<State>,
    /// Empty where there is no baseline to compare with.
    pub drifts: &'a [LabelDrift],
    pub current: &'a GlobalShap,
    /// How values were made: `1,000 of 48,211 rows, exact`.
    pub how: &'a str,
    pub actions: &'a [Action<'a>],
    pub provenance: Provenance<'a>,
}

/// Renders the report of an explainability run.
pub fn render_attribution(input: &AttributionInput<'_>) -> String {
    let found = input.drifts.iter().filter(|it| it.is_violation()).count();
    let (class, word) = match (found, input.drifts.is_empty()) {
        _ if input.state.is_some() => {
            let state = input.state.unwrap_or_default();
            (state.word(), say::state(state))
        }
        (_, true) => ("ok", "baseline"),
        (0, _) => ("ok", "ok"),
        _ => ("drift", "drift"),
    };
    let title = format!("{} model explainability: {word}", input.endpoint);
    page::page(&title, 30_000, |out| {
        out.raw("<header><div>").name(input.endpoint).raw(" / ").name(input.variant);
        out.raw(" · model explainability");
        if input.window.start < input.window.end {
            out.raw(" · ").raw(&number::window(input.window.start, input.window.end));
        }
        out.raw("</div><div class=\"pill ")
            .raw(class)
            .raw("\">")
            .raw(word)
            .raw("</div></header>\n");
        out.raw("<h1>").text(&headline(input)).raw("</h1>\n<p class=\"sub\">").cut(input.how, 300);
        out.raw(".</p>\n");
        if input.drifts.is_empty() {
            for it in input.current.labels.iter().take(LABELS) {
                alone(out, it);
            }
        } else {
            lights(out, input);
            for it in input.drifts.iter().take(LABELS) {
                compared(out, it, input.current);
            }
            violations(out, input.drifts);
        }
        closing::actions(out, input.actions);
        closing::footer(out, &input.provenance, "", []);
    })
}

fn headline(input: &AttributionInput<'_>) -> String {
    let worst = input.drifts.iter().filter_map(|it| Some((it, it.score.ok()?)));
    let Some((worst, score)) = worst.min_by(|one, two| one.1.total_cmp(&two.1)) else {
        let top = input.current.labels.first().and_then(|it| strongest(&it.features));
        return match (input.drifts.first().and_then(|it| it.score.err()), top) {
            (Some(why), _) => format!("Attributions are not compared: {why}."),
            (None, Some(name)) => format!("{} moves the answers most.", quoted(name)),
            (None, None) => "No feature was explained.".to_owned(),
        };
    };
    if !worst.is_violation() {
        return format!("The features keep their order: nDCG {}.", figure(score));
    }
    let before = worst.ranks.first();
    let now = worst.ranks.iter().min_by_key(|it| it.current_rank);
    match (before, now) {
        (Some(before), Some(now)) if before.feature != now.feature => format!(
            "{} moves the answers most now; in the baseline it was {}.",
            quoted(&now.feature),
            quoted(&before.feature)
        ),
        _ => format!("The features changed their order: nDCG {}.", figure(score)),
    }
}

fn quoted(name: &str) -> String {
    format!("\u{201c}{}\u{201d}", crate::html::short(name, 60))
}

fn figure(score: f64) -> String {
    format!("{score:.3}")
}

fn strongest(features: &[(String, f64)]) -> Option<&str> {
    let top = features.iter().max_by(|one, two| one.1.abs().total_cmp(&two.1.abs()))?;
    Some(&top.0)
}

fn lights(out: &mut Html, input: &AttributionInput<'_>) {
    out.raw("<ul class=\"lights\">");
    for it in input.drifts.iter().take(8) {
        let (class, word) = match it.score {
            Err(_) => ("none", "not compared".to_owned()),
            Ok(score) if score < THRESHOLD => ("bad", format!("nDCG {}", figure(score))),
            Ok(score) => ("", format!("nDCG {}", figure(score))),
        };
        out.raw("<li class=\"").raw(class).raw("\"><b>").text(&word).raw("</b>");
        out.cut(&it.label, 60).raw(" · at least 0.9</li>");
    }
    let moved = input.drifts.iter().flat_map(|it| &it.ranks).filter(|it| is_moved(it)).count();
    out.raw("<li><b>").count(moved).raw(if moved == 1 { " rank" } else { " ranks" });
    out.raw(" changed</b>among all features</li></ul>\n");
}

/// A rank of nothing is none.
fn is_moved(it: &RankChange) -> bool {
    let seen = it.reference != 0.0 || it.current.is_some_and(|it| it != 0.0);
    seen && it.reference_rank != it.current_rank
}

fn compared(out: &mut Html, drift: &LabelDrift, current: &GlobalShap) {
    let now = current.labels.iter().find(|it| it.label == drift.label);
    out.raw("<h2>Attributions of ").name(&drift.label).raw(", the baseline's largest first</h2>\n");
    match drift.score {
        Err(why) => drop(out.raw("<p>Not compared: ").text(&why.to_string()).raw(".</p>\n")),
        Ok(score) => drop(
            out.raw("<p class=\"sub\">nDCG ")
                .raw(&figure(score))
                .raw(": how well the order of now keeps the baseline's large values first; below 0.9 is a violation.</p>\n"),
        ),
    }
    let sizes = drift.ranks.iter().flat_map(|it| [it.reference, it.current.unwrap_or_default()]);
    let top = sizes.map(f64::abs).fold(0.0, f64::max);
    out.raw("<div class=\"key\"><span><i class=\"o\"></i>baseline</span><span><i></i>now</span>");
    if drift.ranks.iter().any(|it| COSTLY <= it.cost) {
        out.raw("<span class=\"n\">orange: its fall takes 0.01 of nDCG or more</span>");
    }
    out.raw("</div>\n");
    out.raw("<div class=\"wide\"><table><thead><tr><th class=\"num\">rank</th><th>feature</th><th>attribution</th>");
    out.raw("<th class=\"num\">baseline</th><th class=\"num\">now</th></tr></thead><tbody>\n");
    for it in drift.ranks.iter().take(LINES) {
        out.raw("<tr><td class=\"num\">");
        rank(out, it);
        out.raw("</td><th scope=\"row\">").name(&it.feature).raw("</th><td>");
        chart::attribution(out, Some(it.reference), it.current, top, COSTLY <= it.cost);
        out.raw("</td><td class=\"num\">").raw(&number::number(it.reference));
        out.raw("</td><td class=\"num\">");
        match it.current {
            Some(value) => out.raw(&number::number(value)),
            None => out.raw("gone"),
        };
        out.raw("</td></tr>\n");
    }
    out.raw("</tbody></table></div>\n");
    more(out, drift.ranks.len());
    if let Some(expected) = now.and_then(|it| it.expected) {
        expect(out, expected);
    }
}

fn rank(out: &mut Html, it: &RankChange) {
    out.count(it.reference_rank);
    if is_moved(it) {
        out.raw(" \u{2192} <b>").count(it.current_rank).raw("</b>");
    }
}

fn alone(out: &mut Html, label: &LabelShap) {
    let mut features: Vec<&(String, f64)> = label.features.iter().collect();
    features.sort_by(|one, two| two.1.abs().total_cmp(&one.1.abs()));
    let top = features.first().map_or(0.0, |it| it.1.abs());
    out.raw("<h2>Attributions of ").name(&label.label).raw(", the largest first</h2>\n");
    out.raw("<div class=\"wide\"><table><thead><tr><th class=\"num\">rank</th><th>feature</th><th>attribution</th>");
    out.raw("<th class=\"num\"></th></tr></thead><tbody>\n");
    for (at, (name, value)) in features.iter().take(LINES).enumerate() {
        out.raw("<tr><td class=\"num\">").count(at + 1).raw("</td><th scope=\"row\">").name(name);
        out.raw("</th><td>");
        chart::attribution(out, None, Some(*value), top, false);
        out.raw("</td><td class=\"num\">").raw(&number::number(*value)).raw("</td></tr>\n");
    }
    out.raw("</tbody></table></div>\n");
    more(out, features.len());
    if let Some(expected) = label.expected {
        expect(out, expected);
    }
}

fn more(out: &mut Html, features: usize) {
    if LINES < features {
        out.raw("<p class=\"sub\">and ").count(features - LINES).raw(" features more.</p>\n");
    }
}

fn expect(out: &mut Html, expected: f64) {
    out.raw("<p class=\"sub\">A row's values add up to its answer less ");
    out.raw(&number::number(expected)).raw(", the mean answer to the SHAP baseline.</p>\n");
}

fn violations(out: &mut Html, drifts: &[LabelDrift]) {
    let found: Vec<_> = drifts.iter().filter_map(LabelDrift::violation).collect();
    if found.is_empty() {
        return;
    }
    out.raw("<h2>Constraint violations, as in constraint_violations.json</h2>\n<div class=\"wide\"><table><thead><tr>");
    out.raw("<th>label</th><th>check</th><th class=\"num\">nDCG</th><th class=\"num\">threshold</th></tr></thead><tbody>\n");
    for (violation, drift) in found.iter().zip(drifts.iter().filter(|it| it.is_violation())) {
        out.raw("<tr><td>").name(&drift.label).raw("</td><td>").raw(violation.check.word());
        out.raw("</td><td class=\"num\">").raw(&figure(violation.observed));
        out.raw("</td><td class=\"num\">")
            .raw(&number::number(violation.threshold))
            .raw("</td></tr>\n");
    }
    out.raw("</tbody></table></div>\n");
}
