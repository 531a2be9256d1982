//! How a message is written.

use serde_json::{Value, json};

use super::{
    AllowedMentions, Author, DEFAULT, Message, NewMessage, Nonce, REPLY, THREAD_CREATED,
    THREAD_STARTER, embed, mention,
};
use crate::world::{
    ApiError, World,
    event::{self, Audience},
    permission,
};

impl World {
    /// `POST /channels/{channel_id}/messages`.
    pub(crate) fn create_message(
        &mut self,
        actor: u64,
        channel_id: u64,
        draft: NewMessage,
    ) -> Result<Value, ApiError> {
        self.create_message_with(actor, channel_id, draft, None)
    }

    /// The same with a given id: a forum's post has its thread's.
    pub(crate) fn create_message_with(
        &mut self,
        actor: u64,
        channel_id: u64,
        draft: NewMessage,
        id: Option<u64>,
    ) -> Result<Value, ApiError> {
        let (channel, held) = self.channel_for(actor, channel_id)?;
        if !channel.takes_messages() {
            return Err(ApiError::not_text());
        }
        let in_thread = channel.thread.is_some();
        draft.check()?;
        check_rights(held, in_thread, &draft)?;
        if draft.enforce_nonce
            && let Some(earlier) = self.made_by(actor, channel_id, draft.nonce.as_ref())?
        {
            return Ok(earlier);
        }
        let reference = self.resolve(channel_id, held, &draft)?;
        if in_thread {
            let manages = held & permission::MANAGE_THREADS != 0;
            self.wake_thread(channel_id, manages)?;
            self.enter_thread(actor, channel_id, actor);
        }
        let nonce = draft.nonce.clone();
        let author = Author::User(actor);
        let id = id.unwrap_or_else(|| self.message_id());
        let message = self.compose(id, channel_id, (author, held), draft, reference);
        if in_thread {
            self.pull_in((actor, held), channel_id, &message.mentions);
        }
        if let Some(nonce) = &nonce {
            let key = (actor, channel_id, nonce.clone());
            self.nonces.note(key, id, self.clock.now_ms());
        }
        Ok(self.publish(message, nonce.as_ref()))
    }

    /// The id of a message that is written now.
    fn message_id(&mut self) -> u64 {
        if self.id_skew_ms == 0 {
            return self.snowflakes.next(&self.clock);
        }
        let back_ms = self.dice.u64(..=self.id_skew_ms);
        self.snowflakes.skewed(&self.clock, back_ms)
    }

    /// The message that a nonce made already; 10008 when that one was deleted (discord-facts 1.7).
    fn made_by(
        &self,
        actor: u64,
        channel_id: u64,
        nonce: Option<&Nonce>,
    ) -> Result<Option<Value>, ApiError> {
        let Some(nonce) = nonce else { return Ok(None) };
        let now = self.clock.now_ms();
        let Some(id) = self.nonces.find(actor, channel_id, nonce, now) else {
            return Ok(None);
        };
        let message = self
            .stored(channel_id, id)
            .ok_or_else(ApiError::unknown_message)?;
        let mut value = self.message_value(message);
        value["nonce"] = nonce_value(nonce);
        Ok(Some(value))
    }

    /// Builds the message: trimmed text, files with ids, and the pings that are allowed.
    pub(crate) fn compose(
        &mut self,
        id: u64,
        channel_id: u64,
        (author, held): (Author, u64),
        draft: NewMessage,
        reference: Option<(u64, u64)>,
    ) -> Message {
        let files = draft
            .files
            .into_iter()
            .map(|file| self.attach(channel_id, file))
            .collect();
        let kind = if reference.is_some() { REPLY } else { DEFAULT };
        let usual = || match author {
            Author::User(_) => AllowedMentions::everything(),
            Author::Webhook { .. } => AllowedMentions::users_only(),
        };
        let allowed = draft.allowed_mentions.unwrap_or_else(usual);
        let mut message = Message {
            content: draft.content.trim().to_owned(),
            tts: draft.tts,
            attachments: files,
            embeds: draft.embeds.into_iter().map(embed::kept).collect(),
            components: draft.components,
            flags: draft.flags,
            reference,
            ..Message::bare(id, channel_id, author, kind)
        };
        self.resolve_mentions(&mut message, &allowed, held);
        message
    }

