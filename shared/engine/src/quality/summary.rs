use super::calibration::Reliability;
use super::classification::{GroupOf, Named, Outcomes, Predicted};
use super::ranking::Ranking;
use super::regression::Errors;
use super::statistics::{ConfusionMatrix, MetricValue, QualityStatistics};
use super::{ProblemType, QualityMetric, binary, curve, multiclass};
use summary::Summary;

/// What a model's rows are read as.
#[derive(Debug, Clone, PartialEq)]
pub struct QualitySettings {
    pub problem: ProblemType,
    /// Without a predicted label, the probability above which it is the positive one; 0 is one, too.
    pub probability_threshold: Option<f64>,
    /// `None` chooses `1` of numbers, the positive one of a known pair (`no`, `yes`), else the last in order.
    pub positive_label: Option<String>,
    /// Of the subsamples.
    pub seed: u64,
}

impl QualitySettings {
    pub fn new(problem: ProblemType) -> Self {
        Self { problem, probability_threshold: None, positive_label: None, seed: 0 }
    }
}

/// One prediction, and what it should have been.
#[derive(Debug, Clone, Copy, Default)]
pub struct Row<'a> {
    /// `None` while the label is awaited.
    pub label: Option<&'a [u8]>,
    /// The predicted label or number.
    pub prediction: Option<&'a [u8]>,
    /// Of the positive label; of a multiclass problem that of the predicted one.
    pub probability: Option<&'a [u8]>,
}

/// Rows by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// With a label and a prediction: those that the figures are of.
    pub rows: u64,
    /// With a prediction that awaits its label.
    pub unlabelled: u64,
    /// Without a prediction.
    pub unpredicted: u64,
    /// With something that is no number where one must be, or a label too many or too long.
    pub unreadable: u64,
    /// With a probability, among those with a prediction.
    pub scored: u64,
}

impl RowCounts {
    /// Returns the share of predictions whose label is known; `None` of no predictions.
    pub fn coverage(&self) -> Option<f64> {
        let predictions = self.rows + self.unlabelled;
        (0 < predictions).then(|| self.rows as f64 / predictions as f64)
    }

    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.unlabelled += other.unlabelled;
        self.unpredicted += other.unpredicted;
        self.unreadable += other.unreadable;
        self.scored += other.scored;
    }
}

/// What is kept of predictions and labels while they go by, in bounded memory.
///
/// `Default` is the identity of merging; a summary of rows is made by [`QualitySummary::new`].
#[derive(Debug, Clone, Default)]
pub struct QualitySummary {
    settings: Option<QualitySettings>,
    counts: RowCounts,
    outcomes: Outcomes,
    errors: Errors,
    /// Numbers of a regression that are not summed up yet.
    batch: Vec<(f64, f64)>,
}

impl QualitySummary {
    /// Rows with a probability up to which AUC and curves are exact.
    pub const EXACT: u64 = Outcomes::EXACT;

    const BATCH: usize = 1024;

    pub fn new(settings: QualitySettings) -> Self {
        let by_rightness = settings.problem == ProblemType::MulticlassClassification;
        Self { settings: Some(settings), outcomes: Outcomes::new(by_rightness), ..Self::default() }
    }

    pub fn settings(&self) -> Option<&QualitySettings> {
        self.settings.as_ref()
    }

    pub fn counts(&self) -> RowCounts {
        self.counts
    }

    /// Takes a row in.
    pub fn see(&mut self, row: Row<'_>) {
        let Some(settings) = &self.settings else { return };
        match settings.problem {
            ProblemType::Regression => self.see_number(row),
            _ => self.see_label(row, settings.probability_threshold),
        }
    }

    #[inline]
    fn see_label(&mut self, row: Row<'_>, threshold: Option<f64>) {
        let score = match row.probability.map(number) {
            Some(None) => {
                self.counts.unreadable += 1;
                return;
            }
            Some(some) => some,
            None => None,
        };
        let predicted = match (row.prediction, score, threshold) {
            (Some(label), ..) => Predicted::Label(label),
            (None, Some(score), Some(threshold)) if threshold < score => Predicted::Above,
            (None, Some(_), Some(_)) => Predicted::Below,
            (None, ..) => {
                self.counts.unpredicted += 1;
                return;
            }
        };
        if !self.outcomes.see(row.label, predicted, score) {
            self.counts.unreadable += 1;
            return;
        }
        self.counts.scored += u64::from(score.is_some());
        self.count(row.label.is_some());
    }

    fn see_number(&mut self, row: Row<'_>) {
        let Some(prediction) = row.prediction else {
            self.counts.unpredicted += 1;
            return;
        };
        match (number(prediction), row.label.map(number)) {
            (Some(prediction), Some(Some(label))) => {
                self.batch.push((label, prediction));
                if self.batch.len() == Self::BATCH {
                    self.settle_batch();
                }
                self.count(true);
            }
            (Some(prediction), None) => {
                self.errors.see_unlabelled(prediction);
                self.count(false);
            }
            _ => self.counts.unreadable += 1,
        }
    }

