//! The one bucket: keys, records and compare-and-swap over conditional objects.
//!
//! [`Shelves`] keeps every typed record the suite has, over any object store.
//! Records are JSON with a version; one that makes no sense is an error that
//! names its key, and nothing writes over it blindly.

mod analyzer_results;
mod baseline_jobs;
mod baselines;
mod endpoints;
mod executions;
mod files;
mod ground_truth;
mod incidents;
mod judgement;
mod keys;
mod ledger;
mod models;
mod notice;
mod record;
mod shelves;
mod status;
mod tracks;
mod truth_cache;
mod truth_files;
mod truth_log;
mod work;

pub use keys::Keys;
pub use shelves::Shelves;
pub use work::{Function, owner, work};
