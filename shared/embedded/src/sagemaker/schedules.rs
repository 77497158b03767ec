use super::parts::{family, kind, tags};
use super::{PAGE, call_failed};
use crate::Aws;
use crate::rights::tagged;
use jiff::Timestamp;
use local::iam::Context;
use local::sagemaker::shape::{
    self, CreateMonitoringSchedule, MonitoringScheduleConfig, Query, ScheduleConfig, SortBy,
    SortOrder,
};
use ports::{
    CallFailed, ChangeSchedules, ExecutionPage, ExecutionQuery, ExecutionStatus, ListExecutions,
    ListedSchedule, MonitoringExecution, MonitoringSchedule, ReadSchedules, SchedulePage,
    ScheduleSpec, ScheduleStatus, Trouble,
};

fn status(it: shape::ScheduleStatus) -> ScheduleStatus {
    match it {
        shape::ScheduleStatus::Pending => ScheduleStatus::Pending,
        shape::ScheduleStatus::Failed => ScheduleStatus::Failed,
        shape::ScheduleStatus::Scheduled => ScheduleStatus::Scheduled,
        shape::ScheduleStatus::Stopped => ScheduleStatus::Stopped,
    }
}

fn execution_status(it: shape::ExecutionStatus) -> ExecutionStatus {
    match it {
        shape::ExecutionStatus::Pending => ExecutionStatus::Pending,
        shape::ExecutionStatus::InProgress => ExecutionStatus::InProgress,
        shape::ExecutionStatus::Completed => ExecutionStatus::Completed,
        shape::ExecutionStatus::CompletedWithViolations => ExecutionStatus::CompletedWithViolations,
        shape::ExecutionStatus::Failed => ExecutionStatus::Failed,
        shape::ExecutionStatus::Stopping => ExecutionStatus::Stopping,
        shape::ExecutionStatus::Stopped => ExecutionStatus::Stopped,
    }
}

fn config(spec: &ScheduleSpec) -> MonitoringScheduleConfig {
    let when = ScheduleConfig {
        schedule_expression: spec.expression.clone(),
        ..ScheduleConfig::default()
    };
    MonitoringScheduleConfig {
        schedule_config: Some(when),
        inline: None,
        monitoring_job_definition_name: Some(spec.definition.clone()),
        monitoring_type: Some(family(spec.kind)),
    }
}

/// What schedules are called in ARNs.
const SCHEDULE: &str = "monitoring-schedule";

impl ReadSchedules for Aws {
    async fn describe_schedule(&self, name: &str) -> Result<MonitoringSchedule, CallFailed> {
        let none = Context::none();
        self.may_sagemaker("DescribeMonitoringSchedule", SCHEDULE, name, &none)?;
        self.may_sagemaker("ListTags", SCHEDULE, name, &none)?;
        let it = self.call(|aws, now| aws.sagemaker.describe_monitoring_schedule(now, name));
        let it = it.map_err(call_failed)?;
        let arn = it.monitoring_schedule_arn;
        let tags = self.call(|aws, now| aws.sagemaker.list_tags(now, &arn));
        let config = it.monitoring_schedule_config;
        Ok(MonitoringSchedule {
            name: it.monitoring_schedule_name,
            status: status(it.monitoring_schedule_status),
            kind: it.monitoring_type.map(kind),
            definition: config.monitoring_job_definition_name,
            expression: config.schedule_config.map(|it| it.schedule_expression),
            endpoint: it.endpoint_name,
            failure: it.failure_reason,
            created_ms: it.creation_time.as_millisecond(),
            modified_ms: it.last_modified_time.as_millisecond(),
            tags: tags.map_err(call_failed)?,
            arn,
        })
    }

    async fn list_schedules(
        &self,
        endpoint: Option<&str>,
        from: Option<&str>,
    ) -> Result<SchedulePage, CallFailed> {
        self.may_sagemaker("ListMonitoringSchedules", "*", "*", &Context::none())?;
        let query = Query {
            endpoint_name: endpoint.map(str::to_owned),
            max_results: Some(PAGE),
            next_token: from.map(str::to_owned),
            ..Query::default()
        };
        let page = self.call(|aws, now| aws.sagemaker.list_monitoring_schedules(now, &query));
        let page = page.map_err(call_failed)?;
        let listed = page.entries.into_iter().map(|it| ListedSchedule {
            name: it.monitoring_schedule_name,
            status: status(it.monitoring_schedule_status),
            kind: it.monitoring_type.map(kind),
            endpoint: it.endpoint_name,
            definition: it.monitoring_job_definition_name,
        });
        Ok(SchedulePage { schedules: listed.collect(), next: page.next_token })
    }
}

