//! What every implementation of a port keeps to: run on fakes and on adapters.

mod ground_truth;
mod monitoring;

pub use ground_truth::ground_truth;
pub use monitoring::{executions, jobs, monitoring, pending_schedules};

use crate::{
    Address, DescribeEndpoints, DescribeFailed, Etag, ListEndpoints, ListObjects, PostEvents,
    PutFailed, PutWhen, ReadFailed, ReadObjects, RemoveObjects, WriteObjects,
};
use engine::event::{EndpointDue, SuiteEvent};

/// Objects are conditional, listed in order and read in ranges.
///
/// `bucket` must exist and be empty.
pub async fn objects(
    store: &(impl ListObjects + ReadObjects + WriteObjects + RemoveObjects),
    bucket: &str,
) {
    let at = |key: &str| Address::new(bucket, key);
    let missing = store.read(&at("a/1"), 0, 10).await;
    assert!(matches!(missing, Err(ReadFailed::Missing)), "{missing:?}");
    let ghost = PutWhen::Matches(Etag("0".into()));
    let lost = store.put(&at("a/1"), b"x", ghost).await;
    assert!(matches!(lost, Err(PutFailed::Lost)), "nothing to match: {lost:?}");

    let first = store.put(&at("a/1"), b"hello", PutWhen::Absent).await.expect("create");
    let again = store.put(&at("a/1"), b"other", PutWhen::Absent).await;
    assert!(matches!(again, Err(PutFailed::Lost)), "created already: {again:?}");
    let second =
        store.put(&at("a/1"), b"hello world", PutWhen::Matches(first.clone())).await.expect("swap");
    let stale = store.put(&at("a/1"), b"stale", PutWhen::Matches(first)).await;
    assert!(matches!(stale, Err(PutFailed::Lost)), "stale tag: {stale:?}");

    let piece = store.read(&at("a/1"), 6, 3).await.expect("read");
    assert_eq!((piece.bytes.as_slice(), piece.size), (b"wor".as_slice(), 11));
    assert_eq!(piece.etag, second, "read tells the tag of the last write");
    let tail = store.read(&at("a/1"), 6, 100).await.expect("read");
    assert_eq!(tail.bytes, b"world", "short at the end only");
    store.put(&at("a/empty"), b"", PutWhen::Always).await.expect("put");
    let empty = store.read(&at("a/empty"), 0, 10).await.expect("read nothing");
    assert_eq!((empty.bytes.len(), empty.size), (0, 0));
    store.remove(&at("a/empty")).await.expect("remove");

    for key in ["a/2", "a/10", "b/1", "ab"] {
        store.put(&at(key), key.as_bytes(), PutWhen::Always).await.expect("put");
    }
    let mut found = Vec::new();
    loop {
        let page = store.list(&at("a/"), found.last().map(String::as_str)).await.expect("list");
        found.extend(page.objects.into_iter().map(|it| it.key));
        if !page.more {
            break;
        }
    }
    assert_eq!(found, ["a/1", "a/10", "a/2"], "byte order, prefix only");
    let page = store.list(&at("a/1"), None).await.expect("list");
    assert_eq!(page.objects[0].etag, second, "a listing tells the tag");

    store.remove(&at("a/1")).await.expect("remove");
    store.remove(&at("a/1")).await.expect("remove what is gone");
    let gone = store.read(&at("a/1"), 0, 1).await;
    assert!(matches!(gone, Err(ReadFailed::Missing)), "{gone:?}");
}

/// Endpoints are listed and described, and a missing one is told apart.
///
/// `known` exists in the world.
pub async fn endpoints(world: &(impl DescribeEndpoints + ListEndpoints), known: &str) {
    let missing = world.describe("nobody-has-this-name").await;
    assert!(matches!(missing, Err(DescribeFailed::Missing)), "{missing:?}");
    let found = world.describe(known).await.expect("describe");
    assert_eq!(found.name, known);
    assert!(!found.variants.is_empty(), "an endpoint has a variant");
    let (mut names, mut from) = (Vec::new(), None);
    loop {
        let page = world.list_endpoints(from.as_deref()).await.expect("list");
        names.extend(page.endpoints.into_iter().map(|it| it.name));
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let mut once = names.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), names.len(), "each name once");
    assert!(names.iter().any(|it| it == known));
}

