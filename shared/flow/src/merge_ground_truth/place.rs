//! Whose captures or labels an object holds.

use crate::Suite;
use crate::fault::unread;
use ports::{
    Address, EndpointRecord, EndpointRecords, Engine, GroundTruth, LabelForm, LabelFormat, Phase,
    Refusal, StatusBoard,
};
use settings::Effective;

/// An endpoint that awaits labels.
pub(super) struct Home {
    pub(super) record: EndpointRecord,
    pub(super) wanted: Effective,
    pub(super) kind: Kind,
}

/// What an object holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Captures { variant: String, hour: i64 },
    Labels,
}

impl Home {
    /// Whether labels that were written then may be of captures of this hour.
    pub(super) fn awaits(&self, hour: i64, written_at: i64) -> bool {
        (written_at - hour).abs() <= self.wanted.ground_truth.expiry
    }

    /// Returns the hours that may hold what something of this time awaits.
    pub(super) fn span(&self, at: i64) -> (i64, i64) {
        let expiry = self.wanted.ground_truth.expiry;
        (at - expiry - 3600, at + expiry)
    }

    pub(super) fn form(&self) -> LabelForm {
        let it = &self.wanted.ground_truth;
        LabelForm {
            format: match it.format {
                settings::LabelFormat::Auto => LabelFormat::Auto,
                settings::LabelFormat::Sagemaker => LabelFormat::Sagemaker,
                settings::LabelFormat::JsonLines => LabelFormat::JsonLines,
                settings::LabelFormat::Csv => LabelFormat::Csv,
                settings::LabelFormat::Parquet => LabelFormat::Parquet,
            },
            id: it.id_attribute.clone(),
            label: it.label_attribute.clone(),
            time: it.time_attribute.clone(),
        }
    }

    /// Whether labels are laid out for SageMaker's merge job: where the layout is any, and not AWS's.
    pub(super) fn relays(&self) -> bool {
        self.record.engine.runs == Engine::Sagemaker && self.wanted.ground_truth.s3_uri.is_some()
    }
}

/// Returns every endpoint that an object concerns; a capture concerns one.
pub(super) async fn homes<W, S>(suite: &Suite<'_, W, S>, at: &Address) -> Result<Vec<Home>, Refusal>
where
    S: EndpointRecords + StatusBoard + GroundTruth,
{
    // As S3's older notifications write it, a key may come encoded.
    let decoded = decoded(&at.key).map(|key| Address::new(at.bucket.as_str(), key));
    let spellings: Vec<&Address> = [Some(at), decoded.as_ref()].into_iter().flatten().collect();
    for at in &spellings {
        let Some(captured) = captured(&at.key) else { continue };
        let Some(home) = home(suite, captured.endpoint).await? else { continue };
        let place = home.record.capture.as_deref().and_then(Address::parse);
        if place.is_some_and(|it| it.bucket == at.bucket && lies_at(captured.folder, &it.key)) {
            let kind = Kind::Captures { variant: captured.variant.into(), hour: captured.hour };
            return Ok(vec![Home { kind, ..home }]);
        }
    }
    let is_file = !at.key.is_empty() && !at.key.ends_with('/');
    if !is_file || suite.shelves.is_own(at) {
        return Ok(Vec::new());
    }
    let lines = suite.shelves.status().await.map_err(unread("status not read"))?;
    let mut homes = Vec::new();
    for line in lines {
        let Some(home) = home(suite, &line.endpoint).await? else { continue };
        let place = home.wanted.labels_from().and_then(Address::parse);
        let below = |at: &&Address| {
            place.as_ref().is_some_and(|it| it.bucket == at.bucket && is_below(&at.key, &it.key))
        };
        if spellings.iter().any(below) {
            homes.push(home);
        }
    }
    Ok(homes)
}

/// Reads an endpoint that awaits labels; `None` of any other.
pub(super) async fn home<W, S>(
    suite: &Suite<'_, W, S>,
    endpoint: &str,
) -> Result<Option<Home>, Refusal>
where
    S: EndpointRecords,
{
    let held = suite.shelves.endpoint(endpoint).await;
    let held = held.map_err(unread("endpoint record not read"))?;
    let Some(record) = held.map(|it| it.value) else { return Ok(None) };
    // One that is only changing just now keeps its captures and labels.
    if matches!(record.phase, Phase::OptedOut | Phase::Gone) {
        return Ok(None);
    }
    let wanted = suite.settings.for_endpoint(endpoint, &record.tags);
    let awaits = wanted.labels_from().is_some();
    Ok(awaits.then_some(Home { record, wanted, kind: Kind::Labels }))
}

pub(super) struct Captured<'a> {
    pub(super) folder: &'a str,
    endpoint: &'a str,
    variant: &'a str,
    pub(super) hour: i64,
}

