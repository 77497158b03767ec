//! Mergeable summaries: statistics that add up, with an identity and laws.

mod levels;
mod types;

pub use levels::Levels;
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
