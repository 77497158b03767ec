//! From the JSON of a pattern to its alternatives.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::address::{Address, Block};
use super::fields::Paths;
use super::fold::Folded;
use super::json::Node;
use super::leaf::{Bound, Range, Test};
use super::number::Number;
use super::wildcard::{self, Wildcard};
use super::{Alternative, Condition, Invalid, Pattern};

/// EventBridge refuses rules whose `$or` comes to more combinations.
const MAX_ALTERNATIVES: usize = 1000;

/// Names that may not be fields inside of `$or`: the operators, and words Event Ruler keeps for later.
const RESERVED: [&str; 24] = [
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
];

/// What the fields must be, by the dotted name of the field.
type Draft = BTreeMap<String, Choices>;

#[derive(Debug, Clone)]
struct Choices {
    may_be_absent: bool,
    tests: Vec<Test>,
}

type Members<'t> = [(Cow<'t, str>, Node<'t>)];

pub(super) fn compile(pattern: &Node<'_>) -> Result<Pattern, Invalid> {
    let Node::Object(members) = pattern else {
        return Err(Invalid::at("pattern", "is not a JSON object"));
    };
    let mut drafts = vec![Draft::new()];
    read_fields(members, "", false, &mut drafts)?;
    let mut paths = Paths::default();
    let mut alternatives = Vec::new();
    for draft in drafts {
        let mut conditions = Vec::new();
        // Absence looks at the array elements that earlier fields chose, so their order is part of the language.
        for (name, choices) in draft {
            admit_wildcards(&choices.tests, &name)?;
            let path = paths.add(&name);
            conditions.push(Condition {
                path,
                may_be_absent: choices.may_be_absent,
                tests: choices.tests,
            });
        }
        alternatives.push(Alternative { conditions });
    }
    Ok(Pattern { paths, alternatives })
}

fn read_fields(
    members: &Members<'_>,
    parent: &str,
    inside_or: bool,
    drafts: &mut Vec<Draft>,
) -> Result<(), Invalid> {
    if members.is_empty() {
        let place = if parent.is_empty() { "pattern" } else { parent };
        return Err(Invalid::at(place, "empty objects are not allowed"));
    }
    for (name, node) in members {
        if name == "$or" {
            read_or(node, parent, drafts)?;
            continue;
        }
        let place = if parent.is_empty() { name.to_string() } else { format!("{parent}.{name}") };
        if inside_or && RESERVED.contains(&&**name) {
            return Err(Invalid::at(place, "is a reserved name: it cannot be a field inside $or"));
        }
        match node {
            Node::Object(members) => read_fields(members, &place, inside_or, drafts)?,
            Node::Array(items) => {
                let choices = read_choices(items, &place)?;
                for draft in &mut *drafts {
                    draft.insert(place.clone(), choices.clone());
                }
            }
            _ => return Err(Invalid::at(place, "must be an object or an array")),
        }
    }
    Ok(())
}

fn read_or(node: &Node<'_>, parent: &str, drafts: &mut Vec<Draft>) -> Result<(), Invalid> {
    let place = if parent.is_empty() { "$or".to_owned() } else { format!("{parent}.$or") };
    let Node::Array(branches) = node else {
        return Err(Invalid::at(place, "must be an array of objects"));
    };
    if branches.len() < 2 {
        return Err(Invalid::at(place, "needs at least two objects"));
    }
    let mut all = Vec::new();
    for branch in branches {
        let Node::Object(members) = branch else {
            return Err(Invalid::at(place, "may hold objects only"));
        };
        let mut branch = drafts.clone();
        read_fields(members, parent, true, &mut branch)?;
        all.append(&mut branch);
        if all.len() > MAX_ALTERNATIVES {
            let reason =
                format!("comes to more than {MAX_ALTERNATIVES} combinations: split the rule");
            return Err(Invalid::at(place, reason));
        }
    }
    *drafts = all;
    Ok(())
}

