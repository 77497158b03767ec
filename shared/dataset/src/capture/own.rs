//! Requests that the suite sends itself are captured as any other, and are nobody's traffic.

/// How the inference id of a sample request begins that only looks whether the endpoint answers.
pub const PROBED: &str = "vigil-probe-";
/// How the inference id of a request begins that asks the model for rows which were made up.
pub const ASKED: &str = "vigil-ask-";

/// Whether an inference id tells of a request of the suite's own.
pub fn is_own(inference_id: &[u8]) -> bool {
    [PROBED, ASKED].iter().any(|it| inference_id.starts_with(it.as_bytes()))
}
