use crate::CallFailed;
use std::collections::BTreeMap;
use std::future::Future;

/// Reads the tags of a resource of SageMaker's.
pub trait ReadTags {
    fn tags(
        &self,
        arn: &str,
    ) -> impl Future<Output = Result<BTreeMap<String, String>, CallFailed>> + Send;
}

/// Writes tags on a resource of SageMaker's.
pub trait WriteTags {
    /// Adds tags, over those of the same keys.
    fn add_tags(
        &self,
        arn: &str,
        tags: &BTreeMap<String, String>,
    ) -> impl Future<Output = Result<(), CallFailed>> + Send;
}
