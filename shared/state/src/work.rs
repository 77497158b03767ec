use formats::event::{Event, read};
use ports::{Next, Refusal, Work};

/// A function of the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    ReconcileEndpoint,
    RebuildBaseline,
    AnalyzeWindow,
    AlertViolations,
    ProbeEndpoint,
    SweepEndpoints,
}

impl Function {
    pub const ALL: [Self; 6] = [
        Self::ReconcileEndpoint,
        Self::RebuildBaseline,
        Self::AnalyzeWindow,
        Self::AlertViolations,
        Self::ProbeEndpoint,
        Self::SweepEndpoints,
    ];

    /// Returns its name: of its folder, its binary and its log lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReconcileEndpoint => "reconcile-endpoint",
            Self::RebuildBaseline => "rebuild-baseline",
            Self::AnalyzeWindow => "analyze-window",
            Self::AlertViolations => "alert-violations",
            Self::ProbeEndpoint => "probe-endpoint",
            Self::SweepEndpoints => "sweep-endpoints",
        }
    }

    /// Returns its logical id in the template.
    pub fn logical_id(self) -> &'static str {
        match self {
            Self::ReconcileEndpoint => "ReconcileEndpointFunction",
            Self::RebuildBaseline => "RebuildBaselineFunction",
            Self::AnalyzeWindow => "AnalyzeWindowFunction",
            Self::AlertViolations => "AlertViolationsFunction",
            Self::ProbeEndpoint => "ProbeEndpointFunction",
            Self::SweepEndpoints => "SweepEndpointsFunction",
        }
    }

    /// Reads a name or a logical id; `None` of any other word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == word || it.logical_id() == word)
    }
}

/// Decodes what a payload asks of a function; `None` where that is nothing.
///
/// A payload that cannot be read is refused: its sender must mend it.
pub fn work(function: Function, payload: &[u8]) -> Result<Option<Work>, Refusal> {
    let envelope = read(payload).map_err(|why| {
        let refusal = Refusal::new(Next::FixInput, "event not understood");
        refusal.fact("function", function.name()).because(why)
    })?;
    let work = match (function, envelope.event) {
        (Function::ReconcileEndpoint, Event::EndpointState(it)) => {
            Some(Work::ReconcileEndpoint { endpoint: it.name })
        }
        (Function::ReconcileEndpoint, Event::EndpointConfigState(it)) => {
            Some(Work::ReconcileConfig { config: it.name })
        }
        (Function::ReconcileEndpoint, Event::ObjectCreated(_)) => Some(Work::ReconcileAll),
        (Function::RebuildBaseline, Event::Scheduled) => Some(Work::RebuildAll),
        (Function::SweepEndpoints, Event::Scheduled) => Some(Work::SweepEndpoints),
        (_, Event::Suite(event)) => Work::of(&event),
        _ => None,
    };
    Ok(work.filter(|it| owner(it) == function))
}

/// Returns the function that does this kind of work.
pub fn owner(work: &Work) -> Function {
    match work {
        Work::ReconcileEndpoint { .. } | Work::ReconcileConfig { .. } | Work::ReconcileAll => {
            Function::ReconcileEndpoint
        }
        Work::RebuildBaseline { .. } | Work::RebuildAll => Function::RebuildBaseline,
        Work::AnalyzeWindow { .. } => Function::AnalyzeWindow,
        Work::AlertVariant { .. } | Work::AlertEndpoint { .. } => Function::AlertViolations,
        Work::SweepEndpoints => Function::SweepEndpoints,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUE: &[u8] = br#"{"version":"0","id":"1","detail-type":"Vigil Endpoint Due",
        "source":"vigil","account":"1","time":"2026-01-01T00:00:00Z","region":"eu-west-1",
        "resources":[],"detail":{"schema":"vigil.event/1","endpoint":"churn"}}"#;

    #[test]
    fn words_of_functions_read_back() {
        for it in Function::ALL {
            assert_eq!(Function::parse(it.name()), Some(it));
            assert_eq!(Function::parse(it.logical_id()), Some(it));
        }
        assert_eq!(Function::parse("merge-ground-truth"), None);
    }

    #[test]
    fn only_the_owner_takes_work() {
        for it in Function::ALL {
            let taken = work(it, DUE).expect("an event");
            assert_eq!(taken.is_some(), it == Function::ReconcileEndpoint, "{it:?}");
        }
    }

    #[test]
    fn unreadable_payload_asks_for_mending() {
        let refused = work(Function::SweepEndpoints, b"{").expect_err("no event");
        assert_eq!(refused.next, Next::FixInput);
    }
}
