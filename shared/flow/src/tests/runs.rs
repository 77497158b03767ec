//! What SageMaker's executions found, and what people hear of it.

use super::monitors::{converge, stage};
use super::stage::{HOUR, START, Stage};
use crate::{Alerted, Done};
use engine::finding::State;
use engine::monitor::{Monitor, MonitorType};
use ports::{
    Address, Cluster, ExecutionStatus, Executions, JobSpec, JobStatus, MonitoringExecution,
    ProcessingJob, StatusBoard, Work,
};
use std::collections::BTreeMap;

const MADE: &str = r#"
defaults:
  engine: sagemaker
  verdict: sagemaker
  data_quality: {baseline_s3_uri: "s3://made/dq/"}
  model_quality: {enabled: true, baseline_s3_uri: "s3://made/mq", ground_truth_s3_uri: "s3://labels/in/"}
"#;
const DATA: &str = "vigil-churn-prod-data-quality";
const QUALITY: &str = "vigil-churn-prod-model-quality";

fn ready() -> Stage {
    let mut stage = stage(MADE);
    stage.serve("churn-prod", true);
    converge(&mut stage);
    stage.collect();
    stage
}

/// Ends the execution of the hour `at` as SageMaker would list it.
fn ran(stage: &Stage, schedule: &str, at: i64, status: ExecutionStatus, failure: Option<&str>) {
    let job = format!("job-{schedule}-{at}");
    let arn = format!("arn:aws:sagemaker:eu-west-1:111122223333:processing-job/{job}");
    stage.inner().set_execution(MonitoringExecution {
        schedule: schedule.into(),
        endpoint: Some("churn-prod".into()),
        kind: None,
        definition: None,
        scheduled_at: at,
        created_at: at + 300,
        modified_at: at + 600,
        status,
        job: Some(arn.clone()),
        failure: failure.map(str::to_owned),
    });
    let spec = JobSpec {
        name: job.clone(),
        image: String::new(),
        entrypoint: Vec::new(),
        arguments: Vec::new(),
        environment: BTreeMap::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        output_key: None,
        cluster: Cluster::default(),
        network: ports::JobNetwork::default(),
        role: String::new(),
        max_runtime_seconds: None,
        tags: BTreeMap::new(),
    };
    let done = ProcessingJob {
        name: job,
        arn,
        status: JobStatus::Completed,
        exit_message: None,
        failure: None,
        schedule: Some(format!(
            "arn:aws:sagemaker:eu-west-1:111122223333:monitoring-schedule/{schedule}"
        )),
        image: String::new(),
        environment: BTreeMap::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        cluster: Cluster::default(),
        created_ms: 0,
        started_ms: None,
        ended_ms: None,
    };
    stage.inner().set_job(spec, done);
}

fn violations(stage: &Stage, schedule: &str, at: i64, file: &str, text: &str) {
    let folder = jiff::Timestamp::from_second(at).expect("time").strftime("%Y/%m/%d/%H");
    let key = format!("vigil/reports/churn-prod/{schedule}/{folder}/{file}");
    stage.inner().set_object(&Address::new("vigil", key), text);
}

fn hear(stage: &mut Stage, schedule: &str, at: i64) -> Alerted {
    stage.now = stage.now.max(at + 900);
    match stage.once(&Work::AlertJob { job: format!("job-{schedule}-{at}") }) {
        Ok(Done::Alerted(it)) => it,
        other => panic!("{other:?}"),
    }
}

fn state(stage: &Stage, schedule: &str, kind: MonitorType, at: i64) -> State {
    let monitor = Monitor { endpoint: "churn-prod".into(), variant: "AllTraffic".into(), kind };
    let window = engine::window::Window { start: at - HOUR, end: at };
    let found = pollster::block_on(stage.shelves.execution(&monitor, schedule, window));
    found.expect("read").expect("an execution").judgement.state
}

const DRIFT: &str = r#"{"violations":[{"feature_name":"age","constraint_check_type":"completeness_check",
    "description":"Data completeness 40% is less than required 100%"}]}"#;
const METRIC: &str = r#"{"violations":[{"metric_name":"recall","constraint_check_type":"LessThanThreshold",
    "description":"Metric recall with 0.71 was LessThanThreshold 0.78"}]}"#;

#[test]
fn defect_19_violations_become_one_alert() {
    for file in ["constraint_violations.json", "constraints_violations.json"] {
        let mut stage = ready();
        let at = START + HOUR;
        violations(&stage, DATA, at, file, DRIFT);
        ran(&stage, DATA, at, ExecutionStatus::CompletedWithViolations, None);
        assert_eq!(hear(&mut stage, DATA, at).told.len(), 1);
        let alerts = stage.alerts();
        assert!(alerts[0].contains("age is missing"), "{alerts:?}");
        assert_eq!(hear(&mut stage, DATA, at).told.len(), 0, "a second event tells nothing");
        assert_eq!(stage.alerts().len(), 1);
    }
}