/// Posting says what became of each event.
pub async fn events(world: &impl PostEvents) {
    let nothing = world.post(&[]).await.expect("post nothing");
    assert_eq!(nothing.accepted, 0);
    let due =
        |it: i32| SuiteEvent::EndpointDue(EndpointDue { endpoint: format!("e{it}"), reason: None });
    let many: Vec<SuiteEvent> = (0..23).map(due).collect();
    let posted = world.post(&many).await.expect("post");
    assert_eq!((posted.accepted, posted.refused.len()), (23, 0), "more than one call takes");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryWorld;
    use crate::{
        Endpoint, EndpointStatus, ExecutionStatus, Fault, Flaky, MonitoringExecution, Variant,
    };
    use std::sync::Arc;

    fn endpoint(name: &str) -> Endpoint {
        Endpoint {
            name: name.into(),
            arn: String::new(),
            status: EndpointStatus::InService,
            config: "c".into(),
            created_ms: 1,
            modified_ms: 1,
            variants: vec![Variant { name: "A".into(), share: 1.0, model: None }],
            capture: None,
            tags: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn memory_keeps_the_contracts() {
        for page in [0, 2] {
            let world = MemoryWorld::paged(page);
            for name in ["churn", "fraud", "zeta"] {
                world.set_endpoint(endpoint(name));
            }
            pollster::block_on(async {
                objects(&world, "bucket").await;
                endpoints(&world, "fraud").await;
                events(&world).await;
                jobs(&world).await;
                monitoring(&world, "churn", || world.settle_schedules()).await;
                pending_schedules(&world, "churn").await;
                for at in [3600, 7200, 10_800] {
                    world.set_execution(execution("hourly", at));
                    world.set_execution(execution("other", at));
                }
                executions(&world, "hourly", &[3600, 7200, 10_800]).await;
            });
        }
    }

    fn execution(schedule: &str, at: i64) -> MonitoringExecution {
        MonitoringExecution {
            schedule: schedule.into(),
            endpoint: None,
            kind: None,
            definition: None,
            scheduled_at: at,
            created_at: at,
            modified_at: at,
            status: ExecutionStatus::Completed,
            job: None,
            failure: None,
        }
    }

    #[test]
    fn flaky_without_faults_keeps_them_too() {
        let world = Flaky::new(Arc::new(MemoryWorld::default()));
        pollster::block_on(objects(&world, "bucket"));
        assert_eq!(world.injected(), 0);
    }

    #[test]
    fn late_call_lands_after_its_error() {
        let world = Flaky::new(Arc::new(MemoryWorld::default()));
        world.fail_at(1, Fault::AppliedLater);
        let at = Address::new("bucket", "k");
        pollster::block_on(async {
            assert!(world.put(&at, b"x", PutWhen::Absent).await.is_err());
            assert!(world.inner().object(&at).is_none());
            world.settle().await;
            assert!(world.inner().object(&at).is_some());
        });
    }

    #[test]
    fn killed_caller_does_nothing_more() {
        let world = Flaky::new(Arc::new(MemoryWorld::default()));
        world.fail_at(1, Fault::KilledAfter);
        let at = |key| Address::new("bucket", key);
        pollster::block_on(async {
            assert!(world.put(&at("a"), b"x", PutWhen::Absent).await.is_err());
            assert!(world.put(&at("b"), b"x", PutWhen::Absent).await.is_err());
            world.revive();
            assert!(world.put(&at("c"), b"x", PutWhen::Absent).await.is_ok());
        });
        let keys: Vec<_> = world.inner().objects().into_iter().map(|it| it.0.key).collect();
        assert_eq!(keys, ["a", "c"]);
    }
}
