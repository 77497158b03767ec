//! The template's role of monitoring jobs lets an execution with labels come to its end, and reach nothing else.

use std::sync::Arc;

use jiff::Timestamp;
use local::account::Account;
use local::faults::Faults;
use local::model::Scorer;
use local::place::Place;
use local::s3::Condition;
use local::sagemaker::shape::{
    CreateJobDefinition, CreateMonitoringSchedule, ExecutionStatus, MonitoringScheduleConfig,
    MonitoringType, Query,
};
use local::sagemaker::{
    ContainerEnd, ContainerTask, DataCaptureConfig, Pace, ProductionVariant, Request,
};
use serde_json::{Value, json};

const ROW: &[u8] = b"93,FL,premium,no,card,0,261.9,94,178.3,101,142,93,7.3,2,0,71.65";
const IMAGE: &str = "468650794304.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-model-monitor-analyzer";

fn at(clock: &str) -> Timestamp {
    format!("2026-03-04T{clock}Z").parse().expect("a time")
}

/// An account of the template with an endpoint, its labels and a baseline, and nobody's functions.
fn account() -> (Account, String) {
    let place = Place::default();
    let parameters =
        [("BucketName", "vigil"), ("Prefix", "vigil"), ("DataBucketArns", "arn:aws:s3:::ml-data")];
    let stack = embedded::stack(&place, &parameters).expect("the template is read");
    let role = stack.roles.iter().find(|it| it.named.id == "MonitorRole").expect("it is there");
    let role = role.named.arn.clone();
    let account = Account::open(place, Pace::default(), 7, &Faults::none(), at("09:00:00"), &stack);
    let account = account.expect("the account opens");
    account.guard().enforce();
    account.run_containers(|_: &ContainerTask| {
        ContainerEnd::completed("Completed: Job completed successfully with no violations.")
            .with_file("/opt/ml/processing/output/statistics.json", "{}")
            .with_file(
                "/opt/ml/output/metrics/cloudwatch/m.jsonl",
                r#"{"MetricName":"f1","Value":1.0}"#,
            )
    });
    account.call(|all, now| {
        all.s3.create_bucket("ml-data", false).expect("a new bucket");
        let baseline =
            "vigil/baselines/churn-prod/AllTraffic/model_quality/versions/1/constraints.json";
        let label = json!({
            "groundTruthData": { "data": "1", "encoding": "CSV" },
            "eventMetadata": { "eventId": "order-1" }, "eventVersion": "0",
        });
        let label = label.to_string();
        for (bucket, key, body) in
            [("vigil", baseline, "{}"), ("ml-data", "labels/2026/03/04/09/1.jsonl", &label)]
        {
            let body = body.as_bytes().to_vec();
            all.s3.put(now, bucket, key, body, None, &Condition::Always).expect("written");
        }
        let it = &mut all.sagemaker;
        let scorer = Ok(Arc::new(Scorer::churn()));
        it.create_model(now, "churn", "s3://ml-data/model", scorer).expect("a model");
        let variants = vec![ProductionVariant::all_traffic("churn")];
        let capture = Some(DataCaptureConfig::to("s3://ml-data/capture"));
        it.create_endpoint_config(now, "c", variants, capture, &[]).expect("a config");
        it.create_endpoint(now, "churn-prod", "c", &[]).expect("an endpoint");
    });
    (account, role)
}

fn pass(account: &Account, until: &str) {
    account.run_until(at(until), |_, _| Ok(Value::Null)).expect("events come to rest");
}

#[test]
fn monitor_role_reads_what_the_merge_wrote() {
    let (account, role) = account();
    pass(&account, "09:10:00");
    account.call(|all, now| {
        let request = Request {
            content_type: "text/csv",
            body: ROW,
            inference_id: Some("order-1"),
            ..Request::default()
        };
        all.sagemaker.invoke_endpoint(now, "churn-prod", &request).expect("served");
        let body = json!({
            "JobDefinitionName": "mq",
            "ModelQualityBaselineConfig": { "ConstraintsResource": { "S3Uri":
                "s3://vigil/vigil/baselines/churn-prod/AllTraffic/model_quality/versions/1/constraints.json" } },
            "ModelQualityAppSpecification": { "ImageUri": IMAGE, "ProblemType": "BinaryClassification" },
            "ModelQualityJobInput": {
                "EndpointInput": { "EndpointName": "churn-prod", "LocalPath": "/opt/ml/processing/input/endpoint" },
                "GroundTruthS3Input": { "S3Uri": "s3://ml-data/labels" },
            },
            "ModelQualityJobOutputConfig": { "MonitoringOutputs": [{ "S3Output": {
                "S3Uri": "s3://vigil/vigil/reports", "LocalPath": "/opt/ml/processing/output" } }] },
            "JobResources": { "ClusterConfig": {
                "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20 } },
            "RoleArn": role,
        });
        let family = MonitoringType::ModelQuality;
        let request = CreateJobDefinition::from_json(family, body).expect("a definition");
        all.sagemaker.create_job_definition(now, family, request).expect("created");
        let config: MonitoringScheduleConfig = serde_json::from_value(json!({
            "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
            "MonitoringJobDefinitionName": "mq", "MonitoringType": "ModelQuality",
        }))
        .expect("a config");
        let schedule = CreateMonitoringSchedule {
            monitoring_schedule_name: "mq".to_owned(),
            monitoring_schedule_config: config,
            tags: Vec::new(),
        };
        all.sagemaker.create_monitoring_schedule(now, schedule).expect("created");
    });
    pass(&account, "10:59:00");
    let all = Query::default();
    let listed = account.call(|aws, now| aws.sagemaker.list_monitoring_executions(now, &all));
    let execution = listed.expect("listed").entries.pop().expect("it ran");
    assert_eq!(execution.monitoring_execution_status, ExecutionStatus::Completed, "{execution:?}");
    assert_eq!(account.guard().denied(), []);
    assert_eq!(account.call(|aws, _| aws.cloudwatch.metrics().count()), 1);
}
