//! Permission overwrites: one at a time, and what may be put into them.

use crate::world::{
    ApiError, World,
    audit::{self, Act},
    bounds,
    permission::{self, Overwrite},
};

impl World {
    /// 50013 for bits that the actor does not hold, and for `MANAGE_ROLES` unless it is an
    /// administrator. Overwrites that the channel has already are not looked at again.
    pub(crate) fn check_overwrites(
        &self,
        actor: u64,
        guild_id: u64,
        channel_id: Option<u64>,
        overwrites: &[Overwrite],
    ) -> Result<(), ApiError> {
        let in_guild = self.guild_permissions(guild_id, actor);
        let here = channel_id.map_or(0, |id| self.permissions_in(actor, id));
        let held = (in_guild | here) & !permission::MANAGE_ROLES;
        let present = channel_id.and_then(|id| self.channels.get(&id));
        let changes =
            |one: &&Overwrite| present.is_none_or(|channel| !channel.overwrites.contains(one));
        let touched = overwrites
            .iter()
            .filter(changes)
            .fold(0, |bits, one| bits | one.allow | one.deny);
        if in_guild & permission::ADMINISTRATOR == 0 && touched & !held != 0 {
            return Err(ApiError::missing_permissions());
        }
        Ok(())
    }

    /// A member's own overwrite in a channel.
    pub(crate) fn overwrite_of(&self, channel_id: u64, user_id: u64) -> Option<Overwrite> {
        let overwrites = &self.channels.get(&channel_id)?.overwrites;
        overwrites.iter().find(|one| one.id == user_id).copied()
    }

    /// `PUT /channels/{channel_id}/permissions/{overwrite_id}`.
    pub(crate) fn set_overwrite(
        &mut self,
        actor: u64,
        channel_id: u64,
        overwrite: Overwrite,
        reason: Option<&str>,
    ) -> Result<(), ApiError> {
        let channel = self.need_in_channel(actor, channel_id, permission::MANAGE_ROLES)?;
        if channel.thread.is_some() {
            return Err(ApiError::wrong_channel_type());
        }
        let (guild_id, count) = (channel.guild_id, channel.overwrites.len());
        let known = channel.overwrites.iter().any(|one| one.id == overwrite.id);
        if !known && count >= bounds::OVERWRITES_MAX {
            return Err(ApiError::too_many_overwrites());
        }
        self.check_overwrites(actor, guild_id, Some(channel_id), &[overwrite])?;
        self.change_channel(channel_id, |channel| {
            channel.overwrites.retain(|one| one.id != overwrite.id);
            channel.overwrites.push(overwrite);
        })?;
        let action = if known {
            audit::OVERWRITE_UPDATE
        } else {
            audit::OVERWRITE_CREATE
        };
        self.audit(guild_id, actor, Act::on(action, channel_id), reason);
        Ok(())
    }

    /// `DELETE /channels/{channel_id}/permissions/{overwrite_id}`.
    pub(crate) fn delete_overwrite(
        &mut self,
        actor: u64,
        channel_id: u64,
        overwrite_id: u64,
        reason: Option<&str>,
    ) -> Result<(), ApiError> {
        let channel = self.need_in_channel(actor, channel_id, permission::MANAGE_ROLES)?;
        if !channel.overwrites.iter().any(|one| one.id == overwrite_id) {
            return Err(ApiError::unknown_overwrite());
        }
        let guild_id = channel.guild_id;
        self.change_channel(channel_id, |channel| {
            channel.overwrites.retain(|one| one.id != overwrite_id);
        })?;
        self.audit(
            guild_id,
            actor,
            Act::on(audit::OVERWRITE_DELETE, channel_id),
            reason,
        );
        Ok(())
    }
}
