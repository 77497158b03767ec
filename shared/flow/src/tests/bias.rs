//! Model bias by the native engine.

use super::labelled::{Row, Scene};
use super::stage::{CANARY, HOUR, START};
use engine::event::SuiteEvent;
use engine::finding::State;
use engine::monitor::MonitorType;
use ports::{Address, InvokeAnswer, InvokeFailed, InvokeRequest};
use std::fmt::Write as _;

const SETTINGS: &str = r#"
defaults:
  data_quality: {enabled: false}
  ground_truth: {s3_uri: "s3://labels/in", settle: 0s}
  model_bias:
    enabled: true
    training_data_s3_uri: s3://ml-training/people.csv
    label_header: approved
    label_values: ["1"]
    headers: [age, group, approved]
    facet_name: group
    facet_values: [canary-7f3a]
    probability_attribute: "0"
    probability_threshold_attribute: 0.5
"#;

/// A person, by the share of each group that is said to be good.
fn person(scene: &mut Scene, share: [f64; 2]) -> Row {
    let watched = scene.uniform() < 0.4;
    let age = 20 + (scene.uniform() * 50.0) as u32;
    let good = scene.uniform() < share[usize::from(watched)];
    let score = if good { 0.9 } else { 0.1 };
    let label = u8::from(scene.uniform() < score);
    let group = if watched { CANARY } else { "b" };
    Row { input: format!("{age},{group}"), score, label }
}

fn scene(settings: &str) -> Scene {
    let mut scene = Scene::new(settings, MonitorType::ModelBias);
    let mut csv = String::from("score,age,group,approved\n");
    for _ in 0..4000 {
        let it = person(&mut scene, [0.5, 0.48]);
        let _ = writeln!(csv, "{},{},{}", it.score, it.input, it.label);
    }
    scene.stage.inner().set_object(&Address::new("ml-training", "people.csv"), csv);
    scene.start()
}

fn hour(scene: &mut Scene, hour: i64, share: [f64; 2]) {
    let rows: Vec<Row> = (0..500).map(|_| person(scene, share)).collect();
    let labels = scene.capture_rows(hour, &rows);
    scene.label(&format!("{hour}"), &labels);
    scene.stage.advance(START + (hour + 1) * HOUR);
}

fn play(settings: &str, hours: i64, share: impl Fn(i64) -> [f64; 2]) -> Scene {
    let mut scene = scene(settings);
    for at in 0..hours {
        hour(&mut scene, at, share(at));
    }
    scene.stage.advance(START + (hours + 1) * HOUR);
    scene
}

