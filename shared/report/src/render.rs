use crate::cards::cards;
use crate::html::{Html, NAME, short};
use crate::view::{Column, Trends, columns};
use crate::{ReportInput, chart, closing, number, page, say};
use engine::finding::{Family, Finding, State};
use engine::incident::Incident;
use engine::words::headline;

/// Findings that get a line of the table; the rest is counted.
const TABLE: usize = 30;
/// Violations that get a line.
const VIOLATIONS: usize = 30;

/// Renders the report of one execution.
pub fn render(input: &ReportInput<'_>) -> String {
    let columns = columns(input);
    let title =
        format!("{} {}: {}", input.endpoint, say::monitor(input.monitor), say::state(input.state));
    page::page(&title, 24_000 + columns.len() * 400, |out| {
        top(out, input, &columns);
        lights(out, input);
        findings(out, input, &columns);
        cards(out, input, &columns);
        violations(out, input);
        set_aside(out, input);
        actions(out, input);
        closing::footer(out, &input.provenance, " from summaries", open_incidents(input));
    })
}

fn top(out: &mut Html, input: &ReportInput<'_>, columns: &[Column<'_>]) {
    let judgement = input.judgement;
    out.raw("<header><div>").name(input.endpoint).raw(" / ").name(input.variant).raw(" · ");
    out.raw(say::monitor(input.monitor));
    if input.window.start < input.window.end {
        out.raw(" · ").raw(&number::window(input.window.start, input.window.end));
    }
    out.raw("</div><div class=\"pill ");
    out.raw(input.state.word()).raw("\">").raw(say::state(input.state));
    let since = open_incidents(input).map(|it| it.since.start).min();
    if let (State::Drift | State::Watch | State::Error, Some(since)) = (input.state, since) {
        out.raw(" · since ").raw(&since_words(since, input.window.start));
    }
    out.raw("</div></header>\n<h1>");
    let first = judgement.findings.first().and_then(|it| it.feature.as_deref());
    out.text(&say::spoken(&headline(judgement), first));
    out.raw("</h1>\n<p class=\"sub\">").text(&sub_line(input, columns)).raw("</p>\n");
}

fn open_incidents<'a>(input: &ReportInput<'a>) -> impl Iterator<Item = &'a Incident> {
    input.incidents.iter().filter(|it| it.is_open())
}

fn since_words(since: i64, now: i64) -> String {
    let (then, today) = (number::day(since), number::day(now));
    if then == today { number::clock(since) } else { format!("{then}, {}", number::clock(since)) }
}

fn sub_line(input: &ReportInput<'_>, columns: &[Column<'_>]) -> String {
    let judgement = input.judgement;
    let moved = columns.iter().filter(|it| it.is_moved()).count();
    let noun = if columns.len() == 1 { "feature" } else { "features" };
    let worst = open_incidents(input).max_by_key(|it| it.bad_windows);
    let lasting = match worst.map(|it| (it.bad_windows, it.windows)) {
        Some((bad, of)) if 1 < of => format!(" in {bad} of the last {of} windows"),
        _ => String::new(),
    };
    let rows = number::count(judgement.rows);
    let baseline_rows = number::count(judgement.baseline_rows);
    let against = match input.baseline_version {
        Some(version) => format!("baseline {} ({baseline_rows} rows)", short(version, NAME)),
        None => format!("a baseline of {baseline_rows}"),
    };
    if judgement.rows == 0 {
        return format!("No rows to compare with {against}.");
    }
    let visible = match judgement.visible_effect {
        Some(it) => format!("; shifts above {} are visible at this size", number::effect(it)),
        None => String::new(),
    };
    let all = number::count(columns.len() as u64);
    format!("{moved} of {all} {noun} moved{lasting}. {rows} rows against {against}{visible}.")
}

fn lights(out: &mut Html, input: &ReportInput<'_>) {
    let judgement = input.judgement;
    let age = match input.window.end - input.window.start {
        it if 0 < it => format!(" · {}", number::lasted(it)),
        _ => String::new(),
    };
    let is_blind = matches!(input.state, State::NoData | State::Error);
    let of = |family: Family| {
        judgement.findings.iter().filter(move |it| it.family == family && it.significant).count()
    };
    out.raw("<ul class=\"lights\">");
    let mut own = |family: Family, word: &str, note: &str| {
        let (class, word) = match (of(family), is_blind, input.state) {
            (0, true, _) => ("none", "not known"),
            (0, _, State::TooLittleData) if family == Family::Drift => ("none", "too little data"),
            (0, ..) => ("", "ok"),
            _ => ("bad", word),
        };
        light(out, class, word, &format!("{note}{age}"));
    };
    own(Family::Contract, "broken", "contract");
    own(Family::Drift, "drift", "inputs");
    // A table that is analysed by hand has no monitor that could be blind.
    if input.window.start < input.window.end {
        own(Family::Monitoring, "blind", "monitoring");
    }
    let records = judgement.rows + judgement.unreadable;
    let read = if records == 0 {
        "no rows".to_owned()
    } else {
        format!("{} rows", number::count(judgement.rows))
    };
    let note = match judgement.unreadable {
        0 if records == 0 => "no records".to_owned(),
        0 => "all readable".to_owned(),
        it => format!("{} set aside", number::share(it as f64 / records as f64)),
    };
    light(out, if records == 0 { "none" } else { "" }, &read, &note);
    for it in input.lights.iter().take(8) {
        light(out, if it.is_bad { "bad" } else { "" }, it.word, it.note);
    }
    out.raw("</ul>\n");
}

