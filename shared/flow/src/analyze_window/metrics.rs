//! What CloudWatch is told of a window.

use super::Job;
use engine::check::{CheckSettings, distances};
use engine::finding::State;
use engine::statistics::Statistics;
use ports::{Baseline, Execution, Metric};

/// CloudWatch takes names of so many characters.
const LONGEST_METRIC: usize = 255;
/// Metrics of features that one execution puts.
const MOST_METRICS: usize = 1000;

/// Tells what AWS's monitor tells of each feature (formats H.6): how far it is
/// from the baseline, and the share of cells that hold something.
pub(super) fn feature_metrics(
    job: &Job<'_>,
    current: &Statistics,
    settings: CheckSettings,
) -> Vec<Metric> {
    let Baseline { statistics: before, constraints, .. } = &**job.baseline;
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

pub(crate) fn metrics(it: &Execution) -> Vec<Metric> {
    let dimensions = vec![
        ("Endpoint", it.monitor.endpoint.clone()),
        ("MonitoringSchedule", it.schedule.clone()),
    ];
    let metric = |name: &str, value: f64| Metric {
        namespace: "Vigil",
        name: name.into(),
        dimensions: dimensions.clone(),
        at: it.window.end,
        value,
        unit: "Count",
    };
    let completed = match it.judgement.state {
        State::NoData => "WindowsIdle",
        State::Error => "WindowsFailed",
        _ => "WindowsCompleted",
    };
    vec![
        metric(completed, 1.0),
        metric("Rows", it.judgement.rows as f64),
        metric("RecordsSetAside", it.judgement.unreadable as f64),
        metric("Violations", it.violations as f64),
    ]
}
