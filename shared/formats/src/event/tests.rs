use super::*;
use engine::{
    event::{
        BaselineDecided, BaselineWanted, EndpointDue, ExecutionCompleted, IncidentChanged,
        MonitorReady, MonitoringBlocked, ObjectDue, WindowDue,
    },
    finding::{Family, State},
    monitor::{Monitor, MonitorType},
    window::Window,
};

/// The samples are those of the reference (formats A), of AWS's documents.
fn envelope(source: &str, kind: &str, detail: &str) -> String {
    format!(
        r#"{{"version":"0","id":"5f0c2c1e","detail-type":"{kind}","source":"{source}",
        "account":"111122223333","time":"2026-03-04T10:21:07Z","region":"eu-west-1",
        "resources":["arn:one"],"detail":{detail}}}"#
    )
}

#[track_caller]
fn event(source: &str, kind: &str, detail: &str) -> Event {
    read(envelope(source, kind, detail).as_bytes()).unwrap().event
}

fn endpoint(detail: &str) -> EndpointState {
    match event("aws.sagemaker", "SageMaker Endpoint State Change", detail) {
        Event::EndpointState(it) => it,
        other => panic!("{other:?}"),
    }
}

#[test]
fn envelope_keeps_what_tells_events_apart() {
    let text = envelope("aws.events", "Scheduled Event", "{}");
    let read = read(text.as_bytes()).unwrap();
    assert_eq!(read.event, Event::Scheduled);
    assert_eq!((read.id.as_str(), read.account.as_str()), ("5f0c2c1e", "111122223333"));
    assert_eq!(read.time.unwrap().to_string(), "2026-03-04T10:21:07Z");
    assert_eq!(read.resources, ["arn:one"]);
}

#[test]
fn endpoint_event_reads_floats_nulls_and_tags() {
    let sample = r#"{"EndpointName":"churn-prod","EndpointArn":"arn:e",
        "EndpointConfigName":"churn-prod-cfg-7",
        "ProductionVariants":[{"DesiredWeight":1.0,"DesiredInstanceCount":2.0}],
        "EndpointStatus":"IN_SERVICE","FailureReason":null,
        "CreationTime":1772600000123.0,"LastModifiedTime":1772619667000.0,"Tags":{}}"#;
    let read = endpoint(sample);
    assert_eq!(read.name, "churn-prod");
    assert_eq!(read.config.as_deref(), Some("churn-prod-cfg-7"));
    assert_eq!(read.status, EndpointStatus::InService);
    assert_eq!(read.created.unwrap().millis, 1_772_600_000_123);
    assert_eq!(read.failure_reason, None);
    for tags in [
        r#"{"vigil:off":"1","empty":null}"#,
        r#"[{"Key":"vigil:off","Value":"1"},{"Key":"empty","Value":null}]"#,
    ] {
        let read = endpoint(&format!(
            r#"{{"EndpointName":"e","EndpointStatus":"FAILED","Tags":{tags}}}"#,
        ));
        assert_eq!(read.tags["vigil:off"], "1");
        assert_eq!(read.tags["empty"], "");
    }
    let bare = endpoint(r#"{"EndpointName":"e","EndpointStatus":"Deleting","Tags":null}"#);
    assert_eq!((bare.status, bare.tags.len()), (EndpointStatus::Deleting, 0));
}

#[test]
fn endpoint_status_is_read_in_any_spelling() {
    for (word, expect) in [
        ("InService", EndpointStatus::InService),
        ("IN_SERVICE", EndpointStatus::InService),
        ("UPDATE_ROLLBACK_FAILED", EndpointStatus::UpdateRollbackFailed),
        ("rollingback", EndpointStatus::RollingBack),
        ("SYSTEM_UPDATING", EndpointStatus::SystemUpdating),
        ("OutOfService", EndpointStatus::OutOfService),
        ("Hibernating", EndpointStatus::Unknown),
    ] {
        assert_eq!(EndpointStatus::of_word(word), expect, "{word}");
    }
}

