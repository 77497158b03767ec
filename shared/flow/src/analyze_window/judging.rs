//! The verdict on one window, and what it says to incidents.

use super::{Job, execution};
use crate::fault::failed;
use crate::kind::{
    Gathered, Judged, data_quality, model_bias, model_explainability, model_quality,
};
use crate::standing::standing;
use crate::{Call, Suite};
use engine::finding::{Family, Finding, Judgement};
use engine::incident::{Fact, Outcome, Rules};
use engine::window::Window;
use ports::{
    BaselineContent, Execution, ExecutionFiles, Executions, GroundTruth, Incidents,
    InvokeEndpoints, Metric, ReadModels, ReadObjects, Refusal, RenderReport, ReportPage, Tracks,
};

/// Judges a window by its type, and leaves its files and its record.
pub(super) async fn judge<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    renders: &impl RenderReport,
    job: &Job<'_>,
    gathered: &Gathered,
    fingerprint: String,
) -> Result<(Execution, Vec<Metric>), Refusal>
where
    W: ReadObjects + InvokeEndpoints + Sync,
    S: Executions + GroundTruth + Incidents + ReadModels + Tracks,
{
    let judged = match &job.baseline.content {
        BaselineContent::DataQuality { statistics, constraints } => {
            data_quality::judge(suite, job, gathered, (statistics, constraints)).await?
        }
        BaselineContent::ModelQuality(baseline) => {
            model_quality::judge(suite, job, gathered, baseline).await?
        }
        BaselineContent::ModelBias(baseline) => {
            model_bias::judge(suite, job, gathered, baseline).await?
        }
        BaselineContent::ModelExplainability(baseline) => {
            model_explainability::judge(suite, call, job, gathered, baseline).await?
        }
    };
    let Judged { judgement, outcomes, violations, why, detail, bytes, metrics, content } = judged;
    let mut execution = execution(suite, call, job, fingerprint, judgement, outcomes);
    execution.objects = gathered.objects().count() as u64;
    execution.bytes = bytes;
    execution.violations = violations.len() as u64;
    execution.why = why;
    execution.detail = detail;
    let standing = standing(suite, job.record, job.wanted, &execution).await?;
    let page = ReportPage {
        execution: &execution,
        state: standing.state,
        incidents: &standing.incidents,
        baseline: job.baseline,
        content: &content,
        violations: &violations,
    };
    let report = renders.render(&page);
    let files = ExecutionFiles {
        content: &content,
        baseline: &job.baseline.content,
        violations: &violations,
        report: &report,
    };
    let kept = suite.shelves.keep_execution(&execution, Some(files)).await;
    kept.map_err(failed("execution not kept"))?;
    Ok((execution, metrics))
}

pub(crate) fn outcomes(
    window: Window,
    judgement: &Judgement,
    facts: &[Fact],
) -> Vec<(Family, Outcome)> {
    let closing = Rules::default().closing;
    let of = |family| (family, Outcome::of(window, judgement, family, closing));
    let seen = Outcome::of_monitor(window, judgement.rows, facts);
    let cause =
        |it: &Finding| it.significant && it.family == Family::Contract && CAUSE <= it.effect.value;
    let drift = if judgement.findings.iter().any(cause) {
        (Family::Drift, Outcome::unknown(window))
    } else {
        of(Family::Drift)
    };
    vec![of(Family::Contract), drift, (Family::Monitoring, seen)]
}

/// A contract broken on this share of the rows is the cause of what moves beside it, the predictions first: one alert
/// tells of both, and drift is judged again once the contract holds (reference: features 4.1, gate 5).
const CAUSE: f64 = 0.2;
