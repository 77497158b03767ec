//! Events of the bus: EventBridge's envelope around what AWS and the suite tell.
//!
//! Only what is read is modelled; AWS adds members, so unknown ones are passed
//! over, and every optional member may be `null`.

mod entry;
mod object;
mod sagemaker;
mod suite;

pub use entry::{Entry, SOURCE, entry};
pub use object::ObjectCreated;
pub use sagemaker::{
    EndpointConfigState, EndpointState, EndpointStatus, ProcessingJobState, ProcessingJobStatus,
    ProcessingOutput,
};

use crate::{error, error::FormatError, moment::Moment};
use engine::event::SuiteEvent;
use serde::Deserialize;

const DOCUMENT: &str = "event";
const FIX: &str = "send it as EventBridge delivers it";

/// One event as EventBridge delivers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// The same event delivered twice keeps its id.
    pub id: String,
    pub source: String,
    pub detail_type: String,
    pub account: String,
    pub region: String,
    pub time: Option<Moment>,
    pub resources: Vec<String>,
    pub event: Event,
}

/// What an event tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    EndpointState(EndpointState),
    EndpointConfigState(EndpointConfigState),
    ProcessingJobState(ProcessingJobState),
    ObjectCreated(ObjectCreated),
    /// A rule's schedule fired; `resources` names the rule.
    Scheduled,
    Suite(SuiteEvent),
    /// Something that nobody here asked for.
    Other,
}

/// Reads one event.
///
/// An event of an unknown source or type is [`Event::Other`], not an error.
pub fn read(text: &[u8]) -> Result<Envelope, FormatError> {
    let head: Head = error::read(DOCUMENT, FIX, text)?;
    let event = match (head.source.as_str(), head.detail_type.as_str()) {
        ("aws.s3", "Object Created") => {
            Event::ObjectCreated(detail::<object::Detail>(text)?.into())
        }
        ("aws.events" | "aws.scheduler", _) => Event::Scheduled,
        (SOURCE, kind) => suite::read(kind, text)?.map_or(Event::Other, Event::Suite),
        // The source may be another in tests and stand-ins; the type tells.
        (_, "SageMaker Endpoint State Change") => Event::EndpointState(detail(text)?),
        (_, "SageMaker Endpoint Config State Change") => Event::EndpointConfigState(detail(text)?),
        (_, "SageMaker Processing Job State Change") => {
            Event::ProcessingJobState(detail::<sagemaker::ProcessingJob>(text)?.into())
        }
        _ => Event::Other,
    };
    Ok(Envelope {
        id: head.id.unwrap_or_default(),
        source: head.source,
        detail_type: head.detail_type,
        account: head.account.unwrap_or_default(),
        region: head.region.unwrap_or_default(),
        time: head.time,
        resources: head.resources.unwrap_or_default(),
        event,
    })
}

#[derive(Deserialize)]
struct Head {
    id: Option<String>,
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    account: Option<String>,
    region: Option<String>,
    time: Option<Moment>,
    resources: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Whole<D> {
    detail: D,
}

/// Reads the detail in place, so that a fault's line is that of the event.
fn detail<'a, D: Deserialize<'a>>(text: &'a [u8]) -> Result<D, FormatError> {
    error::read::<Whole<D>>(DOCUMENT, FIX, text).map(|it| it.detail)
}

#[cfg(test)]
mod tests;
