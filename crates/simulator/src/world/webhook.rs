//! Webhooks: another way to speak, without a bot token.

use serde_json::{Value, json};

use super::{
    ApiError, World,
    audit::{self, Act},
    bounds,
    channel::{ANNOUNCEMENT, FORUM, MEDIA, STAGE, TEXT, VOICE},
    error::FormErrors,
    event::{self, Audience},
    message::{Author, MessagePatch, NewMessage},
    permission,
};

/// A webhook of one channel.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    /// The id, and the author id of its messages.
    pub(crate) id: u64,
    /// The guild.
    pub(crate) guild_id: u64,
    /// The channel.
    pub(crate) channel_id: u64,
    /// The name.
    pub(crate) name: String,
    /// What lets anybody use it.
    pub(crate) token: String,
    /// Who made it.
    pub(crate) creator_id: u64,
}

impl World {
    fn webhook_value(&self, webhook: &Webhook, with_creator: bool) -> Value {
        let bot = self.bots.contains(&webhook.creator_id);
        let mut value = json!({
            "id": webhook.id.to_string(),
            "type": 1,
            "guild_id": webhook.guild_id.to_string(),
            "channel_id": webhook.channel_id.to_string(),
            "name": webhook.name,
            "avatar": null,
            "token": webhook.token,
            "application_id": bot.then(|| webhook.creator_id.to_string()),
            "url": format!("{}/api/webhooks/{}/{}", self.cdn, webhook.id, webhook.token),
        });
        if with_creator {
            value["user"] = self.user_object(webhook.creator_id);
        }
        value
    }

    /// `POST /channels/{channel_id}/webhooks`: at most 15 per channel and 1000 per guild.
    pub(crate) fn create_webhook(
        &mut self,
        actor: u64,
        channel_id: u64,
        name: String,
        reason: Option<&str>,
    ) -> Result<Value, ApiError> {
        let channel = self.need_in_channel(actor, channel_id, permission::MANAGE_WEBHOOKS)?;
        let takes = matches!(
            channel.kind,
            TEXT | VOICE | ANNOUNCEMENT | STAGE | FORUM | MEDIA
        );
        if !takes {
            return Err(ApiError::wrong_channel_type());
        }
        let guild_id = channel.guild_id;
        check_name(&name)?;
        let here = self
            .webhooks
            .values()
            .filter(|one| one.channel_id == channel_id)
            .count();
        if here >= bounds::WEBHOOKS_MAX {
            return Err(ApiError::too_many_webhooks());
        }
        let there = self
            .webhooks
            .values()
            .filter(|one| one.guild_id == guild_id)
            .count();
        if there >= bounds::GUILD_WEBHOOKS_MAX {
            return Err(ApiError::too_many_guild_webhooks());
        }
        let id = self.snowflakes.next(&self.clock);
        let token = format!("webhook-{id:x}-{:016x}", self.dice.u64(..));
        let webhook = Webhook {
            id,
            guild_id,
            channel_id,
            name,
            token,
            creator_id: actor,
        };
        let value = self.webhook_value(&webhook, true);
        self.webhooks.insert(id, webhook);
        self.announce_webhook(guild_id, channel_id);
        let act = Act::on(audit::WEBHOOK_CREATE, id).new_value("name", &value["name"]);
        self.audit(guild_id, actor, act, reason);
        Ok(value)
    }

    /// `GET /channels/{channel_id}/webhooks`.
    pub(crate) fn channel_webhooks(&self, actor: u64, channel_id: u64) -> Result<Value, ApiError> {
        self.need_in_channel(actor, channel_id, permission::MANAGE_WEBHOOKS)?;
        let here = self
            .webhooks
            .values()
            .filter(|one| one.channel_id == channel_id);
        Ok(here.map(|one| self.webhook_value(one, true)).collect())
    }

