//! Executions fire on the clock and run their jobs.

use jiff::SignedDuration;
use local::{
    cloudwatch::Metric,
    faults::Faults,
    sagemaker::{
        ContainerEnd, DataCaptureConfig, ProductionVariant,
        shape::{
            BaselineConfig, CreateMonitoringSchedule, ExecutionStatus, JobStatus,
            MonitoringExecution, MonitoringType, Query, SortOrder,
        },
    },
};
use serde_json::{Value, json};

use super::scene::{Scene, at, config, definition, hourly, job};

fn job_name(execution: &MonitoringExecution) -> String {
    execution.processing_job_arn.as_ref().unwrap().rsplit_once('/').unwrap().1.to_owned()
}

#[test]
fn execution_runs_its_container_every_hour() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    assert!(scene.executions("monitor").is_empty());
    scene.invoke(None);
    scene.until("10:59:00");
    let execution = scene.executions("monitor").pop().unwrap();
    assert_eq!(execution.scheduled_time, at("10:00:00"));
    assert!(execution.creation_time >= at("10:00:00"));
    assert!(execution.creation_time <= at("10:20:00"));
    assert_eq!(execution.monitoring_execution_status, ExecutionStatus::CompletedWithViolations);
    let task = scene.last_task();
    let environment = |name: &str| task.environment.get(name).map(String::as_str);
    let both =
        r#"{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}"#;
    assert_eq!(environment("dataset_format"), Some(both));
    assert_eq!(environment("dataset_source"), Some("/opt/ml/processing/input/endpoint"));
    assert_eq!(environment("output_path"), Some("/opt/ml/processing/output"));
    assert_eq!(environment("start_time"), Some("2026-03-04T09:00:00Z"));
    assert_eq!(environment("end_time"), Some("2026-03-04T10:00:00Z"));
    assert_eq!(environment("sagemaker_endpoint_name"), Some("churn-prod"));
    assert_eq!(environment("sagemaker_monitoring_schedule_name"), Some("monitor"));
    let constraints = "/opt/ml/processing/baseline/constraints/constraints.json";
    assert_eq!(environment("baseline_constraints"), Some(constraints));
    assert!(task.files.contains_key(constraints));
    assert!(task.files.contains_key("/opt/ml/processing/baseline/stats/statistics.json"));
    let captured = "/opt/ml/processing/input/endpoint/churn-prod/AllTraffic/2026/03/04/09/";
    assert_eq!(task.files.keys().filter(|it| it.starts_with(captured)).count(), 1);
    let report = "reports/churn-prod/monitor/2026/03/04/10/constraint_violations.json";
    assert_eq!(scene.keys("reports/"), [report]);
    let name = job_name(&execution);
    assert!(name.starts_with("data-quality-monitoring-202603041000-"), "{name}");
    let job = scene.call(|all, now| all.sagemaker.describe_processing_job(now, &name)).unwrap();
    assert_eq!(job.processing_job_status, JobStatus::Completed);
    let schedule = "arn:aws:sagemaker:eu-west-1:111122223333:monitoring-schedule/monitor";
    assert_eq!(job.monitoring_schedule_arn.as_deref(), Some(schedule));
    let words = "CompletedWithViolations: Job completed successfully with 2 violations.";
    assert_eq!(job.exit_message.as_deref(), Some(words));
    let told: Vec<&Value> =
        scene.events.iter().map(|it| &it["detail"]["ProcessingJobStatus"]).collect();
    assert_eq!(told, ["InProgress", "Completed"]);
}

#[test]
fn window_without_captures_makes_no_job() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    scene.until("10:59:00");
    let execution = scene.executions("monitor").pop().unwrap();
    assert_eq!(execution.monitoring_execution_status, ExecutionStatus::Failed);
    // sagemaker-python-sdk#2634.
    assert_eq!(execution.failure_reason.as_deref(), Some("Job inputs had no data"));
    assert_eq!(execution.processing_job_arn, None);
    assert!(scene.events.is_empty());
}

