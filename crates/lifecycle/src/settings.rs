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
    /// The categories channels are created under, the one with the fewest channels first; none: the
    /// top of the guild. They are somebody's: none is ever created or deleted here.
    pub category_ids: Vec<Id<ChannelMarker>>,
    /// What keeps one conversation from the others.
    pub isolation: Isolation,
    /// How much of the guild is ours to fill.
    pub quota: Quota,
    /// Our own bot user: who the audit log must name for a channel to be ours.
    pub bot_id: Id<UserMarker>,
    /// What channel names begin with.
    pub name_prefix: String,
    /// The wait between release and deletion; `None` keeps channels for good: they are then somebody
    /// else's to delete.
    pub delete_after: Option<Duration>,
    /// Channels that are never deleted, whatever the record says.
    pub protected: HashSet<Id<ChannelMarker>>,
    /// Six of `a-z0-9` at the beginning of each mark, for people to tell marks of different
    /// products apart. Other characters are left out, `x` fills up.
    pub namespace: String,
}

/// What keeps one conversation from the others. The channel that threads hang on is never deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// A channel of its own.
    #[default]
    Channel,
    /// A thread of its own in this text channel. Everybody who can see that channel can read it.
    Thread(Id<ChannelMarker>),
    /// A channel, and while there is no room for one or Discord creates none, a thread.
    ChannelThenThread(Id<ChannelMarker>),
}

/// How much of the guild is ours to fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Channels that the guild can hold, categories included.
    pub channels_max: usize,
    /// Channels of these that are left to people.
    pub reserve: usize,
    /// Channels that one category can hold.
    pub category_channels_max: usize,
}

impl Settings {
    /// Whether the settings themselves say that this channel is somebody else's.
    pub(crate) fn protects(&self, channel_id: Id<ChannelMarker>) -> bool {
        self.protected.contains(&channel_id) || self.hosts(channel_id)
    }

    /// Whether channels are created under this one, or threads in it.
    pub(crate) fn hosts(&self, channel_id: Id<ChannelMarker>) -> bool {
        self.category_ids.contains(&channel_id)
            || match self.isolation {
                Isolation::Channel => false,
                Isolation::Thread(parent_id) | Isolation::ChannelThenThread(parent_id) => {
                    parent_id == channel_id
                }
            }
    }
}

impl Default for Quota {
    /// Discord's maxima (topics/opcodes-and-status-codes, 30013; resources/channel, `parent_id`), and
    /// a reserve that people do not fill before somebody reads the log.
    fn default() -> Self {
        Self {
            channels_max: 500,
            reserve: 20,
            category_channels_max: 50,
        }
    }
}

/// The wall clock, for what goes on record. It may be wrong, and jump: nothing waits by it, and no
/// time in Discord is compared with it.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> u64;
}
