use crate::{Baseline, Execution, ExecutionContent};
use engine::finding::State;
use engine::incident::Incident;
use engine::violation::Violation;

/// What a report is made of.
#[derive(Debug, Clone, Copy)]
pub struct ReportPage<'a> {
    pub execution: &'a Execution,
    /// The state to show: drift in one window only is worth a watch, no more.
    pub state: State,
    pub baseline: &'a Baseline,
    pub content: &'a ExecutionContent,
    pub violations: &'a [Violation],
    /// Incidents of the variant as they are with this execution taken in.
    pub incidents: &'a [Incident],
}

/// Renders the report of an execution: one self-contained HTML file.
pub trait RenderReport: Sync {
    fn render(&self, page: &ReportPage<'_>) -> String;
}

impl<F: Fn(&ReportPage<'_>) -> String + Sync> RenderReport for F {
    fn render(&self, page: &ReportPage<'_>) -> String {
        self(page)
    }
}
