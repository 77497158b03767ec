use crate::Aws;
use crate::sagemaker::trouble;
use engine::window::Window;
use jiff::Timestamp;
use local::iam::Context;
use local::sagemaker::{
    CaptureMode, CaptureStatus, Code, EndpointConfig, EndpointDescription,
    EndpointStatus as Status, Listing, Refused, VariantSummary,
};
use ports::{
    Capture, CountTraffic, DescribeEndpoints, DescribeFailed, Endpoint, EndpointPage,
    EndpointStatus, ListEndpoints, ListedEndpoint, Trouble, Variant,
};

/// Tells a missing endpoint by its message: the API models no error for it
/// (reliability, row 19).
fn describe_failed(refused: Refused) -> DescribeFailed {
    let missing = refused.code == Code::ValidationException
        && refused.message.starts_with("Could not find endpoint");
    if missing { DescribeFailed::Missing } else { DescribeFailed::Other(trouble(refused)) }
}

fn status(it: Status) -> EndpointStatus {
    match it {
        Status::Creating => EndpointStatus::Creating,
        Status::InService => EndpointStatus::InService,
        Status::Updating => EndpointStatus::Updating,
        Status::Deleting => EndpointStatus::Deleting,
        Status::Failed => EndpointStatus::Failed,
    }
}

fn variants(it: &EndpointDescription, config: &EndpointConfig) -> Vec<Variant> {
    let all: f64 = it.variants.iter().map(|it| it.weight).sum();
    let share = |weight: f64| if 0.0 < all { weight / all } else { 0.0 };
    let model = |name: &str| config.variants.iter().find(|it| it.name == name);
    let variant = |it: &VariantSummary| Variant {
        name: it.name.clone(),
        share: share(it.weight),
        model: model(&it.name).map(|it| it.model.clone()),
    };
    it.variants.iter().map(variant).collect()
}

impl DescribeEndpoints for Aws {
    async fn describe(&self, name: &str) -> Result<Endpoint, DescribeFailed> {
        let may = |verb: &str, kind: &str, name: &str| {
            let resource = self.account().place().sagemaker_arn(kind, name);
            let action = format!("sagemaker:{verb}");
            self.may(&action, &resource, &Context::none()).map_err(DescribeFailed::Other)
        };
        may("DescribeEndpoint", "endpoint", name)?;
        let it = self.call(|aws, now| aws.sagemaker.describe_endpoint(now, name));
        let it = it.map_err(describe_failed)?;
        let other = |refused| DescribeFailed::Other(trouble(refused));
        may("DescribeEndpointConfig", "endpoint-config", &it.config)?;
        may("ListTags", "endpoint", name)?;
        // Which sides are captured, only the config tells.
        let config = self.call(|aws, now| aws.sagemaker.describe_endpoint_config(now, &it.config));
        let config = config.map_err(other)?;
        let modes = config.capture.as_ref().map_or(&[][..], |it| &it.modes);
        let tags = self.call(|aws, now| aws.sagemaker.list_tags(now, &it.arn)).map_err(other)?;
        let capture = it.capture.as_ref().map(|it| Capture {
            enabled: it.enable,
            started: it.status == CaptureStatus::Started,
            sampling_percent: it.sampling_percent,
            destination: it.destination.clone(),
            input: modes.iter().any(|it| *it != CaptureMode::Output),
            output: modes.iter().any(|it| *it != CaptureMode::Input),
        });
        Ok(Endpoint {
            variants: variants(&it, &config),
            name: it.name,
            arn: it.arn,
            status: status(it.status),
            config: it.config,
            created_ms: it.created.as_millisecond(),
            modified_ms: it.modified.as_millisecond(),
            capture,
            tags,
        })
    }
}

impl ListEndpoints for Aws {
    async fn list_endpoints(&self, from: Option<&str>) -> Result<EndpointPage, Trouble> {
        self.may("sagemaker:ListEndpoints", "*", &Context::none())?;
        let listing = Listing {
            max_results: Some(100),
            next_token: from.map(str::to_owned),
            ..Listing::default()
        };
        let page = self.call(|aws, now| aws.sagemaker.list_endpoints(now, &listing));
        let page = page.map_err(trouble)?;
        let listed = page.entries.into_iter().map(|it| ListedEndpoint {
            name: it.name,
            status: status(it.status),
            created_ms: it.created.as_millisecond(),
            modified_ms: it.modified.as_millisecond(),
        });
        Ok(EndpointPage { endpoints: listed.collect(), next: page.next_token })
    }
}

impl CountTraffic for Aws {
    async fn invocations(
        &self,
        endpoint: &str,
        variant: &str,
        window: Window,
    ) -> Result<Option<u64>, Trouble> {
        self.may("cloudwatch:GetMetricStatistics", "*", &Context::none())?;
        let time = |second| Timestamp::from_second(second).map_err(Trouble::lasting);
        let (start, end) = (time(window.start)?, time(window.end)?);
        Ok(self.call(|aws, _| aws.sagemaker.invocations(endpoint, variant, start, end)))
    }
}
