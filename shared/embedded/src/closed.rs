//! SageMaker's monitors, as an account sees them that came too late for the
//! service: every question is answered, nothing is taken.

use crate::Aws;
use engine::monitor::MonitorType;
use ports::{
    CallFailed, CaptureWanted, ChangeDefinitions, ChangeSchedules, DefinitionPage, JobDefinition,
    MonitoringSchedule, ReadDefinitions, ReadSchedules, SchedulePage, ScheduleSpec, SwitchCapture,
    Trouble, WriteTags,
};
use std::collections::BTreeMap;

fn closed<T>() -> Result<T, CallFailed> {
    Err(CallFailed::Closed("Model Monitor takes no new customers".into()))
}

impl ReadDefinitions for Aws {
    async fn describe_definition(
        &self,
        _kind: MonitorType,
        _name: &str,
    ) -> Result<JobDefinition, CallFailed> {
        Err(CallFailed::Missing)
    }

    async fn list_definitions(
        &self,
        _kind: MonitorType,
        _endpoint: &str,
        _from: Option<&str>,
    ) -> Result<DefinitionPage, CallFailed> {
        Ok(DefinitionPage::default())
    }
}

impl ChangeDefinitions for Aws {
    async fn create_definition(&self, _definition: &JobDefinition) -> Result<(), CallFailed> {
        closed()
    }

    async fn delete_definition(&self, _kind: MonitorType, _name: &str) -> Result<(), CallFailed> {
        Err(CallFailed::Missing)
    }
}

impl ReadSchedules for Aws {
    async fn describe_schedule(&self, _name: &str) -> Result<MonitoringSchedule, CallFailed> {
        Err(CallFailed::Missing)
    }

    async fn list_schedules(
        &self,
        _endpoint: Option<&str>,
        _from: Option<&str>,
    ) -> Result<SchedulePage, CallFailed> {
        Ok(SchedulePage::default())
    }
}

impl ChangeSchedules for Aws {
    async fn create_schedule(&self, _spec: &ScheduleSpec) -> Result<(), CallFailed> {
        closed()
    }

    async fn update_schedule(&self, _spec: &ScheduleSpec) -> Result<(), CallFailed> {
        closed()
    }

    async fn start_schedule(&self, _name: &str) -> Result<(), CallFailed> {
        Err(CallFailed::Missing)
    }

    async fn stop_schedule(&self, _name: &str) -> Result<(), CallFailed> {
        Err(CallFailed::Missing)
    }

    async fn delete_schedule(&self, _name: &str) -> Result<(), CallFailed> {
        Err(CallFailed::Missing)
    }
}

impl WriteTags for Aws {
    async fn add_tags(
        &self,
        _arn: &str,
        _tags: &BTreeMap<String, String>,
    ) -> Result<(), CallFailed> {
        Err(CallFailed::Missing)
    }
}

impl SwitchCapture for Aws {
    async fn clone_config(
        &self,
        _config: &str,
        _name: &str,
        _capture: &CaptureWanted,
        _tags: &BTreeMap<String, String>,
    ) -> Result<(), CallFailed> {
        Err(CallFailed::Other(Trouble::lasting("capture is not switched on here")))
    }

    async fn use_config(&self, _endpoint: &str, _config: &str) -> Result<(), CallFailed> {
        Err(CallFailed::Other(Trouble::lasting("capture is not switched on here")))
    }
}
