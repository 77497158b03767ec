//! The laws of [`Summary`], stated once and run on every summary.

use crate::Summary;

/// Checks the three laws on every cut of `rows` into three pieces.
///
/// Empty pieces are cuts too, so the identity is covered.
#[track_caller]
pub(crate) fn hold<S: Summary, R>(
    rows: &[R],
    of: impl Fn(&[R]) -> S,
    close: impl Fn(&S, &S) -> bool,
) {
    let whole = of(rows);
    for i in 0..=rows.len() {
        for j in i..=rows.len() {
            let piece = |n: usize| of([&rows[..i], &rows[i..j], &rows[j..]][n]);
            let left = join(join(piece(0), &piece(1)), &piece(2));
            let right = join(piece(0), &join(piece(1), &piece(2)));
            let swapped = join(join(piece(2), &piece(0)), &piece(1));
            assert!(close(&left, &whole), "cut at {i} and {j}: differs from one pass");
            assert!(close(&left, &right), "cut at {i} and {j}: not associative");
            assert!(close(&left, &swapped), "cut at {i} and {j}: not commutative");
        }
    }
    assert!(close(&join(S::default(), &whole), &whole), "no left identity");
    assert!(close(&join(of(rows), &S::default()), &whole), "no right identity");
}

fn join<S: Summary>(mut a: S, b: &S) -> S {
    a.merge(b);
    a
}
