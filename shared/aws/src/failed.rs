use crate::{Class, classify};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use ports::{CallFailed, Trouble};
use std::error::Error;
use std::fmt;

/// A call of AWS that failed, told by facts.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) class: Class,
    call: &'static str,
    code: Option<String>,
    message: String,
    /// What to quote to AWS.
    request: Option<String>,
    /// Whether AWS certainly did nothing.
    pub(crate) unsent: bool,
}

impl Failed {
    /// Reads what AWS or the way to it said of a call.
    pub(crate) fn of<E>(call: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let status = error.raw_response().map(|it| it.status().as_u16());
        if let Some(it) = error.as_service_error() {
            let meta = it.meta();
            let message = meta.message().unwrap_or_default();
            let class = classify(meta.code(), status, message);
            return Self {
                class,
                call,
                code: meta.code().map(str::to_owned),
                message: short(message),
                request: request_of(error.raw_response()),
                // A refusal is an answer; only a failure of AWS's own leaves it open.
                unsent: status.is_some_and(|it| (400..500).contains(&it)),
            };
        }
        let unsent = match error {
            SdkError::ConstructionFailure(_) => true,
            SdkError::DispatchFailure(it) => {
                it.is_user() || never_connected(it.as_connector_error())
            }
            _ => false,
        };
        let class = match error {
            SdkError::ConstructionFailure(_) => Class::Invalid,
            _ => Class::Broken,
        };
        let code = match error {
            SdkError::TimeoutError(_) => "timeout",
            SdkError::DispatchFailure(it) if it.is_timeout() => "timeout",
            SdkError::DispatchFailure(_) if unsent => "not connected",
            SdkError::DispatchFailure(_) => "connection lost",
            SdkError::ResponseError(_) => "answer not understood",
            _ => "call not made",
        };
        let code = Some(code.to_owned());
        Self {
            class,
            call,
            code,
            message: root(error),
            request: request_of(error.raw_response()),
            unsent,
        }
    }

    /// Tells a use case of SageMaker's monitoring what it may do next.
    pub(crate) fn call(self) -> CallFailed {
        match self.class {
            Class::Missing => CallFailed::Missing,
            Class::Exists => CallFailed::Exists,
            Class::Busy => CallFailed::Busy(self.to_string()),
            Class::Closed => CallFailed::Closed(self.to_string()),
            _ => CallFailed::Other(self.trouble()),
        }
    }

    /// As [`Self::call`], of a call that changes what is there: one that is in use
    /// is held by another.
    pub(crate) fn held(self) -> CallFailed {
        match self.call() {
            CallFailed::Exists => CallFailed::Busy("another resource holds on to it".to_owned()),
            other => other,
        }
    }

    pub(crate) fn trouble(self) -> Trouble {
        if self.class.passes() { Trouble::passing(self) } else { Trouble::lasting(self) }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answered {}", self.call, self.code.as_deref().unwrap_or("an error"))?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        self.request.as_ref().map_or(Ok(()), |it| write!(f, " (request {it})"))
    }
}

impl Error for Failed {}

/// Whether the way to AWS was never open: no name, no route, nobody listening.
fn never_connected(error: Option<&aws_smithy_runtime_api::client::result::ConnectorError>) -> bool {
    use std::io::ErrorKind as Kind;
    let mut next: Option<&(dyn Error + 'static)> = error.map(|it| it as _);
    while let Some(it) = next {
        if let Some(io) = it.downcast_ref::<std::io::Error>() {
            return matches!(
                io.kind(),
                Kind::ConnectionRefused
                    | Kind::HostUnreachable
                    | Kind::NetworkUnreachable
                    | Kind::AddrNotAvailable
            );
        }
        next = it.source();
    }
    false
}

fn request_of(response: Option<&HttpResponse>) -> Option<String> {
    let headers = response?.headers();
    let id = headers.get("x-amzn-requestid").or_else(|| headers.get("x-amz-request-id"))?;
    Some(short(id))
}

/// Tells the deepest cause.
fn root(error: &(dyn Error + 'static)) -> String {
    let mut it = error;
    while let Some(cause) = it.source() {
        it = cause;
    }
    short(&it.to_string())
}

/// What is said of a failure is bounded, and holds on one line.
fn short(text: &str) -> String {
    const MOST: usize = 300;
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).take(MOST).collect()
}
