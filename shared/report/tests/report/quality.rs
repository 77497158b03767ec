use crate::{keep, sound};
use engine::finding::State;
use engine::quality::constraints::{QualityConstraints, check, suggest};
use engine::quality::estimate::{Estimate, Estimator};
use engine::quality::statistics::QualityStatistics;
use engine::quality::track::{TrackPoint, overlay};
use engine::quality::{ProblemType, QualitySettings, QualitySummary, Row};
use engine::violation::Violation;
use engine::window::Window;
use report::{Action, LabelStream, Provenance, QualityInput, render_quality};

const HOUR: i64 = 3600;
const START: i64 = 1_772_618_400;

/// Rows of a churn model; `decay` turns what it learnt towards chance.
fn churn(rows: u32, seed: u64, decay: f64, label: bool) -> QualitySummary {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as f64 / f64::from(1u32 << 31)
    };
    let mut summary = QualitySummary::new(QualitySettings::new(ProblemType::BinaryClassification));
    for _ in 0..rows {
        let score = next().powi(2);
        let truth = score * (1.0 - decay) + 0.3 * decay;
        let (is_true, score) = (next() < truth, format!("{score:.6}"));
        let said: &[u8] = if score.as_str() > "0.5" { b"1" } else { b"0" };
        let label = label.then_some::<&[u8]>(if is_true { b"1" } else { b"0" });
        summary.see(Row { label, prediction: Some(said), probability: Some(score.as_bytes()) });
    }
    summary
}

struct Scene {
    baseline: QualityStatistics,
    constraints: QualityConstraints,
    now: QualityStatistics,
    estimates: Vec<Estimate>,
    track: Vec<TrackPoint>,
    violations: Vec<Violation>,
    delays: Vec<(i64, f64)>,
}

fn scene() -> Scene {
    let learnt = churn(8000, 1, 0.0, true);
    let estimator = Estimator::learn(&learnt).expect("learnt");
    let baseline = learnt.statistics().expect("rows");
    let mut constraints = suggest(&baseline);
    for it in &mut constraints.metrics {
        it.threshold += if it.metric.is_error() { 0.04 } else { -0.04 };
    }
    let mut track = Vec::new();
    for hour in 0..30 {
        let decay = (f64::from(hour) - 15.0).clamp(0.0, 6.0) / 8.0;
        let window = churn(600, 100 + hour as u64, decay, true);
        let start = START + i64::from(hour) * HOUR;
        let told = window.statistics().filter(|_| hour < 27);
        let at = Window { start, end: start + HOUR };
        track.extend(overlay(at, &estimator.estimate(&window), told.as_ref()));
    }
    let window = churn(1200, 7, 0.6, true);
    let (now, estimates) = (window.statistics().expect("rows"), estimator.estimate(&window));
    let violations = check(&constraints, &now);
    let delays = (0..=12).map(|it| (i64::from(it) * HOUR, 1.0 - 0.7f64.powi(it))).collect();
    Scene { baseline, constraints, now, estimates, track, violations, delays }
}

impl Scene {
    fn render<'a>(&'a self, name: &str, change: impl FnOnce(&mut QualityInput<'a>)) -> String {
        let mut input = QualityInput {
            endpoint: "churn-prod",
            variant: "AllTraffic",
            window: Window { start: START + 26 * HOUR, end: START + 27 * HOUR },
            state: State::Drift,
            statistics: Some(&self.now),
            baseline: Some(&self.baseline),
            constraints: Some(&self.constraints),
            violations: &self.violations,
            estimates: &self.estimates,
            track: &self.track,
            labels: Some(LabelStream {
                predictions: 2000,
                labelled: 1200,
                duplicates: 12,
                conflicts: 3,
                orphans: 5,
                delays: &self.delays,
            }),
            actions: &[Action { text: "Train it anew:", command: Some("vigil …") }],
            provenance: Provenance { engine: "vigil, native", ..Provenance::default() },
        };
        change(&mut input);
        keep(name, render_quality(&input))
    }
}

