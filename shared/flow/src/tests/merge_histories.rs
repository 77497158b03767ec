//! Histories of uploads under faults, through the real handlers: nothing is lost, nothing twice (reliability, I2).
//!
//! Two hundred histories here; `VIGIL_HISTORIES` says how many (`tests/run campaign`).

use super::merges::{id_of, merged_key, record};
use super::stage::{HOUR, START};
use super::unsteady::{Chance, Unsteady, World};
use crate::{Call, JobSetup, Limits, Merged, Prepared, Suite, merge_object, settle_labels};
use engine::monitor::MonitorType;
use ports::{
    Address, EndpointRecord, EndpointRecords, Engine, EngineRecord, GroundTruth, MonitorRecord,
    Phase, PutWhen, ReadObjects, Refusal, RemoveObjects, Side, Standing, WriteObjects,
    WrittenObject,
};
use settings::Settings;
use state::Shelves;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

const SETTINGS: &str =
    "defaults:\n  ground_truth: {s3_uri: \"s3://labels/in\", settle: 1m, min_coverage: 0}\n";
const ENDPOINT: &str = "churn-prod";
/// Milliseconds after which an invocation is ended.
const TIMEOUT: i64 = 300_000;

/// One upload, as the world will see it.
struct Upload {
    at: i64,
    key: Address,
    text: String,
    /// Of labels: inference and label each.
    labels: Vec<(u32, u32)>,
    /// Removed again after so long, in milliseconds.
    gone_after: Option<i64>,
    /// Nobody ever hears of it.
    is_unheard: bool,
}

/// What an invocation does.
#[derive(Clone)]
enum Job {
    /// By the number of the write.
    Merge(usize),
    /// As a listing shows it.
    Found(WrittenObject),
    Settle,
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Option<Merged>, Refusal>> + 'a>>;

struct Task<'a> {
    run: Running<'a>,
    job: Job,
    tries: u32,
    started: i64,
}

/// What came of a number of histories.
#[derive(Debug, Default)]
struct Tally {
    histories: u64,
    calls: u64,
    injected: [u64; 3],
    kills: u64,
    lost: u64,
    superseded: u64,
    unheard: u64,
    found: u64,
    pairs: u64,
    posted: u64,
}

fn adopted() -> EndpointRecord {
    EndpointRecord {
        endpoint: ENDPOINT.into(),
        arn: String::new(),
        config: "config".into(),
        created_ms: START * 1000,
        modified_ms: START * 1000,
        phase: Phase::Monitored,
        why: String::new(),
        since: START,
        captured_once: true,
        capture: Some("s3://capture/capture/".into()),
        sampling_percent: 100,
        variants: vec!["AllTraffic".into()],
        models: Vec::new(),
        monitors: vec![MonitorRecord {
            variant: "AllTraffic".into(),
            kind: MonitorType::ModelQuality,
            schedule: "s".into(),
            expression: "cron(0 * ? * * *)".into(),
            since: START - 24 * HOUR,
            engine: Engine::Native,
            standing: Standing::Settled,
        }],
        engine: EngineRecord::default(),
        tags: Vec::new(),
    }
}

/// Which events nobody hears of; in every other history, by chances of its own.
struct Unheard {
    chance: Chance,
    share: f64,
}

impl Unheard {
    fn of(seed: u64) -> Self {
        let mut chance = Chance(seed ^ 0x5eed);
        let share = [0.1, 0.5][chance.below(2) as usize];
        Self { chance, share: if seed.is_multiple_of(2) { 0.0 } else { share } }
    }

    fn hits(&mut self) -> bool {
        self.chance.hits(self.share)
    }
}

