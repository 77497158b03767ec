//! Monitoring schedules: their life, and when they run.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    NamePage, SageMaker,
    agenda::Due,
    definitions::{check_app, check_input, check_rest},
    expression::{Rhythm, offset},
    limits::Check,
    listing::{self, Entry},
    refusal::{Code, Refused, invalid, refused},
    shape::{
        CreateJobDefinition, CreateMonitoringSchedule, InlineDefinition, JobInput,
        MonitoringSchedule, MonitoringScheduleConfig, MonitoringScheduleSummary, MonitoringType,
        Query, ScheduleConfig, ScheduleStatus, SortOrder,
    },
};

/// Executions begin at most so late after their scheduled time.
const LATEST_START: u64 = 20 * 60;

/// A schedule and what it will do next.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) config: MonitoringScheduleConfig,
    pub(super) rhythm: Rhythm,
    pub(super) status: ScheduleStatus,
    pub(super) failure: Option<String>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    /// What it becomes when it is no longer pending; `None` for one that goes away.
    next: Option<ScheduleStatus>,
    changes: Option<Timestamp>,
    pub(super) fires: Option<Firing>,
    /// The place of its last execution among all.
    pub(super) last: Option<usize>,
}

/// The next execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Firing {
    pub(super) scheduled: Timestamp,
    /// When it really begins.
    pub(super) starts: Timestamp,
}

/// What a schedule runs, its definition found or read from the schedule itself.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    pub(super) family: MonitoringType,
    /// The name of the definition; `None` where it is written out.
    pub(super) named: Option<String>,
    pub(super) definition: Arc<CreateJobDefinition>,
}

impl SageMaker {
    /// Creates a schedule, which is `Pending` for a while and `Scheduled` then, and returns its ARN.
    ///
    /// # Errors
    /// `ResourceInUse` where the name is taken, `ResourceLimitExceeded` over the quota, `ValidationException` for
    /// anything else that is wrong, among it a definition or an endpoint that is not there.
    pub fn create_monitoring_schedule(
        &mut self,
        now: Timestamp,
        request: CreateMonitoringSchedule,
    ) -> Result<String, Refused> {
        self.change(now, move |this, now| {
            this.open_for_monitors()?;
            let name = request.monitoring_schedule_name;
            let mut check = Check::default();
            check.name("monitoringScheduleName", &name);
            check.tags(&request.tags);
            check.done()?;
            let arn = this.place.sagemaker_arn("monitoring-schedule", &name);
            if this.schedules.contains_key(&name) {
                let message =
                    format!("Cannot create already existing monitoring schedule \"{arn}\".");
                return Err(refused(Code::ResourceInUse, message));
            }
            let config = request.monitoring_schedule_config;
            let rhythm = this.accept(&config, Code::ValidationException)?;
            if let Some(most) = this.most_schedules.filter(|most| *most <= this.schedules.len()) {
                let message = format!(
                    "The account-level service limit 'Number of monitoring schedules' is {most} Schedules, with current utilization of {most} Schedules and a request delta of 1 Schedules."
                );
                return Err(refused(Code::ResourceLimitExceeded, message));
            }
            this.put_tags(&arn, &request.tags);
            let schedule = Schedule {
                name: name.clone(),
                arn: arn.clone(),
                config,
                rhythm,
                status: ScheduleStatus::Pending,
                failure: None,
                created: now,
                modified: now,
                next: None,
                changes: None,
                fires: None,
                last: this.history.get(&name).and_then(|all| all.last().copied()),
            };
            this.schedules.insert(name.clone(), schedule);
            this.pend(now, &name, Some(ScheduleStatus::Scheduled));
            Ok(arn)
        })
    }

    /// Replaces the whole config of a schedule; a stopped one stays stopped.
    pub fn update_monitoring_schedule(
        &mut self,
        now: Timestamp,
        name: &str,
        config: MonitoringScheduleConfig,
    ) -> Result<String, Refused> {
        let name = name.to_owned();
        self.change(now, move |this, now| {
            let schedule = this.settled_schedule(&name)?;
            let next = match schedule.status {
                ScheduleStatus::Stopped => ScheduleStatus::Stopped,
                _ => ScheduleStatus::Scheduled,
            };
            let rhythm = this.accept(&config, Code::ResourceNotFound)?;
            let schedule = this.settled_schedule(&name)?;
            (schedule.config, schedule.rhythm) = (config, rhythm);
            let arn = schedule.arn.clone();
            this.pend(now, &name, Some(next));
            Ok(arn)
        })
    }

