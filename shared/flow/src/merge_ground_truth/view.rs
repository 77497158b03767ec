//! The view of an hour: one line for each inference that has a label.

use super::place::Home;
use crate::fault::{failed, unread};
use crate::{Call, Suite};
use ports::{
    GroundTruth, HourTruth, LABEL_DELAYS, Next, Pair, Refusal, Side, TruthHour, WriteFault,
};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// Times that a view is written against others.
const TRIES: u32 = 32;

/// What the parts of an hour say of one inference.
struct Held<'a> {
    pair: &'a Pair,
    /// Pairs of other labels.
    lost: Vec<&'a Pair>,
}

impl Held<'_> {
    /// Counts the labels beyond that of the pair.
    fn others(&self) -> u64 {
        self.pair.others + self.lost.iter().map(|it| 1 + it.others).sum::<u64>()
    }

    fn conflict(&self) -> bool {
        let contradicts = |it: &&Pair| it.conflict || it.value != self.pair.value;
        self.pair.conflict || self.lost.iter().any(contradicts)
    }
}

/// Makes the view what the parts say; returns the hour's numbers and whether the view changed.
pub(super) async fn bring<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    home: &Home,
    of: &TruthHour,
) -> Result<(HourTruth, bool), Refusal>
where
    S: GroundTruth,
{
    for _ in 0..TRIES {
        // The view is read first: a part that comes later brings its own writer.
        let view = suite.shelves.view(of).await.map_err(unread("view not read"))?;
        let relaid = if home.relays() {
            suite.shelves.relaid(of).await.map_err(unread("labels not read"))?
        } else {
            None
        };
        let parts = parts(suite, of).await?;
        let count = parts.len() as u64;
        let held = fold(&parts);
        let mut pairs: Vec<&Pair> = held.values().map(|it| it.pair).collect();
        pairs.sort_by(|a, b| {
            let key = |it: &Pair| it.captured.at;
            key(a).cmp(&key(b)).then_with(|| a.captured.event.cmp(&b.captured.event))
        });
        let changed = match suite.shelves.show(of, &pairs, count, view.as_ref()).await {
            Ok(changed) => changed,
            Err(WriteFault::Lost) => continue,
            Err(WriteFault::Other(trouble)) => {
                return Err(Refusal::of("view not written", trouble));
            }
        };
        if home.relays() {
            match suite.shelves.relay(of, &pairs, count, relaid.as_ref()).await {
                Ok(_) => {}
                Err(WriteFault::Lost) => continue,
                Err(WriteFault::Other(trouble)) => {
                    return Err(Refusal::of("labels not laid out", trouble));
                }
            }
        }
        let captured = captured(suite, of).await?;
        let truth = numbers(call, of, &held, count, captured);
        return Ok((truth, changed));
    }
    Err(Refusal::new(Next::TryAgain, "view changes faster than it can be written")
        .fact("endpoint", &of.endpoint)
        .fact("hour", of.hour))
}

async fn parts<W, S>(
    suite: &Suite<'_, W, S>,
    of: &TruthHour,
) -> Result<Vec<Arc<Vec<Pair>>>, Refusal>
where
    S: GroundTruth,
{
    let names = suite.shelves.part_names(of).await.map_err(failed("parts not listed"))?;
    let mut parts = Vec::with_capacity(names.len());
    for name in names {
        let part = suite.shelves.part(of, &name).await.map_err(unread("part not read"))?;
        parts.extend(part);
    }
    Ok(parts)
}

/// Takes every inference once, with the greatest of its labels.
fn fold(parts: &[Arc<Vec<Pair>>]) -> BTreeMap<&str, Held<'_>> {
    let mut held: BTreeMap<&str, Held<'_>> = BTreeMap::new();
    for pair in parts.iter().flat_map(|it| it.iter()) {
        match held.entry(pair.captured.event.as_str()) {
            Entry::Vacant(place) => {
                place.insert(Held { pair, lost: Vec::new() });
            }
            Entry::Occupied(mut place) => {
                let it = place.get_mut();
                let order = |it: &'_ Pair| (it.rank.clone(), it.captured.line.clone());
                let mut other = pair;
                if order(it.pair) < order(pair) {
                    other = std::mem::replace(&mut it.pair, pair);
                }
                // The same label on a second copy of the capture is no second label.
                let known = |at: &Pair| at.rank == other.rank;
                if !known(it.pair) && !it.lost.iter().any(|at| known(at)) {
                    it.lost.push(other);
                }
            }
        }
    }
    held
}

/// Counts the inferences that were captured, each once.
async fn captured<W, S>(suite: &Suite<'_, W, S>, of: &TruthHour) -> Result<u64, Refusal>
where
    S: GroundTruth,
{
    let index = suite.shelves.index(&of.endpoint, Side::Captures, of.hour, None).await;
    let Some(index) = index.map_err(unread("index not read"))? else { return Ok(0) };
    let entries = index.value.entries.iter().filter(|it| it.variant == of.variant);
    let events = entries.map(|it| if it.events.is_empty() { &it.ids } else { &it.events });
    Ok(super::upload::union(events.map(Vec::as_slice)).len() as u64)
}

fn numbers(
    call: &Call<'_>,
    of: &TruthHour,
    held: &BTreeMap<&str, Held<'_>>,
    parts: u64,
    captured: u64,
) -> HourTruth {
    let mut truth = HourTruth {
        hour: of.hour,
        captured,
        matched: held.len() as u64,
        parts,
        changed_at: call.now,
        ..HourTruth::default()
    };
    for it in held.values() {
        truth.duplicates += it.others();
        truth.conflicts += u64::from(it.conflict());
        let took = it.pair.rank.written_at - it.pair.captured.at.unwrap_or(of.hour);
        truth.delays[LABEL_DELAYS.partition_point(|bound| *bound < took)] += 1;
    }
    truth
}
