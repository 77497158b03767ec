//! What a field ending in `.$` may say: a path or an intrinsic function.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Map, Value};

use super::Failure;
use super::path::Path;
use crate::random::Random;

/// A path or a call.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Path(Path),
    Call { name: String, arguments: Vec<Argument> },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Argument {
    Literal(Value),
    Expression(Expression),
}

/// A template of a payload, as in `Parameters` and `ResultSelector`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Template {
    Constant(Value),
    Expression(Expression),
    List(Vec<Template>),
    Object(Vec<(String, Template)>),
}

/// What an expression may look at.
pub(super) struct Scope<'a> {
    pub(super) input: &'a Value,
    pub(super) context: &'a Value,
    pub(super) random: &'a mut Random,
}

/// Intrinsics nest at most ten deep, as AWS documents it.
const MOST_DEEP: usize = 10;
/// `States.ArrayRange` and `States.ArrayPartition` make at most so many items.
const MOST_ITEMS: i64 = 1000;

const CALLS: &[&str] = &[
    "States.Format",
    "States.StringToJson",
    "States.JsonToString",
    "States.Array",
    "States.ArrayPartition",
    "States.ArrayContains",
    "States.ArrayRange",
    "States.ArrayGetItem",
    "States.ArrayLength",
    "States.ArrayUnique",
    "States.Base64Encode",
    "States.Base64Decode",
    "States.JsonMerge",
    "States.MathAdd",
    "States.StringSplit",
    "States.UUID",
];

impl Template {
    /// Reads a template; fields that end in `.$` must hold expressions.
    pub(super) fn parse(value: &Value) -> Result<Self, String> {
        Ok(match value {
            Value::Array(items) => {
                Self::List(items.iter().map(Self::parse).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let mut read = Vec::new();
                for (name, value) in members {
                    read.push(match (name.strip_suffix(".$"), value.as_str()) {
                        (Some(name), Some(text)) => {
                            (name.to_owned(), Self::Expression(Expression::parse(text)?))
                        }
                        (Some(_), None) => return Err(format!("\"{name}\" is not a path")),
                        (None, _) => (name.clone(), Self::parse(value)?),
                    });
                }
                Self::Object(read)
            }
            constant => Self::Constant(constant.clone()),
        })
    }

    pub(super) fn fill(&self, scope: &mut Scope<'_>) -> Result<Value, Failure> {
        Ok(match self {
            Self::Constant(value) => value.clone(),
            Self::Expression(expression) => expression.value(scope)?,
            Self::List(items) => {
                items.iter().map(|item| item.fill(scope)).collect::<Result<_, _>>()?
            }
            Self::Object(members) => {
                let mut object = Map::new();
                for (name, member) in members {
                    object.insert(name.clone(), member.fill(scope)?);
                }
                Value::Object(object)
            }
        })
    }
}

impl Expression {
    /// Reads a path or a call of an intrinsic function.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text;
        let expression = Self::read(&mut rest, 0)?;
        if !rest.trim().is_empty() {
            return Err(format!("\"{text}\" goes on after its end"));
        }
        Ok(expression)
    }

    fn read(rest: &mut &str, depth: usize) -> Result<Self, String> {
        *rest = rest.trim_start();
        if rest.starts_with('$') {
            let text = path_text(rest);
            *rest = &rest[text.len()..];
            return Path::parse(text.trim_end()).map(Self::Path);
        }
        if depth >= MOST_DEEP {
            return Err(format!("intrinsic functions nest deeper than {MOST_DEEP}"));
        }
        let Some((name, arguments)) = rest.split_once('(') else {
            return Err(format!("\"{rest}\" is neither a path nor an intrinsic function"));
        };
        let name = name.trim();
        if !CALLS.contains(&name) {
            return Err(format!("intrinsic function {name} is not supported by the stand-in"));
        }
        *rest = arguments;
        let mut read = Vec::new();
        loop {
            *rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix(')') {
                *rest = after;
                return Ok(Self::Call { name: name.to_owned(), arguments: read });
            }
            if !read.is_empty() {
                *rest = rest.strip_prefix(',').ok_or("an intrinsic function needs , or )")?;
            }
            read.push(Argument::read(rest, depth + 1)?);
        }
    }

    pub(super) fn value(&self, scope: &mut Scope<'_>) -> Result<Value, Failure> {
        match self {
            Self::Path(path) => {
                let root = if path.context { scope.context } else { scope.input };
                path.find(root).ok_or_else(|| {
                    let cause = format!("The JSONPath '{}' could not be found", path.text());
                    Failure::new("States.ParameterPathFailure", cause)
                })
            }
            Self::Call { name, arguments } => {
                let mut values = Vec::new();
                for argument in arguments {
                    values.push(match argument {
                        Argument::Literal(value) => value.clone(),
                        Argument::Expression(expression) => expression.value(scope)?,
                    });
                }
                call(name, &values, scope.random)
                    .map_err(|why| Failure::new("States.IntrinsicFailure", format!("{name} {why}")))
            }
        }
    }
}

