//! The verdict on one window, and what it says to incidents.

use super::{Job, execution, feature_metrics};
use crate::fault::failed;
use crate::scan::{Found, profile};
use crate::standing::standing;
use crate::{Call, Suite};
use engine::check::{CheckSettings, violations};
use engine::drift::Ranks;
use engine::finding::{Check, Effect, Family, Finding, Judgement, State};
use engine::incident::{Fact, Outcome, Rules};
use engine::scan::ScanOptions;
use engine::statistics::{InferredType, Statistics};
use engine::verdict::VerdictSettings;
use engine::violation::{Violation, ViolationCheck};
use engine::window::Window;
use ports::{
    Address, Baseline, Execution, ExecutionFiles, Executions, Incidents, Listed, Metric,
    ReadObjects, Refusal, RenderReport, ReportPage,
};
use settings::{DriftRanks, Verdict};

pub(super) async fn judge<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    renders: &impl RenderReport,
    job: &Job<'_>,
    place: &Address,
    objects: &[Listed],
    fingerprint: String,
) -> Result<(Execution, Vec<Metric>), Refusal>
where
    W: ReadObjects + Sync,
    S: Executions + Incidents,
{
    let mut options = ScanOptions::default();
    let whole_hours = job.window.start % 3600 == 0 && job.window.end % 3600 == 0;
    if !whole_hours {
        options.reading.capture.window = Some(job.window.start..job.window.end);
    }
    let found = profile(suite.world, &place.bucket, objects, &options, suite.limits).await?;
    let Baseline { statistics: before, constraints, .. } = &**job.baseline;
    let mut current = like(&found, before);
    current.features.retain(|it| !job.wanted.excludes(&it.name));
    let ranks = match job.wanted.drift_ranks {
        DriftRanks::Multiset => Ranks::Multiset,
        DriftRanks::DistinctValues => Ranks::DistinctValues,
    };
    let settings = CheckSettings { ranks };
    let violations = if current.rows == 0 {
        Vec::new()
    } else {
        violations(Some(before), constraints, &current, settings)
    };
    let verdict = VerdictSettings {
        q: job.wanted.thresholds.q,
        floor: job.wanted.thresholds.floor,
        min_rows: job.wanted.min_rows,
        ..VerdictSettings::default()
    };
    let unreadable = found.profile.unreadable();
    let mut judgement = suite.prepared.of(job.baseline).judge(&current, unreadable, &verdict);
    let mut why = None;
    let share = unreadable as f64 / (current.rows + unreadable).max(1) as f64;
    let told = match job.wanted.verdict {
        Verdict::Calibrated => outcomes(job.window, &judgement, &[]),
        Verdict::Sagemaker => {
            let as_aws = as_sagemaker(&judgement, &violations);
            judgement.state = as_aws.state;
            outcomes(job.window, &as_aws, &[])
        }
    };
    if job.wanted.max_set_aside_share < share {
        judgement.state = State::Error;
        why = Some(format!(
            "{unreadable} of {} records could not be read",
            current.rows + unreadable
        ));
    }
    let mut execution = execution(suite, call, job, fingerprint, judgement, told);
    execution.objects = objects.len() as u64;
    execution.bytes = found.bytes;
    execution.violations = violations.len() as u64;
    execution.why = why;
    let standing = standing(suite, job.record, job.wanted, &execution).await?;
    let page = ReportPage {
        execution: &execution,
        state: standing.state,
        incidents: &standing.incidents,
        baseline: job.baseline,
        statistics: &current,
        violations: &violations,
    };
    let report = renders.render(&page);
    let files = ExecutionFiles {
        statistics: &current,
        constraints,
        violations: &violations,
        report: &report,
    };
    let kept = suite.shelves.keep_execution(&execution, Some(files)).await;
    kept.map_err(failed("execution not kept"))?;
    let told = feature_metrics(job, &current, settings);
    Ok((execution, told))
}

/// Summarises the window by the types of the baseline.
///
/// Columns that have no names in the captures get the baseline's by position, as
/// AWS does, where there are as many.
fn like(found: &Found, before: &Statistics) -> Statistics {
    let by_position = |name: &str| {
        let at: usize = name.strip_prefix("_c")?.parse().ok()?;
        before.features.get(at)
    };
    let plain = found.profile.statistics();
    let unnamed = plain.features.len() == before.features.len()
        && plain
            .features
            .iter()
            .all(|it| by_position(&it.name).is_some() && before.feature(&it.name).is_none());
    let known = |it: InferredType| (it != InferredType::Unknown).then_some(it);
    if !unnamed {
        return found.profile.statistics_as(|name| known(before.feature(name)?.inferred_type));
    }
    let mut res = found.profile.statistics_as(|name| known(by_position(name)?.inferred_type));
    for feature in &mut res.features {
        if let Some(named) = by_position(&feature.name) {
            feature.name.clone_from(&named.name);
        }
    }
    res
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

/// Takes AWS's verdict for ours: every violation counts, however small its effect.
pub(crate) fn as_sagemaker(judgement: &Judgement, violations: &[Violation]) -> Judgement {
    let finding = |it: &Violation| {
        let (family, check) = match it.check {
            ViolationCheck::BaselineDrift => (Family::Drift, Check::Distribution),
            ViolationCheck::DataType => (Family::Contract, Check::DataType),
            ViolationCheck::Completeness => (Family::Contract, Check::Completeness),
            ViolationCheck::MissingColumn => (Family::Contract, Check::MissingColumn),
            ViolationCheck::ExtraColumn => (Family::Contract, Check::ExtraColumn),
            ViolationCheck::CategoricalValues => (Family::Contract, Check::UnseenValues),
            ViolationCheck::LessThanThreshold | ViolationCheck::GreaterThanThreshold => {
                (Family::Quality, Check::Metric)
            }
            ViolationCheck::BiasDrift => (Family::Fairness, Check::Metric),
            ViolationCheck::FeatureAttributionDrift => (Family::Attribution, Check::Metric),
        };
        // Of shares AWS tells what is right, of distances what is wrong.
        let (value, floor) = match it.check {
            ViolationCheck::BaselineDrift => (it.observed, it.threshold),
            ViolationCheck::DataType
            | ViolationCheck::Completeness
            | ViolationCheck::CategoricalValues => (1.0 - it.observed, 1.0 - it.threshold),
            _ => (1.0, 0.0),
        };
        let value = value.clamp(0.0, 1.0);
        let effect = Effect { value, low: value, high: value, floor, p_value: 0.0 };
        let known = judgement
            .findings
            .iter()
            .find(|known| known.feature.as_ref() == Some(&it.feature) && known.check == check);
        let hint = known.and_then(|it| it.hint);
        Finding {
            feature: Some(it.feature.clone()),
            family,
            check,
            effect,
            significant: true,
            hint,
        }
    };
    let state = match judgement.state {
        _ if !violations.is_empty() => State::Drift,
        State::Watch | State::Drift => State::Ok,
        other => other,
    };
    let findings = violations.iter().map(finding).collect();
    Judgement { state, findings, measured: Vec::new(), ..judgement.clone() }
}
