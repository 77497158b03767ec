use crate::reconcile_endpoint::advice;
use engine::finding::{Check, Family, Finding, Hint};
use engine::incident::Incident;
use engine::window::Window;
use engine::words::{finding_words, incident_headline, name_words};
use ports::{
    Alert, BlockedWhy, EndpointRecord, IncidentChange, IncidentNotice, NoticeFinding, PendingAlert,
    Phase,
};

/// SNS takes fewer than a hundred characters.
const LONGEST_SUBJECT: usize = 99;
/// Findings that a message names.
const NAMED: usize = 3;

/// Writes the message about one transition of one incident, but for its JSON.
///
/// `link` is where the report lies for a person; `record` is what is known of
/// the endpoint, `None` where it is gone. Holds names, counts and shares, never
/// a captured value.
pub fn message(
    pending: &PendingAlert,
    record: Option<&EndpointRecord>,
    link: Option<&str>,
) -> (Alert, IncidentNotice) {
    let notice = notice(pending, link);
    let incident = &pending.incident;
    let attributes = vec![
        ("severity", notice.severity.to_string()),
        ("family", incident.key.family.word().to_string()),
        ("endpoint", incident.key.endpoint.clone()),
        ("variant", incident.key.variant.clone()),
        ("state", notice.state.to_string()),
        ("alert_id", pending.alert_id.clone()),
    ];
    let alert = Alert {
        id: pending.alert_id.clone(),
        subject: subject_of(pending),
        text: text(pending, record, link),
        json: String::new(),
        attributes,
    };
    (alert, notice)
}

/// Writes the subject: at most 99 printable ASCII characters.
pub fn subject_of(pending: &PendingAlert) -> String {
    let incident = &pending.incident;
    let word = match pending.change {
        IncidentChange::Resolved => "RESOLVED".to_string(),
        _ => incident.severity.word().to_ascii_uppercase(),
    };
    let since = stamp(incident.since.start, "%H:%MZ");
    let what = headline(pending);
    let head = format!(
        "[{word}] {}/{}: ",
        plain(&incident.key.endpoint, 40),
        plain(&incident.key.variant, 16)
    );
    let tail = match pending.change {
        IncidentChange::Resolved => String::new(),
        _ => format!(" since {since}"),
    };
    let room = LONGEST_SUBJECT.saturating_sub(head.len() + tail.len());
    format!("{head}{}{tail}", plain(&what, room))
}

/// Keeps printable ASCII and cuts what is too long.
fn plain(text: &str, most: usize) -> String {
    let printable = |it: char| if it.is_ascii_graphic() || it == ' ' { it } else { '?' };
    let count = text.chars().count();
    if count <= most {
        return text.chars().map(printable).collect();
    }
    let kept: String = text.chars().take(most.saturating_sub(3)).map(printable).collect();
    format!("{}...", kept.trim_end()).chars().take(most).collect()
}

fn stamp(second: i64, form: &str) -> String {
    jiff::Timestamp::from_second(second).unwrap_or_default().strftime(form).to_string()
}

fn day_and_hour(second: i64) -> String {
    stamp(second, "%Y-%m-%d %H:%M UTC")
}

/// Says what is the matter; of a blocked endpoint the note knows better.
fn headline(pending: &PendingAlert) -> String {
    let blocked = pending.incident.is_blind();
    let open = pending.change != IncidentChange::Resolved;
    let words = match &pending.note {
        Some(note) if blocked && open => note.clone(),
        _ => incident_headline(&pending.incident),
    };
    if open { words } else { format!("no longer: {words}") }
}

