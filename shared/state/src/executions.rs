use crate::incidents::OutcomeForm;
use crate::judgement::{JudgementForm, family_of, state_of};
use crate::record::{Versioned1, encode, time};
use crate::shelves::{corrupt, trouble_of};
use crate::{Shelves, files};
use engine::monitor::Monitor;
use engine::window::Window;
use ports::{
    Address, Etag, Execution, ExecutionFiles, Executions, Objects, PutFailed, PutWhen, ReadFault,
    Trouble, Versioned, WindowLog, WindowLogEntry, WriteFault,
};
use serde::{Deserialize, Serialize};

/// What people and programs read of a report.
const COPIED: [&str; 6] = [
    "statistics.json",
    "constraints.json",
    "analysis.json",
    files::ESTIMATED,
    "constraint_violations.json",
    "report.html",
];

fn read_trouble(fault: ReadFault) -> Trouble {
    match fault {
        ReadFault::Other(trouble) => trouble,
        ReadFault::Corrupt { why, .. } => Trouble::lasting(why),
    }
}

#[derive(Serialize, Deserialize)]
struct Form {
    endpoint: String,
    variant: String,
    monitor_type: String,
    schedule: String,
    #[serde(with = "time")]
    window_start: i64,
    #[serde(with = "time")]
    window_end: i64,
    baseline: Option<String>,
    fingerprint: String,
    objects: u64,
    bytes: u64,
    invocations: Option<u64>,
    violations: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(with = "time")]
    executed_at: i64,
    judgement: JudgementForm,
    outcomes: Vec<(String, OutcomeForm)>,
}

