//! An event flattened to the fields that a pattern asks for.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::Condition;
use super::json::Node;
use super::leaf::Leaf;
use super::number::Number;

/// The names of the fields that a pattern asks for, as a tree of their steps.
///
/// A name is the path to a value joined by dots, so `{"a.b": 1}` and `{"a": {"b": 1}}` name one field.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    steps: Vec<Step>,
    count: usize,
}

#[derive(Debug, Clone, Default)]
struct Step {
    next: Vec<(String, usize)>,
    /// The number of the field that ends here.
    path: Option<usize>,
}

/// The values of an event at the paths of a pattern.
pub(super) struct Fields<'e> {
    fields: Vec<Field<'e>>,
    /// Array elements around fields, each field's in one run.
    elements: Vec<Element>,
}

struct Field<'e> {
    path: usize,
    leaf: Leaf<'e>,
    /// The run in [`Fields::elements`].
    around: (u32, u32),
}

/// One element of one array, the array named by the order in which arrays are met.
type Element = (u32, u32);

impl Default for Paths {
    fn default() -> Self {
        Self { steps: vec![Step::default()], count: 0 }
    }
}

impl Paths {
    /// Returns the number of a field, a new one for a new name.
    pub(super) fn add(&mut self, name: &str) -> usize {
        let mut at = 0;
        for part in name.split('.') {
            at = self.next(at, part).unwrap_or_else(|| {
                self.steps.push(Step::default());
                let new = self.steps.len() - 1;
                self.steps[at].next.push((part.to_owned(), new));
                new
            });
        }
        *self.steps[at].path.get_or_insert_with(|| {
            self.count += 1;
            self.count - 1
        })
    }

    fn next(&self, at: usize, part: &str) -> Option<usize> {
        self.steps[at].next.iter().find_map(|(name, next)| (name == part).then_some(*next))
    }

    fn descend(&self, at: usize, name: &str) -> Option<usize> {
        self.next(at, name).or_else(|| {
            let dotted = name.contains('.');
            dotted.then(|| name.split('.').try_fold(at, |at, part| self.next(at, part)))?
        })
    }
}

impl<'e> Fields<'e> {
    pub(super) fn of<T: Tree>(event: &'e T, paths: &Paths) -> Self {
        let fields = Vec::with_capacity(paths.count);
        let mut walk = Walk {
            paths,
            around: Vec::new(),
            arrays: 0,
            found: Self { fields, elements: Vec::new() },
        };
        event.walk(0, &mut walk);
        walk.found
    }

    /// Whether all conditions hold for values that do not come from different elements of one array.
    pub(super) fn satisfy(&self, conditions: &[Condition]) -> bool {
        let each_holds = conditions.iter().all(|condition| {
            let mut fields = self.at(condition.path).peekable();
            // Whether something is absent may depend on the elements that were chosen.
            (condition.may_be_absent && (fields.peek().is_none() || !self.elements.is_empty()))
                || fields.any(|field| condition.accepts(&field.leaf))
        });
        each_holds
            && (self.elements.is_empty() || Search::new(self, conditions).from(0, Vec::new()))
    }

    fn at(&self, path: usize) -> impl Iterator<Item = &Field<'e>> {
        self.fields.iter().filter(move |field| field.path == path)
    }

    fn around(&self, field: &Field<'_>) -> &[Element] {
        &self.elements[field.around.0 as usize..field.around.1 as usize]
    }
}

/// Tries one value after another for every condition.
struct Search<'a, 'e> {
    fields: &'a Fields<'e>,
    conditions: &'a [Condition],
    /// The last condition with a field in an array.
    last: HashMap<u32, usize>,
    /// Where no choice led on: a condition and the elements chosen before it.
    failed: HashSet<(usize, Vec<Element>)>,
}

impl<'a, 'e> Search<'a, 'e> {
    fn new(fields: &'a Fields<'e>, conditions: &'a [Condition]) -> Self {
        let mut last = HashMap::new();
        for (index, condition) in conditions.iter().enumerate() {
            for field in fields.at(condition.path) {
                last.extend(fields.around(field).iter().map(|element| (element.0, index)));
            }
        }
        Self { fields, conditions, last, failed: HashSet::new() }
    }

