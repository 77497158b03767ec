use crate::document::{self, Content, Key, Node, Scalar, Style, shown};
use crate::field::{Field, fields};
use crate::kind::{Kind, Value};
use crate::layer::module_name;
use crate::problem::{Complaints, Mark, plain};
use crate::suggest::nearest;
use crate::{MonitorType, Problems, Settings};
use std::fmt::Write;

/// Settings made from the manifest of the module that Vigil replaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// A settings file with comments; what no setting takes is commented out.
    pub text: String,
    /// What could not be taken over, one sentence each.
    pub remarks: Vec<String>,
}

/// Reads a module manifest: `name`, `path`, `parameters: [{name, value}]`.
///
/// Names may be written with `-` or `_`. A `valueFrom` is resolved by the
/// module's deployment only, so it is reported; so are unknown parameters and
/// values that no setting takes. Those stand in the text as comments.
pub fn import(manifest: &str) -> Result<Import, Problems> {
    let mut out = Complaints::default();
    let manifest = manifest.strip_prefix('\u{feff}').unwrap_or(manifest);
    let root = document::read(manifest, &mut out);
    let nothing = Node { mark: START, content: Content::List(Vec::new()) };
    let root = root.unwrap_or(nothing);
    let read = Manifest::read(&root, &mut out);
    out.of(manifest)?;
    Ok(read.map(|it| it.draft()).unwrap_or_default())
}

const START: Mark = Mark { line: 1, column: 1, length: 1 };

struct Manifest<'a> {
    name: String,
    path: String,
    parameters: Vec<Parameter<'a>>,
}

struct Parameter<'a> {
    name: String,
    given: Given<'a>,
}

enum Given<'a> {
    Value(&'a Node),
    /// Where the value comes from, in words.
    From(String),
}

impl<'a> Manifest<'a> {
    fn read(root: &'a Node, out: &mut Complaints) -> Option<Self> {
        let Content::Map(pairs) = &root.content else {
            out.add(
                START,
                "not a module manifest",
                "a manifest has `name`, `path` and `parameters`",
            );
            return None;
        };
        let text = |name: &str| {
            find(pairs, name).and_then(scalar).map(|it| plain(&it.text, 200)).unwrap_or_default()
        };
        let Some(list) = find(pairs, "parameters") else {
            out.add(
                START,
                "the manifest has no `parameters`",
                "a manifest has `parameters: [{name: …, value: …}]`",
            );
            return None;
        };
        let Content::List(items) = &list.content else {
            out.add(
                list.mark,
                "`parameters` is no list",
                "write `- name: …` and `value: …` for each",
            );
            return None;
        };
        let parameters = items.iter().filter_map(|it| Parameter::read(it, out)).collect();
        Some(Self { name: text("name"), path: text("path"), parameters })
    }

    fn draft(&self) -> Import {
        let mut draft = Draft::default();
        for it in &self.parameters {
            let is_endpoint = it.name == "endpoint_name";
            match (&it.given, fields().iter().find(|field| field.of_module && module_name(field) == it.name)) {
                (Given::Value(node), _) if is_endpoint => draft.name_endpoint(node),
                (Given::From(source), _) if is_endpoint => draft.remark(format!(
                    "endpoint_name comes from {source}, which only a deployment knows; put the name in place of {UNNAMED}"
                )),
                (_, None) => draft.remark(unknown(&it.name)),
                (Given::From(source), Some(field)) => {
                    draft.leave(field, "…", &format!("comes from {source}, which only a deployment knows"));
                }
                (Given::Value(node), Some(field)) => draft.take(field, node),
            }
        }
        draft.finish(&self.name, &self.path)
    }
}