fn read_choices(items: &[Node<'_>], place: &str) -> Result<Choices, Invalid> {
    if items.is_empty() {
        return Err(Invalid::at(place, "empty arrays are not allowed"));
    }
    let mut choices = Choices { may_be_absent: false, tests: Vec::new() };
    for item in items {
        let test = match item {
            Node::Null => Test::Null,
            Node::Bool(truth) => Test::Bool(*truth),
            Node::Number(text) => Test::Number(Number::read(text).into_owned()),
            Node::Text(text) => {
                Address::read(text).map_or_else(|| Test::Text(text.to_string()), Test::Address)
            }
            Node::Array(_) => {
                return Err(Invalid::at(place, "an array may not hold an array"));
            }
            Node::Object(members) => {
                let Some(test) = read_operator(members, place)? else {
                    choices.may_be_absent = true;
                    continue;
                };
                test
            }
        };
        choices.tests.push(test);
    }
    Ok(choices)
}

/// Reads `{"operator": operand}`; `{"exists": false}` is no test of a value, hence `None`.
fn read_operator(members: &Members<'_>, place: &str) -> Result<Option<Test>, Invalid> {
    let (operator, operand) = only_member(members, place)?;
    let test = match &**operator {
        "exactly" => Test::Text(text_of(operand, operator, place)?),
        "prefix" | "suffix" => read_edge(operator, operand, place)?,
        "equals-ignore-case" => Test::Equal(Folded::new(&text_of(operand, operator, place)?)),
        "wildcard" => Test::Wildcard(Wildcard::read(&text_of(operand, operator, place)?, place)?),
        "cidr" => Test::Block(Block::read(&text_of(operand, operator, place)?, place)?),
        "numeric" => read_numeric(operand, place)?,
        "anything-but" => read_anything_but(operand, place)?,
        "exists" => match operand {
            Node::Bool(true) => Test::Exists,
            Node::Bool(false) => return Ok(None),
            _ => return Err(Invalid::at(place, "exists must be true or false")),
        },
        _ => return Err(Invalid::at(place, format!("unrecognized match type \"{operator}\""))),
    };
    Ok(Some(test))
}

fn read_edge(operator: &str, operand: &Node<'_>, place: &str) -> Result<Test, Invalid> {
    let Node::Object(members) = operand else {
        let text = text_of(operand, operator, place)?;
        return Ok(if operator == "prefix" { Test::Prefix(text) } else { Test::Suffix(text) });
    };
    let (inner, operand) = only_member(members, place)?;
    if inner != "equals-ignore-case" {
        return Err(Invalid::at(place, format!("unsupported {operator} pattern \"{inner}\"")));
    }
    let folded = Folded::new(&text_of(operand, inner, place)?);
    Ok(if operator == "prefix" { Test::PrefixFolded(folded) } else { Test::SuffixFolded(folded) })
}

fn read_anything_but(operand: &Node<'_>, place: &str) -> Result<Test, Invalid> {
    if let Node::Object(members) = operand {
        let (operator, operand) = only_member(members, place)?;
        return read_anything_but_operator(operator, operand, place);
    }
    let mut tests = Vec::new();
    for item in items_of(operand) {
        tests.push(match item {
            Node::Text(text) => Test::Text(text.to_string()),
            Node::Number(text) => match Number::read(text) {
                Number::Double(double) => Test::Number(Number::Double(double)),
                Number::Literal(_) => return Err(not_comparable(text, place)),
            },
            _ => {
                return Err(Invalid::at(place, "anything-but takes texts or numbers only"));
            }
        });
    }
    let texts = tests.iter().filter(|test| matches!(test, Test::Text(_))).count();
    if tests.is_empty() || (texts > 0 && texts < tests.len()) {
        return Err(Invalid::at(place, "anything-but takes either texts or numbers, at least one"));
    }
    Ok(Test::AnythingBut(tests))
}

fn read_anything_but_operator(
    operator: &str,
    operand: &Node<'_>,
    place: &str,
) -> Result<Test, Invalid> {
    let mut tests = Vec::new();
    for item in items_of(operand) {
        let Node::Text(text) = item else {
            let reason = format!("anything-but of {operator} takes texts only");
            return Err(Invalid::at(place, reason));
        };
        tests.push(match operator {
            "prefix" | "suffix" if text.is_empty() => {
                return Err(Invalid::at(place, "anything-but takes no empty prefix or suffix"));
            }
            "prefix" => Test::Prefix(text.to_string()),
            "suffix" => Test::Suffix(text.to_string()),
            "equals-ignore-case" => Test::Equal(Folded::new(text)),
            "wildcard" => Test::Wildcard(Wildcard::read(text, place)?),
            _ => {
                let reason = format!("unsupported anything-but pattern \"{operator}\"");
                return Err(Invalid::at(place, reason));
            }
        });
    }
    if tests.is_empty() {
        return Err(Invalid::at(place, format!("anything-but of {operator} needs a text")));
    }
    Ok(Test::AnythingBut(tests))
}

fn read_numeric(operand: &Node<'_>, place: &str) -> Result<Test, Invalid> {
    let refuse = |reason: &str| Err(Invalid::at(place, format!("numeric {reason}")));
    let Node::Array(items) = operand else {
        return refuse("must be an array, such as [\">\", 0, \"<=\", 5]");
    };
    match items.as_slice() {
        [Node::Text(operator), value] => {
            let value = comparable(value, operator, place)?;
            let bound = |included| Some(Bound { value, included });
            let (bottom, top) = match &**operator {
                "=" => return Ok(Test::Number(Number::Double(value))),
                ">" => (bound(false), None),
                ">=" => (bound(true), None),
                "<" => (None, bound(false)),
                "<=" => (None, bound(true)),
                _ => return refuse("takes =, <, <=, > or >="),
            };
            Ok(Test::Range(Range { bottom, top }))
        }
        [Node::Text(low), bottom, Node::Text(high), top] => {
            let (">" | ">=", "<" | "<=") = (&**low, &**high) else {
                return refuse("range must be > or >= with its bottom, then < or <= with its top");
            };
            let bottom = Bound { value: comparable(bottom, low, place)?, included: low == ">=" };
            let top = Bound { value: comparable(top, high, place)?, included: high == "<=" };
            if bottom.value >= top.value {
                return refuse("range must have its bottom below its top");
            }
            Ok(Test::Range(Range { bottom: Some(bottom), top: Some(top) }))
        }
        _ => refuse("needs an operator and a number, once or twice"),
    }
}

fn comparable(node: &Node<'_>, operator: &str, place: &str) -> Result<f64, Invalid> {
    let Node::Number(text) = node else {
        return Err(Invalid::at(place, format!("numeric {operator} needs a number")));
    };
    match Number::read(text) {
        Number::Double(double) => Ok(double),
        Number::Literal(_) => Err(not_comparable(text, place)),
    }
}

fn not_comparable(text: &str, place: &str) -> Invalid {
    Invalid::at(place, format!("cannot compare {text}: it has more digits than a double holds"))
}

fn only_member<'a, 't>(
    members: &'a Members<'t>,
    place: &str,
) -> Result<&'a (Cow<'t, str>, Node<'t>), Invalid> {
    match members {
        [] => Err(Invalid::at(place, "match expression has no name")),
        [member] => Ok(member),
        _ => Err(Invalid::at(place, "match expression may have one name only")),
    }
}

fn text_of(node: &Node<'_>, operator: &str, place: &str) -> Result<String, Invalid> {
    match node {
        Node::Text(text) => Ok(text.to_string()),
        _ => Err(Invalid::at(place, format!("{operator} must be a text"))),
    }
}

/// A list is read item by item, anything else as the one item of a list.
fn items_of<'a, 't>(node: &'a Node<'t>) -> &'a [Node<'t>] {
    match node {
        Node::Array(items) => items,
        single => std::slice::from_ref(single),
    }
}

fn admit_wildcards(tests: &[Test], place: &str) -> Result<(), Invalid> {
    let wildcards: Vec<&Wildcard> = tests
        .iter()
        .flat_map(|test| match test {
            Test::AnythingBut(tests) => tests.as_slice(),
            test => std::slice::from_ref(test),
        })
        .filter_map(|test| match test {
            Test::Wildcard(wildcard) => Some(wildcard),
            _ => None,
        })
        .collect();
    if wildcards.is_empty() { Ok(()) } else { wildcard::admit(&wildcards, place) }
}
