//! The life of schedules and definitions.

use local::{
    faults::Faults,
    sagemaker::{
        Closed, Code,
        shape::{
            CreateMonitoringSchedule, JobDefinition, MonitoringType, Query, ScheduleStatus, Tag,
            to_json,
        },
    },
};
use serde_json::json;

use super::scene::{ROLE, Scene, at, config, definition, hourly};

#[test]
fn pending_schedule_takes_no_change() {
    let mut scene = Scene::open(&Faults::none());
    scene.until("09:10:00");
    scene.define(MonitoringType::DataQuality, "def").unwrap();
    scene.schedule(MonitoringType::DataQuality, "monitor").unwrap();
    assert_eq!(scene.status("monitor"), Ok(ScheduleStatus::Pending));
    let next = hourly(MonitoringType::DataQuality, "def");
    let refused = scene.sagemaker(|it, now| {
        [
            it.delete_monitoring_schedule(now, "monitor").unwrap_err(),
            it.stop_monitoring_schedule(now, "monitor").unwrap_err(),
            it.start_monitoring_schedule(now, "monitor").unwrap_err(),
            it.update_monitoring_schedule(now, "monitor", next).unwrap_err(),
        ]
    });
    for refused in refused {
        // amazon-sagemaker-examples#2342.
        let words = "ValidationException: Monitoring schedule in status Pending";
        assert_eq!(refused.to_string(), words);
    }
    scene.until("09:10:30");
    assert_eq!(scene.status("monitor"), Ok(ScheduleStatus::Scheduled));
    scene.sagemaker(|it, now| it.stop_monitoring_schedule(now, "monitor")).unwrap();
    assert_eq!(scene.status("monitor"), Ok(ScheduleStatus::Pending));
    scene.until("09:11:00");
    assert_eq!(scene.status("monitor"), Ok(ScheduleStatus::Stopped));
}

#[test]
fn definition_is_locked_until_the_schedule_is_gone() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    let delete = |scene: &Scene| {
        let family = MonitoringType::DataQuality;
        scene
            .sagemaker(|it, now| it.delete_job_definition(now, family, "def"))
            .map_err(|it| it.code)
    };
    assert_eq!(delete(&scene), Err(Code::ValidationException));
    scene.sagemaker(|it, now| it.delete_monitoring_schedule(now, "monitor")).unwrap();
    assert_eq!(scene.status("monitor"), Ok(ScheduleStatus::Pending));
    assert_eq!(delete(&scene), Err(Code::ValidationException));
    scene.until("09:16:00");
    assert_eq!(scene.status("monitor"), Err(Code::ResourceNotFound));
    assert_eq!(delete(&scene), Ok(()));
    assert_eq!(delete(&scene), Err(Code::ResourceNotFound));
}

