//! SageMaker: endpoints that go in service, serve a model, capture what they serve, and go away; the monitors that look
//! at what was captured; processing jobs.
//!
//! Time moves only by the `now` of a call. [`SageMaker::advance`] does what has come due since: states change, capture
//! files close. Changes wait in [`SageMaker::take_events`], capture files in [`SageMaker::take_uploads`]. What needs
//! other services, such as executions and jobs, happens in [`SageMaker::work`].

mod agenda;
mod announcement;
mod capture;
mod closed;
mod config;
mod container;
mod control;
mod definitions;
mod executions;
mod expression;
mod invocation;
mod limits;
mod listing;
mod merge;
mod metrics;
mod models;
mod plan;
mod processing;
mod record;
mod refusal;
mod rights;
mod schedules;
pub mod shape;
mod tags;
mod work;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value;

use self::{
    agenda::Due,
    capture::Captures,
    invocation::Counts,
    processing::Job,
    schedules::Schedule,
    shape::{CreateModel, JobDefinition, MonitoringExecution, MonitoringType},
};
pub use self::{
    capture::Upload,
    closed::Closed,
    config::{CaptureMode, DataCaptureConfig, EndpointConfig, ProductionVariant},
    container::{ContainerEnd, ContainerTask, Containers},
    control::{
        CaptureStatus, CaptureSummary, EndpointDescription, EndpointSummary, Listing, NamePage,
        VariantSummary,
    },
    invocation::{Batch, Request, Response, Row},
    metrics::JobMetrics,
    refusal::{Code, Refused},
};
use crate::{
    faults::Faults,
    model::{Scorer, Scratch},
    place::Place,
    random::Random,
};

/// How long things take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub creating: Duration,
    pub updating: Duration,
    pub deleting: Duration,
    /// A capture file closes after a time drawn between these two, and at the end of its hour.
    pub shortest_file: Duration,
    pub longest_file: Duration,
    /// From the end of a capture file to its object in the bucket.
    pub upload: Duration,
    /// How long a monitoring schedule is pending after a change.
    pub scheduling: Duration,
    /// How long a monitoring schedule takes to go away.
    pub unscheduling: Duration,
    /// From the making of a processing job to its start.
    pub provisioning: Duration,
    /// How long a container runs that does not say.
    pub running: Duration,
    /// From the call that stops a processing job to its end.
    pub stopping: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            creating: Duration::from_mins(4),
            updating: Duration::from_mins(6),
            deleting: Duration::from_mins(1),
            shortest_file: Duration::from_mins(5),
            longest_file: Duration::from_mins(15),
            upload: Duration::from_secs(32),
            scheduling: Duration::from_secs(30),
            unscheduling: Duration::from_secs(30),
            // As in a real job of model quality (sagemaker-formats A.4).
            provisioning: Duration::from_secs(290),
            running: Duration::from_secs(290),
            stopping: Duration::from_secs(30),
        }
    }
}

impl Pace {
    /// A pace for the impatient: everything takes about a second.
    pub fn fast() -> Self {
        Self {
            creating: Duration::from_secs(1),
            updating: Duration::from_secs(1),
            deleting: Duration::from_millis(500),
            shortest_file: Duration::from_secs(1),
            longest_file: Duration::from_secs(2),
            upload: Duration::from_millis(500),
            scheduling: Duration::from_millis(500),
            unscheduling: Duration::from_millis(500),
            provisioning: Duration::from_secs(1),
            running: Duration::from_secs(1),
            stopping: Duration::from_millis(500),
        }
    }
}

/// The state of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointStatus {
    Creating,
    InService,
    Updating,
    Deleting,
    Failed,
}

impl EndpointStatus {
    /// Returns the spelling of the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::InService => "InService",
            Self::Updating => "Updating",
            Self::Deleting => "Deleting",
            Self::Failed => "Failed",
        }
    }

    /// Returns the spelling of the events, which differs from the API's.
    pub fn event_name(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::InService => "IN_SERVICE",
            Self::Updating => "UPDATING",
            Self::Deleting => "DELETING",
            Self::Failed => "FAILED",
        }
    }
}

/// SageMaker in one account and region.
pub struct SageMaker {
    place: Place,
    pace: Pace,
    faults: Faults,
    /// Draws event ids.
    ids: Random,
    /// Draws variants.
    routes: Random,
    models: BTreeMap<String, Model>,
    configs: BTreeMap<String, Arc<EndpointConfig>>,
    endpoints: BTreeMap<String, Endpoint>,
    tags: BTreeMap<String, BTreeMap<String, String>>,
    /// Draws how late executions begin, and the hour of schedules that do not say theirs.
    delays: Random,
    /// Draws the digits in the names of jobs.
    suffixes: Random,
    definitions: BTreeMap<(MonitoringType, String), Arc<JobDefinition>>,
    schedules: BTreeMap<String, Schedule>,
    most_schedules: Option<usize>,
    closed: Option<Closed>,
    executions: Vec<MonitoringExecution>,
    /// The places of the executions of a schedule among all, the oldest first.
    history: BTreeMap<String, Vec<usize>>,
    jobs: BTreeMap<String, Job>,
    metrics: Vec<JobMetrics>,
    /// What comes due and needs no other service.
    agenda: BTreeSet<(Timestamp, Due)>,
    /// What comes due and needs S3 or a container.
    world: BTreeSet<(Timestamp, Due)>,
    /// Calls that are applied late, by number.
    late: BTreeMap<u64, Late>,
    calls: u64,
    captures: Captures,
    counts: Counts,
    scratch: Scratch,
    /// The id of the record being written.
    event_id: String,
    events: Vec<Value>,
}

