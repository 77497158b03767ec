//! The report of bias: every metric of every facet with its interval, limits and baseline.

mod forest;

use crate::html::{Html, NAME, short};
use crate::{Action, Provenance, closing, number, page, say};
use engine::bias::{BiasJudged, BiasReport, Cause, Figure, Stage, Standing};
use engine::finding::State;
use engine::monitor::MonitorType;
use engine::violation::{Scope, Violation};
use engine::window::Window;
use forest::Scale;

/// Facets that get a table; the rest is counted.
const FACETS: usize = 20;
/// Violations that get a line.
const VIOLATIONS: usize = 40;

/// All that the report of a bias run shows; what is empty or `None` leaves its section out.
#[derive(Debug, Clone, Copy)]
pub struct BiasInput<'a> {
    pub endpoint: &'a str,
    pub variant: &'a str,
    /// Of no length where there is none.
    pub window: Window,
    pub state: State,
    pub rows: u64,
    pub report: &'a BiasReport,
    /// Every metric of the report with its baseline and limits, as `engine::bias::judge` has them.
    pub judged: &'a [BiasJudged<'a>],
    pub violations: &'a [Violation],
    pub actions: &'a [Action<'a>],
    pub provenance: Provenance<'a>,
}

/// Renders the report of a bias run.
pub fn render_bias(input: &BiasInput<'_>) -> String {
    let kind = say::monitor(MonitorType::ModelBias);
    let word = if input.state == State::Drift { "bias" } else { say::state(input.state) };
    let title = format!("{} {kind}: {word}", input.endpoint);
    page::page(&title, 60_000, |out| {
        out.raw("<header><div>").name(input.endpoint).raw(" / ").name(input.variant);
        out.raw(" · ").raw(kind);
        if input.window.start < input.window.end {
            out.raw(" · ").raw(&number::window(input.window.start, input.window.end));
        }
        out.raw("</div><div class=\"pill ").raw(input.state.word()).raw("\">");
        out.raw(word).raw("</div></header>\n<h1>").text(&headline(input));
        out.raw("</h1>\n<p class=\"sub\">").text(&sub_line(input)).raw("</p>\n");
        lights(out, input);
        let groups = groups(input.judged);
        for group in groups.iter().take(FACETS) {
            facet(out, group);
        }
        if FACETS < groups.len() {
            out.raw("<p class=\"sub\">and ").count(groups.len() - FACETS);
            out.raw(" groups more in analysis.json.</p>\n");
        }
        violations(out, input.violations);
        closing::actions(out, input.actions);
        closing::footer(out, &input.provenance, " from counts", []);
    })
}

/// The worst of the metrics, if one is beyond what is allowed.
fn worst<'a>(input: &BiasInput<'a>) -> Option<&'a BiasJudged<'a>> {
    let rank = |it: &&BiasJudged<'_>| match it.standing {
        Standing::Bad(Cause::Limit) => 4,
        Standing::Bad(Cause::Baseline) => 3,
        Standing::Watch(_) => 2,
        _ => 0,
    };
    // Of equals the first one, as metrics stand in an order that means something.
    input.judged.iter().rev().max_by_key(rank).filter(|it| 1 < rank(it))
}

fn headline(input: &BiasInput<'_>) -> String {
    let Some(worst) = worst(input) else {
        return match input.state {
            State::TooLittleData => "Too few rows to tell how groups are treated.".to_owned(),
            State::NoData => "There are no rows to compare groups by.".to_owned(),
            _ if input.judged.iter().any(|it| it.before.is_some()) => {
                "Groups are treated no more differently than in the baseline.".to_owned()
            }
            _ => "How differently groups are treated.".to_owned(),
        };
    };
    let group = format!("{} = {}", short(worst.facet, NAME), short(worst.value, NAME));
    let metric = worst.metric.metric;
    let now = worst.metric.figure.value().map(figure).unwrap_or_default();
    match (worst.standing, worst.limit, worst.before) {
        (Standing::Bad(Cause::Limit), Some(limit), _) => format!(
            "{group}: {} is {now}, outside of {} to {}.",
            metric.name(),
            figure(limit.low),
            figure(limit.high)
        ),
        (Standing::Bad(_), _, Some(before)) => {
            format!(
                "{group}: {} went from {} to {now}, farther than chance.",
                metric.name(),
                figure(before)
            )
        }
        _ => format!("{group}: {} is {now}; chance may explain it.", metric.name()),
    }
}

