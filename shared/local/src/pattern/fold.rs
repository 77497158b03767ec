//! Texts compared without regard to case.

/// A text of which every letter may come in lower or upper case.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Folded {
    letters: Vec<Letter>,
}

/// One letter; the cases of some take several characters.
#[derive(Debug, Clone, PartialEq)]
struct Letter {
    lower: String,
    upper: String,
}

impl Folded {
    pub(super) fn new(text: &str) -> Self {
        let letters = text.chars().map(|letter| Letter {
            lower: letter.to_lowercase().collect(),
            upper: letter.to_uppercase().collect(),
        });
        Self { letters: letters.collect() }
    }

    pub(super) fn equals(&self, text: &str) -> bool {
        self.after_prefix(text) == Some("")
    }

    pub(super) fn starts(&self, text: &str) -> bool {
        self.after_prefix(text).is_some()
    }

    pub(super) fn ends(&self, text: &str) -> bool {
        let rest = self.letters.iter().rev().try_fold(text, |rest, letter| {
            rest.strip_suffix(&*letter.lower).or_else(|| rest.strip_suffix(&*letter.upper))
        });
        rest.is_some()
    }

    fn after_prefix<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.letters.iter().try_fold(text, |rest, letter| {
            rest.strip_prefix(&*letter.lower).or_else(|| rest.strip_prefix(&*letter.upper))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_of_every_letter_is_free() {
        let folded = Folded::new("Éa-ß");
        for (text, equals, starts, ends) in [
            ("éA-ß", true, true, true),
            ("ÉA-SS", true, true, true),
            ("éa-ss", false, false, false),
            ("éa-ßx", false, true, false),
            ("xéa-ß", false, false, true),
            ("é", false, false, false),
            ("", false, false, false),
        ] {
            let got = (folded.equals(text), folded.starts(text), folded.ends(text));
            assert_eq!(got, (equals, starts, ends), "{text}");
        }
        assert!(Folded::new("").equals("") && Folded::new("").starts("x"));
    }
}
