//! Monitoring and processing jobs in memory.
//!
//! A change of a schedule is pending until [`MemoryWorld::settle_schedules`];
//! jobs run until they are told how they end.

use super::MemoryWorld;
use crate::{
    CallFailed, CaptureWanted, ChangeDefinitions, ChangeSchedules, DefinitionPage, DescribeJobs,
    ExecutionPage, ExecutionQuery, InvokeAnswer, InvokeEndpoints, InvokeFailed, InvokeRequest,
    JobDefinition, JobSpec, JobStatus, ListExecutions, ListedDefinition, ListedSchedule,
    MonitoringExecution, MonitoringSchedule, ProcessingJob, ReadDefinitions, ReadSchedules,
    ReadTags, SchedulePage, ScheduleSpec, ScheduleStatus, StartJobs, StopJobs, SwitchCapture,
    WriteTags,
};
use engine::monitor::MonitorType;
use std::collections::BTreeMap;

/// Answers a request in place of an endpoint.
pub type Answering = fn(&InvokeRequest) -> Result<InvokeAnswer, InvokeFailed>;

/// The part of the world that is SageMaker's monitoring.
#[derive(Debug, Default)]
pub(super) struct Monitoring {
    closed: Option<String>,
    definitions: BTreeMap<(MonitorType, String), JobDefinition>,
    schedules: BTreeMap<String, Held>,
    executions: Vec<MonitoringExecution>,
    jobs: BTreeMap<String, (JobSpec, ProcessingJob)>,
    configs: BTreeMap<String, (String, CaptureWanted)>,
    answers: Vec<Result<InvokeAnswer, u16>>,
    model: Option<Answering>,
    /// Milliseconds that were waited between requests.
    rested: Vec<u64>,
    requests: Vec<InvokeRequest>,
    changes: Vec<String>,
    /// Milliseconds since 1970 at which schedules are created.
    now: i64,
}

#[derive(Debug)]
struct Held {
    schedule: MonitoringSchedule,
    /// What it will be once it is no longer pending; `None`: gone.
    then: Option<ScheduleStatus>,
}

const ARN: &str = "arn:aws:sagemaker:eu-west-1:111122223333";

impl MemoryWorld {
    /// Refuses every new schedule and definition, as accounts are that came too late.
    pub fn close_monitoring(&self, why: &str) {
        self.lock().monitoring.closed = Some(why.into());
    }

    /// Takes new schedules and definitions again.
    pub fn open_monitoring(&self) {
        self.lock().monitoring.closed = None;
    }

    /// Sets when schedules are created from now on, in milliseconds since 1970; they are in 1970 before.
    pub fn set_clock(&self, now: i64) {
        self.lock().monitoring.now = now;
    }

    /// Lets every pending change of a schedule come about.
    pub fn settle_schedules(&self) {
        let mut inner = self.lock();
        inner.monitoring.schedules.retain(|_, it| match it.then {
            _ if it.schedule.status != ScheduleStatus::Pending => true,
            Some(then) => {
                it.schedule.status = then;
                true
            }
            None => false,
        });
    }

    /// Puts a schedule there as it is, whoever made it.
    pub fn set_schedule(&self, schedule: MonitoringSchedule) {
        let held = Held { then: Some(schedule.status), schedule };
        self.lock().monitoring.schedules.insert(held.schedule.name.clone(), held);
    }

    /// Returns every schedule, in order of the names.
    pub fn schedules(&self) -> Vec<MonitoringSchedule> {
        self.lock().monitoring.schedules.values().map(|it| it.schedule.clone()).collect()
    }

    /// Returns every definition, in order of the types and names.
    pub fn definitions(&self) -> Vec<JobDefinition> {
        self.lock().monitoring.definitions.values().cloned().collect()
    }

    pub fn set_execution(&self, execution: MonitoringExecution) {
        self.lock().monitoring.executions.push(execution);
    }

    /// Returns what was asked of each job, in order of the names.
    pub fn job_specs(&self) -> Vec<JobSpec> {
        self.lock().monitoring.jobs.values().map(|(it, _)| it.clone()).collect()
    }

    /// Puts a job there as it is, whoever started it.
    pub fn set_job(&self, spec: JobSpec, job: ProcessingJob) {
        self.lock().monitoring.jobs.insert(job.name.clone(), (spec, job));
    }

    /// Ends a job that runs; `failure` is SageMaker's reason.
    pub fn end_job(&self, name: &str, status: JobStatus, failure: Option<&str>) {
        if let Some((_, job)) = self.lock().monitoring.jobs.get_mut(name) {
            job.status = status;
            job.failure = failure.map(str::to_owned);
        }
    }

