//! A state machine's definition, read and checked; what the stand-in does not play is refused by name.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::choice::Rule;
use super::expression::{Expression, Template};
use super::path::Path;

/// A definition in Amazon States Language, query language JSONPath.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Definition {
    pub(super) start: String,
    pub(super) states: BTreeMap<String, State>,
    /// Seconds that an execution may take.
    pub(super) timeout: Option<i64>,
}

/// One state.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    pub(super) kind: Kind,
    /// The state that follows; `None` where the execution ends.
    pub(super) next: Option<String>,
    /// `None` for `null`, which hands on `{}`.
    pub(super) input: Option<Path>,
    pub(super) output: Option<Path>,
    pub(super) parameters: Option<Template>,
    pub(super) selector: Option<Template>,
    /// `None` for `null`, which drops the result.
    pub(super) result: Option<Path>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Task(Task),
    Choice { rules: Vec<(Rule, String)>, default: Option<String> },
    Pass { result: Option<Value> },
    Wait(Pause),
    Succeed,
    Fail { error: Option<Words>, cause: Option<Words> },
}

/// A task that runs a function.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Task {
    /// The function of a bare ARN; `None` where the parameters of `lambda:invoke` name it.
    pub(super) function: Option<String>,
    pub(super) resource: String,
    /// Seconds; `None` for no end.
    pub(super) timeout: Option<Seconds>,
    pub(super) retries: Vec<Retrier>,
    pub(super) catches: Vec<Catcher>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Seconds {
    Number(i64),
    Path(Path),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Pause {
    Seconds(Seconds),
    Until(Timestamp),
    UntilPath(Path),
}

/// A text, or where to find it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Words {
    Text(String),
    Expression(Expression),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Retrier {
    pub(super) errors: Vec<String>,
    pub(super) interval: f64,
    pub(super) rate: f64,
    pub(super) attempts: u32,
    pub(super) longest: f64,
    /// `JitterStrategy: FULL`: any pause up to the computed one.
    pub(super) jitter: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Catcher {
    pub(super) errors: Vec<String>,
    pub(super) next: String,
    pub(super) result: Option<Path>,
}

/// The longest timeout, 99,999,999 s, which is also the default.
const LONGEST: i64 = 99_999_999;

impl Definition {
    /// Reads a definition; a refusal names the state, the field and the reason.
    pub(super) fn parse(definition: &Value) -> Result<Self, String> {
        let mut fields = Fields::of(definition, "definition")?;
        fields.ignore(&["Comment", "Version"]);
        fields.json_path()?;
        let start = fields.needed("StartAt")?;
        let timeout = fields.whole("TimeoutSeconds", 1..=LONGEST)?;
        let mut states = BTreeMap::new();
        let all = fields.take("States").and_then(Value::as_object);
        for (name, state) in all.ok_or("definition has no States")? {
            if name.chars().count() > 80 {
                return Err(format!("state name \"{name}\" is longer than 80 characters"));
            }
            states.insert(name.clone(), State::parse(name, state)?);
        }
        fields.end()?;
        let definition = Self { start, states, timeout };
        definition.check()?;
        Ok(definition)
    }

    /// Checks that every state that is named exists, and every state is reached.
    fn check(&self) -> Result<(), String> {
        let mut reached = vec![self.start.as_str()];
        let mut at = 0;
        while let Some(name) = reached.get(at).copied() {
            let state = self.states.get(name);
            let state = state.ok_or_else(|| format!("state \"{name}\" is not in States"))?;
            for next in state.followers() {
                if !reached.contains(&next) {
                    reached.push(next);
                }
            }
            at += 1;
        }
        let ends = |state: &State| {
            state.followers().is_empty()
                || matches!(&state.kind, Kind::Task(_) if state.next.is_none())
        };
        if !self.states.values().any(ends) {
            return Err("no state of the definition ends it".to_owned());
        }
        match self.states.keys().find(|name| !reached.contains(&name.as_str())) {
            Some(name) => Err(format!("state \"{name}\" is never reached")),
            None => Ok(()),
        }
    }
}

impl State {
    fn parse(name: &str, state: &Value) -> Result<Self, String> {
        let mut fields = Fields::of(state, &format!("state \"{name}\""))?;
        fields.ignore(&["Comment"]);
        fields.json_path()?;
        let kind = fields.needed("Type")?;
        let mut read = Self {
            kind: Kind::Succeed,
            next: None,
            input: None,
            output: None,
            parameters: None,
            selector: None,
            result: None,
        };
        if kind != "Fail" {
            read.input = fields.path("InputPath")?;
            read.output = fields.path("OutputPath")?;
        }
        if kind == "Task" || kind == "Pass" {
            read.result = fields.path("ResultPath")?;
            read.parameters = fields.template("Parameters")?;
        }
        if kind == "Task" {
            read.selector = fields.template("ResultSelector")?;
        }
        if matches!(kind.as_str(), "Task" | "Pass" | "Wait") {
            read.next = fields.text("Next")?;
            let ends = fields.take("End").map(|end| end == &Value::Bool(true));
            if ends.unwrap_or(false) == read.next.is_some() {
                return Err(fields.wrong("needs either Next or End: true"));
            }
        }
        read.kind = match kind.as_str() {
            "Task" => Kind::Task(Task::parse(&mut fields)?),
            "Choice" => choice(&mut fields)?,
            "Pass" => Kind::Pass { result: fields.take("Result").cloned() },
            "Wait" => Kind::Wait(pause(&mut fields)?),
            "Succeed" => Kind::Succeed,
            "Fail" => Kind::Fail { error: fields.words("Error")?, cause: fields.words("Cause")? },
            other => return Err(fields.wrong(&format!("has Type {other}, which is not played"))),
        };
        fields.end()?;
        Ok(read)
    }

    fn followers(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.next.as_deref().into_iter().collect();
        match &self.kind {
            Kind::Task(task) => names.extend(task.catches.iter().map(|it| it.next.as_str())),
            Kind::Choice { rules, default } => {
                names.extend(rules.iter().map(|(_, next)| next.as_str()));
                names.extend(default.as_deref());
            }
            _ => {}
        }
        names
    }
}

impl Task {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, String> {
        let resource = fields.needed("Resource")?;
        let parts: Vec<&str> = resource.split(':').collect();
        let function = match parts.as_slice() {
            ["arn", _, "states", "", "", "lambda", "invoke"] => None,
            ["arn", _, "lambda", _, _, "function", ..] => Some(resource.clone()),
            _ => return Err(fields.wrong(&format!("has Resource {resource}, which is not played"))),
        };
        let timeout = match fields.whole("TimeoutSeconds", 1..=LONGEST)? {
            Some(seconds) => Some(Seconds::Number(seconds)),
            None => fields.reference("TimeoutSecondsPath")?.map(Seconds::Path),
        };
        // Functions do not send heartbeats: the field changes nothing here.
        fields.whole("HeartbeatSeconds", 1..=LONGEST)?;
        let mut retries = Vec::new();
        for retrier in fields.list("Retry")? {
            retries.push(Retrier::parse(retrier, &fields.whose)?);
        }
        let mut catches = Vec::new();
        for catcher in fields.list("Catch")? {
            catches.push(Catcher::parse(catcher, &fields.whose)?);
        }
        for errors in [
            retries.iter().map(|it| &it.errors).collect(),
            catches.iter().map(|it| &it.errors).collect(),
        ] {
            all_comes_last(errors).map_err(|why| fields.wrong(why))?;
        }
        Ok(Self { function, resource, timeout, retries, catches })
    }
}

/// `States.ALL` stands alone, and in the last entry.
fn all_comes_last(entries: Vec<&Vec<String>>) -> Result<(), &'static str> {
    let last = entries.len().saturating_sub(1);
    let wrong = entries.iter().enumerate().any(|(at, errors)| {
        errors.iter().any(|error| error == "States.ALL") && (at != last || errors.len() > 1)
    });
    if wrong { Err("has States.ALL beside or before other errors") } else { Ok(()) }
}

impl Retrier {
    fn parse(retrier: &Value, whose: &str) -> Result<Self, String> {
        let mut fields = Fields::of(retrier, &format!("{whose} Retry"))?;
        fields.ignore(&["Comment"]);
        let jitter = match fields.text("JitterStrategy")?.as_deref() {
            None | Some("NONE") => false,
            Some("FULL") => true,
            Some(other) => return Err(fields.wrong(&format!("has JitterStrategy {other}"))),
        };
        let read = Self {
            errors: fields.errors()?,
            interval: fields.whole("IntervalSeconds", 1..=LONGEST)?.unwrap_or(1) as f64,
            rate: fields.number("BackoffRate", 1.0)?.unwrap_or(2.0),
            attempts: fields.whole("MaxAttempts", 0..=LONGEST)?.unwrap_or(3) as u32,
            longest: fields
                .whole("MaxDelaySeconds", 1..=31_622_400)?
                .map_or(f64::INFINITY, |seconds| seconds as f64),
            jitter,
        };
        if read.longest <= read.interval {
            return Err(fields.wrong("has a MaxDelaySeconds not above its IntervalSeconds"));
        }
        fields.end()?;
        Ok(read)
    }

    /// Returns the seconds before the next attempt, `earlier` having been retried already.
    pub(super) fn pause(&self, earlier: u32, chance: f64) -> f64 {
        let pause = self.interval * self.rate.powi(earlier.min(1000) as i32);
        let pause = pause.min(self.longest).min(LONGEST as f64);
        if self.jitter { pause * chance } else { pause }
    }
}

impl Catcher {
    fn parse(catcher: &Value, whose: &str) -> Result<Self, String> {
        let mut fields = Fields::of(catcher, &format!("{whose} Catch"))?;
        fields.ignore(&["Comment"]);
        let read = Self {
            errors: fields.errors()?,
            next: fields.needed("Next")?,
            result: fields.path("ResultPath")?,
        };
        fields.end()?;
        Ok(read)
    }
}

fn choice(fields: &mut Fields<'_>) -> Result<Kind, String> {
    let mut rules = Vec::new();
    for rule in fields.list("Choices")? {
        let read = rule.as_object().ok_or("a choice is not an object".to_owned());
        let read = read.and_then(|rule| {
            let next = rule.get("Next").and_then(Value::as_str).ok_or("a choice has no Next")?;
            Ok((Rule::parse(rule)?, next.to_owned()))
        });
        rules.push(read.map_err(|why| fields.wrong(&format!("cannot choose: {why}")))?);
    }
    if rules.is_empty() {
        return Err(fields.wrong("has no Choices"));
    }
    Ok(Kind::Choice { rules, default: fields.text("Default")? })
}

fn pause(fields: &mut Fields<'_>) -> Result<Pause, String> {
    let timestamp = match fields.text("Timestamp")? {
        Some(text) => {
            let time = text.parse().map_err(|_| fields.wrong("has a Timestamp that is no time"))?;
            Some(Pause::Until(time))
        }
        None => None,
    };
    let found = [
        fields.whole("Seconds", 0..=LONGEST)?.map(|it| Pause::Seconds(Seconds::Number(it))),
        fields.reference("SecondsPath")?.map(|it| Pause::Seconds(Seconds::Path(it))),
        timestamp,
        fields.reference("TimestampPath")?.map(Pause::UntilPath),
    ];
    let mut found = found.into_iter().flatten();
    match (found.next(), found.next()) {
        (Some(pause), None) => Ok(pause),
        _ => Err(fields.wrong("needs one of Seconds, SecondsPath, Timestamp, TimestampPath")),
    }
}

/// The fields of one object, each to be taken once; what is left over is unknown.
struct Fields<'a> {
    all: &'a Map<String, Value>,
    taken: Vec<String>,
    whose: String,
}

