use crate::{Aws, Class, classify, failed::Failed};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use engine::event::SuiteEvent;
use ports::{PostEvents, Posted, Trouble};

/// Events that one call takes (PutEvents, API reference).
const MOST: usize = 10;

impl PostEvents for Aws {
    /// A call that fails after others went through refuses its own events only.
    async fn post(&self, events: &[SuiteEvent]) -> Result<Posted, Trouble> {
        let trace = self.trace();
        let mut posted = Posted::default();
        for (at, batch) in events.chunks(MOST).enumerate() {
            let entries = batch.iter().map(|it| self.entry(it, trace.as_deref())).collect();
            let answer = self.eventbridge().put_events().set_entries(Some(entries)).send().await;
            let answers = match answer {
                Ok(it) => it.entries.unwrap_or_default(),
                Err(why) if at == 0 => return Err(Failed::of("PutEvents", &why).trouble()),
                Err(why) => {
                    let why = Failed::of("PutEvents", &why).to_string();
                    let rest = at * MOST..events.len();
                    posted.refused.extend(rest.map(|place| (place, why.clone())));
                    return Ok(posted);
                }
            };
            for place in 0..batch.len() {
                let answer = answers.get(place);
                if answer.is_some_and(|it| it.event_id.is_some()) {
                    posted.accepted += 1;
                } else {
                    let code = answer.and_then(|it| it.error_code()).unwrap_or("no answer");
                    posted.refused.push((at * MOST + place, said(code)));
                }
            }
        }
        Ok(posted)
    }
}

fn said(code: &str) -> String {
    let denied = classify(Some(code), None, "") == Class::Denied;
    if denied { format!("{code}: may not put events on this bus") } else { code.to_owned() }
}

impl Aws {
    fn entry(&self, event: &SuiteEvent, trace: Option<&str>) -> PutEventsRequestEntry {
        let it = formats::event::entry(event, self.place().bus.as_deref());
        PutEventsRequestEntry::builder()
            .set_event_bus_name(it.event_bus_name)
            .source(it.source)
            .detail_type(it.detail_type)
            .detail(it.detail)
            .set_resources((!it.resources.is_empty()).then_some(it.resources))
            .set_trace_header(trace.map(str::to_owned))
            .build()
    }
}
