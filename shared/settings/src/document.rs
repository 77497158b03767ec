use crate::problem::{Complaints, Mark};
use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// A value of a YAML document and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) mark: Mark,
    pub(crate) content: Content,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Scalar(Scalar),
    List(Vec<Node>),
    /// In the order of the file; keys are scalars and differ.
    Map(Vec<(Key, Node)>),
}

#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes: `3600` is a number, `true` a switch.
    Plain,
    Quoted,
    /// From a tag or a manifest, where everything is text.
    Loose,
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) mark: Mark,
}

impl Node {
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar(it) if it.is_null())
    }

    /// Returns the word for what stands here.
    pub(crate) fn word(&self) -> &'static str {
        match &self.content {
            Content::Scalar(it) if it.is_null() => "nothing",
            Content::Scalar(_) => "a single value",
            Content::List(_) => "a list",
            Content::Map(_) => "a block",
        }
    }
}

impl Scalar {
    /// Tells whether YAML's core schema reads it as null.
    pub(crate) fn is_null(&self) -> bool {
        self.style == Style::Plain
            && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }
}

/// The largest file that is read.
pub(crate) const MAX_BYTES: usize = 1 << 20;
const MAX_DEPTH: usize = 8;
const MAX_NODES: usize = 100_000;
const MAX_SCALAR: usize = 4096;

/// Reads one document; `None` when it is empty or refused.
///
/// Anchors, aliases and tags are refused, so that the tree is never larger
/// than the text.
pub(crate) fn read(text: &str, out: &mut Complaints) -> Option<Node> {
    if MAX_BYTES < text.len() {
        out.add(
            Mark { line: 1, column: 1, length: 1 },
            format!("the file has {} bytes, more than {MAX_BYTES}", text.len()),
            "use patterns such as `churn-*` in place of one block per endpoint",
        );
        return None;
    }
    let mut tree = Tree::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(step) = parser.next_event() {
        let refused = match step {
            Ok((event, span)) => tree.take(event, span, out),
            Err(error) => {
                let marker = error.marker();
                let mark = Mark { line: marker.line(), column: marker.col() + 1, length: 1 };
                let (message, fix) = unreadable(error.info());
                Err((mark, message, fix))
            }
        };
        if let Err((mark, message, fix)) = refused {
            out.add(mark, message, fix);
            return None;
        }
    }
    tree.root
}

type Refusal = (Mark, String, String);

fn unreadable(said: &str) -> (String, String) {
    if said.contains("anchor") || said.contains("alias") {
        return (ALIAS.into(), ALIAS_FIX.into());
    }
    if said.contains("recursion") {
        return (format!("blocks nest deeper than {MAX_DEPTH}"), DEPTH_FIX.into());
    }
    (
        format!("not readable as YAML: {said}"),
        "check quotes, colons and indentation (two spaces a step, no tabs)".into(),
    )
}

const DEPTH_FIX: &str = "no setting lies that deep; check indentation";
const ALIAS: &str = "anchors (`&name`) and aliases (`*name`) are not read";
const ALIAS_FIX: &str =
    "put a pattern that starts with `*` in quotes, and write repeated values out";

#[derive(Default)]
struct Tree {
    open: Vec<Frame>,
    root: Option<Node>,
    nodes: usize,
    documents: usize,
}

struct Frame {
    mark: Mark,
    parts: Parts,
}

enum Parts {
    List(Vec<Node>),
    Map { pairs: Vec<(Key, Node)>, key: Option<Key> },
}

impl Tree {
    fn take(&mut self, event: Event<'_>, span: Span, out: &mut Complaints) -> Result<(), Refusal> {
        let mark = mark_of(span);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if 1 < self.documents {
                    return Err((
                        mark,
                        "a second document starts here".into(),
                        "keep one document and remove the line `---`".into(),
                    ));
                }
            }
            Event::Alias(_) => return Err((mark, ALIAS.into(), ALIAS_FIX.into())),
            Event::Scalar(text, style, anchor, tag) => {
                refuse_extras(mark, anchor, tag.is_some())?;
                if MAX_SCALAR < text.len() {
                    let message =
                        format!("a value of {} bytes, more than {MAX_SCALAR}", text.len());
                    return Err((mark, message, "shorten the value".into()));
                }
                let style = if style == ScalarStyle::Plain { Style::Plain } else { Style::Quoted };
                let content = Content::Scalar(Scalar { text: text.into_owned(), style });
                self.put(Node { mark, content }, out)?;
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_extras(mark, anchor, tag.is_some())?;
                self.enter(mark, Parts::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                refuse_extras(mark, anchor, tag.is_some())?;
                self.enter(mark, Parts::Map { pairs: Vec::new(), key: None })?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(frame) = self.open.pop() {
                    let content = match frame.parts {
                        Parts::List(items) => Content::List(items),
                        Parts::Map { pairs, .. } => Content::Map(pairs),
                    };
                    self.put(Node { mark: frame.mark, content }, out)?;
                }
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn enter(&mut self, mark: Mark, parts: Parts) -> Result<(), Refusal> {
        if MAX_DEPTH <= self.open.len() {
            let message = format!("blocks nest deeper than {MAX_DEPTH}");
            return Err((mark, message, DEPTH_FIX.into()));
        }
        self.open.push(Frame { mark, parts });
        Ok(())
    }

    fn put(&mut self, node: Node, out: &mut Complaints) -> Result<(), Refusal> {
        self.nodes += 1;
        if MAX_NODES < self.nodes {
            let message = format!("more than {MAX_NODES} values");
            return Err((node.mark, message, "use patterns such as `churn-*`".into()));
        }
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut frame.parts {
            Parts::List(items) => items.push(node),
            Parts::Map { pairs, key } => match key.take() {
                None => *key = Some(key_of(node)?),
                Some(key) => match pairs.iter().find(|(it, _)| it.text == key.text) {
                    Some((first, _)) => out.add(
                        key.mark,
                        format!(
                            "`{}` is already set on line {}",
                            shown(&key.text),
                            first.mark.line
                        ),
                        "keep one of the two",
                    ),
                    None => pairs.push((key, node)),
                },
            },
        }
        Ok(())
    }
}

fn key_of(node: Node) -> Result<Key, Refusal> {
    match node.content {
        Content::Scalar(it) => Ok(Key { text: it.text, mark: node.mark }),
        _ => Err((
            node.mark,
            "a key that is itself a list or a block".into(),
            "write `name: value`".into(),
        )),
    }
}

fn refuse_extras(mark: Mark, anchor: usize, tagged: bool) -> Result<(), Refusal> {
    if anchor != 0 {
        return Err((mark, ALIAS.into(), ALIAS_FIX.into()));
    }
    if tagged {
        return Err((
            mark,
            "YAML tags (`!name`) are not read".into(),
            "remove the tag, or put the value in quotes".into(),
        ));
    }
    Ok(())
}

fn mark_of(span: Span) -> Mark {
    let (start, end) = (span.start, span.end);
    let length = if start.line() == end.line() { end.col().saturating_sub(start.col()) } else { 1 };
    Mark { line: start.line(), column: start.col() + 1, length: length.max(1) }
}

/// Cuts what is quoted in a message.
pub(crate) fn shown(text: &str) -> String {
    crate::problem::plain(text, 60)
}
