use crate::Trouble;
use engine::window::Window;
use std::future::Future;

/// One number for CloudWatch.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Such as `aws/sagemaker/Endpoints/data-metrics` or `Vigil`.
    pub namespace: &'static str,
    pub name: String,
    /// Names of things, never captured values.
    pub dimensions: Vec<(&'static str, String)>,
    /// Seconds since 1970.
    pub at: i64,
    pub value: f64,
    /// AWS's unit word: `Count`, `None`, `Seconds`.
    pub unit: &'static str,
}

/// Puts metrics.
pub trait PutMetrics {
    fn put_metrics(&self, metrics: &[Metric]) -> impl Future<Output = Result<(), Trouble>> + Send;
}

/// Tells how often a variant was invoked.
pub trait CountTraffic {
    /// Counts the invocations of a variant in a window; `None` where no number is known.
    fn invocations(
        &self,
        endpoint: &str,
        variant: &str,
        window: Window,
    ) -> impl Future<Output = Result<Option<u64>, Trouble>> + Send;
}
