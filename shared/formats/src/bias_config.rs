//! What `analysis_config.json` tells of bias (reference: formats F.1).
//!
//! Both variants are read: a processing job's whole file, and the monitor's
//! subset, which names no methods and means all of them. Keys of other methods are
//! passed over. `absolute_limits` (`{"DI":[0.8,1.25]}`) and `least_rows` are ours.

use crate::{FormatError, error};
use engine::bias::{BiasConfig, BiasMetric, ColumnRef, Judging, Predicted, Range, Value, Watched};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

const FILE: &str = "analysis_config.json";
const FIX: &str = "write it as Clarify's analysis configuration asks";
/// Clarify's own where the file names none.
const THRESHOLD: f64 = 0.5;

/// What the file tells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BiasConfigFile {
    pub config: BiasConfig,
    /// Probabilities above it are good predictions.
    pub probability_threshold: Option<f64>,
    /// Where the predictions are, when they lie beside the data.
    pub predicted_dataset: Option<String>,
    /// The model that Clarify would ask for predictions.
    pub model: Option<String>,
}

/// Reads what the file tells of bias.
pub fn read(text: &[u8]) -> Result<BiasConfigFile, FormatError> {
    let file: File = error::read(FILE, FIX, text)?;
    let label = file.label.ok_or_else(|| wrong("label", "is missing"))?.column();
    let label_values = values(file.label_values_or_threshold, "label_values_or_threshold")?;
    let mut facets = Vec::new();
    for (at, facet) in file.facet.list().into_iter().enumerate() {
        let path = format!("facet[{at}].value_or_threshold");
        facets.push(Watched {
            column: facet.name_or_index.column(),
            values: values(facet.value_or_threshold, &path)?,
            ..Watched::default()
        });
    }
    if facets.is_empty() {
        return Err(wrong("facet", "names no column"));
    }
    let predictor = file.predictor.unwrap_or_default();
    let probability = file.probability_threshold;
    // Of a file of predictions the columns are other columns than these.
    let beside = file.predicted_label_dataset_uri.is_some();
    let predicted = match file.predicted_label {
        Some(place) if !beside => Some(match probability {
            Some(threshold) => Predicted::Probability { column: place.column(), threshold },
            None => Predicted::Label(place.column()),
        }),
        _ => None,
    };
    let (pre_training, post_training) = match file.methods {
        None => (None, None),
        Some(methods) => (
            stage(methods.pre_training_bias, "methods.pre_training_bias.methods")?,
            stage(methods.post_training_bias, "methods.post_training_bias.methods")?,
        ),
    };
    let limits = limits(file.absolute_limits)?;
    let usual = Judging::default().least_rows;
    let judging = Judging { limits, least_rows: file.least_rows.unwrap_or(usual) };
    let excluded = file.excluded_columns.list().into_iter().chain(file.joinsource_name_or_index);
    Ok(BiasConfigFile {
        config: BiasConfig {
            headers: file.headers.unwrap_or_default(),
            label: Watched { column: label, values: label_values, ..Watched::default() },
            predicted,
            facets,
            group: file.group_variable.map(Place::column),
            excluded: excluded.map(Place::column).collect(),
            pre_training,
            post_training,
            judging,
        },
        probability_threshold: probability,
        predicted_dataset: file.predicted_label_dataset_uri,
        model: predictor.model_name.or(predictor.endpoint_name),
    })
}

/// The threshold of probabilities that Clarify takes where none is given.
pub fn usual_threshold() -> f64 {
    THRESHOLD
}

#[derive(Deserialize)]
struct File {
    headers: Option<Vec<String>>,
    label: Option<Place>,
    label_values_or_threshold: Option<Json>,
    probability_threshold: Option<f64>,
    #[serde(default = "OneOrMore::none")]
    facet: OneOrMore<Facet>,
    group_variable: Option<Place>,
    #[serde(default = "OneOrMore::none")]
    excluded_columns: OneOrMore<Place>,
    joinsource_name_or_index: Option<Place>,
    predicted_label_dataset_uri: Option<String>,
    predicted_label: Option<Place>,
    methods: Option<Methods>,
    predictor: Option<Predictor>,
    absolute_limits: Option<Map<String, Json>>,
    least_rows: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    More(Vec<T>),
    One(T),
}

