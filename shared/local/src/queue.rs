//! Queues, as far as failed events need them: standard SQS queues with message attributes.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::random::Random;
use crate::template::Named;

/// A queue that keeps its messages in the order of their sending.
#[derive(Debug, Clone)]
pub struct Queue {
    pub named: Named,
    retention: SignedDuration,
    messages: VecDeque<Kept>,
    turned_away: u64,
}

/// What was sent to a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub id: String,
    pub body: String,
    pub attributes: BTreeMap<String, String>,
    pub sent: Timestamp,
}

/// A message as a receiver gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub message: Message,
    /// Deletes it or hides it longer; the next receipt of the message makes it void.
    pub handle: String,
    /// How often it has been received, this time counted.
    pub times: u32,
    pub first: Timestamp,
}

/// How many messages a queue has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub visible: usize,
    /// Received and neither deleted nor visible again.
    pub in_flight: usize,
}

#[derive(Debug, Clone)]
struct Kept {
    message: Message,
    visible: Timestamp,
    handle: Option<String>,
    times: u32,
    first: Timestamp,
}

/// More messages than this, and the queue turns new ones away; SQS itself has no bound.
pub const MOST_MESSAGES: usize = 100_000;
/// A call receives at most so many.
pub const MOST_RECEIVED: usize = 10;
/// How long a received message is hidden where nobody says, 30 seconds.
pub const HIDDEN: SignedDuration = SignedDuration::from_secs(30);

impl Queue {
    /// Makes an empty queue that forgets messages after `retention`.
    pub fn new(named: Named, retention: SignedDuration) -> Self {
        Self { named, retention, messages: VecDeque::new(), turned_away: 0 }
    }

    /// Appends a message and returns its id; a full queue counts it and drops it.
    pub fn send(
        &mut self,
        now: Timestamp,
        random: &mut Random,
        body: String,
        attributes: BTreeMap<String, String>,
    ) -> Option<String> {
        self.expire(now);
        if self.messages.len() >= MOST_MESSAGES {
            self.turned_away += 1;
            return None;
        }
        let id = random.uuid();
        let message = Message { id: id.clone(), body, attributes, sent: now };
        self.keep(message);
        Some(id)
    }

    /// Hands out up to `most` visible messages, at most 10, and hides them for a while.
    pub fn receive(
        &mut self,
        now: Timestamp,
        random: &mut Random,
        most: usize,
        hidden: SignedDuration,
    ) -> Vec<Received> {
        self.expire(now);
        let visible = self.messages.iter_mut().filter(|kept| kept.visible <= now);
        let taken = visible.take(most.min(MOST_RECEIVED)).map(|kept| {
            let handle = random.uuid();
            kept.visible = now.saturating_add(hidden).unwrap_or(Timestamp::MAX);
            kept.handle = Some(handle.clone());
            kept.times += 1;
            if kept.times == 1 {
                kept.first = now;
            }
            Received { message: kept.message.clone(), handle, times: kept.times, first: kept.first }
        });
        taken.collect()
    }

    /// Deletes a message by the handle of its latest receipt; any other handle deletes nothing.
    pub fn delete(&mut self, handle: &str) -> bool {
        let before = self.messages.len();
        self.messages.retain(|kept| kept.handle.as_deref() != Some(handle));
        self.messages.len() < before
    }

    /// Hides a received message until then, counted from now; `false` for an unknown handle.
    pub fn hide(&mut self, now: Timestamp, handle: &str, hidden: SignedDuration) -> bool {
        let kept = self.messages.iter_mut().find(|kept| kept.handle.as_deref() == Some(handle));
        let until = now.saturating_add(hidden).unwrap_or(Timestamp::MAX);
        kept.map(|kept| kept.visible = until).is_some()
    }

    /// Deletes all messages.
    pub fn purge(&mut self) {
        self.messages.clear();
    }

    /// Returns how many messages wait, and how many are with receivers.
    pub fn counts(&mut self, now: Timestamp) -> Counts {
        self.expire(now);
        let visible = self.messages.iter().filter(|kept| kept.visible <= now).count();
        Counts { visible, in_flight: self.messages.len() - visible }
    }

