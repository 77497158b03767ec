//! Which windows are to be judged, and when.

use super::place::Home;
use crate::fault::{post, unread};
use crate::kind::span;
use crate::sagemaker::definition::settings_type;
use crate::{Call, Suite};
use engine::event::{SuiteEvent, WindowDue};
use engine::finding::State;
use engine::monitor::MonitorType;
use engine::window::Window;
use ports::{
    Engine, Executions, GroundTruth, HourTruth, MonitorRecord, Next, PostEvents, Refusal, TruthLog,
    WriteFault,
};
use settings::Schedule;
use std::collections::BTreeSet;

/// Times that a log is written against others.
const TRIES: u32 = 32;
/// An hour lies in a window that ends within this, in seconds.
const LONGEST_WINDOW: i64 = 25 * 3600;
/// Windows that one invocation asks for.
const MOST_WINDOWS: usize = 500;
/// However often a window changed, it is judged again within a day.
const LONGEST_SETTLE: i64 = 86_400;

/// Changes the log of a variant, again and again until no other write comes between.
async fn change<W, S>(
    suite: &Suite<'_, W, S>,
    endpoint: &str,
    variant: &str,
    change: impl Fn(&mut TruthLog),
) -> Result<TruthLog, Refusal>
where
    S: GroundTruth,
{
    for _ in 0..TRIES {
        let held = suite.shelves.truth_log(endpoint, variant).await;
        let held = held.map_err(unread("log of labels not read"))?;
        let mut log = match &held {
            Some(held) => held.value.clone(),
            None => TruthLog {
                endpoint: endpoint.into(),
                variant: variant.into(),
                ..TruthLog::default()
            },
        };
        change(&mut log);
        if held.as_ref().is_some_and(|it| it.value == log) {
            return Ok(log);
        }
        match suite.shelves.keep_truth_log(&log, held.as_ref().map(|it| &it.etag)).await {
            Ok(_) => return Ok(log),
            Err(WriteFault::Lost) => {}
            Err(WriteFault::Other(trouble)) => {
                return Err(Refusal::of("log of labels not written", trouble));
            }
        }
    }
    Err(Refusal::new(Next::TryAgain, "log of labels changes faster than it can be written")
        .fact("endpoint", endpoint))
}

/// Notes the numbers of hours; later ones stay where they know of more parts.
pub(super) async fn note<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    home: &Home,
    variant: &str,
    truths: &[HourTruth],
) -> Result<TruthLog, Refusal>
where
    S: GroundTruth,
{
    let oldest = call.now - 2 * home.wanted.ground_truth.expiry;
    let enter = |log: &mut TruthLog| {
        for it in truths {
            match log.hours.binary_search_by_key(&it.hour, |it| it.hour) {
                Err(at) => log.hours.insert(at, it.clone()),
                Ok(at) => enter(&mut log.hours[at], it),
            }
        }
        log.hours.retain(|it| oldest <= it.hour);
    };
    change(suite, &home.record.endpoint, variant, enter).await
}

/// Notes how many labels met no capture in time, where that changed.
pub(super) async fn note_orphans<W, S>(
    suite: &Suite<'_, W, S>,
    log: TruthLog,
    orphans: u64,
) -> Result<TruthLog, Refusal>
where
    S: GroundTruth,
{
    if log.orphans == orphans {
        return Ok(log);
    }
    change(suite, &log.endpoint, &log.variant, |it| it.orphans = orphans).await
}

fn enter(held: &mut HourTruth, new: &HourTruth) {
    held.captured = held.captured.max(new.captured);
    if held.parts < new.parts {
        *held = HourTruth {
            captured: held.captured,
            told_parts: held.told_parts,
            told_at: held.told_at,
            told: held.told,
            ..new.clone()
        };
    }
}