impl<'a> Fields<'a> {
    fn of(value: &'a Value, whose: &str) -> Result<Self, String> {
        let all = value.as_object().ok_or_else(|| format!("{whose} is not an object"))?;
        Ok(Self { all, taken: Vec::new(), whose: whose.to_owned() })
    }

    fn take(&mut self, name: &str) -> Option<&'a Value> {
        self.taken.push(name.to_owned());
        self.all.get(name)
    }

    fn ignore(&mut self, names: &[&str]) {
        self.taken.extend(names.iter().map(|name| (*name).to_owned()));
    }

    fn wrong(&self, why: &str) -> String {
        format!("{} {why}", self.whose)
    }

    fn json_path(&mut self) -> Result<(), String> {
        match self.take("QueryLanguage").map(|language| language.as_str()) {
            None | Some(Some("JSONPath")) => Ok(()),
            _ => Err(self.wrong("has a QueryLanguage other than JSONPath, which is not played")),
        }
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(&format!("has a {name} that is not a text"))),
        }
    }

    fn needed(&mut self, name: &str) -> Result<String, String> {
        self.text(name)?.ok_or_else(|| self.wrong(&format!("has no {name}")))
    }

    fn whole(
        &mut self,
        name: &str,
        bounds: std::ops::RangeInclusive<i64>,
    ) -> Result<Option<i64>, String> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number = value.as_i64().filter(|number| bounds.contains(number));
        number.map(Some).ok_or_else(|| {
            let (least, most) = (bounds.start(), bounds.end());
            self.wrong(&format!("has a {name} that is no whole number {least} to {most}"))
        })
    }

    fn number(&mut self, name: &str, least: f64) -> Result<Option<f64>, String> {
        let Some(value) = self.take(name) else { return Ok(None) };
        match value.as_f64().filter(|number| *number >= least) {
            Some(number) => Ok(Some(number)),
            None => Err(self.wrong(&format!("has a {name} that is no number from {least}"))),
        }
    }

    fn list(&mut self, name: &str) -> Result<&'a [Value], String> {
        match self.take(name) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(self.wrong(&format!("has a {name} that is not a list"))),
        }
    }

    fn errors(&mut self) -> Result<Vec<String>, String> {
        let errors = self.list("ErrorEquals")?.iter();
        let errors: Option<Vec<String>> =
            errors.map(|error| error.as_str().map(str::to_owned)).collect();
        let errors = errors.filter(|errors| !errors.is_empty());
        let errors = errors.ok_or_else(|| self.wrong("has no list of texts as ErrorEquals"))?;
        match errors.iter().find(|it| it.starts_with("States.") && !ERRORS.contains(&it.as_str())) {
            Some(error) => Err(self.wrong(&format!("names {error}, which is no error of AWS"))),
            None => Ok(errors),
        }
    }

    /// Reads a path that defaults to `$`; `null` is `None`.
    fn path(&mut self, name: &str) -> Result<Option<Path>, String> {
        let read = match self.take(name) {
            None => Path::parse("$").map(Some),
            Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if name == "ResultPath" => {
                Path::parse_reference(text).map(Some)
            }
            Some(Value::String(text)) => Path::parse(text).map(Some),
            Some(_) => Err("is not a path".to_owned()),
        };
        read.map_err(|why| self.wrong(&format!("{name}: {why}")))
    }

    fn reference(&mut self, name: &str) -> Result<Option<Path>, String> {
        let text = self.text(name)?;
        let read = text.map(|text| Path::parse_reference(&text)).transpose();
        read.map_err(|why| self.wrong(&format!("{name}: {why}")))
    }

    fn template(&mut self, name: &str) -> Result<Option<Template>, String> {
        let read = self.take(name).map(Template::parse).transpose();
        read.map_err(|why| self.wrong(&format!("{name}: {why}")))
    }

    /// Reads a text as `name`, or a path to it as `namePath`.
    fn words(&mut self, name: &str) -> Result<Option<Words>, String> {
        let text = self.text(name)?;
        let path = self.text(&format!("{name}Path"))?;
        match (text, path) {
            (Some(_), Some(_)) => Err(self.wrong(&format!("has both {name} and {name}Path"))),
            (Some(text), None) => Ok(Some(Words::Text(text))),
            (None, Some(path)) => match Expression::parse(&path) {
                Ok(expression) => Ok(Some(Words::Expression(expression))),
                Err(why) => Err(self.wrong(&format!("{name}Path: {why}"))),
            },
            (None, None) => Ok(None),
        }
    }

    fn end(&self) -> Result<(), String> {
        match self.all.keys().find(|name| !self.taken.contains(name)) {
            Some(name) => Err(self.wrong(&format!("has the field {name}, which is not played"))),
            None => Ok(()),
        }
    }
}

