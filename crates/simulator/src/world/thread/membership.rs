//! Who is in a thread.

use serde_json::{Value, json};

use crate::world::{
    ApiError, World, bounds,
    channel::PRIVATE_THREAD,
    event::{self, Audience},
    permission,
};

impl World {
    /// `GET /channels/{thread_id}/thread-members`.
    pub(crate) fn thread_members(&self, actor: u64, thread_id: u64) -> Result<Value, ApiError> {
        let (channel, _) = self.channel_for(actor, thread_id)?;
        let thread = channel
            .thread
            .as_ref()
            .ok_or_else(ApiError::wrong_channel_type)?;
        let members = thread.members.keys();
        Ok(members
            .filter_map(|id| thread.member_value(thread_id, *id))
            .collect())
    }

    /// `PUT /channels/{thread_id}/thread-members/{user_id}`; `@me` is the actor itself.
    pub(crate) fn join_thread(
        &mut self,
        actor: u64,
        thread_id: u64,
        user_id: u64,
    ) -> Result<(), ApiError> {
        let (channel, held) = self.channel_for(actor, thread_id)?;
        let guild_id = channel.guild_id;
        let thread = channel
            .thread
            .as_ref()
            .ok_or_else(ApiError::wrong_channel_type)?;
        if thread.archived {
            return Err(ApiError::thread_archived());
        }
        if actor != user_id && held & permission::SEND_MESSAGES_IN_THREADS == 0 {
            return Err(ApiError::missing_permissions());
        }
        if !self.is_member(guild_id, user_id) {
            return Err(ApiError::unknown_member());
        }
        let full = thread.members.len() >= bounds::THREAD_MEMBERS_MAX;
        if full && !thread.members.contains_key(&user_id) {
            return Err(ApiError::too_many_thread_members());
        }
        self.enter_thread(actor, thread_id, user_id);
        Ok(())
    }

    /// `DELETE /channels/{thread_id}/thread-members/{user_id}`.
    pub(crate) fn leave_thread(
        &mut self,
        actor: u64,
        thread_id: u64,
        user_id: u64,
    ) -> Result<(), ApiError> {
        let (channel, held) = self.channel_for(actor, thread_id)?;
        let thread = channel
            .thread
            .as_ref()
            .ok_or_else(ApiError::wrong_channel_type)?;
        if thread.archived {
            return Err(ApiError::thread_archived());
        }
        if actor != user_id && held & permission::MANAGE_THREADS == 0 {
            return Err(ApiError::missing_permissions());
        }
        let left = self
            .thread_mut(thread_id)
            .and_then(|thread| thread.members.remove(&user_id));
        if left.is_some() {
            self.emit_members(actor, thread_id, None, Some(user_id));
        }
        Ok(())
    }

    /// Makes a user a member of a thread, quietly when it is one already.
    pub(crate) fn enter_thread(&mut self, actor: u64, thread_id: u64, user_id: u64) {
        let now = self.clock.now_ms();
        let Some(thread) = self.thread_mut(thread_id) else {
            return;
        };
        if thread.members.contains_key(&user_id) {
            return;
        }
        thread.members.insert(user_id, now);
        self.show_private_thread(thread_id, user_id);
        self.emit_own_member(thread_id, user_id);
        self.emit_members(actor, thread_id, Some(user_id), None);
    }

    /// Makes members of those whom a message in a thread pings, as far as they can see the channel
    /// (Discord: topics/threads). Into a private thread only who may invite pings anybody.
    pub(crate) fn pull_in(&mut self, (actor, held): (u64, u64), thread_id: u64, pinged: &[u64]) {
        let Some(channel) = self.channels.get(&thread_id) else {
            return;
        };
        let (Some(thread), Some(home)) = (&channel.thread, channel.parent_id) else {
            return;
        };
        let private = channel.kind == PRIVATE_THREAD;
        let invites = thread.invitable || held & permission::MANAGE_THREADS != 0;
        if private && !invites {
            return;
        }
        let room = bounds::THREAD_MEMBERS_MAX.saturating_sub(thread.members.len());
        let strangers = pinged.iter().copied();
        let strangers = strangers
            .filter(|id| !thread.members.contains_key(id) && self.can_view(*id, home))
            .take(room)
            .collect::<Vec<_>>();
        for user_id in strangers {
            self.enter_thread(actor, thread_id, user_id);
        }
    }

    /// `THREAD_CREATE` to a bot that is let into a private thread, which it could not see so far
    /// (Discord: events/gateway-events#thread-create).
    fn show_private_thread(&mut self, thread_id: u64, user_id: u64) {
        let Some(channel) = self.channels.get(&thread_id) else {
            return;
        };
        if channel.kind != PRIVATE_THREAD || !self.bots.contains(&user_id) {
            return;
        }
        let (guild_id, data) = (channel.guild_id, channel.value(Some(user_id)));
        let audience = (Audience::Only(user_id), event::GUILDS);
        self.emit("THREAD_CREATE", guild_id, audience, data);
    }

    /// `THREAD_MEMBER_UPDATE`: a bot's own membership, to that bot alone.
    fn emit_own_member(&mut self, thread_id: u64, user_id: u64) {
        let Some(channel) = self.channels.get(&thread_id) else {
            return;
        };
        let guild_id = channel.guild_id;
        let member = channel
            .thread
            .as_ref()
            .and_then(|thread| thread.member_value(thread_id, user_id));
        if let Some(mut data) = member.filter(|_| self.bots.contains(&user_id)) {
            data["guild_id"] = json!(guild_id.to_string());
            let audience = (Audience::Only(user_id), event::GUILDS);
            self.emit("THREAD_MEMBER_UPDATE", guild_id, audience, data);
        }
    }

    /// `THREAD_MEMBERS_UPDATE`: to the user concerned in any case, to others with `GUILD_MEMBERS`.
    fn emit_members(
        &mut self,
        actor: u64,
        thread_id: u64,
        added: Option<u64>,
        removed: Option<u64>,
    ) {
        let Some(channel) = self.channels.get(&thread_id) else {
            return;
        };
        let Some(thread) = &channel.thread else {
            return;
        };
        let guild_id = channel.guild_id;
        let mut data = json!({
            "id": thread_id.to_string(),
            "guild_id": guild_id.to_string(),
            "member_count": thread.members.len().min(50),
        });
        if let Some(member) = added.and_then(|id| thread.member_value(thread_id, id)) {
            data["added_members"] = json!([member]);
        }
        if let Some(user_id) = removed {
            data["removed_member_ids"] = json!([user_id.to_string()]);
        }
        let name = "THREAD_MEMBERS_UPDATE";
        let concerned = added.or(removed).unwrap_or(actor);
        let bots = self.bots.clone();
        for bot in bots
            .into_iter()
            .filter(|bot| *bot == concerned || self.can_view(*bot, thread_id))
            .collect::<Vec<_>>()
        {
            let intents = if bot == concerned {
                event::GUILDS
            } else {
                event::GUILD_MEMBERS
            };
            self.emit(name, guild_id, (Audience::Only(bot), intents), data.clone());
        }
    }
}
