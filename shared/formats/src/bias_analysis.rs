//! `analysis.json` of bias (reference: formats F.2); a baseline's is the constraints of its monitor.

use crate::{FormatError, error};
use engine::bias::{BiasMetric, BiasReport, FacetReport, Figure, MetricReport, StageReport};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};
use std::io;

/// The name of the file, in a baseline and in a run.
pub const FILE: &str = "analysis.json";

const FIX: &str = "make the baseline again, or name the analysis.json of a bias job";

/// Writes the file in Clarify's form; intervals have no place in it.
pub fn write(report: &BiasReport, to: impl io::Write) -> io::Result<()> {
    let file = Written {
        version: "1.0",
        post_training_bias_metrics: report.post_training.as_ref().map(Stage::of),
        pre_training_bias_metrics: report.pre_training.as_ref().map(Stage::of),
    };
    serde_json::to_writer_pretty(to, &file).map_err(io::Error::from)
}

/// Reads the file; what other methods wrote, and metrics that are not known here,
/// are passed over.
pub fn read(text: &[u8]) -> Result<BiasReport, FormatError> {
    let file: ReadFile = error::read(FILE, FIX, text)?;
    if file.pre_training_bias_metrics.is_none() && file.post_training_bias_metrics.is_none() {
        return Err(wrong("", "holds no bias metrics"));
    }
    let stage = |told: Option<ReadStage>, name: &str| told.map(|it| it.report(name)).transpose();
    Ok(BiasReport {
        pre_training: stage(file.pre_training_bias_metrics, "pre_training_bias_metrics")?,
        post_training: stage(file.post_training_bias_metrics, "post_training_bias_metrics")?,
    })
}

/// Returns Clarify's description of a metric, its own spelling of names included.
pub fn description(metric: BiasMetric) -> String {
    let words = match metric {
        BiasMetric::Cddl => "Conditional Demographic Disparity in Labels",
        BiasMetric::Ci => "Class Imbalance",
        BiasMetric::Dpl => "Difference in Positive Proportions in Labels",
        BiasMetric::Js => "Jensen-Shannon Divergence",
        BiasMetric::Kl => "Kullback-Liebler Divergence",
        BiasMetric::Ks => "Kolmogorov-Smirnov Distance",
        BiasMetric::Lp => "L-p Norm",
        BiasMetric::Tvd => "Total Variation Distance",
        BiasMetric::Ad => "Accuracy Difference",
        BiasMetric::Cddpl => "Conditional Demographic Disparity in Predicted Labels",
        BiasMetric::Dar => "Difference in Acceptance Rates",
        BiasMetric::Dca => "Difference in Conditional Acceptance",
        BiasMetric::Dcr => "Difference in Conditional Rejection",
        BiasMetric::Di => "Disparate Impact",
        BiasMetric::Dppl => "Difference in Positive Proportions in Predicted Labels",
        BiasMetric::Drr => "Difference in Rejection Rates",
        BiasMetric::Ft => "Flip Test",
        BiasMetric::Ge => "Generalized Entropy",
        BiasMetric::Rd => "Recall Difference",
        BiasMetric::Sd => "Specificity Difference",
        BiasMetric::Te => "Treatment Equality",
    };
    format!("{words} ({})", metric.name())
}

#[derive(Serialize)]
struct Written<'a> {
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_training_bias_metrics: Option<Stage<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pre_training_bias_metrics: Option<Stage<'a>>,
}

#[derive(Serialize)]
struct Stage<'a> {
    label: &'a str,
    facets: Facets<'a>,
    label_value_or_threshold: &'a str,
}

impl<'a> Stage<'a> {
    fn of(it: &'a StageReport) -> Self {
        Self {
            label: &it.label,
            facets: Facets(&it.facets),
            label_value_or_threshold: &it.label_value,
        }
    }
}

/// Facets by their columns, each with a list of values.
struct Facets<'a>(&'a [FacetReport]);

