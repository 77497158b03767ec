//! What the types of monitors whose verdict rests on figures have in common.

use super::Judged;
use crate::analyze_window::{Job, unseen};
use engine::figure::FigureSettings;
use engine::finding::{Family, Judgement, State};
use engine::incident::{Outcome, Rules};
use ports::{ExecutionContent, Metric};

/// Returns how figures are judged, as the settings want it.
pub(super) fn settings(job: &Job<'_>) -> FigureSettings {
    FigureSettings {
        q: job.wanted.thresholds.q,
        floor: job.wanted.thresholds.floor,
        min_rows: job.wanted.min_rows,
        ..FigureSettings::default()
    }
}

/// Returns what a judgement says to the incidents of the monitor's own family.
pub(super) fn outcome(job: &Job<'_>, judgement: &Judgement) -> Outcome {
    let family = Family::of_figures(job.monitor.kind);
    Outcome::of(job.window, judgement, family, Rules::default().closing)
}

/// A window of which nothing can be said, and why.
pub(super) fn unjudged(
    job: &Job<'_>,
    state: State,
    why: String,
    content: ExecutionContent,
) -> Judged {
    let family = Family::of_figures(job.monitor.kind);
    let outcome = match state {
        State::Error => Outcome::failed(job.window, 1),
        _ => Outcome::unknown(job.window),
    };
    Judged {
        judgement: unseen(state, job),
        outcomes: vec![(family, outcome)],
        violations: Vec::new(),
        why: Some(why),
        detail: None,
        bytes: 0,
        metrics: Vec::new(),
        content,
    }
}

/// Words a metric of the monitor, with dimensions beside its own two.
pub(super) fn metric(
    job: &Job<'_>,
    namespace: &'static str,
    name: String,
    value: f64,
    further: &[(&'static str, &str)],
) -> Metric {
    let own = [
        ("Endpoint", job.monitor.endpoint.as_str()),
        ("MonitoringSchedule", job.schedule.schedule.as_str()),
    ];
    let all = own.iter().chain(further);
    Metric {
        namespace,
        name,
        dimensions: all.map(|(name, value)| (*name, (*value).to_owned())).collect(),
        at: job.window.end,
        value,
        unit: "None",
    }
}
