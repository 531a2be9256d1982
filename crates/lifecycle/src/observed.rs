//! What the gateway tells the lifecycle.

use twilight_model::id::{Id, marker::ChannelMarker};

use crate::Creation;

/// Something that happened in the guild, as Discord's gateway told it. All of it may be lost: the
/// lifecycle looks for itself as well, only later.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observed {
    /// `CHANNEL_CREATE`: of whatever type. Threads are told of by `THREAD_CREATE`, and count for
    /// nothing.
    Created {
        /// The channel.
        channel_id: Id<ChannelMarker>,
        /// The category it is under.
        parent_id: Option<Id<ChannelMarker>>,
        /// Its topic: where a mark may be.
        topic: Option<String>,
    },
    /// `CHANNEL_DELETE` or `THREAD_DELETE`: it is gone, whoever deleted it.
    Deleted(Id<ChannelMarker>),
    /// `GUILD_AUDIT_LOG_ENTRY_CREATE` for a creation: the evidence itself (E2).
    Logged(Creation),
    /// `CHANNEL_UPDATE`: what we may do with this channel may be another now.
    Updated(Id<ChannelMarker>),
    /// Permissions, roles or the guild's special channels may be others now (`GUILD_UPDATE`,
    /// `GUILD_ROLE_UPDATE`, `GUILD_MEMBER_UPDATE`).
    Changed,
    /// `GUILD_CREATE`: the guild is here, or here again, with so many channels.
    Arrived {
        /// Channels and categories, without threads.
        channels: usize,
    },
    /// `GUILD_DELETE`: the guild is out of reach.
    Left {
        /// Whether Discord calls it an outage; otherwise our bot is not a member any more.
        unavailable: bool,
    },
    /// Events may be missing before this point.
    Lapsed,
}