    /// Starts a stopped schedule; one that runs goes on.
    pub fn start_monitoring_schedule(&mut self, now: Timestamp, name: &str) -> Result<(), Refused> {
        let name = name.to_owned();
        self.change(now, move |this, now| {
            if this.settled_schedule(&name)?.status != ScheduleStatus::Scheduled {
                this.pend(now, &name, Some(ScheduleStatus::Scheduled));
            }
            Ok(())
        })
    }

    /// Stops a schedule; an execution that runs is not stopped.
    pub fn stop_monitoring_schedule(&mut self, now: Timestamp, name: &str) -> Result<(), Refused> {
        let name = name.to_owned();
        self.change(now, move |this, now| {
            if this.settled_schedule(&name)?.status != ScheduleStatus::Stopped {
                this.pend(now, &name, Some(ScheduleStatus::Stopped));
            }
            Ok(())
        })
    }

    /// Deletes a schedule, which is `Pending` until it is gone; its executions are kept.
    ///
    /// # Errors
    /// `ValidationException` while it is pending already.
    pub fn delete_monitoring_schedule(
        &mut self,
        now: Timestamp,
        name: &str,
    ) -> Result<(), Refused> {
        let name = name.to_owned();
        self.change(now, move |this, now| {
            this.settled_schedule(&name)?;
            this.pend(now, &name, None);
            Ok(())
        })
    }

    /// Describes a schedule with its last execution.
    pub fn describe_monitoring_schedule(
        &mut self,
        now: Timestamp,
        name: &str,
    ) -> Result<MonitoringSchedule, Refused> {
        self.call(now, |this| {
            let it = this.schedules.get(name).ok_or_else(|| this.no_schedule(name))?;
            Ok(MonitoringSchedule {
                monitoring_schedule_arn: it.arn.clone(),
                monitoring_schedule_name: it.name.clone(),
                monitoring_schedule_status: it.status,
                monitoring_type: Some(it.family()),
                failure_reason: it.failure.clone(),
                creation_time: it.created,
                last_modified_time: it.modified,
                monitoring_schedule_config: it.config.clone(),
                endpoint_name: this.endpoint_of(it),
                last_monitoring_execution_summary: it.last.map(|at| this.executions[at].clone()),
            })
        })
    }

    /// Lists schedules, the newest first.
    pub fn list_monitoring_schedules(
        &mut self,
        now: Timestamp,
        query: &Query,
    ) -> Result<NamePage<MonitoringScheduleSummary>, Refused> {
        self.call(now, |this| {
            let named = query.monitoring_job_definition_name.as_ref();
            let wanted = this.schedules.values().filter(|it| {
                let definition = it.config.monitoring_job_definition_name.as_ref();
                (named.is_none() || named == definition)
                    && query.monitoring_type_equals.is_none_or(|family| family == it.family())
                    && (query.endpoint_name.is_none()
                        || query.endpoint_name == this.endpoint_of(it))
            });
            listing::page(
                wanted,
                query,
                SortOrder::Descending,
                |it| Entry {
                    modified: it.modified,
                    status: it.status.name(),
                    ..Entry::new(&it.name, it.created)
                },
                |it| MonitoringScheduleSummary {
                    monitoring_schedule_name: it.name.clone(),
                    monitoring_schedule_arn: it.arn.clone(),
                    creation_time: it.created,
                    last_modified_time: it.modified,
                    monitoring_schedule_status: it.status,
                    endpoint_name: this.endpoint_of(it),
                    monitoring_job_definition_name: it
                        .config
                        .monitoring_job_definition_name
                        .clone(),
                    monitoring_type: Some(it.family()),
                },
            )
        })
    }

    /// Lets the account hold so many schedules and no more; AWS's own number is not published.
    pub fn limit_schedules(&mut self, most: Option<usize>) {
        self.most_schedules = most;
    }

    /// Puts a schedule in the state `Failed`, as something inside SageMaker does at times.
    pub fn fail_monitoring_schedule(&mut self, now: Timestamp, name: &str, reason: &str) {
        if let Some(schedule) = self.schedules.get_mut(name) {
            schedule.status = ScheduleStatus::Failed;
            (schedule.failure, schedule.modified) = (Some(reason.to_owned()), now);
            (schedule.changes, schedule.fires) = (None, None);
        }
    }

    /// Returns the name of a schedule that uses a definition.
    pub(super) fn schedule_with(&self, family: MonitoringType, definition: &str) -> Option<&str> {
        let mut all = self.schedules.values();
        let user = all.find(|it| {
            it.family() == family
                && it.config.monitoring_job_definition_name.as_deref() == Some(definition)
        });
        user.map(|it| it.name.as_str())
    }

