//! How messages change and go.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    AllowedMentions, Author, Message, MessagePatch, SUPPRESS_EMBEDS, embed, reference::is_system,
};
use crate::world::{
    ApiError, World,
    audit::{self, Act},
    bounds,
    event::{self, Audience},
    permission,
    snowflake::created_ms,
};

impl World {
    /// `PATCH /channels/{channel_id}/messages/{message_id}`: the author's own; others may set
    /// flags if they manage messages.
    pub(crate) fn edit_message(
        &mut self,
        actor: u64,
        channel_id: u64,
        message_id: u64,
        patch: MessagePatch,
    ) -> Result<Value, ApiError> {
        let (channel, held) = self.channel_for(actor, channel_id)?;
        let archived = channel
            .thread
            .as_ref()
            .is_some_and(|thread| thread.archived);
        let message = self
            .stored(channel_id, message_id)
            .ok_or_else(ApiError::unknown_message)?;
        if message.author != Author::User(actor) {
            let moderates = held & permission::MANAGE_MESSAGES != 0 && patch.only_flags();
            if !moderates {
                return Err(ApiError::not_the_author());
            }
        }
        if is_system(message) {
            return Err(ApiError::system_message());
        }
        if archived {
            return Err(ApiError::thread_archived());
        }
        self.revise((channel_id, message_id), held, patch)
    }

    /// Applies a patch that its author may make.
    pub(crate) fn revise(
        &mut self,
        (channel_id, message_id): (u64, u64),
        held: u64,
        patch: MessagePatch,
    ) -> Result<Value, ApiError> {
        let message = self
            .stored(channel_id, message_id)
            .ok_or_else(ApiError::unknown_message)?;
        let kept = patch
            .keep
            .as_ref()
            .map_or(message.attachments.len(), Vec::len);
        patch.check(kept)?;
        let mut message = message.clone();
        let only_flags = patch.only_flags();
        let usual = || match message.author {
            Author::User(_) => AllowedMentions::everything(),
            Author::Webhook { .. } => AllowedMentions::users_only(),
        };
        let allowed = patch.allowed_mentions.clone().unwrap_or_else(usual);
        self.apply(&mut message, patch);
        if is_empty(&message) {
            return Err(ApiError::empty_message());
        }
        if !only_flags {
            self.resolve_mentions(&mut message, &allowed, held);
            // Edits have microseconds, which the id's low bits stand for here.
            message.edited_us = Some(self.clock.now_ms() * 1_000 + self.edits % 999 + 1);
            self.edits += 1;
        }
        let value = self.message_value(&message);
        self.messages
            .entry(channel_id)
            .or_default()
            .insert(message_id, message);
        self.emit_update(channel_id, message_id);
        Ok(value)
    }

    fn apply(&mut self, message: &mut Message, patch: MessagePatch) {
        if let Some(content) = patch.content {
            content.trim().clone_into(&mut message.content);
        }
        if let Some(embeds) = patch.embeds {
            message.embeds = embeds.into_iter().map(embed::kept).collect();
        }
        if let Some(components) = patch.components {
            message.components = components;
        }
        message.flags = patch.flags.map_or(message.flags, |flags| {
            flags & SUPPRESS_EMBEDS | message.flags & !SUPPRESS_EMBEDS
        });
        if let Some(keep) = patch.keep {
            message.attachments.retain_mut(|attachment| {
                let kept = keep.iter().find(|one| one.id == attachment.id);
                if let Some(description) = kept.and_then(|one| one.description.clone()) {
                    attachment.file.description = Some(description);
                }
                kept.is_some()
            });
        }
        for file in patch.files {
            let attachment = self.attach(message.channel_id, file);
            message.attachments.push(attachment);
        }
    }

    /// A link in a message unfurls: an update that is no edit. After a real edit it carries the
    /// edit's time cut to milliseconds (discord-facts 4.6).
    pub(crate) fn unfurl_message(
        &mut self,
        channel_id: u64,
        message_id: u64,
    ) -> Result<(), ApiError> {
        let unknown = ApiError::unknown_message;
        let message = self
            .stored_mut(channel_id, message_id)
            .ok_or_else(unknown)?;
        let preview = json!({
            "type": "link",
            "url": "https://example.com/",
            "title": "Example Domain",
        });
        message.embeds.push(preview);
        message.edited_us = message.edited_us.map(|us| us / 1_000 * 1_000);
        self.emit_update(channel_id, message_id);
        Ok(())
    }

