//! One fault at every call, of every kind: nothing is lost, and what is told
//! twice is accounted for (reliability, I1, I3, I5).

use super::stage::{HOUR, Hour, START, Stage};
use ports::{Fault, Ledger, LedgerState, Phase, StatusBoard};
use std::collections::BTreeMap;

/// Adopts an endpoint, judges bad windows and good ones, loses capture, and ends.
fn story(stage: &mut Stage) {
    stage.serve("churn-prod", true);
    stage.now += 60;
    for at in 0..6 {
        let hour = Hour { scale: (at == 1).then_some(100.0), ..Hour::of(40) };
        stage.capture("churn-prod", START + at * HOUR, hour);
        stage.advance(START + (at + 1) * HOUR);
    }
    let mut endpoint = stage.endpoint("churn-prod", false);
    endpoint.modified_ms = (START + 6 * HOUR) * 1000;
    stage.inner().set_endpoint(endpoint);
    stage.advance(START + 8 * HOUR);
    stage.inner().remove_endpoint("churn-prod");
    stage.advance(START + 12 * HOUR);
}

/// Times that each alert was published.
fn told(stage: &Stage) -> BTreeMap<String, u64> {
    let mut told = BTreeMap::new();
    for (alert, _) in stage.inner().alerts() {
        *told.entry(format!("{} {}", alert.subject, alert.id)).or_default() += 1;
    }
    told
}

#[track_caller]
fn check(stage: &Stage, expect: &BTreeMap<String, u64>, killed: u64, what: &str) {
    let told = told(stage);
    let names = |it: &BTreeMap<String, u64>| it.keys().cloned().collect::<Vec<_>>();
    let of = |it: &BTreeMap<String, u64>| it.values().sum::<u64>();
    assert_eq!(names(&told), names(expect), "{what}: {:#?}", stage.refusals);
    let surplus = of(&told) - of(expect);
    let ambiguous = stage.world.ambiguous_publishes() + killed;
    assert!(surplus <= ambiguous, "{what}: {surplus} told twice");
    for (alert, _) in stage.inner().alerts() {
        let entry = pollster::block_on(stage.shelves.entry(&alert.id)).unwrap();
        let state = entry.map(|it| it.value.state);
        assert!(matches!(state, Some(LedgerState::Sent { .. })), "{what}: {state:?}");
    }
    let lines = pollster::block_on(stage.shelves.status()).unwrap();
    assert_eq!(lines, [], "{what}: an endpoint that is gone leaves no line");
}

/// Runs the story with one fault at each call; `every` call gets each kind.
fn campaign(kinds: impl Fn(u64) -> Vec<Fault>) {
    let mut plain = Stage::small();
    story(&mut plain);
    let (expect, calls) = (told(&plain), plain.world.calls());
    assert_eq!(expect.len(), 4, "{expect:#?}");
    assert!(expect.values().all(|it| *it == 1), "{expect:#?}");
    check(&plain, &expect, 0, "no fault");
    let publishes = plain.world.publishes();
    for call in 1..=calls {
        for fault in kinds(call) {
            let mut stage = Stage::small();
            stage.world.fail_at(call, fault);
            story(&mut stage);
            pollster::block_on(stage.world.settle());
            // Who is killed between publishing and noting it may have told.
            let kills = matches!(fault, Fault::KilledBefore | Fault::KilledAfter);
            let killed = u64::from(kills && publishes.contains(&(call - 1)));
            check(&stage, &expect, killed, &format!("{fault:?} at call {call} of {calls}"));
        }
    }
}

/// Each call gets one kind of fault, in turn; all kinds with `VIGIL_FAULTS=full` (a minute; `tests/run campaign`).
#[test]
#[expect(clippy::disallowed_methods, reason = "the long run is asked for from outside")]
fn no_fault_at_any_call_loses_an_alert() {
    let full = std::env::var("VIGIL_FAULTS").is_ok_and(|it| it == "full");
    let one = |call: u64| vec![Fault::ALL[call as usize % Fault::ALL.len()]];
    campaign(|call| if full { Fault::ALL.to_vec() } else { one(call) });
}

#[test]
fn plain_story_goes_through_its_phases() {
    let mut stage = Stage::small();
    stage.serve("churn-prod", true);
    stage.advance(START + HOUR);
    let phase = |stage: &Stage| pollster::block_on(stage.shelves.status()).unwrap()[0].phase;
    assert_eq!(phase(&stage), Phase::Monitored);
    assert_eq!(stage.refusals, Vec::<String>::new());
}
