//! AWS's files as bytes.

use crate::record::{encode, finite};
use engine::attribution::GlobalShap;
use engine::bias::BiasReport;
use engine::constraints::Constraints;
use engine::monitor::MonitorType;
use engine::quality::constraints::QualityConstraints;
use engine::quality::statistics::QualityStatistics;
use engine::statistics::Statistics;
use engine::violation::Violation;
use formats::constraints::ConstraintsFile;
use formats::model_quality::{self, ESTIMATOR_FILE, QualityConstraintsFile};
use ports::{BaselineContent, ExecutionContent, QualityBaseline, QualityFound};
use serde::Serialize;

const STATISTICS: &str = "statistics.json";
const CONSTRAINTS: &str = "constraints.json";
const ANALYSIS: &str = "analysis.json";
/// Vigil's own, beside AWS's files.
pub(crate) const ESTIMATED: &str = "estimated_performance.json";

const MEMORY: &str = "memory takes every byte, and the shapes are JSON's";

type Files = Vec<(String, Vec<u8>)>;

/// Names and words what a baseline of a type consists of.
pub(crate) fn of_baseline(content: &BaselineContent) -> Files {
    match content {
        BaselineContent::DataQuality { statistics, constraints } => vec![
            (STATISTICS.to_owned(), write_statistics(statistics)),
            (CONSTRAINTS.to_owned(), write_constraints(constraints)),
        ],
        BaselineContent::ModelQuality(it) => {
            let mut files = vec![
                (STATISTICS.to_owned(), write_quality(&it.statistics)),
                (CONSTRAINTS.to_owned(), write_limits(&it.constraints)),
            ];
            if let Some(estimator) = &it.estimator {
                let mut bytes = Vec::new();
                model_quality::write_estimator(estimator, &mut bytes).expect(MEMORY);
                files.push((ESTIMATOR_FILE.to_owned(), bytes));
            }
            files
        }
        BaselineContent::ModelBias(it) => vec![(ANALYSIS.to_owned(), write_bias(it))],
        BaselineContent::ModelExplainability(it) => {
            vec![(ANALYSIS.to_owned(), write_attribution(it))]
        }
    }
}

/// Names and words what an execution leaves, but for its violations and its report.
pub(crate) fn of_execution(content: &ExecutionContent, baseline: &BaselineContent) -> Files {
    let mut files = Vec::new();
    match content {
        ExecutionContent::DataQuality { statistics } => {
            files.push((STATISTICS.to_owned(), write_statistics(statistics)));
        }
        ExecutionContent::ModelQuality(it) => {
            let realised = it.realised.as_ref();
            files.extend(realised.map(|it| (STATISTICS.to_owned(), write_quality(it))));
            files.push((ESTIMATED.to_owned(), encode(&EstimatedForm::of(it))));
        }
        ExecutionContent::ModelBias(it) => {
            files.push((ANALYSIS.to_owned(), write_bias(&it.report)));
        }
        ExecutionContent::ModelExplainability(it) => {
            files.push((ANALYSIS.to_owned(), write_attribution(&it.current)));
        }
    }
    match baseline {
        BaselineContent::DataQuality { constraints, .. } => {
            files.push((CONSTRAINTS.to_owned(), write_constraints(constraints)));
        }
        BaselineContent::ModelQuality(it) => {
            files.push((CONSTRAINTS.to_owned(), write_limits(&it.constraints)));
        }
        // Of Clarify's types the baseline's own analysis is the constraint.
        BaselineContent::ModelBias(_) | BaselineContent::ModelExplainability(_) => {}
    }
    files
}

/// What a model is probably worth, and how many labels have come: Vigil's own file.
#[derive(Serialize)]
struct EstimatedForm {
    version: u32,
    predictions: u64,
    labelled: u64,
    estimates: Vec<EstimateForm>,
}

#[derive(Serialize)]
struct EstimateForm {
    metric_name: &'static str,
    value: f64,
    low: f64,
    high: f64,
}

impl EstimatedForm {
    fn of(it: &QualityFound) -> Self {
        let estimates = it.estimates.iter().map(|it| EstimateForm {
            metric_name: it.metric.word(),
            value: finite(it.value),
            low: finite(it.low),
            high: finite(it.high),
        });
        let (predictions, labelled) = (it.predictions, it.labelled);
        Self { version: 1, predictions, labelled, estimates: estimates.collect() }
    }
}

/// The files that a monitor of a type judges by.
pub(crate) fn names(kind: MonitorType) -> &'static [&'static str] {
    match kind {
        MonitorType::DataQuality | MonitorType::ModelQuality => &[STATISTICS, CONSTRAINTS],
        MonitorType::ModelBias | MonitorType::ModelExplainability => &[ANALYSIS],
    }
}