    /// `DELETE /channels/{channel_id}/messages/{message_id}`.
    pub(crate) fn delete_message(
        &mut self,
        actor: u64,
        channel_id: u64,
        message_id: u64,
        reason: Option<&str>,
    ) -> Result<(), ApiError> {
        let (channel, held) = self.channel_for(actor, channel_id)?;
        let guild_id = channel.guild_id;
        let message = self
            .stored(channel_id, message_id)
            .ok_or_else(ApiError::unknown_message)?;
        let author = message.author.clone();
        let own = author == Author::User(actor);
        if !own && held & permission::MANAGE_MESSAGES == 0 {
            return Err(ApiError::missing_permissions());
        }
        self.erase(channel_id, message_id);
        if !own {
            let options = json!({ "channel_id": channel_id.to_string(), "count": "1" });
            let act = Act::on(audit::MESSAGE_DELETE, author.id()).with(options);
            self.audit(guild_id, actor, act, reason);
        }
        Ok(())
    }

    /// Removes a message and says so. What it said is gone.
    pub(crate) fn erase(&mut self, channel_id: u64, message_id: u64) {
        let removed = self
            .messages
            .get_mut(&channel_id)
            .and_then(|all| all.remove(&message_id));
        let Some(channel) = self
            .channels
            .get_mut(&channel_id)
            .filter(|_| removed.is_some())
        else {
            return;
        };
        if let Some(thread) = &mut channel.thread {
            thread.message_count = thread.message_count.saturating_sub(1);
        }
        let guild_id = channel.guild_id;
        let data = json!({
            "id": message_id.to_string(),
            "channel_id": channel_id.to_string(),
            "guild_id": guild_id.to_string(),
        });
        let audience = (Audience::Channel(channel_id), event::GUILD_MESSAGES);
        self.emit("MESSAGE_DELETE", guild_id, audience, data);
    }

    /// `POST /channels/{channel_id}/messages/bulk-delete`: 2 to 100 messages (50016), none older
    /// than 14 days (50034). Unknown ids count and do not fail.
    pub(crate) fn bulk_delete(
        &mut self,
        actor: u64,
        channel_id: u64,
        ids: &[u64],
        reason: Option<&str>,
    ) -> Result<(), ApiError> {
        let needed = permission::MANAGE_MESSAGES;
        let guild_id = self.need_in_channel(actor, channel_id, needed)?.guild_id;
        let unique: BTreeSet<u64> = ids.iter().copied().collect();
        if unique.len() != ids.len() {
            let message = "Values must be unique.";
            return Err(ApiError::form(
                "messages",
                "SET_TYPE_ALREADY_CONTAINS_VALUE",
                message,
            ));
        }
        if !(2..=bounds::BULK_MAX).contains(&ids.len()) {
            return Err(ApiError::bulk_count());
        }
        let horizon = self.clock.now_ms().saturating_sub(bounds::BULK_AGE_MS);
        if unique.iter().any(|id| created_ms(*id) < horizon) {
            return Err(ApiError::bulk_too_old());
        }
        if let Some(all) = self.messages.get_mut(&channel_id) {
            all.retain(|id, _| !unique.contains(id));
        }
        let data = json!({
            "ids": ids.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "channel_id": channel_id.to_string(),
            "guild_id": guild_id.to_string(),
        });
        let audience = (Audience::Channel(channel_id), event::GUILD_MESSAGES);
        self.emit("MESSAGE_DELETE_BULK", guild_id, audience, data);
        let options = json!({ "count": ids.len().to_string() });
        let act = Act::on(audit::MESSAGE_BULK_DELETE, channel_id).with(options);
        self.audit(guild_id, actor, act, reason);
        Ok(())
    }

    /// `MESSAGE_UPDATE` with the whole message.
    pub(crate) fn emit_update(&mut self, channel_id: u64, message_id: u64) {
        let Some(message) = self.stored(channel_id, message_id) else {
            return;
        };
        let data = self.message_event(message);
        let guild_id = self
            .any_channel(channel_id)
            .map_or(0, |channel| channel.guild_id);
        let audience = (Audience::Channel(channel_id), event::GUILD_MESSAGES);
        self.emit("MESSAGE_UPDATE", guild_id, audience, data);
    }
}

fn is_empty(message: &Message) -> bool {
    message.content.is_empty()
        && message.embeds.is_empty()
        && message.components.is_empty()
        && message.attachments.is_empty()
}
