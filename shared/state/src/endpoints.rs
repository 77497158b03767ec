use crate::Shelves;
use crate::keys::name_of;
use crate::record::{maybe_time, time};
use engine::monitor::MonitorType;
use ports::{
    BlockedWhy, EndpointRecord, EndpointRecords, Engine, EngineRecord, Etag, MonitorRecord,
    Objects, Phase, ReadFault, Standing, Trouble, Versioned, WriteFault,
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Form {
    endpoint: String,
    arn: String,
    config: String,
    created_ms: i64,
    modified_ms: i64,
    phase: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<String>,
    why: String,
    #[serde(with = "time")]
    since: i64,
    captured_once: bool,
    capture: Option<String>,
    sampling_percent: u32,
    variants: Vec<String>,
    #[serde(default)]
    models: Vec<(String, String)>,
    monitors: Vec<MonitorForm>,
    #[serde(default)]
    engine: EngineForm,
    tags: Vec<(String, String)>,
}

#[derive(Default, Serialize, Deserialize)]
struct EngineForm {
    runs: EngineWord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(default, with = "maybe_time", skip_serializing_if = "Option::is_none")]
    asked_at: Option<i64>,
    #[serde(default)]
    holds_resources: bool,
}

/// Who runs an analysis, as records spell it.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EngineWord {
    #[default]
    Native,
    Sagemaker,
}

impl From<Engine> for EngineWord {
    fn from(it: Engine) -> Self {
        match it {
            Engine::Native => Self::Native,
            Engine::Sagemaker => Self::Sagemaker,
        }
    }
}

