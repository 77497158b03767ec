//! EventBridge: the default bus.

use serde_json::{Value, json};

use super::{Call, fault::Fault, json::Members};
use crate::events::Entry;
use crate::pattern::Pattern;

pub(super) fn operate(
    call: &Call<'_>,
    operation: &str,
    input: Members<'_>,
) -> Result<Value, Fault> {
    match operation {
        "PutEvents" => put_events(call, input),
        "TestEventPattern" => test(input),
        "EnableRule" => switch(call, input, true),
        "DisableRule" => switch(call, input, false),
        "DescribeEventBus" => {
            default_bus(input.text("Name")?)?;
            let place = call.account.place();
            let arn =
                format!("arn:aws:events:{}:{}:event-bus/default", place.region, place.account);
            Ok(json!({"Name": "default", "Arn": arn}))
        }
        other => Err(Fault::unknown(other)),
    }
}

fn default_bus(name: Option<&str>) -> Result<(), Fault> {
    match name {
        Some(name) if name != "default" && !name.ends_with(":event-bus/default") => {
            let message = format!("Event bus {name} does not exist.");
            Err(Fault::new(400, "ResourceNotFoundException", message))
        }
        _ => Ok(()),
    }
}

fn put_events(call: &Call<'_>, input: Members<'_>) -> Result<Value, Fault> {
    let mut entries = Vec::new();
    for entry in input.objects("Entries")? {
        default_bus(entry.text("EventBusName")?)?;
        entries.push(Entry {
            source: entry.text("Source")?.unwrap_or_default().to_owned(),
            detail_type: entry.text("DetailType")?.unwrap_or_default().to_owned(),
            detail: entry.text("Detail")?.unwrap_or_default().to_owned(),
            resources: entry.texts("Resources")?.into_iter().map(str::to_owned).collect(),
            time: entry.time("Time")?,
        });
    }
    let done = call.account.events().put_events(&entries)?;
    let failed = done.iter().filter(|it| it.is_err()).count();
    let told = done.iter().map(|it| match it {
        Ok(id) => json!({ "EventId": id }),
        Err(rejected) => json!({"ErrorCode": rejected.code, "ErrorMessage": rejected.message}),
    });
    Ok(json!({"FailedEntryCount": failed, "Entries": told.collect::<Vec<_>>()}))
}

fn test(input: Members<'_>) -> Result<Value, Fault> {
    let refuse = |message: String| Fault::new(400, "InvalidEventPatternException", message);
    let pattern = Pattern::parse(input.required_text("EventPattern")?);
    let pattern = pattern
        .map_err(|invalid| refuse(format!("Event pattern is not valid. Reason: {invalid}")))?;
    let event: Value = serde_json::from_str(input.required_text("Event")?)
        .map_err(|_| refuse("Parameter Event is not valid.".to_owned()))?;
    Ok(json!({"Result": pattern.matches(&event)}))
}

fn switch(call: &Call<'_>, input: Members<'_>, enabled: bool) -> Result<Value, Fault> {
    let name = input.required_text("Name")?;
    if call.account.events().enable(name, enabled) {
        return Ok(Value::Null);
    }
    let message = format!("Rule {name} does not exist on EventBus default.");
    Err(Fault::new(400, "ResourceNotFoundException", message))
}
