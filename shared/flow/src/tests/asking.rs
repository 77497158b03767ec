//! Model explainability of a model that nobody can read: the endpoint is asked.

use super::labelled::{Row, Scene};
use super::stage::{HOUR, START};
use engine::event::SuiteEvent;
use engine::finding::State;
use engine::monitor::MonitorType;
use ports::{Address, InvokeAnswer, InvokeFailed, InvokeRequest, Trouble, Work};
use std::fmt::Write as _;

const SETTINGS: &str = r#"
defaults:
  data_quality: {enabled: false}
  asking: {enabled: true, rows_per_request: 50}
  model_explainability:
    enabled: true
    training_data_s3_uri: s3://ml-training/rows.csv
    headers: [left, minutes, calls, age]
    label_header: left
    shap_baseline: "[[0, 0, 0]]"
"#;

type Answer = Result<InvokeAnswer, InvokeFailed>;

#[expect(clippy::unnecessary_wraps, reason = "it stands beside errors")]
fn answer(body: String, millis: u64) -> Answer {
    Ok(InvokeAnswer {
        body: body.into_bytes(),
        content_type: "text/csv".into(),
        variant: None,
        millis,
    })
}

fn odds(row: &str) -> f64 {
    let cells = row.split(',').map(|it| it.parse::<f64>().expect("a number"));
    0.5 + cells.zip([2.0, 1.0, 0.5]).map(|(cell, weight)| cell * weight).sum::<f64>()
}

fn rows(request: &InvokeRequest) -> Vec<&str> {
    str::from_utf8(&request.body).expect("text").lines().collect()
}

/// Log-odds are a weighted sum, whose attributions are weight times cell.
fn logistic(request: &InvokeRequest) -> Answer {
    let score = |it: &str| 1.0 / (1.0 + (-odds(it)).exp());
    let body = rows(request).into_iter().fold(String::new(), |mut body, row| {
        let _ = writeln!(body, "{}", score(row));
        body
    });
    answer(body, 20)
}

/// Cells of a customer; `minutes` are what the model looks at most, unless they are gone.
fn customer(scene: &mut Scene, minutes: f64) -> String {
    let [first, second, third] = [scene.uniform(), scene.uniform(), scene.uniform()];
    format!("{:.3},{second:.3},{third:.3}", minutes * first)
}

fn scene(settings: &str, model: fn(&InvokeRequest) -> Answer) -> Scene {
    let mut scene = Scene::new(settings, MonitorType::ModelExplainability);
    // Whichever rows are drawn: the values are 1, 0.5 and 0.25.
    let csv = "left,minutes,calls,age\n".to_owned() + &"0,0.5,0.5,0.5\n".repeat(2000);
    scene.stage.inner().set_object(&Address::new("ml-training", "rows.csv"), csv);
    scene.stage.inner().set_model(model);
    scene.stage.remaining = 900;
    scene.start()
}

fn capture(scene: &mut Scene, hour: i64, count: usize, minutes: f64) {
    let rows = (0..count).map(|_| Row { input: customer(scene, minutes), score: 0.5, label: 0 });
    let rows: Vec<Row> = rows.collect();
    let _labels = scene.capture_rows(hour, &rows);
}

fn play(settings: &str, hours: i64, minutes: impl Fn(i64) -> f64) -> Scene {
    let mut scene = scene(settings, logistic);
    for hour in 0..hours {
        capture(&mut scene, hour, 300, minutes(hour));
        scene.stage.advance(START + (hour + 1) * HOUR);
    }
    scene.stage.advance(START + (hours + 1) * HOUR);
    scene
}

fn held(scene: &mut Scene) -> Option<String> {
    scene.stage.advance(START + 600);
    scene.stage.posted.iter().find_map(|it| match it {
        SuiteEvent::BaselineHeld(it) => it.reason.clone(),
        _ => None,
    })
}

fn report(scene: &Scene, file: &str) -> Vec<u8> {
    let all = scene.stage.inner().objects();
    let found = all.into_iter().rfind(|(at, _)| at.key.ends_with(file));
    found.expect("it was written").1
}

#[test]
fn lost_feature_is_found_by_asking() {
    let scene = play(SETTINGS, 10, |hour| if (3..6).contains(&hour) { 0.0 } else { 1.0 });
    assert_eq!(scene.stage.refusals, Vec::<String>::new());
    let states: Vec<State> = (0..10).map(|it| scene.execution(it).judgement.state).collect();
    assert!(states[3..6].iter().all(|it| *it == State::Drift), "{states:?}");
    assert!(states[..3].iter().chain(&states[6..]).all(|it| *it == State::Ok), "{states:?}");
    // Values 1, 0.5, 0.25 before and 0, 0.5, 0.25 now: scikit-learn's ndcg_score says 0.8037.
    let effect = scene.execution(4).judgement.findings[0].effect;
    assert!((effect.value - (0.9 - 0.8037)).abs() < 1e-4, "{effect:?}");
    assert_eq!(scene.stage.alerts().len(), 2);
}

