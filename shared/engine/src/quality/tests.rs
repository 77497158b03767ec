mod estimates;
mod laws;

use super::constraints::{check, suggest};
use super::statistics::{ConfusionMatrix, QualityStatistics};
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

/// A seeded sequence of numbers in [0, 1).
fn chance(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as f64) / f64::from(1u32 << 31)
    }
}

/// Rows of a model whose probability says the truth; scores come in `steps`.
fn binary_rows(count: usize, steps: f64, seed: u64) -> Vec<[String; 3]> {
    let mut next = chance(seed);
    let row = |_| {
        let score = (next() * steps).round() / steps;
        let label = u8::from(next() < score);
        [label.to_string(), u8::from(0.5 < score).to_string(), score.to_string()]
    };
    (0..count).map(row).collect()
}

fn told(problem: ProblemType, rows: &[[String; 3]]) -> QualityStatistics {
    let rows: Vec<Cells<'_>> = rows.iter().map(|it| it.each_ref().map(String::as_str)).collect();
    of(problem, &rows).statistics().unwrap()
}

fn matrix(told: &QualityStatistics) -> (&[String], &[Vec<u64>]) {
    let ConfusionMatrix { labels, rows } = told.confusion.as_ref().unwrap();
    (labels, rows)
}

/// AWS's example of a multiclass model: 1180, 510, 268 and 138 rows (formats E.1).
#[test]
fn multiclass_example_of_aws_comes_out() {
    let mut rows = Vec::new();
    for (label, prediction, count) in
        [("0", "0", 1180), ("0", "1", 510), ("1", "0", 268), ("1", "1", 138)]
    {
        rows.extend(vec![[label, prediction, ""]; count]);
    }
    let told = of(ProblemType::MulticlassClassification, &rows).statistics().unwrap();
    let value = |metric| told.value(metric).unwrap();
    let share = 406.0 / 2096.0;
    assert_eq!(value(QualityMetric::AccuracyBestConstant), share);
    assert!((value(QualityMetric::WeightedPrecisionBestConstant) - share * share).abs() < 1e-15);
    assert_eq!(value(QualityMetric::Accuracy), (1180.0 + 138.0) / 2096.0);
    assert!((value(QualityMetric::WeightedRecall) - value(QualityMetric::Accuracy)).abs() < 1e-15);
}

