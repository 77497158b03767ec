//! The life of endpoints, and what they capture.

#![expect(clippy::unwrap_used, reason = "a broken scene is a failed test")]

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use local::{
    faults::{CallRates, CaptureRates, Faults, Rates},
    model::Scorer,
    place::Place,
    sagemaker::{
        CaptureMode, CaptureStatus, Code, DataCaptureConfig, EndpointStatus, Listing, Pace,
        ProductionVariant, Request, Row, SageMaker, Upload,
    },
};
use serde_json::{Value, json};

const ROW: &str = "93,FL,premium,no,card,0,261.9,94,178.3,101,142,93,7.3,2,0,71.65";

fn at(text: &str) -> Timestamp {
    format!("2026-03-04T{text}Z").parse().unwrap()
}

fn account(faults: Faults) -> SageMaker {
    SageMaker::new(Place::default(), Pace::default(), 7, faults)
}

fn capture() -> DataCaptureConfig {
    DataCaptureConfig::to("s3://ml/capture")
}

/// An account with a model and the configs `captured` and `plain`.
fn scene(capture: DataCaptureConfig) -> SageMaker {
    let mut account = account(Faults::none());
    let (now, variants) = (at("09:00:00"), vec![ProductionVariant::all_traffic("churn")]);
    account
        .create_model(now, "churn", "s3://ml/model.tar.gz", Ok(Arc::new(Scorer::churn())))
        .unwrap();
    account.create_endpoint_config(now, "captured", variants.clone(), Some(capture), &[]).unwrap();
    account.create_endpoint_config(now, "plain", variants, None, &[]).unwrap();
    account
}

/// The same, with the endpoint `churn-prod` in service on `captured`.
fn serving(capture: DataCaptureConfig) -> SageMaker {
    let mut account = scene(capture);
    account.create_endpoint(at("09:00:00"), "churn-prod", "captured", &[("team", "ml")]).unwrap();
    account.advance(at("10:00:00"));
    account.take_events();
    account
}

fn refusal<T: std::fmt::Debug>(result: Result<T, local::sagemaker::Refused>) -> String {
    result.unwrap_err().to_string()
}

fn statuses(events: &[Value]) -> Vec<&str> {
    let changes = events.iter().filter(|it| it["detail-type"] == "SageMaker Endpoint State Change");
    changes.map(|it| it["detail"]["EndpointStatus"].as_str().unwrap()).collect()
}

fn uploads(account: &mut SageMaker) -> Vec<Upload> {
    account.take_uploads(at("23:59:59")).into()
}

