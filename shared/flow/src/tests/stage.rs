use crate::{Call, Done, JobSetup, Limits, Prepared, Suite, handle};
use engine::event::SuiteEvent;
use ports::memory::MemoryWorld;
use ports::{
    Address, Capture, Endpoint, EndpointStatus, ExecutionContent, Flaky, Refusal, ReportPage,
    Variant, Work,
};
use settings::Settings;
use state::Shelves;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;

/// 2026-03-02T00:00:00Z, a Monday.
pub(super) const START: i64 = 1_772_409_600;
pub(super) const HOUR: i64 = 3600;
/// Stands in captured values; no alert, event, metric or log may hold it.
pub(super) const CANARY: &str = "canary-7f3a";

const TRAINING: &str =
    "defaults:\n  baseline:\n    training_data_s3_uri: s3://ml-training/churn.csv\n";

type World = Flaky<MemoryWorld>;

/// A world with the suite in it, and a clock.
pub(super) struct Stage {
    pub(super) world: Arc<World>,
    pub(super) shelves: Shelves<Arc<World>>,
    pub(super) settings: Settings,
    pub(super) prepared: Prepared,
    pub(super) now: i64,
    pub(super) requests: u64,
    /// Every event that was posted.
    pub(super) posted: Vec<SuiteEvent>,
    pub(super) refusals: Vec<String>,
    queue: VecDeque<Work>,
    random: u64,
    /// Seconds that an invocation has.
    pub(super) remaining: i64,
    pub(super) jobs: JobSetup,
    pub(super) limits: Limits,
    /// Seconds between two sweeps.
    pub(super) sweep: i64,
}

/// What one hour of traffic looks like.
#[derive(Clone, Copy, Default)]
pub(super) struct Hour {
    pub(super) rows: u64,
    /// Factor on `amount`.
    pub(super) scale: Option<f64>,
    /// Share of `plan` that holds nothing.
    pub(super) no_plan: f64,
    /// Added to `age`, in its standard deviations.
    pub(super) shift: f64,
}

impl Hour {
    pub(super) fn of(rows: u64) -> Self {
        Self { rows, ..Self::default() }
    }
}

fn render(page: &ReportPage<'_>) -> String {
    let how = match page.content {
        ExecutionContent::ModelExplainability(it) => it.how.clone(),
        ExecutionContent::ModelQuality(it) => format!("<p>{} orphans</p>", it.orphans),
        _ => String::new(),
    };
    format!("<p>{} rows</p>{how}", page.execution.judgement.rows)
}

impl Stage {
    pub(super) fn new() -> Self {
        Self::with(TRAINING)
    }

    pub(super) fn with(settings: &str) -> Self {
        Self::paged(settings, 0)
    }

    pub(super) fn paged(settings: &str, page: usize) -> Self {
        Self::sized(settings, 4000, page)
    }

    /// A stage for thousands of runs: little data, few sweeps.
    pub(super) fn small() -> Self {
        let stage = Self::sized(TRAINING, 300, 0);
        Self { sweep: 1800, ..stage }
    }

    fn sized(settings: &str, rows: u64, page: usize) -> Self {
        let world = Arc::new(Flaky::new(Arc::new(MemoryWorld::paged(page))));
        let mut stage = Self {
            shelves: Shelves::new(Arc::clone(&world), "vigil", "vigil"),
            world,
            settings: Settings::parse(settings).expect("settings"),
            prepared: Prepared::default(),
            now: START,
            requests: 0,
            posted: Vec::new(),
            refusals: Vec::new(),
            queue: VecDeque::new(),
            random: 42,
            sweep: 300,
            limits: Limits::default(),
            remaining: 60,
            jobs: JobSetup::default(),
        };
        stage.put_training(rows, Hour::of(1));
        stage
    }

    /// Writes the training data anew, so that each row looks as in this hour.
    pub(super) fn train(&mut self, hour: Hour) {
        self.put_training(4000, hour);
    }

    fn put_training(&mut self, rows: u64, hour: Hour) {
        let mut csv = String::from("prediction,age,amount,plan\n");
        for _ in 0..rows {
            let (score, row) = self.row(hour);
            let _ = writeln!(csv, "{score},{row}");
        }
        self.inner().set_object(&Address::new("ml-training", "churn.csv"), csv);
    }

    pub(super) fn inner(&self) -> &MemoryWorld {
        self.world.inner()
    }

    fn uniform(&mut self) -> f64 {
        // SplitMix64: the next number of a seeded stream.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.random;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((it ^ (it >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    fn row(&mut self, hour: Hour) -> (String, String) {
        let age = (45.0 + 12.0 * (self.normal() + hour.shift)).round();
        let amount = (80.0 + 15.0 * self.normal()) * hour.scale.unwrap_or(1.0);
        let plans = ["basic", "pro", CANARY];
        let plan = plans[(self.uniform() * 3.0) as usize % 3];
        let plan = if self.uniform() < hour.no_plan { "" } else { plan };
        let score = self.uniform();
        (format!("{score:.4}"), format!("{age},{amount:.3},{plan}"))
    }

