use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

/// The number of a label within one [`Classes`].
pub(super) type ClassId = u16;

/// What a row can be, or be predicted to be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Class {
    Label(Box<[u8]>),
    /// The probability was above the threshold: the positive label, whatever it is called.
    Above,
    Below,
}

/// The labels that came up, in the order they did.
///
/// Texts are exact but for blanks around them and for whole numbers: `1.0` is `1`.
#[derive(Debug, Clone, Default)]
pub(super) struct Classes {
    names: Vec<Class>,
    /// Only of labels beyond the first few, which are quicker to look through.
    places: HashMap<Class, ClassId>,
}

impl Classes {
    /// Labels above this many are refused: a column that is no label.
    pub(super) const MOST: usize = 1000;
    /// Bytes of a label.
    const LONGEST: usize = 256;
    const FEW: usize = 8;

    /// Returns the number of a label; `None` where there is no room for it.
    #[inline]
    pub(super) fn of(&mut self, text: &[u8]) -> Option<ClassId> {
        let text = plain(text);
        let few = &self.names[..self.names.len().min(Self::FEW)];
        for (at, name) in few.iter().enumerate() {
            if let Class::Label(name) = name
                && **name == *text
            {
                return Some(at as ClassId);
            }
        }
        if Self::LONGEST < text.len() {
            return None;
        }
        self.of_class(Class::Label(text.into()))
    }

    pub(super) fn of_class(&mut self, class: Class) -> Option<ClassId> {
        let few = &self.names[..self.names.len().min(Self::FEW)];
        let known = few.iter().position(|it| *it == class).map(|it| it as ClassId);
        if let Some(known) = known.or_else(|| self.places.get(&class).copied()) {
            return Some(known);
        }
        if Self::MOST <= self.names.len() {
            return None;
        }
        let place = self.names.len() as ClassId;
        if Self::FEW <= self.names.len() {
            self.places.insert(class.clone(), place);
        }
        self.names.push(class);
        Some(place)
    }

    pub(super) fn names(&self) -> &[Class] {
        &self.names
    }
}

/// Returns a label without blanks, and a whole number without its decimals.
#[inline]
fn plain(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii();
    if text.len() < 3 || text.last() != Some(&b'0') {
        return text;
    }
    let Some(point) = text.iter().position(|it| *it == b'.') else { return text };
    let whole = text[0] == b'-' && 1 < point || 0 < point && text[0] != b'-';
    let digits = |it: &[u8]| it.iter().all(u8::is_ascii_digit);
    let start = usize::from(text[0] == b'-');
    let zeros = text[point + 1..].iter().all(|it| *it == b'0');
    if whole && zeros && digits(&text[start..point]) {
        return &text[..point];
    }
    text
}

/// Orders labels: numbers first and by size, then texts.
pub(super) fn order(one: &str, other: &str) -> Ordering {
    let number = |it: &str| it.parse::<f64>().ok().filter(|it| it.is_finite());
    match (number(one), number(other)) {
        (Some(a), Some(b)) => a.total_cmp(&b).then_with(|| one.cmp(other)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => one.cmp(other),
    }
}

/// Which label is the positive one, and what its opposite is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Poles {
    pub(super) positive: String,
    pub(super) negative: String,
}

/// Labels that come in pairs, negative first.
const PAIRS: [[&str; 2]; 8] = [
    ["0", "1"],
    ["false", "true"],
    ["no", "yes"],
    ["n", "y"],
    ["f", "t"],
    ["negative", "positive"],
    ["neg", "pos"],
    ["-1", "1"],
];

impl Poles {
    /// Chooses among labels in order: the wanted one, else `1` of numbers, else
    /// the positive one of a known pair, else the last.
    ///
    /// A window may hold one label only, so the choice must not hang on both.
    pub(super) fn of(labels: &[String], wanted: Option<&str>) -> Self {
        let positive = wanted.map_or_else(|| Self::usual(labels), str::to_owned);
        let mut others = labels.iter().filter(|it| **it != positive);
        let negative = match (others.next(), others.next()) {
            (Some(only), None) => only.clone(),
            _ => partner(&positive, 0).unwrap_or_else(|| format!("not {positive}")),
        };
        Self { positive, negative }
    }

    fn usual(labels: &[String]) -> String {
        let is_number = |it: &String| it.parse::<f64>().is_ok();
        if labels.iter().all(is_number) {
            return "1".to_owned();
        }
        let known = labels.iter().find_map(|it| {
            let low = it.to_lowercase();
            match PAIRS.iter().find(|pair| pair.contains(&low.as_str())) {
                Some(pair) if pair[1] == low => Some(it.clone()),
                Some(_) => partner(it, 1),
                None => None,
            }
        });
        known.or_else(|| labels.last().cloned()).unwrap_or_else(|| "1".to_owned())
    }
}

/// Returns the other label of a known pair, written as the one at hand is.
fn partner(label: &str, side: usize) -> Option<String> {
    let low = label.to_lowercase();
    let pair = PAIRS.iter().find(|pair| pair[1 - side] == low)?;
    let other = pair[side];
    let is_upper = |it: char| it.is_uppercase();
    Some(match label.chars().filter(|it| is_upper(*it)).count() {
        0 => other.to_owned(),
        1 if 1 < label.len() => other[..1].to_uppercase() + &other[1..],
        _ => other.to_uppercase(),
    })
}

/// Returns a label as text.
pub(super) fn text(label: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(label)
}
