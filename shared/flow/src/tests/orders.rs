//! Events in any order, any number of times, or never: the same end.

use super::stage::{CANARY, HOUR, Hour, START, Stage};
use engine::event::SuiteEvent;
use ports::{EndpointRecords, StatusBoard, Work};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What can be told of the end, but for when it was written.
#[derive(Debug, PartialEq)]
struct End {
    alerts: BTreeSet<(String, String)>,
    told_twice: usize,
    lines: Vec<(String, String, u32, i64, i64)>,
    baselines: BTreeSet<String>,
    executions: Vec<(String, String)>,
}

fn end(stage: &Stage) -> End {
    let alerts: Vec<_> =
        stage.inner().alerts().into_iter().map(|(it, _)| (it.id, it.subject)).collect();
    let names: BTreeSet<_> = alerts.iter().cloned().collect();
    let lines = pollster::block_on(stage.shelves.status()).unwrap();
    let line = |it: &ports::StatusLine| {
        let monitor = it.monitors.first();
        let done = monitor.map_or(0, |it| it.done_through);
        let settled = monitor.map_or(0, |it| it.settled_through);
        let state = format!("{:?} {:?}", it.phase, it.state);
        (it.endpoint.clone(), state, it.open_incidents, done, settled)
    };
    let objects = stage.inner().objects();
    let named = |part: &str| -> Vec<(String, Vec<u8>)> {
        let ours = objects.iter().filter(|(at, _)| at.bucket == "vigil" && at.key.contains(part));
        ours.map(|(at, it)| (at.key.clone(), it.clone())).collect()
    };
    let fingerprint = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        text.lines().find(|it| it.contains("\"fingerprint\"")).unwrap_or_default().to_string()
    };
    End {
        told_twice: alerts.len() - names.len(),
        alerts: names,
        lines: lines.iter().map(line).collect(),
        baselines: named("/versions/").into_iter().map(|(key, _)| key).collect(),
        executions: named("execution.json")
            .into_iter()
            .map(|(key, it)| (key, fingerprint(&it)))
            .collect(),
    }
}

/// Puts the world of the story in place: two endpoints, three hours, one of them bad.
fn world() -> Stage {
    let mut stage = Stage::small();
    for name in ["churn-prod", "churn-test"] {
        stage.serve(name, true);
        stage.now = START + 60;
        stage.ask(Work::ReconcileEndpoint { endpoint: name.into() });
        stage.settle();
        for at in 0..3 {
            let bad = at == 1 && name == "churn-prod";
            let hour = Hour { scale: bad.then_some(100.0), ..Hour::of(60) };
            stage.capture(name, START + at * HOUR, hour);
        }
    }
    stage
}

/// The work that the hours ask for.
fn asked() -> Vec<Work> {
    let mut asked = Vec::new();
    for endpoint in ["churn-prod", "churn-test"] {
        let monitor = engine::monitor::Monitor {
            endpoint: endpoint.into(),
            variant: "AllTraffic".into(),
            ..Default::default()
        };
        asked.push(Work::ReconcileEndpoint { endpoint: endpoint.into() });
        asked.push(Work::RebuildBaseline { monitor: monitor.clone() });
        let variant = monitor.variant.clone();
        asked.push(Work::AlertVariant { endpoint: endpoint.into(), variant });
        for at in 0..3 {
            let (start, end) = (START + at * HOUR, START + (at + 1) * HOUR);
            let window = engine::window::Window { start, end };
            asked.push(Work::AnalyzeWindow { monitor: monitor.clone(), window });
        }
    }
    asked
}

fn finish(mut stage: Stage) -> End {
    stage.advance(START + 5 * HOUR);
    // The last sweep is at the same time in every history.
    stage.now = START + 6 * HOUR + 1200;
    stage.ask(Work::SweepEndpoints);
    stage.settle();
    assert_eq!(stage.refusals, Vec::<String>::new());
    end(&stage)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn any_order_of_events_ends_alike(
        order in prop::collection::vec(0..asked().len(), 0..40),
    ) {
        let plain = finish(world());
        prop_assert_eq!(plain.alerts.len(), 1);
        let mut stage = world();
        stage.now = START + 3 * HOUR + 900;
        for at in order {
            stage.ask(asked()[at].clone());
        }
        stage.settle();
        prop_assert_eq!(finish(stage), plain);
    }
}

