//! JSON text, checked as strictly as serde_json does, without building anything.

pub(crate) mod flatten;
pub(crate) mod names;

use crate::masks;

/// Why a record is no JSON; never quotes it.
pub(crate) type Fault = &'static str;

/// A text as it is written, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) escaped: bool,
}

const NOT_JSON: Fault = "the record is not valid JSON";
const CUT_OFF: Fault = "the JSON ends too early";
const CONTROL: Fault = "a control character stands in a JSON text";
const ESCAPE: Fault = "a JSON text holds an escape that JSON does not have";
const SURROGATE: Fault = "a JSON text holds half of a surrogate pair";
pub(crate) const DEEP: Fault = "objects and arrays are nested deeper than the limit";
pub(crate) const NOT_UTF8: Fault = "the record is not valid UTF-8";

/// Walks over one record.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) pos: usize,
    /// How many more objects and arrays may be opened.
    pub(crate) depth: usize,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(bytes: &'a [u8], pos: usize, depth: usize) -> Self {
        Self { bytes, pos, depth }
    }

    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    /// Skips white space and returns the byte after it.
    #[inline]
    pub(crate) fn next_token(&mut self) -> Result<u8, Fault> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.pos += 1,
                Some(byte) => return Ok(byte),
                None => return Err(CUT_OFF),
            }
        }
    }

    /// Whether nothing but white space is left.
    pub(crate) fn is_done(&mut self) -> bool {
        self.next_token().is_err()
    }

    pub(crate) fn done(&mut self) -> Result<(), Fault> {
        if self.is_done() { Ok(()) } else { Err(NOT_JSON) }
    }

    /// Walks over an object whose brace is next, member by member.
    ///
    /// `member` is called with the value next and must walk over it.
    #[inline]
    pub(crate) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Text) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.open()?;
        if self.next_token()? == b'}' {
            self.close();
            return Ok(());
        }
        loop {
            if self.next_token()? != b'"' {
                return Err(NOT_JSON);
            }
            let key = self.text()?;
            if self.next_token()? != b':' {
                return Err(NOT_JSON);
            }
            self.pos += 1;
            self.next_token()?;
            member(self, key)?;
            match self.next_token()? {
                b',' => self.pos += 1,
                b'}' => break,
                _ => return Err(NOT_JSON),
            }
        }
        self.close();
        Ok(())
    }

    /// Walks over an array whose bracket is next; `item` as in `object`.
    #[inline]
    pub(crate) fn array(
        &mut self,
        mut item: impl FnMut(&mut Self, usize) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.open()?;
        if self.next_token()? == b']' {
            self.close();
            return Ok(());
        }
        for i in 0.. {
            self.next_token()?;
            item(self, i)?;
            match self.next_token()? {
                b',' => self.pos += 1,
                b']' => break,
                _ => return Err(NOT_JSON),
            }
        }
        self.close();
        Ok(())
    }

    /// Walks over any value.
    pub(crate) fn skip(&mut self) -> Result<(), Fault> {
        match self.next_token()? {
            b'{' => self.object(|walk, _| walk.skip()),
            b'[' => self.array(|walk, _| walk.skip()),
            b'"' => self.text().map(drop),
            _ => self.scalar().map(drop),
        }
    }

    /// Walks over a text whose quote is next.
    #[inline]
    pub(crate) fn text(&mut self) -> Result<Text, Fault> {
        let start = self.pos + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            at = text_stop(self.bytes, at);
            match self.bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    at = escape(self.bytes, at)?;
                }
                Some(_) => return Err(CONTROL),
                None => return Err(CUT_OFF),
            }
        }
        self.pos = at + 1;
        Ok(Text { start, end: at, escaped })
    }

    /// Walks over a number or a word; `None` is `null`.
    pub(crate) fn scalar(&mut self) -> Result<Option<Text>, Fault> {
        let start = self.pos;
        let rest = &self.bytes[start..];
        let word = [&b"null"[..], b"true", b"false"].into_iter().find(|it| rest.starts_with(it));
        self.pos += match word {
            Some(word) => word.len(),
            None => number(rest).ok_or(NOT_JSON)?,
        };
        if word == Some(b"null") {
            return Ok(None);
        }
        Ok(Some(Text { start, end: self.pos, escaped: false }))
    }

    fn open(&mut self) -> Result<(), Fault> {
        self.depth = self.depth.checked_sub(1).ok_or(DEEP)?;
        self.pos += 1;
        Ok(())
    }

    fn close(&mut self) {
        self.depth += 1;
        self.pos += 1;
    }
}

