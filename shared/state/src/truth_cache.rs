use ports::{Etag, HourIndex, Label, Pair};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of memory that parsed records of labels may take.
const MOST_BYTES: usize = 96 << 20;

/// Records of labels that were read before: of a key they never change, or
/// their tag tells.
#[derive(Debug, Default)]
pub(crate) struct TruthCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_key: HashMap<String, (Etag, Held, usize)>,
    order: VecDeque<String>,
    bytes: usize,
}

#[derive(Debug, Clone)]
pub(crate) enum Held {
    Index(Arc<HourIndex>),
    Labels(Arc<Vec<Label>>),
    Part(Arc<Vec<Pair>>),
}

impl TruthCache {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what is kept of a key, if it still has this tag; any, where none is asked for.
    pub(crate) fn held(&self, key: &str, etag: Option<&Etag>) -> Option<(Etag, Held)> {
        let kept = self.lock();
        let (known, held, _) = kept.by_key.get(key)?;
        etag.is_none_or(|it| it == known).then(|| (known.clone(), held.clone()))
    }

    /// Keeps a record that takes about `bytes`; the oldest ones make room.
    pub(crate) fn keep(&self, key: &str, etag: Etag, held: Held, bytes: usize) {
        let kept = &mut *self.lock();
        if let Some((_, _, old)) = kept.by_key.remove(key) {
            kept.bytes -= old;
            kept.order.retain(|it| it != key);
        }
        while MOST_BYTES < kept.bytes + bytes {
            let Some(oldest) = kept.order.pop_front() else { return };
            let old = kept.by_key.remove(&oldest).map_or(0, |(_, _, bytes)| bytes);
            kept.bytes -= old;
        }
        kept.bytes += bytes;
        kept.order.push_back(key.to_owned());
        kept.by_key.insert(key.to_owned(), (etag, held, bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_records_make_room() {
        let cache = TruthCache::default();
        let tag = |it: &str| Etag(it.to_owned());
        let labels = || Held::Labels(Arc::default());
        for key in ["a", "b", "a", "c"] {
            cache.keep(key, tag("1"), labels(), MOST_BYTES / 2);
        }
        assert!(cache.held("b", None).is_none());
        assert!(cache.held("a", Some(&tag("1"))).is_some());
        assert!(cache.held("a", Some(&tag("2"))).is_none());
        cache.keep("d", tag("1"), labels(), MOST_BYTES + 1);
        assert!(["a", "c", "d"].iter().all(|it| cache.held(it, None).is_none()));
    }
}
