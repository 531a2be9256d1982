//! How the watch stands.

use std::time::Duration;

use crate::Oddities;
use twilight_model::id::{
    Id,
    marker::{GuildMarker, MessageMarker},
};

/// How the watch stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether every event of this session is on record, and all that it began behind is known.
    pub is_covered: bool,
    /// Channels that are watched.
    pub channels: usize,
    /// Dirty channels: something may be missing there, and they are read.
    pub catching_up: usize,
    /// How long it will take to read those, to a second, judged by what was read so far; `None` when there
    /// is none, or nothing tells yet.
    pub catches_up_in: Option<Duration>,
    /// Dirty channels that Discord refuses to show, in addition.
    pub refused: usize,
    /// Pages read since the start.
    pub pages: u64,
    /// Up to when every message of a clean channel is on record, in milliseconds since 1970.
    pub watermark_ms: u64,
    /// A message that was found by reading although the gateway should have told of it, when no event of its
    /// guild has come since: the connection may answer heartbeats and tell nothing. Read it is in any case.
    pub unheard: Option<Unheard>,
    /// Events that were not as Discord documents them, since the start.
    pub odd: Oddities,
    /// What is held in memory, counted over all tables: some two for each channel, and one or two more
    /// while it is read. It grows with the channels that there are, and not with time.
    pub held: usize,
}

/// A message that nobody told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unheard {
    /// The guild of which nothing is heard.
    pub guild_id: Id<GuildMarker>,
    /// The message.
    pub message_id: Id<MessageMarker>,
}
