//! The loop on engine `sagemaker`: schedules of the stand-in run the analyzer as AWS would run its image.

use std::fmt::Write as _;
use std::sync::Arc;

use cli::Analyzer;
use embedded::{Aws, BESIDE, Functions, TEMPLATE};
use jiff::{SignedDuration, Timestamp};
use local::account::Account;
use local::faults::{CallRates, EventRates, Faults, LateRates, Rates};
use local::iam::{Part, Unused};
use local::model::{Form, Scorer, Scratch};
use local::place::Place;
use local::s3::{Condition, List};
use local::sagemaker::shape::{ExecutionStatus, MonitoringExecution, MonitoringType, Query};
use local::sagemaker::{Closed, DataCaptureConfig, Pace, ProductionVariant, Row, SageMaker};
use local::template::Stack;
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
        Self::on_template(name, engine, faults, TEMPLATE)
    }

    fn on_template(name: &str, engine: &str, faults: &Faults, template: &str) -> Self {
        let place = Place::default();
        let buckets = ("DataBucketArns", "arn:aws:s3:::ml-capture,arn:aws:s3:::ml-training");
        let stack = Stack::read_with(template, BESIDE, &place, "vigil", &[buckets]);
        let stack = stack.expect("the template is read");
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

/// Adopts, judges six hours, loses the endpoint, and meets settings that cannot be read.
fn whole_story(name: &str, engine: &str, template: &str) -> Scene {
    let scene = Scene::on_template(name, engine, &Faults::none(), template);
    scene.serve();
    scene.until(30);
    for hour in 1..7 {
        scene.until(hour * 60);
        scene.traffic(if hour == 4 { 100.0 } else { 1.0 });
    }
    scene.until(9 * 60);
    scene.sagemaker(|it, now| it.delete_endpoint(now, "churn-prod")).expect("deleted");
    scene.until(11 * 60);
    scene.aws.account().call(|all, now| {
        let body = b"nonsense: [".to_vec();
        let always = Condition::Always;
        all.s3.put(now, "vigil", "vigil/settings.yaml", body, None, &always).expect("written");
    });
    scene.until(13 * 60);
    scene
}

/// Grants that the two stories do not come to: role, statement, a word of the action or resource, and why.
const NOT_CAME_TO: &[(&str, &str, &str, &str)] = &[
    ("ReconcileEndpointRole", "", "ModelQuality", "the endpoint has data quality only"),
    ("ReconcileEndpointRole", "", "ModelBias", "the endpoint has data quality only"),
    ("ReconcileEndpointRole", "", "ModelExplainability", "the endpoint has data quality only"),
    ("ReconcileEndpointRole", "", "model-quality", "the endpoint has data quality only"),
    ("ReconcileEndpointRole", "", "model-bias", "the endpoint has data quality only"),
    ("ReconcileEndpointRole", "", "model-explainability", "the endpoint has data quality only"),
    ("ReconcileEndpointRole", "CreateConfigs", "PutObject", "Clarify's types have configs"),
    ("RebuildBaselineRole", "CreateOnly", "configs", "Clarify's types have configs"),
    ("ReconcileEndpointRole", "Schedules", "Update", "the settings do not change"),
    ("ReconcileEndpointRole", "Schedules", "Start", "nobody stops the schedule"),
    ("ReconcileEndpointRole", "Schedules", "Stop", "a schedule is deleted without"),
    ("RebuildBaselineRole", "KeepRecords", "held", "no baseline is held"),
    ("AnalyzeWindowRole", "StartJobs", "", "no window is too large for a function"),
    ("AnalyzeWindowRole", "Tag", "", "no window is too large for a function"),
    ("AnalyzeWindowRole", "PassMonitorRole", "", "no window is too large for a function"),
    ("RebuildBaselineRole", "LeaveFailures", "", "the state machine keeps its failures"),
    ("AnalyzeWindowRole", "LeaveFailures", "", "the endpoint is gone before it could fail"),
    ("AlertViolationsRole", "LeaveFailures", "", "the endpoint is gone before it could fail"),
    ("ProbeEndpointRole", "Post", "", "no probe fails"),
    ("MonitorRole", "ShadowEndpoint", "", "Clarify does this by itself"),
    ("BaselineRole", "ShadowEndpoint", "", "Clarify does this by itself"),
    ("BaselineRole", "Metrics", "", "AWS's images do this"),
    ("RebuildBaselineMachineRole", "Trace", "", "Step Functions does this by itself"),
    ("RebuildBaselineMachineRole", "LogDelivery", "", "Step Functions does this by itself"),
];

fn excuses(unused: &Unused) -> Option<usize> {
    let part = match &unused.part {
        Part::Action(action) => action,
        Part::Resource(resource) => resource,
    };
    NOT_CAME_TO.iter().position(|(role, statement, word, _)| {
        unused.role == *role
            && (statement.is_empty() || unused.statement == *statement)
            && part.contains(word)
    })
}

#[test]
fn no_grant_to_write_stays_unused() {
    let native = whole_story("native", "native", TEMPLATE);
    let theirs = whole_story("theirs", "sagemaker", TEMPLATE);
    let guard = native.aws.account().guard();
    assert_eq!(guard.denied(), []);
    assert_eq!(theirs.aws.account().guard().denied(), []);
    guard.add_uses(theirs.aws.account().guard());
    let mut came_up = vec![false; NOT_CAME_TO.len()];
    for unused in guard.unused(false).into_iter().filter(|it| it.writes) {
        let excuse = excuses(&unused);
        came_up[excuse.unwrap_or_else(|| panic!("nobody uses {unused:?}"))] = true;
    }
    for (excuse, came_up) in NOT_CAME_TO.iter().zip(came_up) {
        assert!(came_up, "{excuse:?} is used by now: take it off the list");
    }
}

/// A copy of the template with the first such line after an anchor replaced.
fn altered(anchor: &str, line: &str, instead: &str) -> String {
    let at = TEMPLATE.find(anchor).expect("the template has it");
    let (before, after) = TEMPLATE.split_at(at);
    assert!(after.contains(line), "{line}");
    format!("{before}{}", after.replacen(line, instead, 1))
}

#[test]
fn missing_grant_fails_the_story() {
    let without = altered("Sid: Publish", "sns:Publish", "sns:GetTopicAttributes");
    let scene = whole_story("without", "native", &without);
    let denied = scene.aws.account().guard().denied();
    assert_eq!(denied.len(), 1, "{denied:?}");
    assert_eq!(denied[0].0.action, "sns:Publish");
    assert_eq!(scene.subjects(), [""; 0], "nothing was published");
}

#[test]
fn needless_grant_is_reported() {
    let more = altered("Sid: Publish", "sns:Publish", "[sns:Publish, sns:DeleteTopic]");
    let scene = whole_story("more", "native", &more);
    let unused = scene.aws.account().guard().unused(false);
    let found = unused.iter().find(|it| it.part == Part::Action("sns:DeleteTopic".to_owned()));
    let found = found.expect("it is reported");
    assert!(found.writes && excuses(found).is_none(), "{found:?}");
}
