//! Defects of the module that Vigil replaces (reference: features 3), where no
//! other test of this room is their home.

use super::monitors::{converge, stage};
use super::stage::{HOUR, Hour, START, Stage};
use crate::{Done, Rebuilt};
use engine::monitor::{Monitor, MonitorType};
use ports::{Phase, StatusBoard, Work};
use settings::{MonitorType as Of, Settings};

const TYPES: &str = r#"
defaults:
  engine: sagemaker
  baseline: {training_data_s3_uri: "s3://ml-training/churn.csv"}
  model_quality: {enabled: true, training_data_s3_uri: "s3://ml-training/scored.csv", ground_truth_s3_uri: "s3://labels/in", problem_type: BinaryClassification, inference_attribute: prediction, ground_truth_attribute: age}
"#;

#[test]
fn defect_08_each_type_has_a_table_of_its_own() {
    let mut stage = stage(TYPES);
    let training = ports::Address::new("ml-training", "churn.csv");
    let table = stage.inner().object(&training).expect("training data");
    stage.inner().set_object(&ports::Address::new("ml-training", "scored.csv"), table);
    stage.serve("churn-prod", true);
    converge(&mut stage);
    for kind in [MonitorType::DataQuality, MonitorType::ModelQuality] {
        let monitor = Monitor { endpoint: "churn-prod".into(), variant: "AllTraffic".into(), kind };
        let done = stage.once(&Work::RebuildBaseline { monitor });
        assert!(matches!(done, Ok(Done::Rebuilt(Rebuilt::Started { .. }))), "{done:?}");
    }
    let mut read: Vec<String> = stage
        .inner()
        .job_specs()
        .iter()
        .map(|it| it.inputs.first().expect("an input").s3_uri.clone())
        .collect();
    read.sort();
    assert_eq!(read, ["s3://ml-training/churn.csv", "s3://ml-training/scored.csv"]);
}

#[test]
fn defect_09_problem_type_has_one_default() {
    let plain = Settings::parse("").expect("settings").for_endpoint("churn-prod", &[]);
    let quality = &plain.monitor(Of::ModelQuality).quality;
    assert_eq!(quality.problem_type.as_deref(), Some("Regression"), "the module's, as documented");
    let table = settings::fields().iter().filter(|it| it.path.ends_with("problem_type"));
    assert_eq!(table.map(|it| it.default).collect::<Vec<_>>(), [Some("Regression")]);
}

#[test]
fn defect_20_one_suite_watches_every_endpoint() {
    let mut stage = Stage::new();
    for name in ["churn-prod", "churn-eu", "fraud"] {
        stage.serve(name, true);
    }
    stage.advance(START + HOUR / 2);
    let phases = |stage: &Stage| {
        let lines = pollster::block_on(stage.shelves.status()).expect("status");
        lines.into_iter().map(|it| (it.endpoint, it.phase)).collect::<Vec<_>>()
    };
    let monitored = |name: &str| (name.to_owned(), Phase::Monitored);
    assert_eq!(phases(&stage), ["churn-eu", "churn-prod", "fraud"].map(monitored));
    stage.inner().remove_endpoint("fraud");
    stage.advance(START + HOUR);
    assert_eq!(phases(&stage), ["churn-eu", "churn-prod"].map(monitored));
}

#[test]
fn defect_24_quiet_windows_cost_nothing() {
    let mut stage = Stage::with(
        "defaults:\n  baseline: {training_data_s3_uri: s3://ml-training/churn.csv}\n  \
         data_quality: {schedule_expression: \"cron(0 0/6 ? * * *)\"}\n",
    );
    stage.serve("churn-prod", true);
    stage.capture("churn-prod", START, Hour::of(400));
    stage.advance(START + 13 * HOUR);
    let reports = |stage: &Stage| {
        let all = stage.inner().objects().into_iter().map(|(at, _)| at.key);
        all.filter(|it| it.ends_with("/report.html")).count()
    };
    assert_eq!(reports(&stage), 1, "of two windows of six hours one had traffic");
    assert_eq!(stage.alerts(), Vec::<String>::new(), "an hour without traffic is no failure");
}

#[test]
fn defect_32_jobs_may_be_cut_off_and_encrypted() {
    let check = |isolate: bool, encrypt: bool| {
        let mut stage = stage(&format!(
            "defaults:\n  engine: sagemaker\n  network_isolation: {isolate}\n  \
             inter_container_encryption: {encrypt}\n  \
             data_quality: {{baseline_s3_uri: \"s3://made/dq\"}}\n"
        ));
        stage.serve("churn-prod", true);
        converge(&mut stage);
        let all = stage.inner().definitions();
        assert_eq!(all.len(), 1);
        let network = &all[0].network;
        assert_eq!((network.isolate, network.encrypt_traffic), (isolate, encrypt));
    };
    check(true, true);
    check(true, false);
    check(false, true);
    check(false, false);
}