    fn count(&mut self, has_label: bool) {
        self.counts.rows += u64::from(has_label);
        self.counts.unlabelled += u64::from(!has_label);
    }

    /// Sums up and sorts what is kept; whoever asks more than once asks this first.
    pub fn settle(&mut self) {
        self.settle_batch();
        self.outcomes.settle();
    }

    fn settle_batch(&mut self) {
        self.errors.see(&self.batch);
        self.batch.clear();
    }

    /// Returns the rows without what is not summed up yet.
    pub(super) fn errors(&self) -> Errors {
        let mut errors = self.errors.clone();
        errors.see(&self.batch);
        errors
    }

    pub(super) fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    pub(super) fn named(&self) -> Named {
        let settings = self.settings.as_ref();
        let is_binary = settings.is_some_and(|it| it.problem == ProblemType::BinaryClassification);
        self.outcomes.named(settings.and_then(|it| it.positive_label.as_deref()), is_binary)
    }

    /// Ranks rows with a label: positive ones among all, or right ones of a multiclass problem.
    pub(super) fn ranking(&self, named: &Named) -> Ranking {
        self.outcomes.ranking(|group| match group {
            GroupOf::Pair { actual, .. } => actual.map(|it| named.is_positive(it)),
            GroupOf::Rightness(right) => right,
        })
    }

    /// Returns every figure of the rows so far; `None` of the identity, which has no problem.
    pub fn statistics(&self) -> Option<QualityStatistics> {
        let settings = self.settings.as_ref()?;
        Some(match settings.problem {
            ProblemType::Regression => self.of_regression(settings),
            ProblemType::BinaryClassification => self.of_binary(settings),
            ProblemType::MulticlassClassification => self.of_multiclass(settings),
        })
    }

    fn of_regression(&self, settings: &QualitySettings) -> QualityStatistics {
        self.told(settings, self.errors().figures(settings.seed), None)
    }

    fn of_multiclass(&self, settings: &QualitySettings) -> QualityStatistics {
        let named = self.named();
        let matrix = self.outcomes.confusion(&named);
        // AWS's example says 1, which is the last label there, too (reference: formats E.1).
        let constant = match &settings.positive_label {
            Some(wanted) => named.labels.iter().position(|it| it == wanted),
            None => named.labels.iter().position(|it| it == "1"),
        };
        let constant = constant.unwrap_or(named.labels.len().saturating_sub(1));
        let figures = multiclass::figures(&matrix, constant, settings.seed);
        let mut told = self.told(settings, figures, Some(matrix));
        told.reliability = Reliability::of(&self.ranking(&named));
        told
    }

    fn of_binary(&self, settings: &QualitySettings) -> QualityStatistics {
        let named = self.named();
        let matrix = self.outcomes.confusion(&named);
        let mut figures = binary::figures(&matrix, named.positive, settings.seed);
        if self.outcomes.scored() == 0 || !self.outcomes.is_whole() {
            return self.told(settings, figures, Some(matrix));
        }
        let ranking = self.ranking(&named);
        let area = ranking.area(settings.seed);
        figures.push(MetricValue {
            metric: QualityMetric::Auc,
            value: area.map(|it| it.value),
            standard_deviation: area.and_then(|it| it.standard_deviation),
        });
        let mut told = self.told(settings, figures, Some(matrix));
        told.auc_error = area.map(|it| it.error);
        told.roc = curve::roc(&ranking);
        told.precision_recall = curve::precision_recall(&ranking);
        told.reliability = Reliability::of(&ranking);
        told
    }

    fn told(
        &self,
        settings: &QualitySettings,
        mut metrics: Vec<MetricValue>,
        confusion: Option<ConfusionMatrix>,
    ) -> QualityStatistics {
        let order = QualityMetric::of(settings.problem);
        metrics.sort_by_key(|it| order.iter().position(|metric| *metric == it.metric));
        QualityStatistics {
            problem: settings.problem,
            counts: self.counts,
            metrics,
            confusion,
            roc: None,
            precision_recall: None,
            auc_error: None,
            reliability: None,
        }
    }
}

impl Summary for QualitySummary {
    /// Merges rows of the same problem; settings are those of the first summary that has any.
    fn merge(&mut self, other: &Self) {
        if self.settings.is_none() {
            self.settings.clone_from(&other.settings);
        }
        self.settle_batch();
        self.counts.merge(&other.counts);
        self.outcomes.merge(&other.outcomes);
        self.errors.merge(&other.errors());
    }
}

/// Reads a finite number; a sign and blanks around it do not matter.
#[inline]
fn number(text: &[u8]) -> Option<f64> {
    let number = fast_float2::parse::<f64, _>(text).or_else(|_| {
        let text = text.trim_ascii();
        fast_float2::parse(text.strip_prefix(b"+").unwrap_or(text))
    });
    number.ok().filter(|it: &f64| it.is_finite())
}
