//! IAM: who may do what, by the policies of a template.
//!
//! A call is allowed when a policy of the caller's role, or of the resource, allows it, the role's boundary allows it
//! too, and no policy denies it ("Policy evaluation logic" in the IAM guide). [`Guard`] counts which grants were used.

use std::collections::BTreeMap;
use std::fmt;

mod condition;
mod guard;
mod policy;
mod text;

pub use guard::{Guard, Part, Unused};
pub use policy::Policy;

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// Someone who has taken on the role of this ARN.
    Role(String),
    /// A service of AWS, such as `events.amazonaws.com`.
    Service(String),
}

/// What conditions may ask about a call: keys in lower case, each with one value or more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context(BTreeMap<String, Vec<String>>);

/// A call to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub caller: &'a Caller,
    /// Such as `s3:PutObject`.
    pub action: &'a str,
    /// An ARN, or `*` for an action that knows no resources.
    pub resource: &'a str,
    pub context: &'a Context,
}

/// Why a call is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// No policy allows it.
    NotAllowed,
    /// The role's boundary does not allow it.
    Bounded,
    /// A policy of the role denies it.
    DeniedToRole,
    /// A policy of the resource denies it.
    DeniedByResource,
}

/// A call that was denied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Denied {
    pub caller: Caller,
    pub action: String,
    pub resource: String,
    pub reason: Reason,
}

impl Context {
    pub fn none() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn with(self, key: &str, value: impl Into<String>) -> Self {
        self.with_all(key, [value])
    }

    #[must_use]
    pub fn with_all(
        mut self,
        key: &str,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.0.insert(key.to_ascii_lowercase(), values.into_iter().map(Into::into).collect());
        self
    }

    fn values(&self, key: &str) -> Option<&[String]> {
        self.0.get(key).map(Vec::as_slice)
    }

    fn or(mut self, key: &str, value: impl Into<String>) -> Self {
        self.0.entry(key.to_owned()).or_insert_with(|| vec![value.into()]);
        self
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(arn) => {
                let name = arn.rsplit('/').next().unwrap_or(arn);
                let session = arn.replacen(":iam:", ":sts:", 1);
                let session = session.split(":role/").next().unwrap_or_default();
                write!(to, "{session}:assumed-role/{name}/{name}")
            }
            Self::Service(name) => to.write_str(name),
        }
    }
}

impl fmt::Display for Denied {
    /// Writes it as AWS does ("Troubleshoot access denied error messages").
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { caller, action, resource, reason } = self;
        let who = if matches!(caller, Caller::Role(_)) { "User" } else { "Service" };
        write!(
            to,
            "{who}: {caller} is not authorized to perform: {action} on resource: {resource}"
        )?;
        match reason {
            Reason::NotAllowed => {
                write!(to, " because no identity-based policy allows the {action} action")
            }
            Reason::Bounded => {
                write!(to, " because no permissions boundary allows the {action} action")
            }
            Reason::DeniedToRole => {
                to.write_str(" with an explicit deny in an identity-based policy")
            }
            Reason::DeniedByResource => {
                to.write_str(" with an explicit deny in a resource-based policy")
            }
        }
    }
}

impl std::error::Error for Denied {}

#[cfg(test)]
mod tests;