#[test]
fn two_copies_at_once_tell_once() {
    let mut stage = world();
    stage.now = START + 3 * HOUR + 900;
    let work = asked();
    for it in work.iter().chain(&work).chain(&work) {
        stage.ask(it.clone());
    }
    stage.settle();
    let end = finish(stage);
    assert_eq!((end.alerts.len(), end.told_twice), (1, 0));
}

#[test]
fn lost_events_are_made_up_by_sweeps() {
    let mut stage = world();
    // Every event of three hours is lost; only the sweep remains.
    stage.now = START + 3 * HOUR + 900;
    stage.inner().take_events();
    let end = finish(stage);
    assert_eq!(end.alerts.len(), 1, "{end:#?}");
    assert!(end.lines.iter().all(|it| it.3 == it.4 && START + 4 * HOUR <= it.3), "{end:#?}");
}

#[test]
fn no_captured_value_leaves_the_bucket() {
    let mut stage = Stage::new();
    stage.serve("churn-prod", true);
    for at in 0..4 {
        // Every plan is the canary in hour 1, and a number is off by a hundred.
        let hour = Hour {
            scale: (at == 1).then_some(100.0),
            no_plan: if at == 2 { 0.5 } else { 0.0 },
            ..Hour::of(200)
        };
        stage.capture("churn-prod", START + at * HOUR, hour);
        stage.advance(START + (at + 1) * HOUR);
    }
    stage.advance(START + 5 * HOUR);
    let alerts = stage.inner().alerts();
    assert!(!alerts.is_empty());
    let captured = stage.inner().objects();
    assert!(captured.iter().any(|(at, it)| {
        at.bucket == "ml-capture" && String::from_utf8_lossy(it).contains(CANARY)
    }));
    let mut told: Vec<String> = alerts.iter().map(|it| format!("{it:?}")).collect();
    told.extend(stage.posted.iter().map(|it| format!("{it:?}")));
    told.extend(stage.inner().metrics().iter().map(|it| format!("{it:?}")));
    told.extend(stage.refusals.clone());
    for (at, bytes) in captured.iter().filter(|(at, _)| at.bucket == "vigil") {
        // Statistics and constraints hold values by their nature, as AWS's do.
        let values = ["/statistics.json", "/constraints.json", "/constraint_violations.json"];
        if !values[..2].iter().any(|it| at.key.ends_with(it)) {
            told.push(format!("{} {}", at.key, String::from_utf8_lossy(bytes)));
        }
    }
    let leak = told.iter().find(|it| it.contains(CANARY));
    assert_eq!(leak, None);
}

#[test]
fn corrupt_record_is_never_written_over() {
    let mut stage = world();
    let at = ports::Address::new("vigil", "vigil/endpoints/churn-prod.json");
    stage.inner().set_object(&at, "{");
    let refusal =
        stage.once(&Work::ReconcileEndpoint { endpoint: "churn-prod".into() }).unwrap_err();
    insta::assert_snapshot!(refusal, @r"endpoint record not read (key=vigil/endpoints/churn-prod.json, why=ends too early (line 1, column 1))");
    assert_eq!(refusal.next, ports::Next::CallOperator);
    assert_eq!(stage.inner().object(&at).as_deref(), Some(b"{".as_slice()));
    assert!(pollster::block_on(stage.shelves.endpoint("churn-prod")).is_err());
}

#[test]
fn settings_and_schedules_ask_for_everything() {
    let mut stage = world();
    stage.collect();
    let before = stage.posted.len();
    for work in [
        Work::ReconcileAll,
        Work::RebuildAll,
        Work::ReconcileConfig { config: "churn-prod-config".into() },
    ] {
        stage.once(&work).unwrap();
    }
    stage.collect();
    let count =
        |of: fn(&SuiteEvent) -> bool| stage.posted[before..].iter().filter(|it| of(it)).count();
    assert_eq!(count(|it| matches!(it, SuiteEvent::EndpointDue(_))), 3);
    assert_eq!(count(|it| matches!(it, SuiteEvent::BaselineWanted(_))), 2);
}
