//! Estimates beside what came true: how far an estimate may be trusted.

use super::QualityMetric;
use super::estimate::Estimate;
use super::statistics::QualityStatistics;
use crate::window::Window;

/// One figure of one window: what was expected, and what it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackPoint {
    pub window: Window,
    pub metric: QualityMetric,
    pub estimate: Option<Estimate>,
    /// `None` until labels are there.
    pub realised: Option<f64>,
}

/// Pairs each figure of a window that has an estimate, a value, or both.
pub fn overlay(
    window: Window,
    estimates: &[Estimate],
    realised: Option<&QualityStatistics>,
) -> Vec<TrackPoint> {
    let point = |metric: QualityMetric| {
        let estimate = estimates.iter().find(|it| it.metric == metric).copied();
        let realised = realised.and_then(|it| it.value(metric));
        (estimate.is_some() || realised.is_some()).then_some(TrackPoint {
            window,
            metric,
            estimate,
            realised,
        })
    };
    QualityMetric::ALL.into_iter().filter_map(point).collect()
}

/// How far off the estimates of one figure were.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EstimateError {
    /// Windows with both an estimate and a value.
    pub windows: usize,
    /// Mean of estimate minus realised.
    pub bias: f64,
    pub mean_absolute: f64,
    /// Share of windows whose realised value lies within the interval.
    pub covered: f64,
    pub trust: Trust,
}

/// Whether an estimate is worth an alert of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Too few windows have come true.
    Unproven,
    Trusted,
    /// The last windows came out beyond the interval: show it, do not alert by it.
    Demoted,
}

/// Windows that must have come true before an estimate is trusted.
pub const PROOF: usize = 3;

/// The last windows that decide about trust.
const RECENT: usize = 8;

/// Compares the estimates of one figure with what came true, oldest first.
///
/// `None` where no window has both. Of the last [`PROOF`] and more windows, at
/// least half must lie within the interval.
pub fn error(points: &[TrackPoint], metric: QualityMetric) -> Option<EstimateError> {
    let known: Vec<(Estimate, f64)> = points
        .iter()
        .filter(|it| it.metric == metric)
        .filter_map(|it| it.estimate.zip(it.realised))
        .collect();
    if known.is_empty() {
        return None;
    }
    let mean = |of: &dyn Fn(&(Estimate, f64)) -> f64, among: &[(Estimate, f64)]| {
        among.iter().map(of).sum::<f64>() / among.len() as f64
    };
    let is_within =
        |it: &(Estimate, f64)| f64::from(u8::from((it.0.low..=it.0.high).contains(&it.1)));
    let recent = &known[known.len().saturating_sub(RECENT)..];
    let trust = match (recent.len(), mean(&is_within, recent)) {
        (few, _) if few < PROOF => Trust::Unproven,
        (_, within) if within < 0.5 => Trust::Demoted,
        _ => Trust::Trusted,
    };
    Some(EstimateError {
        windows: known.len(),
        bias: mean(&|it| it.0.value - it.1, &known),
        mean_absolute: mean(&|it| (it.0.value - it.1).abs(), &known),
        covered: mean(&is_within, &known),
        trust,
    })
}
