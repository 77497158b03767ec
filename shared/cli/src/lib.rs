//! The `vigil` command: the composition root for people.
//!
//! One file per subcommand. Only this room prints.

pub mod args;

mod failure;
mod folder;
mod matching;
mod screen;
mod settings;

use std::process::ExitCode;

use args::{Cli, Command};
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
        Command::Match(args) => matching::run(args, &mut screen),
        Command::Settings { action } => settings::run(action, &mut screen),
        Command::Baseline { .. }
        | Command::Analyze { .. }
        | Command::Processing
        | Command::Demo(_) => Err(Failure::new("this command is not built yet")),
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
