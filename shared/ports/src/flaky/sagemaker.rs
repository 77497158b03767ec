//! Faults on the calls to SageMaker's monitoring.

use super::{Fault, Flaky, trouble};
use crate::{
    CallFailed, CaptureWanted, ChangeDefinitions, ChangeSchedules, DefinitionPage, DescribeJobs,
    ExecutionPage, ExecutionQuery, InvokeAnswer, InvokeEndpoints, InvokeFailed, InvokeRequest,
    JobDefinition, JobSpec, ListExecutions, MonitoringSchedule, ProcessingJob, ReadDefinitions,
    ReadSchedules, ReadTags, SchedulePage, ScheduleSpec, StartJobs, StopJobs, SwitchCapture,
    WriteTags,
};
use engine::monitor::MonitorType;
use std::collections::BTreeMap;

fn failed(fault: Fault) -> CallFailed {
    CallFailed::Other(trouble(fault))
}

impl<W: ReadDefinitions + Send + Sync + 'static> ReadDefinitions for Flaky<W> {
    async fn describe_definition(
        &self,
        kind: MonitorType,
        name: &str,
    ) -> Result<JobDefinition, CallFailed> {
        let (inner, name) = (self.inner.clone(), name.to_owned());
        self.call(async move { inner.describe_definition(kind, &name).await }, failed).await
    }

    async fn list_definitions(
        &self,
        kind: MonitorType,
        endpoint: &str,
        from: Option<&str>,
    ) -> Result<DefinitionPage, CallFailed> {
        let (inner, endpoint, from) =
            (self.inner.clone(), endpoint.to_owned(), from.map(str::to_owned));
        let call = async move { inner.list_definitions(kind, &endpoint, from.as_deref()).await };
        self.call(call, failed).await
    }
}

impl<W: ChangeDefinitions + Send + Sync + 'static> ChangeDefinitions for Flaky<W> {
    async fn create_definition(&self, definition: &JobDefinition) -> Result<(), CallFailed> {
        let (inner, definition) = (self.inner.clone(), definition.clone());
        self.call(async move { inner.create_definition(&definition).await }, failed).await
    }

    async fn delete_definition(&self, kind: MonitorType, name: &str) -> Result<(), CallFailed> {
        let (inner, name) = (self.inner.clone(), name.to_owned());
        self.call(async move { inner.delete_definition(kind, &name).await }, failed).await
    }
}

impl<W: ReadSchedules + Send + Sync + 'static> ReadSchedules for Flaky<W> {
    async fn describe_schedule(&self, name: &str) -> Result<MonitoringSchedule, CallFailed> {
        let (inner, name) = (self.inner.clone(), name.to_owned());
        self.call(async move { inner.describe_schedule(&name).await }, failed).await
    }

    async fn list_schedules(
        &self,
        endpoint: Option<&str>,
        from: Option<&str>,
    ) -> Result<SchedulePage, CallFailed> {
        let inner = self.inner.clone();
        let (endpoint, from) = (endpoint.map(str::to_owned), from.map(str::to_owned));
        let call = async move { inner.list_schedules(endpoint.as_deref(), from.as_deref()).await };
        self.call(call, failed).await
    }
}

impl<W: ChangeSchedules + Send + Sync + 'static> ChangeSchedules for Flaky<W> {
    async fn create_schedule(&self, spec: &ScheduleSpec) -> Result<(), CallFailed> {
        let (inner, spec) = (self.inner.clone(), spec.clone());
        self.call(async move { inner.create_schedule(&spec).await }, failed).await
    }

    async fn update_schedule(&self, spec: &ScheduleSpec) -> Result<(), CallFailed> {
        let (inner, spec) = (self.inner.clone(), spec.clone());
        self.call(async move { inner.update_schedule(&spec).await }, failed).await
    }

    async fn start_schedule(&self, name: &str) -> Result<(), CallFailed> {
        let (inner, name) = (self.inner.clone(), name.to_owned());
        self.call(async move { inner.start_schedule(&name).await }, failed).await
    }

    async fn stop_schedule(&self, name: &str) -> Result<(), CallFailed> {
        let (inner, name) = (self.inner.clone(), name.to_owned());
        self.call(async move { inner.stop_schedule(&name).await }, failed).await
    }

    async fn delete_schedule(&self, name: &str) -> Result<(), CallFailed> {
        let (inner, name) = (self.inner.clone(), name.to_owned());
        self.call(async move { inner.delete_schedule(&name).await }, failed).await
    }
}

