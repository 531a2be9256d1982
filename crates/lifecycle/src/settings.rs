//! What a lifecycle is told at its start.

use std::{collections::HashSet, time::Duration};

use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker, UserMarker},
};

/// What a lifecycle is told at its start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The guild channels are created in. Nothing is deleted anywhere else.
    pub guild_id: Id<GuildMarker>,
    /// The category channels are created under, if any.
    pub parent_id: Option<Id<ChannelMarker>>,
    /// Our own bot user: who the audit log must name for a channel to be ours.
    pub bot_id: Id<UserMarker>,
    /// What channel names begin with.
    pub name_prefix: String,
    /// The wait between release and deletion.
    pub delete_after: Duration,
    /// Channels that are never deleted, whatever the record says.
    pub protected: HashSet<Id<ChannelMarker>>,
    /// Six of `a-z0-9` at the beginning of each mark, for people to tell marks of different
    /// products apart. Other characters are left out, `x` fills up.
    pub namespace: String,
}

/// The wall clock. It should move with `tokio`'s clock, and must not jump.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> u64;
}
