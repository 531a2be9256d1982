//! Events that are not as Discord documents them: each is counted, logged, and made up for.

use tokio::time::Instant;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

use super::{Book, Wish};
use crate::{Message, fields, snowflake::created_ms};

impl Book {
    /// What does not say which guild it is of may be of one that is watched.
    fn may_be_here(&self, guild_id: Option<Id<GuildMarker>>) -> bool {
        guild_id.is_none() || self.is_here(guild_id)
    }

    /// Whether there can be such a channel by now.
    pub(super) fn may_be_there(&self, id: Id<ChannelMarker>) -> bool {
        self.channels.contains_key(&id) || self.time.may_have_made(id, Instant::now())
    }

    /// When this was made, in milliseconds since 1970. 0 of what cannot have been by now: nobody knows when, and
    /// whatever is read from there on is read as a whole.
    pub(super) fn made_ms<T>(&self, id: Id<T>) -> u64 {
        let may_be = self.time.may_have_made(id, Instant::now());
        if may_be { created_ms(id) } else { 0 }
    }

    /// An event of a message in a channel that is watched cannot be read, or is of a message that Discord cannot
    /// have made yet: the channel is read.
    pub(super) fn mishear_message(&mut self, channel_id: Id<ChannelMarker>) {
        self.odd.messages += 1;
        tracing::warn!(channel.id = %channel_id, "an event of a message cannot be read; its channel is");
        self.doubt(channel_id);
    }

    /// An event of a message does not say in which channel: it may be any of them, unless it is of a guild
    /// that is not watched. Direct messages name their channel.
    pub(super) fn mishear_place(&mut self, guild_id: Option<Id<GuildMarker>>) {
        if self.may_be_here(guild_id) {
            self.odd.messages += 1;
            tracing::warn!("an event of a message names no channel; all are read");
            self.lapse();
        }
    }

    /// An event of a channel or a guild cannot be read: the lists tell what it would have.
    pub(super) fn mishear_channel(&mut self, name: &str, guild_id: Option<Id<GuildMarker>>) {
        if self.may_be_here(guild_id) {
            self.odd.channels += 1;
            tracing::warn!(
                event = name,
                "an event of a channel cannot be read; the lists are"
            );
            self.wish(Wish::Look);
        }
    }

    /// The beginning of a session cannot be read.
    pub(super) fn mishear_session(&mut self) {
        self.odd.sessions += 1;
        tracing::warn!(
            "the beginning of a session cannot be read; the next process begins another"
        );
    }

    /// An update that does not say who wrote the message is no whole message.
    pub(super) fn note_partial(&mut self, channel_id: Id<ChannelMarker>, update: &Message) {
        if !fields::has_author(&update.json) {
            self.odd.partial_updates += 1;
            tracing::debug!(channel.id = %channel_id, "an update of a message names no author");
        }
    }
}