#[test]
fn endpoint_config_event_is_read() {
    let sample = r#"{"EndpointConfigName":"churn-prod-cfg-7","EndpointConfigArn":"arn:c",
        "ProductionVariants":[{"VariantName":"AllTraffic","AcceleratorType":null}],
        "DataCaptureConfig":null,"KmsKeyId":null,"CreationTime":1772600000123,"Tags":{}}"#;
    match event("aws.sagemaker", "SageMaker Endpoint Config State Change", sample) {
        Event::EndpointConfigState(it) => assert_eq!(it.name, "churn-prod-cfg-7"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn processing_job_event_tells_status_and_outputs() {
    let sample = r#"{"ProcessingJobName":"job","ProcessingJobArn":"arn:j",
        "ProcessingJobStatus":"Completed","ProcessingInputs":[{"InputName":"constraints"}],
        "ProcessingOutputConfig":{"Outputs":[{"OutputName":"result","S3Output":
            {"S3Uri":"s3://b/reports","LocalPath":"/opt/ml/processing/output"}}]},
        "Environment":{"output_path":"/opt","none":null},"ExperimentConfig":{},
        "ProcessingEndTime":1772622890000,"CreationTime":1772622310000}"#;
    let Event::ProcessingJobState(job) =
        event("aws.sagemaker", "SageMaker Processing Job State Change", sample)
    else {
        panic!()
    };
    assert_eq!((job.name.as_str(), job.status), ("job", ProcessingJobStatus::Completed));
    assert!(job.status.is_terminal() && job.exit_message.is_none() && job.schedule_arn.is_none());
    assert_eq!(job.outputs[0].uri.as_deref(), Some("s3://b/reports"));
    assert_eq!(job.environment.len(), 1);
    assert_eq!(job.ended.unwrap().seconds(), 1_772_622_890);
}

fn created(key: &str, sequencer: &str) -> ObjectCreated {
    let sample = format!(
        r#"{{"version":"0","bucket":{{"name":"ml-capture"}},"object":{{"key":"{key}",
        "size":18342,"etag":"b194","version-id":"IYV3","sequencer":"{sequencer}"}},
        "request-id":"N4","requester":"123456789012","reason":"PutObject"}}"#
    );
    match event("aws.s3", "Object Created", &sample) {
        Event::ObjectCreated(it) => it,
        other => panic!("{other:?}"),
    }
}

#[test]
fn object_created_names_bucket_key_and_version() {
    let read = created("capture/a b+c.jsonl", "00");
    assert_eq!((read.bucket.as_str(), read.key.as_str()), ("ml-capture", "capture/a b+c.jsonl"));
    assert_eq!((read.size, read.version.as_deref()), (Some(18_342), Some("IYV3")));
}

#[test]
fn sequencers_are_compared_padded_at_the_right() {
    let later = |one: &str, two: &str| created("k", one).is_later_than(&created("k", two));
    assert_eq!(later("0061", "006"), Some(true));
    assert_eq!(later("006", "00600"), Some(false));
    assert_eq!(later("00617f", "00617E"), Some(true));
    assert_eq!(created("k", "2").is_later_than(&created("other", "1")), None);
}

#[test]
fn unknown_events_are_not_errors() {
    assert_eq!(event("aws.ec2", "EC2 Instance State-change Notification", "{}"), Event::Other);
    assert_eq!(event("vigil", "Vigil Tea Served", "{}"), Event::Other);
}

