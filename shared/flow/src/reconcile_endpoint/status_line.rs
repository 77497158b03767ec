//! What the status page says of an endpoint.

use engine::finding::State;
use ports::{EndpointRecord, LabelStatus, MonitorStatus, Phase, Standing, StatusLine};

/// Brings the line of the status page to what the record says.
pub(super) fn follow(
    line: Option<&StatusLine>,
    record: &EndpointRecord,
    ready: &[bool],
    awaits_labels: bool,
) -> StatusLine {
    let line = line.filter(|it| it.created_ms == record.created_ms);
    let monitors = record.monitors.iter().zip(ready).map(|(it, ready)| {
        let known = line
            .and_then(|line| {
                line.monitors.iter().find(|at| at.variant == it.variant && at.kind == it.kind)
            })
            .filter(|known| known.since == it.since);
        MonitorStatus {
            variant: it.variant.clone(),
            kind: it.kind,
            expression: it.expression.clone(),
            since: it.since,
            engine: it.engine,
            settled: !matches!(it.standing, Standing::Underway(_)),
            has_baseline: *ready,
            done_through: known.map_or(it.since, |it| it.done_through),
            settled_through: known.map_or(it.since, |it| it.settled_through),
            windows: known.map_or(0, |it| it.windows),
            open_incidents: known.map_or(0, |it| it.open_incidents),
            is_blind: known.is_some_and(|it| it.is_blind),
            last: known.and_then(|it| it.last.clone()),
        }
    });
    let state = match record.phase {
        Phase::Blocked(_) => State::Error,
        Phase::Monitored => {
            line.filter(|it| it.phase == Phase::Monitored).map_or(State::NoData, |it| it.state)
        }
        _ => State::NoData,
    };
    let keep_why = line.filter(|it| it.phase == record.phase && it.since == record.since);
    StatusLine {
        endpoint: record.endpoint.clone(),
        phase: record.phase,
        since: record.since,
        settled_since: line.and_then(|it| it.settled_since),
        created_ms: record.created_ms,
        modified_ms: record.modified_ms,
        state,
        why: keep_why.map_or_else(|| record.why.clone(), |it| it.why.clone()),
        open_incidents: line.map_or(0, |it| it.open_incidents),
        report: line.and_then(|it| it.report.clone()),
        monitors: monitors.collect(),
        labels: if awaits_labels { labels(line, record) } else { Vec::new() },
    }
}

/// Keeps what is known of each variant's labels; of a new one nothing is.
fn labels(line: Option<&StatusLine>, record: &EndpointRecord) -> Vec<LabelStatus> {
    let known = line.map(|it| it.labels.as_slice()).unwrap_or_default();
    let of = |variant: &String| {
        let known = known.iter().find(|it| it.variant == *variant).cloned();
        known.unwrap_or_else(|| LabelStatus { variant: variant.clone(), ..LabelStatus::default() })
    };
    record.variants.iter().map(of).collect()
}
