//! What SageMaker's executions found, as the suite's own.

pub(crate) mod failure;
