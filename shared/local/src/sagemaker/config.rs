//! Endpoint configs: which models serve, and what of it is captured.

use jiff::Timestamp;

/// An endpoint config; never changed, only replaced by another.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointConfig {
    pub name: String,
    pub arn: String,
    pub created: Timestamp,
    pub variants: Vec<ProductionVariant>,
    pub capture: Option<DataCaptureConfig>,
}

/// One model behind an endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductionVariant {
    pub name: String,
    pub model: String,
    /// Its part of the traffic, over the sum of all weights.
    pub weight: f64,
    pub instance_count: u32,
    pub instance_type: String,
}

impl ProductionVariant {
    /// Returns the only variant most endpoints have: `AllTraffic`, on one `ml.m5.large`.
    pub fn all_traffic(model: impl Into<String>) -> Self {
        Self {
            name: "AllTraffic".to_owned(),
            model: model.into(),
            weight: 1.0,
            instance_count: 1,
            instance_type: "ml.m5.large".to_owned(),
        }
    }
}

/// What an endpoint captures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataCaptureConfig {
    pub enable: bool,
    /// From 0 to 100.
    pub sampling_percent: u32,
    /// Such as `s3://bucket/prefix`; a slash at the end stays in the keys, as on AWS.
    pub destination: String,
    pub modes: Vec<CaptureMode>,
    /// Media types captured as CSV text.
    pub csv_types: Vec<String>,
    /// Media types captured as JSON text; a type in neither list is captured as base64.
    pub json_types: Vec<String>,
    pub kms_key: Option<String>,
}

/// The side of an invocation that is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureMode {
    Input,
    Output,
    InputAndOutput,
}

impl CaptureMode {
    /// Returns the spelling of the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "Input",
            Self::Output => "Output",
            Self::InputAndOutput => "InputAndOutput",
        }
    }
}

impl DataCaptureConfig {
    /// Captures all requests and responses, CSV and JSON as text.
    pub fn to(destination: impl Into<String>) -> Self {
        Self {
            enable: true,
            sampling_percent: 100,
            destination: destination.into(),
            modes: vec![CaptureMode::Input, CaptureMode::Output],
            csv_types: vec!["text/csv".to_owned()],
            json_types: vec!["application/json".to_owned()],
            kms_key: None,
        }
    }

    pub(super) fn input(&self) -> bool {
        self.modes.iter().any(|mode| *mode != CaptureMode::Output)
    }

    pub(super) fn output(&self) -> bool {
        self.modes.iter().any(|mode| *mode != CaptureMode::Input)
    }

    /// Returns the bucket, and the prefix with its slash where there is one.
    pub(super) fn target(&self) -> Option<(&str, String)> {
        let path = self.destination.strip_prefix("s3://")?;
        let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        (!bucket.is_empty()).then_some((bucket, prefix))
    }

    /// Returns what is wrong with the config, in the API's terms (SageMaker API reference, `DataCaptureConfig`).
    pub(super) fn fault(&self) -> Option<String> {
        if self.sampling_percent > 100 {
            return Some(format!(
                "InitialSamplingPercentage {} is over 100",
                self.sampling_percent
            ));
        }
        if self.modes.is_empty() {
            return Some("CaptureOptions is empty".to_owned());
        }
        if self.destination.len() > 512 || self.target().is_none() {
            return Some("DestinationS3Uri is not an S3 URI of at most 512 characters".to_owned());
        }
        None
    }
}
