//! Messages: what they are and how they look.

use serde_json::{Value, json};

use super::{World, snowflake};

mod attachment;
mod change;
mod draft;
mod embed;
mod history;
mod mention;
mod nonce;
mod pin;
mod post;
mod reference;
mod search;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    attachment::{Attachment, File},
    draft::{AllowedMentions, KeptFile, MessagePatch, NewMessage, Nonce},
    history::Page,
    nonce::Nonces,
    search::{Found, Search},
};

/// DEFAULT.
pub(crate) const DEFAULT: u64 = 0;
/// `CHANNEL_PINNED_MESSAGE`.
pub(crate) const PINNED: u64 = 6;
/// `THREAD_CREATED`.
pub(crate) const THREAD_CREATED: u64 = 18;
/// REPLY.
pub(crate) const REPLY: u64 = 19;
/// `THREAD_STARTER_MESSAGE`.
pub(crate) const THREAD_STARTER: u64 = 21;

/// `SUPPRESS_EMBEDS`.
pub(crate) const SUPPRESS_EMBEDS: u64 = 1 << 2;
/// `HAS_THREAD`.
pub(crate) const HAS_THREAD: u64 = 1 << 5;

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Author {
    /// A user.
    User(u64),
    /// A webhook, under the name it chose for this message.
    Webhook {
        /// The webhook.
        id: u64,
        /// The name it shows.
        name: String,
        /// The bot that made it.
        application_id: Option<u64>,
    },
}

/// A message as Discord keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The id.
    pub(crate) id: u64,
    /// The channel or thread.
    pub(crate) channel_id: u64,
    /// Who wrote it.
    pub(crate) author: Author,
    /// The type.
    pub(crate) kind: u64,
    /// The text.
    pub(crate) content: String,
    /// When it was last edited, in microseconds since 1970.
    pub(crate) edited_us: Option<u64>,
    /// Read aloud.
    pub(crate) tts: bool,
    /// Whether it pings everyone.
    pub(crate) mention_everyone: bool,
    /// Whom it pings.
    pub(crate) mentions: Vec<u64>,
    /// Which roles it pings.
    pub(crate) mention_roles: Vec<u64>,
    /// Its files.
    pub(crate) attachments: Vec<Attachment>,
    /// Its embeds.
    pub(crate) embeds: Vec<Value>,
    /// Its components.
    pub(crate) components: Vec<Value>,
    /// Flags.
    pub(crate) flags: u64,
    /// When it was pinned, in milliseconds since 1970.
    pub(crate) pinned_ms: Option<u64>,
    /// What it replies to or points at: channel and message.
    pub(crate) reference: Option<(u64, u64)>,
}

impl Author {
    /// The id that `author.id` shows.
    pub(crate) fn id(&self) -> u64 {
        match self {
            Self::User(id) | Self::Webhook { id, .. } => *id,
        }
    }
}

impl Message {
    /// An empty message.
    pub(crate) fn bare(id: u64, channel_id: u64, author: Author, kind: u64) -> Self {
        Self {
            id,
            channel_id,
            author,
            kind,
            content: String::new(),
            edited_us: None,
            tts: false,
            mention_everyone: false,
            mentions: Vec::new(),
            mention_roles: Vec::new(),
            attachments: Vec::new(),
            embeds: Vec::new(),
            components: Vec::new(),
            flags: 0,
            pinned_ms: None,
            reference: None,
        }
    }
}

impl World {
    /// A message that still exists in a living channel.
    pub(crate) fn stored(&self, channel_id: u64, message_id: u64) -> Option<&Message> {
        self.messages.get(&channel_id)?.get(&message_id)
    }

    /// The same, to change it.
    pub(crate) fn stored_mut(&mut self, channel_id: u64, message_id: u64) -> Option<&mut Message> {
        self.messages.get_mut(&channel_id)?.get_mut(&message_id)
    }

