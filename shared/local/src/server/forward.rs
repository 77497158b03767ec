//! Another emulator beside the stand-in, which has the buckets and the bus while SageMaker is played here.
//!
//! What SageMaker writes goes there, what it reads comes from there, and its events are put on the bus there, under a
//! source of one's own, since no caller may use `aws.*`. One thread sends in the order of happening, so that an event
//! never overtakes the objects that it tells of.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ::http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::account::Account;
use crate::s3::{Change, Object, etag};
use crate::wire::Source;

/// What a path spells out.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');
/// A sending is tried so often, with a pause that doubles.
const ATTEMPTS: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest that one request may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The largest object that is read, in bytes.
const LARGEST: u64 = 256 << 20;

/// A handle on the other emulator; clones share it.
#[derive(Debug, Clone)]
pub struct Forward {
    remote: Remote,
    counts: Arc<Mutex<Counts>>,
    /// What is looked at again and again: bucket and prefix.
    watched: Arc<Mutex<BTreeSet<(String, String)>>>,
}

#[derive(Debug, Clone)]
struct Remote {
    url: String,
    agent: ureq::Agent,
    region: String,
}

#[derive(Debug, Default)]
struct Counts {
    sent: u64,
    failed: u64,
    trouble: Option<String>,
}

enum Item {
    Object { bucket: String, key: String, body: Arc<Vec<u8>>, content_type: Option<String> },
    Removal { bucket: String, key: String },
    Event(Value),
}

impl Forward {
    /// Connects an account to the emulator at `url`; its events carry the source `source` there.
    ///
    /// # Errors
    /// The URL is not `http` on this machine, or the system gives no thread.
    pub fn start(url: &str, source: &str, account: &Account) -> io::Result<Self> {
        let remote = Remote::at(url, &account.place().region)?;
        let (items, taken) = channel();
        let forward = Self { remote, counts: Arc::default(), watched: Arc::default() };
        let (sender, counts, source) =
            (forward.remote.clone(), Arc::clone(&forward.counts), source.to_owned());
        thread::Builder::new()
            .name("forward".to_owned())
            .spawn(move || send_all(&sender, &source, &counts, &taken))?;
        tap(account, items);
        Ok(forward)
    }

    /// Looks again at everything that is watched.
    pub(super) fn refresh(&self, account: &Account) {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (bucket, prefix) in watched {
            self.fetch(account, &bucket, &prefix);
        }
    }

    /// Tells how sending goes.
    pub(super) fn told(&self) -> Value {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        json!({"sent": counts.sent, "failed": counts.failed, "trouble": counts.trouble})
    }

    /// Brings the objects under a prefix here, those that changed since the last time.
    fn fetch(&self, account: &Account, bucket: &str, prefix: &str) {
        let brought = self.remote.list(bucket, prefix).and_then(|found| {
            for (key, tag) in found {
                let here = account.call(|all, now| all.s3.head(now, bucket, &key, None));
                if here.is_ok_and(|object| object.etag == tag) {
                    continue;
                }
                let body = self.remote.get(bucket, &key)?;
                account.call(|all, now| {
                    let object = Object {
                        etag: if tag.is_empty() { etag(&body) } else { tag },
                        body: Arc::new(body),
                        last_modified: now,
                        content_type: None,
                        headers: BTreeMap::new(),
                    };
                    // The bucket is there already, or is made now.
                    let _known = all.s3.make_bucket(now, bucket, false);
                    let _there = all.s3.restore(bucket, &key, object);
                });
            }
            Ok(())
        });
        if let Err(why) = brought {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            counts.trouble = Some(format!("s3://{bucket}/{prefix}: {why}"));
        }
    }
}

/// Listens to the account: what is written and what SageMaker announces.
fn tap(account: &Account, items: Sender<Item>) {
    let events = items.clone();
    account.call(|all, _| {
        all.s3.observe(Box::new(move |change| {
            let item = match change {
                Change::Written { bucket, key, object } => Item::Object {
                    bucket: bucket.to_owned(),
                    key: key.to_owned(),
                    body: Arc::clone(&object.body),
                    content_type: object.content_type.clone(),
                },
                Change::Removed { bucket, key } => {
                    Item::Removal { bucket: bucket.to_owned(), key: key.to_owned() }
                }
                Change::Bucket { .. } | Change::BucketGone { .. } => return,
            };
            let _ended = items.send(item);
        }));
    });
    account.overhear(Box::new(move |event| {
        let _ended = events.send(Item::Event(event.clone()));
    }));
}

impl Source for Forward {
    fn bring(&self, account: &Account, bucket: &str, prefix: &str, again: bool) {
        self.fetch(account, bucket, prefix);
        // Captures and results are written to this bucket later, and it must be known here too.
        account.call(|all, now| {
            let _known = all.s3.make_bucket(now, bucket, false);
        });
        if again {
            let place = (bucket.to_owned(), prefix.to_owned());
            self.watched.lock().unwrap_or_else(PoisonError::into_inner).insert(place);
        }
    }

