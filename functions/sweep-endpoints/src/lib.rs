//! Finds what no event told of, and asks for it.

use boot::{Ports, Records};
use flow::{Call, Suite, Swept, sweep_endpoints};
use formats::answer::Answer;
use ports::{Refusal, Work};

/// Does one piece of this function's work.
pub async fn run(
    suite: &Suite<'_, Ports, Records>,
    call: &Call<'_>,
    work: &Work,
) -> Result<Answer, Refusal> {
    if *work != Work::SweepEndpoints {
        return Ok(Answer::of("skipped"));
    }
    let Swept { endpoints, endpoints_due, windows_due, left } =
        sweep_endpoints(suite, call).await?;
    let reason = format!("{endpoints} endpoints, {windows_due} windows due, {left} left for later");
    Ok(Answer::of("swept").counting(endpoints_due + windows_due).because(reason))
}
