/// Returns the candidate that `word` was most likely meant to be.
///
/// Distance is Damerau's (optimal string alignment) over lower case with `-`
/// read as `_`; nothing is suggested when more than a third would change.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = folded(word);
    if 80 < word.len() {
        return None;
    }
    let mut best: Option<(usize, &'a str)> = None;
    for it in candidates {
        let steps = distance(&word, &folded(it));
        if steps * 3 <= word.len().max(3) && best.is_none_or(|(least, _)| steps < least) {
            best = Some((steps, it));
        }
    }
    best.map(|(_, it)| it)
}

fn folded(word: &str) -> Vec<char> {
    word.chars().flat_map(char::to_lowercase).map(|it| if it == '-' { '_' } else { it }).collect()
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i];
        for j in 1..=b.len() {
            let swap_cost = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (row[j] + 1).min(next[j - 1] + 1).min(row[j - 1] + swap_cost);
            if 1 < i && 1 < j && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[track_caller]
    fn check(word: &str, expect: Option<&str>) {
        assert_eq!(nearest(word, ["engine", "verdict", "data_quality", "min_rows"]), expect);
    }

    #[test]
    fn slip_of_one_letter_is_understood() {
        check("engin", Some("engine"));
        check("verdcit", Some("verdict"));
        check("data-quality", Some("data_quality"));
        check("minrows", Some("min_rows"));
    }

    #[test]
    fn another_word_is_not_guessed() {
        check("colour", None);
        check("", None);
        check(&"x".repeat(500), None);
    }
}
