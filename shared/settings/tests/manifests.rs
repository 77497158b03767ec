//! Module manifests become settings.

use settings::{MonitorType, Settings, fields, import};
use std::fs;
use std::path::Path;

#[track_caller]
fn check(parameters: &str, expect: &str) {
    let it = import(&format!("name: monitoring\npath: modules/x\nparameters:\n{parameters}"))
        .expect("a manifest");
    assert_eq!(it.text.trim(), expect.trim());
    Settings::parse(&it.text).expect("settings that hold");
}

#[test]
fn parameters_become_blocks() {
    check(
        r#"
  - {name: endpoint-name, value: churn-prod}
  - {name: enable-data-quality-monitor, value: "true"}
  - {name: data_quality_instance_count, value: "2"}
  - {name: subnet_ids, value: [subnet-0a, subnet-0b]}
  - {name: model_bias_headers, value: "a, b c"}
  - {name: tags, value: {team: churn}}
  - {name: model_quality_probability_threshold_attribute, value: 0}
"#,
        r#"
# Settings of Vigil, made from the module manifest monitoring
# (modules/x).
version: 1
endpoints:
  churn-prod:
    subnet_ids: ["subnet-0a", "subnet-0b"]
    tags: {"team": "churn"}
    data_quality:
      enabled: true
      instance_count: 2
    model_quality:
      probability_threshold_attribute: 0
    model_bias:
      headers: ["a", "b c"]
"#,
    );
}

#[test]
fn what_is_not_taken_is_named() {
    check(
        r"
  - {name: endpoint_name, valueFrom: {moduleMetadata: {group: models, name: churn, key: EndpointName}}}
  - {name: enable_model_quality_monitor, value: true}
  - {name: kms_key_id, valueFrom: {parameterStore: key}}
  - {name: model_quality_instance_type, value: m5.large}
  - {name: data_quality_schedule, value: hourly}
",
        r"
# Settings of Vigil, made from the module manifest monitoring
# (modules/x).
version: 1
endpoints:
  REPLACE-WITH-ENDPOINT-NAME:
    # kms_key_id: …
    data_quality:
      enabled: false
    model_quality:
      enabled: true
      # instance_type: m5.large
# To look at:
#   endpoint_name comes from moduleMetadata, which only a deployment knows; put the name in place of REPLACE-WITH-ENDPOINT-NAME
#   kms_key_id comes from parameterStore, which only a deployment knows
#   model_quality.instance_type takes an instance type, found `m5.large`; write for example ml.m5.large
#   data_quality_schedule is no parameter of the module
",
    );
}

#[test]
fn manifest_without_a_type_leaves_alone() {
    let it = import("parameters: [{name: endpoint_name, value: a}]").unwrap();
    assert!(!Settings::parse(&it.text).unwrap().for_endpoint("a", &[]).enabled);
    assert_eq!(it.remarks, ["no monitor type is enabled, so the endpoint is left alone"]);
}

#[test]
fn pattern_is_no_endpoint_name() {
    for name in ["*", "churn-*", "a?", "a b", "-"] {
        let text = format!("parameters: [{{name: endpoint_name, value: '{name}'}}]");
        let it = import(&text).unwrap();
        assert!(
            it.remarks.iter().any(|it| it.starts_with("endpoint_name is no")),
            "{:?}",
            it.remarks
        );
        assert!(Settings::parse(&it.text).is_ok(), "{}", it.text);
    }
}

#[test]
fn other_files_are_refused_with_a_place() {
    for (text, expect) in [
        ("", "not a module manifest"),
        ("- a", "not a module manifest"),
        ("name: x", "no `parameters`"),
        ("parameters: 1", "no list"),
        ("parameters: [{value: 1}]", "1:14: a parameter has no `name`"),
        ("parameters:\n- name: kms_key_id", "2:3: parameter `kms_key_id` has no value"),
        ("parameters: [1]", "a parameter is no block"),
    ] {
        let told = import(text).unwrap_err().to_string();
        assert!(told.contains(expect), "{told}");
    }
}

/// The list of the module's documentation, spelled out.
const OF_MODULE: &str = "model_bucket_arn enable_data_quality_monitor enable_model_quality_monitor \
    enable_model_bias_monitor enable_model_explainability_monitor security_group_id subnet_ids kms_key_id \
    sagemaker_project_id sagemaker_project_name tags permissions_boundary_name baseline_training_data_s3_uri \
    baseline_output_data_s3_uri baseline_instance_count baseline_instance_type baseline_volume_size_gb \
    baseline_max_runtime_seconds model_quality_ground_truth_s3_uri model_quality_problem_type \
    model_quality_inference_attribute model_quality_probability_attribute model_quality_probability_threshold_attribute \
    model_bias_ground_truth_s3_uri model_bias_features_attribute model_bias_inference_attribute \
    model_bias_probability_attribute model_bias_probability_threshold_attribute \
    model_explainability_features_attribute model_explainability_inference_attribute \
    model_explainability_probability_attribute";
const OF_TYPE: &str = "baseline_s3_uri output_s3_uri instance_count instance_type instance_volume_size_in_gb \
    max_runtime_in_seconds schedule_expression";

#[test]
fn every_parameter_of_the_module_is_known() {
    let mut names: Vec<String> = OF_MODULE.split_whitespace().map(str::to_owned).collect();
    for of in MonitorType::ALL {
        names.extend(OF_TYPE.split_whitespace().map(|it| format!("{}_{it}", of.word())));
    }
    for name in names {
        let it = import(&format!("parameters: [{{name: {name}, valueFrom: {{env: X}}}}]")).unwrap();
        assert!(
            !it.remarks.iter().any(|it| it.contains("no parameter")),
            "{name}: {:?}",
            it.remarks
        );
    }
}

#[test]
fn defaults_are_those_of_the_module() {
    let of = |path: &str| fields().iter().find(|it| it.path == path).unwrap().default;
    assert_eq!(of("baseline.instance_type"), Some("ml.m5.xlarge"));
    assert_eq!(of("baseline.volume_size_gb"), Some("20"));
    assert_eq!(of("baseline.max_runtime_seconds"), Some("3600"));
    assert_eq!(of("model_quality.problem_type"), Some("Regression"));
    for it in MonitorType::ALL.map(MonitorType::word) {
        let runtime = if it == "data_quality" { "3600" } else { "1800" };
        assert_eq!(of(&format!("{it}.max_runtime_in_seconds")), Some(runtime));
        assert_eq!(of(&format!("{it}.instance_type")), Some("ml.m5.large"));
        assert_eq!(of(&format!("{it}.schedule_expression")), Some("cron(0 * ? * * *)"));
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn real_manifests_become_settings_that_hold() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/module-manifests");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("skipped: no module manifests beside this checkout");
        return;
    };
    for path in entries.map(|it| it.unwrap().path()) {
        let it = import(&fs::read_to_string(&path).unwrap()).unwrap();
        let settings = Settings::parse(&it.text).unwrap();
        let of =
            settings.for_endpoint("DEMO-xgb-churn-pred-model-monitor-2025-10-23-19-11-16", &[]);
        assert!(of.monitor(MonitorType::DataQuality).enabled, "{}", it.text);
        assert!(of.network.sagemaker_project_id.is_some(), "{}", it.text);
    }
}
