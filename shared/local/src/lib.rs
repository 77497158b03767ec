//! A stand-in for AWS on one machine: knows AWS from its documents and nothing of ours.

pub mod clock;
pub mod cron;
pub mod disk;
pub mod events;
pub mod faults;
pub mod model;
pub mod pattern;
pub mod place;
pub mod queue;
pub mod random;
pub mod s3;
pub mod sagemaker;
pub mod template;
