//! The wire: HTTP requests of AWS's clients in, HTTP responses out. No sockets here.
//!
//! [`Doors::answer`] is a function of a request and the account. Which service a request is for is told by the scope of
//! its signature, its target or its path; one file per service then reads the service's protocol. Signatures are not
//! verified: who knows no secret cannot, and the server listens on this machine only. Operations that are not there
//! are refused by name.

mod address;
pub(crate) mod admin;
mod cbor;
mod cloudwatch;
mod events;
mod fault;
mod json;
mod logs;
mod query;
mod runtime;
mod s3;
mod sagemaker;
mod sns;
mod sqs;
mod states;
mod sts;
mod xml;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header, request::Parts};

pub use self::address::Service;
use self::fault::Fault;
use crate::account::Account;
use crate::random::Random;

/// The largest request body, in bytes; what is larger comes in parts.
pub const LARGEST_BODY: usize = 256 << 20;

/// The doors of an account; clones share them.
#[derive(Debug, Clone)]
pub struct Doors {
    account: Account,
    ids: Arc<Mutex<Random>>,
    /// What requests said beyond what the services keep, to be repeated when asked.
    said: sagemaker::Said,
    source: Option<Arc<dyn Source>>,
}

/// Where objects come from that SageMaker reads and that are not kept here.
pub trait Source: Send + Sync + fmt::Debug {
    /// Brings the objects under a prefix here, once or from now on.
    fn bring(&self, account: &Account, bucket: &str, prefix: &str, again: bool);
    /// Makes a bucket known here that SageMaker will write to.
    fn know(&self, account: &Account, bucket: &str);
}

/// Who calls, as far as a request tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// The access key of the signature; `None` for an unsigned request.
    pub access_key: Option<String>,
}

/// The reply is lost: the connection closes without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection broke before the reply")]
pub struct Broken;

/// One request on its way.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) account: &'a Account,
    pub(crate) said: &'a sagemaker::Said,
    source: Option<&'a dyn Source>,
    pub(crate) parts: &'a Parts,
    pub(crate) body: Bytes,
    pub(crate) caller: Caller,
    pub(crate) request_id: String,
}

impl Call<'_> {
    /// Has the objects under an S3 URI brought here, where they live elsewhere.
    pub(crate) fn bring(&self, uri: &str, again: bool) {
        let place =
            uri.strip_prefix("s3://").map(|path| path.split_once('/').unwrap_or((path, "")));
        if let (Some(source), Some((bucket, prefix))) = (self.source, place) {
            source.bring(self.account, bucket, prefix, again);
        }
    }

    /// Has the bucket of an S3 URI known here, where it lives elsewhere.
    pub(crate) fn know(&self, uri: &str) {
        let bucket = uri.strip_prefix("s3://").and_then(|path| path.split('/').next());
        if let (Some(source), Some(bucket)) = (self.source, bucket) {
            source.know(self.account, bucket);
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Doors {
    /// Opens the doors of an account; the seed decides request ids.
    pub fn new(account: Account, seed: u64) -> Self {
        let ids = Arc::new(Mutex::new(Random::named(seed, "wire")));
        Self { account, ids, said: sagemaker::Said::default(), source: None }
    }

    /// Lets SageMaker read from elsewhere what is not kept here.
    #[must_use]
    pub fn reading_from(self, source: Arc<dyn Source>) -> Self {
        Self { source: Some(source), ..self }
    }

    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Answers a request.
    ///
    /// # Errors
    /// The plan of faults loses the reply; what was asked for is done.
    pub fn answer(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Broken> {
        let (parts, body) = request.into_parts();
        let scope = address::Scope::of(&parts);
        let service = address::service(&parts, scope.as_ref(), &body);
        let request_id = self.ids.lock().unwrap_or_else(PoisonError::into_inner).uuid();
        let caller = Caller { access_key: scope.map(|scope| scope.access_key) };
        let call = Call {
            account: &self.account,
            said: &self.said,
            source: self.source.as_deref(),
            parts: &parts,
            body,
            caller,
            request_id,
        };
        let mut response = match service {
            Service::S3 => s3::answer(&call),
            Service::SageMaker => json::answer(&call, sagemaker::operate),
            Service::SageMakerRuntime => runtime::answer(&call),
            Service::EventBridge => json::answer(&call, events::operate),
            Service::Sqs => json::answer(&call, sqs::operate),
            Service::StepFunctions => json::answer(&call, states::operate),
            Service::Logs => json::answer(&call, logs::operate),
            Service::Sns => query::answer(&call, sns::operate),
            Service::Sts => query::answer(&call, sts::operate),
            Service::CloudWatch => cloudwatch::answer(&call),
            Service::Unknown(name) => {
                let fault = Fault::unknown_service(&name);
                if query::is_form(&parts) {
                    query::answer(&call, |_, _, _| Err(fault.clone()))
                } else {
                    json::refusal(&fault, "application/x-amz-json-1.1")
                }
            }
        }?;
        if let Ok(id) = call.request_id.parse() {
            response.headers_mut().insert("x-amzn-requestid", id);
        }
        Ok(response)
    }
}

/// Makes a response of a status, a content type and a body.
pub(crate) fn response(status: u16, kind: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !kind.is_empty() {
        let kind = header::HeaderValue::from_static(kind);
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}
