//! Which service a request is for.

use http::{header, request::Parts};
use percent_encoding::percent_decode_str;

use super::query;

/// A service with a door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    S3,
    SageMaker,
    SageMakerRuntime,
    Sns,
    EventBridge,
    CloudWatch,
    Sqs,
    StepFunctions,
    Logs,
    Sts,
    Unknown(String),
}

/// What a signature says about its request: whose key, which service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) access_key: String,
    pub(super) region: String,
    pub(super) service: String,
}

impl Scope {
    /// Reads the credential of the `Authorization` header, or of a presigned URL.
    pub(super) fn of(parts: &Parts) -> Option<Self> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
        let signed = header.and_then(|text| {
            let rest = text.split_once("Credential=")?.1;
            rest.split([',', ' ']).next().map(str::to_owned)
        });
        let presigned = || {
            let query = parts.uri.query()?;
            let rest = query.split('&').find_map(|it| it.strip_prefix("X-Amz-Credential="))?;
            Some(percent_decode_str(rest).decode_utf8_lossy().into_owned())
        };
        let credential = signed.or_else(presigned)?;
        // AKID/20260304/eu-west-1/s3/aws4_request
        let mut fields = credential.split('/');
        let access_key = fields.next()?.to_owned();
        let (_day, region, service) = (fields.next()?, fields.next()?, fields.next()?);
        Some(Self { access_key, region: region.to_owned(), service: service.to_owned() })
    }
}

/// Returns the service of a request, by its signature, its target, its path or its form.
pub(super) fn service(parts: &Parts, scope: Option<&Scope>, body: &[u8]) -> Service {
    let path = parts.uri.path();
    let runtime = path.starts_with("/endpoints/");
    if let Some(scope) = scope {
        return match scope.service.as_str() {
            "s3" => Service::S3,
            "sagemaker" if runtime => Service::SageMakerRuntime,
            "sagemaker" => Service::SageMaker,
            "sns" => Service::Sns,
            "events" => Service::EventBridge,
            "monitoring" => Service::CloudWatch,
            "sqs" => Service::Sqs,
            "states" => Service::StepFunctions,
            "logs" => Service::Logs,
            "sts" => Service::Sts,
            other => Service::Unknown(other.to_owned()),
        };
    }
    let target = parts.headers.get("x-amz-target").and_then(|it| it.to_str().ok());
    if let Some((prefix, _)) = target.and_then(|it| it.split_once('.')) {
        return match prefix {
            "SageMaker" => Service::SageMaker,
            "AWSEvents" => Service::EventBridge,
            "GraniteServiceVersion20100801" => Service::CloudWatch,
            "AmazonSQS" => Service::Sqs,
            "AWSStepFunctions" => Service::StepFunctions,
            "Logs_20140328" => Service::Logs,
            other => Service::Unknown(other.to_owned()),
        };
    }
    if path.starts_with("/service/GraniteServiceVersion20100801/") {
        return Service::CloudWatch;
    }
    if runtime && path.ends_with("/invocations") {
        return Service::SageMakerRuntime;
    }
    match query::version(parts, body).as_deref() {
        Some("2010-03-31") => Service::Sns,
        Some("2011-06-15") => Service::Sts,
        Some("2010-08-01") => Service::CloudWatch,
        Some(other) => Service::Unknown(format!("of version {other}")),
        None => Service::S3,
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[track_caller]
    fn check(method: &str, uri: &str, headers: &[(&str, &str)], body: &str, expect: Service) {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let scope = Scope::of(&parts);
        assert_eq!(service(&parts, scope.as_ref(), body.as_bytes()), expect, "{uri} {headers:?}");
    }

    // The header of the SigV4 example in the IAM user guide, with the scope of each case.
    fn signed(service: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        )
    }

    #[test]
    fn signatures_name_their_service() {
        for (scope, path, expect) in [
            ("s3", "/b/k", Service::S3),
            ("sagemaker", "/", Service::SageMaker),
            ("sagemaker", "/endpoints/churn/invocations", Service::SageMakerRuntime),
            ("sns", "/", Service::Sns),
            ("monitoring", "/", Service::CloudWatch),
            ("ec2", "/", Service::Unknown("ec2".to_owned())),
        ] {
            check("POST", path, &[("authorization", &signed(scope))], "", expect);
        }
        let presigned = "/b/k?X-Amz-Credential=AKID%2F20260304%2Feu-west-1%2Fs3%2Faws4_request";
        check("GET", presigned, &[], "", Service::S3);
    }

    #[test]
    fn unsigned_requests_are_told_by_their_form() {
        check("POST", "/", &[("x-amz-target", "SageMaker.ListModels")], "{}", Service::SageMaker);
        check("POST", "/", &[("x-amz-target", "AWSEvents.PutEvents")], "{}", Service::EventBridge);
        let cbor = "/service/GraniteServiceVersion20100801/operation/ListMetrics";
        check("POST", cbor, &[], "", Service::CloudWatch);
        let form = [("content-type", "application/x-www-form-urlencoded")];
        check("POST", "/", &form, "Action=Publish&Version=2010-03-31", Service::Sns);
        check("GET", "/bucket/key", &[], "", Service::S3);
    }
}