/// Draws what is uploaded: captures of two hours, labels for any of them, some twice, some overwritten.
fn uploads(chance: &mut Chance, unheard: &mut Unheard) -> (Vec<Upload>, u32) {
    let count = 4 + chance.below(8) as u32;
    let (captures, labels) = (1 + chance.below(3) as u32, 1 + chance.below(4) as u32);
    let mut all = Vec::new();
    // Far apart, or all at once.
    let most = [1_200_000, 60_000, 2000][chance.below(3) as usize];
    let at = |chance: &mut Chance| (START + HOUR) * 1000 + chance.below(most) as i64;
    for file in 0..captures {
        let hour = hour_of_file(file);
        let folder = if hour == START { "2026/03/02/00" } else { "2026/03/02/01" };
        let mut text = String::new();
        for n in (0..count).filter(|it| it % captures == file) {
            let _ = writeln!(text, "{}", record(n, hour, n.is_multiple_of(2)));
        }
        let key = format!("capture/{ENDPOINT}/AllTraffic/{folder}/{file}.jsonl");
        let key = Address::new("capture", key);
        let (at, is_unheard) = (at(chance), unheard.hits());
        all.push(Upload { at, key, text, labels: Vec::new(), gone_after: None, is_unheard });
    }
    for file in 0..labels {
        let writes = 1 + u64::from(chance.hits(0.2));
        let gone_after = chance.hits(0.15).then(|| chance.below(600_000) as i64);
        for _ in 0..writes {
            let mut of: Vec<(u32, u32)> =
                (0..count + 2).filter(|_| chance.hits(0.6)).map(|it| (it, 0)).collect();
            for it in &mut of {
                it.1 = chance.below(3) as u32;
            }
            if chance.hits(0.2)
                && let Some(first) = of.first().copied()
            {
                of.push((first.0, first.1 + 1));
            }
            let mut text = String::from("id,label\n");
            for (n, label) in &of {
                let _ = writeln!(text, "{},{label}", id_of(*n));
            }
            let key = Address::new("labels", format!("in/{file}.csv"));
            let (at, is_unheard) = (at(chance), unheard.hits());
            all.push(Upload { at, key, text, labels: of, gone_after, is_unheard });
        }
    }
    all.sort_by_key(|it| it.at);
    (all, captures)
}

fn hour_of_file(file: u32) -> i64 {
    START + i64::from(file % 2) * HOUR
}

struct History<'a> {
    world: &'a World,
    shelves: &'a [Shelves<World>],
    settings: &'a Settings,
    prepared: &'a Prepared,
    jobs: &'a JobSetup,
    /// The writes so far, as S3 tells of them, and the labels of each.
    writes: Vec<(WrittenObject, Vec<(u32, u32)>)>,
    queue: Vec<(i64, Job, u32)>,
    has_unheard: bool,
    dead: Vec<Job>,
    /// The writes that some invocation has merged.
    merged: BTreeSet<usize>,
    tally: Tally,
}

impl<'a> History<'a> {
    fn now(&self) -> i64 {
        self.world.fate().now
    }

    /// Writes an object, and lets S3 tell of it up to three times.
    fn write(&mut self, upload: &Upload) {
        let mut second = upload.at / 1000;
        if self.has_unheard {
            // No two writes are of one second: listings tell no finer times.
            let last = self.writes.last().and_then(|(it, _)| it.written_at).unwrap_or_default();
            let fate = &mut *self.world.fate();
            fate.now = fate.now.max((last + 1) * 1000);
            second = fate.now.div_euclid(1000);
        }
        self.world.inner.set_now(second);
        let put = self.world.inner.put(&upload.key, upload.text.as_bytes(), PutWhen::Always);
        let etag = pollster::block_on(put).expect("written").0;
        let number = self.writes.len();
        let object = WrittenObject {
            at: upload.key.clone(),
            etag: Some(etag),
            sequencer: Some(format!("{:04X}", number + 1)),
            written_at: Some(second),
        };
        self.writes.push((object, upload.labels.clone()));
        if upload.is_unheard {
            self.tally.unheard += 1;
            return;
        }
        let fate = &mut *self.world.fate();
        let soon = [90_000, 2000][fate.chance.below(2) as usize];
        for copy in 0..=fate.chance.below(3) {
            let most = if copy == 2 { 86_400_000 } else { soon };
            let at = fate.now + fate.chance.below(most) as i64;
            self.queue.push((at, Job::Merge(number), 0));
        }
    }

