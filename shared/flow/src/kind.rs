//! What each type of monitor reads, learns, judges and leaves behind.

pub(crate) mod data_quality;

use engine::finding::{Family, Judgement};
use engine::incident::Outcome;
use engine::monitor::MonitorType;
use engine::violation::Violation;
use ports::{Address, BaselineContent, ExecutionContent, Listed, Metric};

/// Whether the native engine runs monitors of a type.
pub(crate) fn is_native(kind: MonitorType) -> bool {
    kind == MonitorType::DataQuality
}

/// What one execution reads.
pub(crate) struct Gathered {
    /// Where captures lie.
    pub(crate) place: Address,
    pub(crate) captures: Vec<Listed>,
}

impl Gathered {
    /// Every object that the result depends on.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Listed> {
        self.captures.iter()
    }
}

/// What one execution found.
pub(crate) struct Judged {
    pub(crate) judgement: Judgement,
    /// What it says to each family of incidents.
    pub(crate) outcomes: Vec<(Family, Outcome)>,
    pub(crate) violations: Vec<Violation>,
    /// A sentence for people where there is no verdict.
    pub(crate) why: Option<String>,
    pub(crate) bytes: u64,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) content: ExecutionContent,
}

/// What was learnt for a baseline.
pub(crate) struct Learnt {
    pub(crate) content: BaselineContent,
    pub(crate) rows: u64,
    pub(crate) set_aside: u64,
}
