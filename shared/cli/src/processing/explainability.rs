//! Clarify's contract for explainability: a configuration beside the data, `analysis.json` behind it.
//!
//! Clarify would start an endpoint of its own and ask it; here the model is read from an input of the job.

use std::fs;
use std::path::{Path, PathBuf};

use dataset::Sides;
use engine::attribution::{LabelDrift, Method};
use engine::window::Window;
use formats::moment::Moment;
use formats::{model, shap_config, shap_metrics};

use super::bias::CONFIG;
use super::{Job, METRICS, Place};
use crate::Failure;
use crate::explainability::{Run, compare, read_baseline, told};
use crate::folder::{Folder, read};
use crate::input::Dataset;
use crate::screen::Screen;

/// Where the job's model lies, saved as JSON.
const MODEL: &str = "/opt/ml/processing/input/model";
/// Rows that are explained; of more so many are drawn.
const ROWS: usize = 2000;

impl Job {
    /// Runs explainability: without a baseline it makes one.
    pub(super) fn explainability(
        &self,
        place: &Place,
        screen: &mut Screen,
    ) -> Result<usize, Failure> {
        let settings = &self.settings;
        let path = place.of(CONFIG);
        let config = shap_config::read(&read(&path)?).map_err(|why| Failure::at(&path, why))?;
        let path = model_in(&place.of(MODEL))?;
        let model = model::read(&read(&path)?).map_err(|why| Failure::at(&path, why))?;
        let output = Folder::make(&place.of(&settings.output_path))?;
        let source = place.of(&settings.dataset_source);
        let mut options = self.options()?;
        options.reading.capture.sides = Sides::InputOnly;
        options.threads = 1;
        let mut data = Dataset::new(std::slice::from_ref(&source), options)?;
        data.between(
            settings.start_time.map(Moment::seconds),
            settings.end_time.map(Moment::seconds),
        );
        let drawn = (ROWS, u64::from(config.shap.seed));
        let explain = |prepared: &engine::attribution::Prepared, _: &mut Screen| {
            let made = prepared.explain_readable(&model, Method::Auto);
            let (explained, exact) = made.map_err(|why| Failure::at(&path, why))?;
            Ok((explained, exact, crate::explainability::Asked::default()))
        };
        let run = Run::made(config, &data, drawn, explain, &output, screen)?;
        run.write(&output)?;
        let known = settings.baseline_constraints.as_deref().map(|it| place.of(it));
        let drifts = match known {
            Some(path) => compare(&read_baseline(&path)?, &run, &output)?,
            None => Vec::new(),
        };
        let window = settings.window().unwrap_or(Window { start: 0, end: 0 });
        let endpoint = settings.endpoint.as_deref().unwrap_or("dataset");
        let reproduce =
            format!("vigil analyze explainability --dataset {}", settings.dataset_source);
        let compared = told::Compared { drifts: &drifts, window };
        told::report(endpoint, &reproduce, &run, &compared, &output)?;
        if settings.publish_cloudwatch_metrics {
            let folder = Folder::make(&place.of(METRICS))?;
            let source = self.metric_source();
            folder.write("cloudwatch_metrics.jsonl", |to| {
                shap_metrics::write_shap_metrics(&source, &run.global, to)
            })?;
        }
        Ok(drifts.iter().filter(|it| LabelDrift::is_violation(it)).count())
    }
}

/// Whether the job's configuration asks for SHAP and for no facet.
pub(super) fn is_asked(place: &Place) -> Result<bool, Failure> {
    let path = place.of(CONFIG);
    let told: serde_json::Value = serde_json::from_slice(&read(&path)?)
        .map_err(|why| Failure::at(&path, format!("is not JSON: {why}")))?;
    let has_shap = told.pointer("/methods/shap").is_some_and(|it| !it.is_null());
    Ok(has_shap && told.get("facet").is_none_or(serde_json::Value::is_null))
}

/// Finds the model among the job's inputs.
fn model_in(folder: &Path) -> Result<PathBuf, Failure> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .map(|all| all.filter_map(|it| Some(it.ok()?.path())).collect())
        .unwrap_or_default();
    found.retain(|it| it.extension().is_some_and(|it| it == "json"));
    found.sort();
    found.into_iter().next().ok_or_else(|| {
        Failure::at(
            folder,
            "no model saved as JSON is here: add it as an input of the job, since no endpoint is started to be asked",
        )
    })
}
