//! What `vigil baseline bias` and `vigil analyze bias` understand.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Between, Input, Told, Verdict};

#[derive(Debug, Clone, Args)]
pub struct BaselineBias {
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub what: Bias,
    #[command(flatten)]
    pub told: Told,
}

#[derive(Debug, Clone, Args)]
pub struct AnalyzeBias {
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub what: Bias,
    /// Folder with the analysis.json of a baseline; without it only limits are checked
    #[arg(long, value_name = "DIR")]
    pub baseline: Option<PathBuf>,
    /// Whose verdict sets the exit code
    #[arg(long, value_enum, default_value_t = Verdict::Sagemaker)]
    pub verdict: Verdict,
    #[command(flatten)]
    pub between: Between,
    /// Endpoint named in the report
    #[arg(long, default_value = "dataset")]
    pub endpoint: String,
    #[command(flatten)]
    pub told: Told,
}

/// What is looked at. Attributes are names, indices or JSONPaths.
#[derive(Debug, Clone, Args)]
pub struct Bias {
    /// Clarify's analysis_config.json: label, facets, group variable, metrics
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Where the predicted label is
    #[arg(long, value_name = "ATTRIBUTE")]
    pub inference_attribute: Option<String>,
    /// Where the probability of a good outcome is, in place of a predicted label
    #[arg(long, value_name = "ATTRIBUTE", conflicts_with = "inference_attribute")]
    pub probability_attribute: Option<String>,
    /// Probability above which the prediction is a good one; the config's, else 0.5
    #[arg(long, value_name = "NUMBER", requires = "probability_attribute")]
    pub probability_threshold_attribute: Option<f64>,
    /// Where the observed label is, in place of the config's label; a merged capture holds it by itself
    #[arg(long, value_name = "ATTRIBUTE")]
    pub ground_truth_attribute: Option<String>,
    /// Absolute limits of a metric, such as DI=0.8:1.25 [repeatable]
    #[arg(long, value_name = "METRIC=LOW:HIGH")]
    pub limit: Vec<String>,
    /// Rows behind a figure below which it is not judged
    #[arg(long, value_name = "N")]
    pub least_rows: Option<u64>,
    /// Whether the flip test is made; auto makes it where its steps stay below the limit
    #[arg(long, value_enum, default_value_t = FlipTest::Auto)]
    pub flip_test: FlipTest,
    /// Steps that the flip test may take; what it needs is said before it runs
    #[arg(long, value_name = "N", default_value_t = 20_000_000_000)]
    pub flip_test_limit: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FlipTest {
    Auto,
    Off,
}
