//! The baseline payloads of the module that Vigil replaces, taken verbatim.
//!
//! Names and defaults are the module's. Its demo values for facets, labels and
//! SHAP baselines are not: what nobody says stays unset.

use crate::error::{self, FormatError};
use engine::monitor::MonitorType;
use engine::request::{AnalysisParams, BaselineCall, BaselineRequest, JobMachine};
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

const DOCUMENT: &str = "baseline request";
const FIX: &str = "send action, monitor_type, endpoint_name, training_data_uri, baseline_output_uri and the params of that type";

/// Reads a payload; `None` of an event, which has a `detail-type`.
pub fn read(text: &[u8]) -> Result<Option<BaselineCall>, FormatError> {
    let members: Map<String, Value> = error::read(DOCUMENT, FIX, text)?;
    if members.contains_key("detail-type") {
        return Ok(None);
    }
    let wire: Wire = error::read(DOCUMENT, FIX, text)?;
    match wire.action.unwrap_or_default() {
        Action::Check => {
            let job = wire.job_name.filter(|it| !it.is_empty());
            let job = job.ok_or_else(|| wrong("job_name", "is missing"))?;
            Ok(Some(BaselineCall::Check { job }))
        }
        Action::Start => start(wire).map(|it| Some(BaselineCall::Start(Box::new(it)))),
    }
}

fn wrong(path: &str, problem: &str) -> FormatError {
    FormatError::at(DOCUMENT, FIX, path, problem)
}

fn start(wire: Wire) -> Result<BaselineRequest, FormatError> {
    let kind = wire.monitor_type.ok_or_else(|| wrong("monitor_type", "is missing"))?;
    let kind = MonitorType::of_word(&kind).ok_or_else(|| {
        wrong(
            "monitor_type",
            "is not data_quality, model_quality, model_bias or model_explainability",
        )
    })?;
    let text = |name: &str, value: Option<String>| {
        let value = value.ok_or_else(|| wrong(name, "is missing"))?;
        if value.is_empty() { Err(wrong(name, "is empty")) } else { Ok(value) }
    };
    let uri = |name: &str, value: Option<String>| {
        let value = text(name, value)?;
        let place = value.strip_prefix("s3://").filter(|it| !it.is_empty() && !it.starts_with('/'));
        if place.is_some() { Ok(value) } else { Err(wrong(name, "is not an S3 URI")) }
    };
    let endpoint = text("endpoint_name", wire.endpoint_name)?;
    let training_data = uri("training_data_uri", wire.training_data_uri)?;
    let output = uri("baseline_output_uri", wire.baseline_output_uri)?;
    let given = [
        (MonitorType::DataQuality, wire.data_quality_params.map(Params::from)),
        (MonitorType::ModelQuality, wire.model_quality_params.map(Params::from)),
        (MonitorType::ModelBias, wire.model_bias_params.map(Params::from)),
        (MonitorType::ModelExplainability, wire.model_explainability_params.map(Params::from)),
    ];
    let mut params = Params::default();
    for (of, it) in given {
        let Some(it) = it else { continue };
        if of != kind {
            let name = format!("{}_params", of.word());
            return Err(wrong(&name, &format!("is not for the monitor type {}", kind.word())));
        }
        params = it;
    }
    let runtime = if kind == MonitorType::DataQuality { 3600 } else { 1800 };
    let Machine { instance_count, instance_type, volume_size_gb, max_runtime_seconds } =
        params.machine;
    Ok(BaselineRequest {
        kind,
        endpoint,
        training_data,
        output,
        machine: JobMachine {
            instance_count: instance_count.unwrap_or(1),
            instance_type: instance_type.unwrap_or_else(|| "ml.m5.xlarge".to_owned()),
            volume_gb: volume_size_gb.unwrap_or(30),
            max_runtime_seconds: max_runtime_seconds.unwrap_or(runtime),
        },
        params: params.analysis,
    })
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    #[default]
    Start,
    Check,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    action: Option<Action>,
    job_name: Option<String>,
    monitor_type: Option<String>,
    endpoint_name: Option<String>,
    training_data_uri: Option<String>,
    baseline_output_uri: Option<String>,
    data_quality_params: Option<DataQuality>,
    model_quality_params: Option<ModelQuality>,
    model_bias_params: Option<ModelBias>,
    model_explainability_params: Option<ModelExplainability>,
}

