//! The baseline payloads of the module that Vigil replaces, from their bytes to a promoted baseline.

use super::stage::Stage;
use crate::{Done, Rebuilt};
use engine::monitor::{Monitor, MonitorType};
use engine::request::BaselineCall;
use ports::{Address, Baselines, JobSpec, JobStatus, Work};
use std::fmt::Write as _;

const QUALITY: &str = include_str!("../../../../events/rebuild-baseline/module-model-quality.json");
const BIAS: &str = include_str!("../../../../events/rebuild-baseline/module-model-bias.json");
const EXPLAINED: &str =
    include_str!("../../../../events/rebuild-baseline/module-model-explainability.json");

/// The readable model of the native engine; Clarify asks the model that the payload names.
const MODEL: &str =
    r#"{"linear":{"objective":"binary:logistic","intercept":0.5,"weights":[0.00002,-0.4,0.1]}}"#;

/// A stage on which the endpoints and the data of the payloads are.
fn stage(engine: &str) -> Stage {
    let settings = format!(
        "defaults:\n  engine: {engine}\n  model_explainability: {{model_s3_uri: \"s3://ml-models/credit.json\"}}\n"
    );
    let mut stage = Stage::with(&settings);
    stage.jobs.role = Some("arn:aws:iam::111122223333:role/vigil-monitor".into());
    let put = |bucket: &str, key: &str, text: String| {
        stage.inner().set_object(&Address::new(bucket, key), text);
    };
    let (mut churn, mut credit) =
        ("age,p_churn,churned,left\n".to_owned(), "income,age_group,region,repaid\n".to_owned());
    for at in 0..900_u32 {
        let (score, left) =
            (f64::from(at * 7 % 100) / 100.0, u32::from(at * 13 % 100 < at * 7 % 100));
        let _ = writeln!(churn, "{},{score},{},{left}", 20 + at % 50, u32::from(0.5 < score));
        let (group, region) = (at % 4, at % 9);
        let _ = writeln!(
            credit,
            "{},{group},{region},{}",
            20_000 + at * 37 % 60_000,
            u32::from(at % 3 < group)
        );
    }
    put("ml-training", "churn/validation-with-predictions.csv", churn);
    let plain = credit.split_once('\n').map_or("", |(_, rows)| rows).to_owned();
    put("ml-training", "credit/plain.csv", plain);
    put("ml-training", "credit/train.csv", credit);
    put("ml-models", "credit.json", MODEL.to_owned());
    for name in ["churn-prod", "credit-prod"] {
        stage.serve(name, true);
        stage.ask(Work::ReconcileEndpoint { endpoint: name.into() });
    }
    stage.settle();
    stage
}

fn request(payload: &str) -> Work {
    match formats::baseline_request::read(payload.as_bytes()) {
        Ok(Some(BaselineCall::Start(request))) => Work::RequestBaseline { request },
        other => panic!("{other:?}"),
    }
}

fn rebuilt(stage: &mut Stage, work: &Work) -> Rebuilt {
    match stage.once(work) {
        Ok(Done::Rebuilt(it)) => it,
        other => panic!("{other:?}"),
    }
}

fn text(stage: &Stage, bucket: &str, key: &str) -> String {
    let bytes = stage.inner().object(&Address::new(bucket, key));
    String::from_utf8(bytes.unwrap_or_else(|| panic!("no {key}"))).expect("text")
}

fn in_force(stage: &Stage, endpoint: &str, kind: MonitorType) -> Option<String> {
    let monitor = Monitor { endpoint: endpoint.into(), variant: "AllTraffic".into(), kind };
    let found = pollster::block_on(stage.shelves.current(&monitor)).expect("read");
    found.map(|it| it.value.version)
}

/// Builds natively, and returns what lies where the payload wants its copy.
fn native(payload: &str, files: &[&str]) -> Vec<String> {
    let mut stage = stage("native");
    let work = request(payload);
    let Work::RequestBaseline { request } = &work else { unreachable!() };
    let (endpoint, kind) = (request.endpoint.clone(), request.kind);
    let to = Address::parse(&request.output).expect("a place");
    let done = rebuilt(&mut stage, &work);
    let Rebuilt::Promoted { version } = done else { panic!("{done:?}") };
    assert_eq!(in_force(&stage, &endpoint, kind), Some(version.clone()));
    assert_eq!(stage.inner().job_specs(), [], "no machine is rented");
    assert_eq!(rebuilt(&mut stage, &work), Rebuilt::Unchanged { version });
    files.iter().map(|it| text(&stage, &to.bucket, &format!("{}{it}", to.key))).collect()
}

