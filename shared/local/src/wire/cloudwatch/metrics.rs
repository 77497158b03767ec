//! The operations of CloudWatch.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::Piece;
use crate::cloudwatch::{Datum, MOST_DATA, Metric, Statistics};
use crate::wire::{Call, fault::Fault, json::Members};

/// A call may ask for so many points (CloudWatch API reference, `GetMetricStatistics`).
const MOST_POINTS: i64 = 1440;
/// The namespace of SageMaker's own metrics.
const SAGEMAKER: &str = "AWS/SageMaker";
/// A sample may stand for so many of its kind.
const MOST_COUNT: f64 = 1000.0;
/// The longest period, in seconds: a year.
const LONGEST_PERIOD: i64 = 366 * 86_400;

pub(super) fn operate(
    call: &Call<'_>,
    operation: &str,
    input: Members<'_>,
) -> Result<Piece, Fault> {
    match operation {
        "PutMetricData" => put(call, input),
        "GetMetricStatistics" => statistics(call, input),
        "GetMetricData" => data(call, input),
        "ListMetrics" => list(call, input),
        other => Err(Fault::unknown(other)),
    }
}

fn refused(code: &str, message: impl Into<String>) -> Fault {
    Fault::new(400, code, message)
}

fn dimensions(input: Members<'_>) -> Result<BTreeMap<String, String>, Fault> {
    let pair = |it: Members<'_>| {
        Ok((it.required_text("Name")?.to_owned(), it.required_text("Value")?.to_owned()))
    };
    input.objects("Dimensions")?.into_iter().map(pair).collect()
}

fn put(call: &Call<'_>, input: Members<'_>) -> Result<Piece, Fault> {
    let namespace = input.required_text("Namespace")?;
    let mut data = Vec::new();
    for it in input.objects("MetricData")? {
        if it.get("StatisticValues").is_some() {
            return Err(refused("InvalidParameterValue", "StatisticValues is not in the stand-in"));
        }
        let datum = |value| -> Result<Datum, Fault> {
            Ok(Datum {
                name: it.required_text("MetricName")?.to_owned(),
                dimensions: dimensions(it)?,
                time: it.time("Timestamp")?,
                value,
                unit: it.text("Unit")?.map(str::to_owned),
            })
        };
        let (values, counts) = (it.numbers("Values")?, it.numbers("Counts")?);
        if let Some(value) = it.number("Value")? {
            data.push(datum(value)?);
        } else if values.is_empty() {
            return Err(refused("InvalidParameterCombination", "a datum needs Value or Values"));
        }
        for (at, value) in values.into_iter().enumerate() {
            let count = counts.get(at).copied().unwrap_or(1.0);
            if !(1.0..=MOST_COUNT).contains(&count) {
                return Err(refused(
                    "InvalidParameterValue",
                    format!("Counts go from 1 to {MOST_COUNT} here"),
                ));
            }
            for _ in 0..count as u64 {
                data.push(datum(value)?);
            }
            if MOST_DATA < data.len() {
                let message = format!("{MOST_DATA} numbers a call are kept here, counts included");
                return Err(refused("InvalidParameterValue", message));
            }
        }
    }
    call.account.call(|all, now| all.cloudwatch.put(now, namespace, &data))?;
    Ok(Piece::Map(Vec::new()))
}

/// What to summarise: a metric over periods of a span.
struct Asked {
    metric: Metric,
    start: Timestamp,
    end: Timestamp,
    period: SignedDuration,
}

