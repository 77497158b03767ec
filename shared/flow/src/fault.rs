//! What ports say, as refusals.

use engine::event::SuiteEvent;
use ports::{Next, PostEvents, ReadFault, Refusal, Trouble, WriteFault};

/// Refuses because a record could not be read.
pub(crate) fn unread(what: &'static str) -> impl Fn(ReadFault) -> Refusal {
    move |fault| match fault {
        ReadFault::Corrupt { key, why } => {
            Refusal::new(Next::CallOperator, what).fact("key", key).fact("why", why)
        }
        ReadFault::Other(trouble) => Refusal::of(what, trouble),
    }
}

/// Refuses because a record could not be written; a lost race is worth a try.
pub(crate) fn unwritten(what: &'static str) -> impl Fn(WriteFault) -> Refusal {
    move |fault| match fault {
        WriteFault::Lost => Refusal::new(Next::TryAgain, what).because("another write came first"),
        WriteFault::Other(trouble) => Refusal::of(what, trouble),
    }
}

pub(crate) fn failed(what: &'static str) -> impl Fn(Trouble) -> Refusal {
    move |trouble| Refusal::of(what, trouble)
}

/// Posts all events, those that were refused a second time.
pub(crate) async fn post(world: &impl PostEvents, events: &[SuiteEvent]) -> Result<(), Refusal> {
    if events.is_empty() {
        return Ok(());
    }
    let posted = world.post(events).await.map_err(failed("events not posted"))?;
    if posted.refused.is_empty() {
        return Ok(());
    }
    let again: Vec<SuiteEvent> =
        posted.refused.iter().filter_map(|(at, _)| events.get(*at).cloned()).collect();
    let posted = world.post(&again).await.map_err(failed("events not posted"))?;
    match posted.refused.first() {
        None => Ok(()),
        Some((_, why)) => Err(Refusal::new(Next::TryAgain, "events refused")
            .fact("refused", posted.refused.len())
            .because(why.clone())),
    }
}
