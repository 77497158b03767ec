//! What each type of monitor reads, learns, judges and leaves behind.

pub(crate) mod data_quality;
mod figures;
pub(crate) mod model_bias;
pub(crate) mod model_explainability;
pub(crate) mod model_quality;
mod predicted;
mod span;

pub(crate) use span::span;

use crate::Call;
use engine::finding::{Family, Judgement};
use engine::incident::Outcome;
use engine::monitor::{Monitor, MonitorType};
use engine::scan::{CaptureOptions, Sides};
use engine::violation::Violation;
use engine::window::Window;
use ports::{Address, BaselineContent, ExecutionContent, Listed, Metric};
use std::ops::Range;

/// Whether monitors of a type read labels.
pub(crate) fn needs_labels(kind: MonitorType) -> bool {
    matches!(kind, MonitorType::ModelQuality | MonitorType::ModelBias)
}

/// Windows of a monitor that are remembered beyond the usual: labels may be a week late.
pub(crate) fn windows_awaited(kind: MonitorType) -> usize {
    if needs_labels(kind) { 150 } else { 0 }
}

/// Who wants to know, and when.
#[derive(Clone, Copy)]
pub(crate) struct Asks<'a> {
    pub(crate) call: &'a Call<'a>,
    pub(crate) monitor: &'a Monitor,
}

/// What one execution reads.
pub(crate) struct Gathered {
    /// What the execution looks at: the window, or the stretch that the offsets make of it.
    pub(crate) span: Window,
    /// Where captures lie.
    pub(crate) place: Address,
    pub(crate) captures: Vec<Listed>,
    /// Where captures with their labels lie, of types that read labels.
    pub(crate) merged: Option<(Address, Vec<Listed>)>,
}

/// Says how merged records are read.
fn scan_merged(sides: Sides, features: Vec<String>, window: Option<Range<i64>>) -> CaptureOptions {
    CaptureOptions { sides, names: Vec::new(), features, labels: true, window }
}

/// One side of what is read.
struct Side<'a> {
    bucket: &'a str,
    objects: &'a [Listed],
    labelled: bool,
}

impl Gathered {
    /// Every object that the result depends on.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Listed> {
        let merged = self.merged.as_ref().map(|(_, it)| it.as_slice()).unwrap_or_default();
        self.captures.iter().chain(merged)
    }

    /// Returns the seconds to look at, where they are no whole hours.
    pub(crate) fn bounds(&self) -> Option<Range<i64>> {
        let Window { start, end } = self.span;
        (start % 3600 != 0 || end % 3600 != 0).then_some(start..end)
    }
}

/// What one execution found.
pub(crate) struct Judged {
    pub(crate) judgement: Judgement,
    /// What it says to each family of incidents.
    pub(crate) outcomes: Vec<(Family, Outcome)>,
    pub(crate) violations: Vec<Violation>,
    /// A sentence for people where there is no verdict.
    pub(crate) why: Option<String>,
    /// What stands behind its findings, in words.
    pub(crate) detail: Option<String>,
    pub(crate) bytes: u64,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) content: ExecutionContent,
}

/// What was learnt for a baseline.
pub(crate) struct Learnt {
    pub(crate) content: BaselineContent,
    pub(crate) rows: u64,
    pub(crate) set_aside: u64,
}
