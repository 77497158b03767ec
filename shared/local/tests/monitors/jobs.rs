//! Processing jobs on their own.

use std::time::Duration;

use local::{
    faults::Faults,
    sagemaker::{
        Code, ContainerEnd,
        shape::{CreateProcessingJob, JobStatus, ProcessingJob, Query, to_json},
    },
};
use serde_json::{Value, json};

use super::scene::{Scene, at, job};

fn start(scene: &Scene, request: CreateProcessingJob) -> Result<String, Code> {
    scene.sagemaker(|it, now| it.create_processing_job(now, request)).map_err(|it| it.code)
}

fn described(scene: &Scene, name: &str) -> ProcessingJob {
    scene.sagemaker(|it, now| it.describe_processing_job(now, name)).unwrap()
}

fn statuses(events: &[Value]) -> Vec<&str> {
    events.iter().map(|it| it["detail"]["ProcessingJobStatus"].as_str().unwrap()).collect()
}

#[test]
fn job_reads_runs_and_uploads() {
    let mut scene = Scene::open(&Faults::none());
    scene.put("train/a.csv", "1,2\n");
    scene.put("train/deep/b.csv", "3,4\n");
    scene.put("other/c.csv", "5,6\n");
    let message = "Completed: Job completed successfully with no violations.";
    let end = ContainerEnd::completed(message)
        .with_file("/opt/ml/processing/output/statistics.json", "{}")
        .with_file("/opt/ml/processing/output/deep/x", "1")
        .with_file("/elsewhere/y", "2");
    scene.containers_end(end);
    let arn = start(&scene, job("baseline-1")).unwrap();
    assert_eq!(arn, "arn:aws:sagemaker:eu-west-1:111122223333:processing-job/baseline-1");
    let early = described(&scene, "baseline-1");
    assert_eq!(early.processing_job_status, JobStatus::InProgress);
    assert_eq!(early.processing_start_time, None);
    scene.until("09:30:00");
    let task = scene.last_task();
    let inputs: Vec<&String> =
        task.files.keys().filter(|it| it.starts_with("/opt/ml/processing/")).collect();
    assert_eq!(inputs, ["/opt/ml/processing/input/a.csv", "/opt/ml/processing/input/deep/b.csv"]);
    let config = &task.files["/opt/ml/config/processingjobconfig.json"];
    let config: Value = serde_json::from_slice(config).unwrap();
    assert_eq!(config["Environment"], json!({ "output_path": "/opt/ml/processing/output" }));
    assert_eq!(config["ProcessingJobArn"], arn);
    assert_eq!(scene.keys("out/"), ["out/deep/x", "out/statistics.json"]);
    let done = described(&scene, "baseline-1");
    assert_eq!(done.processing_job_status, JobStatus::Completed);
    assert_eq!(done.exit_message.as_deref(), Some(message));
    assert_eq!(done.creation_time, at("09:00:00"));
    assert!(done.processing_start_time < done.processing_end_time);
    assert_eq!(done.monitoring_schedule_arn, None);
    assert_eq!(statuses(&scene.events), ["InProgress", "Completed"]);
    let answer = to_json(&done);
    assert_eq!(answer["ProcessingInputs"][0]["S3Input"]["S3DataType"], "S3Prefix");
    assert_eq!(answer["CreationTime"], 1_772_614_800.0);
    assert!(answer.get("FailureReason").is_none());
}

