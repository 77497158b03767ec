//! Resources, one type at a time.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::Value;

use super::resolve::Resolver;
use super::yaml::{Mark, Member, Node};
use super::{
    Alarm, BucketSetup, Fault, Ignored, Named, QueueSetup, Stack, identity, machine, names,
    serverless,
};
use crate::cron::Schedule;
use crate::events::{Input, Retry, Rule, Target, Transformer};
use crate::pattern::Pattern;
use crate::place::Place;

pub(super) fn read(
    template: &Node,
    beside: &[(&str, &str)],
    place: &Place,
    stack_name: &str,
    parameters: &[(&str, &str)],
) -> Result<Stack, Fault> {
    let mut resolver = Resolver::new(template, place, stack_name, parameters)?;
    let resources = template
        .get("Resources")
        .ok_or_else(|| Fault::at(template.mark, "template has no Resources"))?;
    let mut wanted = Vec::new();
    for resource in resources.members() {
        let condition = resource.value.get("Condition").and_then(|node| Some((node.text()?, node)));
        if let Some((name, node)) = condition
            && !resolver.condition(name, node)?
        {
            continue;
        }
        let kind = resource.value.get("Type").and_then(Node::text);
        let kind = kind.ok_or_else(|| {
            Fault::at(resource.mark, format!("resource \"{}\" has no Type", resource.name))
        })?;
        wanted.push((resource, kind));
    }
    let globals = template.get("Globals").and_then(|globals| globals.get("Function"));
    // Names first, since resources name each other.
    for (resource, kind) in &wanted {
        names::declare(&mut resolver, resource, kind, globals)?;
    }
    let mut stack = Stack::default();
    for (resource, kind) in &wanted {
        let properties = Properties::of(&resolver, resource, globals);
        read_resource(&properties, kind, beside, &mut stack)?;
    }
    for (resource, kind) in &wanted {
        identity::attach(&Properties::of(&resolver, resource, globals), kind, &mut stack)?;
    }
    read_outputs(template, &resolver, &mut stack)?;
    name_functions(&mut stack);
    Ok(stack)
}

fn read_resource(
    properties: &Properties<'_>,
    kind: &str,
    beside: &[(&str, &str)],
    stack: &mut Stack,
) -> Result<(), Fault> {
    let named = properties.named();
    match kind {
        "AWS::IAM::Role" => stack.roles.push(identity::role(properties)?),
        "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" => {}
        "AWS::SQS::QueuePolicy"
        | "AWS::SNS::TopicPolicy"
        | "AWS::S3::BucketPolicy"
        | "AWS::Lambda::Permission" => {
            stack.resource_policies.push(identity::resource_policy(properties, kind)?);
        }
        "AWS::Serverless::StateMachine" | "AWS::StepFunctions::StateMachine" => {
            machine::read(properties, beside, stack)?;
        }
        "AWS::Serverless::Function" => serverless::read(properties, stack)?,
        "AWS::Lambda::Function" => stack.functions.push(serverless::function(properties)?),
        "AWS::Events::Rule" => stack.rules.push(rule(properties)?),
        "AWS::SQS::Queue" => {
            // Four days where the template says nothing, as SQS keeps them.
            let seconds = properties.value("MessageRetentionPeriod")?.unwrap_or(345_600.into());
            let seconds = properties.whole(&seconds, "MessageRetentionPeriod", 60..=1_209_600)?;
            stack.queues.push(QueueSetup { named, retention: SignedDuration::from_secs(seconds) });
        }
        "AWS::SNS::Topic" => stack.topics.push(named),
        "AWS::S3::Bucket" => {
            let notifications = properties.value("NotificationConfiguration")?.unwrap_or_default();
            let bridge = notifications.get("EventBridgeConfiguration");
            let announces = bridge.is_some_and(|bridge| {
                bridge.get("EventBridgeEnabled").is_none_or(|on| *on != Value::Bool(false))
            });
            stack.buckets.push(BucketSetup { named, announces });
        }
        "AWS::CloudWatch::Alarm" => {
            let properties = properties.all()?;
            stack.alarms.push(Alarm { named, properties });
        }
        kind => stack.ignored.push(Ignored { id: named.id, kind: kind.to_owned() }),
    }
    Ok(())
}

