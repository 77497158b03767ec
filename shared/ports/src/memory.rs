//! The world in memory: fakes that keep the contracts of the ports.

mod sagemaker;

pub use sagemaker::Answering;

use crate::{
    Address, Alert, CountTraffic, DescribeEndpoints, DescribeFailed, Endpoint, EndpointPage, Etag,
    ListEndpoints, ListObjects, Listed, ListedEndpoint, Metric, ObjectPage, Piece, PostEvents,
    Posted, PublishAlerts, PublishFailed, PutFailed, PutMetrics, PutWhen, ReadFailed, ReadObjects,
    RemoveObjects, Trouble, WriteObjects,
};
use engine::event::SuiteEvent;
use engine::window::Window;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Objects, endpoints, traffic, and everything that was posted, published or put.
#[derive(Debug, Default)]
pub struct MemoryWorld {
    inner: Mutex<Inner>,
    page: usize,
}

#[derive(Debug, Default)]
struct Inner {
    objects: BTreeMap<Address, Vec<u8>>,
    /// When objects were written, of those that were written after the start of time.
    modified: BTreeMap<Address, i64>,
    now: i64,
    endpoints: BTreeMap<String, Endpoint>,
    traffic: BTreeMap<(String, String, i64), u64>,
    events: Vec<SuiteEvent>,
    alerts: Vec<(Alert, u32)>,
    metrics: Vec<Metric>,
    monitoring: sagemaker::Monitoring,
}

impl Inner {
    fn write(&mut self, at: &Address, bytes: Vec<u8>) {
        self.objects.insert(at.clone(), bytes);
        self.modified.insert(at.clone(), self.now);
    }
}

impl MemoryWorld {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a world whose listings hold `page` things a page; 0 stands for a thousand.
    pub fn paged(page: usize) -> Self {
        Self { page, ..Self::default() }
    }

    fn page(&self) -> usize {
        if self.page == 0 { 1000 } else { self.page }
    }

    pub fn set_endpoint(&self, endpoint: Endpoint) {
        self.lock().endpoints.insert(endpoint.name.clone(), endpoint);
    }

    pub fn remove_endpoint(&self, name: &str) {
        self.lock().endpoints.remove(name);
    }

    pub fn set_object(&self, at: &Address, bytes: impl Into<Vec<u8>>) {
        self.lock().write(at, bytes.into());
    }

    /// Sets the time that what is written from now on is of, in seconds since 1970.
    pub fn set_now(&self, now: i64) {
        self.lock().now = now;
    }

    pub fn object(&self, at: &Address) -> Option<Vec<u8>> {
        self.lock().objects.get(at).cloned()
    }

    /// Returns every object, in order.
    pub fn objects(&self) -> Vec<(Address, Vec<u8>)> {
        self.lock().objects.iter().map(|(at, it)| (at.clone(), it.clone())).collect()
    }

    /// Sets the invocations of a variant in the hour that starts at `hour`.
    pub fn set_traffic(&self, endpoint: &str, variant: &str, hour: i64, count: u64) {
        let place = (endpoint.to_string(), variant.to_string(), hour);
        self.lock().traffic.insert(place, count);
    }

    /// Takes the events posted since the last time.
    pub fn take_events(&self) -> Vec<SuiteEvent> {
        std::mem::take(&mut self.lock().events)
    }

    /// Returns every alert that was published, with its attempt.
    pub fn alerts(&self) -> Vec<(Alert, u32)> {
        self.lock().alerts.clone()
    }

    pub fn metrics(&self) -> Vec<Metric> {
        self.lock().metrics.clone()
    }
}

fn etag(bytes: &[u8]) -> Etag {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    Etag(format!("{hash:016x}-{}", bytes.len()))
}

