//! Where events are subscribed to.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::{sync::watch, time::Instant};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

use crate::{
    Cause, Dispatch, Feed, Health, Session, State, Status, Subscription,
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
    status: watch::Receiver<Status>,
}

/// What hub, feed and subscriptions share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) table: Mutex<Table>,
    pub(crate) board: Mutex<Board>,
}

// === impl Hub ===

impl Hub {
    /// A hub and the side that feeds it.
    ///
    /// [`Gateway::new`](crate::Gateway::new) makes both for you; this is for those who receive
    /// Discord's events by other means.
    #[must_use]
    pub fn new() -> (Self, Feed) {
        let shared = Arc::new(Shared {
            table: Mutex::default(),
            board: Mutex::default(),
        });
        let (sender, status) = watch::channel(Status::new(State::Connecting {
            since: Instant::now(),
            why: Cause::Began,
        }));
        (
            Self {
                shared: Arc::clone(&shared),
                status,
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

    /// Whether this guild is in an outage, as Discord has told, so that no event of it comes
    /// (Discord: topics/gateway#unavailable-guilds).
    #[must_use]
    pub fn is_away(&self, guild: Id<GuildMarker>) -> bool {
        self.shared.board.lock().away().any(|id| id == guild)
    }

    /// The payload of this event is not what it should be, and whoever says so has made up for it, as
    /// after a lapse. It is counted ([`Counts::unreadable`](crate::Counts::unreadable)) and logged.
    pub fn unreadable(&self, dispatch: &Dispatch) {
        tracing::warn!(
            event = &*dispatch.name,
            shard = dispatch.shard,
            "an event is not as discord documents it"
        );
        self.shared.board.lock().unread(dispatch.shard);
    }

    /// How each shard is, with its number.
    #[must_use]
    pub fn shards(&self) -> Vec<(u32, Health)> {
        self.shared.board.lock().shards()
    }

    /// How the connection stands, and when events may have been lost last, now and whenever that changes.
    /// Of several shards: ready when all are, else how the one stands that is worst off; the last lapse
    /// and the count of them are those of all.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// How the connection stands, with the signs of life.
    #[must_use]
    pub fn health(&self) -> Health {
        let whole = Health::of(&self.status.borrow());
        let shards = self.shards();
        let shards = shards.iter().map(|(_, health)| health);
        shards.fold(whole, Health::and)
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

#[cfg(test)]
mod tests;