#[test]
fn metrics_of_the_model_are_named() {
    let mut stage = ready();
    let at = START + HOUR;
    violations(&stage, QUALITY, at, "constraint_violations.json", METRIC);
    ran(&stage, QUALITY, at, ExecutionStatus::CompletedWithViolations, None);
    hear(&mut stage, QUALITY, at);
    let alerts = stage.alerts();
    assert!(alerts[0].contains("recall fell from 0.780 to 0.710 since"), "{alerts:?}");
}

#[test]
fn figures_open_incidents_of_their_own_family() {
    let mut stage = ready();
    let at = START + HOUR;
    violations(&stage, QUALITY, at, "constraint_violations.json", METRIC);
    ran(&stage, QUALITY, at, ExecutionStatus::CompletedWithViolations, None);
    hear(&mut stage, QUALITY, at);
    let (alert, _) = stage.inner().alerts().remove(0);
    assert!(alert.attributes.contains(&("family", "quality".to_owned())), "{alert:?}");
    assert!(alert.text.contains("the model's answers are worse than its baseline"));
    assert!(alert.text.contains("compare the labels"), "{}", alert.text);
    // Data quality is well all the while: it says nothing of the model.
    for hour in 1..5 {
        let at = START + hour * HOUR;
        ran(&stage, DATA, at, ExecutionStatus::Completed, None);
        hear(&mut stage, DATA, at);
    }
    let solved = |it: &String| it.starts_with("[RESOLVED]");
    assert!(!stage.alerts().iter().any(solved), "{:?}", stage.alerts());
}

#[test]
fn monitor_that_sees_hides_no_blind_one() {
    let mut stage = ready();
    let said = Some("AlgorithmError: exit code: 137");
    for hour in 1..6 {
        let at = START + hour * HOUR;
        let failed = hour < 3;
        let status = if failed { ExecutionStatus::Failed } else { ExecutionStatus::Completed };
        ran(&stage, QUALITY, at, status, said.filter(|_| failed));
        ran(&stage, DATA, at, ExecutionStatus::Completed, None);
        let order = if hour % 2 == 0 { [QUALITY, DATA] } else { [DATA, QUALITY] };
        for schedule in order {
            hear(&mut stage, schedule, at);
        }
    }
    let alerts = stage.alerts();
    assert!(alerts[0].contains("model quality is not monitored"), "{alerts:?}");
    assert!(alerts.last().is_some_and(|it| it.starts_with("[RESOLVED]")), "{alerts:?}");
    assert!(alerts.len() <= 3, "it opens and resolves once: {alerts:?}");
}

