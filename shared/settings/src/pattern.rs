use std::cmp::Ordering;

/// An endpoint name in which `*` stands for any characters and `?` for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
}

impl Pattern {
    /// Reads a pattern; `None` when no endpoint could have such a name.
    ///
    /// Names are `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}` (formats I.1).
    pub fn parse(text: &str) -> Option<Self> {
        let is_known = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'*' | b'?');
        let letters = text.bytes().filter(|it| *it != b'*').count();
        let is_sound = (1..=128).contains(&text.len())
            && text.bytes().all(is_known)
            && letters <= 63
            && !text.starts_with('-')
            && !text.ends_with('-');
        is_sound.then(|| Self { text: text.to_owned() })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn matches(&self, name: &str) -> bool {
        glob(self.text.as_bytes(), name.as_bytes())
    }

    /// Orders the less specific first: an exact name is most specific, then the
    /// pattern with more letters, then the one with fewer `*`.
    pub fn by_specificity(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }

    fn rank(&self) -> (bool, usize, std::cmp::Reverse<usize>) {
        let count = |wanted: &[u8]| self.text.bytes().filter(|it| wanted.contains(it)).count();
        let wild = count(b"*?");
        (wild == 0, self.text.len() - wild, std::cmp::Reverse(count(b"*")))
    }
}

/// Matches in `O(pattern * name)` without recursion.
pub(crate) fn glob(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(it) if *it == b'?' || *it == name[seen] => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                Some((star_at, from)) => {
                    star = Some((star_at, from + 1));
                    at = star_at + 1;
                    seen = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|it| *it == b'*')
}

#[cfg(test)]
mod tests {
    use super::{Pattern, glob};

    #[track_caller]
    fn check(pattern: &str, name: &str, expect: bool) {
        assert_eq!(Pattern::parse(pattern).unwrap().matches(name), expect, "{pattern} {name}");
    }

    #[test]
    fn star_stands_for_any_characters() {
        check("churn-*", "churn-prod", true);
        check("churn-*", "churn-", true);
        check("churn-*", "churn", false);
        check("*", "a", true);
        check("*-prod", "churn-prod", true);
        check("*-prod", "churn-prod-2", false);
        check("a*b*c", "aXbXbc", true);
        check("c?urn", "churn", true);
        check("c?urn", "curn", false);
        check("Churn", "churn", false);
    }

    #[test]
    fn many_stars_cost_no_time() {
        let name = "a".repeat(20_000);
        assert!(!glob(b"*a*a*a*a*a*a*a*a*a*a*b", name.as_bytes()));
    }

    #[test]
    fn exact_name_is_most_specific() {
        let mut all: Vec<Pattern> = ["churn-prod", "*", "churn-*", "c*", "*churn*", "churn-???d"]
            .into_iter()
            .map(|it| Pattern::parse(it).unwrap())
            .collect();
        all.sort_by(Pattern::by_specificity);
        let order: Vec<&str> = all.iter().map(Pattern::text).collect();
        assert_eq!(order, ["*", "c*", "*churn*", "churn-*", "churn-???d", "churn-prod"]);
    }

    #[test]
    fn impossible_names_are_refused() {
        for it in ["", "a_b", "a.b", "-a", "a-", "ä", &"a".repeat(64), "a b"] {
            assert_eq!(Pattern::parse(it), None, "{it}");
        }
    }
}
