use super::*;
use crate::metrics::MetricSource;
use crate::moment::Moment;
use engine::quality::constraints::{Comparison, check};
use engine::quality::estimate::Estimator;
use engine::quality::{QualityMetric, QualitySettings, QualitySummary, Row};

fn summary(problem: ProblemType, rows: &[[&str; 3]]) -> QualitySummary {
    let mut summary = QualitySummary::new(QualitySettings::new(problem));
    for [label, prediction, probability] in rows {
        summary.see(Row {
            label: Some(label.as_bytes()),
            prediction: Some(prediction.as_bytes()),
            probability: (!probability.is_empty()).then_some(probability.as_bytes()),
        });
    }
    summary
}

/// The rows behind AWS's example (reference: formats E.1).
const EXAMPLE: [[&str; 3]; 4] =
    [["0", "0", "0.1"], ["0", "1", "0.6"], ["0", "1", "0.7"], ["1", "1", "0.9"]];

fn written(problem: ProblemType, rows: &[[&str; 3]]) -> serde_json::Value {
    let told = summary(problem, rows).statistics().unwrap();
    let mut bytes = Vec::new();
    write_statistics(&told, Moment::of_text("2026-03-04T11:12:00Z"), &mut bytes).unwrap();
    assert_eq!(
        read_statistics(&bytes).unwrap().metrics,
        told.metrics,
        "what is written is read again"
    );
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn statistics_are_written_as_in_aws_example() {
    let file = written(ProblemType::BinaryClassification, &EXAMPLE);
    let aws: serde_json::Value = serde_json::from_str(
        r#"{"version":0.0,"dataset":{"item_count":4,"evaluation_time":"2026-03-04T11:12:00.000Z"},
        "binary_classification_metrics":{
        "confusion_matrix":{"0":{"0":1,"1":2},"1":{"0":0,"1":1}},
        "recall":{"value":1.0,"standard_deviation":"NaN"},
        "precision":{"value":0.3333333333333333,"standard_deviation":"NaN"},
        "auc":{"value":1.0,"standard_deviation":"NaN"},
        "receiver_operating_characteristic_curve":{"false_positive_rates":[0.0,0.0,1.0],"true_positive_rates":[0.0,1.0,1.0]},
        "precision_recall_curve":{"precisions":[1.0,1.0],"recalls":[0.0,1.0]}}}"#,
    )
    .unwrap();
    for (name, value) in
        aws.as_object().unwrap().iter().filter(|it| it.0 != "binary_classification_metrics")
    {
        assert_eq!(&file[name], value, "{name}");
    }
    let own = &file["binary_classification_metrics"];
    for (name, value) in aws["binary_classification_metrics"].as_object().unwrap() {
        assert_eq!(&own[name], value, "{name}");
    }
    let names: Vec<&str> = own.as_object().unwrap().keys().map(String::as_str).collect();
    let figures = QualityMetric::of(ProblemType::BinaryClassification).iter().map(|it| it.word());
    assert_eq!(names[1..18], figures.collect::<Vec<_>>());
}

#[test]
fn undefined_figures_are_the_text_nan() {
    let file = written(ProblemType::BinaryClassification, &[["0", "0", ""], ["0", "0", ""]]);
    let figures = &file["binary_classification_metrics"];
    assert_eq!(figures["recall"]["value"], "NaN");
    assert!(figures.get("auc").is_none() && figures.get("precision_recall_curve").is_none());
    assert_eq!(figures["confusion_matrix"]["1"]["1"], 0);
}

/// AWS's SDK keeps this as a sample; two of its values are written as whole numbers.
#[test]
#[expect(clippy::print_stdout, reason = "a check that is skipped says so")]
fn sample_of_aws_sdk_is_read() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/real-outputs/model_monitor_model_quality_binary_classification.json"
    );
    let Ok(text) = std::fs::read(path) else {
        println!("skipped: no sample of AWS's beside the checkout");
        return;
    };
    let told = read_statistics(&text).unwrap();
    assert_eq!(told.value(QualityMetric::Auc), Some(1.0));
    assert_eq!(told.metrics.len(), 17);
    let accuracy = told.metrics.iter().find(|it| it.metric == QualityMetric::AccuracyBestConstant);
    assert_eq!(accuracy.and_then(|it| it.standard_deviation), Some(0.2));
    assert_eq!(told.confusion.unwrap().rows, [[1, 2], [0, 1]]);
    assert_eq!(told.roc.unwrap().true_positive_rates.len(), 6);
}

/// The sample of the reference, E.2, with a member and a metric that are not known.
const CONSTRAINTS: &str = r#"{"version":0.0,"comment":"ours",
 "binary_classification_constraints":{
   "recall":{"threshold":0.78,"comparison_operator":"LessThanThreshold","additional_properties":null},
   "au_prc":{"threshold":0.5,"comparison_operator":"LessThanThreshold"},
   "false_positive_rate":{"threshold":0.11,"comparison_operator":"GreaterThanThreshold"}}}"#;

