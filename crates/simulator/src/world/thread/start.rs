//! How a thread begins.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Thread;
use crate::world::{
    ApiError, World,
    audit::{self, Act},
    channel::{
        ANNOUNCEMENT, ANNOUNCEMENT_THREAD, Channel, FORUM, MEDIA, PRIVATE_THREAD, PUBLIC_THREAD,
        TEXT, check_archive, check_name, check_slowmode, name::normalised,
    },
    error::FormErrors,
    event::{self, Audience},
    message::{self, NewMessage},
    permission,
};

/// A thread to be.
#[derive(Clone, Debug, Default)]
pub(crate) struct ThreadDraft {
    /// The name.
    pub(crate) name: String,
    /// The type; without a message it defaults to `PRIVATE_THREAD`, as on Discord.
    pub(crate) kind: Option<u64>,
    /// Minutes of silence until it archives itself (the channel's default, or a day).
    pub(crate) auto_archive_duration: Option<u64>,
    /// Slow mode in seconds.
    pub(crate) rate_limit_per_user: u64,
    /// Whether members may invite others (private threads).
    pub(crate) invitable: Option<bool>,
    /// A forum post's first message.
    pub(crate) message: Option<NewMessage>,
}

impl ThreadDraft {
    fn check(&self) -> Result<(), ApiError> {
        let mut errors = FormErrors::default();
        check_name(&mut errors, &self.name);
        if let Some(minutes) = self.auto_archive_duration {
            check_archive(&mut errors, "auto_archive_duration", minutes);
        }
        check_slowmode(&mut errors, self.rate_limit_per_user);
        if self.kind.is_some_and(|kind| !matches!(kind, 10..=12)) {
            errors.push(
                "type",
                "BASE_TYPE_CHOICES",
                "Value must be one of (10, 11, 12).",
            );
        }
        errors.done()
    }
}

impl World {
    /// `POST /channels/{channel_id}/messages/{message_id}/threads`: the thread's id is the
    /// message's, so there is one thread per message (160004).
    pub(crate) fn start_thread_from_message(
        &mut self,
        actor: u64,
        channel_id: u64,
        message_id: u64,
        draft: &ThreadDraft,
        reason: Option<&str>,
    ) -> Result<Value, ApiError> {
        let needed = permission::CREATE_PUBLIC_THREADS;
        let channel = self.need_in_channel(actor, channel_id, needed)?;
        let kind = match channel.kind {
            TEXT => PUBLIC_THREAD,
            ANNOUNCEMENT => ANNOUNCEMENT_THREAD,
            _ => return Err(ApiError::wrong_channel_type()),
        };
        draft.check()?;
        self.check_words(&draft.name)?;
        self.stored(channel_id, message_id)
            .ok_or_else(ApiError::unknown_message)?;
        if self.any_channel(message_id).is_some() {
            return Err(ApiError::thread_exists());
        }
        self.check_thread_room(channel_id)?;
        let id = message_id;
        let value = self.begin_thread(actor, channel_id, (id, kind), draft, reason);
        if let Some(message) = self.stored_mut(channel_id, message_id) {
            message.flags |= message::HAS_THREAD;
        }
        self.emit_update(channel_id, message_id);
        self.post_starter(actor, channel_id, id);
        Ok(value)
    }

