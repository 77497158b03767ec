//! Monitors: their definitions, schedules, executions and jobs, on one account.

#![expect(clippy::unwrap_used, reason = "a broken scene is a failed test")]

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use local::{
    account::{Account, Services},
    faults::Faults,
    model::Scorer,
    place::Place,
    s3::{Condition, List},
    sagemaker::{
        Code, ContainerEnd, ContainerTask, DataCaptureConfig, Pace, ProductionVariant, Refused,
        Request,
        shape::{
            CreateJobDefinition, CreateMonitoringSchedule, ExecutionStatus, JobStatus,
            MonitoringExecution, MonitoringScheduleConfig, MonitoringType, Query, ScheduleStatus,
        },
    },
    template::Stack,
};
use serde_json::{Value, json};

const ROW: &str = "93,FL,premium,no,card,0,261.9,94,178.3,101,142,93,7.3,2,0,71.65";
const ROLE: &str = "arn:aws:iam::111122223333:role/monitor";
const TEMPLATE: &str = r"
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties: { BucketName: ml }
  WatchFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: x
      Events:
        Jobs:
          Type: EventBridgeRule
          Properties:
            Pattern: { source: [aws.sagemaker], detail-type: [SageMaker Processing Job State Change] }
";

/// An account with the endpoint `churn-prod` in service, its monitors not yet made.
struct Scene {
    account: Account,
    tasks: Arc<Mutex<Vec<ContainerTask>>>,
    events: Vec<Value>,
}

fn at(text: &str) -> Timestamp {
    format!("2026-03-04T{text}Z").parse().unwrap()
}

impl Scene {
    fn open(faults: &Faults) -> Self {
        let stack = Stack::parse(TEMPLATE, &[]).unwrap();
        let start = at("09:00:00");
        let account =
            Account::open(Place::default(), Pace::default(), 7, faults, start, &stack).unwrap();
        let tasks: Arc<Mutex<Vec<ContainerTask>>> = Arc::default();
        let seen = Arc::clone(&tasks);
        account.run_containers(move |task: &ContainerTask| {
            seen.lock().unwrap().push(task.clone());
            let violations = r#"{"violations":[]}"#;
            ContainerEnd::completed(
                "CompletedWithViolations: Job completed successfully with 2 violations.",
            )
            .with_file("/opt/ml/processing/output/constraint_violations.json", violations)
        });
        account.call(|all, now| {
            let scorer = Ok(Arc::new(Scorer::churn()));
            all.sagemaker.create_model(now, "churn", "s3://ml/model.tar.gz", scorer).unwrap();
            let variants = vec![ProductionVariant::all_traffic("churn")];
            let capture = Some(DataCaptureConfig::to("s3://ml/capture"));
            all.sagemaker.create_endpoint_config(now, "captured", variants, capture, &[]).unwrap();
            all.sagemaker.create_endpoint(now, "churn-prod", "captured", &[]).unwrap();
        });
        Self { account, tasks, events: Vec::new() }
    }

    fn until(&mut self, time: &str) {
        let events = &mut self.events;
        let seen = |_: &str, event: &Value| {
            events.push(event.clone());
            Ok(json!({}))
        };
        self.account.run_until(at(time), seen).unwrap();
    }

    fn call<T>(&self, act: impl FnOnce(&mut Services, Timestamp) -> T) -> T {
        self.account.call(act)
    }

    fn invoke(&self) {
        let request =
            Request { content_type: "text/csv", body: ROW.as_bytes(), ..Request::default() };
        self.call(|all, now| all.sagemaker.invoke_endpoint(now, "churn-prod", &request)).unwrap();
    }

    fn put(&self, key: &str, body: &str) {
        let body = body.as_bytes().to_vec();
        self.call(|all, now| all.s3.put(now, "ml", key, body, None, &Condition::Always)).unwrap();
    }

    fn keys(&self, prefix: &str) -> Vec<String> {
        let page = self.call(|all, now| all.s3.list(now, "ml", &List::under(prefix))).unwrap();
        page.entries.into_iter().map(|it| it.key).collect()
    }

    fn define(&self, family: MonitoringType, name: &str) -> Result<String, Refused> {
        let request = definition(family, name);
        self.call(|all, now| all.sagemaker.create_job_definition(now, family, request))
    }

    fn schedule(&self, family: MonitoringType, name: &str) -> Result<String, Refused> {
        let request = CreateMonitoringSchedule {
            monitoring_schedule_name: name.to_owned(),
            monitoring_schedule_config: hourly(family, "def"),
            tags: Vec::new(),
        };
        self.call(|all, now| all.sagemaker.create_monitoring_schedule(now, request))
    }

    fn status(&self, name: &str) -> Result<ScheduleStatus, Code> {
        let found = self.call(|all, now| all.sagemaker.describe_monitoring_schedule(now, name));
        found.map(|it| it.monitoring_schedule_status).map_err(|it| it.code)
    }

    fn executions(&self, name: &str) -> Vec<MonitoringExecution> {
        let query = Query { monitoring_schedule_name: Some(name.to_owned()), ..Query::default() };
        let page = self.call(|all, now| all.sagemaker.list_monitoring_executions(now, &query));
        page.unwrap().entries
    }
}

