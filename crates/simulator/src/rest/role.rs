//! Roles.

use super::{Answer, Outcome, Visit, read};
use crate::world::World;

/// `GET /guilds/{guild_id}/roles`.
pub(super) fn list(visit: &Visit<'_>, world: &mut World) -> Outcome {
    world
        .roles(visit.actor(), visit.id("guild_id"))
        .map(Answer::ok)
}

/// `GET /guilds/{guild_id}/roles/{role_id}`.
pub(super) fn get(visit: &Visit<'_>, world: &mut World) -> Outcome {
    world
        .role(visit.actor(), visit.id("guild_id"), visit.id("role_id"))
        .map(Answer::ok)
}

/// `GET /guilds/{guild_id}/roles/member-counts`.
pub(super) fn member_counts(visit: &Visit<'_>, world: &mut World) -> Outcome {
    world
        .role_member_counts(visit.actor(), visit.id("guild_id"))
        .map(Answer::ok)
}

/// `POST /guilds/{guild_id}/roles`: 200, not 201.
pub(super) fn create(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let patch = read::role_patch(&visit.body.json)?;
    let guild_id = visit.id("guild_id");
    world
        .create_role(visit.actor(), guild_id, patch, visit.reason())
        .map(Answer::ok)
}

/// `PATCH /guilds/{guild_id}/roles`.
pub(super) fn move_all(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let positions = read::role_positions(&visit.body.json)?;
    world
        .move_roles(visit.actor(), visit.id("guild_id"), &positions)
        .map(Answer::ok)
}

/// `PATCH /guilds/{guild_id}/roles/{role_id}`.
pub(super) fn modify(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let patch = read::role_patch(&visit.body.json)?;
    let (guild_id, role_id) = (visit.id("guild_id"), visit.id("role_id"));
    world
        .modify_role(visit.actor(), guild_id, role_id, patch, visit.reason())
        .map(Answer::ok)
}

/// `DELETE /guilds/{guild_id}/roles/{role_id}`.
pub(super) fn delete(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let (guild_id, role_id) = (visit.id("guild_id"), visit.id("role_id"));
    let due_ms = world.delete_role(visit.actor(), guild_id, role_id, visit.reason())?;
    Ok(Answer {
        due_ms,
        ..Answer::nothing()
    })
}
