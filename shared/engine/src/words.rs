//! Verdicts in words: what alerts and reports say of findings.
//!
//! Pure text, printable ASCII, never a captured value. Column names are cut and
//! cleaned, as they come from the traffic.

use crate::attribution::{LabelDrift, RankChange};
use crate::bias::BiasMetric;
use crate::finding::{Check, Effect, Family, Finding, Hint, Judgement, Reason, State};
use crate::incident::Incident;

/// Findings that a headline names before it counts the rest.
const NAMED: usize = 2;
/// Characters that are kept of a column's name.
const LONGEST_NAME: usize = 48;

/// Returns the verdict of one window in a sentence, without a period.
pub fn headline(judgement: &Judgement) -> String {
    let rows = counted(judgement.rows, "row");
    let visible = judgement.visible_effect.map(visible_words);
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
        Check::Metric | Check::EstimatedMetric => match finding.hint {
            Some(Hint::Figure { limit, .. }) => {
                let meaning = meaning(finding).map_or(String::new(), |it| format!(" ({it})"));
                format!("{claim}; its limit is {}{meaning}", figure(limit))
            }
            _ => claim,
        },
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

/// Returns how a figure went, such as `auc fell from 0.914 to 0.495`.
pub fn went(name: &str, before: f64, now: f64) -> String {
    let way = if now < before { "fell" } else { "rose" };
    format!("{name} {way} from {} to {}", figure(before), figure(now))
}

/// Returns which features changed rank most, such as `age from rank 1 to 3, calls from rank 2 to 1`; empty where none did.
pub fn rank_words(drift: &LabelDrift) -> String {
    const TOLD: usize = 3;
    let mut moved: Vec<&RankChange> =
        drift.ranks.iter().filter(|it| it.reference_rank != it.current_rank).collect();
    moved.sort_by(|a, b| b.cost.abs().total_cmp(&a.cost.abs()));
    let words = moved.iter().take(TOLD).map(|it| {
        let (was, is) = (it.reference_rank, it.current_rank);
        format!("{} from rank {was} to {is}", name_words(&it.feature))
    });
    words.collect::<Vec<String>>().join(", ")
}

/// Says in plain words what a metric of bias measures.
fn meaning(finding: &Finding) -> Option<String> {
    if finding.family != Family::Fairness {
        return None;
    }
    let name = finding.feature.as_ref()?.split(' ').next()?;
    let meaning = BiasMetric::of_name(name)?.meaning();
    Some(format!("{name}: {meaning}"))
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
            format!("a column is missing: by its values, {name}")
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
        (_, Some(Hint::Figure { now, .. })) if finding.family == Family::Attribution => {
            format!("features weigh differently: {name} is {}", figure(now))
        }
        (_, Some(Hint::Figure { before, now, .. })) => went(&name, before, now),
        (Check::Metric | Check::EstimatedMetric, _) => format!("{name} breaks its constraint"),
        (Check::CaptureLost, _) => "the endpoint is invoked, but nothing is captured".to_string(),
        (Check::NoTraffic, _) => "no rows arrive at hours that usually have some".to_string(),
        (Check::RunFailed, hint) => {
            let of = finding.feature.as_ref().map_or(String::new(), |_| format!(" of {name}"));
            match hint {
                Some(Hint::Failing { runs }) => {
                    let runs = counted(u64::from(runs), "run");
                    format!("{runs}{of} failed one after the other")
                }
                _ => format!("runs{of} fail"),
            }
        }
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

/// A figure of about three digits; what is beyond numbers has a word.
fn figure(value: f64) -> String {
    if !value.is_finite() {
        return if value < 0.0 { "minus infinity" } else { "infinity" }.to_owned();
    }
    if 1000.0 <= value.abs() {
        return format!("{value:.0}");
    }
    if 10.0 <= value.abs() { format!("{value:.1}") } else { format!("{value:.3}") }
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
    if 0.0 < percent && percent < 0.1 {
        return "under 0.1".to_string();
    }
    let fine = percent < 10.0 || (99.0..99.95).contains(&percent);
    let words = if fine { format!("{percent:.1}") } else { format!("{percent:.0}") };
    words.strip_suffix(".0").map_or(words.clone(), str::to_string)
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

/// What would show is a bound, so that a small one is not nothing.
fn visible_words(effect: f64) -> String {
    if effect < 0.01 { "less than 0.01".into() } else { effect_words(effect) }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(
        feature: &str,
        check: Check,
        effect: (f64, f64, f64),
        hint: Option<Hint>,
    ) -> Finding {
        let (value, low, high) = effect;
        Finding {
            feature: Some(feature.to_string()),
            family: Family::Contract,
            check,
            effect: Effect { value, low, high, floor: 0.08, p_value: 0.0 },
            significant: true,
            hint,
        }
    }

    fn missing() -> Finding {
        let hint = Some(Hint::Missing { before: 0.002, after: 0.312 });
        finding("intl_plan", Check::Completeness, (0.31, 0.26, 0.365), hint)
    }

    fn scaled() -> Finding {
        let hint = Some(Hint::Scale { factor: 100.0 });
        finding("day_mins", Check::OutOfRange, (0.998, 0.98, 1.0), hint)
    }

    fn judged(state: State, findings: Vec<Finding>) -> Judgement {
        Judgement {
            state,
            enough: true,
            findings,
            measured: Vec::new(),
            not_compared: Vec::new(),
            rows: 500,
            baseline_rows: 5000,
            visible_effect: Some(0.123),
            unreadable: 0,
        }
    }

    #[test]
    fn headline_names_the_two_worst() {
        let columns = ["a", "b"].map(|it| finding(it, Check::MissingColumn, (1.0, 1.0, 1.0), None));
        let mut findings = vec![scaled(), missing()];
        insta::assert_snapshot!(headline(&judged(State::Drift, findings.clone())), @"day_mins arrives 100 times too large, and a third of intl_plan is missing");
        findings.extend(columns);
        insta::assert_snapshot!(headline(&judged(State::Drift, findings)), @"day_mins arrives 100 times too large, a third of intl_plan is missing, and 2 more");
    }

    #[test]
    fn quiet_states_say_what_would_show() {
        let say = |state| headline(&judged(state, vec![]));
        insta::assert_snapshot!(say(State::Ok), @"nothing changed in 500 rows; a change of 0.12 would show");
        insta::assert_snapshot!(say(State::TooLittleData), @"500 rows say too little: only a change of 0.12 would show");
        insta::assert_snapshot!(say(State::NoData), @"no rows arrived");
        let sharp = Judgement { visible_effect: Some(0.002), ..judged(State::Ok, vec![]) };
        insta::assert_snapshot!(headline(&sharp), @"nothing changed in 500 rows; a change of less than 0.01 would show");
    }

    #[test]
    fn lines_carry_numbers_and_intervals() {
        let shift = Some(Hint::Shift { deviations: -0.5 });
        let new = Some(Hint::NewValues { kinds: 2, share: 0.08 });
        let lines = [
            missing(),
            scaled(),
            finding("day_mins", Check::Distribution, (0.19, 0.14, 0.26), shift),
            finding("state", Check::UnseenValues, (0.08, 0.06, 0.11), new),
            finding("area", Check::MissingColumn, (1.0, 1.0, 1.0), Some(Hint::ByPosition)),
            finding("age", Check::DataType, (0.031, 0.012, 0.07), Some(Hint::Type)),
            Finding { feature: None, ..finding("", Check::Unreadable, (0.04, 0.02, 0.07), None) },
            Finding {
                feature: None,
                ..finding("", Check::RunFailed, (1.0, 1.0, 1.0), Some(Hint::Failing { runs: 3 }))
            },
        ];
        let lines: Vec<String> = lines.iter().map(finding_words).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        31 % of intl_plan is missing, 0.2 % before (99 % sure: a rise by 26 to 36 points)
        day_mins arrives 100 times too large; 99.8 % of its values lie outside the baseline's range (99 % sure: 98 to 100 %)
        day_mins moved down by 0.5 standard deviations: distance 0.19 (99 % sure: 0.14 to 0.26), floor 0.08
        8 % of state holds 2 new values (99 % sure: 6 to 11 %)
        a column is missing: by its values, area
        3.1 % of age is of another type (99 % sure: 1.2 to 7 %)
        4 % of the records cannot be read (99 % sure: 2 to 7 %)
        3 runs failed one after the other
        ");
    }

    #[test]
    fn hostile_names_lose_their_teeth() {
        #[track_caller]
        fn check(name: &str, expect: &str) {
            assert_eq!(name_words(name), expect);
        }
        check("day_mins", "day_mins");
        check("prix\u{e9}\n\u{1b}[31m", "prix???[31m");
        check("  ", "(unnamed)");
        check(&"x".repeat(60), &format!("{}...", "x".repeat(48)));
    }

    #[test]
    fn shares_read_as_people_say_them() {
        #[track_caller]
        fn check(share: f64, rough: &str, exact: &str) {
            assert_eq!((rough_share(share).as_str(), exact_share(share).as_str()), (rough, exact));
        }
        check(1.0, "all", "100 %");
        check(0.981, "nearly all", "98 %");
        check(1.0 / 3.0, "a third", "33 %");
        check(0.41, "41 %", "41 %");
        check(0.012, "1.2 %", "1.2 %");
        check(0.0003, "nearly none", "under 0.1 %");
        check(0.9999, "all", "100 %");
    }
}
