use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Between, Input, Told};

#[derive(Debug, Clone, Args)]
pub struct BaselineExplainability {
    #[command(flatten)]
    pub explain: Explain,
}

#[derive(Debug, Clone, Args)]
pub struct AnalyzeExplainability {
    #[command(flatten)]
    pub explain: Explain,
    /// analysis.json of the baseline, or its folder
    #[arg(long, value_name = "PATH")]
    pub baseline: PathBuf,
    #[command(flatten)]
    pub between: Between,
}

/// What is explained, and how.
#[derive(Debug, Clone, Args)]
pub struct Explain {
    #[command(flatten)]
    pub input: Input,
    /// Clarify's analysis_config.json: methods.shap, headers, label, predictor
    #[arg(long, value_name = "analysis_config.json")]
    pub config: Option<PathBuf>,
    /// The column that the model predicts, which is no feature
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// CSV of rows that stand for absent features, without a header; in place of the config's
    #[arg(long, value_name = "ROWS.csv")]
    pub shap_baseline: Option<PathBuf>,
    #[command(flatten)]
    pub model: Model,
    /// Rows that are explained; of more, so many are drawn
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub rows: u32,
    /// Endpoint named in the report
    #[arg(long, default_value = "dataset")]
    pub endpoint: String,
    #[command(flatten)]
    pub told: Told,
}

/// Who answers: a model that can be read, a command, or an endpoint on this machine.
#[derive(Debug, Clone, Args)]
pub struct Model {
    /// XGBoost's JSON or a linear model, explained without a call
    #[arg(long, value_name = "MODEL.json", required_unless_present_any = ["scorer", "endpoint_url"])]
    pub model: Option<PathBuf>,
    /// Shell command that reads a request of many rows and writes their scores
    #[arg(long, value_name = "COMMAND", conflicts_with = "model")]
    pub scorer: Option<String>,
    /// Where an endpoint on 127.0.0.1 is invoked, such as http://127.0.0.1:4597/endpoints/NAME/invocations
    #[arg(long, value_name = "URL", conflicts_with_all = ["model", "scorer"])]
    pub endpoint_url: Option<String>,
    /// How values of --model are found
    #[arg(long, value_enum, default_value_t = Method::Auto, requires = "model")]
    pub method: Method,
    /// Rows of one request
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    pub rows_per_request: u32,
    /// Requests that the endpoint works on at a time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub at_once: u16,
    /// Part of the endpoint's capacity that may be taken, up to 1
    #[arg(long, value_name = "PART", default_value_t = 1.0, value_parser = share)]
    pub share: f64,
    /// Requests a second, at most
    #[arg(long, value_name = "N", value_parser = rate)]
    pub requests_per_second: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Exact where the wanted scale is the one on which the model adds up, else KernelSHAP
    Auto,
    /// Exact, of log-odds where the model answers probabilities
    Exact,
    /// Exact, where absent features of trees follow the training rows instead of the baseline
    Covers,
    /// KernelSHAP, as of a model that cannot be read
    Kernel,
}

fn share(text: &str) -> Result<f64, String> {
    let given = text.parse().ok().filter(|it| 0.0 < *it && *it <= 1.0);
    given.ok_or_else(|| "a part above 0 and up to 1 is wanted".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    let given = text.parse().ok().filter(|it: &f64| 0.0 < *it && it.is_finite());
    given.ok_or_else(|| "a number above 0 is wanted".to_owned())
}
