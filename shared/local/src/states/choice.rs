//! Rules of a Choice state.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Failure;
use super::path::Path;

/// What must hold for a rule's next state.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Rule {
    And(Vec<Rule>),
    Or(Vec<Rule>),
    Not(Box<Rule>),
    Compare { variable: Path, test: Test },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Is {
        what: What,
        expect: bool,
    },
    /// A wildcard pattern: `*` is any text, a backslash keeps the next letter.
    Matches(String),
    Ordered {
        kind: Kind,
        order: Order,
        with: Operand,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Null,
    Present,
    Numeric,
    String,
    Boolean,
    Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Numeric,
    Boolean,
    Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equals,
    LessThan,
    GreaterThan,
    LessThanEquals,
    GreaterThanEquals,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Constant(Value),
    Path(Path),
}

impl Rule {
    /// Reads a rule without its `Next`.
    pub(super) fn parse(rule: &Map<String, Value>) -> Result<Self, String> {
        let members: Vec<(&String, &Value)> =
            rule.iter().filter(|(name, _)| !["Next", "Comment"].contains(&name.as_str())).collect();
        let nested = |value: &Value| {
            let rules = value.as_array().filter(|rules| !rules.is_empty());
            let rules = rules.ok_or("And and Or need a list of rules")?;
            rules.iter().map(inner).collect::<Result<Vec<_>, String>>()
        };
        match members.as_slice() {
            [(name, value)] if name.as_str() == "And" => nested(value).map(Self::And),
            [(name, value)] if name.as_str() == "Or" => nested(value).map(Self::Or),
            [(name, value)] if name.as_str() == "Not" => Ok(Self::Not(Box::new(inner(value)?))),
            [_, _] => {
                let variable = rule.get("Variable").and_then(Value::as_str);
                let variable = Path::parse_reference(variable.ok_or("a rule has no Variable")?)?;
                let test = members.iter().find(|(name, _)| *name != "Variable");
                let (name, value) = test.ok_or("a rule compares with nothing")?;
                Ok(Self::Compare { variable, test: Test::parse(name, value)? })
            }
            _ => Err("a rule needs a Variable and one comparison, or one of And, Or, Not".into()),
        }
    }

