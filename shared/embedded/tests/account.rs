//! The ports keep their contracts over the stand-in, and the loop runs on the template.

use std::fmt::Write as _;
use std::sync::Arc;

use embedded::{Aws, Functions};
use engine::monitor::MonitorType;
use jiff::{SignedDuration, Timestamp};
use local::account::Account;
use local::faults::Faults;
use local::model::{Form, Scorer, Scratch};
use local::place::Place;
use local::s3::Condition;
use local::sagemaker::shape::{CreateJobDefinition, MonitoringType};
use local::sagemaker::{DataCaptureConfig, Pace, ProductionVariant, Row};
use ports::{ChangeSchedules, ReportPage, ScheduleSpec, StatusBoard, contract};
use serde_json::Value;

const START: &str = "2026-03-02T00:00:00Z";

fn open(faults: &Faults) -> Aws {
    let buckets = ("DataBucketArns", "arn:aws:s3:::ml-capture,arn:aws:s3:::ml-training");
    let stack = embedded::stack(&Place::default(), &[buckets]).expect("the template is read");
    let now: Timestamp = START.parse().expect("a time");
    let place = Place::default();
    let account = Account::open(place, Pace::default(), 7, faults, now, &stack).expect("opens");
    let topic = stack.topics.first().expect("the template has a topic").arn.clone();
    let aws = Aws::new(account, topic);
    aws.account().guard().enforce();
    aws.account().call(|aws, _| {
        for bucket in ["ml-capture", "ml-training"] {
            aws.s3.create_bucket(bucket, false).expect("a new bucket");
        }
    });
    aws
}

fn serve(aws: &Aws, name: &str) {
    let config = format!("{name}-config");
    aws.account().call(|aws, now| {
        let scorer = Ok(Arc::new(Scorer::churn()));
        aws.sagemaker.create_model(now, name, "s3://ml/model", scorer).expect("a model");
        let variants = vec![ProductionVariant::all_traffic(name)];
        let capture = Some(DataCaptureConfig::to("s3://ml-capture/capture"));
        aws.sagemaker
            .create_endpoint_config(now, &config, variants, capture, &[])
            .expect("a config");
        let tags = [("vigil:baseline.training_data_s3_uri", "s3://ml-training/churn.csv")];
        aws.sagemaker.create_endpoint(now, name, &config, &tags).expect("an endpoint");
    });
}

#[test]
fn stand_in_keeps_the_contracts() {
    let aws = open(&Faults::none());
    aws.account().call(|aws, _| aws.s3.create_bucket("bucket", false)).expect("a new bucket");
    serve(&aws, "churn-prod");
    pollster::block_on(async {
        contract::objects(&aws, "bucket").await;
        contract::endpoints(&aws, "churn-prod").await;
        contract::events(&aws).await;
        contract::jobs(&aws).await;
        contract::monitoring(&aws, "churn-prod", || pass(&aws, 60)).await;
        contract::pending_schedules(&aws, "churn-prod").await;
    });
}

/// Lets time pass without anybody listening.
fn pass(aws: &Aws, seconds: i64) {
    let end = aws.account().now() + SignedDuration::from_secs(seconds);
    let nobody = |_: &str, _: &Value| Ok(Value::Null);
    aws.account().run_until(end, nobody).expect("events come to rest");
}

