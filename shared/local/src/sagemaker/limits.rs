//! What the API refuses by itself: limits and patterns of members (botocore, `sagemaker` 2017-07-24).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    refusal::{Refused, invalid},
    shape::{MonitoringResources, NetworkConfig, StoppingCondition, Tag},
};

pub(super) const NAME: &str = "^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}";
const S3_URI: &str = "^(https|s3)://([^/]+)/?(.*)$";
const ROLE: &str = r"^arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+$";
const VARIABLE: &str = "^[a-zA-Z_][a-zA-Z0-9_]*$";

/// Collects what is wrong with a request, to tell all of it at once as AWS does.
#[derive(Debug, Default)]
pub(super) struct Check {
    faults: Vec<String>,
}

impl Check {
    /// Refuses where anything was wrong.
    pub(super) fn done(self) -> Result<(), Refused> {
        let count = self.faults.len();
        let plural = if count == 1 { "error" } else { "errors" };
        match count {
            0 => Ok(()),
            _ => Err(invalid(format!(
                "{count} validation {plural} detected: {}",
                self.faults.join("; ")
            ))),
        }
    }

    pub(super) fn fault(&mut self, value: &str, member: &str, constraint: &str) {
        // Values of environment variables and the like are not told.
        self.faults.push(format!(
            "Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
        ));
    }

    pub(super) fn name(&mut self, member: &str, name: &str) {
        if name.len() > 63 {
            self.length(member, name, 1, 63);
        } else if !valid_name(name) {
            self.fault(name, member, &pattern(NAME));
        }
    }

    pub(super) fn length(&mut self, member: &str, value: &str, least: usize, most: usize) {
        let length = value.chars().count();
        if length < least {
            let why = format!("Member must have length greater than or equal to {least}");
            self.fault(value, member, &why);
        } else if length > most {
            let why = format!("Member must have length less than or equal to {most}");
            self.fault(value, member, &why);
        }
    }

    pub(super) fn range(&mut self, member: &str, value: u64, least: u64, most: u64) {
        let value_text = value.to_string();
        if value < least {
            let why = format!("Member must have value greater than or equal to {least}");
            self.fault(&value_text, member, &why);
        } else if value > most {
            let why = format!("Member must have value less than or equal to {most}");
            self.fault(&value_text, member, &why);
        }
    }

    pub(super) fn count(&mut self, member: &str, count: usize, least: usize, most: usize) {
        if count < least {
            let why = format!("Member must have length greater than or equal to {least}");
            self.fault("[]", member, &why);
        } else if count > most {
            let why = format!("Member must have length less than or equal to {most}");
            self.fault(&format!("[{count} members]"), member, &why);
        }
    }

    pub(super) fn s3_uri(&mut self, member: &str, uri: &str, most: usize) {
        self.length(member, uri, 0, most);
        if s3_parts(uri).is_none() && !uri.starts_with("https://") {
            self.fault(uri, member, &pattern(S3_URI));
        }
    }

    pub(super) fn optional_s3_uri(&mut self, member: &str, uri: Option<&String>, most: usize) {
        if let Some(uri) = uri {
            self.s3_uri(member, uri, most);
        }
    }

    pub(super) fn role(&mut self, member: &str, arn: &str) {
        self.length(member, arn, 20, 2048);
        if !valid_role(arn) {
            self.fault(arn, member, &pattern(ROLE));
        }
    }

    pub(super) fn image(&mut self, member: &str, image: &str) {
        self.length(member, image, 0, 255);
    }

    pub(super) fn words(&mut self, member: &str, words: Option<&Vec<String>>, most: usize) {
        let Some(words) = words else { return };
        self.count(member, words.len(), 1, most);
        for word in words {
            self.length(member, word, 0, 256);
        }
    }

    pub(super) fn environment(
        &mut self,
        member: &str,
        environment: Option<&BTreeMap<String, String>>,
        most: usize,
    ) {
        let Some(environment) = environment else { return };
        self.count(member, environment.len(), 0, most);
        for (name, value) in environment {
            self.length(member, name, 0, 256);
            if !valid_variable(name) {
                self.fault(name, member, &pattern(VARIABLE));
            }
            if value.chars().count() > 256 {
                let why = "Map value must satisfy constraint: [Member must have length less than or equal to 256]";
                self.fault(&format!("{{{name}=…}}"), member, why);
            }
        }
    }

    pub(super) fn tags(&mut self, tags: &[Tag]) {
        self.count("tags", tags.len(), 0, 50);
        let mut keys = BTreeSet::new();
        for tag in tags {
            self.length("tags", &tag.key, 1, 128);
            self.length("tags", &tag.value, 0, 256);
            if !keys.insert(&tag.key) {
                self.fault(&tag.key, "tags", "Member must have unique keys");
            }
        }
    }

    pub(super) fn resources(&mut self, member: &str, resources: &MonitoringResources) {
        let cluster = &resources.cluster_config;
        let at = |name: &str| format!("{member}.clusterConfig.{name}");
        self.range(&at("instanceCount"), cluster.instance_count.into(), 1, 100);
        self.range(&at("volumeSizeInGB"), cluster.volume_size_in_gb.into(), 1, 16384);
        self.instance_type(&at("instanceType"), &cluster.instance_type);
    }

    /// Checks the form of an instance type; the list of those that exist changes by the month.
    pub(super) fn instance_type(&mut self, member: &str, kind: &str) {
        let mut parts = kind.splitn(3, '.');
        let known = parts.next() == Some("ml")
            && parts.next().is_some_and(|it| !it.is_empty())
            && parts.next().is_some_and(|it| !it.is_empty());
        if !known {
            self.fault(
                kind,
                member,
                "Member must satisfy enum value set: [ml.m5.large, ml.m5.xlarge, …]",
            );
        }
    }

    pub(super) fn network(&mut self, network: Option<&NetworkConfig>) {
        let Some(vpc) = network.and_then(|it| it.vpc_config.as_ref()) else { return };
        let groups = "networkConfig.vpcConfig.securityGroupIds";
        self.count(groups, vpc.security_group_ids.len(), 1, 5);
        self.count("networkConfig.vpcConfig.subnets", vpc.subnets.len(), 1, 16);
        for id in vpc.security_group_ids.iter().chain(&vpc.subnets) {
            self.length("networkConfig.vpcConfig", id, 0, 32);
        }
    }

    pub(super) fn stopping(&mut self, condition: Option<StoppingCondition>, most: u64) {
        if let Some(condition) = condition {
            let seconds = condition.max_runtime_in_seconds.into();
            self.range("stoppingCondition.maxRuntimeInSeconds", seconds, 1, most);
        }
    }
}

fn pattern(pattern: &str) -> String {
    format!("Member must satisfy regular expression pattern: {pattern}")
}

/// Whether a name satisfies `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}` in at most 63 characters.
pub(super) fn valid_name(name: &str) -> bool {
    name.len() <= 63
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.is_empty()
        && !name.starts_with('-')
        && !name.ends_with('-')
}

fn valid_variable(name: &str) -> bool {
    let first = name.bytes().next();
    first.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn valid_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, partition, service, region, account, resource] = parts[..] else { return false };
    arn.starts_with("arn:aws")
        && partition.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        && service == "iam"
        && region.is_empty()
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && resource.strip_prefix("role").is_some_and(|name| {
            name.len() > 1
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@-_/".contains(&byte))
        })
}

/// Splits `s3://bucket/key` into bucket and key.
pub(super) fn s3_parts(uri: &str) -> Option<(&str, &str)> {
    let path = uri.strip_prefix("s3://")?;
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (!bucket.is_empty()).then_some((bucket, key))
}
