//! The environment of a processing container (reference: formats H.2).

mod dataset_format;

pub use dataset_format::{CaptureIndex, DatasetFormat, OutputColumns};

use crate::{error::FormatError, loose, moment::Moment, words};
use engine::{constraints::CategoricalDriftMethod, window::Window};
use std::collections::HashMap;

const DOCUMENT: &str = "environment";
const FIX: &str = "set it in the Environment of the processing job";

/// What the platform or the caller asks of the container.
///
/// Paths are those of the container, not yet under `VIGIL_ROOT`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerSettings {
    pub dataset_source: String,
    pub output_path: String,
    /// `None` where nothing is said: then the content tells.
    pub dataset_format: Option<DatasetFormat>,
    pub start_time: Option<Moment>,
    pub end_time: Option<Moment>,
    /// The time of published metrics.
    pub metric_time: Option<Moment>,
    pub publish_cloudwatch_metrics: bool,
    pub endpoint: Option<String>,
    pub schedule: Option<String>,
    pub datacapture_prefix: Option<String>,
    /// Without it the job makes a baseline.
    pub baseline_constraints: Option<String>,
    pub baseline_statistics: Option<String>,
    pub record_preprocessor_script: Option<String>,
    pub post_analytics_processor_script: Option<String>,
    /// `MODEL_QUALITY`; absent for data quality.
    pub analysis_type: Option<String>,
    pub problem_type: Option<String>,
    pub inference_attribute: Option<String>,
    pub probability_attribute: Option<String>,
    pub probability_threshold_attribute: Option<f64>,
    pub ground_truth_attribute: Option<String>,
    pub positive_label: Option<String>,
    pub categorical_drift_method: CategoricalDriftMethod,
}

impl ContainerSettings {
    /// Reads the variables; names that are not known here are passed over.
    ///
    /// A variable of blanks counts as absent. Times are trimmed, switches may be
    /// booleans or `Enabled` and `Disabled`.
    pub fn from_pairs<N, T>(pairs: impl IntoIterator<Item = (N, T)>) -> Result<Self, FormatError>
    where
        N: Into<String>,
        T: Into<String>,
    {
        let pairs = pairs.into_iter().map(|(name, text)| (name.into(), text.into()));
        let mut variables = Variables(pairs.collect());
        let format = variables.text("dataset_format");
        Ok(Self {
            dataset_source: variables.required("dataset_source")?,
            output_path: variables.required("output_path")?,
            dataset_format: format.map(|it| DatasetFormat::read(&it)).transpose()?,
            start_time: variables.moment("start_time")?,
            end_time: variables.moment("end_time")?,
            metric_time: variables.moment("metric_time")?,
            publish_cloudwatch_metrics: variables.switch("publish_cloudwatch_metrics")?,
            endpoint: variables.text("sagemaker_endpoint_name"),
            schedule: variables.text("sagemaker_monitoring_schedule_name"),
            datacapture_prefix: variables.text("sagemaker_endpoint_datacapture_prefix"),
            baseline_constraints: variables.text("baseline_constraints"),
            baseline_statistics: variables.text("baseline_statistics"),
            record_preprocessor_script: variables.text("record_preprocessor_script"),
            post_analytics_processor_script: variables.text("post_analytics_processor_script"),
            analysis_type: variables.text("analysis_type"),
            problem_type: variables.text("problem_type"),
            inference_attribute: variables.text("inference_attribute"),
            probability_attribute: variables.text("probability_attribute"),
            probability_threshold_attribute: variables.number("probability_threshold_attribute")?,
            ground_truth_attribute: variables.text("ground_truth_attribute"),
            positive_label: variables.text("positive_label"),
            categorical_drift_method: variables.drift_method("categorical_drift_method")?,
        })
    }

    /// The window to look at: records of other times may lie beside it.
    pub fn window(&self) -> Option<Window> {
        let (start, end) = (self.start_time?.seconds(), self.end_time?.seconds());
        Some(Window { start, end })
    }
}

struct Variables(HashMap<String, String>);

impl Variables {
    fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|it| !it.trim().is_empty())
    }

    fn required(&mut self, name: &str) -> Result<String, FormatError> {
        self.text(name).ok_or_else(|| wrong(name, "is not set"))
    }

    fn moment(&mut self, name: &str) -> Result<Option<Moment>, FormatError> {
        self.parsed(name, Moment::of_text, "is not a time such as 2026-03-04T10:00:00Z")
    }

    fn number(&mut self, name: &str) -> Result<Option<f64>, FormatError> {
        let number = |text: &str| text.trim().parse().ok().filter(|it: &f64| it.is_finite());
        self.parsed(name, number, "is not a number")
    }

    fn switch(&mut self, name: &str) -> Result<bool, FormatError> {
        let switch = self.parsed(name, loose::boolean_of, "is not Enabled or Disabled")?;
        Ok(switch.unwrap_or(false))
    }

    fn drift_method(&mut self, name: &str) -> Result<CategoricalDriftMethod, FormatError> {
        let problem = "is not LInfinity or ChiSquared";
        Ok(self.parsed(name, words::drift_method::of_word, problem)?.unwrap_or_default())
    }

    fn parsed<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
        problem: &str,
    ) -> Result<Option<T>, FormatError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        parse(&text).map(Some).ok_or_else(|| wrong(name, problem))
    }
}

fn wrong(name: &str, problem: &str) -> FormatError {
    FormatError::at(DOCUMENT, FIX, name, problem)
}

#[cfg(test)]
mod tests;
