//! How far figures of a new baseline are from those in force.

use engine::attribution::{GlobalShap, LabelDrift, attribution_drift};
use engine::bias::{BiasMetric, BiasReport};
use engine::figure::TOLD;
use engine::figure::quality::told;
use engine::finding::Check;
use engine::quality::QualityMetric;
use engine::quality::statistics::QualityStatistics;
use engine::words::{name_words, rank_words, went};
use ports::BaselineChange;

fn change(feature: String, effect: f64, words: String) -> BaselineChange {
    let effect = if effect.is_finite() { effect.clamp(0.0, 1.0) } else { 1.0 };
    BaselineChange { feature: Some(feature), check: Check::Metric.word().into(), effect, words }
}

/// Lists figures of quality that moved by more than `most`, whether for the worse or the better.
///
/// Scores are compared by their difference, errors by their share of the error in force. A figure that is told no more,
/// and another problem, always hold.
pub(super) fn quality(
    before: &QualityStatistics,
    now: &QualityStatistics,
    most: f64,
) -> Vec<BaselineChange> {
    if before.problem != now.problem {
        let words = format!(
            "it is of a {}, the one in force of a {}",
            now.problem.word(),
            before.problem.word()
        );
        return vec![change("problem_type".into(), 1.0, words)];
    }
    let moved = |metric: &QualityMetric| {
        let name = metric.word();
        let was = before.value(*metric)?;
        let Some(is) = now.value(*metric) else {
            let words = format!("{name} cannot be told any more");
            return Some(change(name.into(), 1.0, words));
        };
        let is_error = matches!(metric, QualityMetric::Rmse | QualityMetric::Mae);
        let moved = if is_error { share(was, is) } else { (is - was).abs() };
        moved_by(name, (was, is), moved, most)
    };
    told(before.problem).iter().filter_map(moved).collect()
}

fn share(before: f64, now: f64) -> f64 {
    if before == now { 0.0 } else { (now - before).abs() / before.abs() }
}

fn moved_by(name: &str, (was, is): (f64, f64), moved: f64, most: f64) -> Option<BaselineChange> {
    // What is no number moved as far as can be.
    let is_near = moved <= most;
    (!is_near).then(|| change(name.to_owned(), moved, went(name, was, is)))
}

/// Lists metrics of bias that moved by more than `most`, whether for the worse or the better.
///
/// Only what both measure is compared: another facet is another question, and no change. Of the values of a facet the
/// one that moved most speaks, without its name: it may be a captured value.
pub(super) fn bias(before: &BiasReport, now: &BiasReport, most: f64) -> Vec<BaselineChange> {
    let mut found: Vec<BaselineChange> = Vec::new();
    let told = |it: BiasMetric| it == BiasMetric::Di || TOLD.contains(&it);
    for (facet, metric) in before.metrics().filter(|(_, it)| told(it.metric)) {
        let known = now.metric(&facet.facet, &facet.value, metric.metric);
        let values = known.and_then(|it| it.figure.value()).zip(metric.figure.value());
        let Some((is, was)) = values.filter(|(is, was)| is.is_finite() && was.is_finite()) else {
            continue;
        };
        let moved = if metric.metric == BiasMetric::Di {
            // A half is as far from one as a double.
            (is.max(0.0).ln() - was.max(0.0).ln()).abs()
        } else {
            (is - was).abs()
        };
        let name = format!("{} of {}", metric.metric.name(), name_words(&facet.facet));
        let Some(one) = moved_by(&name, (was, is), moved, most) else { continue };
        match found.iter_mut().find(|it| it.feature == one.feature) {
            Some(other) if other.effect < one.effect => *other = one,
            Some(_) => {}
            None => found.push(one),
        }
    }
    found
}

/// Lists outputs whose features are ranked so differently that their nDCG lacks more than `most`.
///
/// A feature that is gone or new always holds, and so does an output.
pub(super) fn attribution(before: &GlobalShap, now: &GlobalShap, most: f64) -> Vec<BaselineChange> {
    if before.labels.len() != now.labels.len() {
        let (was, is) = (before.labels.len(), now.labels.len());
        let words = format!("it explains {is} outputs, the one in force {was}");
        return vec![change("outputs".into(), 1.0, words)];
    }
    let (Some(first), Some(second)) = (before.labels.first(), now.labels.first()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, _) in first.features.iter().filter(|it| second.value(&it.0).is_none()) {
        found.push(change(name.clone(), 1.0, format!("{} is explained no more", name_words(name))));
    }
    for (name, _) in second.features.iter().filter(|it| first.value(&it.0).is_none()) {
        found.push(change(
            name.clone(),
            1.0,
            format!("{} was not explained before", name_words(name)),
        ));
    }
    if found.is_empty() {
        found.extend(attribution_drift(before, now).iter().filter_map(|it| order(it, most)));
    }
    found
}

fn order(drift: &LabelDrift, most: f64) -> Option<BaselineChange> {
    let lacks = 1.0 - drift.score.ok()?;
    if lacks <= most {
        return None;
    }
    let name = format!("nDCG of {}", name_words(&drift.label));
    let words = format!("{name} is {:.3}: {}", 1.0 - lacks, rank_words(drift));
    Some(change(name, lacks, words))
}