/// Where the first quote, backslash or control character is, or the end.
#[inline]
fn text_stop(bytes: &[u8], mut at: usize) -> usize {
    if let Some(near) = bytes.get(at..at + 16)
        && let Some(near) = near.first_chunk::<16>()
    {
        let stops = masks::near_text_stops(near);
        if stops != 0 {
            return at + stops.trailing_zeros() as usize;
        }
        at += 16;
    }
    while let Some(stretch) = bytes.get(at..).and_then(|it| it.first_chunk::<64>()) {
        let stops = masks::text_stops(stretch);
        if stops != 0 {
            return at + stops.trailing_zeros() as usize;
        }
        at += 64;
    }
    let stop = bytes[at..].iter().position(|it| matches!(it, b'"' | b'\\' | 0..=31));
    stop.map_or(bytes.len(), |it| at + it)
}

/// Checks the escape at `at` and returns where it ends.
fn escape(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => match unit(bytes, at).ok_or(ESCAPE)? {
            0xDC00..=0xDFFF => Err(SURROGATE),
            0xD800..=0xDBFF => match unit(bytes, at + 6) {
                Some(0xDC00..=0xDFFF) => Ok(at + 12),
                _ => Err(SURROGATE),
            },
            _ => Ok(at + 6),
        },
        Some(_) => Err(ESCAPE),
        None => Err(CUT_OFF),
    }
}

/// The UTF-16 unit of the escape `\u....` at `at`.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |sum, it| Some(16 * sum + char::from(*it).to_digit(16)?))
}

/// Length of the number at the front.
fn number(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        bytes[from..].iter().position(|it| !it.is_ascii_digit()).unwrap_or(bytes.len() - from)
    };
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (1 < whole && bytes[at] == b'0') {
        return None;
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let decimals = digits(at + 1);
        if decimals == 0 {
            return None;
        }
        at += 1 + decimals;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let power = if at < bytes.len() { digits(at) } else { 0 };
        if power == 0 {
            return None;
        }
        at += power;
    }
    Some(at)
}

/// Replaces escapes in place and returns the new end; they were checked before.
pub(crate) fn unescape(bytes: &mut [u8], text: Text) -> usize {
    if !text.escaped {
        return text.end;
    }
    let (mut from, mut to) = (text.start, text.start);
    while from < text.end {
        let plain = memchr::memchr(b'\\', &bytes[from..text.end]).unwrap_or(text.end - from);
        bytes.copy_within(from..from + plain, to);
        (from, to) = (from + plain, to + plain);
        if from + 1 < text.end {
            let (symbol, used) = unescaped(bytes, from);
            let mut utf8 = [0; 4];
            let utf8 = symbol.encode_utf8(&mut utf8).as_bytes();
            bytes[to..to + utf8.len()].copy_from_slice(utf8);
            (from, to) = (from + used, to + utf8.len());
        }
    }
    to
}

/// The character of the escape at `at`, and the bytes it takes.
fn unescaped(bytes: &[u8], at: usize) -> (char, usize) {
    let simple = match bytes[at + 1] {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let high = unit(bytes, at).unwrap_or_default();
            if let Some(symbol) = char::from_u32(high) {
                return (symbol, 6);
            }
            let low = unit(bytes, at + 6).unwrap_or_default();
            let both = 0x1_0000 + ((high & 0x3FF) << 10) + (low & 0x3FF);
            return (char::from_u32(both).unwrap_or(char::REPLACEMENT_CHARACTER), 12);
        }
        other => char::from(other),
    };
    (simple, 2)
}
