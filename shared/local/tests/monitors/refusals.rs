//! What is refused, by the names and limits of AWS.

use jiff::Timestamp;
use local::{
    faults::Faults,
    sagemaker::{
        Code, Refused, SageMaker,
        shape::{
            CreateJobDefinition, CreateMonitoringSchedule, CreateProcessingJob, MonitoringType,
            Query, Tag,
        },
    },
};
use serde_json::{Value, json};

use super::scene::{Scene, config, definition, hourly, job};

/// The rows of the errors that operations model, and those that come as `ValidationException`.
#[test]
#[expect(clippy::too_many_lines, reason = "it is one table")]
fn errors_follow_the_table() {
    type Act = fn(&mut SageMaker, Timestamp) -> Result<(), Refused>;
    const FAMILY: MonitoringType = MonitoringType::DataQuality;
    fn schedule(name: &str, of: &str) -> CreateMonitoringSchedule {
        CreateMonitoringSchedule {
            monitoring_schedule_name: name.to_owned(),
            monitoring_schedule_config: hourly(FAMILY, of),
            tags: Vec::new(),
        }
    }
    let rows: [(&str, Act, Code, &str); 17] = [
        (
            "a definition that is there",
            |it, now| it.create_job_definition(now, FAMILY, definition(FAMILY, "def")).map(drop),
            Code::ResourceInUse,
            "already existing",
        ),
        (
            "a definition of nothing",
            |it, now| it.describe_job_definition(now, FAMILY, "no").map(drop),
            Code::ResourceNotFound,
            "Could not find",
        ),
        (
            "a definition of another family",
            |it, now| it.describe_job_definition(now, MonitoringType::ModelBias, "def").map(drop),
            Code::ResourceNotFound,
            "model-bias-job-definition/def",
        ),
        (
            "deleting no definition",
            |it, now| it.delete_job_definition(now, FAMILY, "no"),
            Code::ResourceNotFound,
            "Could not find",
        ),
        (
            "a schedule that is there",
            |it, now| it.create_monitoring_schedule(now, schedule("monitor", "def")).map(drop),
            Code::ResourceInUse,
            "already existing",
        ),
        (
            "a schedule of no definition",
            |it, now| it.create_monitoring_schedule(now, schedule("more", "no")).map(drop),
            Code::ValidationException,
            "Could not find job definition",
        ),
        (
            "updating to no definition",
            |it, now| it.update_monitoring_schedule(now, "monitor", hourly(FAMILY, "no")).map(drop),
            Code::ResourceNotFound,
            "Could not find job definition",
        ),
        (
            "updating no schedule",
            |it, now| it.update_monitoring_schedule(now, "no", hourly(FAMILY, "def")).map(drop),
            Code::ResourceNotFound,
            "monitoring-schedule/no",
        ),
        (
            "describing no schedule",
            |it, now| it.describe_monitoring_schedule(now, "no").map(drop),
            Code::ResourceNotFound,
            "Could not find",
        ),
        (
            "starting no schedule",
            |it, now| it.start_monitoring_schedule(now, "no"),
            Code::ResourceNotFound,
            "Could not find",
        ),
        (
            "stopping no schedule",
            |it, now| it.stop_monitoring_schedule(now, "no"),
            Code::ResourceNotFound,
            "Could not find",
        ),
        (
            "deleting no schedule",
            |it, now| it.delete_monitoring_schedule(now, "no"),
            Code::ResourceNotFound,
            "Could not find",
        ),
        (
            "stopping no job",
            |it, now| it.stop_processing_job(now, "no"),
            Code::ResourceNotFound,
            "Could not find requested job",
        ),
        (
            "describing no endpoint",
            |it, now| it.describe_endpoint(now, "no").map(drop),
            Code::ValidationException,
            "Could not find endpoint",
        ),
        (
            "describing no model",
            |it, now| it.describe_model(now, "no").map(drop),
            Code::ValidationException,
            "Could not find model",
        ),
        (
            "too large a page",
            |it, now| {
                let query = Query { max_results: Some(101), ..Query::default() };
                it.list_monitoring_schedules(now, &query).map(drop)
            },
            Code::ValidationException,
            "MaxResults",
        ),
        (
            "no token of ours",
            |it, now| {
                let query = Query { next_token: Some("*".to_owned()), ..Query::default() };
                it.list_models(now, &query).map(drop)
            },
            Code::ValidationException,
            "token",
        ),
    ];
    let scene = Scene::monitored(&Faults::none(), FAMILY);
    for (what, act, code, words) in rows {
        let refused = scene.sagemaker(act).expect_err(what);
        assert_eq!(refused.code, code, "{what}: {refused}");
        assert!(refused.message.contains(words), "{what}: {refused}");
        assert_eq!(refused.code.status(), Some(400), "{what}");
    }
    scene.sagemaker(|it, _| it.limit_schedules(Some(1)));
    let refused = scene.schedule(FAMILY, "more").unwrap_err();
    assert_eq!(refused.code, Code::ResourceLimitExceeded);
}

