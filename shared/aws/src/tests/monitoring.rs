use super::answers::{Answers, json, refused, run};
use engine::event::{EndpointDue, SuiteEvent};
use engine::monitor::MonitorType;
use engine::window::Window;
use ports::{
    CallFailed, ChangeDefinitions, ChangeSchedules, CountTraffic, DescribeEndpoints,
    DescribeFailed, EndpointStatus, ListEndpoints, PostEvents, ReadSchedules, ReadTags,
    ScheduleSpec,
};

#[test]
fn every_page_of_tags_is_read() {
    let stage = Answers::of(vec![
        json(200, r#"{"Tags":[{"Key":"a","Value":"1"}],"NextToken":"t"}"#),
        json(200, r#"{"Tags":[{"Key":"b","Value":"2"}]}"#),
    ]);
    let tags = run(stage.aws().tags("arn:x")).unwrap();
    assert_eq!(tags.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert!(stage.seen()[1].body.contains(r#""NextToken":"t""#), "{}", stage.seen()[1].body);
}

#[test]
fn missing_endpoint_is_told_by_its_message() {
    let stage = Answers::of(vec![refused(
        400,
        "ValidationException",
        r#"Could not find endpoint \"arn:aws:sagemaker:eu-west-1:1:endpoint/churn\"."#,
    )]);
    let missing = run(stage.aws().describe("churn"));
    assert!(matches!(missing, Err(DescribeFailed::Missing)), "{missing:?}");
    assert_eq!(stage.seen().len(), 1, "nothing to try again");
}

#[test]
fn endpoint_is_put_together_from_three_calls() {
    let stage = Answers::of(vec![
        json(
            200,
            r#"{"EndpointName":"churn","EndpointArn":"arn:e","EndpointConfigName":"c",
            "EndpointStatus":"SystemUpdating","CreationTime":1.5,"LastModifiedTime":2.25,
            "ProductionVariants":[{"VariantName":"A","CurrentWeight":3},{"VariantName":"B","CurrentWeight":1}],
            "DataCaptureConfig":{"EnableCapture":true,"CaptureStatus":"Started",
            "CurrentSamplingPercentage":50,"DestinationS3Uri":"s3://b/p","KmsKeyId":""}}"#,
        ),
        json(
            200,
            r#"{"EndpointConfigName":"c","EndpointConfigArn":"arn:c","CreationTime":1,
            "ProductionVariants":[{"VariantName":"A","ModelName":"m-1"},{"VariantName":"B","ModelName":"m-2"}],
            "DataCaptureConfig":{"EnableCapture":true,"InitialSamplingPercentage":50,
            "DestinationS3Uri":"s3://b/p","CaptureOptions":[{"CaptureMode":"Input"}]}}"#,
        ),
        json(200, r#"{"Tags":[{"Key":"vigil:engine","Value":"native"}]}"#),
    ]);
    let it = run(stage.aws().describe("churn")).unwrap();
    assert_eq!((it.status, it.created_ms, it.modified_ms), (EndpointStatus::Updating, 1500, 2250));
    assert_eq!((it.variants[0].share, it.variants[1].share), (0.75, 0.25));
    assert_eq!(it.variants[1].model.as_deref(), Some("m-2"));
    let capture = it.capture.unwrap();
    assert_eq!((capture.started, capture.input, capture.output), (true, true, false));
    assert_eq!(capture.sampling_percent, 50);
    assert_eq!(it.tags["vigil:engine"], "native");
}

#[test]
fn endpoint_pages_hand_on_their_token() {
    let stage = Answers::of(vec![json(
        200,
        r#"{"Endpoints":[{"EndpointName":"a","EndpointArn":"arn:a","EndpointStatus":"InService",
        "CreationTime":1,"LastModifiedTime":2}],"NextToken":"n2"}"#,
    )]);
    let page = run(stage.aws().list_endpoints(Some("n1"))).unwrap();
    assert_eq!((page.next.as_deref(), page.endpoints.len()), (Some("n2"), 1));
    assert!(stage.seen()[0].body.contains(r#""NextToken":"n1""#));
}

#[test]
fn refused_changes_name_the_next_step() {
    fn check(status: u16, code: &str, message: &str, expect: &str) {
        let stage = Answers::of(vec![refused(status, code, message)]);
        let spec = ScheduleSpec {
            name: "vigil-x".into(),
            kind: MonitorType::DataQuality,
            definition: "vigil-x-1".into(),
            expression: "cron(0 * ? * * *)".into(),
            tags: [].into(),
        };
        let found = match run(stage.aws().create_schedule(&spec)) {
            Ok(()) => "done",
            Err(CallFailed::Missing) => "missing",
            Err(CallFailed::Exists) => "exists",
            Err(CallFailed::Busy(_)) => "busy",
            Err(CallFailed::Closed(_)) => "closed",
            Err(CallFailed::Other(it)) if it.retryable => "passing",
            Err(CallFailed::Other(_)) => "lasting",
        };
        assert_eq!(found, expect, "{code}: {message}");
    }
    check(200, "x", "y", "done");
    check(400, "ResourceInUse", "Monitoring Schedule already exists", "exists");
    check(400, "ResourceLimitExceeded", "too many", "lasting");
    check(400, "AccessDeniedException", "is not authorized to perform: x", "lasting");
    check(400, "ValidationException", "closed to new customers", "closed");
}

#[test]
fn definition_in_use_is_busy() {
    let stage = Answers::of(vec![refused(400, "ResourceInUse", "used by a schedule")]);
    let held = run(stage.aws().delete_definition(MonitorType::ModelBias, "vigil-x"));
    assert!(matches!(held, Err(CallFailed::Busy(_))), "{held:?}");
    let stage = Answers::of(vec![refused(400, "ResourceNotFound", "no such schedule")]);
    let gone = run(stage.aws().describe_schedule("vigil-x"));
    assert!(matches!(gone, Err(CallFailed::Missing)), "{gone:?}");
}

#[test]
fn each_refused_event_is_named() {
    let answer = r#"{"FailedEntryCount":1,"Entries":[{"EventId":"1"},
        {"ErrorCode":"InternalFailure","ErrorMessage":"later"},{"EventId":"3"}]}"#;
    let stage = Answers::of(vec![json(200, answer)]);
    let aws = stage.aws();
    aws.follow(Some("Root=1-5759e988-bd862e3fe1be46a994272793"));
    let due =
        |name: &str| SuiteEvent::EndpointDue(EndpointDue { endpoint: name.into(), reason: None });
    let posted = run(aws.post(&[due("a"), due("b"), due("c")])).unwrap();
    assert_eq!(posted.accepted, 2);
    assert_eq!(posted.refused, [(1, "InternalFailure".to_owned())]);
    let body = &stage.seen()[0].body;
    assert!(body.contains(r#""TraceHeader":"Root=1-5759e988-bd862e3fe1be46a994272793""#), "{body}");
}

/// CBOR (RFC 8949) by hand: `{"Datapoints": [{"Sum": 42.0}]}`.
#[test]
fn invocations_are_summed() {
    fn check(points: &[f64], expect: Option<u64>) {
        let mut body = vec![0xa1, 0x6a];
        body.extend(b"Datapoints");
        body.push(0x80 + points.len() as u8);
        for it in points {
            body.extend([0xa1, 0x63]);
            body.extend(b"Sum");
            body.push(0xfb);
            body.extend(it.to_be_bytes());
        }
        let headers = vec![
            ("content-type", "application/cbor".to_owned()),
            ("smithy-protocol", "rpc-v2-cbor".to_owned()),
        ];
        let stage = Answers::of(vec![(200, headers, body)]);
        let window = Window { start: 3600, end: 7200 };
        let found = run(stage.aws().invocations("churn", "A", window));
        assert_eq!(found.unwrap(), expect, "{points:?}");
    }
    check(&[], None);
    check(&[42.0], Some(42));
    check(&[42.0, 8.0], Some(50));
    check(&[0.0], Some(0));
}
