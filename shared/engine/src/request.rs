//! What somebody outside asks of the suite: a baseline of given data.

use crate::monitor::MonitorType;

/// A request about a baseline, as the module that Vigil replaces words it.
#[derive(Debug, Clone, PartialEq)]
pub enum BaselineCall {
    Start(Box<BaselineRequest>),
    /// Asks what became of a job.
    Check {
        job: String,
    },
}

/// A baseline of given data for one type of monitor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BaselineRequest {
    pub kind: MonitorType,
    pub endpoint: String,
    /// S3 URI of an object or a prefix.
    pub training_data: String,
    /// S3 URI of a prefix that gets a copy of what is promoted.
    pub output: String,
    pub machine: JobMachine,
    pub params: AnalysisParams,
}

/// The machines of a job that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobMachine {
    pub instance_count: u32,
    /// Such as `ml.m5.xlarge`.
    pub instance_type: String,
    pub volume_gb: u32,
    pub max_runtime_seconds: u32,
}

/// What an analysis has to know of the data and the model; unset where nobody said it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnalysisParams {
    pub problem_type: Option<String>,
    pub inference_attribute: Option<String>,
    pub probability_attribute: Option<String>,
    pub ground_truth_attribute: Option<String>,
    pub label_header: Option<String>,
    pub headers: Vec<String>,
    pub dataset_type: Option<String>,
    pub label_values: Vec<String>,
    pub facet_name: Option<String>,
    pub facet_values: Vec<String>,
    /// Zero is a threshold, too.
    pub probability_threshold: Option<f64>,
    pub model_name: Option<String>,
    pub num_samples: Option<u64>,
    pub agg_method: Option<String>,
    pub save_local_shap_values: Option<bool>,
    /// Rows as JSON, or an S3 URI.
    pub shap_baseline: Option<String>,
}

/// What Clarify is told of the data and the model: its `analysis_config.json`
/// (formats F.1, G).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClarifyConfig {
    /// Media type, such as `text/csv`.
    pub dataset_type: String,
    pub headers: Vec<String>,
    pub label: Option<String>,
    pub label_values: Vec<String>,
    pub probability_threshold: Option<f64>,
    /// Column and watched values; of bias only.
    pub facet: Option<(String, Vec<String>)>,
    /// Of explainability only.
    pub shap: Option<ShapConfig>,
    pub predictor: Option<Predictor>,
    /// The methods that a baseline job runs; a schedule's config names none but SHAP.
    pub for_baseline: bool,
}

/// How SHAP values are made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShapConfig {
    /// Rows as JSON, or an S3 URI; unset lets Clarify cluster the data.
    pub baseline: Option<String>,
    pub num_samples: Option<u64>,
    pub agg_method: Option<String>,
    pub save_local_values: bool,
}

/// The model that Clarify asks, on an endpoint of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Predictor {
    /// Name of a model, not of an endpoint.
    pub model: String,
    pub instance_type: String,
    pub instance_count: u32,
    /// Media type of the requests and of the answers.
    pub content_type: String,
    pub accept_type: String,
}