    /// Sets whom a message pings: what its text names, as far as `allowed` and the author's
    /// permissions go, and the author it replies to.
    pub(crate) fn resolve_mentions(
        &self,
        message: &mut Message,
        allowed: &AllowedMentions,
        held: u64,
    ) {
        let named = mention::named(&message.content);
        let mighty = held & permission::MENTION_EVERYONE != 0;
        let may_ping = |id: &u64| allowed.users_all || allowed.users.contains(id);
        message.mentions = named.users;
        message
            .mentions
            .retain(|id| self.user_of(*id).is_some() && may_ping(id));
        let guild = self
            .any_channel(message.channel_id)
            .map(|channel| channel.guild_id);
        let roles = guild
            .and_then(|id| self.guilds.get(&id))
            .map(|guild| &guild.roles);
        message.mention_roles = named.roles;
        message.mention_roles.retain(|id| {
            let role = roles.and_then(|roles| roles.get(id));
            let open = role.is_some_and(|role| role.mentionable || mighty);
            open && (allowed.roles_all || allowed.roles.contains(id))
        });
        message.mention_everyone = named.everyone && allowed.everyone && mighty;
        let replied = message.reference.filter(|_| allowed.replied_user);
        let target = replied.and_then(|(channel_id, id)| self.stored(channel_id, id));
        if let Some(Author::User(id)) = target.map(|target| target.author.clone())
            && !message.mentions.contains(&id)
        {
            message.mentions.push(id);
        }
    }

    /// Puts a message into its channel and tells everybody. Returns it with its nonce.
    pub(crate) fn publish(&mut self, message: Message, nonce: Option<&Nonce>) -> Value {
        let (id, channel_id) = (message.id, message.channel_id);
        let mut value = self.message_value(&message);
        let mut data = self.message_event(&message);
        if let Some(nonce) = nonce {
            value["nonce"] = nonce_value(nonce);
            data["nonce"] = nonce_value(nonce);
        }
        let starts = message.kind == THREAD_STARTER || id == channel_id;
        self.messages
            .entry(channel_id)
            .or_default()
            .insert(id, message);
        self.messages_created += 1;
        let now = self.clock.now_ms();
        let Some(channel) = self.channels.get_mut(&channel_id) else {
            return value;
        };
        channel.last_message_id = Some(id);
        if let Some(thread) = channel.thread.as_mut().filter(|_| !starts) {
            thread.message_count += 1;
            thread.total_message_sent += 1;
            thread.active_ms = now;
        }
        let guild_id = channel.guild_id;
        let audience = (Audience::Channel(channel_id), event::GUILD_MESSAGES);
        self.emit("MESSAGE_CREATE", guild_id, audience, data);
        value
    }

    /// The first message of a thread that began with a message: it points there.
    pub(crate) fn post_starter(&mut self, actor: u64, channel_id: u64, thread_id: u64) {
        let id = self.snowflakes.next(&self.clock);
        let mut starter = Message::bare(id, thread_id, Author::User(actor), THREAD_STARTER);
        starter.reference = Some((channel_id, thread_id));
        self.publish(starter, None);
    }

    /// What a channel shows of a thread that began alone.
    pub(crate) fn announce_thread(&mut self, actor: u64, channel_id: u64, thread_id: u64) {
        let id = self.snowflakes.next(&self.clock);
        let mut notice = Message::bare(id, channel_id, Author::User(actor), THREAD_CREATED);
        notice.content = self
            .channels
            .get(&thread_id)
            .map_or(String::new(), |one| one.name.clone());
        self.publish(notice, None);
    }

    /// `POST /channels/{channel_id}/typing`.
    pub(crate) fn trigger_typing(&mut self, actor: u64, channel_id: u64) -> Result<(), ApiError> {
        let (channel, held) = self.channel_for(actor, channel_id)?;
        if !channel.takes_messages() {
            return Err(ApiError::not_text());
        }
        check_rights(held, channel.thread.is_some(), &NewMessage::default())?;
        let guild_id = channel.guild_id;
        let data = json!({
            "channel_id": channel_id.to_string(),
            "guild_id": guild_id.to_string(),
            "user_id": actor.to_string(),
            "timestamp": self.clock.now_ms() / 1_000,
            "member": self.member_object(guild_id, actor),
        });
        let audience = (Audience::Channel(channel_id), event::GUILD_MESSAGE_TYPING);
        self.emit("TYPING_START", guild_id, audience, data);
        Ok(())
    }
}

/// 50013 unless everything in the draft is permitted here.
fn check_rights(held: u64, in_thread: bool, draft: &NewMessage) -> Result<(), ApiError> {
    let mut needed = if in_thread {
        permission::SEND_MESSAGES_IN_THREADS
    } else {
        permission::SEND_MESSAGES
    };
    if !draft.files.is_empty() {
        needed |= permission::ATTACH_FILES;
    }
    if !draft.embeds.is_empty() {
        needed |= permission::EMBED_LINKS;
    }
    if draft.tts {
        needed |= permission::SEND_TTS_MESSAGES;
    }
    if held & needed == needed {
        Ok(())
    } else {
        Err(ApiError::missing_permissions())
    }
}

/// A nonce as it was sent.
pub(crate) fn nonce_value(nonce: &Nonce) -> Value {
    match nonce {
        Nonce::Number(number) => json!(number),
        Nonce::Text(text) => json!(text),
    }
}
