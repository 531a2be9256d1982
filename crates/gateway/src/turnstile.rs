//! Whose turn it is to IDENTIFY.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};

use crate::limits::IDENTIFY_INTERVAL;

/// Where the shards of one bot queue to IDENTIFY: one at a time, and five seconds apart, for each rate
/// key, which is the shard's number modulo `max_concurrency` (Discord: events/gateway#sharding-max-concurrency).
#[derive(Debug, Default)]
pub(crate) struct Turnstile {
    queue: Mutex<Queue>,
    freed: Notify,
}

#[derive(Debug)]
struct Queue {
    max_concurrency: u32,
    /// The shards that have a turn and have not used it.
    inside: Vec<u32>,
    /// When each shard last sent its IDENTIFY.
    identified: BTreeMap<u32, Instant>,
}

/// The right to send one IDENTIFY. Dropping it lets the next shard in.
#[derive(Debug)]
pub(crate) struct Turn {
    turnstile: Arc<Turnstile>,
    shard: u32,
}

// === impl Turnstile ===

impl Turnstile {
    /// What Discord says it is. Until it has, one.
    pub(crate) fn set_max_concurrency(&self, max_concurrency: u32) {
        self.queue.lock().max_concurrency = max_concurrency.max(1);
        self.freed.notify_waiters();
    }

    /// Waits until no other shard of the same rate key has a turn. Cancel-safe.
    pub(crate) async fn turn(self: &Arc<Self>, shard: u32) -> Turn {
        loop {
            // Before the look: what is freed after it must not be missed.
            let freed = self.freed.notified();
            if self.queue.lock().enter(shard) {
                return Turn {
                    turnstile: Arc::clone(self),
                    shard,
                };
            }
            freed.await;
        }
    }
}

// === impl Queue ===

impl Default for Queue {
    fn default() -> Self {
        Self {
            max_concurrency: 1,
            inside: Vec::new(),
            identified: BTreeMap::new(),
        }
    }
}

impl Queue {
    fn enter(&mut self, shard: u32) -> bool {
        let is_free = !self.inside.iter().any(|other| self.is_same(*other, shard));
        if is_free {
            self.inside.push(shard);
        }
        is_free
    }

    /// Whether two shards have the same rate key.
    fn is_same(&self, one: u32, other: u32) -> bool {
        one % self.max_concurrency == other % self.max_concurrency
    }

    fn identify_from(&self, shard: u32) -> Option<Instant> {
        let same = self.identified.iter();
        let same = same.filter(|(other, _)| self.is_same(**other, shard));
        same.map(|(_, at)| *at + IDENTIFY_INTERVAL).max()
    }
}

// === impl Turn ===

impl Turn {
    /// How many other shards are about to send one, or have done so just now: Discord may not have
    /// counted them yet.
    pub(crate) fn others(&self) -> u32 {
        let queue = self.turnstile.queue.lock();
        let sent = queue.identified.iter();
        let sent = sent
            .filter(|(shard, at)| **shard != self.shard && at.elapsed() < IDENTIFY_INTERVAL)
            .count();
        let others = queue.inside.len().saturating_sub(1).saturating_add(sent);
        u32::try_from(others).unwrap_or(u32::MAX)
    }

    /// Uses it if it is time, else says when to come again.
    pub(crate) fn try_use(&self) -> Result<(), Instant> {
        let mut queue = self.turnstile.queue.lock();
        let now = Instant::now();
        match queue.identify_from(self.shard) {
            Some(from) if from > now => Err(from),
            _ => {
                queue.identified.insert(self.shard, now);
                Ok(())
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut queue = self.turnstile.queue.lock();
        queue.inside.retain(|shard| *shard != self.shard);
        drop(queue);
        self.turnstile.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;
    use tokio::time::sleep_until;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn shards_of_one_rate_key_take_turns_and_keep_their_distance() {
        let turnstile = Arc::new(Turnstile::default());
        let first = turnstile.turn(0).await;
        assert!(turnstile.turn(1).now_or_never().is_none());
        assert_eq!(first.try_use(), Ok(()));
        drop(first);
        let second = turnstile.turn(1).now_or_never().unwrap();
        let from = second.try_use().unwrap_err();
        assert_eq!(from, Instant::now() + Duration::from_millis(5_100));
        sleep_until(from).await;
        assert_eq!(second.try_use(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_shards_at_once_as_discord_allows() {
        let turnstile = Arc::new(Turnstile::default());
        turnstile.set_max_concurrency(2);
        let turns = [turnstile.turn(0).await, turnstile.turn(1).await];
        assert_eq!(turns[1].others(), 1);
        assert!(turnstile.turn(2).now_or_never().is_none());
        for turn in &turns {
            assert_eq!(turn.try_use(), Ok(()));
        }
        drop(turns);
        let third = turnstile.turn(2).await;
        assert!(third.try_use().is_err(), "the key of shard 0");
        assert_eq!(third.others(), 2, "they have only just been sent");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_let_in_when_there_is_room() {
        let turnstile = Arc::new(Turnstile::default());
        let first = turnstile.turn(0).await;
        let wait = async { drop((turnstile.turn(1).await, turnstile.turn(2).await)) };
        tokio::pin!(wait);
        assert!(wait.as_mut().now_or_never().is_none());
        turnstile.set_max_concurrency(3);
        assert!(wait.as_mut().now_or_never().is_some());
        drop(first);
    }
}