/// Asks for the judgement of windows that changed and are due; returns how many.
pub(super) async fn tell<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    home: &Home,
    log: &TruthLog,
) -> Result<usize, Refusal>
where
    W: PostEvents,
    S: GroundTruth + Executions,
{
    let due: Vec<&HourTruth> = log.hours.iter().filter(|it| is_due(call, home, it)).collect();
    let judged = home.record.monitors.iter().filter(|it| {
        it.variant == log.variant
            && it.engine == Engine::Native
            && matches!(it.kind, MonitorType::ModelQuality | MonitorType::ModelBias)
    });
    let mut told: BTreeSet<i64> = BTreeSet::new();
    let mut events = Vec::new();
    let mut is_judged = false;
    for monitor in judged {
        is_judged = true;
        for (event, hours) in windows(suite, call, home, log, monitor, &due).await? {
            if events.len() < MOST_WINDOWS {
                events.push(event);
                told.extend(hours);
            }
        }
    }
    if !is_judged {
        // Nobody judges labels here.
        told.extend(due.iter().map(|it| it.hour));
    }
    if told.is_empty() {
        return Ok(0);
    }
    post(suite.world, &events).await?;
    let seen: Vec<(i64, u64)> = due.iter().map(|it| (it.hour, it.parts)).collect();
    let mark = |log: &mut TruthLog| {
        for (hour, parts) in seen.iter().filter(|(hour, _)| told.contains(hour)) {
            if let Ok(at) = log.hours.binary_search_by_key(hour, |it| it.hour)
                && log.hours[at].told_parts < *parts
            {
                let it = &mut log.hours[at];
                (it.told_parts, it.told_at, it.told) = (*parts, Some(call.now), it.told + 1);
            }
        }
    };
    change(suite, &log.endpoint, &log.variant, mark).await?;
    Ok(events.len())
}

/// Whether an hour changed, and the changes since the last telling were gathered long enough.
fn is_due(call: &Call<'_>, home: &Home, it: &HourTruth) -> bool {
    let settle = i64::from(home.wanted.ground_truth.settle.seconds);
    let wait = settle.saturating_mul(1 << it.told.saturating_sub(1).min(20)).min(LONGEST_SETTLE);
    it.is_untold() && it.told_at.is_none_or(|at| at + wait <= call.now)
}

/// Returns the windows over changed hours, each with its hours.
///
/// A window whose labels are pending is left out: whatever completes it is a change.
async fn windows<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    home: &Home,
    log: &TruthLog,
    monitor: &MonitorRecord,
    due: &[&HourTruth],
) -> Result<Vec<(SuiteEvent, Vec<i64>)>, Refusal>
where
    S: Executions,
{
    let Ok(schedule) = Schedule::parse(&monitor.expression) else { return Ok(Vec::new()) };
    let of = monitor.monitor(&log.endpoint);
    let judged = suite.shelves.window_log(&of).await;
    let judged = judged.map_err(unread("window log not read"))?.map(|it| it.value.windows);
    let judged = judged.unwrap_or_default();
    let settings = &home.wanted.ground_truth;
    let setting = home.wanted.monitor(settings_type(monitor.kind));
    // Offsets let a window look back on hours long before it.
    let back = -span(Window { start: -3600, end: 0 }, setting).start;
    let holds = |window: Window, it: &HourTruth| {
        let looks = span(window, setting);
        looks.start < it.hour + 3600 && it.hour < looks.end
    };
    let mut spans: BTreeSet<(i64, i64)> = BTreeSet::new();
    for it in due {
        let found = schedule.windows(it.hour, it.hour + LONGEST_WINDOW + back, MOST_WINDOWS);
        let found = found.into_iter();
        spans.extend(found.filter(|(start, end)| holds(Window { start: *start, end: *end }, it)));
    }
    let mut asked = Vec::new();
    // A window that is not over has its time before it.
    for (start, end) in spans.into_iter().filter(|(_, end)| *end <= call.now) {
        let window = Window { start, end };
        let inside = due.iter().filter(|it| holds(window, it));
        let hours: Vec<i64> = inside.map(|it| it.hour).collect();
        let has_verdict = |it: State| !matches!(it, State::NoData | State::TooLittleData);
        let is_judged = judged.iter().any(|it| it.window == window && has_verdict(it.state));
        let coverage = super::Coverage::of(log, span(window, setting));
        let is_over = end + i64::from(settings.label_delay.seconds) <= call.now;
        let is_ready = is_over && (is_judged || coverage.reaches(settings.min_coverage));
        if is_ready && monitor.since < end {
            let due = WindowDue { monitor: of.clone(), window };
            let event =
                if is_judged { SuiteEvent::WindowDirty(due) } else { SuiteEvent::WindowReady(due) };
            asked.push((event, hours));
        }
    }
    Ok(asked)
}
