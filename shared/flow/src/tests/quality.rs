//! Model quality by the native engine: labels, estimates, late labels.

use super::stage::{HOUR, START, Stage};
use crate::{Analyzed, Done};
use engine::event::SuiteEvent;
use engine::finding::State;
use engine::monitor::{Monitor, MonitorType};
use engine::window::Window;
use ports::{Address, Execution, Executions, Work, WrittenObject};
use std::fmt::Write as _;

const SETTINGS: &str = r#"
defaults:
  data_quality: {enabled: false}
  ground_truth: {s3_uri: "s3://labels/in", min_coverage: 0.6, settle: 0s}
  model_quality:
    enabled: true
    problem_type: BinaryClassification
    probability_attribute: "0"
    probability_threshold_attribute: 0.5
    ground_truth_attribute: label
    training_data_s3_uri: s3://ml-training/predictions.csv
"#;
const ENDPOINT: &str = "churn-prod";

/// What the model is like in one hour.
#[derive(Clone, Copy)]
enum Model {
    /// It says the probability that is.
    Right,
    /// The world turned: what it is sure of is as often wrong.
    Turned,
    /// It is sure of nothing any more, and says so.
    Unsure,
}

struct Scene {
    stage: Stage,
    random: u64,
}

impl Scene {
    fn new(settings: &str) -> Self {
        let mut scene = Self { stage: Stage::with(settings), random: 7 };
        let mut csv = String::from("probability,label\n");
        for _ in 0..4000 {
            let (score, label) = scene.row(Model::Right);
            let _ = writeln!(csv, "{score:.4},{label}");
        }
        let at = Address::new("ml-training", "predictions.csv");
        scene.stage.inner().set_object(&at, csv);
        scene.stage.serve(ENDPOINT, true);
        scene.stage.ask(Work::ReconcileEndpoint { endpoint: ENDPOINT.into() });
        scene.stage.settle();
        scene
    }

    fn uniform(&mut self) -> f64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A score at one of its two ends, and a label by the probability it tells.
    fn row(&mut self, model: Model) -> (f64, u8) {
        let (side, near) = (self.uniform(), self.uniform());
        let score = match model {
            Model::Unsure => 0.4 + 0.2 * near,
            _ if side < 0.4 => 0.75 + 0.25 * near,
            _ => 0.25 * near,
        };
        let truth = if matches!(model, Model::Turned) { 0.5 } else { score };
        (score, u8::from(self.uniform() < truth))
    }

    /// Captures an hour, and returns its labels, one line a prediction.
    fn capture(&mut self, hour: i64, rows: usize, model: Model) -> Vec<String> {
        let start = START + hour * HOUR;
        let (mut lines, mut labels) = (String::new(), Vec::new());
        for at in 0..rows {
            let (score, label) = self.row(model);
            let time = jiff::Timestamp::from_second(start + at as i64 % HOUR).expect("time");
            let _ = writeln!(
                lines,
                r#"{{"captureData":{{"endpointInput":{{"observedContentType":"text/csv","mode":"INPUT","data":"41,3","encoding":"CSV"}},"endpointOutput":{{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT","data":"{score:.4}","encoding":"CSV"}}}},"eventMetadata":{{"eventId":"e-{hour}-{at}","inferenceId":"order-{hour}-{at}","inferenceTime":"{time}"}},"eventVersion":"0"}}"#,
            );
            labels.push(format!("order-{hour}-{at},{label}"));
        }
        let folder = jiff::Timestamp::from_second(start).expect("time").strftime("%Y/%m/%d/%H");
        let key = format!("capture/{ENDPOINT}/AllTraffic/{folder}/20-48-871-{start}.jsonl");
        self.put(Address::new("ml-capture", key), lines);
        self.stage.inner().set_traffic(ENDPOINT, "AllTraffic", start, rows as u64);
        labels
    }

