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
    messages: VecDeque<Message>,
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

/// More messages than this, and the queue turns new ones away; SQS itself has no bound.
pub const MOST_MESSAGES: usize = 100_000;

impl Queue {
    /// Makes an empty queue that forgets messages after `retention`.
    pub fn new(named: Named, retention: SignedDuration) -> Self {
        Self { named, retention, messages: VecDeque::new(), turned_away: 0 }
    }

    /// Appends a message; a full queue counts it and drops it.
    pub fn send(
        &mut self,
        now: Timestamp,
        random: &mut Random,
        body: String,
        attributes: BTreeMap<String, String>,
    ) {
        self.expire(now);
        if self.messages.len() >= MOST_MESSAGES {
            self.turned_away += 1;
            return;
        }
        self.messages.push_back(Message { id: random.uuid(), body, attributes, sent: now });
    }

    /// Returns what the queue keeps at a time, oldest first.
    pub fn messages(&mut self, now: Timestamp) -> impl Iterator<Item = &Message> {
        self.expire(now);
        self.messages.iter()
    }

    /// Takes the oldest message out.
    pub fn take(&mut self, now: Timestamp) -> Option<Message> {
        self.expire(now);
        self.messages.pop_front()
    }

    /// Puts a message back that was taken by mistake.
    pub fn put_back(&mut self, message: Message) {
        self.messages.push_back(message);
    }

    /// Returns how many messages did not fit.
    pub fn turned_away(&self) -> u64 {
        self.turned_away
    }

    fn expire(&mut self, now: Timestamp) {
        let kept = |message: &Message| now.duration_since(message.sent) < self.retention;
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
}
