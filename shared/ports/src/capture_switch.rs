use crate::CallFailed;
use std::collections::BTreeMap;
use std::future::Future;

/// How an endpoint is to capture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaptureWanted {
    pub sampling_percent: u32,
    /// Such as `s3://bucket/prefix`.
    pub destination: String,
    /// Never empty.
    pub kms_key: Option<String>,
}

/// Switches data capture on: the only port that touches endpoints.
pub trait SwitchCapture {
    /// Creates an endpoint config like `config`, with this capture; both sides are captured.
    fn clone_config(
        &self,
        config: &str,
        name: &str,
        capture: &CaptureWanted,
        tags: &BTreeMap<String, String>,
    ) -> impl Future<Output = Result<(), CallFailed>> + Send;

    /// Updates an endpoint to another config.
    fn use_config(
        &self,
        endpoint: &str,
        config: &str,
    ) -> impl Future<Output = Result<(), CallFailed>> + Send;
}