fn light(out: &mut Html, class: &str, word: &str, note: &str) {
    out.raw("<li class=\"")
        .raw(class)
        .raw("\"><b>")
        .cut(word, 40)
        .raw("</b>")
        .cut(note, 60)
        .raw("</li>");
}

fn findings(out: &mut Html, input: &ReportInput<'_>, columns: &[Column<'_>]) {
    let list = &input.judgement.findings;
    if list.is_empty() {
        return;
    }
    let trends = Trends::of(input);
    out.raw("<h2>What moved, by impact</h2>\n<div class=\"wide\"><table><thead><tr><th></th><th>feature</th><th>change</th>");
    out.raw("<th>effect with 99 % interval, floor dashed</th><th class=\"num\"></th>");
    if 1 < trends.windows() {
        out.raw("<th class=\"opt\">last ").count(trends.windows()).raw(" windows</th>");
    }
    out.raw("</tr></thead><tbody>\n");
    for (rank, it) in list.iter().take(TABLE).enumerate() {
        let column = columns.iter().find(|column| Some(column.name) == it.feature.as_deref());
        row(out, rank + 1, it, column, &trends);
    }
    out.raw("</tbody></table></div>\n");
    if TABLE < list.len() {
        out.raw("<p class=\"sub\">and ").count(list.len() - TABLE).raw(" more.</p>\n");
    }
}

fn row<'a>(
    out: &mut Html,
    rank: usize,
    finding: &'a Finding,
    column: Option<&Column<'_>>,
    trends: &Trends<'a>,
) {
    out.raw("<tr><td class=\"q\">").count(rank).raw("</td><th scope=\"row\">");
    match &finding.feature {
        Some(name) => out.name(name),
        None => out.raw("the whole table"),
    };
    out.raw("<small>").raw(say::check(finding.check));
    if !finding.significant {
        out.raw(" · watch");
    }
    out.raw("</small></th><td>").text(&say::change(finding, column)).raw("</td><td>");
    chart::effect(out, &finding.effect, finding.significant);
    out.raw("</td><td class=\"num\">").raw(&number::effect(finding.effect.value)).raw("</td>");
    if 1 < trends.windows() {
        out.raw("<td class=\"opt\">");
        chart::sparkline(out, trends.line(finding), finding.effect.floor);
        out.raw("</td>");
    }
    out.raw("</tr>\n");
}

fn violations(out: &mut Html, input: &ReportInput<'_>) {
    if input.violations.is_empty() {
        return;
    }
    out.raw("<h2>Constraint violations, as in constraint_violations.json</h2>\n<div class=\"wide\"><table><thead><tr>");
    out.raw("<th>feature</th><th>check</th><th class=\"num\">observed</th><th class=\"num\">threshold</th>");
    out.raw("<th class=\"opt\">description</th></tr></thead><tbody>\n");
    for it in input.violations.iter().take(VIOLATIONS) {
        out.raw("<tr><td>")
            .name(&it.feature)
            .raw("</td><td>")
            .raw(it.check.word())
            .raw("</td><td class=\"num\">");
        out.raw(&number::number(it.observed))
            .raw("</td><td class=\"num\">")
            .raw(&number::number(it.threshold));
        out.raw("</td><td class=\"q opt\">").cut(&it.description, 160).raw("</td></tr>\n");
    }
    out.raw("</tbody></table></div>\n");
    if VIOLATIONS < input.violations.len() {
        out.raw("<p class=\"sub\">and ")
            .count(input.violations.len() - VIOLATIONS)
            .raw(" more in the file.</p>\n");
    }
}

fn set_aside(out: &mut Html, input: &ReportInput<'_>) {
    let unreadable = input.judgement.unreadable;
    if input.set_aside.is_empty() && unreadable == 0 {
        return;
    }
    out.raw("<h2>Records set aside</h2>\n<p>").raw(&number::count(unreadable));
    out.raw(" could not be read; the rest was analysed.</p>\n");
    if input.set_aside.is_empty() {
        return;
    }
    out.raw("<div class=\"wide\"><table><thead><tr><th>reason</th><th class=\"num\">records</th><th>for example</th></tr></thead><tbody>\n");
    for it in input.set_aside.iter().take(20) {
        out.raw("<tr><td>")
            .cut(it.reason, 160)
            .raw("</td><td class=\"num\">")
            .raw(&number::count(it.count));
        out.raw("</td><td class=\"q\">");
        match it.example {
            Some(it) => out.cut(it, 200),
            None => out.raw("\u{2013}"),
        };
        out.raw("</td></tr>\n");
    }
    out.raw("</tbody></table></div>\n");
}

fn actions(out: &mut Html, input: &ReportInput<'_>) {
    let advice =
        input.judgement.findings.iter().find(|it| it.significant).map(|it| (it, say::advice(it)));
    if advice.is_none() && input.actions.is_empty() {
        return;
    }
    out.raw("<h2>Do</h2>\n<ol class=\"do\">");
    if let Some((finding, advice)) = advice {
        out.raw("<li>");
        if let Some(name) = &finding.feature {
            out.raw("<b>").name(name).raw("</b>: ");
        }
        out.raw(advice).raw("</li>");
    }
    closing::items(out, input.actions);
    out.raw("</ol>\n");
}