fn definition(family: MonitoringType, name: &str) -> CreateJobDefinition {
    let word = family.name();
    let body = json!({
        "JobDefinitionName": name,
        format!("{word}BaselineConfig"): {
            "ConstraintsResource": { "S3Uri": "s3://ml/base/constraints.json" },
            "StatisticsResource": { "S3Uri": "s3://ml/base/statistics.json" },
        },
        format!("{word}AppSpecification"): {
            "ImageUri": "468650794304.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-model-monitor-analyzer",
            "ConfigUri": "s3://ml/base/analysis_config.json",
            "ProblemType": "BinaryClassification",
        },
        format!("{word}JobInput"): {
            "EndpointInput": { "EndpointName": "churn-prod", "LocalPath": "/opt/ml/processing/input/endpoint" },
            "GroundTruthS3Input": { "S3Uri": "s3://ml/labels" },
        },
        format!("{word}JobOutputConfig"): { "MonitoringOutputs": [{ "S3Output": {
            "S3Uri": "s3://ml/reports", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob",
        } }] },
        "JobResources": { "ClusterConfig": { "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20 } },
        "StoppingCondition": { "MaxRuntimeInSeconds": 1800 },
        "RoleArn": ROLE,
    });
    CreateJobDefinition::from_json(family, body).unwrap()
}

fn hourly(family: MonitoringType, definition: &str) -> MonitoringScheduleConfig {
    serde_json::from_value(json!({
        "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
        "MonitoringJobDefinitionName": definition,
        "MonitoringType": family.name(),
    }))
    .unwrap()
}

#[test]
fn execution_runs_its_container_every_hour() {
    let mut scene = Scene::open(&Faults::none());
    scene.put("base/constraints.json", "{}");
    scene.put("base/statistics.json", "{}");
    scene.put("base/analysis_config.json", "{}");
    scene.until("09:10:00");
    scene.define(MonitoringType::DataQuality, "def").unwrap();
    scene.schedule(MonitoringType::DataQuality, "dq-hourly").unwrap();
    assert_eq!(scene.status("dq-hourly"), Ok(ScheduleStatus::Pending));
    scene.until("09:15:00");
    assert_eq!(scene.status("dq-hourly"), Ok(ScheduleStatus::Scheduled));
    assert!(scene.executions("dq-hourly").is_empty());
    scene.invoke();
    scene.until("10:59:00");
    let execution = scene.executions("dq-hourly").pop().unwrap();
    assert_eq!(execution.scheduled_time, at("10:00:00"));
    assert!(execution.creation_time >= at("10:00:00"));
    assert!(execution.creation_time <= at("10:20:00"));
    assert_eq!(execution.monitoring_execution_status, ExecutionStatus::CompletedWithViolations);
    let task = scene.tasks.lock().unwrap().pop().unwrap();
    let environment = |name: &str| task.environment.get(name).map(String::as_str);
    let both =
        r#"{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}"#;
    assert_eq!(environment("dataset_format"), Some(both));
    assert_eq!(environment("dataset_source"), Some("/opt/ml/processing/input/endpoint"));
    assert_eq!(environment("output_path"), Some("/opt/ml/processing/output"));
    assert_eq!(environment("start_time"), Some("2026-03-04T09:00:00Z"));
    assert_eq!(environment("end_time"), Some("2026-03-04T10:00:00Z"));
    assert_eq!(environment("sagemaker_endpoint_name"), Some("churn-prod"));
    assert_eq!(environment("sagemaker_monitoring_schedule_name"), Some("dq-hourly"));
    let constraints = "/opt/ml/processing/baseline/constraints/constraints.json";
    assert_eq!(environment("baseline_constraints"), Some(constraints));
    assert!(task.files.contains_key(constraints));
    assert!(task.files.contains_key("/opt/ml/processing/baseline/stats/statistics.json"));
    let captured = "/opt/ml/processing/input/endpoint/churn-prod/AllTraffic/2026/03/04/09/";
    assert_eq!(task.files.keys().filter(|it| it.starts_with(captured)).count(), 1);
    let report = "reports/churn-prod/dq-hourly/2026/03/04/10/constraint_violations.json";
    assert_eq!(scene.keys("reports/"), [report]);
    let arn = execution.processing_job_arn.unwrap();
    let name = arn.rsplit_once('/').unwrap().1.to_owned();
    assert!(name.starts_with("data-quality-monitoring-202603041000-"), "{name}");
    let job = scene.call(|all, now| all.sagemaker.describe_processing_job(now, &name)).unwrap();
    assert_eq!(job.processing_job_status, JobStatus::Completed);
    let schedule = "arn:aws:sagemaker:eu-west-1:111122223333:monitoring-schedule/dq-hourly";
    assert_eq!(job.monitoring_schedule_arn.as_deref(), Some(schedule));
    let words = "CompletedWithViolations: Job completed successfully with 2 violations.";
    assert_eq!(job.exit_message.as_deref(), Some(words));
    let told: Vec<&Value> =
        scene.events.iter().map(|it| &it["detail"]["ProcessingJobStatus"]).collect();
    assert_eq!(told, ["InProgress", "Completed"]);
}
