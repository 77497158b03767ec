use crate::record::time;
use crate::shelves::{corrupt, trouble_of};
use crate::{Shelves, files};
use engine::monitor::{Monitor, MonitorType};
use ports::{
    Address, BaselineChange, BaselineJob, BaselineJobs, BaselineMeta, BaselineSource, DatasetForm,
    Etag, HeldBaseline, JobOutcome, Objects, PutFailed, PutWhen, ReadFault, StagedBaseline,
    Trouble, Versioned, WriteFault,
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct JobForm {
    job: String,
    endpoint: String,
    variant: String,
    monitor_type: String,
    fingerprint: String,
    source_kind: String,
    source_uri: String,
    source_objects: u64,
    source_fingerprint: String,
    endpoint_created_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    copy_to: Option<String>,
    #[serde(with = "time")]
    asked_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<OutcomeForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
enum OutcomeForm {
    Promoted {
        version: String,
    },
    Held {
        version: String,
    },
    Failed {
        reason: String,
        #[serde(with = "time")]
        at: i64,
    },
}

impl From<&BaselineJob> for JobForm {
    fn from(it: &BaselineJob) -> Self {
        let outcome = it.outcome.clone().map(|it| match it {
            JobOutcome::Promoted { version } => OutcomeForm::Promoted { version },
            JobOutcome::Held { version } => OutcomeForm::Held { version },
            JobOutcome::Failed { why, at } => OutcomeForm::Failed { reason: why, at },
        });
        Self {
            job: it.job.clone(),
            endpoint: it.monitor.endpoint.clone(),
            variant: it.monitor.variant.clone(),
            monitor_type: it.monitor.kind.word().into(),
            fingerprint: it.fingerprint.clone(),
            source_kind: it.source.kind.into(),
            source_uri: it.source.uri.clone(),
            source_objects: it.source.objects,
            source_fingerprint: it.source.fingerprint.clone(),
            endpoint_created_ms: it.created_ms,
            copy_to: it.copy_to.clone(),
            asked_at: it.asked_at,
            outcome,
        }
    }
}

impl JobForm {
    fn job(self) -> Option<BaselineJob> {
        let kind = ["training", "capture"].into_iter().find(|it| *it == self.source_kind)?;
        let outcome = self.outcome.map(|it| match it {
            OutcomeForm::Promoted { version } => JobOutcome::Promoted { version },
            OutcomeForm::Held { version } => JobOutcome::Held { version },
            OutcomeForm::Failed { reason, at } => JobOutcome::Failed { why: reason, at },
        });
        Some(BaselineJob {
            job: self.job,
            monitor: Monitor {
                endpoint: self.endpoint,
                variant: self.variant,
                kind: MonitorType::of_word(&self.monitor_type)?,
            },
            fingerprint: self.fingerprint,
            source: BaselineSource {
                kind,
                uri: self.source_uri,
                objects: self.source_objects,
                fingerprint: self.source_fingerprint,
            },
            created_ms: self.endpoint_created_ms,
            copy_to: self.copy_to,
            asked_at: self.asked_at,
            outcome,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct HeldForm {
    version_held: String,
    fingerprint: String,
    rows: u64,
    of_capture: bool,
    endpoint_created_ms: i64,
    against: Option<String>,
    why: String,
    changes: Vec<ChangeForm>,
    #[serde(with = "time")]
    held_at: i64,
}

#[derive(Serialize, Deserialize)]
struct ChangeForm {
    feature: Option<String>,
    check: String,
    effect: f64,
    words: String,
}

impl<O: Objects> BaselineJobs for Shelves<O> {
    async fn baseline_job(&self, job: &str) -> Result<Option<Versioned<BaselineJob>>, ReadFault> {
        let key = self.keys.baseline_job(job);
        let Some(found) = self.record::<JobForm>(&key).await? else { return Ok(None) };
        let value = found.value.job().ok_or_else(|| corrupt(&key, "has an unknown word"))?;
        Ok(Some(Versioned { value, etag: found.etag }))
    }

    async fn keep_baseline_job(
        &self,
        job: &BaselineJob,
        expected: Option<&Etag>,
    ) -> Result<Etag, WriteFault> {
        self.swap(&self.keys.baseline_job(&job.job), JobForm::from(job), expected).await
    }

    fn staging_uri(&self, job: &str) -> String {
        format!("s3://{}/{}", self.bucket(), self.keys.baseline_staging(job))
    }

    async fn staged(&self, job: &BaselineJob) -> Result<Option<StagedBaseline>, ReadFault> {
        let at = self.at(&self.keys.baseline_staging(&job.job));
        self.made_elsewhere(job.monitor.kind, &at).await
    }

    async fn made_elsewhere(
        &self,
        kind: MonitorType,
        at: &Address,
    ) -> Result<Option<StagedBaseline>, ReadFault> {
        let folder = at.key.trim_end_matches('/');
        let base = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let place = |file: &str| format!("{base}{file}");
        let mut found = Vec::new();
        for file in files::names(kind) {
            let at = Address::new(at.bucket.as_str(), place(file));
            let Some((bytes, _)) = self.bytes_at(&at).await? else { return Ok(None) };
            if serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_err() {
                return Err(corrupt(&at.key, "is not JSON"));
            }
            found.push(((*file).to_owned(), bytes));
        }
        for file in files::further(kind) {
            let at = Address::new(at.bucket.as_str(), place(file));
            let further = self.bytes_at(&at).await?;
            found.extend(further.map(|(bytes, _)| ((*file).to_owned(), bytes)));
        }
        let content = files::read_baseline(kind, &found);
        let content = match content {
            Ok(it) => it,
            // AWS's schedules judge by files of theirs that make no sense here.
            Err(_) if kind != MonitorType::DataQuality => None,
            Err((file, why)) => return Err(corrupt(&place(file), why)),
        };
        Ok(Some(StagedBaseline { files: found, content }))
    }

    async fn adopt(
        &self,
        monitor: &Monitor,
        staged: &StagedBaseline,
        meta: &BaselineMeta,
    ) -> Result<String, WriteFault> {
        self.keep_files(monitor, &staged.files, meta).await
    }

    async fn copy_baseline(
        &self,
        monitor: &Monitor,
        version: &str,
        to: &Address,
    ) -> Result<(), Trouble> {
        let folder = to.key.trim_end_matches('/');
        let base = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        for file in files::names(monitor.kind).iter().chain(files::further(monitor.kind)) {
            let key = self.keys.baseline_file(monitor, version, file);
            let read = self.bytes(&key).await.map_err(|fault| match fault {
                ReadFault::Other(trouble) => trouble,
                ReadFault::Corrupt { why, .. } => Trouble::lasting(why),
            })?;
            let Some((bytes, _)) = read else { continue };
            let at = Address::new(to.bucket.as_str(), format!("{base}{file}"));
            match self.objects.put(&at, &bytes, PutWhen::Always).await {
                Ok(_) => {}
                Err(PutFailed::Lost) => return Err(trouble_of(WriteFault::Lost)),
                Err(PutFailed::Other(trouble)) => return Err(trouble),
            }
        }
        Ok(())
    }

    async fn held(&self, of: &Monitor) -> Result<Option<Versioned<HeldBaseline>>, ReadFault> {
        let key = self.keys.baseline_held(of);
        let Some(found) = self.record::<HeldForm>(&key).await? else { return Ok(None) };
        let it = found.value;
        let changes = it.changes.into_iter().map(|it| BaselineChange {
            feature: it.feature,
            check: it.check,
            effect: it.effect,
            words: it.words,
        });
        let value = HeldBaseline {
            monitor: of.clone(),
            version: it.version_held,
            fingerprint: it.fingerprint,
            rows: it.rows,
            of_capture: it.of_capture,
            created_ms: it.endpoint_created_ms,
            against: it.against,
            why: it.why,
            changes: changes.collect(),
            held_at: it.held_at,
        };
        Ok(Some(Versioned { value, etag: found.etag }))
    }

    async fn keep_held(
        &self,
        held: &HeldBaseline,
        expected: Option<&Etag>,
    ) -> Result<Etag, WriteFault> {
        let changes = held.changes.iter().map(|it| ChangeForm {
            feature: it.feature.clone(),
            check: it.check.clone(),
            effect: crate::record::finite(it.effect),
            words: it.words.clone(),
        });
        let form = HeldForm {
            version_held: held.version.clone(),
            fingerprint: held.fingerprint.clone(),
            rows: held.rows,
            of_capture: held.of_capture,
            endpoint_created_ms: held.created_ms,
            against: held.against.clone(),
            why: held.why.clone(),
            changes: changes.collect(),
            held_at: held.held_at,
        };
        self.swap(&self.keys.baseline_held(&held.monitor), form, expected).await
    }

    fn dataset_format(&self, form: DatasetForm) -> String {
        use formats::container::{CaptureIndex, DatasetFormat, OutputColumns};
        let form = match form {
            DatasetForm::CsvWithHeader => {
                DatasetFormat::Csv { header: true, output_columns: OutputColumns::Start }
            }
            DatasetForm::JsonLines => DatasetFormat::Json { lines: true },
            DatasetForm::Parquet => DatasetFormat::Parquet,
            DatasetForm::Capture => DatasetFormat::Capture(vec![
                CaptureIndex::EndpointInput,
                CaptureIndex::EndpointOutput,
            ]),
        };
        form.write()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::Baselines;
    use ports::memory::MemoryWorld;
    use std::sync::Arc;

    fn job(kind: MonitorType) -> BaselineJob {
        BaselineJob {
            job: "vigil-baseline-churn-1".into(),
            monitor: Monitor { endpoint: "churn".into(), variant: "A".into(), kind },
            fingerprint: "f".into(),
            source: BaselineSource {
                kind: "training",
                uri: "s3://ml/train.csv".into(),
                objects: 1,
                fingerprint: "f".into(),
            },
            created_ms: 1,
            copy_to: Some("s3://ml/copy".into()),
            asked_at: 1_772_409_600,
            outcome: Some(JobOutcome::Failed { why: "no data".into(), at: 1_772_409_700 }),
        }
    }

    fn meta() -> BaselineMeta {
        let source = job(MonitorType::DataQuality).source;
        BaselineMeta { rows: 0, set_aside: 0, source, built_at: 1_772_409_600 }
    }

    #[test]
    fn jobs_and_held_versions_read_back() {
        let shelves = Shelves::new(Arc::new(MemoryWorld::default()), "bucket", "vigil");
        let held = HeldBaseline {
            monitor: job(MonitorType::DataQuality).monitor,
            version: "v2".into(),
            fingerprint: "f".into(),
            rows: 10,
            of_capture: false,
            created_ms: 1,
            against: Some("v1".into()),
            why: "too far".into(),
            changes: vec![BaselineChange {
                feature: Some("age".into()),
                check: "distribution".into(),
                effect: 0.5,
                words: "age moved up".into(),
            }],
            held_at: 1_772_409_600,
        };
        pollster::block_on(async {
            let job = job(MonitorType::ModelBias);
            shelves.keep_baseline_job(&job, None).await.expect("kept");
            let read = shelves.baseline_job(&job.job).await.expect("read").expect("there");
            assert_eq!(read.value, job);
            shelves.keep_held(&held, None).await.expect("kept");
            let read = shelves.held(&held.monitor).await.expect("read").expect("there");
            assert_eq!(read.value, held);
        });
    }

    #[test]
    fn defect_01_types_never_write_to_one_place() {
        let shelves = Shelves::new(Arc::new(MemoryWorld::default()), "bucket", "vigil");
        pollster::block_on(async {
            let mut keys = std::collections::BTreeSet::new();
            for kind in MonitorType::ALL {
                let monitor = job(kind).monitor;
                let files: Vec<(String, Vec<u8>)> = files::names(kind)
                    .iter()
                    .map(|it| ((*it).to_owned(), b"{}".to_vec()))
                    .collect();
                let staged = StagedBaseline { files, content: None };
                let version = shelves.adopt(&monitor, &staged, &meta()).await.expect("kept");
                keys.insert(shelves.baseline_uri(&monitor, &version, "constraints.json"));
            }
            assert_eq!(keys.len(), 4);
        });
    }

    #[test]
    fn torn_output_is_no_baseline() {
        let world = Arc::new(MemoryWorld::default());
        let shelves = Shelves::new(Arc::clone(&world), "bucket", "vigil");
        let put = |file: &str, text: &str| {
            let key = format!("vigil/staging/baselines/vigil-baseline-churn-1/{file}");
            world.set_object(&Address::new("bucket", key), text);
        };
        pollster::block_on(async {
            let job = job(MonitorType::ModelBias);
            assert_eq!(shelves.staged(&job).await.expect("read"), None);
            put("analysis.json", "{\"version\":");
            assert!(matches!(shelves.staged(&job).await, Err(ReadFault::Corrupt { .. })));
            put("analysis.json", "{}");
            assert!(shelves.staged(&job).await.expect("read").is_some());
            let to = Address::new("ml", "copy/");
            let staged = shelves.staged(&job).await.expect("read").expect("there");
            let version = shelves.adopt(&job.monitor, &staged, &meta()).await.expect("kept");
            shelves.copy_baseline(&job.monitor, &version, &to).await.expect("copied");
            // No double slash in the key, whatever the prefix ends with (defect 3).
            assert!(world.object(&Address::new("ml", "copy/analysis.json")).is_some());
        });
    }
}
