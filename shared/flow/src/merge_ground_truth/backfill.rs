//! Captures and labels that no event told of, or none that was heard.
//!
//! A look lists what lies where an endpoint's captures and labels arrive, and
//! hands over what no index holds: to the same path that an event of S3 takes,
//! and merged once however often it is handed over. A look is bounded by
//! settings, and the next one goes on where it stopped. Once it is through,
//! the next begins an hour later, with the last hours; once a day, with all.

use super::place::{Home, captured, decoded, lies_at};
use super::upload::GRACE;
use crate::analyze_window::{folders, hour_path};
use crate::digest::{digest, fingerprint};
use crate::fault::{failed, post, unread};
use crate::{Call, Suite};
use engine::event::{ObjectDue, SuiteEvent};
use ports::{
    Address, Backfill, Etag, GroundTruth, ListObjects, Listed, PostEvents, Refusal, Side,
    WriteFault,
};
use std::collections::BTreeMap;

/// Seconds between the begins of two looks.
const PAUSE: i64 = 3000;
/// What came this long before the last look is looked at again.
const OVERLAP: i64 = 6 * 3600;
/// All hours are looked at once in so long.
const DAY: i64 = 86_400;
/// Indexes that one look reads.
const MOST_INDEXES: usize = 200;

/// Where captures or labels of an endpoint arrive.
struct Folder {
    at: Address,
    side: Side,
}

/// What a look may still do.
struct Bounds {
    pages: usize,
    files: usize,
    indexes: usize,
}

/// What an index holds: fingerprints of keys with their tags, and when each was written.
type Noted = Vec<(u64, i64)>;

struct Look<'a> {
    home: &'a Home,
    now: i64,
    skew: i64,
    /// What was written before is not looked at.
    from: i64,
    left: Bounds,
    tags: BTreeMap<Side, BTreeMap<i64, Etag>>,
    noted: BTreeMap<(Side, i64), Noted>,
    handed: BTreeMap<u64, i64>,
    found: Vec<SuiteEvent>,
}

/// Looks for what was never merged, and hands it over; returns how many files.
pub(super) async fn look<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    home: &Home,
) -> Result<usize, Refusal>
where
    W: ListObjects + PostEvents,
    S: GroundTruth,
{
    let bounds = home.wanted.ground_truth.backfill;
    if bounds.back == 0 {
        return Ok(0);
    }
    let endpoint = &home.record.endpoint;
    let held = suite.shelves.backfill(endpoint).await.map_err(unread("backfill not read"))?;
    let all = all(home);
    let of = stamp(home, &all);
    let mut at = held.as_ref().map(|it| it.value.clone()).unwrap_or_default();
    if at.of != of {
        at = Backfill { of, expired: at.expired, ..Backfill::default() };
    }
    if at.began_at.is_none() && at.passed_at.is_some_and(|it| call.now < it + PAUSE) {
        return Ok(0);
    }
    let began = *at.began_at.get_or_insert(call.now);
    let is_whole = at.whole_at.is_none_or(|it| it + DAY <= began);
    let back = bounds.back.min(home.wanted.ground_truth.expiry);
    let last = at.passed_at.filter(|_| !is_whole);
    let mut look = Look {
        home,
        now: call.now,
        skew: suite.limits.skew,
        from: last.map_or(began - back, |it| (it - OVERLAP).max(began - back)),
        left: Bounds { pages: bounds.pages, files: bounds.files, indexes: MOST_INDEXES },
        tags: BTreeMap::new(),
        noted: BTreeMap::new(),
        handed: at.handed.iter().copied().filter(|(_, it)| call.now < it + DAY).collect(),
        found: Vec::new(),
    };
    let mut is_through = true;
    while let Some(folder) = all.get(at.folder) {
        is_through = look.folder(suite, folder, &mut at.after).await?;
        if !is_through {
            break;
        }
        (at.folder, at.after) = (at.folder + 1, None);
    }
    if is_through {
        let whole_at = if is_whole { Some(began) } else { at.whole_at };
        (at.began_at, at.folder, at.after) = (None, 0, None);
        (at.passed_at, at.whole_at) = (Some(began), whole_at);
    }
    let Look { found, handed, .. } = look;
    // Told before it is noted: what is told twice is merged once.
    post(suite.world, &found).await?;
    at.handed = handed.into_iter().collect();
    match suite.shelves.keep_backfill(endpoint, &at, held.as_ref().map(|it| &it.etag)).await {
        // Another look was faster: it notes its own way.
        Ok(_) | Err(WriteFault::Lost) => Ok(found.len()),
        Err(WriteFault::Other(trouble)) => Err(Refusal::of("backfill not written", trouble)),
    }
}

/// Returns all folders of an endpoint, captures first.
fn all(home: &Home) -> Vec<Folder> {
    let mut all = Vec::new();
    if let Some(place) = home.record.capture.as_deref().and_then(Address::parse) {
        for variant in &home.record.variants {
            let of = folders(&place, &home.record.endpoint, variant).into_iter();
            all.extend(of.map(|at| Folder { at, side: Side::Captures }));
        }
    }
    if let Some(mut at) = home.wanted.labels_from().and_then(Address::parse) {
        let plain = at.key.trim_end_matches('/').len();
        at.key.truncate(plain);
        if !at.key.is_empty() {
            at.key.push('/');
        }
        all.push(Folder { at, side: Side::Labels });
    }
    all
}