impl ListObjects for MemoryWorld {
    async fn list(&self, prefix: &Address, after: Option<&str>) -> Result<ObjectPage, Trouble> {
        let inner = self.lock();
        let matching = inner.objects.iter().filter(|(at, _)| {
            at.bucket == prefix.bucket
                && at.key.starts_with(&prefix.key)
                && after.is_none_or(|after| after < at.key.as_str())
        });
        let listed = |(at, it): (&Address, &Vec<u8>)| Listed {
            key: at.key.clone(),
            size: it.len() as u64,
            etag: etag(it),
            modified: inner.modified.get(at).copied().unwrap_or_default(),
        };
        let mut objects: Vec<Listed> = matching.take(self.page() + 1).map(listed).collect();
        let more = self.page() < objects.len();
        objects.truncate(self.page());
        Ok(ObjectPage { objects, more })
    }
}

impl ReadObjects for MemoryWorld {
    async fn read(&self, at: &Address, from: u64, len: u64) -> Result<Piece, ReadFailed> {
        let inner = self.lock();
        let Some(object) = inner.objects.get(at) else { return Err(ReadFailed::Missing) };
        let size = object.len() as u64;
        let start = from.min(size);
        let end = from.saturating_add(len).min(size);
        let bytes = object[start as usize..end as usize].to_vec();
        Ok(Piece { bytes, etag: etag(object), size })
    }
}

impl WriteObjects for MemoryWorld {
    async fn put(&self, at: &Address, bytes: &[u8], when: PutWhen) -> Result<Etag, PutFailed> {
        let mut inner = self.lock();
        let held = inner.objects.get(at).map(|it| etag(it));
        let holds = match when {
            PutWhen::Always => true,
            PutWhen::Absent => held.is_none(),
            PutWhen::Matches(expected) => held == Some(expected),
        };
        if !holds {
            return Err(PutFailed::Lost);
        }
        inner.write(at, bytes.to_vec());
        Ok(etag(bytes))
    }
}

impl RemoveObjects for MemoryWorld {
    async fn remove(&self, at: &Address) -> Result<(), Trouble> {
        self.lock().objects.remove(at);
        Ok(())
    }
}

impl DescribeEndpoints for MemoryWorld {
    async fn describe(&self, name: &str) -> Result<Endpoint, DescribeFailed> {
        self.lock().endpoints.get(name).cloned().ok_or(DescribeFailed::Missing)
    }
}

impl ListEndpoints for MemoryWorld {
    async fn list_endpoints(&self, from: Option<&str>) -> Result<EndpointPage, Trouble> {
        let inner = self.lock();
        let mut endpoints: Vec<ListedEndpoint> = inner
            .endpoints
            .values()
            .filter(|it| from.is_none_or(|from| from <= it.name.as_str()))
            .take(self.page() + 1)
            .map(|it| ListedEndpoint {
                name: it.name.clone(),
                status: it.status,
                created_ms: it.created_ms,
                modified_ms: it.modified_ms,
            })
            .collect();
        let next = endpoints.get(self.page()).map(|it| it.name.clone());
        endpoints.truncate(self.page());
        Ok(EndpointPage { endpoints, next })
    }
}

impl CountTraffic for MemoryWorld {
    async fn invocations(
        &self,
        endpoint: &str,
        variant: &str,
        window: Window,
    ) -> Result<Option<u64>, Trouble> {
        let inner = self.lock();
        let counts = inner
            .traffic
            .iter()
            .filter(|((of, at, hour), _)| of == endpoint && at == variant && window.holds(*hour));
        let counts: Vec<u64> = counts.map(|(_, count)| *count).collect();
        Ok((!counts.is_empty()).then(|| counts.iter().sum()))
    }
}

impl PostEvents for MemoryWorld {
    async fn post(&self, events: &[SuiteEvent]) -> Result<Posted, Trouble> {
        self.lock().events.extend_from_slice(events);
        Ok(Posted { accepted: events.len(), refused: Vec::new() })
    }
}

impl PublishAlerts for MemoryWorld {
    async fn publish(&self, alert: &Alert, attempt: u32) -> Result<String, PublishFailed> {
        let mut inner = self.lock();
        inner.alerts.push((alert.clone(), attempt));
        Ok(format!("message-{}", inner.alerts.len()))
    }
}

impl PutMetrics for MemoryWorld {
    async fn put_metrics(&self, metrics: &[Metric]) -> Result<(), Trouble> {
        self.lock().metrics.extend_from_slice(metrics);
        Ok(())
    }
}