impl From<&Execution> for Form {
    fn from(it: &Execution) -> Self {
        Self {
            endpoint: it.monitor.endpoint.clone(),
            variant: it.monitor.variant.clone(),
            monitor_type: it.monitor.kind.word().into(),
            schedule: it.schedule.clone(),
            window_start: it.window.start,
            window_end: it.window.end,
            baseline: it.baseline.clone(),
            fingerprint: it.fingerprint.clone(),
            objects: it.objects,
            bytes: it.bytes,
            invocations: it.invocations,
            violations: it.violations,
            why: it.why.clone(),
            detail: it.detail.clone(),
            executed_at: it.executed_at,
            judgement: JudgementForm::from(&it.judgement),
            outcomes: it
                .outcomes
                .iter()
                .map(|(family, it)| (family.word().to_string(), OutcomeForm::from(it)))
                .collect(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct LogForm {
    #[serde(with = "time")]
    done_through: i64,
    windows: Vec<EntryForm>,
}

#[derive(Serialize, Deserialize)]
struct EntryForm {
    #[serde(with = "time")]
    start: i64,
    #[serde(with = "time")]
    end: i64,
    state: String,
    rows: u64,
    violations: u64,
    fingerprint: String,
    #[serde(with = "time")]
    executed_at: i64,
}

impl From<&WindowLogEntry> for EntryForm {
    fn from(it: &WindowLogEntry) -> Self {
        Self {
            start: it.window.start,
            end: it.window.end,
            state: it.state.word().into(),
            rows: it.rows,
            violations: it.violations,
            fingerprint: it.fingerprint.clone(),
            executed_at: it.executed_at,
        }
    }
}

impl EntryForm {
    fn entry(self) -> Option<WindowLogEntry> {
        Some(WindowLogEntry {
            window: Window { start: self.start, end: self.end },
            state: state_of(&self.state)?,
            rows: self.rows,
            violations: self.violations,
            fingerprint: self.fingerprint,
            executed_at: self.executed_at,
        })
    }
}

impl<O: Objects> Executions for Shelves<O> {
    async fn execution(
        &self,
        of: &Monitor,
        schedule: &str,
        window: Window,
    ) -> Result<Option<Execution>, ReadFault> {
        let key = format!("{}/execution.json", self.keys.report(&of.endpoint, schedule, window));
        let Some(found) = self.record::<Form>(&key).await? else { return Ok(None) };
        let it = found.value;
        let judgement = it.judgement.judgement().map_err(|why| corrupt(&key, why))?;
        let outcomes: Result<_, &str> = it
            .outcomes
            .into_iter()
            .map(|(family, it)| {
                Ok((family_of(&family).ok_or("has an unknown family")?, it.outcome()?))
            })
            .collect();
        let outcomes = outcomes.map_err(|why| corrupt(&key, why))?;
        Ok(Some(Execution {
            monitor: of.clone(),
            schedule: it.schedule,
            window: Window { start: it.window_start, end: it.window_end },
            baseline: it.baseline,
            fingerprint: it.fingerprint,
            objects: it.objects,
            bytes: it.bytes,
            invocations: it.invocations,
            violations: it.violations,
            judgement,
            outcomes,
            why: it.why,
            detail: it.detail,
            executed_at: it.executed_at,
            report: self.report_uri(of, schedule, window),
        }))
    }

    async fn keep_execution(
        &self,
        execution: &Execution,
        written: Option<ExecutionFiles<'_>>,
    ) -> Result<(), Trouble> {
        let of = &execution.monitor;
        let folder = self.keys.report(&of.endpoint, &execution.schedule, execution.window);
        let put = async |file: &str, bytes: &[u8]| {
            let key = format!("{folder}/{file}");
            self.put(&key, bytes, PutWhen::Always).await.map_err(trouble_of)
        };
        if let Some(it) = written {
            for (name, bytes) in files::of_execution(it.content, it.baseline) {
                put(&name, &bytes).await?;
            }
            put("constraint_violations.json", &files::write_violations(it.violations)).await?;
            put("report.html", it.report.as_bytes()).await?;
        }
        // The record comes last: where it is, the files are.
        put("execution.json", &encode(&Versioned1::of(Form::from(execution)))).await?;
        Ok(())
    }

    async fn copy_report(&self, execution: &Execution, to: &Address) -> Result<(), Trouble> {
        let of = &execution.monitor;
        let folder = self.keys.report(&of.endpoint, &execution.schedule, execution.window);
        let tail = folder.strip_prefix(&self.keys.reports()).unwrap_or(&folder);
        let base = to.key.trim_end_matches('/');
        for file in COPIED {
            let read = self.bytes(&format!("{folder}/{file}")).await;
            let Some((bytes, _)) = read.map_err(read_trouble)? else { continue };
            let key = format!("{base}{tail}/{file}");
            let at = Address::new(to.bucket.as_str(), key.trim_start_matches('/'));
            let put = self.objects.put(&at, &bytes, PutWhen::Always).await;
            put.map_err(|failed| match failed {
                PutFailed::Lost => trouble_of(WriteFault::Lost),
                PutFailed::Other(trouble) => trouble,
            })?;
        }
        Ok(())
    }

    fn reports_uri(&self) -> String {
        format!("s3://{}/{}", self.bucket(), self.keys.reports())
    }

    fn report_uri(&self, of: &Monitor, schedule: &str, window: Window) -> String {
        let folder = self.keys.report(&of.endpoint, schedule, window);
        format!("s3://{}/{folder}/report.html", self.bucket())
    }

    async fn window_log(&self, of: &Monitor) -> Result<Option<Versioned<WindowLog>>, ReadFault> {
        let key = self.keys.window_log(of);
        let Some(found) = self.record::<LogForm>(&key).await? else { return Ok(None) };
        let windows: Option<Vec<_>> =
            found.value.windows.into_iter().map(EntryForm::entry).collect();
        let windows = windows.ok_or_else(|| corrupt(&key, "has an unknown state"))?;
        let monitor = of.clone();
        let value = WindowLog { monitor, done_through: found.value.done_through, windows };
        Ok(Some(Versioned { value, etag: found.etag }))
    }

    async fn keep_window_log(
        &self,
        log: &WindowLog,
        expected: Option<&Etag>,
    ) -> Result<Etag, WriteFault> {
        let windows = log.windows.iter().map(EntryForm::from).collect();
        let form = LogForm { done_through: log.done_through, windows };
        self.swap_densely(&self.keys.window_log(&log.monitor), form, expected).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::finding::{Family, Judgement, State};
    use engine::incident::{Fact, Outcome};
    use engine::monitor::MonitorType;
    use engine::statistics::Statistics;
    use ports::memory::MemoryWorld;
    use ports::{BaselineContent, ExecutionContent};
    use std::sync::Arc;

    const WINDOW: Window = Window { start: 1_772_618_400, end: 1_772_622_000 };

    fn monitor() -> Monitor {
        let kind = MonitorType::DataQuality;
        Monitor { endpoint: "churn".into(), variant: "A".into(), kind }
    }

    fn execution() -> Execution {
        let judgement = Judgement {
            state: State::TooLittleData,
            enough: false,
            findings: Vec::new(),
            measured: Vec::new(),
            not_compared: Vec::new(),
            rows: 3,
            baseline_rows: 400,
            visible_effect: Some(0.7),
            unreadable: 1,
        };
        Execution {
            monitor: monitor(),
            schedule: "s".into(),
            window: WINDOW,
            baseline: Some("b".into()),
            fingerprint: "f".into(),
            objects: 2,
            bytes: 100,
            invocations: Some(7),
            violations: 1,
            judgement,
            outcomes: vec![(
                Family::Monitoring,
                Outcome::of_monitor(WINDOW, 3, &[Fact::CaptureLost]),
            )],
            why: Some("because".into()),
            detail: Some("age from rank 2 to 1".into()),
            executed_at: 1_772_622_300,
            report: "s3://bucket/vigil/reports/churn/s/2026/03/04/11/report.html".into(),
        }
    }

    #[test]
    fn executions_come_back_as_they_went() {
        let world = Arc::new(MemoryWorld::default());
        let shelves = Shelves::new(Arc::clone(&world), "bucket", "vigil");
        pollster::block_on(async {
            assert!(shelves.execution(&monitor(), "s", WINDOW).await.unwrap().is_none());
            let (statistics, constraints) = Default::default();
            let baseline = BaselineContent::DataQuality { statistics, constraints };
            let content = ExecutionContent::DataQuality { statistics: Statistics::default() };
            let files = ExecutionFiles {
                content: &content,
                baseline: &baseline,
                violations: &[],
                report: "<p>",
            };
            shelves.keep_execution(&execution(), Some(files)).await.unwrap();
            let read = shelves.execution(&monitor(), "s", WINDOW).await.unwrap();
            assert_eq!(read, Some(execution()));
        });
        let keys: Vec<String> = world.objects().into_iter().map(|(at, _)| at.key).collect();
        let folder = "vigil/reports/churn/s/2026/03/04/11/";
        let files = [
            "constraint_violations.json",
            "constraints.json",
            "execution.json",
            "report.html",
            "statistics.json",
        ];
        assert_eq!(keys, files.map(|it| format!("{folder}{it}")));
    }

    #[test]
    fn window_logs_come_back_as_they_went() {
        let shelves = Shelves::new(Arc::new(MemoryWorld::default()), "bucket", "vigil");
        let entry = |at: i64, state| WindowLogEntry {
            window: Window { start: at * 3600, end: (at + 1) * 3600 },
            state,
            rows: 5,
            violations: 0,
            fingerprint: "f".into(),
            executed_at: at * 3600 + 4000,
        };
        let windows = [State::Ok, State::Watch, State::Drift, State::NoData, State::Error];
        let windows = windows.into_iter().enumerate().map(|(at, state)| entry(at as i64, state));
        let log =
            WindowLog { monitor: monitor(), done_through: 18_000, windows: windows.collect() };
        pollster::block_on(async {
            let tag = shelves.keep_window_log(&log, None).await.unwrap();
            let read = shelves.window_log(&monitor()).await.unwrap().unwrap();
            assert_eq!((read.value, read.etag), (log, tag));
        });
    }
}
