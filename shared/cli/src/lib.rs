//! The `vigil` command: the composition root for people.
//!
//! One file per subcommand. Only this room prints.

pub mod args;
mod demo;

mod analyze;
mod baseline;
mod bias;
mod containers;
mod explainability;
mod failure;
mod folder;
mod input;
mod matching;
mod merge;
mod model_quality;
mod probe;
mod processing;
mod screen;
mod settings;
mod up;

use std::process::ExitCode;

use args::{AnalyzeMonitor, BaselineMonitor, Cli, Command};
pub use containers::Analyzer;
pub use failure::Failure;
use screen::Screen;

/// What a command came to; each is an exit code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Fine,
    /// Violations or open incidents were found.
    Found,
}

/// Runs a command and returns the exit code: 0 fine, 1 could not do it, 3 found something.
///
/// Code 2, wrong usage, is clap's.
pub fn run(cli: Cli) -> ExitCode {
    let mut screen = Screen::of_the_process();
    let outcome = match &cli.command {
        Command::Baseline { monitor: BaselineMonitor::DataQuality(args) } => {
            baseline::run(args, &mut screen)
        }
        Command::Analyze { monitor: AnalyzeMonitor::DataQuality(args) } => {
            analyze::run(args, &mut screen)
        }
        Command::Merge(args) => merge::run(args, &mut screen),
        Command::Baseline { monitor: BaselineMonitor::Explainability(args) } => {
            explainability::baseline(args, &mut screen)
        }
        Command::Analyze { monitor: AnalyzeMonitor::Explainability(args) } => {
            explainability::analyze(args, &mut screen)
        }
        Command::Baseline { monitor: BaselineMonitor::ModelQuality(args) } => {
            model_quality::baseline(args, &mut screen)
        }
        Command::Analyze { monitor: AnalyzeMonitor::ModelQuality(args) } => {
            model_quality::analyze(args, &mut screen)
        }
        Command::Baseline { monitor: BaselineMonitor::Bias(args) } => {
            bias::learn(args, &mut screen)
        }
        Command::Analyze { monitor: AnalyzeMonitor::Bias(args) } => {
            bias::analyze(args, &mut screen)
        }
        Command::Match(args) => matching::run(args, &mut screen),
        Command::Settings { action } => settings::run(action, &mut screen),
        Command::Processing => processing::run(&mut screen),
        Command::Demo(args) => demo::run(args, &mut screen),
        Command::Up(args) => up::run(args, &mut screen),
        Command::Probe(args) => probe::run(args, &mut screen),
    };
    match outcome {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(3),
        Err(failure) => {
            screen.failure(&failure);
            ExitCode::FAILURE
        }
    }
}