impl Asked {
    fn new(metric: Metric, start: Timestamp, end: Timestamp, period: u64) -> Result<Self, Fault> {
        let period = i64::try_from(period).unwrap_or(i64::MAX);
        if !(1..=LONGEST_PERIOD).contains(&period)
            || (period % 60 != 0 && ![1, 5, 10, 20, 30].contains(&period))
        {
            return Err(refused(
                "InvalidParameterValue",
                "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.",
            ));
        }
        if end <= start {
            return Err(refused(
                "InvalidParameterValue",
                "The parameter StartTime must be less than the parameter EndTime.",
            ));
        }
        let points = end.duration_since(start).as_secs() / period;
        if MOST_POINTS < points {
            let message = format!(
                "You have requested up to {points} datapoints, which exceeds the limit of {MOST_POINTS}. \
                 You may reduce the datapoints requested by increasing Period, or decreasing the time range."
            );
            return Err(refused("InvalidParameterCombination", message));
        }
        Ok(Self { metric, start, end, period: SignedDuration::from_secs(period) })
    }

    fn points(&self, call: &Call<'_>) -> Vec<Statistics> {
        if self.metric.namespace == SAGEMAKER {
            return self.invocations(call);
        }
        call.account.call(|all, _| {
            all.cloudwatch.statistics(&self.metric, self.start, self.end, self.period)
        })
    }

    /// Summarises the invocations of a variant, of which SageMaker puts one sample of 1 each.
    fn invocations(&self, call: &Call<'_>) -> Vec<Statistics> {
        let dimension = |name: &str| self.metric.dimensions.get(name);
        let names = (dimension("EndpointName"), dimension("VariantName"));
        let (Some(endpoint), Some(variant)) = names else { return Vec::new() };
        if self.metric.name != "Invocations" {
            return Vec::new();
        }
        let period = self.period.as_secs();
        let aligned = self.start.as_second().div_euclid(period) * period;
        call.account.call(|all, _| {
            let mut found = Vec::new();
            let mut second = aligned;
            while second < self.end.as_second() {
                let (from, until) =
                    (Timestamp::from_second(second), Timestamp::from_second(second + period));
                let (Ok(from), Ok(until)) = (from, until) else { break };
                let until = until.min(self.end);
                let count = all.sagemaker.invocations(endpoint, variant, from, until).unwrap_or(0);
                if 0 < count {
                    let sum = count as f64;
                    found.push(Statistics {
                        start: from,
                        samples: count,
                        sum,
                        least: 1.0,
                        most: 1.0,
                    });
                }
                second += period;
            }
            found
        })
    }
}

fn value(point: &Statistics, statistic: &str) -> Option<f64> {
    Some(match statistic {
        "Sum" => point.sum,
        "SampleCount" => point.samples as f64,
        "Average" => point.sum / point.samples as f64,
        "Minimum" => point.least,
        "Maximum" => point.most,
        _ => return None,
    })
}

const STATISTICS: [&str; 5] = ["Sum", "SampleCount", "Average", "Minimum", "Maximum"];

fn statistics(call: &Call<'_>, input: Members<'_>) -> Result<Piece, Fault> {
    let metric = Metric {
        namespace: input.required_text("Namespace")?.to_owned(),
        name: input.required_text("MetricName")?.to_owned(),
        dimensions: dimensions(input)?,
    };
    let start = input.time("StartTime")?.ok_or_else(|| input.absent("StartTime"))?;
    let end = input.time("EndTime")?.ok_or_else(|| input.absent("EndTime"))?;
    let period = input.count("Period")?.ok_or_else(|| input.absent("Period"))?;
    let asked = Asked::new(metric, start, end, period)?;
    let wanted = input.texts("Statistics")?;
    let known: Vec<&'static str> =
        STATISTICS.into_iter().filter(|name| wanted.contains(name)).collect();
    if known.is_empty() || known.len() != wanted.len() {
        return Err(refused(
            "InvalidParameterValue",
            "Statistics must be some of SampleCount, Average, Sum, Minimum, Maximum; percentiles are not in the stand-in",
        ));
    }
    let unit = if asked.metric.namespace == SAGEMAKER { "Count" } else { "None" };
    let point = |point: &Statistics| {
        let mut members = vec![("Timestamp", Piece::Time(point.start))];
        members.extend(
            known.iter().filter_map(|name| Some((*name, Piece::Number(value(point, name)?)))),
        );
        members.push(("Unit", Piece::text(unit)));
        Piece::Map(members)
    };
    let points = asked.points(call).iter().map(point).collect();
    Ok(Piece::Map(vec![
        ("Label", Piece::text(asked.metric.name)),
        ("Datapoints", Piece::List(points)),
    ]))
}

