use super::*;
use crate::quality::calibration::{Block, Calibrator};
use crate::quality::estimate::{Estimate, Estimator};
use crate::quality::track::{PROOF, TrackPoint, Trust, error, overlay};
use crate::window::Window;

fn see(problem: ProblemType, rows: &[(Option<String>, String, String)]) -> QualitySummary {
    let mut summary = QualitySummary::new(QualitySettings::new(problem));
    for (label, prediction, probability) in rows {
        let label = label.as_deref().map(str::as_bytes);
        summary.see(Row {
            label,
            prediction: Some(prediction.as_bytes()),
            probability: cell(probability),
        });
    }
    summary
}

/// Rows whose chance is `truth(score)`, whatever the score says.
fn rows(
    count: usize,
    seed: u64,
    truth: fn(f64) -> f64,
    tilt: i32,
) -> Vec<(Option<String>, String, String)> {
    let mut next = chance(seed);
    (0..count)
        .map(|_| {
            let score = next().powi(tilt);
            let label = u8::from(next() < truth(score));
            (Some(label.to_string()), u8::from(0.5 < score).to_string(), score.to_string())
        })
        .collect()
}

fn without_labels(
    rows: &[(Option<String>, String, String)],
) -> Vec<(Option<String>, String, String)> {
    rows.iter().map(|(_, a, b)| (None, a.clone(), b.clone())).collect()
}

/// The true chance is the square of what the model says.
fn overconfident(score: f64) -> f64 {
    score * score
}

#[test]
fn calibration_finds_what_scores_mean() {
    let summary = see(ProblemType::BinaryClassification, &rows(40_000, 1, overconfident, 1));
    let Some(Estimator::Binary(calibrator)) = Estimator::learn(&summary) else { panic!("learnt") };
    for at in 1..10 {
        let score = f64::from(at) / 10.0;
        let share = calibrator.share(score).unwrap();
        assert!((share - overconfident(score)).abs() < 0.04, "{score}: {share}");
    }
    let blocks = &calibrator.blocks;
    assert!(blocks.is_sorted_by(|a, b| a.high < b.low && a.share < b.share));
    assert_eq!(blocks.iter().map(|it| it.rows).sum::<u64>(), 40_000);
}

#[test]
fn shares_between_blocks_are_interpolated() {
    let block = |low, high, share| Block { low, high, share, rows: 10 };
    let blocks = vec![block(0.1, 0.2, 0.25), block(0.4, 0.4, 0.75)];
    let calibrator = Calibrator { blocks };
    for (score, expect) in
        [(0.0, 0.25), (0.15, 0.25), (0.2, 0.25), (0.3, 0.5), (0.4, 0.75), (9.0, 0.75)]
    {
        assert!((calibrator.share(score).unwrap() - expect).abs() < 1e-12, "{score}");
    }
    assert_eq!(Calibrator::default().share(0.5), None);
}

/// Inputs shift, the concept stays: estimates are what labels say later.
#[test]
fn estimates_come_true_where_only_inputs_shift() {
    let learnt = see(ProblemType::BinaryClassification, &rows(20_000, 1, overconfident, 1));
    let estimator = Estimator::learn(&learnt).unwrap();
    let mut missed = 0;
    for seed in 100..130 {
        let window = rows(2000, seed, overconfident, 3);
        let realised = see(ProblemType::BinaryClassification, &window).statistics().unwrap();
        let waiting = see(ProblemType::BinaryClassification, &without_labels(&window));
        assert_eq!(waiting.counts().unlabelled, 2000);
        let estimates = estimator.estimate(&waiting);
        assert_eq!(estimates.len(), 11);
        missed += overlay(Window { start: 0, end: 1 }, &estimates, Some(&realised))
            .iter()
            .filter(|it| it.estimate.zip(it.realised).is_some_and(|(e, r)| r < e.low || e.high < r))
            .count();
    }
    // 330 figures; of independent ones three would miss a 99 % interval.
    assert!(missed <= 15, "{missed} of 330 missed");
}

