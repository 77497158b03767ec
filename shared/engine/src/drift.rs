//! How far two columns are apart, as AWS's analyzer measures it (formats D.6).
//!
//! Reference: Deequ's `Distance`. Distances lie in `[0, 1]`, are symmetric, and
//! are 0 of a column to itself.

mod categorical;
mod chi_squared;
mod numeric;

pub use categorical::categorical;
pub use chi_squared::{ChiSquared, chi_squared};
pub use numeric::{Ranks, numeric};

use crate::constraints::ComparisonMethod;

/// Deequ's `c(alpha)` of the two-sample Kolmogorov-Smirnov test, alpha 0.003.
const ROBUST: f64 = 1.8;

/// Takes off what chance alone makes of samples of `n` and `m` rows.
fn corrected(method: ComparisonMethod, distance: f64, n: f64, m: f64) -> f64 {
    match method {
        ComparisonMethod::Simple => distance,
        ComparisonMethod::Robust => (distance - ROBUST * ((n + m) / (n * m)).sqrt()).max(0.0),
    }
}
