//! What baselines and executions hold, by the type of the monitor.

use engine::constraints::Constraints;
use engine::monitor::MonitorType;
use engine::statistics::Statistics;

/// What a monitor judges by.
#[derive(Debug, Clone, PartialEq)]
pub enum BaselineContent {
    DataQuality { statistics: Statistics, constraints: Constraints },
}

impl BaselineContent {
    pub fn kind(&self) -> MonitorType {
        match self {
            Self::DataQuality { .. } => MonitorType::DataQuality,
        }
    }

    /// Returns the statistics of the columns; `None` of any other type than data quality.
    pub fn statistics(&self) -> Option<&Statistics> {
        match self {
            Self::DataQuality { statistics, .. } => Some(statistics),
        }
    }

    /// Returns how many rows it was learnt from.
    pub fn rows(&self) -> u64 {
        match self {
            Self::DataQuality { statistics, .. } => statistics.rows,
        }
    }

    /// Whether nothing could be learnt.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::DataQuality { statistics, .. } => {
                statistics.rows == 0 || statistics.features.is_empty()
            }
        }
    }
}

/// What one execution found, beside its violations.
#[derive(Debug, Clone, PartialEq)]
pub enum ExecutionContent {
    DataQuality { statistics: Statistics },
}