impl<'a> Parameter<'a> {
    fn read(node: &'a Node, out: &mut Complaints) -> Option<Self> {
        let Content::Map(pairs) = &node.content else {
            out.add(node.mark, "a parameter is no block", "write `- name: …` and `value: …`");
            return None;
        };
        let Some(name) = find(pairs, "name").and_then(scalar) else {
            out.add(node.mark, "a parameter has no `name`", "write `- name: …` and `value: …`");
            return None;
        };
        let name = plain(&name.text, 100).replace('-', "_");
        if let Some(value) = find(pairs, "value") {
            return Some(Self { name, given: Given::Value(value) });
        }
        let Some(source) = find(pairs, "valueFrom").or_else(|| find(pairs, "value_from")) else {
            out.add(
                node.mark,
                format!("parameter `{}` has no value", shown(&name)),
                "write `value: …`",
            );
            return None;
        };
        let source = match &source.content {
            Content::Map(pairs) => {
                pairs.first().map_or("valueFrom".into(), |(key, _)| plain(&key.text, 60))
            }
            _ => "valueFrom".into(),
        };
        Some(Self { name, given: Given::From(source) })
    }
}

fn find<'a>(pairs: &'a [(Key, Node)], name: &str) -> Option<&'a Node> {
    pairs.iter().find(|(key, _)| key.text == name).map(|(_, it)| it)
}

fn scalar(node: &Node) -> Option<&Scalar> {
    match &node.content {
        Content::Scalar(it) if !it.is_null() => Some(it),
        _ => None,
    }
}

fn unknown(name: &str) -> String {
    let names: Vec<String> = fields().iter().filter(|it| it.of_module).map(module_name).collect();
    let near = nearest(name, names.iter().map(String::as_str));
    let hint = near.map_or(String::new(), |it| format!("; did you mean {it}?"));
    format!("{name} is no parameter of the module{hint}")
}

/// Stands for the endpoint's name where the manifest does not tell it.
const UNNAMED: &str = "REPLACE-WITH-ENDPOINT-NAME";

#[derive(Default)]
struct Draft {
    endpoint: Option<String>,
    /// A line of the text for each setting, without indentation.
    lines: Vec<(&'static Field, String)>,
    remarks: Vec<String>,
}

impl Draft {
    fn remark(&mut self, remark: String) {
        self.remarks.push(remark);
    }

    fn name_endpoint(&mut self, node: &Node) {
        // The module takes one name; a pattern would be an alias in YAML besides.
        let name = scalar(node).filter(|it| !it.text.contains(['*', '?']));
        match name.and_then(|it| crate::Pattern::parse(&it.text)) {
            Some(it) => self.endpoint = Some(it.text().to_owned()),
            None => self.remark(format!(
                "endpoint_name is no endpoint's name; put it in place of {UNNAMED}"
            )),
        }
    }

    fn take(&mut self, field: &'static Field, node: &Node) {
        match loose(field.kind, node) {
            Ok(value) => {
                self.put(field, format!("{}: {}", last(field), written(field.kind, &value)));
            }
            Err((message, fix)) => {
                let text = scalar(node).map_or("…".into(), |it| plain(&it.text, 200));
                self.leave(field, &text, &format!("{message}; {fix}"));
            }
        }
    }

    fn leave(&mut self, field: &'static Field, text: &str, why: &str) {
        self.put(field, format!("# {}: {text}", last(field)));
        self.remark(format!("{} {why}", field.path));
    }

    fn put(&mut self, field: &'static Field, line: String) {
        match self.lines.iter_mut().find(|(it, _)| it.path == field.path) {
            Some(place) => {
                place.1 = line;
                self.remark(format!("{} is given twice; the last is taken", field.path));
            }
            None => self.lines.push((field, line)),
        }
    }

