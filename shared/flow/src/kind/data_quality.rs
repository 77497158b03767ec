//! Data quality: captures against the statistics and constraints of a table.

use super::{Gathered, Judged, Learnt};
use crate::Suite;
use crate::analyze_window::{Job, outcomes};
use crate::rebuild_baseline::Material;
use crate::scan::{Found, profile};
use engine::check::{CheckSettings, distances, violations};
use engine::constraints::{CategoricalDriftMethod, Constraints};
use engine::drift::Ranks;
use engine::finding::{Check, Effect, Family, Finding, Judgement, State};
use engine::scan::ScanOptions;
use engine::statistics::{InferredType, Statistics};
use engine::verdict::VerdictSettings;
use engine::violation::{Violation, ViolationCheck};
use ports::{BaselineContent, ExecutionContent, Metric, ReadObjects, Refusal};
use settings::{DriftRanks, Effective, Verdict};

/// CloudWatch takes names of so many characters.
const LONGEST_METRIC: usize = 255;
/// Metrics of features that one execution puts.
const MOST_METRICS: usize = 1000;

/// Learns the statistics of a table and suggests its constraints.
pub(crate) async fn learn<W, S>(
    suite: &Suite<'_, W, S>,
    wanted: &Effective,
    material: &Material,
) -> Result<Learnt, Refusal>
where
    W: ReadObjects + Sync,
{
    let Material { bucket, objects, options, .. } = material;
    let found = profile(suite.world, bucket, objects, options, suite.limits).await?;
    let mut statistics = found.profile.statistics();
    statistics.features.retain(|it| !wanted.excludes(&it.name));
    let constraints = engine::baseline::suggest(&statistics, CategoricalDriftMethod::LInfinity);
    let (rows, set_aside) = (statistics.rows, found.profile.unreadable());
    let content = BaselineContent::DataQuality { statistics, constraints };
    Ok(Learnt { content, rows, set_aside })
}

/// Judges the captures of a window.
pub(crate) async fn judge<W, S>(
    suite: &Suite<'_, W, S>,
    job: &Job<'_>,
    gathered: &Gathered,
    (before, constraints): (&Statistics, &Constraints),
) -> Result<Judged, Refusal>
where
    W: ReadObjects + Sync,
{
    let mut options = ScanOptions::default();
    options.reading.capture.window = gathered.bounds();
    let (bucket, objects) = (&gathered.place.bucket, &gathered.captures);
    let found = profile(suite.world, bucket, objects, &options, suite.limits).await?;
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
    let prepared = suite.prepared.of(&job.baseline.version, before, constraints);
    let mut judgement = prepared.judge(&current, unreadable, &verdict);
    let mut why = None;
    let share = unreadable as f64 / (current.rows + unreadable).max(1) as f64;
    let outcomes = match job.wanted.verdict {
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
    let metrics = feature_metrics(job, (before, constraints), &current, settings);
    let content = ExecutionContent::DataQuality { statistics: current };
    let bytes = found.bytes;
    let detail = None;
    Ok(Judged { judgement, outcomes, violations, why, detail, bytes, metrics, content })
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
            ViolationCheck::BiasDrift | ViolationCheck::BiasLimit => {
                (Family::Fairness, Check::Metric)
            }
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

/// Tells what AWS's monitor tells of each feature (formats H.6): how far it is
/// from the baseline, and the share of cells that hold something.
fn feature_metrics(
    job: &Job<'_>,
    (before, constraints): (&Statistics, &Constraints),
    current: &Statistics,
    settings: CheckSettings,
) -> Vec<Metric> {
    if !constraints.config.emit_metrics {
        return Vec::new();
    }
    let dimensions = vec![
        ("Endpoint", job.monitor.endpoint.clone()),
        ("MonitoringSchedule", job.schedule.schedule.clone()),
    ];
    let metric = |kind: &str, feature: &str, value: f64| Metric {
        namespace: "aws/sagemaker/Endpoints/data-metrics",
        name: format!("{kind}_{feature}").chars().take(LONGEST_METRIC).collect(),
        dimensions: dimensions.clone(),
        at: job.window.end,
        value,
        unit: "None",
    };
    let moved = distances(before, constraints, current, settings);
    let moved = moved.iter().map(|it| metric("feature_baseline_drift", &it.feature, it.distance));
    let present = current
        .features
        .iter()
        .filter_map(|it| Some(metric("feature_non_null", &it.name, it.completeness()?)));
    moved.chain(present).take(MOST_METRICS).collect()
}
