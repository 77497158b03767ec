//! A JSON reader that keeps what matching needs and a tree of values loses: every digit of a number, and names that
//! come twice.

use std::borrow::Cow;

use super::Invalid;

/// A JSON value with its numbers as written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<'t> {
    Null,
    Bool(bool),
    Number(&'t str),
    Text(Cow<'t, str>),
    Array(Vec<Node<'t>>),
    Object(Vec<(Cow<'t, str>, Node<'t>)>),
}

/// Bounds the recursion of this reader and of all that walk its trees.
const MAX_DEPTH: usize = 256;

/// Reads one JSON document (RFC 8259).
pub(super) fn read(text: &str) -> Result<Node<'_>, Invalid> {
    let mut reader = Reader { text, at: 0 };
    let node = reader.value(0)?;
    reader.skip_space();
    if reader.at < text.len() {
        return Err(reader.wrong("ends its JSON before its text: more than one value"));
    }
    Ok(node)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn value(&mut self, depth: usize) -> Result<Node<'t>, Invalid> {
        if depth > MAX_DEPTH {
            return Err(self.wrong(format!("is nested deeper than {MAX_DEPTH} levels")));
        }
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Node::Text(self.string()?)),
            Some(b't') => self.word("true", Node::Bool(true)),
            Some(b'f') => self.word("false", Node::Bool(false)),
            Some(b'n') => self.word("null", Node::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => Err(self.wrong("is not JSON: a value was expected")),
            None => Err(self.wrong("ends too early: a value was expected")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Node<'t>, Invalid> {
        self.at += 1;
        let mut members = Vec::new();
        if self.closes(b'}') {
            return Ok(Node::Object(members));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.wrong("is not JSON: a name in double quotes was expected"));
            }
            let name = self.string()?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.wrong("is not JSON: ':' was expected"));
            }
            self.at += 1;
            members.push((name, self.value(depth + 1)?));
            if self.ends(b'}')? {
                return Ok(Node::Object(members));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Node<'t>, Invalid> {
        self.at += 1;
        let mut items = Vec::new();
        if self.closes(b']') {
            return Ok(Node::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.ends(b']')? {
                return Ok(Node::Array(items));
            }
        }
    }

    fn word(&mut self, word: &str, node: Node<'t>) -> Result<Node<'t>, Invalid> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.wrong("is not JSON: true, false or null was expected"));
        }
        self.at += word.len();
        Ok(node)
    }

    fn number(&mut self) -> Result<Node<'t>, Invalid> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let first = self.peek();
        let whole = self.digits()?;
        if whole > 1 && first == Some(b'0') {
            return Err(self.wrong("is not JSON: a number starts with 0"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(Node::Number(&self.text[start..self.at]))
    }

    fn digits(&mut self) -> Result<usize, Invalid> {
        let rest = &self.text.as_bytes()[self.at..];
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.wrong("is not JSON: a digit was expected"));
        }
        self.at += count;
        Ok(count)
    }

    fn string(&mut self) -> Result<Cow<'t, str>, Invalid> {
        self.at += 1;
        let mut whole: Option<String> = None;
        loop {
            let start = self.at;
            let rest = &self.text.as_bytes()[start..];
            let plain = rest
                .iter()
                .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))
                .ok_or_else(|| self.wrong("ends inside a text: '\"' was expected"))?;
            self.at += plain;
            let part = &self.text[start..self.at];
            match rest[plain] {
                b'"' => {
                    self.at += 1;
                    return Ok(match whole {
                        Some(whole) => Cow::Owned(whole + part),
                        None => Cow::Borrowed(part),
                    });
                }
                b'\\' => {
                    let whole = whole.get_or_insert_default();
                    whole.push_str(part);
                    whole.push(self.escape()?);
                }
                _ => return Err(self.wrong("has a control character in a text: escape it")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Invalid> {
        let letter = self.text.as_bytes().get(self.at + 1).copied();
        self.at += 2;
        Ok(match letter {
            Some(mark @ (b'"' | b'\\' | b'/')) => char::from(mark),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code_point(),
            _ => {
                self.at = (self.at - 1).min(self.text.len());
                return Err(self.wrong("has an unknown escape in a text"));
            }
        })
    }

    fn code_point(&mut self) -> Result<char, Invalid> {
        let high = self.hex()?;
        let surrogate = (0xd800..0xdc00).contains(&high);
        if surrogate && self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            let back = self.at;
            self.at += 2;
            let low = self.hex()?;
            if (0xdc00..0xe000).contains(&low) {
                let point = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = back;
        }
        Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Result<u32, Invalid> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).unwrap_or_default();
        let mut value = 0;
        for digit in digits {
            let digit = char::from(*digit)
                .to_digit(16)
                .ok_or_else(|| self.wrong("has a \\u without four hex digits"))?;
            value = value * 16 + digit;
        }
        if digits.is_empty() {
            return Err(self.wrong("has a \\u without four hex digits"));
        }
        self.at += 4;
        Ok(value)
    }

    /// Whether the container closes right here, as an empty one does.
    fn closes(&mut self, mark: u8) -> bool {
        self.skip_space();
        let closes = self.peek() == Some(mark);
        self.at += usize::from(closes);
        closes
    }

    /// Whether the container ends after this item; otherwise a comma must follow.
    fn ends(&mut self, mark: u8) -> Result<bool, Invalid> {
        if self.closes(mark) {
            return Ok(true);
        }
        if self.peek() != Some(b',') {
            let expected = format!("is not JSON: ',' or '{}' was expected", char::from(mark));
            return Err(self.wrong(expected));
        }
        self.at += 1;
        Ok(false)
    }

    fn skip_space(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at +=
            rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn wrong(&self, reason: impl Into<String>) -> Invalid {
        let before = &self.text.as_bytes()[..self.at.min(self.text.len())];
        let lines = before.split(|byte| *byte == b'\n');
        let (line, column) = lines.fold((0, 1), |(line, _), text| (line + 1, text.len() + 1));
        Invalid::at(format!("line {line}, column {column}"), reason)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Turns a tree into serde_json's, the oracle of this file.
    fn plain(node: &Node<'_>) -> Value {
        match node {
            Node::Null => Value::Null,
            Node::Bool(truth) => Value::Bool(*truth),
            Node::Number(text) => serde_json::from_str(text).unwrap(),
            Node::Text(text) => Value::String(text.to_string()),
            Node::Array(items) => items.iter().map(plain).collect(),
            Node::Object(members) => {
                members.iter().map(|(name, node)| (name.to_string(), plain(node))).collect()
            }
        }
    }

    #[track_caller]
    fn check(text: &str) {
        let oracle: Result<Value, _> = serde_json::from_str(text);
        match (read(text), oracle) {
            (Ok(node), Ok(value)) => assert_eq!(plain(&node), value, "{text}"),
            (Err(_), Err(_)) => {}
            (ours, oracle) => panic!("{text}: {ours:?} but serde_json says {oracle:?}"),
        }
    }

    #[test]
    fn reader_agrees_with_serde_json() {
        for text in [
            "",
            " ",
            "null",
            "nul",
            "true",
            " false ",
            "0",
            "-0",
            "01",
            "-",
            "1.",
            "1.5e+3",
            "1e",
            "+1",
            "\"a\"",
            "\"a",
            "\"\\\"",
            "\"\\n\\t\\/\\\\\"",
            "\"\\x\"",
            "\"\\u00e9\\ud83d\\ude80\"",
            "\"\\u12\"",
            "\"\\u+123\"",
            "\"\u{1}\"",
            "\"é\"",
            "[]",
            "[1,]",
            "[1 2]",
            "[ 1 , [ ] ]",
            "{}",
            "{\"a\":1}",
            "{\"a\" 1}",
            "{a:1}",
            "{\"a\":1,}",
            "{\"a\":{\"b\":[null,{}]}}",
            "{} {}",
            "\\",
            "\"\\",
            "\"\\u",
            "[",
            "{",
            "{\"a\"",
            "é",
        ] {
            check(text);
        }
    }

    #[test]
    fn mutilated_documents_never_panic() {
        let whole = "{\"a\\u00e9\":[1.5e3,-2,\"x\\\"y\",{\"b\":null}],\"é\":true}";
        for end in (0..=whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            check(&whole[..end]);
            check(&whole[end..]);
        }
    }

    #[test]
    fn names_that_come_twice_stay_twice() {
        let Ok(Node::Object(members)) = read("{\"a\":1,\"a\":2}") else { panic!("an object") };
        assert_eq!(members, [("a".into(), Node::Number("1")), ("a".into(), Node::Number("2"))]);
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert!(read(&"[".repeat(100_000)).unwrap_err().reason.contains("256 levels"));
    }

    #[test]
    fn errors_name_line_and_column() {
        assert_eq!(read("{\n  \"a\": tru }").unwrap_err().place, "line 2, column 8");
    }
}
