//! The ports of monitors, jobs and tags over the stand-in's SageMaker.

mod capture_switch;
mod definitions;
mod invoke;
mod jobs;
mod parts;
mod schedules;
mod tags;

use local::sagemaker::{Code, Refused};
use ports::{CallFailed, Trouble};

/// Lines of one page, the most that AWS gives.
const PAGE: usize = 100;

pub(crate) fn trouble(refused: Refused) -> Trouble {
    match refused.code {
        Code::ThrottlingException | Code::InternalFailure | Code::ReplyLost => {
            Trouble::passing(refused)
        }
        _ => Trouble::lasting(refused),
    }
}

/// Reads a refusal by its code, and `ValidationException` by its words (reference: reliability 1, rows 19 and 20).
fn call_failed(refused: Refused) -> CallFailed {
    let says = |words: &str| refused.message.contains(words);
    match refused.code {
        Code::ResourceNotFound => CallFailed::Missing,
        Code::ResourceInUse => CallFailed::Exists,
        Code::ValidationException | Code::AccessDeniedException if says("new customers") => {
            CallFailed::Closed(refused.to_string())
        }
        Code::ValidationException if says("Could not find") => CallFailed::Missing,
        Code::ValidationException if says("already existing") => CallFailed::Exists,
        Code::ValidationException
            if says("in status Pending") || says("in use by") || says("in-progress") =>
        {
            CallFailed::Busy(refused.to_string())
        }
        _ => CallFailed::Other(trouble(refused)),
    }
}
