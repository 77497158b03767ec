use local::account::{Account, Services};
use local::iam::Caller;
use ports::Trouble;

/// The suite's ports on one account of the stand-in; clones share it.
#[derive(Debug, Clone)]
pub struct Aws {
    account: Account,
    topic: String,
    /// Whose rights count; `None` for whoever may do all.
    pub(crate) caller: Option<Caller>,
}

impl Aws {
    /// Puts the ports on an account; alerts go to the topic of this ARN.
    pub fn new(account: Account, topic: impl Into<String>) -> Self {
        Self { account, topic: topic.into(), caller: None }
    }

    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Returns the ARN of the topic of alerts.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    pub(crate) fn call<T>(&self, act: impl FnOnce(&mut Services, jiff::Timestamp) -> T) -> T {
        self.account.call(act)
    }
}

/// Tells a refusal of a smaller service as trouble.
pub(crate) fn trouble(refused: local::refused::Refused) -> Trouble {
    use local::refused::Code;
    match refused.code {
        Code::Invalid | Code::NotFound => Trouble::lasting(refused),
        Code::Throttled | Code::Internal | Code::ReplyLost => Trouble::passing(refused),
    }
}
