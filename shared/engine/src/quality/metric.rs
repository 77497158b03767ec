use super::ProblemType;

/// A figure of model quality (reference: formats E.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QualityMetric {
    Mae,
    Mse,
    Rmse,
    R2,
    Recall,
    Precision,
    Accuracy,
    RecallBestConstant,
    PrecisionBestConstant,
    AccuracyBestConstant,
    TruePositiveRate,
    TrueNegativeRate,
    FalsePositiveRate,
    FalseNegativeRate,
    Auc,
    F05,
    F1,
    F2,
    F05BestConstant,
    F1BestConstant,
    F2BestConstant,
    WeightedRecall,
    WeightedPrecision,
    WeightedF05,
    WeightedF1,
    WeightedF2,
    WeightedRecallBestConstant,
    WeightedPrecisionBestConstant,
    WeightedF05BestConstant,
    WeightedF1BestConstant,
    WeightedF2BestConstant,
}

impl QualityMetric {
    pub const ALL: [Self; 31] = [
        Self::Mae,
        Self::Mse,
        Self::Rmse,
        Self::R2,
        Self::Recall,
        Self::Precision,
        Self::Accuracy,
        Self::RecallBestConstant,
        Self::PrecisionBestConstant,
        Self::AccuracyBestConstant,
        Self::TruePositiveRate,
        Self::TrueNegativeRate,
        Self::FalsePositiveRate,
        Self::FalseNegativeRate,
        Self::Auc,
        Self::F05,
        Self::F1,
        Self::F2,
        Self::F05BestConstant,
        Self::F1BestConstant,
        Self::F2BestConstant,
        Self::WeightedRecall,
        Self::WeightedPrecision,
        Self::WeightedF05,
        Self::WeightedF1,
        Self::WeightedF2,
        Self::WeightedRecallBestConstant,
        Self::WeightedPrecisionBestConstant,
        Self::WeightedF05BestConstant,
        Self::WeightedF1BestConstant,
        Self::WeightedF2BestConstant,
    ];

    /// Returns the figures of a problem, in the order of AWS's documents.
    pub fn of(problem: ProblemType) -> &'static [Self] {
        match problem {
            ProblemType::Regression => &REGRESSION,
            ProblemType::BinaryClassification => &BINARY,
            ProblemType::MulticlassClassification => &MULTICLASS,
        }
    }

    /// Returns the figure that AWS's `word` names.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// Returns AWS's word for the figure.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mae => "mae",
            Self::Mse => "mse",
            Self::Rmse => "rmse",
            Self::R2 => "r2",
            Self::Recall => "recall",
            Self::Precision => "precision",
            Self::Accuracy => "accuracy",
            Self::RecallBestConstant => "recall_best_constant_classifier",
            Self::PrecisionBestConstant => "precision_best_constant_classifier",
            Self::AccuracyBestConstant => "accuracy_best_constant_classifier",
            Self::TruePositiveRate => "true_positive_rate",
            Self::TrueNegativeRate => "true_negative_rate",
            Self::FalsePositiveRate => "false_positive_rate",
            Self::FalseNegativeRate => "false_negative_rate",
            Self::Auc => "auc",
            Self::F05 => "f0_5",
            Self::F1 => "f1",
            Self::F2 => "f2",
            Self::F05BestConstant => "f0_5_best_constant_classifier",
            Self::F1BestConstant => "f1_best_constant_classifier",
            Self::F2BestConstant => "f2_best_constant_classifier",
            Self::WeightedRecall => "weighted_recall",
            Self::WeightedPrecision => "weighted_precision",
            Self::WeightedF05 => "weighted_f0_5",
            Self::WeightedF1 => "weighted_f1",
            Self::WeightedF2 => "weighted_f2",
            Self::WeightedRecallBestConstant => "weighted_recall_best_constant_classifier",
            Self::WeightedPrecisionBestConstant => "weighted_precision_best_constant_classifier",
            Self::WeightedF05BestConstant => "weighted_f0_5_best_constant_classifier",
            Self::WeightedF1BestConstant => "weighted_f1_best_constant_classifier",
            Self::WeightedF2BestConstant => "weighted_f2_best_constant_classifier",
        }
    }

    /// Tells whether less of it is better.
    pub fn is_error(self) -> bool {
        matches!(
            self,
            Self::Mae | Self::Mse | Self::Rmse | Self::FalsePositiveRate | Self::FalseNegativeRate
        )
    }

    /// Tells whether it is of the classifier that always says the same.
    pub fn is_of_best_constant(self) -> bool {
        self.word().ends_with("_best_constant_classifier")
    }
}

const REGRESSION: [QualityMetric; 4] =
    [QualityMetric::Mae, QualityMetric::Mse, QualityMetric::Rmse, QualityMetric::R2];

const BINARY: [QualityMetric; 17] = [
    QualityMetric::Recall,
    QualityMetric::Precision,
    QualityMetric::Accuracy,
    QualityMetric::RecallBestConstant,
    QualityMetric::PrecisionBestConstant,
    QualityMetric::AccuracyBestConstant,
    QualityMetric::TruePositiveRate,
    QualityMetric::TrueNegativeRate,
    QualityMetric::FalsePositiveRate,
    QualityMetric::FalseNegativeRate,
    QualityMetric::Auc,
    QualityMetric::F05,
    QualityMetric::F1,
    QualityMetric::F2,
    QualityMetric::F05BestConstant,
    QualityMetric::F1BestConstant,
    QualityMetric::F2BestConstant,
];

const MULTICLASS: [QualityMetric; 12] = [
    QualityMetric::Accuracy,
    QualityMetric::WeightedRecall,
    QualityMetric::WeightedPrecision,
    QualityMetric::WeightedF05,
    QualityMetric::WeightedF1,
    QualityMetric::WeightedF2,
    QualityMetric::AccuracyBestConstant,
    QualityMetric::WeightedRecallBestConstant,
    QualityMetric::WeightedPrecisionBestConstant,
    QualityMetric::WeightedF05BestConstant,
    QualityMetric::WeightedF1BestConstant,
    QualityMetric::WeightedF2BestConstant,
];
