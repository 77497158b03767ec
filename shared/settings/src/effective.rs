use crate::kind::Value;
use crate::{Schedule, Span, WindowCount};
use std::collections::BTreeMap;

/// The settings of one endpoint, every default filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Effective {
    pub endpoint: String,
    /// `false`: Vigil leaves the endpoint alone.
    pub enabled: bool,
    pub changes: Changes,
    pub engine: Engine,
    /// How long a refusal of the account stands before `auto` asks again.
    pub engine_retry: Span,
    pub verdict: Verdict,
    pub thresholds: Thresholds,
    pub drift_ranks: DriftRanks,
    /// A window with fewer rows is too little data.
    pub min_rows: u64,
    /// A window with a larger share of unreadable records is an error.
    pub max_set_aside_share: f64,
    /// How long after its end a window waits for late capture files.
    pub capture_grace: Span,
    /// Names, or patterns with `*` and `?`.
    pub exclude_features: Vec<String>,
    /// Bytes of a window above which a processing job analyses it.
    pub job_window_bytes: u64,
    pub alerts: Alerts,
    pub capture: CaptureSwitch,
    pub probe: Probe,
    pub asking: Asking,
    pub ground_truth: GroundTruth,
    pub baseline: Baseline,
    /// In the order of [`MonitorType::ALL`].
    pub monitors: [Monitor; 4],
    pub network: Network,
    /// One sentence for each `vigil:` tag that could not be followed.
    pub ignored_tags: Vec<String>,
}

impl Effective {
    pub fn monitor(&self, of: MonitorType) -> &Monitor {
        &self.monitors[of as usize]
    }

    /// Tells whether no monitor looks at the feature.
    pub fn excludes(&self, feature: &str) -> bool {
        self.exclude_features
            .iter()
            .any(|it| crate::pattern::glob(it.as_bytes(), feature.as_bytes()))
    }

    /// Returns where labels arrive: the endpoint's own setting, or a monitor's.
    pub fn labels_from(&self) -> Option<&str> {
        let of = |it: MonitorType| self.monitor(it).quality.ground_truth_s3_uri.as_deref();
        let uri = self.ground_truth.s3_uri.as_deref();
        let uri = uri.or_else(|| of(MonitorType::ModelQuality));
        uri.or_else(|| of(MonitorType::ModelBias)).map(|it| it.trim_end_matches('/'))
    }

    /// Names the schedule that SageMaker runs: `vigil-` is its beginning, whatever was set.
    pub fn sagemaker_schedule_name(&self, of: MonitorType) -> String {
        let name = match &self.monitor(of).schedule_name {
            Some(name) => name.clone(),
            None => format!("{}-{}", self.endpoint, of.word().replace('_', "-")),
        };
        short_name(&format!("vigil-{}", name.strip_prefix("vigil-").unwrap_or(&name)))
    }

    /// Returns the name of a monitor's schedule: the one that was set, or
    /// `endpoint-type`, cut with a checksum where it would exceed 63 characters.
    pub fn schedule_name(&self, of: MonitorType) -> String {
        if let Some(name) = &self.monitor(of).schedule_name {
            return name.clone();
        }
        let tail = of.word().replace('_', "-");
        let name = format!("{}-{tail}", self.endpoint);
        if name.len() <= LONGEST {
            return name;
        }
        let sum = checksum(self.endpoint.as_bytes());
        let room = LONGEST - tail.len() - 10;
        let head: String = self.endpoint.chars().take(room).collect();
        format!("{}-{sum:08x}-{tail}", head.trim_end_matches('-'))
    }
}

/// SageMaker takes names of so many characters.
const LONGEST: usize = 63;

/// Cuts a name to what SageMaker takes, with a checksum of what is cut.
fn short_name(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let sum = checksum(name.as_bytes());
    let head: String = name.chars().take(LONGEST - 9).collect();
    format!("{}-{sum:08x}", head.trim_end_matches('-'))
}

/// FNV-1a; a name only has to differ from its few siblings.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, it| (sum ^ u32::from(*it)).wrapping_mul(0x0100_0193))
}