#[test]
fn defect_04_quality_payload_is_promoted_natively() {
    let found = native(QUALITY, &["statistics.json", "constraints.json"]);
    assert!(found[0].contains("\"binary_classification_metrics\""), "{}", found[0]);
    // Both columns of predictions count: classes by the one, curves by the other.
    for metric in ["recall", "auc", "confusion_matrix"] {
        assert!(found[0].contains(&format!("\"{metric}\"")), "{metric}: {}", found[0]);
    }
    assert!(found[1].contains("LessThanThreshold"), "{}", found[1]);
}

#[test]
fn defect_04_bias_payload_is_promoted_natively() {
    let found = native(BIAS, &["analysis.json"]);
    let analysis = &found[0];
    for part in ["\"label\": \"repaid\"", "\"age_group\"", "\"label_value_or_threshold\": \"1\""] {
        assert!(analysis.contains(part), "{part}: {analysis}");
    }
    assert!(!analysis.contains("income") && !analysis.contains("region"), "{analysis}");
}

#[test]
fn defect_04_explainability_payload_is_promoted_natively() {
    let found = native(EXPLAINED, &["analysis.json"]);
    // A weighted sum is explained exactly: the mean distance from the payload's own row.
    for part in ["\"kernel_shap\"", "\"income\"", "\"age_group\"", "\"region\""] {
        assert!(found[0].contains(part), "{part}: {}", found[0]);
    }
    assert!(!found[0].contains("\"repaid\""), "the label explains nothing: {}", found[0]);
}

/// Builds natively of a payload that says something else, and returns its first file.
fn altered(payload: &str, from: &str, to: &str) -> Result<String, String> {
    assert_eq!(payload.matches(from).count(), 1, "{from}");
    let work = request(&payload.replace(from, to));
    let mut stage = stage("native");
    let Work::RequestBaseline { request } = &work else { unreachable!() };
    let at = Address::parse(&request.output).expect("a place");
    let first = if request.kind == MonitorType::ModelQuality { "statistics" } else { "analysis" };
    let key = format!("{}{first}.json", at.key);
    match rebuilt(&mut stage, &work) {
        Rebuilt::Promoted { .. } => Ok(text(&stage, &at.bucket, &key)),
        other => Err(other.reason().unwrap_or_default()),
    }
}

#[test]
fn defect_05_each_field_has_its_effect_natively() {
    let check = |payload: &str, from: &str, to: &str, expect: &str| {
        let found = altered(payload, from, to).unwrap_or_else(|why| why);
        assert!(found.contains(expect), "{from} -> {to}: {found}");
        let before = altered(payload, from, from).expect("promoted");
        assert!(!before.contains(expect), "{from} says it, too");
    };
    check(QUALITY, "BinaryClassification", "Regression", "\"regression_metrics\"");
    check(QUALITY, "\"churned\"", "\"gone\"", "there is no column gone");
    check(QUALITY, "\"p_churn\"", "\"gone\"", "there is no column gone");
    check(QUALITY, "\"left\"", "\"gone\"", "there is no column gone");
    check(
        BIAS,
        "\"label_header\": \"repaid\"",
        "\"label_header\": \"region\"",
        "\"label\": \"region\"",
    );
    check(
        BIAS,
        "\"label_values\": \"1\"",
        "\"label_values\": \"0\"",
        "\"label_value_or_threshold\": \"0\"",
    );
    check(BIAS, "\"facet_name\": \"age_group\"", "\"facet_name\": \"region\"", "\"region\"");
    check(BIAS, "\"0,1\"", "\"3\"", "\"value_or_threshold\": \"3\"");
    check(EXPLAINED, "\"label_header\": \"repaid\"", "\"label_header\": \"region\"", "\"repaid\"");
    check(EXPLAINED, "\"mean_abs\"", "\"median\"", "\"region\": -0.3");
}

#[test]
fn rows_without_a_header_are_named_by_the_payload() {
    for payload in [BIAS, EXPLAINED] {
        let plain = payload.replace("credit/train.csv", "credit/plain.csv");
        let named = altered(&plain, "income,age_group,", "wage,generation,");
        let expect = if payload == BIAS { "have no column \"age_group\"" } else { "\"wage\"" };
        assert!(named.clone().unwrap_or_else(|why| why).contains(expect), "{named:?}");
    }
}

/// The machine of a job as the module's own defaults say: those of `module-parameters.md`.
fn machine(job: &JobSpec) -> (u32, &str, u32, Option<u32>) {
    let it = &job.cluster;
    (it.instance_count, it.instance_type.as_str(), it.volume_gb, job.max_runtime_seconds)
}

