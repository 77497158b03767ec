use std::fmt::Write;

/// Characters that are kept of a name.
pub(crate) const NAME: usize = 80;
/// Characters that are kept of a captured value.
pub(crate) const VALUE: usize = 24;

/// A page that is being written: markup as it is, everything else escaped.
#[derive(Debug, Default)]
pub(crate) struct Html {
    out: String,
}

impl Html {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { out: String::with_capacity(bytes) }
    }

    /// Adds markup of our own.
    pub(crate) fn raw(&mut self, markup: &str) -> &mut Self {
        self.out.push_str(markup);
        self
    }

    /// Adds text that came from elsewhere, whole.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        text.chars().for_each(|it| escape(&mut self.out, it));
        self
    }

    /// Adds a name that came from elsewhere, cut, and held in its direction.
    pub(crate) fn name(&mut self, name: &str) -> &mut Self {
        self.raw("<bdi>").cut(name, NAME).raw("</bdi>")
    }

    /// Adds text that is cut after `most` characters, or three times as many
    /// bytes; nothing becomes “ ”.
    pub(crate) fn cut(&mut self, text: &str, most: usize) -> &mut Self {
        if text.trim().is_empty() {
            return self.raw("\u{201c} \u{201d}");
        }
        // Markup in a name must not make a page six times as large.
        let room = self.out.len() + 3 * most;
        let mut rest = text.chars();
        let mut left = most;
        while 0 < left && self.out.len() < room {
            let Some(it) = rest.next() else { return self };
            escape(&mut self.out, it);
            left -= 1;
        }
        if rest.next().is_some() {
            self.out.push('…');
        }
        self
    }

    /// Adds a number of a picture.
    pub(crate) fn at(&mut self, value: f64) -> &mut Self {
        crate::number::point(&mut self.out, value);
        self
    }

    pub(crate) fn count(&mut self, value: usize) -> &mut Self {
        let _ = write!(self.out, "{value}");
        self
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }
}

/// Returns the text as [`Html::cut`] would, unescaped, for a sentence.
pub(crate) fn short(text: &str, most: usize) -> String {
    let mut res: String = text.chars().take(most).collect();
    if text.chars().nth(most).is_some() {
        res.push('…');
    }
    res
}

/// Returns an address that is safe in `href`: relative, or https.
pub(crate) fn safe_link(link: &str) -> Option<&str> {
    let head = link.split(['/', '?', '#']).next().unwrap_or_default();
    let is_relative = !head.contains(':') && !link.starts_with("//") && !link.starts_with('\\');
    let is_sound = !link.is_empty() && !link.chars().any(|it| it.is_control() || it == '\\');
    (is_sound && (is_relative || link.starts_with("https://"))).then_some(link)
}

fn escape(out: &mut String, it: char) {
    match it {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        it if is_unseen(it) => out.push('\u{fffd}'),
        it => out.push(it),
    }
}

/// Control characters, direction overrides, and what XML cannot hold.
fn is_unseen(it: char) -> bool {
    it.is_control()
        || matches!(it, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(
            it,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff9}'
                ..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
        )
}

#[cfg(test)]
mod tests {
    use super::{Html, safe_link};

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let mut it = Html::default();
        it.cut(text, 12);
        assert_eq!(it.finish(), expect);
    }

    #[test]
    fn markup_in_names_is_text() {
        check("<script>", "&lt;script&gt;");
        check("a&b\"c'd", "a&amp;b&quot;c&#39;d");
    }

    #[test]
    fn unseen_characters_become_visible() {
        check("a\0b\u{1b}[", "a\u{fffd}b\u{fffd}[");
        check("\u{202e}gpj", "\u{fffd}gpj");
        check("", "\u{201c} \u{201d}");
        check("0123456789abc", "0123456789ab…");
        check("0123456789ab", "0123456789ab");
        check("\"\"\"\"\"\"\"\"\"", "&quot;&quot;&quot;&quot;&quot;&quot;…");
    }

    #[test]
    fn links_lead_to_files_or_https() {
        for it in ["reports/a/report.html", "https://example.com/x", "a b.html", "x/y:z.html"] {
            assert_eq!(safe_link(it), Some(it));
        }
        for it in [
            "javascript:alert(1)",
            "//evil.example",
            "data:text/html,x",
            "",
            "http://x",
            "a\nb",
            "\\\\host",
        ] {
            assert_eq!(safe_link(it), None, "{it}");
        }
    }
}
