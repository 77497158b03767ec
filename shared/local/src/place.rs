//! The account and region that the stand-in plays.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::random::Random;

/// An AWS account in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub account: String,
    pub region: String,
}

impl Default for Place {
    fn default() -> Self {
        Self { account: "111122223333".to_owned(), region: "eu-west-1".to_owned() }
    }
}

impl Place {
    /// Returns the partition of the region's ARNs: `aws`, `aws-cn` or `aws-us-gov`.
    pub fn partition(&self) -> &'static str {
        match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            Some("us") if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// Returns the domain of the partition's services.
    pub fn domain(&self) -> &'static str {
        if self.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
    }

    /// Returns the ARN of a regional resource, such as `states` `stateMachine:rebuild`.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        let (partition, region, account) = (self.partition(), &self.region, &self.account);
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }

    /// Returns the ARN of an IAM resource, which has no region, such as `role/reader`.
    pub fn iam_arn(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition(), self.account)
    }

    /// Returns the ARN of a SageMaker resource, such as `endpoint` `churn-prod`.
    pub fn sagemaker_arn(&self, kind: &str, name: &str) -> String {
        // SageMaker's ARNs carry the name in lower case.
        self.arn("sagemaker", &format!("{kind}/{}", name.to_lowercase()))
    }

    /// Wraps a detail in the envelope of an EventBridge event, version 0.
    ///
    /// Times are cut to whole seconds, as EventBridge does.
    pub fn event(
        &self,
        random: &mut Random,
        now: Timestamp,
        source: &str,
        detail_type: &str,
        resources: &[String],
        detail: Value,
    ) -> Value {
        json!({
            "version": "0",
            "id": random.uuid(),
            "detail-type": detail_type,
            "source": source,
            "account": self.account,
            "time": seconds_text(now),
            "region": self.region,
            "resources": resources,
            "detail": detail,
        })
    }
}

/// Returns a time as ISO 8601 in UTC with whole seconds.
pub fn seconds_text(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_follow_from_regions() {
        for (region, partition, domain) in [
            ("eu-west-1", "aws", "amazonaws.com"),
            ("us-east-1", "aws", "amazonaws.com"),
            ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
            ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ] {
            let place = Place { region: region.to_owned(), ..Place::default() };
            assert_eq!((place.partition(), place.domain()), (partition, domain), "{region}");
        }
    }

    #[test]
    fn envelope_has_the_nine_members() {
        let at: Timestamp = "2026-03-04T10:21:07.912Z".parse().unwrap();
        let place = Place::default();
        let arn = place.sagemaker_arn("endpoint", "Churn-Prod");
        let event =
            place.event(&mut Random::seeded(1), at, "aws.sagemaker", "T", &[arn], json!({"a": 1}));
        let names: Vec<&String> = event.as_object().unwrap().keys().collect();
        let expect = [
            "version",
            "id",
            "detail-type",
            "source",
            "account",
            "time",
            "region",
            "resources",
            "detail",
        ];
        assert_eq!(names, expect);
        assert_eq!(event["time"], "2026-03-04T10:21:07Z");
        assert_eq!(
            event["resources"][0],
            "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn-prod"
        );
    }
}