/// Hashes what a look depends on: where another begins, the last one says nothing.
fn stamp(home: &Home, all: &[Folder]) -> String {
    let mut parts: Vec<String> = all.iter().map(|it| it.at.uri()).collect();
    parts.push(format!("{:?}", home.form()));
    parts.push(home.wanted.ground_truth.backfill.back.to_string());
    parts.push(home.record.created_ms.to_string());
    digest(parts.iter().map(String::as_str))
}

impl Look<'_> {
    /// Goes on through a folder; `false` where a bound is reached before its end.
    async fn folder<W, S>(
        &mut self,
        suite: &Suite<'_, W, S>,
        folder: &Folder,
        after: &mut Option<String>,
    ) -> Result<bool, Refusal>
    where
        W: ListObjects,
        S: GroundTruth,
    {
        if after.is_none() && folder.side == Side::Captures {
            *after = Some(format!("{}{}", folder.at.key, hour_path(self.from)));
        }
        loop {
            if self.left.pages == 0 {
                return Ok(false);
            }
            self.left.pages -= 1;
            let page = suite.world.list(&folder.at, after.as_deref()).await;
            let page = page.map_err(|it| {
                failed("captures or labels not listed")(it).fact("prefix", folder.at.uri())
            })?;
            let more = page.more && !page.objects.is_empty();
            for it in page.objects {
                if !self.object(suite, folder, &it).await? {
                    return Ok(false);
                }
                *after = Some(it.key);
            }
            if !more {
                return Ok(true);
            }
        }
    }

    /// Hands an object over that no index holds; `false` where a bound does not let it.
    async fn object<W, S>(
        &mut self,
        suite: &Suite<'_, W, S>,
        folder: &Folder,
        it: &Listed,
    ) -> Result<bool, Refusal>
    where
        S: GroundTruth,
    {
        let at = Address::new(folder.at.bucket.as_str(), it.key.as_str());
        let is_old = it.modified < self.from;
        // Its event may be on its way.
        let is_new = self.now < it.modified + GRACE;
        if it.size == 0 || it.key.ends_with('/') || is_new || suite.shelves.is_own(&at) {
            return Ok(true);
        }
        let hours = match (folder.side, captured(&it.key)) {
            (Side::Captures, Some(of)) => vec![of.hour],
            (Side::Labels, of)
                if !is_old && !of.as_ref().is_some_and(|it| self.is_capture(&at, it.folder)) =>
            {
                vec![hour_of(it.modified), hour_of(it.modified + GRACE)]
            }
            _ => return Ok(true),
        };
        let tag = it.etag.0.trim_matches('"');
        let of = mark(&it.key, tag);
        let skew = self.skew;
        for hour in hours {
            let Some(noted) = self.noted(suite, folder.side, hour).await? else { return Ok(false) };
            let is_later = |at: i64| it.modified <= at + skew;
            let holds = |at: i64| folder.side == Side::Captures || is_later(at);
            if noted.iter().any(|(mark, at)| *mark == of && holds(*at)) {
                return Ok(true);
            }
        }
        let name = digest([at.bucket.as_str(), at.key.as_str(), tag, &it.modified.to_string()]);
        let name = fingerprint(&name);
        if self.handed.contains_key(&name) {
            return Ok(true);
        }
        if self.left.files == 0 {
            return Ok(false);
        }
        self.left.files -= 1;
        self.handed.insert(name, self.now);
        self.found.push(SuiteEvent::ObjectDue(ObjectDue {
            endpoint: self.home.record.endpoint.clone(),
            bucket: at.bucket,
            key: at.key,
            etag: tag.to_owned(),
            written_at: it.modified,
        }));
        Ok(true)
    }

    /// Whether a key below the labels' prefix lies where the endpoint captures.
    fn is_capture(&self, at: &Address, folder: &str) -> bool {
        let place = self.home.record.capture.as_deref().and_then(Address::parse);
        place.is_some_and(|it| it.bucket == at.bucket && lies_at(folder, &it.key))
    }

    /// Returns what an index holds; `None` where no more may be read.
    async fn noted<W, S>(
        &mut self,
        suite: &Suite<'_, W, S>,
        side: Side,
        hour: i64,
    ) -> Result<Option<&Noted>, Refusal>
    where
        S: GroundTruth,
    {
        if self.noted.contains_key(&(side, hour)) {
            return Ok(self.noted.get(&(side, hour)));
        }
        let endpoint = &self.home.record.endpoint;
        if !self.tags.contains_key(&side) {
            let from = self.from - 3600;
            let found = suite.shelves.index_hours(endpoint, side, from, self.now + 3600).await;
            let found = found.map_err(failed("indexes not listed"))?;
            self.tags.insert(side, found.into_iter().collect());
        }
        let Some(tag) = self.tags.get(&side).and_then(|it| it.get(&hour)) else {
            return Ok(Some(self.noted.entry((side, hour)).or_default()));
        };
        if self.left.indexes == 0 {
            return Ok(None);
        }
        self.left.indexes -= 1;
        let index = suite.shelves.index(endpoint, side, hour, Some(tag)).await;
        let index = index.map_err(unread("index not read"))?;
        let mut noted = Noted::new();
        for entry in index.iter().flat_map(|it| &it.value.entries) {
            let decoded = decoded(&entry.key);
            for key in [Some(entry.key.as_str()), decoded.as_deref()].into_iter().flatten() {
                noted.push((mark(key, &entry.etag), entry.written_at));
            }
        }
        Ok(Some(self.noted.entry((side, hour)).or_insert(noted)))
    }
}

fn mark(key: &str, tag: &str) -> u64 {
    fingerprint(&digest([key, tag]))
}

fn hour_of(at: i64) -> i64 {
    at.div_euclid(3600) * 3600
}