#[test]
fn constraints_keep_what_is_not_known() {
    let file = QualityConstraintsFile::read(CONSTRAINTS.as_bytes()).unwrap();
    let known: Vec<_> = file
        .constraints
        .metrics
        .iter()
        .map(|it| (it.metric.word(), it.threshold, it.operator))
        .collect();
    assert_eq!(
        known,
        [
            ("recall", 0.78, Comparison::LessThanThreshold),
            ("false_positive_rate", 0.11, Comparison::GreaterThanThreshold)
        ]
    );
    let mut bytes = Vec::new();
    file.write(&mut bytes).unwrap();
    let again: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(again, serde_json::from_str::<serde_json::Value>(CONSTRAINTS).unwrap());
}

#[test]
fn violations_are_those_of_aws_text() {
    let file = QualityConstraintsFile::read(CONSTRAINTS.as_bytes()).unwrap();
    let rows: Vec<[&str; 3]> =
        (0..100).map(|at| if at < 71 { ["1", "1", ""] } else { ["1", "0", ""] }).collect();
    let told = summary(ProblemType::BinaryClassification, &rows).statistics().unwrap();
    let mut bytes = Vec::new();
    crate::violations::write(&check(&file.constraints, &told), &mut bytes).unwrap();
    let written: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let aws = r#"{"violations":[{"constraint_check_type":"LessThanThreshold","metric_name":"recall",
        "description":"Metric recall with 0.71 was LessThanThreshold 0.78"}]}"#;
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(aws).unwrap());
}

#[test]
fn faulty_constraints_are_refused_by_place() {
    let said = |text: &str| QualityConstraintsFile::read(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        said(r#"{"features":[]}"#),
        "constraints.json: it has no regression, binary or multiclass constraints; correct it there, or build the baseline again"
    );
    let odd = r#"{"regression_constraints":{"mae":{"threshold":1,"comparison_operator":"Less"}}}"#;
    assert!(
        said(odd)
            .starts_with("constraints.json: regression_constraints.mae.comparison_operator is not")
    );
    assert!(said(r#"{"regression_constraints":{"mae":{}}}"#).contains("mae lacks a threshold"));
}

#[test]
fn figures_become_metrics_with_bare_names() {
    let told =
        summary(ProblemType::Regression, &[["1", "2", ""], ["3", "5", ""]]).statistics().unwrap();
    let source = MetricSource {
        endpoint: Some("churn-prod".into()),
        schedule: Some("mq-hourly".into()),
        time: Moment::of_text("2026-03-04T10:00:00Z").unwrap(),
    };
    let mut bytes = Vec::new();
    write_figures(&source, &told, &mut bytes).unwrap();
    let lines: Vec<String> = String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(
        lines[0],
        r#"{"MetricName":"mae","Timestamp":"2026-03-04T10:00:00Z","Dimensions":[{"Name":"Endpoint","Value":"churn-prod"},{"Name":"MonitoringSchedule","Value":"mq-hourly"}],"StatisticValues":{"SampleCount":1.0,"Sum":1.5,"Minimum":1.5,"Maximum":1.5},"Unit":"None"}"#
    );
}

#[test]
fn estimators_survive_their_file() {
    let scores: Vec<String> = (0..200).map(|it| format!("0.{it:03}")).collect();
    let rows: Vec<[&str; 3]> = scores
        .iter()
        .enumerate()
        .map(|(at, score)| [if at % 7 == 0 || 150 < at { "1" } else { "0" }, "0", score.as_str()])
        .collect();
    let numbers: Vec<[&str; 3]> = scores.iter().map(|it| [it.as_str(), "0.1", ""]).collect();
    for (problem, rows) in [
        (ProblemType::BinaryClassification, &rows),
        (ProblemType::MulticlassClassification, &rows),
        (ProblemType::Regression, &numbers),
    ] {
        let estimator = Estimator::learn(&summary(problem, rows)).unwrap();
        let mut bytes = Vec::new();
        write_estimator(&estimator, &mut bytes).unwrap();
        assert_eq!(read_estimator(&bytes).unwrap(), estimator);
    }
}

#[test]
fn torn_estimators_are_refused() {
    for text in [
        r#"{"version":1,"problem_type":"Regression","losses":[]}"#,
        r#"{"version":2,"problem_type":"Regression"}"#,
        r#"{"version":1,"problem_type":"BinaryClassification","calibration":[{"low":0.5,"high":0.1,"share":0.5,"rows":1}]}"#,
        r#"{"version":1,"problem_type":"BinaryClassification","calibration":[{"low":0.1,"high":0.2,"share":1.5,"rows":1}]}"#,
    ] {
        assert!(read_estimator(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn refusals_name_no_label() {
    let text =
        r#"{"multiclass_classification_metrics":{"confusion_matrix":{"secret":{"hidden":"x"}}}}"#;
    let said = read_statistics(text.as_bytes()).unwrap_err().to_string();
    assert!(said.contains("confusion_matrix holds something else"), "{said}");
    assert!(!said.contains("secret") && !said.contains("hidden"), "{said}");
}
