//! Where events are subscribed to.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{sync::watch, time::Instant};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

use crate::{
    Feed, Health, Session, State, Subscription,
    board::Board,
    queue::{Queue, Room},
    table::{Table, Topic},
};

/// Where events are subscribed to. Clones are handles to the same hub.
///
/// A subscription exists from the moment [`Hub::subscribe`] returns: subscribe first, then send
/// what you want an answer to.
#[derive(Clone, Debug)]
pub struct Hub {
    pub(crate) shared: Arc<Shared>,
    state: watch::Receiver<State>,
}

/// What hub, feed and subscriptions share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) table: Mutex<Table>,
    pub(crate) pulse: Pulse,
    pub(crate) board: Mutex<Board>,
}

/// The last signs of life, in microseconds since `born`, each plus one; 0 is never.
#[derive(Debug)]
pub(crate) struct Pulse {
    born: Instant,
    frame: AtomicU64,
    event: AtomicU64,
    latency: AtomicU64,
    undecodable: AtomicU64,
}

impl Hub {
    /// A hub and the side that feeds it.
    ///
    /// [`Gateway::new`](crate::Gateway::new) makes both for you; this is for those who receive
    /// Discord's events by other means.
    #[must_use]
    pub fn new() -> (Self, Feed) {
        let pulse = Pulse {
            born: Instant::now(),
            frame: AtomicU64::new(0),
            event: AtomicU64::new(0),
            latency: AtomicU64::new(0),
            undecodable: AtomicU64::new(0),
        };
        let shared = Arc::new(Shared {
            table: Mutex::default(),
            pulse,
            board: Mutex::default(),
        });
        let (sender, state) = watch::channel(State::Connecting {
            since: Instant::now(),
        });
        (
            Self {
                shared: Arc::clone(&shared),
                state,
            },
            Feed::new(shared, sender),
        )
    }

    /// Every event of one channel (or thread), from now on.
    #[must_use]
    pub fn subscribe(&self, channel: Id<ChannelMarker>) -> Subscription {
        self.open(Topic::Channel(channel), Room::ORDINARY)
    }

    /// Every event with one of these names, such as `CHANNEL_DELETE`, wherever it happens, from
    /// now on.
    #[must_use]
    pub fn watch(&self, names: &'static [&'static str]) -> Subscription {
        self.open(Topic::Names(names), Room::ORDINARY)
    }

    /// As [`Self::watch`], for somebody who keeps a record: it is also told what Discord has
    /// acknowledged ([`Delivery::Acknowledged`](crate::Delivery::Acknowledged)), and 16,384
    /// deliveries or 16 MiB may wait, so that the replay of a resumed session fits.
    ///
    /// With `READY` and `RESUMED` among the names it sees sessions begin and go on. A new session's
    /// lapse comes after its `READY`, and after the first `GUILD_CREATE` of each guild that is there.
    #[must_use]
    pub fn tap(&self, names: &'static [&'static str]) -> Subscription {
        self.open(Topic::Tap(names), Room::TAP)
    }

    /// Something was done in `guild` after `since` that Discord tells this bot in an event of that
    /// guild, such as a message that it posted where it may read. If no event of the guild has come
    /// since, and none comes within a minute although the connection seems well, that connection tells
    /// nothing ([`Trouble::Deaf`](crate::Trouble::Deaf)): a new session begins, with a lapse.
    ///
    /// Say so only after Discord has said that it was done.
    pub fn expect(&self, guild: Id<GuildMarker>, since: Instant) {
        self.shared.board.lock().expect(guild, since);
    }

    /// How each shard stands, with its number.
    #[must_use]
    pub fn shards(&self) -> Vec<(u32, State)> {
        self.shared.board.lock().states()
    }

    /// How the connection stands, now and whenever it changes. Of several shards: ready when all are,
    /// else how the one stands that is worst off.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// How the connection stands, with the signs of life.
    #[must_use]
    pub fn health(&self) -> Health {
        let pulse = &self.shared.pulse;
        Health {
            state: self.state.borrow().clone(),
            last_frame_age: pulse.age(&pulse.frame),
            last_event_age: pulse.age(&pulse.event),
            undecodable: pulse.undecodable.load(Ordering::Relaxed),
            latency: Pulse::load(&pulse.latency),
        }
    }

    /// The session as it stands, to be written down so that a process that comes after a crash can go
    /// on with it ([`Gateway::resuming`](crate::Gateway::resuming)); `None` while Discord knows none.
    /// Everything up to its sequence has been published.
    ///
    /// Of several shards, that of the first one that has one: ask [`Self::sessions`].
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        let board = self.shared.board.lock();
        board.sessions().next().map(|(_, session)| session.clone())
    }

    /// The sessions as they stand, each with its shard's number.
    #[must_use]
    pub fn sessions(&self) -> Vec<(u32, Session)> {
        let board = self.shared.board.lock();
        let sessions = board.sessions();
        sessions
            .map(|(shard, session)| (shard, session.clone()))
            .collect()
    }

    fn open(&self, topic: Topic, room: Room) -> Subscription {
        let queue = Arc::new(Queue::new(room));
        self.shared.table.lock().add(topic, &queue);
        Subscription::new(Arc::clone(&self.shared), topic, queue)
    }
}

// === impl Pulse ===

impl Pulse {
    /// A frame came; `event` when it was a dispatch.
    pub(crate) fn beat(&self, event: bool) {
        let since = self.born.elapsed();
        Self::store(&self.frame, Some(since));
        if event {
            Self::store(&self.event, Some(since));
        }
    }

    /// A frame could not be read.
    pub(crate) fn stumbled(&self) {
        self.undecodable.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn answered(&self, latency: Option<Duration>) {
        Self::store(&self.latency, latency);
    }

    fn age(&self, cell: &AtomicU64) -> Option<Duration> {
        Self::load(cell).map(|then| self.born.elapsed().saturating_sub(then))
    }

    fn store(cell: &AtomicU64, value: Option<Duration>) {
        let micros = value.map_or(0, |value| {
            u64::try_from(value.as_micros())
                .unwrap_or(u64::MAX)
                .saturating_add(1)
        });
        // Read by health pages only; no other memory hangs on it.
        cell.store(micros, Ordering::Relaxed);
    }

    fn load(cell: &AtomicU64) -> Option<Duration> {
        cell.load(Ordering::Relaxed)
            .checked_sub(1)
            .map(Duration::from_micros)
    }
}

#[cfg(test)]
mod tests;
