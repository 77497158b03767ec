//! Steps towards the schedules that the settings want.
//!
//! One step a monitor and invocation: SageMaker takes its time over each, and
//! refuses the next meanwhile. "Not yet" is an answer; the sweep comes again.

use super::definition::{BaselineUris, Plan};
use super::names::{MANAGED, PREFIX};
use crate::Suite;
use crate::fault::{failed, unread};
use engine::monitor::MonitorType;
use ports::{
    Baselines, CallFailed, ChangeDefinitions, ChangeSchedules, ClarifyConfigs, EndpointRecord,
    Engine, Executions, GroundTruth, JobDefinition, ListedSchedule, MonitorRecord,
    MonitoringSchedule, Phase, ReadDefinitions, ReadSchedules, Refusal, ScheduleSpec,
    ScheduleStatus, Standing, WriteTags,
};
use settings::Effective;
use std::collections::{BTreeMap, BTreeSet};

/// What a look at SageMaker came to.
#[derive(Debug, Default)]
pub(crate) struct Converged {
    /// In the order of the record's monitors that SageMaker runs.
    pub(crate) seen: Vec<Seen>,
    /// Whether something was changed, so that another look is worth it at once.
    pub(crate) stepped: bool,
    /// Whether SageMaker still holds something of the suite's that nobody wants.
    pub(crate) leftovers: bool,
    /// Why the account refuses the service.
    pub(crate) closed: Option<String>,
}

/// One monitor that SageMaker runs.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) standing: Standing,
    /// When its schedule was created, in seconds since 1970: nothing runs for windows that ended before.
    pub(crate) created: Option<i64>,
}

