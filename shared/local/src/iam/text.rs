//! Texts of policies: wildcards and variables.

use super::Context;

/// A text in which `*` and `?` stand for others and `${key}` for a value of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    written: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Letter(char),
    /// `*`
    Any,
    /// `?`
    One,
    Variable {
        key: String,
        default: Option<String>,
    },
}

/// A text with its variables filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filled(Vec<Part>);

impl Text {
    /// Reads a text; variables are those of policies of version 2012-10-17.
    pub(super) fn parse(written: &str, variables: bool) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = written;
        while let Some(letter) = rest.chars().next() {
            if variables && let Some(inside) = rest.strip_prefix("${") {
                let (name, after) = inside
                    .split_once('}')
                    .ok_or_else(|| format!("\"{written}\" has a \"${{\" without its \"}}\""))?;
                parts.push(variable(name));
                rest = after;
                continue;
            }
            parts.push(match letter {
                '*' => Part::Any,
                '?' => Part::One,
                letter => Part::Letter(letter),
            });
            rest = &rest[letter.len_utf8()..];
        }
        Ok(Self { written: written.to_owned(), parts })
    }

    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// Puts in the values of a call; `None` where one is missing and has no default.
    pub(super) fn fill(&self, context: &Context) -> Option<Filled> {
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            match part {
                Part::Variable { key, default } => {
                    let value = match context.values(key) {
                        Some([one]) => one.as_str(),
                        _ => default.as_deref()?,
                    };
                    // A value is taken as it is, with its stars.
                    parts.extend(value.chars().map(Part::Letter));
                }
                part => parts.push(part.clone()),
            }
        }
        Some(Filled(parts))
    }
}

/// Reads `key`, `key, 'default'`, or one of the three escapes.
fn variable(inside: &str) -> Part {
    match inside {
        "*" | "?" | "$" => Part::Letter(inside.chars().next().unwrap_or('$')),
        _ => {
            let (key, default) = match inside.split_once(',') {
                Some((key, default)) => (key, Some(default.trim().trim_matches('\'').to_owned())),
                None => (inside, None),
            };
            Part::Variable { key: key.trim().to_ascii_lowercase(), default }
        }
    }
}

impl Filled {
    /// Whether a text is this one, wildcards being letters.
    pub(super) fn is(&self, text: &str, fold: bool) -> bool {
        let mut letters = text.chars();
        let same = self.0.iter().all(|part| {
            let letter = match part {
                Part::Letter(letter) => *letter,
                Part::Any => '*',
                _ => '?',
            };
            letters.next().is_some_and(|other| equal(letter, other, fold))
        });
        same && letters.next().is_none()
    }

    /// Whether a text is like this one.
    pub(super) fn is_like(&self, text: &str, fold: bool) -> bool {
        let text: Vec<char> = text.chars().collect();
        like(&self.0, &text, fold)
    }

    /// Whether an ARN is like this one: segment by segment, the sixth taking all that is left.
    pub(super) fn is_like_arn(&self, arn: &str) -> bool {
        if self.0 == [Part::Any] {
            return true;
        }
        let wanted: Vec<&[Part]> = self.0.splitn(6, |part| *part == Part::Letter(':')).collect();
        let mut given: Vec<Vec<char>> = Vec::with_capacity(6);
        for segment in arn.splitn(wanted.len(), ':') {
            given.push(segment.chars().collect());
        }
        wanted.len() == given.len()
            && wanted.iter().zip(&given).all(|(wanted, given)| like(wanted, given, false))
    }
}

fn equal(left: char, right: char, fold: bool) -> bool {
    left == right || (fold && left.eq_ignore_ascii_case(&right))
}

/// Matches with the latest star giving way, so that it takes no more than length times length.
fn like(pattern: &[Part], text: &[char], fold: bool) -> bool {
    let (mut at, mut read, mut star) = (0, 0, None);
    while read < text.len() {
        let fits = match pattern.get(at) {
            Some(Part::Letter(letter)) => equal(*letter, text[read], fold),
            Some(Part::One) => true,
            _ => false,
        };
        if fits {
            (at, read) = (at + 1, read + 1);
        } else if pattern.get(at) == Some(&Part::Any) {
            star = Some((at, read));
            at += 1;
        } else if let Some((back, taken)) = star {
            star = Some((back, taken + 1));
            (at, read) = (back + 1, taken + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|part| *part == Part::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Filled {
        let context = Context::none().with("aws:username", "carlos*").with("aws:x", "y");
        Text::parse(text, true).unwrap().fill(&context).unwrap()
    }

    // "Policy variables" and "Resource": the examples and rules of the IAM guide.
    #[test]
    fn resources_match_segment_by_segment() {
        for (pattern, arn, expect) in [
            ("*", "arn:aws:s3:::b/k", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/k/l", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b", false),
            ("arn:aws:s3:::b*", "arn:aws:s3:::b", true),
            ("arn:aws:sqs:us-?-1:*:q", "arn:aws:sqs:us-e-1:1:q", true),
            ("arn:aws:sqs:*:q", "arn:aws:sqs:us-east-1:1:q", false),
            ("arn:aws:sqs:*", "arn:aws:sqs:us-east-1:1:q", true),
            ("arn:*:s3:::b", "arn:aws:x:s3:::b", false),
            ("arn:aws:logs:r:1:log-group:g:*", "arn:aws:logs:r:1:log-group:g:log-stream:s", true),
            ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/carlos*/k", true),
            ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/carlosx/k", false),
            ("arn:aws:s3:::${*}/${$}", "arn:aws:s3:::*/$", true),
            ("arn:aws:s3:::b/${aws:nobody, 'me'}", "arn:aws:s3:::b/me", true),
            ("arn:aws:s3:::B", "arn:aws:s3:::b", false),
        ] {
            assert_eq!(filled(pattern).is_like_arn(arn), expect, "{pattern} {arn}");
        }
        assert!(Text::parse("${aws:nobody}", true).unwrap().fill(&Context::none()).is_none());
        assert!(Text::parse("${aws:x", true).is_err());
        assert!(
            Text::parse("${x}", false).unwrap().fill(&Context::none()).unwrap().is("${x}", false)
        );
        let slow = format!("{}b", "*a".repeat(30));
        assert!(!filled(&slow).is_like(&"a".repeat(2000), false));
    }
}
