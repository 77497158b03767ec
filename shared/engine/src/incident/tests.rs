use proptest::prelude::*;

use super::*;
use crate::finding::Effect;

const HOUR: i64 = 3600;

fn key(family: Family) -> Key {
    Key {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        endpoint: "churn-prod".into(),
        variant: "A".into(),
        family,
    }
}

fn hour(idx: i64) -> Window {
    Window { start: idx * HOUR, end: (idx + 1) * HOUR }
}

fn finding(family: Family, feature: &str, value: f64, significant: bool) -> Finding {
    Finding {
        feature: Some(feature.to_string()),
        family,
        check: if family == Family::Drift { Check::Distribution } else { Check::Completeness },
        effect: Effect { value, low: value, high: value, floor: 0.08, p_value: 0.0 },
        significant,
        hint: None,
    }
}

/// One letter an hour: `.` clean, capital bad, small letter restless, `?` no or
/// too little data, `_` never judged.
fn outcomes(family: Family, hours: &str) -> Vec<Outcome> {
    let outcome = |(idx, letter): (usize, char)| {
        let signal = || {
            finding(family, &letter.to_ascii_lowercase().to_string(), 0.2, letter.is_uppercase())
        };
        Some(Outcome {
            window: hour(idx as i64),
            sight: if letter == '?' { Sight::Blind } else { Sight::Clear },
            signals: if letter.is_alphabetic() { vec![signal()] } else { Vec::new() },
            hidden: Vec::new(),
        })
        .filter(|_| letter != '_')
    };
    hours.chars().enumerate().filter_map(outcome).collect()
}

fn run(family: Family, outcomes: &[Outcome]) -> (Record, String) {
    let (mut record, mut story) = (Record::default(), String::new());
    for outcome in outcomes {
        let transition;
        (record, transition) = advance(&key(family), &record, outcome.clone(), &Rules::default());
        story.push(match transition {
            Transition::None => '-',
            Transition::Opened => 'O',
            Transition::Updated => 'U',
            Transition::Resolved => 'R',
        });
    }
    (record, story)
}

/// One letter per judged hour: opened, updated, resolved or nothing.
#[track_caller]
fn check(family: Family, hours: &str, expect: &str) {
    let (record, story) = run(family, &outcomes(family, hours));
    assert_eq!(story, expect, "{hours}");
    let open = expect.rfind('O') > expect.rfind('R');
    assert_eq!(record.incident.is_some_and(|it| it.is_open()), open, "{hours}");
}

#[test]
fn drift_opens_at_two_of_three() {
    check(Family::Drift, "..A....", "-------");
    check(Family::Drift, ".AA.", "--O-");
    check(Family::Drift, ".A.A.", "---O-");
    check(Family::Drift, ".A..A.A", "------O");
}

#[test]
fn two_features_once_each_are_no_drift() {
    check(Family::Drift, ".AB.", "----");
    check(Family::Drift, ".ABA", "---O");
}

#[test]
fn contract_opens_at_first_break() {
    check(Family::Contract, "..A", "--O");
    check(Family::Contract, "?.A", "--O");
}

#[test]
fn three_clean_windows_resolve() {
    check(Family::Drift, "AA..A...", "-O-----R");
    check(Family::Contract, "A..a...", "O-----R");
}

#[test]
fn windows_without_sight_are_passed_over() {
    check(Family::Drift, "A??A", "---O");
    check(Family::Drift, "AA?.?.?.", "-O-----R");
    check(Family::Drift, "AA??????", "-O------");
}

#[test]
fn windows_never_judged_might_be_clean() {
    check(Family::Drift, "A_A", "-O");
    check(Family::Drift, "A__A", "--");
    check(Family::Drift, "AA.._...", "-O----R");
}

#[test]
fn another_feature_is_an_update() {
    check(Family::Contract, "AABB", "O-U-");
    check(Family::Drift, "AABB", "-O-U");
}

#[test]
fn each_opening_has_its_own_id() {
    check(Family::Contract, "A...A...", "O--RO--R");
    let id = |idx| key(Family::Contract).incident_id(hour(idx));
    assert_ne!(id(0), id(4));
    assert_eq!(id(0).len(), 16);
    assert_eq!(
        key(Family::Contract).text(),
        "v1|111122223333|eu-west-1|churn-prod|A|data-contract"
    );
}

#[test]
fn third_opening_of_a_day_flaps() {
    let hours = "A...A...A...A...............";
    check(Family::Contract, hours, "O--RO--RO---------------R---");
    let (record, _) = run(Family::Contract, &outcomes(Family::Contract, hours));
    assert!(record.incident.is_some_and(|it| it.flapping));
}

#[test]
fn one_window_with_rows_ends_blindness() {
    let lost = |idx, rows, facts: &[Fact]| Outcome::of_monitor(hour(idx), rows, facts);
    let (_, story) = run(
        Family::Monitoring,
        &[lost(0, 9, &[]), lost(1, 0, &[Fact::CaptureLost]), lost(2, 0, &[]), lost(3, 9, &[])],
    );
    assert_eq!(story, "-O-R");
    let quiet = [Fact::NoDataUnusual];
    let (_, story) = run(
        Family::Monitoring,
        &[
            lost(0, 0, &quiet),
            lost(1, 9, &[]),
            lost(2, 0, &[]),
            lost(3, 0, &quiet),
            lost(4, 0, &quiet),
        ],
    );
    assert_eq!(story, "---O-");
}

