pub use crate::kind::Kind;

use crate::MonitorType;
use std::sync::LazyLock;

/// One setting: its place, what it takes, its default and what it means.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// `name`, or `block.name`.
    pub path: String,
    pub kind: Kind,
    /// As a user would write it; `None` where unset is a state of its own.
    pub default: Option<&'static str>,
    pub meaning: &'static str,
    /// `true` for the parameters of the module that Vigil replaces.
    pub of_module: bool,
}

/// Returns every setting of an endpoint, in the order of the schema.
pub fn fields() -> &'static [Field] {
    &FIELDS
}

pub(crate) fn field(path: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|it| it.path == path)
}

/// Returns the blocks of an endpoint, in the order of the schema.
pub(crate) fn blocks() -> Vec<&'static str> {
    let mut res: Vec<&str> = Vec::new();
    for it in fields() {
        if let Some((block, _)) = it.path.split_once('.')
            && !res.contains(&block)
        {
            res.push(block);
        }
    }
    res
}

static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let mut res = Table::default();
    endpoint(&mut res);
    verdict(&mut res);
    capture(&mut res);
    probe(&mut res);
    asking(&mut res);
    ground_truth(&mut res);
    network(&mut res);
    baseline(&mut res);
    for it in MonitorType::ALL {
        monitor(&mut res, it);
    }
    res.rows
});

#[derive(Default)]
struct Table {
    rows: Vec<Field>,
    block: &'static str,
}

impl Table {
    fn own(&mut self, name: &str, kind: Kind, default: &'static str, meaning: &'static str) {
        self.add(name, kind, default, meaning, false);
    }

    fn of_module(&mut self, name: &str, kind: Kind, default: &'static str, meaning: &'static str) {
        self.add(name, kind, default, meaning, true);
    }

    fn add(
        &mut self,
        name: &str,
        kind: Kind,
        default: &'static str,
        meaning: &'static str,
        of_module: bool,
    ) {
        let path =
            if self.block.is_empty() { name.to_owned() } else { format!("{}.{name}", self.block) };
        let default = (!default.is_empty()).then_some(default);
        self.rows.push(Field { path, kind, default, meaning, of_module });
    }
}

const S3_SHORT: Kind = Kind::S3Uri { most: 512 };
const S3: Kind = Kind::S3Uri { most: 1024 };

fn endpoint(it: &mut Table) {
    use Kind::{Choice, Number, Span, Switch, Texts, Whole};
    it.own("enabled", Switch, "true", "Whether Vigil monitors the endpoint at all.");
    it.own(
        "changes",
        Choice(&["enabled", "paused"]),
        "enabled",
        "Kill switch: paused looks and reports, and changes nothing.",
    );
    it.own("engine", Choice(&["auto", "native", "sagemaker"]), "auto", "Who runs the analysis; auto tries sagemaker and settles on native when the account is refused.");
    it.own(
        "engine_retry",
        Span,
        "7d",
        "How long auto keeps to native before it asks again whether the account takes sagemaker.",
    );
    it.own(
        "verdict",
        Choice(&["calibrated", "sagemaker"]),
        "calibrated",
        "Which verdict alerts: Vigil's, or every line of constraint_violations.json.",
    );
    it.own(
        "drift_ranks",
        Choice(&["multiset", "distinct-values"]),
        "multiset",
        "What drift distance ranks: all values, or distinct values as AWS's analyzer does.",
    );
    it.own(
        "min_rows",
        Whole { low: 1, high: 1_000_000_000 },
        "50",
        "Rows below which a window is too little data.",
    );
    it.own(
        "max_set_aside_share",
        Number { low: 0.0, high: 1.0 },
        "0.05",
        "Share of unreadable records above which a window is an error.",
    );
    it.own(
        "capture_grace",
        Span,
        "15m",
        "How long after its end a window waits for late capture files.",
    );
    it.own(
        "job_window_megabytes",
        Whole { low: 1, high: 1_000_000 },
        "2048",
        "Captured megabytes of a window above which a processing job analyses it.",
    );
    it.own(
        "exclude_features",
        Texts { most: 100 },
        "",
        "Features that no monitor looks at; `*` stands for any characters.",
    );
}