    /// Finds what a schedule's config runs; a definition that is not there is refused with this code.
    pub(super) fn resolve(
        &self,
        config: &MonitoringScheduleConfig,
        missing: Code,
    ) -> Result<Resolved, Refused> {
        match (&config.inline, &config.monitoring_job_definition_name) {
            (Some(inline), None) => Ok(Resolved {
                family: MonitoringType::DataQuality,
                named: None,
                definition: Arc::new(written_out(inline)),
            }),
            (None, Some(name)) => {
                let family = config.monitoring_type.ok_or_else(|| {
                    invalid("MonitoringType is required with MonitoringJobDefinitionName.".to_owned())
                })?;
                let found = self.definition(family, name);
                let found = found.map_err(|it| Refused { code: missing, ..it })?;
                let definition = Arc::clone(&found.request);
                Ok(Resolved { family, named: Some(name.clone()), definition })
            }
            _ => Err(invalid(
                "Exactly one of MonitoringJobDefinition and MonitoringJobDefinitionName is required."
                    .to_owned(),
            )),
        }
    }

    /// Moves a schedule that has come to the end of being pending.
    pub(super) fn settle_schedule(&mut self, at: Timestamp, name: &str) {
        let Some(schedule) = self.schedules.get_mut(name) else { return };
        if schedule.changes != Some(at) {
            return;
        }
        schedule.changes = None;
        let Some(status) = schedule.next.take() else {
            self.tags.remove(&schedule.arn);
            self.schedules.remove(name);
            return;
        };
        (schedule.status, schedule.modified) = (status, at);
        if status == ScheduleStatus::Scheduled {
            let first = match schedule.rhythm {
                Rhythm::Now => Some(at),
                rhythm @ Rhythm::Every { .. } => rhythm.next_after(at),
            };
            self.plan_firing(name, first);
        }
    }

    /// Plans the execution of a scheduled time, a while after it.
    pub(super) fn plan_firing(&mut self, name: &str, scheduled: Option<Timestamp>) {
        let Some(schedule) = self.schedules.get_mut(name) else { return };
        schedule.fires = scheduled.map(|scheduled| {
            let late = match schedule.rhythm {
                Rhythm::Now => 0,
                Rhythm::Every { .. } => self.delays.below(LATEST_START + 1),
            };
            Firing { scheduled, starts: scheduled + SignedDuration::from_secs(late as i64) }
        });
        if let Some(firing) = schedule.fires {
            self.world.insert((firing.starts, Due::Fire(name.to_owned())));
        }
    }

    pub(super) fn no_schedule(&self, name: &str) -> Refused {
        let arn = self.place.sagemaker_arn("monitoring-schedule", name);
        refused(Code::ResourceNotFound, format!("Could not find monitoring schedule \"{arn}\"."))
    }

    /// Returns the endpoint a schedule looks at.
    fn endpoint_of(&self, schedule: &Schedule) -> Option<String> {
        if let Some(inline) = &schedule.config.inline {
            let input = inline.monitoring_inputs.first()?.endpoint_input.as_ref()?;
            return Some(input.endpoint_name.clone());
        }
        let name = schedule.config.monitoring_job_definition_name.as_deref()?;
        let definition = self.definition(schedule.family(), name).ok()?;
        definition.request.job_input.endpoint().map(str::to_owned)
    }

    /// Finds a schedule that is not being changed.
    fn settled_schedule(&mut self, name: &str) -> Result<&mut Schedule, Refused> {
        match self.schedules.get(name).map(|it| it.status) {
            None => Err(self.no_schedule(name)),
            Some(ScheduleStatus::Pending) => {
                // The wording is that of amazon-sagemaker-examples#2342.
                Err(invalid("Monitoring schedule in status Pending".to_owned()))
            }
            Some(_) => Ok(self.schedules.get_mut(name).expect("it was found above")),
        }
    }

    /// Begins a change that takes effect later; `None` is the end of the schedule.
    fn pend(&mut self, now: Timestamp, name: &str, next: Option<ScheduleStatus>) {
        let takes = if next.is_some() { self.pace.scheduling } else { self.pace.unscheduling };
        let Some(schedule) = self.schedules.get_mut(name) else { return };
        let due = now + takes;
        schedule.status = ScheduleStatus::Pending;
        (schedule.next, schedule.changes) = (next, Some(due));
        (schedule.modified, schedule.failure, schedule.fires) = (now, None, None);
        self.agenda.insert((due, Due::Settle(name.to_owned())));
    }