fn read_outputs(template: &Node, resolver: &Resolver<'_>, stack: &mut Stack) -> Result<(), Fault> {
    for output in template.get("Outputs").map_or(&[][..], Node::members) {
        let condition = output.value.get("Condition").and_then(|node| Some((node.text()?, node)));
        if let Some((name, node)) = condition
            && !resolver.condition(name, node)?
        {
            continue;
        }
        let condition = output.value.get("Condition").and_then(|node| Some((node.text()?, node)));
        if let Some((name, node)) = condition
            && !resolver.condition(name, node)?
        {
            continue;
        }
        let value = output.value.get("Value").map(|node| resolver.text(node)).transpose()?;
        if let Some(text) = value.flatten() {
            stack.outputs.insert(output.name.clone(), text);
        }
    }
    Ok(())
}

/// Writes the function's id into every target that has its ARN.
fn name_functions(stack: &mut Stack) {
    let ids: BTreeMap<&str, &str> = stack
        .functions
        .iter()
        .map(|function| (function.named.arn.as_str(), function.named.id.as_str()))
        .collect();
    for target in stack.rules.iter_mut().flat_map(|rule| &mut rule.targets) {
        target.function = ids.get(target.arn.as_str()).map(|id| (*id).to_owned());
    }
}

fn rule(properties: &Properties<'_>) -> Result<Rule, Fault> {
    let targets = properties.value("Targets")?.unwrap_or_default();
    let targets = targets.as_array().map_or(&[][..], Vec::as_slice);
    let Named { id, name, arn } = properties.named();
    let read = |target: &Value| {
        let text = |name: &str| target.get(name).and_then(Value::as_str).map(str::to_owned);
        let (Some(id), Some(arn)) = (text("Id"), text("Arn")) else {
            return Err(properties.fault(&["Targets"], "needs an Id and an Arn for each target"));
        };
        target_of(properties, id, arn, target, &["Targets"])
    };
    Ok(Rule {
        id,
        name,
        arn,
        enabled: properties.value("State")? != Some("DISABLED".into()),
        pattern: pattern(
            properties,
            properties.value("EventPattern")?.as_ref(),
            &["EventPattern"],
        )?,
        schedule: schedule(
            properties,
            properties.value("ScheduleExpression")?.as_ref(),
            &["ScheduleExpression"],
        )?,
        targets: targets.iter().map(read).collect::<Result<_, _>>()?,
    })
}

/// Reads what a rule of CloudFormation and an event of the serverless transform say alike of a target.
pub(super) fn target_of(
    properties: &Properties<'_>,
    id: String,
    arn: String,
    settings: &Value,
    path: &[&str],
) -> Result<Target, Fault> {
    let mut retry = Retry::default();
    if let Some(policy) = settings.get("RetryPolicy") {
        if let Some(attempts) = policy.get("MaximumRetryAttempts") {
            retry.attempts = properties.whole(attempts, "MaximumRetryAttempts", 0..=185)? as u32;
        }
        if let Some(age) = policy.get("MaximumEventAgeInSeconds") {
            let seconds = properties.whole(age, "MaximumEventAgeInSeconds", 60..=86_400)?;
            retry.max_age = SignedDuration::from_secs(seconds);
        }
    }
    let dead_letters = match settings.get("DeadLetterConfig") {
        None => None,
        Some(config) => match config.get("Arn").and_then(Value::as_str) {
            Some(arn) => Some(arn.to_owned()),
            None => return Err(properties.fault(path, "needs an Arn in its DeadLetterConfig")),
        },
    };
    let input = input(properties, settings, path)?;
    let role = settings.get("RoleArn").and_then(Value::as_str).map(str::to_owned);
    Ok(Target { id, arn, function: None, role, permitted: false, input, retry, dead_letters })
}