/// What is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MonitorType {
    DataQuality,
    ModelQuality,
    ModelBias,
    ModelExplainability,
}

impl MonitorType {
    pub const ALL: [Self; 4] =
        [Self::DataQuality, Self::ModelQuality, Self::ModelBias, Self::ModelExplainability];

    /// Returns the word that settings and events use.
    pub fn word(self) -> &'static str {
        match self {
            Self::DataQuality => "data_quality",
            Self::ModelQuality => "model_quality",
            Self::ModelBias => "model_bias",
            Self::ModelExplainability => "model_explainability",
        }
    }

    /// Seconds an hourly run may last: two jobs share the hour where labels are
    /// merged first (formats I.2).
    pub(crate) fn hourly_limit(self) -> u64 {
        match self {
            Self::DataQuality | Self::ModelExplainability => 3600,
            Self::ModelQuality | Self::ModelBias => 1800,
        }
    }
}

/// Whether Vigil may change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    Enabled,
    Paused,
}

/// Who runs the analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// SageMaker while the account takes it, then native.
    Auto,
    Native,
    Sagemaker,
}

/// Which verdict alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Calibrated,
    /// Every line of `constraint_violations.json`.
    Sagemaker,
}

/// What the drift distance ranks (formats D.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftRanks {
    Multiset,
    DistinctValues,
}

/// Limits of the calibrated verdict.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// False-discovery rate over all checks of a run.
    pub q: f64,
    /// Effect below which nobody needs to know, 0 to 1.
    pub floor: f64,
    /// Windows that must show drift before it alerts.
    pub m_of_n: WindowCount,
}

/// Where alerts go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Alerts {
    pub topic_arn: Option<String>,
    /// Without a `/` at its end.
    pub report_link: Option<String>,
}

/// Whether Vigil switches data capture on, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaptureSwitch {
    pub switch_on: bool,
    pub sampling_percent: u32,
    pub destination_s3_uri: Option<String>,
}

/// How endpoints are probed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Probe {
    pub enabled: bool,
    pub requests_s3_uri: Option<String>,
    pub rows: u64,
    pub content_type: String,
    pub most_millis: u64,
    /// From 0 to 1.
    pub most_errors: f64,
}

/// Whether endpoints are asked for what monitors cannot read, and how hard.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asking {
    pub enabled: bool,
    /// Part of the capacity that may be taken, above 0 and up to 1.
    pub share: f64,
    /// Requests that the endpoint works on at a time.
    pub at_once: u64,
    pub requests_per_second: Option<f64>,
    pub rows_per_request: u64,
    pub most_requests: u64,
    pub most_time: Span,
    pub content_type: String,
}

/// Where labels arrive, and how long they are waited for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroundTruth {
    /// Labels in any layout.
    pub s3_uri: Option<String>,
    pub format: LabelFormat,
    pub id_attribute: Option<String>,
    pub label_attribute: Option<String>,
    pub time_attribute: Option<String>,
    pub label_delay: Span,
    /// From 0 to 1.
    pub min_coverage: f64,
    /// Seconds that labels and captures wait for each other.
    pub expiry: i64,
    /// How long late labels are gathered before a window is judged again.
    pub settle: Span,
    pub backfill: Backfill,
}

/// How captures and labels are looked for that no event told of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backfill {
    /// Seconds back; none is looked for at 0.
    pub back: i64,
    /// Files that one look hands over.
    pub files: usize,
    /// Pages that one look lists.
    pub pages: usize,
}

/// How label files are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LabelFormat {
    /// By what they hold.
    #[default]
    Auto,
    /// AWS's ground-truth records (formats C.1).
    Sagemaker,
    JsonLines,
    Csv,
    Parquet,
}