impl<T> OneOrMore<T> {
    fn none() -> Self {
        Self::More(Vec::new())
    }

    fn list(self) -> Vec<T> {
        match self {
            Self::More(list) => list,
            Self::One(one) => vec![one],
        }
    }
}

#[derive(Deserialize)]
struct Facet {
    name_or_index: Place,
    value_or_threshold: Option<Json>,
}

#[derive(Default, Deserialize)]
struct Predictor {
    model_name: Option<String>,
    endpoint_name: Option<String>,
}

#[derive(Deserialize)]
struct Methods {
    pre_training_bias: Option<Stage>,
    post_training_bias: Option<Stage>,
}

#[derive(Deserialize)]
struct Stage {
    methods: Option<Json>,
}

/// A name or a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Place {
    Index(usize),
    Name(String),
}

impl Place {
    fn column(self) -> ColumnRef {
        match self {
            Self::Index(place) => ColumnRef::Place(place),
            Self::Name(name) => ColumnRef::Name(name),
        }
    }
}

/// Reads one value or a list of them.
fn values(told: Option<Json>, path: &str) -> Result<Vec<Value>, FormatError> {
    let list = match told {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(Json::Array(list)) => list,
        Some(one) => vec![one],
    };
    let value = |it: Json| match it {
        Json::Bool(it) => Ok(Value::Switch(it)),
        Json::String(it) => Ok(Value::Text(it)),
        Json::Number(it) => match (it.as_i64(), it.as_f64()) {
            (Some(it), _) => Ok(Value::Whole(it)),
            (None, Some(it)) => Ok(Value::Number(it)),
            (None, None) => Err(wrong(path, "holds a number out of range")),
        },
        Json::Null | Json::Array(_) | Json::Object(_) => {
            Err(wrong(path, "holds what is no text, number or boolean"))
        }
    };
    list.into_iter().map(value).collect()
}

/// Reads the metrics of a stage: `"all"`, a list of names, or none at all.
fn stage(told: Option<Stage>, path: &str) -> Result<Option<Vec<BiasMetric>>, FormatError> {
    let Some(stage) = told else { return Ok(Some(Vec::new())) };
    let names = match stage.methods {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::String(word)) if word == "all" => return Ok(None),
        Some(Json::Array(names)) => names,
        Some(_) => return Err(wrong(path, "is neither \"all\" nor a list of metrics")),
    };
    if names.iter().any(|it| it == "all") {
        return Ok(None);
    }
    let metric = |(at, it): (usize, &Json)| {
        let metric = it.as_str().and_then(BiasMetric::of_name);
        metric.ok_or_else(|| wrong(&format!("{path}[{at}]"), "is not the name of a bias metric"))
    };
    names.iter().enumerate().map(metric).collect::<Result<_, _>>().map(Some)
}

fn limits(told: Option<Map<String, Json>>) -> Result<BTreeMap<BiasMetric, Range>, FormatError> {
    let mut limits = BTreeMap::new();
    for (at, (name, range)) in told.into_iter().flatten().enumerate() {
        let path = format!("absolute_limits[{at}]");
        let metric = BiasMetric::of_name(&name)
            .ok_or_else(|| wrong(&path, "is not the name of a bias metric"))?;
        let ends: Option<Vec<f64>> =
            range.as_array().map(|it| it.iter().filter_map(Json::as_f64).collect());
        match ends.as_deref() {
            Some([low, high]) if low <= high => {
                limits.insert(metric, Range { low: *low, high: *high });
            }
            _ => return Err(wrong(&path, "is not a pair of numbers such as [0.8, 1.25]")),
        }
    }
    Ok(limits)
}

