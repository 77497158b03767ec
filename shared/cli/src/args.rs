//! What the command line understands.

pub mod bias;
pub mod explainability;
mod merge;
mod model_quality;

pub use model_quality::{AnalyzeModelQuality, BaselineModelQuality, Model, Problem};

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use engine::window::Window;

pub use merge::Merge;

/// Hands-off monitoring for SageMaker endpoints.
#[derive(Debug, Parser)]
#[command(name = "vigil", version, max_term_width = 100, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the whole loop on a virtual clock, with injected faults and known answers
    Demo(Demo),
    /// Serves the stand-in for AWS on 127.0.0.1, with the suite running in it
    Up(Up),
    /// Learns a baseline: statistics.json and constraints.json
    Baseline {
        #[command(subcommand)]
        monitor: BaselineMonitor,
    },
    /// Compares data with a baseline: violations, verdict and report
    Analyze {
        #[command(subcommand)]
        monitor: AnalyzeMonitor,
    },
    /// Joins labels to captured inferences: merged JSON Lines by hour, and how well they met
    Merge(Merge),
    /// Sends an endpoint's sample requests now, and says what came back
    Probe(Probe),
    /// Tells whether an EventBridge pattern matches an event
    Match(Match),
    /// Checks, describes and imports settings
    Settings {
        #[command(subcommand)]
        action: Settings,
    },
    /// Runs as a SageMaker processing container, by its environment variables
    Processing,
}

#[derive(Debug, Subcommand)]
pub enum BaselineMonitor {
    /// Columns, types, missing cells, values and distributions
    DataQuality(BaselineDataQuality),
    /// How much each feature moves the model's answers
    Explainability(explainability::BaselineExplainability),
    /// Predictions against labels: metrics, curves, calibration
    ModelQuality(BaselineModelQuality),
    /// Whether labels and predictions differ between groups: Clarify's bias metrics
    Bias(bias::BaselineBias),
}

#[derive(Debug, Subcommand)]
pub enum AnalyzeMonitor {
    /// Columns, types, missing cells, values and distributions
    DataQuality(AnalyzeDataQuality),
    /// Whether other features move the model's answers than did
    Explainability(explainability::AnalyzeExplainability),
    /// Predictions against labels, or estimates while labels are awaited
    ModelQuality(AnalyzeModelQuality),
    /// Whether labels and predictions differ between groups more than in the baseline
    Bias(bias::AnalyzeBias),
}

/// What is read, and how.
#[derive(Debug, Clone, Args)]
pub struct Input {
    /// File or folder: CSV, JSON Lines, capture JSON Lines or Parquet, also gzipped [repeatable]
    #[arg(long, required = true, value_name = "PATH", num_args = 1..)]
    pub dataset: Vec<PathBuf>,
    /// Says what the files hold instead of telling it from their content
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Says whether a CSV has a header line instead of guessing
    #[arg(long, value_name = "BOOL")]
    pub header: Option<bool>,
    /// Where a captured row has its output columns
    #[arg(long, value_enum, default_value_t = OutputColumns::Start)]
    pub output_columns_position: OutputColumns,
    /// Worker threads; the default is one a core, at most 8
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub threads: Option<u16>,
}

/// Which captured records count.
#[derive(Debug, Clone, Args)]
pub struct Between {
    /// Captured records before this time are left out (UTC, e.g. 2026-03-04T10:00:00Z)
    #[arg(long, value_name = "TIME")]
    pub start_time: Option<jiff::Timestamp>,
    /// Captured records from this time on are left out
    #[arg(long, value_name = "TIME")]
    pub end_time: Option<jiff::Timestamp>,
}

impl Between {
    /// Returns the two ends in seconds since 1970.
    pub fn seconds(&self) -> (Option<i64>, Option<i64>) {
        let second = |it: Option<jiff::Timestamp>| it.map(jiff::Timestamp::as_second);
        (second(self.start_time), second(self.end_time))
    }

    /// Returns the window to name in a report; an open end is zero.
    pub fn window(&self) -> Window {
        let (start, end) = self.seconds();
        Window { start: start.unwrap_or(0), end: end.unwrap_or(0) }
    }
}

