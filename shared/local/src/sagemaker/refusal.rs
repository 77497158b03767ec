//! Refused calls, by the names AWS gives them.

/// A refused call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.name())]
pub struct Refused {
    pub code: Code,
    pub message: String,
}

/// The names of refusals (SageMaker API reference, "Common Errors" and those of each operation).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Also what Describe answers for an endpoint that is not there: it models no `ResourceNotFound`.
    ValidationException,
    ResourceInUse,
    ResourceNotFound,
    ResourceLimitExceeded,
    AccessDeniedException,
    ThrottlingException,
    InternalFailure,
    /// The container of an endpoint refused a request.
    ModelError,
    /// Not an answer of SageMaker: the connection broke after the call was applied.
    ReplyLost,
}

impl Code {
    /// Returns the spelling of AWS.
    pub fn name(self) -> &'static str {
        match self {
            Self::ValidationException => "ValidationException",
            Self::ResourceInUse => "ResourceInUse",
            Self::ResourceNotFound => "ResourceNotFound",
            Self::ResourceLimitExceeded => "ResourceLimitExceeded",
            Self::AccessDeniedException => "AccessDeniedException",
            Self::ThrottlingException => "ThrottlingException",
            Self::InternalFailure => "InternalFailure",
            Self::ModelError => "ModelError",
            Self::ReplyLost => "ReplyLost",
        }
    }

    /// Returns the HTTP status, or `None` where no answer came.
    pub fn status(self) -> Option<u16> {
        match self {
            Self::ValidationException
            | Self::ResourceInUse
            | Self::ResourceNotFound
            | Self::ResourceLimitExceeded
            | Self::AccessDeniedException
            | Self::ThrottlingException => Some(400),
            Self::InternalFailure => Some(500),
            Self::ModelError => Some(424),
            Self::ReplyLost => None,
        }
    }
}

pub(super) fn invalid(message: String) -> Refused {
    Refused { code: Code::ValidationException, message }
}

pub(super) fn refused(code: Code, message: String) -> Refused {
    Refused { code, message }
}
