//! A world for many callers at once, whose calls take turns and fail by chance (reliability, F8–F20).

use engine::event::SuiteEvent;
use ports::memory::MemoryWorld;
use ports::{
    Address, Etag, ListObjects, Metric, ObjectPage, Piece, PostEvents, Posted, PutFailed,
    PutMetrics, PutWhen, ReadFailed, ReadObjects, RemoveObjects, Trouble, Work, WriteObjects,
    WrittenObject,
};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

/// A seeded stream of chances: SplitMix64.
#[derive(Clone)]
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        it ^ (it >> 31)
    }

    pub(super) fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }

    pub(super) fn hits(&mut self, share: f64) -> bool {
        ((self.next() >> 11) as f64) < share * (1u64 << 53) as f64
    }
}

/// What happened so far, and what may happen.
pub(super) struct Fate {
    /// Milliseconds since 1970.
    pub(super) now: i64,
    pub(super) chance: Chance,
    /// Share of calls that fail.
    pub(super) faults: f64,
    pub(super) calls: u64,
    /// Errors before, lost replies, late applications.
    pub(super) injected: [u64; 3],
    /// Conditional writes that another came before.
    pub(super) lost: u64,
    late: Vec<(i64, Address, Vec<u8>, PutWhen)>,
    /// What each view held, to see that it never loses an inference.
    views: BTreeMap<String, BTreeSet<String>>,
    /// The call that last changed a view, and that last asked for each window.
    pub(super) changed: BTreeMap<String, u64>,
    pub(super) asked: BTreeMap<i64, u64>,
    pub(super) posted: u64,
    /// Objects that no event told of, handed over to be merged.
    pub(super) found: Vec<WrittenObject>,
    /// The first broken promise.
    pub(super) broken: Option<String>,
}

pub(super) struct Unsteady {
    pub(super) inner: MemoryWorld,
    fate: Mutex<Fate>,
}

impl Unsteady {
    pub(super) fn new(now: i64, chance: Chance, faults: f64) -> Self {
        let fate = Fate {
            now,
            chance,
            faults,
            calls: 0,
            injected: [0; 3],
            lost: 0,
            late: Vec::new(),
            views: BTreeMap::new(),
            changed: BTreeMap::new(),
            asked: BTreeMap::new(),
            posted: 0,
            found: Vec::new(),
            broken: None,
        };
        Self { inner: MemoryWorld::default(), fate: Mutex::new(fate) }
    }

    pub(super) fn fate(&self) -> MutexGuard<'_, Fate> {
        self.fate.lock().unwrap()
    }

    /// Lets time pass: mostly a little, now and then an hour.
    fn tick(&self) {
        let due = {
            let fate = &mut *self.fate();
            fate.calls += 1;
            let step = match fate.chance.below(1000) {
                0..5 => fate.chance.below(3_600_000),
                5..50 => fate.chance.below(60_000),
                _ => fate.chance.below(300),
            };
            fate.now += step as i64;
            let now = fate.now;
            self.inner.set_now(now.div_euclid(1000));
            let (due, still) = fate.late.drain(..).partition(|it| it.0 <= now);
            fate.late = still;
            due
        };
        self.apply_late(due);
    }

    fn apply_late(&self, due: Vec<(i64, Address, Vec<u8>, PutWhen)>) {
        for (_, at, bytes, when) in due {
            let _ = self.apply(&at, &bytes, when);
        }
    }

    /// Lets everything land that is still under way.
    pub(super) fn settle(&self) {
        let due = std::mem::take(&mut self.fate().late);
        self.apply_late(due);
    }

    fn apply(&self, at: &Address, bytes: &[u8], when: PutWhen) -> Result<Etag, PutFailed> {
        let done = pollster::block_on(self.inner.put(at, bytes, when));
        let fate = &mut *self.fate();
        match &done {
            Ok(_) if at.key.ends_with("merged.jsonl") => fate.look(&at.key, bytes),
            Err(PutFailed::Lost) => fate.lost += 1,
            _ => {}
        }
        done
    }

    /// The fault of this call, if it has one.
    fn fault(&self) -> Option<u64> {
        self.tick();
        let fate = &mut *self.fate();
        if !fate.chance.hits(fate.faults) {
            return None;
        }
        let kind = [0, 0, 1, 2][fate.chance.below(4) as usize];
        fate.injected[kind] += 1;
        Some(kind as u64)
    }
}

