//! A broken constraint: one entry of AWS's `constraint_violations.json`.

/// One broken constraint.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Violation {
    /// The column, or the metric of the model, of bias or of attribution.
    pub feature: String,
    pub check: ViolationCheck,
    /// What the metric was taken of; [`Scope::Whole`] of columns.
    pub scope: Scope,
    /// What was seen (a share, a distance or a metric's value); `description` is for people only.
    pub observed: f64,
    pub threshold: f64,
    pub description: String,
}

/// What a metric was taken of.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The whole table.
    #[default]
    Whole,
    /// A group of the rows; `value` may be a captured one and stays in the user's bucket.
    Facet { name: String, value: String },
    /// One output of the model.
    Label(String),
}

/// The checks of AWS's monitors (reference: formats D.5, E.3, F.4, G).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ViolationCheck {
    #[default]
    DataType,
    Completeness,
    BaselineDrift,
    MissingColumn,
    ExtraColumn,
    CategoricalValues,
    /// Of model quality: a figure that ought to be high is low.
    LessThanThreshold,
    /// Of model quality: an error that ought to be low is high.
    GreaterThanThreshold,
    BiasDrift,
    /// Of bias: outside of a limit that the user set; AWS has no such check.
    BiasLimit,
    FeatureAttributionDrift,
}

impl ViolationCheck {
    /// The checks of the data-quality monitor.
    pub const OF_COLUMNS: [Self; 6] = [
        Self::DataType,
        Self::Completeness,
        Self::BaselineDrift,
        Self::MissingColumn,
        Self::ExtraColumn,
        Self::CategoricalValues,
    ];

    /// Returns the check of columns that AWS's `word` names.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::OF_COLUMNS.into_iter().find(|it| it.word() == word)
    }

    /// Whether a column broke its constraint, and not a metric.
    pub fn is_of_column(self) -> bool {
        Self::OF_COLUMNS.contains(&self)
    }

    /// Returns AWS's word for the check.
    pub fn word(self) -> &'static str {
        match self {
            Self::DataType => "data_type_check",
            Self::Completeness => "completeness_check",
            Self::BaselineDrift => "baseline_drift_check",
            Self::MissingColumn => "missing_column_check",
            Self::ExtraColumn => "extra_column_check",
            Self::CategoricalValues => "categorical_values_check",
            Self::LessThanThreshold => "LessThanThreshold",
            Self::GreaterThanThreshold => "GreaterThanThreshold",
            Self::BiasDrift => "bias_drift_check",
            Self::BiasLimit => "bias_limit_check",
            Self::FeatureAttributionDrift => "feature_attribution_drift_check",
        }
    }
}