impl ChangeSchedules for Aws {
    async fn create_schedule(&self, spec: &ScheduleSpec) -> Result<(), CallFailed> {
        let facts = tagged(Context::none(), &spec.tags);
        self.may_sagemaker("CreateMonitoringSchedule", SCHEDULE, &spec.name, &facts)?;
        self.may_tag(SCHEDULE, &spec.name, &spec.tags)?;
        let request = CreateMonitoringSchedule {
            monitoring_schedule_name: spec.name.clone(),
            monitoring_schedule_config: config(spec),
            tags: tags(&spec.tags),
        };
        let made = self.call(|aws, now| aws.sagemaker.create_monitoring_schedule(now, request));
        made.map(drop).map_err(call_failed)
    }

    async fn update_schedule(&self, spec: &ScheduleSpec) -> Result<(), CallFailed> {
        let none = Context::none();
        self.may_sagemaker("UpdateMonitoringSchedule", SCHEDULE, &spec.name, &none)?;
        let config = config(spec);
        let done =
            self.call(|aws, now| aws.sagemaker.update_monitoring_schedule(now, &spec.name, config));
        done.map(drop).map_err(call_failed)
    }

    async fn start_schedule(&self, name: &str) -> Result<(), CallFailed> {
        self.may_sagemaker("StartMonitoringSchedule", SCHEDULE, name, &Context::none())?;
        let done = self.call(|aws, now| aws.sagemaker.start_monitoring_schedule(now, name));
        done.map_err(call_failed)
    }

    async fn stop_schedule(&self, name: &str) -> Result<(), CallFailed> {
        self.may_sagemaker("StopMonitoringSchedule", SCHEDULE, name, &Context::none())?;
        let done = self.call(|aws, now| aws.sagemaker.stop_monitoring_schedule(now, name));
        done.map_err(call_failed)
    }

    async fn delete_schedule(&self, name: &str) -> Result<(), CallFailed> {
        self.may_sagemaker("DeleteMonitoringSchedule", SCHEDULE, name, &Context::none())?;
        let done = self.call(|aws, now| aws.sagemaker.delete_monitoring_schedule(now, name));
        done.map_err(call_failed)
    }
}

fn execution(it: shape::MonitoringExecution) -> MonitoringExecution {
    MonitoringExecution {
        schedule: it.monitoring_schedule_name,
        endpoint: it.endpoint_name,
        kind: it.monitoring_type.map(kind),
        definition: it.monitoring_job_definition_name,
        scheduled_at: it.scheduled_time.as_second(),
        created_at: it.creation_time.as_second(),
        modified_at: it.last_modified_time.as_second(),
        status: execution_status(it.monitoring_execution_status),
        job: it.processing_job_arn,
        failure: it.failure_reason,
    }
}

impl ListExecutions for Aws {
    /// AWS excludes both times that it is given; scheduled times are whole seconds.
    async fn list_executions(
        &self,
        query: &ExecutionQuery,
        from: Option<&str>,
    ) -> Result<ExecutionPage, CallFailed> {
        let near = |it: Option<i64>, step: i64| {
            let time = it.map(|it| Timestamp::from_second(it.saturating_add(step)));
            time.transpose().map_err(|why| CallFailed::Other(Trouble::lasting(why)))
        };
        self.may_sagemaker("ListMonitoringExecutions", "*", "*", &Context::none())?;
        let query = Query {
            monitoring_schedule_name: query.schedule.clone(),
            endpoint_name: query.endpoint.clone(),
            scheduled_time_after: near(query.scheduled_from, -1)?,
            scheduled_time_before: near(query.scheduled_to, 1)?,
            sort_by: Some(SortBy::ScheduledTime),
            sort_order: Some(SortOrder::Descending),
            max_results: Some(PAGE),
            next_token: from.map(str::to_owned),
            ..Query::default()
        };
        let page = self.call(|aws, now| aws.sagemaker.list_monitoring_executions(now, &query));
        let page = page.map_err(call_failed)?;
        let executions = page.entries.into_iter().map(execution).collect();
        Ok(ExecutionPage { executions, next: page.next_token })
    }
}
