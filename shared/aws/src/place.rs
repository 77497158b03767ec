use std::fmt;

/// Where the calls go and who makes them: read from the environment by whoever starts.
#[derive(Debug, Clone, Default)]
pub struct Place {
    pub region: String,
    pub key: Key,
    pub urls: Urls,
    /// The topic of alerts, by its ARN; empty where the function publishes none.
    pub topic: String,
    /// The bus of the suite's events; `None` is the default bus.
    pub bus: Option<String>,
}

impl Place {
    /// Reads the key and the URLs from variables that Lambda or a person sets.
    pub fn read(variable: impl Fn(&str) -> Option<String>, region: &str) -> Self {
        let key = Key {
            id: variable("AWS_ACCESS_KEY_ID").unwrap_or_default(),
            secret: variable("AWS_SECRET_ACCESS_KEY").unwrap_or_default(),
            session: variable("AWS_SESSION_TOKEN").filter(|it| !it.is_empty()),
        };
        let (topic, bus) = (String::new(), None);
        Self { region: region.to_owned(), key, urls: Urls::read(variable), topic, bus }
    }
}

/// An access key; never printed.
#[derive(Clone, Default)]
pub struct Key {
    pub id: String,
    pub secret: String,
    pub session: Option<String>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Endpoint URLs that stand in for AWS's own: `AWS_ENDPOINT_URL` and the services' own ones.
#[derive(Debug, Clone, Default)]
pub struct Urls {
    pub all: Option<String>,
    pub s3: Option<String>,
    pub sagemaker: Option<String>,
    pub sagemaker_runtime: Option<String>,
    pub sns: Option<String>,
    pub cloudwatch: Option<String>,
    pub eventbridge: Option<String>,
}

impl Urls {
    /// Reads the variables that the SDKs share
    /// (AWS SDKs and Tools Reference Guide, "Service-specific endpoints").
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let url = |service: &str| {
            variable(&format!("AWS_ENDPOINT_URL{service}")).filter(|it| !it.is_empty())
        };
        Self {
            all: url(""),
            s3: url("_S3"),
            sagemaker: url("_SAGEMAKER"),
            sagemaker_runtime: url("_SAGEMAKER_RUNTIME"),
            sns: url("_SNS"),
            cloudwatch: url("_CLOUDWATCH"),
            eventbridge: url("_EVENTBRIDGE"),
        }
    }
}
