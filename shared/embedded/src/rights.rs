//! Every call asks the stand-in's guard first, with the action, the resource and the facts that IAM knows of it.

use crate::Aws;
use local::iam::{Caller, Context, Denied};
use ports::{CallFailed, Cluster, JobNetwork, Trouble};
use std::collections::BTreeMap;

/// Who takes on the roles that jobs run as.
const SAGEMAKER: &str = "sagemaker.amazonaws.com";

impl Aws {
    /// Returns the same ports as a function uses them, with the function's role; whoever has no role may do all.
    #[must_use]
    pub fn acting_as(&self, caller: Option<Caller>) -> Self {
        let mut same = self.clone();
        same.caller = caller;
        same
    }

    fn judge(&self, action: &str, resource: &str, context: &Context) -> Result<(), Denied> {
        let Some(caller) = &self.caller else { return Ok(()) };
        self.account().authorize(caller, action, resource, context)
    }

    /// Asks for a call; a denial lasts.
    pub(crate) fn may(
        &self,
        action: &str,
        resource: &str,
        context: &Context,
    ) -> Result<(), Trouble> {
        self.judge(action, resource, context).map_err(Trouble::lasting)
    }

    /// Asks for a call about a resource of SageMaker's, such as `endpoint` `churn-prod`; `*` for all.
    pub(crate) fn may_sagemaker(
        &self,
        verb: &str,
        kind: &str,
        name: &str,
        context: &Context,
    ) -> Result<(), CallFailed> {
        let resource = self.sagemaker_resource(kind, name);
        self.may(&format!("sagemaker:{verb}"), &resource, context).map_err(CallFailed::Other)
    }

    /// Asks for the tagging that a creation with tags also is.
    pub(crate) fn may_tag(
        &self,
        kind: &str,
        name: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), CallFailed> {
        if tags.is_empty() {
            return Ok(());
        }
        self.may_sagemaker("AddTags", kind, name, &tagged(Context::none(), tags))
    }

    /// Asks whether a role may be handed to SageMaker.
    pub(crate) fn may_pass(&self, role: &str) -> Result<(), CallFailed> {
        let context = Context::none().with("iam:PassedToService", SAGEMAKER);
        self.may("iam:PassRole", role, &context).map_err(CallFailed::Other)
    }

    fn sagemaker_resource(&self, kind: &str, name: &str) -> String {
        match (kind, name) {
            ("*", _) => "*".to_owned(),
            ("arn", arn) => arn.to_owned(),
            (kind, name) => self.account().place().sagemaker_arn(kind, name),
        }
    }

    pub(crate) fn bucket_arn(&self, bucket: &str) -> String {
        format!("arn:{}:s3:::{bucket}", self.account().place().partition())
    }
}

/// Returns the facts of a request that carries tags.
pub(crate) fn tagged(context: Context, tags: &BTreeMap<String, String>) -> Context {
    let keys = context.with_all("aws:TagKeys", tags.keys().cloned());
    tags.iter().fold(keys, |context, (key, value)| {
        context.with(&format!("aws:RequestTag/{key}"), value.as_str())
    })
}

/// Returns what IAM knows of a request for a job ("Actions, resources, and condition keys for Amazon SageMaker AI").
pub(crate) fn job_facts(
    cluster: &Cluster,
    network: &JobNetwork,
    max_runtime: Option<u32>,
    output_key: Option<&String>,
) -> Context {
    let mut context = Context::none()
        .with_all("sagemaker:InstanceTypes", [cluster.instance_type.as_str()])
        .with("sagemaker:NetworkIsolation", network.isolate.to_string())
        .with("sagemaker:InterContainerTrafficEncryption", network.encrypt_traffic.to_string());
    if let Some(seconds) = max_runtime {
        context = context.with("sagemaker:MaxRuntimeInSeconds", seconds.to_string());
    }
    if let Some(key) = &cluster.volume_key {
        context = context.with("sagemaker:VolumeKmsKey", key.as_str());
    }
    if let Some(key) = output_key {
        context = context.with("sagemaker:OutputKmsKey", key.as_str());
    }
    if !network.subnets.is_empty() {
        context = context
            .with_all("sagemaker:VpcSubnets", network.subnets.iter().cloned())
            .with_all("sagemaker:VpcSecurityGroupIds", network.security_groups.iter().cloned());
    }
    context
}
