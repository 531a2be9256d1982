//! The guild, and what our bot may do in it.

use twilight_model::{
    guild::Permissions,
    id::{Id, marker::ChannelMarker},
};

use super::Finding;
use crate::{GuildRoles, Member, PermissionNeed, missing_permissions};

/// The guild as our bot finds it.
#[derive(Clone, Debug)]
pub struct GuildFacts {
    /// Its name.
    pub name: String,
    /// Its roles, and who owns it.
    pub roles: GuildRoles,
    /// Our bot in it.
    pub me: Member,
    /// The channels that it uses for itself, and what for, such as `rules`.
    pub special: Vec<(Id<ChannelMarker>, &'static str)>,
    /// Whether conversations have threads.
    pub uses_threads: bool,
    /// Whether an operator runs without *View Audit Log* on purpose (`channels.degraded_ownership`).
    pub is_degraded: bool,
}

// === impl GuildFacts ===

impl GuildFacts {
    /// Our bot, as if nobody had silenced it: that is a finding of its own, not one for each permission.
    pub(super) fn me_heard(&self) -> Member {
        Member {
            is_timed_out: false,
            ..self.me.clone()
        }
    }

    /// What the guild does not grant, which no channel has to repeat.
    pub(super) fn missing(&self) -> impl Iterator<Item = &'static PermissionNeed> {
        missing_permissions(self.roles.in_guild(&self.me_heard()), self.uses_threads)
    }
}

/// Judges the guild.
#[must_use]
pub fn guild(facts: &GuildFacts) -> Vec<Finding> {
    let mut findings =
        vec![Finding::ok("guild.member", "the guild").noting(format!("it is {}", facts.name))];
    let granted = findings.len();
    findings.extend(facts.missing().map(|need| permission(need, facts)));
    if findings.len() == granted {
        findings.push(Finding::ok("guild.permission", "the bot's permissions"));
    }
    if facts.me.is_timed_out {
        findings.push(Finding::wrong(
            "guild.timeout",
            "the bot",
            "is timed out by a moderator: it may look, and do nothing else",
            "remove the time-out of the bot in the guild's member list",
        ));
    }
    findings.push(role(facts));
    findings
}

fn permission(need: &PermissionNeed, facts: &GuildFacts) -> Finding {
    let subject = format!("the permission {}", need.name);
    let matter = format!("is not granted: {}", need.consequence);
    let is_audit_log = need.permission == Permissions::VIEW_AUDIT_LOG;
    if is_audit_log && facts.is_degraded {
        let known = format!("{matter}; channels.degraded_ownership says that this is known");
        return Finding::ok("guild.permission", subject).noting(known);
    }
    let instead = if is_audit_log {
        ", or set channels.degraded_ownership = true to run without it"
    } else {
        ""
    };
    let fix = format!(
        "grant {} to a role of the bot (Server Settings > Roles){instead}",
        need.name
    );
    Finding::wrong("guild.permission", subject, matter, fix)
}

/// Only what `roles remove` could reach: nothing is wrong with any place in the hierarchy.
fn role(facts: &GuildFacts) -> Finding {
    let highest = facts.roles.highest_position(&facts.me);
    let may = facts.roles.in_guild(&facts.me_heard());
    let below = facts.roles.roles.iter();
    let below = below.filter(|role| role.position < highest && role.position > 0);
    let note = if may.contains(Permissions::MANAGE_ROLES) {
        format!(
            "roles below it, which `roles remove` reaches: {}",
            below.count()
        )
    } else {
        "without Manage Roles, `roles remove` reaches none".to_owned()
    };
    Finding::ok("guild.role", "the bot's highest role").noting(note)
}
