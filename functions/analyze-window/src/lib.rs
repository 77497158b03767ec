//! Analyzes one window of one monitor.

use boot::{Ports, Records};
use flow::{Analyzed, Call, Suite, analyze_window, finish_window};
use formats::answer::Answer;
use ports::{Refusal, Work};
use report::Pages;
use std::sync::LazyLock;

/// Remembers the windows that this process has rendered.
static PAGES: LazyLock<Pages> = LazyLock::new(Pages::default);

/// Does one piece of this function's work.
pub async fn run(
    suite: &Suite<'_, Ports, Records>,
    call: &Call<'_>,
    work: &Work,
) -> Result<Answer, Refusal> {
    let analyzed = match work {
        Work::AnalyzeWindow { monitor, window } => {
            Box::pin(analyze_window(suite, call, &*PAGES, monitor, *window)).await?
        }
        Work::FinishWindow { job } => Box::pin(finish_window(suite, call, job)).await?,
        _ => return Ok(Answer::of("skipped")),
    };
    Ok(match analyzed {
        Analyzed::Started { job } => Answer::of("started").job(job),
        Analyzed::Judged { state, violations } => {
            Answer::of("judged").because(state.word()).counting(violations as usize)
        }
        Analyzed::Unchanged { state } => Answer::of("unchanged").because(state.word()),
        Analyzed::Waiting => Answer::of("waiting").because("there is no baseline"),
        Analyzed::Skipped => Answer::of("skipped"),
    })
}
