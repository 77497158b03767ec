//! What SageMaker's executions found, as the suite's own.

pub(crate) mod failure;
mod taking;

pub(crate) use taking::{Ended, finish, take};

use crate::Suite;
use crate::fault::failed;
use ports::{CallFailed, DescribeJobs, ExecutionQuery, ListExecutions, Refusal};

/// Names the endpoint whose schedule ran a job; `None` of any other job.
///
/// Whether a job is an execution, only describing it tells (formats A.4).
pub(crate) async fn endpoint_of_job<W, S>(
    suite: &Suite<'_, W, S>,
    job: &str,
) -> Result<Option<(String, String)>, Refusal>
where
    W: DescribeJobs + ListExecutions,
{
    let found = match suite.world.describe_job(job).await {
        Ok(it) => it,
        Err(CallFailed::Missing) => return Ok(None),
        Err(other) => return Err(failed("job not described")(other.trouble()).fact("job", job)),
    };
    let Some(schedule) = found.schedule_name().map(str::to_owned) else { return Ok(None) };
    let query = ExecutionQuery { schedule: Some(schedule.clone()), ..ExecutionQuery::default() };
    let page = suite.world.list_executions(&query, None).await;
    let page = page.map_err(|it| failed("executions not listed")(it.trouble()))?;
    let mut all = page.executions.into_iter();
    let endpoint = all.find_map(|it| it.endpoint);
    Ok(endpoint.map(|endpoint| (endpoint, schedule)))
}
