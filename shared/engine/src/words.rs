//! Verdicts in words: what alerts and reports say of findings.
//!
//! Pure text, printable ASCII, never a captured value. Column names are cut and
//! cleaned, as they come from the traffic.

use crate::finding::{Check, Effect, Finding, Hint, Judgement, Reason, State};
use crate::incident::Incident;

/// Findings that a headline names before it counts the rest.
const NAMED: usize = 2;
/// Characters that are kept of a column's name.
const LONGEST_NAME: usize = 48;

/// Returns the verdict of one window in a sentence, without a period.
pub fn headline(judgement: &Judgement) -> String {
    let rows = counted(judgement.rows, "row");
    let visible = judgement.visible_effect.map(effect_words);
    match judgement.state {
        State::Drift => findings_headline(judgement.findings.iter().filter(|it| it.significant)),
        State::Watch => {
            let moved = findings_headline(judgement.findings.iter());
            format!("worth a watch: {moved}")
        }
        State::Ok => match visible {
            Some(visible) => format!("nothing changed in {rows}; a change of {visible} would show"),
            None => format!("nothing changed in {rows}"),
        },
        State::TooLittleData => match visible {
            Some(visible) => {
                format!("{rows} say too little: only a change of {visible} would show")
            }
            None => format!("{rows} say too little: there is nothing to compare them with"),
        },
        State::NoData => "no rows arrived".to_string(),
        State::Error => "the window could not be judged".to_string(),
    }
}

/// Returns what an incident is about in a sentence, without a period.
pub fn incident_headline(incident: &Incident) -> String {
    findings_headline(incident.findings.iter())
}

/// Returns one line for a finding, with its numbers and interval in words.
pub fn finding_words(finding: &Finding) -> String {
    let effect = &finding.effect;
    let claim = claim(finding, exact_share);
    match finding.check {
        Check::MissingColumn | Check::CaptureLost | Check::NoTraffic | Check::RunFailed => claim,
        Check::ExtraColumn => format!("{claim}, on {} of the rows", exact_share(effect.value)),
        Check::Completeness => match finding.hint {
            Some(Hint::Missing { before, .. }) => {
                format!("{claim}, {} before ({})", exact_share(before), points(effect))
            }
            _ => format!("{claim} ({})", points(effect)),
        },
        Check::OutOfRange => match finding.hint {
            Some(
                Hint::Scale { .. } | Hint::Shift { .. } | Hint::Spread { .. } | Hint::Constant,
            ) => {
                let outside = exact_share(effect.value);
                format!(
                    "{claim}; {outside} of its values lie outside the baseline's range ({})",
                    interval(effect)
                )
            }
            _ => format!("{claim} ({})", interval(effect)),
        },
        Check::DataType | Check::UnseenValues | Check::Unreadable => {
            format!("{claim} ({})", interval(effect))
        }
        Check::Distribution => format!(
            "{claim}: distance {} ({}), floor {}",
            effect_words(effect.value),
            distances(effect),
            effect_words(effect.floor),
        ),
    }
}

/// Returns why a column was not compared, as the end of a sentence.
pub fn reason_words(reason: Reason) -> &'static str {
    match reason {
        Reason::Identifier => "nearly every row has a value of its own",
        Reason::TooManyKinds => "it has too many different texts to keep",
        Reason::NothingInCommon => "one side holds no values of the same kind",
        Reason::SwitchedOff => "the constraints switch the comparison off",
    }
}

/// Returns a column's name in printable ASCII, cut where it is long.
pub fn name_words(name: &str) -> String {
    let printable = |it: char| if it.is_ascii_graphic() || it == ' ' { it } else { '?' };
    let mut words: String = name.chars().take(LONGEST_NAME).map(printable).collect();
    if name.chars().nth(LONGEST_NAME).is_some() {
        words.push_str("...");
    }
    if words.trim().is_empty() {
        words = "(unnamed)".to_string();
    }
    words
}

fn findings_headline<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let findings: Vec<&Finding> = findings.collect();
    let named: Vec<String> = findings.iter().take(NAMED).map(|it| claim(it, rough_share)).collect();
    let rest = findings.len() - named.len();
    match (named.as_slice(), rest) {
        ([], _) => "nothing changed".to_string(),
        ([one], _) => one.clone(),
        (several, 0) => several.join(", and "),
        (several, rest) => format!("{}, and {rest} more", several.join(", ")),
    }
}