#[test]
fn faulty_events_say_member_and_place() {
    let said = |source: &str, kind: &str, detail: &str| {
        read(envelope(source, kind, detail).as_bytes()).unwrap_err().to_string()
    };
    assert_eq!(
        said("aws.sagemaker", "SageMaker Endpoint State Change", r#"{"EndpointStatus":"x"}"#),
        "event: detail lacks `EndpointName` (line 3, column 63); send it as EventBridge delivers it"
    );
    let secret =
        r#"{"EndpointName":"e","EndpointStatus":"FAILED","CreationTime":"s3cret, expected"}"#;
    assert_eq!(
        said("aws.sagemaker", "SageMaker Endpoint State Change", secret),
        "event: detail.CreationTime is not a time in epoch milliseconds or ISO 8601 (line 3, column 120); \
         send it as EventBridge delivers it"
    );
    assert_eq!(
        read(b" ").unwrap_err().to_string(),
        "event: it is empty; send it as EventBridge delivers it"
    );
}

fn samples() -> Vec<SuiteEvent> {
    let monitor = Monitor {
        endpoint: "churn-prod".into(),
        variant: "AllTraffic".into(),
        kind: MonitorType::DataQuality,
    };
    let window = Window { start: 1_772_618_400, end: 1_772_622_000 };
    let windowed = WindowDue { monitor: monitor.clone(), window };
    let decided = BaselineDecided {
        monitor: monitor.clone(),
        version: "v7-9c1e".into(),
        previous: Some("v6-0b2d".into()),
        reason: Some("rows fell".into()),
    };
    let incident = IncidentChanged {
        incident: "churn-prod/AllTraffic/drift/1772618400".into(),
        alert: Some("3f9c".into()),
        endpoint: "churn-prod".into(),
        variant: "AllTraffic".into(),
        family: Family::Contract,
        window,
        report: None,
    };
    vec![
        SuiteEvent::EndpointDue(EndpointDue { endpoint: "churn-prod".into(), reason: None }),
        SuiteEvent::WindowReady(windowed.clone()),
        SuiteEvent::WindowDirty(windowed.clone()),
        SuiteEvent::WindowDue(windowed),
        SuiteEvent::BaselineWanted(BaselineWanted {
            monitor: monitor.clone(),
            reason: Some("no baseline".into()),
        }),
        SuiteEvent::BaselinePromoted(decided.clone()),
        SuiteEvent::BaselineHeld(decided),
        SuiteEvent::MonitorReady(MonitorReady {
            monitor: monitor.clone(),
            baseline: Some("v7".into()),
        }),
        SuiteEvent::MonitoringBlocked(MonitoringBlocked {
            endpoint: "churn-prod".into(),
            variant: None,
            kind: Some(MonitorType::ModelBias),
            reason: "capture_off".into(),
            advice: "turn data capture on".into(),
        }),
        SuiteEvent::MonitoringBlocked(MonitoringBlocked::default()),
        SuiteEvent::ExecutionCompleted(ExecutionCompleted {
            monitor,
            window,
            state: State::TooLittleData,
            report: "reports/churn-prod/x".into(),
            baseline: Some("v7".into()),
            violations: 3,
            hash: "9c1e".into(),
        }),
        SuiteEvent::IncidentOpened(incident.clone()),
        SuiteEvent::IncidentUpdated(incident.clone()),
        SuiteEvent::IncidentResolved(incident),
        SuiteEvent::LabelsDue(EndpointDue { endpoint: "churn-prod".into(), reason: None }),
        SuiteEvent::ObjectDue(ObjectDue {
            endpoint: "churn-prod".into(),
            bucket: "ml-labels".into(),
            key: "in/late labels (1).csv".into(),
            etag: "d41d8cd98f00b204e9800998ecf8427e-3".into(),
            written_at: 1_772_618_400,
        }),
    ]
}

#[test]
fn every_event_of_ours_survives_the_bus() {
    for sent in samples() {
        let entry = entry(&sent, Some("vigil-bus"));
        let got = event(entry.source, entry.detail_type, &entry.detail);
        assert_eq!(got, Event::Suite(sent));
    }
}

#[test]
fn entry_is_as_put_events_takes_it() {
    let due = samples().swap_remove(3);
    assert_eq!(
        serde_json::to_string(&entry(&due, None)).unwrap(),
        r#"{"Source":"vigil","DetailType":"Vigil Window Due","Detail":"{\"endpoint\":\"churn-prod\",\"variant\":\"AllTraffic\",\"monitor_type\":\"data_quality\",\"window_start\":\"2026-03-04T10:00:00Z\",\"window_end\":\"2026-03-04T11:00:00Z\"}"}"#
    );
}

/// Every payload in `events/`, whoever put it there.
#[test]
fn every_sample_event_is_read() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    let mut seen = 0;
    for folder in std::fs::read_dir(root).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            // What the replaced module sends is no event.
            if path.file_name().unwrap().to_string_lossy().starts_with("module-") {
                continue;
            }
            let text = std::fs::read(&path).unwrap();
            let envelope = read(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            assert_ne!(envelope.event, Event::Other, "{}", path.display());
            if let Event::Suite(told) = &envelope.event {
                let entry = entry(told, None);
                let again = event(entry.source, entry.detail_type, &entry.detail);
                assert_eq!(&again, &envelope.event, "{}", path.display());
            }
            seen += 1;
        }
    }
    assert!(0 < seen);
}
