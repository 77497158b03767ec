use super::call_failed;
use crate::Aws;
use crate::rights::tagged;
use local::iam::Context;
use local::sagemaker::{CaptureMode, DataCaptureConfig};
use ports::{CallFailed, CaptureWanted, SwitchCapture};
use std::collections::BTreeMap;

impl SwitchCapture for Aws {
    async fn clone_config(
        &self,
        config: &str,
        name: &str,
        wanted: &CaptureWanted,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), CallFailed> {
        let none = Context::none();
        self.may_sagemaker("DescribeEndpointConfig", "endpoint-config", config, &none)?;
        let found = self.call(|aws, now| aws.sagemaker.describe_endpoint_config(now, config));
        let found = found.map_err(call_failed)?;
        let plain = DataCaptureConfig::to(wanted.destination.clone());
        // Content types are kept; where none were said, SageMaker's own are as before.
        let before = found.capture.as_ref().unwrap_or(&plain);
        let capture = DataCaptureConfig {
            enable: true,
            sampling_percent: wanted.sampling_percent,
            destination: wanted.destination.clone(),
            modes: vec![CaptureMode::Input, CaptureMode::Output],
            csv_types: before.csv_types.clone(),
            json_types: before.json_types.clone(),
            kms_key: wanted.kms_key.clone(),
        };
        let context = tagged(none, tags);
        self.may_sagemaker("CreateEndpointConfig", "endpoint-config", name, &context)?;
        self.may_tag("endpoint-config", name, tags)?;
        let tags: Vec<(&str, &str)> =
            tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let variants = found.variants.clone();
        let made = self.call(|aws, now| {
            aws.sagemaker.create_endpoint_config(now, name, variants, Some(capture), &tags)
        });
        made.map(drop).map_err(call_failed)
    }

    async fn use_config(&self, endpoint: &str, config: &str) -> Result<(), CallFailed> {
        let none = Context::none();
        self.may_sagemaker("UpdateEndpoint", "endpoint", endpoint, &none)?;
        self.may_sagemaker("UpdateEndpoint", "endpoint-config", config, &none)?;
        let done = self.call(|aws, now| aws.sagemaker.update_endpoint(now, endpoint, config));
        done.map(drop).map_err(call_failed)
    }
}
