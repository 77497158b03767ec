use crate::document::{self, Key, Node, Scalar, Style, shown};
use crate::effective::{Chosen, effective, runtime_limit};
use crate::field::fields;
use crate::kind::{Kind, Value};
use crate::layer::{Layer, Placed, block_of, read_layer};
use crate::problem::{Complaints, Mark};
use crate::{Effective, MonitorType, Pattern, Problems, Schedule, tag};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What the user wants, for all endpoints.
///
/// Layers, the later over the earlier: built-in defaults, `defaults:`, the
/// patterns under `endpoints:` that match (the less specific first, see
/// [`Pattern::by_specificity`]; of equals the later in the file wins), and the
/// endpoint's `vigil:` tags. A layer replaces single settings; lists and `tags`
/// are replaced whole. `changes: paused` at the top of the file is above all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    paused: bool,
    defaults: Layer,
    /// The less specific first.
    endpoints: Vec<(Pattern, Layer)>,
}

/// One setting of an endpoint, and which layer gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub path: &'static str,
    /// `None` where it is unset.
    pub value: Option<String>,
    pub origin: Origin,
}

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    BuiltIn,
    Defaults { line: usize },
    Pattern { pattern: String, line: usize },
    Tag,
}

impl Settings {
    /// Pauses all changes, whatever the file says.
    #[must_use]
    pub fn paused(self) -> Self {
        Self { paused: true, ..self }
    }

    /// Reads the text of a settings file; every problem at once.
    ///
    /// An empty file is fine: it means the defaults.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        let mut out = Complaints::default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut settings = Self::default();
        if let Some(root) = document::read(text, &mut out) {
            settings.read(&root, &mut out);
            settings.check(&mut out);
        }
        out.of(text)?;
        settings.endpoints.sort_by(|(a, _), (b, _)| a.by_specificity(b));
        Ok(settings)
    }

    /// Returns the settings of one endpoint with these tags (key, value).
    ///
    /// Tags that do not start with `vigil:` are not looked at.
    pub fn for_endpoint(&self, name: &str, tags: &[(String, String)]) -> Effective {
        let (tagged, ignored) = tag::read_tags(tags);
        let mut values: BTreeMap<&'static str, &Value> =
            BUILT_IN.iter().map(|(path, it)| (*path, &it.value)).collect();
        for layer in self.layers(name).chain([&tagged]) {
            values.extend(layer.iter().map(|(path, it)| (*path, &it.value)));
        }
        let paused = Value::Text("paused".into());
        if self.paused {
            values.insert("changes", &paused);
        }
        let chosen = Chosen {
            values,
            #[cfg(test)]
            asked: std::cell::RefCell::default(),
        };
        effective(name, &chosen, ignored)
    }

    /// Returns every setting of one endpoint with the layer it comes from.
    pub fn explain(&self, name: &str, tags: &[(String, String)]) -> Vec<Told> {
        let (tagged, _) = tag::read_tags(tags);
        let tell = |path: &'static str| {
            let mut found = BUILT_IN.get(path).map(|it| (it, Origin::BuiltIn));
            if let Some(it) = self.defaults.get(path) {
                found = Some((it, Origin::Defaults { line: it.mark.line }));
            }
            for (pattern, layer) in self.endpoints.iter().filter(|(it, _)| it.matches(name)) {
                if let Some(it) = layer.get(path) {
                    let pattern = pattern.text().to_owned();
                    found = Some((it, Origin::Pattern { pattern, line: it.mark.line }));
                }
            }
            if let Some(it) = tagged.get(path) {
                found = Some((it, Origin::Tag));
            }
            let value = found.as_ref().map(|(it, _)| it.value.to_string());
            Told { path, value, origin: found.map_or(Origin::BuiltIn, |(_, it)| it) }
        };
        fields().iter().map(|it| tell(&it.path)).collect()
    }

    fn layers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Layer> {
        let matching = self.endpoints.iter().filter(move |(it, _)| it.matches(name));
        std::iter::once(&self.defaults).chain(matching.map(|(_, layer)| layer))
    }

    fn read(&mut self, root: &Node, out: &mut Complaints) {
        let Some(pairs) = block_of(root, "the file", out) else { return };
        for (key, value) in pairs {
            match key.text.as_str() {
                "version" => check_version(value, out),
                "changes" => self.paused = read_changes(value, out),
                "defaults" => self.defaults = read_layer(value, out),
                "endpoints" => {}
                _ => unknown_top(key, out),
            }
        }
        // After the defaults, wherever they stand: the checks look at both.
        for (_, value) in pairs.iter().filter(|(key, _)| key.text == "endpoints") {
            self.read_endpoints(value, out);
        }
    }

    fn read_endpoints(&mut self, node: &Node, out: &mut Complaints) {
        let Some(pairs) = block_of(node, "endpoints", out) else { return };
        for (key, value) in pairs {
            let layer = read_layer(value, out);
            match Pattern::parse(&key.text) {
                Some(pattern) => self.endpoints.push((pattern, layer)),
                None => out.add(
                    key.mark,
                    format!("`{}` can be no endpoint's name", shown(&key.text)),
                    "use letters, digits and hyphens (1 to 63), with `*` and `?` as wildcards",
                ),
            }
            if let Some((pattern, layer)) = self.endpoints.last()
                && pattern.text() == key.text
            {
                check_layers(&[&self.defaults, layer], key.mark, out);
            }
        }
    }

    fn check(&self, out: &mut Complaints) {
        check_layers(&[&self.defaults], Mark { line: 1, column: 1, length: 1 }, out);
    }
}

