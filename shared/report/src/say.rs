//! What the report says in its own words, beside those of the engine.

use crate::html::{VALUE, short};
use crate::number;
use crate::reference::Ranks;
use crate::view::Column;
use engine::finding::{Check, Finding, Hint, Judgement, State};
use engine::monitor::MonitorType;
use engine::statistics::{Feature, Texts, Values};
use engine::words::{finding_words, name_words, reason_words};

/// Returns the state as people say it.
pub(crate) fn state(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Watch => "watch",
        State::Drift => "drift",
        State::TooLittleData => "too little data",
        State::NoData => "no data",
        State::Error => "error",
    }
}

pub(crate) fn monitor(monitor: MonitorType) -> &'static str {
    match monitor {
        MonitorType::DataQuality => "data quality",
        MonitorType::ModelQuality => "model quality",
        MonitorType::ModelBias => "model bias",
        MonitorType::ModelExplainability => "model explainability",
    }
}

pub(crate) fn check(check: Check) -> &'static str {
    match check {
        Check::MissingColumn => "missing column",
        Check::ExtraColumn => "extra column",
        Check::DataType => "type of cells",
        Check::Completeness => "missing cells",
        Check::UnseenValues => "new values",
        Check::OutOfRange => "outside the range",
        Check::Unreadable => "unreadable records",
        Check::Distribution => "distribution",
        Check::CaptureLost => "capture lost",
        Check::NoTraffic => "no traffic",
        Check::RunFailed => "failed runs",
        Check::Metric => "a metric",
        Check::EstimatedMetric => "an estimate",
    }
}

/// Returns the change in a few words, for the table.
pub(crate) fn change(finding: &Finding, column: Option<&Column<'_>>) -> String {
    let value = finding.effect.value;
    match (finding.check, finding.hint) {
        (_, Some(Hint::Scale { factor })) if 1.0 <= factor => {
            format!("every value \u{d7}{}", number::rough(factor))
        }
        (_, Some(Hint::Scale { factor })) => {
            format!("every value \u{f7}{}", number::rough(1.0 / factor))
        }
        (_, Some(Hint::Missing { before, after })) => {
            format!("missing {} \u{2192} {}", number::share(before), number::share(after))
        }
        (_, Some(Hint::Shift { deviations })) => {
            let sign = if deviations < 0.0 { "\u{2212}" } else { "+" };
            format!("moved by {sign}{} sd", number::rough(deviations.abs()))
        }
        (_, Some(Hint::Spread { factor })) => format!("spread \u{d7}{}", number::rough(factor)),
        (_, Some(Hint::Constant)) => "stuck on one value".into(),
        (_, Some(Hint::NewValues { kinds, share })) => {
            let share = number::share(share);
            match column.map(new_values).as_deref() {
                Some([one]) if kinds == 1 => {
                    format!("new value \u{201c}{}\u{201d}, {share} of rows", short(one, VALUE))
                }
                _ => format!("{} new values, {share} of rows", number::count(kinds)),
            }
        }
        (Check::MissingColumn, _) => "column is gone".into(),
        (Check::ExtraColumn, _) => "column is new".into(),
        (Check::DataType, _) => format!("another type in {}", number::share(value)),
        (Check::Completeness, _) => format!("{} more missing", number::share(value)),
        (Check::UnseenValues, _) => format!("{} never seen before", number::share(value)),
        (Check::OutOfRange, _) => format!("{} outside the range", number::share(value)),
        (Check::Unreadable, _) => format!("{} of records unreadable", number::share(value)),
        (Check::CaptureLost, _) => "invoked, not captured".into(),
        (Check::NoTraffic, _) => "no rows where some are usual".into(),
        (Check::RunFailed, Some(Hint::Failing { runs })) => format!("{runs} runs failed in a row"),
        (Check::RunFailed, _) => "runs fail".into(),
        (Check::Metric | Check::EstimatedMetric, Some(Hint::Figure { before, now, .. })) => {
            format!("{} \u{2192} {}", number::number(before), number::number(now))
        }
        (Check::Metric | Check::EstimatedMetric, _) => "breaks its constraint".into(),
        (Check::Distribution, _) => format!("moved {}", number::effect(value)),
    }
}

