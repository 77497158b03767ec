//! Baselines that differ too much from the one in force, by type.

use super::stage::{CANARY, Stage};
use crate::{Done, Rebuilt};
use engine::monitor::{Monitor, MonitorType};
use ports::{Address, BaselineJobs, HeldBaseline, Work};
use settings::Settings;
use std::fmt::Write as _;

const QUALITY: &str = "
  model_quality:
    enabled: true
    training_data_s3_uri: s3://ml-training/rows.csv
    problem_type: BinaryClassification
    inference_attribute: said
    ground_truth_attribute: came
";
const ERRORS: &str = "
  model_quality:
    enabled: true
    training_data_s3_uri: s3://ml-training/rows.csv
    problem_type: Regression
    inference_attribute: said
    ground_truth_attribute: came
";
const BIAS: &str = r#"
  model_bias:
    enabled: true
    training_data_s3_uri: s3://ml-training/rows.csv
    label_header: approved
    label_values: ["1"]
    facet_name: group
    facet_values: [canary-7f3a]
"#;
const EXPLAINED: &str = r#"
  model_explainability:
    enabled: true
    training_data_s3_uri: s3://ml-training/rows.csv
    model_s3_uri: s3://ml-models/churn.json
    shap_baseline: "[[0, 0, 0]]"
"#;
const MODEL: &str =
    r#"{"linear":{"objective":"binary:logistic","intercept":0.5,"weights":[2,1,0.5]}}"#;

fn settings(of: &str, more: &str) -> String {
    let labels = "  ground_truth: {s3_uri: \"s3://labels/in\"}\n";
    format!(
        "defaults:\n  engine: native\n  data_quality: {{enabled: false}}\n{labels}  baseline: {{max_change: 0.3{more}}}{of}"
    )
}

struct Scene {
    stage: Stage,
    monitor: Monitor,
    of: &'static str,
}

impl Scene {
    /// A monitor whose first baseline, of these rows, is in force.
    fn new(of: &'static str, kind: MonitorType, rows: &str) -> Self {
        let monitor = Monitor { endpoint: "churn-prod".into(), variant: "AllTraffic".into(), kind };
        let mut stage = Stage::with(&settings(of, ""));
        stage.serve("churn-prod", true);
        stage.inner().set_object(&Address::new("ml-models", "churn.json"), MODEL);
        stage.inner().set_object(&Address::new("ml-training", "rows.csv"), rows);
        stage.ask(Work::ReconcileEndpoint { endpoint: "churn-prod".into() });
        stage.settle();
        let mut scene = Self { stage, monitor, of };
        assert!(matches!(scene.rebuild(), Rebuilt::Unchanged { .. }), "the first is in force");
        scene
    }

    fn rebuild(&mut self) -> Rebuilt {
        let work = Work::RebuildBaseline { monitor: self.monitor.clone() };
        match self.stage.once(&work) {
            Ok(Done::Rebuilt(it)) => it,
            other => panic!("{other:?}"),
        }
    }

    fn train(&mut self, rows: &str) -> Rebuilt {
        self.stage.inner().set_object(&Address::new("ml-training", "rows.csv"), rows);
        self.rebuild()
    }

    fn held(&self) -> HeldBaseline {
        let held = pollster::block_on(self.stage.shelves.held(&self.monitor));
        held.expect("read").expect("held").value
    }

    /// Expects other rows to be held in words, and to be taken once a person says so.
    #[track_caller]
    fn holds(&mut self, rows: &str, expect: &str) {
        let Rebuilt::Held { why } = self.train(rows) else { panic!("not held") };
        assert_eq!(why, format!("it differs from the baseline in force: {expect}"));
        let held = self.held();
        assert_eq!(held.why, why);
        assert!(!held.changes.is_empty() && !format!("{held:?}").contains(CANARY), "{held:?}");
        let accepted = settings(self.of, &format!(", accept_version: {}", held.version));
        self.stage.settings = Settings::parse(&accepted).expect("settings");
        assert_eq!(self.rebuild(), Rebuilt::Promoted { version: held.version });
    }
}

/// A table of predictions that are right in so many of ten rows.
fn right(tenths: u32) -> String {
    let mut csv = String::from("said,came\n");
    for at in 0..1000 {
        let came = at / 10 % 2;
        let said = if at % 10 < tenths { came } else { 1 - came };
        let _ = writeln!(csv, "{said},{came}");
    }
    csv
}

