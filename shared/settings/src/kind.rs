use crate::document::{Content, Node, Scalar, Style, shown};
use crate::limit::{self, BIAS_METRICS};
use crate::{Schedule, Span, WindowCount, schedule};
use std::collections::BTreeMap;

/// What a setting may hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Switch,
    Whole {
        low: u64,
        high: u64,
    },
    Number {
        low: f64,
        high: f64,
    },
    Choice(&'static [&'static str]),
    Text,
    S3Uri {
        most: usize,
    },
    TopicArn,
    Arn,
    Link,
    InstanceType,
    ScheduleName,
    Schedule,
    Rule,
    Span,
    Windows,
    Texts {
        most: usize,
    },
    /// Bias metrics and what they may be.
    Limits,
    Pairs,
}

/// What one setting holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Switch(bool),
    Whole(u64),
    Number(f64),
    Text(String),
    Schedule(Schedule),
    Span(Span),
    Windows(WindowCount),
    Texts(Vec<String>),
    Pairs(BTreeMap<String, String>),
}

/// What is wrong, and what to write.
pub(crate) type Wrong = (String, String);

const MAX_TEXT: usize = 1024;

impl Kind {
    pub(crate) fn read(self, node: &Node) -> Result<Value, Wrong> {
        match (self, &node.content) {
            (_, Content::Scalar(it)) if it.is_null() => Err((
                "takes a value, found nothing".into(),
                "write a value, or remove the line".into(),
            )),
            (Self::Texts { most }, Content::List(items)) => texts(items, most),
            (Self::Limits, Content::List(items)) => limits(texts(items, BIAS_METRICS.len())?),
            (Self::Texts { .. } | Self::Limits, Content::Scalar(it))
                if it.style != Style::Loose =>
            {
                Err((
                    format!("takes a list, found {}", quoted(it)),
                    format!("write [{}]", shown(&it.text)),
                ))
            }
            (Self::Pairs, Content::Map(pairs)) => pairs_of(pairs),
            (_, Content::Scalar(it)) => self.read_scalar(it),
            _ => Err((
                format!("takes {}, found {}", self.words(), node.word()),
                format!("write {}", self.example()),
            )),
        }
    }

    pub(crate) fn read_scalar(self, scalar: &Scalar) -> Result<Value, Wrong> {
        let text = scalar.text.as_str();
        if scalar.style == Style::Quoted && self.is_plain() {
            let message = format!("takes {}, found the text {}", self.words(), quoted(scalar));
            let meant = Scalar { text: text.to_owned(), style: Style::Plain };
            return Err(match self.read_scalar(&meant) {
                Ok(_) => (message, format!("write {} without quotes", shown(text))),
                Err((_, fix)) => (message, fix),
            });
        }
        if scalar.style == Style::Plain && !self.is_plain() && is_typed(text) {
            let message = format!("takes {}, found {}", self.words(), quoted(scalar));
            let meant = Scalar { text: text.to_owned(), style: Style::Quoted };
            return Err(match self.read_scalar(&meant) {
                Ok(_) => (message, format!("put it in quotes: \"{}\"", shown(text))),
                Err((_, fix)) => (message, fix),
            });
        }
        let read = match self {
            Self::Switch => match text {
                "true" | "True" | "TRUE" => Some(Value::Switch(true)),
                "false" | "False" | "FALSE" => Some(Value::Switch(false)),
                _ => None,
            },
            Self::Whole { low, high } => {
                whole(text).filter(|it| (low..=high).contains(it)).map(Value::Whole)
            }
            Self::Number { low, high } => {
                number(text).filter(|it| (low..=high).contains(it)).map(Value::Number)
            }
            Self::Choice(words) => words.contains(&text).then(|| Value::Text(text.into())),
            Self::Schedule => return Schedule::parse(text).map(Value::Schedule),
            Self::Rule => return schedule::check_rule(text).map(|()| Value::Text(text.into())),
            Self::Span => Span::parse(text).map(Value::Span),
            Self::Windows => WindowCount::parse(text).map(Value::Windows),
            Self::Texts { most } => {
                let items: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
                (items.len() <= most).then_some(Value::Texts(items))
            }
            Self::Limits => {
                let items = text.split(',').map(|it| it.trim().to_owned());
                return limits(Value::Texts(items.collect()));
            }
            Self::S3Uri { most } => return s3_uri(text, most).map(Value::Text),
            Self::Pairs => None,
            _ => self.is_text(text).then(|| Value::Text(text.into())),
        };
        read.ok_or_else(|| self.refusal(scalar))
    }

