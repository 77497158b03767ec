use memchr::memchr;

/// What stands at a place of line-wise input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// `bytes[pos..end]`, without its line end.
    Whole { end: usize, next: usize },
    /// More input is needed.
    Partial,
    /// The line is longer than the limit; these bytes of it are set aside.
    TooLong { upto: usize },
}

/// Cuts lines; drops what is left of one that was too long.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines {
    skipping: bool,
}

impl Lines {
    pub(crate) fn find(
        &mut self,
        bytes: &[u8],
        mut pos: usize,
        end: bool,
        limit: usize,
    ) -> (usize, Line) {
        if self.skipping {
            let Some(line) = memchr(b'\n', &bytes[pos..]) else {
                self.skipping = !end;
                return (bytes.len(), Line::Partial);
            };
            self.skipping = false;
            pos += line + 1;
        }
        let stop = memchr(b'\n', &bytes[pos..]).map(|it| pos + it);
        let length = stop.unwrap_or(bytes.len()) - pos;
        let line = match stop {
            _ if limit < length => {
                self.skipping = true;
                Line::TooLong { upto: pos + limit }
            }
            Some(stop) => Line::Whole { end: stop, next: stop + 1 },
            None if end && pos < bytes.len() => Line::Whole { end: bytes.len(), next: bytes.len() },
            None => Line::Partial,
        };
        (pos, line)
    }
}

/// Where a byte order mark at the front ends.
pub(crate) fn after_mark(bytes: &[u8]) -> usize {
    if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 }
}
