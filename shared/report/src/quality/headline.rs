use super::QualityInput;
use crate::html::Html;
use crate::number;
use engine::quality::QualityMetric;
use engine::quality::constraints::{Comparison, check_estimates};
use engine::quality::estimate::Estimate;
use engine::quality::track::{self, Trust};
use engine::violation::Violation;

/// Says the worst in one sentence.
pub(super) fn headline(input: &QualityInput<'_>) -> String {
    let broken = input.violations;
    if let Some(worst) = broken.iter().max_by(|a, b| gap(a).total_cmp(&gap(b))) {
        let rest = match broken.len() - 1 {
            0 => String::new(),
            1 => ", and another figure breaks its constraint".to_owned(),
            more => format!(", and {more} other figures break their constraints"),
        };
        let verb = if worst.observed < worst.threshold { "fell to" } else { "rose to" };
        let (now, limit) = (number::number(worst.observed), number::number(worst.threshold));
        return format!("{} {verb} {now}, beyond {limit}{rest}.", words(&worst.feature));
    }
    if input.statistics.is_some() {
        return match input.constraints {
            Some(it) if !it.metrics.is_empty() => "Every figure keeps its constraint.".to_owned(),
            _ => "What the model is worth, with nothing to hold it against.".to_owned(),
        };
    }
    let Some(constraints) = input.constraints else {
        return "Labels are awaited.".to_owned();
    };
    match check_estimates(constraints, input.estimates).first() {
        Some((held, estimate)) => {
            let verb = match held.operator {
                Comparison::LessThanThreshold => "has probably fallen to",
                Comparison::GreaterThanThreshold => "has probably risen to",
            };
            let value = number::number(estimate.value);
            format!("{} {verb} about {value}; labels are awaited.", words(held.metric.word()))
        }
        None if input.estimates.is_empty() => "Labels are awaited.".to_owned(),
        None => "Labels are awaited; estimates keep the constraints.".to_owned(),
    }
}

/// How far beyond its threshold a figure is, by the threshold's size.
fn gap(it: &Violation) -> f64 {
    (it.observed - it.threshold).abs() / it.threshold.abs().max(1e-9)
}

/// Writes the name of a figure as the start of a sentence.
pub(super) fn words(metric: &str) -> String {
    match metric {
        "auc" | "mae" | "mse" | "rmse" | "r2" | "f1" | "f2" => metric.to_uppercase(),
        "f0_5" => "F0.5".to_owned(),
        other => {
            let plain = other.replace('_', " ").replace("f0 5", "F0.5");
            let mut signs = plain.chars();
            signs.next().map(|it| it.to_uppercase().chain(signs).collect()).unwrap_or_default()
        }
    }
}

pub(super) fn sub_line(input: &QualityInput<'_>) -> String {
    let labelled = match input.statistics.map(|it| it.counts.rows) {
        Some(rows) => format!("{} predictions with a label", number::count(rows)),
        None => "No prediction has a label yet".to_owned(),
    };
    let against = input.baseline.map_or_else(String::new, |before| {
        format!(", against a baseline of {}", number::count(before.counts.rows))
    });
    let error = input.statistics.and_then(|it| it.auc_error).filter(|it| 0.0 < *it);
    let within = error
        .map_or_else(String::new, |it| format!("; the AUC is right within {}", number::number(it)));
    format!("{labelled}{against}{within}.")
}

/// The figure that one light tells of.
fn chief(input: &QualityInput<'_>) -> Option<QualityMetric> {
    const CHIEF: [QualityMetric; 3] =
        [QualityMetric::Auc, QualityMetric::Accuracy, QualityMetric::Rmse];
    let known = |metric: &QualityMetric| {
        let has_value = input.statistics.is_some_and(|it| it.value(*metric).is_some());
        has_value || input.estimates.iter().any(|it| it.metric == *metric)
    };
    CHIEF.into_iter().find(known)
}

pub(super) fn lights(out: &mut Html, input: &QualityInput<'_>) {
    out.raw("<ul class=\"lights\">");
    let chief = chief(input);
    let realised = chief.and_then(|it| Some((it, input.statistics?.value(it)?)));
    match realised {
        Some((metric, value)) => {
            let word = format!("{} {}", number::number(value), short(metric));
            light(out, if input.violations.is_empty() { "" } else { "bad" }, &word, "realised");
        }
        None => light(out, "none", "not known", "realised"),
    }
    let estimate = chief.and_then(|it| input.estimates.iter().find(|e| e.metric == it));
    match estimate {
        Some(it) => estimated(out, input, it),
        None => light(out, "none", "not estimated", "before labels"),
    }
    if let Some(stream) = input.labels
        && let Some(coverage) = stream.coverage()
    {
        let note = format!("of {} predictions", number::count(stream.predictions));
        light(out, "", &format!("labels {}", number::share(coverage)), &note);
    }
    if let Some(it) = input.statistics.and_then(|it| it.reliability.as_ref()) {
        let error = it.expected_calibration_error;
        light(out, "", &format!("off by {}", number::share(error)), "probabilities, on average");
    }
    out.raw("</ul>\n");
}

fn estimated(out: &mut Html, input: &QualityInput<'_>, it: &Estimate) {
    let trust = track::error(input.track, it.metric).map(|it| it.trust);
    let (class, note) = match trust {
        Some(Trust::Demoted) => ("none", "estimated; proved wrong of late"),
        Some(Trust::Trusted) => ("", "estimated; has proved right"),
        _ => ("", "estimated; not proved yet"),
    };
    let broken = input.constraints.is_some_and(|held| !check_estimates(held, &[*it]).is_empty());
    let class = if broken && class.is_empty() { "bad" } else { class };
    light(out, class, &format!("≈ {} {}", number::number(it.value), short(it.metric)), note);
}

fn short(metric: QualityMetric) -> String {
    words(metric.word()).replace("Accuracy", "accuracy")
}

fn light(out: &mut Html, class: &str, word: &str, note: &str) {
    out.raw("<li class=\"").raw(class).raw("\"><b>").cut(word, 40).raw("</b>").cut(note, 60);
    out.raw("</li>");
}
