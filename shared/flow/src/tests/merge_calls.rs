//! How many requests a file costs, as `infra/README.md` states it.

use super::merges::Truth;
use super::stage::{HOUR, START};
use crate::{Call, JobSetup, Limits, Prepared, Suite, merge_object, settle_labels};
use engine::event::SuiteEvent;
use ports::memory::MemoryWorld;
use ports::{
    Address, Etag, ListObjects, Metric, ObjectPage, Piece, PostEvents, Posted, PutFailed,
    PutMetrics, PutWhen, ReadFailed, ReadObjects, RemoveObjects, Trouble, WriteObjects,
    WrittenObject,
};
use settings::Settings;
use state::Shelves;
use std::sync::{Arc, Mutex};

/// Requests by what S3 and EventBridge charge: reads, writes and listings, entries of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Charged {
    gets: u64,
    puts: u64,
    events: u64,
}

/// A world that counts what it is asked.
struct Counting<'a> {
    inner: &'a MemoryWorld,
    charged: Mutex<Charged>,
}

impl Counting<'_> {
    fn charge(&self, add: impl FnOnce(&mut Charged)) {
        add(&mut self.charged.lock().expect("free"));
    }
}

impl ListObjects for Counting<'_> {
    async fn list(&self, prefix: &Address, after: Option<&str>) -> Result<ObjectPage, Trouble> {
        self.charge(|it| it.puts += 1);
        self.inner.list(prefix, after).await
    }
}

impl ReadObjects for Counting<'_> {
    async fn read(&self, at: &Address, from: u64, len: u64) -> Result<Piece, ReadFailed> {
        self.charge(|it| it.gets += 1);
        self.inner.read(at, from, len).await
    }
}

impl WriteObjects for Counting<'_> {
    async fn put(&self, at: &Address, bytes: &[u8], when: PutWhen) -> Result<Etag, PutFailed> {
        self.charge(|it| it.puts += 1);
        self.inner.put(at, bytes, when).await
    }
}

impl RemoveObjects for Counting<'_> {
    async fn remove(&self, at: &Address) -> Result<(), Trouble> {
        self.inner.remove(at).await
    }
}

impl PostEvents for Counting<'_> {
    async fn post(&self, events: &[SuiteEvent]) -> Result<Posted, Trouble> {
        self.charge(|it| it.events += events.len() as u64);
        self.inner.post(events).await
    }
}

impl PutMetrics for Counting<'_> {
    async fn put_metrics(&self, metrics: &[Metric]) -> Result<(), Trouble> {
        self.inner.put_metrics(metrics).await
    }
}

const SETTINGS: &str = "defaults:\n  ground_truth: {s3_uri: \"s3://ml-labels/in\"}\n  data_quality: {enabled: false}\n  model_quality: {enabled: true, problem_type: BinaryClassification, inference_attribute: \"0\"}\n  baseline:\n    training_data_s3_uri: s3://ml-training/churn.csv\n";

enum Job<'a> {
    Merge(&'a WrittenObject),
    Settle,
}

/// Counts what one invocation asks; of a function that has just started, so that it remembers nothing.
fn charged(truth: &Truth, job: &Job<'_>) -> Charged {
    let world = Arc::new(Counting { inner: truth.stage.inner(), charged: Mutex::default() });
    let shelves = Shelves::new(Arc::clone(&world), "vigil", "vigil");
    let (settings, jobs) = (Settings::parse(SETTINGS).expect("settings"), JobSetup::default());
    let suite = Suite {
        world: &*world,
        shelves: &shelves,
        settings: &settings,
        account: "111122223333",
        region: "eu-west-1",
        jobs: &jobs,
        limits: Limits::default(),
        prepared: &Prepared::default(),
    };
    let call = Call { now: truth.stage.now, request: "r", remaining: 300 };
    pollster::block_on(async {
        match job {
            Job::Merge(object) => {
                merge_object(&suite, &call, object).await.expect("merged");
            }
            Job::Settle => {
                settle_labels(&suite, &call, "churn-prod").await.expect("settled");
            }
        }
    });
    *world.charged.lock().expect("free")
}

/// A day of captures, twelve files an hour, and a label file an hour for the hour before.
#[test]
fn files_and_looks_cost_what_the_readme_says() {
    let mut truth = Truth::with(SETTINGS);
    let (mut captures, mut labels) = (Charged::default(), Charged::default());
    let most = |sum: &mut Charged, it: Charged| {
        sum.gets = sum.gets.max(it.gets);
        sum.puts = sum.puts.max(it.puts);
        sum.events = sum.events.max(it.events);
    };
    for hour in 0..24_u32 {
        let start = START + i64::from(hour) * HOUR;
        for file in 0..12 {
            truth.stage.now = start + i64::from(file + 1) * 300;
            let object = truth.capture(start, &format!("{file}"), &[hour * 100 + file]);
            most(&mut captures, charged(&truth, &Job::Merge(&object)));
        }
        truth.stage.now = start + HOUR + 60;
        let of: Vec<(u32, u32)> = (0..12).map(|file| (hour * 100 + file, 1)).collect();
        let object = truth.label(&format!("{hour}"), &of);
        most(&mut labels, charged(&truth, &Job::Merge(&object)));
    }
    truth.stage.now += 900;
    // The first look goes over all; then one an hour over the last ones, and three at rest.
    let first = charged(&truth, &Job::Settle);
    let rest = charged(&truth, &Job::Settle);
    truth.stage.now += HOUR;
    let hourly = charged(&truth, &Job::Settle);
    let told = |it: Charged| (it.gets, it.puts, it.events);
    // One for each hour of labels, or of captures, that a function which has just started has to learn.
    let hours = 24;
    assert_eq!(told(captures), (6 + hours, 5, 0), "a capture file");
    // Each capture file that it meets is read once, and is a part that is written and read.
    let met = 12;
    assert_eq!(told(labels), (11 + 2 * met + hours, 8 + met, 1), "a label file");
    assert_eq!(told(first), (5 + 2 * hours, 7, 0), "a look over all");
    assert_eq!(told(rest), (5, 0, 0), "at rest");
    assert_eq!(told(hourly), (5 + 12, 7, 0), "a look over the last hours");
}
