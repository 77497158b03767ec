//! What keeps an endpoint from being monitored, and what to do about it.

use ports::BlockedWhy;

/// Says what keeps an endpoint from being monitored.
pub(crate) fn trouble(why: BlockedWhy) -> &'static str {
    match why {
        BlockedWhy::CaptureOff => "data capture is off",
        BlockedWhy::CaptureLost => "data capture is gone since an update",
        BlockedWhy::CaptureStopped => "SageMaker has stopped the data capture",
        BlockedWhy::InputNotCaptured => "inputs are not captured",
        BlockedWhy::BadDestination => "captures do not go to an S3 address",
        BlockedWhy::CaptureNotDelivering => "requests come in and no capture arrives",
        BlockedWhy::EngineRefused => "the account may not use SageMaker's monitors",
        BlockedWhy::EndpointGone => "the endpoint is gone",
    }
}

/// Says what to do about a blocked endpoint.
pub(crate) fn advice(why: BlockedWhy, config: &str) -> String {
    match why {
        BlockedWhy::CaptureOff | BlockedWhy::CaptureLost => format!(
            "copy endpoint config {config}, add a DataCaptureConfig with EnableCapture true, and update the endpoint to it"
        ),
        BlockedWhy::CaptureStopped => {
            "SageMaker stopped the capture: free disk on the instances (below 75 %), check that the role may write to the destination, then update the endpoint".into()
        }
        BlockedWhy::InputNotCaptured => format!(
            "copy endpoint config {config}, add the CaptureMode Input, and update the endpoint to it"
        ),
        BlockedWhy::BadDestination => format!(
            "copy endpoint config {config}, set a DestinationS3Uri such as s3://bucket/prefix, and update the endpoint to it"
        ),
        BlockedWhy::CaptureNotDelivering => {
            "check that the endpoint's role may put objects under the capture destination and use its key, and that the instances have free disk (below 75 %)".into()
        }
        BlockedWhy::EngineRefused => {
            "set engine: native or engine: auto, or give the deployment a role for SageMaker's jobs".into()
        }
        BlockedWhy::EndpointGone => "nothing: the endpoint was deleted".into(),
    }
}
