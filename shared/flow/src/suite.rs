use engine::constraints::Constraints;
use engine::statistics::Statistics;
use engine::verdict::PreparedBaseline;
use settings::Settings;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What every use case works with.
///
/// `world` implements the ports of AWS and `shelves` the typed records; the
/// bounds on each use case are the permissions it needs.
#[derive(Debug, Clone, Copy)]
pub struct Suite<'a, W, S> {
    pub world: &'a W,
    pub shelves: &'a S,
    pub settings: &'a Settings,
    pub account: &'a str,
    pub region: &'a str,
    pub jobs: &'a JobSetup,
    pub limits: Limits,
    pub prepared: &'a Prepared,
}

/// What SageMaker's jobs need of the deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobSetup {
    /// ARN of the role that jobs run as; without one, no job is started and
    /// `auto` keeps to native.
    pub role: Option<String>,
    /// URI of the native analyzer's image; without one, AWS's images are used or
    /// the function itself does the work.
    pub image: Option<String>,
}

/// One invocation of a function.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Seconds since 1970.
    pub now: i64,
    /// Names this invocation in leases.
    pub request: &'a str,
    /// Seconds until the invocation is ended from outside.
    pub remaining: i64,
}

/// Bounds on what one invocation does.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A lease on an alert, in seconds: twice the time a function may take.
    pub lease: i64,
    /// Clocks differ by up to this, in seconds.
    pub skew: i64,
    /// An alert is not published with fewer seconds left.
    pub publish_needs: i64,
    /// Windows of one monitor that a sweep asks for.
    pub catch_up: usize,
    /// Windows that ended longer ago are given up, in seconds.
    pub give_up: i64,
    /// Work that is not settled after so many seconds is asked for again.
    pub settle: i64,
    /// A baseline job that failed is tried again after so many seconds.
    pub retry_job: i64,
    /// Events that one sweep emits.
    pub sweep_events: usize,
    /// Bytes of one window or one baseline that are read. A function reads the usual 16 GiB in its fifteen minutes
    /// from 19 MB/s on; quality, drift and bias take more than a gigabyte a second of a core, in memory that does not grow.
    pub most_bytes: u64,
    /// Bytes that are read at once.
    pub piece: u64,
    /// Bytes of one label file that a merge reads, and the labels that it may unpack to.
    pub most_truth_bytes: u64,
    pub most_labels: usize,
    /// Bytes of one capture file that a merge reads, packed and unpacked.
    pub most_capture_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lease: 120,
            skew: 10,
            publish_needs: 15,
            catch_up: 24,
            give_up: 7 * 86_400,
            settle: 600,
            retry_job: 6 * 3600,
            sweep_events: 2000,
            most_bytes: 16 << 30,
            piece: 4 << 20,
            most_truth_bytes: 256 << 20,
            most_labels: 2_000_000,
            most_capture_bytes: 128 << 20,
        }
    }
}

/// Baselines made ready for judging, by version.
#[derive(Debug, Default)]
pub struct Prepared {
    kept: Mutex<BTreeMap<String, Arc<PreparedBaseline>>>,
}

/// Prepared baselines that are kept.
const KEPT: usize = 32;

impl Prepared {
    pub(crate) fn of(
        &self,
        version: &str,
        statistics: &Statistics,
        constraints: &Constraints,
    ) -> Arc<PreparedBaseline> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(it) = kept.get(version) {
            return Arc::clone(it);
        }
        let made = Arc::new(PreparedBaseline::new(statistics, constraints));
        if kept.len() == KEPT {
            kept.pop_first();
        }
        kept.insert(version.to_owned(), Arc::clone(&made));
        made
    }
}
