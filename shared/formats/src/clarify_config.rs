//! `analysis_config.json`, what Clarify is told (reference: formats F.1, G).

use engine::request::ClarifyConfig;
use serde_json::{Map, Value, json};

/// The name of the file.
pub const FILE: &str = "analysis_config.json";

/// Writes the file.
pub fn write(config: &ClarifyConfig) -> Vec<u8> {
    let mut file = Map::new();
    let mut put = |name: &str, value: Value| {
        file.insert(name.to_owned(), value);
    };
    put("version", json!("1.0"));
    if config.for_baseline {
        put("dataset_type", json!(config.dataset_type));
    }
    if !config.headers.is_empty() {
        put("headers", json!(config.headers));
    }
    if let Some(label) = &config.label {
        put("label", json!(label));
    }
    if !config.label_values.is_empty() {
        put("label_values_or_threshold", numbers(&config.label_values));
    }
    if let Some(threshold) = config.probability_threshold {
        put("probability_threshold", json!(threshold));
    }
    if let Some((name, values)) = &config.facet {
        let mut facet = json!({"name_or_index": name});
        if !values.is_empty() {
            facet["value_or_threshold"] = numbers(values);
        }
        put("facet", json!([facet]));
    }
    let methods = methods(config);
    if !methods.is_empty() {
        put("methods", Value::Object(methods));
    }
    if let Some(it) = &config.predictor {
        put(
            "predictor",
            json!({
                "model_name": it.model,
                "initial_instance_count": it.instance_count,
                "instance_type": it.instance_type,
                "content_type": it.content_type,
                "accept_type": it.accept_type,
            }),
        );
    }
    serde_json::to_vec_pretty(&file).expect("texts and numbers are JSON")
}

fn methods(config: &ClarifyConfig) -> Map<String, Value> {
    let mut methods = Map::new();
    let is_bias = config.facet.is_some();
    if config.for_baseline && is_bias {
        methods.insert("pre_training_bias".into(), json!({"methods": "all"}));
        if config.predictor.is_some() {
            methods.insert("post_training_bias".into(), json!({"methods": "all"}));
        }
    }
    if let Some(it) = &config.shap {
        let mut shap = Map::new();
        if let Some(text) = &it.baseline {
            // Rows stay rows; what is no JSON is an S3 URI.
            let rows = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
            shap.insert("baseline".into(), rows);
        }
        if let Some(count) = it.num_samples {
            shap.insert("num_samples".into(), json!(count));
        }
        if let Some(method) = &it.agg_method {
            shap.insert("agg_method".into(), json!(method));
        }
        shap.insert("save_local_shap_values".into(), json!(it.save_local_values));
        methods.insert("shap".into(), Value::Object(shap));
    }
    if config.for_baseline {
        methods.insert("report".into(), json!({"name": "report", "title": "Analysis Report"}));
    }
    methods
}

/// Writes words as numbers where they are some: Clarify tells `1` from `"1"`.
fn numbers(words: &[String]) -> Value {
    let one = |word: &String| {
        let number = word.parse::<i64>().map(Value::from);
        number.or_else(|_| word.parse::<f64>().map(Value::from)).unwrap_or_else(|_| json!(word))
    };
    Value::Array(words.iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::request::{Predictor, ShapConfig};

    fn written(config: &ClarifyConfig) -> Value {
        serde_json::from_slice(&write(config)).expect("JSON")
    }

    fn predictor() -> Predictor {
        Predictor {
            model: "churn-7".into(),
            instance_type: "ml.m5.large".into(),
            instance_count: 1,
            content_type: "text/csv".into(),
            accept_type: "text/csv".into(),
        }
    }

    #[test]
    fn bias_config_has_clarifys_members() {
        let config = ClarifyConfig {
            dataset_type: "text/csv".into(),
            headers: vec!["age".into(), "sex".into(), "label".into()],
            label: Some("label".into()),
            label_values: vec!["1".into()],
            probability_threshold: Some(0.0),
            facet: Some(("sex".into(), vec!["0".into(), "other".into()])),
            predictor: Some(predictor()),
            for_baseline: true,
            ..ClarifyConfig::default()
        };
        // The members of AWS's own sample (formats F.1).
        let expect = json!({"version": "1.0", "dataset_type": "text/csv",
            "headers": ["age", "sex", "label"], "label": "label",
            "label_values_or_threshold": [1], "probability_threshold": 0.0,
            "facet": [{"name_or_index": "sex", "value_or_threshold": [0, "other"]}],
            "methods": {"pre_training_bias": {"methods": "all"},
                "post_training_bias": {"methods": "all"},
                "report": {"name": "report", "title": "Analysis Report"}},
            "predictor": {"model_name": "churn-7", "initial_instance_count": 1,
                "instance_type": "ml.m5.large", "accept_type": "text/csv",
                "content_type": "text/csv"}});
        assert_eq!(written(&config), expect);
    }

    #[test]
    fn schedules_config_is_a_subset() {
        let config = ClarifyConfig {
            dataset_type: "text/csv".into(),
            label: Some("label".into()),
            facet: Some(("sex".into(), Vec::new())),
            ..ClarifyConfig::default()
        };
        let expect =
            json!({"version": "1.0", "label": "label", "facet": [{"name_or_index": "sex"}]});
        assert_eq!(written(&config), expect);
    }

    #[test]
    fn defect_05_shap_baseline_is_only_what_was_given() {
        let with = |baseline: Option<&str>| {
            let shap = ShapConfig {
                baseline: baseline.map(str::to_owned),
                num_samples: Some(10),
                agg_method: Some("mean_abs".into()),
                save_local_values: false,
            };
            written(&ClarifyConfig { shap: Some(shap), ..ClarifyConfig::default() })
        };
        assert_eq!(with(None)["methods"]["shap"].get("baseline"), None);
        assert_eq!(with(Some("[[1.5, 2]]"))["methods"]["shap"]["baseline"], json!([[1.5, 2]]));
        assert_eq!(with(Some("s3://b/k"))["methods"]["shap"]["baseline"], json!("s3://b/k"));
    }
}
