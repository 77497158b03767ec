use std::fmt;

/// Everything that is wrong with one file, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.list())]
pub struct Problems {
    /// At most [`Problems::MOST`].
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub left_out: usize,
}

impl Problems {
    /// More than this many are counted, not kept.
    pub const MOST: usize = 100;

    /// Returns the text for people, every problem under the file's name.
    pub fn in_file(&self, file: &str) -> String {
        let lines: Vec<String> = self.problems.iter().map(|it| format!("{file}:{it}\n")).collect();
        lines.concat() + &self.tail()
    }

    fn list(&self) -> String {
        let lines: Vec<String> = self.problems.iter().map(ToString::to_string).collect();
        format!("{}{}", lines.join("\n"), self.tail())
    }

    fn tail(&self) -> String {
        if self.left_out == 0 {
            return String::new();
        }
        format!("and {} more\n", self.left_out)
    }
}

/// One thing that is wrong, where it stands, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Counted from 1.
    pub line: usize,
    /// Counted in characters, from 1.
    pub column: usize,
    /// Characters that are wrong; at least 1.
    pub length: usize,
    pub message: String,
    pub fix: String,
    /// The line as it stands, cut to [`SNIPPET`] characters.
    pub snippet: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, message, fix, snippet, .. } = self;
        writeln!(f, "{line}:{column}: {message}")?;
        if column - 1 < SNIPPET && !snippet.is_empty() {
            let room = SNIPPET - (column - 1);
            let carets = "^".repeat(self.length.clamp(1, room));
            writeln!(f, "{line:>5} | {snippet}")?;
            writeln!(f, "      | {}{carets}", " ".repeat(column - 1))?;
        }
        write!(f, "  fix: {fix}")
    }
}

const SNIPPET: usize = 120;

/// A place in the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) length: usize,
}

/// Collects what is wrong; bounded.
#[derive(Debug, Default)]
pub(crate) struct Complaints {
    kept: Vec<(Mark, String, String)>,
    left_out: usize,
}

impl Complaints {
    pub(crate) fn add(&mut self, mark: Mark, message: impl Into<String>, fix: impl Into<String>) {
        if self.kept.len() < Problems::MOST {
            self.kept.push((mark, message.into(), fix.into()));
        } else {
            self.left_out += 1;
        }
    }

    /// Answers with the problems of `text`, or with nothing when there are none.
    pub(crate) fn of(mut self, text: &str) -> Result<(), Problems> {
        if self.kept.is_empty() {
            return Ok(());
        }
        self.kept.sort_by_key(|(mark, ..)| (mark.line, mark.column));
        self.kept.dedup();
        let lines: Vec<&str> = text.lines().collect();
        let problems = self.kept.into_iter().map(|(mark, message, fix)| Problem {
            line: mark.line.max(1),
            column: mark.column.max(1),
            length: mark.length.max(1),
            message,
            fix,
            snippet: lines
                .get(mark.line.max(1) - 1)
                .map(|it| plain(it, SNIPPET))
                .unwrap_or_default(),
        });
        Err(Problems { problems: problems.collect(), left_out: self.left_out })
    }
}

/// Returns `text` in one line that a terminal takes: control characters become
/// `\u{fffd}`, tabs one space, and it ends after `most` characters.
pub(crate) fn plain(text: &str, most: usize) -> String {
    let is_odd = |it: char| {
        it.is_control()
            || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut res: String = text
        .chars()
        .take(most)
        .map(|it| {
            if it == '\t' {
                ' '
            } else if is_odd(it) {
                '\u{fffd}'
            } else {
                it
            }
        })
        .collect();
    if most < text.chars().count() {
        res.pop();
        res.push('…');
    }
    res
}
