use crate::Trouble;
use std::future::Future;

/// One request to an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvokeRequest {
    pub endpoint: String,
    /// `None` leaves the choice to the endpoint.
    pub variant: Option<String>,
    pub content_type: String,
    pub accept: Option<String>,
    /// Kept in the capture, so that a later label finds it.
    pub inference_id: Option<String>,
    pub body: Vec<u8>,
}

/// What an endpoint answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvokeAnswer {
    pub body: Vec<u8>,
    pub content_type: String,
    pub variant: Option<String>,
    /// Time from the request to the whole answer, as the caller saw it.
    pub millis: u64,
}

/// Why [`InvokeEndpoints::invoke`] failed.
#[derive(Debug)]
pub enum InvokeFailed {
    /// There is no such endpoint, or it serves nobody now.
    NotServing,
    /// The model answered with an error.
    Model {
        status: u16,
        millis: u64,
    },
    Other(Trouble),
}

/// Invokes endpoints, and rests between two requests.
pub trait InvokeEndpoints {
    fn invoke(
        &self,
        request: &InvokeRequest,
    ) -> impl Future<Output = Result<InvokeAnswer, InvokeFailed>> + Send;

    /// Waits, so that the endpoint has time for its own callers.
    fn rest(&self, millis: u64) -> impl Future<Output = ()> + Send;
}

/// A request that was sent before, or might have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleRequest {
    pub content_type: String,
    pub body: Vec<u8>,
}

/// Reads requests out of capture files.
pub trait ReadRequests {
    /// Reads up to `most` requests of a capture file; what is none is passed over.
    fn captured_requests(&self, lines: &[u8], most: usize) -> Vec<SampleRequest>;
}
