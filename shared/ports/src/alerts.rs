use crate::Trouble;
use engine::finding::{Family, Finding};
use std::future::Future;

/// A message for people and machines about one transition of one incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// The same for every attempt.
    pub id: String,
    /// At most 99 printable ASCII characters.
    pub subject: String,
    pub text: String,
    /// The `monitor.incident/1` document.
    pub json: String,
    /// For filter policies.
    pub attributes: Vec<(&'static str, String)>,
}

/// What became of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IncidentChange {
    Opened,
    Updated,
    Resolved,
}

impl IncidentChange {
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Updated => "updated",
            Self::Resolved => "resolved",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Opened, Self::Updated, Self::Resolved].into_iter().find(|it| it.word() == word)
    }
}

/// What a machine is told of an incident (reference: features 4.7).
#[derive(Debug, Clone, PartialEq)]
pub struct IncidentNotice {
    pub id: String,
    pub dedup_key: String,
    pub alert_id: String,
    pub change: IncidentChange,
    /// `open` or `resolved`.
    pub state: &'static str,
    /// `critical`, `error`, `warning` or `info`.
    pub severity: &'static str,
    /// From 0 to 100.
    pub score: f64,
    pub endpoint: String,
    pub variant: String,
    pub family: Family,
    /// Seconds since 1970.
    pub opened_at: i64,
    pub closed_at: Option<i64>,
    pub windows_bad: u32,
    pub windows_of: u32,
    pub window_seconds: i64,
    pub findings: Vec<NoticeFinding>,
    pub baseline_rows: Option<u64>,
    pub rows: Option<u64>,
    pub visible_effect: Option<f64>,
    pub baseline: Option<String>,
    pub report: Option<String>,
}

/// One finding with its hint in one word.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeFinding {
    pub finding: Finding,
    /// Such as `scale_x100`.
    pub hint: Option<String>,
}

/// Why [`PublishAlerts::publish`] failed.
#[derive(Debug)]
pub enum PublishFailed {
    /// The topic refused before taking the message: nobody was told.
    Refused(Trouble),
    /// Somebody may have been told.
    Unknown(Trouble),
}

/// Publishes alerts.
pub trait PublishAlerts {
    /// Publishes an alert and returns the id of the message.
    fn publish(
        &self,
        alert: &Alert,
        attempt: u32,
    ) -> impl Future<Output = Result<String, PublishFailed>> + Send;
}
