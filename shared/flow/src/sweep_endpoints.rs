use crate::fault::{failed, post, unread};
use crate::reconcile_endpoint::due;
use crate::{Call, Suite};
use engine::event::{EndpointDue, SuiteEvent, WindowDue};
use engine::monitor::Monitor;
use engine::window::Window;
use ports::{
    EndpointStatus, Engine, ListEndpoints, ListedEndpoint, MonitorStatus, Phase, PostEvents,
    Refusal, StatusBoard, StatusLine,
};
use settings::Schedule;

/// What a sweep asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Endpoints of the account.
    pub endpoints: usize,
    pub endpoints_due: usize,
    pub windows_due: usize,
    /// Events that did not fit; the next sweep finds them.
    pub left: usize,
}

/// Compares what there is with what is known, and asks for work.
///
/// It only emits events and changes nothing: one code path makes changes. All it
/// reads is the list of endpoints and the status page, which never runs ahead
/// of the records.
pub async fn sweep_endpoints<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
) -> Result<Swept, Refusal>
where
    W: ListEndpoints + PostEvents,
    S: StatusBoard,
{
    let mut listed: Vec<ListedEndpoint> = Vec::new();
    let mut from = None;
    loop {
        let page = suite.world.list_endpoints(from.as_deref()).await;
        let page = page.map_err(failed("endpoints not listed"))?;
        listed.extend(page.endpoints);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let lines = suite.shelves.status().await.map_err(unread("status not read"))?;
    let (endpoints, windows) = asked(suite, call, &listed, &lines);
    let mut swept = Swept {
        endpoints: listed.len(),
        endpoints_due: endpoints.len(),
        windows_due: windows.len(),
        left: 0,
    };
    let mut events: Vec<SuiteEvent> = endpoints;
    events.extend(windows);
    swept.left = events.len().saturating_sub(suite.limits.sweep_events);
    events.truncate(suite.limits.sweep_events);
    post(suite.world, &events).await?;
    Ok(swept)
}

fn asked<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    listed: &[ListedEndpoint],
    lines: &[StatusLine],
) -> (Vec<SuiteEvent>, Vec<SuiteEvent>) {
    let mut endpoints = Vec::new();
    let mut windows = Vec::new();
    for it in listed {
        let line = lines.iter().find(|line| line.endpoint == it.name);
        let awaits_labels = line.is_some_and(|it| !it.labels.is_empty());
        if awaits_labels && is_quarter(call.now, suite.limits.settle) {
            let endpoint = it.name.clone();
            windows.push(SuiteEvent::LabelsDue(EndpointDue { endpoint, reason: None }));
        }
        let reason = stale(call, suite.limits.settle, it, line);
        endpoints.extend(reason.map(|reason| due(&it.name, reason)));
        let is_same = |line: &&StatusLine| {
            let known = (line.created_ms, line.modified_ms);
            line.phase == Phase::Monitored && known == (it.created_ms, it.modified_ms)
        };
        if let Some(line) = line.filter(is_same) {
            // What one monitor lacks is no reason to keep the others waiting.
            let ready = |it: &&MonitorStatus| reason.is_none() || it.has_baseline;
            for monitor in line.monitors.iter().filter(ready) {
                windows.extend(windows_of(suite, call, line, monitor));
            }
        }
    }
    for line in lines {
        if !listed.iter().any(|it| it.name == line.endpoint) {
            endpoints.push(due(&line.endpoint, "it is not there any more"));
        }
    }
    (endpoints, windows)
}