fn records(upload: &Upload) -> Vec<Value> {
    upload
        .body
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

fn invoke(account: &mut SageMaker, time: &str) -> String {
    let request = Request { content_type: "text/csv", body: ROW.as_bytes(), ..Request::default() };
    account.invoke_endpoint(at(time), "churn-prod", &request).unwrap().body
}

#[test]
fn endpoint_lives_by_the_virtual_clock() {
    let mut account = scene(capture());
    account.take_events();
    account.create_endpoint(at("09:00:00"), "churn-prod", "captured", &[]).unwrap();
    let status = |account: &mut SageMaker, time| {
        account.describe_endpoint(at(time), "churn-prod").map(|it| it.status)
    };
    assert_eq!(status(&mut account, "09:03:59"), Ok(EndpointStatus::Creating));
    assert_eq!(account.next_due(), Some(at("09:04:00")));
    assert_eq!(status(&mut account, "09:04:00"), Ok(EndpointStatus::InService));
    account.update_endpoint(at("10:00:00"), "churn-prod", "plain").unwrap();
    assert_eq!(status(&mut account, "10:05:59"), Ok(EndpointStatus::Updating));
    assert_eq!(account.describe_endpoint(at("10:05:59"), "churn-prod").unwrap().config, "captured");
    assert_eq!(account.describe_endpoint(at("10:06:00"), "churn-prod").unwrap().config, "plain");
    account.delete_endpoint(at("11:00:00"), "churn-prod").unwrap();
    assert_eq!(status(&mut account, "11:00:59"), Ok(EndpointStatus::Deleting));
    assert_eq!(status(&mut account, "11:01:00").unwrap_err().code, Code::ValidationException);
    let events = account.take_events();
    assert_eq!(statuses(&events), ["CREATING", "IN_SERVICE", "UPDATING", "IN_SERVICE", "DELETING"]);
    let times: Vec<&str> = events.iter().map(|it| it["time"].as_str().unwrap()).collect();
    let clock = times.iter().map(|time| &time[11..19]).collect::<Vec<_>>();
    assert_eq!(clock, ["09:00:00", "09:04:00", "10:00:00", "10:06:00", "11:00:00"]);
}

#[test]
fn endpoint_event_has_the_real_shape() {
    let mut account = scene(capture());
    account.take_events();
    account.create_endpoint(at("09:00:00"), "churn-prod", "captured", &[("team", "ml")]).unwrap();
    account.advance(at("09:10:00"));
    let event = account.take_events().pop().unwrap();
    let arn = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn-prod";
    assert_eq!(event["resources"], json!([arn]));
    assert_eq!((&event["source"], &event["version"]), (&"aws.sagemaker".into(), &"0".into()));
    let expect = json!({
        "EndpointName": "churn-prod", "EndpointArn": arn, "EndpointConfigName": "captured",
        "ProductionVariants": [{ "DesiredWeight": 1.0, "DesiredInstanceCount": 1.0 }],
        "EndpointStatus": "IN_SERVICE", "FailureReason": null,
        "CreationTime": 1_772_614_800_000.0, "LastModifiedTime": 1_772_615_040_000.0,
        "Tags": { "team": "ml" },
    });
    assert_eq!(event["detail"], expect);
    assert!(event.to_string().contains(r#""CreationTime":1772614800000.0,"#), "{event}");
}

#[test]
fn config_event_has_the_real_shape() {
    let mut account = scene(capture());
    account.delete_endpoint_config(at("09:30:00"), "plain").unwrap();
    let events = account.take_events();
    let kinds: Vec<&str> = events.iter().map(|it| it["detail-type"].as_str().unwrap()).collect();
    let config = "SageMaker Endpoint Config State Change";
    assert_eq!(kinds, ["SageMaker Model State Change", config, config, config]);
    // The members of a config event, and of its variant, from sagemaker-formats A.3.
    let names =
        |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    let detail = &events[1]["detail"];
    assert_eq!(
        names(detail),
        "EndpointConfigName EndpointConfigArn ProductionVariants DataCaptureConfig KmsKeyId AsyncInferenceConfig \
         ExplainerConfig ShadowProductionVariants CreationTime Tags"
    );
    assert_eq!(
        names(&detail["ProductionVariants"][0]),
        "VariantName ModelName InitialInstanceCount InstanceType InitialVariantWeight AcceleratorType CoreDumpConfig \
         ServerlessConfig VolumeSizeInGB ModelDataDownloadTimeoutInSeconds ContainerStartupHealthCheckTimeoutInSeconds \
         EnableSSMAccess"
    );
    assert_eq!(
        detail["DataCaptureConfig"]["CaptureOptions"],
        json!([{"CaptureMode":"Input"},{"CaptureMode":"Output"}])
    );
    assert_eq!(events[2]["detail"]["DataCaptureConfig"], Value::Null);
}

#[test]
fn unknown_names_answer_as_aws_does() {
    let mut account = scene(capture());
    let now = at("09:00:00");
    let arn = "arn:aws:sagemaker:eu-west-1:111122223333";
    let missing = format!("ValidationException: Could not find endpoint \"{arn}:endpoint/x\".");
    assert_eq!(refusal(account.describe_endpoint(now, "x")), missing);
    assert_eq!(refusal(account.update_endpoint(now, "x", "plain")), missing);
    assert_eq!(refusal(account.delete_endpoint(now, "x")), missing);
    let config = format!(
        "ValidationException: Could not find endpoint configuration \"{arn}:endpoint-config/x\"."
    );
    assert_eq!(refusal(account.create_endpoint(now, "e", "x", &[])), config);
    assert_eq!(refusal(account.describe_endpoint_config(now, "x")), config);
    let variants = vec![ProductionVariant::all_traffic("x")];
    let model = format!("ValidationException: Could not find model \"{arn}:model/x\".");
    assert_eq!(refusal(account.create_endpoint_config(now, "c", variants, None, &[])), model);
    account.create_endpoint(now, "e", "plain", &[]).unwrap();
    let twice = format!(
        "ValidationException: Cannot create already existing endpoint \"{arn}:endpoint/e\"."
    );
    assert_eq!(refusal(account.create_endpoint(now, "e", "plain", &[])), twice);
    let early =
        format!("ValidationException: Cannot update in-progress endpoint \"{arn}:endpoint/e\".");
    assert_eq!(refusal(account.update_endpoint(now, "e", "captured")), early);
    let request = Request::default();
    let runtime = "ValidationException: Endpoint e of account 111122223333 not found.";
    assert_eq!(refusal(account.invoke_endpoint(now, "e", &request)), runtime);
}

#[test]
fn bad_settings_are_refused() {
    let mut account = scene(capture());
    let mut check = |name: &str, variants: Vec<ProductionVariant>, capture: DataCaptureConfig| {
        let refused =
            account.create_endpoint_config(at("09:00:00"), name, variants, Some(capture), &[]);
        refused.unwrap_err().message
    };
    let one = || vec![ProductionVariant::all_traffic("churn")];
    assert!(check("-c", one(), capture()).contains("pattern"));
    assert!(check(&"c".repeat(64), one(), capture()).contains("pattern"));
    assert_eq!(check("c", vec![], capture()), "ProductionVariants must have from 1 to 10 members");
    assert_eq!(
        check("c", [one(), one()].concat(), capture()),
        "variant names must be valid and differ"
    );
    let over = DataCaptureConfig { sampling_percent: 101, ..capture() };
    assert_eq!(check("c", one(), over), "InitialSamplingPercentage 101 is over 100");
    assert_eq!(
        check("c", one(), DataCaptureConfig { modes: vec![], ..capture() }),
        "CaptureOptions is empty"
    );
    let path = "DestinationS3Uri is not an S3 URI of at most 512 characters";
    assert_eq!(check("c", one(), DataCaptureConfig::to("/disk")), path);
}

#[test]
fn update_can_lose_capture() {
    let mut account = serving(capture());
    let described =
        account.describe_endpoint(at("10:00:00"), "churn-prod").unwrap().capture.unwrap();
    assert_eq!(
        (described.status, described.destination.as_str()),
        (CaptureStatus::Started, "s3://ml/capture")
    );
    account.update_endpoint(at("10:10:00"), "churn-prod", "plain").unwrap();
    invoke(&mut account, "10:12:00");
    invoke(&mut account, "10:20:00");
    assert_eq!(account.describe_endpoint(at("10:20:00"), "churn-prod").unwrap().capture, None);
    let captured: usize = uploads(&mut account).iter().map(|upload| records(upload).len()).sum();
    assert_eq!(captured, 1, "only what was served by the old config");
    let traffic = account.invocations("churn-prod", "AllTraffic", at("10:00:00"), at("11:00:00"));
    assert_eq!(traffic, Some(2));
}

#[test]
fn stopped_capture_says_so() {
    let mut account = serving(capture());
    account.stop_capture("churn-prod");
    invoke(&mut account, "10:00:00");
    let described =
        account.describe_endpoint(at("10:00:01"), "churn-prod").unwrap().capture.unwrap();
    assert_eq!((described.enable, described.status), (true, CaptureStatus::Stopped));
    assert!(uploads(&mut account).is_empty());
}

#[test]
fn broken_container_fails_the_endpoint() {
    let mut account = account(Faults::none());
    let now = at("09:00:00");
    account.create_model(now, "m", "s3://ml/m", Err("ping failed".to_owned())).unwrap();
    account
        .create_endpoint_config(now, "c", vec![ProductionVariant::all_traffic("m")], None, &[])
        .unwrap();
    account.create_endpoint(now, "e", "c", &[]).unwrap();
    let described = account.describe_endpoint(at("09:10:00"), "e").unwrap();
    assert_eq!(
        (described.status, described.failure.as_deref()),
        (EndpointStatus::Failed, Some("ping failed"))
    );
    let events = account.take_events();
    assert_eq!(statuses(&events), ["CREATING", "FAILED"]);
    assert_eq!(events.last().unwrap()["detail"]["FailureReason"], "ping failed");
    account.delete_endpoint(at("09:20:00"), "e").unwrap();
}

#[test]
fn lists_come_in_pages_newest_first() {
    let mut account = scene(capture());
    for minute in 10..15 {
        account
            .create_endpoint(at(&format!("09:{minute}:00")), &format!("e{minute}"), "plain", &[])
            .unwrap();
    }
    let mut listing = Listing { max_results: Some(2), ..Listing::default() };
    let mut names = Vec::new();
    loop {
        let page = account.list_endpoints(at("09:14:30"), &listing).unwrap();
        assert!(page.entries.len() <= 2);
        names.extend(page.entries.into_iter().map(|it| it.name));
        listing.next_token = page.next_token;
        if listing.next_token.is_none() {
            break;
        }
    }
    assert_eq!(names, ["e14", "e13", "e12", "e11", "e10"]);
    let ready = Listing { status: Some(EndpointStatus::InService), ..Listing::default() };
    assert_eq!(account.list_endpoints(at("09:14:30"), &ready).unwrap().entries.len(), 1);
    let configs = Listing { name_contains: Some("plain".into()), ..Listing::default() };
    assert_eq!(
        account.list_endpoint_configs(at("09:14:30"), &configs).unwrap().entries[0].name,
        "plain"
    );
    let wrong = Listing { next_token: Some("x".into()), ..Listing::default() };
    assert!(account.list_endpoints(at("09:14:30"), &wrong).is_err());
}

#[test]
fn tags_come_and_go_with_the_endpoint() {
    let mut account = serving(capture());
    let now = at("10:00:00");
    let arn = account.describe_endpoint(now, "churn-prod").unwrap().arn;
    account.add_tags(now, &arn, &[("vigil:enabled", "false"), ("team", "risk")]).unwrap();
    account.delete_tags(now, &arn, &["vigil:enabled"]).unwrap();
    assert_eq!(
        account.list_tags(now, &arn).unwrap().into_iter().collect::<Vec<_>>(),
        [("team".into(), "risk".into())]
    );
    account.delete_endpoint(now, "churn-prod").unwrap();
    assert!(account.list_tags(at("11:00:00"), &arn).unwrap().is_empty());
}

#[test]
fn capture_key_and_record_are_aws_s() {
    let mut account = serving(capture());
    let request = Request {
        content_type: "text/csv",
        body: ROW.as_bytes(),
        inference_id: Some("order-1"),
        custom_attributes: Some("trace=abc"),
        target_variant: Some("AllTraffic"),
    };
    let response = account.invoke_endpoint(at("10:20:48.871"), "churn-prod", &request).unwrap();
    assert_eq!(
        (response.content_type, response.variant.as_str()),
        ("text/csv; charset=utf-8", "AllTraffic")
    );
    let expect: f32 = response.body.parse().unwrap();
    assert!((expect - 0.096_598_68).abs() < 1e-6, "the first row of the golden file: {expect}");
    let uploads = uploads(&mut account);
    let key = uploads[0]
        .key
        .strip_prefix("capture/churn-prod/AllTraffic/2026/03/04/10/20-48-871-")
        .unwrap();
    assert_eq!((key.len(), uploads[0].bucket.as_str()), (36 + ".jsonl".len(), "ml"));
    let mut record = records(&uploads[0]).remove(0);
    assert_eq!(record["eventMetadata"]["eventId"].as_str().unwrap().len(), 36);
    record["eventMetadata"]["eventId"] = Value::Null;
    let expect = json!({
        "captureData": {
            "endpointInput": { "observedContentType": "text/csv", "mode": "INPUT", "data": ROW, "encoding": "CSV" },
            "endpointOutput": { "observedContentType": "text/csv; charset=utf-8", "mode": "OUTPUT",
                "data": response.body, "encoding": "CSV" } },
        "eventMetadata": { "eventId": null, "inferenceId": "order-1", "customAttributes": ["trace=abc"],
            "inferenceTime": "2026-03-04T10:20:48Z" },
        "eventVersion": "0",
    });
    assert_eq!(record, expect);
}

#[test]
fn destination_decides_the_prefix() {
    let check = |destination: &str, expect: &str| {
        let mut account = serving(DataCaptureConfig::to(destination));
        invoke(&mut account, "10:00:00");
        let key = uploads(&mut account).remove(0).key;
        assert!(key.starts_with(expect), "{key}");
    };
    check("s3://ml", "churn-prod/AllTraffic/2026/");
    check("s3://ml/a/b", "a/b/churn-prod/AllTraffic/2026/");
    // The doubled slash of amazon-sagemaker-examples#1938.
    check("s3://ml/a/", "a//churn-prod/AllTraffic/2026/");
}

#[test]
fn files_end_with_their_hour() {
    let mut account = serving(capture());
    for time in ["10:58:00", "10:59:59.999", "11:00:00", "11:01:00"] {
        invoke(&mut account, time);
    }
    let uploads = uploads(&mut account);
    let found: Vec<(&str, usize)> =
        uploads.iter().map(|it| (&it.key[30..43], records(it).len())).collect();
    assert_eq!(found, [("2026/03/04/10", 2), ("2026/03/04/11", 2)]);
    assert_eq!(uploads[0].due, at("11:00:32"), "the hour's end and the upload");
    let times: Vec<Value> = records(&uploads[0])
        .iter()
        .map(|it| it["eventMetadata"]["inferenceTime"].clone())
        .collect();
    assert_eq!(times, ["2026-03-04T10:58:00Z", "2026-03-04T10:59:59Z"]);
}

#[test]
fn files_last_from_five_to_fifteen_minutes() {
    let mut account = serving(capture());
    for second in 0..7200 {
        invoke(
            &mut account,
            &format!("1{}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60),
        );
    }
    let uploads = uploads(&mut account);
    let sizes: Vec<usize> = uploads.iter().map(|upload| records(upload).len()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), 7200);
    assert!(
        sizes.iter().all(|size| *size <= 900)
            && sizes.iter().filter(|size| **size >= 300).count() >= sizes.len() - 2
    );
}

#[test]
fn modes_and_media_types_decide_the_record() {
    let check =
        |capture: DataCaptureConfig, content_type: &str, body: &str, expect: [Option<&str>; 2]| {
            let mut account = serving(capture);
            let request = Request { content_type, body: body.as_bytes(), ..Request::default() };
            account.invoke_endpoint(at("10:00:00"), "churn-prod", &request).unwrap();
            let record = records(&uploads(&mut account)[0]).remove(0);
            let sides = ["endpointInput", "endpointOutput"]
                .map(|side| record["captureData"][side]["encoding"].as_str());
            assert_eq!(sides, expect, "{record}");
        };
    check(capture(), "text/csv", ROW, [Some("CSV"), Some("CSV")]);
    check(capture(), "application/json", "{}", [Some("JSON"), Some("JSON")]);
    check(capture(), "application/jsonlines", "{}\n{}", [Some("BASE64"), Some("BASE64")]);
    let modes = |mode| DataCaptureConfig { modes: vec![mode], ..capture() };
    check(modes(CaptureMode::Input), "text/csv", ROW, [Some("CSV"), None]);
    check(modes(CaptureMode::Output), "text/csv", ROW, [None, Some("CSV")]);
    check(modes(CaptureMode::InputAndOutput), "text/csv", ROW, [Some("CSV"), Some("CSV")]);
    check(
        DataCaptureConfig { csv_types: vec![], ..capture() },
        "text/csv",
        ROW,
        [Some("BASE64"), Some("BASE64")],
    );
}

#[test]
fn refused_requests_count_but_are_not_captured() {
    let mut account = serving(capture());
    let check = |account: &mut SageMaker, content_type: &str, body: &[u8], expect: &str| {
        let request = Request { content_type, body, ..Request::default() };
        assert_eq!(
            refusal(account.invoke_endpoint(at("10:00:00"), "churn-prod", &request)),
            expect
        );
    };
    check(
        &mut account,
        "image/png",
        b"x",
        "ModelError: the container answered 415: unsupported content type",
    );
    check(&mut account, "text/csv", b"\xff", "ModelError: the container answered 400: not UTF-8");
    check(
        &mut account,
        "application/json",
        b"{",
        "ModelError: the container answered 400: not JSON",
    );
    assert!(uploads(&mut account).is_empty());
    assert_eq!(
        account.invocations("churn-prod", "AllTraffic", at("10:00:00"), at("10:01:00")),
        Some(3)
    );
    assert_eq!(account.invocations("churn-prod", "other", at("10:00:00"), at("10:01:00")), None);
}

#[test]
fn batch_is_the_same_as_single_calls() {
    let times: Vec<i64> =
        (0..3000).map(|row| at("10:00:00").as_millisecond() + row * 2345).collect();
    let half = DataCaptureConfig { sampling_percent: 50, ..capture() };
    let (mut one, mut many) = (serving(half.clone()), serving(half));
    for time in &times {
        let request =
            Request { content_type: "text/csv", body: ROW.as_bytes(), ..Request::default() };
        one.invoke_endpoint(Timestamp::from_millisecond(*time).unwrap(), "churn-prod", &request)
            .unwrap();
    }
    let rows = times.iter().map(|at_ms| Row { at_ms: *at_ms, body: ROW, inference_id: None });
    let batch = many.invoke_batch("churn-prod", "text/csv", rows).unwrap();
    assert_eq!((batch.served, batch.refused), (3000, 0));
    assert!((1400..1600).contains(&batch.captured), "{batch:?}");
    let hour = |account: &SageMaker| {
        account.invocations("churn-prod", "AllTraffic", at("10:30:00"), at("11:30:00"))
    };
    assert_eq!(hour(&one), hour(&many));
    assert_eq!(uploads(&mut one), uploads(&mut many));
}

#[test]
fn weights_share_the_traffic() {
    let mut account = scene(capture());
    let now = at("09:00:00");
    let variant = |name: &str, weight| ProductionVariant {
        name: name.into(),
        weight,
        ..ProductionVariant::all_traffic("churn")
    };
    let variants = vec![variant("a", 3.0), variant("b", 1.0), variant("idle", 0.0)];
    account.create_endpoint_config(now, "split", variants, None, &[]).unwrap();
    account.create_endpoint(now, "e", "split", &[]).unwrap();
    account.advance(at("10:00:00"));
    let at_ms = at("10:00:00").as_millisecond();
    account
        .invoke_batch(
            "e",
            "text/csv",
            (0..10_000).map(|_| Row { at_ms, body: ROW, inference_id: None }),
        )
        .unwrap();
    let count = |variant| account.invocations("e", variant, at("10:00:00"), at("10:01:00"));
    assert_eq!(count("a").unwrap() + count("b").unwrap(), 10_000);
    assert!((7300..7700).contains(&count("a").unwrap()));
    assert_eq!(count("idle"), None);
}

#[test]
fn faults_reach_calls_and_capture() {
    let check = |rates: CallRates, expect: &str, announced: usize| {
        let mut account =
            account(Faults::seeded(1, Rates { sagemaker: rates, ..Rates::default() }));
        let refused = account.create_model(at("09:00:00"), "m", "s3://ml/m", Err(String::new()));
        assert_eq!(refusal(refused), expect);
        assert_eq!(account.take_events().len(), announced);
    };
    check(
        CallRates { throttled: 1.0, ..CallRates::default() },
        "ThrottlingException: Rate exceeded",
        0,
    );
    let failed = "InternalFailure: The request processing has failed.";
    check(CallRates { error_before: 1.0, ..CallRates::default() }, failed, 0);
    check(CallRates { reply_lost: 1.0, ..CallRates::default() }, "ReplyLost: connection reset", 1);

    let late = CaptureRates { delayed: 1.0, longest_delay: Duration::from_hours(2) };
    let rates = Rates { capture: late, ..Rates::default() };
    let mut account = account(Faults::seeded(1, rates));
    let now = at("09:00:00");
    account.create_model(now, "m", "s3://ml/m", Ok(Arc::new(Scorer::churn()))).unwrap();
    let variants = vec![ProductionVariant::all_traffic("m")];
    account.create_endpoint_config(now, "c", variants, Some(capture()), &[]).unwrap();
    account.create_endpoint(now, "churn-prod", "c", &[]).unwrap();
    invoke(&mut account, "10:50:00");
    let upload = uploads(&mut account).remove(0);
    assert!(upload.due > at("11:00:32") && upload.due < at("13:00:32"), "{}", upload.due);
    assert_eq!(account.happened().captures_delayed, 1);
}