fn wrong(path: &str, problem: &str) -> FormatError {
    FormatError::at(FILE, FIX, path, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(column: &str, values: Vec<Value>) -> Watched {
        Watched { column: column.into(), values, ..Watched::default() }
    }

    /// The sample of formats F.1.
    #[test]
    fn processing_jobs_file_is_read() {
        let text = br#"{"version":"1.0","dataset_type":"text/csv","headers":["age","sex","income","label"],"label":"label",
            "label_values_or_threshold":[1],"probability_threshold":0.5,
            "facet":[{"name_or_index":"sex","value_or_threshold":[0]}],"group_variable":"age",
            "joinsource_name_or_index":"id","predicted_label_dataset_uri":"s3://b/pred.csv","predicted_label_headers":["p"],"predicted_label":0,
            "methods":{"pre_training_bias":{"methods":"all"},"post_training_bias":{"methods":["DPPL","DI"]},
                       "report":{"name":"report","title":"Analysis"}},
            "predictor":{"model_name":"churn-7","initial_instance_count":1,"instance_type":"ml.m5.large",
                         "accept_type":"text/csv","content_type":"text/csv","endpoint_name_prefix":"mybias"}}"#;
        let expect = BiasConfigFile {
            config: BiasConfig {
                headers: ["age", "sex", "income", "label"].map(str::to_owned).to_vec(),
                label: watched("label", vec![Value::Whole(1)]),
                predicted: None,
                facets: vec![watched("sex", vec![Value::Whole(0)])],
                group: Some("age".into()),
                excluded: vec!["id".into()],
                pre_training: None,
                post_training: Some(vec![BiasMetric::Dppl, BiasMetric::Di]),
                judging: Judging::default(),
            },
            probability_threshold: Some(0.5),
            predicted_dataset: Some("s3://b/pred.csv".into()),
            model: Some("churn-7".into()),
        };
        assert_eq!(read(text), Ok(expect));
    }

    #[test]
    fn monitors_subset_means_all_metrics() {
        let text = br#"{"headers":["a","b","label"],"label":2,"label_values_or_threshold":["yes"],
            "facet":{"name_or_index":0,"value_or_threshold":40.5},"group_variable":"b"}"#;
        let config = read(text).unwrap().config;
        assert_eq!((config.pre_training, config.post_training), (None, None));
        assert_eq!(config.label.column, ColumnRef::Place(2));
        assert_eq!(config.label.values, [Value::Text("yes".into())]);
        assert_eq!(config.facets[0].values, [Value::Number(40.5)]);
    }

    #[test]
    fn absent_stages_are_not_computed() {
        let text = br#"{"label":"y","facet":[{"name_or_index":"s"}],"predicted_label":"p",
            "methods":{"post_training_bias":{"methods":"all"}},"absolute_limits":{"DI":[0.8,1.25]}}"#;
        let config = read(text).unwrap().config;
        assert_eq!((config.pre_training, config.post_training), (Some(Vec::new()), None));
        assert_eq!(config.predicted, Some(Predicted::Label("p".into())));
        let limit = config.judging.limits.get(&BiasMetric::Di);
        assert_eq!(limit, Some(&Range { low: 0.8, high: 1.25 }));
    }

    /// What we tell Clarify is what we read.
    #[test]
    fn file_that_is_written_reads_back() {
        let told = engine::request::ClarifyConfig {
            headers: vec!["sex".into(), "label".into()],
            label: Some("label".into()),
            label_values: vec!["1".into()],
            facet: Some(("sex".into(), vec!["0".into(), "other".into()])),
            probability_threshold: Some(0.8),
            for_baseline: true,
            ..engine::request::ClarifyConfig::default()
        };
        let read = read(&crate::clarify_config::write(&told)).unwrap();
        assert_eq!(read.probability_threshold, Some(0.8));
        let values = vec![Value::Whole(0), Value::Text("other".into())];
        assert_eq!(read.config.facets, [watched("sex", values)]);
        assert_eq!(read.config.label, watched("label", vec![Value::Whole(1)]));
        // Without a model there is nothing to predict.
        assert_eq!(read.config.post_training, Some(Vec::new()));
    }

    #[test]
    fn faulty_files_are_refused_with_their_place() {
        let said = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
        assert!(said("{}").contains("label is missing"));
        assert!(said(r#"{"label":"y"}"#).contains("facet names no column"));
        let facet = r#""label":"y","facet":[{"name_or_index":"s"}]"#;
        let with = |more: &str| said(&format!("{{{facet},{more}}}"));
        assert!(with(r#""label_values_or_threshold":[[1]]"#).contains("no text, number"));
        assert!(
            with(r#""methods":{"pre_training_bias":{"methods":["XX"]}}"#).contains("methods[0]")
        );
        assert!(with(r#""absolute_limits":{"DI":[2,1]}"#).contains("a pair of numbers"));
    }
}
