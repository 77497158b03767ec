use std::fmt;

/// What a function learns from its environment, once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// `VIGIL_BUCKET`: the one bucket.
    pub bucket: String,
    /// `VIGIL_PREFIX`: where the suite's objects begin; may be empty.
    pub prefix: String,
    /// `VIGIL_TOPIC`: the ARN of the topic of alerts; functions that publish none have none.
    pub topic: Option<String>,
    /// `VIGIL_BUS`: the bus of the suite's events; the default bus where it is unset.
    pub bus: Option<String>,
    /// `VIGIL_MONITOR_ROLE`: the ARN of the role that SageMaker's jobs run as.
    pub role: Option<String>,
    /// `VIGIL_IMAGE`: the URI of the native analyzer's image.
    pub image: Option<String>,
    /// `VIGIL_CHANGES=paused`: nothing is changed, alerts go on.
    pub paused: bool,
    /// `AWS_REGION`.
    pub region: String,
}

/// What the environment lacks, all at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking(pub Vec<String>);

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "environment not usable: {}", self.0.join("; "))
    }
}

impl std::error::Error for Lacking {}

impl Environment {
    /// Reads the variables; every problem at once.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Lacking> {
        let mut lacks = Vec::new();
        let found = |name: &str| variable(name).filter(|it| !it.is_empty());
        let mut wanted = |name: &str, what: &str| {
            found(name).unwrap_or_else(|| {
                lacks.push(format!("{name} is not set, it is {what}"));
                String::new()
            })
        };
        let bucket = wanted("VIGIL_BUCKET", "the name of the suite's bucket");
        let region = found("AWS_REGION").or_else(|| found("AWS_DEFAULT_REGION"));
        let region = region.unwrap_or_else(|| wanted("AWS_REGION", "set by Lambda"));
        let (topic, role) = (found("VIGIL_TOPIC"), found("VIGIL_MONITOR_ROLE"));
        for (name, it) in [("VIGIL_TOPIC", &topic), ("VIGIL_MONITOR_ROLE", &role)] {
            if it.as_ref().is_some_and(|it| !it.starts_with("arn:")) {
                lacks.push(format!("{name} is no ARN"));
            }
        }
        let changes = found("VIGIL_CHANGES");
        if !matches!(changes.as_deref(), None | Some("enabled" | "paused")) {
            lacks.push("VIGIL_CHANGES is neither enabled nor paused".to_owned());
        }
        let prefix = found("VIGIL_PREFIX").unwrap_or_default();
        if prefix.starts_with('/') || prefix.contains("//") {
            lacks.push("VIGIL_PREFIX has an empty part".to_owned());
        }
        if !lacks.is_empty() {
            return Err(Lacking(lacks));
        }
        let paused = changes.as_deref() == Some("paused");
        let (bus, image) = (found("VIGIL_BUS"), found("VIGIL_IMAGE"));
        Ok(Self { bucket, prefix, topic, bus, role, image, paused, region })
    }
}

/// Reads a variable of this process.
#[expect(clippy::disallowed_methods, reason = "this is the edge")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Environment, Lacking> {
        Environment::read(|name| {
            let it = variables.iter().find(|it| it.0 == name)?;
            Some(it.1.to_owned())
        })
    }

    const ENOUGH: [(&str, &str); 2] = [("VIGIL_BUCKET", "b"), ("AWS_REGION", "eu-west-1")];

    #[test]
    fn environment_names_all_it_lacks() {
        let lacks = read(&[("VIGIL_TOPIC", "alerts"), ("VIGIL_CHANGES", "no")]).expect_err("lacks");
        let text = lacks.to_string();
        for name in ["VIGIL_BUCKET", "AWS_REGION", "VIGIL_TOPIC", "VIGIL_CHANGES"] {
            assert!(text.contains(name), "{text}");
        }
    }

    #[test]
    fn little_environment_is_enough() {
        let it = read(&ENOUGH).expect("enough");
        assert_eq!((it.bucket.as_str(), it.topic, it.paused), ("b", None, false));
    }

    #[test]
    fn changes_are_paused_by_variable() {
        fn check(value: &str, expect: Option<bool>) {
            let mut variables = ENOUGH.to_vec();
            variables.push(("VIGIL_CHANGES", value));
            assert_eq!(read(&variables).ok().map(|it| it.paused), expect, "{value}");
        }
        check("paused", Some(true));
        check("enabled", Some(false));
        check("", Some(false));
        check("Paused", None);
    }
}