/// Where the outcome goes.
#[derive(Debug, Clone, Args)]
pub struct Told {
    /// Folder for the files; made where it is missing
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
    /// Prints one JSON object instead of a table
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Csv,
    JsonLines,
    Capture,
    Parquet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputColumns {
    Start,
    End,
    /// Output columns are left out
    None,
}

#[derive(Debug, Clone, Args)]
pub struct BaselineDataQuality {
    #[command(flatten)]
    pub input: Input,
    /// How later drift of categories is measured
    #[arg(long, value_enum, default_value_t = CategoricalDrift::LInfinity)]
    pub categorical_drift_method: CategoricalDrift,
    #[command(flatten)]
    pub told: Told,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CategoricalDrift {
    #[value(name = "LInfinity")]
    LInfinity,
    #[value(name = "ChiSquared")]
    ChiSquared,
}

#[derive(Debug, Clone, Args)]
pub struct AnalyzeDataQuality {
    #[command(flatten)]
    pub input: Input,
    /// Folder with statistics.json and constraints.json
    #[arg(long, value_name = "DIR")]
    pub baseline: PathBuf,
    /// Whose verdict sets the exit code
    #[arg(long, value_enum, default_value_t = Verdict::Sagemaker)]
    pub verdict: Verdict,
    /// Ranks of drift distances; distinct-values repeats what AWS's analyzer does
    #[arg(long, value_enum, default_value_t = Ranks::Multiset)]
    pub drift_ranks: Ranks,
    #[command(flatten)]
    pub between: Between,
    /// Endpoint named in the report
    #[arg(long, default_value = "dataset")]
    pub endpoint: String,
    #[command(flatten)]
    pub told: Told,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Verdict {
    Sagemaker,
    Calibrated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Ranks {
    Multiset,
    DistinctValues,
}

#[derive(Debug, Clone, Args)]
pub struct Match {
    /// Event pattern: a JSON file
    #[arg(required_unless_present = "lines", value_name = "PATTERN.json")]
    pub pattern: Option<PathBuf>,
    /// Event: a JSON file
    #[arg(required_unless_present = "lines", value_name = "EVENT.json")]
    pub event: Option<PathBuf>,
    /// File of lines {"pattern":…,"event":…}; one verdict a line comes out
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pattern", "event"])]
    pub lines: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Settings {
    /// Says what is wrong with a settings file, with line, column and a fix
    Check { file: PathBuf },
    /// Prints the JSON Schema of a settings file
    Schema,
    /// Turns a manifest of the replaced IaC module into settings
    Import { file: PathBuf },
}

#[derive(Debug, Clone, Args)]
pub struct Demo {
    /// Virtual days
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(3..=366))]
    pub days: u32,
    /// Endpoints
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub endpoints: u32,
    /// Same seed, same bytes
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Folder for the bucket, the alerts and the reports; it is emptied first
    #[arg(long, default_value = "out", value_name = "DIR")]
    pub out: PathBuf,
    /// Your own table in place of the generated one: a part trains the reference, the rest is traffic
    #[arg(long, value_name = "TABLE.csv")]
    pub dataset: Option<PathBuf>,
    /// Column of the table that the model would predict
    #[arg(long, requires = "dataset", value_name = "COLUMN")]
    pub label: Option<String>,
    /// Prints one JSON object instead of the live picture
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Args)]
pub struct Up {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 4597, value_name = "N")]
    pub port: u16,
    /// Folder that keeps buckets and objects over restarts; endpoints and all else begin anew
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Region that is played
    #[arg(long, default_value = "eu-west-1", value_name = "REGION")]
    pub region: String,
    /// Account that is played
    #[arg(long, default_value = "111122223333", value_name = "ID")]
    pub account: String,
    /// Another emulator, which has buckets, bus and functions while SageMaker is played here
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    pub forward_to: Option<String>,
    /// Source of SageMaker's events there, where nobody may put aws.*
    #[arg(long, default_value = "vigil.sagemaker", value_name = "NAME", requires = "forward_to")]
    pub event_source: String,
    /// How long endpoints and jobs take: minutes as on AWS, or about a second
    #[arg(long, value_enum, default_value_t = Pace::Real)]
    pub pace: Pace,
    /// Prints one JSON object instead of lines for a shell
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Args)]
pub struct Probe {
    /// Endpoint to probe; its settings say what is sent
    #[arg(value_name = "ENDPOINT")]
    pub endpoint: String,
    /// The suite's bucket
    #[arg(long, env = "VIGIL_BUCKET", value_name = "NAME")]
    pub bucket: String,
    /// Where the suite's objects begin in the bucket
    #[arg(long, env = "VIGIL_PREFIX", default_value = "vigil", value_name = "PREFIX")]
    pub prefix: String,
    /// AWS's region
    #[arg(long, env = "AWS_REGION", value_name = "REGION")]
    pub region: String,
    /// Prints one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pace {
    Real,
    Fast,
}