    pub(super) fn holds(&self, input: &Value, context: &Value) -> Result<bool, Failure> {
        match self {
            Self::And(rules) => {
                for rule in rules {
                    if !rule.holds(input, context)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Or(rules) => {
                for rule in rules {
                    if rule.holds(input, context)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(rule) => Ok(!rule.holds(input, context)?),
            Self::Compare { variable, test } => {
                let of = |path: &Path| path.find(if path.context { context } else { input });
                match (of(variable), test) {
                    (found, Test::Is { what: What::Present, expect }) => {
                        Ok(found.is_some() == *expect)
                    }
                    (Some(found), test) => test.holds(&found, &of),
                    (None, _) => Err(missing(variable)),
                }
            }
        }
    }
}

fn missing(path: &Path) -> Failure {
    let cause = format!(
        "Invalid path '{}': The choice state's condition path references an invalid value.",
        path.text()
    );
    Failure::new("States.Runtime", cause)
}

fn inner(value: &Value) -> Result<Rule, String> {
    let rule = value.as_object().ok_or("a rule is not an object")?;
    if rule.contains_key("Next") {
        return Err("a rule inside of And, Or or Not has a Next".to_owned());
    }
    Rule::parse(rule)
}

impl Test {
    fn parse(name: &str, value: &Value) -> Result<Self, String> {
        let truth = || value.as_bool().ok_or_else(|| format!("{name} needs true or false"));
        let is = |what| Ok(Self::Is { what, expect: truth()? });
        match name {
            "IsNull" => return is(What::Null),
            "IsPresent" => return is(What::Present),
            "IsNumeric" => return is(What::Numeric),
            "IsString" => return is(What::String),
            "IsBoolean" => return is(What::Boolean),
            "IsTimestamp" => return is(What::Timestamp),
            "StringMatches" => {
                let pattern = value.as_str().ok_or("StringMatches needs a text")?;
                return Ok(Self::Matches(pattern.to_owned()));
            }
            _ => {}
        }
        let unknown = || format!("comparison {name} is not one of the States Language");
        let (bare, by_path) = match name.strip_suffix("Path") {
            Some(bare) => (bare, true),
            None => (name, false),
        };
        let kinds = [
            ("String", Kind::String),
            ("Numeric", Kind::Numeric),
            ("Boolean", Kind::Boolean),
            ("Timestamp", Kind::Timestamp),
        ];
        let kind = kinds.iter().find_map(|(word, kind)| Some((bare.strip_prefix(word)?, *kind)));
        let (order, kind) = kind.ok_or_else(unknown)?;
        let order = match order {
            "Equals" => Order::Equals,
            _ if kind == Kind::Boolean => return Err(unknown()),
            "LessThan" => Order::LessThan,
            "GreaterThan" => Order::GreaterThan,
            "LessThanEquals" => Order::LessThanEquals,
            "GreaterThanEquals" => Order::GreaterThanEquals,
            _ => return Err(unknown()),
        };
        let with = if by_path {
            let text = value.as_str().ok_or_else(|| format!("{name} needs a path"))?;
            Operand::Path(Path::parse_reference(text)?)
        } else if kind.fits(value) {
            Operand::Constant(value.clone())
        } else {
            return Err(format!("{name} compares with a value of another type"));
        };
        Ok(Self::Ordered { kind, order, with })
    }

    fn holds(&self, found: &Value, of: &impl Fn(&Path) -> Option<Value>) -> Result<bool, Failure> {
        Ok(match self {
            Self::Is { what, expect } => what.describes(found) == *expect,
            Self::Matches(pattern) => {
                found.as_str().is_some_and(|text| matches(pattern.as_bytes(), text.as_bytes()))
            }
            Self::Ordered { kind, order, with } => {
                let with = match with {
                    Operand::Constant(value) => value.clone(),
                    Operand::Path(path) => of(path).ok_or_else(|| missing(path))?,
                };
                // Values of another type than the comparison's compare as false.
                kind.compare(found, &with).is_some_and(|it| order.admits(it))
            }
        })
    }
}

impl What {
    fn describes(self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::Present => true,
            Self::Numeric => value.is_number(),
            Self::String => value.is_string(),
            Self::Boolean => value.is_boolean(),
            Self::Timestamp => Kind::Timestamp.fits(value),
        }
    }
}

impl Kind {
    fn fits(self, value: &Value) -> bool {
        self.compare(value, value).is_some()
    }

    fn compare(self, left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
        match self {
            Self::String => Some(left.as_str()?.cmp(right.as_str()?)),
            Self::Numeric => left.as_f64()?.partial_cmp(&right.as_f64()?),
            Self::Boolean => Some(left.as_bool()?.cmp(&right.as_bool()?)),
            Self::Timestamp => {
                let time = |value: &Value| value.as_str()?.parse::<Timestamp>().ok();
                Some(time(left)?.cmp(&time(right)?))
            }
        }
    }
}

impl Order {
    fn admits(self, it: std::cmp::Ordering) -> bool {
        match self {
            Self::Equals => it.is_eq(),
            Self::LessThan => it.is_lt(),
            Self::GreaterThan => it.is_gt(),
            Self::LessThanEquals => it.is_le(),
            Self::GreaterThanEquals => it.is_ge(),
        }
    }
}

/// Matches with the latest star giving way, so that it takes no more than length times length.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut read, mut star) = (0, 0, None);
    while read < text.len() {
        let literal = match pattern.get(at) {
            Some(b'\\') => pattern.get(at + 1).map(|letter| (*letter, 2)),
            Some(letter) if *letter != b'*' => Some((*letter, 1)),
            _ => None,
        };
        match literal {
            Some((letter, width)) if letter == text[read] => {
                at += width;
                read += 1;
            }
            _ if pattern.get(at) == Some(&b'*') => {
                star = Some((at, read));
                at += 1;
            }
            _ => match star {
                Some((back, taken)) => {
                    star = Some((back, taken + 1));
                    (at, read) = (back + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(rule: Value, input: Value, expect: Option<bool>) {
        let read = Rule::parse(rule.as_object().unwrap()).unwrap();
        assert_eq!(read.holds(&input, &json!({})).ok(), expect, "{rule} on {input}");
    }

    // The example of "Choice state" in the specification, and of AWS's page on comparison operators.
    #[test]
    fn documented_choices_are_made() {
        let public = json!({"Not": {"Variable": "$.type", "StringEquals": "Private"}});
        check(public.clone(), json!({"type": "Public"}), Some(true));
        check(public.clone(), json!({"type": "Private"}), Some(false));
        check(public, json!({}), None);
        let twenties = json!({"And": [
            {"Variable": "$.value", "IsPresent": true},
            {"Variable": "$.value", "IsNumeric": true},
            {"Variable": "$.value", "NumericGreaterThanEquals": 20},
            {"Variable": "$.value", "NumericLessThan": 30},
        ]});
        for (input, expect) in [
            (json!({"value": 22}), true),
            (json!({"value": 20.0}), true),
            (json!({"value": 30}), false),
            (json!({"value": "22"}), false),
            (json!({}), false),
        ] {
            check(twenties.clone(), input, Some(expect));
        }
        check(json!({"Variable": "$.a", "IsNull": true}), json!({"a": null}), Some(true));
        check(json!({"Variable": "$.a", "IsNull": true}), json!({}), None);
        check(
            json!({"Variable": "$.t", "TimestampGreaterThanEqualsPath": "$.u"}),
            json!({"t": "2016-03-14T02:59:00+01:00", "u": "2016-03-14T01:59:00Z"}),
            Some(true),
        );
        check(
            json!({"Variable": "$.t", "IsTimestamp": true}),
            json!({"t": "2016-03-14"}),
            Some(false),
        );
        check(json!({"Variable": "$.b", "BooleanEquals": true}), json!({"b": true}), Some(true));
        check(json!({"Variable": "$.s", "StringLessThan": "b"}), json!({"s": "a"}), Some(true));
        let any = json!({"Or": [
            {"Variable": "$.a", "NumericEquals": 1}, {"Variable": "$.gone", "NumericEquals": 1},
        ]});
        check(any, json!({"a": 1.0}), Some(true));
    }

    #[test]
    fn wildcards_match_as_documented() {
        for (pattern, text, expect) in [
            ("log-*.txt", "log-2020.txt", true),
            ("log-*.txt", "log-.txt", true),
            ("log-*.txt", "log-2020.txt2", false),
            ("*", "", true),
            ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false),
            ("a\\\\b", "a\\b", true),
            ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            check(
                json!({"Variable": "$.s", "StringMatches": pattern}),
                json!({"s": text}),
                Some(expect),
            );
        }
    }

    #[test]
    fn wrong_rules_are_refused_by_name() {
        for (rule, expect) in [
            (json!({"Variable": "$.a", "StringIs": "x"}), "comparison StringIs"),
            (json!({"Variable": "$.a", "BooleanLessThan": true}), "comparison BooleanLessThan"),
            (json!({"Variable": "$.a", "NumericEquals": "1"}), "value of another type"),
            (json!({"StringEquals": "1"}), "needs a Variable and one"),
            (json!({"Variable": "$.a"}), "needs a Variable and one"),
            (json!({"And": []}), "need a list of rules"),
            (json!({"Not": {"Variable": "$.a", "IsNull": true, "Next": "b"}}), "has a Next"),
            (json!({"Variable": "$.a[*]", "IsNull": true}), "many places"),
        ] {
            let why = Rule::parse(rule.as_object().unwrap()).unwrap_err();
            assert!(why.contains(expect), "{rule}: {why}");
        }
    }
}