fn text(pending: &PendingAlert, record: Option<&EndpointRecord>, link: Option<&str>) -> String {
    let incident = &pending.incident;
    let mut text = String::new();
    let mut line = |it: &str| {
        text.push_str(it);
        text.push('\n');
    };
    let place =
        format!("{}/{}", plain(&incident.key.endpoint, 63), plain(&incident.key.variant, 63));
    line(&sentence(&format!("{place}: {}", headline(pending))));
    if let Some(note) =
        pending.note.as_deref().filter(|_| pending.change == IncidentChange::Resolved)
    {
        line(&sentence(&format!("Closed because {note}")));
    }
    line("");
    line(&format!("What      {}", what(pending)));
    line(&format!("Since     {}", since(pending)));
    if pending.change == IncidentChange::Resolved {
        line("So what   Nothing more to do; the incident is closed.");
    } else {
        line(&format!("So what   {}", so_what(incident)));
        let blocked = pending.note.is_some();
        if !blocked {
            line("");
            line("Probably");
        }
        for (at, finding) in top(incident).enumerate().filter(|_| !blocked) {
            line(&format!("  {}. {}", at + 1, cause(finding)));
        }
        if let Some(detail) = pending.detail.as_deref().filter(|_| !blocked) {
            line(&format!("  {}", disarmed(&plain(detail, 400))));
        }
        if NAMED < incident.findings.len() {
            line(&format!("  and {} more, in the report", incident.findings.len() - NAMED));
        }
        line("");
        line("Do");
        for it in actions(incident, record, link) {
            line(&format!("  - {it}"));
        }
    }
    line("");
    if let Some(link) = link {
        line(&format!("Look      {link}"));
    }
    if let Some(trust) = trust(pending) {
        line(&format!("Trust     {trust}"));
    }
    line(&format!("Incident  {} (alert {})", incident.id, pending.alert_id));
    text
}

/// Takes the links out of what other people named.
fn disarmed(text: &str) -> String {
    text.replace("://", ":/ /").replace("www.", "www ")
}

fn sentence(text: &str) -> String {
    format!("{}.", disarmed(&plain(text, 400)))
}

const BLIND: &str = "the monitor is blind";

fn what(pending: &PendingAlert) -> String {
    let is_metric = pending.incident.findings.iter().any(|it| it.check == Check::Metric);
    let family = match pending.incident.key.family {
        Family::Monitoring => BLIND,
        _ if pending.incident.is_blind() => BLIND,
        Family::Drift if is_metric => "a figure of the model broke its constraint",
        Family::Contract => "broken data contract",
        Family::Drift => "drift of the inputs",
        Family::Quality => "the model's answers are worse than its baseline",
        Family::Fairness => "groups are treated more differently than in the baseline",
        Family::Attribution => "the model looks at other features than in the baseline",
    };
    let change = pending.change.word();
    let severity = pending.incident.severity.word();
    let flapping = if pending.incident.flapping { ", opens and closes over and over" } else { "" };
    format!("{family}, {severity}, {change}{flapping}")
}

fn since(pending: &PendingAlert) -> String {
    let incident = &pending.incident;
    let start = day_and_hour(incident.since.start);
    let bad = format!(
        "{} of {} window{} bad",
        incident.bad_windows,
        incident.windows.max(incident.bad_windows),
        if incident.windows == 1 { "" } else { "s" }
    );
    match pending.resolved_at {
        Some(end) => format!("{start} until {} ({bad})", day_and_hour(end)),
        None if incident.is_blind() => start,
        None => format!("{start} ({bad}, {} each)", length(incident.opened)),
    }
}

fn length(window: Window) -> String {
    let seconds = window.end - window.start;
    match (seconds % 3600, seconds / 3600) {
        (0, 1) => "1 hour".into(),
        (0, hours) => format!("{hours} hours"),
        _ => format!("{} minutes", seconds / 60),
    }
}