fn check_definition(
    family: MonitoringType,
    change: impl FnOnce(&mut CreateJobDefinition),
    expect: Option<&str>,
) {
    let scene = Scene::open(&Faults::none());
    let mut request = definition(family, "def");
    change(&mut request);
    let made = scene.sagemaker(|it, now| it.create_job_definition(now, family, request));
    match expect {
        None => assert!(made.is_ok(), "{made:?}"),
        Some(words) => {
            let refused = made.unwrap_err();
            assert_eq!(refused.code, Code::ValidationException);
            assert!(refused.message.contains(words), "{refused} has no {words}");
        }
    }
}

/// Limits are those of botocore's service model, `sagemaker` 2017-07-24.
#[test]
fn definitions_keep_to_the_limits_of_the_model() {
    let quality = MonitoringType::DataQuality;
    let name = |name: &str| {
        let name = name.to_owned();
        move |it: &mut CreateJobDefinition| it.job_definition_name = name
    };
    check_definition(quality, name(&"a".repeat(63)), None);
    check_definition(quality, name(&"a".repeat(64)), Some("less than or equal to 63"));
    check_definition(quality, name("a--b"), None);
    check_definition(
        quality,
        name("a_b"),
        Some("regular expression pattern: ^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"),
    );
    check_definition(quality, name("-a"), Some("'jobDefinitionName'"));
    check_definition(quality, name(""), Some("1 validation error detected"));
    check_definition(quality, |it| it.role_arn = "arn:aws:iam::1:role/x".into(), Some("'roleArn'"));
    check_definition(
        quality,
        |it| it.role_arn = "arn:aws-us-gov:iam::111122223333:role/path/x".into(),
        None,
    );
    let cluster = |it: &mut CreateJobDefinition, count, volume| {
        it.job_resources.cluster_config.instance_count = count;
        it.job_resources.cluster_config.volume_size_in_gb = volume;
    };
    check_definition(quality, |it| cluster(it, 100, 16384), None);
    check_definition(quality, |it| cluster(it, 0, 20), Some("instanceCount"));
    check_definition(quality, |it| cluster(it, 101, 20), Some("less than or equal to 100"));
    check_definition(quality, |it| cluster(it, 1, 16385), Some("volumeSizeInGB"));
    check_definition(quality, |it| cluster(it, 101, 16385), Some("2 validation errors detected"));
    let runtime = |it: &mut CreateJobDefinition, seconds| {
        it.stopping_condition.as_mut().unwrap().max_runtime_in_seconds = seconds;
    };
    check_definition(quality, |it| runtime(it, 86_400), None);
    check_definition(quality, |it| runtime(it, 86_401), Some("maxRuntimeInSeconds"));
    check_definition(
        quality,
        |it| it.app_specification.image_uri = "i".repeat(256),
        Some("imageUri"),
    );
    let variables = |count: usize| {
        move |it: &mut CreateJobDefinition| {
            let all = (0..count).map(|at| (format!("v{at}"), "x".repeat(256)));
            it.app_specification.environment = Some(all.collect());
        }
    };
    check_definition(quality, variables(50), None);
    check_definition(quality, variables(51), Some("environment"));
    let variable = |name: &str, value: String| {
        let name = name.to_owned();
        move |it: &mut CreateJobDefinition| {
            it.app_specification.environment = Some([(name, value)].into());
        }
    };
    check_definition(quality, variable("1x", String::new()), Some("^[a-zA-Z_][a-zA-Z0-9_]*$"));
    check_definition(quality, variable("x", "v".repeat(257)), Some("less than or equal to 256"));
    let output = |it: &mut CreateJobDefinition, uri: String| {
        it.job_output_config.monitoring_outputs[0].s3_output.s3_uri = uri;
    };
    check_definition(quality, |it| output(it, "bucket/x".into()), Some("(https|s3)://"));
    check_definition(quality, |it| output(it, format!("s3://b/{}", "x".repeat(506))), Some("512"));
    check_definition(
        quality,
        |it| it.job_output_config.monitoring_outputs.clear(),
        Some("monitoringOutputs"),
    );
    check_definition(quality, |it| it.job_input.endpoint_input = None, Some("jobInput"));
    let tags = |count: usize| {
        move |it: &mut CreateJobDefinition| {
            it.tags = (0..count).map(|at| Tag::new(format!("k{at}"), "")).collect();
        }
    };
    check_definition(quality, tags(50), None);
    check_definition(quality, tags(51), Some("'tags'"));
}

