use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    Action, AttributionInput, BiasInput, LabelStream, Past, Provenance, QualityInput, Reference,
    ReportInput, render, render_attribution, render_bias, render_quality,
};
use engine::bias::BiasReport;
use engine::finding::{Measured, State};
use engine::monitor::Monitor;
use engine::window::Window;
use ports::{
    AttributionFound, BaselineContent, BiasFound, ExecutionContent, QualityBaseline, QualityFound,
    RenderReport, ReportPage,
};

/// Windows that the sparklines of a report show.
const SHOWN: usize = 11;

/// Renders the reports of executions.
///
/// Remembers what a baseline and the last windows looked like, as long as the
/// process lives: a report shows the windows before it that were rendered here.
#[derive(Debug, Default)]
pub struct Pages {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    references: BTreeMap<String, Arc<Reference>>,
    past: BTreeMap<Monitor, Vec<Judged>>,
}

#[derive(Debug, Clone)]
struct Judged {
    window: Window,
    state: State,
    measured: Vec<Measured>,
}

impl RenderReport for Pages {
    fn render(&self, page: &ReportPage<'_>) -> String {
        let execution = page.execution;
        let monitor = &execution.monitor;
        if let (BaselineContent::ModelQuality(before), ExecutionContent::ModelQuality(found)) =
            (&page.baseline.content, page.content)
        {
            return quality(page, before, found);
        }
        if let (BaselineContent::ModelBias(before), ExecutionContent::ModelBias(found)) =
            (&page.baseline.content, page.content)
        {
            return bias(page, before, found);
        }
        if let ExecutionContent::ModelExplainability(found) = page.content {
            return attribution(page, found);
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let statistics = match page.content {
            ExecutionContent::DataQuality { statistics } => Some(statistics),
            ExecutionContent::ModelQuality(_)
            | ExecutionContent::ModelBias(_)
            | ExecutionContent::ModelExplainability(_) => None,
        };
        let reference = page.baseline.content.statistics().map(|it| {
            let known = seen.references.entry(page.baseline.version.clone());
            Arc::clone(known.or_insert_with(|| Arc::new(Reference::new(it.clone()))))
        });
        let past = seen.past.entry(monitor.clone()).or_default();
        past.retain(|it| it.window < execution.window);
        let shown: Vec<Past<'_>> = past
            .iter()
            .map(|it| Past { window: it.window, state: it.state, measured: &it.measured })
            .collect();
        let version: String = page.baseline.version.chars().take(8).collect();
        let accept =
            format!("vigil baseline data-quality --dataset {} --output …", execution.report);
        let actions = [Action {
            text: "If this is the new normal, learn a baseline from it:",
            command: Some(&accept),
        }];
        let calm = execution.judgement.findings.is_empty();
        let reproduce = format!(
            "vigil analyze data-quality --dataset … --baseline …/versions/{}",
            page.baseline.version
        );
        let html = render(&ReportInput {
            endpoint: &monitor.endpoint,
            variant: &monitor.variant,
            monitor: monitor.kind,
            window: execution.window,
            state: page.state,
            judgement: &execution.judgement,
            reference: reference.as_deref(),
            baseline_version: Some(&version),
            current: statistics,
            violations: page.violations,
            incidents: page.incidents,
            past: &shown,
            lights: &[],
            set_aside: &[],
            actions: if calm { &[] } else { &actions },
            provenance: Provenance { reproduce: Some(&reproduce), ..made_by(page) },
        });
        past.push(Judged {
            window: execution.window,
            state: page.state,
            measured: execution.judgement.measured.clone(),
        });
        let surplus = past.len().saturating_sub(SHOWN);
        past.drain(..surplus);
        html
    }
}

fn made_by<'a>(page: &ReportPage<'a>) -> Provenance<'a> {
    Provenance {
        engine: concat!("vigil ", env!("CARGO_PKG_VERSION"), ", native"),
        input_hash: Some(&page.execution.fingerprint),
        reproduce: None,
    }
}

fn bias(page: &ReportPage<'_>, before: &BiasReport, found: &BiasFound) -> String {
    let monitor = &page.execution.monitor;
    let version = &page.baseline.version;
    let reproduce = format!("vigil analyze bias --dataset … --baseline …/versions/{version}");
    render_bias(&BiasInput {
        endpoint: &monitor.endpoint,
        variant: &monitor.variant,
        window: page.execution.window,
        state: page.state,
        rows: page.execution.judgement.rows,
        report: &found.report,
        judged: &engine::bias::judge(Some(before), &found.report, &found.judging),
        violations: page.violations,
        actions: &[],
        provenance: Provenance { reproduce: Some(&reproduce), ..made_by(page) },
    })
}

fn attribution(page: &ReportPage<'_>, found: &AttributionFound) -> String {
    let monitor = &page.execution.monitor;
    let version = &page.baseline.version;
    let reproduce = format!(
        "vigil analyze explainability --dataset … --model … --baseline …/versions/{version}"
    );
    let how = page.execution.why.as_deref().unwrap_or(&found.how);
    render_attribution(&AttributionInput {
        endpoint: &monitor.endpoint,
        variant: &monitor.variant,
        window: page.execution.window,
        state: Some(page.state),
        drifts: &found.drifts,
        current: &found.current,
        how,
        actions: &[],
        provenance: Provenance { reproduce: Some(&reproduce), ..made_by(page) },
    })
}

fn quality(page: &ReportPage<'_>, before: &QualityBaseline, found: &QualityFound) -> String {
    let monitor = &page.execution.monitor;
    let version = &page.baseline.version;
    let reproduce =
        format!("vigil analyze model-quality --dataset … --baseline …/versions/{version}");
    let labels = LabelStream {
        predictions: found.predictions,
        labelled: found.labelled,
        duplicates: found.duplicates,
        conflicts: found.conflicts,
        orphans: found.orphans,
        delays: &found.delays,
    };
    render_quality(&QualityInput {
        endpoint: &monitor.endpoint,
        variant: &monitor.variant,
        window: page.execution.window,
        state: page.state,
        statistics: found.realised.as_ref(),
        baseline: Some(&before.statistics),
        constraints: Some(&before.constraints),
        violations: page.violations,
        estimates: &found.estimates,
        track: &found.track,
        labels: Some(labels),
        actions: &[],
        provenance: Provenance { reproduce: Some(&reproduce), ..made_by(page) },
    })
}
