use crate::fault::{unread, unwritten};
use crate::{Call, Suite};
use ports::{
    Alert, Etag, Ledger, LedgerEntry, LedgerState, Next, PublishAlerts, PublishFailed, Refusal,
    WriteFault,
};

/// Times that a claim or a commit is tried.
const TRIES: u32 = 4;

/// Publishes an alert unless it is published (reference: reliability 3.3).
///
/// Claim, publish, commit. Somebody else's live claim is an error, so that the
/// queue tries again: that one may die before it publishes.
pub(super) async fn deliver<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    alert: &Alert,
) -> Result<(), Refusal>
where
    W: PublishAlerts,
    S: Ledger,
{
    let Some((claim, etag)) = claim(suite, call, &alert.id).await? else { return Ok(()) };
    let published = suite.world.publish(alert, claim.attempts).await;
    let message_id = published.map_err(|failed| match failed {
        PublishFailed::Refused(trouble) | PublishFailed::Unknown(trouble) => {
            Refusal::of("alert not published", trouble)
                .fact("alert", &alert.id)
                .fact("attempt", claim.attempts)
        }
    })?;
    commit(suite, call, claim, etag, message_id).await
}

/// Takes the lease on an alert; `None` where it is published already.
async fn claim<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    id: &str,
) -> Result<Option<(LedgerEntry, Etag)>, Refusal>
where
    S: Ledger,
{
    if call.remaining < suite.limits.publish_needs {
        return Err(Refusal::new(Next::TryAgain, "too little time to publish").fact("alert", id));
    }
    let state =
        LedgerState::Claimed { owner: call.request.into(), until: call.now + suite.limits.lease };
    // Only a write of this very call can be this call's.
    let mut tried = None;
    for _ in 0..TRIES {
        let held = suite.shelves.entry(id).await.map_err(unread("ledger not read"))?;
        let (attempts, expected) = match held {
            None => (1, None),
            Some(it) => match it.value.state.clone() {
                LedgerState::Sent { .. } => return Ok(None),
                LedgerState::Claimed { .. } if tried.as_ref() == Some(&it.value) => {
                    return Ok(Some((it.value, it.etag)));
                }
                LedgerState::Claimed { until, .. } if call.now <= until + suite.limits.skew => {
                    return Err(Refusal::new(Next::TryAgain, "alert is being published")
                        .fact("alert", id)
                        .fact("until", until));
                }
                LedgerState::Claimed { .. } => (it.value.attempts + 1, Some(it.etag)),
            },
        };
        let entry = LedgerEntry { alert_id: id.into(), attempts, state: state.clone() };
        match suite.shelves.keep_entry(&entry, expected.as_ref()).await {
            Ok(etag) => return Ok(Some((entry, etag))),
            Err(WriteFault::Other(trouble)) if !trouble.retryable => {
                return Err(Refusal::of("alert not claimed", trouble).fact("alert", id));
            }
            // Somebody else's write, or this one whose reply was lost: reading tells.
            Err(_) => tried = Some(entry),
        }
    }
    Err(Refusal::new(Next::TryAgain, "alert not claimed").fact("alert", id))
}

async fn commit<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    claim: LedgerEntry,
    etag: Etag,
    message_id: String,
) -> Result<(), Refusal>
where
    S: Ledger,
{
    let state = LedgerState::Sent { message_id, at: call.now };
    let entry = LedgerEntry { state, ..claim };
    let mut last = None;
    for _ in 0..TRIES {
        match suite.shelves.keep_entry(&entry, Some(&etag)).await {
            Ok(_) => return Ok(()),
            Err(WriteFault::Lost) => {
                let held = suite.shelves.entry(&entry.alert_id).await;
                let held = held.map_err(unread("ledger not read"))?;
                if held.is_some_and(|it| matches!(it.value.state, LedgerState::Sent { .. })) {
                    return Ok(());
                }
                // The lease ran out and somebody else has taken over.
                return Err(Refusal::new(Next::TryAgain, "alert was taken over")
                    .fact("alert", entry.alert_id));
            }
            Err(other) => last = Some(other),
        }
    }
    let fault = last.map_or_else(
        || Refusal::new(Next::TryAgain, "alert not committed"),
        unwritten("alert not committed"),
    );
    Err(fault.fact("alert", entry.alert_id))
}
