//! Where the captures of a window lie.

use super::Job;
use crate::Suite;
use crate::kind::{Gathered, needs_labels, span};
use crate::sagemaker::definition::settings_type;
use crate::scan::list_all;
use engine::monitor::Monitor;
use engine::window::Window;
use ports::{Address, GroundTruth, ListObjects, Listed, Next, Refusal};

/// Returns the folders of one hour of captures; the hour is that of the invocation.
pub(crate) fn hour_prefixes(place: &Address, monitor: &Monitor, second: i64) -> Vec<Address> {
    let hour = hour_path(second);
    let of = folders(place, &monitor.endpoint, &monitor.variant).into_iter();
    of.map(|it| Address { key: format!("{}{hour}/", it.key), ..it }).collect()
}

/// Writes the hour of a time as the folders of captures do.
pub(crate) fn hour_path(second: i64) -> String {
    let stamp = jiff::Timestamp::from_second(second).unwrap_or_default();
    stamp.strftime("%Y/%m/%d/%H").to_string()
}

/// Returns the folders of a variant's captures, above its hours.
///
/// A destination that ends with a slash may stand in the keys with it or
/// without (formats B.1, J): both are looked at.
pub(crate) fn folders(place: &Address, endpoint: &str, variant: &str) -> Vec<Address> {
    let plain = place.key.trim_end_matches('/');
    let mut bases = vec![if plain.is_empty() { String::new() } else { format!("{plain}/") }];
    if plain != place.key && !plain.is_empty() {
        bases.push(format!("{plain}//"));
    }
    let prefix =
        |base: String| Address::new(place.bucket.as_str(), format!("{base}{endpoint}/{variant}/"));
    bases.into_iter().map(prefix).collect()
}

/// Lists what an execution of the job's type reads.
pub(super) async fn gather<W, S>(
    suite: &Suite<'_, W, S>,
    job: &Job<'_>,
) -> Result<Gathered, Refusal>
where
    W: ListObjects,
    S: GroundTruth,
{
    let place = job.record.capture.as_deref().and_then(Address::parse);
    let Some(place) = place else {
        return Err(Refusal::new(Next::CallOperator, "endpoint record names no capture")
            .fact("endpoint", &job.record.endpoint));
    };
    let kind = job.monitor.kind;
    let span = span(job.window, job.wanted.monitor(settings_type(kind)));
    let captures = within(suite, &place, job.monitor, span).await?;
    let mut merged = None;
    if needs_labels(kind) {
        let place = suite.shelves.merged_at();
        let objects = within(suite, &place, job.monitor, span).await?;
        merged = Some((place, objects));
    }
    Ok(Gathered { span, place, captures, merged })
}

/// Lists what lies in the folders of a window's hours.
pub(crate) async fn within<W, S>(
    suite: &Suite<'_, W, S>,
    place: &Address,
    monitor: &Monitor,
    window: Window,
) -> Result<Vec<Listed>, Refusal>
where
    W: ListObjects,
{
    let mut objects = Vec::new();
    let mut hour = window.start - window.start.rem_euclid(3600);
    while hour < window.end {
        for prefix in hour_prefixes(place, monitor, hour) {
            objects.extend(list_all(suite.world, &prefix).await?);
        }
        hour += 3600;
    }
    objects.retain(|it| 0 < it.size);
    Ok(objects)
}