#[test]
fn describing_tells_what_was_asked_for() {
    let mut scene = Scene::open(&Faults::none());
    scene.until("09:10:00");
    for family in MonitoringType::ALL {
        let arn = scene.define(family, "def").unwrap();
        let kind = family.arn_kind();
        assert_eq!(arn, format!("arn:aws:sagemaker:eu-west-1:111122223333:{kind}/def"));
        let found = scene.sagemaker(|it, now| it.describe_job_definition(now, family, "def"));
        let answer = JobDefinition::to_json(&found.unwrap());
        let word = family.name();
        let input = &answer[format!("{word}JobInput")]["EndpointInput"];
        let asked = json!({
            "EndpointName": "churn-prod", "LocalPath": "/opt/ml/processing/input/endpoint",
        });
        assert_eq!(*input, asked);
        assert_eq!(answer["JobDefinitionName"], "def");
        assert_eq!(answer["CreationTime"], 1_772_615_400.0);
        assert_eq!(answer["RoleArn"], ROLE);
        assert!(answer.get("Tags").is_none());
        // Of the members that were asked for, each family has its own (botocore's service model).
        let app = &answer[format!("{word}AppSpecification")];
        let clarify =
            matches!(family, MonitoringType::ModelBias | MonitoringType::ModelExplainability);
        assert_eq!(app.get("ConfigUri").is_some(), clarify, "{word}");
        assert_eq!(app.get("ProblemType").is_some(), family == MonitoringType::ModelQuality);
        let labels = answer[format!("{word}JobInput")].get("GroundTruthS3Input");
        assert_eq!(labels.is_some(), family.has_ground_truth(), "{word}");
        let statistics = answer[format!("{word}BaselineConfig")].get("StatisticsResource");
        assert_eq!(statistics.is_some(), family == MonitoringType::DataQuality, "{word}");
    }
    let family = MonitoringType::ModelBias;
    let mut request = CreateMonitoringSchedule {
        monitoring_schedule_name: "Monitor".to_owned(),
        monitoring_schedule_config: hourly(family, "def"),
        tags: vec![Tag::new("team", "ml")],
    };
    let arn = scene.sagemaker(|it, now| it.create_monitoring_schedule(now, request.clone()));
    let arn = arn.unwrap();
    assert_eq!(arn, "arn:aws:sagemaker:eu-west-1:111122223333:monitoring-schedule/monitor");
    let tags = scene.sagemaker(|it, now| it.list_tags(now, &arn)).unwrap();
    assert_eq!(tags.get("team").map(String::as_str), Some("ml"));
    let found = scene.sagemaker(|it, now| it.describe_monitoring_schedule(now, "Monitor"));
    let answer = to_json(&found.unwrap());
    request.tags.clear();
    assert_eq!(
        answer,
        json!({
            "MonitoringScheduleArn": arn, "MonitoringScheduleName": "Monitor",
            "MonitoringScheduleStatus": "Pending", "MonitoringType": "ModelBias",
            "CreationTime": 1_772_615_400.0, "LastModifiedTime": 1_772_615_400.0,
            "MonitoringScheduleConfig": {
                "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
                "MonitoringJobDefinitionName": "def", "MonitoringType": "ModelBias",
            },
            "EndpointName": "churn-prod",
        })
    );
}

