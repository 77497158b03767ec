//! The analysis: profiles, baselines, constraints, drift and verdicts.
//!
//! Pure functions of summaries: no I/O, no clock, no serialisation, no AWS.

pub mod constraints;
pub mod event;
pub mod finding;
pub mod monitor;
pub mod profile;
pub mod scan;
pub mod statistics;
pub mod violation;
pub mod window;

pub use summary::{Levels, TypeTally};
