use crate::Trouble;
use std::collections::BTreeMap;
use std::future::Future;

/// A SageMaker endpoint as it is now: what describing it, its config and its tags tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    pub name: String,
    pub arn: String,
    pub status: EndpointStatus,
    pub config: String,
    /// Milliseconds since 1970; tells an endpoint from a later one of its name.
    pub created_ms: i64,
    pub modified_ms: i64,
    pub variants: Vec<Variant>,
    /// `None` where the config has no capture at all.
    pub capture: Option<Capture>,
    pub tags: BTreeMap<String, String>,
}

/// One production variant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Variant {
    pub name: String,
    /// Share of the traffic, from 0 to 1.
    pub share: f64,
    /// Name of the model it serves; none where the config tells of none.
    pub model: Option<String>,
}

/// How an endpoint captures data.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent switches of AWS's")]
pub struct Capture {
    pub enabled: bool,
    /// Whether SageMaker says that capture runs.
    pub started: bool,
    pub sampling_percent: u32,
    /// As the config spells it, such as `s3://bucket/prefix/`.
    pub destination: String,
    pub input: bool,
    pub output: bool,
}

/// The life of an endpoint (reference: formats A.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointStatus {
    Creating,
    InService,
    Updating,
    OutOfService,
    Failed,
    Deleting,
}

impl EndpointStatus {
    /// Reads the API's spelling and the events'; `None` of an unknown one.
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(|it| *it != '_').collect();
        Some(match plain.to_ascii_lowercase().as_str() {
            "creating" => Self::Creating,
            "inservice" => Self::InService,
            "updating" | "systemupdating" | "rollingback" => Self::Updating,
            "outofservice" => Self::OutOfService,
            "failed" | "updaterollbackfailed" => Self::Failed,
            "deleting" | "deleted" => Self::Deleting,
            _ => return None,
        })
    }
}

/// Why [`DescribeEndpoints::describe`] failed.
#[derive(Debug)]
pub enum DescribeFailed {
    /// No endpoint has this name.
    Missing,
    Other(Trouble),
}

/// Describes endpoints.
pub trait DescribeEndpoints {
    /// Describes an endpoint with its config, capture and tags.
    fn describe(&self, name: &str)
    -> impl Future<Output = Result<Endpoint, DescribeFailed>> + Send;
}

/// One line of a listing of endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedEndpoint {
    pub name: String,
    pub status: EndpointStatus,
    pub created_ms: i64,
    pub modified_ms: i64,
}

/// A page of endpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointPage {
    pub endpoints: Vec<ListedEndpoint>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<String>,
}

/// Lists endpoints.
pub trait ListEndpoints {
    /// Lists the endpoints of the account, a page at a time.
    fn list_endpoints(
        &self,
        from: Option<&str>,
    ) -> impl Future<Output = Result<EndpointPage, Trouble>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_reads_api_and_event_spelling() {
        fn check(text: &str, expect: Option<EndpointStatus>) {
            assert_eq!(EndpointStatus::parse(text), expect, "{text}");
        }
        check("InService", Some(EndpointStatus::InService));
        check("IN_SERVICE", Some(EndpointStatus::InService));
        check("SYSTEM_UPDATING", Some(EndpointStatus::Updating));
        check("RollingBack", Some(EndpointStatus::Updating));
        check("UPDATE_ROLLBACK_FAILED", Some(EndpointStatus::Failed));
        check("DELETED", Some(EndpointStatus::Deleting));
        check("Sleeping", None);
    }
}
