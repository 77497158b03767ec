//! Model quality by the native engine: labels, estimates, late labels.

use super::labelled::{Model, Scene};
use super::stage::{HOUR, START};
use crate::{Analyzed, Done};
use engine::event::SuiteEvent;
use engine::finding::State;
use engine::monitor::MonitorType;
use engine::window::Window;
use ports::{Address, Metric, Work};

pub(super) const SETTINGS: &str = r#"
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
fn scene(settings: &str) -> Scene {
    Scene::new(settings, MonitorType::ModelQuality).start()
}

#[test]
fn decayed_model_is_found_and_recovers() {
    let mut scene = scene(SETTINGS);
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
    let mut scene = scene(SETTINGS);
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
fn labels_days_late_still_open_an_incident() {
    let mut scene = scene(SETTINGS);
    scene.stage.sweep = 1800;
    let hours = |it: i64| if (6..9).contains(&it) { Model::Turned } else { Model::Right };
    let labels: Vec<Vec<String>> = (0..64).map(|it| scene.hour(it, hours(it), 0.0)).collect();
    assert_eq!(scene.stage.alerts(), Vec::<String>::new());
    for (hour, labels) in labels.iter().enumerate().take(10) {
        scene.label(&format!("late-{hour}"), labels);
    }
    scene.stage.advance(START + 66 * HOUR);
    assert_eq!(scene.stage.refusals, Vec::<String>::new());
    assert_eq!(scene.execution(7).judgement.state, State::Drift);
    let opened = scene.stage.alerts();
    assert!(opened.first().is_some_and(|it| it.contains("since 06:00Z")), "{opened:?}");
}

#[test]
fn estimates_speak_once_they_came_true() {
    let mut scene = scene(SETTINGS);
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
        let mut scene = scene(&SETTINGS.replace(from, to));
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
    let mut scene = scene(&settings);
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
    let mut scene = scene(SETTINGS);
    scene.hour(0, Model::Right, 0.9);
    scene.stage.advance(START + 2 * HOUR);
    let window = Window { start: START, end: START + HOUR };
    let again = Work::AnalyzeWindow { monitor: scene.monitor.clone(), window };
    let before = scene.execution(0);
    match scene.stage.once(&again) {
        Ok(Done::Analyzed(Analyzed::Unchanged { state })) => assert_eq!(state, State::Ok),
        other => panic!("{other:?}"),
    }
    assert_eq!(scene.execution(0), before);
}

/// The value of a metric in an hour whose labels are words, `churn` and `stay`.
fn auc_of_words(more: &str) -> f64 {
    let settings = format!("{SETTINGS}{more}");
    let scene = Scene::new(&settings, MonitorType::ModelQuality);
    let word = |it: &str| match it.rsplit_once(',') {
        Some((row, "1")) => format!("{row},churn"),
        Some((row, "0")) => format!("{row},stay"),
        _ => it.to_owned(),
    };
    let at = Address::new("ml-training", "predictions.csv");
    let csv = scene.stage.inner().object(&at).expect("training data");
    let csv: Vec<String> = String::from_utf8(csv).expect("text").lines().map(word).collect();
    scene.stage.inner().set_object(&at, csv.join("\n"));
    let mut scene = scene.start();
    let labels = scene.hour(0, Model::Right, 0.0);
    scene.label("words", &labels.iter().map(|it| word(it)).collect::<Vec<_>>());
    scene.stage.advance(START + 2 * HOUR);
    assert_eq!(scene.stage.refusals, Vec::<String>::new());
    let metrics = scene.stage.inner().metrics();
    let is_auc = |it: &&Metric| it.name == "auc" && it.namespace.starts_with("aws/");
    metrics.iter().find(is_auc).expect("both labels are there").value
}

/// Of words that nobody knows the last in order counts as positive: here the wrong one.
#[test]
fn positive_label_is_what_settings_say() {
    let (said, unsaid) = (auc_of_words("    positive_label: churn\n"), auc_of_words(""));
    assert!(0.85 < said && (said + unsaid - 1.0).abs() < 1e-9, "{said} and {unsaid}");
    let other = auc_of_words("    positive_label: stay\n");
    assert!((other - unsaid).abs() < 1e-9, "{other} and {unsaid}");
}

#[test]
fn report_tells_of_labels_that_met_nothing() {
    let settings = SETTINGS.replace("settle: 0s", "settle: 0s, expiry_days: 1");
    let mut scene = scene(&settings);
    for hour in 0..30 {
        let labels = scene.hour(hour, Model::Right, 0.9);
        if hour == 1 {
            let lost = labels.iter().take(3).map(|it| it.replace("order-", "lost-"));
            scene.label("lost", &lost.collect::<Vec<_>>());
        }
    }
    scene.stage.advance(START + 31 * HOUR);
    let of = |hour: i64| {
        let folder = jiff::Timestamp::from_second(START + (hour + 1) * HOUR).expect("time");
        let folder = folder.strftime("/%Y/%m/%d/%H/report.html").to_string();
        let all = scene.stage.inner().objects();
        let (_, report) = all.iter().find(|(at, _)| at.key.ends_with(&folder)).expect("a report");
        String::from_utf8(report.clone()).expect("text")
    };
    // They wait for a day; what expired is told of from then on.
    assert_eq!(
        (of(20).as_str(), of(28).as_str()),
        ("<p>360 rows</p><p>0 orphans</p>", "<p>360 rows</p><p>3 orphans</p>")
    );
}

#[test]
fn window_beyond_a_function_is_refused_with_a_remedy() {
    let mut scene = scene(SETTINGS);
    scene.hour(0, Model::Right, 0.9);
    // An hour of 400 captures and their labels is some 300 KiB.
    scene.stage.limits.most_bytes = 100 << 10;
    scene.hour(1, Model::Turned, 0.9);
    scene.stage.advance(START + 3 * HOUR);
    assert_eq!(scene.stage.refusals, Vec::<String>::new());
    let found = scene.execution(1);
    assert_eq!(found.judgement.state, State::Error);
    let why = found.why.expect("a reason");
    assert!(why.ends_with("judge shorter windows by model_quality.schedule_expression, or capture a smaller part of the traffic"), "{why}");
    assert_eq!(scene.execution(0).judgement.state, State::Ok);
    assert_eq!(scene.stage.inner().job_specs(), []);
}
