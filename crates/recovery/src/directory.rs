//! What recovery asks of Discord: which channels there are, and how new their last messages are.

use serde::Deserialize;
use serde_json::value::RawValue;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker, MessageMarker},
};

use crate::{Channel, Failure, Message, Unreadable};

/// Channels that hold messages: text, voice, announcement, stage, and the three kinds of threads
/// (Discord: resources/channel#channel-object-channel-types).
const WITH_MESSAGES: [u8; 7] = [0, 2, 5, 10, 11, 12, 13];

/// Of these, threads.
const THREADS: [u8; 3] = [10, 11, 12];

/// Channels whose posts are threads.
const FORUMS: [u8; 2] = [15, 16];

/// Discord's lists of channels and threads.
pub trait ChannelDirectory: Send + Sync + 'static {
    /// What Discord's clock reads at least, in milliseconds since 1970, such as the `Date` of its last
    /// answer and the time since then; `None` when that is not known. A machine's own clock is none. Without it
    /// the ids of messages alone tell the time, and one that names a time far from now is believed.
    fn now_ms(&self) -> Option<u64>;

    /// The guild's channels that hold messages or posts, and its active threads, as far as the bot may see
    /// them (Discord: resources/guild#get-guild-channels, #list-active-guild-threads).
    fn channels(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> impl Future<Output = Result<Vec<Head>, Failure>> + Send;

    /// The threads of a channel that were archived since then, in milliseconds since 1970, either the
    /// public or the private ones (Discord: resources/channel#list-public-archived-threads), the youngest
    /// first. Of private ones that the bot may not see none is said.
    fn archived(
        &self,
        channel_id: Id<ChannelMarker>,
        since_ms: u64,
        is_private: bool,
    ) -> impl Future<Output = Result<Archive, Failure>> + Send;

    /// One message; `None`: there is no such message (10008).
    fn message(
        &self,
        channel_id: Id<ChannelMarker>,
        message_id: Id<MessageMarker>,
    ) -> impl Future<Output = Result<Option<Message>, Failure>> + Send;
}

/// Archived threads of a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Archive {
    /// The threads.
    pub threads: Vec<Head>,
    /// Whether there are more than were listed: what was said in those may be missing, and is a gap.
    pub is_cut_off: bool,
}

/// A channel as it stands in a list, or in an event.
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
    /// Whether it is a forum, of posts or of media: it holds no messages of its own, its posts are threads.
    pub is_forum: bool,
    /// Whether it is a thread that is archived: nothing is written there before it is opened again.
    pub is_archived: bool,
    /// The id of its last message; of a forum, of its last post. It is not rolled back when that is deleted (discord-api-docs #272),
    /// and may name one that was never seen.
    pub last_message_id: Option<Id<MessageMarker>>,
}

/// What is read of a channel object (Discord: resources/channel#channel-object).
#[derive(Deserialize)]
struct Fields {
    id: Id<ChannelMarker>,
    #[serde(rename = "type")]
    kind: u8,
    #[serde(default)]
    guild_id: Option<Id<GuildMarker>>,
    #[serde(default)]
    parent_id: Option<Id<ChannelMarker>>,
    #[serde(default)]
    last_message_id: Option<Id<MessageMarker>>,
    #[serde(default)]
    thread_metadata: Option<ThreadMetadata>,
}

#[derive(Deserialize)]
struct ThreadMetadata {
    #[serde(default)]
    archived: bool,
}

// === impl Head ===

impl Head {
    /// A channel as it is on record.
    pub(crate) const fn of(channel: &Channel) -> Self {
        Self {
            id: channel.id,
            guild_id: channel.guild_id,
            parent_id: channel.parent_id,
            is_thread: channel.is_thread,
            is_forum: channel.is_forum,
            is_archived: false,
            last_message_id: None,
        }
    }

    /// Reads a channel object; one that does not name its guild is in `guild_id`. `None`: it holds neither
    /// messages nor posts, or is in no guild. Nothing else is looked at, so that one odd field does not
    /// cost the channel.
    ///
    /// # Errors
    /// [`Unreadable`], when it is no channel.
    pub fn read(
        json: &RawValue,
        guild_id: Option<Id<GuildMarker>>,
    ) -> Result<Option<Self>, Unreadable> {
        let fields: Fields = serde_json::from_str(json.get())?;
        let guild_id = fields.guild_id.or(guild_id);
        let is_forum = FORUMS.contains(&fields.kind);
        let guild_id = guild_id.filter(|_| is_forum || WITH_MESSAGES.contains(&fields.kind));
        Ok(guild_id.map(|guild_id| Self {
            id: fields.id,
            guild_id,
            parent_id: fields.parent_id,
            is_thread: THREADS.contains(&fields.kind),
            is_forum,
            is_archived: fields.thread_metadata.is_some_and(|it| it.archived),
            last_message_id: fields.last_message_id,
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, value::to_raw_value};

    use super::*;

    fn read(channel: &serde_json::Value, guild_id: Option<u64>) -> Option<Head> {
        let json = to_raw_value(channel).unwrap();
        Head::read(&json, guild_id.map(Id::new)).unwrap()
    }

    #[test]
    fn a_channel_is_read_with_what_matters_of_it() {
        let thread = json!({"id": "5", "type": 11, "guild_id": "7", "parent_id": "4", "name": 3,
            "last_message_id": "6", "thread_metadata": {"archived": true}});
        let head = Head {
            id: Id::new(5),
            guild_id: Id::new(7),
            parent_id: Some(Id::new(4)),
            is_thread: true,
            is_forum: false,
            is_archived: true,
            last_message_id: Some(Id::new(6)),
        };
        assert_eq!(read(&thread, None), Some(head.clone()));
        assert_eq!(read(&thread, Some(8)), Some(head));
    }

    #[test]
    fn what_holds_nothing_or_is_in_no_guild_is_no_head() {
        // In turn: a category; a text channel and a forum that do not name their guild; a direct message.
        assert_eq!(read(&json!({"id": "5", "type": 4}), Some(7)), None);
        assert!(read(&json!({"id": "5", "type": 0}), Some(7)).is_some_and(|head| !head.is_forum));
        assert!(read(&json!({"id": "5", "type": 15}), Some(7)).is_some_and(|head| head.is_forum));
        assert_eq!(read(&json!({"id": "5", "type": 1}), None), None);
        let odd = to_raw_value(&json!({"type": 0})).unwrap();
        assert!(Head::read(&odd, None).is_err());
    }
}
