use crate::Shelves;
use crate::endpoints::{EngineWord, blocked_word, phase_of};
use crate::judgement::state_of;
use crate::record::{maybe_time, time};
use engine::finding::State;
use engine::monitor::MonitorType;
use engine::window::Window;
use ports::{
    LabelStatus, LastRun, MonitorStatus, Objects, Phase, ReadFault, StatusBoard, StatusLine,
    Trouble, WriteFault,
};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Form {
    /// In order of their names.
    endpoints: Vec<LineForm>,
}

#[derive(Serialize, Deserialize)]
struct LineForm {
    endpoint: String,
    phase: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<String>,
    #[serde(with = "time")]
    since: i64,
    #[serde(with = "maybe_time")]
    settled_since: Option<i64>,
    created_ms: i64,
    modified_ms: i64,
    state: String,
    why: String,
    open_incidents: u32,
    report: Option<String>,
    monitors: Vec<MonitorForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    labels: Vec<LabelsForm>,
}

#[derive(Serialize, Deserialize)]
struct LabelsForm {
    variant: String,
    captured: u64,
    matched: u64,
    duplicates: u64,
    conflicts: u64,
    orphans: u64,
    half_within: Option<i64>,
    untold: u64,
}

#[derive(Serialize, Deserialize)]
struct MonitorForm {
    variant: String,
    monitor_type: String,
    expression: String,
    #[serde(with = "time")]
    since: i64,
    #[serde(default)]
    engine: EngineWord,
    #[serde(default)]
    unsettled: bool,
    has_baseline: bool,
    #[serde(with = "time")]
    done_through: i64,
    #[serde(with = "time")]
    settled_through: i64,
    windows: u64,
    #[serde(default)]
    open_incidents: u32,
    #[serde(default)]
    blind: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<LastForm>,
}

#[derive(Serialize, Deserialize)]
struct LastForm {
    #[serde(with = "time")]
    start: i64,
    #[serde(with = "time")]
    end: i64,
    state: String,
    words: String,
    report: Option<String>,
}

impl From<&StatusLine> for LineForm {
    fn from(it: &StatusLine) -> Self {
        let monitors = it.monitors.iter().map(|it| MonitorForm {
            variant: it.variant.clone(),
            monitor_type: it.kind.word().into(),
            expression: it.expression.clone(),
            since: it.since,
            engine: it.engine.into(),
            unsettled: !it.settled,
            has_baseline: it.has_baseline,
            done_through: it.done_through,
            settled_through: it.settled_through,
            windows: it.windows,
            open_incidents: it.open_incidents,
            blind: it.is_blind,
            last: it.last.as_ref().map(LastForm::from),
        });
        Self {
            endpoint: it.endpoint.clone(),
            phase: it.phase.word().into(),
            blocked: blocked_word(it.phase),
            since: it.since,
            settled_since: it.settled_since,
            created_ms: it.created_ms,
            modified_ms: it.modified_ms,
            state: it.state.word().into(),
            why: it.why.clone(),
            open_incidents: it.open_incidents,
            report: it.report.clone(),
            monitors: monitors.collect(),
            labels: it.labels.iter().map(LabelsForm::from).collect(),
        }
    }
}

impl From<&LastRun> for LastForm {
    fn from(it: &LastRun) -> Self {
        Self {
            start: it.window.start,
            end: it.window.end,
            state: it.state.word().into(),
            words: it.words.clone(),
            report: it.report.clone(),
        }
    }
}

impl From<LastForm> for LastRun {
    fn from(it: LastForm) -> Self {
        Self {
            window: Window { start: it.start, end: it.end },
            state: state_of(&it.state).unwrap_or(State::Error),
            words: it.words,
            report: it.report,
        }
    }
}

impl From<&LabelStatus> for LabelsForm {
    fn from(it: &LabelStatus) -> Self {
        Self {
            variant: it.variant.clone(),
            captured: it.captured,
            matched: it.matched,
            duplicates: it.duplicates,
            conflicts: it.conflicts,
            orphans: it.orphans,
            half_within: it.half_within,
            untold: it.untold,
        }
    }
}

impl From<LabelsForm> for LabelStatus {
    fn from(it: LabelsForm) -> Self {
        Self {
            variant: it.variant,
            captured: it.captured,
            matched: it.matched,
            duplicates: it.duplicates,
            conflicts: it.conflicts,
            orphans: it.orphans,
            half_within: it.half_within,
            untold: it.untold,
        }
    }
}

impl LineForm {
    /// What is not known is a reason to look at the endpoint again.
    fn line(self) -> StatusLine {
        let monitors = self.monitors.into_iter().filter_map(|it| {
            Some(MonitorStatus {
                kind: MonitorType::of_word(&it.monitor_type)?,
                variant: it.variant,
                expression: it.expression,
                since: it.since,
                engine: it.engine.into(),
                settled: !it.unsettled,
                has_baseline: it.has_baseline,
                done_through: it.done_through,
                settled_through: it.settled_through,
                windows: it.windows,
                open_incidents: it.open_incidents,
                is_blind: it.blind,
                last: it.last.map(LastRun::from),
            })
        });
        StatusLine {
            phase: phase_of(&self.phase, self.blocked.as_deref()).unwrap_or(Phase::Waiting),
            since: self.since,
            settled_since: self.settled_since,
            created_ms: self.created_ms,
            modified_ms: self.modified_ms,
            state: state_of(&self.state).unwrap_or(State::Error),
            endpoint: self.endpoint,
            why: self.why,
            open_incidents: self.open_incidents,
            report: self.report,
            monitors: monitors.collect(),
            labels: self.labels.into_iter().map(LabelStatus::from).collect(),
        }
    }
}

/// Times that a write is tried against others'.
const TRIES: u32 = 16;

impl<O: Objects> StatusBoard for Shelves<O> {
    async fn status(&self) -> Result<Vec<StatusLine>, ReadFault> {
        let found = self.record::<Form>(&self.keys.status()).await?;
        let lines = found.map(|it| it.value.endpoints).unwrap_or_default();
        Ok(lines.into_iter().map(LineForm::line).collect())
    }

    async fn change_status(
        &self,
        endpoint: &str,
        change: impl Fn(Option<&StatusLine>) -> Option<StatusLine> + Send + Sync,
    ) -> Result<(), ReadFault> {
        let key = self.keys.status();
        for _ in 0..TRIES {
            let (mut form, etag) = match self.record::<Form>(&key).await? {
                Some(it) => (it.value, Some(it.etag)),
                None => (Form::default(), None),
            };
            let place = form.endpoints.binary_search_by(|it| it.endpoint.as_str().cmp(endpoint));
            let held = place.ok().map(|at| form.endpoints.remove(at).line());
            let line = change(held.as_ref());
            if line == held {
                return Ok(());
            }
            if let Some(line) = &line {
                let (Ok(at) | Err(at)) = place;
                form.endpoints.insert(at, line.into());
            }
            match self.swap(&key, form, etag.as_ref()).await {
                Ok(_) => return Ok(()),
                Err(WriteFault::Lost) => {}
                Err(WriteFault::Other(trouble)) => return Err(ReadFault::Other(trouble)),
            }
        }
        Err(ReadFault::Other(Trouble::passing("status changes faster than it can be written")))
    }
}
