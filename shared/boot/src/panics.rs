use crate::log::Line;
use ports::{Next, Refusal};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;

/// Where the last panic was.
static PLACE: Mutex<String> = Mutex::new(String::new());

/// Logs where a panic was, not what it said: that may hold a captured value.
pub(crate) fn log_places(function: &'static str) {
    set_hook(Box::new(move |panic: &PanicHookInfo<'_>| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        Line::new("ERROR", "panicked").with("function", function).with("at", &place).write();
        *PLACE.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }));
}

/// Runs a use case; a panic of its is a refusal, too.
pub(crate) async fn caught<T>(run: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    let mut run = pin!(run);
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(cx)));
        polled.unwrap_or_else(|_| {
            let place = PLACE.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Poll::Ready(Err(Refusal::new(Next::CallOperator, "panicked").fact("at", place)))
        })
    })
    .await
}
