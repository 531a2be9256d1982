//! Channels: what they are, how they look, and who may see them. Threads are channels too.

use serde_json::{Value, json};

use super::{
    ApiError, Replica, World,
    permission::{self, Overwrite, OverwriteKind, Room},
    thread::Thread,
};

mod birth;
mod change;
mod death;
mod draft;
pub(crate) mod name;
mod overwrite;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    change::Move,
    draft::{ChannelDraft, ChannelPatch, check_archive, check_name, check_slowmode},
};

/// `GUILD_TEXT`.
pub(crate) const TEXT: u64 = 0;
/// `GUILD_VOICE`.
pub(crate) const VOICE: u64 = 2;
/// `GUILD_CATEGORY`.
pub(crate) const CATEGORY: u64 = 4;
/// `GUILD_ANNOUNCEMENT`.
pub(crate) const ANNOUNCEMENT: u64 = 5;
/// `ANNOUNCEMENT_THREAD`.
pub(crate) const ANNOUNCEMENT_THREAD: u64 = 10;
/// `PUBLIC_THREAD`.
pub(crate) const PUBLIC_THREAD: u64 = 11;
/// `PRIVATE_THREAD`.
pub(crate) const PRIVATE_THREAD: u64 = 12;
/// `GUILD_STAGE_VOICE`.
pub(crate) const STAGE: u64 = 13;
/// `GUILD_FORUM`.
pub(crate) const FORUM: u64 = 15;
/// `GUILD_MEDIA`.
pub(crate) const MEDIA: u64 = 16;

/// The flag of a channel that is shown only as a shape (discord-api-docs #8454).
const OBFUSCATED: u64 = 1 << 17;

/// A channel, category or thread.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    /// The id; a thread started from a message has the message's.
    pub(crate) id: u64,
    /// The guild.
    pub(crate) guild_id: u64,
    /// The type.
    pub(crate) kind: u64,
    /// The normalised name.
    pub(crate) name: String,
    /// The topic.
    pub(crate) topic: Option<String>,
    /// The category, or a thread's channel.
    pub(crate) parent_id: Option<u64>,
    /// The place in the list.
    pub(crate) position: u64,
    /// Age-restricted.
    pub(crate) nsfw: bool,
    /// Slow mode in seconds; bots are exempt.
    pub(crate) rate_limit_per_user: u64,
    /// What new threads archive after, in minutes.
    pub(crate) default_auto_archive_duration: Option<u64>,
    /// Slow mode of new threads, in seconds.
    pub(crate) default_thread_rate_limit_per_user: Option<u64>,
    /// Who may do what here.
    pub(crate) overwrites: Vec<Overwrite>,
    /// The newest message, which may be deleted by now.
    pub(crate) last_message_id: Option<u64>,
    /// Flags.
    pub(crate) flags: u64,
    /// Who created it.
    pub(crate) creator_id: u64,
    /// When, in milliseconds since 1970 (a thread is younger than its id's message).
    pub(crate) created_ms: u64,
    /// What a thread has on top.
    pub(crate) thread: Option<Thread>,
    /// When it was deleted and by whom.
    pub(crate) death: Option<(u64, u64)>,
}

impl Channel {
    /// Whether messages can be written here.
    pub(crate) fn takes_messages(&self) -> bool {
        self.thread.is_some() || matches!(self.kind, TEXT | VOICE | ANNOUNCEMENT | STAGE)
    }

    /// Whether it is a thread that is not archived.
    pub(crate) fn is_active(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.archived)
    }

    fn room(&self) -> Room {
        match self.kind {
            VOICE | STAGE => Room::Voice,
            _ => Room::Text,
        }
    }

    /// The channel object. With a viewer, a thread says whether the viewer joined it.
    pub(crate) fn value(&self, viewer: Option<u64>) -> Value {
        match &self.thread {
            Some(thread) => thread.value(self, viewer),
            None => self.guild_channel_value(),
        }
    }

    fn overwrites_value(&self) -> Value {
        let value = |one: &Overwrite| {
            json!({
                "id": one.id.to_string(),
                "type": u8::from(one.kind == OverwriteKind::Member),
                "allow": one.allow.to_string(),
                "deny": one.deny.to_string(),
            })
        };
        self.overwrites.iter().map(value).collect()
    }

    fn guild_channel_value(&self) -> Value {
        let mut value = json!({
            "id": self.id.to_string(),
            "type": self.kind,
            "guild_id": self.guild_id.to_string(),
            "name": self.name,
            "position": self.position,
            "parent_id": self.parent_id.map(|id| id.to_string()),
            "flags": self.flags,
            "permission_overwrites": self.overwrites_value(),
        });
        if self.kind != CATEGORY {
            value["topic"] = json!(self.topic);
            value["nsfw"] = json!(self.nsfw);
            value["rate_limit_per_user"] = json!(self.rate_limit_per_user);
            value["last_message_id"] = json!(self.last_message_id.map(|id| id.to_string()));
        }
        if let Some(minutes) = self.default_auto_archive_duration {
            value["default_auto_archive_duration"] = json!(minutes);
        }
        if let Some(seconds) = self.default_thread_rate_limit_per_user {
            value["default_thread_rate_limit_per_user"] = json!(seconds);
        }
        if self.room() == Room::Voice {
            value["bitrate"] = json!(64_000);
            value["user_limit"] = json!(0);
            value["rtc_region"] = Value::Null;
        }
        value
    }
}