    /// Lets the next requests to endpoints be answered so, the last for good.
    pub fn set_answers(&self, mut answers: Vec<Result<InvokeAnswer, u16>>) {
        answers.reverse();
        self.lock().monitoring.answers = answers;
    }

    /// Lets requests to endpoints be answered by a function, whatever was set before.
    pub fn set_model(&self, model: Answering) {
        self.lock().monitoring.model = Some(model);
    }

    /// Returns every pause between requests to endpoints, in milliseconds.
    pub fn rested(&self) -> Vec<u64> {
        self.lock().monitoring.rested.clone()
    }

    /// Returns every request to an endpoint.
    pub fn requests(&self) -> Vec<InvokeRequest> {
        self.lock().monitoring.requests.clone()
    }

    /// Returns every change that was made to SageMaker's resources, such as `create_schedule x`.
    pub fn changes(&self) -> Vec<String> {
        self.lock().monitoring.changes.clone()
    }
}

impl Monitoring {
    fn note(&mut self, what: &str, name: &str) {
        self.changes.push(format!("{what} {name}"));
    }

    fn refuse_closed(&self) -> Result<(), CallFailed> {
        self.closed.as_ref().map_or(Ok(()), |why| Err(CallFailed::Closed(why.clone())))
    }

    fn changeable(&mut self, name: &str) -> Result<&mut Held, CallFailed> {
        let held = self.schedules.get_mut(name).ok_or(CallFailed::Missing)?;
        if held.schedule.status == ScheduleStatus::Pending {
            return Err(CallFailed::Busy("Monitoring schedule in status Pending".into()));
        }
        Ok(held)
    }

    fn turn(&mut self, name: &str, then: Option<ScheduleStatus>) -> Result<(), CallFailed> {
        let held = self.changeable(name)?;
        held.schedule.status = ScheduleStatus::Pending;
        held.then = then;
        Ok(())
    }

    fn has_definition(&self, spec: &ScheduleSpec) -> Option<String> {
        let key = (spec.kind, spec.definition.clone());
        self.definitions.get(&key).map(|it| it.input.endpoint.clone())
    }
}

fn page<T>(all: Vec<T>, from: Option<&str>, size: usize) -> (Vec<T>, Option<String>) {
    let start: usize = from.and_then(|it| it.parse().ok()).unwrap_or(0);
    let more = start + size < all.len();
    let part = all.into_iter().skip(start).take(size).collect();
    (part, more.then(|| (start + size).to_string()))
}

impl ReadDefinitions for MemoryWorld {
    async fn describe_definition(
        &self,
        kind: MonitorType,
        name: &str,
    ) -> Result<JobDefinition, CallFailed> {
        let inner = self.lock();
        let found = inner.monitoring.definitions.get(&(kind, name.to_owned()));
        found.cloned().ok_or(CallFailed::Missing)
    }

    async fn list_definitions(
        &self,
        kind: MonitorType,
        endpoint: &str,
        from: Option<&str>,
    ) -> Result<DefinitionPage, CallFailed> {
        let size = self.page();
        let inner = self.lock();
        let all = inner.monitoring.definitions.values();
        let all = all.filter(|it| it.analysis.kind() == kind && it.input.endpoint == endpoint);
        let all = all.map(|it| ListedDefinition { name: it.name.clone(), created_ms: 0 }).collect();
        let (definitions, next) = page(all, from, size);
        Ok(DefinitionPage { definitions, next })
    }
}

impl ChangeDefinitions for MemoryWorld {
    async fn create_definition(&self, definition: &JobDefinition) -> Result<(), CallFailed> {
        let all = &mut self.lock().monitoring;
        all.refuse_closed()?;
        let key = (definition.analysis.kind(), definition.name.clone());
        if all.definitions.contains_key(&key) {
            return Err(CallFailed::Exists);
        }
        all.definitions.insert(key, definition.clone());
        all.note("create_definition", &definition.name);
        Ok(())
    }

    async fn delete_definition(&self, kind: MonitorType, name: &str) -> Result<(), CallFailed> {
        let all = &mut self.lock().monitoring;
        let uses = |it: &Held| {
            it.schedule.kind == Some(kind) && it.schedule.definition.as_deref() == Some(name)
        };
        if all.schedules.values().any(uses) {
            return Err(CallFailed::Busy("the definition is in use by a schedule".into()));
        }
        let gone = all.definitions.remove(&(kind, name.to_owned()));
        gone.map(drop).ok_or(CallFailed::Missing)?;
        all.note("delete_definition", name);
        Ok(())
    }
}

impl ReadSchedules for MemoryWorld {
    async fn describe_schedule(&self, name: &str) -> Result<MonitoringSchedule, CallFailed> {
        let inner = self.lock();
        let found = inner.monitoring.schedules.get(name).map(|it| it.schedule.clone());
        found.ok_or(CallFailed::Missing)
    }

