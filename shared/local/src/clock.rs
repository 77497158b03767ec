//! The virtual clock: time stands still until someone moves it.

use jiff::{SignedDuration, Timestamp};

/// A clock that only [`Clock::advance`] and [`Clock::advance_to`] move, and never backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    now: Timestamp,
}

impl Clock {
    /// Starts a clock.
    pub fn at(now: Timestamp) -> Self {
        Self { now }
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Moves the clock on; a negative step moves nothing, and the end of time is the latest time.
    pub fn advance(&mut self, step: SignedDuration) {
        self.advance_to(self.now.saturating_add(step).unwrap_or(Timestamp::MAX));
    }

    /// Moves the clock to a time; an earlier one moves nothing.
    pub fn advance_to(&mut self, time: Timestamp) {
        self.now = self.now.max(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_never_runs_backwards() {
        let mut clock = Clock::at(Timestamp::UNIX_EPOCH);
        clock.advance(SignedDuration::from_secs(90));
        clock.advance(SignedDuration::from_secs(-60));
        clock.advance_to(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.now(), Timestamp::from_second(90).unwrap());
        clock.advance(SignedDuration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
