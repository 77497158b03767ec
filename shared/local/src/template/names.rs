//! What resources are called, before any of them is read, since they name each other.

use super::Fault;
use super::resolve::{Attributes, Resolver};
use super::yaml::{Member, Node};
use crate::place::Place;

/// Declares a resource, and what the serverless transform makes beside it.
pub(super) fn declare(
    resolver: &mut Resolver<'_>,
    resource: &Member,
    kind: &str,
    globals: Option<&Node>,
) -> Result<(), Fault> {
    let own = attributes(resolver, resource, kind)?;
    resolver.declare(resource.name.as_str(), own);
    if !kind.starts_with("AWS::Serverless::") {
        return Ok(());
    }
    let properties = resource.value.get("Properties");
    let says = |name: &str| properties.and_then(|properties| properties.get(name));
    if says("Role").or_else(|| globals.and_then(|globals| globals.get("Role"))).is_none() {
        let id = format!("{}Role", resource.name);
        let name = format!("{}-{id}", resolver.stack_name);
        let arn = resolver.place.iam_arn(&format!("role/{name}"));
        let reference = name.clone();
        resolver.declare(id, Attributes { reference, arn, name, played: true });
    }
    for event in says("Events").map_or(&[][..], Node::members) {
        let id = format!("{}{}", resource.name, event.name);
        let name = format!("{}-{id}", resolver.stack_name);
        let arn = resolver.place.arn("events", &format!("rule/{name}"));
        let reference = name.clone();
        resolver.declare(id, Attributes { reference, arn, name, played: true });
    }
    Ok(())
}

fn attributes(resolver: &Resolver<'_>, resource: &Member, kind: &str) -> Result<Attributes, Fault> {
    let place = resolver.place;
    let Place { account, region } = place;
    let given = |property: &str| {
        let node = resource.value.get("Properties").and_then(|all| all.get(property));
        node.map(|node| resolver.text(node)).transpose().map(Option::flatten)
    };
    let property = name_property(kind);
    let given_name = property.map(given).transpose()?.flatten();
    let mut name =
        given_name.unwrap_or_else(|| format!("{}-{}", resolver.stack_name, resource.name));
    if kind == "AWS::S3::Bucket" {
        name.make_ascii_lowercase();
    }
    let path = if kind.starts_with("AWS::IAM::") { given("Path")? } else { None };
    let path = path.unwrap_or_else(|| "/".to_owned());
    let arn = match kind {
        "AWS::S3::Bucket" => format!("arn:{}:s3:::{name}", place.partition()),
        "AWS::SQS::Queue" => place.arn("sqs", &name),
        "AWS::SNS::Topic" => place.arn("sns", &name),
        "AWS::CloudWatch::Alarm" => place.arn("cloudwatch", &format!("alarm:{name}")),
        "AWS::Events::Rule" => place.arn("events", &format!("rule/{name}")),
        "AWS::Events::EventBus" => place.arn("events", &format!("event-bus/{name}")),
        "AWS::IAM::Role" => place.iam_arn(&format!("role{path}{name}")),
        "AWS::IAM::ManagedPolicy" => place.iam_arn(&format!("policy{path}{name}")),
        "AWS::Logs::LogGroup" => place.arn("logs", &format!("log-group:{name}:*")),
        "AWS::KMS::Key" => place.arn("kms", &format!("key/{name}")),
        "AWS::StepFunctions::StateMachine" | "AWS::Serverless::StateMachine" => {
            place.arn("states", &format!("stateMachine:{name}"))
        }
        "AWS::Serverless::Function" | "AWS::Lambda::Function" => {
            place.arn("lambda", &format!("function:{name}"))
        }
        kind => place.arn(&kind.split("::").nth(1).unwrap_or("unknown").to_lowercase(), &name),
    };
    let reference = match kind {
        "AWS::SQS::Queue" => format!("https://sqs.{region}.{}/{account}/{name}", place.domain()),
        "AWS::SNS::Topic"
        | "AWS::IAM::ManagedPolicy"
        | "AWS::StepFunctions::StateMachine"
        | "AWS::Serverless::StateMachine" => arn.clone(),
        _ => name.clone(),
    };
    Ok(Attributes { reference, arn, name, played: property.is_some() })
}

/// Returns the property that names a resource of a type that the stand-in knows.
fn name_property(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "AWS::S3::Bucket" => "BucketName",
        "AWS::SQS::Queue" => "QueueName",
        "AWS::SNS::Topic" => "TopicName",
        "AWS::CloudWatch::Alarm" => "AlarmName",
        "AWS::CloudWatch::Dashboard" => "DashboardName",
        "AWS::Serverless::Function" | "AWS::Lambda::Function" => "FunctionName",
        "AWS::IAM::Role" => "RoleName",
        "AWS::IAM::Policy" => "PolicyName",
        "AWS::IAM::ManagedPolicy" => "ManagedPolicyName",
        "AWS::Logs::LogGroup" => "LogGroupName",
        "AWS::StepFunctions::StateMachine" => "StateMachineName",
        "AWS::Serverless::StateMachine" | "AWS::Events::Rule" | "AWS::Events::EventBus" => "Name",
        _ => return None,
    })
}
