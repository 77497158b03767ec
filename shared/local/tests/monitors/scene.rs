//! One account with an endpoint, and what the tests ask of it.

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
        Request, SageMaker,
        shape::{
            CreateJobDefinition, CreateMonitoringSchedule, CreateProcessingJob,
            MonitoringExecution, MonitoringScheduleConfig, MonitoringType, Query, ScheduleStatus,
        },
    },
    template::Stack,
};
use serde_json::{Value, json};

pub(crate) const ROW: &str = "93,FL,premium,no,card,0,261.9,94,178.3,101,142,93,7.3,2,0,71.65";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/monitor";
pub(crate) const TEMPLATE: &str = r"
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
pub(crate) struct Scene {
    pub(crate) account: Account,
    pub(crate) tasks: Arc<Mutex<Vec<ContainerTask>>>,
    pub(crate) events: Vec<Value>,
}

pub(crate) fn at(text: &str) -> Timestamp {
    format!("2026-03-04T{text}Z").parse().unwrap()
}

impl Scene {
    pub(crate) fn open(faults: &Faults) -> Self {
        Self::of(TEMPLATE, faults)
    }

    pub(crate) fn of(template: &str, faults: &Faults) -> Self {
        let stack = Stack::parse(template, &[]).unwrap();
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

    /// The same, with the baselines in place and the schedule `monitor` running each hour.
    pub(crate) fn monitored(faults: &Faults, family: MonitoringType) -> Self {
        let mut scene = Self::open(faults);
        for file in ["constraints.json", "statistics.json", "analysis_config.json"] {
            scene.put(&format!("base/{file}"), "{}");
        }
        scene.until("09:10:00");
        scene.define(family, "def").unwrap();
        scene.schedule(family, "monitor").unwrap();
        scene.until("09:15:00");
        scene
    }

    /// Lets the hook answer anything else from now on.
    pub(crate) fn containers_end(&self, end: ContainerEnd) {
        let seen = Arc::clone(&self.tasks);
        self.account.run_containers(move |task: &ContainerTask| {
            seen.lock().unwrap().push(task.clone());
            end.clone()
        });
    }

    pub(crate) fn last_task(&self) -> ContainerTask {
        self.tasks.lock().unwrap().last().cloned().unwrap()
    }

    pub(crate) fn sagemaker<T>(&self, act: impl FnOnce(&mut SageMaker, Timestamp) -> T) -> T {
        self.account.call(|all, now| act(&mut all.sagemaker, now))
    }

    pub(crate) fn until(&mut self, time: &str) {
        let events = &mut self.events;
        let seen = |_: &str, event: &Value| {
            events.push(event.clone());
            Ok(json!({}))
        };
        self.account.run_until(at(time), seen).unwrap();
    }

    pub(crate) fn call<T>(&self, act: impl FnOnce(&mut Services, Timestamp) -> T) -> T {
        self.account.call(act)
    }

    pub(crate) fn invoke(&self, inference_id: Option<&str>) {
        let body = ROW.as_bytes();
        let request =
            Request { content_type: "text/csv", body, inference_id, ..Request::default() };
        self.call(|all, now| all.sagemaker.invoke_endpoint(now, "churn-prod", &request)).unwrap();
    }

    pub(crate) fn put(&self, key: &str, body: &str) {
        let body = body.as_bytes().to_vec();
        self.call(|all, now| all.s3.put(now, "ml", key, body, None, &Condition::Always)).unwrap();
    }

    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        let page = self.call(|all, now| all.s3.list(now, "ml", &List::under(prefix))).unwrap();
        page.entries.into_iter().map(|it| it.key).collect()
    }

    pub(crate) fn define(&self, family: MonitoringType, name: &str) -> Result<String, Refused> {
        let request = definition(family, name);
        self.call(|all, now| all.sagemaker.create_job_definition(now, family, request))
    }

    pub(crate) fn schedule(&self, family: MonitoringType, name: &str) -> Result<String, Refused> {
        let request = CreateMonitoringSchedule {
            monitoring_schedule_name: name.to_owned(),
            monitoring_schedule_config: hourly(family, "def"),
            tags: Vec::new(),
        };
        self.call(|all, now| all.sagemaker.create_monitoring_schedule(now, request))
    }

    pub(crate) fn status(&self, name: &str) -> Result<ScheduleStatus, Code> {
        let found = self.call(|all, now| all.sagemaker.describe_monitoring_schedule(now, name));
        found.map(|it| it.monitoring_schedule_status).map_err(|it| it.code)
    }

    pub(crate) fn executions(&self, name: &str) -> Vec<MonitoringExecution> {
        let query = Query { monitoring_schedule_name: Some(name.to_owned()), ..Query::default() };
        let page = self.call(|all, now| all.sagemaker.list_monitoring_executions(now, &query));
        page.unwrap().entries
    }
}

pub(crate) fn definition(family: MonitoringType, name: &str) -> CreateJobDefinition {
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

pub(crate) fn hourly(family: MonitoringType, definition: &str) -> MonitoringScheduleConfig {
    config(json!({
        "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
        "MonitoringJobDefinitionName": definition,
        "MonitoringType": family.name(),
    }))
}

pub(crate) fn config(value: Value) -> MonitoringScheduleConfig {
    serde_json::from_value(value).unwrap()
}

/// A processing job that reads `s3://ml/train` and writes `s3://ml/out`.
pub(crate) fn job(name: &str) -> CreateProcessingJob {
    let body = json!({
        "ProcessingJobName": name,
        "ProcessingInputs": [{ "InputName": "train", "S3Input": {
            "S3Uri": "s3://ml/train", "LocalPath": "/opt/ml/processing/input", "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        } }],
        "ProcessingOutputConfig": { "Outputs": [{ "OutputName": "result", "S3Output": {
            "S3Uri": "s3://ml/out", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob",
        } }] },
        "ProcessingResources": { "ClusterConfig": {
            "InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20,
        } },
        "StoppingCondition": { "MaxRuntimeInSeconds": 1800 },
        "AppSpecification": { "ImageUri": "analyzer" },
        "Environment": { "output_path": "/opt/ml/processing/output" },
        "RoleArn": ROLE,
    });
    serde_json::from_value(body).unwrap()
}
