//! Roles: who stands above whom, and what a role may be given.

mod deletion;
#[cfg(test)]
mod tests;
mod truth;

use serde_json::{Value, json};

use super::{
    ApiError, World,
    audit::{self, Act},
    bounds,
    error::FormErrors,
    event::{self, Audience},
    guild::Guild,
    permission,
};

pub use self::truth::RoleTruth;
pub(crate) use self::{
    deletion::{Cleanup, CleanupRules},
    truth::DeadRole,
};

/// A role. `@everyone` has the guild's id and position 0.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    /// The id.
    pub(crate) id: u64,
    /// The name.
    pub(crate) name: String,
    /// The place in the hierarchy, higher is mightier.
    pub(crate) position: u64,
    /// What it grants.
    pub(crate) permissions: u64,
    /// RGB.
    pub(crate) color: u64,
    /// Shown apart in the member list.
    pub(crate) hoist: bool,
    /// Whether anyone may mention it.
    pub(crate) mentionable: bool,
    /// The bot it belongs to; such a role is managed and goes only with its bot.
    pub(crate) bot_id: Option<u64>,
    /// Whether another integration owns it, which makes it managed too.
    pub(crate) integrated: bool,
}

/// A new role, or changes to one: what is `None` stays (or is Discord's default).
#[derive(Clone, Debug, Default)]
pub(crate) struct RolePatch {
    /// The name ("new role").
    pub(crate) name: Option<String>,
    /// Permission bits (`@everyone`'s).
    pub(crate) permissions: Option<u64>,
    /// RGB.
    pub(crate) color: Option<u64>,
    /// Shown apart.
    pub(crate) hoist: Option<bool>,
    /// Mentionable by anyone.
    pub(crate) mentionable: Option<bool>,
}

impl Role {
    /// A role without rights at the bottom of the hierarchy.
    pub(crate) fn named(id: u64, name: impl Into<String>, permissions: u64) -> Self {
        Self {
            id,
            name: name.into(),
            position: 0,
            permissions,
            color: 0,
            hoist: false,
            mentionable: false,
            bot_id: None,
            integrated: false,
        }
    }

    /// The role object.
    pub(crate) fn value(&self) -> Value {
        let mut value = json!({
            "id": self.id.to_string(),
            "name": self.name,
            "description": null,
            "position": self.position,
            "permissions": self.permissions.to_string(),
            "color": self.color,
            "colors": {
                "primary_color": self.color,
                "secondary_color": null,
                "tertiary_color": null,
            },
            "hoist": self.hoist,
            "managed": self.is_managed(),
            "mentionable": self.mentionable,
            "icon": null,
            "unicode_emoji": null,
            "flags": 0,
        });
        if let Some(bot_id) = self.bot_id {
            value["tags"] = json!({ "bot_id": bot_id.to_string() });
        }
        value
    }

    /// Whether it goes only with whom it belongs to.
    pub(crate) fn is_managed(&self) -> bool {
        self.bot_id.is_some() || self.integrated
    }

    fn apply(&mut self, patch: RolePatch) {
        if let Some(name) = patch.name {
            self.name = name;
        }
        self.permissions = patch.permissions.unwrap_or(self.permissions);
        self.color = patch.color.unwrap_or(self.color);
        self.hoist = patch.hoist.unwrap_or(self.hoist);
        self.mentionable = patch.mentionable.unwrap_or(self.mentionable);
    }
}

impl RolePatch {
    fn check(&self) -> Result<(), ApiError> {
        let mut errors = FormErrors::default();
        if let Some(name) = &self.name {
            errors.length("name", name.chars().count(), 1, bounds::NAME_MAX);
        }
        errors.done()
    }
}

impl Guild {
    /// The rank of a member's highest role. Of two roles in one position the older one is higher.
    fn rank(&self, user_id: u64) -> (u64, std::cmp::Reverse<u64>) {
        let member = self.member(user_id);
        let roles = member.iter().flat_map(|member| &member.roles);
        let ranks = roles.filter_map(|id| self.roles.get(id)).map(rank_of);
        ranks.max().unwrap_or((0, std::cmp::Reverse(self.id)))
    }

    /// Whether a member stands strictly above a role.
    pub(crate) fn outranks(&self, user_id: u64, role: &Role) -> bool {
        self.owner_id == user_id || self.rank(user_id) > rank_of(role)
    }

    /// Whether a member stands strictly above another one. Nobody stands above the owner.
    pub(crate) fn outranks_member(&self, user_id: u64, other_id: u64) -> bool {
        let is_owner = |id| self.owner_id == id;
        !is_owner(other_id) && (is_owner(user_id) || self.rank(user_id) > self.rank(other_id))
    }
}

fn rank_of(role: &Role) -> (u64, std::cmp::Reverse<u64>) {
    (role.position, std::cmp::Reverse(role.id))
}

impl World {
    /// `GET /guilds/{guild_id}/roles`.
    pub(crate) fn roles(&self, actor: u64, guild_id: u64) -> Result<Value, ApiError> {
        Ok(self
            .guild_for(actor, guild_id)?
            .roles
            .values()
            .map(Role::value)
            .collect())
    }

    /// `GET /guilds/{guild_id}/roles/{role_id}`.
    pub(crate) fn role(&self, actor: u64, guild_id: u64, role_id: u64) -> Result<Value, ApiError> {
        let guild = self.guild_for(actor, guild_id)?;
        guild
            .roles
            .get(&role_id)
            .map(Role::value)
            .ok_or_else(ApiError::unknown_role)
    }

