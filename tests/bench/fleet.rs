//! Times the suite over a fleet of endpoints on the stand-in, in process and on one core:
//! `cargo run --release -p tests --example fleet [ENDPOINTS]`.
//!
//! What is timed is the suite and the stand-in together, without a network between them.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a bench tells and times")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use embedded::{Aws, Functions};
use jiff::{SignedDuration, Timestamp};
use local::account::Account;
use local::faults::Faults;
use local::model::{Form, Scorer, Scratch};
use local::place::Place;
use local::s3::Condition;
use local::sagemaker::{DataCaptureConfig, Pace, ProductionVariant, Row};
use ports::StatusBoard;
use report::Pages;
use serde_json::Value;

const START: &str = "2026-03-02T00:00:00Z";
const SETTINGS: &[u8] = b"version: 1\ndefaults:\n  engine: native\n  baseline: {training_data_s3_uri: s3://ml-training/churn.csv}\n";

/// How long each function ran, one entry an invocation.
type Times = RefCell<BTreeMap<String, Vec<Duration>>>;

struct Fleet {
    aws: Aws,
    functions: Functions<Pages>,
    times: Times,
    swept: RefCell<Vec<(Duration, flow::Swept)>>,
}

impl Fleet {
    fn open() -> Self {
        let buckets = ("DataBucketArns", "arn:aws:s3:::ml-capture,arn:aws:s3:::ml-training");
        let stack = embedded::stack(&Place::default(), &[buckets]).expect("the template is read");
        let now: Timestamp = START.parse().expect("a time");
        let account =
            Account::open(Place::default(), Pace::default(), 7, &Faults::none(), now, &stack);
        let topic = stack.topics.first().expect("a topic").arn.clone();
        let aws = Aws::new(account.expect("opens"), topic);
        aws.account().guard().enforce();
        aws.account().call(|all, now| {
            for bucket in ["ml-capture", "ml-training"] {
                all.s3.create_bucket(bucket, false).expect("a new bucket");
            }
            for (bucket, key, body) in [
                ("vigil", "vigil/settings.yaml", SETTINGS.to_vec()),
                ("ml-training", "churn.csv", training()),
            ] {
                all.s3.put(now, bucket, key, body, None, &Condition::Always).expect("written");
            }
        });
        let functions = Functions::new(aws.clone(), "vigil", "vigil", Pages::default());
        Self { aws, functions, times: Times::default(), swept: RefCell::default() }
    }

    fn serve(&self, name: &str) {
        self.aws.account().call(|all, now| {
            let scorer = Ok(Arc::new(Scorer::churn()));
            all.sagemaker.create_model(now, name, "s3://ml/model", scorer).expect("a model");
            let variants = vec![ProductionVariant::all_traffic(name)];
            let capture = Some(DataCaptureConfig::to("s3://ml-capture/capture"));
            let made = all.sagemaker.create_endpoint_config(now, name, variants, capture, &[]);
            made.expect("a config");
            all.sagemaker.create_endpoint(now, name, name, &[]).expect("an endpoint");
        });
    }

    /// Sends an hour's traffic, one column of it scaled.
    fn traffic(&self, name: &str, scale: f64) {
        let columns = Scorer::churn().columns().inputs();
        let begin = self.aws.account().now().as_millisecond();
        let rows: Vec<String> = (0..150).map(|at| row(columns, at, scale)).collect();
        let batch = rows.iter().zip(0_i64..).map(|(body, at)| Row {
            at_ms: begin + at * 20_000,
            body,
            inference_id: None,
        });
        self.aws.account().call(|all, _| {
            all.sagemaker.invoke_batch(name, "text/csv", batch).expect("served");
        });
    }