    /// `POST /channels/{channel_id}/threads`: alone, or a forum's post with its first message.
    pub(crate) fn start_thread(
        &mut self,
        actor: u64,
        channel_id: u64,
        mut draft: ThreadDraft,
        reason: Option<&str>,
    ) -> Result<Value, ApiError> {
        let (channel, held) = self.channel_for(actor, channel_id)?;
        let forum = matches!(channel.kind, FORUM | MEDIA);
        let kind = match channel.kind {
            FORUM | MEDIA => PUBLIC_THREAD,
            TEXT => draft.kind.unwrap_or(PRIVATE_THREAD),
            ANNOUNCEMENT => ANNOUNCEMENT_THREAD,
            _ => return Err(ApiError::wrong_channel_type()),
        };
        draft.check()?;
        self.check_words(&draft.name)?;
        let needed = match kind {
            _ if forum => permission::SEND_MESSAGES,
            PRIVATE_THREAD => permission::CREATE_PRIVATE_THREADS,
            _ => permission::CREATE_PUBLIC_THREADS,
        };
        if held & needed == 0 {
            return Err(ApiError::missing_permissions());
        }
        self.check_thread_room(channel_id)?;
        let post = draft.message.take();
        if forum {
            let required =
                || ApiError::form("message", "BASE_TYPE_REQUIRED", "This field is required");
            post.as_ref().ok_or_else(required)?.check()?;
        }
        let id = self.snowflakes.next(&self.clock);
        let mut value = self.begin_thread(actor, channel_id, (id, kind), &draft, reason);
        if let Some(channel) = self.channels.get_mut(&channel_id).filter(|_| forum) {
            // Of a forum it is the last post (Discord: resources/channel#channel-object).
            channel.last_message_id = Some(id);
        }
        match post.filter(|_| forum) {
            Some(post) => value["message"] = self.create_message_with(actor, id, post, Some(id))?,
            None if kind == PUBLIC_THREAD => self.announce_thread(actor, channel_id, id),
            None => {}
        }
        Ok(value)
    }

    /// 160006 when the guild's active threads are used up.
    pub(crate) fn check_thread_room(&self, channel_id: u64) -> Result<(), ApiError> {
        let guild_id = self.channels.get(&channel_id).map(|one| one.guild_id);
        let active = self
            .channels
            .values()
            .filter(|one| Some(one.guild_id) == guild_id && one.is_active());
        if active.count() >= self.threads_max {
            return Err(ApiError::too_many_threads());
        }
        Ok(())
    }

    fn begin_thread(
        &mut self,
        actor: u64,
        channel_id: u64,
        (id, kind): (u64, u64),
        draft: &ThreadDraft,
        reason: Option<&str>,
    ) -> Value {
        let parent = self.channels.get(&channel_id);
        let guild_id = parent.map_or(0, |parent| parent.guild_id);
        let usual = parent.and_then(|parent| parent.default_auto_archive_duration);
        let now = self.clock.now_ms();
        let thread = Thread {
            archived: false,
            archive_ms: now,
            auto_archive_minutes: draft.auto_archive_duration.or(usual).unwrap_or(1_440),
            locked: false,
            invitable: draft.invitable.unwrap_or(true),
            active_ms: now,
            members: BTreeMap::from([(actor, now)]),
            message_count: 0,
            total_message_sent: 0,
        };
        let channel = Channel {
            id,
            guild_id,
            kind,
            name: normalised(kind, &draft.name),
            topic: None,
            parent_id: Some(channel_id),
            position: 0,
            nsfw: false,
            rate_limit_per_user: draft.rate_limit_per_user,
            default_auto_archive_duration: None,
            default_thread_rate_limit_per_user: None,
            overwrites: Vec::new(),
            last_message_id: None,
            flags: 0,
            creator_id: actor,
            created_ms: now,
            thread: Some(thread),
            death: None,
        };
        self.archive_due_ms = 0;
        let value = channel.value(Some(actor));
        let mut event = channel.value(None);
        event["newly_created"] = json!(true);
        self.channels.insert(id, channel);
        let audience = (Audience::Channel(id), event::GUILDS);
        self.emit("THREAD_CREATE", guild_id, audience, event);
        let metadata = &value["thread_metadata"];
        let act = Act::on(audit::THREAD_CREATE, id)
            .new_value("name", &value["name"])
            .new_value("type", &value["type"])
            .new_value("archived", &metadata["archived"])
            .new_value("locked", &metadata["locked"])
            .new_value("auto_archive_duration", &metadata["auto_archive_duration"]);
        self.audit(guild_id, actor, act, reason);
        value
    }
}
