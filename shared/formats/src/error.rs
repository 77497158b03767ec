use std::fmt;

/// Why a document could not be taken: where it stands and what should be there.
///
/// It never quotes a value of the document, which may be a captured one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatError {
    /// Which document, as its reader knows it: `statistics.json`, `event`.
    pub document: &'static str,
    /// The member, such as `features[3].completeness`; empty for the whole.
    pub path: String,
    /// Counted from 1; 0 where the document ended or the place is unknown.
    pub line: usize,
    pub column: usize,
    /// What is wrong, such as `is not a number`.
    pub problem: String,
    /// What to do about it.
    pub fix: &'static str,
}

impl FormatError {
    /// Says what is wrong with a member of a document that could be read.
    pub(crate) fn at(
        document: &'static str,
        fix: &'static str,
        path: impl Into<String>,
        problem: impl Into<String>,
    ) -> Self {
        let (path, problem) = (path.into(), problem.into());
        Self { document, path, line: 0, column: 0, problem, fix }
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.document)?;
        if self.path.is_empty() {
            write!(f, "it {}", self.problem)?;
        } else {
            write!(f, "{} {}", self.path, self.problem)?;
        }
        if 0 < self.line {
            write!(f, " (line {}, column {})", self.line, self.column)?;
        }
        write!(f, "; {}", self.fix)
    }
}

impl std::error::Error for FormatError {}

/// Reads `text` as a `T`; on failure says which member and why.
pub(crate) fn read<'a, T: serde::Deserialize<'a>>(
    document: &'static str,
    fix: &'static str,
    text: &'a [u8],
) -> Result<T, FormatError> {
    // Some tools put a byte order mark before JSON; serde_json refuses it.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    if text.iter().all(u8::is_ascii_whitespace) {
        let problem = "is empty".to_owned();
        return Err(FormatError::at(document, fix, "", problem));
    }
    serde_json::from_slice(text).map_err(|plain| {
        // Keeping track of the path costs time, so only a failure pays for it.
        let mut from = serde_json::Deserializer::from_slice(text);
        match serde_path_to_error::deserialize::<_, T>(&mut from) {
            Err(told) => of_json(document, fix, &path(told.path()), told.inner()),
            Ok(_) => of_json(document, fix, "", &plain),
        }
    })
}

fn path(path: &serde_path_to_error::Path) -> String {
    let path = path.to_string();
    if path == "." { String::new() } else { path }
}

fn of_json(
    document: &'static str,
    fix: &'static str,
    path: &str,
    error: &serde_json::Error,
) -> FormatError {
    FormatError {
        document,
        path: path.to_owned(),
        line: error.line(),
        column: error.column(),
        problem: problem(error),
        fix,
    }
}

/// Rewrites serde's message, which quotes the value it did not expect.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(head, _)| head);
    if let Some((_, expected)) = text.rsplit_once(", expected ")
        && (text.starts_with("invalid ") || text.starts_with("unknown "))
    {
        return format!("is not {}", plain(expected));
    }
    if let Some(member) = text.strip_prefix("missing field ") {
        return format!("lacks {member}");
    }
    if error.is_eof() {
        return "ends too early".to_owned();
    }
    if error.is_syntax() {
        return format!("is not JSON: {text}");
    }
    text.to_owned()
}

fn plain(expected: &str) -> String {
    let word = match expected {
        "f64" => "a number",
        "u64" | "i64" | "u32" | "usize" => "a whole number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        other if other.starts_with("struct ") => "an object",
        other => other,
    };
    word.to_owned()
}
