//! SageMaker Runtime: `InvokeEndpoint`.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response};
use percent_encoding::percent_decode_str;
use serde_json::json;

use super::{Broken, Call, fault::Fault, json, response};
use crate::sagemaker::Request;

const ATTRIBUTES: &str = "x-amzn-sagemaker-custom-attributes";
const VARIANT: &str = "x-amzn-invoked-production-variant";

/// Members of the call that would change what is served, by their headers.
const REFUSED: [&str; 4] = [
    "x-amzn-sagemaker-target-model",
    "x-amzn-sagemaker-target-container-hostname",
    "x-amzn-sagemaker-inference-component",
    "x-amzn-sagemaker-session-id",
];

pub(super) fn answer(call: &Call<'_>) -> Result<Response<Bytes>, Broken> {
    match invoke(call) {
        Ok(response) => Ok(response),
        Err(fault) if fault.code == "ModelError" => {
            let message = format!(
                "Received client error (400) from primary with message \"{}\".",
                fault.message
            );
            let body = json!({
                "ErrorCode": "CLIENT_ERROR_FROM_MODEL",
                "Message": message,
                "OriginalMessage": fault.message,
                "OriginalStatusCode": 400,
            });
            let mut response = response(424, "application/json", body.to_string());
            set(&mut response, "x-amzn-errortype", "ModelError");
            Ok(response)
        }
        Err(fault) => json::refusal(&fault, "application/json"),
    }
}

fn invoke(call: &Call<'_>) -> Result<Response<Bytes>, Fault> {
    let path = call.parts.uri.path().strip_prefix("/endpoints/").unwrap_or_default();
    let operation = match path.split_once('/') {
        Some((_, "async-invocations")) => "InvokeEndpointAsync",
        Some((_, "invocations-response-stream")) => "InvokeEndpointWithResponseStream",
        _ => path,
    };
    let name = path.strip_suffix("/invocations").filter(|_| call.parts.method == Method::POST);
    let name = name.ok_or_else(|| Fault::unknown(operation))?;
    let name = percent_decode_str(name).decode_utf8_lossy();
    if let Some(header) = REFUSED.iter().find(|header| call.header(header).is_some()) {
        return Err(Fault::new(400, "ValidationError", format!("{header} is not in the stand-in")));
    }
    let custom_attributes = call.header(ATTRIBUTES);
    let request = Request {
        content_type: call.header("content-type").unwrap_or_default(),
        body: &call.body,
        inference_id: call.header("x-amzn-sagemaker-inference-id"),
        custom_attributes,
        target_variant: call.header("x-amzn-sagemaker-target-variant"),
    };
    let served = call.account.call(|all, now| all.sagemaker.invoke_endpoint(now, &name, &request));
    let served = served.map_err(|refused| {
        // The runtime's models call it ValidationError.
        let fault = Fault::from(refused);
        let code = if fault.code == "ValidationException" {
            "ValidationError".to_owned()
        } else {
            fault.code
        };
        Fault { code, ..fault }
    })?;
    let mut response = response(200, served.content_type, served.body);
    set(&mut response, VARIANT, &served.variant);
    if let Some(attributes) = custom_attributes {
        set(&mut response, ATTRIBUTES, attributes);
    }
    Ok(response)
}

fn set(response: &mut Response<Bytes>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}
