use std::collections::HashMap;

/// Names that are told apart: an empty one is `_c<index>`, and one that was
/// there before gets `_2`, `_3`, … .
pub(crate) fn unique_names(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut uses: HashMap<String, usize> = HashMap::new();
    let mut unique = Vec::new();
    for (i, mut name) in names.enumerate() {
        if name.is_empty() {
            name = format!("_c{i}");
        }
        let first = name.clone();
        let mut used = uses.get(&name).copied().unwrap_or(0);
        while uses.contains_key(&name) {
            used += 1;
            name = format!("{first}_{}", used + 1);
        }
        uses.insert(first, used);
        uses.entry(name.clone()).or_insert(0);
        unique.push(name);
    }
    unique
}
