//! Mergeable summaries: statistics that add up, with an identity and laws.

mod levels;
mod types;

pub use levels::Levels;
pub use types::TypeTally;
