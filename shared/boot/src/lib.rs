//! The Lambda runtime around the use cases.
//!
//! [`lambda`] is a function's whole `main`: it reads the environment, polls for
//! events, decodes each to work, reads the settings anew where they have changed,
//! runs the use case, and answers, or names what to do next as the error's type.
//! Logs are one JSON line each and hold names and counts only.

mod environment;
mod invocation;
mod lambda;
mod log;
mod panics;
mod settings_file;

pub use environment::{Environment, Lacking};
pub use std::process::ExitCode;

pub use lambda::{Ports, Records, lambda};
