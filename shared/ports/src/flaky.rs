//! Faults on cue around any world.

mod sagemaker;

use crate::{
    Address, Alert, CountTraffic, DescribeEndpoints, DescribeFailed, Endpoint, EndpointPage, Etag,
    ListEndpoints, ListObjects, Metric, ObjectPage, Piece, PostEvents, Posted, PublishAlerts,
    PublishFailed, PutFailed, PutMetrics, PutWhen, ReadFailed, ReadObjects, RemoveObjects, Trouble,
    WriteObjects,
};
use engine::event::SuiteEvent;
use engine::window::Window;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What happens to one call (reference: reliability F8, F15–F17).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The call fails and nothing happened.
    Before,
    /// The call is done and its answer is lost.
    ReplyLost,
    /// The call seems to fail and is done some calls later.
    AppliedLater,
    /// The caller dies before the call: this and all its later calls fail.
    KilledBefore,
    /// The caller dies after the call.
    KilledAfter,
}

impl Fault {
    pub const ALL: [Self; 5] =
        [Self::Before, Self::ReplyLost, Self::AppliedLater, Self::KilledBefore, Self::KilledAfter];
}

/// A world whose calls fail on cue, counted from 1 on.
pub struct Flaky<W> {
    inner: Arc<W>,
    state: Mutex<FaultPlan>,
}

type Late = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Default)]
struct FaultPlan {
    calls: u64,
    faults: BTreeMap<u64, Fault>,
    dead: bool,
    late: Vec<(u64, Late)>,
    injected: u64,
    ambiguous_publishes: u64,
    publishes: Vec<u64>,
}

/// Calls after which a late one lands.
const LATE_BY: u64 = 3;

impl<W> Flaky<W> {
    pub fn new(inner: Arc<W>) -> Self {
        Self { inner, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, FaultPlan> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn inner(&self) -> &W {
        &self.inner
    }

    /// Lets the call with this number fail.
    pub fn fail_at(&self, call: u64, fault: Fault) {
        self.lock().faults.insert(call, fault);
    }

    /// Returns how many calls were made.
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// Returns how many faults were injected.
    pub fn injected(&self) -> u64 {
        self.lock().injected
    }

    /// Returns how many publishes ended with their outcome unknown to the caller.
    pub fn ambiguous_publishes(&self) -> u64 {
        self.lock().ambiguous_publishes
    }

    /// Returns the numbers of the calls that published.
    pub fn publishes(&self) -> Vec<u64> {
        self.lock().publishes.clone()
    }

    /// Starts the next invocation: the caller lives again.
    pub fn revive(&self) {
        self.lock().dead = false;
    }

    /// Lets every late call land.
    pub async fn settle(&self) {
        let late = std::mem::take(&mut self.lock().late);
        for (_, call) in late {
            call.await;
        }
    }

    async fn call<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>> + Send + 'static,
        fail: impl FnOnce(Fault) -> E + Send,
    ) -> Result<T, E>
    where
        T: Send,
        E: Send,
    {
        let (fault, due) = {
            let mut plan = self.lock();
            plan.calls += 1;
            let now = plan.calls;
            let fault =
                if plan.dead { Some(Fault::KilledBefore) } else { plan.faults.remove(&now) };
            if !plan.dead && fault.is_some() {
                plan.injected += 1;
            }
            let late = std::mem::take(&mut plan.late);
            let (due, still): (Vec<_>, Vec<_>) = late.into_iter().partition(|(at, _)| *at <= now);
            plan.late = still;
            (fault, due)
        };
        for (_, late) in due {
            late.await;
        }
        let Some(fault) = fault else { return call.await };
        match fault {
            Fault::Before => {}
            Fault::ReplyLost => drop(call.await),
            Fault::AppliedLater => {
                let mut plan = self.lock();
                let due = plan.calls + LATE_BY;
                plan.late.push((due, Box::pin(async move { drop(call.await) })));
            }
            Fault::KilledBefore => self.lock().dead = true,
            Fault::KilledAfter => {
                drop(call.await);
                self.lock().dead = true;
            }
        }
        Err(fail(fault))
    }
}

fn trouble(fault: Fault) -> Trouble {
    Trouble::passing(format!("injected: {fault:?}"))
}

impl<W: ListObjects + Send + Sync + 'static> ListObjects for Flaky<W> {
    async fn list(&self, prefix: &Address, after: Option<&str>) -> Result<ObjectPage, Trouble> {
        let (inner, prefix, after) =
            (self.inner.clone(), prefix.clone(), after.map(str::to_string));
        self.call(async move { inner.list(&prefix, after.as_deref()).await }, trouble).await
    }
}

