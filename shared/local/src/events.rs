//! EventBridge and the asynchronous side of Lambda.

mod rule;

pub use rule::{Input, Retry, Rule, Target, Transformer};
