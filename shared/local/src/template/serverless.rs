//! Functions, and the rules that the serverless transform makes of the events of functions and state machines.

use jiff::SignedDuration;
use serde_json::Value;

use super::resources::{Properties, pattern, schedule, target_of};
use super::{Asynchronous, Fault, Function, Stack, identity};
use crate::events::Rule;

/// Reads a function with its events.
pub(super) fn read(properties: &Properties<'_>, stack: &mut Stack) -> Result<(), Fault> {
    let function = function(properties)?;
    stack.roles.extend(identity::made_role(properties, LAMBDA)?);
    read_events(properties, "LambdaTarget", stack)?;
    stack.functions.push(function);
    Ok(())
}

/// Reads the events of a function or a state machine as rules.
pub(super) fn read_events(
    properties: &Properties<'_>,
    target: &str,
    stack: &mut Stack,
) -> Result<(), Fault> {
    let events = properties.value("Events")?.unwrap_or_default();
    for (name, event) in events.as_object().into_iter().flatten() {
        stack.rules.push(rule(properties, name, event, target)?);
    }
    Ok(())
}

/// Who takes on the roles that the transform makes for functions.
const LAMBDA: &str = "lambda.amazonaws.com";

/// Reads a function, over the defaults of `Globals`.
pub(super) fn function(properties: &Properties<'_>) -> Result<Function, Fault> {
    let setting = |name: &str| -> Result<Option<Value>, Fault> {
        let global = properties.globals.and_then(|globals| globals.get(name));
        let global = global.map(|node| properties.resolver.value(node)).transpose()?.flatten();
        Ok(match (global, properties.value(name)?) {
            (Some(global), Some(own)) => Some(over(global, own)),
            (global, own) => own.or(global),
        })
    };
    let whole = |name: &str, default: i64, most: i64| match setting(name)? {
        Some(value) => properties.whole(&value, name, 0..=most),
        None => Ok(default),
    };
    let environment = setting("Environment")?.unwrap_or_default();
    let variables = environment.get("Variables").and_then(Value::as_object).into_iter().flatten();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let concurrency = match setting("ReservedConcurrentExecutions")? {
        Some(value) => {
            Some(properties.whole(&value, "ReservedConcurrentExecutions", 0..=100_000)? as u32)
        }
        None => None,
    };
    Ok(Function {
        named: properties.named(),
        role: Some(identity::role_of(properties, setting("Role")?)),
        log_group: match setting("LoggingConfig")?.as_ref().and_then(|it| it.get("LogGroup")) {
            Some(group) => group.as_str().unwrap_or_default().to_owned(),
            None => format!("/aws/lambda/{}", properties.named().name),
        },
        traces: match setting("Tracing")?.or(setting("TracingConfig")?) {
            Some(Value::String(mode)) => mode == "Active",
            Some(config) => config.get("Mode") == Some(&"Active".into()),
            None => false,
        },
        code: setting("CodeUri")?.and_then(|code| code.as_str().map(str::to_owned)),
        environment: variables.map(|(name, value)| (name.clone(), text(value))).collect(),
        // Lambda's own defaults.
        timeout: SignedDuration::from_secs(whole("Timeout", 3, 900)?),
        memory_mb: whole("MemorySize", 128, 32_768)? as u32,
        concurrency,
        asynchronous: asynchronous(
            properties,
            setting("EventInvokeConfig")?.as_ref(),
            setting("DeadLetterQueue")?.as_ref(),
        )?,
    })
}

fn asynchronous(
    properties: &Properties<'_>,
    config: Option<&Value>,
    queue: Option<&Value>,
) -> Result<Asynchronous, Fault> {
    let mut asynchronous = Asynchronous::default();
    let arn = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    asynchronous.dead_letters = arn(queue.and_then(|queue| queue.get("TargetArn")));
    let Some(config) = config else { return Ok(asynchronous) };
    if let Some(retries) = config.get("MaximumRetryAttempts") {
        asynchronous.retries = properties.whole(retries, "MaximumRetryAttempts", 0..=2)? as u32;
    }
    if let Some(age) = config.get("MaximumEventAgeInSeconds") {
        let seconds = properties.whole(age, "MaximumEventAgeInSeconds", 60..=21_600)?;
        asynchronous.max_age = SignedDuration::from_secs(seconds);
    }
    asynchronous.on_failure = arn(config.pointer("/DestinationConfig/OnFailure/Destination"));
    Ok(asynchronous)
}

fn rule(
    properties: &Properties<'_>,
    name: &str,
    event: &Value,
    target: &str,
) -> Result<Rule, Fault> {
    let path = ["Events", name, "Properties"];
    let path_to = |member: &'static str| ["Events", name, "Properties", member];
    let settings = event.get("Properties").unwrap_or(&Value::Null);
    let kind = event.get("Type").and_then(Value::as_str).unwrap_or("without Type");
    let (pattern_member, schedule_member) = match kind {
        "EventBridgeRule" | "CloudWatchEvent" => (settings.get("Pattern"), None),
        "Schedule" => (None, settings.get("Schedule")),
        kind => {
            let reason = format!("is a {kind} event: use EventBridgeRule or Schedule");
            return Err(properties.fault(&["Events", name], reason));
        }
    };
    let pattern = pattern(properties, pattern_member, &path_to("Pattern"))?;
    let schedule = schedule(properties, schedule_member, &path_to("Schedule"))?;
    if pattern.is_none() && schedule.is_none() {
        return Err(properties.fault(&["Events", name], "has neither a Pattern nor a Schedule"));
    }
    let receiver = properties.named();
    let id = format!("{}{name}", receiver.id);
    let text = |member: &str| settings.get(member).and_then(Value::as_str);
    let given = text("RuleName").or_else(|| text("Name"));
    let rule_name =
        given.map_or_else(|| format!("{}-{id}", properties.resolver.stack_name), str::to_owned);
    let arn = properties.resolver.place.arn("events", &format!("rule/{rule_name}"));
    let enabled =
        text("State") != Some("DISABLED") && settings.get("Enabled") != Some(&Value::Bool(false));
    let target_id = settings.pointer("/Target/Id").and_then(Value::as_str);
    let target_id = target_id.map_or_else(|| format!("{}{target}", receiver.id), str::to_owned);
    let mut target = target_of(properties, target_id, receiver.arn, settings, &path)?;
    // The transform writes the permission or the role that goes with the rule.
    target.permitted = true;
    Ok(Rule { id, name: rule_name, arn, enabled, pattern, schedule, targets: vec![target] })
}

/// Lays a function's own setting over the one of all functions, member by member.
fn over(global: Value, own: Value) -> Value {
    match (global, own) {
        (Value::Object(mut global), Value::Object(own)) => {
            for (name, value) in own {
                let below = global.remove(&name);
                global.insert(name, below.map_or(value.clone(), |below| over(below, value)));
            }
            Value::Object(global)
        }
        (_, own) => own,
    }
}