fn sub_line(input: &BiasInput<'_>) -> String {
    let stages: Vec<&str> = Stage::ALL
        .into_iter()
        .filter(|stage| input.report.stage(*stage).is_some())
        .map(|stage| match stage {
            Stage::PreTraining => "labels",
            Stage::PostTraining => "predictions",
        })
        .collect();
    let good = input.report.pre_training.as_ref().or(input.report.post_training.as_ref());
    let good = good.map_or(String::new(), |it| {
        format!("; a good outcome is {} = {}", short(&it.label, NAME), short(&it.label_value, NAME))
    });
    format!("{} rows, {}{good}.", number::count(input.rows), stages.join(" and "))
}

fn lights(out: &mut Html, input: &BiasInput<'_>) {
    let count = |of: fn(Standing) -> bool| input.judged.iter().filter(|it| of(it.standing)).count();
    out.raw("<ul class=\"lights\">");
    let mut light = |count: usize, class: &str, note: &str| {
        out.raw("<li class=\"").raw(if 0 < count { class } else { "" }).raw("\"><b>");
        out.count(count).raw("</b>").raw(note).raw("</li>");
    };
    light(count(|it| it == Standing::Bad(Cause::Limit)), "bad", "outside of limits");
    light(count(|it| it == Standing::Bad(Cause::Baseline)), "bad", "worse than the baseline");
    light(count(|it| matches!(it, Standing::Watch(_))), "", "beyond, by chance perhaps");
    light(count(|it| it == Standing::TooFewRows), "none", "of too few rows");
    light(count(|it| it == Standing::Unknown), "none", "without a figure");
    out.raw("</ul>\n");
}

/// The metrics of each value of each facet, both stages together.
fn groups<'a>(judged: &'a [BiasJudged<'a>]) -> Vec<Vec<&'a BiasJudged<'a>>> {
    let mut groups: Vec<Vec<&BiasJudged<'_>>> = Vec::new();
    for it in judged {
        let same = |group: &&mut Vec<&BiasJudged<'_>>| {
            group.first().is_some_and(|one| one.facet == it.facet && one.value == it.value)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(it),
            None => groups.push(vec![it]),
        }
    }
    groups
}

