use serde_json::Value;

/// The part of JMESPath that Clarify's documents use: names, `[n]`, `[*]` and `[]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
    Each,
    Flat,
}

impl Path {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        for part in text.trim().split('.') {
            let (name, mut rest) = match part.find('[') {
                Some(at) => part.split_at(at),
                None => (part, ""),
            };
            let name = name.trim_matches('"');
            if name.chars().any(|it| !it.is_alphanumeric() && it != '_' && it != '-') {
                return None;
            }
            if !name.is_empty() {
                steps.push(Step::Name(name.to_owned()));
            } else if rest.is_empty() {
                return None;
            }
            while !rest.is_empty() {
                let (inner, after) = rest.strip_prefix('[')?.split_once(']')?;
                steps.push(match inner {
                    "*" => Step::Each,
                    "" => Step::Flat,
                    at => Step::Index(at.parse().ok()?),
                });
                rest = after;
            }
        }
        Some(Self(steps))
    }

    /// Returns what is there; a list of what is there in each item, after `[*]`.
    pub(super) fn find(&self, value: &Value) -> Option<Value> {
        find(&self.0, value)
    }
}

fn find(steps: &[Step], value: &Value) -> Option<Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value.clone()) };
    match (step, value) {
        (Step::Name(name), Value::Object(all)) => find(rest, all.get(name)?),
        // A name on a list of records means each of them, as JSON Lines come.
        (Step::Name(_), Value::Array(all)) => each(steps, all),
        (Step::Index(at), Value::Array(all)) => find(rest, all.get(*at)?),
        (Step::Each, Value::Array(all)) => each(rest, all),
        (Step::Flat, Value::Array(all)) => {
            let flat: Vec<Value> = all
                .iter()
                .flat_map(|it| match it {
                    Value::Array(inner) => inner.clone(),
                    other => vec![other.clone()],
                })
                .collect();
            each(rest, &flat)
        }
        _ => None,
    }
}

fn each(steps: &[Step], all: &[Value]) -> Option<Value> {
    let found: Option<Vec<Value>> = all.iter().map(|it| find(steps, it)).collect();
    found.map(Value::Array)
}
