//! Intrinsic functions, parameters, conditions and mappings.

use std::cell::RefCell;
use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};

use super::Fault;
use super::yaml::{Body, Member, Node, object, scalar};
use crate::place::Place;

/// Everything that an expression of a template may name.
pub(super) struct Resolver<'t> {
    pub(super) place: &'t Place,
    pub(super) stack_name: &'t str,
    parameters: BTreeMap<&'t str, Value>,
    mappings: Option<&'t Node>,
    conditions: &'t [Member],
    /// Conditions under evaluation, to find circles.
    under_way: RefCell<Vec<&'t str>>,
    resources: BTreeMap<String, Attributes>,
}

/// What `Ref` and `Fn::GetAtt` say of a resource.
#[derive(Debug, Clone, Default)]
pub(super) struct Attributes {
    pub(super) reference: String,
    pub(super) arn: String,
    pub(super) name: String,
    /// Whether the stand-in plays its type: of others, any attribute may be asked for.
    pub(super) played: bool,
}

type Answer = Result<Option<Value>, Fault>;

impl<'t> Resolver<'t> {
    pub(super) fn new(
        template: &'t Node,
        place: &'t Place,
        stack_name: &'t str,
        overrides: &[(&str, &str)],
    ) -> Result<Self, Fault> {
        let declared = template.get("Parameters").map_or(&[][..], Node::members);
        if let Some((name, _)) =
            overrides.iter().find(|(name, _)| declared.iter().all(|it| it.name != *name))
        {
            let reason = format!("parameter \"{name}\" is not one of the template's");
            return Err(Fault::at(template.mark, reason));
        }
        let mut parameters = BTreeMap::new();
        for parameter in declared {
            parameters.insert(parameter.name.as_str(), parameter_value(parameter, overrides)?);
        }
        Ok(Self {
            place,
            stack_name,
            parameters,
            mappings: template.get("Mappings"),
            conditions: template.get("Conditions").map_or(&[][..], Node::members),
            under_way: RefCell::default(),
            resources: BTreeMap::new(),
        })
    }

    pub(super) fn declare(&mut self, id: impl Into<String>, attributes: Attributes) {
        self.resources.insert(id.into(), attributes);
    }

    pub(super) fn attributes(&self, id: &str) -> Option<&Attributes> {
        self.resources.get(id)
    }

    /// Returns the value of an expression; `AWS::NoValue` is none.
    pub(super) fn value(&self, node: &Node) -> Answer {
        match &node.body {
            Body::Text { text, plain } => Ok(Some(scalar(text, *plain))),
            Body::List(items) => {
                let mut values = Vec::new();
                for item in items {
                    values.extend(self.value(item)?);
                }
                Ok(Some(Value::Array(values)))
            }
            Body::Map(members) => match members.as_slice() {
                [only] if is_intrinsic(&only.name) => self.intrinsic(only),
                _ => self.map(members),
            },
        }
    }

    /// Returns the text of an expression; numbers and truths are texts too, as everywhere in CloudFormation.
    pub(super) fn text(&self, node: &Node) -> Result<Option<String>, Fault> {
        // Straight from the template, so that 1.10 stays 1.10.
        if let Some(text) = node.text() {
            return Ok(Some(text.to_owned()));
        }
        self.value(node)?.map(|value| as_text(&value, node)).transpose()
    }

    /// Whether a condition of the template holds.
    pub(super) fn condition(&self, name: &str, at: &Node) -> Result<bool, Fault> {
        let Some(condition) = self.conditions.iter().find(|it| it.name == name) else {
            return Err(Fault::at(at.mark, format!("condition \"{name}\" is not defined")));
        };
        if self.under_way.borrow().contains(&name) {
            return Err(Fault::at(at.mark, format!("condition \"{name}\" depends on itself")));
        }
        self.under_way.borrow_mut().push(&condition.name);
        let holds = self.truth(&condition.value);
        self.under_way.borrow_mut().pop();
        holds
    }

    fn map(&self, members: &[Member]) -> Answer {
        let values =
            members.iter().map(|member| Ok((member.name.clone(), self.value(&member.value)?)));
        Ok(Some(object(values.collect::<Result<Vec<_>, Fault>>()?)))
    }

