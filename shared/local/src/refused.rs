//! Refusals of the smaller services, by what a caller does next.

use crate::faults::CallFate;

/// A refused call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct Refused {
    pub code: Code,
    /// AWS's name of the error, such as `InvalidParameter`.
    pub name: &'static str,
    pub message: String,
}

/// What a refusal means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The call will never pass: change it.
    Invalid,
    /// What it names does not exist.
    NotFound,
    /// Nothing happened: slow down and try again.
    Throttled,
    /// Nothing happened: try again.
    Internal,
    /// Not an answer of AWS: the connection broke after the call was applied.
    ReplyLost,
}

impl Refused {
    pub(crate) fn new(code: Code, name: &'static str, message: impl Into<String>) -> Self {
        Self { code, name, message: message.into() }
    }
}

/// Applies a call as the plan of faults has it.
pub(crate) fn with_fate<T>(
    fate: CallFate,
    throttled: &'static str,
    internal: &'static str,
    apply: impl FnOnce() -> Result<T, Refused>,
) -> Result<T, Refused> {
    match fate {
        CallFate::Fine | CallFate::Conflict => apply(),
        CallFate::Throttled => Err(Refused::new(Code::Throttled, throttled, "rate exceeded")),
        CallFate::ErrorBefore => {
            Err(Refused::new(Code::Internal, internal, "the service failed; nothing happened"))
        }
        CallFate::ReplyLost => {
            apply()?;
            Err(Refused::new(Code::ReplyLost, "ReplyLost", "the connection broke before the reply"))
        }
    }
}