    async fn list_schedules(
        &self,
        endpoint: Option<&str>,
        from: Option<&str>,
    ) -> Result<SchedulePage, CallFailed> {
        let size = self.page();
        let inner = self.lock();
        let all = inner.monitoring.schedules.values().map(|it| &it.schedule);
        let all = all.filter(|it| endpoint.is_none() || it.endpoint.as_deref() == endpoint);
        let listed = all.map(|it| ListedSchedule {
            name: it.name.clone(),
            status: it.status,
            kind: it.kind,
            endpoint: it.endpoint.clone(),
            definition: it.definition.clone(),
        });
        let (schedules, next) = page(listed.collect(), from, size);
        Ok(SchedulePage { schedules, next })
    }
}

impl ChangeSchedules for MemoryWorld {
    async fn create_schedule(&self, spec: &ScheduleSpec) -> Result<(), CallFailed> {
        let all = &mut self.lock().monitoring;
        all.refuse_closed()?;
        if all.schedules.contains_key(&spec.name) {
            return Err(CallFailed::Exists);
        }
        let endpoint = all.has_definition(spec).ok_or(CallFailed::Missing)?;
        let schedule = MonitoringSchedule {
            name: spec.name.clone(),
            arn: format!("{ARN}:monitoring-schedule/{}", spec.name),
            status: ScheduleStatus::Pending,
            kind: Some(spec.kind),
            definition: Some(spec.definition.clone()),
            expression: Some(spec.expression.clone()),
            endpoint: Some(endpoint),
            failure: None,
            created_ms: all.now,
            modified_ms: all.now,
            tags: spec.tags.clone(),
        };
        let held = Held { schedule, then: Some(ScheduleStatus::Scheduled) };
        all.schedules.insert(spec.name.clone(), held);
        all.note("create_schedule", &spec.name);
        Ok(())
    }

    async fn update_schedule(&self, spec: &ScheduleSpec) -> Result<(), CallFailed> {
        let all = &mut self.lock().monitoring;
        let endpoint = all.has_definition(spec);
        let held = all.changeable(&spec.name)?;
        held.schedule.endpoint = Some(endpoint.ok_or(CallFailed::Missing)?);
        held.schedule.definition = Some(spec.definition.clone());
        held.schedule.expression = Some(spec.expression.clone());
        held.schedule.kind = Some(spec.kind);
        let then = if held.schedule.status == ScheduleStatus::Stopped {
            ScheduleStatus::Stopped
        } else {
            ScheduleStatus::Scheduled
        };
        all.turn(&spec.name, Some(then))?;
        all.note("update_schedule", &spec.name);
        Ok(())
    }

    async fn start_schedule(&self, name: &str) -> Result<(), CallFailed> {
        let all = &mut self.lock().monitoring;
        all.turn(name, Some(ScheduleStatus::Scheduled))?;
        all.note("start_schedule", name);
        Ok(())
    }

    async fn stop_schedule(&self, name: &str) -> Result<(), CallFailed> {
        let all = &mut self.lock().monitoring;
        all.turn(name, Some(ScheduleStatus::Stopped))?;
        all.note("stop_schedule", name);
        Ok(())
    }

    async fn delete_schedule(&self, name: &str) -> Result<(), CallFailed> {
        let all = &mut self.lock().monitoring;
        all.turn(name, None)?;
        all.note("delete_schedule", name);
        Ok(())
    }
}

impl ListExecutions for MemoryWorld {
    async fn list_executions(
        &self,
        query: &ExecutionQuery,
        from: Option<&str>,
    ) -> Result<ExecutionPage, CallFailed> {
        let size = self.page();
        let inner = self.lock();
        let asked = |it: &&MonitoringExecution| {
            query.schedule.as_ref().is_none_or(|name| *name == it.schedule)
                && query.endpoint.as_ref().is_none_or(|name| Some(name) == it.endpoint.as_ref())
                && query.scheduled_from.is_none_or(|at| at <= it.scheduled_at)
                && query.scheduled_to.is_none_or(|at| it.scheduled_at <= at)
        };
        let mut all: Vec<MonitoringExecution> =
            inner.monitoring.executions.iter().filter(asked).cloned().collect();
        all.sort_by_key(|it| std::cmp::Reverse(it.scheduled_at));
        let (executions, next) = page(all, from, size);
        Ok(ExecutionPage { executions, next })
    }
}

