//! What a table must keep to: the content of AWS's `constraints.json`.

use crate::statistics::InferredType;

/// The constraints of every column, and how they are checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Constraints {
    pub features: Vec<FeatureConstraints>,
    pub config: MonitoringConfig,
}

/// The constraints of one column; what is `None` is not checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureConstraints {
    pub name: String,
    pub inferred_type: InferredType,
    /// Least share of cells that must hold something.
    pub completeness: Option<f64>,
    /// A hint only: AWS documents no check for it.
    pub non_negative: Option<bool>,
    /// The values a text column may take.
    pub domains: Option<Vec<String>>,
    /// Settings that hold for this column in place of the general ones.
    pub overrides: ConfigOverrides,
}

/// How constraints are checked (reference: formats D.4).
#[derive(Debug, Clone, PartialEq)]
pub struct MonitoringConfig {
    pub evaluate_constraints: bool,
    pub emit_metrics: bool,
    /// Least share of cells of the expected type.
    pub datatype_check_threshold: f64,
    /// Least share of values inside `domains`.
    pub domain_content_threshold: f64,
    pub perform_comparison: bool,
    pub comparison_threshold: f64,
    pub comparison_method: ComparisonMethod,
    /// Falls back to `comparison_threshold`.
    pub categorical_comparison_threshold: Option<f64>,
    pub categorical_drift_method: CategoricalDriftMethod,
}

impl Default for MonitoringConfig {
    /// The values AWS's baseline job writes.
    fn default() -> Self {
        Self {
            evaluate_constraints: true,
            emit_metrics: true,
            datatype_check_threshold: 1.0,
            domain_content_threshold: 1.0,
            perform_comparison: true,
            comparison_threshold: 0.1,
            comparison_method: ComparisonMethod::Robust,
            categorical_comparison_threshold: Some(0.1),
            categorical_drift_method: CategoricalDriftMethod::LInfinity,
        }
    }
}

/// The members of [`MonitoringConfig`] that one column sets for itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConfigOverrides {
    pub evaluate_constraints: Option<bool>,
    pub emit_metrics: Option<bool>,
    pub datatype_check_threshold: Option<f64>,
    pub domain_content_threshold: Option<f64>,
    pub perform_comparison: Option<bool>,
    pub comparison_threshold: Option<f64>,
    pub comparison_method: Option<ComparisonMethod>,
    pub categorical_comparison_threshold: Option<f64>,
    pub categorical_drift_method: Option<CategoricalDriftMethod>,
}

/// How the distance of two numeric columns is taken (reference: formats D.6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ComparisonMethod {
    Simple,
    #[default]
    Robust,
}

/// How the distance of two text columns is taken (reference: formats D.6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CategoricalDriftMethod {
    #[default]
    LInfinity,
    ChiSquared,
}
