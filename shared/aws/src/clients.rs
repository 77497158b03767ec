use crate::Place;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_types::{
    SdkConfig,
    region::Region,
    sdk_config::{SharedCredentialsProvider, SharedHttpClient},
};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_s3::config::{BehaviorVersion, retry::RetryConfig, timeout::TimeoutConfig};

/// Tries of one call, the first one included.
const TRIES: u32 = 5;
/// Between two tries; what lasts longer is the queue's to try again.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
const CONNECT: Duration = Duration::from_secs(3);
/// Of one try; a piece of a capture file is a few MiB.
const TRY: Duration = Duration::from_secs(20);
/// Of all tries together; below what a function may take.
const CALL: Duration = Duration::from_secs(50);

/// The suite's ports on an account of AWS; clones share their clients.
#[derive(Clone)]
pub struct Aws(Arc<Parts>);

struct Parts {
    place: Place,
    lines: fn(&str),
    /// The trace that events carry on.
    trace: Mutex<Option<String>>,
    shared: OnceLock<SdkConfig>,
    s3: OnceLock<aws_sdk_s3::Client>,
    sagemaker: OnceLock<aws_sdk_sagemaker::Client>,
    runtime: OnceLock<aws_sdk_sagemakerruntime::Client>,
    sns: OnceLock<aws_sdk_sns::Client>,
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    eventbridge: OnceLock<aws_sdk_eventbridge::Client>,
    http: Option<SharedHttpClient>,
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Aws").field(&self.0.place.region).finish_non_exhaustive()
    }
}

/// Makes a client of one service at its first use.
macro_rules! client {
    ($self:ident, $sdk:ident, $field:ident, $url:ident) => {
        $self.0.$field.get_or_init(|| {
            let urls = &$self.0.place.urls;
            let url = urls.$url.clone().or_else(|| urls.all.clone());
            let config = $sdk::config::Builder::from($self.shared());
            $sdk::Client::from_conf(match url {
                Some(url) => config.endpoint_url(url).build(),
                None => config.build(),
            })
        })
    };
}

impl Aws {
    /// Puts the ports on a place; metrics go to `lines`, one JSON text each.
    pub fn new(place: Place, lines: fn(&str)) -> Self {
        Self::over(place, lines, None)
    }

    pub(crate) fn over(place: Place, lines: fn(&str), http: Option<SharedHttpClient>) -> Self {
        Self(Arc::new(Parts {
            place,
            lines,
            trace: Mutex::default(),
            shared: OnceLock::new(),
            s3: OnceLock::new(),
            sagemaker: OnceLock::new(),
            runtime: OnceLock::new(),
            sns: OnceLock::new(),
            cloudwatch: OnceLock::new(),
            eventbridge: OnceLock::new(),
            http,
        }))
    }

    /// Lets the events of this invocation carry an X-Ray trace header on.
    pub fn follow(&self, trace: Option<&str>) {
        *self.0.trace.lock().unwrap_or_else(PoisonError::into_inner) = trace.map(str::to_owned);
    }

    pub(crate) fn trace(&self) -> Option<String> {
        self.0.trace.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn place(&self) -> &Place {
        &self.0.place
    }

    pub(crate) fn line(&self, text: &str) {
        (self.0.lines)(text);
    }

    fn shared(&self) -> &SdkConfig {
        self.0.shared.get_or_init(|| {
            let Place { region, key, .. } = &self.0.place;
            let credentials = Credentials::new(
                key.id.as_str(),
                key.secret.as_str(),
                key.session.clone(),
                None,
                "environment",
            );
            // The roots of trust are read at the first call, not here.
            let http = self.0.http.clone().unwrap_or_else(|| {
                Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
            });
            let timeouts = TimeoutConfig::builder()
                .connect_timeout(CONNECT)
                .operation_attempt_timeout(TRY)
                .operation_timeout(CALL)
                .build();
            SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(region.clone()))
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .retry_config(
                    RetryConfig::adaptive().with_max_attempts(TRIES).with_max_backoff(LONGEST_WAIT),
                )
                .timeout_config(timeouts)
                .http_client(http)
                .build()
        })
    }

    pub(crate) fn s3(&self) -> &aws_sdk_s3::Client {
        self.0.s3.get_or_init(|| {
            let urls = &self.0.place.urls;
            let config = aws_sdk_s3::config::Builder::from(self.shared())
                .retry_classifier(crate::objects::BesideAnother);
            aws_sdk_s3::Client::from_conf(match urls.s3.as_ref().or(urls.all.as_ref()) {
                // Stand-ins have no name for each bucket.
                Some(url) => config.endpoint_url(url).force_path_style(true).build(),
                None => config.build(),
            })
        })
    }

    pub(crate) fn sagemaker(&self) -> &aws_sdk_sagemaker::Client {
        client!(self, aws_sdk_sagemaker, sagemaker, sagemaker)
    }

    /// A call of this client is one try: it is timed.
    pub(crate) fn runtime(&self) -> &aws_sdk_sagemakerruntime::Client {
        self.0.runtime.get_or_init(|| {
            let urls = &self.0.place.urls;
            let config = aws_sdk_sagemakerruntime::config::Builder::from(self.shared())
                .retry_config(RetryConfig::disabled());
            let url = urls.sagemaker_runtime.as_ref().or(urls.all.as_ref());
            aws_sdk_sagemakerruntime::Client::from_conf(match url {
                Some(url) => config.endpoint_url(url).build(),
                None => config.build(),
            })
        })
    }

    /// A call of this client is one try: after a lost reply somebody may have been told.
    pub(crate) fn sns(&self) -> &aws_sdk_sns::Client {
        self.0.sns.get_or_init(|| {
            let urls = &self.0.place.urls;
            let config = aws_sdk_sns::config::Builder::from(self.shared())
                .retry_config(RetryConfig::disabled());
            aws_sdk_sns::Client::from_conf(match urls.sns.as_ref().or(urls.all.as_ref()) {
                Some(url) => config.endpoint_url(url).build(),
                None => config.build(),
            })
        })
    }

    pub(crate) fn cloudwatch(&self) -> &aws_sdk_cloudwatch::Client {
        client!(self, aws_sdk_cloudwatch, cloudwatch, cloudwatch)
    }

    pub(crate) fn eventbridge(&self) -> &aws_sdk_eventbridge::Client {
        client!(self, aws_sdk_eventbridge, eventbridge, eventbridge)
    }
}
