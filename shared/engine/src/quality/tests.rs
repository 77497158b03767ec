use super::constraints::{check, suggest};
use super::*;

type Cells<'a> = [&'a str; 3];

fn cell(text: &str) -> Option<&[u8]> {
    (!text.is_empty()).then_some(text.as_bytes())
}

/// Label, prediction, probability; what is empty is missing.
fn of(problem: ProblemType, rows: &[Cells<'_>]) -> QualitySummary {
    with(QualitySettings::new(problem), rows)
}

fn with(settings: QualitySettings, rows: &[Cells<'_>]) -> QualitySummary {
    let mut summary = QualitySummary::new(settings);
    for [label, prediction, probability] in rows {
        let (label, prediction) = (cell(label), cell(prediction));
        summary.see(Row { label, prediction, probability: cell(probability) });
    }
    summary
}

/// AWS's example of a binary classification (formats E.1).
#[test]
fn binary_example_of_aws_comes_out() {
    let rows = [["0", "0", "0.1"], ["0", "1", "0.6"], ["0", "1", "0.7"], ["1", "1", "0.9"]];
    let told = of(ProblemType::BinaryClassification, &rows).statistics().unwrap();
    let value = |metric| told.value(metric).unwrap();
    assert_eq!(value(QualityMetric::Recall), 1.0);
    assert_eq!(value(QualityMetric::Precision), 1.0 / 3.0);
    assert_eq!(value(QualityMetric::Auc), 1.0);
    assert_eq!(value(QualityMetric::AccuracyBestConstant), 0.25);
    let roc = told.roc.clone().unwrap();
    assert_eq!(roc.false_positive_rates, [0.0, 0.0, 1.0]);
    assert_eq!(roc.true_positive_rates, [0.0, 1.0, 1.0]);
    let curve = told.precision_recall.clone().unwrap();
    assert_eq!((curve.precisions, curve.recalls), (vec![1.0, 1.0], vec![0.0, 1.0]));
    assert!(check(&suggest(&told), &told).is_empty());
}
