//! The engine `sagemaker`: AWS's own schedules, kept as the settings want them.

pub(crate) mod converge;
pub(crate) mod definition;
pub(crate) mod engine;
pub(crate) mod images;
pub(crate) mod names;
