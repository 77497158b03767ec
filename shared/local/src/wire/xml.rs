//! XML as AWS writes it: elements and text, no attributes but the namespace.

use std::fmt::{Display, Write as _};

/// A document that is being written.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    /// Begins a document.
    pub(crate) fn document() -> Self {
        Self("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned())
    }

    /// Writes an element with what `inside` writes.
    pub(crate) fn element(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.tag(name, "");
        inside(self);
        self.close(name);
    }

    /// Writes an element of a namespace.
    pub(crate) fn element_of(&mut self, name: &str, space: &str, inside: impl FnOnce(&mut Self)) {
        self.tag(name, space);
        inside(self);
        self.close(name);
    }

    /// Writes an element that holds text.
    pub(crate) fn text(&mut self, name: &str, text: impl Display) {
        self.tag(name, "");
        escape(&text.to_string(), &mut self.0);
        self.close(name);
    }

    /// Writes text into the element that is open.
    pub(crate) fn raw_text(&mut self, text: &str) {
        escape(text, &mut self.0);
    }

    /// Writes an element that holds text, where there is some.
    pub(crate) fn maybe(&mut self, name: &str, text: Option<impl Display>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }

    fn tag(&mut self, name: &str, space: &str) {
        let space = if space.is_empty() { String::new() } else { format!(" xmlns=\"{space}\"") };
        write!(self.0, "<{name}{space}>").expect("a string takes all text");
    }

    fn close(&mut self, name: &str) {
        write!(self.0, "</{name}>").expect("a string takes all text");
    }
}

/// Escapes text; characters that XML 1.0 cannot hold at all become U+FFFD.
fn escape(text: &str, into: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\r' => into.push_str("&#13;"),
            '\t' | '\n' => into.push(letter),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => into.push('\u{fffd}'),
            _ => into.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_text_reads_back_the_same() {
        for text in ["a&b<c>\"d'", "line\r\nend\t", "é漢🦀", "]]>"] {
            let mut xml = Xml::document();
            xml.element("A", |xml| xml.text("B", text));
            let written = xml.finish();
            let read = roxmltree::Document::parse(&written).unwrap();
            let node = read.descendants().find(|node| node.has_tag_name("B")).unwrap();
            assert_eq!(node.text(), Some(text));
        }
    }
}
