//! Step Functions: the template's state machines and their executions.

use serde_json::{Value, json};

use super::{
    Call,
    fault::Fault,
    json::{Members, seconds},
};
use crate::states::{Execution, Machine};

/// A page has so many lines where nobody says.
const PAGE: usize = 100;

pub(super) fn operate(
    call: &Call<'_>,
    operation: &str,
    input: Members<'_>,
) -> Result<Value, Fault> {
    let events = call.account.events();
    match operation {
        "ListStateMachines" => {
            let lines = events.states(|it| it.machines().iter().map(line).collect::<Vec<_>>());
            Ok(json!({"stateMachines": lines}))
        }
        "DescribeStateMachine" => {
            let arn = input.required_text("stateMachineArn")?;
            Ok(events.states(|it| it.machine(arn).map(machine))?)
        }
        "StartExecution" => {
            let arn = input.required_text("stateMachineArn")?;
            let given = input.text("input")?.unwrap_or("{}");
            let started = events.start_execution(arn, input.text("name")?, given)?;
            Ok(json!({"executionArn": started.arn, "startDate": seconds(started.at)}))
        }
        "StopExecution" => {
            let words = |name| input.text(name).map(|text| text.map(str::to_owned));
            let arn = input.required_text("executionArn")?;
            let stopped = events.stop_execution(arn, words("error")?, words("cause")?)?;
            Ok(json!({"stopDate": seconds(stopped)}))
        }
        "DescribeExecution" => {
            let arn = input.required_text("executionArn")?;
            Ok(events.states(|it| it.execution(arn).map(execution))?)
        }
        "ListExecutions" => {
            let arn = input.required_text("stateMachineArn")?;
            let status = input.text("statusFilter")?;
            let all = events.states(|it| {
                it.machine(arn)?;
                let found = it.executions(arn);
                let found =
                    found.filter(|it| status.is_none_or(|asked| asked == it.status.as_str()));
                Ok::<_, crate::refused::Refused>(found.map(listed).collect::<Vec<_>>())
            })?;
            page(input, "executions", all)
        }
        "GetExecutionHistory" => {
            let arn = input.required_text("executionArn")?;
            let mut all = events.states(|it| it.execution(arn).map(history))?;
            if input.flag("reverseOrder")? == Some(true) {
                all.reverse();
            }
            page(input, "events", all)
        }
        other => Err(Fault::unknown(other)),
    }
}

fn line(it: &Machine) -> Value {
    json!({
        "stateMachineArn": it.named.arn, "name": it.named.name, "type": "STANDARD",
        "creationDate": seconds(it.created),
    })
}

fn machine(it: &Machine) -> Value {
    let mut told = line(it);
    told["status"] = "ACTIVE".into();
    told["roleArn"] = it.role.as_str().into();
    told["definition"] = it.text.as_ref().map(Value::to_string).unwrap_or_default().into();
    told
}

fn listed(it: &Execution) -> Value {
    let mut told = json!({
        "executionArn": it.arn, "stateMachineArn": it.machine, "name": it.name,
        "status": it.status.as_str(), "startDate": seconds(it.started),
    });
    if let Some(stopped) = it.stopped {
        told["stopDate"] = seconds(stopped);
    }
    told
}

fn execution(it: &Execution) -> Value {
    let mut told = listed(it);
    told["input"] = it.input.to_string().into();
    told["inputDetails"] = json!({"included": true});
    if let Some(output) = &it.output {
        told["output"] = output.to_string().into();
        told["outputDetails"] = json!({"included": true});
    }
    for (name, text) in [("error", &it.error), ("cause", &it.cause)] {
        if let Some(text) = text {
            told[name] = text.as_str().into();
        }
    }
    told
}

fn history(it: &Execution) -> Vec<Value> {
    let event = |it: &crate::states::HistoryEvent| {
        let mut told = json!({
            "timestamp": seconds(it.at), "type": it.kind, "id": it.id, "previousEventId": it.previous,
        });
        if let Some((member, details)) = &it.details {
            told[*member] = details.clone();
            drop_nulls(&mut told[*member]);
        }
        told
    };
    it.history().iter().map(event).collect()
}

/// Leaves out what has no value, as AWS does.
fn drop_nulls(details: &mut Value) {
    if let Value::Object(members) = details {
        members.retain(|_, value| !value.is_null());
    }
}

/// Cuts a page; the token is where the next one begins.
fn page(input: Members<'_>, name: &str, all: Vec<Value>) -> Result<Value, Fault> {
    let most = input.count("maxResults")?.filter(|it| *it > 0).map_or(PAGE, |it| it as usize);
    let refuse = |_| Fault::new(400, "InvalidToken", "Invalid Token: 'nextToken'");
    let start = input.text("nextToken")?.map_or(Ok(0), str::parse::<usize>).map_err(refuse)?;
    let end = start.saturating_add(most).min(all.len());
    let mut told = json!({name: all.get(start..end).unwrap_or_default()});
    if end < all.len() {
        told["nextToken"] = end.to_string().into();
    }
    Ok(told)
}
