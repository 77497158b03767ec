//! AWS's files as bytes.

use engine::constraints::Constraints;
use engine::monitor::MonitorType;
use engine::statistics::Statistics;
use engine::violation::Violation;
use formats::constraints::ConstraintsFile;
use ports::{BaselineContent, ExecutionContent};

const STATISTICS: &str = "statistics.json";
const CONSTRAINTS: &str = "constraints.json";
const ANALYSIS: &str = "analysis.json";

const MEMORY: &str = "memory takes every byte, and the shapes are JSON's";

/// Names and words what a baseline of a type consists of.
pub(crate) fn of_baseline(content: &BaselineContent) -> Vec<(String, Vec<u8>)> {
    match content {
        BaselineContent::DataQuality { statistics, constraints } => vec![
            (STATISTICS.to_owned(), write_statistics(statistics)),
            (CONSTRAINTS.to_owned(), write_constraints(constraints)),
        ],
    }
}

/// Names and words what an execution leaves, but for its violations and its report.
pub(crate) fn of_execution(
    content: &ExecutionContent,
    baseline: &BaselineContent,
) -> Vec<(String, Vec<u8>)> {
    let ExecutionContent::DataQuality { statistics } = content;
    let BaselineContent::DataQuality { constraints, .. } = baseline;
    vec![
        (STATISTICS.to_owned(), write_statistics(statistics)),
        (CONSTRAINTS.to_owned(), write_constraints(constraints)),
    ]
}

/// The files that a monitor of a type judges by.
pub(crate) fn names(kind: MonitorType) -> &'static [&'static str] {
    match kind {
        MonitorType::DataQuality | MonitorType::ModelQuality => &[STATISTICS, CONSTRAINTS],
        MonitorType::ModelBias | MonitorType::ModelExplainability => &[ANALYSIS],
    }
}

/// Reads the files of a baseline, in the order of [`names`]; `Err` names the one that
/// makes no sense. `None` of a type that the native engine does not know.
pub(crate) fn read_baseline(
    kind: MonitorType,
    files: &[Vec<u8>],
) -> Result<Option<BaselineContent>, (&'static str, String)> {
    match (kind, files) {
        (MonitorType::DataQuality, [statistics, constraints]) => {
            let statistics = read_statistics(statistics).map_err(|why| (STATISTICS, why))?;
            let constraints = read_constraints(constraints).map_err(|why| (CONSTRAINTS, why))?;
            Ok(Some(BaselineContent::DataQuality { statistics, constraints }))
        }
        _ => Ok(None),
    }
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
