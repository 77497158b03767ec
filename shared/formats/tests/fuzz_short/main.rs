//! Damaged documents, a few by default and as many as one asks for:
//!
//! `VIGIL_FUZZ_RUNS=1000000 cargo test --release -p formats --test fuzz_short`
//!
//! `VIGIL_FUZZ_SEED` starts elsewhere. The libFuzzer targets in `tests/fuzz`
//! check the same.

mod check;
#[path = "../../../dataset/tests/fuzz_short/damage.rs"]
mod damage;

use damage::check;

fn run(name: &str, corpus: &[&str], target: fn(&[u8])) {
    let corpus: Vec<Vec<u8>> = corpus.iter().map(|it| it.as_bytes().to_vec()).collect();
    check(name, &corpus, target);
}

#[test]
fn bias_reader_takes_any_bytes() {
    let whole = r#"{"version":"1.0","headers":["a","b","c"],"label":"c","label_values_or_threshold":[1],"facet":[{"name_or_index":"a","value_or_threshold":["x",2.5]},{"name_or_index":1}],"group_variable":"b","excluded_columns":["d"],"probability_threshold":0.5,"predicted_label":"p","methods":{"pre_training_bias":{"methods":["CI","KL"]},"post_training_bias":{"methods":"all"}},"predictor":{"model_name":"m"},"absolute_limits":{"DI":[0.8,1.25]},"least_rows":30}"#;
    let monitor = r#"{"label":0,"facet":{"name_or_index":0},"label_values_or_threshold":[0.5]}"#;
    run("bias config", &[whole, monitor], check::bias_config);
    let analysis = r#"{"version":"1.0","pre_training_bias_metrics":{"label":"c","label_value_or_threshold":"1","facets":{"a":[{"value_or_threshold":"x","metrics":[{"name":"CI","description":"Class Imbalance (CI)","value":0.2},{"name":"KL","description":"Kullback-Liebler Divergence (KL)","value":"Infinity"},{"name":"CDDL","description":"d","value":null,"error":"Group variable is empty or not provided"}]}]}},"post_training_bias_metrics":{"label":"c","label_value_or_threshold":"1","facets":{"a":[{"value_or_threshold":"(2.5, 8.0]","metrics":[{"name":"DI","description":"Disparate Impact (DI)","value":0.9}]}]}}}"#;
    run("bias analysis", &[analysis], check::bias_analysis);
}

#[test]
fn attribution_reader_takes_any_bytes() {
    let config = r#"{"dataset_type":"text/csv","headers":["y","a","b"],"label":"y","excluded_columns":[3],"methods":{"shap":{"baseline":[[1,"x"],[2.5,null]],"num_samples":100,"num_clusters":3,"agg_method":"mean_sq","use_logit":true,"save_local_shap_values":false,"seed":7,"feature_groups":{"g":["a","b"]}}},"predictor":{"content_type":"application/json","content_template":"{\"instances\":$records}","record_template":"$features_kvp","probability":"p","label_headers":["l"]}}"#;
    let rows = [
        "1,2.5,\"a,\"\"b\"\n3,,x\n",
        "[[1,null],[2,\"x\"]]",
        "{\"instances\":[{\"features\":[1,2]}]}",
    ];
    run("shap config", &[config, rows[0], rows[1], rows[2]], check::shap_config);
    let analysis = r#"{"version":"1.0","explanations":{"kernel_shap":{"label0":{"global_shap_values":{"a":0.25,"b":1e-9},"expected_value":0.5},"label1":{"global_shap_values":{"a":0,"b":3}}}}}"#;
    run("shap analysis", &[analysis], check::shap_analysis);
    let answers = [
        "0.5\n0.25\n",
        "0.5,0.25",
        "{\"predictions\":[{\"score\":0.5},{\"score\":[1,2]}]}",
        "[0.1,0.9]",
        "{\"score\":1}\n{\"score\":\"2\"}\n",
    ];
    run("answers", &answers, check::answers);
}

#[test]
fn model_reader_takes_any_bytes() {
    let linear =
        r#"{"linear":{"objective":"binary:logistic","intercept":0.5,"weights":[2,1,0.5]}}"#;
    // As XGBoost saves a forest of two small trees.
    let forest = include_str!("forest.json");
    run("model", &[linear, forest], check::json_model);
}
