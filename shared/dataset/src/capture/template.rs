use super::envelope::{Encoding, Envelope, Side};
use crate::json::{Text, Walk};

/// How many ways of writing a record are kept in mind.
const KEPT: usize = 4;
/// After so many, nothing is learnt any more; and unless each was used so often,
/// records are too different for this to pay.
const LEARNT: usize = 64;
const WORTH: u64 = 16;

/// The text around the values, which one service writes alike for every record.
///
/// Where a record equals one that was read before, but for the values, nothing
/// but these needs to be looked at. A record that differs is read key by key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Templates {
    kept: Vec<Template>,
    learnt: usize,
    used: u64,
}

/// A value that differs from record to record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hole {
    Input,
    Output,
    Truth,
    Event,
    Inference,
    Time,
    Other,
}

#[derive(Debug, Clone)]
struct Template {
    /// The text before each hole, one after the other.
    before: Vec<u8>,
    holes: Vec<(usize, Hole)>,
    after: Vec<u8>,
    envelope: Envelope,
    uses: u64,
}

impl Templates {
    /// Reads the record at `start`, which runs to the end of `bytes`; `None`
    /// when it was never seen written that way.
    pub(crate) fn read(&mut self, bytes: &[u8], start: usize) -> Option<Envelope> {
        let found =
            self.kept.iter().enumerate().find_map(|(i, it)| Some((i, it.read(bytes, start)?)));
        let (i, envelope) = found?;
        self.used += 1;
        self.kept[i].uses += 1;
        if 0 < i && self.kept[i - 1].uses < self.kept[i].uses {
            self.kept.swap(i - 1, i);
        }
        Some(envelope)
    }

    /// Keeps in mind how a record is written.
    pub(crate) fn learn(
        &mut self,
        bytes: &[u8],
        start: usize,
        envelope: &Envelope,
        others: &[Text],
    ) {
        let plain = |it: &Side| matches!(it.encoding, Encoding::Csv | Encoding::Json);
        let sides = [envelope.input, envelope.output];
        if self.learnt == LEARNT || envelope.bare || !sides.iter().flatten().all(plain) {
            return;
        }
        self.learnt += 1;
        if self.learnt == LEARNT && self.used < WORTH * LEARNT as u64 {
            self.kept.clear();
            return;
        }
        let bodies = [
            (envelope.input, Hole::Input),
            (envelope.output, Hole::Output),
            (envelope.truth, Hole::Truth),
        ];
        let bodies = bodies.iter().filter_map(|(side, hole)| Some((side.as_ref()?.body, *hole)));
        let others = others.iter().map(|it| match Some(*it) {
            text if text == envelope.time => (*it, Hole::Time),
            text if text == envelope.event => (*it, Hole::Event),
            text if text == envelope.inference => (*it, Hole::Inference),
            _ => (*it, Hole::Other),
        });
        let mut holes: Vec<(Text, Hole)> = bodies.chain(others).collect();
        holes.sort_unstable_by_key(|it| it.0.start);
        let mut from = start;
        let mut template = Template {
            before: Vec::new(),
            holes: Vec::new(),
            after: Vec::new(),
            envelope: *envelope,
            uses: 0,
        };
        for (text, hole) in holes {
            template.before.extend_from_slice(&bytes[from..text.start]);
            template.holes.push((text.start - from, hole));
            from = text.end;
        }
        template.after.extend_from_slice(&bytes[from..]);
        if self.kept.len() == KEPT {
            self.kept.pop();
        }
        self.kept.push(template);
    }
}

impl Template {
    fn read(&self, bytes: &[u8], start: usize) -> Option<Envelope> {
        let mut envelope = self.envelope;
        let mut before = &self.before[..];
        let mut pos = start;
        for (length, hole) in &self.holes {
            let (wanted, rest) = before.split_at(*length);
            if bytes.get(pos..pos + length)? != wanted {
                return None;
            }
            before = rest;
            // The quote before a hole ends the text before it.
            let mut walk = Walk::new(bytes, pos + length - 1, 0);
            let text = walk.text().ok()?;
            pos = text.end;
            match hole {
                Hole::Input => fill(&mut envelope.input, text),
                Hole::Output => fill(&mut envelope.output, text),
                Hole::Truth => fill(&mut envelope.truth, text),
                Hole::Event => envelope.event = Some(text),
                Hole::Inference => envelope.inference = Some(text),
                Hole::Time => envelope.time = Some(text),
                Hole::Other => {}
            }
        }
        (bytes[pos..] == self.after).then_some(envelope)
    }
}

fn fill(side: &mut Option<Side>, body: Text) {
    *side = side.map(|it| Side { body, ..it }).filter(|it| body.start < it.body.end);
}
