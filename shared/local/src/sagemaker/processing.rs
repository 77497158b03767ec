//! Processing jobs: create, describe, list, stop, and how they end.

use jiff::Timestamp;

use super::{
    NamePage, SageMaker,
    agenda::Due,
    announcement,
    container::ContainerEnd,
    executions::Run,
    limits::Check,
    listing::{self, Entry},
    refusal::{Code, Refused, invalid, refused},
    shape::{
        CreateProcessingJob, JobStatus, ProcessingJob, ProcessingJobSummary, Query, SortOrder,
    },
};

/// Processing jobs may run no longer than nine days.
const LONGEST_RUN: u64 = 777_600;
/// Messages and reasons are cut to so many characters.
const LONGEST_TEXT: usize = 1024;

/// A job and what it will do next.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) shown: ProcessingJob,
    /// The execution it belongs to, and its part in it.
    pub(super) run: Option<Run>,
    /// How its container ended, from then until the job itself ends.
    pub(super) end: Option<ContainerEnd>,
    pub(super) due: Option<Timestamp>,
}

/// How a job ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Completed {
        message: Option<String>,
    },
    Failed {
        reason: String,
    },
    /// `reason` says more than that somebody stopped it.
    Stopped {
        reason: Option<String>,
    },
}

impl SageMaker {
    /// Creates a processing job and returns its ARN.
    ///
    /// # Errors
    /// `ResourceInUse` where the name is taken, `ValidationException` where a member is out of its limits.
    pub fn create_processing_job(
        &mut self,
        now: Timestamp,
        request: CreateProcessingJob,
    ) -> Result<String, Refused> {
        self.change(now, move |this, now| {
            check_job(&request)?;
            let name = &request.processing_job_name;
            if let Some(job) = this.jobs.get(name) {
                let message = format!(
                    "Job name must be unique within an AWS account and region, and a job with this name already exists ({})",
                    job.shown.processing_job_arn
                );
                return Err(refused(Code::ResourceInUse, message));
            }
            Ok(this.add_job(now, request, None))
        })
    }

    /// Describes a processing job.
    pub fn describe_processing_job(
        &mut self,
        now: Timestamp,
        name: &str,
    ) -> Result<ProcessingJob, Refused> {
        self.call(now, |this| this.job(name).map(|job| job.shown.clone()))
    }

    /// Lists processing jobs, the oldest first unless told.
    pub fn list_processing_jobs(
        &mut self,
        now: Timestamp,
        query: &Query,
    ) -> Result<NamePage<ProcessingJobSummary>, Refused> {
        self.call(now, |this| {
            listing::page(
                this.jobs.values().map(|job| &job.shown),
                query,
                SortOrder::Ascending,
                |it| Entry {
                    modified: it.last_modified_time,
                    status: it.processing_job_status.name(),
                    ..Entry::new(it.name(), it.creation_time)
                },
                |it| ProcessingJobSummary {
                    processing_job_name: it.name().to_owned(),
                    processing_job_arn: it.processing_job_arn.clone(),
                    creation_time: it.creation_time,
                    processing_end_time: it.processing_end_time,
                    last_modified_time: it.last_modified_time,
                    processing_job_status: it.processing_job_status,
                    failure_reason: it.failure_reason.clone(),
                    exit_message: it.exit_message.clone(),
                },
            )
        })
    }

    /// Begins to stop a job; nothing of it is uploaded.
    ///
    /// # Errors
    /// `ValidationException` for a job that is over.
    pub fn stop_processing_job(&mut self, now: Timestamp, name: &str) -> Result<(), Refused> {
        let name = name.to_owned();
        self.change(now, move |this, now| {
            let status = this.job(&name)?.shown.processing_job_status;
            if status.is_over() {
                return Err(invalid(format!(
                    "The request was rejected because the processing job is in status {}.",
                    status.name()
                )));
            }
            let due = now + this.pace.stopping;
            if let Some(job) = this.jobs.get_mut(&name)
                && status == JobStatus::InProgress
            {
                job.shown.processing_job_status = JobStatus::Stopping;
                (job.shown.last_modified_time, job.due, job.end) = (now, Some(due), None);
                this.agenda.insert((due, Due::Stop(name.clone())));
                this.announce_job(now, &name);
                this.job_changed(now, &name);
            }
            Ok(())
        })
    }

