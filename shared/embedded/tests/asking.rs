//! A model that nobody can read is explained by asking its endpoint, with the rights that the template gives.

use std::fmt::Write as _;
use std::sync::Arc;

use embedded::{Aws, Functions};
use engine::finding::State;
use engine::monitor::{Monitor, MonitorType};
use engine::window::Window;
use jiff::{SignedDuration, Timestamp};
use local::account::Account;
use local::faults::Faults;
use local::model::{Form, Scorer, Scratch};
use local::place::Place;
use local::s3::{Change, Condition};
use local::sagemaker::{DataCaptureConfig, Pace, ProductionVariant, Row};
use ports::{Baselines, Execution, Executions, ReportPage};
use serde_json::Value;

const START: &str = "2026-03-02T00:00:00Z";
const SETTINGS: &str = r#"
defaults:
  baseline: {training_data_s3_uri: "s3://ml-data/training.csv"}
  asking: {enabled: true, rows_per_request: 1000}
  model_explainability:
    enabled: true
    headers: [HEADERS]
    label_header: prediction
    num_samples: 64
    shap_baseline: '[[100,"TX","basic","no","card",0,180,100,200,100,200,100,10,4,1,60]]'
"#;
const ASKED: &str = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn-*";

type Render = for<'a, 'b> fn(&'a ReportPage<'b>) -> String;

fn render(page: &ReportPage<'_>) -> String {
    match page.content {
        ports::ExecutionContent::ModelExplainability(it) => it.how.clone(),
        _ => String::new(),
    }
}

fn start() -> Timestamp {
    START.parse().expect("a time")
}

