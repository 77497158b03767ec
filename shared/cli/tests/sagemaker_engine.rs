//! The loop on engine `sagemaker`: schedules of the stand-in run the analyzer as AWS would run its image.

use std::fmt::Write as _;
use std::sync::Arc;

use cli::Analyzer;
use embedded::{Aws, Functions, stack};
use jiff::{SignedDuration, Timestamp};
use local::account::Account;
use local::faults::{CallRates, EventRates, Faults, LateRates, Rates};
use local::model::{Form, Scorer, Scratch};
use local::place::Place;
use local::s3::{Condition, List};
use local::sagemaker::shape::{ExecutionStatus, MonitoringExecution, MonitoringType, Query};
use local::sagemaker::{Closed, DataCaptureConfig, Pace, ProductionVariant, Row, SageMaker};
use report::Pages;
use serde_json::Value;

const START: &str = "2026-03-02T00:00:00Z";

/// An account with the suite on it, and the endpoint `churn-prod` to come.
struct Scene {
    aws: Aws,
    functions: Functions<Pages>,
}

impl Scene {
    fn open(name: &str, engine: &str) -> Self {
        Self::stormy(name, engine, &Faults::none())
    }

    fn stormy(name: &str, engine: &str, faults: &Faults) -> Self {
        let place = Place::default();
        let buckets = ("DataBucketArns", "arn:aws:s3:::ml-capture,arn:aws:s3:::ml-training");
        let stack = stack(&place, &[buckets]).expect("the template is read");
        let start = START.parse().expect("a time");
        let account = Account::open(place, Pace::default(), 7, faults, start, &stack);
        let account = account.expect("the account opens");
        account.guard().enforce();
        let folder = format!("vigil-engine-{name}-{}", std::process::id());
        account.run_containers(Analyzer::below(std::env::temp_dir().join(folder)));
        let topic = stack.topics.first().expect("the template has a topic").arn.clone();
        let aws = Aws::new(account, topic);
        let functions = Functions::new(aws.clone(), "vigil", "vigil", Pages::default());
        let scene = Self { aws, functions: functions.with_jobs_of(&stack) };
        let settings = format!(
            "defaults:\n  engine: {engine}\n  baseline:\n    training_data_s3_uri: s3://ml-training/churn.csv\n"
        );
        scene.aws.account().call(|all, now| {
            for bucket in ["ml-capture", "ml-training"] {
                all.s3.create_bucket(bucket, false).expect("a new bucket");
            }
            for (bucket, key, body) in [
                ("vigil", "vigil/settings.yaml", settings),
                ("ml-training", "churn.csv", training()),
            ] {
                let body = body.into_bytes();
                all.s3.put(now, bucket, key, body, None, &Condition::Always).expect("written");
            }
        });
        scene
    }

    fn sagemaker<T>(&self, act: impl FnOnce(&mut SageMaker, Timestamp) -> T) -> T {
        self.aws.account().call(|all, now| act(&mut all.sagemaker, now))
    }

    fn serve(&self) {
        self.sagemaker(|it, now| {
            let scorer = Ok(Arc::new(Scorer::churn()));
            it.create_model(now, "churn", "s3://ml-training/model", scorer).expect("a model");
            let variants = vec![ProductionVariant::all_traffic("churn")];
            let capture = Some(DataCaptureConfig::to("s3://ml-capture/capture"));
            it.create_endpoint_config(now, "c", variants, capture, &[]).expect("a config");
            it.create_endpoint(now, "churn-prod", "c", &[]).expect("an endpoint");
        });
    }

    fn until(&self, minutes: i64) {
        let start: Timestamp = START.parse().expect("a time");
        let invoke = |function: &str, event: &Value| self.functions.invoke(function, event);
        let end = start + SignedDuration::from_mins(minutes);
        self.aws.account().run_until(end, invoke).expect("events come to rest");
    }

    /// Sends an hour of traffic from now on, one column of it scaled.
    fn traffic(&self, scale: f64) {
        let columns = Scorer::churn().columns().inputs();
        let begin = self.aws.account().now().as_millisecond();
        let rows: Vec<String> = (0..150).map(|at| row(columns, at, scale)).collect();
        let batch = rows.iter().zip(0_i64..).map(|(body, at)| Row {
            at_ms: begin + at * 20_000,
            body,
            inference_id: None,
        });
        self.aws.account().call(|all, _| {
            all.sagemaker.invoke_batch("churn-prod", "text/csv", batch).expect("served");
        });
    }

    fn executions(&self) -> Vec<MonitoringExecution> {
        let all = Query { max_results: Some(100), ..Query::default() };
        self.sagemaker(|it, now| it.list_monitoring_executions(now, &all)).expect("listed").entries
    }

    fn schedules(&self) -> usize {
        let all = Query::default();
        self.sagemaker(|it, now| it.list_monitoring_schedules(now, &all))
            .expect("listed")
            .entries
            .len()
    }

    fn definitions(&self) -> usize {
        let (family, all) = (MonitoringType::DataQuality, Query::default());
        let listed = self.sagemaker(|it, now| it.list_job_definitions(now, family, &all));
        listed.expect("listed").entries.len()
    }

    fn subjects(&self) -> Vec<String> {
        self.aws.alerts().into_iter().map(|it| it.subject).collect()
    }
}

