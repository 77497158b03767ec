use engine::request::BaselineCall;
use formats::FormatError;
use formats::baseline_request;
use formats::event::{EndpointStatus, Event, ObjectCreated, ProcessingJobState, read};
use formats::moment::Moment;
use ports::{Address, BASELINE_JOBS, Next, Refusal, WINDOW_JOBS, Work, WrittenObject};

/// A function of the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    ReconcileEndpoint,
    RebuildBaseline,
    AnalyzeWindow,
    AlertViolations,
    ProbeEndpoint,
    MergeGroundTruth,
    SweepEndpoints,
}

impl Function {
    pub const ALL: [Self; 7] = [
        Self::ReconcileEndpoint,
        Self::RebuildBaseline,
        Self::AnalyzeWindow,
        Self::AlertViolations,
        Self::ProbeEndpoint,
        Self::MergeGroundTruth,
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
            Self::MergeGroundTruth => "merge-ground-truth",
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
            Self::MergeGroundTruth => "MergeGroundTruthFunction",
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
    let refused = |why: FormatError| {
        let refusal = Refusal::new(Next::FixInput, "event not understood");
        refusal.fact("function", function.name()).because(why)
    };
    if function == Function::RebuildBaseline
        && let Some(asked) = baseline_request::read(payload).map_err(refused)?
    {
        return Ok(Some(match asked {
            BaselineCall::Start(request) => Work::RequestBaseline { request },
            BaselineCall::Check { job } => Work::CheckBaseline { job },
        }));
    }
    let envelope = read(payload).map_err(refused)?;
    let work = match (function, envelope.event) {
        (Function::ReconcileEndpoint, Event::EndpointState(it)) => {
            Some(Work::ReconcileEndpoint { endpoint: it.name })
        }
        (Function::ReconcileEndpoint, Event::EndpointConfigState(it)) => {
            Some(Work::ReconcileConfig { config: it.name })
        }
        (Function::ReconcileEndpoint, Event::ObjectCreated(_)) => Some(Work::ReconcileAll),
        (Function::MergeGroundTruth, Event::ObjectCreated(it)) => {
            Some(Work::MergeObject { object: written(it, envelope.time) })
        }
        (Function::RebuildBaseline, Event::Scheduled) => Some(Work::RebuildAll),
        (Function::SweepEndpoints, Event::Scheduled) => Some(Work::SweepEndpoints),
        (Function::ProbeEndpoint, Event::Scheduled) => Some(Work::ProbeAll),
        (Function::ProbeEndpoint, Event::EndpointState(it)) => (it.status
            == EndpointStatus::InService)
            .then_some(Work::ProbeEndpoint { endpoint: it.name }),
        (_, Event::ProcessingJobState(it)) => job_work(it),
        (_, Event::Suite(event)) => Work::of(&event),
        _ => None,
    };
    Ok(work.filter(|it| owner(it) == function))
}

fn written(it: ObjectCreated, time: Option<Moment>) -> WrittenObject {
    WrittenObject {
        at: Address::new(it.bucket, it.key),
        etag: it.etag.map(|it| it.trim_matches('"').to_owned()),
        sequencer: it.sequencer,
        written_at: time.map(Moment::seconds),
    }
}

/// Reads what the end of a processing job asks for, by the suite's names of jobs.
///
/// A job that is none of the suite's may be an execution of a schedule: only
/// describing it tells (formats A.4).
fn job_work(job: ProcessingJobState) -> Option<Work> {
    if !job.status.is_terminal() {
        return None;
    }
    let job = job.name;
    Some(if job.starts_with(BASELINE_JOBS) {
        Work::CheckBaseline { job }
    } else if job.starts_with(WINDOW_JOBS) {
        Work::FinishWindow { job }
    } else {
        Work::AlertJob { job }
    })
}

/// Returns the function that does this kind of work.
pub fn owner(work: &Work) -> Function {
    match work {
        Work::ReconcileEndpoint { .. } | Work::ReconcileConfig { .. } | Work::ReconcileAll => {
            Function::ReconcileEndpoint
        }
        Work::RebuildBaseline { .. }
        | Work::RebuildAll
        | Work::RequestBaseline { .. }
        | Work::CheckBaseline { .. } => Function::RebuildBaseline,
        Work::AnalyzeWindow { .. } | Work::FinishWindow { .. } => Function::AnalyzeWindow,
        Work::AlertVariant { .. } | Work::AlertEndpoint { .. } | Work::AlertJob { .. } => {
            Function::AlertViolations
        }
        Work::ProbeEndpoint { .. } | Work::ProbeAll => Function::ProbeEndpoint,
        Work::MergeObject { .. } | Work::SettleLabels { .. } => Function::MergeGroundTruth,
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
        assert_eq!(Function::parse("merge-everything"), None);
    }

    #[test]
    fn only_the_owner_takes_work() {
        for it in Function::ALL {
            let taken = work(it, DUE).expect("an event");
            assert_eq!(taken.is_some(), it == Function::ReconcileEndpoint, "{it:?}");
        }
    }

    #[test]
    fn ends_of_jobs_go_by_their_names() {
        #[track_caller]
        fn check(text: &str, expect: &[(Function, Work)]) {
            let taken: Vec<(Function, Work)> = Function::ALL
                .into_iter()
                .filter_map(|it| Some((it, work(it, text.as_bytes()).expect("an event")?)))
                .collect();
            assert_eq!(taken, expect);
        }
        let event = |name: &str, status: &str| {
            let text = r#"{"id":"1","detail-type":"SageMaker Processing Job State Change",
                "source":"aws.sagemaker","account":"1","region":"r","resources":[],
                "detail":{"ProcessingJobName":"NAME","ProcessingJobStatus":"STATUS"}}"#;
            text.replace("NAME", name).replace("STATUS", status)
        };
        let job = "model-quality-monitoring-202603041100-3f2a".to_owned();
        let alert = Work::AlertJob { job: job.clone() };
        check(&event(&job, "Completed"), &[(Function::AlertViolations, alert)]);
        check(&event(&job, "InProgress"), &[]);
        let job = "vigil-baseline-churn-1".to_owned();
        let wanted = Work::CheckBaseline { job: job.clone() };
        check(&event(&job, "Failed"), &[(Function::RebuildBaseline, wanted)]);
        let job = "vigil-window-churn-1".to_owned();
        let wanted = Work::FinishWindow { job: job.clone() };
        check(&event(&job, "Stopped"), &[(Function::AnalyzeWindow, wanted)]);
    }

    #[test]
    fn defect_15_unknown_action_is_refused() {
        for (payload, expect) in [
            (r#"{"action":"check","job_name":"vigil-baseline-1"}"#, true),
            (r#"{"action":"retry","job_name":"vigil-baseline-1"}"#, false),
        ] {
            let taken = work(Function::RebuildBaseline, payload.as_bytes());
            assert_eq!(taken.is_ok(), expect, "{payload}");
        }
    }

    #[test]
    fn unreadable_payload_asks_for_mending() {
        let refused = work(Function::SweepEndpoints, b"{").expect_err("no event");
        assert_eq!(refused.next, Next::FixInput);
    }
}
