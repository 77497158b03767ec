use std::{borrow::Cow, hint::black_box};

use super::{
    Claims,
    labels::{Entry, Key, Labels},
};

/// Labels by id: the last one of each.
///
/// A table of open addressing over the packed labels, at most seven tenths full:
/// about 12 bytes a label beside the labels themselves. Ids are compared in full.
#[derive(Debug, Clone)]
pub struct LabelIndex {
    labels: Labels,
    /// Twenty bits of the hash, the chunk, the place in it; [`EMPTY`] where nothing is.
    slots: Vec<u64>,
    /// Labels that say again what one before them said.
    pub duplicates: u64,
    /// Labels that say other than the one that counted before them.
    pub conflicts: u64,
    distinct: usize,
}

/// Where a label is in its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(pub(super) usize);

/// A label that met no inference.
#[derive(Debug, Clone, Copy)]
pub struct Orphan<'a>(Entry<'a>);

const EMPTY: u64 = u64::MAX;
/// How many ids wait for memory together.
const BATCH: usize = 64;
const OFFSET_BITS: u32 = 24;
const CHUNK_BITS: u32 = 20;

impl LabelIndex {
    pub fn new(labels: Labels) -> Self {
        let size = labels.len() + labels.len() * 3 / 7 + 1;
        let (duplicates, conflicts, distinct) = Default::default();
        let mut index = Self {
            labels: Labels::default(),
            slots: vec![EMPTY; size],
            duplicates,
            conflicts,
            distinct,
        };
        let mut batch = Vec::with_capacity(BATCH);
        for (i, chunk) in labels.chunks.iter().enumerate() {
            let mut offset = 0;
            while offset < chunk.len() {
                let entry = labels.entry(i, offset);
                batch.push((entry, entry.hash(), i, offset));
                offset += entry.size;
                if batch.len() == BATCH || offset == chunk.len() {
                    touch(batch.iter().map(|it| index.slots[index.home(it.1)]));
                    for (entry, hash, chunk, offset) in batch.drain(..) {
                        index.insert(&labels, &entry, hash, chunk, offset);
                    }
                }
            }
        }
        drop(batch);
        index.labels = labels;
        index
    }

    /// Returns how many ids have labels.
    pub fn len(&self) -> usize {
        self.distinct
    }

    pub fn is_empty(&self) -> bool {
        self.distinct == 0
    }

    /// Returns how many labels there were, repeated ones too.
    pub fn read(&self) -> usize {
        self.labels.len()
    }

    /// Returns the label of an id.
    pub fn find(&self, id: &[u8]) -> Option<Place> {
        let key = Key::of(id);
        self.find_hashed(&key, key.hash(id), id)
    }

