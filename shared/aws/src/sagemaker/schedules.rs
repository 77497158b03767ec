use super::parts::{kind, millis, sdk_kind, sdk_tags, text};
use crate::{Aws, failed::Failed};
use aws_sdk_sagemaker::{
    primitives::DateTime,
    types::{
        ExecutionStatus as SdkExecution, MonitoringExecutionSortKey, MonitoringExecutionSummary,
        MonitoringScheduleConfig, ScheduleConfig, ScheduleStatus as SdkStatus, SortOrder,
    },
};
use ports::{
    CallFailed, ChangeSchedules, ExecutionPage, ExecutionQuery, ExecutionStatus, ListExecutions,
    ListedSchedule, MonitoringExecution, MonitoringSchedule, ReadSchedules, SchedulePage,
    ScheduleSpec, ScheduleStatus, Trouble,
};

/// Lines of one page, the most that AWS gives.
const PAGE: i32 = 100;

fn status(it: Option<&SdkStatus>) -> Result<ScheduleStatus, CallFailed> {
    Ok(match it {
        Some(SdkStatus::Pending) => ScheduleStatus::Pending,
        Some(SdkStatus::Scheduled) => ScheduleStatus::Scheduled,
        Some(SdkStatus::Stopped) => ScheduleStatus::Stopped,
        Some(SdkStatus::Failed) => ScheduleStatus::Failed,
        other => return Err(unknown("a schedule", other.map(SdkStatus::as_str))),
    })
}

fn unknown(what: &str, status: Option<&str>) -> CallFailed {
    let status = status.unwrap_or_default();
    CallFailed::Other(Trouble::lasting(format!("{what} has the unknown status {status:?}")))
}

fn config(spec: &ScheduleSpec) -> MonitoringScheduleConfig {
    let when = ScheduleConfig::builder().schedule_expression(&spec.expression).build();
    MonitoringScheduleConfig::builder()
        .schedule_config(when)
        .monitoring_job_definition_name(&spec.definition)
        .monitoring_type(sdk_kind(spec.kind))
        .build()
}

impl ReadSchedules for Aws {
    async fn describe_schedule(&self, name: &str) -> Result<MonitoringSchedule, CallFailed> {
        let call = self.sagemaker().describe_monitoring_schedule().monitoring_schedule_name(name);
        let it = call.send().await;
        let it = it.map_err(|why| Failed::of("DescribeMonitoringSchedule", &why).call())?;
        let arn = text(it.monitoring_schedule_arn());
        let tags = self.tags_of(&arn).await.map_err(Failed::call)?;
        let config = it.monitoring_schedule_config();
        let when = config.and_then(|it| it.schedule_config());
        Ok(MonitoringSchedule {
            status: status(it.monitoring_schedule_status())?,
            kind: kind(it.monitoring_type()),
            definition: config.and_then(|it| it.monitoring_job_definition_name.clone()),
            expression: when.and_then(|it| it.schedule_expression.clone()),
            created_ms: millis(it.creation_time()).unwrap_or_default(),
            modified_ms: millis(it.last_modified_time()).unwrap_or_default(),
            name: text(it.monitoring_schedule_name()),
            endpoint: it.endpoint_name,
            failure: it.failure_reason,
            arn,
            tags,
        })
    }

    async fn list_schedules(
        &self,
        endpoint: Option<&str>,
        from: Option<&str>,
    ) -> Result<SchedulePage, CallFailed> {
        let page = self
            .sagemaker()
            .list_monitoring_schedules()
            .set_endpoint_name(endpoint.map(str::to_owned))
            .set_next_token(from.map(str::to_owned))
            .max_results(PAGE)
            .send()
            .await
            .map_err(|why| Failed::of("ListMonitoringSchedules", &why).call())?;
        let mut schedules = Vec::new();
        for it in page.monitoring_schedule_summaries.unwrap_or_default() {
            schedules.push(ListedSchedule {
                status: status(it.monitoring_schedule_status())?,
                kind: kind(it.monitoring_type()),
                name: it.monitoring_schedule_name.unwrap_or_default(),
                endpoint: it.endpoint_name,
                definition: it.monitoring_job_definition_name,
            });
        }
        Ok(SchedulePage { schedules, next: page.next_token })
    }
}