#[test]
fn definition_may_be_written_out_in_the_schedule() {
    let mut scene = Scene::open(&Faults::none());
    scene.until("09:10:00");
    let inline = json!({
        "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
        "MonitoringJobDefinition": {
            "MonitoringInputs": [{ "EndpointInput": { "EndpointName": "churn-prod", "LocalPath": "/in" } }],
            "MonitoringOutputConfig": { "MonitoringOutputs": [{ "S3Output": { "S3Uri": "s3://ml/reports/", "LocalPath": "/out" } }] },
            "MonitoringResources": { "ClusterConfig": { "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20 } },
            "MonitoringAppSpecification": { "ImageUri": "analyzer" },
            "Environment": { "publish_cloudwatch_metrics": "Disabled", "extra": "1" },
            "RoleArn": ROLE,
        },
    });
    let request = CreateMonitoringSchedule {
        monitoring_schedule_name: "monitor".to_owned(),
        monitoring_schedule_config: config(inline.clone()),
        tags: Vec::new(),
    };
    scene.sagemaker(|it, now| it.create_monitoring_schedule(now, request)).unwrap();
    let found = scene.sagemaker(|it, now| it.describe_monitoring_schedule(now, "monitor")).unwrap();
    assert_eq!(to_json(&found.monitoring_schedule_config), inline);
    assert_eq!(found.endpoint_name.as_deref(), Some("churn-prod"));
    scene.invoke(None);
    scene.until("10:59:00");
    let task = scene.last_task();
    assert_eq!(task.environment["publish_cloudwatch_metrics"], "Disabled");
    assert_eq!(task.environment["extra"], "1");
    assert_eq!(task.environment["dataset_source"], "/in");
    assert_eq!(task.outputs, ["/out"]);
}

#[test]
fn schedules_are_listed_by_page_and_filter() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    scene.define(MonitoringType::ModelQuality, "def").unwrap();
    for number in 0..24 {
        scene.until(&format!("09:{:02}:00", 20 + number));
        scene.schedule(MonitoringType::ModelQuality, &format!("quality-{number:02}")).unwrap();
    }
    let list = |query: &Query| {
        let page = scene.sagemaker(|it, now| it.list_monitoring_schedules(now, query)).unwrap();
        let names: Vec<String> =
            page.entries.into_iter().map(|it| it.monitoring_schedule_name).collect();
        (names, page.next_token)
    };
    // The newest first, ten a page.
    let (first, token) = list(&Query::default());
    assert_eq!(first.len(), 10);
    assert_eq!(first[0], "quality-23");
    let (second, token) = list(&Query { next_token: token, ..Query::default() });
    assert_eq!(second[0], "quality-13");
    let (third, token) = list(&Query { next_token: token, ..Query::default() });
    assert_eq!((third.len(), token), (5, None));
    assert_eq!(third[4], "monitor");
    let few = |query: Query| list(&Query { max_results: Some(100), ..query }).0.len();
    let family = Some(MonitoringType::DataQuality);
    assert_eq!(few(Query { monitoring_type_equals: family, ..Query::default() }), 1);
    assert_eq!(few(Query { name_contains: Some("ity-1".to_owned()), ..Query::default() }), 10);
    assert_eq!(few(Query { status_equals: Some("Pending".to_owned()), ..Query::default() }), 1);
    let later = Some(at("09:40:00"));
    assert_eq!(few(Query { creation_time_after: later, ..Query::default() }), 3);
    assert_eq!(few(Query { endpoint_name: Some("churn-prod".to_owned()), ..Query::default() }), 25);
    assert_eq!(few(Query { endpoint_name: Some("gone".to_owned()), ..Query::default() }), 0);
}

#[test]
fn closed_account_refuses_new_monitors_only() {
    for (closed, code) in [
        (Closed::AccessDenied, Code::AccessDeniedException),
        (Closed::Validation, Code::ValidationException),
        (Closed::InternalFailure, Code::InternalFailure),
    ] {
        let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
        scene.sagemaker(|it, _| it.close_model_monitor(Some(closed)));
        for family in MonitoringType::ALL {
            assert_eq!(scene.define(family, "more").unwrap_err().code, code);
        }
        let refused = scene.schedule(MonitoringType::DataQuality, "more").unwrap_err();
        assert_eq!(refused.code, code);
        // What is there goes on.
        scene.invoke(None);
        scene.until("10:59:00");
        assert_eq!(scene.executions("monitor").len(), 1);
        scene.sagemaker(|it, _| it.close_model_monitor(None));
        scene.define(MonitoringType::ModelBias, "more").unwrap();
    }
}

#[test]
fn failed_schedule_can_be_deleted() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    scene.sagemaker(|it, now| it.fail_monitoring_schedule(now, "monitor", "Internal error"));
    let found = scene.sagemaker(|it, now| it.describe_monitoring_schedule(now, "monitor")).unwrap();
    assert_eq!(found.monitoring_schedule_status, ScheduleStatus::Failed);
    assert_eq!(found.failure_reason.as_deref(), Some("Internal error"));
    scene.until("12:00:00");
    assert!(scene.executions("monitor").is_empty());
    scene.sagemaker(|it, now| it.delete_monitoring_schedule(now, "monitor")).unwrap();
    scene.until("12:01:00");
    assert_eq!(scene.status("monitor"), Err(Code::ResourceNotFound));
}

#[test]
fn endpoint_may_go_before_its_schedule() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    scene.invoke(None);
    scene.sagemaker(|it, now| it.delete_endpoint(now, "churn-prod")).unwrap();
    scene.until("10:59:00");
    let execution = scene.executions("monitor").pop().unwrap();
    let reason = execution.failure_reason.unwrap();
    assert!(reason.starts_with("Could not find endpoint"), "{reason}");
    assert_eq!(
        scene.define(MonitoringType::DataQuality, "x").unwrap_err().code,
        Code::ValidationException
    );
}

#[test]
fn thousand_schedules_run_for_hours() {
    let mut scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    for number in 0..1000 {
        let request = definition(MonitoringType::DataQuality, &format!("def-{number}"));
        let config = hourly(MonitoringType::DataQuality, &request.job_definition_name);
        let request_of_schedule = CreateMonitoringSchedule {
            monitoring_schedule_name: format!("monitor-{number}"),
            monitoring_schedule_config: config,
            tags: Vec::new(),
        };
        scene.sagemaker(|it, now| {
            it.create_job_definition(now, MonitoringType::DataQuality, request).unwrap();
            it.create_monitoring_schedule(now, request_of_schedule).unwrap();
        });
    }
    for hour in 10..17 {
        scene.until(&format!("{hour}:00:00"));
        scene.invoke(None);
    }
    let runs = scene.tasks.lock().unwrap().len();
    // At ten there was nothing captured yet, and what is scheduled for sixteen has not begun.
    assert_eq!(runs, 5 * 1001);
}