    /// Returns what the queue keeps at a time, oldest first.
    pub fn messages(&mut self, now: Timestamp) -> impl Iterator<Item = &Message> {
        self.expire(now);
        self.messages.iter().map(|kept| &kept.message)
    }

    /// Takes the oldest message out.
    pub fn take(&mut self, now: Timestamp) -> Option<Message> {
        self.expire(now);
        self.messages.pop_front().map(|kept| kept.message)
    }

    /// Puts a message back that was taken by mistake.
    pub fn put_back(&mut self, message: Message) {
        self.keep(message);
    }

    /// Whether this is its logical id, its name or its ARN.
    pub fn is_called(&self, name: &str) -> bool {
        let Named { id, name: own, arn } = &self.named;
        [id, own, arn].into_iter().any(|it| it == name)
    }

    pub fn retention(&self) -> SignedDuration {
        self.retention
    }

    /// Returns how many messages did not fit.
    pub fn turned_away(&self) -> u64 {
        self.turned_away
    }

    fn keep(&mut self, message: Message) {
        let (visible, first) = (message.sent, message.sent);
        self.messages.push_back(Kept { message, visible, handle: None, times: 0, first });
    }

    fn expire(&mut self, now: Timestamp) {
        let kept = |kept: &Kept| now.duration_since(kept.message.sent) < self.retention;
        while self.messages.front().is_some_and(|message| !kept(message)) {
            self.messages.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn messages_stay_until_retention_ends() {
        let mut random = Random::seeded(1);
        let mut queue = Queue::new(Named::default(), SignedDuration::from_secs(100));
        queue.send(at(0), &mut random, "a".to_owned(), BTreeMap::new());
        queue.send(at(50), &mut random, "b".to_owned(), BTreeMap::new());
        let bodies = |queue: &mut Queue, now| {
            queue.messages(at(now)).map(|message| message.body.clone()).collect::<String>()
        };
        assert_eq!(bodies(&mut queue, 99), "ab");
        assert_eq!(bodies(&mut queue, 100), "b");
        assert_eq!(queue.take(at(149)).unwrap().body, "b");
        assert_eq!(queue.take(at(149)), None);
    }

    #[test]
    fn full_queues_turn_messages_away() {
        let mut random = Random::seeded(1);
        let mut queue = Queue::new(Named::default(), SignedDuration::from_secs(100));
        for _ in 0..MOST_MESSAGES + 3 {
            queue.send(at(0), &mut random, String::new(), BTreeMap::new());
        }
        assert_eq!((queue.messages(at(1)).count(), queue.turned_away()), (MOST_MESSAGES, 3));
    }

    // "Amazon SQS visibility timeout" in the developer guide.
    #[test]
    fn received_messages_hide_until_their_time() {
        let mut random = Random::seeded(1);
        let mut queue = Queue::new(Named::default(), SignedDuration::from_hours(1));
        for body in ["a", "b"] {
            queue.send(at(0), &mut random, body.to_owned(), BTreeMap::new());
        }
        let mut take =
            |queue: &mut Queue, now, most| queue.receive(at(now), &mut random, most, HIDDEN);
        let first = take(&mut queue, 1, 1);
        assert_eq!((first[0].message.body.as_str(), first[0].times), ("a", 1));
        assert_eq!(take(&mut queue, 2, 10)[0].message.body, "b");
        assert_eq!(queue.counts(at(3)), Counts { visible: 0, in_flight: 2 });
        let again = take(&mut queue, 31, 10);
        assert_eq!((again.len(), again[0].times, again[0].first), (1, 2, at(1)));
        assert!(!queue.delete(&first[0].handle), "a later receipt has its own handle");
        assert!(queue.hide(at(31), &again[0].handle, SignedDuration::ZERO));
        assert_eq!(queue.counts(at(31)), Counts { visible: 1, in_flight: 1 });
        assert!(queue.delete(&again[0].handle));
        assert_eq!(queue.messages(at(32)).count(), 1);
        queue.purge();
        assert_eq!(queue.counts(at(32)), Counts::default());
    }
}
