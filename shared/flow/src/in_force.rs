//! What holds for an endpoint: its record, and the baselines that were made for it.

use crate::Suite;
use crate::fault::unread;
use engine::monitor::Monitor;
use ports::{
    Baseline, BaselinePointer, Baselines, EndpointRecord, EndpointRecords, Next, Refusal, Versioned,
};
use std::sync::Arc;

/// Returns what was last decided for an endpoint.
pub(crate) async fn record_of<W, S>(
    suite: &Suite<'_, W, S>,
    endpoint: &str,
) -> Result<Option<EndpointRecord>, Refusal>
where
    S: EndpointRecords,
{
    let held = suite.shelves.endpoint(endpoint).await;
    Ok(held.map_err(unread("endpoint record not read"))?.map(|it| it.value))
}

/// Returns the pointer in force for this very endpoint, and the tag to write over.
pub(crate) async fn pointer<W, S>(
    suite: &Suite<'_, W, S>,
    record: &EndpointRecord,
    monitor: &Monitor,
) -> Result<(Option<BaselinePointer>, Option<Versioned<BaselinePointer>>), Refusal>
where
    S: Baselines,
{
    let held = suite.shelves.current(monitor).await.map_err(unread("baseline pointer not read"))?;
    let current = held.as_ref().map(|it| it.value.clone());
    Ok((current.filter(|it| it.created_ms == record.created_ms), held))
}

/// Returns the baseline in force for this very endpoint.
pub(crate) async fn in_force<W, S>(
    suite: &Suite<'_, W, S>,
    record: &EndpointRecord,
    monitor: &Monitor,
) -> Result<Option<(BaselinePointer, Arc<Baseline>)>, Refusal>
where
    S: Baselines,
{
    let (Some(pointer), _) = pointer(suite, record, monitor).await? else { return Ok(None) };
    let baseline = suite.shelves.baseline(monitor, &pointer.version).await;
    let baseline = baseline.map_err(unread("baseline not read"))?;
    let Some(baseline) = baseline else {
        return Err(Refusal::new(Next::CallOperator, "baseline in force is not there")
            .fact("endpoint", &monitor.endpoint)
            .fact("version", &pointer.version));
    };
    Ok(Some((pointer, baseline)))
}
