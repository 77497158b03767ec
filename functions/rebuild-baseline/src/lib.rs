//! Builds, holds and promotes baselines.

use boot::{Ports, Records};
use flow::{Call, Rebuilt, Suite, rebuild_all, rebuild_baseline};
use formats::answer::Answer;
use ports::{Refusal, Work};

/// Does one piece of this function's work.
pub async fn run(
    suite: &Suite<'_, Ports, Records>,
    call: &Call<'_>,
    work: &Work,
) -> Result<Answer, Refusal> {
    Ok(match work {
        Work::RebuildBaseline { monitor } => answer(rebuild_baseline(suite, call, monitor).await?),
        Work::RebuildAll => Answer::of("asked").counting(rebuild_all(suite).await?),
        _ => Answer::of("skipped").because("nobody does this work yet"),
    })
}

/// Tells what became of a baseline, as the state machine reads it.
fn answer(done: Rebuilt) -> Answer {
    match done {
        Rebuilt::Promoted { version } => Answer::of("promoted").version(version),
        Rebuilt::Unchanged { version } => Answer::of("unchanged").version(version),
        Rebuilt::Held { why } => Answer::of("held").because(why),
        Rebuilt::Waiting { rows, wanted } => {
            Answer::of("waiting").because(format!("{rows} of {wanted} rows are captured"))
        }
        Rebuilt::Skipped => Answer::of("skipped"),
    }
}