    /// Adds a job that has been checked, and returns its ARN.
    pub(super) fn add_job(
        &mut self,
        now: Timestamp,
        mut request: CreateProcessingJob,
        run: Option<Run>,
    ) -> String {
        let name = request.processing_job_name.clone();
        let arn = self.place.sagemaker_arn("processing-job", &name);
        self.put_tags(&arn, &std::mem::take(&mut request.tags));
        let schedule = run.as_ref().map(|it| &it.schedule);
        let shown = ProcessingJob {
            request,
            processing_job_arn: arn.clone(),
            processing_job_status: JobStatus::InProgress,
            exit_message: None,
            failure_reason: None,
            processing_start_time: None,
            processing_end_time: None,
            last_modified_time: now,
            creation_time: now,
            monitoring_schedule_arn: schedule
                .map(|name| self.place.sagemaker_arn("monitoring-schedule", name)),
        };
        let due = now + self.pace.provisioning;
        self.jobs.insert(name.clone(), Job { shown, run, end: None, due: Some(due) });
        self.world.insert((due, Due::Begin(name.clone())));
        self.announce_job(now, &name);
        arn
    }

    /// Ends a job that was told to stop.
    pub(super) fn end_stopped(&mut self, at: Timestamp, name: &str) {
        let due = self.jobs.get(name).and_then(|job| job.due);
        if due == Some(at) {
            self.end_job(at, name, Outcome::Stopped { reason: None });
        }
    }

    /// Ends a job, and tells everyone who cares.
    pub(super) fn end_job(&mut self, at: Timestamp, name: &str, outcome: Outcome) {
        let Some(job) = self.jobs.get_mut(name) else { return };
        (job.due, job.end) = (None, None);
        let shown = &mut job.shown;
        (shown.processing_end_time, shown.last_modified_time) = (Some(at), at);
        match outcome {
            Outcome::Completed { message } => {
                shown.processing_job_status = JobStatus::Completed;
                shown.exit_message = message.map(cut);
            }
            Outcome::Failed { reason } => {
                shown.processing_job_status = JobStatus::Failed;
                shown.failure_reason = Some(cut(reason));
            }
            Outcome::Stopped { reason } => {
                shown.processing_job_status = JobStatus::Stopped;
                shown.failure_reason = reason.map(cut);
            }
        }
        self.announce_job(at, name);
        self.job_changed(at, name);
    }

    pub(super) fn announce_job(&mut self, at: Timestamp, name: &str) {
        if let Some(job) = self.jobs.get(name) {
            let event = announcement::job(&self.place, &mut self.ids, at, &job.shown);
            self.events.push(event);
        }
    }

    fn job(&self, name: &str) -> Result<&Job, Refused> {
        self.jobs.get(name).ok_or_else(|| {
            let message = format!("Could not find requested job with name: {name}");
            refused(Code::ResourceNotFound, message)
        })
    }
}

fn check_job(request: &CreateProcessingJob) -> Result<(), Refused> {
    let mut check = Check::default();
    check.name("processingJobName", &request.processing_job_name);
    check.count("processingInputs", request.processing_inputs.len(), 0, 10);
    for input in &request.processing_inputs {
        match &input.s3 {
            Some(s3) => check.s3_uri("processingInputs.s3Input.s3Uri", &s3.s3_uri, 1024),
            None => check.fault("null", "processingInputs.s3Input", "Member must not be null"),
        }
    }
    if let Some(config) = &request.processing_output_config {
        check.count("processingOutputConfig.outputs", config.outputs.len(), 0, 10);
        for s3 in config.outputs.iter().filter_map(|it| it.s3.as_ref()) {
            check.s3_uri("processingOutputConfig.outputs.s3Output.s3Uri", &s3.s3_uri, 1024);
        }
    }
    let cluster = &request.processing_resources.cluster_config;
    let at = |name: &str| format!("processingResources.clusterConfig.{name}");
    if let Some(count) = cluster.instance_count {
        check.range(&at("instanceCount"), count.into(), 1, 100);
    }
    if let Some(kind) = &cluster.instance_type {
        check.instance_type(&at("instanceType"), kind);
    }
    check.range(&at("volumeSizeInGB"), cluster.volume_size_in_gb.into(), 1, 16384);
    check.stopping(request.stopping_condition, LONGEST_RUN);
    let app = &request.app_specification;
    check.image("appSpecification.imageUri", &app.image_uri);
    check.words("appSpecification.containerEntrypoint", app.container_entrypoint.as_ref(), 100);
    check.words("appSpecification.containerArguments", app.container_arguments.as_ref(), 100);
    check.environment("environment", request.environment.as_ref(), 100);
    check.network(request.network_config.as_ref());
    check.role("roleArn", &request.role_arn);
    check.tags(&request.tags);
    check.done()
}

fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}