/// What came of one resource.
enum Step {
    Settled,
    Did(&'static str),
    NotYet(String),
    Stuck(String),
    Closed(String),
}

impl Step {
    /// Reads a failed call: what passes is "not yet", what lasts needs a person.
    fn of(failure: CallFailed) -> Self {
        match failure {
            CallFailed::Closed(why) => Self::Closed(why),
            CallFailed::Other(trouble) if !trouble.retryable => Self::Stuck(trouble.to_string()),
            // What is missing or there already was changed by somebody meanwhile.
            other => Self::NotYet(other.reason()),
        }
    }
}

/// Everything that is there for an endpoint by the suite's names.
#[derive(Default)]
struct There {
    schedules: Vec<ListedSchedule>,
    definitions: BTreeSet<(MonitorType, String)>,
}

/// Takes a step for each monitor that SageMaker runs, and for what nobody wants any more.
///
/// Schedules of an endpoint that cannot be monitored for now are stopped, and
/// started again later: their history stays in one place.
pub(crate) async fn converge<W, S>(
    suite: &Suite<'_, W, S>,
    record: &EndpointRecord,
    wanted: &Effective,
) -> Result<Converged, Refusal>
where
    W: ReadDefinitions + ChangeDefinitions + ReadSchedules + ChangeSchedules + WriteTags,
    S: Baselines + Executions + ClarifyConfigs + GroundTruth,
{
    let there = look(suite, &record.endpoint).await?;
    let mut out = Converged::default();
    let mut kept = BTreeSet::new();
    let mut names = BTreeSet::new();
    let reports = suite.shelves.reports_uri();
    let relaid = suite.shelves.relaid_uri(&record.endpoint);
    for it in record.monitors.iter().filter(|it| it.engine == Engine::Sagemaker) {
        let model = record.model_of(&it.variant);
        let plan = Plan {
            kind: it.kind,
            wanted,
            jobs: suite.jobs,
            region: suite.region,
            model: model.as_deref(),
            reports: &reports,
            relaid: Some(&relaid),
        };
        names.insert(plan.schedule_name());
        let mut created = None;
        let step = match planned(suite, record, it, &plan).await? {
            Ok(definition) => {
                kept.insert((it.kind, definition.name.clone()));
                match held(suite, &plan.schedule_name()).await {
                    Ok(held) => {
                        created = held.as_ref().map(|it| it.created_ms.div_euclid(1000));
                        one(suite, &plan, it, &definition, &there, held).await
                    }
                    Err(step) => step,
                }
            }
            Err(step) => step,
        };
        let standing = standing(&mut out.stepped, &mut out.closed, step);
        out.seen.push(Seen { standing, created });
    }
    let rests = matches!(record.phase, Phase::Blocked(_) | Phase::Waiting);
    for it in &there.schedules {
        let kind = it.kind.unwrap_or_default();
        kept.extend(it.definition.clone().map(|name| (kind, name)));
        if !names.contains(&it.name) {
            clear_schedule(suite, it, rests, &mut out).await?;
        }
    }
    for (kind, name) in there.definitions.iter().filter(|it| !kept.contains(*it)) {
        clear_definition(suite, *kind, name, &mut out).await?;
    }
    Ok(out)
}

fn standing(stepped: &mut bool, closed: &mut Option<String>, step: Step) -> Standing {
    match step {
        Step::Settled => Standing::Settled,
        Step::Did(what) => {
            *stepped = true;
            Standing::Underway(what.into())
        }
        Step::NotYet(why) => Standing::Underway(why),
        Step::Stuck(why) => Standing::Stuck { why, since: 0 },
        Step::Closed(why) => {
            *closed = Some(why.clone());
            Standing::Stuck { why, since: 0 }
        }
    }
}

/// Lists what bears the suite's names for an endpoint; whose it is, only tags tell.
async fn look<W, S>(suite: &Suite<'_, W, S>, endpoint: &str) -> Result<There, Refusal>
where
    W: ReadDefinitions + ReadSchedules,
{
    let mut there = There::default();
    let mut from = None;
    loop {
        let page = suite.world.list_schedules(Some(endpoint), from.as_deref()).await;
        let page = page.map_err(|it| failed("schedules not listed")(it.trouble()))?;
        let ours = page.schedules.into_iter().filter(|it| it.name.starts_with(PREFIX));
        there.schedules.extend(ours);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    for kind in MonitorType::ALL {
        let mut from = None;
        loop {
            let page = suite.world.list_definitions(kind, endpoint, from.as_deref()).await;
            let page = page.map_err(|it| failed("job definitions not listed")(it.trouble()))?;
            let ours = page.definitions.into_iter().filter(|it| it.name.starts_with(PREFIX));
            there.definitions.extend(ours.map(|it| (kind, it.name)));
            from = page.next;
            if from.is_none() {
                break;
            }
        }
    }
    Ok(there)
}

/// Returns the definition that a monitor is to have, or what it waits for.
async fn planned<W, S>(
    suite: &Suite<'_, W, S>,
    record: &EndpointRecord,
    monitor: &MonitorRecord,
    plan: &Plan<'_>,
) -> Result<Result<JobDefinition, Step>, Refusal>
where
    S: Baselines + ClarifyConfigs,
{
    let of = monitor.monitor(&record.endpoint);
    let Some(baseline) = baseline_uris(suite, record, monitor, plan.wanted).await? else {
        return Ok(Err(Step::NotYet("it waits for its baseline".into())));
    };
    let config = match plan.clarify_config() {
        Err(why) => return Ok(Err(Step::Stuck(why))),
        Ok(None) => None,
        Ok(Some(config)) => {
            let kept = suite.shelves.keep_clarify_config(&of, &config).await;
            Some(kept.map_err(failed("config of Clarify not kept"))?)
        }
    };
    Ok(plan.definition(&baseline, config).map_err(Step::Stuck))
}

/// Returns the files to compare with: one made elsewhere, or the version in force.
async fn baseline_uris<W, S>(
    suite: &Suite<'_, W, S>,
    record: &EndpointRecord,
    monitor: &MonitorRecord,
    wanted: &Effective,
) -> Result<Option<BaselineUris>, Refusal>
where
    S: Baselines,
{
    let kind = monitor.kind;
    let constraints =
        if super::definition::is_clarify(kind) { "analysis.json" } else { "constraints.json" };
    let statistics = (kind == MonitorType::DataQuality).then_some("statistics.json");
    let setting = wanted.monitor(super::definition::settings_type(kind));
    if let Some(uri) = setting.baseline_s3_uri.as_deref() {
        let folder = uri.trim_end_matches('/');
        let file = |name: &str| format!("{folder}/{name}");
        return Ok(Some(BaselineUris {
            constraints: Some(file(constraints)),
            statistics: statistics.map(file),
        }));
    }
    let of = monitor.monitor(&record.endpoint);
    let held = suite.shelves.current(&of).await.map_err(unread("baseline pointer not read"))?;
    let held = held.map(|it| it.value).filter(|it| it.created_ms == record.created_ms);
    Ok(held.map(|it| {
        let file = |name: &str| suite.shelves.baseline_uri(&of, &it.version, name);
        BaselineUris { constraints: Some(file(constraints)), statistics: statistics.map(file) }
    }))
}

/// Returns the schedule of a name, if it is there.
async fn held<W, S>(suite: &Suite<'_, W, S>, name: &str) -> Result<Option<MonitoringSchedule>, Step>
where
    W: ReadSchedules,
{
    match suite.world.describe_schedule(name).await {
        Ok(it) => Ok(Some(it)),
        Err(CallFailed::Missing) => Ok(None),
        Err(other) => Err(Step::of(other)),
    }
}

/// Takes one step for one monitor.
async fn one<W, S>(
    suite: &Suite<'_, W, S>,
    plan: &Plan<'_>,
    monitor: &MonitorRecord,
    definition: &JobDefinition,
    there: &There,
    held: Option<MonitoringSchedule>,
) -> Step
where
    W: ChangeDefinitions + ChangeSchedules + WriteTags,
{
    let name = plan.schedule_name();
    let has_definition = there.definitions.contains(&(plan.kind, definition.name.clone()));
    let spec = ScheduleSpec {
        name: name.clone(),
        kind: plan.kind,
        definition: definition.name.clone(),
        expression: monitor.expression.clone(),
        tags: plan.tags(),
    };
    if let Some(held) = &held {
        if !is_managed(&held.tags) {
            return Step::Stuck(format!("a schedule {name} is there and is not Vigil's"));
        }
        if held.status == ScheduleStatus::Pending {
            return Step::NotYet("SageMaker is at work on the schedule".into());
        }
    }
    let is_other = held.as_ref().is_none_or(|it| differs(it, &spec));
    if is_other && !has_definition {
        return match suite.world.create_definition(definition).await {
            // Its name holds a hash over all it says: what is there is the same.
            Ok(()) | Err(CallFailed::Exists) => Step::Did("the job definition was created"),
            Err(other) => Step::of(other),
        };
    }
    let Some(held) = held else {
        return done(suite.world.create_schedule(&spec).await, "the schedule was created");
    };
    if is_other {
        return done(suite.world.update_schedule(&spec).await, "the schedule was updated");
    }
    match held.status {
        ScheduleStatus::Stopped => {
            done(suite.world.start_schedule(&name).await, "the schedule was started")
        }
        ScheduleStatus::Failed => {
            let why = held.failure.as_deref().unwrap_or("SageMaker gives no reason");
            let why = format!("the schedule failed: {why}");
            if matches!(&monitor.standing, Standing::Stuck { why: known, .. } if *known == why) {
                return Step::Stuck(why);
            }
            // It is started once; if it fails again, a person is told.
            match suite.world.start_schedule(&name).await {
                Ok(()) | Err(_) => Step::Stuck(why),
            }
        }
        _ if spec.tags.iter().any(|(key, value)| held.tags.get(key) != Some(value)) => {
            done(suite.world.add_tags(&held.arn, &spec.tags).await, "the schedule was tagged")
        }
        _ => Step::Settled,
    }
}

fn done(result: Result<(), CallFailed>, what: &'static str) -> Step {
    match result {
        Ok(()) => Step::Did(what),
        Err(other) => Step::of(other),
    }
}

fn differs(held: &MonitoringSchedule, spec: &ScheduleSpec) -> bool {
    held.definition.as_ref() != Some(&spec.definition)
        || held.expression.as_ref() != Some(&spec.expression)
}

fn is_managed(tags: &BTreeMap<String, String>) -> bool {
    tags.get(MANAGED).is_some_and(|it| it == "true")
}

/// Stops or deletes a schedule that nobody wants now.
///
/// Nothing is touched without a fresh look at its tags.
async fn clear_schedule<W, S>(
    suite: &Suite<'_, W, S>,
    listed: &ListedSchedule,
    rests: bool,
    out: &mut Converged,
) -> Result<(), Refusal>
where
    W: ReadSchedules + ChangeSchedules,
{
    let name = &listed.name;
    let refused = |what| move |it: CallFailed| failed(what)(it.trouble()).fact("schedule", name);
    let held = match suite.world.describe_schedule(name).await {
        Ok(it) if is_managed(&it.tags) => it,
        Ok(_) | Err(CallFailed::Missing) => return Ok(()),
        Err(other) => return Err(refused("schedule not described")(other)),
    };
    out.leftovers = true;
    let result = match held.status {
        ScheduleStatus::Pending => return Ok(()),
        ScheduleStatus::Stopped | ScheduleStatus::Failed if rests => return Ok(()),
        _ if rests => suite.world.stop_schedule(name).await,
        _ => suite.world.delete_schedule(name).await,
    };
    match result {
        Ok(()) => out.stepped = true,
        Err(CallFailed::Missing | CallFailed::Busy(_)) => {}
        Err(other) => return Err(refused("schedule not cleared")(other)),
    }
    Ok(())
}

/// Deletes a definition that no schedule runs; one that is locked goes later.
async fn clear_definition<W, S>(
    suite: &Suite<'_, W, S>,
    kind: MonitorType,
    name: &str,
    out: &mut Converged,
) -> Result<(), Refusal>
where
    W: ReadDefinitions + ChangeDefinitions,
{
    let refused = |what| move |it: CallFailed| failed(what)(it.trouble()).fact("definition", name);
    match suite.world.describe_definition(kind, name).await {
        Ok(it) if is_managed(&it.tags) => {}
        Ok(_) | Err(CallFailed::Missing) => return Ok(()),
        Err(other) => return Err(refused("job definition not described")(other)),
    }
    match suite.world.delete_definition(kind, name).await {
        Ok(()) | Err(CallFailed::Missing) => {}
        Err(CallFailed::Busy(_)) => out.leftovers = true,
        Err(other) => return Err(refused("job definition not deleted")(other)),
    }
    Ok(())
}
