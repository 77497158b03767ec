//! Whether bias got worse than its baseline, or leaves its limits.

use super::{
    BiasMetric, BiasReport, FacetReport, FacetRows, Figure, Interval, Judging, MetricReport, Range,
    words,
};
use crate::violation::{Scope, Violation, ViolationCheck};
use std::f64::consts::SQRT_2;

/// Returns every metric that breaks its constraint, in the order of the report.
///
/// AWS's rule: a metric breaks its baseline when it is farther from zero,
/// whatever its sign; infinity is farther than any number, and what has no number
/// on either side is passed over (reference: formats F.4). An absolute limit of
/// `judging` is broken outside of its range; that check is ours.
pub fn violations(
    baseline: Option<&BiasReport>,
    current: &BiasReport,
    judging: &Judging,
) -> Vec<Violation> {
    let mut found = Vec::new();
    for (facet, metric) in current.metrics() {
        let Figure::Value(now) = metric.figure else { continue };
        let before = baseline.and_then(|it| figure_before(it, facet, metric.metric));
        if let Some(before) = before
            && before.abs() < now.abs()
        {
            let description = format!(
                "Metric value {} doesn't meet the baseline constraint requirement {}",
                number(now),
                number(before)
            );
            found.push(broken(ViolationCheck::BiasDrift, facet, metric, now, before, description));
        }
        if let Some(limit) = judging.limits.get(&metric.metric)
            && !limit.holds(now)
        {
            let description = format!(
                "Metric value {} is outside of the limits {} to {}",
                number(now),
                number(limit.low),
                number(limit.high)
            );
            let nearest = if now < limit.low { limit.low } else { limit.high };
            found.push(broken(ViolationCheck::BiasLimit, facet, metric, now, nearest, description));
        }
    }
    found
}

fn broken(
    check: ViolationCheck,
    facet: &FacetReport,
    metric: &MetricReport,
    observed: f64,
    threshold: f64,
    description: String,
) -> Violation {
    let scope = Scope::Facet { name: facet.facet.clone(), value: facet.value.clone() };
    let feature = metric.metric.name().to_owned();
    Violation { feature, check, scope, observed, threshold, description }
}

/// The figure of the baseline; intervals of a facet belong together by their lower
/// end, as the upper one is the greatest number of the data.
fn figure_before(baseline: &BiasReport, facet: &FacetReport, metric: BiasMetric) -> Option<f64> {
    let stage = baseline.stage(metric.stage())?;
    let mut same = stage.facets.iter().filter(|it| it.facet == facet.facet);
    let threshold = words::lower_end(&facet.value);
    let before = same.clone().find(|it| it.value == facet.value).or_else(|| {
        same.find(|it| threshold.is_some() && words::lower_end(&it.value) == threshold)
    })?;
    before.metrics.iter().find(|it| it.metric == metric)?.figure.value()
}

fn number(value: f64) -> String {
    if value.is_infinite() {
        return if value < 0.0 { "-Infinity" } else { "Infinity" }.to_owned();
    }
    words::python_number(value)
}

/// One metric as a person should see it.
#[derive(Debug, Clone, PartialEq)]
pub struct BiasJudged<'a> {
    pub facet: &'a str,
    pub value: &'a str,
    pub rows: Option<FacetRows>,
    pub metric: &'a MetricReport,
    /// The baseline's figure.
    pub before: Option<f64>,
    pub limit: Option<Range>,
    pub standing: Standing,
}

/// How a metric stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Fine,
    /// There is no figure.
    Unknown,
    /// Fewer rows stand behind it than can be judged.
    TooFewRows,
    /// Beyond what is allowed, but chance alone may explain it.
    Watch(Cause),
    /// Beyond what is allowed with its whole interval.
    Bad(Cause),
}

/// What a metric went beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    Baseline,
    Limit,
}

impl Standing {
    /// Returns the word that files and logs use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Unknown => "unknown",
            Self::TooFewRows => "too_few_rows",
            Self::Watch(_) => "watch",
            Self::Bad(_) => "bad",
        }
    }
}

/// Judges every metric of a report: the calibrated verdict, beside AWS's.
///
/// A metric is bad when its whole interval lies farther from no bias than the
/// baseline, or outside of its limits; without an interval the figure alone
/// decides. Unlike AWS's rule this one knows that a ratio without bias is 1, so that
/// disparate impact gets worse as it falls. A metric of too few rows is never bad.
pub fn judge<'a>(
    baseline: Option<&BiasReport>,
    current: &'a BiasReport,
    judging: &Judging,
) -> Vec<BiasJudged<'a>> {
    let judged = |(facet, metric): (&'a FacetReport, &'a MetricReport)| {
        let before = baseline.and_then(|it| figure_before(it, facet, metric.metric));
        let limit = judging.limits.get(&metric.metric).copied();
        BiasJudged {
            facet: &facet.facet,
            value: &facet.value,
            rows: facet.rows,
            metric,
            before,
            limit,
            standing: standing(metric, before, limit, judging.least_rows),
        }
    };
    current.metrics().map(judged).collect()
}

fn standing(
    metric: &MetricReport,
    before: Option<f64>,
    limit: Option<Range>,
    least_rows: u64,
) -> Standing {
    let Figure::Value(now) = metric.figure else { return Standing::Unknown };
    if metric.support.is_some_and(|it| it < least_rows) {
        return Standing::TooFewRows;
    }
    let Interval { low, high } = metric.interval.unwrap_or(Interval { low: now, high: now });
    if let Some(limit) = limit
        && !limit.holds(now)
    {
        let is_clear = high < limit.low || limit.high < low;
        return if is_clear { Standing::Bad(Cause::Limit) } else { Standing::Watch(Cause::Limit) };
    }
    let far = |it: f64| metric.metric.distance(it);
    if let Some(before) = before
        && far(before) < far(now)
    {
        // The baseline's file tells no interval: it is taken to be as uncertain.
        let (low, high) = (now - SQRT_2 * (now - low), now + SQRT_2 * (high - now));
        let neutral = metric.metric.neutral();
        let reaches = low <= neutral && neutral <= high;
        let is_clear = !reaches && far(before) < far(low).min(far(high));
        let cause = Cause::Baseline;
        return if is_clear { Standing::Bad(cause) } else { Standing::Watch(cause) };
    }
    Standing::Fine
}