    fn is_text(self, text: &str) -> bool {
        let is_sound = text.len() <= MAX_TEXT && !text.chars().any(char::is_control);
        is_sound
            && match self {
                Self::TopicArn => is_arn(text, "sns"),
                Self::Arn => is_arn(text, ""),
                Self::Link => is_link(text),
                Self::InstanceType => is_instance_type(text),
                Self::ScheduleName => is_name(text),
                _ => true,
            }
    }

    fn refusal(self, scalar: &Scalar) -> Wrong {
        let message = format!("takes {}, found {}", self.words(), quoted(scalar));
        if let Self::Choice(words) = self
            && let Some(near) = crate::suggest::nearest(&scalar.text, words.iter().copied())
        {
            return (message, format!("did you mean {near}?"));
        }
        if self == Self::Switch
            && let Some(meant) = switch_meant(&scalar.text)
        {
            return (message, format!("write {meant}"));
        }
        if matches!(self, Self::Choice(_) | Self::Switch) {
            return (message, format!("write {}", self.words()));
        }
        let fix = match (self, number(&scalar.text)) {
            (Self::Whole { low, .. }, Some(it)) if it < low as f64 => {
                format!("write {low} or more")
            }
            (Self::Whole { high, .. }, Some(it)) if high as f64 <= it => {
                format!("write {high} or less")
            }
            (Self::Number { low, .. }, Some(it)) if it < low => format!("write {low} or more"),
            (Self::Number { high, .. }, Some(it)) if high < it => format!("write {high} or less"),
            (Self::Span, Some(_)) => "add a unit: 15m is a quarter of an hour".into(),
            _ => format!("write for example {}", self.example()),
        };
        (message, fix)
    }

    /// Tells whether the value stands without quotes in YAML.
    pub(crate) fn is_plain(self) -> bool {
        matches!(self, Self::Switch | Self::Whole { .. } | Self::Number { .. })
    }

    /// Returns what it takes, in words.
    pub fn words(self) -> String {
        match self {
            Self::Switch => "true or false".into(),
            Self::Whole { low, high } => format!("a whole number from {low} to {high}"),
            Self::Number { low, high } => format!("a number from {low} to {high}"),
            Self::Choice([first @ .., last]) if !first.is_empty() => {
                format!("{} or {last}", first.join(", "))
            }
            Self::Choice(words) => words.join(""),
            Self::Text => "a text".into(),
            Self::S3Uri { .. } => "an S3 URI".into(),
            Self::TopicArn => "the ARN of an SNS topic".into(),
            Self::Arn => "an ARN".into(),
            Self::Link => "an https address".into(),
            Self::InstanceType => "an instance type".into(),
            Self::ScheduleName => "a name of letters, digits and hyphens, 1 to 63".into(),
            Self::Schedule => "a schedule".into(),
            Self::Rule => "a cron or rate expression".into(),
            Self::Span => "a time such as 90s, 15m, 2h or 1d, up to 7d".into(),
            Self::Windows => "`m of n` windows, n up to 24".into(),
            Self::Texts { most } => format!("a list of at most {most} texts"),
            Self::Limits => "a list of bias metrics with their ranges".into(),
            Self::Pairs => "a block of `name: text`".into(),
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Switch => "true",
            Self::Whole { .. } => "1",
            Self::Number { .. } => "0.1",
            Self::Choice(words) => words.first().copied().unwrap_or_default(),
            Self::Text => "one value",
            Self::S3Uri { .. } => "s3://bucket/prefix",
            Self::TopicArn => "arn:aws:sns:eu-west-1:111122223333:alerts",
            Self::Arn => "arn:aws:s3:::bucket",
            Self::Link => "https://reports.example.com",
            Self::InstanceType => "ml.m5.large",
            Self::ScheduleName => "churn-prod-data-quality",
            Self::Schedule => "hourly",
            Self::Rule => "cron(0 2 * * ? *)",
            Self::Span => "15m",
            Self::Windows => "2 of 3",
            Self::Texts { .. } => "[one, two]",
            Self::Limits => "[DI 0.8 1.25]",
            Self::Pairs => "{team: churn}",
        }
    }
}

/// Tells whether YAML reads the plain scalar as something other than a text.
pub(crate) fn is_typed(text: &str) -> bool {
    let is_word = matches!(
        text,
        "" | "~"
            | "null"
            | "Null"
            | "NULL"
            | "true"
            | "True"
            | "TRUE"
            | "false"
            | "False"
            | "FALSE"
    );
    is_word || number(text).is_some()
}

fn quoted(scalar: &Scalar) -> String {
    format!("`{}`", shown(&scalar.text))
}

fn switch_meant(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "y" | "on" | "1" | "enabled" => Some(true),
        "no" | "n" | "off" | "0" | "disabled" => Some(false),
        _ => None,
    }
}

