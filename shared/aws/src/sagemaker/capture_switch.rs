use super::parts::{number, sdk_tags};
use crate::{Aws, failed::Failed};
use aws_sdk_sagemaker::types::{CaptureMode, CaptureOption, DataCaptureConfig};
use ports::{CallFailed, CaptureWanted, SwitchCapture};
use std::collections::BTreeMap;

fn capture(it: &CaptureWanted, headers: Option<&DataCaptureConfig>) -> DataCaptureConfig {
    let side = |mode| CaptureOption::builder().capture_mode(mode).build();
    DataCaptureConfig::builder()
        .enable_capture(true)
        .initial_sampling_percentage(number(it.sampling_percent))
        .destination_s3_uri(&it.destination)
        .set_kms_key_id(it.kms_key.clone())
        .capture_options(side(CaptureMode::Input))
        .capture_options(side(CaptureMode::Output))
        .set_capture_content_type_header(
            headers.and_then(|it| it.capture_content_type_header.clone()),
        )
        .build()
}

impl SwitchCapture for Aws {
    async fn clone_config(
        &self,
        config: &str,
        name: &str,
        wanted: &CaptureWanted,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), CallFailed> {
        let found = self.sagemaker().describe_endpoint_config().endpoint_config_name(config);
        let it = found.send().await;
        let it = it.map_err(|why| Failed::of("DescribeEndpointConfig", &why).call())?;
        let data_capture = capture(wanted, it.data_capture_config.as_ref());
        self.sagemaker()
            .create_endpoint_config()
            .endpoint_config_name(name)
            .data_capture_config(data_capture)
            .set_production_variants(it.production_variants)
            .set_shadow_production_variants(it.shadow_production_variants)
            .set_kms_key_id(it.kms_key_id)
            .set_async_inference_config(it.async_inference_config)
            .set_explainer_config(it.explainer_config)
            .set_execution_role_arn(it.execution_role_arn)
            .set_vpc_config(it.vpc_config)
            .set_enable_network_isolation(it.enable_network_isolation)
            .set_metrics_config(it.metrics_config)
            .set_tags(Some(sdk_tags(tags)))
            .send()
            .await
            .map_err(|why| Failed::of("CreateEndpointConfig", &why).call())?;
        Ok(())
    }

    async fn use_config(&self, endpoint: &str, config: &str) -> Result<(), CallFailed> {
        self.sagemaker()
            .update_endpoint()
            .endpoint_name(endpoint)
            .endpoint_config_name(config)
            .send()
            .await
            .map_err(|why| Failed::of("UpdateEndpoint", &why).held())?;
        Ok(())
    }
}
