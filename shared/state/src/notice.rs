use crate::Shelves;
use crate::record::{finite, maybe_time, time};
use engine::finding::{Check, Hint};
use ports::{FormAlerts, IncidentNotice, Objects};
use serde::Serialize;

/// The document that machines are sent (reference: features 4.7).
#[derive(Serialize)]
struct Form<'a> {
    schema: &'static str,
    id: &'a str,
    dedup_key: &'a str,
    alert_id: &'a str,
    state: &'a str,
    change: &'a str,
    severity: &'a str,
    score: f64,
    endpoint: &'a str,
    variant: &'a str,
    family: &'a str,
    #[serde(with = "time")]
    opened_at: i64,
    #[serde(with = "maybe_time", skip_serializing_if = "Option::is_none")]
    resolved_at: Option<i64>,
    windows: Windows,
    #[serde(skip_serializing_if = "Option::is_none")]
    impact: Option<Impact<'a>>,
    findings: Vec<Finding<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<Sample>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<Baseline<'a>>,
    links: Links<'a>,
}

#[derive(Serialize)]
struct Windows {
    bad: u32,
    of: u32,
    /// An ISO 8601 duration.
    size: String,
}

/// What it costs: the first figure of the model that broke its limit.
#[derive(Serialize)]
struct Impact<'a> {
    metric: &'a str,
    /// `realised` or `estimated`.
    kind: &'static str,
    #[serde(rename = "ref")]
    before: f64,
    now: f64,
    limit: f64,
}

#[derive(Serialize)]
struct Finding<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    feature: Option<&'a str>,
    check: &'a str,
    value: f64,
    ci: [f64; 2],
    floor: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    factor: Option<f64>,
}

#[derive(Serialize)]
struct Sample {
    ref_n: u64,
    cur_n: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    mde: Option<f64>,
}

#[derive(Serialize)]
struct Baseline<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct Links<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<&'a str>,
}

/// Findings that a document holds; the report holds the rest.
const FINDINGS: usize = 50;

fn form(it: &IncidentNotice) -> Form<'_> {
    let findings = it.findings.iter().take(FINDINGS).map(|it| Finding {
        feature: it.finding.feature.as_deref(),
        check: it.finding.check.word(),
        value: rounded(it.finding.effect.value),
        ci: [rounded(it.finding.effect.low), rounded(it.finding.effect.high)],
        floor: rounded(it.finding.effect.floor),
        hint: it.hint.as_deref(),
        factor: match it.finding.hint {
            Some(Hint::Scale { factor } | Hint::Spread { factor }) => Some(rounded(factor)),
            _ => None,
        },
    });
    let sample = it.rows.zip(it.baseline_rows);
    Form {
        schema: "monitor.incident/1",
        id: &it.id,
        dedup_key: &it.dedup_key,
        alert_id: &it.alert_id,
        state: it.state,
        change: it.change.word(),
        severity: it.severity,
        score: finite(it.score).round(),
        endpoint: &it.endpoint,
        variant: &it.variant,
        family: it.family.word(),
        opened_at: it.opened_at,
        resolved_at: it.closed_at,
        windows: Windows {
            bad: it.windows_bad,
            of: it.windows_of,
            size: duration(it.window_seconds),
        },
        impact: it.findings.iter().find_map(|it| impact(&it.finding)),
        findings: findings.collect(),
        sample: sample.map(|(cur_n, ref_n)| {
            let mde = it.visible_effect.map(rounded);
            Sample { ref_n, cur_n, mde }
        }),
        baseline: it.baseline.as_deref().map(|id| Baseline { id }),
        links: Links { report: it.report.as_deref() },
    }
}

fn impact(finding: &engine::finding::Finding) -> Option<Impact<'_>> {
    let Some(Hint::Figure { before, now, limit }) = finding.hint else { return None };
    let kind = if finding.check == Check::EstimatedMetric { "estimated" } else { "realised" };
    let (before, now, limit) = (rounded(before), rounded(now), rounded(limit));
    Some(Impact { metric: finding.feature.as_deref()?, kind, before, now, limit })
}

/// Four digits say enough to a reader of an alert.
fn rounded(value: f64) -> f64 {
    (finite(value) * 1e4).round() / 1e4
}

fn duration(seconds: i64) -> String {
    match (seconds % 3600, seconds % 60) {
        (0, _) => format!("PT{}H", seconds / 3600),
        (_, 0) => format!("PT{}M", seconds / 60),
        _ => format!("PT{seconds}S"),
    }
}

impl<O: Objects> FormAlerts for Shelves<O> {
    fn form(&self, notice: &IncidentNotice) -> String {
        serde_json::to_string(&form(notice)).expect("a notice is plain text and finite numbers")
    }
}
