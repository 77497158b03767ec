//! The JSON Lines reader against serde_json.

use crate::table::Table;
use dataset::{Format, Limits, Options};
use proptest::prelude::*;
use serde_json::Value;

/// Flattens a tree as the reader's documentation says.
pub(crate) fn flatten(value: &Value, path: &str, into: &mut Vec<(String, Option<Vec<u8>>)>) {
    let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    let text = match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| flatten(value, &join(key), into));
            return;
        }
        Value::Array(items) => {
            for (i, value) in items.iter().enumerate() {
                flatten(value, &join(&i.to_string()), into);
            }
            return;
        }
        Value::Null => None,
        Value::String(text) => Some(text.clone().into_bytes()),
        other => Some(other.to_string().into_bytes()),
    };
    into.retain(|it| it.0 != path);
    into.push((path.to_owned(), text));
}

fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9 \"\\\\é😀\n\u{1}]{0,30}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-e\"é]{1,3}", inner), 0..5)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    prop::collection::vec(("[a-e]", tree()), 0..6)
        .prop_map(|it| Value::Object(it.into_iter().collect()))
}

#[track_caller]
fn check_line(line: &[u8]) {
    let read = serde_json::from_slice::<Value>(line);
    let valid = match &read {
        Ok(value) => value.is_object(),
        // Text of a number is kept as it is, however large.
        Err(error) if error.to_string().contains("number out of range") => return,
        Err(_) => false,
    };
    let table = Table::read(Format::JsonLines, &Options::default(), line, usize::MAX);
    let blank = line.trim_ascii().is_empty();
    assert_eq!(table.rows.len() == 1, valid, "{read:?} {:?}", table.set_aside);
    assert_eq!(table.set_aside.len() == 1, !valid && !blank, "{read:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn cells_are_those_of_the_tree(
        objects in prop::collection::vec(object(), 0..8),
        pretty: bool,
        cut in 1..200usize,
        buffer in 64..400usize,
    ) {
        let mut input = Vec::new();
        for it in &objects {
            let text = if pretty { format!("{it:#}").replace('\n', " ") } else { it.to_string() };
            // Both escapes of what is not ASCII must come out the same.
            input.extend(text.replace('é', if pretty { "\\u00E9" } else { "é" }).bytes());
            input.extend(b"\r\n");
        }
        let limits = Limits { buffer, ..Limits::default() };
        let options = Options { limits, ..Options::default() };
        let table = Table::read(Format::JsonLines, &options, &input, cut);
        prop_assert_eq!(&table.set_aside, &vec![]);
        prop_assert_eq!(table.rows.len(), objects.len());
        for (row, tree) in table.rows.iter().zip(&objects) {
            let mut expect = Vec::new();
            flatten(tree, "", &mut expect);
            for (name, cell) in table.names.iter().zip(row) {
                let wanted = expect.iter().find(|it| it.0 == *name).and_then(|it| it.1.clone());
                prop_assert_eq!(cell, &wanted, "{}", name);
            }
            let present = expect.iter().filter(|it| it.1.is_some()).count();
            prop_assert_eq!(row.iter().flatten().count(), present);
        }
    }

    #[test]
    fn damaged_lines_are_judged_as_by_serde_json(
        tree in object(),
        at in any::<prop::sample::Index>(),
        byte in prop::sample::select(b"\"\\{}[]:,0-1.eEu9dt \x00\xC3\xFF".to_vec()),
        kind in 0..3u8,
    ) {
        let mut line = tree.to_string().replace('é', "\\u00e9").into_bytes();
        line.retain(|it| *it != b'\n');
        let at = at.index(line.len());
        match kind {
            0 => line[at] = byte,
            1 => line.insert(at, byte),
            _ => drop(line.remove(at)),
        }
        check_line(&line);
    }

    #[test]
    fn short_lines_are_judged_as_by_serde_json(
        inside in prop::collection::vec(prop::sample::select(b"\"\"\\{}[]:,0-1.eEudD8aAnull \t".to_vec()), 0..12),
    ) {
        let around: [(&[u8], &[u8]); 3] = [(b"", b""), (b"{\"a\":", b"}"), (b"{\"a\":\"", b"\"}")];
        for (before, after) in around {
            check_line(&[before, &inside, after].concat());
        }
    }
}

#[test]
fn nesting_ends_where_serde_json_ends() {
    for depth in [126, 127, 128, 129] {
        let line = "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth);
        check_line(line.as_bytes());
        let line = format!("{{\"a\":{}1{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        check_line(line.as_bytes());
    }
}
