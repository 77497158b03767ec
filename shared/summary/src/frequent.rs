use hashbrown::HashTable;

use crate::{Summary, hash};

/// Every text seen with its exact count, as long as they are few.
///
/// Past [`Frequent::VALUES`] distinct texts or [`Frequent::BYTES`] bytes of them
/// all is given up and forgotten, so memory is bounded whatever comes. What is
/// kept depends on the multiset of texts alone, so the laws hold exactly.
#[derive(Debug, Clone, Default)]
pub struct Frequent {
    values: HashTable<Value>,
    /// The texts, one after the other.
    bytes: Vec<u8>,
    given_up: bool,
}

#[derive(Debug, Clone)]
struct Value {
    /// Compared first, and of short texts all that there is to compare.
    ends: [u64; 2],
    start: u32,
    length: u32,
    count: u64,
}

impl Frequent {
    pub const VALUES: usize = 10_000;
    pub const BYTES: usize = 256 << 10;

    /// Takes in a text.
    #[inline]
    pub fn see(&mut self, text: &[u8]) {
        self.see_times(text, 1);
    }

    /// Takes in a text that stands on `times` rows.
    pub fn see_times(&mut self, text: &[u8], times: u64) {
        if !self.try_see_times(text, times) {
            self.give_up();
        }
    }

    /// Takes in a text if there is room for it, and returns whether there is.
    ///
    /// Where there is none, nothing has changed, and the caller shall
    /// [give up](Self::give_up) when it has taken what it wants to keep.
    #[inline]
    pub fn try_see_times(&mut self, text: &[u8], times: u64) -> bool {
        if self.given_up {
            return false;
        }
        let ends = hash::ends(text);
        let short = text.len() <= hash::ENDS_ARE_ALL;
        let hash = if short { hash::ends_of(ends, text.len()) } else { hash::text(text) };
        let Self { values, bytes, .. } = self;
        let same = |value: &Value| {
            let same = value.ends == ends && value.length as usize == text.len();
            same && (short || bytes[value.range()] == *text)
        };
        if let Some(value) = values.find_mut(hash, same) {
            value.count += times;
            return true;
        }
        self.insert(text, hash, times)
    }

    /// Forgets all texts, for good.
    pub fn give_up(&mut self) {
        *self = Self { given_up: true, ..Self::default() };
    }

    pub fn has_given_up(&self) -> bool {
        self.given_up
    }

    /// Distinct texts that are kept.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns every text with its count, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.values.iter().map(|value| (&self.bytes[value.range()], value.count))
    }

    /// Returns every text with its count, most frequent first, then by text;
    /// `None` when given up.
    pub fn ranked(&self) -> Option<Vec<(&[u8], u64)>> {
        if self.given_up {
            return None;
        }
        let mut ranked: Vec<_> = self.iter().collect();
        ranked.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        Some(ranked)
    }

    #[cold]
    fn insert(&mut self, text: &[u8], hash: u64, count: u64) -> bool {
        let Self { values, bytes, .. } = self;
        let start = bytes.len();
        let room = start + text.len() <= Self::BYTES && values.len() < Self::VALUES;
        if room {
            bytes.extend_from_slice(text);
            let (start, length) = (start as u32, text.len() as u32);
            let value = Value { ends: hash::ends(text), start, length, count };
            values.insert_unique(hash, value, |value| hash::text(&bytes[value.range()]));
        }
        room
    }
}

impl Value {
    fn range(&self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.length) as usize
    }
}

impl Summary for Frequent {
    fn merge(&mut self, other: &Self) {
        if other.given_up {
            self.give_up();
        }
        for (text, count) in other.iter() {
            self.see_times(text, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::laws;

    fn of(rows: &[String]) -> Frequent {
        let mut frequent = Frequent::default();
        for row in rows {
            frequent.see(row.as_bytes());
        }
        frequent
    }

    fn same(a: &Frequent, b: &Frequent) -> bool {
        a.ranked() == b.ranked()
    }

    #[test]
    fn most_frequent_text_comes_first() {
        let rows = ["b", "", "a", "b", "c", "", "b"].map(str::to_owned);
        let frequent = of(&rows);
        let want: Vec<(&[u8], u64)> = vec![(b"b", 3), (b"", 2), (b"a", 1), (b"c", 1)];
        assert_eq!(frequent.ranked(), Some(want));
    }

    #[test]
    fn too_many_texts_are_given_up() {
        let mut frequent = Frequent::default();
        for i in 0..Frequent::VALUES {
            assert!(frequent.try_see_times(i.to_string().as_bytes(), 1));
        }
        assert!(frequent.try_see_times(b"77", 1), "an old text is still counted");
        assert!(!frequent.try_see_times(b"one more", 1));
        assert_eq!((frequent.len(), frequent.has_given_up()), (10_000, false));
        frequent.see(b"one more");
        assert_eq!((frequent.ranked(), frequent.len()), (None, 0));
        frequent.see(b"77");
        assert!(frequent.has_given_up(), "for good");
    }

    #[test]
    fn huge_texts_are_given_up() {
        let mut frequent = Frequent::default();
        assert!(frequent.try_see_times(&vec![b'x'; Frequent::BYTES], 1));
        assert!(frequent.try_see_times(b"", 1), "no bytes, no harm");
        assert!(!frequent.try_see_times(b"y", 1));
        assert!(!Frequent::default().try_see_times(&vec![b'x'; Frequent::BYTES + 1], 1));
    }

    proptest! {
        #[test]
        fn counts_agree_with_a_map(rows in prop::collection::vec("[ab]{0,3}", 0..60)) {
            let mut want: HashMap<&[u8], u64> = HashMap::new();
            for row in &rows {
                *want.entry(row.as_bytes()).or_default() += 1;
            }
            let frequent = of(&rows);
            prop_assert_eq!(frequent.iter().collect::<HashMap<_, _>>(), want);
        }

        #[test]
        fn frequent_obeys_the_laws(rows in prop::collection::vec("[a-c]{0,2}", 0..10)) {
            laws::hold(&rows, of, same);
        }

        #[test]
        fn giving_up_obeys_the_laws(sizes in prop::collection::vec(0..200_000usize, 0..6)) {
            let rows: Vec<String> = sizes.iter().map(|n| "x".repeat(*n)).collect();
            laws::hold(&rows, of, same);
        }
    }
}
