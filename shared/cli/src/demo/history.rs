//! What happened in a demo, as seen from outside: executions and alerts.

use std::collections::BTreeMap;
use std::ops::Range;

use embedded::Sent;
use engine::event::SuiteEvent;
use engine::finding::State;
use engine::monitor::MonitorType;
use engine::window::Window;
use formats::event::{Event, read};
use serde_json::Value;

/// One judged window; a window judged again keeps its last verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub window: Window,
    pub state: State,
    /// An S3 URI.
    pub report: String,
}

/// Everything seen so far.
#[derive(Debug, Default)]
pub(super) struct History {
    /// By endpoint and variant, then by type of monitor, then by the start of the window.
    pub runs: BTreeMap<(String, String), BTreeMap<MonitorType, BTreeMap<i64, Run>>>,
    /// Executions, one judged again counted again.
    pub executions: u64,
    pub alerts: Vec<Notice>,
    /// Requests that were served.
    pub served: u64,
    /// Endpoints, and the hours in which the concept was another one.
    pub concepts: Vec<(String, Range<i64>)>,
}

/// One alert that went out.
#[derive(Debug, Clone)]
pub(super) struct Notice {
    pub sent: Sent,
    pub alert_id: String,
    pub change: String,
    pub endpoint: String,
    pub family: String,
    /// End of the window that opened the incident; seconds since 1970.
    pub opened_at: i64,
    /// Start of the first bad window; seconds since 1970.
    pub(crate) since: i64,
    /// The features it names, the most telling first.
    pub features: Vec<String>,
    pub report: Option<String>,
}

impl History {
    /// Looks at a payload on its way to a function.
    pub(super) fn see(&mut self, function: &str, payload: &Value) {
        if function != "AlertViolationsFunction"
            || payload["detail-type"] != "Vigil Execution Completed"
        {
            return;
        }
        let Ok(envelope) = read(payload.to_string().as_bytes()) else { return };
        let Event::Suite(SuiteEvent::ExecutionCompleted(it)) = envelope.event else { return };
        self.executions += 1;
        let runs = self.runs.entry((it.monitor.endpoint, it.monitor.variant)).or_default();
        let runs = runs.entry(it.monitor.kind).or_default();
        runs.insert(it.window.start, Run { window: it.window, state: it.state, report: it.report });
    }

    /// Takes the alerts that are new, and returns how many those are.
    pub(super) fn take(&mut self, alerts: &[Sent]) -> usize {
        let known = self.alerts.len();
        self.alerts.extend(alerts.iter().skip(known).map(Notice::of));
        self.alerts.len() - known
    }

    /// How many windows were judged, each once by each monitor.
    pub(super) fn windows(&self) -> usize {
        self.runs.values().flat_map(BTreeMap::values).map(BTreeMap::len).sum()
    }

    /// The windows of data quality, by endpoint.
    pub(super) fn of_data(&self) -> impl Iterator<Item = (&str, &BTreeMap<i64, Run>)> {
        let all = self.runs.iter();
        all.filter_map(|((endpoint, _), of)| {
            Some((endpoint.as_str(), of.get(&MonitorType::DataQuality)?))
        })
    }
}

impl Notice {
    fn of(sent: &Sent) -> Self {
        let document = &sent.document;
        let text = |name: &str| document[name].as_str().unwrap_or_default().to_string();
        let opened =
            text("opened_at").parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_second);
        let findings = document["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut features: Vec<String> = Vec::new();
        for name in findings.iter().filter_map(|it| it["feature"].as_str()) {
            if !features.iter().any(|it| it == name) {
                features.push(name.to_string());
            }
        }
        Self {
            alert_id: text("alert_id"),
            change: text("change"),
            endpoint: text("endpoint"),
            family: text("family"),
            opened_at: opened,
            since: opened - 3600 * document["windows"]["bad"].as_i64().unwrap_or(1),
            features,
            report: document["links"]["report"].as_str().map(str::to_string),
            sent: sent.clone(),
        }
    }
}