#[test]
fn group_that_is_refused_is_found_and_never_named() {
    let unfair = |at| if (3..6).contains(&at) { [0.5, 0.15] } else { [0.5, 0.48] };
    let scene = play(SETTINGS, 12, unfair);
    assert_eq!(scene.stage.refusals, Vec::<String>::new());
    insta::assert_snapshot!(scene.stage.alerts().join("\n"), @r"
    [ERROR] churn-prod/AllTraffic: DPPL of group rose from 0.052 to 0.418, RD of group... since 03:00Z
    [RESOLVED] churn-prod/AllTraffic: no longer: DPPL of group rose from 0.052 to 0.418, RD of group...
    ");
    let states: Vec<State> = (0..12).map(|it| scene.execution(it).judgement.state).collect();
    assert!(states[3..6].iter().all(|it| *it == State::Drift), "{states:?}");
    assert!(states[..3].iter().chain(&states[6..]).all(|it| *it != State::Drift), "{states:?}");
    assert!(0 < scene.execution(4).violations);
    let expect = ["analysis.json", "constraint_violations.json", "execution.json", "report.html"];
    assert_eq!(scene.files(4), expect);
    for (alert, _) in scene.stage.inner().alerts() {
        assert!(!alert.text.contains(CANARY) && !alert.json.contains(CANARY), "{}", alert.text);
    }
}

#[test]
fn limit_alerts_where_the_baseline_does_not() {
    // The baseline is as unfair as the traffic: only the limit says that it is too much.
    let settings =
        SETTINGS.replace("facet_values:", "limits: [\"DPPL -0.1 0.1\"]\n    facet_values:");
    let fair = play(SETTINGS, 5, |_| [0.5, 0.44]);
    assert_eq!(fair.stage.alerts(), Vec::<String>::new());
    let limited = play(&settings, 5, |_| [0.5, 0.15]);
    assert_eq!(limited.stage.alerts().len(), 1);
    let word = "bias_limit_check";
    let folder = "churn-prod-model-bias/2026/03/02/04/constraint_violations.json";
    let all = limited.stage.inner().objects();
    let (_, bytes) = all.iter().find(|(at, _)| at.key.ends_with(folder)).expect("a file");
    assert!(String::from_utf8_lossy(bytes).contains(word));
}

#[test]
fn window_without_labels_waits_for_them() {
    let mut scene = scene(SETTINGS);
    let rows: Vec<Row> = (0..200).map(|_| person(&mut scene, [0.5, 0.1])).collect();
    let labels = scene.capture_rows(0, &rows);
    scene.stage.advance(START + 2 * HOUR);
    let held = scene.execution(0);
    assert_eq!(held.judgement.state, State::TooLittleData);
    assert!(held.why.is_some_and(|it| it.starts_with("labels pending")));
    scene.label("late", &labels);
    scene.stage.advance(START + 3 * HOUR);
    assert_eq!((scene.execution(0).judgement.rows, scene.execution(0).why), (200, None));
}

#[test]
fn lacking_settings_are_told_in_words() {
    let mut scene = scene(&SETTINGS.replace("    facet_name: group\n", ""));
    scene.stage.advance(START + 600);
    let held = scene.stage.posted.iter().find_map(|it| match it {
        SuiteEvent::BaselineHeld(it) => it.reason.clone(),
        _ => None,
    });
    assert_eq!(held.as_deref(), Some("set model_bias.facet_name"));
}

#[test]
fn traffic_without_the_group_is_not_called_fair() {
    let mut scene = scene(SETTINGS);
    let others = |scene: &mut Scene| loop {
        let it = person(scene, [0.5, 0.48]);
        if it.input.ends_with(",b") {
            return it;
        }
    };
    let rows: Vec<Row> = (0..500).map(|_| others(&mut scene)).collect();
    let labels = scene.capture_rows(0, &rows);
    scene.label("0", &labels);
    scene.stage.advance(START + 2 * HOUR);
    let found = scene.execution(0);
    assert_eq!(found.judgement.state, State::TooLittleData);
    assert_eq!(found.why.as_deref(), Some("too few rows of one of the groups to compare them"));
}

/// Age, group, predicted and true label of people, no two of one age.
fn people(scene: &mut Scene, count: usize) -> Vec<(f64, bool, bool)> {
    let mut all = Vec::new();
    while all.len() < count {
        let watched = scene.uniform() < 0.4;
        let age = 20.0 + 50.0 * scene.uniform();
        // The young of the group are refused, the young of the others are not.
        let good = scene.uniform() < if watched { (age - 20.0) / 50.0 } else { 0.5 };
        all.push((age, watched, good));
    }
    all
}

/// The mean of what the five nearest others would change, by looking at every pair.
fn flips(people: &[(f64, bool, bool)]) -> f64 {
    let asked = people.iter().filter(|it| it.1);
    let changes = asked.clone().map(|(age, _, good)| {
        let mut others: Vec<_> = people.iter().filter(|it| !it.1).collect();
        others.sort_by(|one, two| (one.0 - age).abs().total_cmp(&(two.0 - age).abs()));
        let votes = others[..5].iter().filter(|it| it.2).count();
        f64::from(u8::from(*good)) - f64::from(u8::from(2 < votes))
    });
    changes.sum::<f64>() / asked.count() as f64
}

fn flip_test(settings: &str) -> (String, f64) {
    let mut scene = Scene::new(settings, MonitorType::ModelBias);
    let people = people(&mut scene, 600);
    let mut csv = String::from("score,age,group,approved\n");
    for (age, watched, good) in &people {
        let group = if *watched { CANARY } else { "b" };
        let good = u8::from(*good);
        let _ = writeln!(csv, "{good},{age},{group},{good}");
    }
    scene.stage.inner().set_object(&Address::new("ml-training", "people.csv"), csv);
    let mut scene = scene.start();
    scene.stage.advance(START + 600);
    let all = scene.stage.inner().objects();
    let found = all.iter().find(|(at, _)| at.key.ends_with("analysis.json")).expect("a baseline");
    let text = String::from_utf8(found.1.clone()).expect("text");
    let told = text.split(r#""name": "FT""#).nth(1).and_then(|it| it.split('}').next());
    (told.expect("the test is told of").to_owned(), flips(&people))
}

#[test]
fn flip_test_is_made_where_it_is_asked_for() {
    let with = |limit: &str| {
        SETTINGS.replace("facet_values:", &format!("flip_test_limit: {limit}\n    facet_values:"))
    };
    let (told, expect) = flip_test(&with("1000000000"));
    let value = told.split(r#""value": "#).nth(1).and_then(|it| it.split([',', '\n']).next());
    let value: f64 = value.expect("a value").trim().parse().expect("a number");
    assert!((value - expect).abs() < 1e-12 && expect != 0.0, "{value} {expect}");
    let (told, _) = flip_test(SETTINGS);
    assert!(told.contains("null") && told.contains("model_bias.flip_test_limit is 0"), "{told}");
    let (told, _) = flip_test(&with("10"));
    assert!(told.contains("it takes about") && told.contains("flip_test_limit is 10"), "{told}");
}

const UNSCORED: &str = r#"
defaults:
  data_quality: {enabled: false}
  asking: {enabled: true}
  ground_truth: {s3_uri: "s3://labels/in", settle: 0s}
  model_explainability: {enabled: false}
  model_bias:
    enabled: true
    training_data_s3_uri: s3://ml-training/people.csv
    label_header: approved
    label_values: ["1"]
    headers: [age, group, approved]
    facet_name: group
    facet_values: ["1"]
    probability_attribute: "0"
    probability_threshold_attribute: 0.5
"#;

/// The same weighted sum as [`MODEL`]: the older are approved, those of the group less often.
fn score(row: &str) -> f64 {
    let (age, group) = row.split_once(',').expect("two cells");
    let cell = |it: &str| it.parse::<f64>().expect("a number");
    1.0 / (1.0 + (4.0 - 0.125 * cell(age) + 2.0 * cell(group)).exp())
}

const MODEL: &str =
    r#"{"linear":{"objective":"binary:logistic","intercept":-4,"weights":[0.125,-2]}}"#;

#[expect(clippy::unnecessary_wraps, reason = "as endpoints answer")]
fn answers(request: &InvokeRequest) -> Result<InvokeAnswer, InvokeFailed> {
    let rows = str::from_utf8(&request.body).expect("text").lines();
    let body: Vec<String> = rows.map(|it| score(it).to_string()).collect();
    let body = body.join("\n");
    let content_type = "text/csv".to_owned();
    Ok(InvokeAnswer { body: body.into_bytes(), content_type, variant: None, millis: 10 })
}

/// Learns a baseline of people whose table holds scores or not; its file, or why there is none.
fn baseline_of(settings: &str, scored: bool) -> (Scene, Result<Vec<u8>, String>) {
    let mut scene = Scene::new(settings, MonitorType::ModelBias);
    let mut csv =
        String::from(if scored { "score,age,group,approved\n" } else { "age,group,approved\n" });
    for at in 0..3000 {
        let row =
            format!("{},{}", 20 + (scene.uniform() * 50.0) as u32, u8::from(scene.uniform() < 0.4));
        if scored {
            let _ = write!(csv, "{},", score(&row));
        }
        let _ = writeln!(csv, "{row},{}", at % 2);
    }
    scene.stage.inner().set_object(&Address::new("ml-training", "people.csv"), csv);
    scene.stage.inner().set_object(&Address::new("ml-models", "people.json"), MODEL);
    scene.stage.inner().set_model(answers);
    scene.stage.remaining = 900;
    let mut scene = scene.start();
    scene.stage.advance(START + 600);
    let all = scene.stage.inner().objects();
    let found = all.into_iter().find(|(at, _)| at.key.ends_with("analysis.json"));
    let held = scene.stage.posted.iter().find_map(|it| match it {
        SuiteEvent::BaselineHeld(it) => it.reason.clone(),
        _ => None,
    });
    (scene, found.map(|it| it.1).ok_or_else(|| held.expect("a reason")))
}

#[test]
fn predictions_that_lack_come_from_the_model() {
    let (_, known) = baseline_of(UNSCORED, true);
    let known = known.expect("a baseline");
    let (scene, asked) = baseline_of(UNSCORED, false);
    assert_eq!(asked.as_ref(), Ok(&known));
    let sent = scene.stage.inner().requests();
    assert_eq!(sent.len(), 6, "3000 rows, 500 a request");
    assert!(
        sent.iter()
            .all(|it| it.inference_id.as_ref().is_some_and(|it| it.starts_with("vigil-ask-")))
    );
    let readable = UNSCORED.replace("asking: {enabled: true}", "asking: {enabled: false}").replace(
        "explainability: {enabled: false}",
        "explainability: {enabled: false, model_s3_uri: \"s3://ml-models/people.json\"}",
    );
    let (scene, read) = baseline_of(&readable, false);
    assert_eq!((read.as_ref(), scene.stage.inner().requests().len()), (Ok(&known), 0));
    let unnamed = UNSCORED.replace("    probability_attribute: \"0\"\n", "");
    assert_eq!(baseline_of(&unnamed, false).1.as_ref(), Ok(&known));
}

#[test]
fn predictions_that_cannot_be_had_are_told() {
    let refused =
        |settings: &str| baseline_of(settings, false).1.expect_err("nothing to learn from");
    let silent = UNSCORED.replace("asking: {enabled: true}", "asking: {enabled: false}");
    let told = refused(&silent);
    assert!(told.starts_with("the table has no predictions: name their column"), "{told}");
    let labels = silent.replace("    probability_attribute: \"0\"\n", "");
    let (_, only) = baseline_of(&labels, false);
    let only = String::from_utf8(only.expect("a baseline")).expect("text");
    assert!(only.contains("pre_training") && !only.contains("post_training"), "{only}");
    let few = UNSCORED.replace("{enabled: true}", "{enabled: true, most_requests: 5}");
    let told = refused(&few);
    assert!(told.contains("3000 rows in 6 requests") && told.ends_with("to fewer rows"), "{told}");
    let named = UNSCORED
        .replace("\"0\"", "score")
        .replace("asking: {enabled: true}", "asking: {enabled: false}");
    assert!(refused(&named).starts_with("the table has no predictions"));
}

#[test]
fn settings_know_the_metrics_of_the_engine() {
    use engine::bias::{BiasMetric, Stage};
    let all: Vec<&str> =
        Stage::ALL.iter().flat_map(|it| it.metrics()).map(|it| it.name()).collect();
    assert_eq!(all.len(), settings::BIAS_METRICS.len());
    for name in settings::BIAS_METRICS {
        assert!(BiasMetric::of_name(name).is_some() && all.contains(&name), "{name}");
    }
}