impl Argument {
    fn read(rest: &mut &str, depth: usize) -> Result<Self, String> {
        *rest = rest.trim_start();
        if let Some(quoted) = rest.strip_prefix('\'') {
            let (text, after) = unquote(quoted).ok_or("a text has no closing quote")?;
            *rest = after;
            return Ok(Self::Literal(text.into()));
        }
        let end = rest.find([',', ')']).unwrap_or(rest.len());
        if let Ok(literal @ (Value::Number(_) | Value::Bool(_) | Value::Null)) =
            serde_json::from_str(rest[..end].trim())
        {
            *rest = &rest[end..];
            return Ok(Self::Literal(literal));
        }
        Expression::read(rest, depth).map(Self::Expression)
    }
}

/// Returns the path that a text begins with: up to a comma or a closing parenthesis outside of brackets.
fn path_text(text: &str) -> &str {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '[' => depth += 1,
            ']' => depth -= 1,
            ',' | ')' if depth == 0 => return &text[..at],
            _ => {}
        }
    }
    text
}

/// Reads up to the closing quote; a backslash keeps quotes, braces and backslashes.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut read = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\'' => return Some((read, &text[at + 1..])),
            '\\' => match letters.next()?.1 {
                '\'' => read.push('\''),
                // Braces stay escaped for `States.Format`.
                kept => read.extend(['\\', kept]),
            },
            letter => read.push(letter),
        }
    }
    None
}

fn call(name: &str, values: &[Value], random: &mut Random) -> Result<Value, String> {
    let whole = |value: &Value| value.as_i64().ok_or("needs a whole number");
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or("needs a text");
    Ok(match (name, values) {
        ("States.Format", [template, values @ ..]) => format(&text(template)?, values)?.into(),
        ("States.StringToJson", [value]) => {
            serde_json::from_str(&text(value)?).map_err(|why| format!("met no JSON: {why}"))?
        }
        ("States.JsonToString", [value]) => value.to_string().into(),
        ("States.Array", items) => items.iter().cloned().collect(),
        ("States.ArrayPartition", [Value::Array(items), size]) => {
            let size = usize::try_from(whole(size)?).ok().filter(|size| *size > 0);
            let size = size.ok_or("needs a size above zero")?;
            items.chunks(size).map(<[Value]>::to_vec).collect()
        }
        ("States.ArrayContains", [Value::Array(items), value]) => items.contains(value).into(),
        ("States.ArrayRange", [first, last, step]) => {
            range(whole(first)?, whole(last)?, whole(step)?)?
        }
        ("States.ArrayGetItem", [Value::Array(items), index]) => usize::try_from(whole(index)?)
            .ok()
            .and_then(|index| items.get(index).cloned())
            .ok_or("needs an index inside of its array")?,
        ("States.ArrayLength", [Value::Array(items)]) => items.len().into(),
        ("States.ArrayUnique", [Value::Array(items)]) => {
            let mut unique: Vec<Value> = Vec::new();
            for item in items {
                if !unique.contains(item) {
                    unique.push(item.clone());
                }
            }
            unique.into()
        }
        ("States.Base64Encode", [value]) => BASE64_STANDARD.encode(text(value)?).into(),
        ("States.Base64Decode", [value]) => {
            let bytes = BASE64_STANDARD.decode(text(value)?).map_err(|_| "met no Base64")?;
            String::from_utf8(bytes).map_err(|_| "met no UTF-8")?.into()
        }
        ("States.JsonMerge", [Value::Object(left), Value::Object(right), Value::Bool(false)]) => {
            let mut merged = left.clone();
            merged.extend(right.clone());
            Value::Object(merged)
        }
        ("States.MathAdd", [left, right]) => {
            whole(left)?.checked_add(whole(right)?).ok_or("is out of range")?.into()
        }
        ("States.StringSplit", [value, separators]) => {
            let separators: Vec<char> = text(separators)?.chars().collect();
            let value = text(value)?;
            let parts = value.split(separators.as_slice()).filter(|part| !part.is_empty());
            parts.collect()
        }
        ("States.UUID", []) => random.uuid().into(),
        _ => return Err("got arguments that it does not take".to_owned()),
    })
}

fn range(first: i64, last: i64, step: i64) -> Result<Value, String> {
    if step == 0 {
        return Err("needs a step other than zero".to_owned());
    }
    let mut items = Vec::new();
    let mut at = first;
    while if step > 0 { at <= last } else { last <= at } {
        items.push(Value::from(at));
        if items.len() as i64 > MOST_ITEMS {
            return Err(format!("makes more than {MOST_ITEMS} items"));
        }
        at = at.saturating_add(step);
    }
    Ok(items.into())
}

