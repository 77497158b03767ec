use serde_json::{Map, Value};
use std::io::Write as _;

/// One line of a function's log: names and counts, never what was captured.
#[derive(Debug)]
pub(crate) struct Line(Map<String, Value>);

/// Names are cut to this many characters, so that no log is flooded by one.
const LONGEST: usize = 1024;

impl Line {
    pub(crate) fn new(level: &'static str, message: &str) -> Self {
        Self(Map::new()).with("level", level).with("message", message)
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        let cut: String = value.chars().take(LONGEST).collect();
        self.0.insert(name.to_owned(), Value::from(cut));
        self
    }

    pub(crate) fn maybe(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(it) => self.with(name, it),
            None => self,
        }
    }

    pub(crate) fn number(mut self, name: &'static str, value: i64) -> Self {
        self.0.insert(name.to_owned(), Value::from(value));
        self
    }

    pub(crate) fn text(self) -> String {
        Value::Object(self.0).to_string()
    }

    pub(crate) fn write(self) {
        write(&self.text());
    }
}

/// Writes a line to where Lambda takes logs from; a log that cannot be written
/// stops nothing.
pub(crate) fn write(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_forge_log_lines() {
        let text = Line::new("INFO", "done").with("endpoint", "a\n{\"level\":\"x\"}").text();
        assert!(!text.contains('\n'), "{text}");
        let read: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read["endpoint"], "a\n{\"level\":\"x\"}");
    }

    #[test]
    fn long_names_are_cut() {
        let text = Line::new("INFO", "done").with("endpoint", &"é".repeat(5000)).text();
        assert!(text.len() < 2 * LONGEST + 100, "{}", text.len());
    }
}