    fn know(&self, account: &Account, bucket: &str) {
        account.call(|all, now| {
            let _known = all.s3.make_bucket(now, bucket, false);
        });
    }
}

impl Remote {
    fn at(url: &str, region: &str) -> io::Result<Self> {
        let refuse =
            |why: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("{url}: {why}"));
        let parsed: Uri = url.parse().map_err(|_| refuse("is no URL"))?;
        let host = parsed.host().unwrap_or_default();
        let local = host == "localhost" || host.parse().is_ok_and(|it: IpAddr| it.is_loopback());
        if parsed.scheme_str() != Some("http") || !local {
            return Err(refuse("must be http on this machine, such as http://127.0.0.1:4566"));
        }
        let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).build();
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self { url, agent: config.into(), region: region.to_owned() })
    }

    /// Names a service the way a signature would; emulators tell services apart by it.
    fn signature(&self, service: &str) -> String {
        let region = &self.region;
        format!(
            "AWS4-HMAC-SHA256 Credential=vigil/20260101/{region}/{service}/aws4_request, \
             SignedHeaders=host, Signature=none"
        )
    }

    fn object(&self, bucket: &str, key: &str) -> String {
        format!("{}/{bucket}/{}", self.url, utf8_percent_encode(key, PATH))
    }

    fn send(&self, source: &str, item: &Item) -> Result<(), ureq::Error> {
        let s3 = self.signature("s3");
        match item {
            Item::Object { bucket, key, body, content_type } => {
                let kind = content_type.as_deref().unwrap_or("binary/octet-stream");
                let request = self.agent.put(self.object(bucket, key)).header("authorization", s3);
                request.header("content-type", kind).send(body.as_slice())?;
            }
            Item::Removal { bucket, key } => {
                self.agent.delete(self.object(bucket, key)).header("authorization", s3).call()?;
            }
            Item::Event(event) => {
                let entry = json!({
                    "Source": source,
                    "DetailType": event["detail-type"],
                    "Detail": event["detail"].to_string(),
                    "Resources": event["resources"],
                });
                let request = self.agent.post(format!("{}/", self.url));
                request
                    .header("authorization", self.signature("events"))
                    .header("content-type", "application/x-amz-json-1.1")
                    .header("x-amz-target", "AWSEvents.PutEvents")
                    .send(json!({ "Entries": [entry] }).to_string())?;
            }
        }
        Ok(())
    }

    /// Lists keys and etags under a prefix.
    fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<(String, String)>, ureq::Error> {
        let (mut found, mut token) = (Vec::new(), None::<String>);
        loop {
            let mut request = self
                .agent
                .get(format!("{}/{bucket}", self.url))
                .header("authorization", self.signature("s3"))
                .query("list-type", "2")
                .query("prefix", prefix);
            if let Some(token) = &token {
                request = request.query("continuation-token", token);
            }
            let text = request.call()?.body_mut().read_to_string()?;
            let Ok(page) = roxmltree::Document::parse(&text) else { return Ok(found) };
            let text_of = |node: roxmltree::Node<'_, '_>, name: &str| {
                let child = node.children().find(|it| it.tag_name().name() == name)?;
                Some(child.text().unwrap_or_default().to_owned())
            };
            let root = page.root_element();
            for node in root.children().filter(|it| it.tag_name().name() == "Contents") {
                let tag = text_of(node, "ETag").unwrap_or_default();
                found.extend(
                    text_of(node, "Key").map(|key| (key, tag.trim_matches('"').to_owned())),
                );
            }
            token = text_of(root, "NextContinuationToken").filter(|it| !it.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    fn get(&self, bucket: &str, key: &str) -> Result<Vec<u8>, ureq::Error> {
        let request = self.agent.get(self.object(bucket, key));
        let mut answer = request.header("authorization", self.signature("s3")).call()?;
        answer.body_mut().with_config().limit(LARGEST).read_to_vec()
    }
}

/// Sends until the account is gone.
fn send_all(remote: &Remote, source: &str, counts: &Mutex<Counts>, items: &Receiver<Item>) {
    for item in items {
        let mut sent = remote.send(source, &item);
        for attempt in 1..ATTEMPTS {
            if sent.is_ok() {
                break;
            }
            pause(FIRST_PAUSE * (1 << attempt));
            sent = remote.send(source, &item);
        }
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        match sent {
            Ok(()) => counts.sent += 1,
            Err(why) => {
                counts.failed += 1;
                counts.trouble = Some(why.to_string());
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the other emulator lives by the clock on the wall")]
fn pause(time: Duration) {
    thread::sleep(time);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_forwarded_to() {
        for (url, fine) in [
            ("http://127.0.0.1:4566", true),
            ("http://localhost:4566/", true),
            ("https://127.0.0.1:4566", false),
            ("http://10.0.0.1:4566", false),
            ("http://s3.amazonaws.com", false),
            ("nonsense", false),
        ] {
            assert_eq!(Remote::at(url, "eu-west-1").is_ok(), fine, "{url}");
        }
    }
}