/// Every pair of rows, one by one.
fn area_by_pairs(rows: &[[String; 3]]) -> f64 {
    let score = |row: &[String; 3]| row[2].parse::<f64>().unwrap();
    let (mut pairs, mut right) = (0.0, 0.0);
    for one in rows.iter().filter(|it| it[0] == "1") {
        for other in rows.iter().filter(|it| it[0] == "0") {
            pairs += 1.0;
            right += match score(one).total_cmp(&score(other)) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    right / pairs
}

#[test]
fn area_is_the_share_of_ranked_pairs() {
    for (steps, seed) in [(1e9, 1), (50.0, 2), (4.0, 3), (1.0, 4)] {
        let rows = binary_rows(900, steps, seed);
        let told = told(ProblemType::BinaryClassification, &rows);
        let area = told.value(QualityMetric::Auc).unwrap();
        assert!((area - area_by_pairs(&rows)).abs() < 1e-12, "{steps} steps");
        assert_eq!(told.auc_error, Some(0.0));
    }
}

#[test]
fn threshold_of_zero_is_a_threshold() {
    let settings = |threshold| QualitySettings {
        probability_threshold: threshold,
        ..QualitySettings::new(ProblemType::BinaryClassification)
    };
    let rows = [["1", "", "0.2"], ["0", "", "0"], ["1", "", "0.7"], ["0", "", "0.1"]];
    let told = with(settings(Some(0.0)), &rows).statistics().unwrap();
    assert_eq!(matrix(&told).1, [[1, 1], [0, 2]]);
    let told = with(settings(Some(0.5)), &rows).statistics().unwrap();
    assert_eq!(matrix(&told).1, [[2, 0], [1, 1]]);
    let without = with(settings(None), &rows);
    assert_eq!((without.counts().rows, without.counts().unpredicted), (0, 4));
}

#[test]
fn labels_are_compared_as_texts() {
    let rows = [
        ["yes", "yes", ""],
        [" yes ", "yes", ""],
        ["Yes", "yes", ""],
        ["no", "no", ""],
        ["1.0", "1", ""],
        ["01", "1", ""],
        ["1.50", "1.5", ""],
    ];
    let told = of(ProblemType::MulticlassClassification, &rows).statistics().unwrap();
    assert_eq!(told.value(QualityMetric::Accuracy), Some(4.0 / 7.0));
    assert_eq!(matrix(&told).0, ["01", "1", "1.5", "1.50", "Yes", "no", "yes"]);
}

#[test]
fn positive_label_does_not_hang_on_the_window() {
    let check = |rows: &[Cells<'_>], labels: [&str; 2], positives: u64| {
        let told = of(ProblemType::BinaryClassification, rows).statistics().unwrap();
        let (names, cells) = matrix(&told);
        assert_eq!(names, labels);
        let positive = names.iter().position(|it| *it == labels[usize::from(labels[1] != "no")]);
        assert_eq!(cells[positive.unwrap()].iter().sum::<u64>(), positives, "{rows:?}");
    };
    check(&[["0", "0", ""]], ["0", "1"], 0);
    check(&[["1", "1", ""]], ["0", "1"], 1);
    check(&[["no", "no", ""]], ["no", "yes"], 0);
    check(&[["False", "False", ""]], ["False", "True"], 0);
    check(&[["-1", "-1", ""], ["1", "1", ""]], ["-1", "1"], 1);
    let settings = QualitySettings {
        positive_label: Some("churn".into()),
        probability_threshold: Some(0.5),
        ..QualitySettings::new(ProblemType::BinaryClassification)
    };
    let told = with(settings, &[["stay", "", "0.9"], ["churn", "", "0.8"]]).statistics().unwrap();
    assert_eq!(told.value(QualityMetric::Recall), Some(1.0));
    assert_eq!(told.value(QualityMetric::Precision), Some(0.5));
}

#[test]
fn what_says_nothing_has_no_value() {
    let told = of(ProblemType::BinaryClassification, &[["0", "0", "0.2"]]).statistics().unwrap();
    for metric in [QualityMetric::Recall, QualityMetric::Precision, QualityMetric::Auc] {
        assert_eq!(told.value(metric), None, "{}", metric.word());
    }
    assert!(told.roc.is_none());
    let told = of(ProblemType::Regression, &[["3", "4", ""], ["3", "2", ""]]).statistics().unwrap();
    assert_eq!(told.value(QualityMetric::R2), None);
    assert_eq!(told.value(QualityMetric::Mae), Some(1.0));
    assert!(QualitySummary::default().statistics().is_none());
}

#[test]
fn odd_rows_are_counted_and_left_out() {
    let rows =
        [["1", "1", "0.5"], ["", "1", "0.5"], ["1", "", ""], ["1", "1", "much"], ["1", "1", "NaN"]];
    let counts = of(ProblemType::BinaryClassification, &rows).counts();
    let expect = RowCounts { rows: 1, unlabelled: 1, unpredicted: 1, unreadable: 2, scored: 2 };
    assert_eq!(counts, expect);
    assert_eq!(counts.coverage(), Some(0.5));
    let rows = [["1", "x", ""], ["x", "1", ""], ["1", "+1e3", ""], ["inf", "1", ""], ["", "2", ""]];
    let counts = of(ProblemType::Regression, &rows).counts();
    let expect = RowCounts { rows: 1, unlabelled: 1, unreadable: 3, ..RowCounts::default() };
    assert_eq!(counts, expect);
}

#[test]
fn labels_without_end_do_not_fill_memory() {
    let rows: Vec<[String; 3]> =
        (0..3000).map(|it| [it.to_string(), "0".into(), String::new()]).collect();
    let cells: Vec<Cells<'_>> = rows.iter().map(|it| it.each_ref().map(String::as_str)).collect();
    let counts = of(ProblemType::MulticlassClassification, &cells).counts();
    assert_eq!((counts.rows, counts.unreadable), (1000, 2000));
    let long = "x".repeat(300);
    assert_eq!(
        of(ProblemType::MulticlassClassification, &[[&long, "0", ""]]).counts().unreadable,
        1
    );
}

#[test]
fn curves_have_a_bounded_size() {
    let told = told(ProblemType::BinaryClassification, &binary_rows(20_000, 1e9, 5));
    let roc = told.roc.unwrap();
    let points = roc.true_positive_rates.len();
    assert!((100..=statistics::RocCurve::MOST).contains(&points), "{points}");
    assert!(roc.true_positive_rates.is_sorted() && roc.false_positive_rates.is_sorted());
    assert_eq!(
        (roc.true_positive_rates[points - 1], roc.false_positive_rates[points - 1]),
        (1.0, 1.0)
    );
    let curve = told.precision_recall.unwrap();
    let points = curve.recalls.len();
    assert!((100..=statistics::RocCurve::MOST).contains(&points), "{points}");
    assert!(curve.recalls.is_sorted() && curve.recalls[points - 1] == 1.0);
    let areas = roc.false_positive_rates.windows(2).zip(roc.true_positive_rates.windows(2));
    let area: f64 = areas.map(|(x, y)| (x[1] - x[0]) * f64::midpoint(y[0], y[1])).sum();
    let exact = told.metrics.iter().find(|it| it.metric == QualityMetric::Auc).unwrap().value;
    assert!((area - exact.unwrap()).abs() < 0.01);
}

/// A share of 80 % of n rows has the variance p (1 - p) / n * 0.2 / 0.8.
#[test]
fn deviations_are_those_of_subsamples() {
    let rows = |count: usize| -> Vec<[String; 3]> {
        (0..count)
            .map(|it| ["1".into(), u8::from(it % 4 == 0).to_string(), String::new()])
            .collect()
    };
    for count in [400usize, 4000, 60_000] {
        let rows = rows(count);
        let cells: Vec<Cells<'_>> =
            rows.iter().map(|it| it.each_ref().map(String::as_str)).collect();
        let expect = (0.25 * 0.75 / count as f64 * 0.25).sqrt();
        let squares = |seed| {
            let settings =
                QualitySettings { seed, ..QualitySettings::new(ProblemType::BinaryClassification) };
            let told = with(settings, &cells).statistics().unwrap();
            let recall = told.metrics.iter().find(|it| it.metric == QualityMetric::Recall);
            (recall.unwrap().standard_deviation.unwrap() / expect).powi(2)
        };
        // The mean of 40 variances of five draws is right within a fifth, nearly always.
        let mean = (0..40).map(squares).sum::<f64>() / 40.0;
        assert!((mean - 1.0).abs() < 0.35, "{count} rows: {mean}");
    }
    let few = told(ProblemType::BinaryClassification, &rows(199));
    assert!(few.metrics.iter().all(|it| it.standard_deviation.is_none()));
}

/// Of a mean of absolute errors that are normal, and of the rest by brute force.
#[test]
fn deviations_of_errors_agree_below_and_above_the_limit() {
    let rows = |count: usize| -> Vec<(f64, f64)> {
        let mut next = chance(9);
        (0..count)
            .map(|_| {
                let label = next() * 10.0;
                (label, label + next() + next() - 1.0)
            })
            .collect()
    };
    let deviation = |count: usize, metric: QualityMetric| {
        let squares = |seed| {
            let mut summary = QualitySummary::new(QualitySettings {
                seed,
                ..QualitySettings::new(ProblemType::Regression)
            });
            for (label, prediction) in rows(count) {
                let (label, prediction) = (label.to_string(), prediction.to_string());
                summary.see(Row {
                    label: Some(label.as_bytes()),
                    prediction: Some(prediction.as_bytes()),
                    probability: None,
                });
            }
            let told = summary.statistics().unwrap();
            told.metrics
                .iter()
                .find(|it| it.metric == metric)
                .unwrap()
                .standard_deviation
                .unwrap()
                .powi(2)
        };
        ((0..16).map(squares).sum::<f64>() / 16.0 * count as f64).sqrt()
    };
    for metric in [QualityMetric::Mae, QualityMetric::Mse, QualityMetric::Rmse, QualityMetric::R2] {
        let ratio = deviation(8190, metric) / deviation(8194, metric);
        assert!((0.7..1.43).contains(&ratio), "{}: {ratio}", metric.word());
    }
}

#[test]
fn constraints_are_broken_beyond_and_not_at() {
    let rows = [["1", "1", ""], ["0", "1", ""], ["0", "0", ""]];
    let told = of(ProblemType::BinaryClassification, &rows).statistics().unwrap();
    let mut constraints = suggest(&told);
    assert!(constraints.metrics.iter().all(|it| !it.metric.is_of_best_constant()));
    assert!(check(&constraints, &told).is_empty());
    for it in &mut constraints.metrics {
        it.threshold += if it.metric.is_error() { -0.01 } else { 0.01 };
    }
    let broken = check(&constraints, &told);
    assert_eq!(broken.len(), constraints.metrics.len());
    assert_eq!(broken[0].description, "Metric recall with 1 was LessThanThreshold 1.01");
    let nothing = of(ProblemType::BinaryClassification, &[["0", "0", ""]]).statistics().unwrap();
    let silent = constraints::not_evaluated(&constraints, &nothing);
    assert!(silent.contains(&QualityMetric::Recall) && !silent.contains(&QualityMetric::Accuracy));
}
