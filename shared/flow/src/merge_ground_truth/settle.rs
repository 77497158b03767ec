use super::place::home;
use super::{numbers, orphans, telling};
use crate::fault::unread;
use crate::{Call, Suite};
use ports::{
    EndpointRecords, Executions, GroundTruth, LabelStatus, PostEvents, PutMetrics, Refusal,
    StatusBoard,
};

/// What was left to do for the labels of an endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settled {
    /// Windows whose judgement was asked for.
    pub told: usize,
    /// Labels that met no capture in time.
    pub orphans: u64,
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
    W: PostEvents + PutMetrics,
    S: EndpointRecords + StatusBoard + GroundTruth + Executions,
{
    let Some(home) = home(suite, endpoint).await? else { return Ok(Settled::default()) };
    let mut settled = Settled { told: 0, orphans: orphans::report(suite, call, &home).await? };
    let delay = i64::from(home.wanted.ground_truth.label_delay.seconds);
    let until = (call.now - delay).div_euclid(3600) * 3600;
    let from = until - DAY;
    let mut lines: Vec<LabelStatus> = Vec::new();
    let mut metrics = Vec::new();
    for variant in &home.record.variants {
        let log = suite.shelves.truth_log(endpoint, variant).await;
        let Some(log) = log.map_err(unread("log of labels not read"))? else { continue };
        settled.told += telling::tell(suite, call, &home, &log.value).await?;
        let line = numbers::status(&log.value, from, until, settled.orphans);
        metrics.extend(numbers::metrics(endpoint, &line, &log.value, from, call.now));
        lines.push(line);
    }
    let shown = suite.shelves.change_status(endpoint, |line| {
        let mut line = line?.clone();
        line.labels.clone_from(&lines);
        Some(line)
    });
    shown.await.map_err(unread("status not written"))?;
    // Metrics may be lost: nothing is decided by them.
    let _ = suite.world.put_metrics(&metrics).await;
    Ok(settled)
}
