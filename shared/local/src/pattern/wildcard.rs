//! Texts with `*` for any run of characters.

use std::collections::{BTreeSet, HashSet};

use super::Invalid;

/// A text in which `*` stands for any run of characters, also an empty one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard {
    /// What stands between the stars: one part more than there are stars.
    parts: Vec<String>,
}

/// More prefixes of wildcards under way at once than this, and EventBridge refuses the rule. A value seen in
/// admission, not documented.
const MAX_UNDER_WAY: usize = 10;

impl Wildcard {
    /// Reads a text in which `\*` and `\\` stand for themselves.
    pub(super) fn read(text: &str, place: &str) -> Result<Self, Invalid> {
        let refuse = |reason: &str| Invalid::at(place, format!("wildcard \"{text}\" {reason}"));
        let mut parts = vec![String::new()];
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            let part = parts.last_mut().expect("there is always a part");
            match letter {
                '*' if letters.peek() == Some(&'*') => {
                    return Err(refuse("has two '*' in a row: write one"));
                }
                '*' => parts.push(String::new()),
                '\\' => match letters.next() {
                    Some(escaped @ ('*' | '\\')) => part.push(escaped),
                    _ => return Err(refuse("has a '\\' that escapes neither '*' nor '\\'")),
                },
                _ => part.push(letter),
            }
        }
        Ok(Self { parts })
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let (first, rest) = self.parts.split_first().expect("there is always a part");
        let Some((last, middle)) = rest.split_last() else { return text == first };
        let Some(mut text) = text.strip_prefix(&**first) else { return false };
        for part in middle {
            let Some(found) = text.find(&**part) else { return false };
            text = &text[found + part.len()..];
        }
        text.ends_with(&**last)
    }

    /// Returns what it is made of, between the quotes that EventBridge puts around every text.
    fn symbols(&self) -> Vec<Symbol> {
        let mut symbols = vec![Symbol::Byte(b'"')];
        for (index, part) in self.parts.iter().enumerate() {
            if index > 0 {
                symbols.push(Symbol::Star);
            }
            symbols.extend(part.bytes().map(Symbol::Byte));
        }
        symbols.push(Symbol::Byte(b'"'));
        symbols
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symbol {
    Byte(u8),
    Star,
}

/// Refuses the wildcards of one field if some text would keep too many of their prefixes under way at once.
///
/// A prefix is under way if it matches what has been read; `*:*:` has four such prefixes after `::`.
pub(super) fn admit(wildcards: &[&Wildcard], place: &str) -> Result<(), Invalid> {
    let mut distinct: Vec<Vec<Symbol>> = Vec::new();
    for symbols in wildcards.iter().map(|wildcard| wildcard.symbols()) {
        if !distinct.contains(&symbols) {
            distinct.push(symbols);
        }
    }
    if most_under_way(&distinct) > MAX_UNDER_WAY {
        return Err(Invalid::at(
            place,
            "wildcards are too complex: use fewer '*', or fewer repeating characters after one",
        ));
    }
    Ok(())
}

/// Walks every set of prefixes that some text can have under way, until one is too large.
fn most_under_way(wildcards: &[Vec<Symbol>]) -> usize {
    // A prefix is (wildcard, symbols read); an untouched wildcard has read none.
    type UnderWay = BTreeSet<(usize, usize)>;
    let mut letters: BTreeSet<Option<u8>> = BTreeSet::from([None]);
    for symbol in wildcards.iter().flatten() {
        if let Symbol::Byte(byte) = symbol {
            letters.insert(Some(*byte));
        }
    }
    let mut start = UnderWay::new();
    for (wildcard, symbols) in wildcards.iter().enumerate() {
        start.insert((wildcard, 0));
        // A leading star may stay empty.
        if symbols.first() == Some(&Symbol::Star) {
            start.insert((wildcard, 1));
        }
    }
    let mut seen = HashSet::from([start.clone()]);
    let mut open = vec![start];
    let mut most = 0;
    while let Some(under_way) = open.pop() {
        for letter in &letters {
            let mut next = UnderWay::new();
            for (wildcard, read) in &under_way {
                step(&wildcards[*wildcard], *read, *letter, &mut |read| {
                    next.insert((*wildcard, read));
                });
            }
            most = most.max(next.len());
            if most > MAX_UNDER_WAY || seen.len() > 20_000 {
                return most.max(MAX_UNDER_WAY + 1);
            }
            if !next.is_empty() && seen.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    most
}

/// Reads one letter from a prefix on; `None` is any letter that the wildcards do not name.
fn step(symbols: &[Symbol], read: usize, letter: Option<u8>, reach: &mut impl FnMut(usize)) {
    if read > 0 && symbols[read - 1] == Symbol::Star {
        reach(read);
    }
    if let Some(Symbol::Byte(byte)) = symbols.get(read)
        && Some(*byte) == letter
    {
        reach(read + 1);
        // The star behind it may stay empty.
        if symbols.get(read + 1) == Some(&Symbol::Star) {
            reach(read + 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wildcard: &str, text: &str, expect: bool) {
        assert_eq!(
            Wildcard::read(wildcard, "f").unwrap().matches(text),
            expect,
            "{wildcard} {text}"
        );
    }

    #[test]
    fn stars_stand_for_any_run() {
        check("*", "", true);
        check("a*b", "ab", true);
        check("a*b", "axxb", true);
        check("a*b", "ab ", false);
        check("*ab*", "xxabxx", true);
        check("a*a", "a", false);
        check("a*ba*a", "abaa", true);
        check("a*ba*a", "aba", false);
        check("abc", "abc", true);
        check("abc", "abcd", false);
        check("", "", true);
        check("", "x", false);
        check("é*é", "éxé", true);
        check(r"a\*b", "a*b", true);
        check(r"a\*b", "axb", false);
        check(r"\\*", r"\x", true);
    }

    #[test]
    fn bad_wildcards_are_refused() {
        for text in ["**", "a**b", r"a\b", r"a\", r"\"] {
            assert!(Wildcard::read(text, "f").is_err(), "{text}");
        }
    }

    #[test]
    fn prefixes_under_way_are_counted() {
        // The cases of Event Ruler's MachineComplexityEvaluatorTest, which has no quotes around its texts.
        for (wildcards, expect) in [
            (&["*"][..], 1),
            (&["*", "ab*c"], 3),
            (&["abc"], 1),
            (&["*ab"], 2),
            (&["*aa"], 3),
            (&["aa*"], 2),
            (&["a*bcb"], 3),
            (&["a*bbb"], 4),
            (&["*ab*ad"], 4),
            (&["*aba*"], 4),
            (&["a*b*bb"], 5),
            (&["a*b*cd"], 3),
            (&["*abc", "*abcde"], 4),
            (&["a*aaa", "aa*aa"], 7),
            (&["ab*cd", "ab*wx", "ab*yz"], 6),
            (&["*ab*b*b*"], 7),
            (&["F*eatureFeature", "Fe*atureFeature", "Fea*tureFeature"], 10),
        ] {
            let symbols = |text: &&str| {
                let quoted = Wildcard::read(text, "f").unwrap().symbols();
                quoted[1..quoted.len() - 1].to_vec()
            };
            let wildcards: Vec<Vec<Symbol>> = wildcards.iter().map(symbols).collect();
            assert_eq!(most_under_way(&wildcards), expect, "{wildcards:?}");
        }
    }
}