#[test]
fn broken_column_hides_its_drift() {
    let mut hours = outcomes(Family::Drift, "AA.....");
    hours[3].hidden.push("a".into());
    assert_eq!(run(Family::Drift, &hours).1, "-O---R-");
}

#[test]
fn incident_counts_its_windows() {
    let (record, _) = run(Family::Drift, &outcomes(Family::Drift, "..A.AA..A..."));
    let incident = record.incident.unwrap();
    assert_eq!((incident.since, incident.opened, incident.last_bad), (hour(2), hour(4), hour(8)));
    assert_eq!((incident.bad_windows, incident.windows), (4, 10));
    assert_eq!(incident.resolved, Some(hour(11)));
}

#[test]
fn levels_follow_the_traffic_they_cost() {
    #[track_caller]
    fn check(family: Family, value: f64, critical: bool, expect: Severity) {
        let (level, score) = severity(&[finding(family, "a", value, true)], critical);
        assert_eq!(level, expect, "{score}");
        assert!((0.0..=100.0).contains(&score), "{score}");
    }
    check(Family::Contract, 0.2, false, Severity::Critical);
    check(Family::Contract, 0.15, false, Severity::Error);
    check(Family::Contract, 0.05, false, Severity::Warning);
    check(Family::Drift, 0.9, false, Severity::Warning);
    check(Family::Drift, 0.9, true, Severity::Critical);
    assert_eq!(severity(&[], true).0, Severity::Info);
}

fn hours() -> impl Strategy<Value = String> {
    "[AAaB.....?_]{1,20}"
}

fn unnamed(record: &Record) -> Option<Incident> {
    record.incident.clone().map(|it| Incident { id: String::new(), ..it })
}

/// One line only, by the words of the rule: is an incident open after each hour?
fn open_by_the_rule(hours: &str) -> bool {
    let (mut slots, mut open, mut clean) = (Vec::new(), false, 0);
    let letters: Vec<char> = hours.trim_end_matches('_').chars().collect();
    for letter in letters.iter().skip_while(|it| **it == '_') {
        match letter {
            '?' => continue,
            'A' => (slots.push(true), clean = 0).1,
            '.' => (slots.push(false), clean += 1).1,
            _ => (slots.push(false), clean = 0).1,
        }
        let bad = slots.iter().rev().take(3).filter(|it| **it).count();
        if !open && 2 <= bad {
            open = true;
        } else if open && 3 <= clean {
            (open, slots) = (false, Vec::new());
        }
    }
    open
}

proptest! {
    #[test]
    fn order_and_repetition_change_nothing(
        hours in hours(),
        order in prop::collection::vec(0..1000usize, 60),
        contract in any::<bool>(),
    ) {
        let family = if contract { Family::Contract } else { Family::Drift };
        let sorted = outcomes(family, &hours);
        prop_assume!(!sorted.is_empty());
        let mut shuffled: Vec<Outcome> =
            order.iter().map(|it| sorted[it % sorted.len()].clone()).collect();
        shuffled.extend(sorted.iter().rev().cloned());
        let (straight, story) = run(family, &sorted);
        let (crooked, crooked_story) = run(family, &shuffled);
        prop_assert_eq!(unnamed(&straight), unnamed(&crooked));
        prop_assert_eq!(&straight.outcomes, &crooked.outcomes);
        // Whoever is open at the end was announced, and nobody was in vain.
        let opened = |it: &str| it.contains('O');
        prop_assert!(opened(&story) || !opened(&crooked_story), "{} {}", story, crooked_story);
        if straight.incident.as_ref().is_some_and(Incident::is_open) {
            prop_assert!(opened(&crooked_story));
        }
        let twice: Vec<Outcome> = sorted.iter().flat_map(|it| [it.clone(), it.clone()]).collect();
        prop_assert_eq!(run(family, &twice).0, straight);
    }

    #[test]
    fn drift_follows_the_rule_as_written(hours in "[AAa...?_]{1,20}") {
        let (record, _) = run(Family::Drift, &outcomes(Family::Drift, &hours));
        let open = record.incident.is_some_and(|it| it.is_open());
        prop_assert_eq!(open, open_by_the_rule(&hours), "{}", hours);
    }

    #[test]
    fn memory_is_bounded_by_the_rules(hours in "[AaB.?_]{1,80}") {
        let (record, _) = run(Family::Drift, &outcomes(Family::Drift, &hours));
        prop_assert!(record.outcomes.len() <= Rules::default().keep);
        prop_assert!(record.settled.lines.len() <= 2);
        prop_assert!(record.settled.openings.len() <= 24);
    }
}

#[test]
fn thousands_of_broken_columns_stay_bounded() {
    let broken = |idx: usize| finding(Family::Contract, &format!("c{idx}"), 1.0, true);
    let judgement = |from: usize| Judgement {
        state: State::Drift,
        enough: true,
        findings: (from..from + 3000).map(broken).collect(),
        measured: Vec::new(),
        not_compared: Vec::new(),
        rows: 500,
        baseline_rows: 5000,
        visible_effect: Some(0.1),
        unreadable: 0,
    };
    let outcome =
        |it: i64| Outcome::of(hour(it), &judgement(it as usize * 50), Family::Contract, 0.7);
    let (record, story) = run(Family::Contract, &(0..6).map(outcome).collect::<Vec<_>>());
    assert_eq!(story, "O-----");
    assert_eq!(record.incident.map(|it| it.findings.len()), Some(Outcome::MOST));
    assert!(record.outcomes.iter().all(|it| it.signals.len() <= Outcome::MOST));
}