#[test]
fn every_section_is_there_and_sound() {
    let page = scene().render("quality.html", |_| {});
    sound(&page);
    for words in [
        "Figures against constraints",
        "Confusion matrix",
        "ROC curve",
        "Precision and recall",
        "Reliability",
        "Estimated before labels, and what came true",
        "proved wrong of late",
        "Coverage",
        "<li>without a prediction, in the last day<span>5</span></li>",
        "Half of the labels are there within 2 h",
        "labels 60 %",
        "break their constraints",
        "Train it anew",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.len() < 120_000, "{} bytes", page.len());
}

#[test]
fn what_is_not_known_leaves_its_section_out() {
    let scene = scene();
    let page = scene.render("quality-awaited.html", |input| {
        (input.statistics, input.baseline, input.violations) = (None, None, &[]);
        (input.state, input.track, input.labels) = (State::TooLittleData, &[], None);
    });
    sound(&page);
    assert!(page.contains("Labels are awaited") || page.contains("labels are awaited"));
    for words in ["ROC curve", "Confusion matrix", "Coverage", "what came true"] {
        assert!(!page.contains(words), "{words}");
    }
    let bare = scene.render("quality-bare.html", |input| {
        (input.statistics, input.constraints, input.estimates) = (None, None, &[]);
        (input.violations, input.track, input.labels, input.actions) = (&[], &[], None, &[]);
    });
    sound(&bare);
    assert!(bare.contains("Labels are awaited.") && !bare.contains("Figures against"));
}

#[test]
fn same_window_has_the_same_bytes() {
    assert_eq!(scene().render("a.html", |_| {}), scene().render("a.html", |_| {}));
}

#[test]
fn hostile_labels_are_text() {
    let mut summary =
        QualitySummary::new(QualitySettings::new(ProblemType::MulticlassClassification));
    let odd = ["<script>alert(1)</script>", "\"><b>", "\u{202e}x\u{202c}", "\0\u{1b}[31m", "a&b"];
    for (at, label) in odd.iter().cycle().take(60).enumerate() {
        let said = odd[at % 3];
        let (label, said) = (Some(label.as_bytes()), Some(said.as_bytes()));
        summary.see(Row { label, prediction: said, probability: Some(b"0.7") });
    }
    let told = summary.statistics().expect("rows");
    let scene = scene();
    let page = scene.render("quality-hostile.html", |input| {
        (input.statistics, input.baseline, input.constraints) = (Some(&told), None, None);
        (input.endpoint, input.variant) = (odd[0], odd[3]);
        (input.violations, input.estimates, input.track) = (&[], &[], &[]);
    });
    sound(&page);
    assert!(!page.contains("\u{202e}") && !page.contains("<script>"));
}

/// Numbers without labels to speak of: a regression has neither matrix nor curves.
#[test]
fn regressions_show_their_errors() {
    let mut summary = QualitySummary::new(QualitySettings::new(ProblemType::Regression));
    for at in 0..500u32 {
        let (label, said) = (at.to_string(), (at + at % 7).to_string());
        summary.see(Row {
            label: Some(label.as_bytes()),
            prediction: Some(said.as_bytes()),
            probability: None,
        });
    }
    let (told, estimator) =
        (summary.statistics().expect("rows"), Estimator::learn(&summary).expect("learnt"));
    let estimates = estimator.estimate(&summary);
    let constraints = suggest(&told);
    let scene = scene();
    let page = scene.render("quality-regression.html", |input| {
        (input.statistics, input.baseline) = (Some(&told), Some(&told));
        (input.constraints, input.estimates) = (Some(&constraints), &estimates);
        (input.violations, input.track, input.state) = (&[], &[], State::Ok);
    });
    sound(&page);
    assert!(page.contains("RMSE") && page.contains("Every figure keeps its constraint."));
    assert!(!page.contains("Confusion"));
}
