//! Executions: what a schedule does when its time has come, and what became of it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    NamePage, SageMaker,
    expression::{Rhythm, offset},
    limits::s3_parts,
    listing::{self, Entry},
    plan::{Part, Plan, Window},
    refusal::{Code, Refused},
    schedules::{Firing, Resolved},
    shape::{ExecutionStatus, JobStatus, MonitoringExecution, Query, ScheduleConfig, SortOrder},
};
use crate::s3::Store;

/// What a job is in an execution.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) schedule: String,
    /// The place of the execution among all.
    pub(super) execution: usize,
    pub(super) part: Part,
    pub(super) plan: Arc<Plan>,
}

/// What an execution without captures says (sagemaker-python-sdk#2634).
const NO_CAPTURES: &str = "Job inputs had no data";

impl SageMaker {
    /// Lists executions, the newest first.
    pub fn list_monitoring_executions(
        &mut self,
        now: Timestamp,
        query: &Query,
    ) -> Result<NamePage<MonitoringExecution>, Refused> {
        self.call(now, |this| {
            let named = query.monitoring_schedule_name.as_ref();
            let of_one = named.map(|it| this.history.get(it).map_or(&[][..], Vec::as_slice));
            let all: Vec<usize> = match of_one {
                Some(some) => some.to_vec(),
                None => (0..this.executions.len()).collect(),
            };
            let definition = query.monitoring_job_definition_name.as_ref();
            let wanted = all.iter().filter(|at| {
                let it = &this.executions[**at];
                (query.endpoint_name.is_none() || query.endpoint_name == it.endpoint_name)
                    && (definition.is_none()
                        || definition == it.monitoring_job_definition_name.as_ref())
                    && query
                        .monitoring_type_equals
                        .is_none_or(|family| Some(family) == it.monitoring_type)
            });
            listing::page(
                wanted,
                query,
                SortOrder::Descending,
                |at| {
                    let it = &this.executions[*at];
                    Entry {
                        modified: it.last_modified_time,
                        scheduled: Some(it.scheduled_time),
                        status: it.monitoring_execution_status.name(),
                        number: *at,
                        ..Entry::new(&it.monitoring_schedule_name, it.creation_time)
                    }
                },
                |at| this.executions[*at].clone(),
            )
        })
    }

    /// Begins the execution of a schedule whose time has come.
    pub(super) fn fire(&mut self, at: Timestamp, name: &str, store: &Store) {
        let Some(schedule) = self.schedules.get_mut(name) else { return };
        let Some(firing) = schedule.fires.filter(|it| it.starts == at) else { return };
        let rhythm = schedule.rhythm;
        let config = schedule.config.clone();
        self.plan_firing(name, rhythm.next_after(firing.scheduled));
        let number = self.add_execution(at, name, firing);
        let resolved = match self.resolve(&config, Code::ResourceNotFound) {
            Ok(resolved) => resolved,
            Err(why) => return self.fail_execution(at, number, why.message),
        };
        let execution = &mut self.executions[number];
        execution.monitoring_type = Some(resolved.family);
        execution.monitoring_job_definition_name.clone_from(&resolved.named);
        execution.endpoint_name = resolved.definition.job_input.endpoint().map(str::to_owned);
        let window = window(config.schedule_config.as_ref(), rhythm, firing, &resolved);
        match self.plan(name, firing, rhythm, window, resolved, store) {
            Ok(plan) => {
                let plan = Arc::new(plan);
                let ground_truth = plan.resolved.family.has_ground_truth();
                let part = if ground_truth { Part::Merge } else { Part::Analysis };
                let inputs = match part {
                    Part::Merge => plan.merge_inputs(store),
                    Part::Analysis => plan.capture_inputs(),
                };
                self.run_part(
                    at,
                    Run { schedule: name.to_owned(), execution: number, part, plan },
                    inputs,
                );
            }
            Err(reason) => self.fail_execution(at, number, reason),
        }
    }

    /// Makes the job of a part of an execution.
    pub(super) fn run_part(
        &mut self,
        at: Timestamp,
        run: Run,
        inputs: Vec<super::shape::ProcessingInput>,
    ) {
        let mut request = run.plan.job(run.part, inputs);
        if self.jobs.contains_key(&request.processing_job_name) {
            // A user's job has taken the name; the hex digits make that a matter of intent.
            let number = run.execution;
            let reason = format!("Job name is taken: {}", request.processing_job_name);
            return self.fail_execution(at, number, reason);
        }
        self.find_baseline(&mut request, &run.plan);
        let number = run.execution;
        let arn = self.add_job(at, request, Some(run));
        self.executions[number].processing_job_arn = Some(arn);
    }

