/// A stretch of time in whole seconds, written `90s`, `15m`, `2h` or `1d`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub seconds: u32,
}

impl Span {
    /// Reads a span of at most seven days.
    pub fn parse(text: &str) -> Option<Self> {
        let unit = text.chars().last()?;
        let number = text.strip_suffix(unit)?;
        if number.is_empty() || !number.bytes().all(|it| it.is_ascii_digit()) {
            return None;
        }
        let each = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        let seconds = number.parse::<u32>().ok()?.checked_mul(each)?;
        (seconds <= 7 * 86_400).then_some(Self { seconds })
    }
}

/// How many windows out of the last few must agree, written `2 of 3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowCount {
    pub m: u32,
    pub n: u32,
}

impl WindowCount {
    /// Reads `m of n` with `1 <= m <= n <= 24`.
    pub fn parse(text: &str) -> Option<Self> {
        let (m, n) = text.split_once(" of ")?;
        let (m, n) = (number(m)?, number(n)?);
        (1 <= m && m <= n && n <= 24).then_some(Self { m, n })
    }
}

fn number(text: &str) -> Option<u32> {
    let is_plain = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if is_plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{Span, WindowCount};

    #[track_caller]
    fn check(text: &str, expect: Option<u32>) {
        assert_eq!(Span::parse(text).map(|it| it.seconds), expect, "{text}");
    }

    #[test]
    fn spans_read_in_four_units() {
        check("90s", Some(90));
        check("15m", Some(900));
        check("2h", Some(7200));
        check("7d", Some(604_800));
        check("0s", Some(0));
    }

    #[test]
    fn other_spans_are_refused() {
        for it in ["", "15", "m", "-1m", "1.5h", "8d", "99999999999d", "15 m", "15ｍ", "１m"] {
            check(it, None);
        }
    }

    #[test]
    fn window_counts_stay_in_bounds() {
        let read = |it| WindowCount::parse(it).map(|it| (it.m, it.n));
        assert_eq!(read("2 of 3"), Some((2, 3)));
        assert_eq!(read("24 of 24"), Some((24, 24)));
        for it in ["3 of 2", "0 of 3", "1 of 25", "2of3", "2 of", "+2 of 3", "2 of 3 "] {
            assert_eq!(read(it), None, "{it}");
        }
    }
}
