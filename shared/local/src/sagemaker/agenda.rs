//! What comes due in SageMaker by itself.

use jiff::Timestamp;

use super::{Late, SageMaker};

/// One thing to do at its time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A call that is applied late, by its number.
    Apply(u64),
    /// A schedule is no longer pending.
    Settle(String),
    /// A job that was told to stop has stopped.
    Stop(String),
    /// An execution begins.
    Fire(String),
    /// A job has its machines.
    Begin(String),
    /// A job's container has ended.
    End(String),
}

impl SageMaker {
    /// Keeps a call for later.
    pub(super) fn postpone(&mut self, due: Timestamp, act: Late) {
        self.calls += 1;
        self.late.insert(self.calls, act);
        self.agenda.insert((due, Due::Apply(self.calls)));
    }

    /// Does what has come due and needs no other service.
    pub(super) fn advance_monitors(&mut self, now: Timestamp) {
        while let Some((at, due)) = self.agenda.first().filter(|it| it.0 <= now).cloned() {
            self.agenda.pop_first();
            match due {
                Due::Apply(number) => {
                    if let Some(act) = self.late.remove(&number) {
                        act(self, at);
                    }
                }
                Due::Settle(schedule) => self.settle_schedule(at, &schedule),
                Due::Stop(job) => self.end_stopped(at, &job),
                Due::Fire(_) | Due::Begin(_) | Due::End(_) => {}
            }
        }
    }
}
