//! Tells people what changed, once for each transition.

use boot::{Ports, Records};
use flow::{Alerted, Call, Suite, alert_endpoint, alert_job, alert_variant};
use formats::answer::Answer;
use ports::{Refusal, Work};

/// Does one piece of this function's work.
pub async fn run(
    suite: &Suite<'_, Ports, Records>,
    call: &Call<'_>,
    work: &Work,
) -> Result<Answer, Refusal> {
    let Alerted { folded, told } = match work {
        Work::AlertVariant { endpoint, variant } => {
            alert_variant(suite, call, endpoint, variant).await?
        }
        Work::AlertEndpoint { endpoint } => alert_endpoint(suite, call, endpoint).await?,
        Work::AlertJob { job } => Box::pin(alert_job(suite, call, job)).await?,
        _ => return Ok(Answer::of("skipped").because("nobody does this work yet")),
    };
    let reason = format!("{folded} executions taken in");
    Ok(Answer::of("alerted").counting(told.len()).because(reason))
}
