use crate::Reference;
use engine::finding::{Judgement, Measured, State};
use engine::incident::Incident;
use engine::monitor::MonitorType;
use engine::statistics::Statistics;
use engine::violation::Violation;
use engine::window::Window;

/// All that the report of one execution shows.
///
/// What is empty or `None` leaves its section out.
#[derive(Debug, Clone, Copy)]
pub struct ReportInput<'a> {
    pub endpoint: &'a str,
    pub variant: &'a str,
    pub monitor: MonitorType,
    /// Of no length where there is none, as when a table is analysed by hand.
    pub window: Window,
    /// The state to show, see `engine::incident::shown_state`.
    pub state: State,
    pub judgement: &'a Judgement,
    /// What the window is compared with; made once per baseline.
    pub reference: Option<&'a Reference>,
    /// For people: `7`, `2026-03-01`.
    pub baseline_version: Option<&'a str>,
    pub current: Option<&'a Statistics>,
    /// AWS's verdict, as in `constraint_violations.json`.
    pub violations: &'a [Violation],
    /// Incidents of the endpoint and variant, at most one a family; resolved ones
    /// are not shown.
    pub incidents: &'a [Incident],
    /// The windows before this one, oldest first; the last 11 are drawn.
    pub past: &'a [Past<'a>],
    /// Lights of other monitors, drawn after this run's own.
    pub lights: &'a [Light<'a>],
    pub set_aside: &'a [SetAsideCount<'a>],
    /// What a person can do, most useful first.
    pub actions: &'a [Action<'a>],
    pub provenance: Provenance<'a>,
}

/// One earlier window.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    pub window: Window,
    pub state: State,
    pub measured: &'a [Measured],
}

/// One light of the row under the headline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Light<'a> {
    /// `ok`, `drift`, `labels 41 %`.
    pub word: &'a str,
    /// `quality, estimated`.
    pub note: &'a str,
    pub is_bad: bool,
}

/// Records that could not be read, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetAsideCount<'a> {
    pub reason: &'a str,
    pub count: u64,
    /// File and offset of one of them.
    pub example: Option<&'a str>,
}

/// Something to do: a sentence, and a command where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action<'a> {
    pub text: &'a str,
    pub command: Option<&'a str>,
}

/// How to get the same report again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Provenance<'a> {
    /// `vigil 0.1.0, native`.
    pub engine: &'a str,
    /// SHA-256 over the inputs, in hex.
    pub input_hash: Option<&'a str>,
    /// A command line.
    pub reproduce: Option<&'a str>,
}
