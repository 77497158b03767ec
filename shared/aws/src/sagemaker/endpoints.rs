use super::parts::millis;
use crate::{Aws, Class, failed::Failed};
use aws_sdk_sagemaker::{
    operation::{
        describe_endpoint::DescribeEndpointOutput,
        describe_endpoint_config::DescribeEndpointConfigOutput,
    },
    types::{CaptureMode, CaptureStatus, ProductionVariant, ProductionVariantSummary},
};
use ports::{
    Capture, DescribeEndpoints, DescribeFailed, Endpoint, EndpointPage, EndpointStatus,
    ListEndpoints, ListedEndpoint, Trouble, Variant,
};
use std::collections::BTreeMap;

/// Endpoints that one page holds, the most that AWS gives.
const PAGE: i32 = 100;

impl DescribeEndpoints for Aws {
    async fn describe(&self, name: &str) -> Result<Endpoint, DescribeFailed> {
        let it = self.sagemaker().describe_endpoint().endpoint_name(name).send().await;
        let it = it.map_err(|why| missing_or(Failed::of("DescribeEndpoint", &why)))?;
        let config = it.endpoint_config_name().unwrap_or_default();
        // Which sides are captured, only the config tells.
        let found = self.sagemaker().describe_endpoint_config().endpoint_config_name(config);
        let found = match found.send().await {
            Ok(it) => it,
            Err(why) => {
                let why = Failed::of("DescribeEndpointConfig", &why);
                return Err(DescribeFailed::Other(why.trouble()));
            }
        };
        let tags = self.tags_of(it.endpoint_arn().unwrap_or_default()).await;
        let tags = tags.map_err(|why| DescribeFailed::Other(why.trouble()))?;
        endpoint(it, &found, tags).map_err(DescribeFailed::Other)
    }
}

/// A missing endpoint is told by its message: the API models no error for it.
fn missing_or(why: Failed) -> DescribeFailed {
    match why.class {
        Class::Missing => DescribeFailed::Missing,
        _ => DescribeFailed::Other(why.trouble()),
    }
}

fn endpoint(
    it: DescribeEndpointOutput,
    config: &DescribeEndpointConfigOutput,
    tags: BTreeMap<String, String>,
) -> Result<Endpoint, Trouble> {
    let status = it.endpoint_status().map_or("", |it| it.as_str());
    let status = EndpointStatus::parse(status).ok_or_else(|| unknown(status))?;
    let modes: Vec<&CaptureMode> = config
        .data_capture_config()
        .map_or(&[][..], |it| it.capture_options())
        .iter()
        .filter_map(|it| it.capture_mode())
        .collect();
    let both =
        |side: &CaptureMode| modes.iter().any(|it| *it == side || it.as_str() == "InputAndOutput");
    let capture = it.data_capture_config().map(|summary| Capture {
        enabled: summary.enable_capture().unwrap_or_default(),
        started: summary.capture_status() == Some(&CaptureStatus::Started),
        sampling_percent: summary
            .current_sampling_percentage()
            .and_then(|it| u32::try_from(it).ok())
            .unwrap_or_default(),
        destination: summary.destination_s3_uri().unwrap_or_default().to_owned(),
        input: both(&CaptureMode::Input),
        output: both(&CaptureMode::Output),
    });
    Ok(Endpoint {
        variants: variants(it.production_variants(), config.production_variants()),
        arn: it.endpoint_arn().unwrap_or_default().to_owned(),
        status,
        config: it.endpoint_config_name().unwrap_or_default().to_owned(),
        created_ms: millis(it.creation_time()).unwrap_or_default(),
        modified_ms: millis(it.last_modified_time()).unwrap_or_default(),
        capture,
        tags,
        name: it.endpoint_name.unwrap_or_default(),
    })
}

fn variants(all: &[ProductionVariantSummary], configured: &[ProductionVariant]) -> Vec<Variant> {
    let model = |name: Option<&str>| {
        let found = configured.iter().find(|it| it.variant_name() == name);
        found.and_then(|it| it.model_name.clone())
    };
    let weight = |it: &ProductionVariantSummary| f64::from(it.current_weight().unwrap_or_default());
    let whole: f64 = all.iter().map(weight).sum();
    let share = |it: &ProductionVariantSummary| if 0.0 < whole { weight(it) / whole } else { 0.0 };
    let variant = |it: &ProductionVariantSummary| Variant {
        name: it.variant_name().unwrap_or_default().to_owned(),
        share: share(it),
        model: model(it.variant_name()),
    };
    all.iter().map(variant).collect()
}

fn unknown(status: &str) -> Trouble {
    Trouble::lasting(format!("an endpoint has the unknown status {status:?}"))
}

impl ListEndpoints for Aws {
    async fn list_endpoints(&self, from: Option<&str>) -> Result<EndpointPage, Trouble> {
        let page = self
            .sagemaker()
            .list_endpoints()
            .max_results(PAGE)
            .set_next_token(from.map(str::to_owned))
            .send()
            .await
            .map_err(|why| Failed::of("ListEndpoints", &why).trouble())?;
        let mut endpoints = Vec::new();
        for it in page.endpoints.unwrap_or_default() {
            let status = it.endpoint_status().map_or("", |it| it.as_str());
            endpoints.push(ListedEndpoint {
                status: EndpointStatus::parse(status).ok_or_else(|| unknown(status))?,
                created_ms: millis(it.creation_time()).unwrap_or_default(),
                modified_ms: millis(it.last_modified_time()).unwrap_or_default(),
                name: it.endpoint_name.unwrap_or_default(),
            });
        }
        Ok(EndpointPage { endpoints, next: page.next_token })
    }
}
