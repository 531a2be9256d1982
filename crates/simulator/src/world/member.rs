//! Members: listing, search, roles, and being thrown out.

mod list;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use super::{
    ApiError, World,
    audit::{self, Act},
    bounds,
    event::{self, Audience},
    permission, snowflake,
};

/// A user in a guild.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// The user.
    pub(crate) user_id: u64,
    /// The name in this guild.
    pub(crate) nick: Option<String>,
    /// Roles besides `@everyone`; may name roles that no longer exist.
    pub(crate) roles: Vec<u64>,
    /// When it joined, in milliseconds since 1970.
    pub(crate) joined_ms: u64,
    /// Until when it is in a time-out, in milliseconds since 1970; what is over stays here.
    pub(crate) timed_out_until_ms: Option<u64>,
}

/// Changes to a member.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::option_option,
    reason = "absent, null and a value are three things"
)]
pub(crate) struct MemberPatch {
    /// The nickname; `Some(None)` clears it.
    pub(crate) nick: Option<Option<String>>,
    /// All roles from now on.
    pub(crate) roles: Option<Vec<u64>>,
    /// Until when it is in a time-out; `Some(None)` ends one.
    pub(crate) timed_out_until_ms: Option<Option<u64>>,
}

impl Member {
    /// The member object without its user, as messages carry it.
    pub(crate) fn partial(&self) -> Value {
        json!({
            "nick": self.nick,
            "avatar": null,
            "banner": null,
            "roles": self.roles.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "joined_at": snowflake::iso_ms(self.joined_ms),
            "premium_since": null,
            "deaf": false,
            "mute": false,
            "pending": false,
            "flags": 0,
            "communication_disabled_until": self.timed_out_until_ms.map(snowflake::iso_ms),
        })
    }

    /// Whether it may look and read and nothing else.
    pub(crate) fn is_timed_out(&self, now_ms: u64) -> bool {
        self.timed_out_until_ms
            .is_some_and(|until_ms| now_ms < until_ms)
    }
}

impl World {
    /// Whether a user is in a guild.
    pub(crate) fn is_member(&self, guild_id: u64, user_id: u64) -> bool {
        self.guilds
            .get(&guild_id)
            .is_some_and(|guild| guild.has_member(user_id))
    }

    /// One member with its user.
    pub(crate) fn member_object(&self, guild_id: u64, user_id: u64) -> Option<Value> {
        let member = self.guilds.get(&guild_id)?.member(user_id)?;
        let mut value = member.partial();
        value["user"] = self.user_object(user_id);
        Some(value)
    }

    /// The member object that goes with a message or a typing event; `None` for strangers.
    pub(crate) fn partial_member(&self, guild_id: u64, user_id: u64) -> Option<Value> {
        Some(self.guilds.get(&guild_id)?.member(user_id)?.partial())
    }

    /// `GET /guilds/{guild_id}/members/{user_id}`.
    pub(crate) fn member(
        &self,
        actor: u64,
        guild_id: u64,
        user_id: u64,
    ) -> Result<Value, ApiError> {
        self.guild_for(actor, guild_id)?;
        let unknown = || {
            let known = self.user_of(user_id).is_some();
            if known {
                ApiError::unknown_member()
            } else {
                ApiError::unknown_user()
            }
        };
        self.member_object(guild_id, user_id).ok_or_else(unknown)
    }

    /// `PATCH /guilds/{guild_id}/members/{user_id}`.
    pub(crate) fn modify_member(
        &mut self,
        actor: u64,
        guild_id: u64,
        user_id: u64,
        patch: MemberPatch,
        reason: Option<&str>,
    ) -> Result<Value, ApiError> {
        self.member(actor, guild_id, user_id)?;
        if patch.nick.is_some() {
            let own = permission::CHANGE_NICKNAME;
            let needed = if actor == user_id {
                own
            } else {
                permission::MANAGE_NICKNAMES
            };
            self.need_in_guild(actor, guild_id, needed)?;
        }
        for role_id in patch.roles.iter().flatten() {
            self.governed_role(actor, guild_id, *role_id)?;
        }
        if let Some(until_ms) = patch.timed_out_until_ms {
            self.need_to_time_out(actor, guild_id, user_id, until_ms)?;
        }
        let member = self.member_mut(guild_id, user_id)?;
        if let Some(nick) = patch.nick {
            member.nick = nick;
        }
        if let Some(roles) = patch.roles {
            member.roles = roles;
        }
        if let Some(until_ms) = patch.timed_out_until_ms {
            member.timed_out_until_ms = until_ms;
        }
        self.audit(
            guild_id,
            actor,
            Act::on(audit::MEMBER_UPDATE, user_id),
            reason,
        );
        self.emit_member(guild_id, user_id);
        self.member(actor, guild_id, user_id)
    }

    /// `PUT` and `DELETE /guilds/{guild_id}/members/{user_id}/roles/{role_id}`.
    pub(crate) fn set_member_role(
        &mut self,
        actor: u64,
        guild_id: u64,
        user_id: u64,
        (role_id, held): (u64, bool),
        reason: Option<&str>,
    ) -> Result<(), ApiError> {
        self.governed_role(actor, guild_id, role_id)?;
        let member = self.member_mut(guild_id, user_id)?;
        member.roles.retain(|id| *id != role_id);
        if held {
            member.roles.push(role_id);
        }
        self.audit(
            guild_id,
            actor,
            Act::on(audit::MEMBER_ROLE_UPDATE, user_id),
            reason,
        );
        self.emit_member(guild_id, user_id);
        Ok(())
    }

