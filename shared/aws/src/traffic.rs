use crate::{Aws, failed::Failed};
use aws_sdk_cloudwatch::{
    primitives::DateTime,
    types::{Datapoint, Dimension, Statistic},
};
use engine::window::Window;
use ports::{CountTraffic, Trouble};

/// Points that one call gives (GetMetricStatistics, API reference).
const POINTS: i64 = 1440;
const MINUTE: i64 = 60;

impl CountTraffic for Aws {
    /// An idle variant has no points, as has one that nobody knows: both are `None`.
    async fn invocations(
        &self,
        endpoint: &str,
        variant: &str,
        window: Window,
    ) -> Result<Option<u64>, Trouble> {
        let dimension = |name, value| Dimension::builder().name(name).value(value).build();
        let found = self
            .cloudwatch()
            .get_metric_statistics()
            .namespace("AWS/SageMaker")
            .metric_name("Invocations")
            .dimensions(dimension("EndpointName", endpoint))
            .dimensions(dimension("VariantName", variant))
            .start_time(DateTime::from_secs(window.start))
            .end_time(DateTime::from_secs(window.end))
            .period(period(window))
            .statistics(Statistic::Sum)
            .send()
            .await
            .map_err(|why| Failed::of("GetMetricStatistics", &why).trouble())?;
        let sums = found.datapoints().iter().filter_map(Datapoint::sum);
        Ok(sums.reduce(|one, other| one + other).map(|it| it.round().max(0.0) as u64))
    }
}

/// Whole minutes, as few points as can be, none reaching over the window.
fn period(window: Window) -> i32 {
    let length = (window.end - window.start).max(MINUTE);
    let least = (length + POINTS * MINUTE - 1) / (POINTS * MINUTE) * MINUTE;
    let fits = |it: &i64| length % it == 0 && window.start % it == 0;
    let found = [86_400, 3600, 300].into_iter().find(|it| least <= *it && fits(it));
    found.unwrap_or(least) as i32
}