#[test]
fn expected_errors_of_numbers_come_true() {
    let of = |count: usize, seed: u64, tilt: i32| -> Vec<(Option<String>, String, String)> {
        let mut next = chance(seed);
        (0..count)
            .map(|_| {
                // Errors grow with the prediction.
                let prediction = 10.0 * next().powi(tilt);
                let label = prediction + (next() + next() - 1.0) * prediction;
                (Some(label.to_string()), prediction.to_string(), String::new())
            })
            .collect()
    };
    let estimator = Estimator::learn(&see(ProblemType::Regression, &of(30_000, 1, 1))).unwrap();
    let mut missed = 0;
    for seed in 50..70 {
        let window = of(3000, seed, 3);
        let realised = see(ProblemType::Regression, &window).statistics().unwrap();
        let estimates = estimator.estimate(&see(ProblemType::Regression, &without_labels(&window)));
        assert_eq!(estimates.len(), 3);
        for it in &estimates {
            let value = realised.value(it.metric).unwrap();
            missed += usize::from(value < it.low || it.high < value);
        }
    }
    assert!(missed <= 5, "{missed} of 60 missed");
}

#[test]
fn confidence_of_many_labels_tells_accuracy() {
    let rows = |count: usize, seed: u64, tilt: f64| -> Vec<(Option<String>, String, String)> {
        let mut next = chance(seed);
        (0..count)
            .map(|at| {
                let sure = 0.3 + 0.7 * next().powf(tilt);
                let said = ["ant", "bee", "cat"][at % 3];
                let label = if next() < sure * 0.9 { said } else { "dog" };
                (Some(label.to_owned()), said.to_owned(), sure.to_string())
            })
            .collect()
    };
    let estimator =
        Estimator::learn(&see(ProblemType::MulticlassClassification, &rows(20_000, 1, 1.0)))
            .unwrap();
    let window = rows(5000, 2, 3.0);
    let realised = see(ProblemType::MulticlassClassification, &window).statistics().unwrap();
    let estimates =
        estimator.estimate(&see(ProblemType::MulticlassClassification, &without_labels(&window)));
    let accuracy = realised.value(QualityMetric::Accuracy).unwrap();
    assert!(
        estimates[0].low <= accuracy && accuracy <= estimates[0].high,
        "{accuracy} {estimates:?}"
    );
}

#[test]
fn too_little_teaches_nothing() {
    let problem = ProblemType::BinaryClassification;
    assert_eq!(Estimator::learn(&see(problem, &rows(99, 1, overconfident, 1))), None);
    assert_eq!(Estimator::learn(&see(problem, &rows(500, 1, |_| 0.0, 1))), None);
    let unscored =
        rows(500, 1, overconfident, 1).into_iter().map(|(a, b, _)| (a, b, String::new()));
    assert_eq!(Estimator::learn(&see(problem, &unscored.collect::<Vec<_>>())), None);
    assert_eq!(Estimator::learn(&QualitySummary::default()), None);
    let estimator = Estimator::learn(&see(problem, &rows(500, 1, overconfident, 1))).unwrap();
    assert!(estimator.estimate(&see(problem, &[])).is_empty());
    assert!(estimator.estimate(&see(ProblemType::Regression, &[])).is_empty());
}

#[test]
fn estimates_that_prove_wrong_are_demoted() {
    let point = |value: f64, realised: Option<f64>| TrackPoint {
        window: Window { start: 0, end: 1 },
        metric: QualityMetric::Auc,
        estimate: Some(Estimate {
            metric: QualityMetric::Auc,
            value,
            low: value - 0.05,
            high: value + 0.05,
        }),
        realised,
    };
    let trust = |points: &[TrackPoint]| error(points, QualityMetric::Auc).map(|it| it.trust);
    let right = vec![point(0.8, Some(0.82)); PROOF];
    assert_eq!(trust(&right), Some(Trust::Trusted));
    assert_eq!(trust(&right[1..]), Some(Trust::Unproven));
    assert_eq!(trust(&[point(0.8, None)]), None);
    let wrong = [right, vec![point(0.8, Some(0.6)); 5]].concat();
    assert_eq!(trust(&wrong), Some(Trust::Demoted));
    let told = error(&wrong, QualityMetric::Auc).unwrap();
    assert!((told.bias - (3.0 * -0.02 + 5.0 * 0.2) / 8.0).abs() < 1e-12);
    assert!((told.mean_absolute - (3.0 * 0.02 + 5.0 * 0.2) / 8.0).abs() < 1e-12);
    assert_eq!((told.windows, told.covered), (8, 3.0 / 8.0));
}
