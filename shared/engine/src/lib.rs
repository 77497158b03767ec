//! The analysis: profiles, baselines, constraints, drift and verdicts.
//!
//! Pure functions of summaries: no I/O, no clock, no serialisation, no AWS.

pub mod attribution;
pub mod baseline;
pub mod bias;
pub mod check;
pub mod constraints;
pub mod drift;
pub mod effect;
pub mod event;
pub mod figure;
pub mod finding;
pub mod hint;
pub mod incident;
pub mod merge;
pub mod monitor;
pub mod profile;
pub mod quality;
pub mod request;
pub mod scan;
pub mod statistics;
pub mod verdict;
pub mod violation;
pub mod window;
pub mod words;

pub use summary::{Levels, TypeTally};
