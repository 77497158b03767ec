//! `statistics.json` of model quality (reference: formats E.1).

use super::member;
use crate::{error, error::FormatError, loose, moment::Moment};
use engine::quality::statistics::{
    ConfusionMatrix, MetricValue, PrecisionRecallCurve, QualityStatistics, RocCurve,
};
use engine::quality::{ProblemType, QualityMetric, RowCounts};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, io};

const DOCUMENT: &str = "statistics.json";
const FIX: &str = "correct it there, or build the baseline again";

/// Labels of a confusion matrix that is read.
const MOST_LABELS: usize = 2000;

/// Writes the file, indented as people read it.
///
/// A figure that is not defined is the text `NaN`, as AWS writes a deviation of
/// too few rows. `evaluated` is the time of the analysis.
pub fn write_statistics(
    statistics: &QualityStatistics,
    evaluated: Option<Moment>,
    to: impl io::Write,
) -> io::Result<()> {
    serde_json::to_writer_pretty(to, &File { statistics, evaluated }).map_err(io::Error::from)
}

/// Reads the file, of AWS or of ours.
///
/// What the file does not hold is absent: calibration, and rows without a label.
/// Figures that are not known here are passed over.
pub fn read_statistics(text: &[u8]) -> Result<QualityStatistics, FormatError> {
    let file: ReadFile = error::read(DOCUMENT, FIX, text)?;
    let wrong = |path: &str, problem: &str| FormatError::at(DOCUMENT, FIX, path, problem);
    let found = [
        (ProblemType::Regression, file.regression_metrics),
        (ProblemType::BinaryClassification, file.binary_classification_metrics),
        (ProblemType::MulticlassClassification, file.multiclass_classification_metrics),
    ];
    let found = found.into_iter().find_map(|(problem, read)| Some((problem, read?)));
    let Some((problem, read)) = found else {
        return Err(wrong("", "has no regression, binary or multiclass metrics"));
    };
    let confusion = read.confusion_matrix.map(|it| matrix(&it)).transpose();
    let confusion = confusion.map_err(|why| wrong("confusion_matrix", why))?;
    let rows = file.dataset.and_then(|it| it.item_count);
    let rows = rows.or(confusion.as_ref().map(ConfusionMatrix::total)).unwrap_or(0);
    let mut metrics = Vec::new();
    for metric in QualityMetric::of(problem) {
        let Some(figure) = read.figures.get(metric.word()) else { continue };
        let figure = Figure::deserialize(figure)
            .map_err(|_| wrong(metric.word(), "is no value with a standard deviation"))?;
        metrics.push(MetricValue {
            metric: *metric,
            value: figure.value.0,
            standard_deviation: figure.standard_deviation.0,
        });
    }
    Ok(QualityStatistics {
        problem,
        counts: RowCounts { rows, ..RowCounts::default() },
        metrics,
        confusion,
        roc: read.receiver_operating_characteristic_curve.map(|it| RocCurve {
            false_positive_rates: it.false_positive_rates,
            true_positive_rates: it.true_positive_rates,
        }),
        precision_recall: read
            .precision_recall_curve
            .map(|it| PrecisionRecallCurve { precisions: it.precisions, recalls: it.recalls }),
        auc_error: None,
        reliability: None,
    })
}

struct File<'a> {
    statistics: &'a QualityStatistics,
    evaluated: Option<Moment>,
}

impl Serialize for File<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut file = to.serialize_map(Some(3))?;
        file.serialize_entry("version", &0.0)?;
        let dataset =
            Dataset { item_count: self.statistics.counts.rows, evaluation_time: self.evaluated };
        file.serialize_entry("dataset", &dataset)?;
        let member = member(self.statistics.problem, "metrics");
        file.serialize_entry(&member, &Metrics(self.statistics))?;
        file.end()
    }
}

#[derive(Serialize)]
struct Dataset {
    item_count: u64,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "with_millis")]
    evaluation_time: Option<Moment>,
}

/// AWS writes milliseconds where there are none, too.
#[expect(clippy::ref_option, reason = "serde's signature")]
fn with_millis<S: Serializer>(at: &Option<Moment>, to: S) -> Result<S::Ok, S::Error> {
    let text = at.map(|it| it.to_string()).unwrap_or_default();
    match text.strip_suffix('Z') {
        Some(whole) if !text.contains('.') => to.collect_str(&format_args!("{whole}.000Z")),
        _ => to.serialize_str(&text),
    }
}

