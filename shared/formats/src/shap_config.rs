//! What `analysis_config.json` tells of explainability (reference: formats F.1, G).
//!
//! Both variants are read: a processing job's whole file, and the monitor's subset. Keys of other methods are passed over.
//! `methods.shap.feature_groups` (`{"plan":["plan_a","plan_b"]}`) is ours: Clarify has none.

use crate::{FormatError, error};
use engine::attribution::{
    AggregateMethod, ColumnRef, ExplainConfig, Link, ModelForm, ShapBaseline, ShapSettings,
};
use serde::Deserialize;
use serde_json::{Map, Value};

const FILE: &str = "analysis_config.json";
const FIX: &str = "write it as Clarify's analysis configuration asks";

/// Reads what the file tells of explainability.
pub fn read(text: &[u8]) -> Result<ExplainConfig, FormatError> {
    let file: File = error::read(FILE, FIX, text)?;
    let Some(shap) = file.methods.shap else {
        return Err(wrong("methods.shap", "is missing"));
    };
    let aggregate = match shap.agg_method.as_deref() {
        None => AggregateMethod::default(),
        Some(word) => AggregateMethod::of_word(word).ok_or_else(|| {
            wrong("methods.shap.agg_method", "is not mean_abs, median or mean_sq")
        })?,
    };
    for (key, set) in [("text_config", shap.text_config), ("image_config", shap.image_config)] {
        if set.is_some_and(|it| !it.is_null()) {
            let path = format!("methods.shap.{key}");
            return Err(wrong(&path, "asks for words or pixels; only tables are explained here"));
        }
    }
    let predictor = file.predictor.unwrap_or_default();
    let score = predictor.probability.or(predictor.label).map(Place::text);
    Ok(ExplainConfig {
        shap: ShapSettings {
            num_samples: shap.num_samples,
            aggregate,
            link: if shap.use_logit { Link::Logit } else { Link::Identity },
            seed: shap.seed.unwrap_or_default(),
            keep_local: shap.save_local_shap_values,
        },
        baseline: match (shap.baseline, shap.num_clusters) {
            (Some(given), _) => baseline(&given)?,
            (None, Some(0)) => {
                return Err(wrong("methods.shap.num_clusters", "is less than 1"));
            }
            (None, Some(count)) => ShapBaseline::Clusters(count),
            (None, None) => ShapBaseline::Center,
        },
        headers: file.headers,
        label: file.label.map(Place::column),
        excluded: file.excluded_columns.into_iter().map(Place::column).collect(),
        groups: shap.feature_groups.into_iter().collect(),
        form: ModelForm {
            content_type: predictor.content_type.or(file.dataset_type),
            accept: predictor.accept_type,
            content_template: predictor.content_template,
            record_template: predictor.record_template,
            score,
            labels: predictor.label_headers,
        },
    })
}

#[derive(Deserialize)]
struct File {
    dataset_type: Option<String>,
    #[serde(default)]
    headers: Vec<String>,
    label: Option<Place>,
    #[serde(default)]
    excluded_columns: Vec<Place>,
    #[serde(default)]
    methods: Methods,
    predictor: Option<Predictor>,
}

#[derive(Default, Deserialize)]
struct Methods {
    shap: Option<Shap>,
}

#[derive(Deserialize)]
struct Shap {
    baseline: Option<Value>,
    num_samples: Option<u32>,
    num_clusters: Option<u32>,
    agg_method: Option<String>,
    #[serde(default)]
    use_logit: bool,
    #[serde(default = "yes")]
    save_local_shap_values: bool,
    seed: Option<u32>,
    #[serde(default)]
    feature_groups: indexed::Groups,
    text_config: Option<Value>,
    image_config: Option<Value>,
}

/// Clarify keeps local values unless told not to.
fn yes() -> bool {
    true
}

#[derive(Default, Deserialize)]
struct Predictor {
    content_type: Option<String>,
    accept_type: Option<String>,
    content_template: Option<String>,
    record_template: Option<String>,
    label: Option<Place>,
    probability: Option<Place>,
    #[serde(default)]
    label_headers: Vec<String>,
}

/// A name, a path or a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Place {
    Index(usize),
    Name(String),
}

impl Place {
    fn column(self) -> ColumnRef {
        match self {
            Self::Index(at) => ColumnRef::Index(at),
            Self::Name(name) => ColumnRef::Name(name),
        }
    }

    fn text(self) -> String {
        match self {
            Self::Index(at) => at.to_string(),
            Self::Name(name) => name,
        }
    }
}

mod indexed {
    use serde::Deserialize;
    use serde_json::{Map, Value};

    /// Groups in the order of the file.
    #[derive(Default, Deserialize)]
    #[serde(try_from = "Map<String, Value>")]
    pub(super) struct Groups(Vec<(String, Vec<String>)>);

    impl TryFrom<Map<String, Value>> for Groups {
        type Error = &'static str;