/// A customer whose every cell follows from a number.
fn customer(at: u64) -> String {
    let draw = |salt: u64, below: u64| {
        let mixed = (at * 31 + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33) % below
    };
    let word = |salt: u64, of: &[&'static str]| of[draw(salt, of.len() as u64) as usize];
    format!(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
        50 + draw(1, 100),
        word(2, &["CA", "TX", "FL", "NY"]),
        word(3, &["basic", "plus", "premium"]),
        word(4, &["no", "yes"]),
        word(5, &["card", "debit", "invoice"]),
        draw(6, 40),
        80 + draw(7, 250),
        60 + draw(8, 80),
        100 + draw(9, 200),
        60 + draw(10, 80),
        100 + draw(11, 200),
        60 + draw(12, 80),
        5 + draw(13, 10),
        1 + draw(14, 8),
        draw(15, 6),
        40 + draw(16, 50),
    )
}

fn open(asked: &str) -> Aws {
    let parameters = [("DataBucketArns", "arn:aws:s3:::ml-data"), ("AskEndpointArns", asked)];
    let stack = embedded::stack(&Place::default(), &parameters).expect("the template is read");
    let (place, faults) = (Place::default(), Faults::none());
    let account = Account::open(place, Pace::default(), 7, &faults, start(), &stack);
    let topic = stack.topics.first().expect("the template has a topic").arn.clone();
    let aws = Aws::new(account.expect("opens"), topic);
    aws.account().guard().enforce();
    let scorer = Scorer::churn();
    let names: Vec<&str> = scorer.columns().iter().map(|it| it.name.as_str()).collect();
    let names = format!("prediction,{}", names.join(","));
    let mut training = format!("{names}\n");
    for at in 0..1500 {
        let (row, mut score) = (customer(at), String::new());
        let scored = scorer.respond(Form::Csv, &row, &mut Scratch::default(), &mut score);
        scored.expect("the model takes it");
        let _ = writeln!(training, "{},{row}", score.trim());
    }
    let settings = SETTINGS.replace("HEADERS", &names);
    aws.account().call(|aws, now| {
        aws.s3.create_bucket("ml-data", true).expect("a new bucket");
        for (bucket, key, text) in
            [("ml-data", "training.csv", training), ("vigil", "vigil/settings.yaml", settings)]
        {
            let put = aws.s3.put(now, bucket, key, text.into_bytes(), None, &Condition::Always);
            put.expect("written");
        }
        let scorer = Ok(Arc::new(scorer));
        aws.sagemaker.create_model(now, "churn", "s3://ml/model", scorer).expect("a model");
        let variants = vec![ProductionVariant::all_traffic("churn")];
        let capture = Some(DataCaptureConfig::to("s3://ml-data/capture"));
        let made = aws.sagemaker.create_endpoint_config(now, "config", variants, capture, &[]);
        made.expect("a config");
        aws.sagemaker.create_endpoint(now, "churn-prod", "config", &[]).expect("an endpoint");
    });
    aws
}

fn play(asked: &str) -> (Aws, Functions<Render>) {
    let aws = open(asked);
    let account = aws.account();
    let functions = Functions::new(aws.clone(), "vigil", "vigil", render as Render);
    let invoke = |function: &str, payload: &Value| functions.invoke(function, payload);
    account.run_until(start() + SignedDuration::from_mins(30), invoke).expect("comes to rest");
    for hour in 1..4 {
        let begin = start() + SignedDuration::from_hours(hour);
        account.run_until(begin, invoke).expect("comes to rest");
        let bodies: Vec<String> = (0..200).map(|it| customer(10_000 * hour as u64 + it)).collect();
        let row = |(at, body): (usize, &'_ String)| {
            (begin.as_millisecond() + at as i64 * 9000, body.clone())
        };
        let rows: Vec<(i64, String)> = bodies.iter().enumerate().map(row).collect();
        account.call(|aws, _| {
            let rows =
                rows.iter().map(|(at_ms, body)| Row { at_ms: *at_ms, body, inference_id: None });
            aws.sagemaker.invoke_batch("churn-prod", "text/csv", rows).expect("served");
        });
    }
    account.run_until(start() + SignedDuration::from_hours(7), invoke).expect("comes to rest");
    (aws, functions)
}

fn execution(functions: &Functions<Render>, kind: MonitorType, hour: i64) -> Option<Execution> {
    let monitor = Monitor { endpoint: "churn-prod".into(), variant: "AllTraffic".into(), kind };
    let begin = start().as_second() + hour * 3600;
    let window = Window { start: begin, end: begin + 3600 };
    let schedule = format!("churn-prod-{}", kind.word().replace('_', "-"));
    pollster::block_on(functions.shelves().execution(&monitor, &schedule, window)).expect("read")
}

/// Captured records, and those of them that were our own requests.
fn captured(aws: &Aws) -> (usize, usize) {
    let mut lines: Vec<String> = Vec::new();
    aws.account().call(|aws, _| {
        for it in aws.s3.contents() {
            let Change::Written { key, object, .. } = it else { continue };
            if !key.starts_with("capture/") {
                continue;
            }
            let body = object.body.to_vec();
            let text = String::from_utf8(body).expect("text");
            lines.extend(text.lines().map(str::to_owned));
        }
    });
    (lines.len(), lines.iter().filter(|it| it.contains("vigil-ask-")).count())
}

#[test]
fn named_endpoint_is_asked_and_its_traffic_stays_clean() {
    let (aws, functions) = play(ASKED);
    assert_eq!(aws.account().guard().denied(), []);
    for hour in 1..4 {
        for kind in [MonitorType::DataQuality, MonitorType::ModelExplainability] {
            let found = execution(&functions, kind, hour).expect("it was judged");
            let seen = (found.judgement.rows, found.judgement.state, found.why);
            assert_eq!(seen, (200, State::Ok, None), "{kind:?} {hour}");
        }
    }
    let (all, ours) = captured(&aws);
    assert!(0 < ours && all == 600 + ours, "{ours} of {all}");
    // Hours that hold nothing but our own requests are hours without traffic.
    for hour in 4..6 {
        let found = execution(&functions, MonitorType::DataQuality, hour).expect("it was judged");
        assert_eq!((found.judgement.rows, found.judgement.state), (0, State::NoData), "{hour}");
    }
}

#[test]
fn endpoint_that_is_not_named_is_left_alone() {
    for asked in ["", "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/fraud-prod"] {
        let (aws, functions) = play(asked);
        let denied = aws.account().guard().denied();
        assert!(denied.iter().all(|it| it.0.action == "sagemaker:InvokeEndpoint"), "{denied:?}");
        assert!(!denied.is_empty());
        assert_eq!(captured(&aws), (600, 0));
        let kind = MonitorType::ModelExplainability;
        let monitor = Monitor { endpoint: "churn-prod".into(), variant: "AllTraffic".into(), kind };
        let current = pollster::block_on(functions.shelves().current(&monitor)).expect("read");
        assert!(current.is_none() && execution(&functions, kind, 1).is_none());
        let quality = execution(&functions, MonitorType::DataQuality, 1).expect("it was judged");
        assert_eq!(quality.judgement.state, State::Ok, "other monitors go on");
    }
}
