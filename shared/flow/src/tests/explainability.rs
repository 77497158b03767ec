//! Model explainability by the native engine.

use super::labelled::{Row, Scene};
use super::stage::{HOUR, START};
use engine::event::SuiteEvent;
use engine::finding::State;
use engine::monitor::MonitorType;
use ports::Address;
use std::fmt::Write as _;

const SETTINGS: &str = r#"
defaults:
  data_quality: {enabled: false}
  model_explainability:
    enabled: true
    training_data_s3_uri: s3://ml-training/rows.csv
    headers: [left, minutes, calls, age]
    label_header: left
    model_s3_uri: s3://ml-models/churn.json
    shap_baseline: "[[0, 0, 0]]"
"#;

const MODEL: &str =
    r#"{"linear":{"objective":"binary:logistic","intercept":0.5,"weights":[2,1,0.5]}}"#;

/// Cells of a customer; `minutes` are what the model looks at most, unless they are gone.
fn customer(scene: &mut Scene, minutes: f64) -> String {
    let [first, second, third] = [scene.uniform(), scene.uniform(), scene.uniform()];
    format!("{:.3},{second:.3},{third:.3}", minutes * first)
}

fn scene(settings: &str) -> Scene {
    let mut scene = Scene::new(settings, MonitorType::ModelExplainability);
    let mut csv = String::from("left,minutes,calls,age\n");
    for at in 0..2000 {
        let cells = customer(&mut scene, 1.0);
        let _ = writeln!(csv, "{},{cells}", at % 2);
    }
    scene.stage.inner().set_object(&Address::new("ml-training", "rows.csv"), csv);
    scene.stage.inner().set_object(&Address::new("ml-models", "churn.json"), MODEL);
    scene.start()
}

fn play(hours: i64, minutes: impl Fn(i64) -> f64) -> Scene {
    let mut scene = scene(SETTINGS);
    for hour in 0..hours {
        let rows = (0..300).map(|_| {
            let input = customer(&mut scene, minutes(hour));
            Row { input, score: 0.5, label: 0 }
        });
        let rows: Vec<Row> = rows.collect();
        let _labels = scene.capture_rows(hour, &rows);
        scene.stage.advance(START + (hour + 1) * HOUR);
    }
    scene.stage.advance(START + (hours + 1) * HOUR);
    scene
}

#[test]
fn lost_feature_is_found_and_comes_back() {
    let scene = play(10, |hour| if (3..6).contains(&hour) { 0.0 } else { 1.0 });
    assert_eq!(scene.stage.refusals, Vec::<String>::new());
    let states: Vec<State> = (0..10).map(|it| scene.execution(it).judgement.state).collect();
    assert!(states[3..6].iter().all(|it| *it == State::Drift), "{states:?}");
    assert!(states[..3].iter().chain(&states[6..]).all(|it| *it == State::Ok), "{states:?}");
    let expect = ["analysis.json", "constraint_violations.json", "execution.json", "report.html"];
    assert_eq!(scene.files(4), expect);
    // Mean values 1, 0.5, 0.25 before and 0, 0.5, 0.25 now: scikit-learn's ndcg_score says 0.804.
    let effect = scene.execution(4).judgement.findings[0].effect;
    assert!((effect.value - (0.9 - 0.804)).abs() < 0.01, "{effect:?}");
    assert_eq!(scene.execution(4).violations, 1);
    let alerts = scene.stage.alerts();
    assert_eq!(alerts.len(), 2, "{alerts:?}");
    assert!(alerts[0].contains("nDCG of label0"), "{alerts:?}");
    let (alert, _) = scene.stage.inner().alerts().remove(0);
    let moved = "  label0: minutes from rank 1 to 3, calls from rank 2 to 1, age from rank 3 to 2";
    assert!(alert.text.lines().any(|it| it == moved), "{}", alert.text);
}

#[test]
fn same_traffic_raises_no_alert() {
    let scene = play(6, |_| 1.0);
    assert_eq!(scene.stage.alerts(), Vec::<String>::new());
    assert_eq!(scene.execution(3).violations, 0);
}

#[test]
fn lost_model_makes_its_monitor_blind() {
    let mut scene = scene(SETTINGS);
    let place = Address::new("ml-models", "churn.json");
    for hour in 0..9 {
        match hour {
            2 => scene.stage.inner().set_object(&place, "{}"),
            5 => scene.stage.inner().set_object(&place, MODEL),
            _ => {}
        }
        let rows = (0..300).map(|_| {
            let input = customer(&mut scene, 1.0);
            Row { input, score: 0.5, label: 0 }
        });
        let rows: Vec<Row> = rows.collect();
        let _labels = scene.capture_rows(hour, &rows);
        scene.stage.advance(START + (hour + 1) * HOUR);
    }
    scene.stage.advance(START + 10 * HOUR);
    let states: Vec<State> = (0..9).map(|it| scene.execution(it).judgement.state).collect();
    let failed = (0..9).filter(|it| states[*it] == State::Error);
    assert_eq!(failed.collect::<Vec<usize>>(), [1, 2, 3], "{states:?}");
    let alerts = scene.stage.inner().alerts();
    // The second run in a row that failed is graver than the first.
    let subjects: Vec<&str> = alerts.iter().map(|it| it.0.subject.as_str()).collect();
    insta::assert_snapshot!(subjects.join("\n"), @r"
    [WARNING] churn-prod/AllTraffic: model explainability is not monitored: model: it h... since 01:00Z
    [ERROR] churn-prod/AllTraffic: model explainability is not monitored: model: it has... since 01:00Z
    [RESOLVED] churn-prod/AllTraffic: no longer: 3 runs failed one after the other
    ");
    let text = &alerts[0].0.text;
    assert!(text.contains("What      the monitor is blind, warning, opened\n"), "{text}");
    assert!(text.contains("  - mend what it says, in the settings or in the bucket"), "{text}");
}

#[test]
fn model_that_cannot_be_read_is_told_in_words() {
    let cases = [
        (
            SETTINGS.replace("    model_s3_uri: s3://ml-models/churn.json\n", ""),
            "set model_explainability.model_s3_uri",
        ),
        (
            SETTINGS.replace("churn.json", "other.json"),
            "there is no object s3://ml-models/other.json",
        ),
        (SETTINGS.replace("[[0, 0, 0]]", "[[0, 0]]"), "a row has 2 features where 3 are expected"),
    ];
    for (settings, expect) in cases {
        let mut scene = scene(&settings);
        scene.stage.advance(START + 600);
        let held = scene.stage.posted.iter().find_map(|it| match it {
            SuiteEvent::BaselineHeld(it) => it.reason.clone(),
            _ => None,
        });
        assert!(held.as_deref().is_some_and(|it| it.starts_with(expect)), "{held:?}");
    }
}
