//! Roles and policies: who may do what.

use serde_json::{Value, json};

use super::resources::Properties;
use super::{Boundary, Fault, Named, PolicyText, ResourcePolicy, Role, Stack};
use crate::iam::Policy;

/// Reads a role with its own policies.
pub(super) fn role(properties: &Properties<'_>) -> Result<Role, Fault> {
    let mut policies = Vec::new();
    let given = properties.value("Policies")?.unwrap_or_default();
    for policy in given.as_array().into_iter().flatten() {
        let name = policy.get("PolicyName").and_then(Value::as_str).unwrap_or_default();
        let Some(document) = policy.get("PolicyDocument") else {
            return Err(properties.fault(&["Policies"], "has a policy without PolicyDocument"));
        };
        check(properties, document, "Policies")?;
        policies.push(PolicyText { name: name.to_owned(), document: document.clone() });
    }
    Ok(Role {
        named: properties.named(),
        trust: properties.value("AssumeRolePolicyDocument")?.unwrap_or_default(),
        policies,
        managed: texts(properties.value("ManagedPolicyArns")?.as_ref()),
        boundary: boundary(properties)?,
    })
}

/// Returns the role that the transform makes where a function or a state machine names none.
pub(super) fn made_role(properties: &Properties<'_>, service: &str) -> Result<Option<Role>, Fault> {
    let id = format!("{}Role", properties.id());
    let global = properties.globals.filter(|_| service.starts_with("lambda"));
    let named = global.and_then(|globals| globals.get("Role")).is_some();
    if named || properties.value("Role")?.is_some() {
        return Ok(None);
    }
    let attributes = properties.resolver.attributes(&id).cloned().unwrap_or_default();
    let mut role = Role {
        named: Named { id: id.clone(), name: attributes.name, arn: attributes.arn },
        trust: json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole",
        }]}),
        policies: Vec::new(),
        managed: Vec::new(),
        boundary: boundary(properties)?,
    };
    let given = match properties.value("Policies")? {
        Some(Value::Array(policies)) => policies,
        Some(one) => vec![one],
        None => Vec::new(),
    };
    for (index, policy) in given.into_iter().enumerate() {
        match policy {
            Value::String(arn) => role.managed.push(arn),
            document if document.get("Statement").is_some() => {
                check(properties, &document, "Policies")?;
                role.policies.push(PolicyText { name: format!("{id}Policy{index}"), document });
            }
            _ => {
                let reason = "has a policy template: write its statements out for the stand-in";
                return Err(properties.fault(&["Policies"], reason));
            }
        }
    }
    Ok(Some(role))
}

/// Returns the ARN of the role of a function or a state machine.
pub(super) fn role_of(properties: &Properties<'_>, given: Option<Value>) -> String {
    text(given.as_ref()).unwrap_or_else(|| {
        let made = format!("{}Role", properties.id());
        properties.resolver.attributes(&made).cloned().unwrap_or_default().arn
    })
}

/// Hangs policies that are resources of their own on their roles.
pub(super) fn attach(
    properties: &Properties<'_>,
    kind: &str,
    stack: &mut Stack,
) -> Result<(), Fault> {
    if kind != "AWS::IAM::Policy" && kind != "AWS::IAM::ManagedPolicy" {
        return Ok(());
    }
    let Some(document) = properties.value("PolicyDocument")? else {
        return Err(properties.fault(&[], "has no PolicyDocument"));
    };
    check(properties, &document, "PolicyDocument")?;
    let Named { name, arn, .. } = properties.named();
    let roles = texts(properties.value("Roles")?.as_ref());
    for role in &mut stack.roles {
        let taken = role.managed.iter().position(|it| *it == arn);
        if let Some(index) = taken {
            role.managed.remove(index);
        }
        if taken.is_some() || roles.contains(&role.named.name) {
            role.policies.push(PolicyText { name: name.clone(), document: document.clone() });
        }
        if let Some(boundary) = role.boundary.as_mut().filter(|it| it.arn == arn) {
            boundary.document = Some(document.clone());
        }
    }
    Ok(())
}

/// Reads a policy that hangs on queues, topics, a bucket or a function.
pub(super) fn resource_policy(
    properties: &Properties<'_>,
    kind: &str,
) -> Result<ResourcePolicy, Fault> {
    let id = properties.id().to_owned();
    if kind == "AWS::Lambda::Permission" {
        return permission(properties, id);
    }
    let on = match kind {
        "AWS::SQS::QueuePolicy" => "Queues",
        "AWS::SNS::TopicPolicy" => "Topics",
        _ => "Bucket",
    };
    let Some(document) = properties.value("PolicyDocument")? else {
        return Err(properties.fault(&[], "has no PolicyDocument"));
    };
    check(properties, &document, "PolicyDocument")?;
    Ok(ResourcePolicy { id, on: texts(properties.value(on)?.as_ref()), document })
}

/// Writes a permission as the statement that Lambda makes of it.
fn permission(properties: &Properties<'_>, id: String) -> Result<ResourcePolicy, Fault> {
    let of = |name: &str| Ok::<_, Fault>(text(properties.value(name)?.as_ref()));
    let function = of("FunctionName")?.unwrap_or_default();
    let principal = of("Principal")?.unwrap_or_default();
    let place = properties.resolver.place;
    let arn = if function.starts_with("arn:") {
        function.clone()
    } else {
        place.arn("lambda", &format!("function:{function}"))
    };
    let kind = if principal.contains(".amazonaws.") { "Service" } else { "AWS" };
    let principal = json!({kind: principal});
    let mut statement = json!({
        "Sid": id, "Effect": "Allow", "Principal": principal,
        "Action": of("Action")?.unwrap_or_default(), "Resource": arn,
    });
    if let Some(source) = of("SourceArn")? {
        statement["Condition"]["ArnLike"]["aws:SourceArn"] = source.into();
    }
    if let Some(account) = of("SourceAccount")? {
        statement["Condition"]["StringEquals"]["aws:SourceAccount"] = account.into();
    }
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    Ok(ResourcePolicy { id, on: vec![function], document })
}

fn check(properties: &Properties<'_>, document: &Value, member: &str) -> Result<(), Fault> {
    match Policy::parse(document) {
        Ok(_) => Ok(()),
        Err(why) => Err(properties.fault(&[member], format!("has no sound policy: {why}"))),
    }
}

fn boundary(properties: &Properties<'_>) -> Result<Option<Boundary>, Fault> {
    let arn = text(properties.value("PermissionsBoundary")?.as_ref());
    Ok(arn.map(|arn| Boundary { arn, document: None }))
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(items)) => items.iter().filter_map(|item| text(Some(item))).collect(),
        one => text(one).into_iter().collect(),
    }
}