    /// The message object, uncut, as REST gives it.
    pub(crate) fn message_value(&self, message: &Message) -> Value {
        let mut value = self.plain_value(message);
        if let Some((channel_id, message_id)) = message.reference {
            let guild_id = self
                .any_channel(channel_id)
                .map(|channel| channel.guild_id.to_string());
            value["message_reference"] = json!({
                "type": 0,
                "channel_id": channel_id.to_string(),
                "message_id": message_id.to_string(),
                "guild_id": guild_id,
            });
            // One level deep; null says that the target was deleted.
            let target = self.stored(channel_id, message_id);
            value["referenced_message"] = json!(target.map(|target| self.plain_value(target)));
        }
        value
    }

    /// The same as the gateway gives it: with guild, channel type and members.
    pub(crate) fn message_event(&self, message: &Message) -> Value {
        let mut value = self.message_value(message);
        let Some(channel) = self.any_channel(message.channel_id) else {
            return value;
        };
        value["guild_id"] = json!(channel.guild_id.to_string());
        value["channel_type"] = json!(channel.kind);
        if let Author::User(id) = message.author
            && let Some(member) = self.partial_member(channel.guild_id, id)
        {
            value["member"] = member;
        }
        for (index, id) in message.mentions.iter().enumerate() {
            if let Some(member) = self.partial_member(channel.guild_id, *id) {
                value["mentions"][index]["member"] = member;
            }
        }
        value
    }

    fn plain_value(&self, message: &Message) -> Value {
        let mentions = message.mentions.iter().map(|id| self.user_object(*id));
        let files = message
            .attachments
            .iter()
            .map(|file| self.attachment_value(file));
        let roles = message.mention_roles.iter().map(ToString::to_string);
        let mut value = json!({
            "id": message.id.to_string(),
            "channel_id": message.channel_id.to_string(),
            "type": message.kind,
            "author": self.author_value(&message.author),
            "content": message.content,
            "timestamp": snowflake::iso_ms(snowflake::created_ms(message.id)),
            "edited_timestamp": message.edited_us.map(snowflake::iso_us),
            "tts": message.tts,
            "mention_everyone": message.mention_everyone,
            "mentions": mentions.collect::<Vec<_>>(),
            "mention_roles": roles.collect::<Vec<_>>(),
            "attachments": files.collect::<Vec<_>>(),
            "embeds": message.embeds,
            "components": message.components,
            "pinned": message.pinned_ms.is_some(),
            "flags": message.flags,
        });
        if let Author::Webhook {
            id, application_id, ..
        } = &message.author
        {
            value["webhook_id"] = json!(id.to_string());
            if let Some(application_id) = application_id {
                value["application_id"] = json!(application_id.to_string());
            }
        }
        if message.flags & HAS_THREAD != 0
            && let Some(thread) = self.channels.get(&message.id)
        {
            value["thread"] = thread.value(None);
        }
        value
    }

    fn author_value(&self, author: &Author) -> Value {
        match author {
            Author::User(id) => self.user_object(*id),
            Author::Webhook { id, name, .. } => json!({
                "id": id.to_string(),
                "username": name,
                "discriminator": "0000",
                "global_name": null,
                "avatar": null,
                "public_flags": 0,
                "flags": 0,
                "bot": true,
            }),
        }
    }

    /// One message, uncut; `None` when it was deleted.
    pub(crate) fn message(&self, channel_id: u64, message_id: u64) -> Option<Value> {
        self.stored(channel_id, message_id)
            .map(|message| self.message_value(message))
    }

    /// A channel's messages oldest first, uncut; those of a dead channel too, as long as they
    /// are kept.
    pub(crate) fn messages_of(&self, channel_id: u64) -> Vec<Value> {
        let messages = self
            .messages
            .get(&channel_id)
            .into_iter()
            .flat_map(|all| all.values());
        messages
            .map(|message| self.message_value(message))
            .collect()
    }

    /// How many messages were ever created.
    pub(crate) fn message_count(&self) -> u64 {
        self.messages_created
    }

    /// Drops a dead channel's messages.
    pub(crate) fn forget_messages(&mut self, channel_id: u64) {
        self.messages.remove(&channel_id);
    }
}
