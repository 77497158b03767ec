use crate::Trouble;

/// Why a call about a resource of SageMaker's failed; each is another next step.
#[derive(Debug)]
pub enum CallFailed {
    /// There is no such resource.
    Missing,
    /// It is there already: maybe this caller's own lost call.
    Exists,
    /// Not now: the resource is pending, or another still holds on to it.
    Busy(String),
    /// The account may not use the service: it is closed to new customers.
    Closed(String),
    Other(Trouble),
}

impl CallFailed {
    /// Returns what SageMaker said, for people.
    pub fn reason(&self) -> String {
        match self {
            Self::Missing => "there is no such resource".into(),
            Self::Exists => "it exists already".into(),
            Self::Busy(why) | Self::Closed(why) => why.clone(),
            Self::Other(trouble) => trouble.to_string(),
        }
    }

    /// Reads the failure as trouble, for callers to whom no case is special.
    pub fn trouble(self) -> Trouble {
        match self {
            Self::Other(trouble) => trouble,
            Self::Busy(why) => Trouble::passing(why),
            other => Trouble::lasting(other.reason()),
        }
    }
}
