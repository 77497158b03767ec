//! What a list asks for, over all operations that list.

use jiff::Timestamp;
use serde::Deserialize;

use super::MonitoringType;

/// A request of any `List…` of monitors, jobs and models; an operation looks at the members it has.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Query {
    pub name_contains: Option<String>,
    /// The spelling of the API, such as `Scheduled`.
    pub status_equals: Option<String>,
    pub endpoint_name: Option<String>,
    pub monitoring_schedule_name: Option<String>,
    pub monitoring_job_definition_name: Option<String>,
    pub monitoring_type_equals: Option<MonitoringType>,
    #[serde(deserialize_with = "super::epoch::option::deserialize")]
    pub creation_time_after: Option<Timestamp>,
    #[serde(deserialize_with = "super::epoch::option::deserialize")]
    pub creation_time_before: Option<Timestamp>,
    #[serde(deserialize_with = "super::epoch::option::deserialize")]
    pub last_modified_time_after: Option<Timestamp>,
    #[serde(deserialize_with = "super::epoch::option::deserialize")]
    pub last_modified_time_before: Option<Timestamp>,
    #[serde(deserialize_with = "super::epoch::option::deserialize")]
    pub scheduled_time_after: Option<Timestamp>,
    #[serde(deserialize_with = "super::epoch::option::deserialize")]
    pub scheduled_time_before: Option<Timestamp>,
    /// By time of creation unless told.
    pub sort_by: Option<SortBy>,
    /// Descending unless told, but ascending for processing jobs.
    pub sort_order: Option<SortOrder>,
    /// From 1 to 100; 10 unless told.
    pub max_results: Option<usize>,
    /// The token of the page before.
    pub next_token: Option<String>,
}

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum SortBy {
    Name,
    CreationTime,
    ScheduledTime,
    Status,
}

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum SortOrder {
    Ascending,
    Descending,
}