fn verdict(it: &mut Table) {
    it.block = "thresholds";
    it.own(
        "q",
        Kind::Number { low: 0.000_001, high: 0.5 },
        "0.01",
        "False-discovery rate over all checks of a run.",
    );
    it.own(
        "floor",
        Kind::Number { low: 0.0, high: 1.0 },
        "0.08",
        "Effect below which nobody needs to know, 0 to 1.",
    );
    it.own(
        "m_of_n",
        Kind::Windows,
        "2 of 3",
        "Windows that must show drift before it alerts; contract breaks need one.",
    );
    it.block = "alerts";
    it.own(
        "topic_arn",
        Kind::TopicArn,
        "",
        "SNS topic of the alerts; unset takes the stack's own topic.",
    );
    it.own(
        "report_link",
        Kind::Link,
        "",
        "Address under which the reports can be opened, for links in alerts.",
    );
    it.block = "";
}

fn capture(it: &mut Table) {
    it.block = "capture";
    it.own(
        "switch_on",
        Kind::Switch,
        "false",
        "Whether Vigil switches data capture on where it is off: a copy of the endpoint config, and an update.",
    );
    it.own(
        "sampling_percentage",
        Kind::Whole { low: 1, high: 100 },
        "100",
        "Share of the requests that is captured where Vigil switches capture on.",
    );
    it.own(
        "destination_s3_uri",
        S3_SHORT,
        "",
        "Where captures go where Vigil switches capture on; unset leaves it off.",
    );
    it.block = "";
}

fn probe(it: &mut Table) {
    it.block = "probe";
    it.own("enabled", Kind::Switch, "false", "Whether Vigil sends sample requests.");
    it.own(
        "requests_s3_uri",
        S3,
        "",
        "Sample requests, a CSV without a header; unset takes captured ones.",
    );
    it.own("rows", Kind::Whole { low: 1, high: 1000 }, "5", "Requests of one probe.");
    it.own("content_type", Kind::Text, "text/csv", "Media type of the sample requests.");
    it.own(
        "most_millis",
        Kind::Whole { low: 1, high: 600_000 },
        "2000",
        "Time that nineteen of twenty answers may take.",
    );
    it.own("most_errors", PROBABILITY, "0", "Share of requests that may fail.");
    it.block = "";
}

fn asking(it: &mut Table) {
    it.block = "asking";
    it.own(
        "enabled",
        Kind::Switch,
        "false",
        "Whether the endpoint itself may be asked, where explainability has no readable model and bias no predictions; the stack's AskEndpointArns have to name it.",
    );
    it.own(
        "share",
        Kind::Number { low: 0.001, high: 1.0 },
        "0.1",
        "Part of the endpoint's capacity that asking may take; slower answers make it ask less.",
    );
    it.own(
        "at_once",
        Kind::Whole { low: 1, high: 1000 },
        "1",
        "Requests that the endpoint works on at a time, over all its instances: its capacity.",
    );
    it.own(
        "requests_per_second",
        Kind::Number { low: 0.01, high: 1000.0 },
        "",
        "Requests a second at most; unset leaves it to the share.",
    );
    it.own(
        "rows_per_request",
        Kind::Whole { low: 1, high: 100_000 },
        "500",
        "Rows of one request.",
    );
    it.own(
        "most_requests",
        Kind::Whole { low: 1, high: 1_000_000 },
        "1000",
        "Requests of one run, tries included; what needs more is not begun.",
    );
    it.own("most_time", Kind::Span, "10m", "Time that one run may ask; a function ends at 15m.");
    it.own(
        "content_type",
        Kind::Choice(&["text/csv", "application/jsonlines", "application/json"]),
        "text/csv",
        "Media type of the requests.",
    );
    it.block = "";
}

