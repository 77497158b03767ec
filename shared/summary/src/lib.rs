//! Mergeable summaries: statistics that add up, with an identity and laws.

mod distinct;
mod frequent;
pub mod hash;
mod kll;
mod levels;
mod moments;
mod types;

#[cfg(test)]
mod laws;

pub use distinct::Distinct;
pub use frequent::Frequent;
pub use kll::{Kll, merge_weighted};
pub use levels::Levels;
pub use moments::Moments;
pub use types::TypeTally;

/// A summary of rows that merges with other summaries of its kind.
///
/// Three laws, run on every summary by this crate's tests. *Identity*: merging
/// `Self::default()` changes nothing. *Associative* and *commutative*: what two
/// or three summaries answer together depends neither on how they were cut nor
/// on their order, up to the error a summary states (none for counts, rounding
/// for moments, rank error for a sketch).
pub trait Summary: Default {
    fn merge(&mut self, other: &Self);
}
