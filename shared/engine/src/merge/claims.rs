use std::collections::HashSet;

use dataset::Inference;

use super::{Became, LabelIndex, Place, index::touch};

/// Which labels have met inferences, and which inferences were seen.
///
/// Events are known by 64 bits of their id's hash: of a hundred million events, the
/// chance that one is taken for another is 3 in 10,000.
#[derive(Debug, Clone)]
pub struct Claims {
    /// For each slot of the index the first event; 0 where none came.
    events: Vec<u64>,
    claimed: usize,
    /// Further events of ids that callers use more than once.
    further: HashSet<(usize, u64)>,
    unlabelled: HashSet<u64>,
    /// How many unlabelled events are remembered.
    most: usize,
}

/// What an event is known by, with the name that its caller gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventHash(pub u64);

impl EventHash {
    pub fn of(inference: &Inference<'_>) -> Self {
        let mut hash = summary::hash::text(&inference.event_id());
        if inference.is_named() {
            // An event has one name; where files say otherwise, these are two.
            hash = hash.rotate_left(32) ^ summary::hash::text(&inference.key());
        }
        // Zero is where no event came.
        Self(hash.max(1))
    }
}

/// How an inference stands to the label that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    First,
    /// Another inference has the same id: the label is for both.
    Another,
    /// The same event came before.
    Repeated,
}

impl Claims {
    /// `most` bounds how many events without a label are remembered; later ones
    /// that come twice are counted twice.
    pub fn new(index: &LabelIndex, most: usize) -> Self {
        let (further, unlabelled) = Default::default();
        Self { events: vec![0; index.size()], claimed: 0, further, unlabelled, most }
    }

    /// Makes ready what is needed to settle many labels soon.
    pub fn expect(&self, places: impl Iterator<Item = Place>) {
        touch(places.map(|it| self.events[it.0]));
    }

    /// Notes an inference and the label that was found for it.
    pub fn settle(&mut self, found: Option<Place>, event: EventHash) -> Became {
        match found {
            Some(place) if self.claim(place, event) == Claim::Repeated => Became::Repeated,
            Some(_) => Became::Merged,
            None if self.is_new(event) => Became::Unlabelled,
            None => Became::Repeated,
        }
    }

    /// Notes that an inference has met its label.
    pub fn claim(&mut self, place: Place, event: EventHash) -> Claim {
        let event = event.0;
        let first = &mut self.events[place.0];
        if *first == 0 {
            *first = event;
            self.claimed += 1;
            return Claim::First;
        }
        if *first == event || !self.further.insert((place.0, event)) {
            return Claim::Repeated;
        }
        Claim::Another
    }

    pub fn is_claimed(&self, place: Place) -> bool {
        self.events[place.0] != 0
    }

    /// Returns how many ids have labels that met no inference.
    pub fn unclaimed(&self, index: &LabelIndex) -> u64 {
        (index.len() - self.claimed) as u64
    }

    fn is_new(&mut self, event: EventHash) -> bool {
        let event = event.0;
        if self.unlabelled.len() < self.most {
            return self.unlabelled.insert(event);
        }
        !self.unlabelled.contains(&event)
    }
}
