//! Columns by the words of AWS's attributes.

use crate::capture::TRUTH;

/// Finds the column that an attribute names (reference: formats E.4).
///
/// It is a column's name, an index, or a path into JSON: `$.score`, `a.b[0]`. An
/// index counts the cells without names of a capture (its output's, where the
/// output comes first), else the columns of the table. As the lists of
/// `{"predictions":[…]}` are rows, `$.predictions[0].score` is `score`.
pub fn column_of(names: &[String], attribute: &str) -> Option<usize> {
    let named = |name: &str| names.iter().position(|it| it == name);
    if let Some(column) = named(attribute) {
        return Some(column);
    }
    let path = plain_path(attribute);
    if let Some(column) = named(&path) {
        return Some(column);
    }
    let inside = ["predictions", "instances"].iter().find_map(|it| path.strip_prefix(it));
    let inside = inside.map(|it| it.trim_start_matches('.'));
    let row = inside.and_then(|it| it.split_once('.')).filter(|it| is_index(it.0));
    [row.map(|it| it.1), inside, Some(&*path)].into_iter().flatten().find_map(|path| {
        if path.is_empty() {
            return named("_c0");
        }
        named(path).or_else(|| index(names, path))
    })
}

fn index(names: &[String], path: &str) -> Option<usize> {
    if !is_index(path) {
        return None;
    }
    if let Some(column) = names.iter().position(|it| it.strip_prefix("_c") == Some(path)) {
        return Some(column);
    }
    let first = usize::from(names.first().is_some_and(|it| it == TRUTH));
    let column = first + path.parse::<usize>().ok()?;
    (column < names.len()).then_some(column)
}

fn is_index(path: &str) -> bool {
    !path.is_empty() && path.bytes().all(|it| it.is_ascii_digit())
}

/// Writes a path as columns are named: `$.a['b'][0]` as `a.b.0`, `a[*].b` as `a.b`.
fn plain_path(path: &str) -> String {
    let path = path.trim().trim_start_matches('$').replace("[*]", "");
    let mut plain = String::new();
    for sign in path.chars() {
        match sign {
            '[' => plain.push('.'),
            ']' | '\'' | '"' => {}
            other => plain.push(other),
        }
    }
    plain.trim_start_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::column_of;

    #[track_caller]
    fn check(names: &[&str], attribute: &str, expect: Option<usize>) {
        let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(column_of(&names, attribute), expect, "{attribute}");
    }

    #[test]
    fn names_indices_and_paths_find_columns() {
        let merged = ["groundTruthData", "_c0", "_c1", "age"];
        check(&merged, "0", Some(1));
        check(&merged, "age", Some(3));
        check(&merged, "groundTruthData", Some(0));
        check(&merged, "7", None);
        check(&["groundTruthData", "label", "p"], "1", Some(2));
        check(&["label", "p"], "1", Some(1));
        check(&["x", "a.b.0", "a b"], "$.a.b[0]", Some(1));
        check(&["x", "a.b.0", "a b"], "$['a b']", Some(2));
        check(&["x", "score"], "$.predictions[0].score", Some(1));
        check(&["x", "score"], "predictions[*].score", Some(1));
        check(&["x", "_c0", "_c1"], "$.predictions[1]", Some(2));
        check(&["x", "score"], "$.other", None);
        check(&[], "", None);
    }
}
