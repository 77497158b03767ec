use std::collections::HashMap;

/// Which column of a baseline is which column of the current table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Alignment {
    pub by: AlignedBy,
    /// Index in the baseline and index in the current table, in baseline order.
    pub pairs: Vec<(usize, usize)>,
    /// Columns of the baseline that the current table lacks.
    pub missing: Vec<usize>,
    /// Columns of the current table that the baseline lacks.
    pub extra: Vec<usize>,
}

/// How columns found each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AlignedBy {
    #[default]
    Name,
    /// One side has no names of its own and both have as many columns.
    Position,
    /// One side has no names of its own and the counts differ: which column is
    /// which cannot be known, so nothing is paired, missing or extra.
    Nothing,
}

/// Pairs the columns of a baseline with those of a current table.
///
/// By name, whatever the order; of equal names the first counts. Columns of a CSV
/// without header are called `_c0`, `_c1` and so on, and are paired by position
/// (reference: formats D.7).
pub fn align(baseline: &[&str], current: &[&str]) -> Alignment {
    let nameless = is_positional(baseline) || is_positional(current);
    if nameless && baseline.len() == current.len() {
        let pairs = (0..current.len()).map(|it| (it, it)).collect();
        return Alignment { by: AlignedBy::Position, pairs, ..Alignment::default() };
    }
    if nameless && !baseline.is_empty() && !current.is_empty() {
        return Alignment { by: AlignedBy::Nothing, ..Alignment::default() };
    }
    by_name(baseline, current)
}

fn by_name(baseline: &[&str], current: &[&str]) -> Alignment {
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(current.len());
    for (at, name) in current.iter().enumerate() {
        places.entry(name).or_insert(at);
    }
    let mut alignment = Alignment::default();
    let mut taken = vec![false; current.len()];
    for (at, name) in baseline.iter().enumerate() {
        match places.remove(name) {
            Some(place) => {
                taken[place] = true;
                alignment.pairs.push((at, place));
            }
            None => alignment.missing.push(at),
        }
    }
    alignment.extra = (0..current.len()).filter(|it| !taken[*it]).collect();
    alignment
}

/// Whether every column has the name that Spark gives one without a name.
fn is_positional(names: &[&str]) -> bool {
    !names.is_empty()
        && names.iter().enumerate().all(|(at, name)| {
            name.strip_prefix("_c").is_some_and(|number| *number == at.to_string())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(
        baseline: &str,
        current: &str,
        by: AlignedBy,
        pairs: &[(usize, usize)],
        missing: &[usize],
        extra: &[usize],
    ) {
        let names = |text: &'static str| -> Vec<&str> { text.split_whitespace().collect() };
        let (baseline, current) = (baseline.to_owned().leak(), current.to_owned().leak());
        let got = align(&names(baseline), &names(current));
        let (pairs, missing, extra) = (pairs.to_vec(), missing.to_vec(), extra.to_vec());
        assert_eq!(got, Alignment { by, pairs, missing, extra });
    }

    #[test]
    fn columns_find_each_other_by_name() {
        use AlignedBy::Name;
        check("a b c", "a b c", Name, &[(0, 0), (1, 1), (2, 2)], &[], &[]);
        check("a b c", "c a b", Name, &[(0, 1), (1, 2), (2, 0)], &[], &[]);
        check("a b c", "a x c", Name, &[(0, 0), (2, 2)], &[1], &[1]);
        check("a b", "c d", Name, &[], &[0, 1], &[0, 1]);
        check("a a", "a a", Name, &[(0, 0)], &[1], &[1]);
        check("", "a", Name, &[], &[], &[0]);
        check("a", "", Name, &[], &[0], &[]);
        check("_c0", "", Name, &[], &[0], &[]);
    }

    #[test]
    fn columns_without_names_align_by_position() {
        use AlignedBy::Position;
        check("a b", "_c0 _c1", Position, &[(0, 0), (1, 1)], &[], &[]);
        check("_c0 _c1", "a b", Position, &[(0, 0), (1, 1)], &[], &[]);
        check("_c0 _c1", "_c0 _c1", Position, &[(0, 0), (1, 1)], &[], &[]);
    }

    #[test]
    fn unequal_counts_without_names_align_nothing() {
        use AlignedBy::Nothing;
        check("a b c", "_c0 _c1", Nothing, &[], &[], &[]);
        check("_c0 _c1 _c2", "_c0 _c1", Nothing, &[], &[], &[]);
        check("_c0", "a b", Nothing, &[], &[], &[]);
    }

    #[test]
    fn names_that_only_look_positional_are_names() {
        use AlignedBy::Name;
        check("_c1 _c0", "_c0 _c1 x", Name, &[(0, 1), (1, 0)], &[], &[2]);
        check("_c00 b", "b _c00", Name, &[(0, 1), (1, 0)], &[], &[]);
    }
}
