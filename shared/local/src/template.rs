//! `infra/template.yaml` as the stand-in reads it: what runs here is what is deployed.
//!
//! CloudFormation with its intrinsic functions, and of the serverless transform the functions and state machines with
//! `EventBridgeRule` and `Schedule` events. Resources of other types are kept by name in [`Stack::ignored`].

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::Value;

use crate::events::Rule;
use crate::place::Place;

mod identity;
mod machine;
mod names;
mod resolve;
mod resources;
mod serverless;
mod yaml;

/// What a template sets up.
#[derive(Debug, Clone, Default)]
pub struct Stack {
    pub rules: Vec<Rule>,
    pub functions: Vec<Function>,
    pub queues: Vec<QueueSetup>,
    pub topics: Vec<Named>,
    pub buckets: Vec<BucketSetup>,
    pub alarms: Vec<Alarm>,
    pub machines: Vec<Machine>,
    pub roles: Vec<Role>,
    pub resource_policies: Vec<ResourcePolicy>,
    pub outputs: BTreeMap<String, String>,
    ignored: Vec<Ignored>,
}

/// A resource by its three names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    /// Its logical id in the template.
    pub id: String,
    pub name: String,
    pub arn: String,
}

/// A Lambda function and how it is invoked by events.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    pub named: Named,
    /// The ARN of the role that it runs with.
    pub role: Option<String>,
    /// The log group that it writes to.
    pub log_group: String,
    /// Whether it sends traces to X-Ray.
    pub traces: bool,
    /// Where its code lies, as the template writes it.
    pub code: Option<String>,
    pub environment: BTreeMap<String, String>,
    pub timeout: SignedDuration,
    pub memory_mb: u32,
    /// How many invocations may run at once; `None` for the account's limit.
    pub concurrency: Option<u32>,
    pub asynchronous: Asynchronous,
}

/// How Lambda handles invocations that nobody waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asynchronous {
    /// Attempts after the first one, at most 2.
    pub retries: u32,
    pub max_age: SignedDuration,
    /// The ARN of the destination for records of failed invocations.
    pub on_failure: Option<String>,
    /// The ARN of the dead-letter queue for events of failed invocations.
    pub dead_letters: Option<String>,
}

impl Default for Asynchronous {
    /// Lambda's own: two retries, six hours, and nothing kept.
    fn default() -> Self {
        let max_age = SignedDuration::from_hours(6);
        Self { retries: 2, max_age, on_failure: None, dead_letters: None }
    }
}

/// A queue and how long it keeps messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSetup {
    pub named: Named,
    pub retention: SignedDuration,
}

/// A bucket and whether it tells EventBridge of its objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketSetup {
    pub named: Named,
    pub announces: bool,
}

/// An alarm with its properties as the template gives them.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    pub named: Named,
    pub properties: Value,
}

/// A state machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    pub named: Named,
    /// What it does, in Amazon States Language; `None` where its file was not given.
    pub definition: Option<Value>,
    /// The ARN of the role that it runs with.
    pub role: String,
    pub express: bool,
}

/// A role and what it grants.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    pub named: Named,
    /// Who may take it on.
    pub trust: Value,
    pub policies: Vec<PolicyText>,
    /// ARNs of policies that the template does not hold, such as AWS's own.
    pub managed: Vec<String>,
    pub boundary: Option<Boundary>,
}

/// What bounds a role's grants.
#[derive(Debug, Clone, PartialEq)]
pub struct Boundary {
    pub arn: String,
    /// `None` where the template does not hold it.
    pub document: Option<Value>,
}

/// A policy as the template gives it, with its expressions resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyText {
    pub name: String,
    pub document: Value,
}

/// A policy on resources rather than on a role.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourcePolicy {
    pub id: String,
    /// What it hangs on, as the template refers to it: URLs of queues, ARNs of topics, names of buckets and functions.
    pub on: Vec<String>,
    pub document: Value,
}

/// A resource that the stand-in does not play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    pub id: String,
    /// Its type, such as `AWS::IAM::Role`.
    pub kind: String,
}

/// Why a template cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template line {line}, column {column}: {reason}")]
pub struct Fault {
    pub line: usize,
    pub column: usize,
    pub reason: String,
}

impl Stack {
    /// Reads a template for the default place; `parameters` override its defaults.
    pub fn parse(text: &str, parameters: &[(&str, &str)]) -> Result<Self, Fault> {
        Self::read(text, &Place::default(), "vigil", parameters)
    }

    /// Reads a template for a stack of this name in this place.
    pub fn read(
        text: &str,
        place: &Place,
        stack_name: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Self, Fault> {
        Self::read_with(text, &[], place, stack_name, parameters)
    }

    /// Reads a template with the files beside it, such as `rebuild.asl.json`, by the names it gives them.
    pub fn read_with(
        text: &str,
        beside: &[(&str, &str)],
        place: &Place,
        stack_name: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Self, Fault> {
        let template = yaml::read(text)?;
        resources::read(&template, beside, place, stack_name, parameters)
    }

    /// Returns the resources that the stand-in does not play.
    pub fn ignored(&self) -> &[Ignored] {
        &self.ignored
    }

    /// Returns a role by its ARN.
    pub fn role(&self, arn: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.named.arn == arn)
    }

    /// Returns a function by its logical id.
    pub fn function(&self, id: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.named.id == id)
    }
}

impl Fault {
    fn at(mark: yaml::Mark, reason: impl Into<String>) -> Self {
        Self { line: mark.line, column: mark.column, reason: reason.into() }
    }
}

#[cfg(test)]
mod tests;