impl Serialize for Facets<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut names: Vec<&str> = Vec::new();
        for it in self.0 {
            if !names.contains(&it.facet.as_str()) {
                names.push(&it.facet);
            }
        }
        let mut map = to.serialize_map(Some(names.len()))?;
        for name in names {
            let values = self.0.iter().filter(|it| it.facet == name).map(Facet::of);
            map.serialize_entry(name, &values.collect::<Vec<_>>())?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct Facet<'a> {
    value_or_threshold: &'a str,
    metrics: Vec<Metric<'a>>,
}

impl<'a> Facet<'a> {
    fn of(it: &'a FacetReport) -> Self {
        Self { value_or_threshold: &it.value, metrics: it.metrics.iter().map(Metric::of).collect() }
    }
}

#[derive(Serialize)]
struct Metric<'a> {
    name: &'static str,
    description: String,
    value: Told<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// A number, a word where JSON has no number, or `null`.
#[derive(Serialize)]
#[serde(untagged)]
enum Told<'a> {
    Number(f64),
    Word(&'a str),
    Nothing,
}

impl<'a> Metric<'a> {
    fn of(it: &'a MetricReport) -> Self {
        let (value, error) = match &it.figure {
            Figure::Value(value) if *value == f64::INFINITY => (Told::Word("Infinity"), None),
            Figure::Value(value) if *value == f64::NEG_INFINITY => (Told::Word("-Infinity"), None),
            Figure::Value(value) => (Told::Number(*value), None),
            Figure::Nothing(why) => (Told::Nothing, Some(why.as_str())),
        };
        Self { name: it.metric.name(), description: description(it.metric), value, error }
    }
}

#[derive(Deserialize)]
struct ReadFile {
    pre_training_bias_metrics: Option<ReadStage>,
    post_training_bias_metrics: Option<ReadStage>,
}

#[derive(Deserialize)]
struct ReadStage {
    #[serde(default)]
    label: Value,
    #[serde(default)]
    label_value_or_threshold: Value,
    #[serde(default)]
    facets: Map<String, Value>,
}

#[derive(Deserialize)]
struct ReadFacet {
    #[serde(default)]
    value_or_threshold: Value,
    #[serde(default)]
    metrics: Vec<ReadMetric>,
}

#[derive(Deserialize)]
struct ReadMetric {
    name: String,
    #[serde(default)]
    value: Value,
    error: Option<String>,
}

impl ReadStage {
    fn report(self, name: &str) -> Result<StageReport, FormatError> {
        let mut facets = Vec::new();
        for (at, (facet, told)) in self.facets.into_iter().enumerate() {
            let path = format!("{name}.facets[{at}]");
            let values: Vec<ReadFacet> = serde_json::from_value(told)
                .map_err(|_| wrong(&path, "is not a list of values with their metrics"))?;
            for value in values {
                let metrics = value.metrics.into_iter().enumerate();
                let metrics = metrics.filter_map(|(at, it)| {
                    let path = format!("{path}.metrics[{at}].value");
                    let metric = BiasMetric::of_name(&it.name)?;
                    Some(figure(it, &path).map(|figure| MetricReport {
                        metric,
                        figure,
                        interval: None,
                        support: None,
                    }))
                });
                facets.push(FacetReport {
                    facet: facet.clone(),
                    value: plain(&value.value_or_threshold),
                    rows: None,
                    metrics: metrics.collect::<Result<_, _>>()?,
                });
            }
        }
        Ok(StageReport {
            label: plain(&self.label),
            label_value: plain(&self.label_value_or_threshold),
            facets,
        })
    }
}

fn figure(told: ReadMetric, path: &str) -> Result<Figure, FormatError> {
    Ok(match &told.value {
        Value::Number(it) => Figure::Value(it.as_f64().unwrap_or(f64::MAX)),
        Value::String(it) if it == "Infinity" => Figure::Value(f64::INFINITY),
        Value::String(it) if it == "-Infinity" => Figure::Value(f64::NEG_INFINITY),
        Value::Null => Figure::Nothing(told.error.unwrap_or_else(|| "no value".to_owned())),
        _ => return Err(wrong(path, "is not a number, Infinity or null")),
    })
}