/// A call that is applied late.
type Late = Box<dyn FnOnce(&mut SageMaker, Timestamp) + Send>;

/// A registered model.
#[derive(Clone)]
struct Model {
    arn: String,
    request: CreateModel,
    created: Timestamp,
    /// What endpoints run, or why they cannot.
    container: Result<Arc<Scorer>, String>,
}

/// A config and the containers of its variants, in the order of the variants.
#[derive(Debug, Clone)]
struct Fleet {
    config: Arc<EndpointConfig>,
    containers: Vec<Result<Arc<Scorer>, String>>,
}

#[derive(Debug, Clone)]
struct Endpoint {
    name: String,
    arn: String,
    status: EndpointStatus,
    failure: Option<String>,
    fleet: Fleet,
    /// What serves after the update in progress.
    next: Option<Fleet>,
    /// When the state changes by itself.
    due: Option<Timestamp>,
    created: Timestamp,
    modified: Timestamp,
    capture_stopped: bool,
}

impl Endpoint {
    /// Returns the capture settings where capture runs.
    fn capturing(&self) -> Option<&DataCaptureConfig> {
        let capture = self.fleet.config.capture.as_ref()?;
        (capture.enable && !self.capture_stopped).then_some(capture)
    }
}

impl fmt::Debug for SageMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SageMaker")
            .field("endpoints", &self.endpoints)
            .field("definitions", &self.definitions)
            .field("schedules", &self.schedules)
            .field("jobs", &self.jobs)
            .field("tags", &self.tags)
            .finish_non_exhaustive()
    }
}

impl SageMaker {
    /// Opens an empty account; the seed decides ids, routes and samples.
    pub fn new(place: Place, pace: Pace, seed: u64, faults: Faults) -> Self {
        Self {
            place,
            pace,
            ids: Random::named(seed, "sagemaker ids"),
            routes: Random::named(seed, "sagemaker routes"),
            captures: Captures::new(pace, seed, faults.clone()),
            faults,
            models: BTreeMap::new(),
            configs: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            tags: BTreeMap::new(),
            delays: Random::named(seed, "sagemaker delays"),
            suffixes: Random::named(seed, "sagemaker suffixes"),
            definitions: BTreeMap::new(),
            schedules: BTreeMap::new(),
            most_schedules: None,
            closed: None,
            executions: Vec::new(),
            history: BTreeMap::new(),
            jobs: BTreeMap::new(),
            metrics: Vec::new(),
            agenda: BTreeSet::new(),
            world: BTreeSet::new(),
            late: BTreeMap::new(),
            calls: 0,
            counts: Counts::default(),
            scratch: Scratch::default(),
            event_id: String::new(),
            events: Vec::new(),
        }
    }

    /// Returns what the faults of the control plane and of capture have done so far.
    pub fn happened(&self) -> crate::faults::Happened {
        let captures_delayed = self.captures.happened().captures_delayed;
        crate::faults::Happened { captures_delayed, ..self.faults.happened() }
    }

    /// Does everything that has come due, in the order of its time.
    pub fn advance(&mut self, now: Timestamp) {
        while let Some((due, name)) = self.next_change().filter(|change| change.0 <= now) {
            self.change_state(due, &name);
        }
        self.captures.close_due(now);
        self.advance_monitors(now);
    }

    /// Returns when [`SageMaker::advance`] next has something to do, or an upload comes due.
    pub fn next_due(&self) -> Option<Timestamp> {
        let change = self.next_change().map(|change| change.0);
        let first = |set: &BTreeSet<(Timestamp, Due)>| set.first().map(|it| it.0);
        let monitors = [first(&self.agenda), first(&self.world)];
        [change, self.captures.next_due()].into_iter().chain(monitors).flatten().min()
    }

    /// Takes the events that changes have caused since the last time, in order.
    pub fn take_events(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.events)
    }

    /// Takes the capture files that have reached the time of their upload; the host puts them in their buckets.
    pub fn take_uploads(&mut self, now: Timestamp) -> VecDeque<Upload> {
        self.advance(now);
        self.captures.take_uploads(now)
    }

    /// Stops the capture of an endpoint, as a full disk does; updating the endpoint starts it again.
    pub fn stop_capture(&mut self, endpoint: &str) {
        if let Some(endpoint) = self.endpoints.get_mut(endpoint) {
            endpoint.capture_stopped = true;
        }
    }

    fn next_change(&self) -> Option<(Timestamp, String)> {
        let due = self.endpoints.values().filter_map(|it| it.due.map(|due| (due, &it.name)));
        due.min().map(|(due, name)| (due, name.clone()))
    }

    fn change_state(&mut self, at: Timestamp, name: &str) {
        let Some(endpoint) = self.endpoints.get_mut(name) else { return };
        endpoint.due = None;
        endpoint.modified = at;
        if endpoint.status == EndpointStatus::Deleting {
            self.tags.remove(&endpoint.arn);
            self.endpoints.remove(name);
            return;
        }
        if let Some(next) = endpoint.next.take() {
            endpoint.fleet = next;
            endpoint.capture_stopped = false;
            self.captures.close(name);
        }
        let broken = endpoint.fleet.containers.iter().find_map(|it| it.as_ref().err());
        endpoint.failure = broken.cloned();
        endpoint.status = if endpoint.failure.is_some() {
            EndpointStatus::Failed
        } else {
            EndpointStatus::InService
        };
        self.announce(at, name);
    }

    fn announce(&mut self, at: Timestamp, name: &str) {
        if let Some(endpoint) = self.endpoints.get(name) {
            let tags = self.tags.get(&endpoint.arn);
            let event = announcement::endpoint(&self.place, &mut self.ids, at, endpoint, tags);
            self.events.push(event);
        }
    }
}
