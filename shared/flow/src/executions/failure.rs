//! Why SageMaker's jobs fail, and what to do about it.

use ports::JobStatus;

/// A kind of failure that people mend in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    NoObjects,
    DoubleSlash,
    NoBaseline,
    Permission,
    Encoding,
    Memory,
    Time,
    Capacity,
    Image,
    Script,
    Stopped,
    Other,
}

/// A failure, and what SageMaker said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Classified {
    pub(crate) failure: Failure,
    said: String,
}

/// Characters of SageMaker's reason that are kept.
const MOST: usize = 200;

/// Texts of SageMaker's reasons, in lower case; all of a line must be there, the
/// first line that fits holds (formats J, reliability 8).
const TEXTS: &[(&[&str], Failure)] = &[
    (&["no s3 objects found", "//", "s3://"], Failure::DoubleSlash),
    (&["job inputs had no data"], Failure::NoObjects),
    (&["no s3 objects found"], Failure::NoObjects),
    (&["encoding mismatch"], Failure::Encoding),
    (&["base64"], Failure::Encoding),
    (&["preprocessor script"], Failure::Script),
    (&["postprocessor script"], Failure::Script),
    (&["maxruntime"], Failure::Time),
    (&["max runtime"], Failure::Time),
    (&["timed out"], Failure::Time),
    (&["outofmemory"], Failure::Memory),
    (&["out of memory"], Failure::Memory),
    (&["memoryerror"], Failure::Memory),
    (&["java heap space"], Failure::Memory),
    (&["exit code: 137"], Failure::Memory),
    (&["exit code 137"], Failure::Memory),
    (&["resourcelimitexceeded"], Failure::Capacity),
    (&["capacityerror"], Failure::Capacity),
    (&["insufficient capacity"], Failure::Capacity),
    (&["service limit"], Failure::Capacity),
    (&["quota"], Failure::Capacity),
    (&["accessdenied"], Failure::Permission),
    (&["access denied"], Failure::Permission),
    (&["not authorized"], Failure::Permission),
    (&["forbidden"], Failure::Permission),
    (&["image", "does not exist"], Failure::Image),
    (&["image", "not found"], Failure::Image),
    (&["cannotpullcontainer"], Failure::Image),
    (&["ecr", "pull"], Failure::Image),
    (&["constraints.json", "not found"], Failure::NoBaseline),
    (&["statistics.json", "not found"], Failure::NoBaseline),
    (&["constraints.json", "does not exist"], Failure::NoBaseline),
    (&["statistics.json", "does not exist"], Failure::NoBaseline),
    (&["baseline", "no such file"], Failure::NoBaseline),
    (&["baseline", "not found"], Failure::NoBaseline),
];

/// Reads why a job failed from what SageMaker says.
pub(crate) fn classified(status: JobStatus, said: Option<&str>) -> Classified {
    let said = said.unwrap_or_default();
    let plain = said.to_ascii_lowercase();
    // Every S3 URI has two slashes after its scheme; only others are doubled.
    let paths = plain.replace("s3://", "s3:");
    let fits = |parts: &[&str]| {
        parts.iter().all(|it| match *it {
            "//" => paths.contains("//"),
            other => plain.contains(other),
        })
    };
    let known = TEXTS.iter().find(|(parts, _)| fits(parts)).map(|(_, failure)| *failure);
    let failure = match known {
        Some(it) => it,
        None if status == JobStatus::Stopped => Failure::Stopped,
        None => Failure::Other,
    };
    Classified { failure, said: said.chars().take(MOST).collect() }
}

impl Failure {
    /// Says what happened and what to do, for an alert.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::NoObjects => {
                "its inputs held no objects: check that captures (and labels) arrive under the prefixes of the schedule, and that the role may list them"
            }
            Self::DoubleSlash => {
                "a prefix holds a double slash: take the slash off the end of the capture destination or the ground-truth URI"
            }
            Self::NoBaseline => {
                "the files of the baseline are not where the definition says: rebuild the baseline"
            }
            Self::Permission => {
                "the role of the job was denied: let it read captures, labels and baselines, write reports, and use their keys"
            }
            Self::Encoding => {
                "requests and answers are captured in different encodings: list their media types in the CaptureContentTypeHeader of the endpoint config"
            }
            Self::Memory => {
                "it ran out of memory: take a larger instance_type for this monitor, or capture a smaller share"
            }
            Self::Time => {
                "it took longer than it may: take a larger instance_type, or let it run less often with a longer max_runtime_in_seconds"
            }
            Self::Capacity => {
                "the account has no machine of this type left: ask for a higher quota for processing jobs, or take another instance_type"
            }
            Self::Image => {
                "its image could not be pulled: check the region, and that the role and the network reach ECR"
            }
            Self::Script => {
                "the script before or after the analysis failed: run it by hand on a captured record"
            }
            Self::Stopped => "somebody stopped it",
            Self::Other => "SageMaker gives no reason that is known: look at the job's log",
        }
    }
}

impl Classified {
    /// Says what happened with SageMaker's own words, for whoever started the job.
    pub(crate) fn sentence(&self) -> String {
        let advice = self.failure.advice();
        if self.said.is_empty() { advice.into() } else { format!("{advice} ({})", self.said) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_of_users_reports_are_told_apart() {
        #[track_caller]
        fn check(said: &str, expect: Failure) {
            assert_eq!(classified(JobStatus::Failed, Some(said)).failure, expect, "{said}");
        }
        // Texts of the issues in formats J and of reliability 8.
        check("Job inputs had no data", Failure::NoObjects);
        check(
            "ClientError: No S3 objects found under S3 URL \"s3://b/capture//churn/AllTraffic\"",
            Failure::DoubleSlash,
        );
        check(
            "ClientError: No S3 objects found under S3 URL \"s3://b/labels/2026/03/04/10\"",
            Failure::NoObjects,
        );
        check("Encoding mismatch: Encoding is JSON for endpointOutput, but CSV", Failure::Encoding);
        check("Exception while invoking preprocessor script.", Failure::Script);
        check("AlgorithmError: See job logs for more information, exit code: 137", Failure::Memory);
        check("InternalServerError: java.lang.OutOfMemoryError", Failure::Memory);
        check(
            "MaxRuntimeExceeded: Processing job runtime exceeded MaxRuntimeInSeconds",
            Failure::Time,
        );
        check(
            "CapacityError: Unable to provision requested ML compute capacity",
            Failure::Capacity,
        );
        check(
            "ResourceLimitExceeded: The account-level service limit 'ml.m5.xlarge'",
            Failure::Capacity,
        );
        check("ClientError: Failed to download data. Access denied", Failure::Permission);
        check("User is not authorized to perform: s3:ListBucket", Failure::Permission);
        check("Error: statistics.json not found", Failure::NoBaseline);
        check("The image does not exist in the registry", Failure::Image);
        check("AlgorithmError: exit code: 255", Failure::Other);
        check("", Failure::Other);
    }

    #[test]
    fn defect_17_reason_is_kept_and_stopping_is_no_failure() {
        let it = classified(JobStatus::Failed, Some("exit code: 137"));
        assert!(it.sentence().ends_with("(exit code: 137)"), "{}", it.sentence());
        assert_eq!(classified(JobStatus::Stopped, None).failure, Failure::Stopped);
        assert!(!JobStatus::Stopping.is_over());
    }
}
