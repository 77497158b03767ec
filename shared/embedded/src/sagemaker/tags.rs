use super::call_failed;
use crate::Aws;
use crate::rights::tagged;
use local::iam::Context;
use ports::{CallFailed, ReadTags, WriteTags};
use std::collections::BTreeMap;

impl ReadTags for Aws {
    async fn tags(&self, arn: &str) -> Result<BTreeMap<String, String>, CallFailed> {
        self.may_sagemaker("ListTags", "arn", arn, &Context::none())?;
        self.call(|aws, now| aws.sagemaker.list_tags(now, arn)).map_err(call_failed)
    }
}

impl WriteTags for Aws {
    async fn add_tags(&self, arn: &str, tags: &BTreeMap<String, String>) -> Result<(), CallFailed> {
        self.may_sagemaker("AddTags", "arn", arn, &tagged(Context::none(), tags))?;
        let tags: Vec<(&str, &str)> =
            tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        self.call(|aws, now| aws.sagemaker.add_tags(now, arn, &tags)).map_err(call_failed)
    }
}
