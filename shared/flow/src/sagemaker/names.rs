//! Names of what the suite owns on SageMaker.

use crate::digest::digest;

/// All names of the suite's start with this; so do its rights.
pub(crate) const PREFIX: &str = "vigil-";
/// The tag that marks what is the suite's to change.
pub(crate) const MANAGED: &str = "vigil:managed";

/// SageMaker takes names of so many characters.
const LONGEST: usize = 63;
/// Digits of a hash in a name.
const DIGITS: usize = 10;

/// Names a resource by what it is for and a hash over what it is.
///
/// Readable as far as it fits; the hash is always whole.
pub(crate) fn hashed<'a>(stem: &str, parts: impl IntoIterator<Item = &'a str>) -> String {
    let hash: String = digest(parts).chars().take(DIGITS).collect();
    let fits = |it: char| it.is_ascii_alphanumeric() || it == '-';
    let stem: String = stem.chars().map(|it| if fits(it) { it } else { '-' }).collect();
    let head: String = stem.chars().take(LONGEST - 1 - DIGITS).collect();
    let mut name = head.trim_matches('-').to_owned();
    name.push('-');
    name.push_str(&hash);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defect_28_names_tell_the_endpoint() {
        let name = hashed("vigil-churn-prod-data-quality", ["a"]);
        assert!(name.starts_with("vigil-churn-prod-data-quality-"), "{name}");
        assert_eq!(name.len(), "vigil-churn-prod-data-quality".len() + 11);
        assert_ne!(name, hashed("vigil-churn-prod-data-quality", ["b"]));
    }

    #[test]
    fn long_names_are_cut_and_differ() {
        let long = format!("vigil-{}", "x".repeat(80));
        let (a, b) = (hashed(&long, ["a"]), hashed(&long, ["b"]));
        assert!(a.len() == 63 && b.len() == 63 && a != b);
        let odd = hashed("vigil-a_b.c--", ["a"]);
        assert!(odd.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-'), "{odd}");
    }
}