fn so_what(incident: &Incident) -> String {
    match incident.key.family {
        Family::Monitoring => {
            "Broken data and drift go unseen on this endpoint until this is mended.".into()
        }
        _ if incident.is_blind() => {
            "What this monitor looks for goes unseen on this endpoint until this is mended.".into()
        }
        Family::Contract => {
            let share = incident.findings.iter().map(|it| it.effect.value).fold(0.0, f64::max);
            let share = (share * 100.0).clamp(1.0, 100.0);
            format!(
                "Up to {share:.0} % of the predictions rest on data the model was not made for."
            )
        }
        Family::Drift => {
            "The model answers for inputs unlike its reference; its quality may have fallen.".into()
        }
        Family::Quality => {
            if is_estimated(incident) {
                "More predictions are wrong than before, by what the scores themselves say; labels will tell.".into()
            } else {
                "More predictions are wrong than before, as the labels say.".into()
            }
        }
        Family::Fairness => format!(
            "One group{} is treated unlike the rest, beyond what the baseline or a limit allows.",
            facets(incident).map_or(String::new(), |it| format!(" of {it}"))
        ),
        Family::Attribution => {
            "The model decides for other reasons than when it was accepted.".into()
        }
    }
}

fn is_estimated(incident: &Incident) -> bool {
    incident.findings.iter().all(|it| it.check == Check::EstimatedMetric)
}

/// Names the columns of the groups; `None` where the findings name none.
fn facets(incident: &Incident) -> Option<String> {
    let named = incident.findings.iter().filter_map(|it| it.feature.as_ref()?.split_once(" of "));
    let mut names: Vec<String> = named.map(|it| disarmed(&name_words(it.1))).collect();
    names.sort();
    names.dedup();
    names.truncate(NAMED);
    (!names.is_empty()).then(|| names.join(", "))
}

fn top(incident: &Incident) -> impl Iterator<Item = &Finding> {
    let mut findings: Vec<&Finding> = incident.findings.iter().collect();
    findings.sort_by(|a, b| b.effect.low.total_cmp(&a.effect.low));
    findings.into_iter().take(NAMED)
}

fn cause(finding: &Finding) -> String {
    let words = disarmed(&finding_words(finding));
    match finding.hint {
        Some(Hint::Scale { .. }) => format!("{words}; a change of unit?"),
        Some(Hint::Missing { .. }) => format!("{words}; a join or a source upstream?"),
        Some(Hint::Constant) => format!("{words}; a default that stands in?"),
        Some(Hint::NewValues { .. }) => format!("{words}; a new category or another spelling?"),
        _ => words,
    }
}

fn actions(
    incident: &Incident,
    record: Option<&EndpointRecord>,
    link: Option<&str>,
) -> Vec<String> {
    let endpoint = disarmed(&plain(&incident.key.endpoint, 63));
    let mut actions = Vec::new();
    if let Some(uri) = link.filter(|it| it.starts_with("s3://")) {
        actions.push(format!("look: aws s3 cp {uri} ."));
    }
    let deployed =
        format!("what was deployed: aws sagemaker describe-endpoint --endpoint-name {endpoint}");
    match incident.key.family {
        family if family != Family::Monitoring && incident.is_blind() => {
            actions.push(
                "mend what it says, in the settings or in the bucket: the next window tells".into(),
            );
        }
        Family::Contract => {
            let names: Vec<String> = top(incident)
                .filter_map(|it| it.feature.as_deref())
                .map(|it| disarmed(&name_words(it)))
                .collect();
            if !names.is_empty() {
                actions.push(format!("ask whoever fills {} what changed", names.join(", ")));
            }
            actions.push(deployed);
        }
        Family::Quality if is_estimated(incident) => {
            actions.push(deployed);
            actions.push("the scores alone say so: have some predictions of this window labelled by hand, or wait for their labels".into());
        }
        Family::Quality => {
            actions.push(deployed);
            actions.push("compare the labels of this window with those of the baseline; retrain or roll back if they are right".into());
        }
        Family::Fairness => {
            actions.push(deployed);
            actions.push("see in the report which group it is, and whether its labels or its predictions moved: alerts name no group".into());
            actions.push(
                "if its labels are right, roll back, or retrain with rows of that group".into(),
            );
        }
        Family::Attribution => {
            actions.push(deployed);
            actions.push("see what changed in the features that gained or lost rank: their source, their unit, their share of missing cells".into());
            actions.push("if the model was replaced on purpose, rebuild the baseline".into());
        }
        Family::Drift => {
            actions.push(deployed);
            actions.push("if this is the new normal, point the training data at newer rows: the baseline follows".into());
        }
        Family::Monitoring => {
            let failed = incident.findings.iter().any(|it| it.check == Check::RunFailed);
            let why = match record.map(|it| it.phase) {
                Some(Phase::Blocked(why)) => why,
                _ if failed => return failed_run(actions, &endpoint),
                _ => BlockedWhy::CaptureStopped,
            };
            let config = record.map_or("", |it| it.config.as_str());
            actions.push(advice(why, config));
            if !config.is_empty() {
                actions.push(format!(
                    "aws sagemaker describe-endpoint-config --endpoint-config-name {}",
                    plain(config, 63)
                ));
            }
            actions.push(format!(
                "aws sagemaker update-endpoint --endpoint-name {endpoint} --endpoint-config-name NEW_CONFIG"
            ));
        }
    }
    actions
}