    fn label(&mut self, name: &str, labels: &[String]) {
        let file = format!("id,label\n{}\n", labels.join("\n"));
        self.put(Address::new("labels", format!("in/{name}.csv")), file);
    }

    fn put(&mut self, at: Address, text: String) {
        self.stage.inner().set_object(&at, text);
        let written_at = Some(self.stage.now);
        let object = WrittenObject { at, etag: None, sequencer: None, written_at };
        self.stage.ask(Work::MergeObject { object });
        self.stage.settle();
    }

    /// Plays an hour whose labels, or a part of them, come at once.
    fn hour(&mut self, hour: i64, model: Model, labelled: f64) -> Vec<String> {
        let labels = self.capture(hour, 400, model);
        let many = (labels.len() as f64 * labelled) as usize;
        if 0 < many {
            self.label(&format!("{hour}"), &labels[..many]);
        }
        self.stage.advance(START + (hour + 1) * HOUR);
        labels
    }

    fn monitor() -> Monitor {
        let kind = MonitorType::ModelQuality;
        Monitor { endpoint: ENDPOINT.into(), variant: "AllTraffic".into(), kind }
    }

    fn execution(&self, hour: i64) -> Execution {
        let window = Window { start: START + hour * HOUR, end: START + (hour + 1) * HOUR };
        let schedule = "churn-prod-model-quality";
        let monitor = Self::monitor();
        let found = self.stage.shelves.execution(&monitor, schedule, window);
        pollster::block_on(found).expect("read").expect("an execution")
    }

    fn files(&self, hour: i64) -> Vec<String> {
        let end = jiff::Timestamp::from_second(START + (hour + 1) * HOUR).expect("time");
        let folder = end.strftime("/churn-prod-model-quality/%Y/%m/%d/%H/").to_string();
        let all = self.stage.inner().objects().into_iter().map(|(at, _)| at.key);
        let of = all.filter_map(|key| Some(key.split_once(&folder)?.1.to_owned()));
        of.collect()
    }
}

