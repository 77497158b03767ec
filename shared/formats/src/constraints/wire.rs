use crate::{loose, words};
use engine::{
    constraints::{
        CategoricalDriftMethod, ComparisonMethod, ConfigOverrides, FeatureConstraints,
        MonitoringConfig,
    },
    statistics::InferredType,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct FileWire {
    #[serde(default = "zero")]
    version: Value,
    pub(super) features: Vec<FeatureWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) monitoring_config: Option<ConfigWire>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

fn zero() -> Value {
    0.0.into()
}

impl Default for FileWire {
    fn default() -> Self {
        Self { version: zero(), features: Vec::new(), monitoring_config: None, unknown: Map::new() }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct FeatureWire {
    pub(super) name: String,
    #[serde(default, with = "words::inferred_type")]
    inferred_type: InferredType,
    #[serde(default, deserialize_with = "loose::share", skip_serializing_if = "Option::is_none")]
    completeness: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_constraints: Option<NumberWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    string_constraints: Option<TextWire>,
    /// The spelling of AWS's documents.
    #[serde(rename = "monitoringConfigOverrides", skip_serializing_if = "Option::is_none")]
    documented: Option<ConfigWire>,
    /// The spelling of AWS's Python SDK.
    #[serde(rename = "monitoring_config_overrides", skip_serializing_if = "Option::is_none")]
    spelled_by_sdk: Option<ConfigWire>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct NumberWire {
    #[serde(skip_serializing_if = "Option::is_none")]
    is_non_negative: Option<bool>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct TextWire {
    #[serde(skip_serializing_if = "Option::is_none")]
    domains: Option<Vec<String>>,
    #[serde(rename = "monitoringConfigOverrides", skip_serializing_if = "Option::is_none")]
    documented: Option<ConfigWire>,
    #[serde(rename = "monitoring_config_overrides", skip_serializing_if = "Option::is_none")]
    spelled_by_sdk: Option<ConfigWire>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ConfigWire {
    #[serde(
        default,
        deserialize_with = "loose::switch",
        serialize_with = "loose::enabled",
        skip_serializing_if = "Option::is_none"
    )]
    evaluate_constraints: Option<bool>,
    #[serde(
        default,
        deserialize_with = "loose::switch",
        serialize_with = "loose::enabled",
        skip_serializing_if = "Option::is_none"
    )]
    emit_metrics: Option<bool>,
    #[serde(default, deserialize_with = "loose::share", skip_serializing_if = "Option::is_none")]
    datatype_check_threshold: Option<f64>,
    #[serde(default, deserialize_with = "loose::share", skip_serializing_if = "Option::is_none")]
    domain_content_threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distribution_constraints: Option<DistributionWire>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct DistributionWire {
    #[serde(
        default,
        deserialize_with = "loose::switch",
        serialize_with = "loose::enabled",
        skip_serializing_if = "Option::is_none"
    )]
    perform_comparison: Option<bool>,
    /// What files of 2019 say in place of `perform_comparison`.
    #[serde(default, deserialize_with = "loose::switch", skip_serializing_if = "Option::is_none")]
    enable_comparisons: Option<bool>,
    #[serde(
        default,
        deserialize_with = "loose::distance",
        skip_serializing_if = "Option::is_none"
    )]
    comparison_threshold: Option<f64>,
    // One of AWS's documents has the second spelling.
    #[serde(alias = "comparion_method", skip_serializing_if = "Option::is_none")]
    comparison_method: Option<Method>,
    #[serde(
        default,
        deserialize_with = "loose::distance",
        skip_serializing_if = "Option::is_none"
    )]
    categorical_comparison_threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    categorical_drift_method: Option<DriftMethod>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Method(#[serde(with = "words::comparison_method")] ComparisonMethod);

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct DriftMethod(#[serde(with = "words::drift_method")] CategoricalDriftMethod);

impl FeatureWire {
    pub(super) fn constraints(&self) -> FeatureConstraints {
        let texts = self.string_constraints.as_ref();
        let mut overrides = ConfigOverrides::default();
        let nested = texts.map(|it| [&it.documented, &it.spelled_by_sdk]);
        for config in [&self.documented, &self.spelled_by_sdk]
            .into_iter()
            .chain(nested.into_iter().flatten())
            .flatten()
        {
            config.overlay(&mut overrides);
        }
        FeatureConstraints {
            name: self.name.clone(),
            inferred_type: self.inferred_type,
            completeness: self.completeness,
            non_negative: self.num_constraints.as_ref().and_then(|it| it.is_non_negative),
            domains: texts.and_then(|it| it.domains.clone()),
            overrides,
        }
    }

    /// Takes what `feature` says; members that are not known here stay.
    pub(super) fn set(&mut self, feature: &FeatureConstraints) {
        let before = self.constraints();
        self.name.clone_from(&feature.name);
        self.inferred_type = feature.inferred_type;
        self.completeness = feature.completeness;
        if feature.non_negative.is_some() || self.num_constraints.is_some() {
            self.num_constraints.get_or_insert_default().is_non_negative = feature.non_negative;
        }
        if feature.domains.is_some() || self.string_constraints.is_some() {
            self.string_constraints.get_or_insert_default().domains.clone_from(&feature.domains);
        }
        if before.overrides != feature.overrides {
            self.set_overrides(&feature.overrides);
        }
    }

    /// Puts changed overrides where the file had them, in one place only.
    fn set_overrides(&mut self, overrides: &ConfigOverrides) {
        let texts = self.string_constraints.as_mut();
        let nested = texts.map(|it| [&mut it.documented, &mut it.spelled_by_sdk]);
        let mut places: Vec<&mut Option<ConfigWire>> =
            vec![&mut self.documented, &mut self.spelled_by_sdk];
        places.extend(nested.into_iter().flatten());
        let chosen = places.iter().position(|it| it.is_some()).unwrap_or(0);
        for (at, place) in places.into_iter().enumerate() {
            if at == chosen {
                place.get_or_insert_default().set_overrides(overrides);
            } else if let Some(config) = place {
                config.set_overrides(&ConfigOverrides::default());
            }
        }
    }
}

impl ConfigWire {
    pub(super) fn monitoring_config(&self) -> MonitoringConfig {
        let mut said = ConfigOverrides::default();
        self.overlay(&mut said);
        let usual = MonitoringConfig::default();
        MonitoringConfig {
            evaluate_constraints: said.evaluate_constraints.unwrap_or(usual.evaluate_constraints),
            emit_metrics: said.emit_metrics.unwrap_or(usual.emit_metrics),
            datatype_check_threshold: said
                .datatype_check_threshold
                .unwrap_or(usual.datatype_check_threshold),
            domain_content_threshold: said
                .domain_content_threshold
                .unwrap_or(usual.domain_content_threshold),
            perform_comparison: said.perform_comparison.unwrap_or(usual.perform_comparison),
            comparison_threshold: said.comparison_threshold.unwrap_or(usual.comparison_threshold),
            comparison_method: said.comparison_method.unwrap_or(usual.comparison_method),
            categorical_comparison_threshold: said.categorical_comparison_threshold,
            categorical_drift_method: said
                .categorical_drift_method
                .unwrap_or(usual.categorical_drift_method),
        }
    }

    pub(super) fn set(&mut self, config: &MonitoringConfig) {
        self.set_overrides(&ConfigOverrides {
            evaluate_constraints: Some(config.evaluate_constraints),
            emit_metrics: Some(config.emit_metrics),
            datatype_check_threshold: Some(config.datatype_check_threshold),
            domain_content_threshold: Some(config.domain_content_threshold),
            perform_comparison: Some(config.perform_comparison),
            comparison_threshold: Some(config.comparison_threshold),
            comparison_method: Some(config.comparison_method),
            categorical_comparison_threshold: config.categorical_comparison_threshold,
            categorical_drift_method: Some(config.categorical_drift_method),
        });
    }

    /// Puts what this says over what `said` says.
    fn overlay(&self, said: &mut ConfigOverrides) {
        let bare = DistributionWire::default();
        let distribution = self.distribution_constraints.as_ref().unwrap_or(&bare);
        let method = distribution.comparison_method.map(|it| it.0);
        let drift = distribution.categorical_drift_method.map(|it| it.0);
        let perform = distribution.perform_comparison.or(distribution.enable_comparisons);
        over(&mut said.evaluate_constraints, self.evaluate_constraints);
        over(&mut said.emit_metrics, self.emit_metrics);
        over(&mut said.datatype_check_threshold, self.datatype_check_threshold);
        over(&mut said.domain_content_threshold, self.domain_content_threshold);
        over(&mut said.perform_comparison, perform);
        over(&mut said.comparison_threshold, distribution.comparison_threshold);
        over(&mut said.comparison_method, method);
        let categorical = distribution.categorical_comparison_threshold;
        over(&mut said.categorical_comparison_threshold, categorical);
        over(&mut said.categorical_drift_method, drift);
    }

    fn set_overrides(&mut self, said: &ConfigOverrides) {
        self.evaluate_constraints = said.evaluate_constraints;
        self.emit_metrics = said.emit_metrics;
        self.datatype_check_threshold = said.datatype_check_threshold;
        self.domain_content_threshold = said.domain_content_threshold;
        let any = said.perform_comparison.is_some()
            || said.comparison_threshold.is_some()
            || said.comparison_method.is_some()
            || said.categorical_comparison_threshold.is_some()
            || said.categorical_drift_method.is_some();
        if !any && self.distribution_constraints.is_none() {
            return;
        }
        let distribution = self.distribution_constraints.get_or_insert_default();
        distribution.perform_comparison = said.perform_comparison;
        distribution.enable_comparisons =
            distribution.enable_comparisons.and(said.perform_comparison);
        distribution.comparison_threshold = said.comparison_threshold;
        distribution.comparison_method = said.comparison_method.map(Method);
        distribution.categorical_comparison_threshold = said.categorical_comparison_threshold;
        distribution.categorical_drift_method = said.categorical_drift_method.map(DriftMethod);
    }
}

fn over<T>(said: &mut Option<T>, now: Option<T>) {
    if now.is_some() {
        *said = now;
    }
}
