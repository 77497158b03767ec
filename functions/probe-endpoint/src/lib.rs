//! Sends sample requests and checks the answers.

use boot::{Ports, Records};
use flow::{Call, Suite, probe_all, probe_endpoint};
use formats::answer::Answer;
use ports::{Refusal, Work};

/// Does one piece of this function's work.
pub async fn run(
    suite: &Suite<'_, Ports, Records>,
    call: &Call<'_>,
    work: &Work,
) -> Result<Answer, Refusal> {
    match work {
        Work::ProbeEndpoint { endpoint } => {
            let probed = probe_endpoint(suite, call, endpoint).await?;
            if let Some(why) = probed.why {
                return Ok(Answer::of("skipped").because(why.to_owned()));
            }
            let status = if probed.findings.is_empty() { "probed" } else { "failed" };
            let (sent, failed) = (probed.sent, probed.failed);
            let reason = format!("{failed} of {sent} sample requests failed");
            Ok(Answer::of(status).counting(probed.findings.len()).because(reason))
        }
        Work::ProbeAll => {
            let probed = probe_all(suite, call).await?;
            Ok(Answer::of("probed").counting(probed))
        }
        _ => Ok(Answer::of("skipped")),
    }
}