    /// Checks a config and returns when it runs.
    fn accept(
        &mut self,
        config: &MonitoringScheduleConfig,
        missing: Code,
    ) -> Result<Rhythm, Refused> {
        let mut check = Check::default();
        if let Some(inline) = &config.inline {
            check_inline(&mut check, inline);
        }
        check.done()?;
        let resolved = self.resolve(config, missing)?;
        if let Some(endpoint) = resolved.definition.job_input.endpoint() {
            self.endpoint(endpoint)?;
        }
        let rhythm = match &config.schedule_config {
            // "Amazon SageMaker AI will pick a time for running every day."
            None => Rhythm::Every { hours: 24, from: self.delays.below(24) as u8 },
            Some(schedule) => read_rhythm(schedule)?,
        };
        check_runtime(rhythm, &resolved)?;
        Ok(rhythm)
    }
}

impl Schedule {
    pub(super) fn family(&self) -> MonitoringType {
        self.config.monitoring_type.unwrap_or(MonitoringType::DataQuality)
    }
}

/// Brings a definition that is written out into the form of those that have names.
fn written_out(inline: &InlineDefinition) -> CreateJobDefinition {
    let input = inline.monitoring_inputs.first().cloned().unwrap_or_default();
    CreateJobDefinition {
        job_definition_name: String::new(),
        baseline_config: inline.baseline_config.clone(),
        app_specification: inline.app(),
        job_input: JobInput {
            endpoint_input: input.endpoint_input,
            batch_transform_input: input.batch_transform_input,
            ground_truth: None,
        },
        job_output_config: inline.monitoring_output_config.clone(),
        job_resources: inline.monitoring_resources.clone(),
        network_config: inline.network_config.clone(),
        role_arn: inline.role_arn.clone(),
        stopping_condition: inline.stopping_condition,
        tags: Vec::new(),
    }
}

fn check_inline(check: &mut Check, inline: &InlineDefinition) {
    let inputs = "monitoringJobDefinition.monitoringInputs";
    check.count(inputs, inline.monitoring_inputs.len(), 1, 1);
    let definition = written_out(inline);
    check_app(check, MonitoringType::DataQuality, &definition.app_specification);
    check_input(check, MonitoringType::DataQuality, &definition.job_input);
    check_rest(check, &definition);
}

fn read_rhythm(config: &ScheduleConfig) -> Result<Rhythm, Refused> {
    let expression = &config.schedule_expression;
    let mut check = Check::default();
    check.length("scheduleConfig.scheduleExpression", expression, 1, 256);
    check.done()?;
    let rhythm = Rhythm::parse(expression).ok_or_else(|| {
        invalid(format!(
            "Invalid schedule expression \"{expression}\": must be NOW, cron(0 * ? * * *), cron(0 [00-23] ? * * *) or cron(0 [00-23]/[01-24] ? * * *)."
        ))
    })?;
    let read = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => offset(text)
            .map(Some)
            .ok_or_else(|| invalid(format!("\"{text}\" is not an ISO 8601 offset such as -PT1H."))),
    };
    let start = read(&config.data_analysis_start_time)?;
    let end = read(&config.data_analysis_end_time)?;
    match (start, end) {
        (Some(start), Some(end)) if start >= end => {
            Err(invalid("DataAnalysisStartTime must be before DataAnalysisEndTime.".to_owned()))
        }
        (Some(start), Some(end)) if end - start > SignedDuration::from_hours(24) => Err(invalid(
            "DataAnalysisStartTime must not precede DataAnalysisEndTime by more than 24 hours."
                .to_owned(),
        )),
        (Some(_), Some(_)) => Ok(rhythm),
        _ if rhythm == Rhythm::Now => Err(invalid(
            "DataAnalysisStartTime and DataAnalysisEndTime are required with the schedule expression NOW."
                .to_owned(),
        )),
        _ => Ok(rhythm),
    }
}

/// Checks that runs end before the next begins; two jobs of one execution have half the time each.
fn check_runtime(rhythm: Rhythm, resolved: &Resolved) -> Result<(), Refused> {
    let Rhythm::Every { hours, .. } = rhythm else { return Ok(()) };
    let Some(condition) = resolved.definition.stopping_condition else { return Ok(()) };
    let jobs = if resolved.family.has_ground_truth() { 2 } else { 1 };
    let most = u32::from(hours) * 3600 / jobs;
    if condition.max_runtime_in_seconds <= most {
        return Ok(());
    }
    Err(invalid(format!(
        "MaxRuntimeInSeconds must not be greater than {most} seconds for a {} schedule that runs every {hours} hours.",
        resolved.family.name()
    )))
}
