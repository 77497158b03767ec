//! Who runs the monitors of an endpoint: `auto` asks the account.

use super::definition::{BaselineUris, Plan};
use crate::{Call, Suite};
use engine::monitor::MonitorType;
use ports::{CallFailed, ChangeDefinitions, Endpoint, Engine, EngineRecord, Refusal};
use settings::{Changes, Effective};

/// Who runs the monitors, or why nobody may.
pub(crate) enum Chosen {
    Engine(EngineRecord),
    /// The settings ask for SageMaker and it cannot be had.
    Refused(EngineRecord, String),
}

/// Settles who runs the monitors of an endpoint that can be monitored.
///
/// A refusal of the account is an answer: it is recorded and asked about again
/// once `engine_retry` is over. The question is a data-quality definition
/// without a baseline, which the next steps replace.
pub(crate) async fn choose<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    endpoint: &Endpoint,
    wanted: &Effective,
    before: &EngineRecord,
    reports: &str,
) -> Result<Chosen, Refusal>
where
    W: ChangeDefinitions,
{
    let native = |why: Option<String>| EngineRecord {
        runs: Engine::Native,
        why,
        asked_at: before.asked_at,
        holds_resources: before.holds_resources,
    };
    let is_auto = match wanted.engine {
        settings::Engine::Native => return Ok(Chosen::Engine(native(None))),
        settings::Engine::Sagemaker => false,
        settings::Engine::Auto => true,
    };
    if before.runs == Engine::Sagemaker && before.asked_at.is_some() {
        return Ok(Chosen::Engine(before.clone()));
    }
    if wanted.changes == Changes::Paused {
        return Ok(Chosen::Engine(before.clone()));
    }
    if is_auto && 1 < endpoint.variants.len() {
        let why = "SageMaker's monitors do not tell variants apart";
        return Ok(Chosen::Engine(native(Some(why.into()))));
    }
    let retry = i64::from(wanted.engine_retry.seconds);
    let is_fresh = before.asked_at.is_some_and(|at| call.now < at + retry);
    if is_auto && is_fresh {
        return Ok(Chosen::Engine(before.clone()));
    }
    let plan = Plan {
        kind: MonitorType::DataQuality,
        wanted,
        jobs: suite.jobs,
        region: suite.region,
        model: None,
        reports,
        relaid: None,
    };
    let question = plan.definition(&BaselineUris::default(), None);
    let refused = match question {
        Err(why) => why,
        Ok(question) => match suite.world.create_definition(&question).await {
            Ok(()) | Err(CallFailed::Exists) => {
                return Ok(Chosen::Engine(EngineRecord {
                    runs: Engine::Sagemaker,
                    why: None,
                    asked_at: Some(call.now),
                    holds_resources: true,
                }));
            }
            Err(CallFailed::Other(trouble)) if trouble.retryable => {
                return Err(Refusal::of("account not asked for SageMaker's monitors", trouble));
            }
            Err(other) => {
                let asked = EngineRecord { asked_at: Some(call.now), ..native(None) };
                return Ok(refusal(is_auto, asked, other.reason()));
            }
        },
    };
    Ok(refusal(is_auto, native(None), refused))
}

fn refusal(is_auto: bool, record: EngineRecord, why: String) -> Chosen {
    let record = EngineRecord { why: Some(why.clone()), ..record };
    if is_auto { Chosen::Engine(record) } else { Chosen::Refused(record, why) }
}
