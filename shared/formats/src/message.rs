//! The message with which an analysis ends (reference: formats H.4).

/// Where a container leaves its message.
pub const PATH: &str = "/opt/ml/output/message";

/// The platform keeps this many bytes.
pub const LONGEST: usize = 1024;

/// Returns the message of an analysis that ran to its end.
///
/// The prefix decides the status of the monitoring execution.
pub fn completed(violations: usize) -> String {
    match violations {
        0 => "Completed: Job completed successfully with no violations.".to_owned(),
        many => {
            format!("CompletedWithViolations: Job completed successfully with {many} violations.")
        }
    }
}

/// Returns the message of an analysis that failed, cut to what the platform keeps.
pub fn failed(reason: &str) -> String {
    let mut text = format!("Failed: {reason}");
    if LONGEST < text.len() {
        let end = (0..=LONGEST - '…'.len_utf8()).rev().find(|it| text.is_char_boundary(*it));
        text.truncate(end.unwrap_or(0));
        text.push('…');
    }
    text
}

/// Returns whether a completed job found violations, as its exit message tells.
///
/// `None` of a message that tells neither.
pub fn has_violations(message: &str) -> Option<bool> {
    let (prefix, _) = message.trim_start().split_once(':')?;
    match prefix {
        "Completed" => Some(false),
        "CompletedWithViolations" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_those_of_aws() {
        assert_eq!(completed(0), "Completed: Job completed successfully with no violations.");
        assert_eq!(
            completed(8),
            "CompletedWithViolations: Job completed successfully with 8 violations."
        );
    }

    #[test]
    fn prefix_tells_of_violations() {
        for (message, expect) in [
            (completed(0), Some(false)),
            (completed(3), Some(true)),
            (failed("no"), None),
            (String::new(), None),
        ] {
            assert_eq!(has_violations(&message), expect, "{message}");
        }
    }

    #[test]
    fn long_reasons_are_cut_between_characters() {
        for letter in ["x", "é", "…", "🦀"] {
            let text = failed(&letter.repeat(2000));
            assert!(text.len() <= LONGEST && LONGEST - 4 < text.len() && text.ends_with('…'));
        }
        assert_eq!(failed("short"), "Failed: short");
    }
}