#[test]
fn completed_without_violations_is_well() {
    for text in [None, Some(""), Some(r#"{"violations":[]}"#)] {
        let mut stage = ready();
        let at = START + HOUR;
        if let Some(text) = text {
            violations(&stage, DATA, at, "constraint_violations.json", text);
        }
        ran(&stage, DATA, at, ExecutionStatus::Completed, None);
        assert_eq!(hear(&mut stage, DATA, at), Alerted { folded: 1, told: Vec::new() });
        assert_eq!(state(&stage, DATA, MonitorType::DataQuality, at), State::Ok);
    }
}

#[test]
fn failed_runs_are_blind_with_the_fix() {
    let mut stage = ready();
    for at in [START + HOUR, START + 2 * HOUR] {
        let said = Some("AlgorithmError: exit code: 137");
        ran(&stage, DATA, at, ExecutionStatus::Failed, said);
        hear(&mut stage, DATA, at);
        assert_eq!(state(&stage, DATA, MonitorType::DataQuality, at), State::Error);
    }
    let alerts = stage.inner().alerts();
    assert!(!alerts.is_empty());
    for (alert, _) in &alerts {
        assert!(alert.text.contains("the monitor is blind"), "{}", alert.text);
        assert!(alert.text.contains("ran out of memory"), "{}", alert.text);
        assert!(!alert.text.contains("drift of the inputs"), "{}", alert.text);
    }
}

#[test]
fn no_objects_without_traffic_is_idle() {
    let mut stage = ready();
    let at = START + HOUR;
    let said = Some("ClientError: No S3 objects found under S3 URL \"s3://ml-capture/capture/x\"");
    ran(&stage, DATA, at, ExecutionStatus::Failed, said);
    hear(&mut stage, DATA, at);
    assert_eq!(state(&stage, DATA, MonitorType::DataQuality, at), State::NoData);
    assert_eq!(stage.alerts(), Vec::<String>::new());
    // The same with traffic: captures are lost.
    let at = START + 2 * HOUR;
    stage.inner().set_traffic("churn-prod", "AllTraffic", at - HOUR, 500);
    ran(&stage, DATA, at, ExecutionStatus::Failed, said);
    hear(&mut stage, DATA, at);
    assert!(stage.alerts()[0].contains("nothing is captured"), "{:?}", stage.alerts());
}

#[test]
fn lost_event_is_found_by_the_sweep() {
    let mut stage = ready();
    let at = START + HOUR;
    violations(&stage, DATA, at, "constraint_violations.json", DRIFT);
    ran(&stage, DATA, at, ExecutionStatus::CompletedWithViolations, None);
    stage.advance(START + 3 * HOUR);
    assert!(stage.alerts().iter().any(|it| it.contains("age is missing")), "{:?}", stage.alerts());
    let lines = pollster::block_on(stage.shelves.status()).expect("status");
    assert_eq!(lines[0].monitors[0].done_through, at);
    assert_eq!(stage.refusals, Vec::<String>::new());
}

#[test]
fn execution_that_never_ran_is_blind() {
    let mut stage = ready();
    stage.advance(START + 5 * HOUR);
    let alerts = stage.inner().alerts();
    let text = &alerts.first().expect("an alert").0.text;
    assert!(text.contains("SageMaker ran no execution"), "{text}");
}

#[test]
fn windows_before_the_schedule_are_not_missed() {
    let mut stage = stage(MADE);
    stage.serve("churn-prod", true);
    // It takes SageMaker until a minute past the hour to have the schedules.
    stage.inner().set_clock((START + HOUR + 60) * 1000);
    converge(&mut stage);
    stage.collect();
    stage.advance(START + 3 * HOUR);
    assert_eq!(stage.alerts(), Vec::<String>::new());
    stage.advance(START + 5 * HOUR);
    let alerts = stage.inner().alerts();
    let text = &alerts.first().expect("an alert").0.text;
    assert!(text.contains("SageMaker ran no execution"), "{text}");
}

#[test]
fn jobs_of_others_are_passed_over() {
    let mut stage = ready();
    let done = stage.once(&Work::AlertJob { job: "somebody-elses".into() });
    assert!(matches!(done, Ok(Done::Alerted(it)) if it == Alerted::default()));
    ran(&stage, "theirs", START + HOUR, ExecutionStatus::Completed, None);
    assert_eq!(hear(&mut stage, "theirs", START + HOUR), Alerted::default());
}

#[test]
fn paused_suite_alerts_all_the_same() {
    let mut stage = ready();
    stage.settings =
        settings::Settings::parse(&format!("changes: paused\n{MADE}")).expect("settings");
    let at = START + HOUR;
    violations(&stage, DATA, at, "constraint_violations.json", DRIFT);
    ran(&stage, DATA, at, ExecutionStatus::CompletedWithViolations, None);
    let made = stage.inner().changes().len();
    assert_eq!(hear(&mut stage, DATA, at).told.len(), 1);
    assert_eq!(stage.inner().changes().len(), made);
}

#[test]
fn stuck_monitor_is_told_of() {
    let mut stage = stage(&MADE.replace(", ground_truth_s3_uri: \"s3://labels/in/\"", ""));
    stage.serve("churn-prod", true);
    converge(&mut stage);
    stage.settle();
    let alerts = stage.inner().alerts();
    let text = &alerts.first().expect("an alert").0.text;
    assert!(text.contains("model_quality.ground_truth_s3_uri is not set"), "{text}");
}

#[test]
fn defect_21_capture_that_does_not_deliver_blocks() {
    let mut stage = ready();
    for hour in 0..8 {
        stage.inner().set_traffic("churn-prod", "AllTraffic", START + hour * HOUR, 500);
    }
    stage.now = START + 7 * HOUR + 60;
    let look = Work::ReconcileEndpoint { endpoint: "churn-prod".into() };
    stage.once(&look).expect("a look");
    stage.settle();
    let alerts = stage.alerts();
    assert!(alerts.iter().any(|it| it.contains("requests come in and no capture")), "{alerts:?}");
    stage.capture("churn-prod", START + 7 * HOUR, super::stage::Hour::of(50));
    stage.once(&look).expect("a look");
    let lines = pollster::block_on(stage.shelves.status()).expect("status");
    assert_eq!(lines[0].phase, ports::Phase::Monitored);
}

#[test]
fn capture_is_switched_on_where_asked() {
    for (extra, expect) in [
        ("capture: {switch_on: true, destination_s3_uri: \"s3://ml-capture/new/\"}", true),
        ("capture: {destination_s3_uri: \"s3://ml-capture/new/\"}", false),
        (
            "changes: paused\n  capture: {switch_on: true, destination_s3_uri: \"s3://ml-capture/new/\"}",
            false,
        ),
    ] {
        let mut stage = Stage::with(&format!("defaults:\n  {extra}\n"));
        stage.serve("churn-prod", false);
        stage.ask(Work::ReconcileEndpoint { endpoint: "churn-prod".into() });
        stage.settle();
        let changes = stage.inner().changes();
        assert_eq!(changes.len(), if expect { 2 } else { 0 }, "{extra}: {changes:?}");
        if expect {
            let lines = pollster::block_on(stage.shelves.status()).expect("status");
            assert_eq!(lines[0].phase, ports::Phase::Monitored);
        }
    }
}