impl<W: ReadObjects + Send + Sync + 'static> ReadObjects for Flaky<W> {
    async fn read(&self, at: &Address, from: u64, len: u64) -> Result<Piece, ReadFailed> {
        let (inner, at) = (self.inner.clone(), at.clone());
        let fail = |fault| ReadFailed::Other(trouble(fault));
        self.call(async move { inner.read(&at, from, len).await }, fail).await
    }
}

impl<W: WriteObjects + Send + Sync + 'static> WriteObjects for Flaky<W> {
    async fn put(&self, at: &Address, bytes: &[u8], when: PutWhen) -> Result<Etag, PutFailed> {
        let (inner, at, bytes) = (self.inner.clone(), at.clone(), bytes.to_vec());
        let fail = |fault| PutFailed::Other(trouble(fault));
        self.call(async move { inner.put(&at, &bytes, when).await }, fail).await
    }
}

impl<W: RemoveObjects + Send + Sync + 'static> RemoveObjects for Flaky<W> {
    async fn remove(&self, at: &Address) -> Result<(), Trouble> {
        let (inner, at) = (self.inner.clone(), at.clone());
        self.call(async move { inner.remove(&at).await }, trouble).await
    }
}

impl<W: DescribeEndpoints + Send + Sync + 'static> DescribeEndpoints for Flaky<W> {
    async fn describe(&self, name: &str) -> Result<Endpoint, DescribeFailed> {
        let (inner, name) = (self.inner.clone(), name.to_string());
        let fail = |fault| DescribeFailed::Other(trouble(fault));
        self.call(async move { inner.describe(&name).await }, fail).await
    }
}

impl<W: ListEndpoints + Send + Sync + 'static> ListEndpoints for Flaky<W> {
    async fn list_endpoints(&self, from: Option<&str>) -> Result<EndpointPage, Trouble> {
        let (inner, from) = (self.inner.clone(), from.map(str::to_string));
        self.call(async move { inner.list_endpoints(from.as_deref()).await }, trouble).await
    }
}

impl<W: CountTraffic + Send + Sync + 'static> CountTraffic for Flaky<W> {
    async fn invocations(
        &self,
        endpoint: &str,
        variant: &str,
        window: Window,
    ) -> Result<Option<u64>, Trouble> {
        let (inner, endpoint, variant) =
            (self.inner.clone(), endpoint.to_string(), variant.to_string());
        self.call(async move { inner.invocations(&endpoint, &variant, window).await }, trouble)
            .await
    }
}

impl<W: PostEvents + Send + Sync + 'static> PostEvents for Flaky<W> {
    async fn post(&self, events: &[SuiteEvent]) -> Result<Posted, Trouble> {
        let (inner, events) = (self.inner.clone(), events.to_vec());
        self.call(async move { inner.post(&events).await }, trouble).await
    }
}

impl<W: PublishAlerts + Send + Sync + 'static> PublishAlerts for Flaky<W> {
    async fn publish(&self, alert: &Alert, attempt: u32) -> Result<String, PublishFailed> {
        let (inner, alert) = (self.inner.clone(), alert.clone());
        {
            let mut plan = self.lock();
            let call = plan.calls + 1;
            plan.publishes.push(call);
        }
        let fail = |fault| match fault {
            Fault::Before | Fault::KilledBefore => PublishFailed::Refused(trouble(fault)),
            _ => {
                self.lock().ambiguous_publishes += 1;
                PublishFailed::Unknown(trouble(fault))
            }
        };
        self.call(async move { inner.publish(&alert, attempt).await }, fail).await
    }
}

impl<W: PutMetrics + Send + Sync + 'static> PutMetrics for Flaky<W> {
    async fn put_metrics(&self, metrics: &[Metric]) -> Result<(), Trouble> {
        let (inner, metrics) = (self.inner.clone(), metrics.to_vec());
        self.call(async move { inner.put_metrics(&metrics).await }, trouble).await
    }
}
