//! What is watched.

use std::collections::BTreeSet;

use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

use crate::Head;

/// What a driver watches.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The shard whose events it gets. Each shard has a driver of its own; all of them can share one
    /// record.
    pub shard: u32,
    /// The guilds of this shard that are watched.
    pub guild_ids: Vec<Id<GuildMarker>>,
    /// Which of their channels.
    pub watch: Watch,
    /// Where a first run begins.
    pub start: Start,
    /// Whether channels with traffic are read again now and then, because Discord may leave events
    /// out (Discord: reference#consistency). One request for a hundred messages.
    pub scrub: bool,
    /// Whether messages are recorded as Discord gives them. If not, only who wrote what, when and where,
    /// when it was edited, what it answers, whether it is pinned, and what is attached to it.
    pub raw: bool,
}

/// Which channels are watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watch {
    /// All that the bot may see, and their threads.
    All,
    /// These channels and threads, those in these categories, and the threads in them. The posts of a forum
    /// are the threads in it.
    Some(BTreeSet<Id<ChannelMarker>>),
}

/// Where a first run begins: when Discord shows one of the guilds at least. Channels that come later are
/// read from their beginning, and so are those of a guild that was not shown then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With what is new from now on: from when Discord first told which channels there are.
    Now,
    /// With all that Discord still has.
    Beginning,
    /// With what was written since then, in milliseconds since 1970.
    Since(u64),
}

// === impl Settings ===

impl Settings {
    /// All channels of one guild from now on, on the only shard.
    #[must_use]
    pub fn new(guild_id: Id<GuildMarker>) -> Self {
        Self {
            shard: 0,
            guild_ids: vec![guild_id],
            watch: Watch::All,
            start: Start::Now,
            scrub: true,
            raw: true,
        }
    }
}

// === impl Watch ===

impl Watch {
    /// Whether this channel is watched. `grandparent` is the category of a thread's channel.
    pub(crate) fn has(&self, head: &Head, grandparent: Option<Id<ChannelMarker>>) -> bool {
        match self {
            Self::All => true,
            Self::Some(ids) => {
                let line = [Some(head.id), head.parent_id, grandparent];
                line.into_iter().flatten().any(|id| ids.contains(&id))
            }
        }
    }
}
