//! YAML with places, nothing typed: what CloudFormation reads.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value};

use super::Fault;

/// Where something stands in the template, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A node and its place; `!Ref x` has become `Ref: x`, `!GetAtt a.b` has become `Fn::GetAtt: a.b`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) mark: Mark,
    pub(super) body: Body,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    /// A scalar as written; a plain one may stand for a number, a truth or nothing.
    Text {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Member>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) mark: Mark,
    pub(super) value: Node,
}

/// Bounds the recursion over templates.
const MAX_DEPTH: usize = 64;

/// Reads the one document of a template.
pub(super) fn read(text: &str) -> Result<Node, Fault> {
    let mut loader = Loader { open: Vec::new(), root: None };
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| Fault::at(mark(error.marker()), error.info().to_owned()))?;
        loader.take(event, mark(&span.start))?;
    }
    loader.root.ok_or_else(|| Fault::at(Mark { line: 1, column: 1 }, "template is empty"))
}

struct Loader {
    /// Lists and maps that have not ended yet.
    open: Vec<Open>,
    root: Option<Node>,
}

struct Open {
    node: Node,
    /// The intrinsic that its tag stands for.
    intrinsic: Option<String>,
    /// The name whose value comes next, in a map.
    name: Option<(String, Mark)>,
}

impl Loader {
    fn take(&mut self, event: Event<'_>, mark: Mark) -> Result<(), Fault> {
        match event {
            Event::Scalar(text, style, _, tag) => {
                let plain = style == ScalarStyle::Plain;
                let body = Body::Text { text: text.into_owned(), plain };
                let tag = tag.as_deref();
                // A core tag such as !!str makes a text of it.
                let body = match (body, tag) {
                    (Body::Text { text, .. }, Some(tag)) if tag.is_yaml_core_schema() => {
                        Body::Text { text, plain: false }
                    }
                    (body, _) => body,
                };
                let intrinsic = intrinsic(tag, mark)?;
                self.put(wrap(Node { mark, body }, intrinsic))
            }
            Event::SequenceStart(_, tag) => {
                self.start(Body::List(Vec::new()), tag.as_deref(), mark)
            }
            Event::MappingStart(_, tag) => self.start(Body::Map(Vec::new()), tag.as_deref(), mark),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                self.put(wrap(open.node, open.intrinsic))
            }
            Event::Alias(_) => {
                Err(Fault::at(mark, "aliases are not supported: write the value out"))
            }
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(Fault::at(mark, "template has a second document: keep one"))
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, body: Body, tag: Option<&Tag>, mark: Mark) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            let reason = format!("template is nested deeper than {MAX_DEPTH} levels");
            return Err(Fault::at(mark, reason));
        }
        let intrinsic = intrinsic(tag, mark)?;
        self.open.push(Open { node: Node { mark, body }, intrinsic, name: None });
        Ok(())
    }

    fn put(&mut self, node: Node) -> Result<(), Fault> {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.node.body {
            Body::List(items) => items.push(node),
            Body::Map(members) => match open.name.take() {
                Some((name, mark)) => members.push(Member { name, mark, value: node }),
                None => match node.body {
                    Body::Text { text, .. } => {
                        if members.iter().any(|member| member.name == text) {
                            return Err(Fault::at(node.mark, format!("\"{text}\" comes twice")));
                        }
                        open.name = Some((text, node.mark));
                    }
                    _ => return Err(Fault::at(node.mark, "a name must be a text")),
                },
            },
            Body::Text { .. } => {}
        }
        Ok(())
    }
}

fn mark(marker: &Marker) -> Mark {
    Mark { line: marker.line(), column: marker.col() + 1 }
}

/// Returns the long name of an intrinsic's short tag.
fn intrinsic(tag: Option<&Tag>, mark: Mark) -> Result<Option<String>, Fault> {
    let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) else { return Ok(None) };
    if tag.handle != "!" {
        return Err(Fault::at(mark, format!("tag {tag} is no intrinsic function")));
    }
    Ok(Some(match &*tag.suffix {
        "Ref" | "Condition" => tag.suffix.clone(),
        name => format!("Fn::{name}"),
    }))
}

fn wrap(node: Node, intrinsic: Option<String>) -> Node {
    match intrinsic {
        None => node,
        Some(name) => Node {
            mark: node.mark,
            body: Body::Map(vec![Member { name, mark: node.mark, value: node }]),
        },
    }
}

impl Node {
    pub(super) fn members(&self) -> &[Member] {
        match &self.body {
            Body::Map(members) => members,
            _ => &[],
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.members().iter().find_map(|member| (member.name == name).then_some(&member.value))
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.body {
            Body::Text { text, .. } => Some(text),
            _ => None,
        }
    }
}

/// Returns what a scalar stands for.
///
/// Only JSON's own words and numbers are typed: `012345678901` stays a text, and so do `On` and `yes`.
pub(super) fn scalar(text: &str, plain: bool) -> Value {
    if !plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match serde_json::from_str::<Number>(text) {
            Ok(number) => Value::Number(number),
            Err(_) => Value::String(text.to_owned()),
        },
    }
}

/// Returns a map without its nothings.
pub(super) fn object(members: impl IntoIterator<Item = (String, Option<Value>)>) -> Value {
    let kept = members.into_iter().filter_map(|(name, value)| Some((name, value?)));
    Value::Object(kept.collect::<Map<_, _>>())
}
