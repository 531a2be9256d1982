//! What recovery asks of Discord: which channels there are, and how new their last messages are.

use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker, MessageMarker},
};

use crate::{Failure, Message};

/// Discord's lists of channels and threads.
pub trait ChannelDirectory: Send + Sync + 'static {
    /// What Discord's clock reads at least, in milliseconds since 1970, such as the `Date` of its last
    /// answer and the time since then; `None` when that is not known. A machine's own clock is none.
    fn now_ms(&self) -> Option<u64>;

    /// The guild's channels that hold messages, and its active threads, as far as the bot may see them
    /// (Discord: resources/guild#get-guild-channels, #list-active-guild-threads).
    fn channels(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> impl Future<Output = Result<Vec<Head>, Failure>> + Send;

    /// The threads of a channel that were archived since then, in milliseconds since 1970, public and
    /// private ones (Discord: resources/channel#list-public-archived-threads). Of private ones that the
    /// bot may not see none is said.
    fn archived(
        &self,
        channel_id: Id<ChannelMarker>,
        since_ms: u64,
    ) -> impl Future<Output = Result<Vec<Head>, Failure>> + Send;

    /// One message; `None`: there is no such message (10008).
    fn message(
        &self,
        channel_id: Id<ChannelMarker>,
        message_id: Id<MessageMarker>,
    ) -> impl Future<Output = Result<Option<Message>, Failure>> + Send;
}

/// A channel as it stands in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The channel.
    pub id: Id<ChannelMarker>,
    /// Its guild.
    pub guild_id: Id<GuildMarker>,
    /// Its category, or the channel a thread is in.
    pub parent_id: Option<Id<ChannelMarker>>,
    /// Whether it is a thread.
    pub is_thread: bool,
    /// Whether it is a thread that is archived: nothing is written there before it is opened again.
    pub is_archived: bool,
    /// The id of its last message. It is not rolled back when that is deleted (discord-api-docs #272),
    /// and may name one that was never seen.
    pub last_message_id: Option<Id<MessageMarker>>,
}
