//! Labels meet captures over the template: its rules, its rights, its payloads.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use embedded::{Aws, Functions};
use jiff::{SignedDuration, Timestamp};
use local::account::Account;
use local::faults::Faults;
use local::model::Scorer;
use local::place::Place;
use local::s3::Condition;
use local::sagemaker::shape::{ExecutionStatus, MonitoringType, Query};
use local::sagemaker::{
    ContainerEnd, ContainerTask, DataCaptureConfig, Pace, ProductionVariant, Row,
};
use local::template::Stack;
use ports::{GroundTruth, ReportPage, StatusBoard, TruthHour, contract};
use serde_json::{Value, json};
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
    open_with(SETTINGS).0
}

fn open_with(settings: &str) -> (Aws, Stack) {
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
    put(&aws, "vigil", "vigil/settings.yaml", settings);
    (aws, stack)
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

const SAGEMAKER: &str = "defaults:
  engine: sagemaker
  ground_truth: {s3_uri: \"s3://ml-labels/in\"}
  data_quality: {enabled: false}
  model_quality:
    enabled: true
    problem_type: BinaryClassification
    probability_attribute: \"0\"
    probability_threshold_attribute: 0.5
    baseline_s3_uri: s3://ml-labels/made
";

/// Labels in two layouts, none of them AWS's, are what the merge of SageMaker's own schedule reads.
#[test]
fn labels_in_any_layout_reach_sagemakers_merge() {
    let (aws, stack) = open_with(SAGEMAKER);
    put(&aws, "ml-labels", "made/constraints.json", "{}");
    put(&aws, "ml-labels", "made/statistics.json", "{}");
    let account = aws.account();
    // What the analysis finds in its folders: the labels of the merged records, by their ids.
    let analysed: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
    let seen = Arc::clone(&analysed);
    account.run_containers(move |task: &ContainerTask| {
        for (_, body) in task.files.iter().filter(|(path, _)| path.contains(".jsonl")) {
            for line in String::from_utf8_lossy(body).lines() {
                let record: Value = serde_json::from_str(line).expect("a record");
                let text = |it: &Value| it.as_str().expect("a text").to_owned();
                let id = text(&record["eventMetadata"]["inferenceId"]);
                seen.lock().expect("free").insert(id, text(&record["groundTruthData"]["data"]));
            }
        }
        ContainerEnd::completed("Completed: Job completed successfully with no violations.")
    });
    let functions =
        Functions::new(aws.clone(), "vigil", "vigil", render as Render).with_jobs_of(&stack);
    let invoke = |function: &str, payload: &Value| functions.invoke(function, payload);
    let begin = start() + SignedDuration::from_hours(1);
    account.run_until(begin, invoke).expect("comes to rest");
    serve(&aws, begin, 100, 100);
    let middle = begin + SignedDuration::from_mins(30);
    account.run_until(middle, invoke).expect("comes to rest");
    let (mut csv, mut lines) = (String::from("inference_id,label\n"), String::new());
    for it in 100..150 {
        let _ = writeln!(csv, "order-{it},{}", it % 2);
        let _ = writeln!(lines, r#"{{"id":"order-{}","label":{}}}"#, it + 50, it % 2);
    }
    put(&aws, "ml-labels", "in/of today.csv", &csv);
    put(&aws, "ml-labels", "in/more/all.jsonl", &lines);
    account.run_until(begin + SignedDuration::from_mins(119), invoke).expect("comes to rest");

    // AWS's record of formats C.1, under the hour of the inferences, each inference once.
    let relaid = "vigil/ground-truth/churn-prod/2026/03/02/01/AllTraffic.jsonl";
    let body = account
        .call(|aws, now| aws.s3.head(now, "vigil", relaid, None).expect("laid out").body.clone());
    let records = String::from_utf8_lossy(&body);
    let records: Vec<Value> =
        records.lines().map(|it| serde_json::from_str(it).expect("a record")).collect();
    let expect: BTreeMap<String, String> =
        (100..200).map(|it| (format!("order-{it}"), (it % 2).to_string())).collect();
    let written = records.iter().map(|it| {
        assert_eq!(
            (&it["eventVersion"], &it["groundTruthData"]["encoding"]),
            (&json!("0"), &json!("CSV"))
        );
        let text = |it: &Value| it.as_str().expect("a text").to_owned();
        (text(&it["eventMetadata"]["eventId"]), text(&it["groundTruthData"]["data"]))
    });
    let written: Vec<(String, String)> = written.collect();
    assert_eq!(
        (written.len(), written.into_iter().collect::<BTreeMap<_, _>>()),
        (100, expect.clone())
    );

    // The definition points there, and what its execution reads is all of them.
    let all = Query::default();
    let kind = MonitoringType::ModelQuality;
    let (definition, executions) = account.call(|aws, now| {
        let it = &mut aws.sagemaker;
        let listed = it.list_job_definitions(now, kind, &all).expect("listed").entries;
        let name = &listed[0].monitoring_job_definition_name;
        let definition =
            it.describe_job_definition(now, kind, name).expect("there").request.clone();
        (definition, it.list_monitoring_executions(now, &all).expect("listed").entries)
    });
    let labels = definition.job_input.ground_truth.as_ref().and_then(|it| it.s3_uri.clone());
    assert_eq!(labels.as_deref(), Some("s3://vigil/vigil/ground-truth/churn-prod"));
    // Hours without labels fail, as AWS's do; this one has them.
    let ended: Vec<ExecutionStatus> =
        executions.iter().map(|it| it.monitoring_execution_status).collect();
    assert!(ended.contains(&ExecutionStatus::Completed), "{executions:#?}");
    assert_eq!(*analysed.lock().expect("free"), expect);
    assert_eq!(account.guard().denied(), vec![]);
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
