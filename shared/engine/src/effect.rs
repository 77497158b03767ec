//! How much two samples differ, with the sampling error of both.
//!
//! Every effect lies on a scale from 0 to 1 and comes with a 99 % interval and
//! with the probability of such an effect where nothing changed.

mod categories;
mod numbers;
mod proportion;
mod ranks;
#[cfg(test)]
mod tests;

pub use categories::{Counts, categories};
pub use numbers::{kolmogorov_tail, numbers, visible_distance};
pub use proportion::{Share, beyond_range, fisher_tail, rise};
pub use ranks::{Gap, Ranks};

/// Quantile of the normal distribution for a two-sided 99 % interval.
const Z99: f64 = 2.575_829_303_548_901;