#[test]
fn decayed_model_is_found_and_recovers() {
    let mut scene = Scene::new(SETTINGS);
    for hour in 0..12 {
        let model = if (3..6).contains(&hour) { Model::Turned } else { Model::Right };
        scene.hour(hour, model, 0.9);
    }
    scene.stage.advance(START + 13 * HOUR);
    assert_eq!(scene.stage.refusals, Vec::<String>::new());
    insta::assert_snapshot!(scene.stage.alerts().join("\n"), @r"
    [ERROR] churn-prod/AllTraffic: recall fell from 0.829 to 0.376, auc fell from 0.914... since 03:00Z
    [RESOLVED] churn-prod/AllTraffic: no longer: auc fell from 0.914 to 0.495, recall fell from 0.82...
    ");
    let states: Vec<&str> = (0..12).map(|it| scene.execution(it).judgement.state.word()).collect();
    assert_eq!(states[..3], ["ok"; 3]);
    assert_eq!(states[3..6], ["drift"; 3]);
    assert_eq!(states[6..], ["ok"; 6]);
    assert!(0 < scene.execution(4).violations);
    let expect = [
        "constraint_violations.json",
        "constraints.json",
        "estimated_performance.json",
        "execution.json",
        "report.html",
        "statistics.json",
    ];
    assert_eq!(scene.files(4), expect);
}

#[test]
fn pending_labels_hold_the_verdict_until_they_come() {
    let mut scene = Scene::new(SETTINGS);
    scene.hour(0, Model::Right, 0.9);
    let second = scene.hour(1, Model::Turned, 0.3);
    let third = scene.hour(2, Model::Turned, 0.0);
    scene.stage.advance(START + 4 * HOUR);
    for (hour, words) in [
        (1, "labels pending: 120 of 400 predictions have one"),
        (2, "labels pending: 0 of 400 predictions have one"),
    ] {
        let held = scene.execution(hour);
        assert_eq!(held.why.as_deref(), Some(words));
        assert_eq!((held.judgement.state, held.violations), (State::TooLittleData, 0));
        assert!(!scene.files(hour).contains(&"statistics.json".to_owned()));
    }
    assert_eq!(scene.stage.alerts(), Vec::<String>::new());
    // The labels come three hours late, and both windows are judged again.
    scene.label("late-1", &second);
    scene.label("late-2", &third);
    scene.stage.advance(START + 5 * HOUR);
    assert_eq!(scene.stage.refusals, Vec::<String>::new());
    let late = scene.execution(2);
    assert_eq!((late.judgement.state, late.judgement.rows, late.why), (State::Drift, 400, None));
    assert_eq!(scene.stage.alerts().len(), 1, "{:?}", scene.stage.alerts());
}

#[test]
fn estimates_speak_once_they_came_true() {
    let mut scene = Scene::new(SETTINGS);
    for hour in 0..5 {
        scene.hour(hour, Model::Right, 0.9);
    }
    // From now on no label comes, and the model is unsure.
    for hour in 5..9 {
        scene.hour(hour, Model::Unsure, 0.0);
    }
    scene.stage.advance(START + 10 * HOUR);
    assert_eq!(scene.stage.refusals, Vec::<String>::new());
    insta::assert_snapshot!(scene.stage.alerts().join("\n"), @"[WARNING] churn-prod/AllTraffic: estimated auc fell from 0.914 to 0.535, estimated... since 05:00Z");
    let found = scene.execution(6).judgement;
    assert_eq!(found.state, State::Drift);
    assert!(found.findings.iter().all(|it| it.check.word() == "estimated_metric"));
}

#[test]
fn baseline_without_its_columns_is_held_in_words() {
    let check = |from: &str, to: &str, expect: &str| {
        let mut scene = Scene::new(&SETTINGS.replace(from, to));
        scene.stage.advance(START + 600);
        let held = scene.stage.posted.iter().find_map(|it| match it {
            SuiteEvent::BaselineHeld(it) => it.reason.clone(),
            _ => None,
        });
        assert_eq!(held.as_deref(), Some(expect));
    };
    check(
        "ground_truth_attribute: label",
        "ground_truth_attribute: churned",
        "there is no column churned in the data",
    );
    check(
        "    ground_truth_attribute: label\n",
        "",
        "set model_quality.ground_truth_attribute to the column of the labels",
    );
}

#[test]
fn merged_traffic_becomes_the_reference() {
    let settings = SETTINGS
        .replace("    training_data_s3_uri: s3://ml-training/predictions.csv\n", "")
        + "  baseline: {source: captured-traffic, min_rows: 700}\n";
    let mut scene = Scene::new(&settings);
    for hour in 0..8 {
        let model = if hour < 4 { Model::Right } else { Model::Turned };
        scene.hour(hour, model, 1.0);
    }
    scene.stage.advance(START + 9 * HOUR);
    assert_eq!(scene.stage.refusals, Vec::<String>::new());
    let promoted = |it: &&SuiteEvent| matches!(it, SuiteEvent::BaselinePromoted(_));
    assert_eq!(scene.stage.posted.iter().filter(promoted).count(), 1);
    assert_eq!(scene.execution(5).judgement.state, State::Drift);
}

#[test]
fn same_window_again_changes_nothing() {
    let mut scene = Scene::new(SETTINGS);
    scene.hour(0, Model::Right, 0.9);
    scene.stage.advance(START + 2 * HOUR);
    let window = Window { start: START, end: START + HOUR };
    let again = Work::AnalyzeWindow { monitor: Scene::monitor(), window };
    let before = scene.execution(0);
    match scene.stage.once(&again) {
        Ok(Done::Analyzed(Analyzed::Unchanged { state })) => assert_eq!(state, State::Ok),
        other => panic!("{other:?}"),
    }
    assert_eq!(scene.execution(0), before);
}
