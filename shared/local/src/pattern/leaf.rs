//! What one value of an event is held against.

use super::address::{Address, Block};
use super::fold::Folded;
use super::number::Number;
use super::wildcard::Wildcard;

/// A value of an event that is neither an object nor an array.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Leaf<'e> {
    Null,
    Bool(bool),
    Number(Number<'e>),
    Text(&'e str),
}

/// What a value must be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Null,
    Bool(bool),
    Number(Number<'static>),
    Text(String),
    /// A text that is this address, however it is spelled.
    Address(Address),
    Block(Block),
    Prefix(String),
    Suffix(String),
    Equal(Folded),
    PrefixFolded(Folded),
    SuffixFolded(Folded),
    Wildcard(Wildcard),
    Range(Range),
    /// Any value at all, null included.
    Exists,
    /// Anything that none of these accepts.
    AnythingBut(Vec<Test>),
}

/// A range of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub(super) bottom: Option<Bound>,
    pub(super) top: Option<Bound>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bound {
    pub(super) value: f64,
    pub(super) included: bool,
}

impl Test {
    pub(super) fn accepts(&self, leaf: &Leaf<'_>) -> bool {
        match (self, leaf) {
            (Self::Exists, _) | (Self::Null, Leaf::Null) => true,
            (Self::AnythingBut(tests), leaf) => !tests.iter().any(|test| test.accepts(leaf)),
            (Self::Bool(ours), Leaf::Bool(theirs)) => ours == theirs,
            (Self::Number(ours), Leaf::Number(theirs)) => ours == theirs,
            (Self::Range(range), Leaf::Number(Number::Double(double))) => range.contains(*double),
            (test, Leaf::Text(text)) => test.accepts_text(text),
            _ => false,
        }
    }

    fn accepts_text(&self, text: &str) -> bool {
        match self {
            Self::Text(ours) => ours == text,
            Self::Address(ours) => Address::read(text) == Some(*ours),
            Self::Block(block) => {
                Address::read(text).is_some_and(|address| block.contains(address))
            }
            Self::Prefix(prefix) => text.starts_with(&**prefix),
            Self::Suffix(suffix) => text.ends_with(&**suffix),
            Self::Equal(folded) => folded.equals(text),
            Self::PrefixFolded(folded) => folded.starts(text),
            Self::SuffixFolded(folded) => folded.ends(text),
            Self::Wildcard(wildcard) => wildcard.matches(text),
            _ => false,
        }
    }
}

impl Range {
    fn contains(&self, value: f64) -> bool {
        let above = self.bottom.is_none_or(|bottom| {
            value > bottom.value || (bottom.included && value == bottom.value)
        });
        let below =
            self.top.is_none_or(|top| value < top.value || (top.included && value == top.value));
        above && below
    }
}