fn ground_truth(it: &mut Table) {
    it.block = "ground_truth";
    it.own(
        "s3_uri",
        S3_SHORT,
        "",
        "Where labels arrive in any layout; unset takes the monitors' ground_truth_s3_uri.",
    );
    it.own(
        "format",
        Kind::Choice(&["auto", "sagemaker", "json-lines", "csv", "parquet"]),
        "auto",
        "How label files are written; auto tells by what they hold.",
    );
    it.own(
        "id_attribute",
        Kind::Text,
        "",
        "Column or member that holds the inference id; unset looks for a usual name.",
    );
    it.own(
        "label_attribute",
        Kind::Text,
        "",
        "Column or member that holds the label; unset looks for a usual name.",
    );
    it.own(
        "time_attribute",
        Kind::Text,
        "",
        "Column or member that tells when a label was found; unset takes the upload's time.",
    );
    it.own(
        "label_delay",
        Kind::Span,
        "0s",
        "How long after its end a window waits for its labels.",
    );
    it.own(
        "min_coverage",
        PROBABILITY,
        "0.5",
        "Share of a window's captures that need a label before the window is judged.",
    );
    it.own(
        "expiry_days",
        Kind::Whole { low: 1, high: 90 },
        "30",
        "Days that labels and captures wait for each other.",
    );
    it.own(
        "settle",
        Kind::Span,
        "15m",
        "How long late labels are gathered before a window is judged again; doubles each time.",
    );
    it.own(
        "backfill_days",
        Kind::Whole { low: 0, high: 90 },
        "7",
        "Days back that captures and labels are looked for that no event told of; 0 never looks.",
    );
    it.own(
        "backfill_files",
        Kind::Whole { low: 1, high: 10_000 },
        "500",
        "Files that one look hands over to be merged; the next look goes on.",
    );
    it.own(
        "backfill_pages",
        Kind::Whole { low: 1, high: 1000 },
        "20",
        "Pages of a thousand keys that one look lists; the next look goes on.",
    );
    it.block = "";
}

fn network(it: &mut Table) {
    it.own(
        "network_isolation",
        Kind::Switch,
        "false",
        "Whether the containers of jobs are kept from the network.",
    );
    it.own(
        "inter_container_encryption",
        Kind::Switch,
        "true",
        "Whether the traffic between a job's machines is encrypted.",
    );
    it.of_module(
        "model_bucket_arn",
        Kind::Arn,
        "",
        "Bucket of the model artefacts, for the roles of processing jobs.",
    );
    it.of_module(
        "security_group_id",
        Kind::Text,
        "",
        "Security groups of processing jobs, separated by commas.",
    );
    it.of_module("subnet_ids", Kind::Texts { most: 16 }, "", "Subnets of processing jobs.");
    it.of_module("kms_key_id", Kind::Text, "", "Key for volumes and outputs.");
    it.of_module("sagemaker_project_id", Kind::Text, "", "SageMaker project, written as a tag.");
    it.of_module("sagemaker_project_name", Kind::Text, "", "SageMaker project, written as a tag.");
    it.of_module("tags", Kind::Pairs, "", "Tags of what Vigil creates.");
    it.of_module(
        "permissions_boundary_name",
        Kind::Text,
        "",
        "Permissions boundary of created roles.",
    );
}

const INSTANCES: Kind = Kind::Whole { low: 1, high: 100 };
const VOLUME: Kind = Kind::Whole { low: 1, high: 16_384 };
const RUNTIME: Kind = Kind::Whole { low: 1, high: 86_400 };

