use crate::block::Cell;
use memchr::{memchr, memchr2, memrchr};

/// Where a cell lies in the record, still as it was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    start: usize,
    end: usize,
    /// `None` without quotes, else where the closing quote is.
    close: Option<usize>,
    /// There are doubled quotes before `close`.
    doubled: bool,
}

/// What stands at a place of the input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A record, whose fields were noted.
    Record {
        next: usize,
    },
    /// A line without anything.
    Blank {
        next: usize,
    },
    /// More input is needed.
    Partial,
    /// The input, or the limit of a record, ends inside quotes.
    Unclosed {
        upto: usize,
    },
    TooLong {
        upto: usize,
    },
}

/// Finds the record at `pos` and its fields.
pub(crate) fn find(
    bytes: &[u8],
    pos: usize,
    end: bool,
    separator: u8,
    limit: usize,
    fields: &mut Vec<Field>,
) -> Found {
    fields.clear();
    let upto = bytes.len().min(pos.saturating_add(limit));
    let seen = &bytes[..upto];
    let ends = end && upto == bytes.len();
    let short = |unclosed| match () {
        () if !ends && upto - pos < limit => Found::Partial,
        () if unclosed => Found::Unclosed { upto },
        () if !ends => Found::TooLong { upto },
        () => Found::Record { next: upto },
    };
    let mut start = pos;
    loop {
        let mut close = None;
        let mut doubled = false;
        if seen.get(start) == Some(&b'"') {
            let Some(at) = closing(seen, start + 1, ends, &mut doubled) else {
                return short(true);
            };
            close = Some(at);
        }
        let tail = close.map_or(start, |at| at + 1);
        let stop = memchr2(separator, b'\n', &seen[tail..]).map(|it| tail + it);
        let Some(stop) = stop else {
            let found = short(false);
            if matches!(found, Found::Record { .. }) {
                fields.push(Field { start, end: upto, close, doubled });
            }
            return found;
        };
        if seen[stop] == separator {
            fields.push(Field { start, end: stop, close, doubled });
            start = stop + 1;
            continue;
        }
        let end = if tail < stop && seen[stop - 1] == b'\r' { stop - 1 } else { stop };
        if pos == end {
            return Found::Blank { next: stop + 1 };
        }
        fields.push(Field { start, end, close, doubled });
        return Found::Record { next: stop + 1 };
    }
}

/// How many of `bytes`, which start with a record, are whole records.
///
/// Looks at quotes only: most input has few or none.
pub(crate) fn whole(bytes: &[u8], separator: u8) -> usize {
    let mut lines = 0;
    let mut pos = 0;
    // Where the last quotes were closed.
    let mut outside = 0;
    while let Some(quote) = memchr(b'"', &bytes[pos..]).map(|it| pos + it) {
        let opens = quote == 0 || bytes[quote - 1] == separator || bytes[quote - 1] == b'\n';
        if !opens {
            pos = quote + 1;
            continue;
        }
        if let Some(line) = memrchr(b'\n', &bytes[outside..quote]) {
            lines = outside + line + 1;
        }
        let Some(close) = closing(bytes, quote + 1, false, &mut false) else {
            return lines;
        };
        (pos, outside) = (close + 1, close + 1);
    }
    memrchr(b'\n', &bytes[outside..]).map_or(lines, |it| outside + it + 1)
}

/// Finds the quote that closes a field whose content starts at `from`.
fn closing(seen: &[u8], mut from: usize, ends: bool, doubled: &mut bool) -> Option<usize> {
    loop {
        let quote = from + memchr(b'"', &seen[from..])?;
        match seen.get(quote + 1) {
            Some(b'"') => *doubled = true,
            // The next byte may be a second quote.
            None if !ends => return None,
            _ => return Some(quote),
        }
        from = quote + 2;
    }
}

impl Field {
    /// Removes quotes in place and returns where the text is.
    pub(crate) fn settle(&self, bytes: &mut [u8]) -> Cell {
        let Some(close) = self.close else {
            if self.start == self.end {
                return Cell::MISSING;
            }
            return cell(self.start, self.end);
        };
        let start = self.start + 1;
        let mut to = if self.doubled { halve(bytes, start, close) } else { close };
        if close + 1 < self.end {
            bytes.copy_within(close + 1..self.end, to);
            to += self.end - close - 1;
        }
        cell(start, to)
    }

    /// The text of the field, quotes removed.
    pub(crate) fn text(&self, bytes: &[u8]) -> Vec<u8> {
        let mut copy = bytes[self.start..self.end].to_vec();
        let moved = Self {
            start: 0,
            end: copy.len(),
            close: self.close.map(|it| it - self.start),
            doubled: self.doubled,
        };
        let cell = moved.settle(&mut copy);
        if cell.is_missing() {
            return Vec::new();
        }
        copy[cell.start as usize..cell.end as usize].to_vec()
    }
}

fn cell(start: usize, end: usize) -> Cell {
    Cell { start: start as u32, end: end as u32 }
}

/// Makes one quote of two between `start` and `end`; returns the new end.
fn halve(bytes: &mut [u8], start: usize, end: usize) -> usize {
    let (mut from, mut to) = (start, start);
    while from < end {
        let stop = memchr(b'"', &bytes[from..end]).map_or(end, |it| from + it + 1);
        bytes.copy_within(from..stop, to);
        to += stop - from;
        from = if stop == end { end } else { stop + 1 };
    }
    to
}