#[test]
fn families_need_what_is_theirs() {
    let quality = MonitoringType::DataQuality;
    check_definition(quality, |it| it.job_input.ground_truth = None, None);
    check_definition(
        MonitoringType::ModelExplainability,
        |it| it.job_input.ground_truth = None,
        None,
    );
    for family in [MonitoringType::ModelQuality, MonitoringType::ModelBias] {
        check_definition(family, |it| it.job_input.ground_truth = None, Some("groundTruthS3Input"));
    }
    check_definition(
        MonitoringType::ModelQuality,
        |it| it.app_specification.config_uri = None,
        None,
    );
    for family in [MonitoringType::ModelExplainability, MonitoringType::ModelBias] {
        check_definition(family, |it| it.app_specification.config_uri = None, Some("configUri"));
    }
    check_definition(
        MonitoringType::ModelQuality,
        |it| {
            it.app_specification.problem_type = Some("Ranking".to_owned());
        },
        Some("problemType"),
    );
}

#[test]
fn schedules_keep_to_the_documented_rules() {
    fn check(
        family: MonitoringType,
        seconds: u32,
        change: impl FnOnce(&mut Value),
        expect: Option<&str>,
    ) {
        let scene = Scene::open(&Faults::none());
        let mut request = definition(family, "def");
        request.stopping_condition.as_mut().unwrap().max_runtime_in_seconds = seconds;
        scene.sagemaker(|it, now| it.create_job_definition(now, family, request)).unwrap();
        let mut value = json!({
            "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
            "MonitoringJobDefinitionName": "def",
            "MonitoringType": family.name(),
        });
        change(&mut value);
        let request = CreateMonitoringSchedule {
            monitoring_schedule_name: "monitor".to_owned(),
            monitoring_schedule_config: config(value),
            tags: Vec::new(),
        };
        let made = scene.sagemaker(|it, now| it.create_monitoring_schedule(now, request));
        match expect {
            None => assert!(made.is_ok(), "{made:?}"),
            Some(words) => {
                let refused = made.unwrap_err();
                assert_eq!(refused.code, Code::ValidationException);
                assert!(refused.message.contains(words), "{refused} has no {words}");
            }
        }
    }
    fn expression(text: &'static str) -> impl FnOnce(&mut Value) {
        move |it| it["ScheduleConfig"]["ScheduleExpression"] = json!(text)
    }
    let (quality, model) = (MonitoringType::DataQuality, MonitoringType::ModelQuality);
    // Hourly schedules: an hour, or half of it where two jobs share it.
    check(quality, 3600, |_| {}, None);
    check(quality, 3601, |_| {}, Some("3600 seconds"));
    check(MonitoringType::ModelExplainability, 3600, |_| {}, None);
    check(model, 1800, |_| {}, None);
    check(model, 1801, |_| {}, Some("1800 seconds"));
    check(MonitoringType::ModelBias, 3600, |_| {}, Some("1800 seconds"));
    check(model, 43_200, expression("cron(0 5 ? * * *)"), None);
    check(quality, 600, expression("cron(30 * ? * * *)"), Some("schedule expression"));
    check(quality, 600, expression("rate(1 hour)"), Some("schedule expression"));
    check(quality, 600, expression("NOW"), Some("DataAnalysisStartTime"));
    check(quality, 600, |it| drop(it.as_object_mut().unwrap().remove("ScheduleConfig")), None);
    let window = |start: &'static str, end: &'static str| {
        move |it: &mut Value| {
            it["ScheduleConfig"]["DataAnalysisStartTime"] = json!(start);
            it["ScheduleConfig"]["DataAnalysisEndTime"] = json!(end);
        }
    };
    check(quality, 600, window("-PT24H", "-PT0H"), None);
    check(quality, 600, window("-PT25H", "-PT0H"), Some("24 hours"));
    check(quality, 600, window("-PT1H", "-PT5H"), Some("before"));
    check(quality, 600, window("yesterday", "-PT5H"), Some("ISO 8601"));
    check(
        quality,
        600,
        |it| drop(it.as_object_mut().unwrap().remove("MonitoringType")),
        Some("MonitoringType"),
    );
    check(
        quality,
        600,
        |it| drop(it.as_object_mut().unwrap().remove("MonitoringJobDefinitionName")),
        Some("Exactly one"),
    );
    check(quality, 600, |it| it["MonitoringType"] = json!("ModelBias"), Some("Could not find"));
}