#[test]
fn slash_at_the_end_finds_no_objects() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    scene.sagemaker(|it, now| {
        let variants = vec![ProductionVariant::all_traffic("churn")];
        let capture = Some(DataCaptureConfig::to("s3://ml/capture/"));
        it.create_endpoint_config(now, "slash", variants, capture, &[]).unwrap();
        it.update_endpoint(now, "churn-prod", "slash").unwrap();
    });
    scene.until("09:30:00");
    scene.invoke(None);
    scene.until("10:59:00");
    let reason = scene.executions("monitor").pop().unwrap().failure_reason.unwrap();
    // amazon-sagemaker-examples#1938.
    let words =
        "No S3 objects found under S3 URL \"s3://ml/capture/churn-prod/AllTraffic/2026/03/04/09\"";
    assert!(reason.contains(words), "{reason}");
}

#[test]
fn labels_are_merged_before_the_analysis() {
    for (family, kind, prefix) in [
        (MonitoringType::ModelQuality, Some("MODEL_QUALITY"), "model-quality-monitoring-"),
        (MonitoringType::ModelBias, Some("MODEL_BIAS"), "model-bias-monitoring-"),
    ] {
        let mut scene = Scene::monitored(&Faults::none(), family);
        scene.invoke(Some("order-1"));
        scene.invoke(Some("order-2"));
        scene.invoke(Some("order-3"));
        let label = |id: &str, label: &str| {
            let data = json!({ "data": label, "encoding": "CSV" });
            let record = json!({
                "groundTruthData": data, "eventMetadata": { "eventId": id }, "eventVersion": "0",
            });
            format!("{record}\n")
        };
        let labels = [
            label("order-1", "1"),
            label("order-2", "0"),
            label("order-2", "1"),
            label("order-9", "1"),
        ];
        scene.put("labels/2026/03/04/09/1510.jsonl", &labels.concat());
        scene.until("10:59:00");
        let execution = scene.executions("monitor").pop().unwrap();
        assert_eq!(execution.monitoring_execution_status, ExecutionStatus::CompletedWithViolations);
        let name = job_name(&execution);
        assert!(name.starts_with(&format!("{prefix}202603041000-")), "{name}");
        let merge = name.replace(prefix, "groundtruth-merge-");
        let merge = scene.sagemaker(|it, now| it.describe_processing_job(now, &merge)).unwrap();
        assert_eq!(merge.processing_job_status, JobStatus::Completed);
        let image = &merge.request.app_specification.image_uri;
        assert!(image.ends_with("/sagemaker-model-monitor-groundtruth-merger"), "{image}");
        let names: Vec<&str> =
            merge.request.processing_inputs.iter().map(|it| it.input_name.as_str()).collect();
        assert_eq!(names, ["groundtruth_input_1", "endpoint_input_1"]);
        let task = scene.last_task();
        assert_eq!(task.environment.get("analysis_type").map(String::as_str), kind);
        let folder = "/opt/ml/processing/input/endpoint/churn-prod/AllTraffic/2026/03/04/09/part-";
        let (_, merged) = task.files.iter().find(|(path, _)| path.starts_with(folder)).unwrap();
        let merged: Vec<Value> = String::from_utf8_lossy(merged)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let joined: Vec<(&Value, &Value)> = merged
            .iter()
            .map(|it| (&it["eventMetadata"]["inferenceId"], &it["groundTruthData"]["data"]))
            .collect();
        // The last label wins, and what has no label is left out.
        assert_eq!(joined, [(&json!("order-1"), &json!("1")), (&json!("order-2"), &json!("1"))]);
        assert!(merged.iter().all(|it| it["captureData"]["endpointInput"]["data"].is_string()));
    }
}

#[test]
fn window_without_labels_fails_its_merge() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::ModelQuality);
    scene.invoke(Some("order-1"));
    scene.until("10:59:00");
    let execution = scene.executions("monitor").pop().unwrap();
    assert_eq!(execution.monitoring_execution_status, ExecutionStatus::Failed);
    let reason = execution.failure_reason.clone().unwrap();
    let words = "No S3 objects found under S3 URL \"s3://ml/labels/2026/03/04/09\"";
    assert!(reason.contains(words), "{reason}");
    assert!(job_name(&execution).starts_with("groundtruth-merge-202603041000-"));
}

#[test]
fn execution_passes_through_its_states() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    scene.invoke(None);
    let mut seen = Vec::new();
    for minute in 0..40 {
        scene.until(&format!("10:{minute:02}:00"));
        let state = scene.executions("monitor").pop().map(|it| it.monitoring_execution_status);
        if seen.last() != Some(&state) {
            seen.push(state);
        }
    }
    let states = [
        ExecutionStatus::Pending,
        ExecutionStatus::InProgress,
        ExecutionStatus::CompletedWithViolations,
    ];
    let expect: Vec<_> = [None].into_iter().chain(states.map(Some)).collect();
    assert_eq!(seen, expect);
}