    fn from(&mut self, condition: usize, mut chosen: Vec<Element>) -> bool {
        let Some(wanted) = self.conditions.get(condition) else { return true };
        // Elements of arrays that no later field lies in cannot matter.
        chosen.retain(|element| self.last[&element.0] >= condition);
        chosen.sort_unstable();
        if !self.failed.insert((condition, chosen.clone())) {
            return false;
        }
        let fields = self.fields;
        let consistent =
            fields.at(wanted.path).filter(|field| agree(&chosen, fields.around(field)));
        let consistent: Vec<&Field<'_>> = consistent.collect();
        if consistent.is_empty() && wanted.may_be_absent {
            return self.from(condition + 1, chosen);
        }
        consistent.into_iter().filter(|field| wanted.accepts(&field.leaf)).any(|field| {
            let mut next = chosen.clone();
            next.extend(fields.around(field).iter().filter(|element| !chosen.contains(element)));
            self.from(condition + 1, next)
        })
    }
}

/// Whether no array has two different elements in the two choices.
fn agree(chosen: &[Element], more: &[Element]) -> bool {
    more.iter()
        .all(|(array, index)| chosen.iter().all(|(other, taken)| array != other || index == taken))
}

/// An event in one of its two forms.
pub(super) trait Tree {
    /// Records the fields at and below this value.
    fn walk<'e>(&'e self, at: usize, walk: &mut Walk<'_, 'e>);

    /// Whether the value is an object or an array.
    fn is_container(&self) -> bool;
}

pub(super) struct Walk<'p, 'e> {
    paths: &'p Paths,
    around: Vec<Element>,
    arrays: u32,
    found: Fields<'e>,
}

impl<'e> Walk<'_, 'e> {
    fn leaf(&mut self, at: usize, leaf: Leaf<'e>) {
        let Some(path) = self.paths.steps[at].path else { return };
        let start = self.found.elements.len() as u32;
        self.found.elements.extend(&self.around);
        let around = (start, self.found.elements.len() as u32);
        self.found.fields.push(Field { path, leaf, around });
    }

    fn member<T: Tree>(&mut self, at: usize, name: &str, value: &'e T) {
        if let Some(next) = self.paths.descend(at, name) {
            value.walk(next, self);
        }
    }

    fn items<T: Tree>(&mut self, at: usize, items: &'e [T]) {
        let array = self.arrays;
        self.arrays += 1;
        for (index, item) in items.iter().enumerate() {
            if item.is_container() {
                self.around.push((array, index as u32));
                item.walk(at, self);
                self.around.pop();
            } else {
                // Values of an array stand beside each other, not in elements of their own.
                item.walk(at, self);
            }
        }
    }
}

impl Tree for Value {
    fn walk<'e>(&'e self, at: usize, walk: &mut Walk<'_, 'e>) {
        match self {
            Self::Null => walk.leaf(at, Leaf::Null),
            Self::Bool(truth) => walk.leaf(at, Leaf::Bool(*truth)),
            Self::Number(number) => walk.leaf(at, Leaf::Number(Number::of(number))),
            Self::String(text) => walk.leaf(at, Leaf::Text(text)),
            Self::Array(items) => walk.items(at, items),
            Self::Object(members) => {
                for (name, value) in members {
                    walk.member(at, name, value);
                }
            }
        }
    }

    fn is_container(&self) -> bool {
        matches!(self, Self::Array(_) | Self::Object(_))
    }
}

impl Tree for Node<'_> {
    fn walk<'e>(&'e self, at: usize, walk: &mut Walk<'_, 'e>) {
        match self {
            Self::Null => walk.leaf(at, Leaf::Null),
            Self::Bool(truth) => walk.leaf(at, Leaf::Bool(*truth)),
            Self::Number(text) => walk.leaf(at, Leaf::Number(Number::read(text))),
            Self::Text(text) => walk.leaf(at, Leaf::Text(text)),
            Self::Array(items) => walk.items(at, items),
            Self::Object(members) => {
                for (name, value) in members {
                    walk.member(at, name, value);
                }
            }
        }
    }

    fn is_container(&self) -> bool {
        matches!(self, Self::Array(_) | Self::Object(_))
    }
}
