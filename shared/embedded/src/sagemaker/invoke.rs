use super::trouble;
use crate::Aws;
use local::iam::Context;
use local::sagemaker::{Code, Request};
use ports::{InvokeAnswer, InvokeEndpoints, InvokeFailed, InvokeRequest};

impl InvokeEndpoints for Aws {
    /// No time passes here while an endpoint answers.
    async fn invoke(&self, request: &InvokeRequest) -> Result<InvokeAnswer, InvokeFailed> {
        let resource = self.account().place().sagemaker_arn("endpoint", &request.endpoint);
        self.may("sagemaker:InvokeEndpoint", &resource, &Context::none())
            .map_err(InvokeFailed::Other)?;
        let wanted = Request {
            content_type: &request.content_type,
            body: &request.body,
            inference_id: request.inference_id.as_deref(),
            custom_attributes: None,
            target_variant: request.variant.as_deref(),
        };
        let done =
            self.call(|aws, now| aws.sagemaker.invoke_endpoint(now, &request.endpoint, &wanted));
        match done {
            Ok(it) => Ok(InvokeAnswer {
                body: it.body.into_bytes(),
                content_type: it.content_type.to_owned(),
                variant: Some(it.variant),
                millis: 0,
            }),
            Err(why) if why.code == Code::ModelError => {
                // What a container answers to a request that it cannot read.
                Err(InvokeFailed::Model { status: 400, millis: 0 })
            }
            Err(why) if why.code == Code::ValidationException => Err(InvokeFailed::NotServing),
            Err(why) => Err(InvokeFailed::Other(trouble(why))),
        }
    }

    /// No time passes here either.
    async fn rest(&self, _millis: u64) {}
}
