//! How a role goes: from the list, from the members, and into the audit log (discord-facts 5).

use serde_json::json;

use crate::{
    config::{GuildConfig, RoleDeletion},
    world::{
        ApiError, World,
        audit::{self, Act},
        event::{self, Audience},
    },
};

/// How roles are deleted, and how fast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CleanupRules {
    deletion: RoleDeletion,
    /// How long nothing happens to the members.
    rest_ms: u64,
    /// How many of them are looked at after that; `0`: all at once.
    members_per_second: u64,
}

/// A role on its way off the members.
#[derive(Debug)]
pub(crate) struct Cleanup {
    role_id: u64,
    /// When the first member is looked at.
    scan_ms: u64,
    /// When the last one has been.
    done_ms: u64,
    /// What else happens then, unless it has happened.
    end: Option<Deletion>,
}

/// A role on its way off the list.
#[derive(Debug)]
struct Deletion {
    actor: u64,
    role_id: u64,
    name: String,
    reason: Option<String>,
}

// === impl CleanupRules ===

impl CleanupRules {
    /// What the configuration says.
    pub(crate) fn of(config: &GuildConfig) -> Self {
        Self {
            deletion: config.role_deletion,
            rest_ms: config.role_cleanup_ms,
            members_per_second: config.role_cleanup_members_per_second,
        }
    }

    /// The clean-up of a role among so many members, whoever holds it.
    fn cleanup(self, role_id: u64, begins_ms: u64, members: u64) -> Cleanup {
        let scan_ms = begins_ms + self.rest_ms;
        let takes_ms = (members * 1_000).checked_div(self.members_per_second);
        Cleanup {
            role_id,
            scan_ms,
            done_ms: scan_ms + takes_ms.unwrap_or(0),
            end: None,
        }
    }

    /// How many members a clean-up has looked at by now.
    fn looked_at(self, cleanup: &Cleanup, now_ms: u64) -> u64 {
        now_ms.saturating_sub(cleanup.scan_ms) * self.members_per_second / 1_000
    }
}

impl World {
    /// `DELETE /guilds/{guild_id}/roles/{role_id}`. Answers when the work is done, if the request
    /// waits for that.
    pub(crate) fn delete_role(
        &mut self,
        actor: u64,
        guild_id: u64,
        role_id: u64,
        reason: Option<&str>,
    ) -> Result<Option<u64>, ApiError> {
        let role = self.governed_role(actor, guild_id, role_id)?;
        if role.is_managed() || role_id == guild_id {
            return Err(ApiError::invalid_role());
        }
        let deletion = Deletion {
            actor,
            role_id,
            name: role.name.clone(),
            reason: reason.map(ToOwned::to_owned),
        };
        let (now, rules) = (self.clock.now_ms(), self.cleanup);
        let guild = self
            .guilds
            .get_mut(&guild_id)
            .ok_or_else(ApiError::unknown_guild)?;
        let members = guild.member_count();
        let due_ms = match rules.deletion {
            RoleDeletion::Asynchronous => {
                let last = guild.role_cleanups.last();
                let begins_ms = last.map_or(now, |last| now.max(last.done_ms));
                let cleanup = rules.cleanup(role_id, begins_ms, members);
                guild.role_cleanups.push(cleanup);
                self.strike_off(guild_id, &deletion);
                None
            }
            RoleDeletion::Scanning => {
                let mut scan = rules.cleanup(role_id, now, members);
                let done_ms = scan.done_ms;
                scan.end = Some(deletion);
                guild.role_cleanups.push(scan);
                Some(done_ms).filter(|done_ms| *done_ms > now)
            }
        };
        self.settle_roles(guild_id);
        Ok(due_ms)
    }

    /// Takes deleted roles off the members that the clean-ups have come to.
    pub(crate) fn settle_roles(&mut self, guild_id: u64) {
        let (now, rules) = (self.clock.now_ms(), self.cleanup);
        let Some(guild) = self.guilds.get_mut(&guild_id) else {
            return;
        };
        let (done, going): (Vec<_>, Vec<_>) = std::mem::take(&mut guild.role_cleanups)
            .into_iter()
            .partition(|cleanup| cleanup.done_ms <= now);
        for cleanup in &going {
            let reached = guild.id_after(rules.looked_at(cleanup, now));
            if now > cleanup.scan_ms && rules.members_per_second > 0 {
                guild.strip_below(cleanup.role_id, reached);
            }
        }
        guild.role_cleanups = going;
        for cleanup in &done {
            guild.strip(cleanup.role_id);
        }
        for deletion in done.into_iter().filter_map(|cleanup| cleanup.end) {
            self.strike_off(guild_id, &deletion);
        }
    }

    /// The role leaves the list, unless an earlier scan has struck it off; the audit log has a line
    /// in any case (I#2887).
    fn strike_off(&mut self, guild_id: u64, deletion: &Deletion) {
        let role_id = deletion.role_id;
        let guild = self.guilds.get_mut(&guild_id);
        let struck = guild.and_then(|guild| guild.roles.remove(&role_id));
        let name = json!(deletion.name);
        let act = Act::on(audit::ROLE_DELETE, role_id).old_value("name", &name);
        self.audit(guild_id, deletion.actor, act, deletion.reason.as_deref());
        if let Some(role) = struck {
            self.bury_role(role, deletion.actor);
            let gone = json!({ "guild_id": guild_id.to_string(), "role_id": role_id.to_string() });
            let audience = (Audience::Guild, event::GUILDS);
            self.emit("GUILD_ROLE_DELETE", guild_id, audience, gone);
        }
    }
}
