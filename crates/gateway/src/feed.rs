//! The side of the hub that events come in from.

use std::{collections::HashSet, sync::Arc};

use tokio::{sync::watch, time::Instant};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

use crate::{
    Acknowledged, Delivery, Dispatch, Lapse, LapseReason, Session, ShardId, State, Status,
    frame::Head, hearing::Expected, hub::Shared, pulse::Pulse,
};

/// The side of the hub that events come in from. When it is dropped, every subscription ends.
///
/// Nothing here waits for a subscriber.
#[derive(Debug)]
pub struct Feed {
    shared: Arc<Shared>,
    status: watch::Sender<Status>,
}

// === impl Feed ===

impl Feed {
    pub(crate) fn new(shared: Arc<Shared>, status: watch::Sender<Status>) -> Self {
        Self { shared, status }
    }

    /// Hands `dispatch` to all who want it.
    pub fn publish(&self, dispatch: Dispatch) {
        let takers = self
            .shared
            .table
            .lock()
            .takers(dispatch.channel_id, &dispatch.name);
        if takers.is_empty() {
            return;
        }
        let dispatch = Arc::new(dispatch);
        for queue in takers {
            queue.push(Delivery::Dispatch(Arc::clone(&dispatch)));
        }
    }

    /// Tells every subscriber that events since `since` may be missing, and shows it in the status.
    pub fn lapse(&self, reason: LapseReason, since: Instant) {
        self.lapsed(lapse_until_now(reason, since));
    }

    fn lapsed(&self, lapse: Lapse) {
        let everybody = self.shared.table.lock().everybody();
        for queue in everybody {
            queue.push(Delivery::Lapse(lapse));
        }
        // Last: whoever sees it there finds it in the queue.
        self.status.send_modify(|status| status.lapsed(lapse));
    }

    /// Tells every tap that nothing which Discord dispatched before `sent` is still on its way: it has
    /// been published, or a lapse has.
    pub fn acknowledge(&self, sent: Instant) {
        let away: Arc<[_]> = self.shared.board.lock().away().collect();
        let taps = self.shared.table.lock().taps();
        for queue in taps {
            let away = Arc::clone(&away);
            queue.push(Delivery::Acknowledged(Acknowledged { sent, away }));
        }
    }

    /// Says how the connection stands.
    pub fn set_state(&self, state: State) {
        self.status.send_modify(|status| status.state = state);
    }

    /// Whether anybody wants such an event: what nobody wants need not be copied.
    pub(crate) fn is_wanted(&self, channel: Option<Id<ChannelMarker>>, name: &str) -> bool {
        !self.shared.table.lock().takers(channel, name).is_empty()
    }

    /// The session of `shard` is this one now, or there is none.
    pub(crate) fn set_session(&self, shard: u32, session: Option<Session>) {
        self.shared.board.lock().set_session(shard, session);
    }

    /// A shard begins to feed. Returns where its signs of life go.
    pub(crate) fn add_shard(&self, shard: ShardId) -> Arc<Pulse> {
        self.shared.board.lock().add(shard)
    }

    /// What one shard should have told since `since` may be missing.
    pub(crate) fn lapse_shard(&self, shard: u32, reason: LapseReason, since: Instant) {
        let lapse = lapse_until_now(reason, since);
        self.shared.board.lock().lapsed(shard, lapse);
        self.lapsed(lapse);
    }

    /// Says how one shard stands.
    pub(crate) fn set_shard_state(&self, shard: u32, state: State) {
        let whole = self.shared.board.lock().set_state(shard, state);
        self.set_state(whole);
    }

    /// A heartbeat of one shard vouches for what was dispatched on it before `sent`. Taps are told
    /// when all shards vouch for more than before.
    pub(crate) fn acknowledge_shard(&self, shard: u32, sent: Instant) {
        let whole = self.shared.board.lock().acknowledge(shard, sent);
        if let Some(sent) = whole {
            self.acknowledge(sent);
        }
    }

    /// Of these guilds nothing is dispatched to a shard, because they are in an outage.
    pub(crate) fn set_away(&self, shard: u32, away: HashSet<Id<GuildMarker>>) {
        self.shared.board.lock().set_away(shard, away);
    }

    /// A shard's event has been published.
    pub(crate) fn published(&self, shard: u32, head: &Head<'_>) {
        self.shared.board.lock().published(shard, head);
    }

    /// What a shard must hear of, if anything.
    pub(crate) fn expected(&self, shard: u32) -> Option<Expected> {
        self.shared.board.lock().expected(shard)
    }

    /// A shard need not hear of this guild.
    pub(crate) fn excuse(&self, shard: u32, guild: Id<GuildMarker>) {
        self.shared.board.lock().excuse(shard, guild);
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.shared.table.lock().close();
        self.status.send_if_modified(|status| {
            let open = !status.is_over();
            if open {
                status.state = State::Stopped {
                    since: Instant::now(),
                };
            }
            open
        });
    }
}

fn lapse_until_now(reason: LapseReason, since: Instant) -> Lapse {
    Lapse {
        reason,
        since,
        at: Instant::now(),
    }
}
