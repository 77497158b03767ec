//! Clarify's contract for bias: a configuration beside the data, `analysis.json` behind it.

use std::path::Path;
use std::sync::Arc;

use engine::bias::{judge, violations};
use engine::window::Window;
use formats::bias_metrics::write_bias_metrics;
use formats::moment::Moment;

use super::{Job, METRICS, Place};
use crate::Failure;
use crate::analyze::Scene;
use crate::bias::question::{Attributes, Question, fitted};
use crate::bias::{Answer, read_baseline, write_violations};
use crate::folder::{Folder, read};
use crate::input::{Dataset, tell_set_aside};
use crate::screen::Screen;

/// Where Clarify is told what to do.
pub(super) const CONFIG: &str = "/opt/ml/processing/input/config/analysis_config.json";
/// Where its data are, and where it writes, unless the environment says otherwise.
pub(super) const USUAL: [(&str, &str); 2] = [
    ("dataset_source", "/opt/ml/processing/input/data"),
    ("output_path", "/opt/ml/processing/output"),
];

/// Steps that the flip test may take in a job.
const FLIP_STEPS: u64 = 20_000_000_000;

impl Job {
    /// Runs bias: without a baseline it makes one.
    pub(super) fn bias(&self, place: &Place, screen: &mut Screen) -> Result<usize, Failure> {
        let settings = &self.settings;
        let path = place.of(CONFIG);
        let told = formats::bias_config::read(&read(&path)?);
        let told = told.map_err(|why| Failure::at(&path, why))?;
        let known = settings.baseline_constraints.as_deref().map(|it| place.of(it));
        let known = known.as_deref().map(read_baseline).transpose()?;
        let output = Folder::make(&place.of(&settings.output_path))?;
        let source = place.of(&settings.dataset_source);
        let mut data = Dataset::new(std::slice::from_ref(&source), self.options()?)?;
        data.between(
            settings.start_time.map(Moment::seconds),
            settings.end_time.map(Moment::seconds),
        );
        let attributes = Attributes {
            inference: settings.inference_attribute.clone(),
            probability: settings.probability_attribute.clone(),
            threshold: settings.probability_threshold_attribute,
            ground_truth: settings.ground_truth_attribute.clone(),
        };
        if let Some(model) = told.model.as_ref().filter(|_| told.config.predicted.is_none())
            && attributes.is_silent()
        {
            screen.note(format!(
                "predictor {model}: no model is asked here, so only labels are looked at; name a column of predictions with inference_attribute"
            ));
        }
        let mut config = fitted(told, &attributes, &mut data)?;
        if let Some(known) = &known {
            config.keep_natures(known);
        }
        let question = Question { config: Arc::new(config), flips: Some(FLIP_STEPS) };
        let answer = Answer::of(&question, &data, &output, screen)?;
        tell_set_aside(&answer.scanned, &output, screen);
        answer.write(&output)?;
        let judging = &question.config.judging;
        let broken = known.as_ref().map(|it| violations(Some(it), &answer.report, judging));
        let broken = broken.unwrap_or_default();
        if known.is_some() {
            write_violations(&broken, &output)?;
        }
        let scene = Scene {
            endpoint: settings.endpoint.as_deref().unwrap_or("dataset"),
            window: settings.window().unwrap_or(Window { start: 0, end: 0 }),
            reproduce: format!("vigil analyze bias --dataset {}", settings.dataset_source),
        };
        let judged = judge(known.as_ref(), &answer.report, judging);
        answer.page(&judged, &broken, &scene, &output)?;
        if settings.publish_cloudwatch_metrics {
            let folder = Folder::make(&place.of(METRICS))?;
            let source = self.metric_source();
            // Values that nobody named are captured ones, and stay in the user's bucket.
            let named = answer.report.of_named_values(&question.config);
            folder
                .write("cloudwatch_metrics.jsonl", |to| write_bias_metrics(&source, &named, to))?;
        }
        Ok(broken.len())
    }
}

/// Whether the job is one of Clarify's.
pub(super) fn is_clarify(place: &Place) -> bool {
    Path::exists(&place.of(CONFIG))
}
