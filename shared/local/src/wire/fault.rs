//! What a request is refused with, whatever the protocol.

use crate::{refused, s3, sagemaker};

/// A refusal by AWS's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The HTTP status; `None` where the reply is lost.
    pub(crate) status: Option<u16>,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status: Some(status), code: code.to_owned(), message: message.into() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationException", message)
    }

    /// An operation that the stand-in does not know.
    pub(crate) fn unknown(operation: &str) -> Self {
        let message = format!("operation {operation} is not in the stand-in");
        Self::new(400, "UnknownOperationException", message)
    }

    pub(crate) fn unknown_service(service: &str) -> Self {
        let message = format!("service {service} is not in the stand-in");
        Self::new(400, "UnknownOperationException", message)
    }
}

impl From<sagemaker::Refused> for Fault {
    fn from(refused: sagemaker::Refused) -> Self {
        let code = refused.code.name().to_owned();
        Self { status: refused.code.status(), code, message: refused.message }
    }
}

impl From<s3::Refused> for Fault {
    fn from(refused: s3::Refused) -> Self {
        let code = refused.code.name();
        let message = format!("{code}: {}/{}", refused.bucket, refused.key);
        Self { status: refused.code.status(), code: code.to_owned(), message }
    }
}

impl From<refused::Refused> for Fault {
    fn from(refused: refused::Refused) -> Self {
        let status = match refused.code {
            refused::Code::Invalid | refused::Code::Throttled => Some(400),
            refused::Code::NotFound => Some(404),
            refused::Code::Internal => Some(500),
            refused::Code::ReplyLost => None,
        };
        Self { status, code: refused.name.to_owned(), message: refused.message }
    }
}