fn data(call: &Call<'_>, input: Members<'_>) -> Result<Piece, Fault> {
    let start = input.time("StartTime")?.ok_or_else(|| input.absent("StartTime"))?;
    let end = input.time("EndTime")?.ok_or_else(|| input.absent("EndTime"))?;
    let descending = input.text("ScanBy")? != Some("TimestampAscending");
    let mut results = Vec::new();
    for query in input.objects("MetricDataQueries")? {
        let id = query.required_text("Id")?;
        let Some(stat) = query.object("MetricStat")? else {
            return Err(refused(
                "ValidationError",
                "expressions are not in the stand-in: use MetricStat",
            ));
        };
        let metric = stat.required_object("Metric")?;
        let metric = Metric {
            namespace: metric.required_text("Namespace")?.to_owned(),
            name: metric.required_text("MetricName")?.to_owned(),
            dimensions: dimensions(metric)?,
        };
        let statistic = stat.required_text("Stat")?;
        if !STATISTICS.contains(&statistic) {
            return Err(refused(
                "ValidationError",
                format!("Stat {statistic} is not in the stand-in"),
            ));
        }
        let period = stat.count("Period")?.ok_or_else(|| stat.absent("Period"))?;
        if query.flag("ReturnData")? == Some(false) {
            continue;
        }
        let label = query.text("Label")?.unwrap_or(&metric.name).to_owned();
        let mut points = Asked::new(metric, start, end, period)?.points(call);
        if descending {
            points.reverse();
        }
        let times = points.iter().map(|it| Piece::Time(it.start)).collect();
        let values = points.iter().filter_map(|it| value(it, statistic)).map(Piece::Number);
        results.push(Piece::Map(vec![
            ("Id", Piece::text(id)),
            ("Label", Piece::text(label)),
            ("Timestamps", Piece::List(times)),
            ("Values", Piece::List(values.collect())),
            ("StatusCode", Piece::text("Complete")),
        ]));
    }
    Ok(Piece::Map(vec![
        ("MetricDataResults", Piece::List(results)),
        ("Messages", Piece::List(Vec::new())),
    ]))
}

fn list(call: &Call<'_>, input: Members<'_>) -> Result<Piece, Fault> {
    let (namespace, name) = (input.text("Namespace")?, input.text("MetricName")?);
    let mut wanted = Vec::new();
    for it in input.objects("Dimensions")? {
        wanted.push((it.required_text("Name")?, it.text("Value")?));
    }
    let fits = |metric: &&Metric| {
        namespace.is_none_or(|it| it == metric.namespace)
            && name.is_none_or(|it| it == metric.name)
            && wanted.iter().all(|(name, value)| {
                let held = metric.dimensions.get(*name);
                held.is_some_and(|held| value.is_none_or(|value| value == held))
            })
    };
    let metrics = call.account.call(|all, _| {
        let metrics = all.cloudwatch.metrics().filter(fits).take(500).map(|metric| {
            let dimensions = metric.dimensions.iter().map(|(name, value)| {
                Piece::Map(vec![("Name", Piece::text(name)), ("Value", Piece::text(value))])
            });
            Piece::Map(vec![
                ("Namespace", Piece::text(&metric.namespace)),
                ("MetricName", Piece::text(&metric.name)),
                ("Dimensions", Piece::List(dimensions.collect())),
            ])
        });
        metrics.collect()
    });
    Ok(Piece::Map(vec![("Metrics", Piece::List(metrics))]))
}