fn row(columns: usize, at: u64, scale: f64) -> String {
    let mut row = String::new();
    for column in 0..columns {
        // A walk through each column that repeats after a prime number of rows.
        let value = (at.wrapping_mul(31 + column as u64) % 97) as f64 + 1.0;
        let value = if column == 2 { value * scale } else { value };
        let comma = if column == 0 { "" } else { "," };
        let _ = write!(row, "{comma}{value}");
    }
    row
}

fn training() -> String {
    let (scorer, mut scratch) = (Scorer::churn(), Scratch::default());
    let columns = scorer.columns().inputs();
    let names: Vec<String> = (0..columns).map(|it| format!("feature_{it}")).collect();
    let mut csv = format!("prediction,{}\n", names.join(","));
    for at in 0..1000 {
        let row = row(columns, at, 1.0);
        let score = scorer.predict(Form::Csv, &row, &mut scratch).expect("a prediction")[0];
        let _ = writeln!(csv, "{score},{row}");
    }
    csv
}

#[test]
fn schedules_of_sagemaker_monitor_and_alert() {
    let scene = Scene::open("alerts", "sagemaker");
    scene.serve();
    scene.until(30);
    assert_eq!((scene.schedules(), scene.definitions()), (1, 1));
    for hour in 1..7 {
        scene.until(hour * 60);
        scene.traffic(if hour == 4 { 100.0 } else { 1.0 });
    }
    scene.until(9 * 60);
    let executions = scene.executions();
    let of_hour = |hour: i64| {
        let start: Timestamp = START.parse().expect("a time");
        let at = start + SignedDuration::from_hours(hour);
        executions.iter().find(|it| it.scheduled_time == at).expect("it ran")
    };
    let bad = of_hour(5);
    assert_eq!(
        bad.monitoring_execution_status,
        ExecutionStatus::CompletedWithViolations,
        "{bad:?}"
    );
    let good = of_hour(3);
    assert_eq!(good.monitoring_execution_status, ExecutionStatus::Completed, "{good:?}");
    let files = scene.aws.account().call(|all, now| {
        all.s3.list(now, "vigil", &List::under("vigil/reports/churn-prod/")).expect("listed")
    });
    let found =
        files.entries.iter().any(|it| it.key.ends_with("2026/03/02/05/constraint_violations.json"));
    assert!(found, "{files:?}");
    let subjects = scene.subjects();
    assert!(subjects.iter().any(|it| it.contains("feature_2")), "{subjects:?}");
    assert_eq!(scene.aws.account().guard().denied(), []);
}

/// Until noon a third of SageMaker's calls go wrong, and a tenth of its events is lost.
#[test]
fn monitors_converge_after_a_storm() {
    let (mut late, mut lost) = (0, 0);
    for seed in 1..=3 {
        let rates = Rates {
            sagemaker: CallRates {
                error_before: 0.1,
                reply_lost: 0.1,
                throttled: 0.1,
                ..CallRates::default()
            },
            sagemaker_late: LateRates { applied_late: 0.1, ..LateRates::default() },
            events: EventRates {
                lost: 0.1,
                duplicated: 0.1,
                delayed: 0.1,
                ..EventRates::default()
            },
            ..Rates::default()
        };
        let start: Timestamp = START.parse().expect("a time");
        let noon = start + SignedDuration::from_hours(12);
        // The scene itself is set before the storm.
        let calm = Faults::seeded(seed, Rates::default());
        let faults = calm
            .switched(start + SignedDuration::from_secs(1), rates)
            .switched(noon, Rates::default());
        let scene = Scene::stormy(&format!("storm-{seed}"), "sagemaker", &faults);
        scene.serve();
        for hour in 1..13 {
            scene.until(hour * 60);
            scene.traffic(1.0);
        }
        scene.until(14 * 60);
        assert_eq!((scene.schedules(), scene.definitions()), (1, 1), "seed {seed}");
        let last = scene.executions().into_iter().next().expect("it ran");
        assert_eq!(last.monitoring_execution_status, ExecutionStatus::Completed, "{last:?}");
        scene.sagemaker(|it, now| it.delete_endpoint(now, "churn-prod")).expect("deleted");
        scene.until(16 * 60);
        assert_eq!((scene.schedules(), scene.definitions()), (0, 0), "seed {seed}");
        let happened = scene.sagemaker(|it, _| it.happened());
        (late, lost) = (late + happened.calls_late, lost + happened.replies_lost);
    }
    assert!(0 < late && 0 < lost, "{late} calls were late, {lost} replies lost");
}

#[test]
fn deleted_endpoint_leaves_no_schedule() {
    let scene = Scene::open("deleted", "sagemaker");
    scene.serve();
    scene.until(30);
    assert_eq!((scene.schedules(), scene.definitions()), (1, 1));
    scene.sagemaker(|it, now| it.delete_endpoint(now, "churn-prod")).expect("deleted");
    scene.until(90);
    assert_eq!((scene.schedules(), scene.definitions()), (0, 0));
}

#[test]
fn closed_account_settles_on_the_native_engine() {
    let scene = Scene::open("closed", "auto");
    scene.sagemaker(|it, _| it.close_model_monitor(Some(Closed::AccessDenied)));
    scene.serve();
    scene.until(30);
    assert_eq!((scene.schedules(), scene.definitions()), (0, 0));
    for hour in 1..7 {
        scene.until(hour * 60);
        scene.traffic(if hour == 4 { 100.0 } else { 1.0 });
    }
    scene.until(9 * 60);
    let subjects = scene.subjects();
    assert!(subjects.iter().any(|it| it.contains("feature_2")), "{subjects:?}");
}