/// How baselines are made.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    pub source: BaselineSource,
    /// Distance from the baseline in force above which a new one is held, 0 to 1.
    pub max_change: f64,
    /// Change of a figure, or what an nDCG lacks, above which a new baseline is held, 0 to 1.
    pub max_metric_change: f64,
    /// A held version that is put in force all the same.
    pub accept_version: Option<String>,
    pub schedule_expression: String,
    pub output_data_s3_uri: Option<String>,
    pub instance_count: u64,
    pub instance_type: String,
    pub volume_size_gb: u64,
    pub max_runtime_seconds: u64,
}

/// Where a baseline's rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaselineSource {
    /// Without a `/` at its end.
    TrainingData { s3_uri: String },
    /// The first captured rows, once there are `min_rows`.
    CapturedTraffic { min_rows: u64 },
    /// Training data is wanted and no setting or tag says where it is.
    TrainingDataUnknown,
}

/// One monitor of an endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Monitor {
    pub of: MonitorType,
    pub enabled: bool,
    pub schedule: Schedule,
    pub schedule_name: Option<String>,
    /// Data of this type's baseline; unset takes the endpoint's.
    pub training_data: Option<String>,
    pub baseline_s3_uri: Option<String>,
    pub output_s3_uri: Option<String>,
    pub instance_count: u64,
    pub instance_type: String,
    pub volume_size_gb: u64,
    /// Never above what the schedule leaves room for.
    pub max_runtime_seconds: u64,
    /// Where the window starts and ends, such as `-P3D` before the scheduled time.
    pub start_offset: Option<String>,
    pub end_offset: Option<String>,
    /// Scripts that AWS's analyzer runs around its analysis.
    pub record_preprocessor: Option<String>,
    pub post_analytics: Option<String>,
    pub quality: Quality,
}

/// What the types other than data quality need to know; unset where they do not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Quality {
    pub ground_truth_s3_uri: Option<String>,
    pub problem_type: Option<String>,
    pub features_attribute: Option<String>,
    pub inference_attribute: Option<String>,
    pub probability_attribute: Option<String>,
    pub probability_threshold_attribute: Option<f64>,
    pub ground_truth_attribute: Option<String>,
    pub positive_label: Option<String>,
    pub model_name: Option<String>,
    pub label_header: Option<String>,
    pub headers: Vec<String>,
    pub dataset_type: Option<String>,
    pub label_values: Vec<String>,
    pub facet_name: Option<String>,
    pub facet_values: Vec<String>,
    /// Such as `DI 0.8 1.25`: a metric and what it may be.
    pub limits: Vec<String>,
    pub flip_test_limit: Option<u64>,
    pub probability_threshold: Option<f64>,
    pub num_samples: Option<u64>,
    pub agg_method: Option<String>,
    pub save_local_shap_values: Option<bool>,
    pub shap_baseline: Option<String>,
    pub model_s3_uri: Option<String>,
    pub use_logit: Option<bool>,
}

/// How processing jobs run, and what is written on what Vigil creates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    pub model_bucket_arn: Option<String>,
    pub security_groups: Vec<String>,
    pub subnet_ids: Vec<String>,
    /// Never empty.
    pub kms_key_id: Option<String>,
    pub isolate: bool,
    pub encrypt_traffic: bool,
    pub sagemaker_project_id: Option<String>,
    pub sagemaker_project_name: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub permissions_boundary_name: Option<String>,
}

/// Every setting of one endpoint by its path, defaults included.
pub(crate) struct Chosen<'a> {
    pub(crate) values: BTreeMap<&'static str, &'a Value>,
    /// Paths that were asked for, so that a test can tell none is forgotten.
    #[cfg(test)]
    pub(crate) asked: std::cell::RefCell<std::collections::BTreeSet<String>>,
}

