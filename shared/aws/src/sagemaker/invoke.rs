use crate::{Aws, Class, failed::Failed};
use aws_sdk_sagemakerruntime::primitives::Blob;
use ports::{InvokeAnswer, InvokeEndpoints, InvokeFailed, InvokeRequest};

impl InvokeEndpoints for Aws {
    async fn invoke(&self, request: &InvokeRequest) -> Result<InvokeAnswer, InvokeFailed> {
        let started = tokio::time::Instant::now();
        let millis = || u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let answer = self
            .runtime()
            .invoke_endpoint()
            .endpoint_name(&request.endpoint)
            .set_target_variant(request.variant.clone())
            .content_type(&request.content_type)
            .set_accept(request.accept.clone())
            .set_inference_id(request.inference_id.clone())
            .body(Blob::new(request.body.clone()))
            .send()
            .await;
        let took = millis();
        let it = match answer {
            Ok(it) => it,
            Err(why) => {
                let model = why.as_service_error().and_then(|it| match it {
                    aws_sdk_sagemakerruntime::operation::invoke_endpoint::InvokeEndpointError::ModelError(it) => {
                        let status = it.original_status_code().unwrap_or(500);
                        Some(u16::try_from(status).unwrap_or(500))
                    }
                    _ => None,
                });
                if let Some(status) = model {
                    return Err(InvokeFailed::Model { status, millis: took });
                }
                let why = Failed::of("InvokeEndpoint", &why);
                return Err(match why.class {
                    Class::Missing => InvokeFailed::NotServing,
                    _ => InvokeFailed::Other(why.trouble()),
                });
            }
        };
        Ok(InvokeAnswer {
            body: it.body.map(Blob::into_inner).unwrap_or_default(),
            content_type: it.content_type.unwrap_or_default(),
            variant: it.invoked_production_variant,
            millis: took,
        })
    }

    async fn rest(&self, millis: u64) {
        tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
    }
}
