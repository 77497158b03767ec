use crate::{Baseline, Execution};
use engine::statistics::Statistics;
use engine::violation::Violation;

/// What a report is made of.
#[derive(Debug, Clone, Copy)]
pub struct ReportPage<'a> {
    pub execution: &'a Execution,
    pub baseline: &'a Baseline,
    pub statistics: &'a Statistics,
    pub violations: &'a [Violation],
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