/// Says where to look when runs fail: why, the headline tells.
fn failed_run(mut actions: Vec<String>, endpoint: &str) -> Vec<String> {
    actions.push(format!(
        "what ran: aws sagemaker list-monitoring-executions --endpoint-name {endpoint}"
    ));
    actions.push("the log of a run: log group /aws/sagemaker/ProcessingJobs".into());
    actions
}

fn trust(pending: &PendingAlert) -> Option<String> {
    let rows = pending.rows.filter(|it| 0 < *it)?;
    let baseline = pending.baseline_rows?;
    let seen = pending
        .visible_effect
        .map_or(String::new(), |it| format!("; a change of {it:.2} would show at this size"));
    Some(format!("{rows} rows against {baseline} of the baseline{seen}"))
}

fn notice(pending: &PendingAlert, link: Option<&str>) -> IncidentNotice {
    let incident = &pending.incident;
    let findings = incident
        .findings
        .iter()
        .map(|it| NoticeFinding { finding: it.clone(), hint: it.hint.map(hint_word) });
    IncidentNotice {
        id: incident.id.clone(),
        dedup_key: incident.key.text(),
        alert_id: pending.alert_id.clone(),
        change: pending.change,
        state: if pending.change == IncidentChange::Resolved { "resolved" } else { "open" },
        severity: incident.severity.word(),
        score: incident.score,
        endpoint: incident.key.endpoint.clone(),
        variant: incident.key.variant.clone(),
        family: incident.key.family,
        opened_at: incident.opened.end,
        closed_at: pending.resolved_at,
        windows_bad: incident.bad_windows,
        windows_of: incident.windows,
        window_seconds: incident.opened.end - incident.opened.start,
        findings: findings.collect(),
        baseline_rows: pending.baseline_rows,
        rows: pending.rows,
        visible_effect: pending.visible_effect,
        baseline: pending.baseline.clone(),
        report: link.map(str::to_string),
    }
}

/// Names a hint in one word for machines.
fn hint_word(hint: Hint) -> String {
    match hint {
        Hint::Scale { factor } => {
            format!("scale_x{factor:.3}").trim_end_matches('0').trim_end_matches('.').into()
        }
        Hint::Shift { .. } => "shift".into(),
        Hint::Constant => "constant".into(),
        Hint::Missing { .. } => "missing".into(),
        Hint::NewValues { .. } => "new_values".into(),
        Hint::Type => "type".into(),
        Hint::Spread { .. } => "spread".into(),
        Hint::ByPosition => "by_position".into(),
        Hint::Failing { .. } => "failing".into(),
        Hint::Figure { before, now, .. } => if now < before { "fell" } else { "rose" }.into(),
    }
}
