use crate::document::{Content, Key, Node, shown};
use crate::field::{Field, blocks, field, fields};
use crate::kind::Value;
use crate::problem::{Complaints, Mark};
use crate::suggest::nearest;
use std::collections::BTreeMap;

/// The settings that one block of the file (or one set of tags) gives.
pub(crate) type Layer = BTreeMap<&'static str, Placed>;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placed {
    pub(crate) value: Value,
    pub(crate) mark: Mark,
}

/// Reads the settings under `defaults` or one pattern.
pub(crate) fn read_layer(node: &Node, out: &mut Complaints) -> Layer {
    let mut layer = Layer::new();
    let Some(pairs) = block_of(node, "settings", out) else { return layer };
    let blocks = blocks();
    for (key, value) in pairs {
        if let Some(it) = field(&key.text) {
            take(it, key, value, &mut layer, out);
        } else if blocks.contains(&key.text.as_str()) {
            read_block(key, value, &mut layer, out);
        } else {
            unknown("", key, out);
        }
    }
    layer
}

/// Returns the pairs of a block; `None` for nothing, which is not wrong.
pub(crate) fn block_of<'a>(
    node: &'a Node,
    name: &str,
    out: &mut Complaints,
) -> Option<&'a [(Key, Node)]> {
    match &node.content {
        Content::Map(pairs) => Some(pairs),
        _ if node.is_null() => None,
        _ => {
            let message = format!("`{name}` takes a block of `name: value`, found {}", node.word());
            out.add(node.mark, message, block_fix(name, node));
            None
        }
    }
}

fn block_fix(name: &str, node: &Node) -> String {
    match &node.content {
        Content::Scalar(it) if field(&format!("{name}.enabled")).is_some() => {
            format!("write `{name}: {{enabled: {}}}`", shown(&it.text))
        }
        _ if name == "endpoints" => {
            "write the name or pattern as the key: `churn-*: {engine: native}`".into()
        }
        _ if name == "the file" => "start with `defaults:` or `endpoints:`".into(),
        _ => "indent the settings under it by two spaces, one a line".into(),
    }
}

fn read_block(block: &Key, node: &Node, layer: &mut Layer, out: &mut Complaints) {
    let Some(pairs) = block_of(node, &block.text, out) else { return };
    for (key, value) in pairs {
        match field(&format!("{}.{}", block.text, key.text)) {
            Some(it) => take(it, key, value, layer, out),
            None => unknown(&block.text, key, out),
        }
    }
}

fn take(field: &'static Field, key: &Key, node: &Node, layer: &mut Layer, out: &mut Complaints) {
    match field.kind.read(node) {
        Ok(value) => {
            layer.insert(&field.path, Placed { value, mark: node.mark });
        }
        Err((message, fix)) => {
            let mark = if node.is_null() { key.mark } else { node.mark };
            out.add(mark, format!("`{}`: {message}", field.path), fix);
        }
    }
}

fn unknown(block: &str, key: &Key, out: &mut Complaints) {
    let place = if block.is_empty() { "an endpoint".to_owned() } else { format!("`{block}`") };
    let message = format!("`{}` is no setting of {place}", shown(&key.text));
    out.add(key.mark, message, meant(block, &key.text));
}

/// Returns what to write in place of an unknown setting.
pub(crate) fn meant(block: &str, name: &str) -> String {
    let flat = name.replace('-', "_");
    if let Some(it) = fields().iter().find(|it| module_name(it) == flat)
        && let Some((block, rest)) = it.path.split_once('.')
    {
        return format!("write it as `{block}: {{{rest}: …}}`");
    }
    let names = names_in(block);
    if let Some(near) = nearest(name, names.iter().map(String::as_str)) {
        return format!("did you mean `{near}`?");
    }
    let elsewhere = fields().iter().find(|it| it.path.rsplit('.').next() == Some(flat.as_str()));
    if let Some(it) = elsewhere {
        return match it.path.split_once('.') {
            Some((block, _)) => format!("it belongs under `{block}:`"),
            None => "move it two spaces to the left, out of this block".into(),
        };
    }
    if names.len() <= 12 {
        return format!("known here: {}", names.join(", "));
    }
    "`vigil settings schema` lists every setting".into()
}

/// Returns the name of the field in the module that Vigil replaces.
pub(crate) fn module_name(field: &Field) -> String {
    match field.path.split_once('.') {
        Some((block, "enabled")) => format!("enable_{block}_monitor"),
        _ => field.path.replace('.', "_"),
    }
}

fn names_in(block: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for it in fields() {
        match it.path.split_once('.') {
            Some((of, name)) if of == block => names.push(name.to_owned()),
            None if block.is_empty() => names.push(it.path.clone()),
            _ => {}
        }
    }
    if block.is_empty() {
        names.extend(blocks().into_iter().map(str::to_owned));
    }
    names
}
