use crate::html::{Html, safe_link};
use crate::{number, page, say};
use engine::finding::State;
use engine::monitor::MonitorType;
use engine::window::Window;

/// All that the fleet's page shows.
#[derive(Debug, Clone, Copy)]
pub struct Fleet<'a> {
    /// One sentence over the page, without a period: `9 of 9 found, 0 false alerts`.
    pub headline: &'a str,
    /// Small facts under it, as `name: value`.
    pub facts: &'a [(&'a str, &'a str)],
    pub endpoints: &'a [EndpointLine<'a>],
    /// What was injected and what was found; empty outside a demo.
    pub faults: &'a [FaultLine<'a>],
}

/// One endpoint and variant with all of its monitors.
#[derive(Debug, Clone, Copy)]
pub struct EndpointLine<'a> {
    pub endpoint: &'a str,
    pub variant: &'a str,
    /// The latest verdict, or what is open, in a sentence.
    pub words: &'a str,
    /// How labels stand, in a sentence; `None` where none are awaited.
    pub labels: Option<&'a str>,
    pub monitors: &'a [MonitorLine<'a>],
    /// Of all its monitors, and of what keeps them from seeing.
    pub open_incidents: usize,
    /// Whether an open incident says that monitors cannot see.
    pub is_blind: bool,
    /// Whether the endpoint is there no more.
    pub is_gone: bool,
}

impl EndpointLine<'_> {
    /// Returns the gravest state that any monitor is in.
    fn state(&self) -> State {
        let states = self.monitors.iter().map(|it| it.state);
        states.max_by_key(|it| gravity(*it)).unwrap_or_default()
    }
}

/// One monitor with all of its windows.
#[derive(Debug, Clone, Copy)]
pub struct MonitorLine<'a> {
    pub monitor: MonitorType,
    /// The state now.
    pub state: State,
    /// What the newest window says, in a sentence.
    pub words: &'a str,
    /// Oldest first.
    pub runs: &'a [RunLine<'a>],
    pub open_incidents: usize,
}

/// One judged window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunLine<'a> {
    pub window: Window,
    pub state: State,
    /// Where its report is, relative to the page.
    pub report: Option<&'a str>,
}

/// One injected fault and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultLine<'a> {
    pub injected: &'a str,
    /// `None`: no alert.
    pub found: Option<&'a str>,
    pub after: &'a str,
    pub alert: Option<&'a str>,
    pub report: Option<&'a str>,
    /// Whether this is the known answer.
    pub is_met: bool,
}

/// Renders the page of all endpoints, the worst first.
pub fn index(fleet: &Fleet<'_>) -> String {
    let monitors = fleet.endpoints.iter().flat_map(|it| it.monitors);
    let runs: usize = monitors.map(|it| it.runs.len()).sum();
    page::page(&format!("Vigil: {}", fleet.headline), 16_000 + runs * 40, |out| {
        out.raw("<header><div>Vigil · all endpoints</div></header>\n<h1>")
            .text(&say::sentence(fleet.headline));
        out.raw("</h1>\n<p class=\"sub\">");
        for (at, (name, value)) in fleet.facts.iter().enumerate() {
            out.raw(if at == 0 { "" } else { " · " }).cut(name, 60).raw(": ").cut(value, 120);
        }
        out.raw("</p>\n");
        faults(out, fleet.faults);
        endpoints(out, fleet.endpoints);
    })
}