#[test]
fn stopping_its_job_stops_an_execution() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    scene.invoke(None);
    scene.until("10:20:30");
    let execution = scene.executions("monitor").pop().unwrap();
    let name = job_name(&execution);
    scene.sagemaker(|it, now| it.stop_processing_job(now, &name)).unwrap();
    let state =
        |scene: &Scene| scene.executions("monitor").pop().unwrap().monitoring_execution_status;
    assert_eq!(state(&scene), ExecutionStatus::Stopping);
    scene.until("10:59:00");
    assert_eq!(state(&scene), ExecutionStatus::Stopped);
    assert!(scene.keys("reports/").is_empty());
}

#[test]
fn clarify_finds_its_configuration() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::ModelExplainability);
    scene.invoke(None);
    scene.until("10:59:00");
    let task = scene.last_task();
    assert!(task.files.contains_key("/opt/ml/processing/input/config/analysis_config.json"));
    assert_eq!(task.environment["analysis_type"], "MODEL_EXPLAINABILITY");
    assert!(!task.environment.contains_key("baseline_statistics"));
    let name = job_name(&scene.executions("monitor").pop().unwrap());
    assert!(name.starts_with("model-explainability-monitoring-202603041000-"), "{name}");
}

#[test]
fn baseline_may_be_named_by_its_job() {
    let mut scene = Scene::open(&Faults::none());
    scene.put("train/a.csv", "1,2\n");
    let end = ContainerEnd::completed("Completed: ok")
        .with_file("/opt/ml/processing/output/constraints.json", "{}")
        .with_file("/opt/ml/processing/output/statistics.json", "{}");
    scene.containers_end(end);
    scene.sagemaker(|it, now| it.create_processing_job(now, job("suggest"))).unwrap();
    scene.until("09:40:00");
    let mut request = definition(MonitoringType::DataQuality, "def");
    let named = BaselineConfig {
        baselining_job_name: Some("suggest".to_owned()),
        ..BaselineConfig::default()
    };
    request.baseline_config = Some(named);
    let family = MonitoringType::DataQuality;
    scene.sagemaker(|it, now| it.create_job_definition(now, family, request)).unwrap();
    scene.schedule(family, "monitor").unwrap();
    scene.invoke(None);
    scene.until("10:59:00");
    let execution = scene.executions("monitor").pop().unwrap();
    assert_eq!(execution.failure_reason, None);
    let task = scene.last_task();
    let constraints = "/opt/ml/processing/baseline/constraints/constraints.json";
    assert_eq!(task.environment["baseline_constraints"], constraints);
    assert!(task.files.contains_key(constraints));
    assert!(task.files.contains_key("/opt/ml/processing/baseline/stats/statistics.json"));
}

#[test]
fn failed_container_fails_its_execution() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    scene.containers_end(ContainerEnd::failed("Error: Encoding mismatch: Encoding is CSV"));
    scene.invoke(None);
    scene.until("10:59:00");
    let execution = scene.executions("monitor").pop().unwrap();
    assert_eq!(execution.monitoring_execution_status, ExecutionStatus::Failed);
    let words = "AlgorithmError: Error: Encoding mismatch: Encoding is CSV, exit code: 255";
    assert_eq!(execution.failure_reason.as_deref(), Some(words));
    assert!(scene.keys("reports/").is_empty());
}

#[test]
fn message_decides_whether_there_were_violations() {
    fn check(message: &str, expect: ExecutionStatus) {
        let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
        scene.containers_end(ContainerEnd::completed(message));
        scene.invoke(None);
        scene.until("10:59:00");
        let execution = scene.executions("monitor").pop().unwrap();
        assert_eq!(execution.monitoring_execution_status, expect, "{message}");
    }
    let none = "Completed: Job completed successfully with no violations.";
    check(none, ExecutionStatus::Completed);
    let some = "CompletedWithViolations: Job completed successfully with 8 violations.";
    check(some, ExecutionStatus::CompletedWithViolations);
    check("", ExecutionStatus::Completed);
}

