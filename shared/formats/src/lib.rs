//! AWS's file and event shapes, and the suite's own records: the only home of serde renames.

mod error;
pub mod event;
mod loose;
pub mod moment;
mod words;

pub use error::FormatError;