/// The built-in defaults, read once.
static BUILT_IN: LazyLock<Layer> = LazyLock::new(|| {
    let mut layer = Layer::new();
    for it in fields() {
        let Some(text) = it.default else { continue };
        let scalar = Scalar { text: text.to_owned(), style: Style::Loose };
        let value = it.kind.read_scalar(&scalar).expect("defaults are of their kind");
        layer.insert(&it.path, Placed { value, mark: Mark::default() });
    }
    layer
});

fn check_version(node: &Node, out: &mut Complaints) {
    if (Kind::Whole { low: 1, high: 1 }).read(node).is_err() {
        out.add(node.mark, "`version` takes 1, the only one there is", "write 1");
    }
}

fn read_changes(node: &Node, out: &mut Complaints) -> bool {
    match Kind::Choice(&["enabled", "paused"]).read(node) {
        Ok(value) => value == Value::Text("paused".into()),
        Err((message, fix)) => {
            out.add(node.mark, format!("`changes`: {message}"), fix);
            false
        }
    }
}

const TOP: [&str; 4] = ["version", "changes", "defaults", "endpoints"];

fn unknown_top(key: &Key, out: &mut Complaints) {
    let name = shown(&key.text);
    let fix = match crate::suggest::nearest(&key.text, TOP) {
        Some(near) => format!("did you mean `{near}`?"),
        None if crate::field::field(&key.text).is_some()
            || crate::field::blocks().contains(&key.text.as_str()) =>
        {
            format!("put it under `defaults:`, or under a pattern of `endpoints:`, as `{name}: …`")
        }
        None => "known here: version, changes, defaults, endpoints".into(),
    };
    out.add(key.mark, format!("`{name}` is unknown at the top of the file"), fix);
}

/// Checks what two settings of the same endpoint say together.
fn check_layers(layers: &[&Layer], at: Mark, out: &mut Complaints) {
    let get =
        |path: &str| layers.iter().rev().find_map(|it| it.get(path)).or_else(|| BUILT_IN.get(path));
    let is_on = |path: &str| get(path).is_some_and(|it| it.value == Value::Switch(true));
    let last = layers.last().copied();
    let is_here = |path: &str| last.is_some_and(|it| it.contains_key(path));
    let types = MonitorType::ALL;
    let switches = types.map(|it| format!("{}.enabled", it.word()));
    if is_on("enabled") && !switches.iter().any(|it| is_on(it)) {
        let here = switches.iter().find_map(|it| last?.get(it.as_str()));
        out.add(
            here.map_or(at, |it| it.mark),
            "no monitor type is enabled",
            "enable one, such as `data_quality: {enabled: true}`, or write `enabled: false` to leave the endpoint alone",
        );
    }
    for it in types {
        let path = format!("{}.schedule_expression", it.word());
        let limit_path = format!("{}.max_runtime_in_seconds", it.word());
        let Some(Placed { value: Value::Schedule(schedule), mark }) = get(&path) else { continue };
        if is_here(&path) || is_here(&limit_path) {
            check_runtime(it, schedule, layers, &limit_path, out);
        }
        let is_sagemaker =
            get("engine").is_some_and(|it| it.value == Value::Text("sagemaker".into()));
        if is_sagemaker && schedule.is_native_only() && (is_here(&path) || is_here("engine")) {
            let message = format!("`{path}`: SageMaker takes no rate(…)");
            out.add(*mark, message, "write hourly or cron(0 * ? * * *), or set `engine: native`");
        }
    }
}

