//! What is noted once a window is done.

use super::TRIES;
use crate::fault::{unread, unwritten};
use crate::kind::windows_awaited;
use crate::sagemaker::definition::settings_type;
use crate::{Call, Suite};
use engine::event::{ExecutionCompleted, SuiteEvent};
use engine::monitor::Monitor;
use engine::window::Window;
use ports::{
    Address, EndpointRecord, Execution, Executions, Metric, MonitorRecord, Next, Refusal,
    StatusBoard, StatusLine, WindowLog, WindowLogEntry, WriteFault,
};
use settings::{Effective, Schedule};

/// Windows that the log keeps: two days of hours, for what is usual at an hour.
const LOGGED: usize = 50;

/// Notes a window as done: in the log, then on the status page.
///
/// Without an execution only what was passed over is noted.
pub(crate) async fn pass<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    record: &EndpointRecord,
    schedule: &MonitorRecord,
    from: i64,
    execution: Option<&Execution>,
) -> Result<(), Refusal>
where
    S: Executions + StatusBoard,
{
    let monitor = schedule.monitor(&record.endpoint);
    let from = schedule.since.max(from).max(call.now - suite.limits.give_up);
    let mut log = None;
    for _ in 0..TRIES {
        let held = suite.shelves.window_log(&monitor).await;
        let held = held.map_err(unread("window log not read"))?;
        let (before, etag) = held.map_or((None, None), |it| (Some(it.value), Some(it.etag)));
        let next = log_with(before.as_ref(), &monitor, &schedule.expression, from, execution);
        if before.as_ref() == Some(&next) {
            log = Some(next);
            break;
        }
        match suite.shelves.keep_window_log(&next, etag.as_ref()).await {
            Ok(_) => {
                log = Some(next);
                break;
            }
            Err(WriteFault::Lost) => {}
            Err(other) => return Err(unwritten("window log not kept")(other)),
        }
    }
    let Some(log) = log else {
        return Err(Refusal::new(Next::TryAgain, "window log contended"));
    };
    let change = |line: Option<&StatusLine>| {
        let mut line = line?.clone();
        let here = line.monitors.iter_mut().find(|it| {
            it.variant == monitor.variant && it.kind == monitor.kind && it.since == schedule.since
        });
        let here = here.filter(|_| line.created_ms == record.created_ms)?;
        here.has_baseline = true;
        here.done_through = here.done_through.max(log.done_through);
        here.windows = log.windows.len() as u64;
        Some(line)
    };
    let keep = |line: Option<&StatusLine>| change(line).or_else(|| line.cloned());
    let changed = suite.shelves.change_status(&record.endpoint, keep).await;
    changed.map_err(unread("status not written"))
}

fn log_with(
    before: Option<&WindowLog>,
    monitor: &Monitor,
    expression: &str,
    from: i64,
    execution: Option<&Execution>,
) -> WindowLog {
    let mut log = before.cloned().unwrap_or(WindowLog {
        monitor: monitor.clone(),
        done_through: from,
        windows: Vec::new(),
    });
    if let Some(it) = execution {
        let entry = WindowLogEntry {
            window: it.window,
            state: it.judgement.state,
            rows: it.judgement.rows,
            violations: it.violations,
            fingerprint: it.fingerprint.clone(),
            executed_at: it.executed_at,
        };
        match log.windows.binary_search_by(|known| known.window.cmp(&it.window)) {
            // The same result again is the same entry.
            Ok(at) if log.windows[at].fingerprint == entry.fingerprint => {}
            Ok(at) => log.windows[at] = entry,
            Err(at) => log.windows.insert(at, entry),
        }
        let kept = LOGGED + windows_awaited(monitor.kind);
        let surplus = log.windows.len().saturating_sub(kept);
        log.windows.drain(..surplus);
    }
    log.done_through = log.done_through.max(from);
    // Windows that follow one another without a gap are done.
    let Ok(schedule) = Schedule::parse(expression) else { return log };
    let last = log.windows.last().map_or(log.done_through, |it| it.window.end);
    for (_, end) in schedule.windows(log.done_through, last, LOGGED) {
        if !log.windows.iter().any(|it| it.window.end == end) {
            break;
        }
        log.done_through = end;
    }
    log
}

/// Whether the window has been told of, where it had to be.
pub(super) async fn is_settled<W, S>(
    suite: &Suite<'_, W, S>,
    monitor: &Monitor,
    window: Window,
) -> Result<bool, Refusal>
where
    S: StatusBoard,
{
    let lines = suite.shelves.status().await.map_err(unread("status not read"))?;
    let line = lines.iter().find(|it| it.endpoint == monitor.endpoint);
    Ok(line.is_some_and(|line| {
        let here = line
            .monitors
            .iter()
            .find(|it| it.variant == monitor.variant && it.kind == monitor.kind);
        here.is_some_and(|it| window.end <= it.settled_through)
    }))
}

pub(crate) fn completed(it: &Execution) -> SuiteEvent {
    SuiteEvent::ExecutionCompleted(ExecutionCompleted {
        monitor: it.monitor.clone(),
        window: it.window,
        state: it.judgement.state,
        report: it.report.clone(),
        baseline: it.baseline.clone(),
        violations: it.violations,
        hash: it.fingerprint.clone(),
    })
}

/// Copies a report to where the settings want one; a copy that fails is counted,
/// and keeps nothing back: Vigil's own report is there.
pub(crate) async fn copied<W, S>(
    suite: &Suite<'_, W, S>,
    execution: &Execution,
    wanted: &Effective,
) -> Option<Metric>
where
    S: Executions,
{
    let setting = wanted.monitor(settings_type(execution.monitor.kind));
    let to = setting.output_s3_uri.as_deref().and_then(Address::parse)?;
    suite.shelves.copy_report(execution, &to).await.err()?;
    Some(Metric {
        namespace: "Vigil",
        name: "ReportsNotCopied".into(),
        dimensions: vec![("Endpoint", execution.monitor.endpoint.clone())],
        at: execution.window.end,
        value: 1.0,
        unit: "Count",
    })
}