impl ChangeSchedules for Aws {
    async fn create_schedule(&self, spec: &ScheduleSpec) -> Result<(), CallFailed> {
        self.sagemaker()
            .create_monitoring_schedule()
            .monitoring_schedule_name(&spec.name)
            .monitoring_schedule_config(config(spec))
            .set_tags(Some(sdk_tags(&spec.tags)))
            .send()
            .await
            .map_err(|why| Failed::of("CreateMonitoringSchedule", &why).call())?;
        Ok(())
    }

    async fn update_schedule(&self, spec: &ScheduleSpec) -> Result<(), CallFailed> {
        self.sagemaker()
            .update_monitoring_schedule()
            .monitoring_schedule_name(&spec.name)
            .monitoring_schedule_config(config(spec))
            .send()
            .await
            .map_err(|why| Failed::of("UpdateMonitoringSchedule", &why).held())?;
        Ok(())
    }

    async fn start_schedule(&self, name: &str) -> Result<(), CallFailed> {
        let call = self.sagemaker().start_monitoring_schedule().monitoring_schedule_name(name);
        let done = call.send().await;
        done.map_err(|why| Failed::of("StartMonitoringSchedule", &why).held())?;
        Ok(())
    }

    async fn stop_schedule(&self, name: &str) -> Result<(), CallFailed> {
        let call = self.sagemaker().stop_monitoring_schedule().monitoring_schedule_name(name);
        let done = call.send().await;
        done.map_err(|why| Failed::of("StopMonitoringSchedule", &why).held())?;
        Ok(())
    }

    async fn delete_schedule(&self, name: &str) -> Result<(), CallFailed> {
        let call = self.sagemaker().delete_monitoring_schedule().monitoring_schedule_name(name);
        let done = call.send().await;
        done.map_err(|why| Failed::of("DeleteMonitoringSchedule", &why).held())?;
        Ok(())
    }
}

fn execution_status(it: Option<&SdkExecution>) -> Result<ExecutionStatus, CallFailed> {
    Ok(match it {
        Some(SdkExecution::Pending) => ExecutionStatus::Pending,
        Some(SdkExecution::InProgress) => ExecutionStatus::InProgress,
        Some(SdkExecution::Completed) => ExecutionStatus::Completed,
        Some(SdkExecution::CompletedWithViolations) => ExecutionStatus::CompletedWithViolations,
        Some(SdkExecution::Failed) => ExecutionStatus::Failed,
        Some(SdkExecution::Stopping) => ExecutionStatus::Stopping,
        Some(SdkExecution::Stopped) => ExecutionStatus::Stopped,
        other => return Err(unknown("an execution", other.map(SdkExecution::as_str))),
    })
}

fn execution(it: MonitoringExecutionSummary) -> Result<MonitoringExecution, CallFailed> {
    let second = |it: Option<&DateTime>| it.map(DateTime::secs).unwrap_or_default();
    Ok(MonitoringExecution {
        kind: kind(it.monitoring_type()),
        scheduled_at: second(it.scheduled_time()),
        created_at: second(it.creation_time()),
        modified_at: second(it.last_modified_time()),
        status: execution_status(it.monitoring_execution_status())?,
        schedule: it.monitoring_schedule_name.unwrap_or_default(),
        endpoint: it.endpoint_name,
        definition: it.monitoring_job_definition_name,
        job: it.processing_job_arn,
        failure: it.failure_reason,
    })
}

impl ListExecutions for Aws {
    /// AWS excludes both times that it is given; times are of whole seconds.
    async fn list_executions(
        &self,
        query: &ExecutionQuery,
        from: Option<&str>,
    ) -> Result<ExecutionPage, CallFailed> {
        let near = |it: i64, step: i64| DateTime::from_secs(it.saturating_add(step));
        let page = self
            .sagemaker()
            .list_monitoring_executions()
            .set_monitoring_schedule_name(query.schedule.clone())
            .set_endpoint_name(query.endpoint.clone())
            .set_scheduled_time_after(query.scheduled_from.map(|it| near(it, -1)))
            .set_scheduled_time_before(query.scheduled_to.map(|it| near(it, 1)))
            .sort_by(MonitoringExecutionSortKey::ScheduledTime)
            .sort_order(SortOrder::Descending)
            .max_results(PAGE)
            .set_next_token(from.map(str::to_owned))
            .send()
            .await
            .map_err(|why| Failed::of("ListMonitoringExecutions", &why).call())?;
        let all = page.monitoring_execution_summaries.unwrap_or_default().into_iter();
        let executions = all.map(execution).collect::<Result<_, _>>()?;
        Ok(ExecutionPage { executions, next: page.next_token })
    }
}