fn baseline(it: &mut Table) {
    it.block = "baseline";
    it.own("source", Kind::Choice(&["auto", "training-data", "captured-traffic"]), "auto", "Where baselines come from; auto takes training data when its URI is set, else captured traffic.");
    it.own(
        "min_rows",
        Kind::Whole { low: 1, high: 1_000_000_000 },
        "1000",
        "Captured rows that must be there before they become a baseline.",
    );
    it.own("schedule_expression", Kind::Rule, "cron(0 2 * * ? *)", "When baselines are rebuilt.");
    it.own(
        "max_change",
        Kind::Number { low: 0.0, high: 1.0 },
        "0.3",
        "Distance of a feature from the baseline in force above which a new one is held.",
    );
    it.own(
        "max_metric_change",
        Kind::Number { low: 0.0, high: 1.0 },
        "0.1",
        "Change of a figure of quality (of an error: in shares of it) or of bias, or what the order of features lacks of an nDCG of 1, above which a new baseline is held.",
    );
    it.own("accept_version", Kind::Text, "", "A held version that is put in force all the same.");
    it.of_module("training_data_s3_uri", S3, "", "Training data, a file or a prefix.");
    it.of_module(
        "output_data_s3_uri",
        S3_SHORT,
        "",
        "Where baselines are copied to besides Vigil's own bucket.",
    );
    it.of_module("instance_count", INSTANCES, "1", "Instances of a baseline job.");
    it.of_module(
        "instance_type",
        Kind::InstanceType,
        "ml.m5.xlarge",
        "Instance type of a baseline job.",
    );
    it.of_module("volume_size_gb", VOLUME, "20", "Volume of a baseline job.");
    it.of_module("max_runtime_seconds", RUNTIME, "3600", "Longest run of a baseline job.");
    it.block = "";
}

fn monitor(it: &mut Table, of: MonitorType) {
    it.block = of.word();
    let (on, runtime) = match of {
        MonitorType::DataQuality => ("true", "3600"),
        _ => ("false", "1800"),
    };
    it.of_module(
        "enabled",
        Kind::Switch,
        on,
        "Whether this monitor runs (the module's enable_…_monitor).",
    );
    it.own(
        "schedule_name",
        Kind::ScheduleName,
        "",
        "Name of the schedule; unset is endpoint and type.",
    );
    it.of_module(
        "schedule_expression",
        Kind::Schedule,
        "cron(0 * ? * * *)",
        "When the monitor runs: hourly, `daily 02:00`, `every 6 hours`, or the same as cron(…).",
    );
    it.own(
        "training_data_s3_uri",
        S3,
        "",
        "Data of this type's baseline; unset takes that of the block baseline.",
    );
    it.of_module(
        "baseline_s3_uri",
        S3,
        "",
        "Baseline made elsewhere; unset takes the one Vigil builds.",
    );
    it.of_module(
        "output_s3_uri",
        S3_SHORT,
        "",
        "Where reports are copied to besides Vigil's own bucket.",
    );
    it.of_module("instance_count", INSTANCES, "1", "Instances of a monitoring job.");
    it.of_module(
        "instance_type",
        Kind::InstanceType,
        "ml.m5.large",
        "Instance type of a monitoring job.",
    );
    it.of_module("instance_volume_size_in_gb", VOLUME, "20", "Volume of a monitoring job.");
    it.of_module(
        "max_runtime_in_seconds",
        RUNTIME,
        runtime,
        "Longest run of a monitoring job; hourly at most 3600, with a merge job 1800.",
    );
    match of {
        MonitorType::DataQuality => scripts(it),
        MonitorType::ModelQuality => {
            scripts(it);
            offsets(it);
            model_quality(it);
        }
        MonitorType::ModelBias => {
            offsets(it);
            model_bias(it);
        }
        MonitorType::ModelExplainability => model_explainability(it),
    }
    it.block = "";
}

fn scripts(it: &mut Table) {
    it.own("record_preprocessor_s3_uri", S3, "", "Script that AWS's analyzer runs on each record.");
    it.own("post_analytics_s3_uri", S3, "", "Script that AWS's analyzer runs after the analysis.");
}

/// Labels that come late need a window that looks back.
fn offsets(it: &mut Table) {
    it.own(
        "start_time_offset",
        Kind::Text,
        "",
        "Where the window starts, before the scheduled time, such as -P3D for labels that come late.",
    );
    it.own(
        "end_time_offset",
        Kind::Text,
        "",
        "Where the window ends, before the scheduled time, such as -P1D.",
    );
}

