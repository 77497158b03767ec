//! Model quality: what predictions were worth once their labels are known, and
//! what they are probably worth before.
//!
//! A [`QualitySummary`] takes rows one by one or as a [`QualityScan`] of blocks,
//! merges with summaries of other parts, and answers with [`QualityStatistics`].
//! [`suggest`] and [`check`] are AWS's constraints; an [`Estimator`] learns from a
//! labelled summary and answers for one without labels; a [`Track`] holds both
//! against each other.
//!
//! [`QualityStatistics`]: statistics::QualityStatistics
//! [`suggest`]: constraints::suggest
//! [`check`]: constraints::check
//! [`Estimator`]: estimate::Estimator
//! [`Track`]: track::Track

mod binary;
pub mod calibration;
mod class;
mod classification;
pub mod constraints;
mod curve;
pub mod estimate;
mod grid;
mod metric;
mod multiclass;
mod problem;
mod ranking;
mod regression;
mod scan;
mod scores;
pub mod statistics;
mod subsample;
mod summary;
pub mod track;

pub use metric::QualityMetric;
pub use problem::ProblemType;
pub use scan::{Attributes, QualityScan};
pub use summary::{QualitySettings, QualitySummary, Row, RowCounts};

#[cfg(test)]
mod tests;
