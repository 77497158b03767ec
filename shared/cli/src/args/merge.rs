use std::path::PathBuf;

use clap::Args;

/// What is joined, and how.
#[derive(Debug, Clone, Args)]
pub struct Merge {
    /// File or folder of captured inferences, also gzipped [repeatable]
    #[arg(long, required = true, value_name = "PATH", num_args = 1..)]
    pub capture: Vec<PathBuf>,
    /// File or folder of labels: AWS's records, JSON Lines, CSV or Parquet, also gzipped [repeatable]
    #[arg(long, required = true, value_name = "PATH", num_args = 1..)]
    pub ground_truth: Vec<PathBuf>,
    /// Folder for yyyy/mm/dd/hh/merged.jsonl by hour of inference, match_statistics.json,
    /// orphans.jsonl and set_aside.jsonl; made where it is missing
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
    /// Column or member with the ids, where labels are not AWS's records; _c0 without header
    #[arg(long, value_name = "NAME")]
    pub id_column: Option<String>,
    /// Column or member with the labels; _c1 without header
    #[arg(long, value_name = "NAME")]
    pub label_column: Option<String>,
    /// Column or member with the time of the label: the latest label of an id counts
    #[arg(long, value_name = "NAME")]
    pub label_time_column: Option<String>,
    /// Inferences before this time are left out (UTC, e.g. 2026-03-04T10:00:00Z)
    #[arg(long, value_name = "TIME")]
    pub start_time: Option<jiff::Timestamp>,
    /// Inferences from this time on are left out
    #[arg(long, value_name = "TIME")]
    pub end_time: Option<jiff::Timestamp>,
    /// Also writes unlabelled.jsonl: inferences without a label, as they were captured
    #[arg(long)]
    pub unlabelled: bool,
    /// MiB that labels may take in memory; more of them are joined part by part, through files
    #[arg(long, default_value_t = 1024, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..))]
    pub memory: u32,
    /// Worker threads; the default is one a core, at most 8
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub threads: Option<u16>,
    /// Prints one JSON object instead of a table
    #[arg(long)]
    pub json: bool,
}
