//! Whether captures arrive, and switching them on.

use super::decision::destination;
use crate::analyze_window::hour_prefixes;
use crate::fault::failed;
use crate::sagemaker::names::{MANAGED, PREFIX, hashed};
use crate::{Call, Suite};
use engine::monitor::{Monitor, MonitorType};
use engine::window::Window;
use ports::{
    BlockedWhy, CallFailed, CaptureWanted, CountTraffic, Endpoint, EndpointRecord, EndpointStatus,
    ListObjects, Phase, Refusal, SwitchCapture,
};
use settings::Effective;
use std::collections::BTreeMap;

/// Captures older than this, with requests since, are lost.
const PATIENCE: i64 = 2 * 3600;
/// Requests that ought to have been captured before none means that none arrive.
const EXPECTED: f64 = 20.0;

/// Whether requests came in for hours and no capture has arrived of any variant.
///
/// Once it is so, it stays so until a capture arrives.
pub(super) async fn is_missing<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    endpoint: &Endpoint,
    record: &EndpointRecord,
    before: Option<&EndpointRecord>,
) -> Result<bool, Refusal>
where
    W: ListObjects + CountTraffic,
{
    if call.now < endpoint.modified_ms / 1000 + PATIENCE + 3600 {
        return Ok(false);
    }
    let place = endpoint.capture.as_ref().and_then(|it| destination(&it.destination));
    let Some(place) = place else { return Ok(false) };
    let until = call.now - call.now.rem_euclid(3600);
    for variant in &record.variants {
        let kind = MonitorType::DataQuality;
        let monitor = Monitor { endpoint: endpoint.name.clone(), variant: variant.clone(), kind };
        for hour in [until, until - 3600, until - 2 * 3600] {
            for prefix in hour_prefixes(&place, &monitor, hour) {
                let page = suite.world.list(&prefix, None).await;
                let page = page.map_err(failed("captures not listed"))?;
                if !page.objects.is_empty() {
                    return Ok(false);
                }
            }
        }
    }
    let known = Phase::Blocked(BlockedWhy::CaptureNotDelivering);
    if before.is_some_and(|it| it.phase == known && it.created_ms == record.created_ms) {
        return Ok(true);
    }
    let share = f64::from(record.sampling_percent) / 100.0;
    let window = Window { start: until - PATIENCE, end: until };
    for variant in &record.variants {
        let count = suite.world.invocations(&endpoint.name, variant, window).await;
        let count = count.map_err(failed("traffic not counted"))?;
        if count.is_some_and(|it| EXPECTED <= it as f64 * share) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Switches capture on where it is off and the settings ask for it; tells
/// whether it did.
///
/// The new config is the old one with a capture, under a name that says so.
pub(super) async fn switch_on<W, S>(
    suite: &Suite<'_, W, S>,
    endpoint: &Endpoint,
    wanted: &Effective,
    phase: Phase,
) -> Result<bool, Refusal>
where
    W: SwitchCapture,
{
    let is_off = matches!(phase, Phase::Blocked(BlockedWhy::CaptureOff | BlockedWhy::CaptureLost));
    let switch = &wanted.capture;
    let Some(place) = switch.destination_s3_uri.as_deref().filter(|_| is_off && switch.switch_on)
    else {
        return Ok(false);
    };
    if endpoint.status != EndpointStatus::InService {
        return Ok(false);
    }
    let capture = CaptureWanted {
        sampling_percent: switch.sampling_percent,
        destination: place.trim_end_matches('/').into(),
        kms_key: wanted.network.kms_key_id.clone(),
    };
    let stem = format!("{PREFIX}{}-capture", endpoint.name);
    let name = hashed(&stem, [endpoint.config.as_str(), &format!("{capture:?}")]);
    let mut tags: BTreeMap<String, String> = wanted.network.tags.clone();
    tags.insert(MANAGED.into(), "true".into());
    tags.insert("vigil:endpoint".into(), endpoint.name.clone());
    match suite.world.clone_config(&endpoint.config, &name, &capture, &tags).await {
        Ok(()) | Err(CallFailed::Exists) => {}
        Err(CallFailed::Busy(_)) => return Ok(false),
        Err(other) => {
            return Err(failed("endpoint config not copied")(other.trouble())
                .fact("config", &endpoint.config));
        }
    }
    match suite.world.use_config(&endpoint.name, &name).await {
        Ok(()) => Ok(true),
        Err(CallFailed::Busy(_)) => Ok(false),
        Err(other) => {
            Err(failed("endpoint not updated")(other.trouble()).fact("endpoint", &endpoint.name))
        }
    }
}