impl<W: ListExecutions + Send + Sync + 'static> ListExecutions for Flaky<W> {
    async fn list_executions(
        &self,
        query: &ExecutionQuery,
        from: Option<&str>,
    ) -> Result<ExecutionPage, CallFailed> {
        let (inner, query, from) = (self.inner.clone(), query.clone(), from.map(str::to_owned));
        self.call(async move { inner.list_executions(&query, from.as_deref()).await }, failed).await
    }
}

impl<W: StartJobs + Send + Sync + 'static> StartJobs for Flaky<W> {
    async fn start_job(&self, spec: &JobSpec) -> Result<(), CallFailed> {
        let (inner, spec) = (self.inner.clone(), spec.clone());
        self.call(async move { inner.start_job(&spec).await }, failed).await
    }
}

impl<W: DescribeJobs + Send + Sync + 'static> DescribeJobs for Flaky<W> {
    async fn describe_job(&self, name: &str) -> Result<ProcessingJob, CallFailed> {
        let (inner, name) = (self.inner.clone(), name.to_owned());
        self.call(async move { inner.describe_job(&name).await }, failed).await
    }
}

impl<W: StopJobs + Send + Sync + 'static> StopJobs for Flaky<W> {
    async fn stop_job(&self, name: &str) -> Result<(), CallFailed> {
        let (inner, name) = (self.inner.clone(), name.to_owned());
        self.call(async move { inner.stop_job(&name).await }, failed).await
    }
}

impl<W: ReadTags + Send + Sync + 'static> ReadTags for Flaky<W> {
    async fn tags(&self, arn: &str) -> Result<BTreeMap<String, String>, CallFailed> {
        let (inner, arn) = (self.inner.clone(), arn.to_owned());
        self.call(async move { inner.tags(&arn).await }, failed).await
    }
}

impl<W: WriteTags + Send + Sync + 'static> WriteTags for Flaky<W> {
    async fn add_tags(&self, arn: &str, tags: &BTreeMap<String, String>) -> Result<(), CallFailed> {
        let (inner, arn, tags) = (self.inner.clone(), arn.to_owned(), tags.clone());
        self.call(async move { inner.add_tags(&arn, &tags).await }, failed).await
    }
}

impl<W: SwitchCapture + Send + Sync + 'static> SwitchCapture for Flaky<W> {
    async fn clone_config(
        &self,
        config: &str,
        name: &str,
        capture: &CaptureWanted,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), CallFailed> {
        let (inner, config, name) = (self.inner.clone(), config.to_owned(), name.to_owned());
        let (capture, tags) = (capture.clone(), tags.clone());
        let call = async move { inner.clone_config(&config, &name, &capture, &tags).await };
        self.call(call, failed).await
    }

    async fn use_config(&self, endpoint: &str, config: &str) -> Result<(), CallFailed> {
        let (inner, endpoint, config) =
            (self.inner.clone(), endpoint.to_owned(), config.to_owned());
        self.call(async move { inner.use_config(&endpoint, &config).await }, failed).await
    }
}

impl<W: InvokeEndpoints + Send + Sync + 'static> InvokeEndpoints for Flaky<W> {
    async fn invoke(&self, request: &InvokeRequest) -> Result<InvokeAnswer, InvokeFailed> {
        let (inner, request) = (self.inner.clone(), request.clone());
        let fail = |fault| InvokeFailed::Other(trouble(fault));
        self.call(async move { inner.invoke(&request).await }, fail).await
    }

    async fn rest(&self, millis: u64) {
        self.inner.rest(millis).await;
    }
}
