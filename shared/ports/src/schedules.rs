use crate::CallFailed;
use engine::monitor::MonitorType;
use std::collections::BTreeMap;
use std::future::Future;

/// What a monitoring schedule is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleSpec {
    pub name: String,
    pub kind: MonitorType,
    /// Name of the job definition it runs.
    pub definition: String,
    /// AWS's expression, such as `cron(0 * ? * * *)`.
    pub expression: String,
    /// Taken on creation only.
    pub tags: BTreeMap<String, String>,
}

/// A monitoring schedule as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitoringSchedule {
    pub name: String,
    pub arn: String,
    pub status: ScheduleStatus,
    /// `None` of an old schedule that carries its definition inline.
    pub kind: Option<MonitorType>,
    pub definition: Option<String>,
    pub expression: Option<String>,
    pub endpoint: Option<String>,
    /// Why it failed, as SageMaker says.
    pub failure: Option<String>,
    pub created_ms: i64,
    pub modified_ms: i64,
    pub tags: BTreeMap<String, String>,
}

/// The life of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleStatus {
    /// A change is under way; no other is taken meanwhile.
    Pending,
    Scheduled,
    Stopped,
    Failed,
}

/// One line of a listing of schedules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSchedule {
    pub name: String,
    pub status: ScheduleStatus,
    pub kind: Option<MonitorType>,
    pub endpoint: Option<String>,
    pub definition: Option<String>,
}

/// A page of schedules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchedulePage {
    pub schedules: Vec<ListedSchedule>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<String>,
}

/// Reads monitoring schedules.
pub trait ReadSchedules {
    /// Describes a schedule with its tags.
    fn describe_schedule(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<MonitoringSchedule, CallFailed>> + Send;

    /// Lists the schedules of one endpoint, or of the account, whoever made them.
    fn list_schedules(
        &self,
        endpoint: Option<&str>,
        from: Option<&str>,
    ) -> impl Future<Output = Result<SchedulePage, CallFailed>> + Send;
}

/// Changes monitoring schedules. Each change is taken at once and done later:
/// meanwhile the schedule is pending, and [`CallFailed::Busy`] answers the next.
pub trait ChangeSchedules {
    fn create_schedule(
        &self,
        spec: &ScheduleSpec,
    ) -> impl Future<Output = Result<(), CallFailed>> + Send;

    /// Gives a schedule another definition or expression; its history stays.
    fn update_schedule(
        &self,
        spec: &ScheduleSpec,
    ) -> impl Future<Output = Result<(), CallFailed>> + Send;

    fn start_schedule(&self, name: &str) -> impl Future<Output = Result<(), CallFailed>> + Send;

    /// Stops a schedule; an execution that runs ends by itself.
    fn stop_schedule(&self, name: &str) -> impl Future<Output = Result<(), CallFailed>> + Send;

    fn delete_schedule(&self, name: &str) -> impl Future<Output = Result<(), CallFailed>> + Send;
}

/// One execution of a schedule, as SageMaker lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitoringExecution {
    pub schedule: String,
    pub endpoint: Option<String>,
    pub kind: Option<MonitorType>,
    pub definition: Option<String>,
    /// Seconds since 1970; the end of the window, on the hour.
    pub scheduled_at: i64,
    pub created_at: i64,
    pub modified_at: i64,
    pub status: ExecutionStatus,
    /// ARN of the processing job; none where no container was started.
    pub job: Option<String>,
    /// As SageMaker says it.
    pub failure: Option<String>,
}

/// The life of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionStatus {
    Pending,
    InProgress,
    Completed,
    CompletedWithViolations,
    Failed,
    Stopping,
    Stopped,
}

impl ExecutionStatus {
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Pending | Self::InProgress | Self::Stopping)
    }
}

/// Which executions are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecutionQuery {
    pub schedule: Option<String>,
    pub endpoint: Option<String>,
    /// Seconds since 1970; executions scheduled at or after it.
    pub scheduled_from: Option<i64>,
    /// Executions scheduled at or before it.
    pub scheduled_to: Option<i64>,
}

/// A page of executions, the latest scheduled first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecutionPage {
    pub executions: Vec<MonitoringExecution>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<String>,
}

/// Lists what schedules have run.
pub trait ListExecutions {
    fn list_executions(
        &self,
        query: &ExecutionQuery,
        from: Option<&str>,
    ) -> impl Future<Output = Result<ExecutionPage, CallFailed>> + Send;
}