/// Files that a baseline of a type may have beside those.
pub(crate) fn further(kind: MonitorType) -> &'static [&'static str] {
    match kind {
        MonitorType::ModelQuality => &[ESTIMATOR_FILE],
        _ => &[],
    }
}

/// Reads the files of a baseline; `Err` names the one that makes no sense.
/// `None` of a type that the native engine does not know.
pub(crate) fn read_baseline(
    kind: MonitorType,
    files: &Files,
) -> Result<Option<BaselineContent>, (&'static str, String)> {
    let file = |name: &'static str| {
        let found = files.iter().find(|(it, _)| it == name).map(|(_, bytes)| bytes.as_slice());
        found.ok_or((name, "is not there".to_owned()))
    };
    match kind {
        MonitorType::DataQuality => {
            let statistics = read_statistics(file(STATISTICS)?).map_err(|why| (STATISTICS, why))?;
            let constraints = read_constraints(file(CONSTRAINTS)?);
            let constraints = constraints.map_err(|why| (CONSTRAINTS, why))?;
            Ok(Some(BaselineContent::DataQuality { statistics, constraints }))
        }
        MonitorType::ModelQuality => {
            let statistics = model_quality::read_statistics(file(STATISTICS)?);
            let statistics = statistics.map_err(|why| (STATISTICS, why.to_string()))?;
            let constraints = QualityConstraintsFile::read(file(CONSTRAINTS)?);
            let constraints = constraints.map_err(|why| (CONSTRAINTS, why.to_string()))?;
            let estimator = match file(ESTIMATOR_FILE) {
                Ok(bytes) => {
                    let read = model_quality::read_estimator(bytes);
                    Some(read.map_err(|why| (ESTIMATOR_FILE, why.to_string()))?)
                }
                Err(_) => None,
            };
            let constraints = constraints.constraints;
            let content = QualityBaseline { statistics, constraints, estimator };
            Ok(Some(BaselineContent::ModelQuality(Box::new(content))))
        }
        MonitorType::ModelBias => {
            let read = formats::bias_analysis::read(file(ANALYSIS)?);
            let report = read.map_err(|why| (ANALYSIS, why.to_string()))?;
            Ok(Some(BaselineContent::ModelBias(Box::new(report))))
        }
        MonitorType::ModelExplainability => {
            let read = formats::shap_analysis::read(file(ANALYSIS)?);
            let global = read.map_err(|why| (ANALYSIS, why.to_string()))?;
            Ok(Some(BaselineContent::ModelExplainability(Box::new(global))))
        }
    }
}

fn write_attribution(it: &GlobalShap) -> Vec<u8> {
    let mut bytes = Vec::new();
    formats::shap_analysis::write(it, &mut bytes).expect(MEMORY);
    bytes
}

fn write_bias(it: &BiasReport) -> Vec<u8> {
    let mut bytes = Vec::new();
    formats::bias_analysis::write(it, &mut bytes).expect(MEMORY);
    bytes
}

fn write_quality(it: &QualityStatistics) -> Vec<u8> {
    let mut bytes = Vec::new();
    model_quality::write_statistics(it, None, &mut bytes).expect(MEMORY);
    bytes
}

fn write_limits(it: &QualityConstraints) -> Vec<u8> {
    let mut bytes = Vec::new();
    QualityConstraintsFile::new(it.clone()).write(&mut bytes).expect(MEMORY);
    bytes
}

fn write_statistics(it: &Statistics) -> Vec<u8> {
    let mut bytes = Vec::new();
    formats::statistics::write(it, &mut bytes).expect(MEMORY);
    bytes
}

fn write_constraints(it: &Constraints) -> Vec<u8> {
    let mut bytes = Vec::new();
    ConstraintsFile::new(it.clone()).write(&mut bytes).expect(MEMORY);
    bytes
}

pub(crate) fn write_violations(it: &[Violation]) -> Vec<u8> {
    let mut bytes = Vec::new();
    formats::violations::write(it, &mut bytes).expect(MEMORY);
    bytes
}

pub(crate) fn read_statistics(bytes: &[u8]) -> Result<Statistics, String> {
    formats::statistics::read(bytes).map_err(|why| why.to_string())
}

fn read_constraints(bytes: &[u8]) -> Result<Constraints, String> {
    let file = ConstraintsFile::read(bytes).map_err(|why| why.to_string())?;
    Ok(file.constraints)
}
