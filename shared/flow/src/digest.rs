use sha2::{Digest, Sha256};

/// Hashes parts so that no two lists of parts read the same; 16 digits.
pub(crate) fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let bytes = hash.finalize();
    let digits = bytes.iter().take(8).flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|it| char::from_digit(u32::from(it), 16)).collect()
}

/// Hashes one id to a number that its index holds.
pub(crate) fn fingerprint(id: &str) -> u64 {
    let hash = Sha256::digest(id.as_bytes());
    hash.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        assert_eq!(digest(["ab", "c"]).len(), 16);
        assert_ne!(digest(["ab", "c"]), digest(["a", "bc"]));
        assert_eq!(digest(["ab", "c"]), digest(["ab", "c"]));
    }
}
