//! Labels meet captures over the template: its rules, its rights, its payloads.

use std::fmt::Write as _;
use std::sync::Arc;

use embedded::{Aws, Functions};
use jiff::{SignedDuration, Timestamp};
use local::account::Account;
use local::faults::Faults;
use local::model::Scorer;
use local::place::Place;
use local::s3::Condition;
use local::sagemaker::{DataCaptureConfig, Pace, ProductionVariant, Row};
use ports::{GroundTruth, ReportPage, StatusBoard, TruthHour, contract};
use serde_json::Value;
use state::Shelves;

const START: &str = "2026-03-02T00:00:00Z";
const SETTINGS: &str = "defaults:\n  ground_truth: {s3_uri: \"s3://ml-labels/in\"}\n";

fn start() -> Timestamp {
    START.parse().expect("a time")
}

fn render(page: &ReportPage<'_>) -> String {
    format!("<p>{}</p>", page.execution.judgement.rows)
}

type Render = for<'a, 'b> fn(&'a ReportPage<'b>) -> String;

fn put(aws: &Aws, bucket: &str, key: &str, text: &str) {
    aws.account().call(|aws, now| {
        let put = aws.s3.put(now, bucket, key, text.into(), None, &Condition::Always);
        put.expect("written");
    });
}

/// Opens an account with an endpoint that awaits labels.
fn open() -> Aws {
    let buckets = ("DataBucketArns", "arn:aws:s3:::ml-capture,arn:aws:s3:::ml-labels");
    let stack = embedded::stack(&Place::default(), &[buckets]).expect("the template is read");
    let (place, faults) = (Place::default(), Faults::none());
    let account = Account::open(place, Pace::default(), 7, &faults, start(), &stack);
    let topic = stack.topics.first().expect("the template has a topic").arn.clone();
    let aws = Aws::new(account.expect("opens"), topic);
    aws.account().guard().enforce();
    aws.account().call(|aws, now| {
        for bucket in ["ml-capture", "ml-labels"] {
            aws.s3.create_bucket(bucket, true).expect("a new bucket");
        }
        let scorer = Ok(Arc::new(Scorer::churn()));
        aws.sagemaker.create_model(now, "churn", "s3://ml/model", scorer).expect("a model");
        let variants = vec![ProductionVariant::all_traffic("churn")];
        let capture = Some(DataCaptureConfig::to("s3://ml-capture/capture"));
        let made = aws.sagemaker.create_endpoint_config(now, "config", variants, capture, &[]);
        made.expect("a config");
        aws.sagemaker.create_endpoint(now, "churn-prod", "config", &[]).expect("an endpoint");
    });
    put(&aws, "vigil", "vigil/settings.yaml", SETTINGS);
    aws
}

/// Serves requests with ids from `from` on, in the hour that begins.
fn serve(aws: &Aws, begin: Timestamp, from: usize, count: usize) {
    let columns = Scorer::churn().columns().inputs();
    let body = vec!["1"; columns].join(",");
    let ids: Vec<String> = (from..from + count).map(|it| format!("order-{it}")).collect();
    let row = |(at, id)| Row {
        at_ms: Timestamp::as_millisecond(begin) + at as i64 * (3_600_000 / count as i64),
        body: &body,
        inference_id: Some(id),
    };
    let batch: Vec<Row<'_>> = ids.iter().map(String::as_str).enumerate().map(row).collect();
    aws.account().call(|aws, _| {
        aws.sagemaker.invoke_batch("churn-prod", "text/csv", batch).expect("served");
    });
}

fn lines_of(functions: &Functions<Render>, hour: i64) -> usize {
    let of = TruthHour { endpoint: "churn-prod".into(), variant: "AllTraffic".into(), hour };
    let view = pollster::block_on(functions.shelves().view(&of)).expect("read");
    view.map_or(0, |it| String::from_utf8(it.value).expect("text").lines().count())
}

#[test]
fn records_of_labels_keep_the_contract_on_the_stand_in() {
    let shelves = Shelves::new(open(), "vigil", "vigil");
    pollster::block_on(contract::ground_truth(&shelves, "churn-test"));
}

#[test]
fn template_merges_labels_into_views() {
    let aws = open();
    let account = aws.account();
    let functions = Functions::new(aws.clone(), "vigil", "vigil", render as Render);
    let invoke = |function: &str, payload: &Value| functions.invoke(function, payload);
    account.run_until(start() + SignedDuration::from_mins(30), invoke).expect("comes to rest");
    for hour in 1..3 {
        let begin = start() + SignedDuration::from_hours(hour);
        account.run_until(begin, invoke).expect("comes to rest");
        serve(&aws, begin, hour as usize * 100, 100);
    }
    account.run_until(start() + SignedDuration::from_hours(4), invoke).expect("comes to rest");
    let mut csv = String::from("inference_id,label\n");
    for it in (100..190).chain(200..250).chain(900..905) {
        let _ = writeln!(csv, "order-{it},{}", it % 2);
    }
    put(&aws, "ml-labels", "in/labels of today (1).csv", &csv);
    account.run_until(start() + SignedDuration::from_hours(5), invoke).expect("comes to rest");
    let hour = |it: i64| start().as_second() + it * 3600;
    let views = [0, 1, 2, 3].map(|it| lines_of(&functions, hour(it)));
    let denied = account.guard().denied();
    assert_eq!((views, denied), ([0, 90, 50, 0], vec![]));
    let lines = pollster::block_on(functions.shelves().status()).expect("status");
    let labels = &lines[0].labels[0];
    assert_eq!((labels.captured, labels.matched), (200, 140), "{lines:#?}");
}

/// The target of the merge is 200 ms from the event of the upload to the view; the time is told, not judged.
#[test]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "the target is on the wall clock, and the figure is told"
)]
fn thousand_labels_are_visible_at_once() {
    let aws = open();
    let account = aws.account();
    let functions = Functions::new(aws.clone(), "vigil", "vigil", render as Render);
    let invoke = |function: &str, payload: &Value| functions.invoke(function, payload);
    let begin = start() + SignedDuration::from_hours(1);
    account.run_until(begin, invoke).expect("comes to rest");
    serve(&aws, begin, 0, 1000);
    let until = begin + SignedDuration::from_mins(90);
    account.run_until(until, invoke).expect("comes to rest");
    let mut text = String::new();
    for it in 0..1000 {
        let _ = writeln!(
            text,
            r#"{{"groundTruthData":{{"data":"{}","encoding":"CSV"}},"eventMetadata":{{"eventId":"order-{it}"}},"eventVersion":"0"}}"#,
            it % 2
        );
    }
    let started = std::time::Instant::now();
    put(&aws, "ml-labels", "in/2026/03/02/02/3000.jsonl", &text);
    account.run_until(until + SignedDuration::from_secs(60), invoke).expect("comes to rest");
    let took = started.elapsed();
    assert_eq!(lines_of(&functions, begin.as_second()), 1000);
    eprintln!("1,000 labels: {took:?} from upload to view");
}
