//! Conditions of a statement.

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Context;
use super::text::Text;

/// One operator on one key, such as `StringLike` on `s3:prefix`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    key: String,
    set: Set,
    if_exists: bool,
    test: Test,
    values: Vec<Text>,
}

/// How several values of a key are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Single,
    All,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Test {
    kind: Kind,
    negated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text { fold: bool },
    Like,
    Arn,
    Number(Order),
    Date(Order),
    Truth,
    Null,
    Address,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Equals,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    /// Reads a condition block.
    pub(super) fn parse_all(block: &Value, variables: bool) -> Result<Vec<Self>, String> {
        let mut conditions = Vec::new();
        let block = block.as_object().ok_or("Condition is not an object")?;
        for (operator, keys) in block {
            let keys: &Map<String, Value> =
                keys.as_object().ok_or_else(|| format!("{operator} is not an object"))?;
            for (key, values) in keys {
                conditions.push(Self::parse(operator, key, values, variables)?);
            }
        }
        Ok(conditions)
    }

    fn parse(operator: &str, key: &str, values: &Value, variables: bool) -> Result<Self, String> {
        let (set, bare) = match operator.split_once(':') {
            Some(("ForAllValues", bare)) => (Set::All, bare),
            Some(("ForAnyValue", bare)) => (Set::Any, bare),
            Some(_) => return Err(format!("condition operator {operator} is not known")),
            None => (Set::Single, operator),
        };
        let (bare, if_exists) = match bare.strip_suffix("IfExists") {
            Some(bare) => (bare, true),
            None => (bare, false),
        };
        let test = Test::parse(bare)
            .ok_or_else(|| format!("condition operator {operator} is not known"))?;
        let values = match values {
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        let text = |value: &Value| match value {
            Value::String(text) => Text::parse(text, variables),
            Value::Number(_) | Value::Bool(_) => Text::parse(&value.to_string(), false),
            _ => Err(format!("condition on {key} has a value that is no text")),
        };
        Ok(Self {
            key: key.to_ascii_lowercase(),
            set,
            if_exists,
            test,
            values: values.iter().map(text).collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn holds(&self, context: &Context) -> bool {
        let given = context.values(&self.key);
        if self.test.kind == Kind::Null {
            // `"true"` asks that the key be absent.
            return self.values.iter().any(|value| value.written() == "true") == given.is_none();
        }
        let Some(given) = given else {
            return self.if_exists
                || self.set == Set::All
                || (self.test.negated && self.set == Set::Single);
        };
        let matches = |one: &String| {
            let any = self.values.iter().any(|value| self.test.kind.admits(value, one, context));
            any != self.test.negated
        };
        match self.set {
            Set::All => given.iter().all(matches),
            Set::Single if self.test.negated => given.iter().all(matches),
            Set::Any | Set::Single => given.iter().any(matches),
        }
    }
}

impl Test {
    fn parse(operator: &str) -> Option<Self> {
        let plain = |kind| Some(Self { kind, negated: false });
        let not = |kind| Some(Self { kind, negated: true });
        match operator {
            "StringEquals" => plain(Kind::Text { fold: false }),
            "StringNotEquals" => not(Kind::Text { fold: false }),
            "StringEqualsIgnoreCase" => plain(Kind::Text { fold: true }),
            "StringNotEqualsIgnoreCase" => not(Kind::Text { fold: true }),
            "StringLike" => plain(Kind::Like),
            "StringNotLike" => not(Kind::Like),
            "ArnEquals" | "ArnLike" => plain(Kind::Arn),
            "ArnNotEquals" | "ArnNotLike" => not(Kind::Arn),
            "Bool" => plain(Kind::Truth),
            "Null" => plain(Kind::Null),
            "IpAddress" => plain(Kind::Address),
            "NotIpAddress" => not(Kind::Address),
            _ => {
                let number = operator.strip_prefix("Numeric").map(|order| (true, order));
                let date = || operator.strip_prefix("Date").map(|order| (false, order));
                let (number, order) = number.or_else(date)?;
                let kind = |order| if number { Kind::Number(order) } else { Kind::Date(order) };
                match order {
                    "Equals" => plain(kind(Order::Equals)),
                    "NotEquals" => not(kind(Order::Equals)),
                    "LessThan" => plain(kind(Order::Less)),
                    "LessThanEquals" => plain(kind(Order::LessOrEqual)),
                    "GreaterThan" => plain(kind(Order::Greater)),
                    "GreaterThanEquals" => plain(kind(Order::GreaterOrEqual)),
                    _ => None,
                }
            }
        }
    }
}

impl Kind {
    /// Whether a value of the call is what a value of the policy asks for.
    fn admits(self, wanted: &Text, given: &str, context: &Context) -> bool {
        let filled = || wanted.fill(context);
        let written = wanted.written();
        match self {
            Self::Text { fold } => filled().is_some_and(|wanted| wanted.is(given, fold)),
            Self::Like => filled().is_some_and(|wanted| wanted.is_like(given, false)),
            Self::Arn => filled().is_some_and(|wanted| wanted.is_like_arn(given)),
            Self::Truth => written.eq_ignore_ascii_case(given),
            Self::Null => false,
            Self::Address => within(written, given).unwrap_or(false),
            Self::Number(order) => {
                let number = |text: &str| text.parse::<f64>().ok();
                let both = number(given).zip(number(written));
                both.and_then(|(given, wanted)| given.partial_cmp(&wanted))
                    .is_some_and(|it| order.admits(it))
            }
            Self::Date(order) => {
                let both = date(given).zip(date(written));
                both.is_some_and(|(given, wanted)| order.admits(given.cmp(&wanted)))
            }
        }
    }
}

impl Order {
    fn admits(self, it: std::cmp::Ordering) -> bool {
        match self {
            Self::Equals => it.is_eq(),
            Self::Less => it.is_lt(),
            Self::LessOrEqual => it.is_le(),
            Self::Greater => it.is_gt(),
            Self::GreaterOrEqual => it.is_ge(),
        }
    }
}

/// Reads ISO 8601 or seconds since 1970.
fn date(text: &str) -> Option<Timestamp> {
    let seconds = || text.parse().ok().and_then(|second| Timestamp::from_second(second).ok());
    text.parse().ok().or_else(seconds)
}

/// Whether an address lies in a range such as `203.0.113.0/24`.
fn within(range: &str, address: &str) -> Option<bool> {
    let (network, bits) = match range.split_once('/') {
        Some((network, bits)) => (network, bits.parse::<u32>().ok()?),
        None => (range, 128),
    };
    let bits_of = |address: IpAddr| match address {
        IpAddr::V4(four) => (u128::from(u32::from(four)) << 96, 32),
        IpAddr::V6(six) => (u128::from(six), 128),
    };
    let (network, width) = bits_of(network.parse().ok()?);
    let (address, other) = bits_of(address.parse().ok()?);
    let mask = match bits.min(width) {
        0 => 0,
        bits => u128::MAX << (128 - bits),
    };
    Some(width == other && network & mask == address & mask)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(operator: &str, wanted: Value, given: &[&str], expect: bool) {
        let context = match given {
            [] => Context::none(),
            given => Context::none().with_all("k:ey", given.iter().copied()),
        };
        let block = json!({operator: {"K:Ey": wanted}});
        let all = Condition::parse_all(&block, true).unwrap();
        assert_eq!(all[0].holds(&context), expect, "{block} on {given:?}");
    }

    // "IAM JSON policy elements: Condition operators" and "Multivalued context keys", row by row.
    #[test]
    fn operators_hold_as_documented() {
        check("StringEquals", json!("a"), &["a"], true);
        check("StringEquals", json!("a"), &["A"], false);
        check("StringEquals", json!(["a", "b"]), &["b"], true);
        check("StringEquals", json!("a*"), &["ab"], false);
        check("StringEquals", json!("a"), &[], false);
        check("StringEqualsIfExists", json!("a"), &[], true);
        check("StringNotEquals", json!(["a", "b"]), &["b"], false);
        check("StringNotEquals", json!(["a", "b"]), &["c"], true);
        check("StringNotEquals", json!("a"), &[], true);
        check("StringEqualsIgnoreCase", json!("aB"), &["Ab"], true);
        check("StringLike", json!("home/*"), &["home/x/y"], true);
        check("StringNotLike", json!("home/*"), &["home/x"], false);
        check("NumericLessThanEquals", json!("10"), &["10"], true);
        check("NumericLessThanEquals", json!(10), &["11"], false);
        check("NumericEquals", json!("10"), &["ten"], false);
        check("DateGreaterThan", json!("2020-01-01T00:00:01Z"), &["2020-01-01T00:00:02Z"], true);
        check("DateLessThan", json!("2020-01-01T00:00:01Z"), &["1577836800"], true);
        check("Bool", json!("false"), &["false"], true);
        check("Bool", json!(true), &["false"], false);
        check("BoolIfExists", json!("true"), &[], true);
        check("Null", json!("true"), &[], true);
        check("Null", json!("true"), &["a"], false);
        check("Null", json!("false"), &["a"], true);
        check("IpAddress", json!("203.0.113.0/24"), &["203.0.113.9"], true);
        check("NotIpAddress", json!("203.0.113.0/24"), &["203.0.113.9"], false);
        check("IpAddress", json!("2001:DB8::/32"), &["2001:db8:1::1"], true);
        check("ArnLike", json!("arn:aws:sns:*:1:t*"), &["arn:aws:sns:eu-west-1:1:topic"], true);
        check("ArnEquals", json!("arn:aws:sns:*:t"), &["arn:aws:sns:eu-west-1:1:t"], false);
        check("ForAllValues:StringEquals", json!(["a", "b"]), &["a"], true);
        check("ForAllValues:StringEquals", json!(["a", "b"]), &["a", "c"], false);
        check("ForAllValues:StringEquals", json!(["a", "b"]), &[], true);
        check("ForAnyValue:StringEquals", json!(["a", "b"]), &["a", "c"], true);
        check("ForAnyValue:StringEquals", json!(["a", "b"]), &["c"], false);
        check("ForAnyValue:StringEquals", json!(["a", "b"]), &[], false);
        check("ForAnyValue:StringNotEquals", json!("a"), &["a", "c"], true);
        check("ForAllValues:StringNotEquals", json!("a"), &["a", "c"], false);
    }

    #[test]
    fn unknown_operators_are_refused() {
        for operator in ["StringIs", "ForSome:StringEquals", "NumericLike", "BinaryEquals"] {
            let block = json!({operator: {"k": "v"}});
            let why = Condition::parse_all(&block, true).unwrap_err();
            assert!(why.contains(operator), "{why}");
        }
    }
}
