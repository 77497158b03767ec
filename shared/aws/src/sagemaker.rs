//! The ports of SageMaker: endpoints, monitoring and jobs.

mod capture_switch;
mod definitions;
mod endpoints;
mod invoke;
mod jobs;
mod parts;
mod schedules;
mod tags;
