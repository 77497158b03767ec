//! Policies: statements that allow or deny.

use serde_json::Value;

use super::condition::Condition;
use super::text::Text;
use super::{Caller, Request};

/// A policy document.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub(super) statements: Vec<Statement>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    /// Its `Sid`, or its place counted from 1.
    pub(super) name: String,
    pub(super) allows: bool,
    /// `None` in a policy of a role.
    principal: Option<Principal>,
    pub(super) actions: Clause,
    pub(super) resources: Clause,
    conditions: Vec<Condition>,
}

/// A list of texts, or all but those.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clause {
    pub(super) except: bool,
    pub(super) texts: Vec<Text>,
}

#[derive(Debug, Clone, PartialEq)]
struct Principal {
    except: bool,
    anyone: bool,
    services: Vec<String>,
    /// ARNs and account ids.
    identities: Vec<String>,
}

/// Which action and which resource of a statement fitted a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fit {
    pub(super) statement: usize,
    pub(super) action: By,
    pub(super) resource: By,
}

/// What of a clause fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The text at this place.
    Text(usize),
    /// None of its exceptions.
    Exception,
}

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// An element is missing, or is not one of IAM's; the reason names it.
    pub fn parse(document: &Value) -> Result<Self, String> {
        let variables = match document.get("Version").and_then(Value::as_str) {
            Some("2012-10-17") => true,
            None | Some("2008-10-17") => false,
            Some(other) => return Err(format!("policy version {other} is not known")),
        };
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => return Err("policy has no Statement".to_owned()),
        };
        let read = statements.iter().enumerate().map(|(at, statement)| {
            Statement::parse(statement, at, variables)
                .map_err(|why| format!("statement {}: {why}", at + 1))
        });
        Ok(Self { statements: read.collect::<Result<_, _>>()? })
    }

    /// Returns the fits of the statements that say this of a call.
    pub(super) fn fits(&self, request: &Request<'_>, allows: bool) -> Vec<Fit> {
        let said = self.statements.iter().enumerate().filter(|(_, it)| it.allows == allows);
        said.filter_map(|(at, it)| it.fit(at, request)).collect()
    }
}

impl Statement {
    fn parse(statement: &Value, at: usize, variables: bool) -> Result<Self, String> {
        let members = statement.as_object().ok_or("is not an object")?;
        let known = [
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        if let Some(name) = members.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(format!("element {name} is not one of IAM's"));
        }
        let name = statement.get("Sid").and_then(Value::as_str);
        let conditions = match statement.get("Condition") {
            Some(block) => Condition::parse_all(block, variables)?,
            None => Vec::new(),
        };
        let principal = match (statement.get("Principal"), statement.get("NotPrincipal")) {
            (Some(principal), None) => Some(Principal::parse(principal, false)?),
            (None, Some(principal)) => Some(Principal::parse(principal, true)?),
            (None, None) => None,
            _ => return Err("has both Principal and NotPrincipal".to_owned()),
        };
        Ok(Self {
            name: name.map_or_else(|| (at + 1).to_string(), str::to_owned),
            allows: match statement.get("Effect").and_then(Value::as_str) {
                Some("Allow") => true,
                Some("Deny") => false,
                _ => return Err("has no Effect of Allow or Deny".to_owned()),
            },
            // Trust policies name no resource.
            resources: match (members.contains_key("Resource"), members.contains_key("NotResource"))
            {
                (false, false) if principal.is_some() => {
                    Clause { except: false, texts: vec![Text::parse("*", false)?] }
                }
                _ => Clause::parse(statement, "Resource", variables)?,
            },
            principal,
            actions: Clause::parse(statement, "Action", false)?,
            conditions,
        })
    }

    fn fit(&self, at: usize, request: &Request<'_>) -> Option<Fit> {
        if let Some(principal) = &self.principal
            && !principal.covers(request.caller, self.allows)
        {
            return None;
        }
        let action = self.actions.fit(|text| {
            text.fill(request.context).is_some_and(|it| it.is_like(request.action, true))
        })?;
        let resource = self.resources.fit(|text| {
            text.fill(request.context).is_some_and(|it| it.is_like_arn(request.resource))
        })?;
        let holds = self.conditions.iter().all(|condition| condition.holds(request.context));
        holds.then_some(Fit { statement: at, action, resource })
    }
}

impl Clause {
    /// Reads `Action` or `NotAction`, `Resource` or `NotResource`.
    fn parse(statement: &Value, name: &str, variables: bool) -> Result<Self, String> {
        let except = format!("Not{name}");
        let (texts, except) = match (statement.get(name), statement.get(&except)) {
            (Some(texts), None) => (texts, false),
            (None, Some(texts)) => (texts, true),
            (None, None) => return Err(format!("has neither {name} nor {except}")),
            _ => return Err(format!("has both {name} and {except}")),
        };
        let texts = strings(texts).ok_or_else(|| format!("has a {name} that is no text"))?;
        if texts.is_empty() {
            return Err(format!("has an empty {name}"));
        }
        let parse = |text: &String| match text.split_once(':') {
            _ if text == "*" => Text::parse(text, false),
            None => Err(format!("has the {name} {text}, which has no prefix")),
            Some(_) => Text::parse(text, variables),
        };
        Ok(Self { except, texts: texts.iter().map(parse).collect::<Result<_, _>>()? })
    }

    /// Returns what fits: a text, or for exceptions that none does.
    fn fit(&self, fits: impl Fn(&Text) -> bool) -> Option<By> {
        match (self.except, self.texts.iter().position(fits)) {
            (false, Some(at)) => Some(By::Text(at)),
            (true, None) => Some(By::Exception),
            _ => None,
        }
    }
}

impl Principal {
    fn parse(principal: &Value, except: bool) -> Result<Self, String> {
        let none = Self { except, anyone: false, services: Vec::new(), identities: Vec::new() };
        if principal == "*" {
            return Ok(Self { anyone: true, ..none });
        }
        let mut read = none;
        for (kind, names) in principal.as_object().ok_or("has a Principal that is no object")? {
            let names = strings(names).ok_or("has a Principal that is no text")?;
            match kind.as_str() {
                "Service" => read.services.extend(names),
                "AWS" if names == ["*"] => read.anyone = true,
                "AWS" => read.identities.extend(names),
                // Nobody of these kinds calls here.
                "Federated" | "CanonicalUser" => {}
                kind => return Err(format!("has a Principal of the unknown kind {kind}")),
            }
        }
        Ok(read)
    }

    /// Whether the caller is meant; an account stands for its roles in a denial only, since a grant to it needs theirs.
    fn covers(&self, caller: &Caller, allows: bool) -> bool {
        let named = match caller {
            Caller::Role(arn) => self.identities.iter().any(|it| {
                let account = arn.split(':').nth(4).unwrap_or_default();
                let is_account = it == account || it.ends_with(&format!(":{account}:root"));
                it == arn || (is_account && !allows)
            }),
            Caller::Service(name) => self.services.contains(name),
        };
        (self.anyone || named) != self.except
    }
}

fn strings(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) => items.iter().map(|it| it.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}
