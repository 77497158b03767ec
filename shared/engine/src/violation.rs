//! A broken constraint: one entry of AWS's `constraint_violations.json`.

/// One broken constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    pub feature: String,
    pub check: ViolationCheck,
    /// What was seen (a share or a distance); `description` is for people only.
    pub observed: f64,
    pub threshold: f64,
    pub description: String,
}

/// The six checks of AWS's data-quality monitor (reference: formats D.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ViolationCheck {
    DataType,
    Completeness,
    BaselineDrift,
    MissingColumn,
    ExtraColumn,
    CategoricalValues,
}

impl ViolationCheck {
    pub const ALL: [Self; 6] = [
        Self::DataType,
        Self::Completeness,
        Self::BaselineDrift,
        Self::MissingColumn,
        Self::ExtraColumn,
        Self::CategoricalValues,
    ];

    /// Returns the check that AWS's `word` names.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
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
        }
    }
}
