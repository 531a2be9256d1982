//! The guild and its audit log.

use super::{Answer, Outcome, Visit, read};
use crate::world::{World, audit::Filter};

/// `GET /guilds/{guild_id}`.
pub(super) fn get(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let counts = visit.query.flag("with_counts");
    world
        .guild(visit.actor(), visit.id("guild_id"), counts)
        .map(Answer::ok)
}

/// `PATCH /guilds/{guild_id}`.
pub(super) fn modify(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let patch = read::guild_patch(&visit.body.json)?;
    let guild_id = visit.id("guild_id");
    world
        .modify_guild(visit.actor(), guild_id, patch, visit.reason())
        .map(Answer::ok)
}

/// `GET /guilds/{guild_id}/onboarding`.
pub(super) fn onboarding(visit: &Visit<'_>, world: &mut World) -> Outcome {
    world
        .onboarding(visit.actor(), visit.id("guild_id"))
        .map(Answer::ok)
}

/// `GET /guilds/{guild_id}/audit-logs`.
pub(super) fn audit_log(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let action = visit
        .query
        .number("action_type", (0, 0, u64::from(u16::MAX)))?;
    let filter = Filter {
        user_id: visit.query.id("user_id")?,
        action: Some(action).filter(|action| *action != 0),
        before: visit.query.id("before")?,
        after: visit.query.id("after")?,
        limit: visit.query.number("limit", (1, 50, 100))?,
    };
    let replica = visit.replica(visit.shared.config.audit_lag_ms);
    world
        .audit_log(visit.actor(), visit.id("guild_id"), &filter, replica)
        .map(Answer::ok)
}
