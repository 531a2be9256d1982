//! Members.

use super::{Answer, Outcome, Visit, read};
use crate::world::{ApiError, World, bounds};

/// `GET /guilds/{guild_id}/members`: one member unless more are asked for.
pub(super) fn list(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let limit = visit
        .query
        .number("limit", (1, 1, bounds::MEMBERS_PAGE_MAX))?;
    let after = visit.query.id("after")?.unwrap_or(0);
    world
        .members(visit.actor(), visit.id("guild_id"), after, limit)
        .map(Answer::ok)
}

/// `GET /guilds/{guild_id}/members/search`.
pub(super) fn search(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let limit = visit
        .query
        .number("limit", (1, 1, bounds::MEMBERS_PAGE_MAX))?;
    let Some(query) = visit.query.text("query") else {
        return Err(ApiError::form(
            "query",
            "BASE_TYPE_REQUIRED",
            "This field is required",
        ));
    };
    world
        .search_members(visit.actor(), visit.id("guild_id"), query, limit)
        .map(Answer::ok)
}

/// `GET /guilds/{guild_id}/members/{user_id}`.
pub(super) fn get(visit: &Visit<'_>, world: &mut World) -> Outcome {
    world
        .member(visit.actor(), visit.id("guild_id"), visit.id("user_id"))
        .map(Answer::ok)
}

/// `PATCH /guilds/{guild_id}/members/{user_id}` and `…/@me`.
pub(super) fn modify(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let patch = read::member_patch(&visit.body.json)?;
    let user_id = visit.route.id("user_id").unwrap_or_else(|| visit.actor());
    let guild_id = visit.id("guild_id");
    world
        .modify_member(visit.actor(), guild_id, user_id, patch, visit.reason())
        .map(Answer::ok)
}

/// `DELETE /guilds/{guild_id}/members/{user_id}`.
pub(super) fn remove(visit: &Visit<'_>, world: &mut World) -> Outcome {
    let (guild_id, user_id) = (visit.id("guild_id"), visit.id("user_id"));
    world.remove_member(visit.actor(), guild_id, user_id, visit.reason())?;
    Ok(Answer::nothing())
}

/// `PUT /guilds/{guild_id}/members/{user_id}/roles/{role_id}`.
pub(super) fn add_role(visit: &Visit<'_>, world: &mut World) -> Outcome {
    set_role(visit, world, true)
}

/// `DELETE /guilds/{guild_id}/members/{user_id}/roles/{role_id}`.
pub(super) fn remove_role(visit: &Visit<'_>, world: &mut World) -> Outcome {
    set_role(visit, world, false)
}

fn set_role(visit: &Visit<'_>, world: &mut World, held: bool) -> Outcome {
    let (guild_id, user_id) = (visit.id("guild_id"), visit.id("user_id"));
    let role = (visit.id("role_id"), held);
    world.set_member_role(visit.actor(), guild_id, user_id, role, visit.reason())?;
    Ok(Answer::nothing())
}
