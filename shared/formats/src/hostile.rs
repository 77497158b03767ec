//! What no reader may do, whatever comes: panic, or quote what it read.

use crate::model_quality::{QualityConstraintsFile, read_estimator, read_statistics};
use crate::{
    constraints::ConstraintsFile, container::DatasetFormat, event, statistics, violations,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const STATISTICS: &str = include_str!("statistics/sample.json");
const CONSTRAINTS: &str = include_str!("constraints/sample.json");
const VIOLATIONS: &str = r#"{"violations":[{"feature_name":"age","constraint_check_type":"data_type_check","description":"x"}]}"#;
const FORMAT: &str = r#"{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput"]},"csv":{"header":"true","output_columns_position":"END"},"json":{"lines":true}}"#;
const QUALITY: [&str; 4] = [
    r#"{"version":0.0,"dataset":{"item_count":4},"binary_classification_metrics":{"confusion_matrix":{"0":{"0":1,"1":2},"1":{"0":0,"1":1}},"recall":{"value":1.0,"standard_deviation":"NaN"},"receiver_operating_characteristic_curve":{"false_positive_rates":[0.0],"true_positive_rates":[1.0]},"precision_recall_curve":{"precisions":[1.0],"recalls":[0.0]}}}"#,
    r#"{"version":0.0,"regression_constraints":{"mae":{"threshold":0.78,"comparison_operator":"GreaterThanThreshold"}}}"#,
    r#"{"version":1,"problem_type":"Regression","losses":[{"high":1.0,"rows":3,"absolute":1.0,"squared":1.0,"fourth":1.0}]}"#,
    r#"{"version":1,"problem_type":"BinaryClassification","calibration":[{"low":0.1,"high":0.2,"share":0.5,"rows":1}]}"#,
];
const EVENTS: [&str; 4] = [
    r#"{"source":"aws.sagemaker","detail-type":"SageMaker Endpoint State Change","time":"2026-03-04T10:21:07Z","detail":{"EndpointName":"e","EndpointStatus":"IN_SERVICE","CreationTime":1772600000123.0,"Tags":[{"Key":"a","Value":"b"}]}}"#,
    r#"{"source":"aws.sagemaker","detail-type":"SageMaker Processing Job State Change","detail":{"ProcessingJobName":"j","ProcessingJobStatus":"Completed","ProcessingOutputConfig":{"Outputs":[{"OutputName":"result","S3Output":{"S3Uri":"s3://b/r"}}]},"Environment":{"a":"b"}}}"#,
    r#"{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"b"},"object":{"key":"k","size":1,"sequencer":"00"}}}"#,
    r#"{"source":"vigil","detail-type":"Vigil Execution Completed","detail":{"endpoint":"e","variant":"v","monitor_type":"data_quality","window_start":"2026-03-04T10:00:00Z","window_end":"2026-03-04T11:00:00Z","state":"drift","report":"r","violations":1,"hash":"h"}}"#,
];

/// Reads `text` by every reader, and returns what they refused it with.
fn refusals(text: &[u8]) -> Vec<String> {
    let format = String::from_utf8_lossy(text);
    [
        statistics::read(text).err(),
        ConstraintsFile::read(text).err(),
        read_statistics(text).err(),
        QualityConstraintsFile::read(text).err(),
        read_estimator(text).err(),
        violations::read(text).err(),
        event::read(text).err(),
        DatasetFormat::read(&format).err(),
    ]
    .into_iter()
    .flatten()
    .map(|it| it.to_string())
    .collect()
}

fn samples() -> impl Iterator<Item = &'static str> {
    [STATISTICS, CONSTRAINTS, VIOLATIONS, FORMAT].into_iter().chain(QUALITY).chain(EVENTS)
}

/// Puts `other` in the place of each value of `document`, one after the other.
fn replaced(document: &Value, other: &Value, each: &mut dyn FnMut(&Value)) {
    fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
        all.push(at.to_owned());
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    pointers(value, &format!("{at}/{key}"), all);
                }
            }
            Value::Array(list) => {
                for (place, value) in list.iter().enumerate() {
                    pointers(value, &format!("{at}/{place}"), all);
                }
            }
            _ => {}
        }
    }
    let mut all = Vec::new();
    pointers(document, "", &mut all);
    for pointer in all {
        let mut changed = document.clone();
        *changed.pointer_mut(&pointer).expect("a pointer into the document") = other.clone();
        each(&changed);
    }
}

#[test]
fn refusals_never_quote_a_value() {
    const SECRET: &str = "s3cret, expected at line 1 `s3cret`";
    let others = [
        json!(SECRET),
        json!([SECRET]),
        json!([[SECRET]]),
        json!({ "value": SECRET }),
        json!(-41_424_344.5),
        json!(41_424_344),
        json!(true),
        Value::Null,
    ];
    let mut refused = 0;
    for sample in samples() {
        let document: Value = serde_json::from_str(sample).unwrap();
        for other in &others {
            replaced(&document, other, &mut |changed| {
                for told in refusals(changed.to_string().as_bytes()) {
                    assert!(!told.contains("s3cret") && !told.contains("41424344"), "{told}");
                    refused += 1;
                }
            });
        }
    }
    assert!(1000 < refused, "{refused}");
}

#[test]
fn nesting_without_end_is_refused() {
    for open in ["[", "{\"features\":[", "{\"detail\":{\"a\":", "{\"unknown\":["] {
        let told = refusals(open.repeat(100_000).as_bytes());
        assert!(4 <= told.len(), "{told:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn mutilated_documents_do_no_harm(
        which in 0..8_usize,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..6),
    ) {
        let mut text = samples().nth(which).expect("eight samples").as_bytes().to_vec();
        for (place, byte, kind) in edits {
            if text.is_empty() {
                break;
            }
            let place = place.index(text.len());
            match kind {
                0 => text[place] = byte,
                1 => text.insert(place, byte),
                2 => { text.remove(place); }
                _ => text.truncate(place),
            }
        }
        refusals(&text);
    }

    #[test]
    fn any_bytes_do_no_harm(text in prop::collection::vec(any::<u8>(), 0..200)) {
        refusals(&text);
    }
}