struct Metrics<'a>(&'a QualityStatistics);

impl Serialize for Metrics<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self(told) = self;
        let mut metrics = to.serialize_map(None)?;
        if let Some(matrix) = &told.confusion {
            metrics.serialize_entry("confusion_matrix", &Matrix(matrix))?;
        }
        for it in &told.metrics {
            let figure = Figure {
                value: Number(it.value),
                standard_deviation: Number(it.standard_deviation),
            };
            metrics.serialize_entry(it.metric.word(), &figure)?;
        }
        if let Some(curve) = &told.roc {
            let curve = Roc {
                false_positive_rates: curve.false_positive_rates.clone(),
                true_positive_rates: curve.true_positive_rates.clone(),
            };
            metrics.serialize_entry("receiver_operating_characteristic_curve", &curve)?;
        }
        if let Some(curve) = &told.precision_recall {
            let curve = PrecisionRecall {
                precisions: curve.precisions.clone(),
                recalls: curve.recalls.clone(),
            };
            metrics.serialize_entry("precision_recall_curve", &curve)?;
        }
        metrics.end()
    }
}

/// Rows by actual label, then by predicted label.
struct Matrix<'a>(&'a ConfusionMatrix);

impl Serialize for Matrix<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self(matrix) = self;
        to.collect_map(matrix.labels.iter().zip(&matrix.rows).map(|(actual, rows)| {
            let row: Map<String, Value> =
                matrix.labels.iter().cloned().zip(rows.iter().map(|it| Value::from(*it))).collect();
            (actual, row)
        }))
    }
}

#[derive(Serialize, Deserialize)]
struct Figure {
    value: Number,
    #[serde(default)]
    standard_deviation: Number,
}

/// A number, or the text `NaN`.
#[derive(Default)]
struct Number(Option<f64>);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(number) => to.serialize_f64(number),
            None => to.serialize_str("NaN"),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::Number(number) => Ok(Self(number.as_f64())),
            Value::Null => Ok(Self(None)),
            Value::String(text) if text == "NaN" => Ok(Self(None)),
            _ => Err(de::Error::custom("is not a number")),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Roc {
    false_positive_rates: Vec<f64>,
    true_positive_rates: Vec<f64>,
}

#[derive(Serialize, Deserialize)]
struct PrecisionRecall {
    precisions: Vec<f64>,
    recalls: Vec<f64>,
}

#[derive(Deserialize)]
struct ReadFile {
    dataset: Option<ReadDataset>,
    regression_metrics: Option<ReadMetrics>,
    binary_classification_metrics: Option<ReadMetrics>,
    multiclass_classification_metrics: Option<ReadMetrics>,
}

#[derive(Deserialize)]
struct ReadDataset {
    #[serde(default, deserialize_with = "some_count")]
    item_count: Option<u64>,
}

fn some_count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    loose::count(from).map(Some)
}

#[derive(Deserialize)]
struct ReadMetrics {
    /// Read apart: its keys are labels, which no message may quote.
    confusion_matrix: Option<Value>,
    receiver_operating_characteristic_curve: Option<Roc>,
    precision_recall_curve: Option<PrecisionRecall>,
    #[serde(flatten)]
    figures: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Count(#[serde(deserialize_with = "loose::count")] u64);

fn matrix(read: &Value) -> Result<ConfusionMatrix, &'static str> {
    let read = BTreeMap::<String, BTreeMap<String, Count>>::deserialize(read)
        .map_err(|_| "holds something else than counts by actual and by predicted label")?;
    let mut labels: Vec<String> =
        read.iter().flat_map(|(actual, row)| row.keys().chain([actual])).cloned().collect();
    labels.sort_by(|one, other| ConfusionMatrix::order(one, other));
    labels.dedup();
    if MOST_LABELS < labels.len() {
        return Err("has too many labels");
    }
    let cell = |actual: &String, predicted: &String| {
        read.get(actual).and_then(|it| it.get(predicted)).map_or(0, |it| it.0)
    };
    let row = |actual: &String| labels.iter().map(|it| cell(actual, it)).collect();
    Ok(ConfusionMatrix { rows: labels.iter().map(row).collect(), labels })
}