    fn start(&self, job: Job, tries: u32) -> Task<'a> {
        let (skew, pick) = {
            let fate = &mut *self.world.fate();
            (fate.chance.below(10) as i64 - 5, fate.chance.below(self.shelves.len() as u64))
        };
        let (world, settings, prepared, jobs) =
            (self.world, self.settings, self.prepared, self.jobs);
        let shelves = &self.shelves[pick as usize];
        let started = self.now();
        let object = match &job {
            Job::Merge(number) => Some(self.writes[*number].0.clone()),
            Job::Found(object) => Some(object.clone()),
            Job::Settle => None,
        };
        let run = async move {
            let suite = Suite {
                world: &**world,
                shelves,
                settings,
                account: "111122223333",
                region: "eu-west-1",
                jobs,
                limits: Limits::default(),
                prepared,
            };
            let call = Call { now: started / 1000 + skew, request: "r", remaining: 300 };
            match object {
                Some(object) => merge_object(&suite, &call, &object).await.map(Some),
                None => settle_labels(&suite, &call, ENDPOINT).await.map(|_| None),
            }
        };
        Task { run: Box::pin(run), job, tries, started }
    }

    /// Runs until all is done: uploads, events, tries; then heals and sends back what was given up.
    fn run(&mut self, mut uploads: Vec<Upload>, kill: f64) {
        let mut tasks: Vec<Task<'a>> = Vec::new();
        let mut removals: Vec<(i64, Address)> = Vec::new();
        let mut context = Context::from_waker(Waker::noop());
        let mut healed = false;
        for _ in 0..200_000 {
            let now = self.now();
            while uploads.first().is_some_and(|it| it.at <= now) {
                let upload = uploads.remove(0);
                self.write(&upload);
                removals.extend(upload.gone_after.map(|it| (now + it, upload.key.clone())));
            }
            removals.retain(|(at, key)| {
                if *at <= now {
                    pollster::block_on(self.world.inner.remove(key)).expect("removed");
                }
                now < *at
            });
            let found = std::mem::take(&mut self.world.fate().found);
            self.tally.found += found.len() as u64;
            self.queue.extend(found.into_iter().map(|it| (now, Job::Found(it), 0)));
            let (due, later): (Vec<_>, Vec<_>) = self.queue.drain(..).partition(|it| it.0 <= now);
            self.queue = later;
            tasks.extend(due.into_iter().map(|(_, job, tries)| self.start(job, tries)));
            if tasks.is_empty() {
                let next = self.queue.iter().map(|it| it.0).chain(uploads.first().map(|it| it.at));
                if let Some(next) = next.min() {
                    self.world.fate().now = next.max(now);
                } else if !healed || !self.dead.is_empty() {
                    healed = true;
                    self.world.settle();
                    self.world.fate().faults = 0.0;
                    self.queue = self.dead.drain(..).map(|it| (now, it, 0)).collect();
                } else {
                    return;
                }
                continue;
            }
            self.step(&mut tasks, &mut context, if healed { 0.0 } else { kill });
        }
        self.world.fate().broken.get_or_insert("it does not come to rest".into());
    }

    /// Lets one invocation go on to its next call, or ends it from outside.
    fn step(&mut self, tasks: &mut Vec<Task<'a>>, context: &mut Context<'_>, kill: f64) {
        let (pick, killed) = {
            let fate = &mut *self.world.fate();
            let pick = fate.chance.below(tasks.len() as u64) as usize;
            (pick, fate.chance.hits(kill) || TIMEOUT < fate.now - tasks[pick].started)
        };
        let ended = if killed {
            self.tally.kills += 1;
            None
        } else {
            match tasks[pick].run.as_mut().poll(context) {
                Poll::Pending => return,
                Poll::Ready(it) => Some(it),
            }
        };
        let task = tasks.swap_remove(pick);
        match (ended, &task.job) {
            (Some(Ok(Some(Merged::Merged { .. }))), Job::Merge(number)) => {
                self.merged.insert(*number);
            }
            (Some(Ok(Some(Merged::Merged { .. }))), Job::Found(object)) => {
                // The last write of this content: a listing shows what stands.
                let is_it = |it: &WrittenObject| it.at == object.at && it.etag == object.etag;
                self.merged.extend(self.writes.iter().rposition(|(it, _)| is_it(it)));
            }
            (Some(Ok(Some(Merged::Superseded))), _) => self.tally.superseded += 1,
            (Some(Ok(Some(Merged::Skipped))), Job::Merge(number)) => {
                let broken = format!("write {number} was skipped");
                self.world.fate().broken.get_or_insert(broken);
            }
            (Some(Ok(_)), _) => {}
            (None | Some(Err(_)), _) if task.tries < 2 => {
                let delay = if task.tries == 0 { 60_000 } else { 120_000 };
                self.queue.push((self.now() + delay, task.job, task.tries + 1));
            }
            (None | Some(Err(_)), _) => self.dead.push(task.job),
        }
    }

    /// Returns each captured inference's label as the inputs say: the last one of all that were merged.
    fn truth(&self, captures: u32) -> BTreeMap<i64, BTreeMap<String, String>> {
        let mut best: BTreeMap<u32, (i64, usize, usize, u32)> = BTreeMap::new();
        for number in &self.merged {
            let (object, labels) = &self.writes[*number];
            for (place, (n, label)) in labels.iter().enumerate() {
                let rank = (object.written_at.unwrap_or(0), *number, place, *label);
                let held = best.entry(*n).or_insert(rank);
                *held = rank.max(*held);
            }
        }
        let files = self.writes.iter().filter(|(it, _)| it.at.bucket == "capture");
        let count = files.map(|(it, _)| self.lines(&it.at)).sum::<usize>() as u32;
        let mut truth: BTreeMap<i64, BTreeMap<String, String>> = BTreeMap::new();
        for n in 0..count {
            let hour = truth.entry(hour_of_file(n % captures)).or_default();
            if let Some((_, _, _, label)) = best.get(&n) {
                hour.insert(format!("event-{n}"), label.to_string());
            }
        }
        truth
    }

    /// Every write of labels is noted at most once, whoever told of it.
    fn noted_once(&self, shelves: &Shelves<World>) -> Result<(), String> {
        let mut noted: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        pollster::block_on(async {
            let hours = shelves.index_hours(ENDPOINT, Side::Labels, 0, i64::from(i32::MAX));
            for (hour, _) in drained(hours).await.expect("listed") {
                let index = drained(shelves.index(ENDPOINT, Side::Labels, hour, None)).await;
                for it in &index.expect("read").expect("there").value.entries {
                    let name = it.name.rsplit_once('-').expect("a part").0.to_owned();
                    noted.entry((it.key.clone(), it.etag.clone())).or_default().insert(name);
                }
            }
        });
        for ((key, etag), names) in noted {
            let is_it = |it: &WrittenObject| it.at.key == key && it.etag.as_ref() == Some(&etag);
            let writes = self.writes.iter().filter(|(it, _)| is_it(it)).count();
            if writes < names.len() {
                return Err(format!("{writes} writes of {key} are noted {} times", names.len()));
            }
        }
        Ok(())
    }

    fn lines(&self, at: &Address) -> usize {
        self.world.inner.object(at).map_or(0, |it| String::from_utf8_lossy(&it).lines().count())
    }

    fn view(&self, hour: i64) -> BTreeMap<String, String> {
        let bytes = self.world.inner.object(&Address::new("vigil", merged_key(hour)));
        let text = String::from_utf8(bytes.unwrap_or_default()).expect("text");
        let member = |line: &str, before: &str| {
            let rest = line.split(before).nth(1).expect("a member");
            rest.split('"').next().expect("an end").to_owned()
        };
        let read =
            |line| (member(line, r#""eventId":""#), member(line, r#""groundTruthData":{"data":""#));
        text.lines().map(read).collect()
    }
}

/// Runs one history; `Err` says which promise was broken.
fn history(seed: u64, settings: &Settings) -> Result<Tally, String> {
    let mut chance = Chance(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let faults = [0.0, 0.05, 0.15, 0.35][chance.below(4) as usize];
    let kill = [0.0, 0.01, 0.05][chance.below(3) as usize];
    let mut unheard = Unheard::of(seed);
    let (uploads, captures) = uploads(&mut chance, &mut unheard);
    // Warm functions share what they remember; cold ones remember nothing.
    let processes = 1 + chance.below(3) as usize;
    let world: World = Arc::new(Unsteady::new((START + HOUR) * 1000, chance, faults));
    let shelves: Vec<Shelves<World>> =
        (0..processes).map(|_| Shelves::new(Arc::clone(&world), "vigil", "vigil")).collect();
    prepare(&world, &shelves[0], faults);
    let (prepared, jobs) = (Prepared::default(), JobSetup::default());
    let mut it = History {
        world: &world,
        shelves: &shelves,
        settings,
        prepared: &prepared,
        jobs: &jobs,
        writes: Vec::new(),
        queue: Vec::new(),
        has_unheard: 0.0 < unheard.share,
        dead: Vec::new(),
        merged: BTreeSet::new(),
        tally: Tally::default(),
    };
    let looks = if 0.0 < unheard.share { unheard.chance.below(4) } else { 0 };
    for _ in 0..looks {
        let at = (START + HOUR) * 1000 + unheard.chance.below(10_800_000) as i64;
        it.queue.push((at, Job::Settle, 0));
    }
    it.run(uploads, kill);
    // The sweeps of the next days: what changed is asked for, however often it changed.
    for day in 1..=3 {
        let start = (START + day * 24 * HOUR) * 1000;
        let later = it.now().max(start) + 24 * HOUR * 1000;
        it.world.fate().now = later;
        it.queue.push((later, Job::Settle, 0));
        it.run(Vec::new(), 0.0);
    }
    it.noted_once(&shelves[0])?;
    let truth = it.truth(captures);
    let log = pollster::block_on(drained(shelves[0].truth_log(ENDPOINT, "AllTraffic")));
    let log = log.map_err(|why| format!("{why:?}"))?.ok_or("no log")?.value;
    let fate = it.world.fate();
    if let Some(broken) = &fate.broken {
        return Err(broken.clone());
    }
    for (hour, expect) in &truth {
        drop_check(&it, *hour, expect)?;
        let told = log.hours.iter().find(|it| it.hour == *hour).ok_or("an hour is not told of")?;
        if told.matched != expect.len() as u64 || told.is_untold() {
            return Err(format!("{told:?} of {} matched", expect.len()));
        }
        let (changed, asked) = (fate.changed.get(&merged_key(*hour)), fate.asked.get(hour));
        if changed.is_some() && asked <= changed {
            return Err(format!(
                "hour {hour} changed at {changed:?} and was asked for at {asked:?}"
            ));
        }
        it.tally.pairs += expect.len() as u64;
    }
    let mut tally = Tally { histories: 1, calls: fate.calls, lost: fate.lost, ..it.tally };
    (tally.injected, tally.posted) = (fate.injected, fate.posted);
    // Few parts, few changes: a window is asked for a bounded number of times.
    if 40 < tally.posted {
        return Err(format!("{} judgements were asked for", tally.posted));
    }
    Ok(tally)
}

fn drop_check(
    it: &History<'_>,
    hour: i64,
    expect: &BTreeMap<String, String>,
) -> Result<(), String> {
    let view = it.view(hour);
    if view == *expect { Ok(()) } else { Err(format!("view {view:?}, truth {expect:?}")) }
}

/// Polls a future of the unsteady world to its end.
async fn drained<T>(of: impl Future<Output = T>) -> T {
    let mut of = Box::pin(of);
    std::future::poll_fn(move |context| {
        loop {
            if let Poll::Ready(it) = of.as_mut().poll(context) {
                return Poll::Ready(it);
            }
        }
    })
    .await
}

fn prepare(world: &World, shelves: &Shelves<World>, faults: f64) {
    world.fate().faults = 0.0;
    pollster::block_on(async {
        drained(shelves.keep_endpoint(&adopted(), None)).await.expect("kept");
        let line = ports::StatusLine {
            endpoint: ENDPOINT.into(),
            phase: Phase::Monitored,
            since: START,
            settled_since: None,
            created_ms: START * 1000,
            modified_ms: START * 1000,
            state: engine::finding::State::NoData,
            why: String::new(),
            open_incidents: 0,
            report: None,
            monitors: Vec::new(),
            labels: Vec::new(),
        };
        let shown = ports::StatusBoard::change_status(shelves, ENDPOINT, |_| Some(line.clone()));
        drained(shown).await.expect("shown");
        let at = Address::new("vigil", shelves.keys.endpoint(ENDPOINT));
        drained(world.read(&at, 0, 1)).await.expect("there");
    });
    let fate = &mut *world.fate();
    (fate.faults, fate.calls) = (faults, 0);
}

fn histories(from: u64, step: u64, until: u64) -> Tally {
    let settings = Settings::parse(SETTINGS).expect("settings");
    let mut sum = Tally::default();
    for seed in (from..until).step_by(step as usize) {
        let it = history(seed, &settings).unwrap_or_else(|why| panic!("history {seed}: {why}"));
        sum.histories += it.histories;
        sum.calls += it.calls;
        sum.kills += it.kills;
        sum.lost += it.lost;
        sum.superseded += it.superseded;
        sum.unheard += it.unheard;
        sum.found += it.found;
        sum.pairs += it.pairs;
        sum.posted += it.posted;
        for (sum, count) in sum.injected.iter_mut().zip(it.injected) {
            *sum += count;
        }
    }
    sum
}

#[test]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "the long run is asked for from outside, and says what it did"
)]
fn merges_hold_in_every_history() {
    let wanted = std::env::var("VIGIL_HISTORIES").ok().and_then(|it| it.parse().ok());
    let count: u64 = wanted.unwrap_or(200);
    let tally = if count <= 1000 {
        histories(0, 1, count)
    } else {
        let halves = std::thread::scope(|scope| {
            let halves = [0, 1].map(|from| scope.spawn(move || histories(from, 2, count)));
            halves.map(|it| it.join().expect("no history is broken"))
        });
        for it in &halves {
            eprintln!("{it:?}");
        }
        return;
    };
    // A campaign in which nothing happens would prove nothing.
    let happened = [
        tally.calls,
        tally.kills,
        tally.lost,
        tally.superseded,
        tally.pairs,
        tally.posted,
        tally.unheard,
        tally.found,
    ];
    assert!(happened.iter().chain(&tally.injected).all(|it| 0 < *it), "{tally:?}");
}

/// Labels that went from one value to another and back let a late writer exchange
/// a newer view for its own, since the same text has the same tag.
#[test]
fn history_24662_holds() {
    let settings = Settings::parse(SETTINGS).expect("settings");
    history(24_662, &settings).expect("no promise is broken");
}

#[test]
fn same_seed_gives_the_same_history() {
    let settings = Settings::parse(SETTINGS).expect("settings");
    for seed in 0..20 {
        let [one, two] = [0, 1].map(|_| format!("{:?}", history(seed, &settings)));
        assert_eq!(one, two);
    }
}