#[derive(Default)]
struct Machine {
    instance_count: Option<u32>,
    instance_type: Option<String>,
    volume_size_gb: Option<u32>,
    max_runtime_seconds: Option<u32>,
}

#[derive(Default)]
struct Params {
    machine: Machine,
    analysis: AnalysisParams,
}

/// Declares the params of one type: the machine's four, and its own.
macro_rules! params {
    ($name:ident { $($field:ident: $kind:ty $(, $with:literal)?;)* }) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $name {
            instance_count: Option<u32>,
            instance_type: Option<String>,
            volume_size_gb: Option<u32>,
            max_runtime_seconds: Option<u32>,
            $(
                #[serde(default $(, deserialize_with = $with)?)]
                $field: $kind,
            )*
        }

        impl From<$name> for Params {
            fn from(it: $name) -> Self {
                let machine = Machine {
                    instance_count: it.instance_count,
                    instance_type: it.instance_type,
                    volume_size_gb: it.volume_size_gb,
                    max_runtime_seconds: it.max_runtime_seconds,
                };
                let analysis = AnalysisParams { $($field: it.$field,)* ..AnalysisParams::default() };
                Self { machine, analysis }
            }
        }
    };
}

params! { DataQuality {} }

params! { ModelQuality {
    problem_type: Option<String>;
    inference_attribute: Option<String>;
    probability_attribute: Option<String>;
    ground_truth_attribute: Option<String>;
} }

params! { ModelBias {
    label_header: Option<String>;
    headers: Vec<String>, "list";
    dataset_type: Option<String>;
    label_values: Vec<String>, "list";
    facet_name: Option<String>;
    facet_values: Vec<String>, "list";
    probability_threshold: Option<f64>;
    model_name: Option<String>;
} }

params! { ModelExplainability {
    label_header: Option<String>;
    headers: Vec<String>, "list";
    dataset_type: Option<String>;
    model_name: Option<String>;
    num_samples: Option<u64>;
    agg_method: Option<String>;
    save_local_shap_values: Option<bool>;
    shap_baseline: Option<String>, "rows";
} }

/// Reads `a,b`, `["a", "b"]`, `[1, 2]`, one number, or `null`.
fn list<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let part = |it: &Value| match it {
        Value::String(it) => Ok(it.trim().to_owned()),
        Value::Number(it) => Ok(it.to_string()),
        _ => Err(de::Error::custom("is not a list of words or numbers")),
    };
    Ok(match Value::deserialize(from)? {
        Value::Null => Vec::new(),
        Value::String(it) => {
            it.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect()
        }
        Value::Array(items) => items.iter().map(part).collect::<Result<_, _>>()?,
        one => vec![part(&one)?],
    })
}

