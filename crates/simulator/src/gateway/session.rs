//! One session: who listens, what they asked for, and the events that may be replayed.

use std::{collections::VecDeque, sync::Arc};

use serde_json::Value;
use tokio::{sync::Notify, time::Instant};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{
    limits::{DEFERRED_MAX, REORDER_HOLD},
    mutilation, payload,
};
use crate::{dispatch::Dispatch, fault::EventFault, world::World};

/// A session between IDENTIFY and its end; it outlives its connections.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) user_id: u64,
    pub(crate) intents: u64,
    /// Its number among how many.
    pub(crate) shard: (u64, u64),
    /// When it began, in milliseconds since 1970.
    pub(crate) began_ms: u64,
    /// Who reads it now.
    pub(crate) place: Place,
    /// Wakes whoever reads it.
    pub(crate) wake: Arc<Notify>,
    /// The sequence number given last.
    sequence: u64,
    /// The newest sequence number that cannot be replayed any more.
    forgotten: u64,
    replay: VecDeque<Sent>,
    replay_max: usize,
    deferred: Vec<Deferred>,
}

/// Where a session is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On this connection.
    Attached(u64),
    /// Nowhere, since then.
    Detached(Instant),
}

/// An event that has its number.
#[derive(Debug)]
struct Sent {
    sequence: u64,
    /// RESUMED speaks of one resume; it is not said again in the next one.
    once: bool,
    text: Utf8Bytes,
}

/// An event that waits for its number.
#[derive(Debug)]
struct Deferred {
    due: Instant,
    /// Sent after the next event, if that comes before `due`.
    after_next: bool,
    name: &'static str,
    data: Value,
}

/// What a connection gets for its cursor.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pulled {
    /// The next events, and the cursor after them; the time at which to look again, if any.
    Events {
        texts: Vec<Utf8Bytes>,
        cursor: u64,
        again_at: Option<Instant>,
    },
    /// The buffer has moved past the cursor: this reader is too slow.
    Overrun,
    /// The session is over, or another connection reads it.
    Gone,
}

/// What RESUME meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replayable {
    Yes,
    /// More is missing than the buffer holds.
    TooOld,
    /// The client claims an event that was never sent.
    NeverSent,
}

impl Session {
    /// A session that `connection` has just begun.
    pub(crate) fn begin(
        user_id: u64,
        intents: u64,
        shard: (u64, u64),
        connection: u64,
        replay_max: usize,
    ) -> Self {
        Self {
            user_id,
            began_ms: 0,
            intents,
            shard,
            place: Place::Attached(connection),
            wake: Arc::default(),
            sequence: 0,
            forgotten: 0,
            replay: VecDeque::new(),
            replay_max: replay_max.max(1),
            deferred: Vec::new(),
        }
    }

    /// Whether it is told of `dispatch`: its guild, shard, intents, and what its user may see.
    pub(crate) fn wants(&self, world: &World, dispatch: &Dispatch) -> bool {
        if let Some(only) = dispatch.only
            && only != self.user_id
        {
            return false;
        }
        let asked_for = dispatch.intents == 0 || dispatch.intents & self.intents != 0;
        let (number, shards) = self.shard;
        let on_shard = (dispatch.guild_id >> 22) % shards.max(1) == number;
        // Who has just been removed from the guild is told so by name, and so is everybody of an
        // outage, during which there is no other news.
        let in_guild = dispatch.only.is_some()
            || (world.is_member(dispatch.guild_id, self.user_id)
                && world.reach(dispatch.guild_id).is_ok());
        let sees = dispatch
            .channel_id
            .is_none_or(|id| world.can_view(self.user_id, id));
        asked_for && on_shard && in_guild && sees
    }

