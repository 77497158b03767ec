//! A stage that answers each call with the next prepared answer.

use crate::{Aws, Key, Place};
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex};

/// Status, headers and body.
pub(super) type Answer = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// A request as it left.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) uri: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }
}

/// Answers in order; the last one stays.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers {
    left: Arc<Mutex<VecDeque<Answer>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl HttpConnector for Answers {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers = request.headers().iter();
        self.seen.lock().unwrap().push(Seen {
            uri: request.uri().to_owned(),
            headers: headers.map(|(name, it)| (name.to_owned(), it.to_owned())).collect(),
            body: String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned(),
        });
        let mut left = self.left.lock().unwrap();
        let (status, headers, body) =
            if 1 < left.len() { left.pop_front().unwrap() } else { left[0].clone() };
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        for (name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl Answers {
    pub(super) fn of(answers: Vec<Answer>) -> Self {
        Self { left: Arc::new(Mutex::new(answers.into())), seen: Arc::default() }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn aws(&self) -> Aws {
        let connector = SharedHttpConnector::new(self.clone());
        Aws::over(place(), |_| (), Some(http_client_fn(move |_, _| connector.clone())))
    }
}

pub(super) fn place() -> Place {
    Place {
        region: "eu-west-1".into(),
        key: Key { id: "AKIDEXAMPLE".into(), secret: "secret".into(), session: None },
        topic: "arn:aws:sns:eu-west-1:111122223333:alerts".into(),
        ..Place::default()
    }
}

pub(super) fn json(status: u16, body: &str) -> Answer {
    (status, vec![("content-type", "application/x-amz-json-1.1".into())], body.into())
}

/// A refusal in the JSON protocols: EventBridge's and SageMaker's.
pub(super) fn refused(status: u16, code: &str, message: &str) -> Answer {
    json(status, &format!(r#"{{"__type":"{code}","message":"{message}"}}"#))
}

pub(super) fn xml(status: u16, body: &str) -> Answer {
    (status, vec![("content-type", "application/xml".into())], body.into())
}

/// Runs with a clock that jumps over waits.
pub(super) fn run<T>(it: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(it)
}