    /// `GET /guilds/{guild_id}/roles/member-counts`; `@everyone` is not in it.
    pub(crate) fn role_member_counts(&self, actor: u64, guild_id: u64) -> Result<Value, ApiError> {
        let guild = self.guild_for(actor, guild_id)?;
        let counted = guild.roles.keys().filter(|id| **id != guild_id);
        Ok(Value::Object(
            counted
                .map(|id| (id.to_string(), json!(guild.holders(*id))))
                .collect(),
        ))
    }

    /// `POST /guilds/{guild_id}/roles`. Nobody grants what he has not.
    pub(crate) fn create_role(
        &mut self,
        actor: u64,
        guild_id: u64,
        patch: RolePatch,
        reason: Option<&str>,
    ) -> Result<Value, ApiError> {
        let guild = self.need_in_guild(actor, guild_id, permission::MANAGE_ROLES)?;
        patch.check()?;
        if guild.roles.len() >= bounds::ROLES_MAX {
            return Err(ApiError::too_many_roles());
        }
        let everyone = guild.everyone();
        self.may_grant(actor, guild_id, patch.permissions.unwrap_or(0))?;
        let id = self.snowflakes.next(&self.clock);
        let mut role = Role {
            position: 1,
            ..Role::named(id, "new role", everyone)
        };
        role.apply(patch);
        let value = role.value();
        if let Some(guild) = self.guilds.get_mut(&guild_id) {
            // A new role enters just above `@everyone`.
            for other in guild.roles.values_mut().filter(|other| other.position >= 1) {
                other.position += 1;
            }
            guild.roles.insert(id, role);
        }
        let act = Act::on(audit::ROLE_CREATE, id).new_value("name", &value["name"]);
        self.audit(guild_id, actor, act, reason);
        self.emit_role("GUILD_ROLE_CREATE", guild_id, &value);
        Ok(value)
    }

    /// `PATCH /guilds/{guild_id}/roles/{role_id}`.
    pub(crate) fn modify_role(
        &mut self,
        actor: u64,
        guild_id: u64,
        role_id: u64,
        patch: RolePatch,
        reason: Option<&str>,
    ) -> Result<Value, ApiError> {
        self.governed_role(actor, guild_id, role_id)?;
        patch.check()?;
        self.may_grant(actor, guild_id, patch.permissions.unwrap_or(0))?;
        let guild = self
            .guilds
            .get_mut(&guild_id)
            .ok_or_else(ApiError::unknown_guild)?;
        let role = guild
            .roles
            .get_mut(&role_id)
            .ok_or_else(ApiError::unknown_role)?;
        role.apply(patch);
        let value = role.value();
        self.audit(
            guild_id,
            actor,
            Act::on(audit::ROLE_UPDATE, role_id),
            reason,
        );
        self.emit_role("GUILD_ROLE_UPDATE", guild_id, &value);
        Ok(value)
    }

    /// `PATCH /guilds/{guild_id}/roles`: new positions; answers all roles.
    pub(crate) fn move_roles(
        &mut self,
        actor: u64,
        guild_id: u64,
        positions: &[(u64, u64)],
    ) -> Result<Value, ApiError> {
        for (role_id, _) in positions {
            self.governed_role(actor, guild_id, *role_id)?;
        }
        for (role_id, position) in positions {
            let guild = self
                .guilds
                .get_mut(&guild_id)
                .ok_or_else(ApiError::unknown_guild)?;
            let Some(role) = guild.roles.get_mut(role_id) else {
                continue;
            };
            role.position = *position;
            let value = role.value();
            self.emit_role("GUILD_ROLE_UPDATE", guild_id, &value);
        }
        self.roles(actor, guild_id)
    }

    /// The managed role of one bot.
    pub(crate) fn bot_role_of(&self, guild_id: u64, user_id: u64) -> Option<u64> {
        let guild = self.guilds.get(&guild_id)?;
        guild
            .roles
            .values()
            .find(|role| role.bot_id == Some(user_id))
            .map(|role| role.id)
    }

    /// A role that the actor may govern: `MANAGE_ROLES`, and strictly below its own highest.
    pub(crate) fn governed_role(
        &self,
        actor: u64,
        guild_id: u64,
        role_id: u64,
    ) -> Result<&Role, ApiError> {
        let guild = self.guild_for(actor, guild_id)?;
        let role = guild
            .roles
            .get(&role_id)
            .ok_or_else(ApiError::unknown_role)?;
        self.need_in_guild(actor, guild_id, permission::MANAGE_ROLES)?;
        if guild.outranks(actor, role) {
            Ok(role)
        } else {
            Err(ApiError::missing_permissions())
        }
    }

    fn may_grant(&self, actor: u64, guild_id: u64, permissions: u64) -> Result<(), ApiError> {
        let held = self.guild_permissions(guild_id, actor);
        if permissions & !held == 0 {
            Ok(())
        } else {
            Err(ApiError::missing_permissions())
        }
    }

    /// An event about a role.
    pub(super) fn emit_role(&mut self, name: &'static str, guild_id: u64, role: &Value) {
        let data = json!({ "guild_id": guild_id.to_string(), "role": role });
        self.emit(name, guild_id, (Audience::Guild, event::GUILDS), data);
    }
}