/// Fills each `{}` with the next value; texts go in as they are, other values as JSON.
fn format(template: &str, values: &[Value]) -> Result<String, String> {
    let mut filled = String::new();
    let mut values = values.iter();
    let mut letters = template.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => filled.extend(letters.next()),
            '{' if letters.peek() == Some(&'}') => {
                letters.next();
                match values.next().ok_or("has more {} than values")? {
                    Value::String(text) => filled.push_str(text),
                    value => filled.push_str(&value.to_string()),
                }
            }
            '{' | '}' => return Err("has a brace that needs a backslash".to_owned()),
            letter => filled.push(letter),
        }
    }
    if values.next().is_some() {
        return Err("has more values than {}".to_owned());
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(text: &str, input: Value, expect: Option<Value>) {
        let mut random = Random::seeded(1);
        let context = json!({"Execution": {"Name": "run"}});
        let mut scope = Scope { input: &input, context: &context, random: &mut random };
        let found = Expression::parse(text).ok().and_then(|it| it.value(&mut scope).ok());
        assert_eq!(found, expect, "{text}");
    }

    // Examples of "Intrinsic functions for JSONPath states in Step Functions" and of the specification's appendix B.
    #[test]
    fn documented_intrinsics_give_their_values() {
        let name = json!({"name": "Foo", "template": "Hello, my name is {}."});
        check(
            "States.Format('Your name is {}, we are in the year {}', $.name, 2020)",
            name.clone(),
            Some(json!("Your name is Foo, we are in the year 2020")),
        );
        check(
            "States.Format($.template, $.name)",
            name.clone(),
            Some(json!("Hello, my name is Foo.")),
        );
        check("States.Format('{} {}', $.name)", name.clone(), None);
        check("States.Format('\\{{}\\} it\\'s', $.name)", name, Some(json!("{Foo} it's")));
        let escaped = json!({"escaped": "{\"foo\": \"bar\"}", "unescaped": {"foo": "bar"}});
        check("States.StringToJson($.escaped)", escaped.clone(), Some(json!({"foo": "bar"})));
        check("States.JsonToString($.unescaped)", escaped, Some(json!("{\"foo\":\"bar\"}")));
        check("States.Array($.Id, null)", json!({"Id": 123_456}), Some(json!([123_456, null])));
        let nine = json!({"a": [1, 2, 3, 4, 5, 6, 7, 8, 9], "i": 5});
        check(
            "States.ArrayPartition($.a, 4)",
            nine.clone(),
            Some(json!([[1, 2, 3, 4], [5, 6, 7, 8], [9]])),
        );
        check("States.ArrayContains($.a, $.i)", nine.clone(), Some(json!(true)));
        check("States.ArrayRange(1, 9, 2)", json!({}), Some(json!([1, 3, 5, 7, 9])));
        check("States.ArrayGetItem($.a, $.i)", nine.clone(), Some(json!(6)));
        check("States.ArrayLength($.a)", nine, Some(json!(9)));
        check("States.ArrayUnique($)", json!([1, 2, 3, 3, 3, 4]), Some(json!([1, 2, 3, 4])));
        check(
            "States.Base64Encode($.input)",
            json!({"input": "Data to encode"}),
            Some(json!("RGF0YSB0byBlbmNvZGU=")),
        );
        check(
            "States.Base64Decode('RGF0YSB0byBlbmNvZGU=')",
            json!({}),
            Some(json!("Data to encode")),
        );
        check(
            "States.JsonMerge($.json1, $.json2, false)",
            json!({"json1": {"a": {"a1": 1, "a2": 2}, "b": 2}, "json2": {"a": {"a3": 1}, "c": 3}}),
            Some(json!({"a": {"a3": 1}, "b": 2, "c": 3})),
        );
        check(
            "States.MathAdd($.value1, $.step)",
            json!({"value1": 111, "step": -1}),
            Some(json!(110)),
        );
        check(
            "States.StringSplit('1,2,3,4,5', ',')",
            json!({}),
            Some(json!(["1", "2", "3", "4", "5"])),
        );
        check(
            "States.StringSplit('This.is+a,test=string', '.+,=')",
            json!({}),
            Some(json!(["This", "is", "a", "test", "string"])),
        );
        check(
            "States.Format('{}-{}', $$.Execution.Name, States.ArrayLength(States.Array(1, 2)))",
            json!({}),
            Some(json!("run-2")),
        );
    }

    #[test]
    fn unknown_expressions_are_refused_by_name() {
        for (text, expect) in [
            ("States.Hash($.a, 'MD5')", "States.Hash is not supported"),
            ("hello", "neither a path nor"),
            ("States.UUID() x", "goes on after its end"),
            ("States.Array($.a $.b)", "not supported"),
            ("States.Array('a)", "no closing quote"),
        ] {
            let why = Expression::parse(text).unwrap_err();
            assert!(why.contains(expect), "{text}: {why}");
        }
        let deep = format!("{}1{}", "States.Array(".repeat(12), ")".repeat(12));
        assert!(Expression::parse(&deep).unwrap_err().contains("deeper than 10"));
    }
}