/// Returns the values of a column that its reference does not have.
pub(crate) fn new_values<'a>(column: &Column<'a>) -> Vec<&'a str> {
    let texts = |it: &'a Feature| match &it.values {
        Values::Texts(Texts { categories: Some(it), .. }) => Some(it),
        _ => None,
    };
    let before = column.reference.and_then(|(it, _)| texts(it));
    let (Some(before), Some(now)) = (before, column.current.and_then(texts)) else {
        return Vec::new();
    };
    let known: std::collections::HashSet<&str> =
        before.iter().map(|it| it.value.as_str()).collect();
    now.iter().map(|it| it.value.as_str()).filter(|it| !known.contains(it)).collect()
}

/// Returns what a card says of a column that changed.
pub(crate) fn card(column: &Column<'_>, ranks: &Ranks) -> String {
    let mut sentences: Vec<String> = column
        .findings
        .iter()
        .map(|it| spoken(&finding_words(it), it.feature.as_deref()))
        .collect();
    sentences.extend(medians(column, ranks));
    let hints = column.findings.iter().filter(|it| it.significant);
    sentences.extend(hints.into_iter().find_map(|it| looks_like(it.hint)).map(str::to_owned));
    sentences.join(" ")
}

/// Returns the headline over the columns that did not change.
pub(crate) fn unchanged(judgement: &Judgement) -> String {
    match (judgement.enough, judgement.visible_effect) {
        (_, None) => "Features".into(),
        (true, Some(it)) => format!("Unchanged: shifts above {} would show", number::effect(it)),
        (false, Some(it)) => {
            format!("Too few rows to tell: only shifts above {} would show", number::effect(it))
        }
    }
}

/// Returns what a small card says of a column that did not change.
pub(crate) fn quiet(column: &Column<'_>) -> String {
    if column.current.is_none() {
        return "not in this window".into();
    }
    match column.drift {
        Some(it) => {
            let half = (it.high - it.low) / 2.0;
            format!("moved {} \u{b1} {}", number::effect(it.value), number::effect(half))
        }
        None => {
            format!("not compared: {}", column.not_compared.map_or("no reference", reason_words))
        }
    }
}

fn medians(column: &Column<'_>, ranks: &Ranks) -> Option<String> {
    let before = column.reference?.1.quantile(0.5)?;
    let now = ranks.quantile(0.5)?;
    Some(format!("Median {} \u{2192} {}.", number::number(before), number::number(now)))
}

fn looks_like(hint: Option<Hint>) -> Option<&'static str> {
    match hint? {
        Hint::Scale { .. } => Some("Looks like a change of unit."),
        Hint::Constant => Some("Looks like a default that stands in for the value."),
        Hint::Missing { .. } => Some("Looks like an upstream source that no longer delivers it."),
        Hint::Type => Some("Looks like a change of format."),
        _ => None,
    }
}

/// Returns what a person should look at first, by the most telling finding.
pub(crate) fn advice(finding: &Finding) -> &'static str {
    match (finding.check, finding.hint) {
        (_, Some(Hint::Scale { .. })) => "Ask who delivers it whether the unit or scale changed.",
        (_, Some(Hint::Constant)) => "See whether a default stands in for the real value upstream.",
        (Check::MissingColumn | Check::ExtraColumn, _) => {
            "Compare the request's columns with the training schema."
        }
        (Check::Completeness, _) => "See whether an upstream join or client stopped sending it.",
        (Check::UnseenValues, _) => {
            "See whether the new values are meant, and whether the model can take them."
        }
        (Check::DataType | Check::Unreadable, _) => {
            "See whether the client's serialization changed."
        }
        (Check::CaptureLost, _) => "See whether the last endpoint update dropped its data capture.",
        (Check::NoTraffic, _) => "See whether callers still reach the endpoint.",
        (Check::RunFailed, _) => "Read the message of the last failed run.",
        (Check::Metric | Check::EstimatedMetric, _) => {
            "Compare the labels and predictions of this window with those before."
        }
        (Check::OutOfRange | Check::Distribution, _) => {
            "See whether the population changed (season, campaign, new clients) or the pipeline did."
        }
    }
}

/// Makes a sentence of the engine's words; a name at their start keeps its case.
pub(crate) fn spoken(words: &str, feature: Option<&str>) -> String {
    if feature.is_some_and(|it| words.starts_with(&name_words(it))) {
        return format!("{words}.");
    }
    sentence(words)
}

/// Makes a sentence: a capital at its start and a period at its end.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().map(|it| it.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
