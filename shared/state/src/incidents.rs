use crate::Shelves;
use crate::judgement::{FindingForm, family_of};
use crate::keys::name_of;
use crate::record::{finite, maybe_time, time};
use crate::shelves::corrupt;
use engine::finding::{Check, Family};
use engine::incident::{Incident, Key, Line, Outcome, Progress, Record, Severity, Sight};
use engine::monitor::MonitorType;
use engine::window::Window;
use ports::{
    Etag, Folded, IncidentBook, IncidentChange, Incidents, Objects, PendingAlert, ReadFault,
    Trouble, Versioned, WriteFault,
};
use serde::{Deserialize, Serialize};

type Told<T> = Result<T, &'static str>;

#[derive(Serialize, Deserialize)]
struct BookForm {
    endpoint: String,
    variant: String,
    created_ms: i64,
    folded: Vec<FoldedForm>,
    pending: Vec<PendingForm>,
    families: Vec<(String, RecordForm)>,
}

#[derive(Serialize, Deserialize)]
struct FoldedForm {
    monitor_type: String,
    window: (i64, i64),
    fingerprint: String,
}

#[derive(Serialize, Deserialize)]
struct RecordForm {
    outcomes: Vec<OutcomeForm>,
    settled: ProgressForm,
    incident: Option<IncidentForm>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct OutcomeForm {
    window: (i64, i64),
    clear: bool,
    signals: Vec<FindingForm>,
    hidden: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct ProgressForm {
    incident: Option<IncidentForm>,
    lines: Vec<LineForm>,
    last: Option<(i64, i64)>,
    openings: Vec<i64>,
}

#[derive(Serialize, Deserialize)]
struct LineForm {
    feature: Option<String>,
    check: String,
    active: bool,
    since: (i64, i64),
    recent: Vec<bool>,
    clean: usize,
}

#[derive(Serialize, Deserialize)]
struct IncidentForm {
    id: String,
    account: String,
    region: String,
    endpoint: String,
    variant: String,
    family: String,
    opened: (i64, i64),
    since: (i64, i64),
    last_bad: (i64, i64),
    resolved: Option<(i64, i64)>,
    bad_windows: u32,
    windows: u32,
    severity: String,
    score: f64,
    findings: Vec<FindingForm>,
    flapping: bool,
}

#[derive(Serialize, Deserialize)]
struct PendingForm {
    alert_id: String,
    change: String,
    incident: IncidentForm,
    #[serde(with = "time")]
    noted_at: i64,
    note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    baseline: Option<String>,
    baseline_rows: Option<u64>,
    rows: Option<u64>,
    visible_effect: Option<f64>,
    report: Option<String>,
    #[serde(with = "maybe_time")]
    resolved_at: Option<i64>,
}

fn pair(it: Window) -> (i64, i64) {
    (it.start, it.end)
}

fn window((start, end): (i64, i64)) -> Window {
    Window { start, end }
}

fn check_of(word: &str) -> Told<Check> {
    crate::judgement::check_of(word).ok_or("has an unknown check")
}

fn severity_of(word: &str) -> Told<Severity> {
    let all = [Severity::Info, Severity::Warning, Severity::Error, Severity::Critical];
    all.into_iter().find(|it| it.word() == word).ok_or("has an unknown severity")
}

fn findings(forms: Vec<FindingForm>) -> Told<Vec<engine::finding::Finding>> {
    forms.into_iter().map(FindingForm::finding).collect()
}

impl From<&Outcome> for OutcomeForm {
    fn from(it: &Outcome) -> Self {
        Self {
            window: pair(it.window),
            clear: it.sight == Sight::Clear,
            signals: it.signals.iter().map(FindingForm::from).collect(),
            hidden: it.hidden.clone(),
        }
    }
}

impl OutcomeForm {
    pub(crate) fn outcome(self) -> Told<Outcome> {
        Ok(Outcome {
            window: window(self.window),
            sight: if self.clear { Sight::Clear } else { Sight::Blind },
            signals: findings(self.signals)?,
            hidden: self.hidden,
        })
    }
}

impl From<&Line> for LineForm {
    fn from(it: &Line) -> Self {
        Self {
            feature: it.feature.clone(),
            check: it.check.word().into(),
            active: it.active,
            since: pair(it.since),
            recent: it.recent.clone(),
            clean: it.clean,
        }
    }
}

impl LineForm {
    fn line(self) -> Told<Line> {
        Ok(Line {
            feature: self.feature,
            check: check_of(&self.check)?,
            active: self.active,
            since: window(self.since),
            recent: self.recent,
            clean: self.clean,
        })
    }
}

impl From<&Incident> for IncidentForm {
    fn from(it: &Incident) -> Self {
        Self {
            id: it.id.clone(),
            account: it.key.account.clone(),
            region: it.key.region.clone(),
            endpoint: it.key.endpoint.clone(),
            variant: it.key.variant.clone(),
            family: it.key.family.word().into(),
            opened: pair(it.opened),
            since: pair(it.since),
            last_bad: pair(it.last_bad),
            resolved: it.resolved.map(pair),
            bad_windows: it.bad_windows,
            windows: it.windows,
            severity: it.severity.word().into(),
            score: finite(it.score),
            findings: it.findings.iter().map(FindingForm::from).collect(),
            flapping: it.flapping,
        }
    }
}

impl IncidentForm {
    fn incident(self) -> Told<Incident> {
        let family = family_of(&self.family).ok_or("has an unknown family")?;
        Ok(Incident {
            id: self.id,
            key: Key {
                account: self.account,
                region: self.region,
                endpoint: self.endpoint,
                variant: self.variant,
                family,
            },
            opened: window(self.opened),
            since: window(self.since),
            last_bad: window(self.last_bad),
            resolved: self.resolved.map(window),
            bad_windows: self.bad_windows,
            windows: self.windows,
            severity: severity_of(&self.severity)?,
            score: self.score,
            findings: findings(self.findings)?,
            flapping: self.flapping,
        })
    }
}

impl From<&Record> for RecordForm {
    fn from(it: &Record) -> Self {
        Self {
            outcomes: it.outcomes.iter().map(OutcomeForm::from).collect(),
            settled: ProgressForm {
                incident: it.settled.incident.as_ref().map(IncidentForm::from),
                lines: it.settled.lines.iter().map(LineForm::from).collect(),
                last: it.settled.last.map(pair),
                openings: it.settled.openings.clone(),
            },
            incident: it.incident.as_ref().map(IncidentForm::from),
        }
    }
}

impl RecordForm {
    fn record(self) -> Told<Record> {
        let outcomes: Told<_> = self.outcomes.into_iter().map(OutcomeForm::outcome).collect();
        let lines: Told<_> = self.settled.lines.into_iter().map(LineForm::line).collect();
        Ok(Record {
            outcomes: outcomes?,
            settled: Progress {
                incident: self.settled.incident.map(IncidentForm::incident).transpose()?,
                lines: lines?,
                last: self.settled.last.map(window),
                openings: self.settled.openings,
            },
            incident: self.incident.map(IncidentForm::incident).transpose()?,
        })
    }
}

impl From<&PendingAlert> for PendingForm {
    fn from(it: &PendingAlert) -> Self {
        Self {
            alert_id: it.alert_id.clone(),
            change: it.change.word().into(),
            incident: IncidentForm::from(&it.incident),
            noted_at: it.noted_at,
            note: it.note.clone(),
            detail: it.detail.clone(),
            baseline: it.baseline.clone(),
            baseline_rows: it.baseline_rows,
            rows: it.rows,
            visible_effect: it.visible_effect.map(finite),
            report: it.report.clone(),
            resolved_at: it.resolved_at,
        }
    }
}

impl PendingForm {
    fn pending(self) -> Told<PendingAlert> {
        Ok(PendingAlert {
            alert_id: self.alert_id,
            change: IncidentChange::parse(&self.change).ok_or("has an unknown change")?,
            incident: self.incident.incident()?,
            noted_at: self.noted_at,
            note: self.note,
            detail: self.detail,
            baseline: self.baseline,
            baseline_rows: self.baseline_rows,
            rows: self.rows,
            visible_effect: self.visible_effect,
            report: self.report,
            resolved_at: self.resolved_at,
        })
    }
}

impl From<&IncidentBook> for BookForm {
    fn from(it: &IncidentBook) -> Self {
        let folded = it.folded.iter().map(|it| FoldedForm {
            monitor_type: it.kind.word().into(),
            window: pair(it.window),
            fingerprint: it.fingerprint.clone(),
        });
        let families = it.records.iter();
        Self {
            endpoint: it.endpoint.clone(),
            variant: it.variant.clone(),
            created_ms: it.created_ms,
            folded: folded.collect(),
            pending: it.pending.iter().map(PendingForm::from).collect(),
            families: families.map(|(of, it)| (of.word().into(), RecordForm::from(it))).collect(),
        }
    }
}

impl BookForm {
    fn book(self) -> Told<IncidentBook> {
        let folded = |it: FoldedForm| {
            let kind = MonitorType::of_word(&it.monitor_type).ok_or("has an unknown monitor")?;
            Ok(Folded { kind, window: window(it.window), fingerprint: it.fingerprint })
        };
        let family = |(word, it): (String, RecordForm)| -> Told<(Family, Record)> {
            Ok((family_of(&word).ok_or("has an unknown family")?, it.record()?))
        };
        let folded: Told<_> = self.folded.into_iter().map(folded).collect();
        let pending: Told<_> = self.pending.into_iter().map(PendingForm::pending).collect();
        let records: Told<_> = self.families.into_iter().map(family).collect();
        Ok(IncidentBook {
            endpoint: self.endpoint,
            variant: self.variant,
            created_ms: self.created_ms,
            folded: folded?,
            records: records?,
            pending: pending?,
        })
    }
}

impl<O: Objects> Incidents for Shelves<O> {
    async fn book(
        &self,
        endpoint: &str,
        variant: &str,
    ) -> Result<Option<Versioned<IncidentBook>>, ReadFault> {
        let key = self.keys.incidents(endpoint, variant);
        let Some(found) = self.record::<BookForm>(&key).await? else { return Ok(None) };
        let value = found.value.book().map_err(|why| corrupt(&key, why))?;
        Ok(Some(Versioned { value, etag: found.etag }))
    }

    async fn keep_book(
        &self,
        book: &IncidentBook,
        expected: Option<&Etag>,
    ) -> Result<Etag, WriteFault> {
        let key = self.keys.incidents(&book.endpoint, &book.variant);
        self.swap_densely(&key, BookForm::from(book), expected).await
    }

    async fn variants(&self, endpoint: &str) -> Result<Vec<String>, Trouble> {
        let prefix = self.keys.incidents_of(endpoint);
        // An endpoint has at most ten variants: one page holds them.
        let page = self.objects.list(&self.at(&prefix), None).await?;
        let name = |key: &str| name_of(key.strip_prefix(&prefix)?.strip_suffix(".json")?);
        Ok(page.objects.iter().filter_map(|it| name(&it.key)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::finding::{Effect, Finding, Hint};
    use engine::incident::{Rules, advance};
    use ports::memory::MemoryWorld;
    use std::sync::Arc;

    const HOUR: i64 = 3600;

    fn outcome(at: i64, bad: bool) -> Outcome {
        let hints = [
            Hint::Scale { factor: 100.0 },
            Hint::Shift { deviations: -0.5 },
            Hint::Constant,
            Hint::Missing { before: 0.0, after: 0.31 },
            Hint::NewValues { kinds: 2, share: 0.1 },
            Hint::Type,
            Hint::Spread { factor: 2.0 },
            Hint::ByPosition,
            Hint::Failing { runs: 3 },
        ];
        let finding = |(place, hint): (usize, &Hint)| Finding {
            feature: (place != 0).then(|| format!("f{place}\"\n")),
            family: Family::Drift,
            check: Check::Distribution,
            effect: Effect { value: 0.1 / 3.0, low: 0.02, high: 1.0, floor: 0.08, p_value: 1e-300 },
            significant: bad,
            hint: Some(*hint),
        };
        Outcome {
            window: Window { start: at * HOUR, end: (at + 1) * HOUR },
            sight: if at % 2 == 0 { Sight::Clear } else { Sight::Blind },
            signals: hints.iter().enumerate().map(finding).collect(),
            hidden: vec!["plan".into()],
        }
    }

    /// A book that a state machine has written, with everything in it.
    fn book() -> IncidentBook {
        let key = Key {
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            endpoint: "churn".into(),
            variant: "A".into(),
            family: Family::Drift,
        };
        let rules = Rules { keep: 4, ..Rules::default() };
        let mut record = Record::default();
        for at in 0..9 {
            record = advance(&key, &record, outcome(at, (2..6).contains(&at)), &rules).0;
        }
        let incident = record.incident.clone().expect("four bad windows open an incident");
        let window = Window { start: 0, end: HOUR };
        let folded = Folded { kind: MonitorType::DataQuality, window, fingerprint: "f".into() };
        let pending = PendingAlert {
            alert_id: "a".into(),
            change: IncidentChange::Opened,
            incident,
            noted_at: 1_772_409_600,
            note: Some("n".into()),
            detail: Some("d".into()),
            baseline: Some("b".into()),
            baseline_rows: Some(1),
            rows: Some(2),
            visible_effect: Some(0.1),
            report: Some("s3://b/r".into()),
            resolved_at: Some(1_772_409_601),
        };
        IncidentBook {
            endpoint: "churn".into(),
            variant: "A".into(),
            created_ms: 1,
            folded: vec![folded],
            records: vec![(Family::Drift, record)],
            pending: vec![pending],
        }
    }

    #[test]
    fn books_come_back_as_they_went() {
        let shelves = Shelves::new(Arc::new(MemoryWorld::default()), "bucket", "vigil");
        pollster::block_on(async {
            let tag = shelves.keep_book(&book(), None).await.unwrap();
            let read = shelves.book("churn", "A").await.unwrap().unwrap();
            assert_eq!((read.value, read.etag), (book(), tag));
            assert_eq!(shelves.variants("churn").await.unwrap(), ["A"]);
            assert!(shelves.variants("chur").await.unwrap().is_empty());
        });
    }

    #[test]
    fn unknown_words_are_corrupt_not_guessed() {
        let world = Arc::new(MemoryWorld::default());
        let shelves = Shelves::new(Arc::clone(&world), "bucket", "vigil");
        pollster::block_on(async {
            shelves.keep_book(&book(), None).await.unwrap();
            let at = shelves.at("vigil/incidents/churn/A.json");
            let text = String::from_utf8(world.object(&at).unwrap()).unwrap();
            for (word, other) in [
                ("\"distribution\"", "\"secret\""),
                ("\"drift\"", "\"secret\""),
                ("\"change\":\"opened\"", "\"change\":\"secret\""),
                ("\"data_quality\"", "\"secret\""),
            ] {
                assert!(text.contains(word), "{word}");
                world.set_object(&at, text.replace(word, other));
                let read = shelves.book("churn", "A").await;
                let Err(ReadFault::Corrupt { why, .. }) = read else { panic!("{word}: {read:?}") };
                assert!(why.starts_with("has an unknown") && !why.contains("secret"), "{why}");
            }
        });
    }
}