#[test]
fn quality_that_moved_is_held() {
    let mut scene = Scene::new(QUALITY, MonitorType::ModelQuality, &right(9));
    // Of ten rows nine are right, then seven, in both classes.
    let moved = |name: &str| format!("{name} fell from 0.900 to 0.700");
    let three = ["accuracy", "f1", "precision"].map(moved).join("; ");
    scene.holds(&right(7), &format!("{three}, and 2 more"));
    let mut near = Scene::new(QUALITY, MonitorType::ModelQuality, &right(9));
    assert!(matches!(near.train(&right(10)), Rebuilt::Promoted { .. }), "0.1 is not above 0.1");
}

#[test]
fn errors_are_compared_by_their_share() {
    let off = |by: f64| {
        let mut csv = String::from("said,came\n");
        for at in 0..500 {
            let sign = if at % 2 == 0 { by } else { -by };
            let _ = writeln!(csv, "{},{at}", f64::from(at) + sign);
        }
        csv
    };
    let mut scene = Scene::new(ERRORS, MonitorType::ModelQuality, &off(100.0));
    assert!(matches!(scene.train(&off(105.0)), Rebuilt::Promoted { .. }));
    let Rebuilt::Held { why } = scene.train(&off(126.0)) else { panic!("not held") };
    assert!(why.contains("rmse rose from 105.0 to 126.0"), "{why}");
    assert_eq!(scene.held().changes[0].effect, 0.2);
}

#[test]
fn other_problem_is_held() {
    let mut scene = Scene::new(QUALITY, MonitorType::ModelQuality, &right(9));
    scene.of = ERRORS;
    scene.stage.settings = Settings::parse(&settings(ERRORS, "")).expect("settings");
    let why = "it is of a Regression, the one in force of a BinaryClassification";
    scene.holds(&right(9), why);
}

/// A table in which one group is approved in five of ten rows, and the other in so many.
fn approved(tenths: u32) -> String {
    let mut csv = String::from("age,group,approved\n");
    for at in 0..1000 {
        let (group, most) = if at / 10 % 2 == 0 { (CANARY, tenths) } else { ("b", 5) };
        let _ = writeln!(csv, "{},{group},{}", at % 50, u32::from(at % 10 < most));
    }
    csv
}

#[test]
fn bias_that_moved_is_held_without_its_group() {
    let mut scene = Scene::new(BIAS, MonitorType::ModelBias, &approved(5));
    scene.holds(&approved(2), "DPL of group rose from 0.000 to 0.300");
    let mut near = Scene::new(BIAS, MonitorType::ModelBias, &approved(5));
    assert!(matches!(near.train(&approved(4)), Rebuilt::Promoted { .. }));
}

#[test]
fn other_facet_is_another_question() {
    let mut scene = Scene::new(BIAS, MonitorType::ModelBias, &approved(5));
    let other = BIAS.replace("[canary-7f3a]", "[b]");
    scene.stage.settings = Settings::parse(&settings(&other, "")).expect("settings");
    assert!(matches!(scene.rebuild(), Rebuilt::Promoted { .. }));
}

fn customers(minutes: f64, columns: &str) -> String {
    let mut csv = format!("{columns}\n");
    for at in 0..300 {
        let near = f64::from(at % 7) / 100.0;
        let _ = writeln!(csv, "{},{},{}", minutes + near * minutes, 1.0 + near, 1.0 + near);
    }
    csv
}

#[test]
fn lost_order_of_features_is_held() {
    let rows = |minutes| customers(minutes, "minutes,calls,age");
    let mut scene = Scene::new(EXPLAINED, MonitorType::ModelExplainability, &rows(1.0));
    // Attributions 2, 1, 0.5 before and 0, 1, 0.5 now: scikit-learn's ndcg_score says 0.8037.
    let ranks = "minutes from rank 1 to 3, calls from rank 2 to 1, age from rank 3 to 2";
    scene.holds(&rows(0.0), &format!("nDCG of label0 is 0.804: {ranks}"));
    let mut near = Scene::new(EXPLAINED, MonitorType::ModelExplainability, &rows(1.0));
    assert!(matches!(near.train(&rows(0.9)), Rebuilt::Promoted { .. }));
}

#[test]
fn renamed_feature_is_held() {
    let mut scene = Scene::new(
        EXPLAINED,
        MonitorType::ModelExplainability,
        &customers(1.0, "minutes,calls,age"),
    );
    scene.holds(
        &customers(1.0, "minutes,calls,years"),
        "age is explained no more; years was not explained before",
    );
}
