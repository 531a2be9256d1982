//! How a channel changes: settings, category, position.

use serde_json::Value;

use super::{Channel, ChannelPatch, name::normalised};
use crate::world::{
    ApiError, World,
    audit::{self, Act},
    event::{self, Audience},
    permission,
};

/// One line of `PATCH /guilds/{guild_id}/channels`.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::option_option,
    reason = "absent, null and a value are three things"
)]
pub(crate) struct Move {
    /// The channel.
    pub(crate) id: u64,
    /// Its new position.
    pub(crate) position: Option<u64>,
    /// Its new category.
    pub(crate) parent_id: Option<Option<u64>>,
    /// Whether it takes that category's overwrites.
    pub(crate) lock_permissions: bool,
}

impl World {
    /// `PATCH /channels/{channel_id}`, for channels and threads alike.
    pub(crate) fn modify_channel(
        &mut self,
        actor: u64,
        channel_id: u64,
        patch: ChannelPatch,
        reason: Option<&str>,
    ) -> Result<Value, ApiError> {
        let (channel, held) = self.channel_for(actor, channel_id)?;
        patch.check(channel.kind)?;
        if channel.thread.is_some() {
            return self.modify_thread(actor, channel_id, patch, reason);
        }
        if held & permission::MANAGE_CHANNELS == 0 {
            return Err(ApiError::missing_permissions());
        }
        let (guild_id, kind) = (channel.guild_id, channel.kind);
        if let Some(parent_id) = patch.parent_id {
            self.check_parent(guild_id, kind, parent_id, Some(channel_id))?;
        }
        if let Some(overwrites) = &patch.overwrites {
            self.need_in_channel(actor, channel_id, permission::MANAGE_ROLES)?;
            self.check_overwrites(actor, guild_id, Some(channel_id), overwrites)?;
        }
        let change = |channel: &mut Channel| apply(channel, patch);
        let (old, new) = self.change_channel(channel_id, change)?;
        let mut act = Act::on(audit::CHANNEL_UPDATE, channel_id);
        for key in [
            "name",
            "topic",
            "nsfw",
            "rate_limit_per_user",
            "type",
            "flags",
        ] {
            act = act.changed(key, &old[key], &new[key]);
        }
        self.audit(guild_id, actor, act, reason);
        Ok(new)
    }

    /// `PATCH /guilds/{guild_id}/channels`: positions, and at most one change of category (40009).
    pub(crate) fn move_channels(
        &mut self,
        actor: u64,
        guild_id: u64,
        moves: &[Move],
    ) -> Result<(), ApiError> {
        self.need_in_guild(actor, guild_id, permission::MANAGE_CHANNELS)?;
        if moves.iter().filter(|one| one.parent_id.is_some()).count() > 1 {
            return Err(ApiError::two_parents());
        }
        for one in moves {
            let channel = self
                .channels
                .get(&one.id)
                .ok_or_else(ApiError::unknown_channel)?;
            if let Some(parent_id) = one.parent_id {
                self.check_parent(guild_id, channel.kind, parent_id, Some(one.id))?;
            }
        }
        for one in moves {
            let parent = one
                .parent_id
                .flatten()
                .and_then(|id| self.channels.get(&id));
            let locked = parent
                .filter(|_| one.lock_permissions)
                .map(|one| one.overwrites.clone());
            let patch = ChannelPatch {
                position: one.position,
                parent_id: one.parent_id,
                overwrites: locked,
                ..ChannelPatch::default()
            };
            self.change_channel(one.id, |channel| apply(channel, patch))?;
        }
        Ok(())
    }

    /// Changes a guild channel, tells everybody, and tells who gains sight of it about its threads.
    /// Returns the object before and after.
    pub(crate) fn change_channel(
        &mut self,
        channel_id: u64,
        change: impl FnOnce(&mut Channel),
    ) -> Result<(Value, Value), ApiError> {
        let blind: Vec<u64> = self
            .bots
            .iter()
            .copied()
            .filter(|bot| !self.can_view(*bot, channel_id))
            .collect();
        let channel = self
            .channels
            .get(&channel_id)
            .ok_or_else(ApiError::unknown_channel)?;
        let (guild_id, old) = (channel.guild_id, channel.value(None));
        let channel = self
            .channels
            .get_mut(&channel_id)
            .ok_or_else(ApiError::unknown_channel)?;
        change(channel);
        let channel = self
            .channels
            .get(&channel_id)
            .ok_or_else(ApiError::unknown_channel)?;
        let new = channel.value(None);
        let audience = (Audience::Guild, event::GUILDS);
        self.emit("CHANNEL_UPDATE", guild_id, audience, new.clone());
        for bot in blind {
            if self.can_view(bot, channel_id) {
                self.sync_threads(bot, channel_id);
            }
        }
        Ok((old, new))
    }
}

fn apply(channel: &mut Channel, patch: ChannelPatch) {
    channel.kind = patch.kind.unwrap_or(channel.kind);
    if let Some(name) = patch.name {
        channel.name = normalised(channel.kind, &name);
    }
    if let Some(topic) = patch.topic {
        channel.topic = topic.filter(|topic| !topic.is_empty());
    }
    channel.parent_id = patch.parent_id.unwrap_or(channel.parent_id);
    channel.position = patch.position.unwrap_or(channel.position);
    channel.nsfw = patch.nsfw.unwrap_or(channel.nsfw);
    channel.rate_limit_per_user = patch
        .rate_limit_per_user
        .unwrap_or(channel.rate_limit_per_user);
    if let Some(minutes) = patch.default_auto_archive_duration {
        channel.default_auto_archive_duration = minutes;
    }
    channel.flags = patch.flags.unwrap_or(channel.flags);
    if let Some(overwrites) = patch.overwrites {
        channel.overwrites = overwrites;
    }
}
