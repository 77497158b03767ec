//! AWS's file and event shapes, and the suite's own records: the only home of serde renames.

pub mod answer;
pub mod baseline_request;
pub mod bias_analysis;
pub mod bias_config;
pub mod bias_metrics;
pub mod captured_request;
pub mod clarify_config;
pub mod constraints;
pub mod container;
pub mod emf;
mod error;
pub mod event;
pub mod ground_truth;
#[cfg(test)]
mod hostile;
mod loose;
pub mod message;
pub mod metrics;
pub mod model;
pub mod model_quality;
pub mod moment;
mod number;
pub mod publication;
pub mod scoring;
pub mod shap_analysis;
pub mod shap_config;
pub mod shap_metrics;
pub mod statistics;
pub mod violations;
mod words;

pub use error::FormatError;
