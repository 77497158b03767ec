//! Paths into an event: `$.detail.items[0]['a b']`.

use serde_json::Value;

/// Returns the value at a path; `[*]` and `.*` gather a list.
///
/// EventBridge takes names, indices and wildcards, no filters; anything else finds nothing.
pub(super) fn find(event: &Value, path: &str) -> Option<Value> {
    let mut found = vec![event];
    let mut rest = path.trim().strip_prefix('$')?;
    let mut gathers = false;
    while !rest.is_empty() {
        let (step, after) = step(rest)?;
        gathers |= step == Step::All;
        found = found.into_iter().flat_map(|value| step.take(value)).collect();
        rest = after;
    }
    if gathers {
        return Some(found.into_iter().cloned().collect());
    }
    found.first().map(|value| (*value).clone())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step<'p> {
    Name(&'p str),
    Index(usize),
    All,
}

fn step(path: &str) -> Option<(Step<'_>, &str)> {
    if let Some(rest) = path.strip_prefix('.') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        return match name {
            "" => None,
            "*" => Some((Step::All, after)),
            name => Some((Step::Name(name), after)),
        };
    }
    let rest = path.strip_prefix('[')?;
    for quote in ['\'', '"'] {
        if let Some(quoted) = rest.strip_prefix(quote) {
            let (name, after) = quoted.split_once(quote)?;
            return Some((Step::Name(name), after.strip_prefix(']')?));
        }
    }
    let (inside, after) = rest.split_once(']')?;
    if inside == "*" {
        return Some((Step::All, after));
    }
    Some((Step::Index(inside.parse().ok()?), after))
}

impl Step<'_> {
    fn take<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match (self, value) {
            (Self::Name(name), Value::Object(members)) => members.get(*name).into_iter().collect(),
            (Self::Index(index), Value::Array(items)) => items.get(*index).into_iter().collect(),
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

    #[test]
    fn paths_find_parts_of_events() {
        let event = json!({"detail": {"a": [1, {"b c": "x"}], "detail-type": null}});
        for (path, expect) in [
            ("$", Some(event.clone())),
            ("$.detail.a[0]", Some(json!(1))),
            ("$.detail.a[1]['b c']", Some(json!("x"))),
            ("$['detail'].detail-type", Some(json!(null))),
            ("$.detail.a[*].b", Some(json!([]))),
            ("$.detail.a[*]", Some(json!([1, {"b c": "x"}]))),
            ("$.detail.a[2]", None),
            ("$.nothing.at.all", None),
            ("detail", None),
            ("$..a", None),
            ("$.detail[", None),
            ("$.detail.a[?(@.b)]", None),
            ("$x", None),
        ] {
            assert_eq!(find(&event, path), expect, "{path}");
        }
    }
}