/// Reads rows, which stay JSON text, or an S3 URI.
fn rows<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Null => None,
        Value::String(it) => Some(it),
        rows @ (Value::Array(_) | Value::Object(_)) => Some(rows.to_string()),
        _ => return Err(de::Error::custom("is neither rows nor an S3 URI")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::{Path, PathBuf};

    const PLAIN: &str = r#"{"monitor_type": "data_quality", "endpoint_name": "churn",
        "training_data_uri": "s3://b/train.csv", "baseline_output_uri": "s3://b/out/"}"#;

    fn start(text: &str) -> BaselineRequest {
        match read(text.as_bytes()) {
            Ok(Some(BaselineCall::Start(it))) => *it,
            other => panic!("{other:?}"),
        }
    }

    fn with(more: &str) -> String {
        let open = PLAIN.trim_end_matches('}');
        format!("{open}, {more}}}")
    }

    #[test]
    fn defect_07_fields_of_manual_trigger_count() {
        let it = start(PLAIN);
        assert_eq!((it.endpoint.as_str(), it.output.as_str()), ("churn", "s3://b/out/"));
        let machine = |count, volume, runtime| JobMachine {
            instance_count: count,
            instance_type: "ml.m5.xlarge".into(),
            volume_gb: volume,
            max_runtime_seconds: runtime,
        };
        assert_eq!(it.machine, machine(1, 30, 3600));
        let more = r#""action": "start", "data_quality_params": {"instance_count": 2,
            "volume_size_gb": 50, "max_runtime_seconds": 600}"#;
        assert_eq!(start(&with(more)).machine, machine(2, 50, 600));
        let quality = PLAIN.replace("data_quality", "model_quality");
        assert_eq!(start(&quality).machine, machine(1, 30, 1800));
    }

    #[test]
    fn defect_04_params_of_each_type_are_read() {
        let all = [
            ("data_quality", "{}"),
            ("model_quality", r#"{"problem_type": "Regression", "ground_truth_attribute": "y"}"#),
            ("model_bias", r#"{"facet_values": "100, 200", "probability_threshold": 0}"#),
            ("model_explainability", r#"{"shap_baseline": [[0.5]], "num_samples": 7}"#),
        ];
        let read: Vec<AnalysisParams> = all
            .iter()
            .map(|(kind, params)| {
                let text = with(&format!(r#""{kind}_params": {params}"#));
                start(&text.replace(r#": "data_quality""#, &format!(r#": "{kind}""#))).params
            })
            .collect();
        assert_eq!(read[0], AnalysisParams::default());
        assert_eq!(read[1].problem_type.as_deref(), Some("Regression"));
        assert_eq!(read[1].ground_truth_attribute.as_deref(), Some("y"));
        assert_eq!(read[2].facet_values, ["100", "200"]);
        assert_eq!(read[2].probability_threshold, Some(0.0));
        assert_eq!(read[3].shap_baseline.as_deref(), Some("[[0.5]]"));
        assert_eq!((read[3].num_samples, read[3].save_local_shap_values), (Some(7), None));
    }

    #[test]
    fn defect_05_demo_values_are_no_defaults() {
        for kind in ["model_bias", "model_explainability"] {
            let it = start(&PLAIN.replace("data_quality", kind));
            assert_eq!(it.params, AnalysisParams::default());
        }
    }

    #[test]
    fn wrong_fields_are_named() {
        #[track_caller]
        fn check(text: &str, expect: &str) {
            let told = read(text.as_bytes()).expect_err("refused").to_string();
            assert!(told.starts_with(&format!("baseline request: {expect}")), "{told}");
        }
        let without = |name: &str| PLAIN.replace(name, "job_name");
        for name in ["monitor_type", "endpoint_name", "training_data_uri", "baseline_output_uri"] {
            check(&without(name), &format!("{name} is missing"));
        }
        check(&with(r#""endpoint": "x""#), "endpoint is not one of");
        check(
            &with(r#""data_quality_params": {"instances": 1}"#),
            "data_quality_params.instances is not one of",
        );
        check(
            &with(r#""model_bias_params": {}"#),
            "model_bias_params is not for the monitor type data_quality",
        );
        check(
            &with(r#""data_quality_params": {"instance_count": "one"}"#),
            "data_quality_params.instance_count is not",
        );
        check(&PLAIN.replace("s3://b/out/", "b/out"), "baseline_output_uri is not an S3 URI");
        check(&PLAIN.replace("data_quality", "data"), "monitor_type is not data_quality");
        check(r#"{"action": "check"}"#, "job_name is missing");
        check(r#"{"action": "stop"}"#, "action is not");
        check("{}", "monitor_type is missing");
        check("[]", "it is not an object");
    }

    #[test]
    fn check_names_its_job_and_events_pass() {
        let check = read(br#"{"action": "check", "job_name": "vigil-1"}"#).expect("read");
        assert_eq!(check, Some(BaselineCall::Check { job: "vigil-1".into() }));
        assert_eq!(read(br#"{"detail-type": "Vigil Baseline Wanted"}"#), Ok(None));
    }

    #[test]
    #[expect(clippy::print_stdout, reason = "a skipped test says so")]
    fn module_payloads_are_taken_verbatim() {
        let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events/rebuild-baseline");
        let theirs =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/module-events");
        let names = ["data-quality", "model-quality", "model-bias", "model-explainability"];
        for (folder, prefix) in [(own, "module-"), (theirs, "")] {
            if !Path::new(&folder).exists() {
                println!("skipped: the module's own payloads are not here");
                continue;
            }
            for name in names {
                let file = folder.join(format!("{prefix}{name}.json"));
                let it = start(&fs::read_to_string(&file).expect("a payload"));
                assert_eq!(it.kind.word().replace('_', "-"), name);
                assert_eq!((it.machine.instance_count, it.machine.volume_gb), (1, 30));
                let is_bias = it.kind == MonitorType::ModelBias;
                assert_eq!(it.params.probability_threshold.is_some(), is_bias, "{name}");
            }
        }
    }
}