fn check_runtime(
    of: MonitorType,
    schedule: &Schedule,
    layers: &[&Layer],
    path: &str,
    out: &mut Complaints,
) {
    let Some(Placed { value: Value::Whole(seconds), mark }) =
        layers.iter().rev().find_map(|it| it.get(path))
    else {
        return;
    };
    let limit = runtime_limit(of, schedule);
    if limit < *seconds {
        let minutes = schedule.period() / 60;
        out.add(
            *mark,
            format!(
                "`{path}`: {seconds} is more than {limit}, which a run every {minutes} minutes has"
            ),
            format!("write {limit} or less, or let it run less often"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{BUILT_IN, Settings};
    use crate::effective::{Chosen, effective};
    use crate::{BaselineSource, Changes, Engine, MonitorType, Origin, Verdict, fields};

    const FILE: &str = r#"
version: 1
endpoints:
  churn-prod: {min_rows: 300}
  "*-prod": {min_rows: 200, verdict: sagemaker}
  churn-*:
    min_rows: 100
    engine: native
    baseline: {training_data_s3_uri: "s3://bucket/train/"}
defaults:
  min_rows: 70
  data_quality: {schedule_expression: every 6 hours}
"#;

    fn tags(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
    }

    #[track_caller]
    fn check(endpoint: &str, pairs: &[(&str, &str)], expect: &str) {
        let it = Settings::parse(FILE).unwrap().for_endpoint(endpoint, &tags(pairs));
        let hours = it.monitor(MonitorType::DataQuality).schedule.period() / 3600;
        let seen = format!(
            "{} {:?} {:?} {hours} h {:?}",
            it.min_rows, it.engine, it.verdict, it.ignored_tags
        );
        assert_eq!(seen, expect);
    }

    #[test]
    fn more_specific_pattern_wins() {
        check("fraud", &[], "70 Auto Calibrated 6 h []");
        check("churn-test", &[], "100 Native Calibrated 6 h []");
        check("fraud-prod", &[], "200 Auto Sagemaker 6 h []");
        check("churn-prod", &[], "300 Native Sagemaker 6 h []");
    }

    #[test]
    fn tags_stand_above_the_file() {
        check("churn-prod", &[("vigil:min-rows", "9"), ("team", "x")], "9 Native Sagemaker 6 h []");
        check(
            "churn-prod",
            &[("vigil:data-quality.schedule-expression", "hourly")],
            "300 Native Sagemaker 1 h []",
        );
        check(
            "churn-prod",
            &[("vigil:engin", "native"), ("vigil:verdict", "calm")],
            "300 Native Sagemaker 6 h [\"tag vigil:engin: no such setting; did you mean `engine`?\", \
             \"tag vigil:verdict: takes calibrated or sagemaker, found `calm`; write calibrated or sagemaker\"]",
        );
    }

    #[test]
    fn short_tags_name_what_matters() {
        let all = tags(&[
            ("vigil:training-data", "s3://other/train.csv"),
            ("vigil:data-quality", "false"),
            ("vigil:exclude-features", "id row*"),
        ]);
        let it = Settings::parse(FILE).unwrap().for_endpoint("churn-1", &all);
        assert_eq!(
            it.baseline.source,
            BaselineSource::TrainingData { s3_uri: "s3://other/train.csv".into() }
        );
        assert!(!it.monitor(MonitorType::DataQuality).enabled);
        assert!(it.excludes("id") && it.excludes("row7") && !it.excludes("ids"));
        assert_eq!(it.ignored_tags, Vec::<String>::new());
    }

    #[test]
    fn empty_file_means_the_defaults() {
        for text in ["", "# nothing\n", "defaults:\nendpoints: {}\n", "\u{feff}"] {
            assert_eq!(Settings::parse(text).unwrap(), Settings::default(), "{text:?}");
        }
        let it = Settings::default().for_endpoint("churn", &[]);
        assert_eq!(
            (it.engine, it.verdict, it.changes),
            (Engine::Auto, Verdict::Calibrated, Changes::Enabled)
        );
        assert_eq!((it.thresholds.q, it.thresholds.floor), (0.01, 0.08));
        assert_eq!(it.monitor(MonitorType::DataQuality).max_runtime_seconds, 3600);
        assert_eq!(it.monitor(MonitorType::ModelBias).max_runtime_seconds, 1800);
        assert_eq!(it.baseline.source, BaselineSource::CapturedTraffic { min_rows: 1000 });
        assert!(it.monitors.iter().filter(|it| it.enabled).count() == 1);
    }

    #[test]
    fn pause_at_the_top_is_above_tags() {
        let off = Settings::parse("changes: paused\n").unwrap();
        assert_eq!(
            off.for_endpoint("a", &tags(&[("vigil:changes", "enabled")])).changes,
            Changes::Paused
        );
        let one = Settings::parse("endpoints: {a: {changes: paused}}").unwrap();
        assert_eq!(one.for_endpoint("a", &[]).changes, Changes::Paused);
        assert_eq!(one.for_endpoint("b", &[]).changes, Changes::Enabled);
    }

    #[test]
    fn later_of_equal_patterns_wins() {
        let text = "endpoints: {ab?: {min_rows: 1}, a?c: {min_rows: 2}}";
        assert_eq!(Settings::parse(text).unwrap().for_endpoint("abc", &[]).min_rows, 2);
    }

    #[test]
    fn run_never_outlasts_its_schedule() {
        let text =
            "defaults: {data_quality: {schedule_expression: daily, max_runtime_in_seconds: 7200}}";
        let all = tags(&[("vigil:data-quality.schedule-expression", "hourly")]);
        let it = Settings::parse(text).unwrap().for_endpoint("a", &all);
        assert_eq!(it.monitor(MonitorType::DataQuality).max_runtime_seconds, 3600);
    }

    #[test]
    fn schedule_names_fit_in_sagemakers_limit() {
        let name = |endpoint: &str| {
            Settings::default()
                .for_endpoint(endpoint, &[])
                .schedule_name(MonitorType::ModelExplainability)
        };
        assert_eq!(name("churn"), "churn-model-explainability");
        let (a, b) = (name(&format!("{}a", "x".repeat(62))), name(&format!("{}b", "x".repeat(62))));
        assert!(a.len() <= 63 && a != b, "{a} {b}");
    }

    #[test]
    fn explanation_names_the_layer() {
        let told =
            Settings::parse(FILE).unwrap().explain("churn-prod", &tags(&[("vigil:q", "0.05")]));
        let of = |path: &str| told.iter().find(|it| it.path == path).unwrap().clone();
        assert_eq!(of("thresholds.q").origin, Origin::Tag);
        assert_eq!(
            of("min_rows").origin,
            Origin::Pattern { pattern: "churn-prod".into(), line: 4 }
        );
        assert_eq!(of("data_quality.schedule_expression").origin, Origin::Defaults { line: 12 });
        assert_eq!(of("verdict").value.as_deref(), Some("sagemaker"));
        assert_eq!(of("kms_key_id").value, None);
        assert_eq!(told.len(), fields().len());
    }

    #[test]
    fn every_setting_reaches_the_effective_ones() {
        let values = BUILT_IN.iter().map(|(path, it)| (*path, &it.value)).collect();
        let chosen = Chosen { values, asked: std::cell::RefCell::default() };
        effective("a", &chosen, Vec::new());
        let asked = chosen.asked.into_inner();
        for it in fields() {
            assert!(asked.contains(&it.path), "{} is read by nothing", it.path);
        }
    }
}
