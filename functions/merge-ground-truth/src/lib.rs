//! Joins labels to captures, in any order, exactly once.

use boot::{Ports, Records};
// Label files may be Parquet: this function's build of the engine reads it.
use engine as _;
use flow::{Call, Merged, Settled, Suite, merge_object, settle_labels};
use formats::answer::Answer;
use ports::{Refusal, Work};

/// Does one piece of this function's work.
pub async fn run(
    suite: &Suite<'_, Ports, Records>,
    call: &Call<'_>,
    work: &Work,
) -> Result<Answer, Refusal> {
    let merged = match work {
        Work::MergeObject { object } => Box::pin(merge_object(suite, call, object)).await?,
        Work::SettleLabels { endpoint } => {
            let Settled { told, orphans, found } =
                Box::pin(settle_labels(suite, call, endpoint)).await?;
            return Ok(Answer::of("settled").counting(told).because(format!(
                "{orphans} labels met no capture, {found} files found that no event told of"
            )));
        }
        _ => return Ok(Answer::of("skipped")),
    };
    Ok(match merged {
        Merged::Merged { records, set_aside, changed, told } => {
            Answer::of("merged").counting(records as usize).because(format!(
                "{changed} hours changed, {told} windows told, {set_aside} set aside"
            ))
        }
        Merged::Superseded => Answer::of("superseded").because("the object is gone or another"),
        Merged::Skipped => Answer::of("skipped"),
    })
}
