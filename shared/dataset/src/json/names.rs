use super::{Fault, Text, unescape};
use std::collections::{HashMap, HashSet};

/// Bytes of a column's name; longer ones would let names fill the memory.
const LONGEST: usize = 1024;

const MANY: Fault = "the record brings more columns than the limit";
const LONG: Fault = "a column's name is longer than the limit";

/// Columns by name, in the order in which they were first seen.
///
/// Captured inferences have two sides with names of their own; where both use
/// one name, the later one gets its side's prefix.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) list: Vec<String>,
    taken: HashSet<String>,
    sides: [Side; 2],
    most: usize,
    /// Columns without a name of their own, so far.
    unnamed: usize,
}

/// A state of [`Names`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    columns: usize,
    unnamed: usize,
}

#[derive(Debug, Clone, Default)]
struct Side {
    prefix: &'static str,
    keys: HashMap<Box<[u8]>, usize>,
    /// Keys as they were first seen: records mostly keep one order.
    order: Vec<(Box<[u8]>, usize)>,
}

impl Names {
    pub(crate) fn new(prefixes: [&'static str; 2], most: usize) -> Self {
        let sides = prefixes.map(|prefix| Side { prefix, ..Side::default() });
        Self { list: Vec::new(), taken: HashSet::new(), sides, most, unnamed: 0 }
    }

    /// Returns the column of `key`, a new one when it was not seen yet.
    ///
    /// `next` is where the key is expected in its side's order, and is moved on.
    #[inline]
    pub(crate) fn column(
        &mut self,
        side: usize,
        key: &[u8],
        next: &mut usize,
    ) -> Result<usize, Fault> {
        if let Some((expected, column)) = self.sides[side].order.get(*next)
            && **expected == *key
        {
            *next += 1;
            return Ok(*column);
        }
        self.unexpected(side, key, next)
    }

    #[cold]
    fn unexpected(&mut self, side: usize, key: &[u8], next: &mut usize) -> Result<usize, Fault> {
        if let Some(place) = self.sides[side].keys.get(key) {
            *next = place + 1;
            return Ok(self.sides[side].order[*place].1);
        }
        if LONGEST < key.len() {
            return Err(LONG);
        }
        if self.list.len() == self.most {
            return Err(MANY);
        }
        let column = self.list.len();
        let name = self.free_name(&String::from_utf8_lossy(key), self.sides[side].prefix);
        self.add(name);
        let side = &mut self.sides[side];
        side.keys.insert(key.into(), side.order.len());
        side.order.push((key.into(), column));
        *next = side.order.len();
        Ok(column)
    }

    /// Adds `count` columns without names of their own; returns the first.
    ///
    /// `given` names count from the first of all such columns, or where they are this
    /// side's `own`, from the first of these.
    pub(crate) fn add_unnamed(
        &mut self,
        count: usize,
        given: &[String],
        own: bool,
    ) -> Result<usize, Fault> {
        if self.most < self.list.len() + count {
            return Err(MANY);
        }
        let first = self.list.len();
        for i in 0..count {
            let name = given.get(if own { i } else { self.unnamed }).cloned();
            let name = name.unwrap_or_else(|| format!("_c{}", self.unnamed));
            let name = self.free_name(&name, "");
            self.add(name);
            self.unnamed += 1;
        }
        Ok(first)
    }

    /// Adds a column that comes before all others.
    pub(crate) fn add_first(&mut self, name: &str) {
        self.add(name.to_owned());
    }

    /// Notes which columns there are, to forget later ones.
    pub(crate) fn mark(&self) -> Mark {
        Mark { columns: self.list.len(), unnamed: self.unnamed }
    }

    /// Forgets the columns that came after the mark.
    pub(crate) fn forget(&mut self, mark: Mark) {
        for name in self.list.drain(mark.columns..) {
            self.taken.remove(&name);
        }
        self.unnamed = mark.unnamed;
        for side in &mut self.sides {
            let kept = side.order.partition_point(|it| it.1 < mark.columns);
            for (key, _) in side.order.drain(kept..) {
                side.keys.remove(&key);
            }
        }
    }

    fn add(&mut self, name: String) {
        self.taken.insert(name.clone());
        self.list.push(name);
    }

    fn free_name(&self, name: &str, prefix: &str) -> String {
        let mut free = name.to_owned();
        if self.taken.contains(&free) && !prefix.is_empty() {
            free = format!("{prefix}{name}");
        }
        let first = free.clone();
        let mut count = 1;
        while self.taken.contains(&free) {
            count += 1;
            free = format!("{first}_{count}");
        }
        free
    }
}

/// Appends the characters of a key to `path`.
#[inline]
pub(crate) fn append_key(bytes: &[u8], key: Text, path: &mut Vec<u8>) {
    let start = path.len();
    path.extend_from_slice(&bytes[key.start..key.end]);
    if key.escaped {
        let end = path.len();
        let end = unescape(path, Text { start, end, escaped: true });
        path.truncate(end);
    }
}