#[test]
fn job_event_has_the_documented_shape() {
    let mut scene = Scene::open(&Faults::none());
    scene.put("train/a.csv", "1,2\n");
    start(&scene, job("baseline-1")).unwrap();
    scene.until("09:30:00");
    let event = scene.events.pop().unwrap();
    assert_eq!(event["detail-type"], "SageMaker Processing Job State Change");
    assert_eq!(event["source"], "aws.sagemaker");
    let arn = "arn:aws:sagemaker:eu-west-1:111122223333:processing-job/baseline-1";
    assert_eq!(event["resources"], json!([arn]));
    let detail = &event["detail"];
    // sagemaker-formats A.4.
    let input = json!([{ "InputName": "train", "S3Input": {
        "S3Uri": "s3://ml/train", "LocalPath": "/opt/ml/processing/input", "S3DataType": "S3PREFIX",
        "S3InputMode": "FILE", "S3DataDistributionType": "FULLYREPLICATED",
    } }]);
    assert_eq!(detail["ProcessingInputs"], input);
    assert_eq!(detail["ProcessingJobStatus"], "Completed");
    assert_eq!(detail["CreationTime"], 1_772_614_800_000_i64);
    let names: Vec<&String> = detail.as_object().unwrap().keys().collect();
    let expect = "ProcessingInputs ProcessingOutputConfig ProcessingJobName ProcessingResources StoppingCondition \
                  AppSpecification NetworkConfig RoleArn ExperimentConfig ProcessingJobArn ProcessingJobStatus \
                  FailureReason ProcessingStartTime ProcessingEndTime LastModifiedTime CreationTime";
    assert_eq!(names, expect.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn jobs_that_fail_say_why() {
    fn check(change: impl FnOnce(&mut CreateProcessingJob), end: ContainerEnd, expect: &str) {
        let mut scene = Scene::open(&Faults::none());
        scene.put("train/a.csv", "1,2\n");
        scene.containers_end(end);
        let mut request = job("baseline-1");
        change(&mut request);
        start(&scene, request).unwrap();
        scene.until("09:50:00");
        let job = described(&scene, "baseline-1");
        assert_eq!(job.processing_job_status, JobStatus::Failed);
        let reason = job.failure_reason.unwrap();
        assert!(reason.contains(expect), "{reason} has no {expect}");
        assert_eq!(job.exit_message, None);
        assert_eq!(statuses(&scene.events), ["InProgress", "Failed"]);
    }
    let fine =
        || ContainerEnd::completed("Completed: ok").with_file("/opt/ml/processing/output/x", "1");
    let input = |uri: &'static str| {
        move |it: &mut CreateProcessingJob| {
            it.processing_inputs[0].s3.as_mut().unwrap().s3_uri = uri.to_owned();
        }
    };
    check(input("s3://ml/nothing"), fine(), "No S3 objects found under S3 URL \"s3://ml/nothing\"");
    check(input("s3://no-bucket/x"), fine(), "bucket \"no-bucket\"");
    let output = |it: &mut CreateProcessingJob| {
        let config = it.processing_output_config.as_mut().unwrap();
        config.outputs[0].s3.as_mut().unwrap().s3_uri = "s3://no-bucket/x".to_owned();
    };
    check(output, fine(), "NoSuchBucket");
    check(|_| {}, ContainerEnd::failed("Error: bad"), "AlgorithmError: Error: bad, exit code: 255");
    let killed = ContainerEnd { exit_code: 137, ..ContainerEnd::default() };
    check(|_| {}, killed, "AlgorithmError: , exit code: 137");
    let long = ContainerEnd::failed("é".repeat(3000));
    check(|_| {}, long, "ééé");
}

#[test]
fn role_of_the_job_decides_what_it_reaches() {
    const ROLES: &str = r#"
Resources:
  Bucket: { Type: AWS::S3::Bucket, Properties: { BucketName: ml } }
  JobRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: jobs
      AssumeRolePolicyDocument: {}
      Policies:
        - PolicyName: own
          PolicyDocument:
            Statement:
              - { Effect: Allow, Action: ["ecr:*", "logs:*"], Resource: "*" }
              - { Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::ml" }
              - { Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::ml/train/*" }
              - { Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::ml/out/*" }
"#;
    fn check(change: impl FnOnce(&mut CreateProcessingJob), expect: Option<&str>) {
        let scene = Scene::of(ROLES, &Faults::none());
        scene.account.guard().enforce();
        scene.put("train/a.csv", "1,2\n");
        scene.put("secret/a.csv", "1,2\n");
        let mut request = job("job");
        request.role_arn = "arn:aws:iam::111122223333:role/jobs".to_owned();
        change(&mut request);
        start(&scene, request).unwrap();
        scene.account.run_until(at("09:30:00"), |_, _| Ok(json!({}))).unwrap();
        let job = described(&scene, "job");
        let reason = job.failure_reason.unwrap_or_default();
        match expect {
            None => assert_eq!(job.processing_job_status, JobStatus::Completed, "{reason}"),
            Some(words) => {
                assert!(reason.starts_with("ClientError: AccessDenied"), "{reason}");
                assert!(reason.contains(words), "{reason} has no {words}");
            }
        }
    }
    let input = |it: &mut CreateProcessingJob| {
        it.processing_inputs[0].s3.as_mut().unwrap().s3_uri = "s3://ml/secret".to_owned();
    };
    let output = |it: &mut CreateProcessingJob| {
        let config = it.processing_output_config.as_mut().unwrap();
        config.outputs[0].s3.as_mut().unwrap().s3_uri = "s3://ml/elsewhere".to_owned();
    };
    check(|_| {}, None);
    check(input, Some("s3:GetObject on resource: arn:aws:s3:::ml/secret/a.csv"));
    check(
        output,
        Some("s3:PutObject on resource: arn:aws:s3:::ml/elsewhere/constraint_violations.json"),
    );
    // A role that is not of the template is nobody's here to judge.
    check(|it| it.role_arn = "arn:aws:iam::111122223333:role/other".to_owned(), None);
}

#[test]
fn job_that_runs_too_long_is_stopped() {
    let mut scene = Scene::open(&Faults::none());
    scene.put("train/a.csv", "1,2\n");
    let runtime = Some(Duration::from_hours(2));
    scene.containers_end(ContainerEnd { runtime, ..ContainerEnd::completed("Completed: ok") });
    start(&scene, job("slow")).unwrap();
    scene.until("10:00:00");
    let job = described(&scene, "slow");
    assert_eq!(job.processing_job_status, JobStatus::Stopped);
    let ran = job.processing_end_time.unwrap().duration_since(job.processing_start_time.unwrap());
    assert_eq!(ran.as_secs(), 1800);
    assert!(scene.keys("out/").is_empty());
}

#[test]
fn stopped_job_uploads_nothing() {
    for stop in ["09:02:00", "09:06:00"] {
        let mut scene = Scene::open(&Faults::none());
        scene.put("train/a.csv", "1,2\n");
        start(&scene, job("baseline-1")).unwrap();
        scene.until(stop);
        let stop = |scene: &Scene| {
            let done = scene.sagemaker(|it, now| it.stop_processing_job(now, "baseline-1"));
            done.map_err(|it| it.code)
        };
        stop(&scene).unwrap();
        assert_eq!(described(&scene, "baseline-1").processing_job_status, JobStatus::Stopping);
        stop(&scene).unwrap();
        scene.until("09:59:00");
        assert_eq!(described(&scene, "baseline-1").processing_job_status, JobStatus::Stopped);
        assert!(scene.keys("out/").is_empty());
        assert_eq!(statuses(&scene.events), ["InProgress", "Stopping", "Stopped"]);
        assert_eq!(stop(&scene), Err(Code::ValidationException));
    }
}

#[test]
fn names_of_jobs_are_taken_for_good() {
    let mut scene = Scene::open(&Faults::none());
    scene.put("train/a.csv", "1,2\n");
    start(&scene, job("baseline-1")).unwrap();
    scene.until("09:59:00");
    assert_eq!(start(&scene, job("baseline-1")), Err(Code::ResourceInUse));
    let missing = scene.sagemaker(|it, now| it.describe_processing_job(now, "no")).unwrap_err();
    let words = "ResourceNotFound: Could not find requested job with name: no";
    assert_eq!(missing.to_string(), words);
}

#[test]
fn inputs_are_files_folders_and_manifests() {
    fn check(kind: &str, uri: &str, expect: &[&str]) {
        let mut scene = Scene::open(&Faults::none());
        for key in ["in/a.csv", "in/a.csv.bak", "in/b/c.csv", "in/b/"] {
            scene.put(key, "1\n");
        }
        scene.put("m.json", r#"[{"prefix":"s3://ml/in/"},"a.csv","b/c.csv"]"#);
        let mut request = job("job");
        let s3 = request.processing_inputs[0].s3.as_mut().unwrap();
        s3.s3_uri = uri.to_owned();
        s3.s3_data_type = serde_json::from_value(json!(kind)).unwrap();
        start(&scene, request).unwrap();
        scene.until("09:30:00");
        let task = scene.last_task();
        let inputs =
            task.files.keys().filter_map(|it| it.strip_prefix("/opt/ml/processing/input/"));
        assert_eq!(inputs.collect::<Vec<_>>(), expect, "{uri}");
    }
    check("S3Prefix", "s3://ml/in", &["a.csv", "a.csv.bak", "b/c.csv"]);
    check("S3Prefix", "s3://ml/in/", &["a.csv", "a.csv.bak", "b/c.csv"]);
    check("S3Prefix", "s3://ml/in/b/c.csv", &["c.csv"]);
    check("S3Prefix", "s3://ml/in/a.csv", &["a.csv", "a.csv.bak"]);
    check("ManifestFile", "s3://ml/m.json", &["a.csv", "b/c.csv"]);
}

#[test]
fn job_that_a_function_starts_begins_in_time() {
    let scene = Scene::open(&Faults::none());
    scene.put("train/a.csv", "1,2\n");
    start(&scene, job("first")).unwrap();
    let follow = |_: &str, event: &Value| {
        if event["detail"]["ProcessingJobName"] == "first"
            && event["detail"]["ProcessingJobStatus"] == "Completed"
        {
            start(&scene, job("second")).unwrap();
        }
        Ok(json!({}))
    };
    // All of it in one go.
    scene.account.run_until(at("10:00:00"), follow).unwrap();
    let (first, second) = (described(&scene, "first"), described(&scene, "second"));
    assert_eq!(second.creation_time, first.processing_end_time.unwrap());
    let waited = second.processing_start_time.unwrap().duration_since(second.creation_time);
    assert_eq!(waited.as_secs(), 290);
}

#[test]
fn jobs_are_listed_the_oldest_first() {
    let mut scene = Scene::open(&Faults::none());
    scene.put("train/a.csv", "1,2\n");
    for (time, name) in [("09:01:00", "b"), ("09:02:00", "c"), ("09:03:00", "a")] {
        scene.until(time);
        start(&scene, job(name)).unwrap();
    }
    scene.until("09:11:00");
    let list = |query: Value| {
        let query: Query = serde_json::from_value(query).unwrap();
        let page = scene.sagemaker(|it, now| it.list_processing_jobs(now, &query)).unwrap();
        page.entries.into_iter().map(|it| it.processing_job_name).collect::<Vec<_>>()
    };
    assert_eq!(list(json!({})), ["b", "c", "a"]);
    assert_eq!(list(json!({ "SortBy": "Name", "SortOrder": "Descending" })), ["c", "b", "a"]);
    assert_eq!(list(json!({ "StatusEquals": "InProgress" })), ["c", "a"]);
    assert_eq!(list(json!({ "NameContains": "a" })), ["a"]);
    assert_eq!(list(json!({ "CreationTimeBefore": 1_772_614_920.5 })), ["b", "c"]);
    assert_eq!(list(json!({ "CreationTimeAfter": 1_772_614_860 })), ["c", "a"]);
}
