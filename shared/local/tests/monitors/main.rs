//! Monitors: their definitions, schedules, executions and jobs, on one account.

#![expect(clippy::unwrap_used, reason = "a broken scene is a failed test")]

mod executions;
mod faults;
mod jobs;
mod refusals;
mod scene;
mod schedules;