        fn try_from(map: Map<String, Value>) -> Result<Self, Self::Error> {
            let columns =
                |it: Value| serde_json::from_value(it).map_err(|_| "a group is no list of columns");
            let groups = map.into_iter().map(|(name, it)| Ok((name, columns(it)?)));
            groups.collect::<Result<_, _>>().map(Self)
        }
    }

    impl IntoIterator for Groups {
        type Item = (String, Vec<String>);
        type IntoIter = std::vec::IntoIter<Self::Item>;

        fn into_iter(self) -> Self::IntoIter {
            self.0.into_iter()
        }
    }
}

fn wrong(path: &str, problem: &str) -> FormatError {
    FormatError::at(FILE, FIX, path, problem)
}

/// Reads the baseline: rows, instances, or where they are.
fn baseline(told: &Value) -> Result<ShapBaseline, FormatError> {
    let path = "methods.shap.baseline";
    let rows = match told {
        Value::Null => return Ok(ShapBaseline::Center),
        Value::String(uri) => return Ok(ShapBaseline::Uri(uri.clone())),
        Value::Array(rows) => rows,
        Value::Object(file) => file
            .get("instances")
            .and_then(Value::as_array)
            .ok_or_else(|| wrong(path, "has no instances"))?,
        _ => return Err(wrong(path, "is neither rows nor a place of rows")),
    };
    let read = |at: usize, row: &Value| {
        let place = format!("{path}[{at}]");
        let cells: Vec<&Value> = match row {
            Value::Array(cells) => cells.iter().collect(),
            Value::Object(record) => of_record(record),
            _ => return Err(wrong(&place, "is no row")),
        };
        let cell = |it: &Value| match it {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            Value::Number(_) | Value::Bool(_) => Ok(Some(it.to_string())),
            _ => Err(wrong(&place, "has a cell that is a list or an object")),
        };
        cells.into_iter().map(cell).collect::<Result<Vec<_>, _>>()
    };
    let rows = rows.iter().enumerate().map(|(at, row)| read(at, row));
    let rows: Vec<Vec<Option<String>>> = rows.collect::<Result<_, _>>()?;
    Ok(ShapBaseline::Rows(rows))
}

/// Reads a baseline's file: CSV without a header, JSON Lines of rows, or instances.
pub fn baseline_rows(text: &[u8]) -> Result<Vec<Vec<Option<String>>>, FormatError> {
    let path = "methods.shap.baseline";
    let text = std::str::from_utf8(text).map_err(|_| wrong(path, "is a file that is not UTF-8"))?;
    let lines = text.lines().filter(|it| !it.trim().is_empty());
    if !text.trim_start().starts_with(['{', '[']) {
        return Ok(lines.map(csv_cells).collect());
    }
    let told = serde_json::from_str(text).or_else(|_| {
        let rows: Result<Vec<Value>, _> = lines.map(serde_json::from_str).collect();
        rows.map(Value::Array)
    });
    let told = told.map_err(|_| wrong(path, "is a file that is neither JSON nor CSV"))?;
    // A single row may stand without a list around it.
    let told = match told {
        Value::Array(cells) if !cells.iter().any(|it| it.is_array() || it.is_object()) => {
            Value::Array(vec![Value::Array(cells)])
        }
        other => other,
    };
    match baseline(&told)? {
        ShapBaseline::Rows(rows) => Ok(rows),
        _ => Err(wrong(path, "is a file without rows")),
    }
}

/// Splits a line of CSV (RFC 4180); a cell has no line end.
fn csv_cells(line: &str) -> Vec<Option<String>> {
    let mut cells = Vec::new();
    let (mut cell, mut quoted, mut was_quoted) = (String::new(), false, false);
    let mut rest = line.chars().peekable();
    while let Some(it) = rest.next() {
        match it {
            '"' if quoted && rest.peek() == Some(&'"') => {
                rest.next();
                cell.push('"');
            }
            '"' if quoted || cell.is_empty() => {
                quoted = !quoted;
                was_quoted = true;
            }
            ',' if !quoted => {
                let text = std::mem::take(&mut cell);
                cells.push((was_quoted || !text.is_empty()).then_some(text));
                was_quoted = false;
            }
            other => cell.push(other),
        }
    }
    cells.push((was_quoted || !cell.is_empty()).then_some(cell));
    cells
}

