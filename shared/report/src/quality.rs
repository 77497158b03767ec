//! The report of model quality: figures against constraints, curves, calibration,
//! and estimates beside what came true.

mod headline;
mod plot;
mod series;
mod tables;

use crate::html::Html;
use crate::{Action, Provenance, closing, number, page, say};
use engine::finding::State;
use engine::monitor::MonitorType;
use engine::quality::constraints::QualityConstraints;
use engine::quality::estimate::Estimate;
use engine::quality::statistics::QualityStatistics;
use engine::quality::track::TrackPoint;
use engine::violation::Violation;
use engine::window::Window;

/// All that the report of a model-quality run shows; what is empty or `None` leaves its section out.
#[derive(Debug, Clone, Copy)]
pub struct QualityInput<'a> {
    pub endpoint: &'a str,
    pub variant: &'a str,
    /// Of no length where there is none.
    pub window: Window,
    pub state: State,
    /// Of the labelled rows; `None` while there are none.
    pub statistics: Option<&'a QualityStatistics>,
    /// What was learnt, to draw beside it.
    pub baseline: Option<&'a QualityStatistics>,
    pub constraints: Option<&'a QualityConstraints>,
    pub violations: &'a [Violation],
    /// Of all predictions of the window.
    pub estimates: &'a [Estimate],
    /// Windows up to this one, oldest first; the last [`QualityInput::WINDOWS`] are drawn.
    pub track: &'a [TrackPoint],
    pub labels: Option<LabelStream<'a>>,
    pub actions: &'a [Action<'a>],
    pub provenance: Provenance<'a>,
}

impl QualityInput<'_> {
    pub const WINDOWS: usize = 60;
}

/// What became of the labels of a window.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LabelStream<'a> {
    /// Predictions of the window, and those whose label is known.
    pub predictions: u64,
    pub labelled: u64,
    /// Labels that came again with the same value, and with another one.
    pub duplicates: u64,
    pub conflicts: u64,
    /// Labels of the endpoint that met no prediction in time, in the last day.
    pub orphans: u64,
    /// Share of labels that were there after so many seconds, rising.
    pub delays: &'a [(i64, f64)],
}

impl LabelStream<'_> {
    /// Returns the share of predictions whose label is known; `None` of no predictions.
    pub fn coverage(&self) -> Option<f64> {
        (0 < self.predictions).then(|| self.labelled as f64 / self.predictions as f64)
    }
}

/// Renders the report of a model-quality run.
pub fn render_quality(input: &QualityInput<'_>) -> String {
    let kind = say::monitor(MonitorType::ModelQuality);
    let title = format!("{} {kind}: {}", input.endpoint, say::state(input.state));
    page::page(&title, 60_000, |out| {
        out.raw("<header><div>").name(input.endpoint).raw(" / ").name(input.variant);
        out.raw(" · ").raw(kind);
        if input.window.start < input.window.end {
            out.raw(" · ").raw(&number::window(input.window.start, input.window.end));
        }
        out.raw("</div><div class=\"pill ").raw(input.state.word()).raw("\">");
        out.raw(say::state(input.state)).raw("</div></header>\n<h1>");
        out.text(&headline::headline(input)).raw("</h1>\n<p class=\"sub\">");
        out.text(&headline::sub_line(input)).raw("</p>\n");
        headline::lights(out, input);
        tables::figures(out, input);
        plots(out, input);
        series::over_time(out, input);
        series::labels(out, input);
        closing::actions(out, input.actions);
        closing::footer(out, &input.provenance, " from summaries", []);
    })
}

fn plots(out: &mut Html, input: &QualityInput<'_>) {
    let Some(told) = input.statistics else { return };
    let before = input.baseline;
    if told.confusion.is_none() && told.reliability.is_none() {
        return;
    }
    out.raw("<h2>Where it is right and wrong</h2>\n<div class=\"cards\">\n");
    if let Some(matrix) = &told.confusion {
        tables::confusion(out, matrix);
    }
    if let Some(curve) = &told.roc {
        plot::roc(out, told, curve, before.and_then(|it| it.roc.as_ref()));
    }
    if let Some(curve) = &told.precision_recall {
        plot::precision_recall(out, curve, before.and_then(|it| it.precision_recall.as_ref()));
    }
    if let Some(it) = &told.reliability {
        plot::reliability(out, it);
    }
    out.raw("</div>\n");
}
