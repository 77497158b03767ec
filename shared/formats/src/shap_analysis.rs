//! `analysis.json` of explainability (reference: formats G); a baseline's is the constraints of its monitor.

use crate::{FormatError, error, scoring};
use engine::attribution::{GlobalShap, LabelShap, Table};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::io;

/// The name of the file, in a baseline and in a run.
pub const FILE: &str = "analysis.json";

const FIX: &str = "make the baseline again, or name the analysis.json of an explainability job";

/// Writes the file in Clarify's form.
pub fn write(global: &GlobalShap, to: impl io::Write) -> io::Result<()> {
    let mut labels = Map::new();
    for it in &global.labels {
        let values: Map<String, Value> =
            it.features.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let mut label = Map::new();
        label.insert("global_shap_values".into(), values.into());
        if let Some(expected) = it.expected {
            label.insert("expected_value".into(), json!(expected));
        }
        labels.insert(it.label.clone(), label.into());
    }
    let file = json!({"version": "1.0", "explanations": {"kernel_shap": labels}});
    serde_json::to_writer_pretty(to, &file).map_err(io::Error::from)
}

/// Reads the attributions of the file; what other methods wrote is passed over.
pub fn read(text: &[u8]) -> Result<GlobalShap, FormatError> {
    #[derive(Deserialize)]
    struct File {
        explanations: Explanations,
    }
    #[derive(Deserialize)]
    struct Explanations {
        kernel_shap: Map<String, Value>,
    }
    let file: File = error::read(FILE, FIX, text)?;
    let labels = file.explanations.kernel_shap.into_iter().enumerate();
    let labels = labels.map(|(at, (label, told))| label_shap(at, label, &told));
    Ok(GlobalShap { labels: labels.collect::<Result<_, _>>()?, rows: 0 })
}

/// Writes the values of single rows as Clarify's `explanations_shap/out.csv`: a column `feature_label` for each.
pub fn write_local(
    features: &[String],
    labels: &[&str],
    local: &Table<f64>,
    mut to: impl io::Write,
) -> io::Result<()> {
    let mut line = String::new();
    for label in labels {
        for feature in features {
            if !line.is_empty() {
                line.push(',');
            }
            scoring::push_cell(&mut line, &format!("{feature}_{label}"));
        }
    }
    writeln!(to, "{line}")?;
    for row in local.rows() {
        let cells: Vec<String> = row.iter().map(f64::to_string).collect();
        writeln!(to, "{}", cells.join(","))?;
    }
    Ok(())
}

fn label_shap(at: usize, label: String, told: &Value) -> Result<LabelShap, FormatError> {
    let wrong = |path: String, problem: &str| FormatError::at(FILE, FIX, path, problem);
    let place = format!("explanations.kernel_shap[{at}].global_shap_values");
    let Some(values) = told.get("global_shap_values").and_then(Value::as_object) else {
        return Err(wrong(place, "is not an object"));
    };
    let mut features = Vec::with_capacity(values.len());
    for (at, (name, value)) in values.iter().enumerate() {
        let value =
            value.as_f64().ok_or_else(|| wrong(format!("{place}[{at}]"), "is not a number"))?;
        features.push((name.clone(), value));
    }
    // Of several labels the documents have a list; one number for each.
    let expected = match told.get("expected_value") {
        Some(Value::Array(all)) => all.get(at).or(all.first()).and_then(Value::as_f64),
        Some(one) => one.as_f64(),
        None => None,
    };
    Ok(LabelShap { label, expected, features })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> GlobalShap {
        let features = vec![("age".to_owned(), 0.081), ("plan".to_owned(), 0.5)];
        let label = LabelShap { label: "label0".into(), expected: Some(0.372), features };
        GlobalShap { labels: vec![label], rows: 0 }
    }

    #[test]
    fn file_has_clarifys_members_and_reads_back() {
        let mut bytes = Vec::new();
        write(&sample(), &mut bytes).unwrap();
        // The shape of reference G.
        let expect = json!({"version": "1.0", "explanations": {"kernel_shap": {"label0": {
            "global_shap_values": {"age": 0.081, "plan": 0.5}, "expected_value": 0.372}}}});
        assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), expect);
        assert_eq!(read(&bytes), Ok(sample()));
    }

    #[test]
    fn local_values_have_a_column_a_feature_and_label() {
        let mut bytes = Vec::new();
        let local = Table::of(2, vec![0.5, -1.0, 2.0, 0.0]).unwrap();
        write_local(&["a,b".into(), "c".into()], &["label0"], &local, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text, "\"a,b_label0\",c_label0\n0.5,-1\n2,0\n");
    }

    #[test]
    fn other_methods_results_are_passed_over() {
        let text = br#"{"explanations":{"pdp":[{}],"kernel_shap":{"a":{
            "global_shap_values":{"x":1},"expected_value":[0.5,0.25],"global_top_shap_text":{}},
            "b":{"global_shap_values":{"x":2},"expected_value":[0.5,0.25]}}}}"#;
        let read = read(text).unwrap();
        let expected: Vec<Option<f64>> = read.labels.iter().map(|it| it.expected).collect();
        assert_eq!(expected, [Some(0.5), Some(0.25)]);
    }

    #[test]
    fn bias_files_are_refused_with_a_fix() {
        let said = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
        assert!(
            said(r#"{"version":"1.0","pre_training_bias_metrics":{}}"#).contains("explanations")
        );
        let nothing = r#"{"explanations":{"kernel_shap":{"a":{"global_shap_values":{"x":"1"}}}}}"#;
        assert!(said(nothing).contains("global_shap_values[0] is not a number"));
    }
}