    /// `GET /guilds/{guild_id}/webhooks`.
    pub(crate) fn guild_webhooks(&self, actor: u64, guild_id: u64) -> Result<Value, ApiError> {
        self.need_in_guild(actor, guild_id, permission::MANAGE_WEBHOOKS)?;
        let here = self
            .webhooks
            .values()
            .filter(|one| one.guild_id == guild_id);
        Ok(here.map(|one| self.webhook_value(one, true)).collect())
    }

    /// The webhook, for whoever manages webhooks in its channel.
    fn managed(&self, actor: u64, id: u64) -> Result<&Webhook, ApiError> {
        let webhook = self
            .webhooks
            .get(&id)
            .ok_or_else(ApiError::unknown_webhook)?;
        self.need_in_channel(actor, webhook.channel_id, permission::MANAGE_WEBHOOKS)?;
        Ok(webhook)
    }

    /// The webhook, for whoever holds its token: 10015 for no such id, 50027 for a wrong token.
    pub(crate) fn tokened(&self, id: u64, token: &str) -> Result<&Webhook, ApiError> {
        let webhook = self
            .webhooks
            .get(&id)
            .ok_or_else(ApiError::unknown_webhook)?;
        if webhook.token == token {
            Ok(webhook)
        } else {
            Err(ApiError::invalid_webhook_token())
        }
    }

    /// `GET /webhooks/{webhook_id}`, and with its token.
    pub(crate) fn webhook(
        &self,
        actor: Option<u64>,
        id: u64,
        token: Option<&str>,
    ) -> Result<Value, ApiError> {
        if let Some(token) = token {
            return Ok(self.webhook_value(self.tokened(id, token)?, false));
        }
        let actor = actor.ok_or_else(ApiError::unauthorized)?;
        Ok(self.webhook_value(self.managed(actor, id)?, true))
    }

    /// `PATCH /webhooks/{webhook_id}`, and with its token.
    pub(crate) fn modify_webhook(
        &mut self,
        actor: Option<u64>,
        (id, token): (u64, Option<&str>),
        name: Option<String>,
        reason: Option<&str>,
    ) -> Result<Value, ApiError> {
        let (guild_id, channel_id, actor) = self.webhook_actor(actor, id, token)?;
        if let Some(name) = &name {
            check_name(name)?;
        }
        if let (Some(webhook), Some(name)) = (self.webhooks.get_mut(&id), name) {
            webhook.name = name;
        }
        self.announce_webhook(guild_id, channel_id);
        self.audit(guild_id, actor, Act::on(audit::WEBHOOK_UPDATE, id), reason);
        self.webhook(Some(actor), id, token)
    }

    /// `DELETE /webhooks/{webhook_id}`, and with its token.
    pub(crate) fn delete_webhook(
        &mut self,
        actor: Option<u64>,
        (id, token): (u64, Option<&str>),
        reason: Option<&str>,
    ) -> Result<(), ApiError> {
        let (guild_id, channel_id, actor) = self.webhook_actor(actor, id, token)?;
        self.webhooks.remove(&id);
        self.announce_webhook(guild_id, channel_id);
        self.audit(guild_id, actor, Act::on(audit::WEBHOOK_DELETE, id), reason);
        Ok(())
    }

    fn webhook_actor(
        &self,
        actor: Option<u64>,
        id: u64,
        token: Option<&str>,
    ) -> Result<(u64, u64, u64), ApiError> {
        if let Some(token) = token {
            let webhook = self.tokened(id, token)?;
            return Ok((webhook.guild_id, webhook.channel_id, webhook.creator_id));
        }
        let actor = actor.ok_or_else(ApiError::unauthorized)?;
        let webhook = self.managed(actor, id)?;
        Ok((webhook.guild_id, webhook.channel_id, actor))
    }