impl Fate {
    /// At every instant a view holds each inference once, and none that it held is gone.
    fn look(&mut self, key: &str, bytes: &[u8]) {
        let mut events = BTreeSet::new();
        for line in std::str::from_utf8(bytes).unwrap().lines() {
            let event = line.split(r#""eventId":""#).nth(1).and_then(|it| it.split('"').next());
            let event = event.expect("an event").to_owned();
            if !events.insert(event.clone()) {
                self.broken.get_or_insert(format!("{event} twice in {key}"));
            }
        }
        let before = self.views.insert(key.to_owned(), events.clone()).unwrap_or_default();
        if let Some(gone) = before.difference(&events).next() {
            self.broken.get_or_insert(format!("{gone} is gone from {key}"));
        }
        self.changed.insert(key.to_owned(), self.calls);
    }
}

fn trouble() -> Trouble {
    Trouble::passing("injected")
}

/// Lets the others go first, once.
struct Turn(bool);

impl Future for Turn {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl ListObjects for Unsteady {
    async fn list(&self, prefix: &Address, after: Option<&str>) -> Result<ObjectPage, Trouble> {
        Turn(false).await;
        let page = match self.fault() {
            None => self.inner.list(prefix, after).await,
            Some(_) => Err(trouble()),
        };
        Turn(false).await;
        page
    }
}

impl ReadObjects for Unsteady {
    async fn read(&self, at: &Address, from: u64, len: u64) -> Result<Piece, ReadFailed> {
        Turn(false).await;
        let piece = match self.fault() {
            None => self.inner.read(at, from, len).await,
            Some(_) => Err(ReadFailed::Other(trouble())),
        };
        Turn(false).await;
        piece
    }
}

impl WriteObjects for Unsteady {
    async fn put(&self, at: &Address, bytes: &[u8], when: PutWhen) -> Result<Etag, PutFailed> {
        Turn(false).await;
        let put = match self.fault() {
            None => self.apply(at, bytes, when),
            Some(kind) => {
                if kind == 1 {
                    let _ = self.apply(at, bytes, when);
                } else if kind == 2 {
                    let fate = &mut *self.fate();
                    let due = fate.now + fate.chance.below(20_000) as i64;
                    fate.late.push((due, at.clone(), bytes.to_vec(), when));
                }
                Err(PutFailed::Other(trouble()))
            }
        };
        Turn(false).await;
        put
    }
}

impl RemoveObjects for Unsteady {
    async fn remove(&self, at: &Address) -> Result<(), Trouble> {
        self.inner.remove(at).await
    }
}

impl PostEvents for Unsteady {
    async fn post(&self, events: &[SuiteEvent]) -> Result<Posted, Trouble> {
        Turn(false).await;
        let fault = self.fault();
        if fault.is_none_or(|it| 0 < it) {
            let fate = &mut *self.fate();
            for event in events {
                if let Some(Work::MergeObject { object }) = Work::of(event) {
                    fate.found.push(object);
                    continue;
                }
                let (SuiteEvent::WindowReady(it) | SuiteEvent::WindowDirty(it)) = event else {
                    fate.broken.get_or_insert(format!("{event:?} was posted"));
                    continue;
                };
                fate.posted += 1;
                fate.asked.insert(it.window.start, fate.calls);
            }
        }
        Turn(false).await;
        if fault.is_some() {
            Err(trouble())
        } else {
            Ok(Posted { accepted: events.len(), refused: Vec::new() })
        }
    }
}

impl PutMetrics for Unsteady {
    async fn put_metrics(&self, _: &[Metric]) -> Result<(), Trouble> {
        Ok(())
    }
}

pub(super) type World = Arc<Unsteady>;
