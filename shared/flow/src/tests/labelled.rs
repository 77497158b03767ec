//! An endpoint with labels, for monitors that read them.

use super::stage::{HOUR, START, Stage};
use engine::monitor::{Monitor, MonitorType};
use engine::window::Window;
use ports::{Address, Execution, Executions, Work, WrittenObject};
use std::fmt::Write as _;

const ENDPOINT: &str = "churn-prod";

/// What the model is like in one hour.
#[derive(Clone, Copy)]
pub(super) enum Model {
    /// It says the probability that is.
    Right,
    /// The world turned: what it is sure of is as often wrong.
    Turned,
    /// It is sure of nothing any more, and says so.
    Unsure,
}

/// An endpoint whose predictions get labels, and one monitor of it.
pub(super) struct Scene {
    pub(super) stage: Stage,
    pub(super) monitor: Monitor,
    random: u64,
}

/// One prediction: what was asked, what was answered, and what came true.
pub(super) struct Row {
    pub(super) input: String,
    pub(super) score: f64,
    pub(super) label: u8,
}

impl Scene {
    pub(super) fn new(settings: &str, kind: MonitorType) -> Self {
        let monitor = Monitor { endpoint: ENDPOINT.into(), variant: "AllTraffic".into(), kind };
        let mut scene = Self { stage: Stage::with(settings), monitor, random: 7 };
        let mut csv = String::from("probability,label\n");
        for _ in 0..4000 {
            let (score, label) = scene.row(Model::Right);
            let _ = writeln!(csv, "{score:.4},{label}");
        }
        let at = Address::new("ml-training", "predictions.csv");
        scene.stage.inner().set_object(&at, csv);
        scene.stage.serve(ENDPOINT, true);
        scene
    }

    /// Lets the suite find the endpoint, so that captures and labels have a home.
    pub(super) fn start(mut self) -> Self {
        self.stage.ask(Work::ReconcileEndpoint { endpoint: ENDPOINT.into() });
        self.stage.settle();
        self
    }

    pub(super) fn uniform(&mut self) -> f64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A score at one of its two ends, and a label by the probability it tells.
    fn row(&mut self, model: Model) -> (f64, u8) {
        let (side, near) = (self.uniform(), self.uniform());
        let score = match model {
            Model::Unsure => 0.4 + 0.2 * near,
            _ if side < 0.4 => 0.75 + 0.25 * near,
            _ => 0.25 * near,
        };
        let truth = if matches!(model, Model::Turned) { 0.5 } else { score };
        (score, u8::from(self.uniform() < truth))
    }

    /// Captures an hour, and returns its labels, one line a prediction.
    fn capture(&mut self, hour: i64, rows: usize, model: Model) -> Vec<String> {
        let rows = (0..rows).map(|_| {
            let (score, label) = self.row(model);
            Row { input: "41,3".into(), score, label }
        });
        let rows: Vec<Row> = rows.collect();
        self.capture_rows(hour, &rows)
    }

    pub(super) fn capture_rows(&mut self, hour: i64, rows: &[Row]) -> Vec<String> {
        let start = START + hour * HOUR;
        let (mut lines, mut labels) = (String::new(), Vec::new());
        for (at, Row { input, score, label }) in rows.iter().enumerate() {
            let time = jiff::Timestamp::from_second(start + at as i64 % HOUR).expect("time");
            let _ = writeln!(
                lines,
                r#"{{"captureData":{{"endpointInput":{{"observedContentType":"text/csv","mode":"INPUT","data":"{input}","encoding":"CSV"}},"endpointOutput":{{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT","data":"{score:.4}","encoding":"CSV"}}}},"eventMetadata":{{"eventId":"e-{hour}-{at}","inferenceId":"order-{hour}-{at}","inferenceTime":"{time}"}},"eventVersion":"0"}}"#,
            );
            labels.push(format!("order-{hour}-{at},{label}"));
        }
        let folder = jiff::Timestamp::from_second(start).expect("time").strftime("%Y/%m/%d/%H");
        let key = format!("capture/{ENDPOINT}/AllTraffic/{folder}/20-48-871-{start}.jsonl");
        self.put(Address::new("ml-capture", key), lines);
        self.stage.inner().set_traffic(ENDPOINT, "AllTraffic", start, rows.len() as u64);
        labels
    }

    pub(super) fn label(&mut self, name: &str, labels: &[String]) {
        let file = format!("id,label\n{}\n", labels.join("\n"));
        self.put(Address::new("labels", format!("in/{name}.csv")), file);
    }

    pub(super) fn put(&mut self, at: Address, text: String) {
        self.stage.inner().set_object(&at, text);
        let written_at = Some(self.stage.now);
        let object = WrittenObject { at, etag: None, sequencer: None, written_at };
        self.stage.ask(Work::MergeObject { object });
        self.stage.settle();
    }

    /// Plays an hour whose labels, or a part of them, come at once.
    pub(super) fn hour(&mut self, hour: i64, model: Model, labelled: f64) -> Vec<String> {
        let labels = self.capture(hour, 400, model);
        let many = (labels.len() as f64 * labelled) as usize;
        if 0 < many {
            self.label(&format!("{hour}"), &labels[..many]);
        }
        self.stage.advance(START + (hour + 1) * HOUR);
        labels
    }

    fn schedule(&self) -> String {
        format!("{ENDPOINT}-{}", self.monitor.kind.word().replace('_', "-"))
    }

    pub(super) fn execution(&self, hour: i64) -> Execution {
        let window = Window { start: START + hour * HOUR, end: START + (hour + 1) * HOUR };
        let schedule = self.schedule();
        let found = self.stage.shelves.execution(&self.monitor, &schedule, window);
        pollster::block_on(found).expect("read").expect("an execution")
    }

    pub(super) fn files(&self, hour: i64) -> Vec<String> {
        let end = jiff::Timestamp::from_second(START + (hour + 1) * HOUR).expect("time");
        let folder = format!("/{}/{}/", self.schedule(), end.strftime("%Y/%m/%d/%H"));
        let all = self.stage.inner().objects().into_iter().map(|(at, _)| at.key);
        let of = all.filter_map(|key| Some(key.split_once(&folder)?.1.to_owned()));
        of.collect()
    }
}