/// Returns the cells of `{"features":[…]}`, or those of a record of names.
fn of_record(record: &Map<String, Value>) -> Vec<&Value> {
    match (record.len(), record.values().next()) {
        (1, Some(Value::Array(cells))) => cells.iter().collect(),
        _ => record.values().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processing_jobs_file_is_read() {
        let text = br#"{"version":"1.0","dataset_type":"text/csv","headers":["age","plan","left"],"label":"left",
            "methods":{"shap":{"baseline":[[30,"a"],[1.5,null]],"num_samples":100,"agg_method":"mean_sq",
            "use_logit":true,"save_local_shap_values":false,"seed":7,"feature_groups":{"all":["age","plan"]}},
            "post_training_bias":{"methods":"all"},"report":{"name":"report"}},
            "predictor":{"model_name":"churn-7","accept_type":"application/json","label_headers":["churn"],
            "probability":"predictions[*].score"}}"#;
        let expect = ExplainConfig {
            shap: ShapSettings {
                num_samples: Some(100),
                aggregate: AggregateMethod::MeanSq,
                link: Link::Logit,
                seed: 7,
                keep_local: false,
            },
            baseline: ShapBaseline::Rows(vec![
                vec![Some("30".into()), Some("a".into())],
                vec![Some("1.5".into()), None],
            ]),
            headers: vec!["age".into(), "plan".into(), "left".into()],
            label: Some(ColumnRef::Name("left".into())),
            excluded: Vec::new(),
            groups: vec![("all".into(), vec!["age".into(), "plan".into()])],
            form: ModelForm {
                content_type: Some("text/csv".into()),
                accept: Some("application/json".into()),
                score: Some("predictions[*].score".into()),
                labels: vec!["churn".into()],
                ..ModelForm::default()
            },
        };
        assert_eq!(read(text), Ok(expect));
    }

    #[test]
    fn baselines_are_rows_instances_or_places() {
        let read = |baseline: &str| {
            let text = format!(r#"{{"methods":{{"shap":{{"baseline":{baseline}}}}}}}"#);
            read(text.as_bytes()).map(|it| it.baseline)
        };
        let row = ShapBaseline::Rows(vec![vec![Some("1".into()), Some("x".into())]]);
        assert_eq!(read(r#"[[1,"x"]]"#), Ok(row.clone()));
        assert_eq!(read(r#"{"instances":[{"features":[1,"x"]}]}"#), Ok(row.clone()));
        assert_eq!(read(r#"{"instances":[{"a":1,"b":"x"}]}"#), Ok(row));
        assert_eq!(read(r#""s3://b/rows.csv""#), Ok(ShapBaseline::Uri("s3://b/rows.csv".into())));
        assert_eq!(read("null"), Ok(ShapBaseline::Center));
        for wrong in ["7", "[7]", "[[[1]]]", "{}"] {
            assert!(read(wrong).unwrap_err().to_string().contains("methods.shap.baseline"));
        }
    }

    #[test]
    fn baselines_files_are_of_three_kinds() {
        let row = |cells: &[Option<&str>]| -> Vec<Option<String>> {
            cells.iter().map(|it| it.map(str::to_owned)).collect()
        };
        let expect =
            vec![row(&[Some("1"), Some("a,\"b"), None]), row(&[Some("2"), Some("c"), Some("3")])];
        for text in [
            "1,\"a,\"\"b\",\n2,c,3\n",
            "[1,\"a,\\\"b\",null]\n[2,\"c\",3]\n",
            "{\"instances\":[{\"features\":[1,\"a,\\\"b\",null]},{\"features\":[2,\"c\",3]}]}",
            "[[1,\"a,\\\"b\",null],[2,\"c\",3]]",
        ] {
            assert_eq!(baseline_rows(text.as_bytes()), Ok(expect.clone()), "{text}");
        }
        assert_eq!(baseline_rows(b"[1,2]"), Ok(vec![row(&[Some("1"), Some("2")])]));
        assert!(baseline_rows(b"{").is_err());
    }

    #[test]
    fn foreign_files_are_refused_with_their_place() {
        let said = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
        assert!(said("{}").contains("methods.shap is missing"));
        assert!(said(r#"{"methods":{"shap":{"agg_method":"max"}}}"#).contains("agg_method"));
        assert!(
            said(r#"{"methods":{"shap":{"text_config":{"granularity":"token"}}}}"#)
                .contains("only tables")
        );
        assert!(said(r#"{"methods":{"shap":{"num_samples":"many"}}}"#).contains("num_samples"));
        assert!(said(r#"{"methods":{"shap":{"num_clusters":0}}}"#).contains("num_clusters"));
        assert!(said(r#"{"methods":{"shap":{"num_clusters":-3}}}"#).contains("num_clusters"));
    }
    #[test]
    fn clusters_stand_where_no_rows_are_given() {
        let read = |shap: &str| {
            let text = format!(r#"{{"methods":{{"shap":{{{shap}}}}}}}"#);
            super::read(text.as_bytes()).expect("a config").baseline
        };
        assert_eq!(read(r#""num_clusters":5"#), ShapBaseline::Clusters(5));
        assert_eq!(read(r#""num_clusters":5,"baseline":null"#), ShapBaseline::Clusters(5));
        let given = ShapBaseline::Rows(vec![vec![Some("1".into())]]);
        assert_eq!(read(r#""num_clusters":5,"baseline":[[1]]"#), given);
    }
}