    /// The module runs only what is switched on; Vigil's default differs.
    fn switch_off(&mut self) {
        let is_on = |it: MonitorType| {
            let path = format!("{}.enabled", it.word());
            self.lines.iter().any(|(field, line)| field.path == path && line == "enabled: true")
        };
        let is_any_on = MonitorType::ALL.into_iter().any(is_on);
        let unwritten = !self
            .lines
            .iter()
            .any(|(it, line)| it.path == "data_quality.enabled" && !line.starts_with('#'));
        if unwritten && let Some(field) = crate::field::field("data_quality.enabled") {
            self.lines.push((field, "enabled: false".into()));
        }
        if !is_any_on && let Some(field) = crate::field::field("enabled") {
            self.lines.push((field, "enabled: false".into()));
            self.remark("no monitor type is enabled, so the endpoint is left alone".into());
        }
    }

    fn finish(mut self, name: &str, path: &str) -> Import {
        self.switch_off();
        let mut text = format!(
            "# Settings of Vigil, made from the module manifest {name}\n# ({path}).\nversion: 1\nendpoints:\n"
        );
        let _ = writeln!(text, "  {}:", self.endpoint.as_deref().unwrap_or(UNNAMED));
        let mut block = "";
        for field in fields() {
            for (_, line) in self.lines.iter().filter(|(it, _)| it.path == field.path) {
                let Some((of, _)) = field.path.split_once('.') else {
                    let _ = writeln!(text, "    {line}");
                    continue;
                };
                if of != block {
                    let _ = writeln!(text, "    {of}:");
                    block = of;
                }
                let _ = writeln!(text, "      {line}");
            }
        }
        if let Err(problems) = Settings::parse(&text) {
            self.remarks.extend(
                problems.problems.into_iter().map(|it| format!("{}; {}", it.message, it.fix)),
            );
        }
        if !self.remarks.is_empty() {
            text.push_str("# To look at:\n");
            for it in &self.remarks {
                let _ = writeln!(text, "#   {it}");
            }
        }
        Import { text, remarks: self.remarks }
    }
}

fn last(field: &Field) -> &str {
    field.path.rsplit('.').next().unwrap_or_default()
}

/// Reads a value as the module does: `"true"`, `"3600"` and `a,b` are fine.
fn loose(kind: Kind, node: &Node) -> Result<Value, (String, String)> {
    let mut node = node.clone();
    loosen(&mut node);
    if let (Kind::Texts { .. }, Content::Scalar(it)) = (kind, &node.content) {
        let parts = it.text.split(',').map(str::trim).filter(|it| !it.is_empty());
        let part = |text: &str| Scalar { text: text.to_owned(), style: Style::Loose };
        let mark = node.mark;
        node.content = Content::List(
            parts.map(|it| Node { mark, content: Content::Scalar(part(it)) }).collect(),
        );
    }
    kind.read(&node)
}

fn loosen(node: &mut Node) {
    match &mut node.content {
        Content::Scalar(it) if !it.is_null() => it.style = Style::Loose,
        Content::Scalar(_) => {}
        Content::List(items) => items.iter_mut().for_each(loosen),
        Content::Map(pairs) => pairs.iter_mut().for_each(|(_, it)| loosen(it)),
    }
}

/// Writes a value so that YAML reads it back as what it is.
fn written(kind: Kind, value: &Value) -> String {
    match value {
        Value::Texts(it) => {
            format!("[{}]", it.iter().map(|it| quote(it)).collect::<Vec<_>>().join(", "))
        }
        Value::Pairs(it) => {
            let pairs: Vec<String> =
                it.iter().map(|(key, value)| format!("{}: {}", quote(key), quote(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        other if kind.is_plain() => other.to_string(),
        other => {
            let text = other.to_string();
            let starts_well = text.starts_with(|it: char| it.is_ascii_alphabetic());
            let is_tame = |it: char| it.is_ascii_alphanumeric() || " ()*?/:._-+=@".contains(it);
            let is_safe = starts_well
                && text.chars().all(is_tame)
                && !text.contains(": ")
                && !text.ends_with([':', ' '])
                && !crate::kind::is_typed(&text);
            if is_safe { text } else { quote(&text) }
        }
    }
}

/// A JSON string is a double-quoted scalar of YAML.
fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
