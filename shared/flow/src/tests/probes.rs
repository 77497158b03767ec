//! Sample requests, and what is said of the answers.

use super::stage::{HOUR, Hour, START, Stage};
use crate::{Done, Probed};
use engine::event::SuiteEvent;
use ports::{Address, InvokeAnswer, Work};

const PROBE: &str = "defaults:\n  probe: {enabled: true, rows: 4, most_millis: 300}\n  baseline: {training_data_s3_uri: \"s3://ml-training/churn.csv\"}\n";

#[expect(clippy::unnecessary_wraps, reason = "it stands beside errors")]
fn answer(text: &str, millis: u64) -> Result<InvokeAnswer, u16> {
    Ok(InvokeAnswer { body: text.into(), content_type: "text/csv".into(), variant: None, millis })
}

/// An endpoint with a baseline and an hour of captures.
fn stage(settings: &str) -> Stage {
    let mut stage = Stage::with(settings);
    stage.serve("churn-prod", true);
    stage.capture("churn-prod", START, Hour::of(50));
    stage.advance(START + HOUR / 2);
    stage
}

fn probe(stage: &mut Stage) -> Probed {
    match stage.once(&Work::ProbeEndpoint { endpoint: "churn-prod".into() }) {
        Ok(Done::Probed(it)) => it,
        other => panic!("{other:?}"),
    }
}

#[test]
fn answers_are_held_against_the_baseline() {
    #[track_caller]
    fn check(answers: Vec<Result<InvokeAnswer, u16>>, expect: &[&str]) {
        let mut stage = stage(PROBE);
        stage.inner().set_answers(answers);
        let probed = probe(&mut stage);
        assert_eq!(probed.findings, expect);
        stage.collect();
        let told = stage.posted.iter().filter(|it| matches!(it, SuiteEvent::ProbeFailed(_)));
        assert_eq!(told.count(), usize::from(!expect.is_empty()));
    }
    check(vec![answer("0.4", 20)], &[]);
    check(vec![answer("{\"score\":0.4}", 20)], &[]);
    check(vec![answer("", 20)], &["4 answers are empty"]);
    check(
        vec![answer("yes", 20)],
        &["4 answers are no numbers, as the baseline's predictions are"],
    );
    check(vec![answer("17.5", 20)], &["4 answers lie far outside the baseline's range"]);
    check(
        vec![answer("0.1", 20), answer("0.1,0.2", 20), answer("0.1", 20)],
        &["1 answers have more or fewer cells than the first"],
    );
    check(vec![answer("0.4", 900)], &["answers take 900 ms, most 300 ms"]);
    check(vec![Err(500), answer("0.4", 20)], &["1 of 4 sample requests failed"]);
}

#[test]
fn probes_carry_ids_and_captured_rows() {
    let mut stage = stage(PROBE);
    stage.inner().set_answers(vec![answer("0.4", 20)]);
    let probed = probe(&mut stage);
    assert_eq!((probed.sent, probed.failed, probed.millis), (4, 0, Some(20)));
    let sent = stage.inner().requests();
    let ids: std::collections::BTreeSet<_> =
        sent.iter().map(|it| it.inference_id.clone()).collect();
    assert_eq!(ids.len(), 4);
    for it in &sent {
        assert!(it.inference_id.as_ref().is_some_and(|it| it.starts_with("vigil-probe-")));
        assert_eq!(it.body.split(|it| *it == b',').count(), 3);
    }
    let names: Vec<String> = stage.inner().metrics().into_iter().map(|it| it.name).collect();
    assert!(names.ends_with(&["ProbesSent".into(), "ProbesFailed".into(), "ProbeMillis".into()]));
}

#[test]
fn sample_requests_come_from_a_file() {
    let file = PROBE.replace("rows: 4", "rows: 2, requests_s3_uri: \"s3://ml-training/probe.csv\"");
    let mut stage = stage(&file);
    let at = Address::new("ml-training", "probe.csv");
    stage.inner().set_object(&at, "1,2,a\n\n3,4,b\r\n5,6,c\n");
    stage.inner().set_answers(vec![answer("0.4", 20)]);
    assert_eq!(probe(&mut stage).sent, 2);
    let bodies: Vec<Vec<u8>> = stage.inner().requests().into_iter().map(|it| it.body).collect();
    assert_eq!(bodies, [b"1,2,a".to_vec(), b"3,4,b".to_vec()]);
}

#[test]
fn nothing_is_sent_where_nobody_asks() {
    for settings in ["", "changes: paused\ndefaults: {probe: {enabled: true}}"] {
        let mut stage = stage(settings);
        let probed = probe(&mut stage);
        assert!(probed.why.is_some() && stage.inner().requests().is_empty(), "{settings}");
    }
}
