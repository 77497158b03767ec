//! What the role of a job lets it do: pull its image, read its inputs, write its outputs, log, publish metrics.

use crate::{
    iam::{Caller, Context, Guard},
    place::Place,
};

/// What an image is pulled with, on its repository.
const PULL: [&str; 3] =
    ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
const LOG: [&str; 4] =
    ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"];

/// The rights of one job; a role that the template does not have may do all.
pub(super) struct JobRights<'a> {
    guard: &'a Guard,
    caller: Option<Caller>,
    place: &'a Place,
}

impl<'a> JobRights<'a> {
    pub(super) fn of(guard: &'a Guard, role: &str, place: &'a Place) -> Self {
        let caller = guard.knows(role).then(|| Caller::Role(role.to_owned()));
        Self { guard, caller, place }
    }

    /// Asks for the image; `Err` is why the job fails.
    pub(super) fn pull(&self, image: &str) -> Result<(), String> {
        let none = Context::none();
        self.may("ecr:GetAuthorizationToken", "*", &none)?;
        // Such as 111122223333.dkr.ecr.eu-west-1.amazonaws.com/repository:tag.
        let Some((registry, name)) = image.split_once('/') else { return Ok(()) };
        let name = name.split(['@', ':']).next().unwrap_or(name);
        let parts: Vec<&str> = registry.split('.').collect();
        let [account, "dkr", "ecr", region, ..] = parts[..] else { return Ok(()) };
        let partition = self.place.partition();
        let repository = format!("arn:{partition}:ecr:{region}:{account}:repository/{name}");
        PULL.into_iter().try_for_each(|action| self.may(action, &repository, &none))
    }

    pub(super) fn list(&self, bucket: &str, prefix: &str) -> Result<(), String> {
        let context = Context::none().with("s3:prefix", prefix);
        self.may(
            "s3:ListBucket",
            &format!("arn:{}:s3:::{bucket}", self.place.partition()),
            &context,
        )
    }

    pub(super) fn read(&self, bucket: &str, key: &str) -> Result<(), String> {
        self.object("s3:GetObject", bucket, key)
    }

    pub(super) fn write(&self, bucket: &str, key: &str) -> Result<(), String> {
        self.object("s3:PutObject", bucket, key)
    }

    /// Notes that the job logs; one that may not runs all the same.
    pub(super) fn log(&self) {
        let Place { account, region, .. } = self.place;
        let partition = self.place.partition();
        let group = "log-group:/aws/sagemaker/ProcessingJobs";
        let group = format!("arn:{partition}:logs:{region}:{account}:{group}");
        for action in LOG {
            let _unlogged = self.may(action, &group, &Context::none());
        }
    }

    /// Whether metrics of this namespace may be published.
    pub(super) fn may_measure(&self, namespace: &str) -> bool {
        let context = Context::none().with("cloudwatch:namespace", namespace);
        self.may("cloudwatch:PutMetricData", "*", &context).is_ok()
    }

    fn object(&self, action: &str, bucket: &str, key: &str) -> Result<(), String> {
        let resource = format!("arn:{}:s3:::{bucket}/{key}", self.place.partition());
        self.may(action, &resource, &Context::none())
    }

    fn may(&self, action: &str, resource: &str, context: &Context) -> Result<(), String> {
        let Some(caller) = &self.caller else { return Ok(()) };
        let judged = self.guard.authorize(caller, action, resource, context);
        judged.map_err(|denied| format!("ClientError: AccessDenied: {denied}"))
    }
}
