//! One line of a forest plot: a figure, its interval, its baseline and its limits.

use super::figure;
use crate::chart;
use crate::html::Html;
use engine::bias::{BiasJudged, BiasMetric, Standing};

const LONG: f64 = 250.0;
const EDGE: f64 = 6.0;

/// How far from no bias the lines reach; shares of a facet have one scale, the rest their own.
pub(super) struct Scale {
    shares: f64,
}

impl Scale {
    pub(super) fn of(group: &[&BiasJudged<'_>]) -> Self {
        let shares = group.iter().filter(|it| is_share(it.metric.metric));
        Self { shares: shares.map(|it| reach(it)).fold(0.1, f64::max).min(1.0) }
    }

    fn reach(&self, it: &BiasJudged<'_>) -> f64 {
        if is_share(it.metric.metric) { self.shares } else { reach(it).max(0.05) }
    }
}

/// Whether a metric is a difference of shares.
fn is_share(metric: BiasMetric) -> bool {
    !matches!(
        metric,
        BiasMetric::Di
            | BiasMetric::Te
            | BiasMetric::Dca
            | BiasMetric::Dcr
            | BiasMetric::Kl
            | BiasMetric::Js
            | BiasMetric::Ge
            | BiasMetric::Ci
    )
}

/// The farthest that anything of a line lies from no bias.
fn reach(it: &BiasJudged<'_>) -> f64 {
    let ends = it.metric.interval.map(|it| [it.low, it.high]);
    let limits = it.limit.map(|it| [it.low, it.high]);
    let all =
        ends.into_iter().chain(limits).flatten().chain(it.before).chain(it.metric.figure.value());
    let far = all.filter(|it| it.is_finite()).map(|at| (at - it.metric.metric.neutral()).abs());
    far.fold(0.0, f64::max) * 1.08
}

/// Draws a line; its middle is no bias.
pub(super) fn row(out: &mut Html, it: &BiasJudged<'_>, value: f64, scale: &Scale) {
    let (reach, neutral) = (scale.reach(it), it.metric.metric.neutral());
    let x = |value: f64| {
        let share = ((value - neutral) / reach).clamp(-1.0, 1.0);
        EDGE + LONG * (0.5 + 0.5 * share)
    };
    let is_bad = matches!(it.standing, Standing::Bad(_));
    chart::open(out, "fo", LONG + 2.0 * EDGE, 22.0, &words(it, value));
    if let Some(limit) = it.limit {
        out.raw("<path class=\"ok\" d=\"M").at(x(limit.low)).raw(" 2H").at(x(limit.high));
        out.raw("v18H").at(x(limit.low)).raw("z\"/>");
    }
    out.raw("<path class=\"z\" d=\"M6 11H256\"/><path class=\"l\" d=\"M131 1v20\"/>");
    if let Some(interval) = it.metric.interval {
        out.raw("<path class=\"").raw(if is_bad { "im" } else { "ig" }).raw("\" d=\"M");
        out.at(x(interval.low)).raw(" 11H").at(x(interval.high).max(x(interval.low) + 0.1));
        out.raw("\"/>");
    }
    if let Some(before) = it.before {
        out.raw("<path class=\"r\" d=\"M").at(x(before)).raw(" 3v16\"/>");
    }
    out.raw("<circle class=\"").raw(if is_bad { "m" } else { "c" }).raw("\" cx=\"");
    out.at(x(value)).raw("\" cy=\"11\" r=\"4.5\"/></svg>");
}

fn words(it: &BiasJudged<'_>, value: f64) -> String {
    let mut words = vec![figure(value)];
    let range = |low: f64, high: f64| format!("{} to {}", figure(low), figure(high));
    words.extend(it.metric.interval.map(|it| format!("95 % interval {}", range(it.low, it.high))));
    words.extend(it.before.map(|it| format!("baseline {}", figure(it))));
    words.extend(it.limit.map(|it| format!("limits {}", range(it.low, it.high))));
    words.join(", ")
}