    /// `POST /webhooks/{webhook_id}/{token}`: into its channel, or into a thread of that channel.
    /// No nonce and no reply here.
    pub(crate) fn execute_webhook(
        &mut self,
        (id, token): (u64, &str),
        thread_id: Option<u64>,
        username: Option<String>,
        mut draft: NewMessage,
    ) -> Result<Value, ApiError> {
        let webhook = self.tokened(id, token)?.clone();
        let target = self.webhook_target(&webhook, thread_id)?;
        draft.nonce = None;
        draft.reply_to = None;
        draft.check()?;
        if thread_id.is_some() {
            self.wake_thread(target, false)?;
        }
        let application_id = self
            .bots
            .contains(&webhook.creator_id)
            .then_some(webhook.creator_id);
        let name = username.unwrap_or(webhook.name);
        let author = Author::Webhook {
            id,
            name,
            application_id,
        };
        let message_id = self.snowflakes.next(&self.clock);
        // A webhook pings as `@everyone` may in its channel.
        let held = permission::EVERYONE_DEFAULT;
        let message = self.compose(message_id, target, (author, held), draft, None);
        Ok(self.publish(message, None))
    }

    /// `GET /webhooks/{webhook_id}/{token}/messages/{message_id}`.
    pub(crate) fn webhook_message(
        &self,
        (id, token): (u64, &str),
        thread_id: Option<u64>,
        message_id: u64,
    ) -> Result<Value, ApiError> {
        let channel_id = self.own_message(id, token, thread_id, message_id)?;
        self.message(channel_id, message_id)
            .ok_or_else(ApiError::unknown_message)
    }

    /// `PATCH /webhooks/{webhook_id}/{token}/messages/{message_id}`.
    pub(crate) fn edit_webhook_message(
        &mut self,
        (id, token): (u64, &str),
        thread_id: Option<u64>,
        message_id: u64,
        patch: MessagePatch,
    ) -> Result<Value, ApiError> {
        let channel_id = self.own_message(id, token, thread_id, message_id)?;
        self.revise(
            (channel_id, message_id),
            permission::EVERYONE_DEFAULT,
            patch,
        )
    }

    /// `DELETE /webhooks/{webhook_id}/{token}/messages/{message_id}`.
    pub(crate) fn delete_webhook_message(
        &mut self,
        (id, token): (u64, &str),
        thread_id: Option<u64>,
        message_id: u64,
    ) -> Result<(), ApiError> {
        let channel_id = self.own_message(id, token, thread_id, message_id)?;
        self.erase(channel_id, message_id);
        Ok(())
    }

    /// The channel of a message that this webhook wrote; 10008 for any other.
    fn own_message(
        &self,
        id: u64,
        token: &str,
        thread_id: Option<u64>,
        message_id: u64,
    ) -> Result<u64, ApiError> {
        let webhook = self.tokened(id, token)?;
        let channel_id = self.webhook_target(webhook, thread_id)?;
        let message = self.stored(channel_id, message_id);
        let own = message.filter(|message| message.author.id() == id);
        own.map(|_| channel_id)
            .ok_or_else(ApiError::unknown_message)
    }

    fn webhook_target(&self, webhook: &Webhook, thread_id: Option<u64>) -> Result<u64, ApiError> {
        let Some(thread_id) = thread_id else {
            return Ok(webhook.channel_id);
        };
        let thread = self.channels.get(&thread_id);
        let own = thread.filter(|one| one.parent_id == Some(webhook.channel_id));
        own.map(|one| one.id).ok_or_else(ApiError::unknown_channel)
    }

    /// `WEBHOOKS_UPDATE`, which names the channel and nothing else.
    fn announce_webhook(&mut self, guild_id: u64, channel_id: u64) {
        let data = json!({
            "guild_id": guild_id.to_string(),
            "channel_id": channel_id.to_string(),
        });
        let audience = (Audience::Channel(channel_id), event::GUILD_WEBHOOKS);
        self.emit("WEBHOOKS_UPDATE", guild_id, audience, data);
    }
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let mut errors = FormErrors::default();
    errors.length(
        "name",
        name.trim().chars().count(),
        1,
        bounds::WEBHOOK_NAME_MAX,
    );
    let lower = name.to_lowercase();
    if let Some(word) = ["clyde", "discord"]
        .iter()
        .find(|word| lower.contains(**word))
    {
        let message = format!("Username cannot contain \"{word}\"");
        errors.push("name", "USERNAME_INVALID_CONTAINS", message);
    }
    errors.done()
}
