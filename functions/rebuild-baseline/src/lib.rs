//! Builds, holds and promotes baselines.

use boot::{Ports, Records};
use flow::{Call, Rebuilt, Suite, check_baseline, rebuild_all, rebuild_baseline, request_baseline};
use formats::answer::Answer;
use ports::{Refusal, Work};

/// Does one piece of this function's work.
pub async fn run(
    suite: &Suite<'_, Ports, Records>,
    call: &Call<'_>,
    work: &Work,
) -> Result<Answer, Refusal> {
    let rebuilt = match work {
        Work::RebuildBaseline { monitor } => {
            Box::pin(rebuild_baseline(suite, call, monitor)).await?
        }
        Work::RequestBaseline { request } => {
            Box::pin(request_baseline(suite, call, request)).await?
        }
        Work::CheckBaseline { job } => Box::pin(check_baseline(suite, call, job)).await?,
        Work::RebuildAll => {
            return Ok(Answer::of("asked").counting(rebuild_all(suite).await?));
        }
        _ => return Ok(Answer::of("skipped").because("nobody does this work yet")),
    };
    Ok(answer(&rebuilt))
}

/// Tells what became of a baseline, as the state machine reads it.
fn answer(done: &Rebuilt) -> Answer {
    Answer {
        version: done.version().map(str::to_owned),
        job_name: done.job().map(str::to_owned),
        reason: done.reason(),
        ..Answer::of(done.word())
    }
}
