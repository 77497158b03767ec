use super::*;
use ::summary::Summary;

fn cells() -> Vec<(ProblemType, Vec<[String; 3]>)> {
    let labelled = |label: &str, row: &[String; 3]| [label.into(), row[1].clone(), row[2].clone()];
    let mut binary = binary_rows(40, 8.0, 11);
    binary[3] = labelled("", &binary[3]);
    binary[17] = labelled("maybe", &binary[17]);
    let multi = binary
        .iter()
        .enumerate()
        .map(|(at, row)| {
            [
                ["cat", "dog", "", "emu"][at % 4].into(),
                ["dog", "cat", "emu"][at % 3].into(),
                row[2].clone(),
            ]
        })
        .collect();
    let mut next = chance(5);
    let numbers = (0..40)
        .map(|at| {
            let label = if at % 9 == 0 { String::new() } else { format!("{}", 1e6 + next()) };
            [label, format!("{}", 1e6 + next()), String::new()]
        })
        .collect();
    vec![
        (ProblemType::BinaryClassification, binary),
        (ProblemType::MulticlassClassification, multi),
        (ProblemType::Regression, numbers),
    ]
}

fn summary_of(problem: ProblemType, rows: &[[String; 3]]) -> QualitySummary {
    let rows: Vec<Cells<'_>> = rows.iter().map(|it| it.each_ref().map(String::as_str)).collect();
    of(problem, &rows)
}

fn join(mut one: QualitySummary, other: &QualitySummary) -> QualitySummary {
    one.merge(other);
    one
}

#[track_caller]
fn same(one: &QualitySummary, other: &QualitySummary, what: &str) {
    let (a, b) = (one.statistics().unwrap(), other.statistics().unwrap());
    assert_eq!((a.counts, &a.confusion), (b.counts, &b.confusion), "{what}");
    for (a, b) in a.metrics.iter().zip(&b.metrics) {
        let close = match (a.value, b.value) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
            (a, b) => a == b,
        };
        assert!(close && a.metric == b.metric, "{what}: {a:?} {b:?}");
    }
    assert_eq!(a.roc, b.roc, "{what}");
    assert_eq!(a.precision_recall, b.precision_recall, "{what}");
}

#[test]
fn summaries_keep_the_laws_of_merging() {
    for (problem, rows) in cells() {
        let whole = summary_of(problem, &rows);
        for i in 0..=rows.len() {
            for j in i..=rows.len() {
                let piece =
                    |n: usize| summary_of(problem, [&rows[..i], &rows[i..j], &rows[j..]][n]);
                let left = join(join(piece(0), &piece(1)), &piece(2));
                let right = join(piece(0), &join(piece(1), &piece(2)));
                let swapped = join(join(piece(2), &piece(0)), &piece(1));
                same(&left, &whole, "cut");
                same(&left, &right, "associative");
                same(&left, &swapped, "commutative");
            }
        }
        same(&join(QualitySummary::default(), &whole), &whole, "left identity");
        same(&join(whole.clone(), &QualitySummary::default()), &whole, "right identity");
    }
}

#[test]
fn deviations_do_not_depend_on_shards() {
    let rows = binary_rows(3000, 1e9, 6);
    let whole = summary_of(ProblemType::BinaryClassification, &rows).statistics();
    let mut parts = QualitySummary::default();
    for part in rows.chunks(700).rev() {
        parts.merge(&summary_of(ProblemType::BinaryClassification, part));
    }
    assert_eq!(parts.statistics(), whole);
}

/// Above the limit scores are binned: the stated error holds, and shards do not matter.
#[test]
fn binned_scores_keep_the_stated_error() {
    let count = QualitySummary::EXACT as usize + 5000;
    let mut next = chance(3);
    let rows: Vec<(f64, bool)> = (0..count)
        .map(|_| {
            let score = next().powi(6);
            (score, next() < score)
        })
        .collect();
    let see = |rows: &[(f64, bool)]| {
        let mut summary =
            QualitySummary::new(QualitySettings::new(ProblemType::BinaryClassification));
        for (score, label) in rows {
            let (score, label) = (score.to_string(), if *label { b"1" } else { b"0" });
            summary.see(Row {
                label: Some(label),
                prediction: Some(b"0"),
                probability: Some(score.as_bytes()),
            });
        }
        summary
    };
    let whole = see(&rows);
    let told = whole.statistics().unwrap();
    let error = told.auc_error.unwrap();
    assert!(0.0 < error && error < 1e-3, "{error}");
    let exact = {
        let mut sorted: Vec<(f64, bool)> = rows.clone();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut below, mut pairs, mut positives) = (0.0, 0.0, 0.0);
        for (_, label) in sorted {
            if label {
                pairs += below;
                positives += 1.0;
            } else {
                below += 1.0;
            }
        }
        pairs / (below * positives)
    };
    let area = told.value(QualityMetric::Auc).unwrap();
    assert!((area - exact).abs() <= error + 1e-12, "{area} is not {exact} within {error}");
    let (one, other) = rows.split_at(count / 3);
    let parts = join(see(other), &see(one)).statistics().unwrap();
    assert!((parts.value(QualityMetric::Auc).unwrap() - area).abs() < 1e-12);
    assert_eq!(parts.auc_error, told.auc_error);
}
