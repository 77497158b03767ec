//! The ledger of alerts (reliability 3.3), step by step.

use super::stage::{HOUR, Hour, START, Stage};
use ports::{Ledger, LedgerEntry, LedgerState, Next, Work};

const ALERT: &str = "507e6b0f794be75b";

/// Stops before the alert of hour 1 is told.
fn about_to_tell() -> (Stage, Work) {
    let mut stage = Stage::small();
    stage.serve("churn-prod", true);
    stage.now = START + 60;
    stage.ask(Work::ReconcileEndpoint { endpoint: "churn-prod".into() });
    stage.settle();
    stage.capture("churn-prod", START + HOUR, Hour { scale: Some(100.0), ..Hour::of(60) });
    let monitor = engine::monitor::Monitor {
        endpoint: "churn-prod".into(),
        variant: "AllTraffic".into(),
        ..Default::default()
    };
    stage.now = START + 2 * HOUR + 600;
    let window = engine::window::Window { start: START + HOUR, end: START + 2 * HOUR };
    stage.once(&Work::AnalyzeWindow { monitor, window }).unwrap();
    stage.inner().take_events();
    let tell = Work::AlertVariant { endpoint: "churn-prod".into(), variant: "AllTraffic".into() };
    (stage, tell)
}

fn claimed(until: i64) -> LedgerEntry {
    let state = LedgerState::Claimed { owner: "somebody".into(), until };
    LedgerEntry { alert_id: ALERT.into(), attempts: 1, state }
}

fn put(stage: &Stage, entry: &LedgerEntry) {
    pollster::block_on(stage.shelves.keep_entry(entry, None)).unwrap();
}

fn entry(stage: &Stage) -> LedgerEntry {
    pollster::block_on(stage.shelves.entry(ALERT)).unwrap().unwrap().value
}

#[test]
fn live_claim_of_another_is_an_error() {
    let (mut stage, tell) = about_to_tell();
    put(&stage, &claimed(stage.now + 1));
    let refusal = stage.once(&tell).unwrap_err();
    assert_eq!(refusal.next, Next::TryAgain);
    assert!(refusal.to_string().starts_with("alert is being published"), "{refusal}");
    assert_eq!(stage.alerts(), Vec::<String>::new());
}

#[test]
fn clocks_may_differ_by_the_skew() {
    let (mut stage, tell) = about_to_tell();
    put(&stage, &claimed(stage.now - 10));
    assert!(stage.once(&tell).is_err());
    stage.now += 1;
    stage.once(&tell).unwrap();
    assert_eq!(stage.alerts().len(), 1);
}

#[test]
fn expired_claim_is_taken_over_and_counted() {
    let (mut stage, tell) = about_to_tell();
    put(&stage, &claimed(stage.now - 60));
    stage.once(&tell).unwrap();
    let (alert, attempt) = stage.inner().alerts().remove(0);
    assert_eq!((alert.id.as_str(), attempt), (ALERT, 2));
    let entry = entry(&stage);
    assert_eq!(entry.attempts, 2);
    assert!(matches!(entry.state, LedgerState::Sent { .. }));
}

#[test]
fn sent_alert_is_not_sent_again() {
    let (mut stage, tell) = about_to_tell();
    let state = LedgerState::Sent { message_id: "m".into(), at: stage.now };
    put(&stage, &LedgerEntry { alert_id: ALERT.into(), attempts: 1, state });
    stage.once(&tell).unwrap();
    stage.once(&tell).unwrap();
    assert_eq!(stage.alerts(), Vec::<String>::new());
}

#[test]
fn nothing_is_published_in_the_last_seconds() {
    let (mut stage, tell) = about_to_tell();
    stage.remaining = 14;
    let refusal = stage.once(&tell).unwrap_err();
    assert!(refusal.to_string().starts_with("too little time to publish"), "{refusal}");
    assert!(pollster::block_on(stage.shelves.entry(ALERT)).unwrap().is_none(), "no claim either");
    stage.remaining = 15;
    stage.once(&tell).unwrap();
    assert_eq!(stage.alerts().len(), 1);
}