/// A text, or what stands in its place: some tools write numbers unquoted.
fn plain(value: &Value) -> String {
    match value {
        Value::String(it) => it.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn wrong(path: &str, problem: &str) -> FormatError {
    FormatError::at(FILE, FIX, path, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(metric: BiasMetric, figure: Figure) -> MetricReport {
        MetricReport { metric, figure, interval: None, support: None }
    }

    fn sample() -> BiasReport {
        let stage = |metrics| StageReport {
            label: "label".into(),
            label_value: "1".into(),
            facets: vec![FacetReport {
                facet: "sex".into(),
                value: "0".into(),
                rows: None,
                metrics,
            }],
        };
        BiasReport {
            pre_training: Some(stage(vec![metric(BiasMetric::Ci, Figure::Value(0.33))])),
            post_training: Some(stage(vec![
                metric(BiasMetric::Ad, Figure::Value(0.0312)),
                metric(
                    BiasMetric::Cddpl,
                    Figure::Nothing("Group variable is empty or not provided".into()),
                ),
                metric(BiasMetric::Te, Figure::Value(f64::INFINITY)),
            ])),
        }
    }

    /// Expected: the file of formats F.2, member by member.
    #[test]
    fn file_is_clarifys_to_the_letter() {
        let mut bytes = Vec::new();
        write(&sample(), &mut bytes).unwrap();
        let expect = r#"{"version":"1.0",
 "post_training_bias_metrics":{"label":"label","facets":{"sex":[
   {"value_or_threshold":"0","metrics":[
     {"name":"AD","description":"Accuracy Difference (AD)","value":0.0312},
     {"name":"CDDPL","description":"Conditional Demographic Disparity in Predicted Labels (CDDPL)","value":null,
      "error":"Group variable is empty or not provided"},
     {"name":"TE","description":"Treatment Equality (TE)","value":"Infinity"}]}]},
   "label_value_or_threshold":"1"},
 "pre_training_bias_metrics":{"label":"label","facets":{"sex":[{"value_or_threshold":"0","metrics":[
     {"name":"CI","description":"Class Imbalance (CI)","value":0.33}]}]},"label_value_or_threshold":"1"}}"#;
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(squeezed(std::str::from_utf8(&bytes).unwrap()), squeezed(expect));
        assert_eq!(read(&bytes), Ok(sample()));
        assert_eq!(read(expect.as_bytes()), Ok(sample()));
    }

    /// The file that AWS's own SDK tests with, where it is at hand.
    #[test]
    fn published_file_is_read() {
        let text = br#"{"post_training_bias_metrics":{"facets":{"Gender":[{"metrics":[
            {"description":"Accuracy Difference (AD)","name":"AD","value":-0.11415724421435},
            {"description":"of another year","name":"XX","value":1}],
            "value_or_threshold":"0"},{"metrics":[],"value_or_threshold":1}]},
            "label":"Target","label_value_or_threshold":"1"},"version":"1.0"}"#;
        let stage = read(text).unwrap().post_training.expect("a stage");
        assert_eq!((stage.label.as_str(), stage.facets.len()), ("Target", 2));
        assert_eq!(stage.facets[0].metrics.len(), 1);
        assert_eq!(stage.facets[1].value, "1");
    }

    #[test]
    fn faulty_files_are_refused_with_their_place() {
        let said = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
        assert!(said(r#"{"explanations":{}}"#).contains("holds no bias metrics"));
        assert!(said(r#"{"pre_training_bias_metrics":{"facets":{"a":7}}}"#).contains("facets[0]"));
        let wrong = r#"{"pre_training_bias_metrics":{"facets":{"a":[{"metrics":[{"name":"CI","value":"x"}]}]}}}"#;
        assert!(said(wrong).contains("metrics[0].value is not a number"));
    }
}
