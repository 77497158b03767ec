use super::place::home;
use super::{backfill, numbers, orphans, telling};
use crate::fault::unread;
use crate::{Call, Suite};
use ports::{
    EndpointRecords, Executions, GroundTruth, LabelStatus, ListObjects, Metric, PostEvents,
    PutMetrics, Refusal, StatusBoard, TruthLog,
};

/// What was left to do for the labels of an endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settled {
    /// Windows whose judgement was asked for.
    pub told: usize,
    /// Labels that met no capture in time.
    pub orphans: u64,
    /// Files that no event told of, handed over to be merged.
    pub found: usize,
}

const DAY: i64 = 86_400;

/// Asks for windows whose labels have been gathered long enough, reports labels
/// that expired, and tells how labels stand.
pub async fn settle_labels<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    endpoint: &str,
) -> Result<Settled, Refusal>
where
    W: ListObjects + PostEvents + PutMetrics,
    S: EndpointRecords + StatusBoard + GroundTruth + Executions,
{
    let Some(home) = home(suite, endpoint).await? else { return Ok(Settled::default()) };
    // Hours of uploads come to their end one by one.
    let is_full_hour = call.now.rem_euclid(3600) < 900;
    let expired =
        if is_full_hour { Some(orphans::report(suite, call, &home).await?) } else { None };
    let found = backfill::look(suite, call, &home).await?;
    let mut settled = Settled { told: 0, orphans: expired.unwrap_or(0), found };
    let delay = i64::from(home.wanted.ground_truth.label_delay.seconds);
    let until = (call.now - delay).div_euclid(3600) * 3600;
    let from = until - DAY;
    let mut lines: Vec<LabelStatus> = Vec::new();
    let mut metrics = Vec::new();
    for variant in &home.record.variants {
        let log = suite.shelves.truth_log(endpoint, variant).await;
        // A variant without captures yet keeps its line: it is what sweeps go by.
        let log = log.map_err(unread("log of labels not read"))?.map(|it| it.value);
        let log = match (log, expired) {
            (Some(log), Some(count)) => telling::note_orphans(suite, log, count).await?,
            (Some(log), None) => log,
            (None, _) => TruthLog { variant: variant.clone(), ..TruthLog::default() },
        };
        settled.told += telling::tell(suite, call, &home, &log).await?;
        let line = numbers::status(&log, from, until, settled.orphans);
        let told = numbers::metrics(endpoint, &line, &log, from, call.now);
        let is_known = |it: &Metric| it.name != numbers::ORPHANED || expired.is_some();
        metrics.extend(told.into_iter().filter(is_known));
        lines.push(line);
    }
    let shown = suite.shelves.change_status(endpoint, |line| {
        let mut line = line?.clone();
        let before = std::mem::replace(&mut line.labels, lines.clone());
        for it in line.labels.iter_mut().filter(|_| expired.is_none()) {
            let known = before.iter().find(|at| at.variant == it.variant);
            it.orphans = known.map_or(0, |at| at.orphans);
        }
        Some(line)
    });
    shown.await.map_err(unread("status not written"))?;
    // Metrics may be lost: nothing is decided by them.
    let _ = suite.world.put_metrics(&metrics).await;
    Ok(settled)
}
