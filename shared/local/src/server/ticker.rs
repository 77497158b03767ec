//! The thread on which time passes.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Forward, Handler};
use crate::account::Account;
use crate::events::{HandlerError, Runaway};

/// How time passes behind a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// With the clock on the wall, ahead of it by what was skipped.
    Wall,
    /// Only when someone asks.
    Standing,
}

/// A handle on the thread.
#[derive(Debug, Clone)]
pub(super) struct Ticker {
    orders: SyncSender<Order>,
}

#[derive(Debug)]
enum Order {
    /// Something may have fallen due just now.
    Look,
    Advance(SignedDuration, SyncSender<Result<u64, Runaway>>),
    Stop,
}

/// Between two looks at the clock; a function starts at most so late after its event, unless one is running.
const TICK: Duration = Duration::from_millis(20);

/// So many looks pass between two at what is kept elsewhere.
const REFRESH: u32 = 100;

/// Starts the thread.
pub(super) fn start(
    account: Account,
    time: Time,
    handler: Handler,
    other: Option<Forward>,
) -> io::Result<(Ticker, JoinHandle<()>)> {
    let (orders, taken) = sync_channel(64);
    let run = move || run(&account, time, handler, other.as_ref(), &taken);
    let thread = thread::Builder::new().name("clock".to_owned()).spawn(run)?;
    Ok((Ticker { orders }, thread))
}

impl Ticker {
    /// Says that something may have fallen due.
    pub(super) fn look(&self) {
        // A full channel looks soon anyway.
        let _full = self.orders.try_send(Order::Look);
    }

    /// Asks for time to pass; the answer comes when all that falls due is done.
    pub(super) fn advance(&self, by: SignedDuration) -> Receiver<Result<u64, Runaway>> {
        let (answer, answered) = sync_channel(1);
        let _stopped = self.orders.send(Order::Advance(by, answer));
        answered
    }

    pub(super) fn stop(&self) {
        let _stopped = self.orders.send(Order::Stop);
    }
}

fn run(
    account: &Account,
    time: Time,
    mut handler: Handler,
    other: Option<&Forward>,
    orders: &Receiver<Order>,
) {
    let mut ahead = SignedDuration::ZERO;
    let mut looks = 0_u32;
    let mut handle = |function: &str, payload: &Value| {
        let ran = catch_unwind(AssertUnwindSafe(|| handler(function, payload)));
        ran.unwrap_or_else(|_| Err(crashed()))
    };
    loop {
        let (mut answer, mut by) = (None, SignedDuration::ZERO);
        match orders.recv_timeout(TICK) {
            Ok(Order::Look) | Err(RecvTimeoutError::Timeout) => {}
            Ok(Order::Advance(step, asked)) => (by, answer) = (step, Some(asked)),
            Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return,
        }
        ahead = ahead.saturating_add(by);
        looks = looks.wrapping_add(1);
        if let Some(other) = other.filter(|_| answer.is_some() || looks.is_multiple_of(REFRESH)) {
            other.refresh(account);
        }
        let end = match time {
            Time::Wall => wall().saturating_add(ahead),
            Time::Standing => account.now().saturating_add(by),
        };
        let ran = account.run_until(end.unwrap_or(Timestamp::MAX), &mut handle);
        if let Some(answer) = answer {
            let _gone = answer.send(ran);
        }
    }
}

fn crashed() -> HandlerError {
    let message = "the function panicked".to_owned();
    HandlerError { kind: "Runtime.ExitError".to_owned(), message, retryable: false }
}

#[expect(clippy::disallowed_methods, reason = "a server lives by the clock on the wall")]
fn wall() -> Timestamp {
    Timestamp::now()
}
