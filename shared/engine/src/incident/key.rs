use sha2::{Digest, Sha256};

use crate::finding::Family;
use crate::window::Window;

/// Whose incident it is: there is one per endpoint, variant and family.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub account: String,
    pub region: String,
    pub endpoint: String,
    pub variant: String,
    pub family: Family,
}

impl Key {
    /// Returns the deduplication key, `v1|account|region|endpoint|variant|family`.
    ///
    /// Names of AWS are short enough for the 255 characters PagerDuty takes.
    pub fn text(&self) -> String {
        let Self { account, region, endpoint, variant, family } = self;
        format!("v1|{account}|{region}|{endpoint}|{variant}|{}", family.word())
    }

    /// Returns the id of the incident that `opened` opens: sixteen hexadecimal digits.
    pub fn incident_id(&self, opened: Window) -> String {
        let text = format!("{}|{}|{}", self.text(), opened.start, opened.end);
        let digest = Sha256::digest(text.as_bytes());
        let head = digest.iter().take(8).fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        format!("{head:016x}")
    }
}
