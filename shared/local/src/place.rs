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
    /// Returns the ARN of a SageMaker resource, such as `endpoint` `churn-prod`.
    pub fn sagemaker_arn(&self, kind: &str, name: &str) -> String {
        // SageMaker's ARNs carry the name in lower case.
        format!("arn:aws:sagemaker:{}:{}:{kind}/{}", self.region, self.account, name.to_lowercase())
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