impl World {
    /// A channel or thread, dead or alive.
    pub(crate) fn any_channel(&self, id: u64) -> Option<&Channel> {
        self.channels.get(&id).or_else(|| self.dead.get(&id))
    }

    /// The channel object as one viewer gets it on the gateway: whole, or only its shape.
    pub(crate) fn channel_seen_by(&self, viewer: u64, channel: &Channel) -> Value {
        let mut value = channel.value(Some(viewer));
        if self.obfuscate && !self.can_view(viewer, channel.id) {
            hide(&mut value);
        }
        value
    }

    /// Everything a user may do in a channel or thread, overwrites and implicit denials counted.
    pub(crate) fn permissions_in(&self, user_id: u64, channel_id: u64) -> u64 {
        let Some(channel) = self.any_channel(channel_id) else {
            return 0;
        };
        let base = self.granted_permissions(channel.guild_id, user_id);
        let home = channel.thread.as_ref().and(channel.parent_id);
        let rules = home.and_then(|id| self.any_channel(id)).unwrap_or(channel);
        let Some(guild) = self.guilds.get(&channel.guild_id) else {
            return 0;
        };
        let Some(member) = guild.member(user_id) else {
            return 0;
        };
        let permissions =
            permission::overwritten(base, guild.id, user_id, &member.roles, &rules.overwrites);
        let permissions =
            permission::timed_out(permissions, member.is_timed_out(self.clock.now_ms()));
        let Some(thread) = &channel.thread else {
            return permission::implied(permissions, rules.room());
        };
        let permissions = permission::implied(permissions, Room::Thread);
        // A private thread is there for its members and for who manages threads.
        let invited = thread.members.contains_key(&user_id);
        let opened = invited || permissions & permission::MANAGE_THREADS != 0;
        if channel.kind == PRIVATE_THREAD && !opened {
            0
        } else {
            permissions
        }
    }

    /// Whether a user can view a channel or thread (also one that is gone: its last events).
    pub(crate) fn can_view(&self, user_id: u64, channel_id: u64) -> bool {
        self.permissions_in(user_id, channel_id) & permission::VIEW_CHANNEL != 0
    }

    /// A living channel that the actor can view, with what it may do there: else 10003 or 50001,
    /// or what an outage says.
    pub(crate) fn channel_for(
        &self,
        actor: u64,
        channel_id: u64,
    ) -> Result<(&Channel, u64), ApiError> {
        if let Some(channel) = self.any_channel(channel_id) {
            self.reach(channel.guild_id)?;
        }
        let channel = self
            .channels
            .get(&channel_id)
            .ok_or_else(ApiError::unknown_channel)?;
        let permissions = self.permissions_in(actor, channel_id);
        if permissions & permission::VIEW_CHANNEL == 0 {
            return Err(ApiError::missing_access());
        }
        Ok((channel, permissions))
    }

    /// The same, and 50013 unless the actor holds all of `needed` there.
    pub(crate) fn need_in_channel(
        &self,
        actor: u64,
        channel_id: u64,
        needed: u64,
    ) -> Result<&Channel, ApiError> {
        let (channel, permissions) = self.channel_for(actor, channel_id)?;
        if permissions & needed == needed {
            Ok(channel)
        } else {
            Err(ApiError::missing_permissions())
        }
    }

    /// `GET /channels/{channel_id}`.
    pub(crate) fn channel(&self, actor: u64, channel_id: u64) -> Result<Value, ApiError> {
        let (channel, _) = self.channel_for(actor, channel_id)?;
        Ok(channel.value(Some(actor)))
    }

    /// `GET /guilds/{guild_id}/channels`: no threads, none the actor cannot view, and none that
    /// the replica does not know.
    pub(crate) fn guild_channels(
        &mut self,
        actor: u64,
        guild_id: u64,
        replica: Replica,
    ) -> Result<Value, ApiError> {
        self.guild_for(actor, guild_id)?;
        let known_ms = self.known_ms(replica);
        let rooms = self.channels.values();
        let listed = rooms.filter(|one| one.guild_id == guild_id && one.thread.is_none());
        let seen = listed
            .filter(|one| one.created_ms <= known_ms)
            .filter(|one| !self.obfuscate || self.can_view(actor, one.id));
        let mut list = seen.map(Channel::guild_channel_value).collect();
        self.omit(replica, &mut list);
        Ok(Value::Array(list))
    }
}

/// Leaves of a channel object what a viewer without access gets.
pub(crate) fn hide(value: &mut Value) {
    let flags = value["flags"].as_u64().unwrap_or(0) | OBFUSCATED;
    value["flags"] = json!(flags);
    value["name"] = json!("___hidden___");
    value["topic"] = Value::Null;
    if value.get("last_message_id").is_some() {
        value["last_message_id"] = Value::Null;
    }
}
