use super::stage::{HOUR, Hour, START, Stage};
use engine::event::SuiteEvent;
use engine::finding::State;
use ports::{BlockedWhy, EndpointRecords, Phase, StatusBoard, StatusLine};

fn lines(stage: &Stage) -> Vec<StatusLine> {
    pollster::block_on(stage.shelves.status()).unwrap()
}

fn keys(stage: &Stage, part: &str) -> Vec<String> {
    let all = stage.inner().objects().into_iter().map(|(at, _)| at.key);
    all.filter(|it| it.contains(part)).collect()
}

/// Serves and captures hours `from..to` of plain traffic, but for some.
fn traffic(stage: &mut Stage, from: i64, to: i64, hour: impl Fn(i64) -> Hour) {
    for at in from..to {
        stage.capture("churn-prod", START + at * HOUR, hour(at));
        stage.advance(START + (at + 1) * HOUR);
    }
}

#[test]
fn endpoint_is_adopted_judged_and_alerted_on() {
    let mut stage = Stage::new();
    stage.serve("churn-prod", true);
    traffic(&mut stage, 0, 12, |at| Hour {
        scale: (4..7).contains(&at).then_some(100.0),
        ..Hour::of(400)
    });
    stage.advance(START + 13 * HOUR);
    assert_eq!(stage.refusals, Vec::<String>::new());
    insta::assert_snapshot!(stage.alerts().join("\n"), @r"
    [CRITICAL] churn-prod/AllTraffic: amount arrives 100 times too large since 04:00Z
    [RESOLVED] churn-prod/AllTraffic: no longer: amount arrives 100 times too large
    ");
    let line = &lines(&stage)[0];
    assert_eq!((line.phase, line.open_incidents), (Phase::Monitored, 0));
    let monitor = &line.monitors[0];
    assert_eq!((monitor.done_through, monitor.windows), (START + 12 * HOUR, 12));
    assert_eq!(monitor.settled_through, monitor.done_through);
    assert_eq!(
        keys(&stage, "/2026/03/02/05/").iter().filter(|it| it.starts_with("vigil/")).count(),
        5,
        "three files, a report and the record"
    );
}

#[test]
fn alert_says_what_why_and_what_to_do() {
    let mut stage = Stage::new();
    stage.serve("churn-prod", true);
    traffic(&mut stage, 0, 3, |at| Hour {
        scale: (at == 1).then_some(100.0),
        no_plan: if at == 1 { 0.31 } else { 0.0 },
        ..Hour::of(400)
    });
    let (alert, attempt) = stage.inner().alerts().remove(0);
    assert_eq!(attempt, 1);
    insta::assert_snapshot!(alert.text, @r"
    churn-prod/AllTraffic: amount arrives 100 times too large, and a third of plan is missing.

    What      broken data contract, critical, opened
    Since     2026-03-02 01:00 UTC (1 of 1 window bad, 1 hour each)
    So what   Up to 100 % of the predictions rest on data the model was not made for.

    Probably
      1. amount arrives 100 times too large; 100 % of its values lie outside the baseline's range (99 % sure: 98 to 100 %); a change of unit?
      2. 31 % of plan is missing, 0 % before (99 % sure: a rise by 25 to 37 points); a join or a source upstream?

    Do
      - look: aws s3 cp s3://vigil/vigil/reports/churn-prod/churn-prod-data-quality/2026/03/02/02/report.html .
      - ask whoever fills amount, plan what changed
      - what was deployed: aws sagemaker describe-endpoint --endpoint-name churn-prod

    Look      s3://vigil/vigil/reports/churn-prod/churn-prod-data-quality/2026/03/02/02/report.html
    Trust     400 rows against 4000 of the baseline; a change of 0.10 would show at this size
    Incident  aa145da0475019a1 (alert 507e6b0f794be75b)
    ");
    // The version is a hash of every number of the baseline; what it is says nothing here.
    let (before, rest) = alert.json.split_once(r#""baseline":{"id":""#).expect("a baseline");
    let (version, after) = rest.split_at(16);
    assert!(version.chars().all(|it| it.is_ascii_hexdigit()), "{version}");
    insta::assert_snapshot!(format!(r#"{before}"baseline":{{"id":"VERSION{after}"#), @r#"{"schema":"monitor.incident/1","id":"aa145da0475019a1","dedup_key":"v1|111122223333|eu-west-1|churn-prod|AllTraffic|data-contract","alert_id":"507e6b0f794be75b","state":"open","change":"opened","severity":"critical","score":100.0,"endpoint":"churn-prod","variant":"AllTraffic","family":"data-contract","opened_at":"2026-03-02T02:00:00Z","windows":{"bad":1,"of":1,"size":"PT1H"},"findings":[{"feature":"amount","check":"out_of_range","value":1.0,"ci":[0.9837,1.0],"floor":0.05,"hint":"scale_x100","factor":100.0},{"feature":"plan","check":"completeness","value":0.3075,"ci":[0.2516,0.3697],"floor":0.05,"hint":"missing"}],"sample":{"ref_n":4000,"cur_n":400,"mde":0.1001},"baseline":{"id":"VERSION"},"links":{"report":"s3://vigil/vigil/reports/churn-prod/churn-prod-data-quality/2026/03/02/02/report.html"}}"#);
    insta::assert_debug_snapshot!(alert.attributes, @r#"
    [
        (
            "severity",
            "critical",
        ),
        (
            "family",
            "data-contract",
        ),
        (
            "endpoint",
            "churn-prod",
        ),
        (
            "variant",
            "AllTraffic",
        ),
        (
            "state",
            "open",
        ),
        (
            "alert_id",
            "507e6b0f794be75b",
        ),
    ]
    "#);
}

#[test]
fn lost_capture_blocks_alerts_and_comes_back() {
    let mut stage = Stage::new();
    stage.serve("churn-prod", true);
    traffic(&mut stage, 0, 2, |_| Hour::of(200));
    stage.serve("churn-prod", false);
    stage.advance(START + 4 * HOUR);
    assert_eq!(lines(&stage)[0].phase, Phase::Blocked(BlockedWhy::CaptureLost));
    assert_eq!(lines(&stage)[0].state, State::Error);
    stage.serve("churn-prod", true);
    traffic(&mut stage, 4, 7, |_| Hour::of(200));
    assert_eq!(stage.refusals, Vec::<String>::new());
    assert_eq!(lines(&stage)[0].state, State::Ok);
    insta::assert_snapshot!(stage.alerts().join("\n"), @r"
    [ERROR] churn-prod/AllTraffic: data capture is gone since an update since 02:00Z
    [RESOLVED] churn-prod/AllTraffic: no longer: the endpoint is invoked, but nothing is captured
    ");
    insta::assert_snapshot!(stage.inner().alerts()[0].0.text, @r"
    churn-prod/AllTraffic: data capture is gone since an update.

    What      the monitor is blind, error, opened
    Since     2026-03-02 02:00 UTC
    So what   Broken data and drift go unseen on this endpoint until this is mended.

    Do
      - copy endpoint config churn-prod-config, add a DataCaptureConfig with EnableCapture true, and update the endpoint to it
      - aws sagemaker describe-endpoint-config --endpoint-config-name churn-prod-config
      - aws sagemaker update-endpoint --endpoint-name churn-prod --endpoint-config-name NEW_CONFIG

    Incident  d06ae720112645c7 (alert 53f0ee147db078b9)
    ");
}

#[test]
fn traffic_without_capture_is_told_from_silence() {
    let mut stage = Stage::new();
    stage.serve("churn-prod", true);
    traffic(&mut stage, 0, 2, |_| Hour::of(200));
    // Hour 2 is silent, hour 3 is served and not captured.
    stage.inner().set_traffic("churn-prod", "AllTraffic", START + 2 * HOUR, 0);
    stage.inner().set_traffic("churn-prod", "AllTraffic", START + 3 * HOUR, 150);
    stage.advance(START + 3 * HOUR + 900);
    assert_eq!(lines(&stage)[0].state, State::NoData);
    assert_eq!(stage.alerts(), Vec::<String>::new());
    stage.advance(START + 4 * HOUR + 900);
    assert_eq!(lines(&stage)[0].state, State::Error);
    insta::assert_snapshot!(stage.alerts().join("\n"), @r"[ERROR] churn-prod/AllTraffic: the endpoint is invoked, but nothing is captured since 03:00Z");
}

#[test]
fn removed_endpoint_closes_incidents_and_keeps_reports() {
    let mut stage = Stage::new();
    stage.serve("churn-prod", true);
    traffic(&mut stage, 0, 3, |at| Hour { scale: (at == 2).then_some(100.0), ..Hour::of(400) });
    stage.advance(START + 3 * HOUR + 900);
    assert_eq!(stage.alerts().len(), 1);
    stage.inner().remove_endpoint("churn-prod");
    stage.advance(START + 5 * HOUR);
    insta::assert_snapshot!(stage.alerts().join("\n"), @r"
    [CRITICAL] churn-prod/AllTraffic: amount arrives 100 times too large since 02:00Z
    [RESOLVED] churn-prod/AllTraffic: no longer: amount arrives 100 times too large
    ");
    assert_eq!(stage.refusals, Vec::<String>::new());
    assert!(pollster::block_on(stage.shelves.endpoint("churn-prod")).unwrap().is_none());
    assert_eq!(lines(&stage), []);
    assert_eq!(keys(&stage, "report.html").len(), 3);
}

#[test]
fn opted_out_endpoint_is_left_alone() {
    let mut stage = Stage::new();
    let mut endpoint = stage.endpoint("churn-prod", false);
    endpoint.tags.insert("vigil:enabled".into(), "false".into());
    stage.inner().set_endpoint(endpoint);
    stage.advance(START + 2 * HOUR);
    assert_eq!(lines(&stage)[0].phase, Phase::OptedOut);
    assert_eq!(stage.alerts(), Vec::<String>::new());
}

#[test]
fn recreated_endpoint_starts_anew() {
    let mut stage = Stage::new();
    stage.serve("churn-prod", true);
    traffic(&mut stage, 0, 3, |at| Hour { scale: (at == 2).then_some(100.0), ..Hour::of(400) });
    stage.advance(START + 3 * HOUR + 900);
    let mut endpoint = stage.endpoint("churn-prod", true);
    endpoint.created_ms = stage.now * 1000;
    stage.inner().set_endpoint(endpoint);
    traffic(&mut stage, 4, 7, |_| Hour::of(400));
    insta::assert_snapshot!(stage.alerts().join("\n"), @r"
    [CRITICAL] churn-prod/AllTraffic: amount arrives 100 times too large since 02:00Z
    [RESOLVED] churn-prod/AllTraffic: no longer: amount arrives 100 times too large
    ");
    assert_eq!(stage.refusals, Vec::<String>::new());
    assert_eq!(lines(&stage)[0].state, State::Ok);
}

#[test]
fn late_capture_changes_the_verdict() {
    let mut stage = Stage::new();
    stage.serve("churn-prod", true);
    traffic(&mut stage, 0, 2, |_| Hour::of(200));
    stage.advance(START + 2 * HOUR + 900);
    // What was captured in hour 1 arrives an hour late, and is wrong.
    stage.capture("churn-prod", START + HOUR + 1, Hour { scale: Some(100.0), ..Hour::of(200) });
    traffic(&mut stage, 2, 3, |_| Hour::of(200));
    stage.advance(START + 3 * HOUR + 900);
    insta::assert_snapshot!(stage.alerts().join("\n"), @r"[CRITICAL] churn-prod/AllTraffic: half of amount lies outside the baseline's range since 01:00Z");
}

#[test]
fn captured_traffic_becomes_the_reference() {
    let settings = "defaults:\n  baseline:\n    source: captured-traffic\n    min_rows: 500\n";
    let mut stage = Stage::with(settings);
    stage.serve("churn-prod", true);
    traffic(&mut stage, 0, 8, |at| Hour { scale: (at == 6).then_some(100.0), ..Hour::of(300) });
    stage.advance(START + 8 * HOUR + 900);
    let promoted: Vec<_> =
        stage.posted.iter().filter(|it| matches!(it, SuiteEvent::BaselinePromoted(_))).collect();
    assert_eq!(promoted.len(), 1, "traffic that became the reference stays it");
    insta::assert_snapshot!(stage.alerts().join("\n"), @r"[CRITICAL] churn-prod/AllTraffic: _c2 arrives 100 times too large since 06:00Z");
}

#[test]
fn missing_training_data_is_held_and_told() {
    let mut stage = Stage::with(
        "defaults:\n  baseline:\n    training_data_s3_uri: s3://ml-training/other.csv\n",
    );
    stage.serve("churn-prod", true);
    stage.advance(START + 600);
    let held = stage.posted.iter().find_map(|it| match it {
        SuiteEvent::BaselineHeld(it) => it.reason.clone(),
        _ => None,
    });
    assert_eq!(held.as_deref(), Some("there are no objects under s3://ml-training/other.csv"));
}

#[test]
fn sagemaker_verdict_alerts_on_every_violation() {
    let mut stage = Stage::with(
        "defaults:\n  verdict: sagemaker\n  baseline:\n    training_data_s3_uri: s3://ml-training/churn.csv\n",
    );
    stage.serve("churn-prod", true);
    traffic(&mut stage, 0, 3, |at| Hour {
        no_plan: if at == 1 { 0.02 } else { 0.0 },
        ..Hour::of(400)
    });
    stage.advance(START + 3 * HOUR + 900);
    insta::assert_snapshot!(stage.alerts().join("\n"), @r"[WARNING] churn-prod/AllTraffic: 1.7 % more of plan is missing since 01:00Z");
}