impl StartJobs for MemoryWorld {
    async fn start_job(&self, spec: &JobSpec) -> Result<(), CallFailed> {
        let all = &mut self.lock().monitoring;
        if all.jobs.contains_key(&spec.name) {
            return Err(CallFailed::Exists);
        }
        let job = ProcessingJob {
            name: spec.name.clone(),
            arn: format!("{ARN}:processing-job/{}", spec.name),
            status: JobStatus::InProgress,
            exit_message: None,
            failure: None,
            schedule: None,
            image: spec.image.clone(),
            environment: spec.environment.clone(),
            inputs: spec.inputs.clone(),
            outputs: spec.outputs.clone(),
            cluster: spec.cluster.clone(),
            created_ms: 0,
            started_ms: None,
            ended_ms: None,
        };
        all.jobs.insert(spec.name.clone(), (spec.clone(), job));
        all.note("start_job", &spec.name);
        Ok(())
    }
}

impl DescribeJobs for MemoryWorld {
    async fn describe_job(&self, name: &str) -> Result<ProcessingJob, CallFailed> {
        let inner = self.lock();
        let found = inner.monitoring.jobs.get(name).map(|(_, it)| it.clone());
        found.ok_or(CallFailed::Missing)
    }
}

impl StopJobs for MemoryWorld {
    async fn stop_job(&self, name: &str) -> Result<(), CallFailed> {
        let all = &mut self.lock().monitoring;
        let (_, job) = all.jobs.get_mut(name).ok_or(CallFailed::Missing)?;
        if !job.status.is_over() {
            job.status = JobStatus::Stopped;
            all.note("stop_job", name);
        }
        Ok(())
    }
}

impl ReadTags for MemoryWorld {
    async fn tags(&self, arn: &str) -> Result<BTreeMap<String, String>, CallFailed> {
        let inner = self.lock();
        let mut all = inner.monitoring.schedules.values().map(|it| &it.schedule);
        let schedule = all.find(|it| it.arn == arn).map(|it| it.tags.clone());
        let endpoint = || inner.endpoints.values().find(|it| it.arn == arn);
        schedule.or_else(|| endpoint().map(|it| it.tags.clone())).ok_or(CallFailed::Missing)
    }
}

impl WriteTags for MemoryWorld {
    async fn add_tags(&self, arn: &str, tags: &BTreeMap<String, String>) -> Result<(), CallFailed> {
        let mut inner = self.lock();
        let mut all = inner.monitoring.schedules.values_mut().map(|it| &mut it.schedule);
        let held = all.find(|it| it.arn == arn).ok_or(CallFailed::Missing)?;
        held.tags.extend(tags.clone());
        let name = held.name.clone();
        inner.monitoring.note("add_tags", &name);
        Ok(())
    }
}

impl SwitchCapture for MemoryWorld {
    async fn clone_config(
        &self,
        config: &str,
        name: &str,
        capture: &CaptureWanted,
        _tags: &BTreeMap<String, String>,
    ) -> Result<(), CallFailed> {
        let all = &mut self.lock().monitoring;
        if all.configs.contains_key(name) {
            return Err(CallFailed::Exists);
        }
        all.configs.insert(name.into(), (config.into(), capture.clone()));
        all.note("clone_config", name);
        Ok(())
    }

    async fn use_config(&self, endpoint: &str, config: &str) -> Result<(), CallFailed> {
        let mut inner = self.lock();
        let wanted = inner.monitoring.configs.get(config).map(|(_, it)| it.clone());
        let held = inner.endpoints.get_mut(endpoint).ok_or(CallFailed::Missing)?;
        held.config = config.into();
        held.modified_ms += 1;
        if let Some(it) = wanted {
            held.capture = Some(crate::Capture {
                enabled: true,
                started: true,
                sampling_percent: it.sampling_percent,
                destination: it.destination,
                input: true,
                output: true,
            });
        }
        inner.monitoring.note("use_config", config);
        Ok(())
    }
}

impl InvokeEndpoints for MemoryWorld {
    async fn invoke(&self, request: &InvokeRequest) -> Result<InvokeAnswer, InvokeFailed> {
        let mut inner = self.lock();
        if !inner.endpoints.contains_key(&request.endpoint) {
            return Err(InvokeFailed::NotServing);
        }
        let all = &mut inner.monitoring;
        all.requests.push(request.clone());
        if let Some(model) = all.model {
            return model(request);
        }
        let answer =
            if 1 < all.answers.len() { all.answers.pop() } else { all.answers.last().cloned() };
        match answer {
            None => Ok(InvokeAnswer::default()),
            Some(Ok(it)) => Ok(it),
            Some(Err(status)) => Err(InvokeFailed::Model { status, millis: 1 }),
        }
    }

    async fn rest(&self, millis: u64) {
        self.lock().monitoring.rested.push(millis);
    }
}