impl Chosen<'_> {
    fn get(&self, block: &str, name: &str) -> Option<&Value> {
        let path = if block.is_empty() { name.to_owned() } else { format!("{block}.{name}") };
        #[cfg(test)]
        self.asked.borrow_mut().insert(path.clone());
        self.values.get(path.as_str()).copied()
    }

    fn switch(&self, block: &str, name: &str) -> Option<bool> {
        match self.get(block, name) {
            Some(Value::Switch(it)) => Some(*it),
            _ => None,
        }
    }

    fn whole(&self, block: &str, name: &str) -> Option<u64> {
        match self.get(block, name) {
            Some(Value::Whole(it)) => Some(*it),
            _ => None,
        }
    }

    fn number(&self, block: &str, name: &str) -> Option<f64> {
        match self.get(block, name) {
            Some(Value::Number(it)) => Some(*it),
            _ => None,
        }
    }

    fn text(&self, block: &str, name: &str) -> Option<String> {
        match self.get(block, name) {
            Some(Value::Text(it)) => Some(it.clone()),
            _ => None,
        }
    }

    fn texts(&self, block: &str, name: &str) -> Vec<String> {
        match self.get(block, name) {
            Some(Value::Texts(it)) => it.clone(),
            _ => Vec::new(),
        }
    }
}

const HAS_DEFAULT: &str = "the table gives this setting a default";

pub(crate) fn effective(endpoint: &str, of: &Chosen<'_>, ignored_tags: Vec<String>) -> Effective {
    let choice = |name| of.text("", name).expect(HAS_DEFAULT);
    let span = |name| match of.get("", name) {
        Some(Value::Span(it)) => *it,
        _ => Span::default(),
    };
    Effective {
        endpoint: endpoint.to_owned(),
        enabled: of.switch("", "enabled").expect(HAS_DEFAULT),
        changes: if choice("changes") == "paused" { Changes::Paused } else { Changes::Enabled },
        engine: match choice("engine").as_str() {
            "native" => Engine::Native,
            "sagemaker" => Engine::Sagemaker,
            _ => Engine::Auto,
        },
        engine_retry: span("engine_retry"),
        verdict: if choice("verdict") == "sagemaker" {
            Verdict::Sagemaker
        } else {
            Verdict::Calibrated
        },
        thresholds: Thresholds {
            q: of.number("thresholds", "q").expect(HAS_DEFAULT),
            floor: of.number("thresholds", "floor").expect(HAS_DEFAULT),
            m_of_n: match of.get("thresholds", "m_of_n") {
                Some(Value::Windows(it)) => *it,
                _ => WindowCount { m: 1, n: 1 },
            },
        },
        drift_ranks: match choice("drift_ranks").as_str() {
            "distinct-values" => DriftRanks::DistinctValues,
            _ => DriftRanks::Multiset,
        },
        min_rows: of.whole("", "min_rows").expect(HAS_DEFAULT),
        max_set_aside_share: of.number("", "max_set_aside_share").expect(HAS_DEFAULT),
        capture_grace: span("capture_grace"),
        exclude_features: of.texts("", "exclude_features"),
        job_window_bytes: of.whole("", "job_window_megabytes").expect(HAS_DEFAULT) << 20,
        alerts: Alerts {
            topic_arn: of.text("alerts", "topic_arn"),
            report_link: of
                .text("alerts", "report_link")
                .map(|it| it.trim_end_matches('/').to_owned()),
        },
        capture: CaptureSwitch {
            switch_on: of.switch("capture", "switch_on").expect(HAS_DEFAULT),
            sampling_percent: of.whole("capture", "sampling_percentage").unwrap_or(100) as u32,
            destination_s3_uri: of.text("capture", "destination_s3_uri"),
        },
        probe: probe(of),
        asking: asking(of),
        ground_truth: ground_truth(of),
        baseline: baseline(of),
        monitors: MonitorType::ALL.map(|it| monitor(of, it)),
        network: network(of),
        ignored_tags,
    }
}

fn probe(of: &Chosen<'_>) -> Probe {
    let block = "probe";
    Probe {
        enabled: of.switch(block, "enabled").expect(HAS_DEFAULT),
        requests_s3_uri: of.text(block, "requests_s3_uri"),
        rows: of.whole(block, "rows").expect(HAS_DEFAULT),
        content_type: of.text(block, "content_type").expect(HAS_DEFAULT),
        most_millis: of.whole(block, "most_millis").expect(HAS_DEFAULT),
        most_errors: of.number(block, "most_errors").expect(HAS_DEFAULT),
    }
}

