use super::*;
use CaptureIndex::{EndpointInput, EndpointOutput};

#[track_caller]
fn format(json: &str, expect: DatasetFormat) {
    assert_eq!(DatasetFormat::read(json).unwrap(), expect);
}

#[test]
fn every_dataset_format_of_aws_is_read() {
    let start = OutputColumns::Start;
    format(
        r#"{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}"#,
        DatasetFormat::Capture(vec![EndpointInput, EndpointOutput]),
    );
    format(
        r#"{"sagemakerCaptureJson":{}}"#,
        DatasetFormat::Capture(vec![EndpointInput, EndpointOutput]),
    );
    format(
        r#"{"sagemakerMergeJson":{"captureIndexNames":["endpointOutput"]}}"#,
        DatasetFormat::Merged(vec![EndpointOutput]),
    );
    format(
        r#"{"csv":{"header":"true"}}"#,
        DatasetFormat::Csv { header: true, output_columns: start },
    );
    format(
        r#"{"csv": {"header": true, "output_columns_position": "END"}}"#,
        DatasetFormat::Csv { header: true, output_columns: OutputColumns::End },
    );
    format(
        r#"{"csv":{"header":"False"}}"#,
        DatasetFormat::Csv { header: false, output_columns: start },
    );
    format(r#"{"csv":{}}"#, DatasetFormat::Csv { header: false, output_columns: start });
    format(r#"{"json":{"line":"true"}}"#, DatasetFormat::Json { lines: true });
    format(r#"{"json":{"lines":false}}"#, DatasetFormat::Json { lines: false });
    format(r#"{"parquet":{}}"#, DatasetFormat::Parquet);
}

#[test]
fn unknown_dataset_formats_say_what_is_known() {
    let said = |json: &str| DatasetFormat::read(json).unwrap_err().to_string();
    assert_eq!(
        said(r#"{"avro":{}}"#),
        r#"dataset_format: it names no format known here; set it to JSON such as {"csv":{"header":true}} or {"sagemakerCaptureJson":{}}"#
    );
    assert!(said("csv").starts_with("dataset_format: it is not JSON: expected value (line 1"));
    assert!(
        said(r#"{"csv":{"header":"maybe"}}"#).contains("csv.header is not Enabled or Disabled")
    );
    let part = said(r#"{"sagemakerCaptureJson":{"captureIndexNames":["s3cret"]}}"#);
    assert!(
        part.contains("captureIndexNames[0] is not one of") && !part.contains("s3cret"),
        "{part}"
    );
}

/// The environment of a scheduled run, as the reference gives it.
fn scheduled() -> Vec<(&'static str, &'static str)> {
    vec![
        ("dataset_source", "/opt/ml/processing/input/endpoint"),
        ("output_path", "/opt/ml/processing/output"),
        (
            "dataset_format",
            r#"{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}"#,
        ),
        ("start_time", "2019-12-01T16: 20: 00Z"),
        ("end_time", " 2019-12-01T17:20:00Z "),
        ("publish_cloudwatch_metrics", "Enabled"),
        ("sagemaker_endpoint_name", "churn-prod"),
        ("sagemaker_monitoring_schedule_name", "dq-hourly"),
        ("baseline_constraints", "/opt/ml/processing/baseline/constraints/constraints.json"),
        ("baseline_statistics", ""),
        ("PATH", "/bin"),
    ]
}

#[test]
fn environment_of_a_scheduled_run_is_read() {
    let settings = ContainerSettings::from_pairs(scheduled()).unwrap();
    assert_eq!(settings.dataset_source, "/opt/ml/processing/input/endpoint");
    assert_eq!(settings.window(), Some(Window { start: 1_575_217_200, end: 1_575_220_800 }));
    assert!(settings.publish_cloudwatch_metrics);
    assert_eq!(settings.schedule.as_deref(), Some("dq-hourly"));
    assert_eq!(settings.baseline_statistics, None);
    assert_eq!(settings.categorical_drift_method, CategoricalDriftMethod::LInfinity);
}

#[test]
fn environment_of_a_baseline_job_is_read() {
    let settings = ContainerSettings::from_pairs([
        ("dataset_source", "/in"),
        ("output_path", "/out"),
        ("dataset_format", r#"{"csv":{"header":true,"output_columns_position":"START"}}"#),
        ("publish_cloudwatch_metrics", "Disabled"),
        ("categorical_drift_method", "ChiSquared"),
        ("probability_threshold_attribute", "0.5"),
    ])
    .unwrap();
    assert_eq!(settings.baseline_constraints, None);
    assert_eq!(settings.categorical_drift_method, CategoricalDriftMethod::ChiSquared);
    assert_eq!((settings.window(), settings.probability_threshold_attribute), (None, Some(0.5)));
    assert!(!settings.publish_cloudwatch_metrics);
}

#[test]
fn faulty_environment_names_the_variable() {
    let said = |name: &str, text: &str| {
        let mut pairs = scheduled();
        pairs.retain(|it| it.0 != name);
        pairs.push((name, text));
        let pairs: Vec<(String, String)> =
            pairs.into_iter().map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
        ContainerSettings::from_pairs(pairs).unwrap_err().to_string()
    };
    assert_eq!(
        said("dataset_source", " "),
        "environment: dataset_source is not set; set it in the Environment of the processing job"
    );
    assert!(said("start_time", "soon").contains("start_time is not a time such as 2026"));
    assert!(said("publish_cloudwatch_metrics", "on").contains("is not Enabled or Disabled"));
    assert!(said("categorical_drift_method", "x").contains("is not LInfinity or ChiSquared"));
}

#[test]
fn formats_are_written_as_the_sdk_does() {
    // The SDK's own text (formats H.2).
    let csv = DatasetFormat::Csv { header: true, output_columns: OutputColumns::Start };
    assert_eq!(csv.write(), r#"{"csv":{"header":true,"output_columns_position":"START"}}"#);
    let capture = vec![CaptureIndex::EndpointInput, CaptureIndex::EndpointOutput];
    let both = r#"{"captureIndexNames":["endpointInput","endpointOutput"]}"#;
    let merged = DatasetFormat::Merged(capture.clone());
    let capture = DatasetFormat::Capture(capture);
    assert_eq!(capture.write(), format!(r#"{{"sagemakerCaptureJson":{both}}}"#));
    for it in [csv, capture, merged, DatasetFormat::Json { lines: true }, DatasetFormat::Parquet] {
        assert_eq!(DatasetFormat::read(&it.write()), Ok(it));
    }
}