    /// Takes an event in, with what goes wrong on its way.
    pub(crate) fn take(
        &mut self,
        now: Instant,
        name: &'static str,
        data: Value,
        fault: EventFault,
    ) {
        let crowded = self.deferred.len() >= DEFERRED_MAX;
        match fault {
            EventFault::Drop => {}
            EventFault::Delay(delay) if !crowded => {
                self.defer(Deferred {
                    due: now + delay,
                    after_next: false,
                    name,
                    data,
                });
            }
            EventFault::Reorder if !crowded => {
                self.defer(Deferred {
                    due: now + REORDER_HOLD,
                    after_next: true,
                    name,
                    data,
                });
            }
            EventFault::Duplicate => {
                self.push(name, &data);
                self.push(name, &data);
            }
            EventFault::Cut => {
                let sequence = self.sequence + 1;
                self.push(name, &data);
                let mut replay = self.replay.iter_mut();
                if let Some(sent) = replay.find(|sent| sent.sequence == sequence) {
                    sent.text = mutilation::cut(&sent.text).into();
                }
            }
            EventFault::Hollow => self.push(name, &mutilation::hollow(data)),
            EventFault::Blank => self.push(name, &Value::Object(serde_json::Map::new())),
            EventFault::Authorless => self.push(name, &mutilation::authorless(data)),
            EventFault::Bloated => self.push(name, &mutilation::bloated(data)),
            EventFault::None | EventFault::Delay(_) | EventFault::Reorder => self.push(name, &data),
        }
    }

    /// Gives an event the next number.
    pub(crate) fn push(&mut self, name: &str, data: &Value) {
        self.store(name, data, false);
        let held_back = std::mem::take(&mut self.deferred);
        for deferred in held_back {
            if deferred.after_next {
                self.store(deferred.name, &deferred.data, false);
            } else {
                self.deferred.push(deferred);
            }
        }
    }

    /// Says RESUMED, behind everything that is replayed.
    pub(crate) fn push_resumed(&mut self) {
        let trace = serde_json::json!({ "_trace": ["[\"cordboard-simulator\"]"] });
        self.store("RESUMED", &trace, true);
    }

    /// Whether everything after `sequence` can be replayed.
    pub(crate) fn replayable(&self, sequence: u64) -> Replayable {
        if sequence > self.sequence {
            Replayable::NeverSent
        } else if sequence < self.forgotten {
            Replayable::TooOld
        } else {
            Replayable::Yes
        }
    }

    /// Hands the session to another connection.
    pub(crate) fn attach(&mut self, connection: u64) {
        self.place = Place::Attached(connection);
        self.replay.retain(|sent| !sent.once);
    }

    /// At most `count` events after `cursor`.
    pub(crate) fn after(&mut self, now: Instant, cursor: u64, count: usize) -> Pulled {
        self.release_due(now);
        if cursor < self.forgotten {
            return Pulled::Overrun;
        }
        let first = self.replay.partition_point(|sent| sent.sequence <= cursor);
        let next = self.replay.iter().skip(first).take(count);
        let texts: Vec<_> = next.clone().map(|sent| sent.text.clone()).collect();
        let cursor = next.last().map_or(cursor, |sent| sent.sequence);
        let again_at = if cursor < self.sequence_kept() {
            Some(now)
        } else {
            self.deferred.iter().map(|deferred| deferred.due).min()
        };
        Pulled::Events {
            texts,
            cursor,
            again_at,
        }
    }

    /// Gives numbers to the delayed events whose time has come, the earliest first.
    pub(crate) fn release_due(&mut self, now: Instant) {
        if self.deferred.is_empty() {
            return;
        }
        let (mut due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.deferred)
            .into_iter()
            .partition(|event| event.due <= now);
        self.deferred = later;
        due.sort_by_key(|event| event.due);
        for event in due {
            self.store(event.name, &event.data, false);
        }
    }

    /// The number of the newest event in the buffer.
    fn sequence_kept(&self) -> u64 {
        self.replay.back().map_or(0, |sent| sent.sequence)
    }

