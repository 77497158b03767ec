//! What the calibrated verdict says of one run: findings and a state.

use crate::monitor::MonitorType;

/// The verdict on one window of one monitor.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    pub state: State,
    /// Whether there are rows enough to tell that nothing changed.
    pub enough: bool,
    /// Ranked, the most telling first; what is unchanged is not listed.
    pub findings: Vec<Finding>,
    /// Every comparison that was made, for the report, in column order.
    pub measured: Vec<Measured>,
    /// Columns that say nothing about drift, and why.
    pub not_compared: Vec<NotCompared>,
    /// Rows of the window and of the baseline.
    pub rows: u64,
    pub baseline_rows: u64,
    /// Least effect that is found four times in five at this size; `None` of no rows.
    pub visible_effect: Option<f64>,
    /// Records that were set aside.
    pub unreadable: u64,
}

/// The six honest states of a monitor (reference: features 4.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    Ok,
    /// Something moved, below the floor or not long enough.
    Watch,
    Drift,
    TooLittleData,
    #[default]
    NoData,
    Error,
}

impl State {
    /// Returns the word that files, logs and people use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Watch => "watch",
            Self::Drift => "drift",
            Self::TooLittleData => "too_little_data",
            Self::NoData => "no_data",
            Self::Error => "error",
        }
    }
}

/// Which incident a finding belongs to: one per endpoint, variant and family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// The data break what was agreed: columns, types, missing cells, values.
    Contract,
    /// The data keep the contract and move.
    Drift,
    /// The monitor itself cannot see: capture lost, runs that fail.
    Monitoring,
    /// Predictions and labels part, or are estimated to.
    Quality,
    /// Groups of people are treated differently.
    Fairness,
    /// The model looks at other features than before.
    Attribution,
}

impl Family {
    pub const ALL: [Self; 6] = [
        Self::Contract,
        Self::Drift,
        Self::Monitoring,
        Self::Quality,
        Self::Fairness,
        Self::Attribution,
    ];

    /// Returns the family that figures of a type of monitor belong to; columns
    /// have two of their own.
    pub fn of_figures(kind: MonitorType) -> Self {
        match kind {
            MonitorType::DataQuality => Self::Drift,
            MonitorType::ModelQuality => Self::Quality,
            MonitorType::ModelBias => Self::Fairness,
            MonitorType::ModelExplainability => Self::Attribution,
        }
    }

    /// Returns the type of monitor that looks at this; `None` where each may find it.
    pub fn monitor(self) -> Option<MonitorType> {
        match self {
            Self::Contract | Self::Drift => Some(MonitorType::DataQuality),
            Self::Monitoring => None,
            Self::Quality => Some(MonitorType::ModelQuality),
            Self::Fairness => Some(MonitorType::ModelBias),
            Self::Attribution => Some(MonitorType::ModelExplainability),
        }
    }

    /// Returns the word that files, keys and people use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Contract => "data-contract",
            Self::Drift => "drift",
            Self::Monitoring => "monitoring",
            Self::Quality => "quality",
            Self::Fairness => "fairness",
            Self::Attribution => "attribution",
        }
    }
}

/// One thing that changed, measured and judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// `None` where the finding is of the whole table.
    pub feature: Option<String>,
    pub family: Family,
    pub check: Check,
    pub effect: Effect,
    /// `true` when the effect passed the false-discovery gate and its floor;
    /// `false` is worth a watch, not an alert.
    pub significant: bool,
    pub hint: Option<Hint>,
}

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// Columns that the baseline has and the window lacks.
    MissingColumn,
    ExtraColumn,
    /// Share of cells of another type than the baseline's.
    DataType,
    /// Rise of the share of missing cells.
    Completeness,
    /// Share of values that the baseline has never seen.
    UnseenValues,
    /// Share of numbers outside the baseline's range.
    OutOfRange,
    /// Share of records that could not be read.
    Unreadable,
    /// Distance of the distributions: Kolmogorov's for numbers, total variation for categories.
    Distribution,
    /// A figure of the model, of bias or of attribution that broke its constraint.
    Metric,
    /// The same of a figure that is estimated, as labels are still to come.
    EstimatedMetric,
    /// Traffic without capture.
    CaptureLost,
    /// No rows where rows are usual.
    NoTraffic,
    /// Executions that fail.
    RunFailed,
}

impl Check {
    /// Returns the word that files and logs use.
    pub fn word(self) -> &'static str {
        match self {
            Self::MissingColumn => "missing_column",
            Self::ExtraColumn => "extra_column",
            Self::DataType => "data_type",
            Self::Completeness => "completeness",
            Self::UnseenValues => "unseen_values",
            Self::OutOfRange => "out_of_range",
            Self::Unreadable => "unreadable",
            Self::Distribution => "distribution",
            Self::Metric => "metric",
            Self::EstimatedMetric => "estimated_metric",
            Self::CaptureLost => "capture_lost",
            Self::NoTraffic => "no_traffic",
            Self::RunFailed => "run_failed",
        }
    }
}

/// How much something changed, on a scale from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Effect {
    pub value: f64,
    /// 99 % interval that counts the sampling error of both sides.
    pub low: f64,
    pub high: f64,
    /// Below this nobody needs to know.
    pub floor: f64,
    /// Probability of such an effect where nothing changed.
    pub p_value: f64,
}

/// One comparison, whatever came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    pub feature: String,
    pub check: Check,
    pub effect: Effect,
}

/// A column that was left out of the comparison of distributions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCompared {
    pub feature: String,
    pub reason: Reason,
}

/// Why a column says nothing about drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Nearly every row has a value of its own: a key, a counter, a time.
    Identifier,
    /// Texts with more kinds than a summary keeps.
    TooManyKinds,
    /// One side holds no values, or values of another kind.
    NothingInCommon,
    /// The constraints switch the comparison off.
    SwitchedOff,
}

/// What probably happened, as far as the numbers tell. Holds no captured value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hint {
    /// Values are `factor` times their reference.
    Scale { factor: f64 },
    /// The values moved by a constant, in units of the reference's standard deviation.
    Shift { deviations: f64 },
    /// Nearly all values are one and the same.
    Constant,
    /// Missing cells went from one share to another.
    Missing { before: f64, after: f64 },
    /// `kinds` new values, on `share` of the rows.
    NewValues { kinds: u64, share: f64 },
    /// Cells changed their type.
    Type,
    /// The spread changed by this factor.
    Spread { factor: f64 },
    /// The column was told by its values, as the file names none.
    ByPosition,
    /// So many executions failed one after the other.
    Failing { runs: u32 },
    /// A figure is `now`, was `before`, and may go to `limit`.
    Figure { before: f64, now: f64, limit: f64 },
}
