//! What no reader may do, whatever comes: panic, or quote what it read.

use crate::model_quality::{QualityConstraintsFile, read_estimator, read_statistics};
use crate::{
    bias_analysis, bias_config, constraints::ConstraintsFile, container::DatasetFormat, event,
    model, shap_analysis, shap_config, statistics, violations,
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
const CLARIFY: [&str; 6] = [
    r#"{"headers":["a","c"],"label":"c","label_values_or_threshold":[1],"facet":[{"name_or_index":"a","value_or_threshold":["x",2.5]}],"predicted_label":"p","methods":{"pre_training_bias":{"methods":["CI"]}},"absolute_limits":{"DI":[0.8,1.25]},"least_rows":30}"#,
    r#"{"version":"1.0","pre_training_bias_metrics":{"label":"c","label_value_or_threshold":"1","facets":{"a":[{"value_or_threshold":"x","metrics":[{"name":"CI","description":"Class Imbalance (CI)","value":0.2}]}]}}}"#,
    r#"{"headers":["y","a"],"label":"y","methods":{"shap":{"baseline":[[1,"x"]],"num_samples":100,"num_clusters":3,"agg_method":"mean_sq","seed":7,"feature_groups":{"g":["a"]}}},"predictor":{"content_type":"application/json","probability":"p"}}"#,
    r#"{"instances":[{"features":[1,"x",null]}]}"#,
    r#"{"version":"1.0","explanations":{"kernel_shap":{"label0":{"global_shap_values":{"a":0.25},"expected_value":0.5}}}}"#,
    r#"{"linear":{"objective":"binary:logistic","intercept":0.5,"weights":[2,1]}}"#,
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
        bias_config::read(text).err(),
        bias_analysis::read(text).err(),
        shap_config::read(text).err(),
        shap_config::baseline_rows(text).err(),
        shap_analysis::read(text).err(),
        model::read(text).err(),
    ]
    .into_iter()
    .flatten()
    .map(|it| it.to_string())
    .collect()
}

fn samples() -> impl Iterator<Item = &'static str> {
    let first = [STATISTICS, CONSTRAINTS, VIOLATIONS, FORMAT].into_iter();
    first.chain(QUALITY).chain(EVENTS).chain(CLARIFY)
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
        which in 0..18_usize,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..6),
    ) {
        let mut text = samples().nth(which).expect("eighteen samples").as_bytes().to_vec();
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