    /// Puts an endpoint in service whose captures go to `ml-capture`.
    pub(super) fn serve(&self, name: &str, capture: bool) {
        self.inner().set_endpoint(self.endpoint(name, capture));
    }

    pub(super) fn endpoint(&self, name: &str, capture: bool) -> Endpoint {
        let capture = capture.then(|| Capture {
            enabled: true,
            started: true,
            sampling_percent: 100,
            destination: "s3://ml-capture/capture/".into(),
            input: true,
            output: true,
        });
        Endpoint {
            name: name.into(),
            arn: format!("arn:aws:sagemaker:eu-west-1:111122223333:endpoint/{name}"),
            status: EndpointStatus::InService,
            config: format!("{name}-config"),
            created_ms: START * 1000,
            modified_ms: self.now * 1000,
            variants: vec![Variant {
                name: "AllTraffic".into(),
                share: 1.0,
                model: Some("churn-7".into()),
            }],
            capture,
            tags: BTreeMap::new(),
        }
    }

    /// Captures an hour of traffic; `start` is the start of the hour.
    pub(super) fn capture(&mut self, name: &str, start: i64, hour: Hour) {
        self.capture_of(name, "AllTraffic", start, hour);
    }

    pub(super) fn capture_of(&mut self, name: &str, variant: &str, start: i64, hour: Hour) {
        let mut lines = String::new();
        for at in 0..hour.rows {
            let (score, row) = self.row(hour);
            let time = jiff::Timestamp::from_second(start + at as i64 % HOUR).expect("time");
            let _ = writeln!(
                lines,
                r#"{{"captureData":{{"endpointInput":{{"observedContentType":"text/csv","mode":"INPUT","data":"{row}","encoding":"CSV"}},"endpointOutput":{{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT","data":"{score}","encoding":"CSV"}}}},"eventMetadata":{{"eventId":"{start}-{at}","inferenceTime":"{time}"}},"eventVersion":"0"}}"#,
            );
        }
        let folder = jiff::Timestamp::from_second(start).expect("time").strftime("%Y/%m/%d/%H");
        let key = format!("capture/{name}/{variant}/{folder}/20-48-871-{start}.jsonl");
        self.inner().set_object(&Address::new("ml-capture", key), lines);
        self.inner().set_traffic(name, variant, start, hour.rows);
    }

    /// Lets the next invocation start without what earlier ones remember.
    pub(super) fn forget(&mut self) {
        self.shelves = Shelves::new(Arc::clone(&self.world), "vigil", "vigil");
    }

    pub(super) fn ask(&mut self, work: Work) {
        self.queue.push_back(work);
    }

    /// Does one piece of work, without a second try.
    pub(super) fn once(&mut self, work: &Work) -> Result<Done, Refusal> {
        self.requests += 1;
        self.inner().set_now(self.now);
        let request = format!("request-{}", self.requests);
        let call = Call { now: self.now, request: &request, remaining: self.remaining };
        let suite = Suite {
            world: &*self.world,
            shelves: &self.shelves,
            settings: &self.settings,
            account: "111122223333",
            region: "eu-west-1",
            jobs: &self.jobs,
            limits: self.limits,
            prepared: &self.prepared,
        };
        pollster::block_on(handle(&suite, &call, &render, work))
    }

    /// Takes the events that were posted, and notes the work they ask for.
    pub(super) fn collect(&mut self) {
        for event in self.inner().take_events() {
            self.queue.extend(Work::of(&event));
            self.posted.push(event);
        }
    }

    /// Works until nothing is left; a refusal is dropped after three tries.
    pub(super) fn settle(&mut self) {
        for _ in 0..10_000 {
            self.collect();
            let Some(work) = self.queue.pop_front() else { return };
            for delay in [60, 120, 0] {
                match self.once(&work) {
                    Ok(_) => break,
                    Err(refusal) => self.refusals.push(format!("{work:?}: {refusal}")),
                }
                self.world.revive();
                self.now += delay;
            }
        }
        panic!("the suite does not come to rest");
    }

    /// Moves on to `now`, sweeping every five minutes.
    pub(super) fn advance(&mut self, until: i64) {
        while self.now < until {
            self.now += self.sweep;
            self.ask(Work::SweepEndpoints);
            self.settle();
        }
    }

    pub(super) fn alerts(&self) -> Vec<String> {
        self.inner().alerts().into_iter().map(|(it, _)| it.subject).collect()
    }
}