    fn defer(&mut self, deferred: Deferred) {
        self.deferred.push(deferred);
        // The reader has to learn when to look again.
        self.wake.notify_one();
    }

    fn store(&mut self, name: &str, data: &Value, once: bool) {
        self.sequence += 1;
        let text = payload::event(name, self.sequence, data).into();
        self.replay.push_back(Sent {
            sequence: self.sequence,
            once,
            text,
        });
        while self.replay.len() > self.replay_max {
            self.forgotten = self
                .replay
                .pop_front()
                .map_or(self.forgotten, |sent| sent.sequence);
        }
        self.wake.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn session(replay_max: usize) -> Session {
        Session::begin(1, 0, (0, 1), 7, replay_max)
    }

    /// Names and numbers of what a reader at `cursor` gets.
    fn read(session: &mut Session, now: Instant, cursor: u64) -> Vec<(String, u64)> {
        match session.after(now, cursor, 100) {
            Pulled::Events { texts, .. } => texts
                .iter()
                .map(|text| serde_json::from_str::<Value>(text).unwrap())
                .map(|event| {
                    (
                        event["t"].as_str().unwrap().to_owned(),
                        event["s"].as_u64().unwrap(),
                    )
                })
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    fn named(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
        pairs
            .iter()
            .map(|(name, sequence)| ((*name).to_owned(), *sequence))
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_replay_is_in_order_and_says_resumed_once() {
        let now = Instant::now();
        let mut session = session(10);
        for name in ["READY", "A", "B"] {
            session.push(name, &json!({}));
        }
        session.attach(8);
        session.push_resumed();
        assert_eq!(
            read(&mut session, now, 1),
            named(&[("A", 2), ("B", 3), ("RESUMED", 4)])
        );

        session.push("C", &json!({}));
        session.attach(9);
        session.push_resumed();
        assert_eq!(
            read(&mut session, now, 2),
            named(&[("B", 3), ("C", 5), ("RESUMED", 6)])
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_buffer_forgot_cannot_be_resumed() {
        let mut session = session(2);
        for name in ["READY", "A", "B", "C"] {
            session.push(name, &json!({}));
        }
        assert_eq!(session.replayable(1), Replayable::TooOld);
        assert_eq!(session.replayable(2), Replayable::Yes);
        assert_eq!(session.replayable(5), Replayable::NeverSent);
        assert_eq!(session.after(Instant::now(), 1, 10), Pulled::Overrun);
    }

    #[tokio::test(start_paused = true)]
    async fn event_faults_do_what_they_say() {
        let now = Instant::now();
        let mut session = session(10);
        session.take(
            now,
            "LATE",
            json!({}),
            EventFault::Delay(Duration::from_secs(5)),
        );
        session.take(now, "SECOND", json!({}), EventFault::Reorder);
        session.take(now, "LOST", json!({}), EventFault::Drop);
        session.take(now, "FIRST", json!({}), EventFault::None);
        session.take(now, "TWICE", json!({}), EventFault::Duplicate);
        let soon = named(&[("FIRST", 1), ("SECOND", 2), ("TWICE", 3), ("TWICE", 4)]);
        assert_eq!(read(&mut session, now, 0), soon);
        let then = now + Duration::from_secs(5);
        assert_eq!(read(&mut session, then, 4), named(&[("LATE", 5)]));
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_nothing_follows_is_not_held_back_for_ever() {
        let now = Instant::now();
        let mut session = session(10);
        session.take(now, "ALONE", json!({}), EventFault::Reorder);
        let Pulled::Events {
            texts, again_at, ..
        } = session.after(now, 0, 10)
        else {
            panic!()
        };
        assert!(texts.is_empty());
        assert_eq!(again_at, Some(now + REORDER_HOLD));
        assert_eq!(
            read(&mut session, now + REORDER_HOLD, 0),
            named(&[("ALONE", 1)])
        );
    }
}
