//! `constraints.json` of model quality (reference: formats E.2).

use super::{member, problem_of};
use crate::{error, error::FormatError};
use engine::quality::constraints::{Comparison, MetricConstraint, QualityConstraints};
use engine::quality::{ProblemType, QualityMetric};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::io;

const DOCUMENT: &str = "constraints.json";
const FIX: &str = "correct it there, or build the baseline again";

/// The file: what it says, and what else it holds.
///
/// Members and metrics that are not known here are kept when it is written again.
#[derive(Debug, Clone, PartialEq)]
pub struct QualityConstraintsFile {
    pub constraints: QualityConstraints,
    kept: Map<String, Value>,
}

impl QualityConstraintsFile {
    /// Makes a file that was not read from anywhere.
    pub fn new(constraints: QualityConstraints) -> Self {
        let mut kept = Map::new();
        kept.insert("version".into(), 0.0.into());
        Self { constraints, kept }
    }

    /// Reads the file, of AWS or of ours.
    pub fn read(text: &[u8]) -> Result<Self, FormatError> {
        let kept: Map<String, Value> = error::read(DOCUMENT, FIX, text)?;
        let Some((problem, entries)) = problem_of("constraints", |name| kept.get(name)) else {
            let problem = "has no regression, binary or multiclass constraints".to_owned();
            return Err(wrong(String::new(), problem));
        };
        let at = member(problem, "constraints");
        let Some(entries) = entries.as_object() else {
            return Err(wrong(at, "is not an object".to_owned()));
        };
        let mut metrics = Vec::new();
        for (name, entry) in entries {
            let Some(metric) = QualityMetric::of_word(name) else { continue };
            let path = |what: &str| format!("{at}.{name}{what}");
            let read = Wire::deserialize(entry)
                .map_err(|_| wrong(path(""), "lacks a threshold or an operator".to_owned()))?;
            let operator = Comparison::of_word(&read.comparison_operator).ok_or_else(|| {
                let problem = "is not LessThanThreshold or GreaterThanThreshold".to_owned();
                wrong(path(".comparison_operator"), problem)
            })?;
            metrics.push(MetricConstraint { metric, threshold: read.threshold, operator });
        }
        Ok(Self { constraints: QualityConstraints { problem, metrics }, kept })
    }

    /// Writes the file, indented for people who edit it.
    pub fn write(&self, to: impl io::Write) -> io::Result<()> {
        let mut file = self.kept.clone();
        let name = member(self.constraints.problem, "constraints");
        let mut known = match file.remove(&name) {
            Some(Value::Object(known)) => known,
            _ => Map::new(),
        };
        for other in ProblemType::ALL {
            file.remove(&member(other, "constraints"));
        }
        let mut entries = Map::new();
        for it in &self.constraints.metrics {
            let mut entry = match known.remove(it.metric.word()) {
                Some(Value::Object(entry)) => entry,
                _ => Map::new(),
            };
            entry.insert("threshold".into(), json!(it.threshold));
            entry.insert("comparison_operator".into(), it.operator.word().into());
            entries.insert(it.metric.word().into(), entry.into());
        }
        known.retain(|name, _| QualityMetric::of_word(name).is_none());
        entries.extend(known);
        file.insert(name, entries.into());
        serde_json::to_writer_pretty(to, &file).map_err(io::Error::from)
    }
}

#[derive(Deserialize)]
struct Wire {
    threshold: f64,
    comparison_operator: String,
}

fn wrong(path: String, problem: String) -> FormatError {
    FormatError { document: DOCUMENT, path, line: 0, column: 0, problem, fix: FIX }
}
