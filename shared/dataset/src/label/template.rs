use super::record::Value;
use crate::json::{Text, Walk};

/// The text around label and id, which one writer writes alike for every record.
///
/// A record that equals the last one that was read key by key, but for these, needs
/// no walk over its keys.
#[derive(Debug, Clone, Default)]
pub(super) struct Template {
    before: Vec<u8>,
    between: Vec<u8>,
    after: Vec<u8>,
    /// The label comes first, then the id.
    label_first: bool,
    /// From the label's characters back to its brace, and on to behind its end.
    around: (usize, usize),
}

impl Template {
    /// Keeps in mind how a record of AWS's is written whose label's characters are
    /// `said`; other records are left alone.
    pub(super) fn learn(&mut self, bytes: &[u8], start: usize, id: Text, record: Text, said: Text) {
        let label_first = said.end < id.start;
        let (first, second) = if label_first { (said, id) } else { (id, said) };
        self.before = bytes[start..first.start].to_vec();
        self.between = bytes[first.end..second.start].to_vec();
        self.after = bytes[second.end..].to_vec();
        self.label_first = label_first;
        self.around = (said.start - record.start, record.end - said.end);
    }

    /// Reads the record at `start`, which runs to the end of `bytes`: its id and label.
    #[inline]
    pub(super) fn read(&self, bytes: &[u8], start: usize) -> Option<(Text, Value)> {
        if self.before.is_empty() {
            return None;
        }
        let first = hole(bytes, start, &self.before)?;
        let second = hole(bytes, first.end, &self.between)?;
        if bytes[second.end..] != self.after {
            return None;
        }
        let (said, id) = if self.label_first { (first, second) } else { (second, first) };
        let (back, on) = self.around;
        let text = Text { start: said.start - back, end: said.end + on, escaped: false };
        (id.start < id.end).then_some((id, Value { column: 1, text }))
    }
}

/// The characters after `before`, which ends with their quote.
#[inline]
fn hole(bytes: &[u8], at: usize, before: &[u8]) -> Option<Text> {
    let start = at + before.len();
    if bytes.get(at..start)? != before {
        return None;
    }
    Walk::new(bytes, start - 1, 0).text().ok()
}