fn input(properties: &Properties<'_>, settings: &Value, path: &[&str]) -> Result<Input, Fault> {
    let text = |name: &str| settings.get(name).and_then(Value::as_str);
    if let Some(constant) = text("Input") {
        return serde_json::from_str(constant).map(Input::Constant).map_err(|error| {
            properties.fault(path, format!("has an Input that is not JSON: {error}"))
        });
    }
    if let Some(path) = text("InputPath") {
        return Ok(Input::Path(path.to_owned()));
    }
    let Some(transformer) = settings.get("InputTransformer") else { return Ok(Input::Event) };
    let Some(template) = transformer.get("InputTemplate").and_then(Value::as_str) else {
        return Err(properties.fault(path, "needs an InputTemplate in its InputTransformer"));
    };
    let mut paths = BTreeMap::new();
    for (name, value) in
        transformer.get("InputPathsMap").and_then(Value::as_object).into_iter().flatten()
    {
        paths.insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    Ok(Input::Transformer(Transformer { paths, template: template.to_owned() }))
}

pub(super) fn pattern(
    properties: &Properties<'_>,
    value: Option<&Value>,
    path: &[&str],
) -> Result<Option<Pattern>, Fault> {
    let Some(value) = value else { return Ok(None) };
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Pattern::parse(&text).map(Some).map_err(|invalid| {
        properties.fault(path, format!("is not a valid event pattern: {invalid}"))
    })
}

pub(super) fn schedule(
    properties: &Properties<'_>,
    value: Option<&Value>,
    path: &[&str],
) -> Result<Option<Schedule>, Fault> {
    let Some(value) = value else { return Ok(None) };
    let text = value.as_str().ok_or_else(|| properties.fault(path, "is not a text"))?;
    Schedule::parse(text).map(Some).map_err(|refused| properties.fault(path, refused.to_string()))
}

/// The properties of one resource, evaluated one by one.
pub(super) struct Properties<'a> {
    pub(super) resolver: &'a Resolver<'a>,
    resource: &'a Member,
    given: Option<&'a Node>,
    /// Defaults of all functions.
    pub(super) globals: Option<&'a Node>,
}

impl<'a> Properties<'a> {
    fn of(resolver: &'a Resolver<'a>, resource: &'a Member, globals: Option<&'a Node>) -> Self {
        Self { resolver, resource, given: resource.value.get("Properties"), globals }
    }

    pub(super) fn id(&self) -> &str {
        &self.resource.name
    }

    pub(super) fn named(&self) -> Named {
        let attributes = self.resolver.attributes(self.id()).cloned().unwrap_or_default();
        Named { id: self.id().to_owned(), name: attributes.name, arn: attributes.arn }
    }

    pub(super) fn value(&self, name: &str) -> Result<Option<Value>, Fault> {
        let node = self.given.and_then(|given| given.get(name));
        Ok(node.map(|node| self.resolver.value(node)).transpose()?.flatten())
    }

    pub(super) fn all(&self) -> Result<Value, Fault> {
        let value = self.given.map(|node| self.resolver.value(node)).transpose()?;
        Ok(value.flatten().unwrap_or_default())
    }

    /// Reads a whole number within bounds.
    pub(super) fn whole(
        &self,
        value: &Value,
        name: &str,
        bounds: std::ops::RangeInclusive<i64>,
    ) -> Result<i64, Fault> {
        let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
        number.filter(|number| bounds.contains(number)).ok_or_else(|| {
            let (least, most) = (bounds.start(), bounds.end());
            self.fault(&[name], format!("is not a whole number from {least} to {most}"))
        })
    }

    /// Points at a property, or as near to it as the template goes.
    pub(super) fn fault(&self, path: &[&str], reason: impl Into<String>) -> Fault {
        let mut mark: Mark = self.resource.mark;
        let mut node = self.given;
        for name in path {
            let member = node.and_then(|node| node.members().iter().find(|it| it.name == *name));
            let Some(member) = member else { break };
            mark = member.mark;
            node = Some(&member.value);
        }
        let place = [&[self.id()], path].concat().join(".");
        Fault::at(mark, format!("{place} {}", reason.into()))
    }
}
