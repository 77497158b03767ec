//! What CloudWatch is told of a window.

use engine::finding::State;
use ports::{Execution, Metric};

pub(crate) fn metrics(it: &Execution) -> Vec<Metric> {
    let dimensions = vec![
        ("Endpoint", it.monitor.endpoint.clone()),
        ("MonitoringSchedule", it.schedule.clone()),
    ];
    let metric = |name: &str, value: f64| Metric {
        namespace: "Vigil",
        name: name.into(),
        dimensions: dimensions.clone(),
        at: it.window.end,
        value,
        unit: "Count",
    };
    let completed = match it.judgement.state {
        State::NoData => "WindowsIdle",
        State::Error => "WindowsFailed",
        _ => "WindowsCompleted",
    };
    vec![
        metric(completed, 1.0),
        metric("Rows", it.judgement.rows as f64),
        metric("RecordsSetAside", it.judgement.unreadable as f64),
        metric("Violations", it.violations as f64),
    ]
}
