//! What baselines and executions hold, by the type of the monitor.

use engine::attribution::{GlobalShap, LabelDrift};
use engine::bias::{BiasReport, Judging};
use engine::constraints::Constraints;
use engine::monitor::MonitorType;
use engine::quality::constraints::QualityConstraints;
use engine::quality::estimate::{Estimate, Estimator};
use engine::quality::statistics::QualityStatistics;
use engine::quality::track::TrackPoint;
use engine::statistics::Statistics;

/// What a monitor judges by.
#[derive(Debug, Clone, PartialEq)]
pub enum BaselineContent {
    DataQuality {
        statistics: Statistics,
        constraints: Constraints,
    },
    ModelQuality(Box<QualityBaseline>),
    /// The report itself is the constraint (formats F.2).
    ModelBias(Box<BiasReport>),
    /// The attributions themselves are the constraint (formats G).
    ModelExplainability(Box<GlobalShap>),
}

/// What a model was worth when it was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct QualityBaseline {
    pub statistics: QualityStatistics,
    pub constraints: QualityConstraints,
    /// `None` where nothing can be told before labels are there.
    pub estimator: Option<Estimator>,
}

impl BaselineContent {
    pub fn kind(&self) -> MonitorType {
        match self {
            Self::DataQuality { .. } => MonitorType::DataQuality,
            Self::ModelQuality(_) => MonitorType::ModelQuality,
            Self::ModelBias(_) => MonitorType::ModelBias,
            Self::ModelExplainability(_) => MonitorType::ModelExplainability,
        }
    }

    /// Returns the statistics of the columns; `None` of any other type than data quality.
    pub fn statistics(&self) -> Option<&Statistics> {
        match self {
            Self::DataQuality { statistics, .. } => Some(statistics),
            Self::ModelQuality(_) | Self::ModelBias(_) | Self::ModelExplainability(_) => None,
        }
    }

    /// Returns how many rows it was learnt from; zero where its files do not tell.
    pub fn rows(&self) -> u64 {
        match self {
            Self::DataQuality { statistics, .. } => statistics.rows,
            Self::ModelQuality(it) => it.statistics.counts.rows,
            Self::ModelBias(_) => 0,
            Self::ModelExplainability(it) => it.rows,
        }
    }

    /// Whether nothing could be learnt.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::DataQuality { statistics, .. } => {
                statistics.rows == 0 || statistics.features.is_empty()
            }
            Self::ModelQuality(it) => it.constraints.metrics.is_empty(),
            Self::ModelBias(it) => it.metrics().next().is_none(),
            Self::ModelExplainability(it) => it.labels.is_empty(),
        }
    }
}

/// What one execution found, beside its violations.
#[derive(Debug, Clone, PartialEq)]
pub enum ExecutionContent {
    DataQuality { statistics: Statistics },
    ModelQuality(Box<QualityFound>),
    ModelBias(Box<BiasFound>),
    ModelExplainability(Box<AttributionFound>),
}

/// How groups were treated, and what they were held against beside the baseline.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BiasFound {
    pub report: BiasReport,
    pub judging: Judging,
}

/// What moved the model's answers, and how it moved.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttributionFound {
    pub current: GlobalShap,
    pub drifts: Vec<LabelDrift>,
    /// For people: how many rows were explained, and how.
    pub how: String,
}

/// What predictions were worth, and what they probably were.
#[derive(Debug, Clone, PartialEq)]
pub struct QualityFound {
    /// `None` while labels are awaited.
    pub realised: Option<QualityStatistics>,
    /// Of all predictions of the window; empty where the baseline taught nothing.
    pub estimates: Vec<Estimate>,
    pub predictions: u64,
    pub labelled: u64,
    /// Labels beyond the first of an inference, and inferences whose labels contradict each other.
    pub duplicates: u64,
    pub conflicts: u64,
    /// Labels of the endpoint that met no capture in time, in the last day.
    pub orphans: u64,
    /// Share of labels that were there after so many seconds, rising.
    pub delays: Vec<(i64, f64)>,
    /// This window and those before it, oldest first.
    pub track: Vec<TrackPoint>,
}

impl QualityFound {
    /// Returns the share of predictions that have a label; `None` of no predictions.
    pub fn coverage(&self) -> Option<f64> {
        (0 < self.predictions).then(|| (self.labelled as f64 / self.predictions as f64).min(1.0))
    }
}