#[test]
fn executions_are_listed_as_the_contract_has_it() {
    let aws = open(&Faults::none());
    serve(&aws, "churn-prod");
    pass(&aws, 600);
    aws.account().call(|aws, now| {
        let word = "DataQuality";
        let body = serde_json::json!({
            "JobDefinitionName": "hourly-1",
            format!("{word}AppSpecification"): { "ImageUri": "analyzer" },
            format!("{word}JobInput"): { "EndpointInput": { "EndpointName": "churn-prod", "LocalPath": "/in" } },
            format!("{word}JobOutputConfig"): { "MonitoringOutputs": [{ "S3Output": { "S3Uri": "s3://b/r", "LocalPath": "/out" } }] },
            "JobResources": { "ClusterConfig": { "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20 } },
            "RoleArn": "arn:aws:iam::111122223333:role/monitor",
        });
        let family = MonitoringType::DataQuality;
        let request = CreateJobDefinition::from_json(family, body).expect("a definition");
        aws.sagemaker.create_job_definition(now, family, request).expect("created");
    });
    pollster::block_on(async {
        let spec = ScheduleSpec {
            name: "hourly".into(),
            kind: MonitorType::DataQuality,
            definition: "hourly-1".into(),
            expression: "cron(0 * ? * * *)".into(),
            tags: std::collections::BTreeMap::new(),
        };
        aws.create_schedule(&spec).await.expect("created");
        pass(&aws, 3 * 3600 + 1200);
        let start = START.parse::<Timestamp>().expect("a time").as_second();
        let hours = [1, 2, 3].map(|hour| start + hour * 3600);
        contract::executions(&aws, "hourly", &hours).await;
    });
}

/// A row of the model's columns, `mins` times as long on the phone.
fn row(columns: usize, at: u64, mins: f64) -> String {
    let mut row = String::new();
    for column in 0..columns {
        // A walk through each column that repeats after a prime number of rows.
        let value = (at.wrapping_mul(31 + column as u64) % 97) as f64 + 1.0;
        let value = if column == 2 { value * mins } else { value };
        let comma = if column == 0 { "" } else { "," };
        let _ = write!(row, "{comma}{value}");
    }
    row
}

fn render(page: &ReportPage<'_>) -> String {
    format!("<p>{}</p>", page.execution.judgement.rows)
}

#[test]
fn template_adopts_judges_and_alerts() {
    let aws = open(&Faults::none());
    let account = aws.account();
    let functions = Functions::new(aws.clone(), "vigil", "vigil", render);
    let invoke = |function: &str, payload: &Value| functions.invoke(function, payload);
    let (scorer, mut scratch) = (Scorer::churn(), Scratch::default());
    let columns = scorer.columns().inputs();
    let names: Vec<String> = (0..columns).map(|it| format!("feature_{it}")).collect();
    let mut csv = format!("prediction,{}\n", names.join(","));
    for at in 0..1000 {
        let row = row(columns, at, 1.0);
        let score = scorer.predict(Form::Csv, &row, &mut scratch).expect("a prediction")[0];
        let _ = writeln!(csv, "{score},{row}");
    }
    account.call(|aws, now| {
        let body = csv.into_bytes();
        let put = aws.s3.put(now, "ml-training", "churn.csv", body, None, &Condition::Always);
        put.expect("training data");
    });
    serve(&aws, "churn-prod");
    let start: Timestamp = START.parse().expect("a time");
    account.run_until(start + SignedDuration::from_mins(30), invoke).expect("comes to rest");
    for hour in 1..8_i64 {
        let begin = start + SignedDuration::from_hours(hour);
        account.run_until(begin, invoke).expect("comes to rest");
        let rows: Vec<String> =
            (0..150).map(|at| row(columns, at, if hour == 4 { 100.0 } else { 1.0 })).collect();
        let batch: Vec<Row<'_>> = rows
            .iter()
            .enumerate()
            .map(|(at, body)| Row {
                at_ms: begin.as_millisecond() + at as i64 * 20_000,
                body,
                inference_id: None,
            })
            .collect();
        account.call(|aws, _| {
            aws.sagemaker.invoke_batch("churn-prod", "text/csv", batch).expect("served");
        });
    }
    account.run_until(start + SignedDuration::from_hours(9), invoke).expect("comes to rest");
    let guard = account.guard();
    assert_eq!(guard.denied(), []);
    let lines = pollster::block_on(functions.shelves().status()).expect("status");
    assert_eq!(lines.len(), 1, "{lines:?}");
    let subjects: Vec<String> = aws.alerts().into_iter().map(|it| it.subject).collect();
    assert_eq!(
        subjects,
        [
            "[CRITICAL] churn-prod/AllTraffic: feature_2 arrives 100 times too large since 04:00Z",
            "[RESOLVED] churn-prod/AllTraffic: no longer: feature_2 arrives 100 times too large",
        ],
        "{lines:#?}"
    );
    let document = &aws.alerts()[0].document;
    assert_eq!(document["schema"], "monitor.incident/1");
}
