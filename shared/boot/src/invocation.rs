use crate::log::Line;
use lambda_runtime::{Context, Diagnostic};
use ports::{Refusal, Work};
use state::Function;
use std::error::Error as _;

/// Who is invoked, by whom, and until when.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    pub(crate) function: Function,
    pub(crate) request: String,
    pub(crate) trace: Option<String>,
    pub(crate) account: String,
    /// Milliseconds since 1970.
    deadline: i64,
    started: i64,
}

impl Invocation {
    /// Reads what Lambda says of an invocation that starts at `now`, in milliseconds since 1970.
    pub(crate) fn of(function: Function, context: &Context, now: i64) -> Self {
        // arn:aws:lambda:region:account:function:name
        let account = context.invoked_function_arn.split(':').nth(4).unwrap_or_default();
        Self {
            function,
            request: context.request_id.clone(),
            trace: context.xray_trace_id.clone().filter(|it| !it.is_empty()),
            account: account.to_owned(),
            deadline: i64::try_from(context.deadline).unwrap_or(i64::MAX),
            started: now,
        }
    }

    pub(crate) fn call(&self) -> flow::Call<'_> {
        flow::Call {
            now: self.started.div_euclid(1000),
            request: &self.request,
            remaining: (self.deadline - self.started).max(0) / 1000,
        }
    }

    /// The line that tells how the invocation ended.
    pub(crate) fn line(
        &self,
        work: Option<&Work>,
        ended: Result<&str, &Refusal>,
        now: i64,
    ) -> Line {
        let line = match ended {
            Ok(answer) => Line::new("INFO", "done").with("answer", answer),
            Err(refusal) => Line::new("ERROR", &said(refusal)).with("type", refusal.next.word()),
        };
        let line = line
            .with("function", self.function.name())
            .with("request_id", &self.request)
            .maybe("trace", self.trace.as_deref())
            .number("millis", now - self.started);
        work.map(subject)
            .into_iter()
            .flatten()
            .fold(line, |line, (name, value)| line.with(name, &value))
    }
}

/// Names what a piece of work is about.
fn subject(work: &Work) -> Vec<(&'static str, String)> {
    let endpoint = |it: &String| ("endpoint", it.clone());
    match work {
        Work::ReconcileEndpoint { endpoint: it }
        | Work::AlertEndpoint { endpoint: it }
        | Work::ProbeEndpoint { endpoint: it }
        | Work::SettleLabels { endpoint: it } => vec![endpoint(it)],
        Work::MergeObject { object } => vec![("object", object.at.uri())],
        Work::AlertVariant { endpoint: it, variant } => {
            vec![endpoint(it), ("monitor", variant.clone())]
        }
        Work::RebuildBaseline { monitor } | Work::AnalyzeWindow { monitor, .. } => {
            let name = format!("{}/{}", monitor.variant, monitor.kind.word());
            vec![endpoint(&monitor.endpoint), ("monitor", name)]
        }
        Work::CheckBaseline { job } | Work::FinishWindow { job } | Work::AlertJob { job } => {
            vec![("job", job.clone())]
        }
        _ => Vec::new(),
    }
}

fn said(refusal: &Refusal) -> String {
    match refusal.source() {
        Some(cause) => format!("{refusal}: {cause}"),
        None => refusal.to_string(),
    }
}

/// The error that Lambda hands on: its type says what to do next.
pub(crate) fn diagnostic(refusal: &Refusal) -> Diagnostic {
    Diagnostic { error_type: refusal.next.word().to_owned(), error_message: said(refusal) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::{Next, Trouble};

    fn context() -> Context {
        let mut it = Context::default();
        it.request_id = "r-1".into();
        it.deadline = 90_500;
        it.invoked_function_arn = "arn:aws:lambda:eu-west-1:111122223333:function:x".into();
        it
    }

    #[test]
    fn remaining_time_follows_the_deadline() {
        fn check(now: i64, expect: i64) {
            let it = Invocation::of(Function::SweepEndpoints, &context(), now);
            assert_eq!((it.call().remaining, it.account.as_str()), (expect, "111122223333"));
        }
        check(30_400, 60);
        check(90_500, 0);
        check(100_000, 0);
    }

    #[test]
    fn error_types_say_what_to_do() {
        fn check(refusal: Refusal, kind: &str, message: &str) {
            let it = diagnostic(&refusal);
            assert_eq!((it.error_type.as_str(), it.error_message.as_str()), (kind, message));
        }
        check(Refusal::new(Next::FixInput, "no"), "FixInput", "no");
        check(Refusal::of("no", Trouble::passing("late")), "TryAgain", "no: late");
        check(Refusal::of("no", Trouble::lasting("denied")), "CallOperator", "no: denied");
    }

    #[test]
    fn log_line_names_request_and_endpoint() {
        let it = Invocation::of(Function::AlertViolations, &context(), 1000);
        let work = Work::AlertVariant { endpoint: "churn".into(), variant: "A".into() };
        let text = it.line(Some(&work), Ok("{}"), 1250).text();
        let line: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        for (name, value) in [
            ("function", "alert-violations"),
            ("request_id", "r-1"),
            ("endpoint", "churn"),
            ("monitor", "A"),
        ] {
            assert_eq!(line[name], value, "{name}");
        }
        assert_eq!(line["millis"], 250);
    }
}