fn asking(of: &Chosen<'_>) -> Asking {
    let block = "asking";
    Asking {
        enabled: of.switch(block, "enabled").expect(HAS_DEFAULT),
        share: of.number(block, "share").expect(HAS_DEFAULT),
        at_once: of.whole(block, "at_once").expect(HAS_DEFAULT),
        requests_per_second: of.number(block, "requests_per_second"),
        rows_per_request: of.whole(block, "rows_per_request").expect(HAS_DEFAULT),
        most_requests: of.whole(block, "most_requests").expect(HAS_DEFAULT),
        most_time: match of.get(block, "most_time") {
            Some(Value::Span(it)) => *it,
            _ => Span::default(),
        },
        content_type: of.text(block, "content_type").expect(HAS_DEFAULT),
    }
}

fn ground_truth(of: &Chosen<'_>) -> GroundTruth {
    let block = "ground_truth";
    let span = |name| match of.get(block, name) {
        Some(Value::Span(it)) => *it,
        _ => Span::default(),
    };
    let days = of.whole(block, "expiry_days").expect(HAS_DEFAULT);
    GroundTruth {
        s3_uri: of.text(block, "s3_uri"),
        format: match of.text(block, "format").expect(HAS_DEFAULT).as_str() {
            "sagemaker" => LabelFormat::Sagemaker,
            "json-lines" => LabelFormat::JsonLines,
            "csv" => LabelFormat::Csv,
            "parquet" => LabelFormat::Parquet,
            _ => LabelFormat::Auto,
        },
        id_attribute: filled(of.text(block, "id_attribute")),
        label_attribute: filled(of.text(block, "label_attribute")),
        time_attribute: filled(of.text(block, "time_attribute")),
        label_delay: span("label_delay"),
        min_coverage: of.number(block, "min_coverage").expect(HAS_DEFAULT),
        expiry: days as i64 * 86_400,
        settle: span("settle"),
        backfill: Backfill {
            back: of.whole(block, "backfill_days").expect(HAS_DEFAULT) as i64 * 86_400,
            files: of.whole(block, "backfill_files").expect(HAS_DEFAULT) as usize,
            pages: of.whole(block, "backfill_pages").expect(HAS_DEFAULT) as usize,
        },
    }
}

fn baseline(of: &Chosen<'_>) -> Baseline {
    let block = "baseline";
    let min_rows = of.whole(block, "min_rows").expect(HAS_DEFAULT);
    let training = of.text(block, "training_data_s3_uri");
    let wanted = of.text(block, "source").expect(HAS_DEFAULT);
    Baseline {
        source: match (wanted.as_str(), training) {
            ("auto" | "training-data", Some(s3_uri)) => BaselineSource::TrainingData { s3_uri },
            ("training-data", None) => BaselineSource::TrainingDataUnknown,
            _ => BaselineSource::CapturedTraffic { min_rows },
        },
        max_change: of.number(block, "max_change").expect(HAS_DEFAULT),
        max_metric_change: of.number(block, "max_metric_change").expect(HAS_DEFAULT),
        accept_version: filled(of.text(block, "accept_version")),
        schedule_expression: of.text(block, "schedule_expression").expect(HAS_DEFAULT),
        output_data_s3_uri: of.text(block, "output_data_s3_uri"),
        instance_count: of.whole(block, "instance_count").expect(HAS_DEFAULT),
        instance_type: of.text(block, "instance_type").expect(HAS_DEFAULT),
        volume_size_gb: of.whole(block, "volume_size_gb").expect(HAS_DEFAULT),
        max_runtime_seconds: of.whole(block, "max_runtime_seconds").expect(HAS_DEFAULT),
    }
}