    /// Throws a member out; its sessions get `GUILD_DELETE` without `unavailable`, and a bot's
    /// managed role goes with it.
    pub(crate) fn remove_member(
        &mut self,
        actor: u64,
        guild_id: u64,
        user_id: u64,
        reason: Option<&str>,
    ) -> Result<(), ApiError> {
        self.member(actor, guild_id, user_id)?;
        if actor != user_id {
            self.need_in_guild(actor, guild_id, permission::KICK_MEMBERS)?;
        }
        let role_id = self.bot_role_of(guild_id, user_id);
        if let Some(guild) = self.guilds.get_mut(&guild_id) {
            guild.dismiss(user_id);
            if let Some(role) = role_id.and_then(|id| guild.roles.remove(&id)) {
                self.bury_role(role, actor);
            }
        }
        self.audit(
            guild_id,
            actor,
            Act::on(audit::MEMBER_KICK, user_id),
            reason,
        );
        let gone = json!({ "id": guild_id.to_string() });
        self.emit("GUILD_DELETE", guild_id, (Audience::Only(user_id), 0), gone);
        let left = json!({ "guild_id": guild_id.to_string(), "user": self.user_object(user_id) });
        let audience = (Audience::Guild, event::GUILD_MEMBERS);
        self.emit("GUILD_MEMBER_REMOVE", guild_id, audience, left);
        Ok(())
    }

    /// Lets a bot in again, with a role of its own that grants `permissions`. What it left behind
    /// is still there: channels, and overwrites that name it.
    pub(crate) fn invite_bot(
        &mut self,
        actor: u64,
        guild_id: u64,
        user_id: u64,
        permissions: u64,
    ) -> Result<(), ApiError> {
        self.need_in_guild(actor, guild_id, permission::MANAGE_GUILD)?;
        if !self.bots.contains(&user_id) {
            return Err(ApiError::unknown_user());
        }
        if self.is_member(guild_id, user_id) {
            let message = "The bot is in the guild already.";
            return Err(ApiError::form("guild_id", "ALREADY_INSTALLED", message));
        }
        let now = self.clock.now_ms();
        self.join_guild(guild_id, user_id, Some(permissions), now);
        self.emit_guild_create(guild_id, user_id);
        let guild = self.guilds.get(&guild_id);
        let role = self
            .bot_role_of(guild_id, user_id)
            .and_then(|id| guild?.roles.get(&id).map(super::role::Role::value));
        self.emit_role("GUILD_ROLE_CREATE", guild_id, &json!(role));
        if let Some(mut data) = self.member_object(guild_id, user_id) {
            data["guild_id"] = json!(guild_id.to_string());
            let audience = (Audience::Guild, event::GUILD_MEMBERS);
            self.emit("GUILD_MEMBER_ADD", guild_id, audience, data);
        }
        self.audit(guild_id, actor, Act::on(audit::BOT_ADD, user_id), None);
        Ok(())
    }

    /// Nobody may be silenced for more than 28 days, neither the owner nor an administrator at all
    /// (resources/guild#modify-guild-member), and only who stands lower (topics/permissions#permission-hierarchy).
    fn need_to_time_out(
        &self,
        actor: u64,
        guild_id: u64,
        user_id: u64,
        until_ms: Option<u64>,
    ) -> Result<(), ApiError> {
        self.need_in_guild(actor, guild_id, permission::MODERATE_MEMBERS)?;
        let is_safe = self.guild_permissions(guild_id, user_id) & permission::ADMINISTRATOR != 0;
        if is_safe
            || !self
                .guild_for(actor, guild_id)?
                .outranks_member(actor, user_id)
        {
            return Err(ApiError::missing_permissions());
        }
        let latest_ms = self.clock.now_ms() + bounds::TIME_OUT_MS;
        if until_ms.is_some_and(|until_ms| until_ms > latest_ms) {
            let message = "Must be at most 28 days from now.";
            return Err(ApiError::form(
                "communication_disabled_until",
                "DATE_TIME_TOO_LATE",
                message,
            ));
        }
        Ok(())
    }

    fn member_mut(&mut self, guild_id: u64, user_id: u64) -> Result<&mut Member, ApiError> {
        let guild = self
            .guilds
            .get_mut(&guild_id)
            .ok_or_else(ApiError::unknown_guild)?;
        guild
            .member_mut(user_id)
            .ok_or_else(ApiError::unknown_member)
    }

    /// `GUILD_MEMBER_UPDATE`: to all with `GUILD_MEMBERS`, and to the member itself in any case.
    fn emit_member(&mut self, guild_id: u64, user_id: u64) {
        let Some(mut data) = self.member_object(guild_id, user_id) else {
            return;
        };
        data["guild_id"] = json!(guild_id.to_string());
        let audience = (Audience::Guild, event::GUILD_MEMBERS);
        self.emit("GUILD_MEMBER_UPDATE", guild_id, audience, data);
    }
}