#[test]
fn metrics_of_the_container_reach_cloudwatch() {
    let published = |choice: &str| {
        let mut scene = Scene::open(&Faults::none());
        scene.put("base/constraints.json", "{}");
        scene.put("base/statistics.json", "{}");
        scene.put("base/analysis_config.json", "{}");
        scene.until("09:10:00");
        let mut request = definition(MonitoringType::DataQuality, "def");
        let variable = ("publish_cloudwatch_metrics".to_owned(), choice.to_owned());
        request.app_specification.environment = Some([variable].into());
        let family = MonitoringType::DataQuality;
        scene.sagemaker(|it, now| it.create_job_definition(now, family, request)).unwrap();
        scene.schedule(family, "monitor").unwrap();
        // The sample of the developer guide, and a plain value.
        let lines = r#"{"MetricName":"feature_baseline_drift_age","Timestamp":"2026-03-04T09:00:00Z","Dimensions":[{"Name":"Endpoint","Value":"churn-prod"},{"Name":"MonitoringSchedule","Value":"monitor"}],"StatisticValues":{"SampleCount":4.0,"Sum":0.8,"Minimum":0.1,"Maximum":0.3},"Unit":"None"}
{"MetricName":"feature_baseline_drift_age","Timestamp":"2026-03-04T09:30:00Z","Dimensions":[{"Name":"Endpoint","Value":"churn-prod"},{"Name":"MonitoringSchedule","Value":"monitor"}],"Value":0.9}
not a line
"#;
        let file = "/opt/ml/output/metrics/cloudwatch/cloudwatch_metrics.jsonl";
        scene.containers_end(ContainerEnd::completed("Completed: ok").with_file(file, lines));
        scene.invoke(None);
        scene.until("10:59:00");
        let dimensions = [("Endpoint", "churn-prod"), ("MonitoringSchedule", "monitor")];
        let metric = Metric {
            namespace: "aws/sagemaker/Endpoints/data-metrics".to_owned(),
            name: "feature_baseline_drift_age".to_owned(),
            dimensions: dimensions.map(|(name, it)| (name.to_owned(), it.to_owned())).into(),
        };
        let hour = SignedDuration::from_hours(1);
        let (start, end) = (at("09:00:00"), at("10:00:00"));
        scene.call(|all, _| all.cloudwatch.statistics(&metric, start, end, hour))
    };
    let found = published("Enabled");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].samples, found[0].least, found[0].most), (5, 0.1, 0.9));
    assert!((found[0].sum - 1.7).abs() < 1e-9);
    assert!(published("Disabled").is_empty());
}

#[test]
fn now_runs_once_over_its_own_window() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    scene.invoke(None);
    scene.until("11:30:00");
    scene
        .sagemaker(|it, now| {
            let request = CreateMonitoringSchedule {
                monitoring_schedule_name: "once".to_owned(),
                monitoring_schedule_config: config(json!({
                    "ScheduleConfig": {
                        "ScheduleExpression": "NOW",
                        "DataAnalysisStartTime": "-PT3H", "DataAnalysisEndTime": "-PT1H",
                    },
                    "MonitoringJobDefinitionName": "def",
                    "MonitoringType": "DataQuality",
                })),
                tags: Vec::new(),
            };
            it.create_monitoring_schedule(now, request)
        })
        .unwrap();
    scene.until("15:00:00");
    let executions = scene.executions("once");
    assert_eq!(executions.len(), 1);
    assert_eq!(executions[0].creation_time, executions[0].scheduled_time);
    let tasks = scene.tasks.lock().unwrap().clone();
    let task = tasks
        .iter()
        .find(|it| it.environment["sagemaker_monitoring_schedule_name"] == "once")
        .unwrap();
    assert_eq!(task.environment["start_time"], "2026-03-04T08:30:30Z");
    assert_eq!(task.environment["end_time"], "2026-03-04T10:30:30Z");
    // On-demand runs write directly under the given URI.
    assert!(scene.keys("reports/").contains(&"reports/constraint_violations.json".to_owned()));
}

