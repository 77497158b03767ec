//! The use cases, one file per function.
//!
//! Each is level-triggered: an event only names what to look at, the truth is
//! read again. Each may run twice, late, or beside a copy of itself. None has
//! seen JSON, a clock, or an SDK.

mod alert_violations;
mod analyze_window;
mod asking;
mod digest;
mod executions;
mod fault;
mod handle;
mod in_force;
mod kind;
mod merge_ground_truth;
mod message;
mod probe_endpoint;
mod rebuild_baseline;
mod reconcile_endpoint;
mod sagemaker;
mod scan;
mod standing;
mod suite;
mod sweep_endpoints;

pub use alert_violations::{Alerted, alert_endpoint, alert_job, alert_variant};
pub use analyze_window::{Analyzed, analyze_window, finish_window};
pub use handle::{Done, handle};
pub use merge_ground_truth::{Coverage, Merged, Settled, merge_object, settle_labels};
pub use message::{message, subject_of};
pub use probe_endpoint::{Probed, probe_all, probe_endpoint};
pub use rebuild_baseline::{
    Rebuilt, check_baseline, rebuild_all, rebuild_baseline, request_baseline,
};
pub use reconcile_endpoint::{Reconciled, reconcile_all, reconcile_config, reconcile_endpoint};
pub use suite::{Call, JobSetup, Limits, Prepared, Suite};
pub use sweep_endpoints::{Swept, sweep_endpoints};

#[cfg(test)]
mod tests;