fn monitor(of: &Chosen<'_>, it: MonitorType) -> Monitor {
    let block = it.word();
    let schedule = match of.get(block, "schedule_expression") {
        Some(Value::Schedule(it)) => it.clone(),
        _ => Schedule::parse("hourly").expect("hourly is a schedule"),
    };
    let limit = runtime_limit(it, &schedule);
    let max_runtime = of.whole(block, "max_runtime_in_seconds").expect(HAS_DEFAULT);
    Monitor {
        of: it,
        enabled: of.switch(block, "enabled").expect(HAS_DEFAULT),
        schedule_name: of.text(block, "schedule_name"),
        training_data: of.text(block, "training_data_s3_uri"),
        baseline_s3_uri: of.text(block, "baseline_s3_uri"),
        output_s3_uri: of.text(block, "output_s3_uri"),
        instance_count: of.whole(block, "instance_count").expect(HAS_DEFAULT),
        instance_type: of.text(block, "instance_type").expect(HAS_DEFAULT),
        volume_size_gb: of.whole(block, "instance_volume_size_in_gb").expect(HAS_DEFAULT),
        max_runtime_seconds: max_runtime.min(limit),
        schedule,
        start_offset: filled(of.text(block, "start_time_offset")),
        end_offset: filled(of.text(block, "end_time_offset")),
        record_preprocessor: of.text(block, "record_preprocessor_s3_uri"),
        post_analytics: of.text(block, "post_analytics_s3_uri"),
        quality: quality(of, block),
    }
}

/// Returns the seconds a run may last before the next one starts.
pub(crate) fn runtime_limit(of: MonitorType, schedule: &Schedule) -> u64 {
    let period = u64::from(schedule.period());
    period * of.hourly_limit() / 3600
}

fn quality(of: &Chosen<'_>, block: &str) -> Quality {
    Quality {
        ground_truth_s3_uri: of.text(block, "ground_truth_s3_uri"),
        problem_type: of.text(block, "problem_type"),
        features_attribute: of.text(block, "features_attribute"),
        inference_attribute: of.text(block, "inference_attribute"),
        probability_attribute: of.text(block, "probability_attribute"),
        probability_threshold_attribute: of.number(block, "probability_threshold_attribute"),
        ground_truth_attribute: of.text(block, "ground_truth_attribute"),
        positive_label: filled(of.text(block, "positive_label")),
        model_name: of.text(block, "model_name"),
        label_header: of.text(block, "label_header"),
        headers: of.texts(block, "headers"),
        dataset_type: of.text(block, "dataset_type"),
        label_values: of.texts(block, "label_values"),
        facet_name: of.text(block, "facet_name"),
        facet_values: of.texts(block, "facet_values"),
        limits: of.texts(block, "limits"),
        flip_test_limit: of.whole(block, "flip_test_limit"),
        probability_threshold: of.number(block, "probability_threshold"),
        num_samples: of.whole(block, "num_samples"),
        agg_method: of.text(block, "agg_method"),
        save_local_shap_values: of.switch(block, "save_local_shap_values"),
        shap_baseline: of.text(block, "shap_baseline"),
        model_s3_uri: of.text(block, "model_s3_uri"),
        use_logit: of.switch(block, "use_logit"),
    }
}

/// Leaves out a text that says nothing.
fn filled(text: Option<String>) -> Option<String> {
    text.filter(|it| !it.trim().is_empty())
}

fn network(of: &Chosen<'_>) -> Network {
    let groups = of.text("", "security_group_id").unwrap_or_default();
    let groups = groups.split([',', ' ']).filter(|it| !it.is_empty());
    Network {
        model_bucket_arn: of.text("", "model_bucket_arn"),
        security_groups: groups.map(str::to_owned).collect(),
        subnet_ids: of.texts("", "subnet_ids"),
        kms_key_id: filled(of.text("", "kms_key_id")),
        isolate: of.switch("", "network_isolation").expect(HAS_DEFAULT),
        encrypt_traffic: of.switch("", "inter_container_encryption").expect(HAS_DEFAULT),
        sagemaker_project_id: of.text("", "sagemaker_project_id"),
        sagemaker_project_name: of.text("", "sagemaker_project_name"),
        tags: match of.get("", "tags") {
            Some(Value::Pairs(it)) => it.clone(),
            _ => BTreeMap::new(),
        },
        permissions_boundary_name: of.text("", "permissions_boundary_name"),
    }
}