fn whole(text: &str) -> Option<u64> {
    let is_digits = (1..=18).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    if is_digits { text.parse().ok() } else { None }
}

fn number(text: &str) -> Option<f64> {
    let starts_well = text.starts_with(|it: char| it.is_ascii_digit() || "+-.".contains(it));
    if !starts_well || 40 < text.len() {
        return None;
    }
    text.parse().ok().filter(|it: &f64| it.is_finite())
}

fn texts(items: &[Node], most: usize) -> Result<Value, Wrong> {
    if most < items.len() {
        return Err((
            format!("takes at most {most} texts, found {}", items.len()),
            "shorten the list".into(),
        ));
    }
    let mut res = Vec::with_capacity(items.len());
    for it in items {
        let Value::Text(text) = one_text(it)? else { continue };
        res.push(text);
    }
    Ok(Value::Texts(res))
}

fn limits(given: Value) -> Result<Value, Wrong> {
    if let Value::Texts(items) = &given {
        limit::check(items)?;
    }
    Ok(given)
}

fn one_text(node: &Node) -> Result<Value, Wrong> {
    match &node.content {
        Content::Scalar(it) => Kind::Text.read_scalar(it),
        _ => Err((format!("takes texts, found {}", node.word()), "write [one, two]".into())),
    }
}

fn pairs_of(pairs: &[(crate::document::Key, Node)]) -> Result<Value, Wrong> {
    // SageMaker takes at most 50 tags on a resource.
    if 50 < pairs.len() {
        return Err((
            format!("takes at most 50 pairs, found {}", pairs.len()),
            "remove some".into(),
        ));
    }
    let mut res = BTreeMap::new();
    for (key, value) in pairs {
        if let Value::Text(text) = one_text(value)? {
            res.insert(key.text.clone(), text);
        }
    }
    Ok(Value::Pairs(res))
}

fn s3_uri(text: &str, most: usize) -> Result<String, Wrong> {
    let wrong = |why: String| Err((why, "write s3://bucket/prefix".to_owned()));
    let Some(rest) = text.strip_prefix("s3://") else {
        return wrong(format!("takes an S3 URI, found `{}`", shown(text)));
    };
    if most < text.len() {
        return wrong(format!(
            "SageMaker takes at most {most} characters here, found {}",
            text.len()
        ));
    }
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    let is_bucket = (3..=63).contains(&bucket.len())
        && bucket
            .bytes()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || b".-".contains(&it))
        && !bucket.starts_with(['.', '-'])
        && !bucket.ends_with(['.', '-']);
    if !is_bucket {
        return wrong(format!(
            "`{}` is no bucket name (3 to 63 of a-z, 0-9, `.`, `-`)",
            shown(bucket)
        ));
    }
    if key.contains("//") || key.starts_with('/') || key.chars().any(char::is_control) {
        return wrong("the key has an empty part (`//`) or a control character".into());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn is_arn(text: &str, service: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let &["arn", partition, named, region, account, resource] = parts.as_slice() else {
        return false;
    };
    let is_account = account.is_empty()
        || (account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit()));
    let is_whole = !named.is_empty() && !resource.is_empty() && is_account;
    let is_topic = service.is_empty()
        || (named == service
            && !region.is_empty()
            && !account.is_empty()
            && !resource.contains(':'));
    partition.starts_with("aws") && is_whole && is_topic && !text.contains(char::is_whitespace)
}

fn is_link(text: &str) -> bool {
    let is_odd = |it: char| it.is_whitespace() || "\"'<>\\".contains(it);
    text.strip_prefix("https://")
        .is_some_and(|it| !it.is_empty() && !it.starts_with('/') && !it.contains(is_odd))
}

fn is_instance_type(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let is_part = |it: &str| {
        !it.is_empty()
            && it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
    };
    matches!(parts.as_slice(), ["ml", family, size] if is_part(family) && is_part(size))
}

/// `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}` (formats I.1).
fn is_name(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Switch(it) => write!(f, "{it}"),
            Self::Whole(it) => write!(f, "{it}"),
            Self::Number(it) => write!(f, "{it}"),
            Self::Text(it) => write!(f, "{it}"),
            Self::Schedule(it) => write!(f, "{}", it.expression()),
            Self::Span(it) => write!(f, "{}s", it.seconds),
            Self::Windows(it) => write!(f, "{} of {}", it.m, it.n),
            Self::Texts(it) => write!(f, "[{}]", it.join(", ")),
            Self::Pairs(it) => {
                let pairs: Vec<String> =
                    it.iter().map(|(key, value)| format!("{key}: {value}")).collect();
                write!(f, "{{{}}}", pairs.join(", "))
            }
        }
    }
}
