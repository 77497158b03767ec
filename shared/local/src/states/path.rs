//! Paths of Amazon States Language: `$.detail.items[0]['a b']`, and `$$` into the context object.

use serde_json::{Map, Value};

/// A path that has been read; names, indices and `[*]`, no filters or slices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    /// Whether it begins with `$$`.
    pub(super) context: bool,
    steps: Vec<Step>,
    text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    /// From the end where negative.
    Index(i64),
    All,
}

impl Path {
    /// Reads a path; the reason of a refusal names what is not supported.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let refuse = |why: &str| format!("path \"{text}\" {why}");
        let mut rest = text.strip_prefix('$').ok_or_else(|| refuse("does not begin with $"))?;
        let context = rest.starts_with('$');
        rest = rest.strip_prefix('$').unwrap_or(rest);
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = step(rest).ok_or_else(|| {
                refuse("is not supported: use names, indices and [*], as in $.a['b c'][0]")
            })?;
            steps.push(step);
            rest = after;
        }
        Ok(Self { context, steps, text: text.to_owned() })
    }

    /// Reads a path that names at most one place, as `ResultPath` and `Variable` need it.
    pub(super) fn parse_reference(text: &str) -> Result<Self, String> {
        let path = Self::parse(text)?;
        if path.gathers() {
            return Err(format!("path \"{text}\" may name many places where one is needed"));
        }
        Ok(path)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns what the path names; `[*]` gathers a list, possibly an empty one.
    pub(super) fn find(&self, root: &Value) -> Option<Value> {
        let mut found = vec![root];
        for step in &self.steps {
            found = found.into_iter().flat_map(|value| step.take(value)).collect();
        }
        if self.gathers() {
            return Some(found.into_iter().cloned().collect());
        }
        found.first().map(|value| (*value).clone())
    }

    /// Puts a value where the path points and makes objects on the way; `false` where something else is in the way.
    pub(super) fn put(&self, root: &mut Value, value: Value) -> bool {
        let mut at = root;
        for step in &self.steps {
            let next = match step {
                Step::Name(name) => {
                    if at.is_null() {
                        *at = Value::Object(Map::new());
                    }
                    let Some(members) = at.as_object_mut() else { return false };
                    members.entry(name.as_str()).or_insert(Value::Null)
                }
                Step::Index(index) => {
                    let Some(items) = at.as_array_mut() else { return false };
                    let Some(item) = place(*index, items.len()).and_then(|it| items.get_mut(it))
                    else {
                        return false;
                    };
                    item
                }
                Step::All => return false,
            };
            at = next;
        }
        *at = value;
        true
    }

    fn gathers(&self) -> bool {
        self.steps.contains(&Step::All)
    }
}

fn step(path: &str) -> Option<(Step, &str)> {
    if let Some(rest) = path.strip_prefix('.') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        return match name {
            "" => None,
            "*" => Some((Step::All, after)),
            name if name.contains(['(', ')', ' ', ',', ':', '?', '@']) => None,
            name => Some((Step::Name(name.to_owned()), after)),
        };
    }
    let rest = path.strip_prefix('[')?;
    for quote in ['\'', '"'] {
        if let Some(quoted) = rest.strip_prefix(quote) {
            let (name, after) = quoted.split_once(quote)?;
            return Some((Step::Name(name.to_owned()), after.strip_prefix(']')?));
        }
    }
    let (inside, after) = rest.split_once(']')?;
    if inside == "*" {
        return Some((Step::All, after));
    }
    Some((Step::Index(inside.parse().ok()?), after))
}

fn place(index: i64, len: usize) -> Option<usize> {
    let index = if index < 0 { index.checked_add(i64::try_from(len).ok()?)? } else { index };
    usize::try_from(index).ok()
}

impl Step {
    fn take<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match (self, value) {
            (Self::Name(name), Value::Object(members)) => members.get(name).into_iter().collect(),
            (Self::Index(index), Value::Array(items)) => {
                place(*index, items.len()).and_then(|it| items.get(it)).into_iter().collect()
            }
            (Self::All, Value::Array(items)) => items.iter().collect(),
            (Self::All, Value::Object(members)) => members.values().collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // The example input of "Reference Paths" in the States Language specification.
    #[test]
    fn specified_paths_find_their_places() {
        let input = json!({"foo": 123, "bar": ["a", "b", "c"], "car": {"cdr": true}});
        for (path, expect) in [
            ("$.foo", Some(json!(123))),
            ("$.bar", Some(json!(["a", "b", "c"]))),
            ("$.car.cdr", Some(json!(true))),
            ("$['car'][\"cdr\"]", Some(json!(true))),
            ("$.bar[1]", Some(json!("b"))),
            ("$.bar[-1]", Some(json!("c"))),
            ("$.bar[*]", Some(json!(["a", "b", "c"]))),
            ("$.bar[3]", None),
            ("$.nothing", None),
            ("$", Some(input.clone())),
        ] {
            assert_eq!(Path::parse(path).unwrap().find(&input), expect, "{path}");
        }
        for path in ["foo", "$foo", "$..foo", "$.bar[0:2]", "$.bar[?(@.x)]", "$.bar[", "$.a b"] {
            assert!(Path::parse(path).is_err(), "{path}");
        }
        assert!(Path::parse_reference("$.bar[*]").is_err());
        assert!(Path::parse("$$.Execution.Id").unwrap().context);
    }

    #[test]
    fn results_make_their_way() {
        for (path, root, expect) in [
            ("$", json!({"a": 1}), Some(json!(5))),
            ("$.b", json!({"a": 1}), Some(json!({"a": 1, "b": 5}))),
            ("$.a", json!({"a": 1}), Some(json!({"a": 5}))),
            ("$.b.c", json!({}), Some(json!({"b": {"c": 5}}))),
            ("$.l[1]", json!({"l": [0, 0]}), Some(json!({"l": [0, 5]}))),
            ("$.l[2]", json!({"l": [0, 0]}), None),
            ("$.a.b", json!({"a": 1}), None),
            ("$.a", json!([1]), None),
        ] {
            let mut value = root.clone();
            let put = Path::parse(path).unwrap().put(&mut value, json!(5));
            assert_eq!(put.then_some(value), expect, "{path} in {root}");
        }
    }
}
