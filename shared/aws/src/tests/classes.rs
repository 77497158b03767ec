use crate::{Class, classify};

fn check(code: &str, message: &str, expect: Class) {
    assert_eq!(classify(Some(code), Some(400), message), expect, "{code}: {message}");
}

/// Messages from the issues that the reference names (reliability 1, rows 19 and 20),
/// and from the API models.
#[test]
fn sagemaker_refusals_mean_what_row_nineteen_says() {
    let validation = |message, expect| check("ValidationException", message, expect);
    validation(
        r#"Could not find endpoint "arn:aws:sagemaker:eu-west-1:1:endpoint/churn"."#,
        Class::Missing,
    );
    validation(r#"Could not find endpoint configuration "arn:…/c"."#, Class::Missing);
    validation("Could not find requested job with name: vigil-x", Class::Missing);
    validation(r#"Cannot create already existing endpoint "arn:…/churn"."#, Class::Exists);
    validation("Cannot create already existing endpoint configuration \"arn:…\".", Class::Exists);
    validation("Monitoring schedule in status Pending cannot be deleted", Class::Busy);
    validation("Cannot update in-progress endpoint \"arn:…\".", Class::Busy);
    validation("Rate exceeded", Class::Throttled);
    validation(
        "1 validation error detected: Value at 'monitoringScheduleName' failed",
        Class::Invalid,
    );
    check("ResourceNotFound", "Monitoring Schedule arn:… not found", Class::Missing);
    check("ResourceInUse", "Job Definition arn:… already exists", Class::Exists);
    check("ResourceLimitExceeded", "The account-level service limit…", Class::Full);
    check("ConflictException", "", Class::Busy);
    check("ThrottlingException", "Rate exceeded", Class::Throttled);
    check("InternalFailure", "", Class::Broken);
    check(
        "AccessDeniedException",
        "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: sagemaker:DescribeEndpoint",
        Class::Denied,
    );
    check(
        "AccessDeniedException",
        "Amazon SageMaker Model Monitor is no longer available to new customers",
        Class::Closed,
    );
}

#[test]
fn storage_refusals_mean_what_row_fifteen_says() {
    let check = |code: Option<&str>, status, expect| {
        assert_eq!(classify(code, Some(status), ""), expect, "{code:?} {status}");
    };
    check(Some("PreconditionFailed"), 412, Class::Lost);
    check(None, 412, Class::Lost);
    check(Some("ConditionalRequestConflict"), 409, Class::Busy);
    check(Some("OperationAborted"), 409, Class::Busy);
    check(Some("NoSuchKey"), 404, Class::Missing);
    // `HEAD` has no body, so no code.
    check(None, 404, Class::Missing);
    check(Some("NoSuchBucket"), 404, Class::Invalid);
    check(Some("SlowDown"), 503, Class::Throttled);
    check(Some("InternalError"), 500, Class::Broken);
    check(Some("AccessDenied"), 403, Class::Denied);
    check(Some("RequestTimeTooSkewed"), 403, Class::Broken);
    check(None, 403, Class::Denied);
    check(None, 502, Class::Broken);
    check(None, 429, Class::Throttled);
}

/// Errors of `Publish` (SNS API reference), in both of their spellings.
#[test]
fn publication_refusals_mean_what_row_eighteen_says() {
    let check = |code, expect| check(code, "", expect);
    check("KMSThrottling", Class::Throttled);
    check("KMSThrottlingException", Class::Throttled);
    check("Throttled", Class::Throttled);
    check("KMSAccessDenied", Class::Denied);
    check("KMSDisabled", Class::Denied);
    check("KMSDisabledException", Class::Denied);
    check("KMSNotFound", Class::Denied);
    check("AuthorizationError", Class::Denied);
    check("NotFound", Class::Missing);
    check("EndpointDisabled", Class::Invalid);
    check("InvalidParameter", Class::Invalid);
    check("InternalError", Class::Broken);
}

#[test]
fn namespaces_of_codes_are_passed_over() {
    check("com.amazonaws.sagemaker#ResourceNotFound", "", Class::Missing);
    check(
        "aws.protocoltests#ThrottlingException:http://internal.amazon.com/",
        "",
        Class::Throttled,
    );
    check("InvalidParameterValueException", "", Class::Invalid);
    check("SomethingNobodyHeardOf", "", Class::Invalid);
}

#[test]
fn only_passing_classes_are_tried_again() {
    for (class, expect) in [
        (Class::Busy, true),
        (Class::Throttled, true),
        (Class::Broken, true),
        (Class::Missing, false),
        (Class::Exists, false),
        (Class::Lost, false),
        (Class::Full, false),
        (Class::Denied, false),
        (Class::Closed, false),
        (Class::Invalid, false),
    ] {
        assert_eq!(class.passes(), expect, "{class:?}");
    }
}
