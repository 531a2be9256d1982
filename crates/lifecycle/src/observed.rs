//! What the gateway tells the lifecycle.

use std::sync::Arc;

use twilight_model::id::{Id, marker::ChannelMarker};

use crate::Creation;

/// A channel, as the gateway shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The channel.
    pub channel_id: Id<ChannelMarker>,
    /// The category it is under.
    pub parent_id: Option<Id<ChannelMarker>>,
    /// Its topic: where a mark may be.
    pub topic: Option<String>,
    /// Flag `1 << 17`: our bot may not view it. No list shows it, and it counts all the same
    /// (discord-api-docs #8454).
    pub is_hidden: bool,
}

/// What the guild hides from our bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// The channels that no list shows us, in the order of their ids.
    pub channels: Arc<[Shown]>,
    /// How often the guild has come ([`Observed::Arrived`]) since the start, which tells all of them anew.
    pub arrivals: u64,
}

/// Something that happened in the guild, as Discord's gateway told it. All of it may be lost: the
/// lifecycle looks for itself as well, only later.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observed {
    /// `CHANNEL_CREATE`: of whatever type. Threads are told of by `THREAD_CREATE`, and count for
    /// nothing.
    Created(Shown),
    /// `CHANNEL_DELETE` or `THREAD_DELETE`: it is gone, whoever deleted it.
    Deleted(Id<ChannelMarker>),
    /// `GUILD_AUDIT_LOG_ENTRY_CREATE` for a creation: the evidence itself (E2).
    Logged(Creation),
    /// `CHANNEL_UPDATE`: what we may do with this channel may be another now.
    Updated(Shown),
    /// Permissions, roles or the guild's special channels may be others now (`GUILD_UPDATE`,
    /// `GUILD_ROLE_UPDATE`, `GUILD_MEMBER_UPDATE`).
    Changed,
    /// `GUILD_CREATE`: the guild is here, or here again, with these channels and categories.
    Arrived(Vec<Shown>),
    /// A gateway session of a former process goes on, so the guild does not arrive anew. That process
    /// knew these channels to be hidden ([`Channels::hidden`](crate::Channels::hidden)).
    Resumed(Arc<[Shown]>),
    /// `GUILD_DELETE`: the guild is out of reach.
    Left {
        /// Whether Discord calls it an outage; otherwise our bot is not a member any more.
        unavailable: bool,
    },
    /// Events may be missing before this point.
    Lapsed,
}
