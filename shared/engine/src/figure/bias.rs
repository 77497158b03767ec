//! Figures of bias, with the chance in each.

use super::Figure;
use crate::bias::{BiasJudged, BiasMetric, Interval, Standing};
use crate::finding::Check;

/// Half the width of a 95 % interval, in standard errors.
const Z95: f64 = 1.959_963_984_540_054;

/// The metrics that people are told of where no limit names others.
///
/// The rest of Clarify's say the same once more, or rest on the labels alone.
pub const TOLD: [BiasMetric; 5] =
    [BiasMetric::Dppl, BiasMetric::Ad, BiasMetric::Rd, BiasMetric::Dar, BiasMetric::Dpl];

/// Holds bias against its baseline and its limits; the worst value of a facet
/// speaks for it, as a value may be a captured one.
pub fn of_bias(judged: &[BiasJudged<'_>]) -> Vec<Figure> {
    let mut figures: Vec<Figure> = Vec::new();
    for it in judged.iter().filter(|it| it.limit.is_some() || TOLD.contains(&it.metric.metric)) {
        let Some(figure) = figure(it) else { continue };
        match figures.iter_mut().find(|known| known.name == figure.name) {
            Some(known) if known.beyond < figure.beyond => *known = figure,
            Some(_) => {}
            None => figures.push(figure),
        }
    }
    figures.sort_by_key(|it| TOLD.iter().position(|told| it.name.starts_with(told.name())));
    figures
}

fn figure(it: &BiasJudged<'_>) -> Option<Figure> {
    if matches!(it.standing, Standing::Unknown | Standing::TooFewRows) {
        return None;
    }
    let now = it.metric.figure.value().filter(|it| it.is_finite())?;
    let Interval { low, high } = it.metric.interval?;
    let error = (high - low) / (2.0 * Z95);
    let before = it.before.filter(|it| it.is_finite());
    let (beyond, limit) = match (it.limit, before) {
        (Some(limit), _) if now < limit.low => (limit.low - now, limit.low),
        (Some(limit), _) => (now - limit.high, limit.high),
        // Farther from zero than the baseline, whatever the sign (formats F.4).
        (None, Some(before)) => (now.abs() - before.abs(), before.abs()),
        (None, None) => return None,
    };
    Some(Figure {
        name: format!("{} of {}", it.metric.metric.name(), it.facet),
        check: Check::Metric,
        before: before.unwrap_or(limit),
        now,
        limit,
        beyond,
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bias::{
        BiasReport, FacetReport, Figure as BiasFigure, Judging, MetricReport, Range, StageReport,
        judge,
    };

    fn report(values: &[(&str, f64)]) -> BiasReport {
        let facet = |(value, figure): &(&str, f64)| FacetReport {
            facet: "sex".into(),
            value: (*value).into(),
            rows: None,
            metrics: vec![MetricReport {
                metric: BiasMetric::Dppl,
                figure: BiasFigure::Value(*figure),
                interval: Some(Interval { low: figure - 0.0392, high: figure + 0.0392 }),
                support: Some(500),
            }],
        };
        let facets = values.iter().map(facet).collect();
        let stage = StageReport { facets, ..StageReport::default() };
        BiasReport { pre_training: None, post_training: Some(stage) }
    }

    #[track_caller]
    fn check(before: f64, now: &[(&str, f64)], limit: Option<(f64, f64)>, beyond: f64) -> Figure {
        let names: Vec<(&str, f64)> = now.iter().map(|(value, _)| (*value, before)).collect();
        let (before, now) = (report(&names), report(now));
        let mut judging = Judging::default();
        if let Some((low, high)) = limit {
            judging.limits.insert(BiasMetric::Dppl, Range { low, high });
        }
        let judged = judge(Some(&before), &now, &judging);
        let figures = of_bias(&judged);
        assert_eq!(figures.len(), 1);
        assert!((figures[0].beyond - beyond).abs() < 1e-12, "{figures:?}");
        figures.into_iter().next().expect("one")
    }

    #[test]
    fn bias_is_how_far_from_zero() {
        // The example of formats F.4: 0.2 to 0.1 is none, -0.3 is one.
        check(0.2, &[("0", 0.1)], None, -0.1);
        let figure = check(0.2, &[("0", -0.3)], None, 0.1);
        assert_eq!((figure.name.as_str(), figure.limit), ("DPPL of sex", 0.2));
        assert!((figure.error - 0.02).abs() < 1e-6);
    }

    #[test]
    fn worst_value_speaks_for_its_facet() {
        let figure = check(0.1, &[("secret-a", 0.12), ("secret-b", 0.4)], None, 0.3);
        assert!(!figure.name.contains("secret"));
    }

    #[test]
    fn limit_of_the_user_stands_above_the_baseline() {
        check(0.1, &[("0", 0.5)], Some((-0.2, 0.2)), 0.3);
        check(0.1, &[("0", -0.5)], Some((-0.2, 0.2)), 0.3);
    }
}
