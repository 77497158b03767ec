//! Bias of labels and predictions between groups of rows (reference: formats F).
//!
//! A [`BiasConfig`] says what is looked at, a [`BiasSummary`] counts in one pass
//! and merges, [`BiasSummary::report`] computes Clarify's metrics from the counts
//! with an interval each, and [`violations`] and [`judge`] hold a report against
//! a baseline and absolute limits.

mod analysis;
mod cell;
mod check;
mod column;
mod config;
mod counts;
mod flip;
mod formulas;
mod interval;
mod metric;
mod report;
mod summary;
mod table;
mod tree;
mod words;

pub use check::{BiasJudged, Cause, Standing, judge, violations};
pub use config::{BiasConfig, ColumnRef, Judging, Nature, Predicted, Range, Value, Watched};
pub use counts::{Counts, Outcomes, Sides};
pub use flip::{FlipCost, FlipOutcome, FlipOutcomes, FlipTest};
pub use formulas::figure;
pub use interval::{interval, support};
pub use metric::{BiasMetric, Stage};
pub use report::{BiasReport, FacetReport, FacetRows, Figure, Interval, MetricReport, StageReport};
pub use summary::BiasSummary;

use std::fmt;

/// Why a table cannot be analysed for bias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BiasError {
    /// The summary was made without a configuration, so it saw nothing.
    NoConfig,
    /// The configuration names no facet.
    NoFacet,
    /// The data lack a column that the configuration names.
    NoColumn(ColumnRef),
    /// A column does not fit what is asked of it; in Clarify's words where it has some.
    Unfit(String),
}

impl fmt::Display for BiasError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConfig => f.write_str("nothing was looked at"),
            Self::NoFacet => f.write_str("the configuration names no facet; add one"),
            Self::NoColumn(ColumnRef::Name(name)) => {
                write!(f, "the data have no column {name:?}; name one of its columns")
            }
            Self::NoColumn(ColumnRef::Place(place)) => {
                write!(f, "the data have no column {place} (counted from 0)")
            }
            Self::Unfit(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for BiasError {}

#[cfg(test)]
mod tests;