    /// Lets time pass, and returns how long that took.
    fn pass(&self, minutes: i64) -> Duration {
        let end = self.aws.account().now() + SignedDuration::from_mins(minutes);
        let began = Instant::now();
        let run = self.aws.account().run_until(end, |function: &str, event: &Value| {
            let began = Instant::now();
            let done = self.functions.run(function, event);
            let took = began.elapsed();
            self.times.borrow_mut().entry(function.to_owned()).or_default().push(took);
            if let Ok(Some(it)) = &done
                && let flow::Done::Swept(swept) = it.done
            {
                self.swept.borrow_mut().push((took, swept));
            }
            done.map(|_| Value::Null).map_err(|why| local::events::HandlerError {
                kind: "Refused".to_owned(),
                message: why.to_string(),
                retryable: true,
            })
        });
        run.expect("events come to rest");
        began.elapsed()
    }

    fn monitored(&self) -> usize {
        let lines = pollster::block_on(self.functions.shelves().status()).expect("status");
        lines.iter().filter(|it| it.monitors.iter().any(|it| it.has_baseline)).count()
    }
}

fn row(columns: usize, at: u64, scale: f64) -> String {
    let mut row = String::new();
    for column in 0..columns {
        // A walk through each column that repeats after a prime number of rows.
        let value = (at.wrapping_mul(31 + column as u64) % 97) as f64 + 1.0;
        let value = if column == 2 { value * scale } else { value };
        let _ = write!(row, "{}{value}", if column == 0 { "" } else { "," });
    }
    row
}

fn training() -> Vec<u8> {
    let (scorer, mut scratch) = (Scorer::churn(), Scratch::default());
    let columns = scorer.columns().inputs();
    let names: Vec<String> = (0..columns).map(|it| format!("feature_{it}")).collect();
    let mut csv = format!("prediction,{}\n", names.join(","));
    for at in 0..1000 {
        let row = row(columns, at, 1.0);
        let score = scorer.predict(Form::Csv, &row, &mut scratch).expect("a prediction")[0];
        let _ = writeln!(csv, "{score},{row}");
    }
    csv.into_bytes()
}

fn spread(times: &mut [Duration]) -> String {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    format!("{:>7} runs, median {:.2} ms, most {:.2} ms", times.len(), at(0.5), at(1.0))
}

fn main() {
    let endpoints: usize = std::env::args().nth(1).map_or(1000, |it| it.parse().expect("a number"));
    let fleet = Fleet::open();
    fleet.serve("endpoint-0000");
    let took = fleet.pass(30);
    assert_eq!(fleet.monitored(), 1);
    println!(
        "endpoint in service to monitored, six sweeps beside it: {:.1} ms",
        took.as_secs_f64() * 1e3
    );
    for at in 1..endpoints {
        fleet.serve(&format!("endpoint-{at:04}"));
    }
    let mut minutes = 30;
    while fleet.monitored() < endpoints && minutes < 24 * 60 {
        fleet.pass(30);
        minutes += 30;
    }
    println!("{} of {endpoints} monitored after {minutes} virtual minutes", fleet.monitored());
    fleet.times.borrow_mut().clear();
    fleet.swept.borrow_mut().clear();
    for hour in 0..4 {
        fleet.traffic("endpoint-0000", if hour == 2 { 100.0 } else { 1.0 });
        fleet.pass(60);
    }
    println!("alerts: {}", fleet.aws.alerts().len());
    for (function, times) in fleet.times.borrow_mut().iter_mut() {
        println!("{function:<28} {}", spread(times));
    }
    let swept = fleet.swept.borrow();
    let most = swept.iter().max_by_key(|(_, it)| it.windows_due + it.endpoints_due);
    if let Some((took, it)) = most {
        let events = it.windows_due + it.endpoints_due - it.left;
        println!(
            "fullest sweep: {} endpoints in {} pages, {} windows and {} endpoints due, {} left for the next, \
             {} PutEvents calls, {:.1} ms",
            it.endpoints,
            it.endpoints.div_ceil(100),
            it.windows_due,
            it.endpoints_due,
            it.left,
            events.div_ceil(10),
            took.as_secs_f64() * 1e3,
        );
    }
}