/// Tells why an endpoint has to be looked at again.
fn stale(
    call: &Call<'_>,
    settle: i64,
    it: &ListedEndpoint,
    line: Option<&StatusLine>,
) -> Option<&'static str> {
    let Some(line) = line else { return Some("it is not known") };
    if line.created_ms != it.created_ms {
        return Some("it is another endpoint of this name");
    }
    if line.modified_ms != it.modified_ms {
        return Some("it was changed");
    }
    let is_settled = line.settled_since == Some(line.since);
    match (line.phase, it.status) {
        (Phase::Gone, _) => Some("it is back"),
        (_, EndpointStatus::Deleting) => Some("it is being deleted"),
        (Phase::Waiting, EndpointStatus::InService) => Some("it is in service"),
        (Phase::Blocked(_), _) if !is_settled => Some("nobody was told that it is blocked"),
        (Phase::Monitored, _) if line.monitors.iter().any(|it| !it.has_baseline) => {
            Some("it has no baseline")
        }
        (_, _) if line.monitors.iter().any(|it| !it.settled) => {
            Some("its schedule is not there yet")
        }
        (Phase::Monitored, _)
            if is_full_hour(call.now, settle)
                && line.monitors.iter().any(|it| it.engine == Engine::Sagemaker) =>
        {
            Some("an hourly look at its schedules")
        }
        (Phase::Blocked(_) | Phase::OptedOut, _) if is_full_hour(call.now, settle) => {
            Some("an hourly look")
        }
        _ => None,
    }
}

/// Whether this is the first sweep of an hour, or nearly.
fn is_full_hour(now: i64, within: i64) -> bool {
    now.rem_euclid(3600) < within / 2
}

/// Whether this is the first sweep of a quarter of an hour, or nearly.
fn is_quarter(now: i64, within: i64) -> bool {
    now.rem_euclid(900) < within / 2
}

/// Returns the windows of a monitor whose time has come.
fn windows_of<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    line: &StatusLine,
    it: &MonitorStatus,
) -> Vec<SuiteEvent> {
    let Ok(schedule) = Schedule::parse(&it.expression) else { return Vec::new() };
    if it.engine == Engine::Sagemaker {
        return execution_of(call, line, it, &schedule);
    }
    let limits = &suite.limits;
    let after = it.done_through.max(it.since).max(call.now - limits.give_up);
    if schedule.window_before(call.now).1 <= after && it.done_through <= it.settled_through {
        return Vec::new();
    }
    let wanted = suite.settings.for_endpoint(&line.endpoint, &[]);
    let grace = i64::from(wanted.capture_grace.seconds);
    let until = call.now - grace;
    // The oldest come first, so that a long way back is made up in order.
    let mut spans = schedule.windows(after, until, 10_000);
    spans.truncate(limits.catch_up);
    let is_unsettled = it.settled_through < it.done_through;
    let is_late = it.done_through + grace + limits.settle <= call.now;
    if let Some(first) = spans.first().copied() {
        // What came late for the window before is taken in with the next one.
        let before = schedule.window_before(first.0);
        if it.since < before.1 && before.1 <= it.done_through {
            spans.insert(0, before);
        }
    } else if is_unsettled && is_late {
        // Its incidents were not settled: look at the last window again.
        spans.push(schedule.window_before(it.done_through));
    }
    let monitor =
        Monitor { endpoint: line.endpoint.clone(), variant: it.variant.clone(), kind: it.kind };
    spans
        .into_iter()
        .map(|(start, end)| {
            let window = Window { start, end };
            SuiteEvent::WindowDue(WindowDue { monitor: monitor.clone(), window })
        })
        .collect()
}

/// SageMaker starts an execution up to 20 minutes late and gives it up to an hour.
const EXECUTION: i64 = 80 * 60;

/// Asks for a look at what SageMaker should have run by now, once for all windows.
fn execution_of(
    call: &Call<'_>,
    line: &StatusLine,
    it: &MonitorStatus,
    schedule: &Schedule,
) -> Vec<SuiteEvent> {
    let (start, end) = schedule.window_before(call.now - EXECUTION);
    if !it.has_baseline || !it.settled || end <= it.done_through.max(it.since) {
        return Vec::new();
    }
    let monitor =
        Monitor { endpoint: line.endpoint.clone(), variant: it.variant.clone(), kind: it.kind };
    let window = Window { start, end };
    vec![SuiteEvent::ExecutionDue(WindowDue { monitor, window })]
}