/// What a finding claims, without interval; `share` words shares.
fn claim(finding: &Finding, share: fn(f64) -> String) -> String {
    let name = finding.feature.as_deref().map_or_else(|| "the table".to_string(), name_words);
    let value = share(finding.effect.value);
    match (finding.check, finding.hint) {
        (Check::MissingColumn, Some(Hint::ByPosition)) => {
            format!("a column is missing, by its values {name}")
        }
        (Check::MissingColumn, _) => format!("column {name} is missing"),
        (Check::ExtraColumn, _) => format!("column {name} is new"),
        (Check::DataType, _) => format!("{value} of {name} is of another type"),
        (Check::Completeness, Some(Hint::Missing { after, .. })) => {
            format!("{} of {name} is missing", share(after))
        }
        (Check::Completeness, _) => format!("{value} more of {name} is missing"),
        (Check::UnseenValues, Some(Hint::NewValues { kinds, .. })) => {
            format!("{value} of {name} holds {}", counted(kinds, "new value"))
        }
        (Check::UnseenValues, _) => format!("{value} of {name} was never seen before"),
        (Check::Unreadable, _) => format!("{value} of the records cannot be read"),
        (Check::CaptureLost, _) => "the endpoint is invoked, but nothing is captured".to_string(),
        (Check::NoTraffic, _) => "no rows arrive at hours that usually have some".to_string(),
        (Check::RunFailed, Some(Hint::Failing { runs })) => {
            format!("{} failed one after the other", counted(u64::from(runs), "run"))
        }
        (Check::RunFailed, _) => "runs fail".to_string(),
        (Check::OutOfRange | Check::Distribution, hint) => {
            moved(finding.check, &name, &value, hint)
        }
    }
}

fn moved(check: Check, name: &str, value: &str, hint: Option<Hint>) -> String {
    match hint {
        Some(Hint::Scale { factor }) if 1.0 <= factor => {
            format!("{name} arrives {} times too large", number(factor))
        }
        Some(Hint::Scale { factor }) => {
            format!("{name} arrives {} times too small", number(1.0 / factor))
        }
        Some(Hint::Shift { deviations }) => {
            let way = if deviations < 0.0 { "down" } else { "up" };
            format!("{name} moved {way} by {} standard deviations", number(deviations.abs()))
        }
        Some(Hint::Spread { factor }) if 1.0 <= factor => {
            format!("{name} spreads {} times as wide", number(factor))
        }
        Some(Hint::Spread { factor }) => {
            format!("{name} spreads {} times as narrow", number(1.0 / factor))
        }
        Some(Hint::Constant) => format!("{name} is stuck on one value"),
        Some(Hint::NewValues { kinds, share }) => {
            let kinds = counted(kinds, "new value");
            format!("the values of {name} are mixed differently, {kinds} on {}", exact_share(share))
        }
        _ if check == Check::OutOfRange => {
            format!("{value} of {name} lies outside the baseline's range")
        }
        _ => format!("the values of {name} are distributed differently"),
    }
}

/// A share as people say it.
fn rough_share(share: f64) -> String {
    const NEAR: [(f64, f64, &str); 6] = [
        (0.0, 0.005, "nearly none"),
        (0.25, 0.02, "a quarter"),
        (0.333, 0.027, "a third"),
        (0.5, 0.03, "half"),
        (0.667, 0.02, "two thirds"),
        (0.75, 0.02, "three quarters"),
    ];
    if 0.9995 <= share {
        return "all".to_string();
    }
    if 0.97 <= share {
        return "nearly all".to_string();
    }
    let near = NEAR.iter().find(|(at, slack, _)| (share - at).abs() <= *slack);
    near.map_or_else(|| exact_share(share), |(_, _, words)| (*words).to_string())
}

fn exact_share(share: f64) -> String {
    format!("{} %", percent(share))
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent == 0.0 || (10.0..99.95).contains(&percent) {
        format!("{percent:.0}")
    } else if percent < 0.1 {
        "under 0.1".to_string()
    } else if 99.95 <= percent {
        "100".to_string()
    } else {
        format!("{percent:.1}")
    }
}

fn interval(effect: &Effect) -> String {
    format!("99 % sure: {} to {} %", percent(effect.low), percent(effect.high))
}

fn points(effect: &Effect) -> String {
    format!("99 % sure: a rise by {} to {} points", percent(effect.low), percent(effect.high))
}

fn distances(effect: &Effect) -> String {
    format!("99 % sure: {} to {}", effect_words(effect.low), effect_words(effect.high))
}

fn effect_words(effect: f64) -> String {
    format!("{effect:.2}")
}

/// A number of about two digits, without trailing zeros.
fn number(value: f64) -> String {
    if 99.5 <= value {
        return format!("{value:.0}");
    }
    let words = if value < 9.95 { format!("{value:.2}") } else { format!("{value:.1}") };
    words.trim_end_matches('0').trim_end_matches('.').to_string()
}

fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