    /// Appends the labels of many ids to `found`, in their order: what memory a batch
    /// of them needs is asked for at once, for most of the time goes into waiting.
    pub fn find_all<'a>(
        &self,
        ids: impl Iterator<Item = Cow<'a, [u8]>>,
        found: &mut Vec<Option<Place>>,
    ) {
        let mut ids = ids.peekable();
        let mut batch = Vec::with_capacity(BATCH);
        while ids.peek().is_some() {
            batch.clear();
            batch.extend(ids.by_ref().take(BATCH).map(|id| {
                let key = Key::of(&id);
                let hash = key.hash(&id);
                (id, key, hash)
            }));
            touch(batch.iter().map(|it| self.slots[self.home(it.2)]));
            let slots = batch.iter().map(|it| self.slots[self.home(it.2)]);
            touch(slots.filter(|it| *it != EMPTY).map(|it| self.labels.first_byte(place(it))));
            found.extend(batch.iter().map(|(id, key, hash)| self.find_hashed(key, *hash, id)));
        }
    }

    #[inline]
    fn find_hashed(&self, key: &Key, hash: u64, id: &[u8]) -> Option<Place> {
        let mut at = self.home(hash);
        loop {
            let slot = self.slots[at];
            if slot == EMPTY {
                return None;
            }
            if mark(slot) == mark_of(hash) && key.is_of(id, &self.entry(slot)) {
                return Some(Place(at));
            }
            at = self.after(at);
        }
    }

    /// Appends a label as AWS writes it.
    #[inline]
    pub fn write(&self, place: Place, out: &mut Vec<u8>) {
        self.entry(self.slots[place.0]).write(out);
    }

    /// Returns when a label became known, in microseconds since 1970.
    #[inline]
    pub fn time(&self, place: Place) -> Option<i64> {
        self.entry(self.slots[place.0]).time
    }

    /// Hands on every label that no inference claimed, in the order of the input.
    pub fn orphans(&self, claims: &Claims, each: &mut dyn FnMut(Orphan<'_>)) {
        let places = |it: &u64| it & ((1 << (OFFSET_BITS + CHUNK_BITS)) - 1);
        let unclaimed = |(i, slot): (usize, &u64)| {
            (*slot != EMPTY && !claims.is_claimed(Place(i))).then(|| places(slot))
        };
        let mut found: Vec<u64> = self.slots.iter().enumerate().filter_map(unclaimed).collect();
        found.sort_unstable();
        for slot in found {
            each(Orphan(self.entry(slot)));
        }
    }

    pub(super) fn size(&self) -> usize {
        self.slots.len()
    }

    fn insert(
        &mut self,
        labels: &Labels,
        entry: &Entry<'_>,
        hash: u64,
        chunk: usize,
        offset: usize,
    ) {
        let new = mark_of(hash) << (OFFSET_BITS + CHUNK_BITS)
            | (chunk as u64) << OFFSET_BITS
            | offset as u64;
        let mut at = self.home(hash);
        loop {
            let slot = self.slots[at];
            if slot == EMPTY {
                self.slots[at] = new;
                self.distinct += 1;
                return;
            }
            if mark(slot) == mark_of(hash) {
                let (chunk, offset) = place(slot);
                let before = labels.entry(chunk, offset);
                if before.has_same_id(entry) {
                    if before.says_the_same(entry) {
                        self.duplicates += 1;
                    } else {
                        self.conflicts += 1;
                    }
                    if before.time <= entry.time {
                        self.slots[at] = new;
                    }
                    return;
                }
            }
            at = self.after(at);
        }
    }

    #[inline]
    fn entry(&self, slot: u64) -> Entry<'_> {
        let (chunk, offset) = place(slot);
        self.labels.entry(chunk, offset)
    }

    #[inline]
    fn home(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.slots.len() as u128) >> 64) as usize
    }

    #[inline]
    fn after(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() { 0 } else { at + 1 }
    }
}

impl Orphan<'_> {
    /// Returns when the label became known, in microseconds since 1970.
    pub fn time(&self) -> Option<i64> {
        self.0.time
    }

    /// Returns its place in the input, where that was spilled.
    pub fn number(&self) -> Option<u64> {
        self.0.number
    }

    pub fn id(&self) -> Vec<u8> {
        let mut id = Vec::new();
        self.0.write_id(&mut id);
        id
    }

    /// Appends the label as a record of AWS's, one line.
    pub fn write(&self, out: &mut Vec<u8>) {
        dataset::write_label(&self.id(), |out| self.0.write(out), out);
    }
}

/// Reads values that are needed soon. None depends on another, so that the processor
/// waits for many at once.
#[inline]
pub(super) fn touch(values: impl Iterator<Item = u64>) {
    black_box(values.fold(0, |sum, it| sum ^ it));
}

fn place(slot: u64) -> (usize, usize) {
    let chunk = slot >> OFFSET_BITS & ((1 << CHUNK_BITS) - 1);
    (chunk as usize, (slot & ((1 << OFFSET_BITS) - 1)) as usize)
}

fn mark(slot: u64) -> u64 {
    slot >> (OFFSET_BITS + CHUNK_BITS)
}

/// The lowest bits, which do not decide where a label is looked for.
fn mark_of(hash: u64) -> u64 {
    // All ones are kept for the empty slot.
    (hash & ((1 << (64 - OFFSET_BITS - CHUNK_BITS)) - 1))
        .min((1 << (64 - OFFSET_BITS - CHUNK_BITS)) - 2)
}
