use crate::Shelves;
use crate::record::time;
use ports::{Etag, Ledger, LedgerEntry, LedgerState, Objects, ReadFault, Versioned, WriteFault};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Form {
    alert_id: String,
    attempts: u32,
    #[serde(flatten)]
    state: StateForm,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum StateForm {
    Claimed {
        owner: String,
        #[serde(with = "time")]
        until: i64,
    },
    Sent {
        message_id: String,
        #[serde(with = "time")]
        at: i64,
    },
}

impl From<&LedgerEntry> for Form {
    fn from(it: &LedgerEntry) -> Self {
        let state = match it.state.clone() {
            LedgerState::Claimed { owner, until } => StateForm::Claimed { owner, until },
            LedgerState::Sent { message_id, at } => StateForm::Sent { message_id, at },
        };
        Self { alert_id: it.alert_id.clone(), attempts: it.attempts, state }
    }
}

impl From<Form> for LedgerEntry {
    fn from(it: Form) -> Self {
        let state = match it.state {
            StateForm::Claimed { owner, until } => LedgerState::Claimed { owner, until },
            StateForm::Sent { message_id, at } => LedgerState::Sent { message_id, at },
        };
        Self { alert_id: it.alert_id, attempts: it.attempts, state }
    }
}

impl<O: Objects> Ledger for Shelves<O> {
    async fn entry(&self, alert_id: &str) -> Result<Option<Versioned<LedgerEntry>>, ReadFault> {
        let found = self.record::<Form>(&self.keys.ledger(alert_id)).await?;
        Ok(found.map(|it| Versioned { value: it.value.into(), etag: it.etag }))
    }

    async fn keep_entry(
        &self,
        entry: &LedgerEntry,
        expected: Option<&Etag>,
    ) -> Result<Etag, WriteFault> {
        self.swap(&self.keys.ledger(&entry.alert_id), Form::from(entry), expected).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::memory::MemoryWorld;
    use std::sync::Arc;

    #[test]
    fn entries_go_from_claimed_to_sent() {
        let shelves = Shelves::new(Arc::new(MemoryWorld::default()), "bucket", "vigil");
        let entry = |attempts, state| LedgerEntry { alert_id: "a1".into(), attempts, state };
        let claimed = entry(1, LedgerState::Claimed { owner: "r1".into(), until: 1_772_600_000 });
        let sent = entry(1, LedgerState::Sent { message_id: "m".into(), at: 1_772_600_001 });
        pollster::block_on(async {
            let tag = shelves.keep_entry(&claimed, None).await.unwrap();
            assert!(matches!(shelves.keep_entry(&claimed, None).await, Err(WriteFault::Lost)));
            assert_eq!(shelves.entry("a1").await.unwrap().unwrap().value, claimed);
            shelves.keep_entry(&sent, Some(&tag)).await.unwrap();
            assert_eq!(shelves.entry("a1").await.unwrap().unwrap().value, sent);
        });
    }
}