#[test]
fn jobs_keep_to_the_limits_of_the_model() {
    fn check(change: impl FnOnce(&mut CreateProcessingJob), expect: Option<&str>) {
        let scene = Scene::open(&Faults::none());
        let mut request = job("job");
        change(&mut request);
        let made = scene.sagemaker(|it, now| it.create_processing_job(now, request));
        match expect {
            None => assert!(made.is_ok(), "{made:?}"),
            Some(words) => {
                let refused = made.unwrap_err();
                assert_eq!(refused.code, Code::ValidationException);
                assert!(refused.message.contains(words), "{refused} has no {words}");
            }
        }
    }
    let inputs = |count: usize| {
        move |it: &mut CreateProcessingJob| {
            it.processing_inputs = vec![it.processing_inputs[0].clone(); count];
        }
    };
    check(inputs(10), None);
    check(inputs(11), Some("processingInputs"));
    check(|it| it.processing_inputs[0].s3 = None, Some("s3Input"));
    let outputs = |count: usize| {
        move |it: &mut CreateProcessingJob| {
            let config = it.processing_output_config.as_mut().unwrap();
            config.outputs = vec![config.outputs[0].clone(); count];
        }
    };
    check(outputs(10), None);
    check(outputs(11), Some("outputs"));
    let runtime = |seconds: u32| {
        move |it: &mut CreateProcessingJob| {
            it.stopping_condition.as_mut().unwrap().max_runtime_in_seconds = seconds;
        }
    };
    check(runtime(777_600), None);
    check(runtime(777_601), Some("maxRuntimeInSeconds"));
    let variables = |count: usize| {
        move |it: &mut CreateProcessingJob| {
            it.environment = Some((0..count).map(|at| (format!("v{at}"), String::new())).collect());
        }
    };
    check(variables(100), None);
    check(variables(101), Some("environment"));
    check(|it| it.processing_job_name = "a.b".to_owned(), Some("processingJobName"));
    check(
        |it| it.processing_resources.cluster_config.instance_type = Some("m5".to_owned()),
        Some("instanceType"),
    );
}

#[test]
fn every_resource_takes_tags() {
    let scene = Scene::monitored(&Faults::none(), MonitoringType::DataQuality);
    scene.sagemaker(|it, now| it.create_processing_job(now, job("job"))).unwrap();
    for resource in [
        "data-quality-job-definition/def",
        "monitoring-schedule/monitor",
        "processing-job/job",
        "model/churn",
        "endpoint-config/captured",
        "endpoint/churn-prod",
    ] {
        let arn = format!("arn:aws:sagemaker:eu-west-1:111122223333:{resource}");
        let tags = scene.sagemaker(|it, now| {
            it.add_tags(now, &arn, &[("a", "1"), ("b", "2")]).unwrap();
            it.add_tags(now, &arn, &[("b", "3")]).unwrap();
            it.delete_tags(now, &arn, &["a"]).unwrap();
            it.list_tags(now, &arn).unwrap()
        });
        assert_eq!(tags.into_iter().collect::<Vec<_>>(), [("b".to_owned(), "3".to_owned())]);
        let many: Vec<String> = (0..50).map(|at| format!("k{at}")).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "")).collect();
        let refused = scene.sagemaker(|it, now| it.add_tags(now, &arn, &many)).unwrap_err();
        assert_eq!(refused.code, Code::ValidationException, "51 tags");
    }
}