fn pairs(job: &JobSpec) -> Vec<(&str, &str)> {
    job.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn inputs(job: &JobSpec) -> Vec<(&str, &str)> {
    job.inputs.iter().map(|it| (it.name.as_str(), it.local_path.as_str())).collect()
}

/// Starts the job of a payload on engine `sagemaker`.
fn started(stage: &mut Stage, payload: &str) -> JobSpec {
    let work = request(payload);
    let done = rebuilt(stage, &work);
    let Rebuilt::Started { job } = done else { panic!("{done:?}") };
    assert_eq!(rebuilt(stage, &work), Rebuilt::Started { job: job.clone() }, "one job");
    let all = stage.inner().job_specs();
    assert_eq!(all.len(), 1);
    let spec = all.into_iter().next().expect("a job");
    assert_eq!(spec.name, job);
    spec
}

/// Ends a job with what the native engine writes for the same payload, and takes it.
fn finished(stage: &mut Stage, job: &JobSpec, payload: &str, files: &[&str]) {
    let Work::RequestBaseline { request } = request(payload) else { unreachable!() };
    let from = Address::parse(&job.outputs[0].s3_uri).expect("a place");
    for (file, text) in files.iter().zip(native(payload, files)) {
        let at = Address::new(from.bucket.as_str(), format!("{}/{file}", from.key));
        stage.inner().set_object(&at, text);
    }
    stage.inner().end_job(&job.name, JobStatus::Completed, None);
    let check = format!(r#"{{"action": "check", "job_name": "{}"}}"#, job.name);
    let Ok(Some(BaselineCall::Check { job: name })) =
        formats::baseline_request::read(check.as_bytes())
    else {
        panic!("the module's own way to ask")
    };
    let done = rebuilt(stage, &Work::CheckBaseline { job: name });
    let Rebuilt::Promoted { version } = done else { panic!("{done:?}") };
    assert_eq!(in_force(stage, &request.endpoint, request.kind), Some(version));
    let to = Address::parse(&request.output).expect("a place");
    for file in files {
        let _whole = text(stage, &to.bucket, &format!("{}{file}", to.key));
    }
}

const ANALYZER: &str =
    "468650794304.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-model-monitor-analyzer";
const CLARIFY: &str =
    "131013547314.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-clarify-processing:1.0";

#[test]
fn defect_04_quality_payload_starts_the_analyzers_job() {
    let mut stage = stage("sagemaker");
    let job = started(&mut stage, QUALITY);
    assert_eq!(job.image, ANALYZER);
    assert_eq!(machine(&job), (1, "ml.m5.2xlarge", 30, Some(1800)));
    assert_eq!(
        inputs(&job),
        [("baseline_dataset_input", "/opt/ml/processing/input/baseline_dataset_input")]
    );
    let from = "s3://ml-training/churn/validation-with-predictions.csv";
    assert_eq!(job.inputs[0].s3_uri, from);
    // Formats H.2; what the payload says not is not there.
    let expect = [
        ("analysis_type", "MODEL_QUALITY"),
        ("dataset_format", r#"{"csv":{"header":true,"output_columns_position":"START"}}"#),
        ("dataset_source", "/opt/ml/processing/input/baseline_dataset_input"),
        ("ground_truth_attribute", "left"),
        ("inference_attribute", "churned"),
        ("output_path", "/opt/ml/processing/output"),
        ("probability_attribute", "p_churn"),
        ("problem_type", "BinaryClassification"),
        ("publish_cloudwatch_metrics", "Disabled"),
    ];
    assert_eq!(pairs(&job), expect);
    finished(&mut stage, &job, QUALITY, &["statistics.json", "constraints.json"]);
}

/// Returns Clarify's config of a job without the whitespace.
fn config(stage: &Stage, job: &JobSpec) -> String {
    assert_eq!(job.image, CLARIFY);
    assert_eq!(pairs(job), [], "Clarify reads its config");
    let expect = [
        ("analysis_config", "/opt/ml/processing/input/config"),
        ("dataset", "/opt/ml/processing/input/data"),
    ];
    assert_eq!(inputs(job), expect);
    assert_eq!(job.inputs[1].s3_uri, "s3://ml-training/credit/train.csv");
    let at = Address::parse(&job.inputs[0].s3_uri).expect("a place");
    text(stage, &at.bucket, &at.key).split_whitespace().collect()
}

#[track_caller]
fn holds(config: &str, parts: &[&str]) {
    for part in parts {
        assert!(config.contains(part), "{part}: {config}");
    }
}

#[test]
fn defect_04_bias_payload_starts_clarifys_job() {
    let mut stage = stage("sagemaker");
    let job = started(&mut stage, BIAS);
    assert_eq!(machine(&job), (1, "ml.m5.xlarge", 30, Some(1800)));
    let told = config(&stage, &job);
    // Formats F.1: numbers are numbers, and the model is asked by its name.
    let expect = [
        r#""dataset_type":"text/csv""#,
        r#""headers":["income","age_group","region","repaid"]"#,
        r#""label":"repaid""#,
        r#""label_values_or_threshold":[1]"#,
        r#""probability_threshold":0.35"#,
        r#""facet":[{"name_or_index":"age_group","value_or_threshold":[0,1]}]"#,
        r#""pre_training_bias":{"methods":"all"}"#,
        r#""post_training_bias":{"methods":"all"}"#,
        r#""model_name":"credit-12""#,
    ];
    holds(&told, &expect);
    assert!(!told.contains("shap"), "{told}");
    finished(&mut stage, &job, BIAS, &["analysis.json"]);
}

#[test]
fn defect_04_explainability_payload_starts_clarifys_job() {
    let mut stage = stage("sagemaker");
    let job = started(&mut stage, EXPLAINED);
    assert_eq!(machine(&job), (1, "ml.m5.xlarge", 30, Some(1800)));
    let told = config(&stage, &job);
    let expect = [
        r#""dataset_type":"text/csv""#,
        r#""headers":["income","age_group","region","repaid"]"#,
        r#""label":"repaid""#,
        r#""shap":{"#,
        r#""baseline":[[41000.0,2,7]]"#,
        r#""num_samples":50"#,
        r#""agg_method":"mean_abs""#,
        r#""save_local_shap_values":false"#,
        r#""model_name":"credit-12""#,
    ];
    holds(&told, &expect);
    assert!(!told.contains("bias"), "{told}");
    finished(&mut stage, &job, EXPLAINED, &["analysis.json"]);
}

#[test]
fn defaults_of_the_module_hold_in_jobs() {
    // `module-parameters.md`: 1 × ml.m5.xlarge, 30 GB, an hour for data quality and half an hour else; no demo value
    // for labels, facets and SHAP stands in for what is not said.
    let params = |kind: &str| match kind {
        "data_quality" => "",
        "model_quality" => r#", "model_quality_params": {"problem_type": "Regression"}"#,
        "model_bias" => {
            r#", "model_bias_params": {"label_header": "repaid", "label_values": [1], "facet_name": "region"}"#
        }
        _ => r#", "model_explainability_params": {}"#,
    };
    for kind in MonitorType::ALL {
        let word = kind.word();
        let payload = format!(
            r#"{{"monitor_type": "{word}", "endpoint_name": "credit-prod", "training_data_uri": "s3://ml-training/credit/train.csv", "baseline_output_uri": "s3://ml-baselines/{word}"{}}}"#,
            params(word)
        );
        let mut stage = stage("sagemaker");
        let job = started(&mut stage, &payload);
        let runtime = if kind == MonitorType::DataQuality { 3600 } else { 1800 };
        assert_eq!(machine(&job), (1, "ml.m5.xlarge", 30, Some(runtime)), "{word}");
        if matches!(kind, MonitorType::ModelBias | MonitorType::ModelExplainability) {
            let told = config(&stage, &job);
            // The model behind the endpoint stands in for the one that is not named.
            holds(&told, &[r#""dataset_type":"text/csv""#, r#""model_name":"churn-7""#]);
            for absent in
                ["value_or_threshold\":[]", "probability_threshold", "num_samples", "baseline"]
            {
                assert!(!told.contains(absent), "{word}: {absent}: {told}");
            }
        } else {
            assert_eq!(job.image, ANALYZER);
        }
    }
}

#[test]
fn request_that_says_something_else_is_another_baseline() {
    let mut stage = stage("native");
    let first = rebuilt(&mut stage, &request(BIAS));
    let other = request(&BIAS.replace("\"0,1\"", "\"3\""));
    let second = rebuilt(&mut stage, &other);
    assert!(matches!(second, Rebuilt::Promoted { .. }) && first != second, "{second:?}");
    assert!(matches!(rebuilt(&mut stage, &other), Rebuilt::Unchanged { .. }));
}

#[test]
fn threshold_of_the_payload_cuts_the_predictions() {
    let people = BIAS
        .replace("credit/train.csv", "churn/validation-with-predictions.csv")
        .replace("\"label_header\": \"repaid\"", "\"label_header\": \"left\"")
        .replace("\"facet_name\": \"age_group\"", "\"facet_name\": \"churned\"");
    let analysis = |threshold: &str| {
        let mut stage = stage("native");
        stage.settings = settings::Settings::parse(
            "defaults:\n  engine: native\n  model_bias: {probability_attribute: p_churn, probability_threshold_attribute: 0.99}\n",
        )
        .expect("settings");
        let work = request(&people.replace("0.35", threshold));
        let done = rebuilt(&mut stage, &work);
        assert!(matches!(done, Rebuilt::Promoted { .. }), "{done:?}");
        text(&stage, "ml-baselines", "credit/model-bias/analysis.json")
    };
    let (low, high) = (analysis("0.35"), analysis("0.7"));
    assert!(low.contains("post_training_bias_metrics"), "{low}");
    assert_ne!(low, high, "the setting of the schedule does not stand in its way");
}