    /// Carries a change of a job over to the execution it belongs to.
    pub(super) fn job_changed(&mut self, at: Timestamp, name: &str) {
        let Some(job) = self.jobs.get(name) else { return };
        let Some(run) = &job.run else { return };
        let shown = &job.shown;
        let violations = shown
            .exit_message
            .as_deref()
            .is_some_and(|it| it.trim_start().starts_with("CompletedWithViolations"));
        let status = match (shown.processing_job_status, run.part) {
            // The analysis is yet to come.
            (JobStatus::InProgress, _) | (JobStatus::Completed, Part::Merge) => {
                ExecutionStatus::InProgress
            }
            (JobStatus::Completed, Part::Analysis) if violations => {
                ExecutionStatus::CompletedWithViolations
            }
            (JobStatus::Completed, Part::Analysis) => ExecutionStatus::Completed,
            (JobStatus::Failed, _) => ExecutionStatus::Failed,
            (JobStatus::Stopping, _) => ExecutionStatus::Stopping,
            (JobStatus::Stopped, _) => ExecutionStatus::Stopped,
        };
        let execution = &mut self.executions[run.execution];
        execution.monitoring_execution_status = status;
        execution.failure_reason.clone_from(&shown.failure_reason);
        execution.last_modified_time = at;
    }

    fn add_execution(&mut self, at: Timestamp, name: &str, firing: Firing) -> usize {
        let number = self.executions.len();
        self.executions.push(MonitoringExecution {
            monitoring_schedule_name: name.to_owned(),
            scheduled_time: firing.scheduled,
            creation_time: at,
            last_modified_time: at,
            monitoring_execution_status: ExecutionStatus::Pending,
            processing_job_arn: None,
            endpoint_name: None,
            failure_reason: None,
            monitoring_job_definition_name: None,
            monitoring_type: None,
        });
        self.history.entry(name.to_owned()).or_default().push(number);
        if let Some(schedule) = self.schedules.get_mut(name) {
            schedule.last = Some(number);
        }
        number
    }

    fn fail_execution(&mut self, at: Timestamp, number: usize, reason: String) {
        let execution = &mut self.executions[number];
        execution.monitoring_execution_status = ExecutionStatus::Failed;
        (execution.failure_reason, execution.last_modified_time) = (Some(reason), at);
    }

    /// Finds the captures of a window; `Err` is why there is nothing to run.
    fn plan(
        &mut self,
        schedule: &str,
        firing: Firing,
        rhythm: Rhythm,
        window: Window,
        resolved: Resolved,
        store: &Store,
    ) -> Result<Plan, String> {
        // The digits are drawn first, so that what the window holds does not move those of others.
        let digits = self.suffixes.uuid().replace('-', "")[..24].to_owned();
        let input = resolved.definition.job_input.endpoint_input.as_ref();
        // The captures of batch transforms are not played.
        let input = input.ok_or(NO_CAPTURES)?;
        let name = input.endpoint_name.clone();
        let endpoint = self.endpoint(&name).map_err(|why| why.message)?;
        let fleet = &endpoint.fleet.config;
        let variants: Vec<String> = fleet.variants.iter().map(|it| it.name.clone()).collect();
        let destination =
            fleet.capture.as_ref().map(|it| it.destination.clone()).ok_or(NO_CAPTURES)?;
        let trimmed = destination.trim_end_matches('/');
        let mut plan = Plan {
            place: self.place.clone(),
            schedule: schedule.to_owned(),
            scheduled: firing.scheduled,
            once: rhythm == Rhythm::Now,
            window,
            endpoint: name,
            captures: trimmed.to_owned(),
            tails: Vec::new(),
            digits,
            resolved,
        };
        let (bucket, prefix) = s3_parts(trimmed).ok_or(NO_CAPTURES)?;
        for variant in &variants {
            for hour in window.hours() {
                let tail = format!("{}/{variant}/{hour}", plan.endpoint);
                let key = if prefix.is_empty() { tail.clone() } else { format!("{prefix}/{tail}") };
                if store.under(bucket, &format!("{key}/")).next().is_some() {
                    plan.tails.push(tail);
                }
            }
        }
        if plan.tails.is_empty() && trimmed.len() < destination.len() {
            // amazon-sagemaker-examples#1938: keys with `//` are not found.
            let first = window.hours().into_iter().next().unwrap_or_default();
            let variant = variants.first().map_or("AllTraffic", String::as_str);
            let uri = format!("{trimmed}/{}/{variant}/{first}", plan.endpoint);
            return Err(plan.nothing_under(&uri));
        }
        if plan.tails.is_empty() { Err(NO_CAPTURES.to_owned()) } else { Ok(plan) }
    }
}

/// Returns the time that an execution looks at.
fn window(
    config: Option<&ScheduleConfig>,
    rhythm: Rhythm,
    firing: Firing,
    resolved: &Resolved,
) -> Window {
    let input = resolved.definition.job_input.endpoint_input.as_ref();
    let read = |of_schedule: Option<&String>, of_input: Option<&String>| {
        of_schedule.or(of_input).and_then(|it| offset(it))
    };
    let start = read(
        config.and_then(|it| it.data_analysis_start_time.as_ref()),
        input.and_then(|it| it.start_time_offset.as_ref()),
    );
    let end = read(
        config.and_then(|it| it.data_analysis_end_time.as_ref()),
        input.and_then(|it| it.end_time_offset.as_ref()),
    );
    let end = end.map_or(firing.scheduled, |it| firing.scheduled + it);
    let hour = SignedDuration::from_hours(1);
    let before = rhythm.before(firing.scheduled);
    let period = before.map_or(hour, |before| firing.scheduled.duration_since(before));
    let start = start.map_or_else(|| end - period, |it| firing.scheduled + it);
    Window { start, end }
}