fn faults(out: &mut Html, faults: &[FaultLine<'_>]) {
    if faults.is_empty() {
        return;
    }
    out.raw("<h2>Injected, and found</h2>\n<div class=\"wide\"><table class=\"known\"><thead><tr><th>injected</th><th>found</th>");
    out.raw("<th>after</th><th>alert</th></tr></thead><tbody>\n");
    for it in faults {
        out.raw("<tr><th scope=\"row\">").cut(it.injected, 120).raw("</th><td>");
        if !it.is_met {
            let word = if it.found.is_none() { "missed" } else { "unexpected" };
            out.raw("<span class=\"pill error\">").raw(word).raw("</span> ");
        }
        match (it.found, it.is_met) {
            (Some(found), _) => link(out, it.report, |out| {
                out.cut(found, 200);
            }),
            (None, true) => {
                out.raw("no alert, as it should be");
            }
            (None, false) => {
                out.raw("nothing");
            }
        }
        out.raw("</td><td class=\"q\">").cut(it.after, 40).raw("</td><td>");
        match it.alert {
            Some(alert) => out.raw("<code>").cut(alert, 40).raw("</code>"),
            None => out.raw("\u{2013}"),
        };
        out.raw("</td></tr>\n");
    }
    out.raw("</tbody></table></div>\n");
}

fn endpoints(out: &mut Html, endpoints: &[EndpointLine<'_>]) {
    let mut list: Vec<&EndpointLine<'_>> = endpoints.iter().collect();
    let worst =
        |it: &EndpointLine<'_>| (!it.is_gone, it.is_blind, it.open_incidents, gravity(it.state()));
    list.sort_by(|a, b| {
        worst(b).cmp(&worst(a)).then_with(|| (a.endpoint, a.variant).cmp(&(b.endpoint, b.variant)))
    });
    out.raw("<h2>Endpoints, worst first</h2>\n<div class=\"fleet\">\n");
    for it in list {
        out.raw("<section class=\"card\"><header><h3>")
            .name(it.endpoint)
            .raw(" / ")
            .name(it.variant)
            .raw("</h3>");
        match it {
            EndpointLine { is_gone: true, .. } => pill(out, "no_data", "gone"),
            EndpointLine { is_blind: true, .. } => pill(out, "error", "blind"),
            _ => pill(out, it.state().word(), say::state(it.state())),
        }
        out.raw("</header><p>").cut(it.words, 300);
        open(out, it.open_incidents);
        out.raw("</p>");
        if let Some(labels) = it.labels {
            out.raw("<p class=\"q\">").cut(labels, 200).raw("</p>");
        }
        it.monitors.iter().for_each(|it| monitor(out, it));
        out.raw("</section>\n");
    }
    out.raw("</div>\n");
    legend(out);
}

fn monitor(out: &mut Html, it: &MonitorLine<'_>) {
    out.raw("<div class=\"mon\"><h4>").raw(say::monitor(it.monitor)).raw("</h4>");
    pill(out, it.state.word(), say::state(it.state));
    out.raw("<p>");
    if !it.words.is_empty() {
        out.cut(it.words, 300);
    }
    open(out, it.open_incidents);
    out.raw("</p></div>");
    strip(out, it.runs);
}

fn pill(out: &mut Html, class: &'static str, words: &'static str) {
    out.raw("<div class=\"pill ").raw(class).raw("\">").raw(words).raw("</div>");
}

fn open(out: &mut Html, incidents: usize) {
    if 0 < incidents {
        let noun = if incidents == 1 { " open incident" } else { " open incidents" };
        out.raw(" <b class=\"n\">").count(incidents).raw(noun).raw("</b>");
    }
}

fn gravity(state: State) -> u8 {
    match state {
        State::Error => 5,
        State::Drift => 4,
        State::NoData => 3,
        State::Watch => 2,
        State::TooLittleData => 1,
        State::Ok => 0,
    }
}

/// Windows in one row of a strip: a week of hours.
const ROW: usize = 168;
/// So many more still go into the only row.
const SLACK: usize = 12;
const WIDE: f64 = 924.0;
const TALL: f64 = 20.0;

/// Draws one cell per window; what is not ok links to its report.
fn strip(out: &mut Html, runs: &[RunLine<'_>]) {
    if runs.is_empty() {
        out.raw("<p class=\"q\">No window was judged yet.</p>");
        return;
    }
    let alt = counts(runs);
    let many = if runs.len() <= ROW + SLACK { runs.len().max(ROW) } else { ROW };
    for (row, cells) in runs.chunks(many).enumerate() {
        let (first, last) = (cells[0].window, cells[cells.len() - 1].window);
        out.raw("<div class=\"strip\"><span class=\"q\">")
            .raw(&number::day(first.start))
            .raw("</span>");
        out.raw("<svg viewBox=\"0 0 924 20\" role=\"img\" aria-label=\"");
        if row == 0 {
            out.text(&alt);
        } else {
            out.raw("until ").raw(&number::day(last.end));
        }
        out.raw("\">");
        row_of_cells(out, cells, WIDE / many as f64);
        out.raw("</svg></div>");
    }
    if let Some(report) = runs.iter().rev().find_map(|it| it.report) {
        out.raw("<p class=\"q\">");
        link(out, Some(report), |out| {
            out.raw("latest report");
        });
        out.raw(" · ").raw(&alt).raw("</p>");
    }
}

fn row_of_cells(out: &mut Html, cells: &[RunLine<'_>], cell_width: f64) {
    let mut at = 0;
    while at < cells.len() {
        let it = &cells[at];
        // A stretch of ok windows is one rectangle: a month of hours stays small.
        let alike = if it.state == State::Ok {
            cells[at..].iter().take_while(|it| it.state == State::Ok).count()
        } else {
            1
        };
        let cell = |out: &mut Html| {
            out.raw("<rect class=\"t-")
                .raw(it.state.word())
                .raw("\" x=\"")
                .at(at as f64 * cell_width + 0.4);
            out.raw("\" y=\"0.5\" width=\"")
                .at(alike as f64 * cell_width - 0.8)
                .raw("\" height=\"")
                .at(TALL - 1.0)
                .raw("\"");
            if it.state == State::Ok {
                out.raw("/>");
                return;
            }
            out.raw("><title>").raw(&number::window(it.window.start, it.window.end)).raw(": ");
            out.raw(say::state(it.state)).raw("</title></rect>");
        };
        link(out, if it.state == State::Ok { None } else { it.report }, cell);
        at += alike;
    }
}

/// Returns how many windows were in which state, in words.
fn counts(runs: &[RunLine<'_>]) -> String {
    let of = |state: State| runs.iter().filter(|it| it.state == state).count() as u64;
    let states =
        [State::Ok, State::Watch, State::Drift, State::TooLittleData, State::NoData, State::Error];
    let parts: Vec<String> = states
        .into_iter()
        .filter(|it| 0 < of(*it))
        .map(|it| format!("{} {}", number::count(of(it)), say::state(it)))
        .collect();
    format!("{} windows: {}", number::count(runs.len() as u64), parts.join(", "))
}

fn legend(out: &mut Html) {
    out.raw("<div class=\"key\">");
    for it in
        [State::Ok, State::Watch, State::Drift, State::TooLittleData, State::NoData, State::Error]
    {
        out.raw(
            "<span><svg class=\"dot\" viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect class=\"t-",
        )
        .raw(it.word());
        out.raw("\" x=\"1\" y=\"1\" width=\"10\" height=\"10\"/></svg>")
            .raw(say::state(it))
            .raw("</span>");
    }
    out.raw("</div>\n");
}

fn link(out: &mut Html, to: Option<&str>, content: impl FnOnce(&mut Html)) {
    let to = to.and_then(safe_link);
    if let Some(to) = to {
        out.raw("<a href=\"").text(to).raw("\">");
    }
    content(out);
    if to.is_some() {
        out.raw("</a>");
    }
}
