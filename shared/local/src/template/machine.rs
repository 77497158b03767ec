//! State machines, with their definitions from beside the template.

use serde_json::Value;

use super::resources::Properties;
use super::{Fault, Machine, Stack, identity, serverless};
use crate::states;

/// Who takes on the roles that the transform makes for state machines.
const STATES: &str = "states.amazonaws.com";

/// Reads a state machine with its events.
pub(super) fn read(
    properties: &Properties<'_>,
    beside: &[(&str, &str)],
    stack: &mut Stack,
) -> Result<(), Fault> {
    let mut role = properties.value("RoleArn")?;
    if role.is_none() {
        stack.roles.extend(identity::made_role(properties, STATES)?);
        role = properties.value("Role")?;
    }
    let role = identity::role_of(properties, role);
    let kind = match properties.value("StateMachineType")? {
        None => properties.value("Type")?,
        some => some,
    };
    let express = kind == Some("EXPRESS".into());
    let definition = definition(properties, beside)?;
    stack.machines.push(Machine { named: properties.named(), definition, role, express });
    serverless::read_events(properties, "StepFunctionsTarget", stack)
}

/// Returns the definition with its substitutions; `None` where its file is not at hand.
fn definition(
    properties: &Properties<'_>,
    beside: &[(&str, &str)],
) -> Result<Option<Value>, Fault> {
    let substitutions = properties.value("DefinitionSubstitutions")?.unwrap_or_default();
    let parse = |text: &str, member: &str| {
        let text = substitute(text, &substitutions);
        let definition = serde_json::from_str(&text).map_err(|why| {
            properties.fault(&[member], format!("is no JSON after its substitutions: {why}"))
        })?;
        states::check(&definition).map_err(|why| {
            properties.fault(&[member], format!("has a definition that cannot be played: {why}"))
        })?;
        Ok(Some(definition))
    };
    if let Some(definition) = properties.value("Definition")? {
        return parse(&definition.to_string(), "Definition");
    }
    if let Some(text) = properties.value("DefinitionString")? {
        return parse(text.as_str().unwrap_or_default(), "DefinitionString");
    }
    let Some(file) = properties.value("DefinitionUri")? else {
        return Err(properties.fault(&[], "has no Definition, DefinitionString or DefinitionUri"));
    };
    let file = file.as_str().unwrap_or_default();
    let file = file.strip_prefix("./").unwrap_or(file);
    match beside.iter().find(|(name, _)| *name == file) {
        Some((_, text)) => parse(text, "DefinitionUri"),
        None => Ok(None),
    }
}

/// Replaces each `${Name}` that has a substitution; what has none stays, as Step Functions leaves it.
fn substitute(text: &str, substitutions: &Value) -> String {
    let mut text = text.to_owned();
    for (name, value) in substitutions.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text = text.replace(&format!("${{{name}}}"), &value);
    }
    text
}
