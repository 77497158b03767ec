//! An account whose Model Monitor is closed, as it is to new customers since 2026-07-30.

use super::{
    SageMaker,
    refusal::{Code, Refused},
};

/// How such an account may refuse; which of these AWS says is not known (reliability §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    AccessDenied,
    Validation,
    /// What one public lab plans for.
    InternalFailure,
}

impl Closed {
    pub const ALL: [Self; 3] = [Self::AccessDenied, Self::Validation, Self::InternalFailure];

    fn refusal(self) -> Refused {
        let message = "Amazon SageMaker Model Monitor is not available to new customers.";
        let (code, message) = match self {
            Self::AccessDenied => (Code::AccessDeniedException, message),
            Self::Validation => (Code::ValidationException, message),
            Self::InternalFailure => (Code::InternalFailure, "The request processing has failed."),
        };
        Refused { code, message: message.to_owned() }
    }
}

impl SageMaker {
    /// Refuses new job definitions and schedules from now on, or takes them again.
    pub fn close_model_monitor(&mut self, closed: Option<Closed>) {
        self.closed = closed;
    }

    pub(super) fn open_for_monitors(&self) -> Result<(), Refused> {
        self.closed.map_or(Ok(()), |closed| Err(closed.refusal()))
    }
}
