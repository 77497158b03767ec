//! A stand-in for AWS on one machine: knows AWS from its documents and nothing of ours.
//!
//! One file per service, and each keeps its own state, takes the time as an argument or moves it itself, and draws
//! chance from a seed: same seed, same history.
//!
//! | file | what |
//! |---|---|
//! | [`account`] | all services of one account under one clock |
//! | [`template`] | `infra/template.yaml` → a [`template::Stack`] that the services open from |
//! | [`events`] | EventBridge and asynchronous Lambda: rules, schedules, retries, queues; moves the clock |
//! | [`pattern`], [`cron`] | the two languages of rules |
//! | [`states`] | Step Functions: state machines in Amazon States Language, run by the bus |
//! | [`queue`] | SQS as far as failed events need it |
//! | [`s3`], [`disk`] | objects with conditional writes and events, in memory and in a folder |
//! | [`sagemaker`], [`model`] | endpoints that serve a model and capture what they see; monitors and jobs that look at it |
//! | [`sns`], [`cloudwatch`] | what was published, what was measured |
//! | [`iam`] | who may do what, by the template's policies, and which grants nobody used |
//! | [`wire`], [`server`] | the protocols of AWS's clients, and a loopback server around them |
//! | [`faults`], [`random`], [`clock`], [`place`] | what goes wrong, by what chance, when and where |
//! | [`refused`] | refusals of the smaller services |

pub mod account;
pub mod clock;
pub mod cloudwatch;
pub mod cron;
pub mod disk;
pub mod events;
pub mod faults;
pub mod iam;
pub mod model;
pub mod pattern;
pub mod place;
pub mod queue;
pub mod random;
pub mod refused;
pub mod s3;
pub mod sagemaker;
pub mod server;
pub mod sns;
pub mod states;
pub mod template;
pub mod wire;