#[test]
fn update_and_deletion_keep_the_history() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    scene.until("11:30:00");
    assert_eq!(scene.executions("monitor").len(), 2);
    scene.define(MonitoringType::DataQuality, "second").unwrap();
    let next = hourly(MonitoringType::DataQuality, "second");
    scene.sagemaker(|it, now| it.update_monitoring_schedule(now, "monitor", next)).unwrap();
    scene.until("13:30:00");
    let names: Vec<Option<String>> = scene
        .executions("monitor")
        .into_iter()
        .map(|it| it.monitoring_job_definition_name)
        .collect();
    let second = || Some("second".to_owned());
    assert_eq!(names, [second(), second(), Some("def".to_owned()), Some("def".to_owned())]);
    scene.sagemaker(|it, now| it.delete_monitoring_schedule(now, "monitor")).unwrap();
    scene.until("15:30:00");
    assert_eq!(scene.executions("monitor").len(), 4);
}

#[test]
fn stopped_schedule_fires_no_more() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    scene.until("10:45:00");
    scene.sagemaker(|it, now| it.stop_monitoring_schedule(now, "monitor")).unwrap();
    scene.until("14:45:00");
    assert_eq!(scene.executions("monitor").len(), 1);
    scene.sagemaker(|it, now| it.start_monitoring_schedule(now, "monitor")).unwrap();
    scene.until("15:45:00");
    let scheduled: Vec<_> =
        scene.executions("monitor").into_iter().map(|it| it.scheduled_time).collect();
    assert_eq!(scheduled, [at("15:00:00"), at("10:00:00")]);
}

#[test]
fn long_windows_keep_to_ten_inputs() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    scene.sagemaker(|it, now| {
        let daily = config(json!({
            "ScheduleConfig": { "ScheduleExpression": "cron(0 23 ? * * *)" },
            "MonitoringJobDefinitionName": "def",
            "MonitoringType": "DataQuality",
        }));
        it.update_monitoring_schedule(now, "monitor", daily).unwrap();
    });
    for hour in 10..22 {
        scene.until(&format!("{hour}:00:00"));
        scene.invoke(None);
    }
    scene.until("23:59:00");
    let task = scene.last_task();
    assert_eq!(task.environment["start_time"], "2026-03-03T23:00:00Z");
    assert_eq!(task.environment["end_time"], "2026-03-04T23:00:00Z");
    let execution = scene.executions("monitor").pop().unwrap();
    let name = job_name(&execution);
    let job = scene.sagemaker(|it, now| it.describe_processing_job(now, &name)).unwrap();
    let inputs = &job.request.processing_inputs;
    let uris: Vec<&str> = inputs.iter().map(|it| it.s3.as_ref().unwrap().s3_uri.as_str()).collect();
    assert!(uris.contains(&"s3://ml/capture/churn-prod/AllTraffic/2026/03/04"), "{uris:?}");
    assert!(inputs.len() <= 10);
    // The container finds each hour where it would have been.
    let hour = "/opt/ml/processing/input/endpoint/churn-prod/AllTraffic/2026/03/04/14/";
    assert_eq!(task.files.keys().filter(|it| it.starts_with(hour)).count(), 1);
}

#[test]
fn executions_are_listed_by_page_and_filter() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    scene.invoke(None);
    scene.until("14:59:00");
    let list = |query: &Query| {
        scene.sagemaker(|it, now| it.list_monitoring_executions(now, query)).unwrap()
    };
    let mut hours = Vec::new();
    let mut query = Query {
        endpoint_name: Some("churn-prod".to_owned()),
        max_results: Some(2),
        sort_order: Some(SortOrder::Ascending),
        ..Query::default()
    };
    loop {
        let page = list(&query);
        assert!(page.entries.len() <= 2);
        hours.extend(page.entries.iter().map(|it| it.scheduled_time));
        query.next_token = page.next_token;
        if query.next_token.is_none() {
            break;
        }
    }
    assert_eq!(hours, [10, 11, 12, 13, 14].map(|hour| at(&format!("{hour}:00:00"))));
    let failed = Query { status_equals: Some("Failed".to_owned()), ..Query::default() };
    assert_eq!(list(&failed).entries.len(), 4);
    let between = Query {
        scheduled_time_after: Some(at("10:00:00")),
        scheduled_time_before: Some(at("12:00:00")),
        ..Query::default()
    };
    assert_eq!(list(&between).entries.len(), 1);
    let other = Query { endpoint_name: Some("other".to_owned()), ..Query::default() };
    assert!(list(&other).entries.is_empty());
}

#[test]
fn same_seed_gives_the_same_history() {
    let history = || {
        let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
        scene.invoke(None);
        scene.until("20:59:00");
        (scene.executions("monitor"), scene.events)
    };
    assert_eq!(history(), history());
}