/// The names of errors that AWS reserves.
const ERRORS: &[&str] = &[
    "States.ALL",
    "States.BranchFailed",
    "States.DataLimitExceeded",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.Http.Socket",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.ResultPathMatchFailure",
    "States.ResultWriterFailed",
    "States.Runtime",
    "States.TaskFailed",
    "States.Timeout",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn machine(state: Value) -> Value {
        json!({"StartAt": "S", "States": {"S": state, "Z": {"Type": "Succeed"}}})
    }

    #[test]
    fn unknown_parts_are_refused_by_name() {
        let task = |extra: Value| {
            let mut task = json!({"Type": "Task", "Next": "Z",
                "Resource": "arn:aws:states:::lambda:invoke"});
            let members = task.as_object_mut().unwrap();
            members.extend(extra.as_object().unwrap().clone());
            machine(task)
        };
        for (definition, expect) in [
            (json!({"States": {}}), "definition has no StartAt"),
            (json!({"StartAt": "S", "States": {}}), "state \"S\" is not in States"),
            (json!({"StartAt": "S", "States": {}, "X": 1}), "definition has the field X"),
            (machine(json!({"Type": "Parallel", "Next": "Z"})), "has Type Parallel"),
            (machine(json!({"Type": "Pass"})), "needs either Next or End: true"),
            (machine(json!({"Type": "Pass", "End": true})), "state \"Z\" is never reached"),
            (
                json!({"StartAt": "S", "States": {"S": {"Type": "Pass", "Next": "S"}}}),
                "no state of the definition ends it",
            ),
            (machine(json!({"Type": "Pass", "Next": "Q"})), "state \"Q\" is not in States"),
            (machine(json!({"Type": "Fail", "Next": "Z"})), "has the field Next"),
            (machine(json!({"Type": "Wait", "Next": "Z"})), "needs one of Seconds"),
            (machine(json!({"Type": "Wait", "Seconds": -1, "Next": "Z"})), "Seconds that is no"),
            (machine(json!({"Type": "Choice", "Default": "Z"})), "has no Choices"),
            (task(json!({"Resource": "arn:aws:states:::sns:publish"})), "sns:publish, which is"),
            (task(json!({"QueryLanguage": "JSONata"})), "QueryLanguage other than JSONPath"),
            (task(json!({"ResultPath": "$.a[*]"})), "ResultPath: path \"$.a[*]\" may name many"),
            (task(json!({"Parameters": {"a.$": "b"}})), "Parameters: \"b\" is neither a path"),
            (task(json!({"Retry": [{"ErrorEquals": []}]})), "Retry has no list of texts"),
            (task(json!({"Retry": [{"ErrorEquals": ["States.All"]}]})), "names States.All"),
            (
                task(json!({"Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["a"]}]})),
                "has States.ALL beside or before",
            ),
            (
                task(json!({"Retry": [{"ErrorEquals": ["a"], "MaxDelaySeconds": 1}]})),
                "MaxDelaySeconds not above",
            ),
            (task(json!({"Catch": [{"ErrorEquals": ["a"]}]})), "Catch has no Next"),
        ] {
            let why = Definition::parse(&definition).unwrap_err();
            assert!(why.contains(expect), "{definition}: {why}");
        }
    }

    // The table of "Retry examples" in the error-handling page: 3 s, x1.5, three attempts.
    #[test]
    fn pauses_grow_as_documented() {
        let retrier = |value: Value| Retrier::parse(&value, "s").unwrap();
        let plain =
            retrier(json!({"ErrorEquals": ["a"], "IntervalSeconds": 3, "BackoffRate": 1.5}));
        let pauses: Vec<f64> = (0..3).map(|earlier| plain.pause(earlier, 0.3)).collect();
        assert_eq!(pauses, [3.0, 4.5, 6.75]);
        let bounded =
            retrier(json!({"ErrorEquals": ["a"], "IntervalSeconds": 3, "MaxDelaySeconds": 5,
            "BackoffRate": 2, "JitterStrategy": "FULL", "MaxAttempts": 9}));
        assert_eq!((bounded.pause(0, 0.5), bounded.pause(8, 0.5)), (1.5, 2.5));
        let default = retrier(json!({"ErrorEquals": ["a"]}));
        assert_eq!((default.interval, default.rate, default.attempts), (1.0, 2.0, 3));
    }
}
