//! Model quality on the screen.

use engine::quality::constraints::{Comparison, QualityConstraints};
use engine::quality::estimate::Estimate;
use engine::quality::statistics::{ConfusionMatrix, QualityStatistics};

use super::{Analysis, Known, Learnt};
use crate::baseline::short;
use crate::folder::Folder;
use crate::screen::{Screen, bad, good, grouped, printable};

/// Labels of a confusion matrix that are shown.
const SHOWN: usize = 12;

pub(super) fn figures(
    statistics: &QualityStatistics,
    constraints: Option<&QualityConstraints>,
    screen: &mut Screen,
) {
    let rows: Vec<Vec<String>> = statistics
        .metrics
        .iter()
        .map(|it| {
            let held =
                constraints.and_then(|all| all.metrics.iter().find(|c| c.metric == it.metric));
            let limit = held.map_or_else(String::new, |it| match it.operator {
                Comparison::LessThanThreshold => format!("≥ {}", short(it.threshold)),
                Comparison::GreaterThanThreshold => format!("≤ {}", short(it.threshold)),
            });
            let value = it.value.map_or_else(|| "–".to_owned(), short);
            let broken = held.zip(it.value).is_some_and(|(held, value)| held.is_broken_by(value));
            vec![
                it.metric.word().to_owned(),
                if broken { bad(&value) } else { value },
                it.standard_deviation.map_or_else(String::new, short),
                limit,
            ]
        })
        .collect();
    screen.table(&["metric", "value", "sd", "constraint"], &[1, 2, 3], &rows);
    if let Some(matrix) = &statistics.confusion {
        confusion(matrix, screen);
    }
    if let Some(it) = &statistics.reliability {
        let error = short(it.expected_calibration_error);
        screen.line(format!("\nexpected calibration error {error}"));
    }
}

fn confusion(matrix: &ConfusionMatrix, screen: &mut Screen) {
    let labels: Vec<String> =
        matrix.labels.iter().take(SHOWN).map(|it| printable(it, 20)).collect();
    let mut head = vec!["actual \\ predicted"];
    head.extend(labels.iter().map(String::as_str));
    let rows: Vec<Vec<String>> = labels
        .iter()
        .zip(&matrix.rows)
        .map(|(label, row)| {
            let counts = row.iter().take(SHOWN).map(|it| grouped(*it));
            std::iter::once(label.clone()).chain(counts).collect()
        })
        .collect();
    screen.line("");
    screen.table(&head, &(1..=labels.len()).collect::<Vec<_>>(), &rows);
    if SHOWN < matrix.labels.len() {
        screen.line(format!("… and {} labels more", matrix.labels.len() - SHOWN));
    }
}

pub(super) fn learnt(learnt: &Learnt, output: &Folder, screen: &mut Screen) {
    let counts = learnt.statistics.counts;
    let estimates = if learnt.estimator.is_some() {
        ""
    } else {
        "; no estimates without labels: that needs probabilities and 100 rows"
    };
    screen.line(format!(
        "\n{} labelled rows of {}{estimates} → {}",
        grouped(counts.rows),
        learnt.statistics.problem.word(),
        output.path("{statistics,constraints}.json").display()
    ));
}

pub(super) fn analysis(analysis: &Analysis, known: &Known, output: &Folder, screen: &mut Screen) {
    let constraints = &known.constraints.constraints;
    let word = match (analysis.is_found(), analysis.has_labels()) {
        (true, true) => bad("violations"),
        (true, false) => bad("violations to expect"),
        (false, true) => good("ok"),
        (false, false) => "labels awaited".to_owned(),
    };
    screen.line(format!("{word}  {}", headline(analysis)));
    if analysis.has_labels() {
        screen.line("");
        figures(&analysis.statistics, Some(constraints), screen);
    }
    if !analysis.estimates.is_empty() {
        screen.line("");
        estimates(analysis, screen);
    }
    let counts = analysis.statistics.counts;
    screen.line(format!(
        "\n{} labelled predictions, {} await their label → {}",
        grouped(counts.rows),
        grouped(counts.unlabelled),
        output.path("report.html").display()
    ));
}

fn headline(analysis: &Analysis) -> String {
    let broken = analysis.violations.len();
    match (analysis.has_labels(), broken) {
        (true, 0) => "every figure keeps its constraint".to_owned(),
        (true, 1) => analysis.violations[0].description.clone(),
        (true, _) => format!("{broken} figures break their constraints"),
        (false, _) if analysis.expected.is_empty() => {
            "no labels yet; estimates keep the constraints".to_owned()
        }
        (false, _) => {
            format!("no labels yet; {} estimates break their constraints", analysis.expected.len())
        }
    }
}

fn estimates(analysis: &Analysis, screen: &mut Screen) {
    let row = |it: &Estimate| {
        let realised = analysis.statistics.value(it.metric);
        vec![
            it.metric.word().to_owned(),
            short(it.value),
            format!("{} – {}", short(it.low), short(it.high)),
            realised.map_or_else(String::new, short),
        ]
    };
    let rows: Vec<Vec<String>> = analysis.estimates.iter().map(row).collect();
    screen.table(&["estimated before labels", "value", "99 %", "realised"], &[1, 3], &rows);
}
