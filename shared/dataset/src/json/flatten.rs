use super::{
    Fault, Text, Walk,
    names::{Names, append_key},
};
use crate::block::Cell;

/// A cell of a record that is not yet known to be whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) row: u32,
    pub(crate) column: u32,
    start: u32,
    end: u32,
    escaped: bool,
}

impl Entry {
    /// Resolves escapes in place and returns where the text is.
    #[inline]
    pub(crate) fn settle(&self, bytes: &mut [u8]) -> Cell {
        let (start, end) = (self.start as usize, self.end as usize);
        let end = super::unescape(bytes, Text { start, end, escaped: self.escaped });
        Cell { start: self.start, end: end as u32 }
    }
}

/// Turns an object into cells: `{"a":{"b":[1,2]}}` into `a.b.0` and `a.b.1`.
///
/// `null`, `{}` and `[]` make no cell. Of a repeated key the last one counts.
pub(crate) struct Flatten<'a> {
    pub(crate) names: &'a mut Names,
    pub(crate) side: usize,
    pub(crate) path: &'a mut Vec<u8>,
    pub(crate) row: u32,
    /// Where the next key is expected.
    pub(crate) next: usize,
    pub(crate) entries: &'a mut Vec<Entry>,
}

impl Flatten<'_> {
    /// Walks over the object that is next.
    pub(crate) fn object(&mut self, walk: &mut Walk<'_>) -> Result<(), Fault> {
        walk.object(|walk, key| {
            let bytes = walk.bytes;
            let length = self.path.len();
            if 0 < length {
                self.path.push(b'.');
            }
            append_key(bytes, key, self.path);
            self.value(walk)?;
            self.path.truncate(length);
            Ok(())
        })
    }

    fn array(&mut self, walk: &mut Walk<'_>) -> Result<(), Fault> {
        walk.array(|walk, i| {
            let length = self.path.len();
            append_index(i, self.path);
            self.value(walk)?;
            self.path.truncate(length);
            Ok(())
        })
    }

    #[inline]
    fn value(&mut self, walk: &mut Walk<'_>) -> Result<(), Fault> {
        let text = match walk.peek() {
            Some(b'{') => return self.object(walk),
            Some(b'[') => return self.array(walk),
            Some(b'"') => Some(walk.text()?),
            _ => walk.scalar()?,
        };
        // A column of nothing but nulls is a column too.
        let column = self.names.column(self.side, self.path, &mut self.next)? as u32;
        let (start, end, escaped) = match text {
            Some(text) => (text.start as u32, text.end as u32, text.escaped),
            None => (u32::MAX, u32::MAX, false),
        };
        self.entries.push(Entry { row: self.row, column, start, end, escaped });
        Ok(())
    }
}

fn append_index(index: usize, path: &mut Vec<u8>) {
    path.push(b'.');
    if index < 10 {
        path.push(b'0' + index as u8);
    } else {
        path.extend_from_slice(index.to_string().as_bytes());
    }
}