fn model_quality(it: &mut Table) {
    const PROBLEMS: &[&str] = &["Regression", "BinaryClassification", "MulticlassClassification"];
    it.of_module("ground_truth_s3_uri", S3_SHORT, "", "Where labels arrive.");
    it.of_module("problem_type", Kind::Choice(PROBLEMS), "Regression", "What the model predicts.");
    it.of_module("inference_attribute", Kind::Text, "", "Attribute of the prediction.");
    it.of_module("probability_attribute", Kind::Text, "", "Attribute of the probability.");
    it.of_module(
        "probability_threshold_attribute",
        PROBABILITY,
        "",
        "Probability from which the prediction is positive.",
    );
    it.of_module("ground_truth_attribute", Kind::Text, "", "Attribute of the label.");
    it.own(
        "positive_label",
        Kind::Text,
        "",
        "Which of two labels is the positive one; unset takes 1, yes, true, else the last in order.",
    );
}

const PROBABILITY: Kind = Kind::Number { low: 0.0, high: 1.0 };

fn model_bias(it: &mut Table) {
    it.of_module("ground_truth_s3_uri", S3_SHORT, "", "Where labels arrive.");
    it.of_module("features_attribute", Kind::Text, "", "Attribute of the features.");
    it.of_module("inference_attribute", Kind::Text, "", "Attribute of the prediction.");
    it.of_module("probability_attribute", Kind::Text, "", "Attribute of the probability.");
    it.of_module(
        "probability_threshold_attribute",
        PROBABILITY,
        "",
        "Probability from which the prediction is positive.",
    );
    clarify(it);
    it.of_module(
        "label_values",
        Kind::Texts { most: 100 },
        "",
        "Label values that count as positive.",
    );
    it.of_module("facet_name", Kind::Text, "", "Feature whose groups are compared.");
    it.of_module(
        "facet_values",
        Kind::Texts { most: 100 },
        "",
        "Values of the group that is watched.",
    );
    it.own(
        "limits",
        Kind::Limits,
        "",
        "Limits beside the baseline, a metric and its range each, such as `DI 0.8 1.25`.",
    );
    it.own(
        "flip_test_limit",
        Kind::Whole { low: 0, high: 1_000_000_000_000 },
        "0",
        "Steps that the flip test may take, which reads the rows a second time; 0 leaves it out.",
    );
    it.of_module(
        "probability_threshold",
        PROBABILITY,
        "",
        "Probability threshold of the baseline.",
    );
}

fn model_explainability(it: &mut Table) {
    it.of_module("features_attribute", Kind::Text, "", "Attribute of the features.");
    it.of_module("inference_attribute", Kind::Text, "", "Attribute of the prediction.");
    it.of_module("probability_attribute", Kind::Text, "", "Attribute of the probability.");
    clarify(it);
    it.of_module(
        "num_samples",
        Kind::Whole { low: 1, high: 100_000 },
        "",
        "Samples of each SHAP explanation.",
    );
    it.of_module(
        "agg_method",
        Kind::Choice(&["mean_abs", "median", "mean_sq"]),
        "mean_abs",
        "How SHAP values of rows become one.",
    );
    it.of_module(
        "save_local_shap_values",
        Kind::Switch,
        "false",
        "Whether the SHAP values of every row are kept.",
    );
    it.own(
        "model_s3_uri",
        Kind::S3Uri { most: 1024 },
        "",
        "Model saved as JSON, by XGBoost or as weights, which the native engine explains without a call.",
    );
    it.own(
        "use_logit",
        Kind::Switch,
        "true",
        "Whether attributions of a probability are of its log-odds.",
    );
    it.of_module("shap_baseline", Kind::Text, "", "SHAP baseline: rows as JSON, or an S3 URI.");
}

fn clarify(it: &mut Table) {
    const FORMATS: &[&str] = &["text/csv", "application/jsonlines", "application/x-parquet"];
    it.of_module("model_name", Kind::Text, "", "Model to ask; unset takes the endpoint's.");
    it.of_module("label_header", Kind::Text, "", "Column of the label in the training data.");
    it.of_module(
        "headers",
        Kind::Texts { most: 10_000 },
        "",
        "Column names of data without a header.",
    );
    it.of_module("dataset_type", Kind::Choice(FORMATS), "text/csv", "Format of the training data.");
}
