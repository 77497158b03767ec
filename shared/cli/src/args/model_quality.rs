use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Between, Input, Told};

#[derive(Debug, Clone, Args)]
pub struct BaselineModelQuality {
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub told: Told,
}

#[derive(Debug, Clone, Args)]
pub struct AnalyzeModelQuality {
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub model: Model,
    /// Folder with constraints.json and what else the baseline left
    #[arg(long, value_name = "DIR")]
    pub baseline: PathBuf,
    #[command(flatten)]
    pub between: Between,
    /// Endpoint named in the report
    #[arg(long, default_value = "dataset")]
    pub endpoint: String,
    #[command(flatten)]
    pub told: Told,
}

/// What a model predicts, and where it says so. Attributes are names, indices or JSONPaths.
#[derive(Debug, Clone, Args)]
pub struct Model {
    /// What the model predicts
    #[arg(long, value_enum, value_name = "TYPE")]
    pub problem_type: Problem,
    /// Where the predicted label or number is
    #[arg(
        long,
        value_name = "ATTRIBUTE",
        required_unless_present = "probability_threshold_attribute"
    )]
    pub inference_attribute: Option<String>,
    /// Where the probability is: of the positive label, or of a multiclass problem's prediction
    #[arg(long, value_name = "ATTRIBUTE")]
    pub probability_attribute: Option<String>,
    /// Probability above which the prediction is the positive label; 0 is one, too
    #[arg(long, value_name = "NUMBER", requires = "probability_attribute")]
    pub probability_threshold_attribute: Option<f64>,
    /// Where the label is; a merged capture holds it by itself
    #[arg(long, value_name = "ATTRIBUTE")]
    pub ground_truth_attribute: Option<String>,
    /// Which label is the positive one; the default is 1, yes, true, else the last in order
    #[arg(long, value_name = "LABEL")]
    pub positive_label: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Problem {
    #[value(name = "Regression")]
    Regression,
    #[value(name = "BinaryClassification")]
    BinaryClassification,
    #[value(name = "MulticlassClassification")]
    MulticlassClassification,
}
