use super::parts::sdk_tags;
use crate::{Aws, failed::Failed};
use aws_sdk_sagemaker::types::Tag;
use ports::{CallFailed, ReadTags, WriteTags};
use std::collections::BTreeMap;

impl Aws {
    /// Lists every tag of a resource.
    pub(super) async fn tags_of(&self, arn: &str) -> Result<BTreeMap<String, String>, Failed> {
        let mut tags = BTreeMap::new();
        let mut pages = self.sagemaker().list_tags().resource_arn(arn).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|why| Failed::of("ListTags", &why))?;
            let named = |it: Tag| Some((it.key?, it.value?));
            tags.extend(page.tags.unwrap_or_default().into_iter().filter_map(named));
        }
        Ok(tags)
    }
}

impl ReadTags for Aws {
    async fn tags(&self, arn: &str) -> Result<BTreeMap<String, String>, CallFailed> {
        self.tags_of(arn).await.map_err(Failed::call)
    }
}

impl WriteTags for Aws {
    async fn add_tags(&self, arn: &str, tags: &BTreeMap<String, String>) -> Result<(), CallFailed> {
        let call = self.sagemaker().add_tags().resource_arn(arn).set_tags(Some(sdk_tags(tags)));
        call.send().await.map_err(|why| Failed::of("AddTags", &why).call())?;
        Ok(())
    }
}