fn facet(out: &mut Html, group: &[&BiasJudged<'_>]) {
    let Some(first) = group.first() else { return };
    out.raw("<h2>").name(first.facet).raw(" = ").name(first.value).raw("</h2>\n");
    if let Some(rows) = first.rows {
        out.raw("<p class=\"sub\">").raw(&number::count(rows.facet)).raw(" rows against ");
        out.raw(&number::count(rows.rest)).raw(" others");
        if group.iter().any(|it| it.standing == Standing::TooFewRows) {
            out.raw("; metrics that rest on too few of them are not judged");
        }
        out.raw(".</p>\n");
    }
    let scale = Scale::of(group);
    let has = |of: fn(&BiasJudged<'_>) -> bool| group.iter().any(|it| of(it));
    let (has_before, has_limit) = (has(|it| it.before.is_some()), has(|it| it.limit.is_some()));
    out.raw("<div class=\"wide\"><table><thead><tr><th>metric</th><th class=\"num\">value</th>");
    out.raw("<th>95 % interval");
    out.raw(if has_before { ", baseline as a tick" } else { "" });
    out.raw(if has_limit { ", limits shaded" } else { "" });
    out.raw("</th><th class=\"num opt\">from</th><th class=\"num opt\">to</th>");
    if has_before {
        out.raw("<th class=\"num\">baseline</th>");
    }
    if has_limit {
        out.raw("<th class=\"num\">limits</th>");
    }
    out.raw("<th></th></tr></thead><tbody>\n");
    for it in group {
        line(out, it, &scale, has_before, has_limit);
    }
    out.raw("</tbody></table></div>\n");
}

fn line(out: &mut Html, it: &BiasJudged<'_>, scale: &Scale, has_before: bool, has_limit: bool) {
    let metric = it.metric.metric;
    out.raw("<tr><th scope=\"row\">").raw(metric.name()).raw("<small>");
    out.raw(metric.words()).raw("</small></th>");
    match &it.metric.figure {
        Figure::Value(value) => {
            out.raw("<td class=\"num\">").text(&figure(*value)).raw("</td><td>");
            forest::row(out, it, *value, scale);
            out.raw("</td>");
        }
        Figure::Nothing(why) => {
            out.raw("<td class=\"num\">\u{2013}</td><td class=\"q\">").cut(why, 120).raw("</td>");
        }
    }
    let ends = it.metric.interval.map(|it| [it.low, it.high]);
    for end in 0..2 {
        out.raw("<td class=\"num opt\">");
        out.text(&ends.map(|it| figure(it[end])).unwrap_or_default()).raw("</td>");
    }
    if has_before {
        out.raw("<td class=\"num\">").text(&it.before.map(figure).unwrap_or_default()).raw("</td>");
    }
    if has_limit {
        let limit = it.limit.map(|it| format!("{} \u{2013} {}", figure(it.low), figure(it.high)));
        out.raw("<td class=\"num\">").text(&limit.unwrap_or_default()).raw("</td>");
    }
    let (class, word) = match it.standing {
        Standing::Fine => ("", "ok"),
        Standing::Unknown => ("q", ""),
        Standing::TooFewRows => ("q", "too few rows"),
        Standing::Watch(Cause::Limit) => ("q", "outside, by chance perhaps"),
        Standing::Watch(Cause::Baseline) => ("q", "farther, by chance perhaps"),
        Standing::Bad(Cause::Limit) => ("bad", "outside of the limits"),
        Standing::Bad(Cause::Baseline) => ("bad", "worse than the baseline"),
    };
    out.raw("<td class=\"").raw(class).raw("\">");
    out.raw(if class == "bad" { "<b>" } else { "" }).raw(word);
    out.raw(if class == "bad" { "</b>" } else { "" }).raw("</td></tr>\n");
}

/// A figure with four digits, or the sign of infinity.
fn figure(value: f64) -> String {
    if value.is_infinite() {
        return if value < 0.0 { "\u{2212}\u{221e}" } else { "\u{221e}" }.to_owned();
    }
    let text = format!("{:.3}", value.abs());
    let is_zero = text.bytes().all(|it| matches!(it, b'0' | b'.'));
    if value < 0.0 && !is_zero { format!("\u{2212}{text}") } else { text }
}

fn violations(out: &mut Html, violations: &[Violation]) {
    if violations.is_empty() {
        return;
    }
    out.raw("<h2>Constraint violations, as in constraint_violations.json</h2>\n");
    out.raw("<div class=\"wide\"><table><thead><tr><th>facet</th><th>metric</th><th>check</th>");
    out.raw("<th class=\"opt\">description</th></tr></thead><tbody>\n");
    for it in violations.iter().take(VIOLATIONS) {
        out.raw("<tr><td>");
        if let Scope::Facet { name, value } = &it.scope {
            out.name(name).raw(" = ").name(value);
        }
        out.raw("</td><td>").name(&it.feature).raw("</td><td>").raw(it.check.word());
        out.raw("</td><td class=\"q opt\">").cut(&it.description, 160).raw("</td></tr>\n");
    }
    out.raw("</tbody></table></div>\n");
    if VIOLATIONS < violations.len() {
        out.raw("<p class=\"sub\">and ").count(violations.len() - VIOLATIONS);
        out.raw(" more in the file.</p>\n");
    }
}
