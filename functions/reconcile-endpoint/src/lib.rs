//! Brings endpoints to what the settings want.

use boot::{Ports, Records};
use flow::{Call, Reconciled, Suite, reconcile_all, reconcile_config, reconcile_endpoint};
use formats::answer::Answer;
use ports::{Refusal, Work};

/// Does one piece of this function's work.
pub async fn run(
    suite: &Suite<'_, Ports, Records>,
    call: &Call<'_>,
    work: &Work,
) -> Result<Answer, Refusal> {
    Ok(match work {
        Work::ReconcileEndpoint { endpoint } => {
            match Box::pin(reconcile_endpoint(suite, call, endpoint)).await? {
                Reconciled::Settled(phase) => Answer::of("settled").because(phase.word()),
                Reconciled::Decided(phase) => Answer::of("decided").because(phase.word()),
                Reconciled::Forgotten => Answer::of("forgotten"),
                Reconciled::Unknown => Answer::of("unknown"),
            }
        }
        Work::ReconcileConfig { config } => {
            Answer::of("asked").counting(reconcile_config(suite, config).await?)
        }
        Work::ReconcileAll => Answer::of("asked").counting(reconcile_all(suite).await?),
        _ => Answer::of("skipped").because("nobody does this work yet"),
    })
}
