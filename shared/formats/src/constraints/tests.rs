use super::*;
use engine::{
    constraints::{CategoricalDriftMethod, ComparisonMethod, ConfigOverrides},
    statistics::InferredType,
};
use serde_json::Value;

/// The sample of the reference, D.4.
const AWS: &str = include_str!("sample.json");

fn read(text: &str) -> ConstraintsFile {
    ConstraintsFile::read(text.as_bytes()).unwrap()
}

fn json(file: &ConstraintsFile) -> Value {
    let mut bytes = Vec::new();
    file.write(&mut bytes).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn file_of_aws_is_read_and_written_alike() {
    let file = read(AWS);
    let [age, plan] = &file.constraints.features[..] else { panic!() };
    assert_eq!((age.completeness, age.non_negative), (Some(0.998), Some(true)));
    assert_eq!(plan.domains.as_deref(), Some(&["basic".to_owned(), "pro".to_owned()][..]));
    assert_eq!(file.constraints.config, MonitoringConfig::default());
    let expect: Value = serde_json::from_str(AWS).unwrap();
    assert_eq!(json(&file), expect);
    assert_eq!(json(&ConstraintsFile::new(file.constraints)), expect);
}

#[test]
fn absent_members_are_not_checked() {
    let file = read(r#"{"features":[{"name":"x"}]}"#);
    assert_eq!(
        file.constraints.features,
        [FeatureConstraints { name: "x".into(), ..FeatureConstraints::default() }]
    );
    assert_eq!(file.constraints.features[0].inferred_type, InferredType::Unknown);
    assert_eq!(file.constraints.config, MonitoringConfig::default());
}

#[test]
fn absent_categorical_threshold_falls_back() {
    let file = read(
        r#"{"features":[],"monitoring_config":{"evaluate_constraints":"Disabled",
        "distribution_constraints":{"comparison_method":"linf_simple"}}}"#,
    );
    let config = &file.constraints.config;
    assert_eq!(config.categorical_comparison_threshold, None);
    assert_eq!(config.comparison_method, ComparisonMethod::Simple);
    assert!(!config.evaluate_constraints);
}

/// One feature whose overrides stand at `place`.
fn overridden(place: &str) -> ConfigOverrides {
    let text = format!(r#"{{"features":[{{"name":"x",{place}}}]}}"#);
    read(&text).constraints.features.swap_remove(0).overrides
}

#[test]
fn overrides_are_read_in_every_spelling_and_place() {
    let body = r#"{"evaluate_constraints":"Disabled","datatype_check_threshold":0.5,
        "distribution_constraints":{"comparison_threshold":0.3,"comparison_method":"Simple",
        "categorical_drift_method":"ChiSquared"}}"#;
    let expect = ConfigOverrides {
        evaluate_constraints: Some(false),
        datatype_check_threshold: Some(0.5),
        comparison_threshold: Some(0.3),
        comparison_method: Some(ComparisonMethod::Simple),
        categorical_drift_method: Some(CategoricalDriftMethod::ChiSquared),
        ..ConfigOverrides::default()
    };
    for name in ["monitoringConfigOverrides", "monitoring_config_overrides"] {
        assert_eq!(overridden(&format!(r#""{name}":{body}"#)), expect);
        assert_eq!(overridden(&format!(r#""string_constraints":{{"{name}":{body}}}"#)), expect);
    }
    assert_eq!(overridden(r#""monitoring_config_overrides":null"#), ConfigOverrides::default());
}

#[test]
fn historic_switch_is_honoured() {
    let historic = |rest: &str| {
        read(&format!(
            r#"{{"features":[],"monitoring_config":{{"distribution_constraints":{{{rest}}}}}}}"#
        ))
        .constraints
        .config
        .perform_comparison
    };
    assert!(!historic(r#""enable_comparisons":false,"min_domain_mass":1.0"#));
    assert!(historic(r#""enable_comparisons":false,"perform_comparison":"Enabled""#));
    assert!(historic(r#""min_domain_mass":1.0"#));
}

const OWN: &str = r#"{"version":"1.0","owner":"team-a","features":[
  {"name":"age","inferred_type":"Integral","completeness":1.0,"note":{"why":["x",1]},
   "num_constraints":{"is_non_negative":true,"max":{"threshold":99}},
   "monitoring_config_overrides":{"evaluate_constraints":"Disabled","mine":1}},
  {"name":"plan","inferred_type":"String","completeness":1.0,
   "string_constraints":{"domains":["a"],"regex":"^a$"}}],
 "monitoring_config":{"evaluate_constraints":"Enabled","emit_metrics":"Enabled",
  "datatype_check_threshold":1.0,"domain_content_threshold":1.0,"extra":true,
  "distribution_constraints":{"perform_comparison":"Enabled","enable_comparisons":true,
   "comparison_threshold":0.1,"comparison_method":"Robust",
   "categorical_drift_method":"LInfinity","min_domain_mass":0.5}}}"#;

#[test]
fn unknown_members_survive_a_rewrite() {
    let mut expect: Value = serde_json::from_str(OWN).unwrap();
    let mut file = read(OWN);
    assert_eq!(json(&file), expect);

    // What is changed is changed where it stood, and nothing else.
    file.constraints.config.comparison_threshold = 0.2;
    file.constraints.features[0].overrides.comparison_threshold = Some(0.4);
    file.constraints.features[1].domains = Some(vec!["a".into(), "b".into()]);
    expect["monitoring_config"]["distribution_constraints"]["comparison_threshold"] = 0.2.into();
    expect["features"][0]["monitoring_config_overrides"]["distribution_constraints"] =
        serde_json::json!({"comparison_threshold": 0.4});
    expect["features"][1]["string_constraints"]["domains"] = serde_json::json!(["a", "b"]);
    assert_eq!(json(&file), expect);
}

#[test]
fn overrides_of_a_new_file_are_spelled_as_documented() {
    let overrides = ConfigOverrides { emit_metrics: Some(false), ..ConfigOverrides::default() };
    let feature = FeatureConstraints { name: "x".into(), overrides, ..Default::default() };
    let config = MonitoringConfig::default();
    let file = ConstraintsFile::new(Constraints { features: vec![feature], config });
    let written = json(&file);
    assert_eq!(
        written["features"][0]["monitoringConfigOverrides"],
        serde_json::json!({"emit_metrics": "Disabled"})
    );
    assert_eq!(read(&written.to_string()).constraints, file.constraints);
}

#[track_caller]
fn refused(from: &str, to: &str, expect: &str) {
    assert!(AWS.contains(from), "{from}");
    let said = ConstraintsFile::read(AWS.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
    assert_eq!(said, format!("constraints.json: {expect}; {FIX}"));
}

#[test]
fn faults_say_member_line_and_column() {
    refused(
        "0.998",
        "99.8",
        "features[0].completeness is not a share from 0 to 1 (line 3, column 62)",
    );
    refused(
        "\"Enabled\"",
        "\"on\"",
        "monitoring_config.evaluate_constraints is not Enabled or Disabled (line 7, column 30)",
    );
    refused(
        "\"Robust\"",
        "\"KS\"",
        "monitoring_config.distribution_constraints.comparison_method is not Simple or Robust (line 14, column 29)",
    );
    refused(
        "[\"basic\",\"pro\"]",
        "[1]",
        "features[1].string_constraints.domains[0] is not a string (line 5, column 37)",
    );
    refused("\"features\"", "\"columns\"", "it lacks `features` (line 16, column 46)");
}