    fn intrinsic(&self, call: &Member) -> Answer {
        let argument = &call.value;
        let arguments = match &argument.body {
            Body::List(items) => items.as_slice(),
            _ => std::slice::from_ref(argument),
        };
        let wrong =
            |needs: &str| Err(Fault::at(argument.mark, format!("{} needs {needs}", call.name)));
        match (call.name.as_str(), arguments) {
            ("Ref", [name]) => match name.text() {
                Some(name) => self.reference(name, argument),
                None => wrong("a name"),
            },
            ("Fn::GetAtt", [path]) => match path.text().and_then(|path| path.split_once('.')) {
                Some((id, attribute)) => self.attribute(id, attribute, argument).map(Some),
                None => wrong("a resource and an attribute, as in Queue.Arn"),
            },
            ("Fn::GetAtt", [id, attribute]) => match (id.text(), self.text(attribute)?) {
                (Some(id), Some(attribute)) => self.attribute(id, &attribute, argument).map(Some),
                _ => wrong("a resource and an attribute"),
            },
            ("Fn::Sub", [text]) => match text.text() {
                Some(text) => self.substitute(text, &[], argument).map(Some),
                None => wrong("a text"),
            },
            ("Fn::Sub", [text, names]) => match text.text() {
                Some(text) => self.substitute(text, names.members(), argument).map(Some),
                None => wrong("a text"),
            },
            ("Fn::Join", [between, parts]) => {
                let between = self.text(between)?.unwrap_or_default();
                Ok(Some(self.texts(parts)?.join(&between).into()))
            }
            ("Fn::Split", [between, text]) => {
                let between = self.text(between)?.unwrap_or_default();
                let text = self.text(text)?.unwrap_or_default();
                if between.is_empty() {
                    return wrong("a text to split at");
                }
                Ok(Some(text.split(&between).collect()))
            }
            ("Fn::Select", [index, list]) => {
                let index = self.text(index)?.and_then(|index| index.parse::<usize>().ok());
                let list = self.value(list)?;
                let list = list.as_ref().and_then(Value::as_array);
                match (index, list) {
                    (Some(index), Some(list)) if index < list.len() => {
                        Ok(Some(list[index].clone()))
                    }
                    _ => wrong("an index below the length of its list"),
                }
            }
            ("Fn::If", [condition, yes, no]) => match condition.text() {
                Some(name) => self.value(if self.condition(name, argument)? { yes } else { no }),
                None => wrong("the name of a condition"),
            },
            ("Fn::FindInMap", [map, first, second]) => self.find_in_map([map, first, second]),
            ("Fn::Base64", [text]) => {
                let text = self.text(text)?.unwrap_or_default();
                Ok(Some(BASE64_STANDARD.encode(text).into()))
            }
            ("Fn::ToJsonString", [_]) => {
                Ok(Some(self.value(argument)?.unwrap_or_default().to_string().into()))
            }
            ("Fn::Length", _) => match self.value(argument)? {
                Some(Value::Array(items)) => Ok(Some(items.len().into())),
                _ => wrong("a list"),
            },
            ("Condition" | "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not", _) => {
                self.truth_of(call).map(|truth| Some(Value::Bool(truth)))
            }
            (
                "Ref" | "Fn::GetAtt" | "Fn::Sub" | "Fn::Join" | "Fn::Split" | "Fn::Select"
                | "Fn::If" | "Fn::FindInMap" | "Fn::Base64" | "Fn::ToJsonString",
                _,
            ) => wrong("another number of arguments"),
            (name, _) => {
                Err(Fault::at(call.mark, format!("{name} is not supported by the stand-in")))
            }
        }
    }

    fn truth(&self, node: &Node) -> Result<bool, Fault> {
        match node.members() {
            [call] => self.truth_of(call),
            _ => Err(Fault::at(node.mark, "is not a condition: use Fn::Equals, And, Or, Not")),
        }
    }

    fn truth_of(&self, call: &Member) -> Result<bool, Fault> {
        let items = match &call.value.body {
            Body::List(items) => items.as_slice(),
            _ => &[],
        };
        match (call.name.as_str(), items) {
            ("Condition", _) => match call.value.text() {
                Some(name) => self.condition(name, &call.value),
                None => Err(Fault::at(call.mark, "Condition needs the name of a condition")),
            },
            ("Fn::Equals", [left, right]) => Ok(self.text(left)? == self.text(right)?),
            ("Fn::Not", [inner]) => Ok(!self.truth(inner)?),
            ("Fn::And", [_, ..]) => {
                items.iter().try_fold(true, |all, item| Ok(self.truth(item)? && all))
            }
            ("Fn::Or", [_, ..]) => {
                items.iter().try_fold(false, |any, item| Ok(self.truth(item)? || any))
            }
            (name, _) => {
                Err(Fault::at(call.mark, format!("{name} is no condition that can be read")))
            }
        }
    }