/// Reads `folder/endpoint/variant/yyyy/mm/dd/hh/file` (formats B.1).
pub(super) fn captured(key: &str) -> Option<Captured<'_>> {
    let mut parts = key.rsplitn(8, '/');
    let _file = parts.next().filter(|it| !it.is_empty())?;
    let mut number = |digits: usize| {
        let part = parts.next()?;
        (part.len() == digits).then(|| part.parse::<i16>().ok())?
    };
    let (hour, day, month, year) = (number(2)?, number(2)?, number(2)?, number(4)?);
    let (variant, endpoint) = (parts.next()?, parts.next()?);
    let folder = parts.next().unwrap_or_default();
    let small = |it: i16| i8::try_from(it).ok();
    let date = jiff::civil::Date::new(year, small(month)?, small(day)?).ok()?;
    let time = jiff::civil::Time::new(small(hour)?, 0, 0, 0).ok()?;
    let stamp = date.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Captured { folder, endpoint, variant, hour: stamp.timestamp().as_second() })
}

/// Whether a folder is the destination, with or without the slash that it may end with.
pub(super) fn lies_at(folder: &str, destination: &str) -> bool {
    folder.trim_end_matches('/') == destination.trim_end_matches('/')
}

fn is_below(key: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    folder.is_empty() || key.strip_prefix(folder).is_some_and(|it| it.starts_with('/'))
}

/// Decodes a key as forms are encoded; `None` where there is nothing to decode.
pub(super) fn decoded(key: &str) -> Option<String> {
    if !key.contains(['+', '%']) {
        return None;
    }
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        let code = tail.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        let code = code.and_then(|it| u8::from_str_radix(it, 16).ok());
        match (first, code) {
            (b'+', _) => bytes.push(b' '),
            (b'%', Some(code)) => {
                bytes.push(code);
                rest = &tail[2..];
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capture_keys_name_endpoint_and_hour() {
        #[track_caller]
        fn check(key: &str, expect: Option<(&str, &str, &str, i64)>) {
            let found = captured(key);
            let found = found.map(|it| (it.folder, it.endpoint, it.variant, it.hour));
            assert_eq!(found, expect, "{key}");
        }
        // The key of formats A.8.
        check(
            "capture/churn-prod/AllTraffic/2026/03/04/10/20-48-871-0b7bfd33.jsonl",
            Some(("capture", "churn-prod", "AllTraffic", 1_772_618_400)),
        );
        check("e/v/2026/03/04/10/f", Some(("", "e", "v", 1_772_618_400)));
        check("a/b//e/v/2026/03/04/10/f", Some(("a/b/", "e", "v", 1_772_618_400)));
        check("a/e/v/2026/02/30/10/f", None);
        check("a/e/v/2026/3/4/10/f", None);
        check("a/e/v/2026/03/04/24/f", None);
        check("a/e/v/2026/03/04/10/", None);
        check("labels/2026/03/04/10/f", None);
    }

    #[test]
    fn folders_are_whole_parts_of_keys() {
        assert!(is_below("labels/a.csv", "labels") && is_below("labels/a.csv", "labels/"));
        assert!(is_below("a.csv", "") && !is_below("labels-2/a.csv", "labels"));
        assert!(lies_at("capture", "capture/") && lies_at("capture/", "capture/"));
        assert!(!lies_at("capture/x", "capture"));
    }

    #[test]
    fn encoded_keys_are_decoded() {
        // The key of formats A.8's note on older notifications.
        assert_eq!(decoded("red+flower.jpg").as_deref(), Some("red flower.jpg"));
        assert_eq!(decoded("a%2Fb%zz").as_deref(), Some("a/b%zz"));
        assert_eq!(decoded("%ff"), None);
        assert_eq!(decoded("plain"), None);
    }
}