#[test]
fn questions_name_their_variant_and_keep_the_share() {
    let scene = play(SETTINGS, 1, |_| 1.0);
    let sent = scene.stage.inner().requests();
    // One row that stands for absent features, and 100 rows with their six coalitions, twice.
    let asked: usize = sent.iter().map(|it| rows(it).len()).sum();
    assert_eq!((asked, sent.len()), (2 * (1 + 100 * 7), 2 * 15));
    let ids: std::collections::BTreeSet<_> =
        sent.iter().filter_map(|it| it.inference_id.clone()).collect();
    assert!(
        ids.len() == sent.len() && ids.iter().all(|it| it.starts_with("vigil-ask-")),
        "{ids:?}"
    );
    assert!(sent.iter().all(|it| it.variant.as_deref() == Some("AllTraffic")));
    assert!(sent.iter().all(|it| rows(it).len() <= 50));
    // Answers take 20 ms, a tenth of the time.
    assert_eq!(scene.stage.inner().rested(), vec![180; 30]);
    let page = String::from_utf8(report(&scene, "report.html")).expect("text");
    let told = "100 of 300 rows, KernelSHAP, the endpoint was asked in 15 requests of up to 50 rows, for at most 10 % of its capacity";
    assert!(page.contains(told), "{page}");
}

#[test]
fn several_workers_find_the_same() {
    let alone = play(SETTINGS, 1, |_| 1.0);
    let again = play(SETTINGS, 1, |_| 1.0);
    let many =
        SETTINGS.replace("rows_per_request: 50", "rows_per_request: 7, at_once: 8, share: 0.5");
    let many = play(&many, 1, |_| 1.0);
    for other in [&again, &many] {
        assert_eq!(report(&alone, "analysis.json"), report(other, "analysis.json"));
    }
}

#[test]
fn what_cannot_be_asked_is_told_in_words() {
    #[track_caller]
    fn check(from: &str, to: &str, model: fn(&InvokeRequest) -> Answer, sent: usize, expect: &str) {
        let mut scene = scene(&SETTINGS.replace(from, to), model);
        let held = held(&mut scene);
        assert!(held.as_deref().is_some_and(|it| it.starts_with(expect)), "{held:?}");
        // It is wanted again by the sweeps of ten minutes.
        let all = scene.stage.inner().requests().len();
        assert!(
            if sent == 0 { all == 0 } else { sent <= all && all.is_multiple_of(sent) },
            "{all}"
        );
    }
    let asked =
        "the endpoint would be asked for 701 rows in 15 requests, and asking.most_requests is 14";
    check(
        "enabled: true, rows",
        "enabled: false, rows",
        logistic,
        0,
        "set model_explainability.model_s3_uri",
    );
    check(
        "    shap_baseline: \"[[0, 0, 0]]\"\n",
        "",
        logistic,
        0,
        "set model_explainability.shap_baseline",
    );
    check("rows_per_request: 50", "rows_per_request: 50, most_requests: 14", logistic, 0, asked);
    let slow = |it: &InvokeRequest| logistic(it).map(|it| InvokeAnswer { millis: 9000, ..it });
    check("", "", slow, 1, "asking the endpoint takes about 1262 s, and there are 600 s");
    check(
        "",
        "",
        |_| answer("yes\n".into(), 1),
        1,
        "the model's answer: it has a score that is no number",
    );
    check(
        "",
        "",
        |_| answer("0.5\n".into(), 1),
        1,
        "the model's answer: it has 1 rows of scores where 50",
    );
    check(
        "",
        "",
        |_| Err(InvokeFailed::Model { status: 415, millis: 1 }),
        1,
        "the model answered 415",
    );
    check(
        "",
        "",
        |_| Err(InvokeFailed::Model { status: 503, millis: 1 }),
        4,
        "the model answered 503, 4 times",
    );
    check("", "", |_| Err(InvokeFailed::NotServing), 1, "the endpoint does not serve");
    let denied = |_: &InvokeRequest| Err(InvokeFailed::Other(Trouble::lasting("access denied")));
    check("", "", denied, 1, "the endpoint may not be asked: name it in the stack's parameter");
    let plain = |it: &InvokeRequest| answer("17\n".repeat(rows(it).len()), 1);
    check("", "", plain, 1, "use_logit wants probabilities");
    let refusing = |it: &InvokeRequest| {
        let first = it.inference_id.as_ref().is_some_and(|it| it.ends_with("-0"));
        if first { Err(InvokeFailed::Model { status: 429, millis: 1 }) } else { logistic(it) }
    };
    let most = "requests were refused and sent again until asking.most_requests (20)";
    check("rows_per_request: 50", "rows_per_request: 50, most_requests: 20", refusing, 22, most);
}

#[test]
fn function_without_time_asks_little() {
    let mut scene = Scene::new(SETTINGS, MonitorType::ModelExplainability);
    let csv = "left,minutes,calls,age\n".to_owned() + &"1,0.5,0.25,0.125\n".repeat(300);
    scene.stage.inner().set_object(&Address::new("ml-training", "rows.csv"), csv);
    scene.stage.inner().set_model(logistic);
    scene.stage.remaining = 31;
    let mut scene = scene.start();
    let held = held(&mut scene).expect("a reason");
    assert!(
        held.ends_with("lower model_explainability.num_samples") && held.contains("there are 1 s"),
        "{held}"
    );
}

