use crate::Trouble;
use engine::event::SuiteEvent;
use std::future::Future;

/// Why an endpoint cannot be monitored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockedWhy {
    /// The config has no capture, or one that is off.
    CaptureOff,
    /// Capture ran before the endpoint's last update and does not run now.
    CaptureLost,
    /// SageMaker says that capture stopped.
    CaptureStopped,
    /// Capture keeps no inputs.
    InputNotCaptured,
    /// The destination is not an S3 address.
    BadDestination,
    /// Requests come in, and no capture has arrived for hours.
    CaptureNotDelivering,
    /// The settings ask for SageMaker's monitors and the account may not have them.
    EngineRefused,
    /// The endpoint is no longer there; what is open is closed.
    EndpointGone,
}

impl BlockedWhy {
    pub fn word(self) -> &'static str {
        match self {
            Self::CaptureOff => "capture_off",
            Self::CaptureLost => "capture_lost",
            Self::CaptureStopped => "capture_stopped",
            Self::InputNotCaptured => "input_not_captured",
            Self::BadDestination => "bad_destination",
            Self::CaptureNotDelivering => "capture_not_delivering",
            Self::EngineRefused => "engine_refused",
            Self::EndpointGone => "endpoint_gone",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        let all = [
            Self::CaptureOff,
            Self::CaptureLost,
            Self::CaptureStopped,
            Self::InputNotCaptured,
            Self::BadDestination,
            Self::CaptureNotDelivering,
            Self::EngineRefused,
            Self::EndpointGone,
        ];
        all.into_iter().find(|it| it.word() == word)
    }
}

/// What became of a batch of events.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Posted {
    pub accepted: usize,
    /// Index into the batch, and why.
    pub refused: Vec<(usize, String)>,
}

/// Posts the suite's events on the bus.
pub trait PostEvents {
    /// Posts every event and says what became of each.
    ///
    /// `Err` means that nothing is known; a refused event is a normal answer.
    fn post(&self, events: &[SuiteEvent]) -> impl Future<Output = Result<Posted, Trouble>> + Send;
}
