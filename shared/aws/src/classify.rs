/// What a refusal of AWS means to the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The named thing is not there.
    Missing,
    /// The name is taken, maybe by this caller's own lost call.
    Exists,
    /// Somebody wrote in between.
    Lost,
    /// The thing is on its way to another state; look again later.
    Busy,
    /// Too many calls.
    Throttled,
    /// AWS failed; the call may have been done.
    Broken,
    /// A quota of the account is used up.
    Full,
    /// A permission, a key or a subscription is missing.
    Denied,
    /// Model Monitor is closed to this account.
    Closed,
    /// The call makes no sense to AWS.
    Invalid,
}

impl Class {
    /// Whether the same call may succeed later.
    pub fn passes(self) -> bool {
        matches!(self, Self::Busy | Self::Throttled | Self::Broken)
    }
}

/// One row: a code as AWS spells it, words of its message, and what it means.
///
/// The first row that fits counts; empty fits all.
type Row = (&'static str, &'static str, Class);

/// Codes of SageMaker, S3, SNS, EventBridge and CloudWatch, from their API models
/// (reference: reliability 1, rows 15 and 18 to 20).
const ROWS: &[Row] = &[
    // SageMaker models few errors; the words of `ValidationException` tell.
    ("ValidationException", "could not find", Class::Missing),
    ("ValidationException", "does not exist", Class::Missing),
    ("ValidationException", "cannot create already existing", Class::Exists),
    ("ValidationException", "already exists", Class::Exists),
    ("ValidationException", "in status pending", Class::Busy),
    ("ValidationException", "in use by", Class::Busy),
    ("ValidationException", "cannot update in-progress", Class::Busy),
    ("ValidationException", "no longer available to new customers", Class::Closed),
    ("ValidationException", "not available to new customers", Class::Closed),
    ("ValidationException", "closed to new customers", Class::Closed),
    ("AccessDeniedException", "new customers", Class::Closed),
    ("ValidationException", "rate exceeded", Class::Throttled),
    ("ValidationException", "", Class::Invalid),
    ("ResourceNotFound", "", Class::Missing),
    ("ResourceInUse", "already exist", Class::Exists),
    ("ResourceInUse", "", Class::Exists),
    ("ResourceLimitExceeded", "", Class::Full),
    ("ConflictException", "", Class::Busy),
    // S3: a lost race, and an operation on its way.
    ("PreconditionFailed", "", Class::Lost),
    ("ConditionalRequestConflict", "", Class::Busy),
    ("OperationAborted", "", Class::Busy),
    ("NoSuchKey", "", Class::Missing),
    ("NotFound", "", Class::Missing),
    ("NoSuchBucket", "", Class::Invalid),
    ("InvalidRange", "", Class::Invalid),
    ("SlowDown", "", Class::Throttled),
    ("RequestTimeout", "", Class::Broken),
    ("InvalidObjectState", "", Class::Invalid),
    // SNS: a topic's key may be the trouble.
    ("NotFoundException", "", Class::Missing),
    ("KMSThrottling", "", Class::Throttled),
    ("KMSAccessDenied", "", Class::Denied),
    ("KMSDisabled", "", Class::Denied),
    ("KMSInvalidState", "", Class::Denied),
    ("KMSNotFound", "", Class::Denied),
    ("KMSOptInRequired", "", Class::Denied),
    ("AuthorizationError", "", Class::Denied),
    ("EndpointDisabled", "", Class::Invalid),
    ("PlatformApplicationDisabled", "", Class::Invalid),
    ("InvalidParameter", "", Class::Invalid),
    ("InvalidParameterValue", "", Class::Invalid),
    ("InvalidSecurity", "", Class::Denied),
    // EventBridge and CloudWatch.
    ("ResourceNotFoundException", "", Class::Missing),
    ("InvalidParameterCombination", "", Class::Invalid),
    ("MissingParameter", "", Class::Invalid),
    ("InternalServiceFault", "", Class::Broken),
    ("InternalException", "", Class::Broken),
    // All of them.
    ("Throttling", "", Class::Throttled),
    ("ThrottlingException", "", Class::Throttled),
    ("ThrottledException", "", Class::Throttled),
    ("Throttled", "", Class::Throttled),
    ("TooManyRequestsException", "", Class::Throttled),
    ("RequestLimitExceeded", "", Class::Throttled),
    ("RequestThrottled", "", Class::Throttled),
    ("LimitExceededException", "", Class::Full),
    ("InternalFailure", "", Class::Broken),
    ("InternalError", "", Class::Broken),
    ("InternalServerError", "", Class::Broken),
    ("ServiceUnavailable", "", Class::Broken),
    ("ServiceUnavailableException", "", Class::Broken),
    ("RequestTimeoutException", "", Class::Broken),
    ("AccessDenied", "", Class::Denied),
    ("AccessDeniedException", "", Class::Denied),
    ("NotAuthorized", "", Class::Denied),
    ("UnauthorizedOperation", "", Class::Denied),
    ("OptInRequired", "", Class::Denied),
    ("UnrecognizedClientException", "", Class::Denied),
    ("InvalidClientTokenId", "", Class::Denied),
    ("InvalidAccessKeyId", "", Class::Denied),
    ("SignatureDoesNotMatch", "", Class::Denied),
    ("IncompleteSignature", "", Class::Denied),
    ("MissingAuthenticationToken", "", Class::Denied),
    ("ExpiredToken", "", Class::Denied),
    ("ExpiredTokenException", "", Class::Denied),
    // A clock that drifted is mended by the next try.
    ("RequestTimeTooSkewed", "", Class::Broken),
    ("RequestExpired", "", Class::Broken),
];

/// Says what a refusal means: by its code, else by its HTTP status.
pub fn classify(code: Option<&str>, status: Option<u16>, message: &str) -> Class {
    // Some protocols prefix a namespace, some end in `Fault` or `Exception`.
    let code = code.map(|it| it.split(':').next().unwrap_or(it));
    let code = code.map(|it| it.rsplit(['#', '.']).next().unwrap_or(it));
    let words = message.to_ascii_lowercase();
    let fits = |row: &&Row| {
        let plain = |it: &str| it.trim_end_matches("Exception").trim_end_matches("Fault").len();
        code.is_some_and(|it| it == row.0 || it[..plain(it)] == row.0[..plain(row.0)])
            && words.contains(row.1)
    };
    let exact = ROWS.iter().find(|row| code == Some(row.0) && words.contains(row.1));
    exact.or_else(|| ROWS.iter().find(fits)).map_or_else(|| by_status(status), |row| row.2)
}

fn by_status(status: Option<u16>) -> Class {
    match status {
        Some(401 | 403) => Class::Denied,
        Some(404) => Class::Missing,
        Some(409) => Class::Busy,
        Some(412) => Class::Lost,
        Some(429) => Class::Throttled,
        // An answer that makes no sense is no answer.
        Some(200..=399 | 408 | 500..=599) => Class::Broken,
        _ => Class::Invalid,
    }
}
