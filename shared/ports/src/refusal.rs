use std::error::Error;
use std::fmt;

/// A cause, whatever it is.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What went wrong in an adapter, where no use case tells cases apart.
#[derive(Debug)]
pub struct Trouble {
    /// Whether the same call may succeed later.
    pub retryable: bool,
    pub cause: BoxError,
}

impl Trouble {
    pub fn passing(cause: impl Into<BoxError>) -> Self {
        Self { retryable: true, cause: cause.into() }
    }

    pub fn lasting(cause: impl Into<BoxError>) -> Self {
        Self { retryable: false, cause: cause.into() }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl Error for Trouble {}

/// What whoever called should do about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    FixInput,
    TryAgain,
    CallOperator,
}

impl Next {
    /// Returns the name that functions report as their error type.
    pub fn word(self) -> &'static str {
        match self {
            Self::FixInput => "FixInput",
            Self::TryAgain => "TryAgain",
            Self::CallOperator => "CallOperator",
        }
    }
}

/// A use case that could not do its work, and what to do next.
///
/// Facts are names, keys and counts; never a captured value.
#[derive(Debug)]
pub struct Refusal {
    pub next: Next,
    what: &'static str,
    facts: Vec<(&'static str, String)>,
    cause: Option<BoxError>,
}

impl Refusal {
    pub fn new(next: Next, what: &'static str) -> Self {
        Self { next, what, facts: Vec::new(), cause: None }
    }

    /// Refuses because of an adapter: worth another try exactly if the trouble passes.
    pub fn of(what: &'static str, trouble: Trouble) -> Self {
        let next = if trouble.retryable { Next::TryAgain } else { Next::CallOperator };
        Self { next, what, facts: Vec::new(), cause: Some(trouble.cause) }
    }

    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.facts.push((name, value.to_string()));
        self
    }

    #[must_use]
    pub fn because(mut self, cause: impl Into<BoxError>) -> Self {
        self.cause = Some(cause.into());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)?;
        for (at, (name, value)) in self.facts.iter().enumerate() {
            let open = if at == 0 { " (" } else { ", " };
            write!(f, "{open}{name}={value}")?;
        }
        if self.facts.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}

impl Error for Refusal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Some(it) => Some(&**it),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_prints_facts_and_keeps_cause() {
        let it = Refusal::of("record not read", Trouble::passing("slow down"))
            .fact("endpoint", "churn")
            .fact("try", 2);
        assert_eq!(it.to_string(), "record not read (endpoint=churn, try=2)");
        assert_eq!(it.next, Next::TryAgain);
        assert_eq!(it.source().map(ToString::to_string).as_deref(), Some("slow down"));
    }

    #[test]
    fn lasting_trouble_calls_the_operator() {
        let it = Refusal::of("denied", Trouble::lasting("no"));
        assert_eq!((it.next, it.to_string().as_str()), (Next::CallOperator, "denied"));
    }
}
