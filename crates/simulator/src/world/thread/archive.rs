//! How threads fall asleep and wake up.

use serde_json::Value;

use crate::world::{
    ApiError, ChannelPatch, World,
    audit::{self, Act},
    channel::{Channel, name::normalised},
    event::{self, Audience},
    permission,
};

impl World {
    /// `PATCH /channels/{thread_id}`. Whoever only revives an unlocked thread needs
    /// `SEND_MESSAGES_IN_THREADS`; its creator may rename and archive it; the rest needs
    /// `MANAGE_THREADS` (Discord: topics/threads#editing).
    pub(crate) fn modify_thread(
        &mut self,
        actor: u64,
        thread_id: u64,
        patch: ChannelPatch,
        reason: Option<&str>,
    ) -> Result<Value, ApiError> {
        let (channel, held) = self.channel_for(actor, thread_id)?;
        let thread = channel
            .thread
            .as_ref()
            .ok_or_else(ApiError::wrong_channel_type)?;
        let revives = thread.archived && patch.archived == Some(false);
        if thread.archived && !revives {
            return Err(ApiError::thread_archived());
        }
        let manages = held & permission::MANAGE_THREADS != 0;
        let speaks = held & permission::SEND_MESSAGES_IN_THREADS != 0;
        let strict = patch.locked.is_some() || patch.rate_limit_per_user.is_some();
        let allowed = manages
            || (revives && !thread.locked && speaks && !patch.edits_more_than_the_archive())
            || (channel.creator_id == actor && !thread.locked && !strict);
        if !allowed {
            return Err(ApiError::missing_permissions());
        }
        if revives {
            self.check_thread_room(thread_id)?;
        }
        let guild_id = channel.guild_id;
        let old = channel.value(None);
        let now = self.clock.now_ms();
        if let Some(channel) = self.channels.get_mut(&thread_id) {
            apply(channel, patch, now);
        }
        self.archive_due_ms = 0;
        let new = self.emit_thread(thread_id);
        let (before, after) = (&old["thread_metadata"], &new["thread_metadata"]);
        let act = Act::on(audit::THREAD_UPDATE, thread_id)
            .changed("name", &old["name"], &new["name"])
            .changed("archived", &before["archived"], &after["archived"])
            .changed("locked", &before["locked"], &after["locked"]);
        self.audit(guild_id, actor, act, reason);
        Ok(new)
    }

    /// Brings a thread back to life for a message: archived ones wake up, locked ones only for
    /// who manages threads (160005).
    pub(crate) fn wake_thread(&mut self, thread_id: u64, manages: bool) -> Result<(), ApiError> {
        let now = self.clock.now_ms();
        let Some(thread) = self.thread_mut(thread_id) else {
            return Ok(());
        };
        if thread.locked && !manages {
            return Err(ApiError::thread_locked());
        }
        thread.active_ms = now;
        if thread.archived {
            self.check_thread_room(thread_id)?;
            let Some(thread) = self.thread_mut(thread_id) else {
                return Ok(());
            };
            thread.archived = false;
            thread.archive_ms = now;
            self.archive_due_ms = 0;
            self.emit_thread(thread_id);
        }
        Ok(())
    }

    /// Does what time alone does: archives silent threads, strips deleted roles. Call it before
    /// looking at the world; nothing in here waits.
    pub(crate) fn settle(&mut self) {
        let now = self.clock.now_ms();
        let guilds: Vec<u64> = self
            .guilds
            .values()
            .filter(|guild| !guild.role_cleanups.is_empty())
            .map(|guild| guild.id)
            .collect();
        for guild_id in guilds {
            self.settle_roles(guild_id);
        }
        if now < self.archive_due_ms {
            return;
        }
        let active = self.channels.values().filter(|one| one.is_active());
        let due = |one: &Channel| one.thread.as_ref().map(super::Thread::due_ms);
        let (silent, awake): (Vec<_>, Vec<_>) = active
            .filter_map(|one| Some((one.id, due(one)?)))
            .partition(|(_, due_ms)| *due_ms <= now);
        self.archive_due_ms = awake
            .iter()
            .map(|(_, due_ms)| *due_ms)
            .min()
            .unwrap_or(u64::MAX);
        for (id, due_ms) in silent {
            if let Some(thread) = self.thread_mut(id) {
                thread.archived = true;
                thread.archive_ms = due_ms;
            }
            self.emit_thread(id);
        }
    }

    /// `THREAD_UPDATE`; returns the thread.
    fn emit_thread(&mut self, thread_id: u64) -> Value {
        let Some(channel) = self.channels.get(&thread_id) else {
            return Value::Null;
        };
        let (guild_id, value) = (channel.guild_id, channel.value(None));
        let audience = (Audience::Channel(thread_id), event::GUILDS);
        self.emit("THREAD_UPDATE", guild_id, audience, value.clone());
        value
    }
}

fn apply(channel: &mut Channel, patch: ChannelPatch, now: u64) {
    if let Some(name) = patch.name {
        channel.name = normalised(channel.kind, &name);
    }
    channel.rate_limit_per_user = patch
        .rate_limit_per_user
        .unwrap_or(channel.rate_limit_per_user);
    channel.flags = patch.flags.unwrap_or(channel.flags);
    let Some(thread) = &mut channel.thread else {
        return;
    };
    thread.auto_archive_minutes = patch
        .auto_archive_duration
        .unwrap_or(thread.auto_archive_minutes);
    thread.locked = patch.locked.unwrap_or(thread.locked);
    thread.invitable = patch.invitable.unwrap_or(thread.invitable);
    if let Some(archived) = patch
        .archived
        .filter(|archived| *archived != thread.archived)
    {
        thread.archived = archived;
        thread.archive_ms = now;
    }
}