#[test]
fn throttled_requests_are_sent_again() {
    let once = |it: &InvokeRequest| {
        let first = it.inference_id.as_ref().is_some_and(|it| it.ends_with("-0"));
        let busy = || InvokeFailed::Other(Trouble::passing("rate exceeded"));
        if first { Err(busy()) } else { logistic(it) }
    };
    let scene = scene(SETTINGS, once);
    assert_eq!(scene.stage.refusals, Vec::<String>::new());
    assert_eq!(scene.stage.inner().requests().len(), 30);
    assert_eq!(scene.stage.inner().rested()[..4], [500, 180, 500, 180]);
    let always = |_: &InvokeRequest| Err(InvokeFailed::Other(Trouble::passing("rate exceeded")));
    let scene = self::scene(SETTINGS, always);
    // The queue tries again, and then the sweep does.
    assert!(scene.stage.refusals[0].contains("endpoint not asked"), "{:?}", scene.stage.refusals);
    assert_eq!(scene.stage.inner().requests().len() % 4, 0);
}

#[test]
fn requests_of_our_own_are_no_traffic() {
    let mut scene = scene(SETTINGS, logistic);
    capture(&mut scene, 0, 300, 1.0);
    let clean: Vec<(Address, Vec<u8>)> = scene.stage.inner().objects();
    let (at, lines) = clean.iter().find(|(at, _)| at.bucket == "ml-capture").expect("a capture");
    let lines = String::from_utf8(lines.clone()).expect("text");
    // What was asked is captured as well, rows that nobody ordered.
    let ours = lines.replace("order-", "vigil-ask-1-").replace("\"data\":\"0.", "\"data\":\"900.");
    scene.stage.inner().set_object(at, ours.clone() + &lines);
    let second = Address::new("ml-capture", at.key.replace("/00/", "/01/"));
    scene.stage.inner().set_object(&second, ours);
    scene.stage.advance(START + 3 * HOUR);
    let first = scene.execution(0);
    assert_eq!((first.judgement.rows, first.judgement.state), (300, State::Ok));
    let page = String::from_utf8(report(&scene, "/01/report.html")).expect("text");
    assert!(page.contains("100 of 300 rows"), "{page}");
    let before = scene.stage.inner().requests().len();
    assert_eq!(before, 30, "an hour of our own requests asks for nothing");
    assert_eq!(scene.execution(1).judgement.state, State::NoData);
}

#[test]
fn few_rows_are_not_worth_a_request() {
    let mut scene = scene(SETTINGS, logistic);
    capture(&mut scene, 0, 40, 1.0);
    scene.stage.advance(START + 2 * HOUR);
    let execution = scene.execution(0);
    assert_eq!(execution.judgement.state, State::TooLittleData);
    assert_eq!(execution.why.as_deref(), Some("40 of 50 rows are there: nobody was asked"));
    assert_eq!(scene.stage.inner().requests().len(), 15, "the baseline asked");
}

#[test]
fn baseline_of_traffic_waits_unasked() {
    let settings = SETTINGS.replace("    training_data_s3_uri: s3://ml-training/rows.csv\n", "");
    let mut scene = scene(&settings, logistic);
    for hour in 0..5 {
        capture(&mut scene, hour, 300, 1.0);
        let asked = scene.stage.inner().requests().len();
        assert_eq!(asked, 0, "{hour}: 1000 rows are wanted");
        scene.stage.advance(START + (hour + 1) * HOUR - 600);
        if hour == 2 {
            break;
        }
    }
    capture(&mut scene, 3, 300, 1.0);
    scene.stage.advance(START + 4 * HOUR);
    assert_eq!(scene.stage.inner().requests().len(), 15);
}

#[test]
fn every_output_has_its_attributions() {
    let two = |it: &InvokeRequest| {
        let both = |row: &str| {
            let leaves = 1.0 / (1.0 + (-odds(row)).exp());
            format!("{leaves},{}\n", 1.0 - leaves)
        };
        answer(rows(it).into_iter().map(both).collect(), 1)
    };
    let mut scene = scene(SETTINGS, two);
    let text = String::from_utf8(report(&scene, "analysis.json")).expect("text");
    assert!(text.contains("label0") && text.contains("label1"), "{text}");
    // From one output on to two: the baseline knows no other.
    scene.stage.inner().set_model(logistic);
    capture(&mut scene, 0, 300, 1.0);
    scene.stage.advance(START + 2 * HOUR);
    assert_eq!(scene.execution(0).judgement.state, State::Ok);
}

#[test]
fn judged_window_asks_once() {
    let mut scene = play(SETTINGS, 1, |_| 1.0);
    let before = scene.stage.inner().requests().len();
    let window = engine::window::Window { start: START, end: START + HOUR };
    let work = Work::AnalyzeWindow { monitor: scene.monitor.clone(), window };
    scene.stage.once(&work).expect("done");
    assert_eq!(scene.stage.inner().requests().len(), before);
}
