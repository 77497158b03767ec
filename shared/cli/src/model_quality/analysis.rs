use engine::finding::State;
use engine::quality::calibration::Reliability;
use engine::quality::constraints::{MetricConstraint, check, check_estimates, not_evaluated};
use engine::quality::estimate::Estimate;
use engine::quality::statistics::QualityStatistics;
use engine::quality::track::overlay;
use engine::quality::{QualityMetric, QualityScan};
use engine::scan::Scanned;
use engine::violation::Violation;
use formats::model_quality::write_statistics;
use formats::moment::Moment;
use formats::violations;
use report::{Action, LabelStream, Provenance, QualityInput, render_quality};
use serde_json::{Map, Value, json};

use super::Known;
use crate::Failure;
use crate::analyze::Scene;
use crate::folder::Folder;

/// What was found in one window.
#[derive(Debug)]
pub(crate) struct Analysis {
    /// Of the labelled rows.
    pub statistics: QualityStatistics,
    /// AWS's verdict.
    pub violations: Vec<Violation>,
    /// Figures that have a constraint and no value.
    pub not_evaluated: Vec<QualityMetric>,
    /// Of all rows, labelled or not.
    pub estimates: Vec<Estimate>,
    /// Constraints that estimates break for sure.
    pub expected: Vec<(MetricConstraint, Estimate)>,
}

impl Analysis {
    pub(crate) fn of(known: &Known, scanned: &Scanned<QualityScan>) -> Result<Self, Failure> {
        let constraints = &known.constraints.constraints;
        let summary = scanned.summary.summary();
        let statistics =
            summary.statistics().ok_or_else(|| Failure::new("no rows: the input is empty"))?;
        if statistics.problem != constraints.problem {
            return Err(Failure::new(format!(
                "the baseline is one of {}, not of {}: name its --problem-type, or build another",
                constraints.problem.word(),
                statistics.problem.word()
            )));
        }
        let estimates = known.estimator.as_ref().map(|it| it.estimate(summary)).unwrap_or_default();
        if statistics.counts.rows == 0 && estimates.is_empty() {
            return Err(Failure::new(
                "no row has a label, and the baseline has nothing to estimate with: name the label's column with --ground-truth-attribute, or wait for labels",
            ));
        }
        Ok(Self {
            violations: check(constraints, &statistics),
            not_evaluated: not_evaluated(constraints, &statistics),
            expected: check_estimates(constraints, &estimates),
            estimates,
            statistics,
        })
    }

    pub(crate) fn has_labels(&self) -> bool {
        0 < self.statistics.counts.rows
    }

    /// Whether constraints are broken: by labels, or without any, by estimates.
    pub(crate) fn is_found(&self) -> bool {
        if self.has_labels() { !self.violations.is_empty() } else { !self.expected.is_empty() }
    }

    /// Writes AWS's three files; without labels there is nothing for them to say.
    pub(crate) fn write(
        &self,
        known: &Known,
        at: Option<Moment>,
        output: &Folder,
    ) -> Result<(), Failure> {
        output.write("constraints.json", |to| known.constraints.write(to))?;
        if !self.has_labels() {
            output.remove("statistics.json")?;
            return output.remove("constraint_violations.json");
        }
        output.write("statistics.json", |to| write_statistics(&self.statistics, at, to))?;
        output.write("constraint_violations.json", |to| violations::write(&self.violations, to))
    }

    /// Draws what was found; earlier windows are not known here.
    pub(crate) fn report(&self, known: &Known, scene: &Scene<'_>) -> String {
        let accept = Action {
            text: "If this is the new normal, learn a baseline from it:",
            command: Some("vigil baseline model-quality --dataset … --output …"),
        };
        let counts = self.statistics.counts;
        let stream = LabelStream {
            predictions: counts.rows + counts.unlabelled,
            labelled: counts.rows,
            ..LabelStream::default()
        };
        let state = match (self.is_found(), self.has_labels()) {
            (true, true) => State::Drift,
            (true, false) => State::Watch,
            (false, true) => State::Ok,
            (false, false) => State::TooLittleData,
        };
        let track =
            overlay(scene.window, &self.estimates, self.has_labels().then_some(&self.statistics));
        render_quality(&QualityInput {
            endpoint: scene.endpoint,
            variant: "AllTraffic",
            window: scene.window,
            state,
            statistics: self.has_labels().then_some(&self.statistics),
            baseline: known.statistics.as_ref(),
            constraints: Some(&known.constraints.constraints),
            violations: &self.violations,
            estimates: &self.estimates,
            track: &track,
            labels: (0 < counts.unlabelled).then_some(stream),
            actions: if self.violations.is_empty() { &[] } else { std::slice::from_ref(&accept) },
            provenance: Provenance {
                engine: concat!("vigil ", env!("CARGO_PKG_VERSION"), ", native"),
                input_hash: None,
                reproduce: Some(&scene.reproduce),
            },
        })
    }

    pub(crate) fn json(
        &self,
        known: &Known,
        scanned: &Scanned<QualityScan>,
        output: &Folder,
    ) -> Value {
        let counts = self.statistics.counts;
        let constraints = &known.constraints.constraints.metrics;
        let held: Map<String, Value> = constraints
            .iter()
            .map(|it| {
                let limit = json!({"threshold": it.threshold, "operator": it.operator.word()});
                (it.metric.word().to_owned(), limit)
            })
            .collect();
        let broken = |it: &Violation| json!({"metric": it.feature, "check": it.check.word(), "observed": it.observed, "threshold": it.threshold});
        let state = match (self.is_found(), self.has_labels()) {
            (true, true) => "violations",
            (true, false) => "expected_violations",
            (false, true) => "ok",
            (false, false) => "labels_awaited",
        };
        json!({
            "state": state,
            "problem_type": self.statistics.problem.word(),
            "rows": counts.rows,
            "unlabelled": counts.unlabelled,
            "unpredicted": counts.unpredicted,
            "unreadable": counts.unreadable,
            "coverage": counts.coverage(),
            "set_aside": scanned.tally.set_aside,
            "metrics": if self.has_labels() { metrics_json(&self.statistics) } else { json!({}) },
            "auc_error": self.statistics.auc_error,
            "calibration": self.statistics.reliability.as_ref().map(reliability_json),
            "constraints": held,
            "violations": self.violations.iter().map(broken).collect::<Vec<_>>(),
            "not_evaluated": self.not_evaluated.iter().map(|it| it.word()).collect::<Vec<_>>(),
            "estimates": self.estimates.iter().map(estimate_json).collect::<Map<_, _>>(),
            "expected_violations": self.expected.iter().map(|it| it.0.metric.word()).collect::<Vec<_>>(),
            "report": output.path("report.html").display().to_string(),
        })
    }
}

fn estimate_json(it: &Estimate) -> (String, Value) {
    (it.metric.word().to_owned(), json!({"value": it.value, "ci": [it.low, it.high]}))
}

pub(super) fn metrics_json(statistics: &QualityStatistics) -> Value {
    let figure = |it: &engine::quality::statistics::MetricValue| {
        let told = json!({"value": it.value, "standard_deviation": it.standard_deviation});
        (it.metric.word().to_owned(), told)
    };
    Value::Object(statistics.metrics.iter().map(figure).collect())
}

pub(super) fn reliability_json(it: &Reliability) -> Value {
    let band = |it: &engine::quality::calibration::Band| json!({"low": it.low, "high": it.high, "rows": it.rows, "said": it.said, "came_true": it.came_true});
    json!({
        "expected_calibration_error": it.expected_calibration_error,
        "bands": it.bands.iter().map(band).collect::<Vec<_>>(),
    })
}