    fn reference(&self, name: &str, at: &Node) -> Answer {
        let place = self.place;
        Ok(Some(match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::AccountId" => place.account.clone().into(),
            "AWS::Region" => place.region.clone().into(),
            "AWS::Partition" => place.partition().into(),
            "AWS::URLSuffix" => place.domain().into(),
            "AWS::StackName" => self.stack_name.into(),
            "AWS::StackId" => {
                place.arn("cloudformation", &format!("stack/{}/local", self.stack_name)).into()
            }
            "AWS::NotificationARNs" => json!([]),
            _ => match (self.parameters.get(name), self.resources.get(name)) {
                (Some(value), _) => value.clone(),
                (None, Some(resource)) => resource.reference.clone().into(),
                (None, None) => {
                    let reason = format!("\"{name}\" is neither a parameter nor a resource");
                    return Err(Fault::at(at.mark, reason));
                }
            },
        }))
    }

    fn attribute(&self, id: &str, attribute: &str, at: &Node) -> Result<Value, Fault> {
        let Some(resource) = self.resources.get(id) else {
            return Err(Fault::at(at.mark, format!("\"{id}\" is not a resource")));
        };
        match attribute {
            "Arn" | "TopicArn" | "PolicyArn" => Ok(resource.arn.clone().into()),
            "Name" | "QueueName" | "TopicName" => Ok(resource.name.clone().into()),
            "QueueUrl" | "KeyId" | "GroupId" => Ok(resource.reference.clone().into()),
            "DomainName" => Ok(format!("{}.s3.{}", resource.name, self.place.domain()).into()),
            "RegionalDomainName" => {
                let Place { region, .. } = self.place;
                Ok(format!("{}.s3.{region}.{}", resource.name, self.place.domain()).into())
            }
            _ if !resource.played => Ok(format!("{}.{attribute}", resource.name).into()),
            _ => {
                let reason = format!("attribute \"{attribute}\" of {id} is not known");
                Err(Fault::at(at.mark, reason))
            }
        }
    }

    fn substitute(&self, text: &str, names: &[Member], at: &Node) -> Result<Value, Fault> {
        let mut whole = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            whole.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                return Err(Fault::at(at.mark, "Fn::Sub has a \"${\" without its \"}\""));
            };
            rest = behind;
            if let Some(literal) = name.strip_prefix('!') {
                whole.push_str("${");
                whole.push_str(literal);
                whole.push('}');
                continue;
            }
            let own = names.iter().find(|member| member.name == name);
            let value = match (own, name.split_once('.')) {
                (Some(own), _) => self.value(&own.value)?,
                (None, Some((id, attribute))) => Some(self.attribute(id, attribute, at)?),
                (None, None) => self.reference(name, at)?,
            };
            whole.push_str(&as_text(&value.unwrap_or_default(), at)?);
        }
        whole.push_str(rest);
        Ok(whole.into())
    }

    fn find_in_map(&self, [map, first, second]: [&Node; 3]) -> Answer {
        let names = [self.text(map)?, self.text(first)?, self.text(second)?];
        let mut found = self.mappings;
        for name in names.iter().flatten() {
            found = found.and_then(|node| node.get(name));
        }
        let path = names.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(".");
        let found = found
            .ok_or_else(|| Fault::at(map.mark, format!("mapping {path} is not in the template")))?;
        self.value(found)
    }

    fn texts(&self, node: &Node) -> Result<Vec<String>, Fault> {
        match self.value(node)? {
            Some(Value::Array(values)) => values.iter().map(|value| as_text(value, node)).collect(),
            _ => Err(Fault::at(node.mark, "is not a list")),
        }
    }
}

fn is_intrinsic(name: &str) -> bool {
    name == "Ref" || name == "Condition" || name.starts_with("Fn::")
}

fn as_text(value: &Value, at: &Node) -> Result<String, Fault> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        Value::Null => Ok(String::new()),
        Value::Array(items) => {
            let texts: Result<Vec<_>, _> = items.iter().map(|item| as_text(item, at)).collect();
            Ok(texts?.join(","))
        }
        Value::Object(_) => Err(Fault::at(at.mark, "is a map where a text belongs")),
    }
}

fn parameter_value(parameter: &Member, overrides: &[(&str, &str)]) -> Result<Value, Fault> {
    let declaration = &parameter.value;
    let given = overrides.iter().find(|(name, _)| *name == parameter.name).map(|(_, text)| *text);
    let default = declaration.get("Default").and_then(Node::text);
    let Some(text) = given.or(default) else {
        let reason = format!("parameter \"{}\" has no default: give it a value", parameter.name);
        return Err(Fault::at(parameter.mark, reason));
    };
    if let Some(Body::List(allowed)) = declaration.get("AllowedValues").map(|node| &node.body)
        && allowed.iter().all(|node| node.text() != Some(text))
    {
        let reason = format!(
            "parameter \"{}\" may not be \"{text}\": see its AllowedValues",
            parameter.name
        );
        return Err(Fault::at(parameter.mark, reason));
    }
    let kind = declaration.get("Type").and_then(Node::text).unwrap_or("String");
    if kind == "CommaDelimitedList" || kind.starts_with("List<") {
        return Ok(text.split(',').map(str::trim).collect());
    }
    Ok(text.into())
}