impl From<EngineWord> for Engine {
    fn from(it: EngineWord) -> Self {
        match it {
            EngineWord::Native => Self::Native,
            EngineWord::Sagemaker => Self::Sagemaker,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct MonitorForm {
    variant: String,
    monitor_type: String,
    schedule: String,
    expression: String,
    #[serde(with = "time")]
    since: i64,
    #[serde(default)]
    engine: EngineWord,
    #[serde(default)]
    standing: StandingForm,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StandingForm {
    #[default]
    Settled,
    Underway(String),
    Stuck {
        why: String,
        #[serde(with = "time")]
        since: i64,
    },
}

impl From<&Standing> for StandingForm {
    fn from(it: &Standing) -> Self {
        match it {
            Standing::Settled => Self::Settled,
            Standing::Underway(step) => Self::Underway(step.clone()),
            Standing::Stuck { why, since } => Self::Stuck { why: why.clone(), since: *since },
        }
    }
}

impl From<StandingForm> for Standing {
    fn from(it: StandingForm) -> Self {
        match it {
            StandingForm::Settled => Self::Settled,
            StandingForm::Underway(step) => Self::Underway(step),
            StandingForm::Stuck { why, since } => Self::Stuck { why, since },
        }
    }
}

pub(crate) fn blocked_word(phase: Phase) -> Option<String> {
    match phase {
        Phase::Blocked(why) => Some(why.word().into()),
        _ => None,
    }
}

pub(crate) fn phase_of(word: &str, blocked: Option<&str>) -> Option<Phase> {
    Some(match word {
        "monitored" => Phase::Monitored,
        "waiting" => Phase::Waiting,
        "blocked" => Phase::Blocked(BlockedWhy::parse(blocked?)?),
        "opted_out" => Phase::OptedOut,
        "gone" => Phase::Gone,
        _ => return None,
    })
}

impl From<&EndpointRecord> for Form {
    fn from(it: &EndpointRecord) -> Self {
        let monitors = it.monitors.iter().map(|it| MonitorForm {
            variant: it.variant.clone(),
            monitor_type: it.kind.word().into(),
            schedule: it.schedule.clone(),
            expression: it.expression.clone(),
            since: it.since,
            engine: it.engine.into(),
            standing: StandingForm::from(&it.standing),
        });
        Self {
            endpoint: it.endpoint.clone(),
            arn: it.arn.clone(),
            config: it.config.clone(),
            created_ms: it.created_ms,
            modified_ms: it.modified_ms,
            phase: it.phase.word().into(),
            blocked: blocked_word(it.phase),
            why: it.why.clone(),
            since: it.since,
            captured_once: it.captured_once,
            capture: it.capture.clone(),
            sampling_percent: it.sampling_percent,
            variants: it.variants.clone(),
            models: it.models.clone(),
            monitors: monitors.collect(),
            engine: EngineForm {
                runs: it.engine.runs.into(),
                why: it.engine.why.clone(),
                asked_at: it.engine.asked_at,
                holds_resources: it.engine.holds_resources,
            },
            tags: it.tags.clone(),
        }
    }
}

impl Form {
    fn record(self) -> Result<EndpointRecord, String> {
        let phase = phase_of(&self.phase, self.blocked.as_deref()).ok_or("has an unknown phase")?;
        let mut monitors = Vec::with_capacity(self.monitors.len());
        for it in self.monitors {
            let kind = MonitorType::of_word(&it.monitor_type).ok_or("has an unknown monitor")?;
            monitors.push(MonitorRecord {
                variant: it.variant,
                kind,
                schedule: it.schedule,
                expression: it.expression,
                since: it.since,
                engine: it.engine.into(),
                standing: it.standing.into(),
            });
        }
        Ok(EndpointRecord {
            endpoint: self.endpoint,
            arn: self.arn,
            config: self.config,
            created_ms: self.created_ms,
            modified_ms: self.modified_ms,
            phase,
            why: self.why,
            since: self.since,
            captured_once: self.captured_once,
            capture: self.capture,
            sampling_percent: self.sampling_percent,
            variants: self.variants,
            models: self.models,
            monitors,
            engine: EngineRecord {
                runs: self.engine.runs.into(),
                why: self.engine.why,
                asked_at: self.engine.asked_at,
                holds_resources: self.engine.holds_resources,
            },
            tags: self.tags,
        })
    }
}

impl<O: Objects> EndpointRecords for Shelves<O> {
    async fn endpoint(&self, name: &str) -> Result<Option<Versioned<EndpointRecord>>, ReadFault> {
        let key = self.keys.endpoint(name);
        let Some(found) = self.record::<Form>(&key).await? else { return Ok(None) };
        let value = found.value.record().map_err(|why| crate::shelves::corrupt(&key, why))?;
        Ok(Some(Versioned { value, etag: found.etag }))
    }

    async fn keep_endpoint(
        &self,
        record: &EndpointRecord,
        expected: Option<&Etag>,
    ) -> Result<Etag, WriteFault> {
        self.swap(&self.keys.endpoint(&record.endpoint), Form::from(record), expected).await
    }

    async fn forget_endpoint(&self, name: &str) -> Result<(), Trouble> {
        self.objects.remove(&self.at(&self.keys.endpoint(name))).await
    }

    async fn endpoint_names(&self, after: Option<&str>) -> Result<Vec<String>, Trouble> {
        let prefix = self.keys.endpoints();
        let after = after.map(|it| self.keys.endpoint(it));
        let page = self.objects.list(&self.at(&prefix), after.as_deref()).await?;
        let name = |key: &str| name_of(key.strip_prefix(&prefix)?.strip_suffix(".json")?);
        Ok(page.objects.iter().filter_map(|it| name(&it.key)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::memory::MemoryWorld;
    use ports::{Address, PutWhen, WriteObjects};
    use std::sync::Arc;

    pub(crate) fn record(phase: Phase) -> EndpointRecord {
        EndpointRecord {
            endpoint: "churn".into(),
            arn: "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn".into(),
            config: "churn-1".into(),
            created_ms: 1_772_600_000_123,
            modified_ms: 1_772_600_000_124,
            phase,
            why: "captures arrive".into(),
            since: 1_772_600_000,
            captured_once: true,
            capture: Some("s3://ml/capture/churn".into()),
            sampling_percent: 100,
            variants: vec!["A".into()],
            models: vec![("A".into(), "churn-7".into())],
            monitors: vec![MonitorRecord {
                variant: "A".into(),
                kind: MonitorType::DataQuality,
                schedule: "churn-data-quality".into(),
                expression: "cron(0 * ? * * *)".into(),
                since: 1_772_600_400,
                engine: Engine::Sagemaker,
                standing: Standing::Stuck { why: "no role".into(), since: 1_772_600_500 },
            }],
            engine: EngineRecord {
                runs: Engine::Sagemaker,
                why: Some("the account takes it".into()),
                asked_at: Some(1_772_600_450),
                holds_resources: true,
            },
            tags: vec![("vigil:verdict".into(), "sagemaker".into())],
        }
    }

    #[test]
    fn records_swap_only_over_what_was_read() {
        let shelves = Shelves::new(Arc::new(MemoryWorld::default()), "bucket", "vigil");
        pollster::block_on(async {
            assert!(shelves.endpoint("churn").await.unwrap().is_none());
            let first = record(Phase::Blocked(BlockedWhy::CaptureLost));
            let tag = shelves.keep_endpoint(&first, None).await.unwrap();
            let read = shelves.endpoint("churn").await.unwrap().unwrap();
            assert_eq!((read.value, &read.etag), (first.clone(), &tag));
            let again = shelves.keep_endpoint(&first, None).await;
            assert!(matches!(again, Err(WriteFault::Lost)));
            shelves.keep_endpoint(&record(Phase::Monitored), Some(&tag)).await.unwrap();
            let late = shelves.keep_endpoint(&first, Some(&tag)).await;
            assert!(matches!(late, Err(WriteFault::Lost)));
            assert_eq!(shelves.endpoint_names(None).await.unwrap(), ["churn"]);
            assert!(shelves.endpoint_names(Some("churn")).await.unwrap().is_empty());
            shelves.forget_endpoint("churn").await.unwrap();
            assert!(shelves.endpoint("churn").await.unwrap().is_none());
        });
    }

    #[test]
    fn corrupt_record_names_its_key() {
        let world = Arc::new(MemoryWorld::default());
        let shelves = Shelves::new(Arc::clone(&world), "bucket", "vigil");
        let at = Address::new("bucket", "vigil/endpoints/churn.json");
        pollster::block_on(async {
            world.put(&at, b"{\"version\":1}", PutWhen::Always).await.unwrap();
            let found = shelves.endpoint("churn").await;
            let Err(ReadFault::Corrupt { key, why }) = found else { panic!("{found:?}") };
            assert_eq!(key, at.key);
            assert!(why.starts_with("has a member of another kind"), "{why}");
        });
    }
}
